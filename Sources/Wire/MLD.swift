public import Addressing
import Timing

/// An MLD message of version 1 or 2 (RFC 2710, RFC 9777): ICMPv6 about multicast listeners.
public enum MLDMessage: Hashable, Sendable {
  case query(GroupQuery)
  case reportV1(Group)
  /// MLDv1's leave.
  case done(Group)
  case reportV2([GroupRecord])
  /// Another ICMPv6 message.
  case other(type: UInt8)

  /// ICMPv6 in the next-header field and in the pseudo header.
  public static let protocolNumber: UInt8 = 58

  private enum Kind: UInt8 {
    case query = 130
    case reportV1 = 131
    case done = 132
    case reportV2 = 143
  }

  /// Reads an ICMPv6 message whose checksum was already judged, as the kernel does before a raw socket.
  public init(decoding bytes: Span<UInt8>) throws(WireError) {
    var reader = Reader(bytes)
    let type = try reader.u8()
    try reader.skip(3)
    guard let kind = Kind(rawValue: type) else {
      self = .other(type: type)
      return
    }
    switch kind {
    case .query: self = .query(try MLDMessage.query(&reader))
    case .reportV1: self = .reportV1(try MLDMessage.group(&reader))
    case .done: self = .done(try MLDMessage.group(&reader))
    case .reportV2: self = .reportV2(try GroupRecord.decodeAll(&reader, family: .ipv6))
    }
  }

  /// Reads an ICMPv6 message and judges its checksum, which covers the two addresses of the IPv6 header.
  public init(decoding bytes: Span<UInt8>, from source: Address, to destination: Address) throws(WireError) {
    var checksum = Checksum(
      from: source, to: destination, protocolNumber: MLDMessage.protocolNumber, length: bytes.count)
    checksum.add(bytes)
    guard bytes.count >= 4 else { throw .truncated }
    guard checksum.value == 0 else { throw .checksum }
    try self.init(decoding: bytes)
  }

  /// The length tells the version: 24 bytes are MLDv1, 28 and more MLDv2 (RFC 9777 8.1).
  private static func query(_ reader: inout Reader) throws(WireError) -> GroupQuery {
    let length = reader.remaining + 4
    let code = try reader.u16()
    try reader.skip(2)
    var query = GroupQuery(group: try reader.queriedGroup(.ipv6))
    switch length {
    case 24:
      query.version = .groups
      query.maximumResponse = .milliseconds(Int64(code))
    case 28...:
      // Code 0 would leave the hosts no time at all; it counts as 1.
      query.maximumResponse = .milliseconds(max(1, TimerCode.decode(code)))
      try query.decodeSources(&reader, family: .ipv6)
    default:
      throw .length
    }
    return query
  }

  private static func group(_ reader: inout Reader) throws(WireError) -> Group {
    try reader.skip(4)
    return try reader.reportedGroup(.ipv6)
  }

  /// The message with its checksum, which depends on the addresses that it travels between.
  ///
  /// A time that has no code is sent as the next lower one that has; more sources or records than a packet
  /// holds are the caller's to split.
  public func encoded(from source: Address, to destination: Address) -> [UInt8] {
    var writer = Writer()
    switch self {
    case .query(let query): query.encodeMLD(to: &writer)
    case .reportV1(let group): MLDMessage.encode(.reportV1, group, to: &writer)
    case .done(let group): MLDMessage.encode(.done, group, to: &writer)
    case .reportV2(let records):
      writer.u8(Kind.reportV2.rawValue)
      writer.fill(0, count: 3)
      GroupRecord.encode(records, to: &writer)
    case .other(let type):
      writer.u8(type)
      writer.fill(0, count: 7)
    }
    let pseudoHeader = Checksum(
      from: source, to: destination, protocolNumber: MLDMessage.protocolNumber, length: writer.bytes.count)
    writer.setChecksum(at: 2, with: pseudoHeader)
    return writer.bytes
  }

  private static func encode(_ kind: Kind, _ group: Group, to writer: inout Writer) {
    writer.u8(kind.rawValue)
    writer.fill(0, count: 7)
    writer.address(group.address)
  }
}

extension GroupQuery {
  fileprivate func encodeMLD(to writer: inout Writer) {
    writer.u8(130)
    writer.fill(0, count: 3)
    let milliseconds = max(0, maximumResponse.milliseconds)
    writer.u16(version == .sources ? TimerCode.code16(max(1, milliseconds)) : UInt16(clamping: milliseconds))
    writer.u16(0)
    writer.address(group?.address ?? .unspecified(.ipv6))
    if version == .sources { encodeSources(to: &writer) }
  }
}

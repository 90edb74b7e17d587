public import Addressing

/// An IGMP message of versions 1–3 (RFC 1112, RFC 2236, RFC 9776).
public enum IGMPMessage: Hashable, Sendable {
  case query(GroupQuery)
  case reportV1(Group)
  case reportV2(Group)
  case leave(Group)
  case reportV3([GroupRecord])
  /// A message of another protocol that shares the number 2 (DVMRP, mtrace, router discovery); its checksum
  /// is right.
  case other(type: UInt8)

  private enum Kind: UInt8 {
    case query = 0x11
    case reportV1 = 0x12
    case reportV2 = 0x16
    case leave = 0x17
    case reportV3 = 0x22
  }

  /// Reads the bytes behind the IPv4 header.
  ///
  /// All of them are under the checksum; what follows the message is otherwise ignored.
  public init(decoding bytes: Span<UInt8>) throws(WireError) {
    var reader = Reader(bytes)
    guard reader.remaining >= 4 else { throw .truncated }
    guard Checksum.of(bytes) == 0 else { throw .checksum }
    let type = try reader.u8()
    let code = try reader.u8()
    try reader.skip(2)
    guard let kind = Kind(rawValue: type) else {
      self = .other(type: type)
      return
    }
    switch kind {
    case .query: self = .query(try IGMPMessage.query(code: code, &reader))
    case .reportV1: self = .reportV1(try reader.reportedGroup(.ipv4))
    case .reportV2: self = .reportV2(try reader.reportedGroup(.ipv4))
    case .leave: self = .leave(try reader.reportedGroup(.ipv4))
    case .reportV3: self = .reportV3(try GroupRecord.decodeAll(&reader, family: .ipv4))
    }
  }

  /// The length tells the version (RFC 9776 7.1), and eight bytes with code 0 are version 1.
  private static func query(code: UInt8, _ reader: inout Reader) throws(WireError) -> GroupQuery {
    let length = reader.remaining
    var query = GroupQuery(group: try reader.queriedGroup(.ipv4))
    switch length {
    case 4 where code == 0:
      query.version = .igmp1
    case 4:
      query.version = .groups
      query.maximumResponse = .milliseconds(Int64(code) * 100)
    case 8...:
      // Code 0 would leave the hosts no time at all; it counts as 1.
      query.maximumResponse = .milliseconds(max(1, TimerCode.decode(code)) * 100)
      try query.decodeSources(&reader, family: .ipv4)
    default:
      throw .length
    }
    return query
  }

  /// The message with its checksum.
  ///
  /// A time that has no code is sent as the next lower one that has; more sources or records than a packet
  /// holds are the caller's to split.
  public func encoded() -> [UInt8] {
    var writer = Writer()
    switch self {
    case .query(let query): query.encodeIGMP(to: &writer)
    case .reportV1(let group): IGMPMessage.encode(.reportV1, group, to: &writer)
    case .reportV2(let group): IGMPMessage.encode(.reportV2, group, to: &writer)
    case .leave(let group): IGMPMessage.encode(.leave, group, to: &writer)
    case .reportV3(let records):
      writer.u8(Kind.reportV3.rawValue)
      writer.fill(0, count: 3)
      GroupRecord.encode(records, to: &writer)
    case .other(let type):
      writer.u8(type)
      writer.fill(0, count: 7)
    }
    writer.setChecksum(at: 2)
    return writer.bytes
  }

  private static func encode(_ kind: Kind, _ group: Group, to writer: inout Writer) {
    writer.u8(kind.rawValue)
    writer.fill(0, count: 3)
    writer.address(group.address)
  }
}

extension GroupQuery {
  fileprivate func encodeIGMP(to writer: inout Writer) {
    let tenths = max(1, maximumResponse.tenths)
    writer.u8(0x11)
    switch version {
    case .igmp1: writer.u8(0)
    case .groups: writer.u8(UInt8(clamping: tenths))
    case .sources: writer.u8(TimerCode.code8(tenths))
    }
    writer.u16(0)
    writer.address(group?.address ?? .unspecified(.ipv4))
    if version == .sources { encodeSources(to: &writer) }
  }
}

extension Duration {
  /// Whole tenths of a second.
  fileprivate var tenths: Int64 {
    let (seconds, attoseconds) = components
    let (tenths, overflow) = seconds.multipliedReportingOverflow(by: 10)
    // Less than ten tenths are added, so half the range is room enough.
    return overflow || tenths > .max / 2 ? .max / 2 : tenths + attoseconds / 100_000_000_000_000_000
  }
}

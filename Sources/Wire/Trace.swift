public import Addressing

/// An mtrace query, request or response (IGMP types 0x1f and 0x1e): the way back from a receiver to a source,
/// each router on it adding a block.
public struct TraceMessage: Hashable, Sendable {
  /// A query has no block yet, a request some; a response is on its way to who asked.
  public var isResponse: Bool
  /// Blocks that may be gathered, 1–255.
  public var maximumHops: UInt8
  /// Nil: any group; the trace follows unicast state alone.
  public var group: Group?
  /// Nil: no source is meant (255.255.255.255).
  public var source: Address?
  public var receiver: Address
  /// Where the response goes.
  public var answerTo: Address
  /// The query's number and the TTL of the response, as they came: they are sent back unchanged.
  public var tag: TraceTag
  /// In the order in which the routers added them: from the receiver's on.
  public var hops: [TraceHop]

  public init(
    isResponse: Bool = false, maximumHops: UInt8, group: Group?, source: Address?, receiver: Address,
    answerTo: Address, tag: TraceTag, hops: [TraceHop] = []
  ) {
    self.isResponse = isResponse
    self.maximumHops = maximumHops
    self.group = group
    self.source = source
    self.receiver = receiver
    self.answerTo = answerTo
    self.tag = tag
    self.hops = hops
  }

  /// Reads the bytes behind the IPv4 header, all of which are under the checksum.
  public init(decoding bytes: Span<UInt8>) throws(WireError) {
    var reader = Reader(bytes)
    guard reader.remaining >= TraceMessage.queryLength else { throw .truncated }
    guard Checksum.of(bytes) == 0 else { throw .checksum }
    switch try reader.u8() {
    case TraceMessage.queryType: isResponse = false
    case TraceMessage.responseType: isResponse = true
    default: throw .kind
    }
    maximumHops = try reader.u8()
    try reader.skip(2)
    group = try reader.tracedGroup()
    let from = try reader.ipv4()
    guard !from.isMulticast else { throw .source }
    source = from == TraceMessage.noSource ? nil : from
    receiver = try reader.ipv4()
    answerTo = try reader.ipv4()
    tag = TraceTag(rawValue: try reader.u32())
    hops = []
    guard reader.remaining % TraceHop.length == 0 else { throw .length }
    let count = reader.remaining / TraceHop.length
    guard maximumHops > 0, count <= TraceMessage.hopLimit else { throw .count }
    hops.reserveCapacity(count)
    for _ in 0..<count { hops.append(try TraceHop(&reader)) }
  }

  /// The message with its checksum.
  public func encoded() -> [UInt8] {
    var writer = Writer(capacity: TraceMessage.queryLength + hops.count * TraceHop.length)
    writer.u8(isResponse ? TraceMessage.responseType : TraceMessage.queryType)
    writer.u8(maximumHops)
    writer.u16(0)
    writer.address(group?.address ?? .unspecified(.ipv4))
    writer.address(source ?? TraceMessage.noSource)
    writer.address(receiver)
    writer.address(answerTo)
    writer.u32(tag.rawValue)
    for hop in hops { hop.encode(to: &writer) }
    writer.setChecksum(at: 2)
    return writer.bytes
  }

  /// The TTL that the response is sent with: what a multicast answer was asked to have, at most 192, and
  /// 255 to one host.
  public var answerTimeToLive: UInt8 { answerTo.isMulticast ? tag.timeToLive : 255 }

  public static let queryType: UInt8 = 0x1f
  public static let responseType: UInt8 = 0x1e
  /// Blocks in a packet: a path of more hops is traced in parts.
  public static let hopLimit = 32
  static let queryLength = 24
  static let noSource = Address(ipv4: .max)
}

/// Four bytes that hold a query's number and the TTL wanted for a multicast answer.
public struct TraceTag: Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// A tag of ours: the TTL stands where either reading looks for it, the number in the two bytes between.
  public init(number: UInt16, timeToLive: UInt8) {
    rawValue = UInt32(timeToLive) << 24 | UInt32(number) << 8 | UInt32(timeToLive)
  }

  /// The TTL, 1–192.
  ///
  /// The draft puts it into the first byte; mrouted, on little-endian machines, into the last. The values
  /// that its tool uses tell which, and without them it is the last.
  public var timeToLive: UInt8 {
    let first = UInt8(truncatingIfNeeded: rawValue >> 24)
    let last = UInt8(truncatingIfNeeded: rawValue)
    let isFirst = TraceTag.usual.contains(first) && !TraceTag.usual.contains(last)
    return max(1, min(192, isFirst ? first : last))
  }

  private static let usual: [UInt8] = [64, 96, 127, 128, 160, 192, 255]
}

extension Reader {
  fileprivate mutating func tracedGroup() throws(WireError) -> Group? {
    let address = try ipv4()
    if address.isUnspecified { return nil }
    guard let group = Group(address) else { throw .group }
    return group
  }
}

public import Addressing

/// "Do not send me this group from this network" (DVMRPv3 3.5).
public struct DVMRPPrune: Hashable, Sendable {
  /// The network's address as mrouted sends it, or the host's as the draft wants it.
  public var source: Address
  /// The length of the netmask that some senders add.
  public var sourceLength: UInt8?
  public var group: Group
  /// Seconds.
  public var lifetime: UInt32

  public init(source: Address, sourceLength: UInt8? = nil, group: Group, lifetime: UInt32) {
    self.source = source
    self.sourceLength = sourceLength
    self.group = group
    self.lifetime = lifetime
  }

  /// What follows the netmask is ignored.
  init(_ reader: inout Reader) throws(WireError) {
    source = try reader.prunedSource()
    group = try reader.prunedGroup()
    lifetime = try reader.u32()
    sourceLength = try reader.prunedMask()
  }

  func encode(to writer: inout Writer) {
    writer.address(source)
    writer.address(group.address)
    writer.u32(lifetime)
    writer.mask(sourceLength)
  }
}

/// "Send it again", and the answer to it (DVMRPv3 3.6).
public struct DVMRPGraft: Hashable, Sendable {
  /// As in a prune.
  public var source: Address
  /// As in a prune; never in ours, since mrouted drops an ack that has one.
  public var sourceLength: UInt8?
  public var group: Group

  public init(source: Address, sourceLength: UInt8? = nil, group: Group) {
    self.source = source
    self.sourceLength = sourceLength
    self.group = group
  }

  init(_ reader: inout Reader) throws(WireError) {
    source = try reader.prunedSource()
    group = try reader.prunedGroup()
    sourceLength = try reader.prunedMask()
  }

  func encode(to writer: inout Writer) {
    writer.address(source)
    writer.address(group.address)
    writer.mask(sourceLength)
  }
}

extension Reader {
  /// An address that packets can come from, or 0.0.0.0 for the default route.
  fileprivate mutating func prunedSource() throws(WireError) -> Address {
    let address = try ipv4()
    guard address.isUnspecified || address.isUnicastSource else { throw .source }
    return address
  }

  /// A group that routers forward.
  fileprivate mutating func prunedGroup() throws(WireError) -> Group {
    guard let group = Group(try ipv4()), !group.isLinkLocal else { throw .group }
    return group
  }

  /// Nil when the message ends before it.
  fileprivate mutating func prunedMask() throws(WireError) -> UInt8? {
    guard remaining >= 4 else { return nil }
    let mask = try u32()
    guard ~mask & (~mask &+ 1) == 0 else { throw .mask }
    return UInt8(mask.nonzeroBitCount)
  }
}

extension Writer {
  fileprivate mutating func mask(_ length: UInt8?) {
    guard let length, length <= 32 else { return }
    u32(length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length))
  }
}

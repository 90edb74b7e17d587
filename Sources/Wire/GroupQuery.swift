public import Addressing

/// A querier's question, of IGMP or MLD: who listens, to anything, to a group, or to some sources of it.
public struct GroupQuery: Hashable, Sendable {
  /// The version that the packet's length and code tell (RFC 9776 7.1, RFC 9777 8.1).
  public enum Version: UInt8, Hashable, Comparable, Sendable {
    /// IGMPv1, which has no MLD counterpart.
    case igmp1
    /// IGMPv2 and MLDv1.
    case groups
    /// IGMPv3 and MLDv2.
    case sources

    public static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
  }

  public var version: Version
  /// Nil: a general query.
  public var group: Group?
  /// Empty: the query is about the group as a whole.
  public var sources: [Address]
  /// How long hosts may wait with their answer; 10 s for IGMPv1, whose packets do not say.
  public var maximumResponse: Duration
  /// The S bit: routers that hear it leave their timers as they are.
  public var suppressesTimers: Bool
  /// The querier's robustness variable, 0–7; 0 when it tells none.
  public var robustness: UInt8
  /// The querier's query interval; zero when it tells none.
  public var interval: Duration

  public init(
    version: Version = .sources, group: Group? = nil, sources: [Address] = [],
    maximumResponse: Duration = .seconds(10), suppressesTimers: Bool = false, robustness: UInt8 = 0,
    interval: Duration = .zero
  ) {
    self.version = version
    self.group = group
    self.sources = sources
    self.maximumResponse = maximumResponse
    self.suppressesTimers = suppressesTimers
    self.robustness = robustness
    self.interval = interval
  }
}

extension GroupQuery {
  /// Reads what IGMPv3 and MLDv2 added behind the group: S, QRV, QQIC and the sources.
  mutating func decodeSources(_ reader: inout Reader, family: Family) throws(WireError) {
    let flags = try reader.u8()
    suppressesTimers = flags & 8 != 0
    robustness = flags & 7
    interval = .seconds(TimerCode.decode(try reader.u8()))
    let count = Int(try reader.u16())
    guard count == 0 || group != nil else { throw .group }
    sources = try reader.sources(count, family: family)
  }

  func encodeSources(to writer: inout Writer) {
    writer.u8((suppressesTimers ? 8 : 0) | (robustness > 7 ? 0 : robustness))
    writer.u8(TimerCode.code8(interval.components.seconds))
    writer.u16(UInt16(clamping: sources.count))
    for source in sources { writer.address(source) }
  }
}

extension Reader {
  /// The next `count` source addresses.
  ///
  /// One that can be no source is left out; the others stand.
  mutating func sources(_ count: Int, family: Family) throws(WireError) -> [Address] {
    // Nothing is reserved for a claim that the packet does not keep.
    guard remaining / (family.width / 8) >= count else { throw .truncated }
    var sources: [Address] = []
    sources.reserveCapacity(count)
    for _ in 0..<count {
      let source =
        switch family {
        case .ipv4: try ipv4()
        case .ipv6: Address(high: try u64(), low: try u64())
        }
      if source.family == family, source.isUnicastSource { sources.append(source) }
    }
    return sources
  }

  /// The group field of a query: zero means every group.
  mutating func queriedGroup(_ family: Family) throws(WireError) -> Group? {
    let address = try address(family)
    if address.isUnspecified { return nil }
    guard let group = Group(address), group.canBeQueried else { throw .group }
    return group
  }

  /// The group field of a message about one group.
  mutating func reportedGroup(_ family: Family) throws(WireError) -> Group {
    guard let group = Group(try address(family)), group.canBeReported else { throw .group }
    return group
  }
}

extension Group {
  /// Nobody reports the groups of 224.0.0.0/24, so nobody asks for them; for IPv6 see `canBeReported`.
  fileprivate var canBeQueried: Bool { family == .ipv4 ? !isLinkLocal : canBeReported }

  /// Not all hosts (RFC 9776 6, RFC 9777 6), and not of the IPv6 scopes 0 and 1, which stay in the node.
  fileprivate var canBeReported: Bool {
    switch family {
    case .ipv4: address.ipv4 != 0xe000_0001
    case .ipv6: scope > 1 && address != Address(high: 0xff02_0000_0000_0000, low: 1)
    }
  }
}

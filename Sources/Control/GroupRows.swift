public import Addressing
public import Timing

/// A line of `show groups`: a group on one interface, as its hosts report it or as it is stated.
public struct MemberRow: Hashable, Sendable, Codable {
  /// Which sources are listened to.
  public enum Mode: String, Hashable, Sendable, Codable, CaseIterable {
    /// Those that are named.
    case include
    /// All but those that are named as blocked.
    case exclude
  }

  /// A source of the group.
  public struct Source: Hashable, Sendable, Codable {
    public var address: Address
    /// When it counts no more; nil: as long as the group, or stated for good.
    public var expires: Instant?
    /// Whether its packets are wanted; false: blocked.
    public var isForwarded: Bool

    public init(address: Address, expires: Instant?, isForwarded: Bool) {
      self.address = address
      self.expires = expires
      self.isForwarded = isForwarded
    }
  }

  /// A host that is tracked.
  public struct Host: Hashable, Sendable, Codable {
    public var address: Address
    public var mode: Mode
    public var expires: Instant

    public init(address: Address, mode: Mode, expires: Instant) {
      self.address = address
      self.mode = mode
      self.expires = expires
    }
  }

  public var interface: String
  public var ifindex: Int32?
  public var group: Address
  public var mode: Mode
  /// In order, the first `listed` of them.
  public var sources: [Source] = []
  /// All sources.
  public var sourceCount = 0
  /// The oldest version of its hosts: IGMP 1–3, MLD 1–2; nil for a group that is stated and not reported.
  public var version: UInt8?
  /// Nil for a group that nobody reported, or a reporter without an address.
  public var lastReporter: Address?
  /// When it ends without another report; nil: not by itself, or source by source.
  public var expires: Instant?
  /// Since when it is reported.
  public var since: Instant?
  /// Whether the configuration states it.
  public var isStatic = false
  /// Whether `hosts` are all that listen.
  public var isTracked = false
  /// In order, the first `listed` of them.
  public var hosts: [Host] = []
  /// All hosts that are tracked.
  public var hostCount = 0

  /// Sources and hosts that a row names, so that it always fits a line of the control protocol.
  public static let listed = 128

  public init(interface: String, ifindex: Int32?, group: Address, mode: Mode) {
    self.interface = interface
    self.ifindex = ifindex
    self.group = group
    self.mode = mode
  }

  public var family: Family { group.family }
}

/// Who asks for members on an interface.
public struct QuerierStatus: Hashable, Sendable, Codable {
  public var family: Family
  /// Of the querier: ours, or the other router's.
  public var address: Address
  public var isSelf: Bool
  /// Of our queries: IGMP 1–3, MLD 1–2.
  public var version: UInt8
  /// When another querier counts as gone; nil when we are the querier.
  public var expires: Instant?
  /// When we ask next, if we are the querier.
  public var nextQuery: Instant?
  /// Groups that hosts report on the interface.
  public var groups: Int

  public init(
    family: Family, address: Address, isSelf: Bool, version: UInt8, expires: Instant?, nextQuery: Instant?,
    groups: Int
  ) {
    self.family = family
    self.address = address
    self.isSelf = isSelf
    self.version = version
    self.expires = expires
    self.nextQuery = nextQuery
    self.groups = groups
  }
}

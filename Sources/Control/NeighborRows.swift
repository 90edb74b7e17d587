public import Addressing
public import Timing

/// A line of `show neighbors`: another DVMRP router.
public struct NeighborRow: Hashable, Sendable, Codable {
  /// How far the two have met.
  public enum State: String, Hashable, Sendable, Codable, CaseIterable {
    /// Heard once.
    case waiting
    /// It does not hear us.
    case oneWay = "one-way"
    case twoWay = "two-way"
  }

  /// What a neighbor says that it can.
  public enum Capability: String, Hashable, Sendable, Codable, CaseIterable {
    case leaf, prune, generation, mtrace, snmp, netmask
  }

  public var address: Address
  public var interface: String
  public var ifindex: Int32?
  public var state: State
  /// Of its DVMRP: 3.255 follows the draft, others are mrouted's own.
  public var major: UInt8
  public var minor: UInt8
  public var capabilities: [Capability]
  /// Nil from versions without.
  public var generation: UInt32?
  /// Since when it is two-way; nil while it is not.
  public var since: Instant?
  /// When it is gone, if it stays silent.
  public var expires: Instant
  /// Origins that it reports as reachable.
  public var routes: Int
  /// Prunes of it that hold.
  public var prunes: Int

  public init(
    address: Address, interface: String, ifindex: Int32?, state: State, major: UInt8, minor: UInt8,
    capabilities: [Capability], generation: UInt32?, since: Instant?, expires: Instant, routes: Int,
    prunes: Int
  ) {
    self.address = address
    self.interface = interface
    self.ifindex = ifindex
    self.state = state
    self.major = major
    self.minor = minor
    self.capabilities = capabilities
    self.generation = generation
    self.since = since
    self.expires = expires
    self.routes = routes
    self.prunes = prunes
  }
}

/// A line of `show dvmrp routes`: how sources of one network are reached.
public struct OriginRow: Hashable, Sendable, Codable {
  /// What is known of the way.
  public enum State: String, Hashable, Sendable, Codable, CaseIterable {
    /// A network on a link of ours, or the default route that we make.
    case local
    case valid
    /// Unreachable, and told so for some time.
    case holddown
  }

  public var origin: Prefix
  /// Nil where the network is our own, or the neighbor is gone.
  public var gateway: Address?
  /// Nil for a default route of our making.
  public var interface: String?
  public var ifindex: Int32?
  /// 1–31; 32: unreachable.
  public var metric: UInt8
  public var state: State
  /// Waits for a flash update.
  public var isChanged: Bool
  /// Since when it is as reachable as it is.
  public var since: Instant
  /// When it ends, if the gateway does not report it again.
  public var expires: Instant?
  /// Interfaces that we forward its sources onto.
  public var children: [String]
  /// Neighbors that depend on us for it.
  public var dependents: [Address]

  public init(
    origin: Prefix, gateway: Address?, interface: String?, ifindex: Int32?, metric: UInt8, state: State,
    isChanged: Bool, since: Instant, expires: Instant?, children: [String], dependents: [Address]
  ) {
    self.origin = origin
    self.gateway = gateway
    self.interface = interface
    self.ifindex = ifindex
    self.metric = metric
    self.state = state
    self.isChanged = isChanged
    self.since = since
    self.expires = expires
    self.children = children
    self.dependents = dependents
  }
}

/// A line of `show prunes`: a network and a group that somebody does not want, or wants again.
public struct PruneRow: Hashable, Sendable, Codable {
  /// Who said so to whom.
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    /// The neighbor pruned: it does not want the group from us.
    case received
    /// We pruned.
    case sent
    /// We took our prune back, and wait for the neighbor's answer.
    case graft
  }

  public var kind: Kind
  public var origin: Prefix
  public var group: Address
  /// Nil for one of ours whose neighbor is gone.
  public var neighbor: Address?
  public var interface: String?
  public var ifindex: Int32?
  /// When the prune ends; when the graft is repeated.
  public var expires: Instant?
  /// Sources of the network that send to the group, as far as they are known.
  public var sources: Int

  public init(
    kind: Kind, origin: Prefix, group: Address, neighbor: Address?, interface: String?, ifindex: Int32?,
    expires: Instant?, sources: Int
  ) {
    self.kind = kind
    self.origin = origin
    self.group = group
    self.neighbor = neighbor
    self.interface = interface
    self.ifindex = ifindex
    self.expires = expires
    self.sources = sources
  }
}

public import Addressing

/// What an operator can say about DVMRP on one interface or tunnel.
///
/// Values outside their range are read as the nearest one inside it.
public struct DVMRPSettings: Hashable, Sendable, Codable {
  /// Added to what is received, 1–32; 32 makes everything unreachable.
  public var metric: UInt8 = 1
  /// Added to what is reported, 0–31.
  public var advertMetric: UInt8 = 0
  /// Told to whom asks; the kernel's entries hold what counts.
  public var threshold: UInt8 = 1
  /// Keeps silent until a neighbor was heard.
  public var isPassive = false
  /// Neither sends nor hears DVMRP: hosts are served, no routers.
  public var isForcedLeaf = false
  /// False: origins learned here are not given to other interfaces of the kind.
  public var isTransit = true
  /// New neighbors count as dependents until they report otherwise.
  public var floods = true
  /// Sends a prune again while packets still come; nil: on tunnels and point-to-point links.
  public var repeatsPrunes: Bool?
  /// Hears routers that cannot prune.
  public var acceptsNonpruners = false
  /// Middle of the range from which the lifetimes of our prunes are drawn.
  public var pruneLifetime = Duration.seconds(7200)
  public var filter: RouteFilter?
  /// Groups that do not pass; nobody can prune or graft them here.
  public var boundaries: [Prefix] = []
  /// Further subnets of the link, beside those of its addresses.
  public var altnets: [Prefix] = []
  /// Where neighbors may be; empty: anywhere on the link.
  public var neighborPrefixes: [Prefix] = []
  public var tunnel: TunnelEnds?
  /// Puts Router Alert into packets to all routers, as mrouted 4 does.
  public var sendsRouterAlert = false
  /// Drops packets to 224.0.0.4 whose TTL is not 1.
  public var isTTLStrict = true

  public init() {}
}

/// The two ends of a tunnel.
public struct TunnelEnds: Hashable, Sendable, Codable {
  public var local: Address
  public var remote: Address

  public init(local: Address, remote: Address) {
    self.local = local
    self.remote = remote
  }
}

/// Which origins an interface takes, and perhaps gives; what is poisoned always passes.
public struct RouteFilter: Hashable, Sendable, Codable {
  /// One network of a filter.
  public struct Line: Hashable, Sendable, Codable {
    public var network: Prefix
    /// False: more specific origins match too.
    public var isExact: Bool

    public init(_ network: Prefix, isExact: Bool = false) {
      self.network = network
      self.isExact = isExact
    }
  }

  /// True: only what a line names passes; false: all but that.
  public var accepts: Bool
  /// Holds for what is reported, too.
  public var isBothWays: Bool
  public var lines: [Line]

  public init(accepts: Bool, isBothWays: Bool = false, _ lines: [Line]) {
    self.accepts = accepts
    self.isBothWays = isBothWays
    self.lines = lines
  }

  func passes(_ origin: Prefix) -> Bool {
    lines.contains { $0.isExact ? $0.network == origin : $0.network.contains(origin) } == accepts
  }
}

/// What holds for DVMRP as a whole.
public struct DVMRPOptions: Hashable, Sendable, Codable {
  public var probeInterval = Duration.seconds(10)
  /// Time in which every route is reported once.
  public var reportInterval = Duration.seconds(60)
  /// Reports 0.0.0.0/0 with this metric, 1–31.
  public var defaultRouteMetric: UInt8?
  /// Told to routers that ask for attributes.
  public var versionText = "mcast"

  public init() {}
}

/// The times of the protocol that nobody configures (DVMRPv3 appendix; mrouted's where the two differ).
enum DVMRPTimes {
  /// A silent neighbor is gone; mrouted itself waits 30 s.
  static let neighborHold = Duration.seconds(35)
  /// The same for versions without generation id.
  static let oldNeighborHold = Duration.seconds(140)
  /// How long a neighbor may leave us out of its probes after it was first heard.
  static let handshakeGrace = Duration.seconds(20)
  /// A route that is not reported again is gone.
  static let routeExpiry = Duration.seconds(140)
  /// A poison reverse that is not repeated counts no more; so long a new neighbor is taken for a dependent.
  static let dependentExpiry = Duration.seconds(120)
  /// An unreachable origin is reported as such for this long.
  static let unreachableHold = Duration.seconds(120)
  /// Between two starts of a neighbor.
  static let restartSpacing = Duration.seconds(1)
  /// How long an interface that just came up waits for the first report of a neighbor, and prunes wait for
  /// that of a gateway that began anew.
  static let claimDelay = Duration.seconds(10)
  /// From a change to its flash update, and between two of these.
  static let flashDelay = Duration.milliseconds(50)
  static let flashInterval = Duration.milliseconds(250)
  /// Between two probes that events cause.
  static let probeSpacing = Duration.milliseconds(50)
  /// An interface without neighbors is a leaf after this.
  static let leafConfirmation = Duration.seconds(200)
  /// Shorter prunes are neither sent nor heard.
  static let shortestPrune = Duration.seconds(5)
  static let longestPrune = Duration.seconds(86_400)
  static let pruneRepeat = Duration.seconds(3)
  static let graftRepeat = Duration.seconds(5)
  static let longestGraftRepeat = Duration.seconds(80)
  /// Between the parts of a large table for a new neighbor.
  static let transferInterval = Duration.milliseconds(10)
}

import Addressing
import Timing

/// One route: an origin and how we reach it.
///
/// Forty bytes, as there may be 100,000.
struct RouteRow: Sendable {
  var key: OriginKey
  /// Since when it is as reachable, or unreachable, as it is now.
  var since: Instant
  /// The first of the neighbors' reports, or -1.
  var firstReport: Int32 = -1
  /// The first of the trees of this origin, or -1.
  var firstTree: Int32 = -1
  /// The batch of changes that it was last named in.
  var touched: UInt32 = 0
  /// The neighbor toward the origin, or `noPeer`.
  var gateway = RouteRow.noPeer
  /// The slot of the interface toward the origin.
  var upstream: UInt8 = 0
  /// Own distance, 1–31; 32: unreachable.
  var metric: UInt8 = 32
  var flags: Flags = []

  init(_ key: OriginKey, since: Instant) {
    self.key = key
    self.since = since
  }

  struct Flags: OptionSet, Sendable {
    let rawValue: UInt8
    /// A subnet of a link of ours, or the default route of our making.
    static let local = Flags(rawValue: 1)
    /// Waits for a flash update.
    static let changed = Flags(rawValue: 2)
    /// Taken out; its number is used again once the order has been cleaned.
    static let dead = Flags(rawValue: 4)
    /// Local, and by no interface.
    static let detached = Flags(rawValue: 8)
  }

  var isReachable: Bool { metric < 32 }
  var isLocal: Bool { flags.contains(.local) }

  /// Whether the origin lies behind the interface.
  func leads(by slot: UInt8) -> Bool { upstream == slot && !flags.contains(.detached) && isReachable }

  static let noPeer = UInt16.max
}

/// What one neighbor last reported about one origin.
struct RouteReport: Sendable {
  var row: Int32
  /// The next neighbor's report about the same origin.
  var next: Int32 = -1
  /// Neighbors in the line of those that expire after the same time.
  var older: Int32 = -1
  var younger: Int32 = -1
  var at: Instant
  /// The packet that brought it.
  var packet: UInt32
  var peer: UInt16
  /// As reported, 1–63.
  var metric: UInt8
  var isFree = false

  var isPoisoned: Bool { metric > 32 }
}

/// What a neighbor is to us for one origin.
enum PeerRole: Sendable {
  case none
  /// It gets the origin's packets from us.
  case dependent
  /// It forwards onto the link in our place.
  case dominant
}

/// What routes need to know of an interface.
struct LinkFacts: Sendable {
  var isActive = false
  /// 0 when the interface has none.
  var address: UInt32 = 0
  var metric: UInt8 = 1
  var advertMetric: UInt8 = 0
  var isTransit = true
  var floods = true
  var filter: RouteFilter?

  init() {}

  init(_ link: DVMRPLink) {
    isActive = link.isActive
    address = link.address.ipv4 ?? 0
    metric = min(32, max(1, link.settings.metric))
    advertMetric = min(31, link.settings.advertMetric)
    isTransit = link.settings.isTransit
    floods = link.settings.floods
    filter = link.settings.filter
  }
}

/// What routes need to know of a neighbor.
struct PeerFacts: Sendable {
  var address: UInt32
  var slot: UInt8
  /// When both routers began to hear each other.
  var since: Instant
  /// When it last began anew; what it said before, it may not know itself any more.
  var restartedAt = Instant.start
  /// Origins that it says it reaches.
  var reachable = 0
}

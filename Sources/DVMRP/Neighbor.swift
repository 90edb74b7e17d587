import Addressing
import Kernel
import Timing
import Wire

/// Another router on a link, as its probes and reports show it.
struct Neighbor: Sendable {
  enum State: Sendable {
    /// Heard once; its first probe did not name us, which is how every meeting begins.
    case waiting
    /// It goes on without naming us: it does not hear us.
    case oneWay
    case twoWay
  }

  var address: Address
  var interface: InterfaceID
  var state = State.waiting
  var version: DVMRPVersion
  var capabilities: DVMRPCapabilities
  var generation: UInt32?
  /// When it was first heard, or last began anew.
  var since: Instant
  /// When it became two-way.
  var upSince: Instant?
  var heardAt: Instant
  /// It was heard soon after the interface came up, so its routes are waited for.
  var isAwaited: Bool
  var routeBucket = RateBucket()
  var treeBucket = RateBucket()
  /// When a limit was last met, and what is told of it no more.
  var limitedAt: Instant?

  /// What mrouted gives that much time again to after a start.
  var hold: Duration { version.hasGeneration ? DVMRPTimes.neighborHold : DVMRPTimes.oldNeighborHold }

  var canPrune: Bool { Neighbor.canPrune(version, capabilities) }

  /// 3.255 and 4–9 follow the draft: both must name each other before anything else counts.
  static func needsHandshake(_ version: DVMRPVersion) -> Bool {
    version == .current || (4...9).contains(version.major)
  }

  /// mrouted 3.0–3.4 prunes without saying so; the old Cisco router of major 10 does not prune.
  static func canPrune(_ version: DVMRPVersion, _ capabilities: DVMRPCapabilities) -> Bool {
    if version.major == 10 { return false }
    return capabilities.contains(.prune) || version.major == 3 && version.minor <= 4
  }

  /// Versions 3–9, and 10 and 11 of the old Cisco routers.
  static func isKnown(_ version: DVMRPVersion) -> Bool { (3...11).contains(version.major) }
}

/// So many a second, with bursts: what is beyond is not heard.
struct RateBucket: Sendable {
  private var credit: Double?
  private var filledAt = Instant.start

  /// Pays `cost`; false when not enough is left, and nothing was paid.
  mutating func take(_ cost: Int, rate: Int, burst: Int, at now: Instant) -> Bool {
    let filled = credit.map { $0 + Double((now - filledAt).nanoseconds) / 1e9 * Double(rate) }
    let available = min(filled ?? Double(burst), Double(burst))
    filledAt = now
    credit = available
    guard available >= Double(cost) else { return false }
    credit = available - Double(cost)
    return true
  }
}

/// The neighbors of all interfaces, by number; a number is used again after its neighbor is gone.
struct NeighborTable: Sendable {
  private(set) var rows: [Neighbor?] = []
  private(set) var count = 0

  subscript(number: UInt16) -> Neighbor? {
    get { Int(number) < rows.count ? rows[Int(number)] : nil }
    set {
      guard Int(number) < rows.count else { return }
      count += (newValue == nil ? 0 : 1) - (rows[Int(number)] == nil ? 0 : 1)
      rows[Int(number)] = newValue
    }
  }

  mutating func insert(_ neighbor: Neighbor) -> UInt16 {
    count += 1
    if let free = rows.firstIndex(where: { $0 == nil }) {
      rows[free] = neighbor
      return UInt16(free)
    }
    rows.append(neighbor)
    return UInt16(rows.count - 1)
  }

  init() {}

  /// Rows by their numbers, as a former life had them.
  init(rows: [Neighbor?]) {
    self.rows = rows
    count = rows.count { $0 != nil }
  }

  func isTwoWay(_ number: UInt16) -> Bool { self[number]?.state == .twoWay }
}

public import Addressing
import Timing
import Wire

/// What a trace asks, where, and how patiently.
public struct TracePlan: Hashable, Sendable {
  /// Where answers shall come to.
  public enum Answer: Hashable, Sendable {
    /// To an address of ours; later tries ask for an answer to the group of all traces.
    case own(Address)
    /// To that group from the first question on.
    case group
    case fixed(Address)
  }

  public var source: Address
  public var receiver: Address
  /// The receiver's link where it is one of ours; else the receiver alone.
  public var receiverSubnet: Prefix
  public var group: Group
  /// Where questions go: the receiver's router, its group, or all routers of the link.
  public var target: Address
  /// The target was named, and is asked who it is before it is asked to trace.
  public var checksTarget = false
  public var answer: Answer
  /// TTL of questions to a group; nil: 1 to all routers of the link, else 64.
  public var hops: UInt8?
  public var maximumHops = 32
  /// The operator named how many, so that is all that is asked for.
  public var isLimited = false
  public var tries = 3
  public var patience = Duration.seconds(3)
  /// Between the two traces whose counters are compared; nil: no statistics.
  public var statistics: Duration? = .seconds(10)
  /// Statistics again and again.
  public var repeats = false
  public var isNumeric = false
  public var isVerbose = false
  /// The wall clock less the clock of the session, in nanoseconds.
  public var wallOffset: Int64 = 0

  public init(
    source: Address, receiver: Address, receiverSubnet: Prefix? = nil, group: Group, target: Address,
    answer: Answer
  ) {
    self.source = source
    self.receiver = receiver
    self.receiverSubnet = receiverSubnet ?? Prefix(receiver)
    self.group = group
    self.target = target
    self.answer = answer
  }

  /// The group of all answers to traces.
  public static let answerGroup = Address(ipv4: 0xe000_0120)

  /// The group that a trace follows when none is named.
  public static let usualGroup = Address(ipv4: 0xe002_0001)

  /// The TTL of questions to a group.
  public var queryHops: UInt8 { hops ?? (target == TraceSession.allRouters ? 1 : 64) }

  /// Whom the answer to the first question goes to.
  var answerTo: Address {
    switch answer {
    case .own(let address), .fixed(let address): address
    case .group: TracePlan.answerGroup
    }
  }

  // MARK: Words

  var head: String { "Mtrace from \(source) to \(receiver) via group \(group)\n" }

  var querying: String {
    isLimited ? "Querying reverse path, maximum \(maximumHops) hops... " : "Querying full reverse path... "
  }

  var connected: String { "Source & receiver are directly connected, no path to trace\n" }

  var nobody: String {
    let start = "Timed out receiving responses\n"
    guard target.isMulticast else { return start }
    if target == TraceSession.allRouters {
      return start + "Perhaps no local router has a route for source \(source)\n"
    }
    return start + "Perhaps receiver \(receiver) is not a member of group \(group),\n"
      + "or no router local to it has a route for source \(source),\n"
      + "or multicast at ttl \(queryHops) doesn't reach its last-hop router for that source\n"
  }

  // MARK: Time

  /// An instant as routers tell the time.
  func wall(_ instant: Instant) -> UInt32 { TracePlan.wall(instant, offset: wallOffset) }

  static func wall(_ instant: Instant, offset: Int64) -> UInt32 {
    let nanoseconds = instant.nanoseconds &+ offset
    let microseconds = UInt32(clamping: nanoseconds % 1_000_000_000 / 1000)
    return TraceHop.arrival(seconds: nanoseconds / 1_000_000_000, microseconds: microseconds)
  }
}

/// One question, asked so often.
struct TraceQuestion: Hashable, Sendable {
  var hops: Int
  var tries: Int
  var tried = 0

  /// Where this try wants its answer, and how far the answer may go.
  ///
  /// The way to us may be closed: the second half of several tries is for the group, the last quarter reaches
  /// farther.
  func answer(_ plan: TracePlan) -> (to: Address, reach: UInt8) {
    let left = tries - tried + 1
    var address = plan.answerTo
    if case .own = plan.answer, tries > 1, left <= (tries + 1) / 2 { address = TracePlan.answerGroup }
    guard address.isMulticast else { return (address, 255) }
    guard tries > 1 else { return (address, 64) }
    let further = max(0, (tries + 3) / 4 - left + 1)
    return (address, UInt8(clamping: min(192, 64 + 32 * further)))
  }
}

import Addressing
import Timing

/// A life for a network: streams, members that come and go, faults that come and heal.
extension Scenario {
  /// The scenario with `hours` of chance: every fault heals, so that what follows can be judged.
  ///
  /// - Parameters:
  ///   - senders: hosts that may send; empty: all.
  ///   - replaces: whether processes of routers are replaced, too, while their kernels forward on.
  public func living(hours: Int, from senders: [String] = [], replaces: Bool = false) -> Scenario {
    var life = Life(self, senders)
    life.replaces = replaces
    let end = Instant.start + .seconds(Int64(hours) * 3600)
    var at = Instant.start + settling.told + .seconds(2)
    life.addFirstMembers()
    while at < end { at = life.addCycle(at) }
    var copy = self
    copy.events = life.events.sorted { $0.at < $1.at }
    // Behind the last packet there is time for every entry to end.
    copy.end = max(end, at) + pruning.shortOfHour + .seconds(1200)
    return copy
  }

  /// What a boundary of a mesh keeps in.
  static let boundedGroups = Prefix(Address(ipv4: 0xef01_0200), length: 24) ?? .all(.ipv4)
}

extension Duration {
  fileprivate var shortOfHour: Duration { self < .seconds(3600) ? self : .zero }
}

/// Writes the events of a life.
private struct Life {
  private let scenario: Scenario
  private let hosts: [Scenario.Node]
  private let routers: [Scenario.Node]
  private let senders: [String]
  private let isDynamic: Bool
  private var chance: Generator
  /// Restarts have a chance of their own, so that all else is as it would be without them.
  private var restarts: Generator
  var replaces = false
  var events: [Scenario.Event] = []

  init(_ scenario: Scenario, _ senders: [String]) {
    self.scenario = scenario
    hosts = scenario.nodes.filter { !$0.isRouter }
    routers = scenario.nodes.filter(\.isRouter)
    self.senders = senders.isEmpty ? hosts.map(\.name) : senders
    isDynamic = scenario.judgesWaste
    chance = Generator(seed: scenario.seed ^ 0x6c69_6665)
    restarts = Generator(seed: scenario.seed ^ 0x7265_7374)
  }

  private mutating func add(_ at: Instant, _ what: Scenario.Happening) { events.append(.init(at, what)) }

  private mutating func wait(_ range: ClosedRange<Int64>) -> Duration {
    .milliseconds(Int64.random(in: range, using: &chance))
  }

  /// Half of the hosts want something from the start on.
  mutating func addFirstMembers() {
    guard isDynamic else { return }
    for host in hosts where Bool.random(using: &chance) {
      add(.start + .seconds(1), .join(host.name, group(), source: nil))
    }
  }

  /// Members change, a stream is judged, faults come and heal, another stream is judged, and a rest.
  ///
  /// - Returns: when the next cycle may begin.
  mutating func addCycle(_ start: Instant) -> Instant {
    var at = start
    addMembers(at)
    at = addStreams(at + scenario.settling.told + wait(1000...30_000))
    at = addRestarts(at)
    var settled = at + wait(0...20_000)
    let from = settled
    for _ in 0..<Int.random(in: 1...(isDynamic ? 3 : 1), using: &chance) {
      settled = max(settled, addFault(from + wait(0...30_000)))
    }
    if replaces, Int.random(in: 0..<3, using: &restarts) == 0 {
      settled = max(settled, addRestart(from + spell(0...60_000)) + scenario.settling.told)
    }
    // What happens while things are broken is not judged by who gets it, but must not loop or cross bounds.
    if isDynamic {
      addMembers(from + wait(0...30_000))
      _ = addStreams(from + wait(0...60_000))
    }
    at = addStreams(settled + .seconds(1))
    return at + wait(10_000...600_000)
  }

  private mutating func addMembers(_ at: Instant) {
    for _ in 0..<Int.random(in: 0...3, using: &chance) {
      guard let host = hosts.randomElement(using: &chance) else { return }
      let joins = Bool.random(using: &chance)
      // Hosts of older versions cannot name a source.
      if isDynamic, host.version == 3, Int.random(in: 0..<4, using: &chance) == 0, let source = source() {
        let group = Address(ipv4: 0xe801_0101)
        add(at, joins ? .join(host.name, group, source: source) : .leave(host.name, group, source: source))
      } else {
        let group = group()
        add(at, joins ? .join(host.name, group, source: nil) : .leave(host.name, group, source: nil))
      }
    }
  }

  /// The address of one that may send.
  private mutating func source() -> Address? {
    senders.randomElement(using: &chance).flatMap { scenario.address(of: $0) }
  }

  private mutating func group() -> Address {
    let isBounded = isDynamic && Int.random(in: 0..<6, using: &chance) == 0
    return Address(ipv4: (isBounded ? 0xef01_0200 : 0xef01_0100) + UInt32.random(in: 1...4, using: &chance))
  }

  /// - Returns: when they end.
  private mutating func addStreams(_ at: Instant) -> Instant {
    guard let sender = senders.randomElement(using: &chance) else { return at }
    var group = group()
    if isDynamic, Int.random(in: 0..<5, using: &chance) == 0 { group = Address(ipv4: 0xe801_0101) }
    // Some are sparse, and last for longer than prunes and entries do.
    if isDynamic, Int.random(in: 0..<8, using: &chance) == 0 {
      add(at, .send(sender, group, every: .seconds(10), count: Int.random(in: 10...120, using: &chance)))
    }
    let count = Int.random(in: 3...(isDynamic ? 50 : 20), using: &chance)
    add(at, .send(sender, group, every: .milliseconds(200), count: count))
    return at + .milliseconds(Int64(count) * 200)
  }

  // MARK: Restarts

  private mutating func spell(_ range: ClosedRange<Int64>) -> Duration {
    .milliseconds(Int64.random(in: range, using: &restarts))
  }

  /// Streams go on while processes of routers are replaced, one or some.
  private mutating func addRestarts(_ at: Instant) -> Instant {
    guard replaces, Bool.random(using: &restarts) else { return at }
    for _ in 0..<Int.random(in: 1...3, using: &restarts) {
      guard let sender = senders.randomElement(using: &restarts) else { return at }
      let group = Address(ipv4: 0xef01_0101 + UInt32.random(in: 0..<4, using: &restarts))
      add(at, .send(sender, group, every: .milliseconds(200), count: 150))
    }
    var last = at
    for _ in 0..<Int.random(in: 1...3, using: &restarts) {
      last = max(last, addRestart(at + .seconds(3) + spell(0...20_000)))
    }
    return max(at + .seconds(31), last)
  }

  /// - Returns: when the next process is there.
  private mutating func addRestart(_ at: Instant) -> Instant {
    guard let router = routers.randomElement(using: &restarts)?.name else { return at }
    let away = spell(20...5000)
    add(at, Bool.random(using: &restarts) ? .restart(router, away: away) : .crash(router, away: away))
    return at + away
  }

  // MARK: Faults

  /// - Returns: when the network must be well again.
  private mutating func addFault(_ at: Instant) -> Instant {
    guard let segment = scenario.segments.randomElement(using: &chance)?.name,
      let router = routers.randomElement(using: &chance)
    else { return at }
    let own = router.segments.randomElement(using: &chance) ?? segment
    let kind = Int.random(in: 0..<(isDynamic ? 10 : 7), using: &chance)
    let heals = at + wait(100...(Int.random(in: 0..<5, using: &chance) == 0 ? 600_000 : 90_000))
    let (settling, told) = (scenario.settling, heals + scenario.settling.told)
    switch kind {
    case 0: return add(at, heals, .down(segment: segment, node: nil), .up(segment: segment, node: nil), told)
    case 1:
      return add(
        at, heals, .down(segment: own, node: router.name), .up(segment: own, node: router.name),
        max(told, at + settling.silent))
    case 2:
      return add(
        at, heals, .remove(segment: own, node: router.name), .restore(segment: own, node: router.name),
        max(told, at + settling.silent))
    case 3:
      return add(at, heals, .kill(router.name), .start(router.name), max(told, at + settling.silent))
    case 4: return add(at, heals, .stop(router.name), .start(router.name), told)
    case 5, 7:
      let loss = UInt16(isDynamic ? Int.random(in: 1...4, using: &chance) * 100 : 100)
      return add(
        at, heals,
        .impair(
          segment: segment,
          .init(loss: loss, duplication: 50, reordering: 100, delay: wait(0...30))),
        .impair(segment: segment, .init()), heals + settling.lossy)
    case 8:
      let secluded = scenario.nodes.map(\.name).filter { _ in Bool.random(using: &chance) }
      guard !secluded.isEmpty else { return at }
      return add(at, heals, .partition(secluded), .partition([]), heals + settling.lossy)
    case 9:
      let share = UInt16.random(in: 50...500, using: &chance)
      return add(
        at, heals, .fail(router.name, share: share), .fail(router.name, share: 0), heals + settling.lossy)
    default: return at
    }
  }

  private mutating func add(
    _ at: Instant, _ heals: Instant, _ fault: Scenario.Happening, _ cure: Scenario.Happening,
    _ settled: Instant
  ) -> Instant {
    add(at, fault)
    add(heals, cure)
    // A broken way of a tunnel loses what its ends cannot know of.
    return scenario.hasTunnels ? max(settled, heals + scenario.settling.lossy) : settled
  }
}

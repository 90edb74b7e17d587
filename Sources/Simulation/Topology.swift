import Addressing
import Timing

/// Networks made by rule or by chance.
public enum Topology: Hashable, Sendable {
  /// `S - r1 - r2 … - rN - D`, with a host at each end.
  case line(Int)
  /// A tree in which each router has up to so many below it, and hosts at the leaves; made by chance.
  case tree(Int)

  /// A scenario whose routers forward `239.1.0.0/16` from the first host's segment to every other by static
  /// rules.
  public func scenario(seed: UInt64) -> Scenario {
    switch self {
    case .line(let count): Topology.staticTree(seed, parents: (0..<max(1, count)).map { $0 - 1 })
    case .tree(let count):
      Topology.staticTree(seed, parents: Topology.parents(max(1, count), seed))
    }
  }

  /// Each router's parent, -1 for the first.
  private static func parents(_ count: Int, _ seed: UInt64) -> [Int] {
    var chance = Generator(seed: seed)
    return (0..<count).map { $0 == 0 ? -1 : Int.random(in: max(0, $0 - 4)..<$0, using: &chance) }
  }

  /// Router n has segment `n<n>` above it and shares its own segment `d<n>` with its children and a host.
  private static func staticTree(_ seed: UInt64, parents: [Int]) -> Scenario {
    var scenario = Scenario()
    scenario.seed = seed
    scenario.segments.append(.init("top"))
    scenario.nodes.append(.init("s", isRouter: false, on: ["top"]))
    for (number, parent) in parents.enumerated() {
      let above = parent < 0 ? "top" : "d\(parent + 1)"
      let below = "d\(number + 1)"
      scenario.segments.append(.init(below))
      scenario.nodes.append(
        .init(
          "r\(number + 1)", isRouter: true, on: [above, below],
          statements: [
            "route from \(above) group 239.1.0.0/16 to \(below)",
            "route from \(above) group ff3e::1:0:0/96 to \(below)",
          ]))
    }
    for number in parents.indices {
      scenario.nodes.append(.init("h\(number + 1)", isRouter: false, on: ["d\(number + 1)"]))
    }
    return scenario
  }
}

/// A life for a network: streams, members that come and go, faults that come and heal.
extension Scenario {
  /// The scenario with `hours` of chance: every fault heals, so that what follows can be judged.
  ///
  /// - Parameter senders: hosts that may send.
  public func living(hours: Int, from senders: [String]) -> Scenario {
    var copy = self
    var chance = Generator(seed: seed ^ 0x6c69_6665)
    let hosts = nodes.filter { !$0.isRouter }.map(\.name)
    copy.end = .start + .seconds(hours * 3600)
    var at = Instant.start + .seconds(2)
    while at < copy.end {
      copy.addMembers(hosts, at, &chance)
      let wait = settling.milliseconds + Int64.random(in: 5000...60_000, using: &chance)
      copy.addStream(senders, at + .milliseconds(wait), &chance)
      at = copy.addFault(at + .milliseconds(wait + 10_000), &chance) + settling + .seconds(1)
      copy.addStream(senders, at, &chance)
      at = at + .milliseconds(Int64.random(in: 10_000...600_000, using: &chance))
    }
    copy.events.sort { $0.at < $1.at }
    return copy
  }

  private mutating func addMembers(_ hosts: [String], _ at: Instant, _ chance: inout Generator) {
    for _ in 0..<Int.random(in: 0...3, using: &chance) {
      guard let host = hosts.randomElement(using: &chance) else { return }
      let group = Scenario.group(&chance)
      let happening: Happening =
        Bool.random(using: &chance)
        ? .join(host, group, source: nil) : .leave(host, group, source: nil)
      events.append(Event(at, happening))
    }
  }

  private static func group(_ chance: inout Generator) -> Address {
    Address(ipv4: 0xef01_0100 + UInt32.random(in: 1...4, using: &chance))
  }

  private mutating func addStream(_ senders: [String], _ at: Instant, _ chance: inout Generator) {
    guard let sender = senders.randomElement(using: &chance) else { return }
    let count = Int.random(in: 3...20, using: &chance)
    events.append(
      Event(at, .send(sender, Scenario.group(&chance), every: .milliseconds(200), count: count)))
  }

  /// - Returns: when the fault is healed.
  private mutating func addFault(_ at: Instant, _ chance: inout Generator) -> Instant {
    let healed = at + .milliseconds(Int64.random(in: 100...90_000, using: &chance))
    guard let segment = segments.randomElement(using: &chance)?.name,
      let router = nodes.filter(\.isRouter).randomElement(using: &chance)
    else { return at }
    let own = router.segments.randomElement(using: &chance) ?? segment
    let pair: (Happening, Happening)
    switch Int.random(in: 0..<7, using: &chance) {
    case 0: pair = (.down(segment: segment, node: nil), .up(segment: segment, node: nil))
    case 1: pair = (.down(segment: own, node: router.name), .up(segment: own, node: router.name))
    case 2: pair = (.remove(segment: own, node: router.name), .restore(segment: own, node: router.name))
    case 3: pair = (.kill(router.name), .start(router.name))
    case 4: pair = (.stop(router.name), .start(router.name))
    case 5:
      pair = (
        .impair(segment: segment, .init(loss: 100, duplication: 50, reordering: 100)),
        .impair(segment: segment, .init())
      )
    default: return at
    }
    events.append(Event(at, pair.0))
    events.append(Event(healed, pair.1))
    return healed
  }
}

import Timing

/// Makes a failing scenario smaller while it still fails with the same kind of violation.
public struct Shrinker: Sendable {
  /// Events that all runs of one shrinking may take.
  public var patience = 10_000_000
  private let kind: Violation.Kind
  private var spent = 0

  public init(keeping kind: Violation.Kind) { self.kind = kind }

  /// The smallest scenario that was found.
  public func shrunk(_ scenario: Scenario) -> Scenario {
    var copy = self
    var best = copy.cut(scenario)
    copy.forgetPast(&best)
    copy.dropEvents(&best)
    copy.dropNodes(&best)
    copy.dropEvents(&best)
    return best
  }

  private var isPatient: Bool { spent < patience }

  /// A life of hours is mostly not to blame: only the last minutes, with the members that there were.
  private mutating func forgetPast(_ best: inout Scenario) {
    for minutes in [2, 5, 10, 20, 40, 80, 160, 320, 640] as [Int64] where isPatient {
      guard let smaller = best.last(.seconds(minutes * 60)) else { return }
      if let cut = failing(smaller) { return best = cut }
    }
  }

  /// Halves of the events first, then single ones.
  private mutating func dropEvents(_ best: inout Scenario) {
    var chunk = max(1, best.events.count / 2)
    while isPatient {
      var index = 0
      while index < best.events.count, isPatient {
        var smaller = best
        smaller.events.removeSubrange(index..<min(index + chunk, best.events.count))
        if let cut = failing(smaller) { best = cut } else { index += chunk }
      }
      if chunk == 1 { return }
      chunk /= 2
    }
  }

  private mutating func dropNodes(_ best: inout Scenario) {
    for node in best.nodes.reversed() where isPatient {
      if let cut = failing(best.without(node: node.name)) { best = cut }
    }
    for segment in best.segments.reversed() where isPatient {
      if let cut = failing(best.without(segment: segment.name)) { best = cut }
    }
  }

  /// Nothing after the violation matters.
  private mutating func cut(_ scenario: Scenario) -> Scenario { failing(scenario) ?? scenario }

  /// The scenario up to its violation; nil when it has none of the kind.
  private mutating func failing(_ scenario: Scenario) -> Scenario? {
    guard var network = try? Network(scenario) else { return nil }
    network.run()
    spent += network.counts.happenings
    guard let at = network.violations.first(where: { $0.kind == kind })?.at else { return nil }
    var copy = scenario
    copy.events.removeAll { $0.at > at }
    copy.end = at
    return copy
  }
}

extension Scenario {
  /// The last part alone, from the members that there were; nil when that is the whole.
  func last(_ time: Duration) -> Scenario? {
    let lead = settling.told + .seconds(10)
    let from = end - .start - time
    guard from > lead else { return nil }
    var copy = self
    copy.events = []
    var members: [Happening] = []
    for event in events {
      guard event.at < .start + from else {
        copy.events.append(Event(event.at + (lead - from), event.what))
        continue
      }
      switch event.what {
      case .join: members.append(event.what)
      case .leave(let host, let group, let source):
        members.removeAll { $0 == .join(host, group, source: source) }
      default: break
      }
    }
    copy.events.insert(contentsOf: members.map { Event(.start + .seconds(1), $0) }, at: 0)
    copy.end = end + (lead - from)
    return copy
  }
}

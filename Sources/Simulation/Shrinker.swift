/// Makes a failing scenario smaller while it still fails with the same kind of violation.
public struct Shrinker: Sendable {
  /// Runs that one shrinking may take.
  public var patience = 400
  private let kind: Violation.Kind

  public init(keeping kind: Violation.Kind) { self.kind = kind }

  /// The smallest scenario that was found.
  public func shrunk(_ scenario: Scenario) -> Scenario {
    var best = cut(scenario)
    var runs = 0
    var chunk = max(1, best.events.count / 2)
    // Halves of the events first, then single ones; then whole nodes and segments.
    while chunk >= 1, runs < patience {
      var index = 0
      while index < best.events.count, runs < patience {
        var smaller = best
        smaller.events.removeSubrange(index..<min(index + chunk, best.events.count))
        runs += 1
        if fails(smaller) { best = cut(smaller) } else { index += chunk }
      }
      if chunk == 1 { break }
      chunk /= 2
    }
    for node in best.nodes where runs < patience {
      runs += 1
      let smaller = best.without(node: node.name)
      if fails(smaller) { best = smaller }
    }
    for segment in best.segments where runs < patience {
      runs += 1
      let smaller = best.without(segment: segment.name)
      if fails(smaller) { best = smaller }
    }
    return best
  }

  /// Nothing after the violation matters.
  private func cut(_ scenario: Scenario) -> Scenario {
    guard let at = violation(scenario)?.at else { return scenario }
    var copy = scenario
    copy.events.removeAll { $0.at > at }
    copy.end = at
    return copy
  }

  private func fails(_ scenario: Scenario) -> Bool { violation(scenario) != nil }

  private func violation(_ scenario: Scenario) -> Violation? {
    guard var network = try? Network(scenario) else { return nil }
    network.run()
    return network.violations.first { $0.kind == kind }
  }
}

public import Diagnostics
import Timing

/// Many lives of networks of one shape, one for each seed.
public struct Soak: Sendable {
  public var topology: Topology
  /// Hours of each life.
  public var hours: Int
  public var firstSeed: UInt64
  /// Whether processes of routers are replaced, too, while their kernels forward on.
  public var replaces = false

  public init(_ topology: Topology, hours: Int, firstSeed: UInt64) {
    self.topology = topology
    self.hours = hours
    self.firstSeed = firstSeed
  }

  /// The lives that so many router-hours need.
  public func seeds(routerHours: Int) -> [UInt64] {
    let each = max(1, topology.routers * hours)
    return (0..<UInt64(max(1, (routerHours + each - 1) / each))).map { firstSeed &+ $0 }
  }

  /// What a life came to.
  public struct Outcome: Sendable {
    public var scenario: Scenario
    public var counts: NetworkCounts
    public var violation: Violation?

    /// Hours of simulated time, times routers.
    public var routerHours: Double {
      let routers = scenario.nodes.count { $0.isRouter }
      return Double((scenario.end - .start).milliseconds) / 3_600_000 * Double(routers)
    }
  }

  /// One life, from its seed to its end or its first violation.
  public func run(seed: UInt64) throws(Diagnostic) -> Outcome {
    let scenario = topology.scenario(seed: seed, hours: hours, replaces: replaces)
    var network = try Network(scenario)
    network.run()
    return Outcome(scenario: scenario, counts: network.counts, violation: network.violations.first)
  }
}

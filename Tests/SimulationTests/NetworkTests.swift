import Addressing
import Diagnostics
import Simulation
import Testing
import Timing

@Suite struct NetworkTests {
  private func outcome(_ scenario: Scenario) throws -> Network {
    var network = try Network(scenario)
    network.run()
    return network
  }

  @Test func aLineDeliversEveryPacketOnce() throws {
    var scenario = Topology(.staticLine, 3).scenario(seed: 1)
    scenario.events = [
      .init(.start + .seconds(1), .join("h3", group, source: nil)),
      .init(.start + .seconds(10), .send("s", group, every: .milliseconds(10), count: 100)),
    ]
    let network = try outcome(scenario)
    #expect(network.violations == [])
    #expect(network.counts.delivered == 100)
    #expect(network.counts.judged == 100)
  }

  @Test func aMemberWithoutARouteIsMissed() throws {
    var scenario = Topology(.staticLine, 2).scenario(seed: 1)
    scenario.nodes[1].statements = []
    scenario.events = [
      .init(.start + .seconds(1), .join("h2", group, source: nil)),
      .init(.start + .seconds(10), .send("s", group, every: .milliseconds(10), count: 5)),
    ]
    #expect(try outcome(scenario).violations.first?.kind == .missing)
  }

  @Test func twoWaysToOneMemberAreADuplicate() throws {
    var scenario = Topology(.staticLine, 1).scenario(seed: 1)
    var second = scenario.nodes[1]
    second.name = "r2"
    scenario.nodes.append(second)
    scenario.events = [
      .init(.start + .seconds(1), .join("h1", group, source: nil)),
      .init(.start + .seconds(10), .send("s", group, every: .milliseconds(10), count: 5)),
    ]
    #expect(try outcome(scenario).violations.first?.kind == .duplicate)
  }

  @Test func rulesInARingAreALoop() throws {
    var scenario = Scenario()
    scenario.segments = [.init("a"), .init("b"), .init("c")]
    scenario.nodes = [
      .init("s", isRouter: false, on: ["a"]),
      .init("r1", isRouter: true, on: ["a", "b"], statements: ["route from a c group 239.1.0.0/16 to b"]),
      .init("r2", isRouter: true, on: ["b", "c"], statements: ["route from b group 239.1.0.0/16 to c"]),
      .init("r3", isRouter: true, on: ["c", "a"], statements: ["route from c group 239.1.0.0/16 to a"]),
    ]
    scenario.events = [.init(.start + .seconds(10), .send("s", group, every: .seconds(1), count: 3))]
    #expect(try outcome(scenario).violations.first?.kind == .loop)
  }

  @Test func aCrossedBoundaryIsFound() throws {
    var scenario = Topology(.staticLine, 2).scenario(seed: 1)
    scenario.boundaries = [.init(segment: "d1", groups: try #require(Prefix("239.1.1.0/24")))]
    scenario.events = [.init(.start + .seconds(10), .send("s", group, every: .seconds(1), count: 3))]
    #expect(try outcome(scenario).violations.first?.kind == .boundary)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func treesOfChanceServeTheirMembersThroughFaults(_ seed: UInt64) throws {
    let tree = Topology(.staticTree, 8).scenario(seed: seed).living(hours: 5, from: ["s"])
    let network = try outcome(tree)
    #expect(network.violations == [], "seed \(seed)\n\(tree.text.prefix(3000))")
    #expect(network.counts.judged > 20)
  }

  @Test func oneScenarioGivesOneRun() throws {
    let tree = Topology(.staticTree, 8).scenario(seed: 3).living(hours: 2, from: ["s"])
    #expect(try outcome(tree).counts == outcome(tree).counts)
  }

  private let group = Address(ipv4: 0xef01_0101)
}

@Suite struct ScenarioTextTests {
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func whatIsWrittenReadsBack(_ seed: UInt64) throws {
    let scenario = Topology(.staticTree, 6).scenario(seed: seed).living(hours: 3, from: ["s"])
    #expect(try Scenario(parsing: scenario.text) == scenario)
  }

  @Test(arguments: [
    "at 1s jump h1", "segment a 1x", "host h on", "at 1s send s 10.0.0.1 1s 3", "router r a b\nhost r a",
    "seed x", "config r route", "at 1s impair a 1001 0 0", "until", "segment a 1ms more",
  ])
  func whatIsWrongIsRefusedWithItsPlace(_ text: String) {
    #expect(throws: Diagnostic.self) { try Scenario(parsing: text) }
  }
}

@Suite struct ShrinkerTests {
  @Test func aFailureShrinksToWhatCausesIt() throws {
    var scenario = Topology(.staticTree, 8).scenario(seed: 2).living(hours: 2, from: ["s"])
    // A second router beside the last one doubles what it forwards.
    let last = try #require(scenario.nodes.last { $0.isRouter })
    var twin = last
    twin.name = "twin"
    scenario.nodes.append(twin)
    var network = try Network(scenario)
    network.run()
    #expect(network.violations.first?.kind == .duplicate)
    let small = Shrinker(keeping: .duplicate).shrunk(scenario)
    #expect(small.events.count <= 4, "\(small.text)")
    #expect(small.nodes.count <= scenario.nodes.count / 2 + 2, "\(small.text)")
    var again = try Network(small)
    again.run()
    #expect(again.violations.first?.kind == .duplicate)
  }
}

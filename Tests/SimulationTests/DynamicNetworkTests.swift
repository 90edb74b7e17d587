import Addressing
import Simulation
import Testing
import Timing

/// Networks of DVMRP routers, with hosts that join and leave.
@Suite struct DynamicNetworkTests {
  private let group = Address(ipv4: 0xef01_0101)

  private func outcome(_ scenario: Scenario) throws -> Network {
    var network = try Network(scenario)
    network.run()
    return network
  }

  /// A line of three routers, and a member behind the last.
  private func line(_ events: [Scenario.Event], until end: Int64) -> Scenario {
    var scenario = Topology(.line, 3).scenario(seed: 1)
    scenario.events = events
    scenario.end = .start + .seconds(end)
    return scenario
  }

  private var hosts: (first: String, last: String) {
    let hosts = Topology(.line, 3).scenario(seed: 1).nodes.filter { !$0.isRouter }.map(\.name)
    return (hosts.first ?? "", hosts.last ?? "")
  }

  @Test("A member at the other end of a line gets every packet, from the first second of the stream on")
  func line() throws {
    let network = try outcome(
      line(
        [
          .init(.start + .seconds(1), .join(hosts.last, group, source: nil)),
          .init(.start + .seconds(35), .send(hosts.first, group, every: .milliseconds(100), count: 50)),
        ], until: 60))
    #expect(network.violations == [])
    #expect(network.counts.delivered == 50)
    #expect(network.counts.judged == 50)
  }

  @Test("A member that joins a pruned flow is served at once, and nothing is wasted when it has left")
  func graftAndPrune() throws {
    let network = try outcome(
      line(
        [
          .init(.start + .seconds(35), .send(hosts.first, group, every: .milliseconds(100), count: 900)),
          .init(.start + .seconds(60), .join(hosts.last, group, source: nil)),
          .init(.start + .seconds(80), .leave(hosts.last, group, source: nil)),
        ], until: 130))
    #expect(network.violations == [])
    // Twenty seconds of ten packets, but for the milliseconds that the graft takes.
    #expect((198...200).contains(network.counts.delivered), "\(network.counts.delivered)")
  }

  @Test("Hosts that name a source get that source's packets alone")
  func sourceSpecific() throws {
    let other = Address(ipv4: 0xe801_0101)
    let scenario = line([], until: 60)
    let source = try #require(scenario.address(of: hosts.first))
    let wrong = Address(ipv4: 0x0a63_0101)
    var network = scenario
    network.events = [
      .init(.start + .seconds(1), .join(hosts.last, other, source: source)),
      .init(.start + .seconds(35), .send(hosts.first, other, every: .milliseconds(100), count: 30)),
    ]
    #expect(try outcome(network).counts.delivered == 30)
    network.events[0] = .init(.start + .seconds(1), .join(hosts.last, other, source: wrong))
    let none = try outcome(network)
    #expect(none.counts.delivered == 0)
    #expect(none.violations == [])
  }

  @Test(
    "Every shape serves its members through faults",
    arguments: ["line:4", "ring:5", "tree:6", "lan:4", "mesh:8"], [1, 2] as [UInt64])
  func shapes(_ text: String, _ seed: UInt64) throws {
    let topology = try #require(Topology(text))
    let network = try outcome(topology.scenario(seed: seed, hours: 1))
    #expect(network.violations == [], "mcsim run \(text) --seed \(seed) --hours 1")
    #expect(network.counts.judged > 10)
  }

  @Test("A flow whose neighbor on the source's link is listened to is no waste: a prune names the network")
  func neighborOfSource() throws {
    let other = Address(ipv4: 0xe801_0101)
    let source = try #require(line([], until: 60).address(of: hosts.first))
    let neighbor = try #require(source.ipv4.map { Address(ipv4: $0 + 7) })
    let network = try outcome(
      line(
        [
          .init(.start + .seconds(1), .join(hosts.last, other, source: neighbor)),
          .init(.start + .seconds(35), .send(hosts.first, other, every: .milliseconds(100), count: 300)),
        ], until: 80))
    #expect(network.violations == [])
    #expect(network.counts.delivered == 0)
  }

  @Test("A chronicle tells of packets, messages and entries, from its time on")
  func chronicle() throws {
    var network = try Network(
      line(
        [.init(.start + .seconds(35), .send(hosts.first, group, every: .milliseconds(100), count: 2))],
        until: 40))
    network.chronicle = Chronicle(from: .start + .seconds(35))
    network.run()
    let lines = try #require(network.chronicle?.lines)
    #expect(lines.first?.contains("send") == true)
    #expect(lines.contains { $0.contains("installs") } && lines.contains { $0.contains("prune") })
  }

  @Test("Two islands are one over a tunnel, beside a router that knows no multicast")
  func tunnel() throws {
    var scenario = Scenario()
    scenario.segments = [.init("a"), .init("u1"), .init("u2"), .init("b")]
    let dvmrp = "dvmrp on"
    let outside = ["interface u1 { dvmrp off }", "interface u2 { dvmrp off }"]
    scenario.nodes = [
      .init(
        "r1", isRouter: true, on: ["a", "u1"],
        statements: [dvmrp, "tunnel t { local @r1/u1; remote @r2/u2 }"] + outside),
      .init("u", isRouter: true, on: ["u1", "u2"]),
      .init(
        "r2", isRouter: true, on: ["u2", "b"],
        statements: [dvmrp, "tunnel t { local @r2/u2; remote @r1/u1 }"] + outside),
      .init("s", isRouter: false, on: ["a"]), .init("d", isRouter: false, on: ["b"]),
    ]
    scenario.settling = .dynamic
    scenario.judgesWaste = true
    scenario.end = .start + .seconds(60)
    scenario.events = [
      .init(.start + .seconds(1), .join("d", group, source: nil)),
      .init(.start + .seconds(40), .send("s", group, every: .milliseconds(100), count: 40)),
    ]
    let network = try outcome(scenario)
    #expect(network.violations == [])
    #expect(network.counts.delivered == 40)
    #expect(Picture(network, flow: nil).dot.contains("\"r1\" -- \"r2\""))
  }

  @Test("The same life gives the same run, clocks that run wrong and partitions included")
  func repeatable() throws {
    let mesh = Topology(.mesh, 8).scenario(seed: 5, hours: 1)
    #expect(mesh.nodes.contains { $0.skew != 0 && $0.offset != .zero })
    #expect(try outcome(mesh).counts == outcome(mesh).counts)
  }

  @Test("What is written of a life reads back", arguments: 1...6 as ClosedRange<UInt64>)
  func text(_ seed: UInt64) throws {
    var scenario = Topology(.mesh, 12).scenario(seed: seed, hours: 3)
    scenario.nodes[0].defects = [.forgetful, .unpruned]
    #expect(try Scenario(parsing: scenario.text) == scenario)
  }
}

/// Each invariant is able to fail: a router with a defect is found by the one that is meant for it.
@Suite struct DefectTests {
  private let group = Address(ipv4: 0xef01_0101)

  private func violations(
    _ defect: Scenario.Defect?, at router: Int, _ shape: Topology.Shape = .line
  ) throws -> [Violation.Kind] {
    var scenario = Topology(shape, 3).scenario(seed: 1)
    if let defect { scenario.nodes[router].defects = [defect] }
    let hosts = scenario.nodes.filter { !$0.isRouter }.map(\.name)
    let (first, last) = (try #require(hosts.first), try #require(hosts.last))
    scenario.events = [
      .init(.start + .seconds(35), .send(first, group, every: .milliseconds(200), count: 1000)),
      .init(.start + .seconds(60), .join(last, group, source: nil)),
      .init(.start + .seconds(150), .leave(last, group, source: nil)),
    ]
    scenario.end = .start + .seconds(240)
    var network = try Network(scenario)
    network.run()
    return network.violations.map(\.kind)
  }

  @Test("Without a defect all holds") func none() throws {
    #expect(try violations(nil, at: 0) == [])
    #expect(try violations(nil, at: 0, .ring) == [])
  }

  @Test("A kernel that does not replace entries is found: what is sent for its member ends before it")
  func forgetful() throws { #expect(try violations(.forgetful, at: 2).first == .waste) }

  @Test("A router that sends no graft is found: a member misses packets")
  func ungrafted() throws { #expect(try violations(.ungrafted, at: 2).first == .missing) }

  @Test("A router that hears no prune is found: what nobody wants does not end")
  func unpruned() throws { #expect(try violations(.unpruned, at: 1).first == .waste) }

  @Test("A router that forwards what comes by the wrong interface is found: a member gets it twice")
  func careless() throws {
    var scenario = Scenario()
    scenario.segments = ["s", "x", "y", "z"].map { .init($0) }
    for (name, segments) in [("r1", ["s", "x"]), ("r2", ["x", "y"]), ("r3", ["x", "y", "z"])] {
      scenario.nodes.append(.init(name, isRouter: true, on: segments, statements: ["dvmrp on"]))
    }
    for (name, segment) in [("h", "s"), ("m1", "y"), ("m2", "z")] {
      scenario.nodes.append(.init(name, isRouter: false, on: [segment]))
    }
    scenario.settling = .dynamic
    scenario.events = [
      .init(.start + .seconds(1), .join("m1", group, source: nil)),
      .init(.start + .seconds(1), .join("m2", group, source: nil)),
      .init(.start + .seconds(40), .send("h", group, every: .milliseconds(200), count: 50)),
    ]
    scenario.end = .start + .seconds(60)
    var network = try Network(scenario)
    network.run()
    #expect(network.violations == [])
    scenario.nodes[2].defects = [.careless]
    network = try Network(scenario)
    network.run()
    #expect(network.violations.first?.kind == .duplicate)
  }

  @Test("A router that hears no host is found: a member misses packets")
  func deaf() throws { #expect(try violations(.deaf, at: 2).first == .missing) }
}

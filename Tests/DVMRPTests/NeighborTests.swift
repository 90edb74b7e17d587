import Addressing
import DVMRP
import Kernel
import Testing
import Timing
import Wire

@Suite struct NeighborTests {
  @Test("A router probes at once, twice more a second apart, then every ten seconds")
  func probes() throws {
    var bench = try Bench(["10.0.0.1/24"])
    try bench.advance(.seconds(33))
    let probes = bench.said().messages(1)
    #expect(probes.map { ($0.at - .start).milliseconds } == [0, 1000, 2000, 12_000, 22_000, 32_000])
    let first = try #require(probes.first)
    #expect(first.datagram.destination == (try address("224.0.0.4")))
    #expect(first.datagram.source == (try address("10.0.0.1")))
    #expect(first.datagram.hops == 1)
    #expect(first.message == .probe(DVMRPProbe(generation: 1000)))
    #expect(first.packet.capabilities == .ours)
  }

  @Test("A neighbor that names us is two-way at once: it gets a probe that names it, then the table")
  func meeting() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.advance(.seconds(5))
    _ = bench.said()
    try bench.probe("10.0.0.2", on: 0)
    let said = bench.said()
    #expect(said.count == 2)
    #expect(said[0].message == .probe(DVMRPProbe(generation: 1000, neighbors: [try address("10.0.0.2")])))
    #expect(said.routes(on: 0) == ["10.0.1.0/24 1"])
    #expect(said[1].datagram.destination == (try address("224.0.0.4")))
    #expect(bench.events == [.neighborUp(try address("10.0.0.2"), InterfaceID(slot: 0))])
    // The second neighbor of a link gets the table for itself.
    try bench.advance(.seconds(5))
    _ = bench.said()
    try bench.probe("10.0.0.3", on: 0)
    let more = bench.said().messages(2)
    #expect(more.map(\.datagram.destination) == [try address("10.0.0.3")])
    #expect(more.map(\.datagram.hops) == [1])
  }

  @Test("The probe that names a neighbor goes before its table, also where a packet comes in at their time")
  func order() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.advance(.seconds(5))
    try bench.probe("10.0.0.2", on: 0)
    bench.now = bench.now + .milliseconds(10)
    try bench.probe("10.0.0.3", on: 0)
    _ = bench.said()
    let due = try #require(bench.dvmrp.nextDeadline)
    bench.now = due
    // No deadline is served before the packets that came in by then.
    try bench.probe("10.0.0.2", on: 0)
    try bench.advance(.milliseconds(1))
    let said = bench.said()
    #expect(said.first?.message.code == 1)
    #expect(said.messages(1).count == 1)
    #expect(said.messages(2).map(\.datagram.destination) == [try address("10.0.0.3")])
  }

  @Test("A neighbor that goes on without naming us is one-way: no routes to it, none from it")
  func oneWay() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.advance(.seconds(3))
    try bench.probe("10.0.0.2", on: 0, namingUs: false)
    #expect(bench.events.isEmpty)
    try bench.advance(.seconds(3))
    try bench.probe("10.0.0.2", on: 0, namingUs: false)
    #expect(bench.events == [.neighborOneWay(try address("10.0.0.2"), InterfaceID(slot: 0))])
    _ = bench.said()
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    #expect(bench.refused(.notNeighbor, on: 0) == 1)
    #expect(try bench.view("10.9.0.1") == nil)
    try bench.advance(.seconds(20))
    let said = bench.said()
    #expect(said.messages(2).isEmpty)
    // It is named all the same, for that it can hear us is what we want to know.
    #expect(
      said.messages(1).last?.message
        == .probe(DVMRPProbe(generation: 1000, neighbors: [try address("10.0.0.2")])))
    try bench.probe("10.0.0.2", on: 0)
    #expect(bench.events.last == .neighborUp(try address("10.0.0.2"), InterfaceID(slot: 0)))
  }

  @Test("A two-way neighbor that stops naming us is one-way after its first twenty seconds")
  func vanished() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    try bench.advance(.seconds(10))
    try bench.probe("10.0.0.2", on: 0, namingUs: false)
    #expect(try bench.view("10.9.0.1") != nil)
    try bench.advance(.seconds(10))
    let effects = try bench.probe("10.0.0.2", on: 0, namingUs: false)
    #expect(effects.events == [.neighborOneWay(try address("10.0.0.2"), InterfaceID(slot: 0))])
    #expect(effects.origins == [try prefix("10.9.0.0/24")])
    #expect(try bench.view("10.9.0.1") == nil)
  }

  @Test("A silent neighbor is gone after 35 seconds, one without generation id after 140")
  func hold() throws {
    var bench = try Bench(["10.0.0.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.hear(
      .probe(DVMRPProbe(generation: nil)), from: "10.0.0.3", on: 0, version: DVMRPVersion(major: 3, minor: 2))
    bench.events = []
    try bench.advance(.milliseconds(34_700))
    #expect(bench.events.isEmpty)
    try bench.advance(.milliseconds(200))
    #expect(bench.events == [.neighborLost(try address("10.0.0.2"), InterfaceID(slot: 0))])
    try bench.advance(.seconds(104))
    #expect(bench.events.count == 1)
    try bench.advance(.seconds(2))
    #expect(bench.events.last == .neighborLost(try address("10.0.0.3"), InterfaceID(slot: 0)))
  }

  @Test("A report keeps a neighbor, a prune does not")
  func keeping() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.meet("10.0.0.3", on: 0)
    try bench.advance(.seconds(20))
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    let prune = DVMRPPrune(source: try address("10.0.1.0"), group: try group("239.1.1.1"), lifetime: 100)
    try bench.hear(.prune(prune), from: "10.0.0.3", on: 0)
    bench.events = []
    try bench.advance(.seconds(20))
    #expect(bench.events == [.neighborLost(try address("10.0.0.3"), InterfaceID(slot: 0))])
  }

  @Test("A new generation id brings probe and table again, and the neighbor stays")
  func restart() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.advance(.seconds(1))
    _ = bench.said()
    bench.events = []
    try bench.probe("10.0.0.2", on: 0, generation: 6, namingUs: false)
    let said = bench.said()
    #expect(said.map(\.message.code) == [1, 2])
    #expect(said.routes(on: 0) == ["10.0.1.0/24 1"])
    #expect(bench.events == [.neighborRestarted(try address("10.0.0.2"), InterfaceID(slot: 0))])
    // Nobody starts a hundred times in a second; each would cost us the table.
    for generation in 10..<110 as Range<UInt32> { try bench.probe("10.0.0.2", on: 0, generation: generation) }
    #expect(bench.refused(.rate, on: 0) == 100)
    #expect(bench.said().isEmpty)
    try bench.advance(.seconds(1))
    try bench.probe("10.0.0.2", on: 0, generation: 109)
    #expect(bench.said().messages(2).count == 1)
  }

  @Test(
    "Old versions need no handshake, and are met by a report as well",
    arguments: [(3, 3), (3, 8), (3, 254), (3, 0), (11, 2)] as [(UInt8, UInt8)])
  func old(_ major: UInt8, _ minor: UInt8) throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    let version = DVMRPVersion(major: major, minor: minor)
    let route = ReportedRoute(try prefix("10.9.0.0/24"), .hops(1))
    try bench.hear(.report(DVMRPReport([route])), from: "10.0.0.2", on: 0, version: version)
    #expect(bench.events == [.neighborUp(try address("10.0.0.2"), InterfaceID(slot: 0))])
    #expect(try bench.view("10.9.0.1")?.gateway == (try address("10.0.0.2")))
  }

  @Test(
    "Where a packet may not come from or go to it is not heard, with the reason",
    arguments: [
      ("10.0.5.2", "224.0.0.4", 1, DVMRPRefusal.source),  // another subnet
      ("10.0.0.0", "224.0.0.4", 1, .source), ("10.0.0.255", "224.0.0.4", 1, .source),
      ("0.0.0.0", "224.0.0.4", 1, .source),
      ("10.0.0.1", "224.0.0.4", 1, .ownEcho), ("10.0.1.1", "224.0.0.4", 1, .ownEcho),
      ("10.0.0.2", "224.0.0.5", 1, .destination), ("10.0.0.2", "10.0.0.9", 1, .destination),
      ("10.0.0.2", "224.0.0.4", 2, .hops), ("10.0.0.2", "224.0.0.4", 255, .hops),
      ("10.0.0.77", "224.0.0.4", 1, .notAccepted),
    ])
  func addresses(_ source: String, _ destination: String, _ hops: UInt8, _ refusal: DVMRPRefusal) throws {
    let allowed = try prefix("10.0.0.0/26")
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"]) { $1.neighborPrefixes = [allowed] }
    let probe = DVMRPMessage.probe(DVMRPProbe(generation: 7, neighbors: [try address("10.0.0.1")]))
    // 10.0.5.2 and the edges of the subnet are refused before the filter is asked.
    try bench.hear(probe, from: source, to: destination, on: 0, hops: hops)
    #expect(bench.refused(refusal, on: 0) == 1)
    #expect(bench.events.isEmpty)
    try bench.hear(probe, from: "10.0.0.2", on: 0)
    #expect(bench.events.count == 1)
  }

  @Test("Routers that are too old, unknown or cannot prune are not heard")
  func capabilities() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"]) { $1.acceptsNonpruners = $0 == 1 }
    let probe = DVMRPMessage.probe(DVMRPProbe(generation: 7))
    for (major, minor, capabilities, refusal) in [
      (2, 2, DVMRPCapabilities.ours, DVMRPRefusal.version), (1, 0, .ours, .version), (12, 0, .ours, .version),
      (3, 255, [.generation], .cannotPrune), (10, 2, .ours, .cannotPrune),
    ] as [(UInt8, UInt8, DVMRPCapabilities, DVMRPRefusal)] {
      let before = bench.refused(refusal, on: 0)
      try bench.hear(
        probe, from: "10.0.0.2", on: 0, version: DVMRPVersion(major: major, minor: minor),
        capabilities: capabilities)
      #expect(bench.refused(refusal, on: 0) == before + 1)
    }
    // 3.0–3.4 prune without saying so.
    try bench.hear(
      probe, from: "10.0.0.2", on: 0, version: DVMRPVersion(major: 3, minor: 4), capabilities: [])
    try bench.hear(
      probe, from: "10.0.1.2", on: 1, version: DVMRPVersion(major: 10, minor: 2), capabilities: [])
    #expect(bench.events.count == 2)
  }

  @Test("What broke on its way, or has no meaning, is counted by its reason")
  func malformed() throws {
    var bench = try Bench(["10.0.0.1/24"])
    for (payload, refusal) in [
      ([0x13, 1, 0, 0], DVMRPRefusal.truncated), ([0x13, 1, 0, 1, 0, 0x0e, 0xff, 3, 0, 0, 0, 0], .checksum),
    ] as [([UInt8], DVMRPRefusal)] {
      let datagram = Datagram(
        link: 1, source: try address("10.0.0.2"), destination: try address("224.0.0.4"), hops: 1,
        routerAlert: false, payload: payload)
      bench.take(bench.dvmrp.receive(datagram, on: InterfaceID(slot: 0), at: bench.now))
      #expect(bench.refused(refusal, on: 0) == 1)
    }
    try bench.hear(.other(code: 12), from: "10.0.0.2", on: 0)
    try bench.hear(.neighbors(NeighborList(.flagged)), from: "10.0.0.2", on: 0)
    try bench.hear(.attributes([]), from: "10.0.0.2", on: 0)
    #expect(bench.refused(.unknownCode, on: 0) == 1)
    #expect(bench.refused(.unasked, on: 0) == 2)
  }

  @Test("A passive interface keeps silent until it hears a router; a forced leaf always, and is deaf")
  func silent() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"]) {
      if $0 == 0 { $1.isPassive = true } else { $1.isForcedLeaf = true }
    }
    try bench.advance(.seconds(30))
    #expect(bench.said().isEmpty)
    try bench.probe("10.0.0.2", on: 0)
    try bench.probe("10.0.1.2", on: 1)
    #expect(Set(bench.said().map(\.slot)) == [0])
    #expect(bench.refused(.forcedLeaf, on: 1) == 1)
    // The host side goes on: its subnet is reported.
    #expect(try bench.view("10.0.1.9")?.reversePath == InterfaceID(slot: 1))
  }

  @Test("Forged neighbors stop at the limit, and real ones stay")
  func limit() throws {
    var limits = Limits()
    limits.neighborsPerInterface = 4
    limits.neighbors = 6
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"], limits: limits)
    try bench.meet("10.0.0.2", on: 0)
    for host in 10..<200 { try bench.probe("10.0.0.\(host)", on: 0) }
    for host in 10..<200 { try bench.probe("10.0.1.\(host)", on: 1) }
    #expect(bench.refused(.interfaceNeighborLimit, on: 0) == 187)
    #expect(bench.refused(.neighborLimit, on: 1) == 188)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    #expect(try bench.view("10.9.0.1")?.gateway == (try address("10.0.0.2")))
    // All that these provoked is one probe in 50 ms.
    #expect(bench.said().messages(1).count <= 4)
  }

  @Test("A router that hears us takes the place of the most silent one that does not, and of no other")
  func placeTaken() throws {
    var limits = Limits()
    limits.neighborsPerInterface = 3
    var bench = try Bench(["10.0.0.1/24"], limits: limits)
    func known() -> [String] { bench.dvmrp.neighborRows.map(\.address.description) }
    try bench.meet("10.0.0.2", on: 0)
    for host in [10, 11] { try bench.probe("10.0.0.\(host)", on: 0, namingUs: false) }
    try bench.advance(.seconds(1))
    try bench.probe("10.0.0.10", on: 0, namingUs: false)
    // Another that only sends, and one that hears us.
    try bench.probe("10.0.0.12", on: 0, namingUs: false)
    #expect(bench.refused(.interfaceNeighborLimit, on: 0) == 1)
    try bench.probe("10.0.0.3", on: 0)
    #expect(known() == ["10.0.0.2", "10.0.0.3", "10.0.0.10"])
    try bench.probe("10.0.0.4", on: 0)
    try bench.probe("10.0.0.5", on: 0)
    #expect(known() == ["10.0.0.2", "10.0.0.3", "10.0.0.4"])
    #expect(bench.refused(.interfaceNeighborLimit, on: 0) == 2)
    #expect(bench.events.allSatisfy { if case .neighborLost = $0 { false } else { true } })
  }

  @Test("An interface that goes down takes its neighbors along; back, it has another generation id")
  func down() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    let effects = bench.up(0, nil)
    #expect(effects.events == [.neighborLost(try address("10.0.0.2"), InterfaceID(slot: 0))])
    #expect(Set(effects.origins) == [try prefix("10.9.0.0/24"), try prefix("10.0.0.0/24")])
    #expect(try bench.view("10.0.0.9") == nil)
    _ = bench.said()
    _ = bench.up(0, try device(0, "10.0.0.1/24"))
    #expect(bench.said().messages(1).map(\.message) == [.probe(DVMRPProbe(generation: 1002))])
    #expect(try bench.view("10.0.0.9")?.reversePath == InterfaceID(slot: 0))
  }

  @Test("The leaf bit: neighbors on one interface alone")
  func leafBit() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.advance(.seconds(15))
    let leaf = bench.said().messages(1).filter { $0.packet.capabilities.contains(.leaf) }
    #expect(Set(leaf.map(\.slot)) == [0, 1])
    try bench.probe("10.0.0.2", on: 0)
    try bench.meet("10.0.1.2", on: 1)
    try bench.advance(.seconds(10))
    #expect(bench.said().allSatisfy { !$0.packet.capabilities.contains(.leaf) })
  }

  @Test("A tunnel speaks to its other end alone, and hears nobody else")
  func tunnel() throws {
    let ends = TunnelEnds(local: try address("10.0.0.1"), remote: try address("192.0.2.9"))
    var bench = try Bench(["10.0.0.1/24", "0.0.0.0/32"]) { if $0 == 1 { $1.tunnel = ends } }
    let probe = try #require(bench.said().first { $0.datagram.destination == ends.remote })
    #expect(probe.datagram.hops == 255)
    #expect(probe.datagram.source == ends.local)
    let message = DVMRPMessage.probe(DVMRPProbe(generation: 7, neighbors: [ends.local]))
    try bench.hear(message, from: "10.0.0.2", to: "10.0.0.1", on: 1, hops: 64)
    #expect(bench.refused(.source, on: 1) == 1)
    try bench.hear(message, from: "192.0.2.9", to: "10.0.0.1", on: 1, hops: 64)
    #expect(bench.events == [.neighborUp(ends.remote, InterfaceID(slot: 1))])
    #expect(bench.said().routes(on: 0) == ["10.0.0.0/24 1"])
  }
}

import Addressing
import DVMRP
import Kernel
import Testing
import Timing
import Wire

@Suite struct RouteTests {
  @Test("The nearest neighbor is upstream; of equally near ones the lower address, at once")
  func best() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.9", on: 0)
    try bench.meet("10.0.1.2", on: 1)
    try bench.report([("10.9.0.0/24", 3)], from: "10.0.0.9", on: 0)
    let view = try #require(try bench.view("10.9.0.1"))
    #expect(view.gateway == (try address("10.0.0.9")))
    #expect(view.reversePath == InterfaceID(slot: 0))
    #expect(view.metric == 4)
    // Equal: 10.0.0.9 is lower than 10.0.1.2.
    #expect(try bench.report([("10.9.0.0/24", 3)], from: "10.0.1.2", on: 1).origins.count == 1)
    #expect(try bench.view("10.9.0.1")?.gateway == (try address("10.0.0.9")))
    let effects = try bench.report([("10.9.0.0/24", 2)], from: "10.0.1.2", on: 1)
    #expect(effects.origins == [try prefix("10.9.0.0/24")])
    #expect(try bench.view("10.9.0.1")?.gateway == (try address("10.0.1.2")))
    // Worse again: the other's last word still stands, and no time is lost.
    try bench.report([("10.9.0.0/24", 32)], from: "10.0.1.2", on: 1)
    #expect(try bench.view("10.9.0.1")?.gateway == (try address("10.0.0.9")))
    // A report that says nothing new asks for no decision.
    #expect(try bench.report([("10.9.0.0/24", 3)], from: "10.0.0.9", on: 0).origins.isEmpty)
  }

  @Test("Metrics add up to 31, and what is farther is no route")
  func infinity() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"]) { if $0 == 1 { $1.metric = 5 } }
    try bench.meet("10.0.0.2", on: 0)
    try bench.meet("10.0.1.2", on: 1)
    try bench.report(
      [("10.8.0.0/24", 30), ("10.9.0.0/24", 31), ("10.10.0.0/24", 32), ("10.11.0.0/24", 33)],
      from: "10.0.0.2", on: 0)
    #expect(try bench.view("10.8.0.1")?.metric == 31)
    for source in ["10.9.0.1", "10.10.0.1", "10.11.0.1"] { #expect(try bench.view(source) == nil) }
    try bench.report([("10.12.0.0/24", 26), ("10.13.0.0/24", 27)], from: "10.0.1.2", on: 1)
    #expect(try bench.view("10.12.0.1")?.metric == 31)
    #expect(try bench.view("10.13.0.1") == nil)
    try bench.advance(.milliseconds(300))
    // Upstream 0x3f, elsewhere 31.
    let said = bench.said()
    #expect(said.routes(on: 0) == ["10.8.0.0/24 63", "10.12.0.0/24 31"])
    #expect(said.routes(on: 1) == ["10.8.0.0/24 31", "10.12.0.0/24 63"])
  }

  @Test("A subnet of ours is ours, whatever is reported")
  func local() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"]) { if $0 == 1 { $1.metric = 9 } }
    try bench.meet("10.0.0.2", on: 0)
    try bench.report([("10.0.1.0/24", 1)], from: "10.0.0.2", on: 0)
    let view = try #require(try bench.view("10.0.1.7"))
    #expect(view.gateway == nil)
    #expect(view.reversePath == InterfaceID(slot: 1))
    #expect(view.metric == 9)
    // Down, the neighbor's way is used at once.
    _ = bench.up(1, nil)
    #expect(try bench.view("10.0.1.7")?.gateway == (try address("10.0.0.2")))
    _ = bench.up(1, try device(1, "10.0.1.1/24"))
    #expect(try bench.view("10.0.1.7")?.gateway == nil)
  }

  @Test("The longest route counts, and an unreachable one hides no shorter one")
  func longest() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.report(
      [("0.0.0.0/0", 4), ("10.0.0.0/8", 3), ("10.9.0.0/16", 2), ("10.9.9.9/32", 1)], from: "10.0.0.2",
      on: 0)
    for (source, origin) in [
      ("192.0.2.1", "0.0.0.0/0"), ("10.77.0.1", "10.0.0.0/8"), ("10.9.1.1", "10.9.0.0/16"),
      ("10.9.9.9", "10.9.9.9/32"), ("10.0.1.9", "10.0.1.0/24"),
    ] {
      #expect(try bench.view(source)?.origin == (try prefix(origin)), "\(source)")
    }
    try bench.report([("10.9.0.0/16", 32)], from: "10.0.0.2", on: 0)
    #expect(try bench.view("10.9.1.1")?.origin == (try prefix("10.0.0.0/8")))
  }

  @Test("A route that is not reported again ends after 140 seconds, is told as 32, and goes 120 s later")
  func expiry() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.meet("10.0.1.2", on: 1)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    let start = bench.now
    for _ in 0..<13 {
      try bench.advance(.seconds(10))
      try bench.probe("10.0.0.2", on: 0)
      try bench.probe("10.0.1.2", on: 1)
    }
    #expect(try bench.view("10.9.0.1") != nil)
    _ = bench.said()
    let effects = try bench.advance(.seconds(10))
    #expect(effects.flatMap(\.origins) == [try prefix("10.9.0.0/24")])
    #expect(try bench.view("10.9.0.1") == nil)
    try bench.advance(.milliseconds(60))
    #expect(bench.said().messages(2).routes(on: 1).contains("10.9.0.0/24 32"))
    for _ in 0..<13 {
      try bench.advance(.seconds(10))
      try bench.probe("10.0.0.2", on: 0)
      try bench.probe("10.0.1.2", on: 1)
    }
    let last = bench.said().filter { $0.message.code == 2 && $0.slot == 1 }
      .last { [$0].routes(on: 1).contains("10.9.0.0/24 32") }
    let held = try #require(last).at - start
    #expect(held > .seconds(140) && held <= .seconds(260))
    #expect(bench.dvmrp.routeCount == 2)
  }

  @Test("A gateway that dies takes its routes along; another's report is used at once")
  func gatewayLost() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.report([("10.9.0.0/24", 1), ("10.8.0.0/24", 1)], from: "10.0.0.2", on: 0)
    try bench.advance(.seconds(20))
    try bench.meet("10.0.1.2", on: 1)
    try bench.report([("10.8.0.0/24", 7)], from: "10.0.1.2", on: 1)
    let effects = try bench.advance(.seconds(16))
    #expect(Set(effects.flatMap(\.origins)) == [try prefix("10.9.0.0/24"), try prefix("10.8.0.0/24")])
    #expect(try bench.view("10.9.0.1") == nil)
    #expect(try bench.view("10.8.0.1")?.gateway == (try address("10.0.1.2")))
    try bench.report([("10.9.0.0/24", 8)], from: "10.0.1.2", on: 1)
    #expect(try bench.view("10.9.0.1")?.metric == 9)
  }

  @Test("One origin twice in a packet: the first counts, the second is counted")
  func twice() throws {
    var bench = try Bench(["10.0.0.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.report([("10.9.0.0/24", 3), ("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    #expect(try bench.view("10.9.0.1")?.metric == 4)
    #expect(bench.refused(.routeRepeated, on: 0) == 1)
  }

  @Test("Routes beyond the limits are ignored and told once; those there are stay")
  func limits() throws {
    var limits = Limits()
    limits.dvmrpRoutes = 100
    limits.dvmrpRoutesPerNeighbor = 60
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"], limits: limits)
    try bench.meet("10.0.0.2", on: 0)
    try bench.meet("10.0.1.2", on: 1)
    bench.events = []
    for (neighbor, slot) in [("10.0.0.2", 0), ("10.0.1.2", 1)] as [(String, UInt8)] {
      for part in 0..<4 {
        let base = Int(slot) * 80
        try bench.report(
          (0..<20).map { ("20.\(base + part * 20 + $0).0.0/16", 1) }, from: neighbor, on: slot)
      }
    }
    // 60 of the first and, beside two subnets, 38 of the second.
    #expect(bench.dvmrp.routeCount == 100)
    #expect(bench.refused(.neighborRouteLimit, on: 0) == 20)
    #expect(bench.refused(.routeLimit, on: 1) == 42)
    #expect(bench.events.count == 2)
    #expect(try bench.view("20.0.0.1") != nil)
    // Poison reverse is heard all the same: who depends on us must be known.
    try bench.report([("20.0.0.0/16", 34)], from: "10.0.1.2", on: 1)
    #expect(try bench.view("20.0.0.1")?.dependents == slots(1))
  }

  @Test("A flood of routes is cut at 2,000 a second after the first 50,000")
  func rate() throws {
    var bench = try Bench(["10.0.0.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    let routes = (0..<100).map {
      ReportedRoute(Prefix(Address(ipv4: 0x1400_0000 + UInt32($0) << 8)), .hops(1))
    }
    for _ in 0..<510 { try bench.hear(.report(DVMRPReport(routes)), from: "10.0.0.2", on: 0) }
    #expect(bench.refused(.rate, on: 0) == 10)
    try bench.advance(.seconds(1))
    for _ in 0..<30 { try bench.hear(.report(DVMRPReport(routes)), from: "10.0.0.2", on: 0) }
    #expect(bench.refused(.rate, on: 0) == 20)
  }

  @Test("Filters hold for what is received, both ways for what is sent, and never for poison reverse")
  func filters() throws {
    let lines = [
      RouteFilter.Line(try prefix("10.9.0.0/16")), RouteFilter.Line(try prefix("10.8.0.0/16"), isExact: true),
    ]
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"]) {
      $1.filter = RouteFilter(accepts: $0 == 0, isBothWays: $0 == 1, lines)
    }
    try bench.meet("10.0.0.2", on: 0)
    try bench.meet("10.0.1.2", on: 1)
    try bench.report(
      [("10.9.1.0/24", 1), ("10.9.0.0/16", 1), ("10.8.0.0/16", 1), ("10.8.1.0/24", 1), ("10.7.0.0/16", 1)],
      from: "10.0.0.2", on: 0)
    #expect(bench.refused(.routeFiltered, on: 0) == 2)
    #expect(try bench.view("10.8.1.1")?.origin == (try prefix("10.8.0.0/16")))
    #expect(try bench.view("10.7.1.1") == nil)
    try bench.advance(.milliseconds(300))
    // Slot 1 denies all of these, so it gives none of them.
    #expect(bench.said().routes(on: 1).isEmpty)
    try bench.report([("10.9.1.0/24", 34)], from: "10.0.1.2", on: 1)
    #expect(bench.refused(.routeFiltered, on: 1) == 0)
    #expect(try bench.view("10.9.1.1")?.dependents == slots(1))
  }

  @Test("Between two interfaces without transit nothing is handed on; advert-metric adds downstream only")
  func transit() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24", "10.0.2.1/24"]) {
      $1.isTransit = $0 == 2
      if $0 != 1 { $1.advertMetric = 10 }
    }
    for slot in 0..<3 as Range<UInt8> { try bench.meet("10.0.\(slot).2", on: slot) }
    try bench.report([("10.9.0.0/24", 1), ("10.8.0.0/24", 25)], from: "10.0.0.2", on: 0)
    try bench.advance(.milliseconds(300))
    let said = bench.said()
    #expect(said.routes(on: 0) == ["10.8.0.0/24 58", "10.9.0.0/24 34"])
    #expect(said.routes(on: 1) == ["10.8.0.0/24 32", "10.9.0.0/24 32"])
    #expect(said.routes(on: 2) == ["10.8.0.0/24 32", "10.9.0.0/24 12"])
  }

  @Test("A default route of our own is reported, and hides no learned route")
  func defaultRoute() throws {
    var options = DVMRPOptions()
    options.defaultRouteMetric = 3
    var bench = try Bench(["10.0.0.1/24"], options: options)
    try bench.probe("10.0.0.2", on: 0)
    #expect(bench.said().routes(on: 0) == ["0.0.0.0/0 3"])
    try bench.report([("0.0.0.0/0", 9), ("192.0.0.0/8", 1)], from: "10.0.0.2", on: 0)
    #expect(try bench.view("192.0.2.1")?.gateway == (try address("10.0.0.2")))
    let view = try #require(try bench.view("198.51.100.1"))
    #expect(view.reversePath == nil)
    #expect(view.children == slots(0))
  }
}

@Suite struct ReportTests {
  @Test("Changes are told after 50 ms, then four times a second at most, and only what changed")
  func flash() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.meet("10.0.1.2", on: 1)
    try bench.advance(.seconds(1))
    _ = bench.said()
    let start = bench.now
    for part in 0..<100 {
      try bench.report([("20.\(part).0.0/16", 1)], from: "10.0.0.2", on: 0)
      try bench.advance(.milliseconds(10))
    }
    let flashes = bench.said().filter { $0.message.code == 2 && $0.slot == 1 }
    #expect(flashes.map { ($0.at - start).milliseconds } == [50, 300, 550, 800])
    #expect(flashes.flatMap { [$0].routes(on: 1) }.count == 80)
    #expect(Set(flashes.flatMap { [$0].routes(on: 1) }).count == 80)
  }

  @Test("Every route is told once in each minute; a small table in one packet, a large one spread out")
  func rounds() throws {
    for count in [5, 6_000] {
      var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
      try bench.meet("10.0.0.2", on: 0)
      try bench.meet("10.0.1.2", on: 1)
      let routes = (0..<count).map {
        ReportedRoute(Prefix(Address(ipv4: 0x1400_0000 + UInt32($0))), .hops(1))
      }
      for part in stride(from: 0, to: count, by: 100) {
        let some = Array(routes[part..<min(count, part + 100)])
        try bench.hear(.report(DVMRPReport(some)), from: "10.0.0.2", on: 0)
      }
      try bench.advance(.seconds(1))
      _ = bench.said()
      for _ in 0..<12 {
        try bench.advance(.seconds(10))
        try bench.probe("10.0.0.2", on: 0)
        try bench.probe("10.0.1.2", on: 1)
      }
      let said = bench.said().filter { $0.message.code == 2 && $0.slot == 1 }
      var times: [String: Int] = [:]
      for route in said.routes(on: 1) { times[route, default: 0] += 1 }
      #expect(times.count == count + 1)
      #expect(times.values.allSatisfy { 1...3 ~= $0 }, "\(Set(times.values))")
      let packets = said.count
      #expect(count == 5 ? packets == 2 : packets >= 58, "\(packets) packets of \(count)")
    }
  }

  @Test("A table of 40,000 goes to a new neighbor in parts, complete and in order")
  func transfer() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    for part in 0..<400 {
      let routes = (0..<100).map {
        ReportedRoute(Prefix(Address(ipv4: 0x1400_0000 + UInt32(part * 100 + $0))), .hops(1))
      }
      try bench.hear(.report(DVMRPReport(routes)), from: "10.0.0.2", on: 0)
    }
    try bench.advance(.seconds(1))
    _ = bench.said()
    try bench.probe("10.0.1.2", on: 1)
    #expect(bench.said().filter { $0.slot == 1 }.count < 80)
    try bench.advance(.milliseconds(1100))
    _ = bench.said()
    // Once more from the start, to see all of it.
    try bench.probe("10.0.1.2", on: 1, generation: 8)
    try bench.advance(.milliseconds(100))
    let routes = bench.said().routes(on: 1)
    #expect(routes.count == 40_001)
    #expect(routes.first == "10.0.0.0/24 1")
    #expect(Set(routes).count == 40_001)
  }

  @Test("The farewell tells every route but the link's own as unreachable")
  func farewell() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    _ = bench.said()
    bench.take(bench.dvmrp.stop(at: bench.now))
    #expect(bench.said().routes(on: 0) == ["10.0.1.0/24 32", "10.9.0.0/24 32"])
  }

  @Test("Who asks gets the interfaces and neighbors, from the address that was asked")
  func neighborsAsked() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"]) { if $0 == 1 { $1.threshold = 8 } }
    try bench.meet("10.0.0.2", on: 0)
    try bench.probe("10.0.0.3", on: 0, namingUs: false)
    bench.dvmrp.setQuerier(true, on: InterfaceID(slot: 1))
    try bench.advance(.seconds(20))
    _ = bench.said()
    try bench.hear(.askNeighbors(.flagged), from: "192.0.2.7", to: "10.0.1.1", on: 0, hops: 60)
    let answer = try #require(bench.said().first)
    #expect(answer.datagram.source == (try address("10.0.1.1")))
    #expect(answer.datagram.destination == (try address("192.0.2.7")))
    #expect(answer.datagram.hops == 255)
    #expect(
      answer.message
        == .neighbors(
          NeighborList(
            .flagged,
            [
              .init(
                local: try address("10.0.0.1"), metric: 1, threshold: 1,
                neighbors: [try address("10.0.0.2")]),
              .init(
                local: try address("10.0.1.1"), metric: 1, threshold: 8, flags: [.querier],
                neighbors: [.unspecified(.ipv4)]),
            ])))
    try bench.hear(.askNeighbors(.plain), from: "192.0.2.7", to: "10.0.1.1", on: 0)
    guard case .neighbors(let list) = bench.said().first?.message else {
      Issue.record("no answer")
      return
    }
    #expect(list.interfaces.count == 1)
    try bench.hear(.askAttributes([RouterAttribute(type: 1)]), from: "192.0.2.7", to: "10.0.1.1", on: 0)
    #expect(bench.said().first?.message == .attributes([.version("mcast")]))
    // A question to somebody else, and one too many.
    try bench.hear(.askNeighbors(.plain), from: "192.0.2.7", to: "10.0.1.9", on: 0)
    #expect(bench.refused(.destination, on: 0) == 1)
    for _ in 0..<20 { try bench.hear(.askNeighbors(.plain), from: "192.0.2.8", to: "10.0.0.1", on: 0) }
    #expect(bench.said().count == 7)
    #expect(bench.refused(.rate, on: 0) == 13)
  }

  @Test("A list that is too long for a packet goes on in the next, the interface's head repeated")
  func longList() throws {
    var limits = Limits()
    limits.neighborsPerInterface = 200
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"], limits: limits)
    for host in 2..<152 { try bench.probe("10.0.0.\(host)", on: 0) }
    try bench.advance(.seconds(1))
    _ = bench.said()
    try bench.hear(.askNeighbors(.flagged), from: "10.0.0.2", on: 0)
    let said = bench.said()
    #expect(said.count == 2)
    #expect(said.allSatisfy { $0.datagram.payload.count <= 516 })
    let entries = said.flatMap { sent -> [NeighborList.Entry] in
      guard case .neighbors(let list) = sent.message else { return [] }
      return list.interfaces
    }
    #expect(entries.map(\.neighbors.count) == [125, 25, 1])
    #expect(entries.prefix(2).allSatisfy { $0.local.description == "10.0.0.1" })
  }
}

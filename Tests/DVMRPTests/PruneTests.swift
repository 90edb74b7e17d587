import Addressing
import DVMRP
import Kernel
import Testing
import Timing
import Wire

/// Which prunes count, for how long, and what is known of the flows that are pruned.
@Suite struct PruneTests: TreeBench {
  @Test("A flow without entry that is pruned is named when an interface changes; its ack lets it go")
  func asleep() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24", "10.0.2.1/24"])
    try bench.meet("10.0.0.2", on: 0)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    try bench.want(false, "10.9.0.7")
    try bench.want(false, "10.9.0.8")
    bench.take(bench.dvmrp.forget(try flow("10.9.0.7"), at: bench.now))
    _ = bench.said()
    // A new neighbor is taken for a dependent, so the flow may be wanted.
    let effects = try bench.probe("10.0.2.2", on: 2)
    #expect(effects.interfaces.contains(InterfaceID(slot: 2)))
    #expect(effects.flows == [try flow("10.9.0.7")])
    try bench.want(false, "10.9.0.7", hasEntry: false)
    #expect(bench.said().messages(7).isEmpty)
    #expect(bench.dvmrp.prunedFlows(to: try group("239.1.1.1")).count == 2)
    try bench.want(true, "10.9.0.7", hasEntry: false)
    #expect(bench.said().messages(8).count == 1)
    bench.take(bench.dvmrp.forget(try flow("10.9.0.8"), at: bench.now))
    try bench.hear(.graftAck(try graft()), from: "10.0.0.2", on: 0)
    #expect(bench.dvmrp.treeCount == 0)
    // Its first packet asks for an entry, and so wakes it.
    try bench.want(true, "10.9.0.7")
    #expect(bench.dvmrp.treeCount == 1)
  }

  @Test("A gateway that began anew is sent a prune when it has the route again: before, it would refuse it")
  func gatewayBeganAnew() throws {
    var bench = try line()
    try bench.want(false, "10.9.0.7")
    #expect(bench.said().messages(7).count == 1)
    try bench.advance(.seconds(5))
    _ = bench.said()
    let effects = try bench.probe("10.0.0.2", on: 0, generation: 8)
    #expect(effects.flows == [try flow("10.9.0.7")])
    try bench.want(false, "10.9.0.7")
    try bench.advance(.seconds(1))
    try bench.want(false, "10.9.0.7")
    #expect(bench.said().messages(7).isEmpty)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    #expect(bench.said().messages(7).count == 1)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    #expect(bench.said().messages(7).isEmpty)
  }

  @Test(
    "A gateway that only seems to have begun anew, by a forged probe, is sent its prunes after ten seconds")
  func forgedBeginning() throws {
    var bench = try line()
    try bench.want(false, "10.9.0.7")
    try bench.advance(.seconds(5))
    _ = bench.said()
    try bench.probe("10.0.0.2", on: 0, generation: 8)
    try bench.want(false, "10.9.0.7")
    try bench.advance(.seconds(9))
    #expect(bench.said().messages(7).isEmpty)
    try bench.advance(.seconds(1))
    #expect(bench.said().messages(7).count == 1)
    try bench.advance(.seconds(10))
    #expect(bench.said().messages(7).isEmpty)
  }

  @Test("Neighbors, routes and trees are shown as they are")
  func rows() throws {
    var bench = try line()
    try bench.hear(try prune(600), from: "10.0.1.2", on: 1)
    try bench.want(false, "10.9.0.7")
    let neighbors = bench.dvmrp.neighborRows
    #expect(neighbors.map(\.address.description) == ["10.0.0.2", "10.0.1.2"])
    #expect(neighbors.map(\.state) == [.twoWay, .twoWay])
    #expect(neighbors.map(\.routes) == [1, 0])
    #expect(neighbors.map(\.prunes) == [0, 1])
    let routes = bench.dvmrp.routeRows(at: bench.now)
    #expect(routes.map(\.origin.description) == ["10.0.0.0/24", "10.0.1.0/24", "10.9.0.0/24"])
    #expect(routes.map(\.isLocal) == [true, true, false])
    #expect(routes[2].gateway == (try address("10.0.0.2")))
    #expect(routes[2].dependents == [try address("10.0.1.2")])
    let rest = bench.dvmrp.routeRows(after: routes[0].origin, limit: 1, at: bench.now)
    #expect(rest.map(\.origin) == [routes[1].origin])
    let tree = try #require(bench.dvmrp.treeRows.first)
    #expect(tree.origin == routes[2].origin)
    #expect(tree.received.map(\.neighbor) == [try address("10.0.1.2")])
    #expect(tree.sources == [try address("10.9.0.7")])
    #expect(tree.upstream == .pruned(until: tree.received[0].until))
  }

  @Test(
    "A prune that cannot be meant is not taken, with the reason",
    arguments: [
      ("10.9.0.0", nil, 5, 1, DVMRPRefusal.shortLifetime), ("192.0.2.0", nil, 60, 1, .noRoute),
      ("10.9.0.0", 16, 60, 1, .mask), ("10.9.0.0", nil, 60, 0, .wrongInterface),
    ] as [(String, UInt8?, UInt32, UInt8, DVMRPRefusal)])
  func refusedPrune(
    _ source: String, _ length: UInt8?, _ lifetime: UInt32, _ slot: UInt8, _ refusal: DVMRPRefusal
  ) throws {
    var bench = try line()
    let prune = DVMRPPrune(
      source: try address(source), sourceLength: length, group: try group("239.1.1.1"), lifetime: lifetime)
    try bench.hear(.prune(prune), from: "10.0.\(slot).2", on: slot)
    #expect(bench.refused(refusal, on: slot) == 1)
    #expect(bench.dvmrp.pruneCount == 0)
  }

  @Test("A host's netmask, the route's, a host's address and none are all taken; a day is the longest")
  func acceptedPrunes() throws {
    for (source, length) in [("10.9.0.7", 32), ("10.9.0.0", 24), ("10.9.0.7", nil), ("10.9.0.0", nil)]
      as [(String, UInt8?)]
    {
      var bench = try line()
      let prune = DVMRPPrune(
        source: try address(source), sourceLength: length, group: try group("239.1.1.1"), lifetime: .max)
      try bench.hear(.prune(prune), from: "10.0.1.2", on: 1)
      #expect(try bench.view("10.9.0.7")?.dependents == slots())
      try bench.want(false, "10.9.0.7")
      guard case .prune(let sent) = bench.said().messages(7).first?.message else {
        Issue.record("no prune")
        continue
      }
      #expect(sent.lifetime < 10_800)
    }
  }

  @Test("A boundary makes prunes and grafts of its groups meaningless; the graft is answered")
  func scoped() throws {
    let scope = try prefix("239.1.0.0/16")
    var bench = try line { if $0 == 1 { $1.boundaries = [scope] } }
    try bench.hear(try prune(60), from: "10.0.1.2", on: 1)
    try bench.hear(.graft(try graft()), from: "10.0.1.2", on: 1)
    #expect(bench.refused(.scoped, on: 1) == 2)
    #expect(bench.said().map(\.message.code) == [9])
  }

  @Test("Prunes stop at the limits, and then traffic flows")
  func limits() throws {
    var limits = Limits()
    limits.prunesPerNeighbor = 3
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"], limits: limits)
    try bench.meet("10.0.1.2", on: 1)
    bench.events = []
    for number in 1...5 {
      let prune = DVMRPPrune(
        source: try address("10.0.0.0"), group: try group("239.1.1.\(number)"), lifetime: 60)
      try bench.hear(.prune(prune), from: "10.0.1.2", on: 1)
    }
    #expect(bench.dvmrp.pruneCount == 3)
    #expect(bench.refused(.neighborPruneLimit, on: 1) == 2)
    #expect(bench.events == [.limit(.neighborPruneLimit, try address("10.0.1.2"), InterfaceID(slot: 1))])
    // Too many in a second are dropped as they come.
    for _ in 0..<200 { try bench.hear(.graft(try graft("10.0.0.0")), from: "10.0.1.2", on: 1) }
    #expect(bench.refused(.rate, on: 1) == 105)
  }

  @Test("On a tunnel a prune that was lost is sent again while packets come, with the seconds that are left")
  func repeatedPrune() throws {
    var bench = try line { if $0 == 0 { $1.repeatsPrunes = true } }
    try bench.hear(try prune(60), from: "10.0.1.2", on: 1)
    try bench.want(false, "10.9.0.7")
    #expect(bench.said().messages(7).map(\.message) == [try prune(60)])
    var suspects = 0
    for _ in 0..<30 {
      for effects in try bench.advance(.seconds(1)) {
        for flow in effects.suspects {
          suspects += 1
          bench.take(bench.dvmrp.stillArriving(flow, at: bench.now))
        }
      }
    }
    // After 3–3.75 s, then 6–7.5, then 12–15.
    #expect(suspects == 3)
    let lifetimes = bench.said().messages(7).compactMap { sent -> UInt32? in
      guard case .prune(let prune) = sent.message else { return nil }
      return prune.lifetime
    }
    #expect(lifetimes.count == 3)
    #expect(lifetimes == lifetimes.sorted(by: >))
    #expect(lifetimes.allSatisfy { $0 < 60 })
  }
}

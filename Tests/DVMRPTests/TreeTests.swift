import Addressing
import DVMRP
import Kernel
import Testing
import Timing
import Wire

/// Prunes and grafts: what goes upstream for what is wanted, and what counts from below.
@Suite struct TreeTests: TreeBench {
  @Test("What nobody wants is pruned once, at its gateway, for between half and thrice half the lifetime")
  func sent() throws {
    var bench = try line()
    try bench.want(false, "10.9.0.7")
    try bench.want(false, "10.9.0.7")
    try bench.want(false, "10.9.0.8")
    let said = bench.said()
    #expect(said.count == 1)
    let sent = try #require(said.first)
    #expect(sent.datagram.destination == (try address("10.0.0.2")))
    guard case .prune(let prune) = sent.message else {
      Issue.record("\(sent.message)")
      return
    }
    #expect(prune.source == (try address("10.9.0.0")))
    #expect(prune.sourceLength == nil)
    #expect(3600..<10_800 ~= prune.lifetime)
    // Sources of our own links have nobody to be pruned at.
    try bench.want(false, "10.0.1.7")
    #expect(bench.said().isEmpty)
  }

  @Test("One flow of a network that is wanted keeps the network's others")
  func oneWanted() throws {
    var bench = try line()
    try bench.want(true, "10.9.0.7")
    try bench.want(false, "10.9.0.8")
    #expect(bench.said().isEmpty)
    bench.take(bench.dvmrp.forget(try flow("10.9.0.7"), at: bench.now))
    #expect(bench.said().map(\.message.code) == [7])
  }

  @Test("A prune lives no longer than those from below, and none of five seconds or less is sent")
  func inherited() throws {
    var bench = try line()
    try bench.hear(try prune(100), from: "10.0.1.2", on: 1)
    try bench.advance(.milliseconds(500))
    try bench.want(false, "10.9.0.7")
    #expect(bench.said().map(\.message) == [try prune(99)])
    bench = try line()
    try bench.hear(try prune(6), from: "10.0.1.2", on: 1)
    try bench.advance(.seconds(1))
    try bench.want(false, "10.9.0.7")
    #expect(bench.said().isEmpty)
  }

  @Test("A prune from below ends the dependency, its end or a graft restores it")
  func received() throws {
    var bench = try line()
    try bench.want(true, "10.9.0.7")
    #expect(try bench.view("10.9.0.7")?.dependents == slots(1))
    let effects = try bench.hear(try prune(20), from: "10.0.1.2", on: 1)
    #expect(effects.flows == [try flow("10.9.0.7")])
    #expect(try bench.view("10.9.0.7")?.dependents == slots())
    #expect(try bench.view("10.9.0.7")?.children == slots(1))
    #expect(try bench.view("10.9.0.7", "239.1.1.2")?.dependents == slots(1))
    let ended = try bench.advance(.seconds(20))
    #expect(ended.flatMap(\.flows) == [try flow("10.9.0.7")])
    #expect(try bench.view("10.9.0.7")?.dependents == slots(1))
  }

  @Test("The last of two prunes of a neighbor counts, longer or shorter")
  func repeated() throws {
    var bench = try line()
    try bench.hear(try prune(1000), from: "10.0.1.2", on: 1)
    try bench.hear(try prune(10), from: "10.0.1.2", on: 1)
    #expect(bench.dvmrp.pruneCount == 1)
    try bench.advance(.seconds(11))
    #expect(try bench.view("10.9.0.7")?.dependents == slots(1))
    #expect(bench.dvmrp.pruneCount == 0)
    #expect(bench.dvmrp.treeCount == 0)
  }

  @Test("A link is off only when all of its dependents have pruned")
  func all() throws {
    var bench = try line()
    try bench.meet("10.0.1.3", on: 1)
    try bench.report([("10.9.0.0/24", 34)], from: "10.0.1.3", on: 1)
    try bench.hear(try prune(60), from: "10.0.1.2", on: 1)
    #expect(try bench.view("10.9.0.7")?.dependents == slots(1))
    try bench.hear(try prune(60), from: "10.0.1.3", on: 1)
    #expect(try bench.view("10.9.0.7")?.dependents == slots())
  }

  @Test("A prune of one that is no dependent yet counts when it becomes one; one that went begins anew")
  func wentAndCame() throws {
    var bench = try line()
    try bench.meet("10.0.1.3", on: 1)
    try bench.report([("10.9.0.0/24", 9)], from: "10.0.1.3", on: 1)
    try bench.hear(try prune(60), from: "10.0.1.2", on: 1)
    try bench.hear(try prune(60), from: "10.0.1.3", on: 1)
    try bench.report([("10.9.0.0/24", 34)], from: "10.0.1.3", on: 1)
    #expect(try bench.view("10.9.0.7")?.dependents == slots())
    #expect(bench.dvmrp.pruneCount == 2)
    // It gets its packets from somebody else for a while, and may not know what it told us before.
    try bench.report([("10.9.0.0/24", 9)], from: "10.0.1.3", on: 1)
    #expect(bench.dvmrp.pruneCount == 1)
    try bench.report([("10.9.0.0/24", 34)], from: "10.0.1.3", on: 1)
    #expect(try bench.view("10.9.0.7")?.dependents == slots(1))
  }

  @Test("A graft is answered, restores the flow and goes upstream, until it is acknowledged")
  func grafted() throws {
    var bench = try line()
    try bench.hear(try prune(600), from: "10.0.1.2", on: 1)
    try bench.want(false, "10.9.0.7")
    bench.take(bench.dvmrp.forget(try flow("10.9.0.7"), at: bench.now))
    _ = bench.said()
    let effects = try bench.hear(.graft(try graft()), from: "10.0.1.2", on: 1)
    let ack = try #require(bench.said().first)
    #expect(ack.message == .graftAck(try graft()))
    #expect(ack.datagram.destination == (try address("10.0.1.2")))
    #expect(ack.datagram.payload.count == 16)
    // The flow has no entry any more, and is named all the same.
    #expect(effects.flows == [try flow("10.9.0.7")])
    #expect(try bench.view("10.9.0.7")?.dependents == slots(1))
    try bench.want(true, "10.9.0.7")
    try bench.want(true, "10.9.0.7")
    #expect(bench.said().map(\.message) == [.graft(try graft())])
    let start = bench.now
    for _ in 0..<50 {
      try bench.advance(.seconds(5))
      try bench.probe("10.0.0.2", on: 0)
      try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    }
    let times = bench.said().messages(8).map { ($0.at - start).milliseconds / 1000 }
    #expect(times == [5, 15, 35, 75, 155, 235])
    try bench.hear(.graftAck(try graft()), from: "10.0.0.2", on: 0)
    try bench.hear(.graftAck(try graft()), from: "10.0.0.2", on: 0)
    #expect(bench.refused(.unmatchedAck, on: 0) == 1)
    try bench.advance(.seconds(30))
    #expect(bench.said().messages(8).isEmpty)
  }

  @Test("An ack of another neighbor, or for another group, ends nothing")
  func strangeAck() throws {
    var bench = try line()
    try bench.want(false, "10.9.0.7")
    try bench.want(true, "10.9.0.7")
    _ = bench.said()
    try bench.hear(.graftAck(try graft()), from: "10.0.1.2", on: 1)
    try bench.hear(.graftAck(try graft("10.0.1.0")), from: "10.0.0.2", on: 0)
    try bench.hear(.graftAck(try graft("192.0.2.0")), from: "10.0.0.2", on: 0)
    #expect(bench.refused(.unmatchedAck, on: 0) == 2)
    #expect(bench.refused(.unmatchedAck, on: 1) == 1)
    try bench.advance(.seconds(6))
    #expect(bench.said().messages(8).count == 1)
  }

  @Test("A graft that is no longer wanted is replaced by a prune")
  func changedMind() throws {
    var bench = try line()
    try bench.want(false, "10.9.0.7")
    try bench.want(true, "10.9.0.7")
    try bench.want(false, "10.9.0.7")
    #expect(bench.said().map(\.message.code) == [7, 8, 7])
    try bench.advance(.seconds(20))
    #expect(bench.said().messages(8).isEmpty)
  }

  @Test("A graft without state is answered; one of a stranger is not")
  func unknown() throws {
    var bench = try line()
    try bench.hear(.graft(try graft("192.0.2.0")), from: "10.0.1.2", on: 1)
    try bench.hear(.graft(try graft()), from: "10.0.1.2", on: 1)
    #expect(bench.said().map(\.message.code) == [9, 9])
    #expect(bench.refused(.noRoute, on: 1) == 1)
    try bench.hear(.graft(try graft()), from: "10.0.1.77", on: 1)
    #expect(bench.said().isEmpty)
    #expect(bench.refused(.notNeighbor, on: 1) == 1)
    // A netmask in the question is not in the answer.
    var long = try graft()
    long.sourceLength = 24
    try bench.hear(.graft(long), from: "10.0.1.2", on: 1)
    #expect(bench.said().map(\.datagram.payload.count) == [16])
  }

  @Test("A prune that ends upstream drops the entries, and the next packet asks anew")
  func ended() throws {
    var bench = try line()
    try bench.hear(try prune(30), from: "10.0.1.2", on: 1)
    try bench.want(false, "10.9.0.7")
    _ = bench.said()
    let effects = try bench.advance(.seconds(31))
    #expect(effects.flatMap(\.stale) == [try flow("10.9.0.7")])
    #expect(bench.dvmrp.treeCount == 0)
    #expect(bench.dvmrp.prunedFlows(to: try group("239.1.1.1")).isEmpty)
  }

  @Test("Pruned flows of a group are known while they are pruned, with or without entry")
  func pruned() throws {
    var bench = try line()
    let watched = try group("239.1.1.1")
    try bench.want(false, "10.9.0.7")
    try bench.want(false, "10.9.0.8")
    try bench.want(false, "10.9.0.9", "239.1.1.2")
    bench.take(bench.dvmrp.forget(try flow("10.9.0.7"), at: bench.now))
    #expect(bench.dvmrp.prunedFlows(to: watched) == [try flow("10.9.0.7"), try flow("10.9.0.8")])
    try bench.want(true, "10.9.0.7")
    #expect(bench.dvmrp.prunedFlows(to: watched).isEmpty)
  }

  @Test("Another gateway holds no prune of ours, and gets one of its own")
  func newGateway() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24", "10.0.2.1/24"])
    for slot in 0..<3 as Range<UInt8> { try bench.meet("10.0.\(slot).2", on: slot) }
    try bench.report([("10.9.0.0/24", 5)], from: "10.0.0.2", on: 0)
    try bench.want(false, "10.9.0.7")
    _ = bench.said()
    let effects = try bench.report([("10.9.0.0/24", 2)], from: "10.0.2.2", on: 2)
    #expect(effects.flows == [try flow("10.9.0.7")])
    #expect(effects.origins == [try prefix("10.9.0.0/24")])
    try bench.want(false, "10.9.0.7")
    #expect(bench.said().messages(7).map(\.datagram.destination) == [try address("10.0.2.2")])
    // Lost, there is nothing to prune any more.
    try bench.report([("10.9.0.0/24", 32)], from: "10.0.0.2", on: 0)
    let lost = try bench.report([("10.9.0.0/24", 32)], from: "10.0.2.2", on: 2)
    #expect(lost.flows == [try flow("10.9.0.7")])
    #expect(bench.dvmrp.treeCount == 0)
  }

  @Test("A gateway that we come back to may hold a prune of ours: what is wanted by then is grafted")
  func formerGateway() throws {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24", "10.0.2.1/24"])
    for slot in 0..<3 as Range<UInt8> { try bench.meet("10.0.\(slot).2", on: slot) }
    try bench.report([("10.9.0.0/24", 5)], from: "10.0.0.2", on: 0)
    try bench.want(false, "10.9.0.7")
    bench.take(bench.dvmrp.forget(try flow("10.9.0.7"), at: bench.now))
    // Off to another gateway, which is told nothing as long as nobody decides; and back.
    try bench.report([("10.9.0.0/24", 2)], from: "10.0.2.2", on: 2)
    try bench.report([("10.9.0.0/24", 9)], from: "10.0.2.2", on: 2)
    _ = bench.said()
    // A member joins: the flow has no entry and no packets, and is known all the same.
    #expect(bench.dvmrp.prunedFlows(to: try group("239.1.1.1")) == [try flow("10.9.0.7")])
    try bench.want(true, "10.9.0.7")
    #expect(bench.said().messages(8).map(\.datagram.destination) == [try address("10.0.0.2")])
    // Prunes end, and with them the doubt.
    try bench.want(false, "10.9.0.7", "239.1.1.2")
    try bench.report([("10.9.0.0/24", 2)], from: "10.0.2.2", on: 2)
    try bench.advance(.seconds(3 * 3600))
    try bench.want(true, "10.9.0.7", "239.1.1.2")
    #expect(bench.said().messages(8).filter { $0.slot == 2 }.isEmpty)
  }

  @Test(
    "A flow without entry is minded while it sleeps, through prune, graft and prune again"
  )
  func sleeper() throws {
    var bench = try line()
    let sleeper = try flow("10.9.0.7")
    try bench.want(false, "10.9.0.7")
    bench.take(bench.dvmrp.forget(sleeper, at: bench.now))
    _ = bench.said()
    for (isWanted, code) in [(true, 8), (false, 7), (true, 8)] as [(Bool, UInt8)] {
      try bench.want(isWanted, "10.9.0.7", hasEntry: false)
      #expect(bench.said().map(\.message.code) == [code])
      #expect(bench.dvmrp.isAsleep(sleeper))
    }
    try bench.hear(
      .graftAck(DVMRPGraft(source: try address("10.9.0.0"), group: sleeper.group)), from: "10.0.0.2", on: 0)
    #expect(bench.dvmrp.treeCount == 0)
    try bench.want(true, "10.9.0.7", hasEntry: false)
    #expect(bench.dvmrp.treeCount == 0, "nobody would forget it")
  }

  @Test("A restarted gateway gets the prune again; a restarted dependent's prune is void")
  func restarts() throws {
    var bench = try line()
    try bench.hear(try prune(600), from: "10.0.1.2", on: 1)
    try bench.want(false, "10.9.0.7")
    _ = bench.said()
    var effects = try bench.probe("10.0.0.2", on: 0, generation: 8)
    #expect(effects.flows == [try flow("10.9.0.7")])
    try bench.want(false, "10.9.0.7")
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    #expect(bench.said().messages(7).count == 1)
    effects = try bench.probe("10.0.1.2", on: 1, generation: 8)
    #expect(effects.flows == [try flow("10.9.0.7")])
    #expect(try bench.view("10.9.0.7")?.dependents == slots(1))
    try bench.want(true, "10.9.0.7")
    #expect(bench.said().messages(8).count == 1)
  }

  @Test("A more specific route takes its sources out of the wider tree")
  func moreSpecific() throws {
    var bench = try line()
    try bench.want(false, "10.9.0.7")
    try bench.want(false, "10.9.0.200")
    let effects = try bench.report([("10.9.0.128/25", 3)], from: "10.0.0.2", on: 0)
    #expect(effects.flows == [try flow("10.9.0.200")])
    _ = bench.said()
    try bench.want(false, "10.9.0.200")
    guard case .prune(let prune) = bench.said().messages(7).first?.message else {
      Issue.record("no prune")
      return
    }
    #expect(prune.source == (try address("10.9.0.128")))
  }
}

/// One router between two, for the tests of trees.
protocol TreeBench {}

extension TreeBench {
  /// Upstream 10.0.0.2 for 10.9.0.0/24, and below 10.0.1.2, which depends on us.
  func line(_ settings: (UInt8, inout DVMRPSettings) -> Void = { _, _ in }) throws -> Bench {
    var bench = try Bench(["10.0.0.1/24", "10.0.1.1/24"], settings: settings)
    try bench.meet("10.0.0.2", on: 0)
    try bench.meet("10.0.1.2", on: 1)
    try bench.report([("10.9.0.0/24", 1)], from: "10.0.0.2", on: 0)
    try bench.report([("10.9.0.0/24", 34)], from: "10.0.1.2", on: 1)
    try bench.advance(.seconds(1))
    _ = bench.said()
    return bench
  }

  func prune(_ lifetime: UInt32, _ source: String = "10.9.0.0") throws -> DVMRPMessage {
    .prune(DVMRPPrune(source: try address(source), group: try group("239.1.1.1"), lifetime: lifetime))
  }

  func graft(_ source: String = "10.9.0.0") throws -> DVMRPGraft {
    DVMRPGraft(source: try address(source), group: try group("239.1.1.1"))
  }
}

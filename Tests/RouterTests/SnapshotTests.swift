import Addressing
import Configuration
import Control
import DVMRP
import Diagnostics
import Forwarding
import Kernel
import Membership
import Router
import Testing
import Timing
import Wire

/// A planned restart: the next life goes on where the former one stopped.
@Suite struct SnapshotTests {
  /// Members on eth1, a router with routes on eth0, one that depends and prunes on eth2; one pruned flow.
  private func busy(_ file: Configuration = DynamicTests.dynamic) throws -> Bench {
    var bench = try DynamicTests.transit(file)
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    let origin = try #require(Prefix("10.9.0.0/24"))
    let poisoned = try #require(DVMRPMetric(rawValue: 35))
    DynamicTests.dvmrp(&bench, 2, .report(DVMRPReport([ReportedRoute(origin, poisoned)])))
    let group = try #require(Address("239.1.1.2").flatMap { Group($0) })
    let source = try #require(Address("10.9.0.0"))
    bench.packet("10.9.0.5", "239.1.1.2", by: "eth0")
    DynamicTests.dvmrp(
      &bench, 2, .prune(DVMRPPrune(source: source, group: group, lifetime: 3600)), to: true)
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1,eth2")
    #expect(bench.path("10.9.0.5", "239.1.1.2") == "eth0>")
    return bench
  }

  private func generations(_ bench: Bench) -> [UInt32] {
    DynamicTests.sent(bench).compactMap {
      if case .probe(let probe) = $0.message { probe.generation } else { nil }
    }
  }

  @Test("Neighbors and hosts notice nothing: no query, probe, prune or graft of a start, the same generation")
  func planned() throws {
    var bench = try busy()
    bench.advance(.seconds(3))
    bench.log = []
    bench.advance(.seconds(10))
    // Each interface has its own.
    let former = Set(generations(bench))
    #expect(former.count == 3)
    for link in [0, 2] as [Int32] { DynamicTests.meet(&bench, link) }
    let bytes = bench.router.snapshot(.whole)
    let (entries, vifs, joins) = (bench.entries, bench.vifs, bench.joins)
    bench.now = bench.now + .milliseconds(200)
    bench.restart(DynamicTests.dynamic, snapshot: bytes)
    #expect(bench.kernelActions == [])
    #expect(DynamicTests.sent(bench).isEmpty)
    let sent = bench.log.count { if case .kernel(.send) = $0 { true } else { false } }
    #expect(sent == 0, "not a word to hosts")
    #expect((bench.entries, bench.vifs, bench.joins) == (entries, vifs, joins))
    bench.log = []
    bench.advance(.seconds(11))
    #expect(Set(generations(bench)) == former)
    #expect(bench.kernelActions == [])
  }

  @Test("What falls due while nobody is there is done on the links as they are now")
  func dueMeanwhile() throws {
    var bench = try busy()
    let bytes = bench.router.snapshot(.whole)
    // Probes are sent every ten seconds.
    bench.now = bench.now + .milliseconds(9900)
    bench.log = []
    bench.restart(DynamicTests.dynamic, snapshot: bytes)
    bench.advance(.seconds(1))
    let sent = DynamicTests.sent(bench)
    #expect(!sent.isEmpty)
    #expect(sent.allSatisfy { $0.link != 0 })
  }

  @Test("What was learned goes on: a graft answers the prune of before, a member ends with its own time")
  func goesOn() throws {
    var bench = try busy()
    bench.restart(DynamicTests.dynamic, snapshot: bench.router.snapshot(.whole))
    bench.log = []
    try DynamicTests.join(&bench, 1, "239.1.1.2")
    #expect(bench.path("10.9.0.5", "239.1.1.2") == "eth0>eth1")
    let grafts = DynamicTests.sent(bench).count { if case .graft = $0.message { true } else { false } }
    #expect(grafts == 1)
    // Nobody answers any more.
    bench.advance(.seconds(300))
    #expect(bench.path("10.9.0.5", "239.1.1.1") == nil)
  }

  @Test(
    "A state of long ago, or of a clock that went back, is a crash: all are asked anew",
    arguments: [-10, 36, 100_000_000] as [Int64])
  func otherClock(_ seconds: Int64) throws {
    var bench = try busy()
    bench.advance(.seconds(3))
    let former = Set(generations(bench))
    let bytes = bench.router.snapshot(.whole)
    bench.now = bench.now + .seconds(seconds)
    bench.log = []
    var file = DynamicTests.dynamic
    file.dvmrp.generation = 77_777
    bench.restart(file, snapshot: bytes)
    bench.advance(.seconds(1))
    #expect(generations(bench).isEmpty == false && former.isDisjoint(with: generations(bench)))
    // Held until they have spoken.
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1,eth2")
    // Those who say nothing are forgotten, by whatever clock.
    bench.advance(.seconds(300))
    #expect(bench.path("10.9.0.5", "239.1.1.1") == nil)
  }

  @Test("A snapshot of a snapshot is the same")
  func twice() throws {
    var bench = try busy()
    let first = bench.router.snapshot(.whole)
    bench.restart(DynamicTests.dynamic, snapshot: first)
    let second = bench.router.snapshot(.whole)
    #expect(first.count == second.count)
    bench.restart(DynamicTests.dynamic, snapshot: second)
    #expect(bench.router.snapshot(.whole) == second)
  }

  @Test("Another configuration: an interface without DVMRP loses what was learned there, the others go on")
  func otherFile() throws {
    var bench = try busy()
    var file = DynamicTests.dynamic
    file.interfaces = [InterfaceStatement(InterfacePattern("eth2"), [.dvmrp(.off)])]
    bench.restart(file, snapshot: bench.router.snapshot(.whole))
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1")
  }

  @Test("An interface made anew under its name begins anew, and what it led to goes")
  func otherLink() throws {
    var bench = try busy()
    let bytes = bench.router.snapshot(.whole)
    var link = try #require(bench.links[3])
    bench.links[3] = nil
    link.index = 30
    bench.links[30] = link
    bench.vifs = bench.vifs.filter { $0.link != 3 }
    for key in bench.entries.keys { bench.entries[key]?.outbound[2] = 0 }
    bench.restart(DynamicTests.dynamic, snapshot: bytes)
    #expect(bench.path("10.9.0.5", "239.1.1.1")?.hasPrefix("eth0>eth1") == true)
    #expect(generations(bench).count == 1, "the new link alone is spoken to")
  }

  @Test("Counters, ages and cleared counts go on")
  func counters() throws {
    let file = configuration(route(from: "eth0", "225.2.0.0/16", to: "eth1"))
    var bench = Bench("eth0", "eth1", configuration: file)
    for _ in 0..<5 { bench.packet("10.0.0.9", "225.2.0.7", by: "eth0") }
    bench.ask { .change([.clear(.counters)], bestEffort: false, request: $0) }
    for _ in 0..<3 { bench.packet("10.0.0.9", "225.2.0.7", by: "eth0") }
    func row(_ bench: inout Bench) throws -> RouteRow {
      let reply = bench.ask { .request($0, .show(.routes, Control.RouteFilter(), from: .first, limit: 10)) }
      guard case .rows(.routes(let rows), _)? = reply else { throw CancellationError() }
      return try #require(rows.first { $0.source.description == "10.0.0.9" })
    }
    bench.advance(.seconds(20))
    let before = try row(&bench)
    bench.restart(file, snapshot: bench.router.snapshot(.whole))
    let after = try row(&bench)
    #expect((after.packets, after.since) == (before.packets, before.since))
  }

  @Test("Additions survive a crash: rules, deleted rules of the file, joins, interface options")
  func additions() throws {
    var file = configuration(
      route(from: "eth0", "10.0.0.1", "225.1.1.1", to: "eth1"),
      route(from: "eth0", "10.0.0.2", "225.1.1.1", to: "eth1"))
    file.limits.events = 50
    var bench = Bench("eth0", "eth1", "eth2", configuration: file)
    let join = StaticJoin(
      .init(interface: InterfacePattern("eth2"), sources: nil, groups: try #require(Prefix("225.7.7.7"))))
    let deleted = file.routes[1].key
    bench.ask {
      .change(
        [
          .add(route(from: "eth0", "10.0.0.3", "225.1.1.1", to: "eth2"), pending: false),
          .delete(deleted), .join(join, pending: false),
        ], bestEffort: false, request: $0)
    }
    let before = (bench.entries, bench.joins)
    #expect(before.0.count == 2 && before.1.count == 1)
    bench.restart(file, snapshot: bench.router.snapshot(.additions))
    #expect(bench.kernelActions == [])
    #expect((bench.entries, bench.joins) == before)
    // The next file states one of them itself, and no longer states the deleted one.
    file.routes.remove(at: 1)
    file.routes.append(route(from: "eth0", "10.0.0.3", "225.1.1.1", to: "eth2"))
    bench.restart(file, snapshot: bench.router.snapshot(.additions))
    #expect(bench.kernelActions == [])
    #expect(bench.router.snapshot(.additions).count < 100)
  }

  @Test("No life repeats a generation id, however often a link of the one before came up")
  func generationsAfterCrash() throws {
    var bench = try busy()
    let link = try #require(bench.links[1])
    for _ in 0..<3 {
      bench.vanish(link.name)
      bench.links[1] = link
      bench.step([.kernel(.interfaceChanged(link))])
    }
    bench.advance(.seconds(30))
    let former = Set(generations(bench))
    #expect(former.count >= 5)
    let version = bench.router.additionsVersion
    bench.restart(DynamicTests.dynamic, snapshot: bench.router.snapshot(.additions))
    bench.advance(.seconds(1))
    #expect(generations(bench).count >= 3)
    #expect(former.isDisjoint(with: generations(bench)))
    #expect(bench.router.additionsVersion != version)
  }

  @Test("A snapshot that is cut off anywhere, or has a wrong bit, is refused and told of")
  func damaged() throws {
    let bench = try busy()
    let bytes = bench.router.snapshot(.whole)
    func isRefused(_ bytes: [UInt8]) -> Bool {
      var router = Router(seed: 1)
      return router.step([.restore(bytes)], at: bench.now).contains {
        if case .notice(let notice, _) = $0 { notice.code == .staleState } else { false }
      }
    }
    #expect(!isRefused(bytes))
    for count in bytes.indices { #expect(isRefused(Array(bytes[..<count])), "\(count) bytes") }
    for place in bytes.indices {
      var wrong = bytes
      wrong[place] ^= 1 << UInt8(place % 8)
      #expect(isRefused(wrong), "byte \(place)")
    }
    #expect(isRefused(bytes + [0]))
    var other = bytes
    other[5] = 9
    #expect(isRefused(other), "another version")
  }

  @Test("A refused snapshot is a crash: what may be wanted stays for a while")
  func refused() throws {
    var bench = try busy()
    let before = bench.entries
    var bytes = bench.router.snapshot(.whole)
    bytes.removeLast()
    bench.restart(DynamicTests.dynamic, snapshot: bytes)
    #expect(bench.entries == before)
    #expect(generations(bench).count == 3)
  }
}

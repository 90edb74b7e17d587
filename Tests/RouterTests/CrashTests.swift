import Addressing
import Configuration
import Control
import DVMRP
import Forwarding
import Kernel
import Membership
import Router
import Testing
import Timing
import Wire

/// After a crash nobody knows what hosts and neighbors wanted: what they may want stays until they spoke.
@Suite struct CrashTests {
  @Test("What static rules alone decide is decided at once")
  func statics() throws {
    var bench = try DynamicTests.transit()
    var file = DynamicTests.dynamic
    var only = route(from: "eth0", "10.9.0.5", "239.1.1.2", to: "eth1")
    only.isExclusive = true
    file.routes = [only]
    bench.step([.configure(file, isReload: true, request: nil)])
    #expect(bench.path("10.9.0.5", "239.1.1.2") == "eth0>eth1")
    file.routes[0].outbound = [.init(InterfacePattern("eth2"))]
    bench.restart(file)
    #expect(bench.path("10.9.0.5", "239.1.1.2") == "eth0>eth2")
  }

  /// A flow that a member on eth1 and a router on eth2 want.
  private func forwarding() throws -> Bench {
    var bench = try DynamicTests.transit()
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1,eth2")
    return bench
  }

  @Test("A learned entry stays as it is while hosts and routers are silent, and goes with the period")
  func silent() throws {
    var bench = try forwarding()
    let before = (bench.entries, bench.vifs)
    bench.restart(DynamicTests.dynamic)
    #expect((bench.entries, bench.vifs) == before && bench.kernelActions == [])
    let queries = bench.log.count {
      if case .kernel(.send(let datagram)) = $0 { datagram.payload.first == 0x11 } else { false }
    }
    #expect(queries == 3 && DynamicTests.sent(bench).count == 3, "hosts and routers are asked at once")
    bench.advance(.seconds(134))
    #expect(bench.entries == before.0)
    bench.advance(.seconds(2))
    #expect(bench.path("10.9.0.5", "239.1.1.1") == nil)
  }

  @Test("Who speaks again keeps its interface, another is added, and only then the rest goes")
  func spoken() throws {
    var bench = try forwarding()
    bench.restart(DynamicTests.dynamic)
    DynamicTests.meet(&bench, 0)
    let origin = try #require(Prefix("10.9.0.0/24"))
    let near = try #require(DVMRPMetric(rawValue: 2))
    DynamicTests.dvmrp(&bench, 0, .report(DVMRPReport([ReportedRoute(origin, near)])))
    bench.advance(.seconds(15))
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1,eth2")
    #expect(!DynamicTests.sent(bench).contains { if case .prune = $0.message { true } else { false } })
    // The host of eth1 is gone; one of eth2 came, and the router of eth2 is no more.
    try DynamicTests.join(&bench, 2, "239.1.1.1")
    for _ in 0..<13 {
      bench.advance(.seconds(10))
      DynamicTests.dvmrp(
        &bench, 0, .probe(DVMRPProbe(generation: 5, neighbors: [DynamicTests.address(0, 1)])))
      DynamicTests.dvmrp(&bench, 0, .report(DVMRPReport([ReportedRoute(origin, near)])))
      bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    }
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth2")
  }

  @Test("A source that is reached by another way since the crash is followed, with all that was wanted")
  func moved() throws {
    var bench = try forwarding()
    bench.restart(DynamicTests.dynamic)
    let origin = try #require(Prefix("10.9.0.0/24"))
    DynamicTests.dvmrp(&bench, 2, .probe(DVMRPProbe(generation: 5, neighbors: [DynamicTests.address(2, 1)])))
    DynamicTests.dvmrp(
      &bench, 2, .report(DVMRPReport([ReportedRoute(origin, try #require(DVMRPMetric(rawValue: 2)))])))
    bench.advance(.seconds(11))
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth2")
    let isEarly = bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1,eth2"
    #expect(isEarly, "the neighbor that leads to the source may not have spoken yet")
    bench.advance(.seconds(1))
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1,eth2")
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth2")
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth2>eth1")
  }

  @Test("Where the former inbound interface is down, a source is followed at once")
  func movedByLink() throws {
    var bench = try forwarding()
    bench.restart(DynamicTests.dynamic)
    let origin = try #require(Prefix("10.9.0.0/24"))
    DynamicTests.dvmrp(&bench, 2, .probe(DVMRPProbe(generation: 5, neighbors: [DynamicTests.address(2, 1)])))
    DynamicTests.dvmrp(
      &bench, 2, .report(DVMRPReport([ReportedRoute(origin, try #require(DVMRPMetric(rawValue: 2)))])))
    bench.links[1]?.flags = [.up, .multicast]
    bench.step([.kernel(.interfaceChanged(try #require(bench.links[1])))])
    bench.advance(.seconds(3))
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth2")
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth2>eth1")
  }

  @Test("What this life added to an entry it takes away again: another router forwards onto the link")
  func addedAndLeft() throws {
    var bench = try DynamicTests.transit()
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    let origin = try #require(Prefix("10.9.0.0/24"))
    let near = try #require(DVMRPMetric(rawValue: 1))
    // On eth2 is a router that is nearer, and so forwards onto it.
    DynamicTests.dvmrp(&bench, 2, .report(DVMRPReport([ReportedRoute(origin, near)])))
    DynamicTests.dvmrp(
      &bench, 0, .report(DVMRPReport([ReportedRoute(origin, try #require(DVMRPMetric(rawValue: 1)))])))
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    let before = bench.path("10.9.0.5", "239.1.1.1")
    #expect(before == "eth0>eth1")
    bench.restart(DynamicTests.dynamic)
    bench.advance(.seconds(15))
    DynamicTests.meet(&bench, 0)
    DynamicTests.dvmrp(&bench, 0, .report(DVMRPReport([ReportedRoute(origin, near)])))
    DynamicTests.meet(&bench, 2)
    let isAdded = bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1,eth2"
    #expect(isAdded, "one that has said nothing yet is taken for a dependent")
    DynamicTests.dvmrp(&bench, 2, .report(DVMRPReport([ReportedRoute(origin, near)])))
    #expect(bench.path("10.9.0.5", "239.1.1.1") == before)
  }

  @Test("After a crash no route is told before all neighbors could tell theirs")
  func listening() throws {
    var bench = try forwarding()
    bench.restart(DynamicTests.dynamic)
    DynamicTests.meet(&bench, 0)
    DynamicTests.meet(&bench, 2)
    let origin = try #require(Prefix("10.9.0.0/24"))
    let near = try #require(DVMRPMetric(rawValue: 2))
    DynamicTests.dvmrp(&bench, 2, .report(DVMRPReport([ReportedRoute(origin, near)])))
    func reports(_ bench: Bench) -> Int {
      DynamicTests.sent(bench).count { if case .report = $0.message { true } else { false } }
    }
    bench.advance(.milliseconds(2_500))
    #expect(reports(bench) == 0)
    bench.advance(.seconds(1))
    #expect(reports(bench) >= 2)
    // Who has nothing to lose speaks at once.
    var fresh = try DynamicTests.transit()
    (fresh.tables, fresh.vifs, fresh.entries, fresh.joins) = ([], [], [:], [])
    fresh.restart(DynamicTests.dynamic, Adoption())
    DynamicTests.meet(&fresh, 0)
    fresh.advance(.milliseconds(500))
    #expect(reports(fresh) >= 1)
  }

  @Test("A boundary of the new configuration holds at once")
  func boundary() throws {
    var bench = try forwarding()
    var file = DynamicTests.dynamic
    var statement = InterfaceStatement(InterfacePattern("eth2"))
    statement.mode = .disable
    file.interfaces = [statement]
    bench.restart(file)
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1")
  }

  @Test("An interface that is disabled while the daemon runs takes no part any more")
  func disabled() throws {
    var bench = try forwarding()
    var file = DynamicTests.dynamic
    var statement = InterfaceStatement(InterfacePattern("eth2"))
    statement.mode = .disable
    file.interfaces = [statement]
    bench.step([.configure(file, isReload: true, request: nil)])
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1")
    #expect(!bench.vifs.contains { $0.link == 3 })
  }

  @Test("A rule to members keeps its members until they had time to report")
  func members() throws {
    var file = Configuration()
    var rule = route(from: "eth0", "239.1.0.0/16", to: "eth1 eth2")
    rule.toMembers = true
    file.routes = [rule]
    var bench = DynamicTests.bench(3, file)
    bench.packet("10.0.0.5", "239.1.1.1", by: "eth0")
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    #expect(bench.path("10.0.0.5", "239.1.1.1") == "eth0>eth1")
    bench.restart(file)
    #expect(bench.path("10.0.0.5", "239.1.1.1") == "eth0>eth1")
    try DynamicTests.join(&bench, 2, "239.1.1.1")
    #expect(bench.path("10.0.0.5", "239.1.1.1") == "eth0>eth1,eth2")
    for _ in 0..<9 {
      bench.advance(.seconds(15))
      bench.packet("10.0.0.5", "239.1.1.1", by: "eth0")
    }
    #expect(bench.path("10.0.0.5", "239.1.1.1") == "eth0>eth2")
  }
}

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

/// The report of everything, of a Router with hosts and routers around it by packets.
struct ReportTests {
  private typealias Report = MulticastReport

  private static func report(_ bench: inout Bench, _ parts: Report.Parts = .all) throws -> Report {
    guard case .report(let report)? = bench.ask({ .request($0, .report(parts)) }) else {
      Issue.record("no report")
      return Report()
    }
    return report
  }

  private static func prefix(_ text: String) throws -> Prefix { try #require(Prefix(text)) }

  /// The router below eth2 says that it gets the origin from us: our own metric and 32.
  private static func depend(_ bench: inout Bench) throws {
    let origin = try prefix("10.9.0.0/24")
    DynamicTests.dvmrp(
      &bench, 2, .report(DVMRPReport([ReportedRoute(origin, try #require(DVMRPMetric(rawValue: 35)))])))
  }

  @Test("Interfaces, neighbors and groups are told with their flags and times")
  func interfaces() throws {
    var configuration = DynamicTests.dynamic
    var statement = InterfaceStatement(InterfacePattern("eth1"))
    statement.options = InterfaceOptions([
      .metric(3), .threshold(16), .advertMetric(2), .noflood(true), .pruneLifetime(.seconds(900)),
      .boundary(.prefix(try ReportTests.prefix("239.255.0.0/16"))),
      .altnet(try ReportTests.prefix("10.10.0.0/26")),
      .staticGroup(try ReportTests.prefix("225.1.2.3/32"), source: nil),
    ])
    configuration.interfaces = [statement]
    var bench = try DynamicTests.transit(configuration)
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    bench.advance(.seconds(5))
    let report = try ReportTests.report(&bench)
    #expect(report.uptime == .seconds(20))
    #expect(report.interfaces.map(\.name) == ["eth0", "eth1", "eth2"])
    #expect(report.interfaces.map(\.number) == [0, 1, 2])
    let (eth0, eth1) = (report.interfaces[0], report.interfaces[1])
    #expect("\(eth0.address)" == "10.0.0.1" && eth0.state == .up && eth0.uptime == .seconds(20))
    #expect(eth0.reach == .subnet(try ReportTests.prefix("10.0.0.0/24")))
    #expect(eth0.querier == .ours && eth0.igmpVersion == 3)
    let neighbor = try #require(eth0.neighbors.first)
    #expect(neighbor.address == DynamicTests.address(0, 2) && neighbor.index == 0)
    #expect(neighbor.uptime == .seconds(20) && neighbor.expiry == .seconds(15))
    #expect(neighbor.major == 3 && neighbor.minor == 255)
    #expect(neighbor.flags.contains(.hasGeneration) && !neighbor.flags.contains(.oneWay))
    #expect(report.interfaces[2].neighbors.map(\.index) == [1])
    #expect((eth1.metric, eth1.threshold, eth1.advertMetric) == (3, 16, 2))
    #expect(eth1.flags == .noFlood && eth1.pruneLifetime == .seconds(900) && eth0.pruneLifetime == nil)
    #expect(eth1.boundaries == [try ReportTests.prefix("239.255.0.0/16")])
    #expect(eth1.altnets == [try ReportTests.prefix("10.10.0.0/26")])
    #expect(eth1.groups.map { "\($0.group)" } == ["225.1.2.3", "239.1.1.1"])
    #expect(eth1.groups[0].isStatic && eth1.groups[0].expiry == nil && eth1.groups[0].version == 2)
    #expect(eth1.groups[1].lastReporter == DynamicTests.address(1, 9))
    #expect(eth1.groups[1].expiry == .seconds(265) && eth1.groups[1].version == 3)
    #expect(eth1.traffic == .init(packetsIn: 0, bytesIn: 0, packetsOut: 0, bytesOut: 0))
  }

  @Test("Who is disabled, one-way or asks in our place is told so")
  func exceptions() throws {
    var configuration = DynamicTests.dynamic
    var statement = InterfaceStatement(InterfacePattern("eth2"))
    statement.mode = .disable
    configuration.interfaces = [statement]
    var bench = DynamicTests.bench(3, configuration)
    var link = try #require(bench.links[2])
    link.addresses = [InterfaceAddress(DynamicTests.address(1, 9), length: 24)]
    bench.links[2] = link
    bench.step([.kernel(.interfaceChanged(link))])
    bench.advance(.seconds(250))
    let query = IGMPMessage.query(GroupQuery(robustness: 2, interval: .seconds(125)))
    bench.step([
      .kernel(
        .received(
          Datagram(
            link: 2, source: DynamicTests.address(1, 2), destination: Address(ipv4: 0xe000_0001), hops: 1,
            routerAlert: true, payload: query.encoded())))
    ])
    for _ in 0..<2 {
      DynamicTests.dvmrp(&bench, 0, .probe(DVMRPProbe(generation: 5, neighbors: [])))
      bench.advance(.seconds(5))
    }
    let report = try ReportTests.report(&bench, [])
    #expect(report.interfaces.map(\.state) == [.up, .up, .disabled])
    #expect(report.interfaces[2].number == 2)
    #expect(report.interfaces[0].flags.contains(.oneWay))
    #expect(report.interfaces[0].neighbors.first?.flags.contains(.oneWay) == true)
    #expect(report.interfaces[1].flags.contains(.leaf))
    #expect(
      report.interfaces[1].querier
        == .other(
          DynamicTests.address(1, 2), uptime: .seconds(10), silence: .seconds(10), expiry: .seconds(245)))
    #expect(report.routes.isEmpty && report.trees.isEmpty)
  }

  @Test("Routes tell their children with those that depend on us, their age, and when they are lost")
  func routes() throws {
    var bench = try DynamicTests.transit()
    try ReportTests.depend(&bench)
    let report = try ReportTests.report(&bench, .routes)
    let routes = report.routes.sorted { $0.origin < $1.origin }
    #expect(routes.map { "\($0.origin)" } == ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.9.0.0/24"])
    let own = routes[0]
    #expect(own.isLocal && own.gateway == nil && own.metric == 1 && own.expiry == nil && own.interface == 0)
    #expect(own.children == [.init(1), .init(2, dependents: [1])], "it has said nothing of it yet")
    let learned = routes[3]
    #expect(learned.gateway == DynamicTests.address(0, 2) && learned.metric == 3 && !learned.isLocal)
    #expect(learned.interface == 0 && learned.age == .seconds(15) && learned.expiry == .seconds(125))
    #expect(learned.children == [.init(1), .init(2, dependents: [1])])
    // eth0's router falls silent; the one of eth2 does not.
    for _ in 0..<4 {
      bench.advance(.seconds(10))
      DynamicTests.meet(&bench, 2)
    }
    let later = try ReportTests.report(&bench, .routes)
    let lost = try #require(later.routes.first { $0.origin == learned.origin })
    #expect(lost.metric == nil && lost.isHeld && lost.gateway == nil)
    #expect(lost.expiry.map { $0 > .seconds(60) && $0 <= .seconds(120) } == true)
  }

  @Test("A tree tells its sources, what goes out, and the prunes both ways")
  func trees() throws {
    var bench = try DynamicTests.transit()
    try ReportTests.depend(&bench)
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    for source in ["10.9.0.5", "10.9.0.6"] { bench.packet(source, "239.1.1.1", by: "eth0") }
    for _ in 0..<7 { bench.packet("10.9.0.5", "239.1.1.1", by: "eth0") }
    bench.advance(.seconds(4))
    var report = try ReportTests.report(&bench, .trees)
    var tree = try #require(report.trees.first)
    #expect(report.trees.count == 1)
    #expect("\(tree.origin) \(tree.group)" == "10.9.0.0/24 239.1.1.1" && tree.inbound == 0)
    #expect(tree.outbound == [.init(1, .forwards), .init(2, .forwards)] && tree.prunes.isEmpty)
    #expect(tree.upstream == .open && tree.age == .seconds(4) && tree.left == .seconds(300))
    #expect(tree.sources.map { "\($0.address)" } == ["10.9.0.5", "10.9.0.6"])
    #expect(tree.sources[0].age == .seconds(4) && tree.sources[0].count?.packets == 7)
    // The router below prunes, then the member goes: nothing is left to forward to.
    let group = try #require(Address("239.1.1.1").flatMap { Group($0) })
    let origin = try #require(Address("10.9.0.0"))
    DynamicTests.dvmrp(
      &bench, 2, .prune(DVMRPPrune(source: origin, group: group, lifetime: 4500)), to: true)
    bench.advance(.seconds(5))
    report = try ReportTests.report(&bench, .trees)
    tree = try #require(report.trees.first)
    #expect(tree.outbound == [.init(1, .forwards), .init(2, .pruned)] && tree.upstream == .open)
    #expect(
      tree.prunes == [.init(DynamicTests.address(2, 2), interface: 2, index: 1, left: .seconds(4495))])
    try DynamicTests.leave(&bench, 1, "239.1.1.1")
    DynamicTests.meet(&bench, 0)
    DynamicTests.meet(&bench, 2)
    bench.advance(.seconds(5))
    report = try ReportTests.report(&bench, .trees)
    tree = try #require(report.trees.first)
    #expect(tree.outbound == [.init(2, .pruned)])
    guard case .pruned(let left, repeats: 0) = tree.upstream else {
      Issue.record("\(tree.upstream)")
      return
    }
    #expect(left > .seconds(3000) && left <= .seconds(4490))
    // A member comes; the graft is not answered.
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    report = try ReportTests.report(&bench, .trees)
    #expect(report.trees.first?.upstream == .grafting)
    #expect(report.trees.first?.outbound == [.init(1, .forwards), .init(2, .pruned)])
  }

  @Test("A flow without a route is a stray; a boundary closes an interface, which is told")
  func boundaries() throws {
    var configuration = DynamicTests.dynamic
    var statement = InterfaceStatement(InterfacePattern("eth2"))
    statement.options = InterfaceOptions([.boundary(.prefix(try ReportTests.prefix("239.1.0.0/16")))])
    configuration.interfaces = [statement]
    var bench = try DynamicTests.transit(configuration)
    try ReportTests.depend(&bench)
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    bench.packet("172.16.0.5", "239.1.1.1", by: "eth0")
    let report = try ReportTests.report(&bench, .trees)
    #expect(report.trees.map(\.outbound) == [[.init(1, .forwards), .init(2, .boundary)]])
    #expect(report.strays.map { "\($0.source) \($0.group)" } == ["172.16.0.5 239.1.1.1"])
  }

  @Test("The counters of thousands of entries are read in slices, and packets are served between")
  func slices() throws {
    var bench = try DynamicTests.transit()
    for number in 0..<2500 {
      bench.packet("10.9.0.\(number % 250 + 1)", "239.1.\(number / 250).1", by: "eth0")
    }
    bench.log = []
    let report = try ReportTests.report(&bench)
    #expect(report.trees.count == 10 && report.trees.reduce(0) { $0 + $1.sources.count } == 2500)
    let readings = bench.log.compactMap { action in
      if case .kernel(.readCounters(_, let keys, _)) = action { keys.count } else { nil }
    }
    #expect(readings == [1000, 1000, 500])
  }
}

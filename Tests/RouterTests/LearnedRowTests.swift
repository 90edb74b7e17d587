import Addressing
import Configuration
import Control
import DVMRP
import Diagnostics
import Kernel
import Router
import Testing
import Timing
import Wire

/// What is shown and told of hosts and other routers.
struct LearnedRowTests {
  private static func rows(
    _ bench: inout Bench, _ topic: Topic, _ filter: Control.RouteFilter = .init(),
    from cursor: Cursor = .first,
    limit: Int = 500
  ) -> (rows: Rows?, next: Cursor?) {
    guard case .rows(let rows, let next)? = bench.reply(to: .show(topic, filter, from: cursor, limit: limit))
    else {
      return (nil, nil)
    }
    return (rows, next)
  }

  private static func notices(_ bench: Bench, _ kind: Notice.Kind) -> [Notice] {
    bench.log.compactMap { action in
      guard case .notice(let notice, _) = action, notice.kind == kind else { return nil }
      return notice
    }
  }

  @Test("Groups are shown page by page with their reporters, and filters narrow them")
  func groups() throws {
    var bench = try DynamicTests.transit()
    for group in ["239.1.1.1", "239.1.1.2", "239.2.0.1"] { try DynamicTests.join(&bench, 1, group) }
    var (found, cursor): ([MemberRow], Cursor?) = ([], .first)
    var pages = 0
    while let at = cursor {
      let (rows, next) = LearnedRowTests.rows(&bench, .groups, from: at, limit: 2)
      guard case .groups(let page)? = rows else { break }
      found += page
      cursor = next
      pages += 1
    }
    #expect(found.map(\.group.description).sorted() == ["239.1.1.1", "239.1.1.2", "239.2.0.1"])
    #expect(pages >= 2)
    let row = try #require(found.first)
    #expect(row.interface == "eth1" && row.mode == .exclude && row.version == 3 && !row.isStatic)
    #expect(row.lastReporter == DynamicTests.address(1, 9))
    #expect(row.expires.map { $0 > bench.now } ?? false)
    var filter = Control.RouteFilter()
    filter.group = Prefix("239.1.0.0/16")
    guard case .groups(let some)? = LearnedRowTests.rows(&bench, .groups, filter).rows else { return }
    #expect(some.count == 2)
    filter.inbound = "eth0"
    guard case .groups(let none)? = LearnedRowTests.rows(&bench, .groups, filter).rows else { return }
    #expect(none.isEmpty)
  }

  @Test("A group that is stated and not reported is shown as static")
  func statics() throws {
    var configuration = DynamicTests.dynamic
    let group = try #require(Prefix("239.7.7.7"))
    configuration.interfaces = [
      InterfaceStatement(InterfacePattern("eth1"), [.staticGroup(group, source: nil)])
    ]
    var bench = DynamicTests.bench(2, configuration)
    guard case .groups(let rows)? = LearnedRowTests.rows(&bench, .groups).rows else { return }
    #expect(rows.map(\.group.description) == ["239.7.7.7"])
    #expect(rows.first?.isStatic == true && rows.first?.version == nil)
  }

  @Test("Neighbors, routes page by page, prunes both ways and timers are shown")
  func dvmrp() throws {
    var bench = try DynamicTests.transit()
    guard case .neighbors(let neighbors)? = LearnedRowTests.rows(&bench, .neighbors).rows else { return }
    #expect(neighbors.map(\.interface) == ["eth0", "eth2"])
    let first = try #require(neighbors.first)
    #expect(first.state == .twoWay && first.address == DynamicTests.address(0, 2) && first.generation == 5)
    #expect(first.capabilities == [.prune, .generation, .mtrace] && first.routes == 1)

    var (origins, cursor): ([OriginRow], Cursor?) = ([], .first)
    while let at = cursor {
      let (rows, next) = LearnedRowTests.rows(&bench, .dvmrpRoutes, from: at, limit: 1)
      guard case .dvmrpRoutes(let page)? = rows, origins.count < 10 else { break }
      origins += page
      cursor = next
    }
    #expect(
      origins.map(\.origin.description).sorted()
        == ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.9.0.0/24"])
    let far = try #require(origins.first { $0.state == .valid })
    #expect(far.gateway == DynamicTests.address(0, 2) && far.interface == "eth0" && far.metric == 3)
    #expect(far.expires.map { $0 > bench.now } ?? false)

    let origin = try #require(Prefix("10.9.0.0/24"))
    DynamicTests.dvmrp(
      &bench, 2, .report(DVMRPReport([ReportedRoute(origin, try #require(DVMRPMetric(rawValue: 35)))])))
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    let group = try #require(Address("239.1.1.1").flatMap { Group($0) })
    DynamicTests.dvmrp(
      &bench, 2, .prune(DVMRPPrune(source: origin.address, group: group, lifetime: 60)), to: true)
    guard case .prunes(let prunes)? = LearnedRowTests.rows(&bench, .prunes).rows else { return }
    #expect(prunes.map(\.kind) == [.received, .sent])
    #expect(prunes.map(\.neighbor) == [DynamicTests.address(2, 2), DynamicTests.address(0, 2)])
    #expect(prunes.map(\.interface) == ["eth2", "eth0"] && prunes.first?.sources == 1)

    guard case .timers(let timers)? = LearnedRowTests.rows(&bench, .timers).rows else { return }
    #expect(timers.map(\.due) == timers.map(\.due).sorted())
    #expect(Set(timers.map(\.kind)).isSuperset(of: [.audit, .probe, .neighbor, .query, .report, .prune]))

    guard case .routes(let routes)? = LearnedRowTests.rows(&bench, .routes).rows else { return }
    let entry = try #require(routes.first { $0.group.description == "239.1.1.1" })
    #expect(entry.owner == .dvmrp && entry.state == .pruned)
  }

  @Test("What was refused is counted by reason on its interface")
  func refusals() throws {
    var bench = try DynamicTests.transit()
    bench.step([
      .kernel(
        .received(
          Datagram(
            link: 2, source: DynamicTests.address(1, 9), destination: Address(ipv4: 0xe000_0016), hops: 1,
            routerAlert: true, payload: [0x22, 0, 0xff, 0xff, 0, 0, 0, 0])))
    ])
    guard case .interfaces(let rows)? = LearnedRowTests.rows(&bench, .interfaces).rows else { return }
    let row = try #require(rows.first { $0.name == "eth1" })
    let igmp = try #require(row.protocols.first { $0.name == .igmp })
    #expect(igmp.refused == [.init(reason: "checksum", code: .checksum, count: 1)])
    #expect(row.queriers.first?.isSelf == true && row.groups == 0 && row.neighbors == 0 && row.metric == 1)
    guard case .limits(let limits)? = LearnedRowTests.rows(&bench, .limits).rows else { return }
    #expect(limits.first { $0.name == "neighbors" }.map { $0.used == 2 && $0.hits == 0 } ?? false)
    #expect(limits.first { $0.name == "dvmrp-routes" }?.used == 4)
    guard case .status(let status)? = bench.reply(to: .status) else { return }
    #expect(status.dvmrp == .init(neighbors: 2, routes: 4, prunes: 0))
  }

  @Test("An explanation names members, dependents, the way back and the prunes")
  func explanation() throws {
    var bench = try DynamicTests.transit()
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    let origin = try #require(Prefix("10.9.0.0/24"))
    DynamicTests.dvmrp(
      &bench, 2, .report(DVMRPReport([ReportedRoute(origin, try #require(DVMRPMetric(rawValue: 35)))])))
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    let group = try #require(Address("239.1.1.1").flatMap { Group($0) })
    let source = try #require(Address("10.9.0.5"))
    let flow = try #require(Flow(source: source, group: group))
    guard case .explanation(let before)? = bench.reply(to: .explain(flow, inbound: nil)) else { return }
    #expect(before.owner == .dvmrp && before.inbound == "eth0")
    #expect(before.reversePath?.gateway == DynamicTests.address(0, 2))
    let reasons = Dictionary(uniqueKeysWithValues: before.outbound.map { ($0.interface, $0) })
    #expect(reasons["eth1"]?.forwards == true && reasons["eth1"]?.reason.contains("10.0.1.9") == true)
    #expect(reasons["eth2"]?.forwards == true && reasons["eth2"]?.reason.contains("10.0.2.2") == true)
    DynamicTests.dvmrp(
      &bench, 2, .prune(DVMRPPrune(source: origin.address, group: group, lifetime: 60)), to: true)
    guard case .explanation(let after)? = bench.reply(to: .explain(flow, inbound: nil)) else { return }
    let pruned = after.outbound.first { $0.interface == "eth2" }
    #expect(pruned?.forwards == false && pruned?.reason.contains("pruned by 10.0.2.2") == true)
    #expect(after.prunes.map(\.kind) == [.received])
    #expect(after.timers.contains { $0.kind == .prune } && after.timers.contains { $0.kind == .group })
  }

  @Test("Neighbors are told to everybody, groups and prunes to those who ask")
  func notices() throws {
    var bench = DynamicTests.bench(3, DynamicTests.dynamic)
    bench.log = []
    DynamicTests.meet(&bench, 0)
    let met = try #require(LearnedRowTests.notices(bench, .neighbor).first)
    #expect(met.change == .up && met.interface == "eth0" && met.address == "10.0.0.2" && met.level == .notice)
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    #expect(LearnedRowTests.notices(bench, .group).isEmpty)
    _ = bench.reply(to: .subscribe([.group]))
    bench.log = []
    try DynamicTests.join(&bench, 1, "239.1.1.2")
    try DynamicTests.leave(&bench, 1, "239.1.1.2")
    bench.advance(.seconds(3))
    let groups = LearnedRowTests.notices(bench, .group)
    #expect(groups.map(\.change) == [.join, .leave])
    #expect(groups.first?.group == "239.1.1.2" && groups.first?.address == "10.0.1.9")
    bench.log = []
    bench.advance(.seconds(60))
    #expect(LearnedRowTests.notices(bench, .neighbor).map(\.change) == [.down])
  }

  @Test("Groups and neighbors that are cleared come back by what hosts and routers say")
  func clear() throws {
    var bench = try DynamicTests.transit()
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    bench.log = []
    bench.ask { .change([.clear(.groups)], bestEffort: false, request: $0) }
    guard case .groups(let none)? = LearnedRowTests.rows(&bench, .groups).rows else { return }
    #expect(none.isEmpty)
    let queries = bench.log.count {
      if case .kernel(.send(let datagram)) = $0 { datagram.payload.first == 0x11 } else { false }
    }
    #expect(queries == 3, "a query on each link")
    bench.ask { .change([.clear(.neighbors)], bestEffort: false, request: $0) }
    guard case .neighbors(let gone)? = LearnedRowTests.rows(&bench, .neighbors).rows else { return }
    #expect(gone.isEmpty)
    DynamicTests.meet(&bench, 0)
    guard case .neighbors(let back)? = LearnedRowTests.rows(&bench, .neighbors).rows else { return }
    #expect(back.map(\.interface) == ["eth0"])
  }
}

extension Bench {
  fileprivate mutating func reply(to request: Request) -> Reply? { ask { .request($0, request) } }
}

import Addressing
import Configuration
import DVMRP
import Forwarding
import Kernel
import Membership
import Router
import Testing
import Timing
import Wire

/// A Router with hosts and other routers around it, all by packets.
struct DynamicTests {
  /// Links eth0, eth1 and so on with 10.0.0.1/24, 10.0.1.1/24 and so on.
  static func bench(_ count: Int32, _ configuration: Configuration) -> Bench {
    var bench = Bench(configuration: configuration)
    for index in 0..<count {
      var link = Bench.link(index + 1, "eth\(index)")
      link.addresses = [
        InterfaceAddress(Address(ipv4: 0x0a00_0001 | UInt32(index) << 8), length: 24),
        InterfaceAddress(Address(high: 0xfe80_0000_0000_0000, low: UInt64(index + 1)), length: 64),
      ]
      bench.links[index + 1] = link
    }
    bench.step([.kernel(.interfacesListed(bench.links.keys.sorted().compactMap { bench.links[$0] }))])
    return bench
  }

  static var dynamic: Configuration {
    var configuration = Configuration()
    configuration.dvmrp.isOn = true
    return configuration
  }

  static func address(_ link: Int32, _ host: UInt32) -> Address {
    Address(ipv4: 0x0a00_0000 | UInt32(link) << 8 | host)
  }

  /// A DVMRP message of the router with address .2 on a link.
  static func dvmrp(
    _ bench: inout Bench, _ link: Int32, _ message: DVMRPMessage, to unicast: Bool = false, host: UInt32 = 2
  ) {
    let destination = unicast ? address(link, 1) : Address(ipv4: 0xe000_0004)
    bench.step([
      .kernel(
        .received(
          Datagram(
            link: link + 1, source: address(link, host), destination: destination, hops: 1,
            routerAlert: false, payload: DVMRPPacket(message).encoded())))
    ])
  }

  static func meet(_ bench: inout Bench, _ link: Int32) {
    dvmrp(&bench, link, .probe(DVMRPProbe(generation: 5, neighbors: [address(link, 1)])))
  }

  static func igmp(_ bench: inout Bench, _ link: Int32, _ record: GroupRecord, host: UInt32 = 9) {
    bench.step([
      .kernel(
        .received(
          Datagram(
            link: link + 1, source: address(link, host), destination: Address(ipv4: 0xe000_0016), hops: 1,
            routerAlert: true, payload: IGMPMessage.reportV3([record]).encoded())))
    ])
  }

  static func join(_ bench: inout Bench, _ link: Int32, _ group: String) throws {
    igmp(&bench, link, GroupRecord(.toExclude, try #require(Address(group).flatMap { Group($0) })))
  }

  static func leave(_ bench: inout Bench, _ link: Int32, _ group: String) throws {
    igmp(&bench, link, GroupRecord(.toInclude, try #require(Address(group).flatMap { Group($0) })))
  }

  /// The DVMRP messages sent since the log was cleared, with the link and the destination of each.
  static func sent(_ bench: Bench) -> [(link: Int32, to: Address, message: DVMRPMessage)] {
    bench.log.compactMap { action in
      guard case .kernel(.send(let datagram)) = action, datagram.payload.first == 0x13,
        let packet = try? DVMRPPacket(decoding: datagram.payload.span)
      else { return nil }
      return (datagram.link, datagram.destination, packet.message)
    }
  }

  /// eth0 leads to the source by a router, eth1 has hosts, eth2 a router.
  static func transit(_ configuration: Configuration = dynamic) throws -> Bench {
    var bench = bench(3, configuration)
    meet(&bench, 0)
    meet(&bench, 2)
    let origin = try #require(Prefix("10.9.0.0/24"))
    let metric = try #require(DVMRPMetric(rawValue: 2))
    dvmrp(&bench, 0, .report(DVMRPReport([ReportedRoute(origin, metric)])))
    bench.advance(.seconds(15))
    return bench
  }

  @Test("Every fit interface speaks DVMRP and IGMP at once, and is a member of the routers' groups")
  func start() throws {
    let bench = DynamicTests.bench(2, DynamicTests.dynamic)
    #expect(bench.vifs.filter { $0.family == .ipv4 }.count == 2)
    let groups = ["224.0.0.2", "224.0.0.22", "224.0.0.4"]
    #expect(
      bench.joins.map { "\($0.link) \($0.group)" }.sorted()
        == (1...2).flatMap { link in groups.map { "\(link) \($0)" } })
    #expect(DynamicTests.sent(bench).map(\.link).sorted() == [1, 2], "a probe on each")
    let join = bench.log.lastIndex { if case .kernel(.join) = $0 { true } else { false } }
    let send = bench.log.firstIndex { if case .kernel(.send) = $0 { true } else { false } }
    #expect(try #require(join) < #require(send), "an answer that comes at once is heard")
    let queries = bench.log.count {
      if case .kernel(.send(let datagram)) = $0 { datagram.payload.first == 0x11 } else { false }
    }
    #expect(queries == 2)
  }

  @Test("A flow with neither members nor routers below is pruned; a member grafts it")
  func graft() throws {
    var bench = try DynamicTests.transit()
    // The router below reaches the source by another way.
    let origin = try #require(Prefix("10.9.0.0/24"))
    DynamicTests.dvmrp(
      &bench, 2, .report(DVMRPReport([ReportedRoute(origin, try #require(DVMRPMetric(rawValue: 7)))])))
    bench.log = []
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>")
    var messages = DynamicTests.sent(bench)
    guard case .prune(let prune)? = messages.first?.message else {
      Issue.record("no prune but \(messages)")
      return
    }
    #expect(prune.source.description == "10.9.0.0" && messages[0].to == DynamicTests.address(0, 2))
    bench.log = []
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1")
    messages = DynamicTests.sent(bench)
    guard case .graft? = messages.first?.message else {
      Issue.record("no graft but \(messages)")
      return
    }
    bench.log = []
    try DynamicTests.leave(&bench, 1, "239.1.1.1")
    bench.advance(.milliseconds(1900))
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1")
    bench.advance(.milliseconds(200))
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>")
    guard case .prune? = DynamicTests.sent(bench).last?.message else {
      Issue.record("no prune again")
      return
    }
  }

  @Test("A flow that hosts do not listen to is not pruned while they listen to its neighbor")
  func sharedNetwork() throws {
    var bench = try DynamicTests.transit()
    let origin = try #require(Prefix("10.9.0.0/24"))
    DynamicTests.dvmrp(
      &bench, 2, .report(DVMRPReport([ReportedRoute(origin, try #require(DVMRPMetric(rawValue: 7)))])))
    let group = try #require(Address("232.1.1.1").flatMap { Group($0) })
    let wanted = try #require(Address("10.9.0.5"))
    DynamicTests.igmp(&bench, 1, GroupRecord(.allow, group, sources: [wanted]))
    bench.log = []
    bench.packet("10.9.0.6", "232.1.1.1", by: "eth0")
    #expect(bench.path("10.9.0.6", "232.1.1.1") == "eth0>")
    #expect(DynamicTests.sent(bench).isEmpty, "a prune would stop 10.9.0.5, too")
    bench.packet("10.9.0.5", "232.1.1.1", by: "eth0")
    #expect(bench.path("10.9.0.5", "232.1.1.1") == "eth0>eth1")
  }

  @Test("A router below that depends on us gets the flow until it prunes")
  func dependents() throws {
    var bench = try DynamicTests.transit()
    let origin = try #require(Prefix("10.9.0.0/24"))
    DynamicTests.dvmrp(
      &bench, 2, .report(DVMRPReport([ReportedRoute(origin, try #require(DVMRPMetric(rawValue: 35)))])))
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth2")
    let group = try #require(Address("239.1.1.1").flatMap { Group($0) })
    let prune = DVMRPPrune(source: origin.address, group: group, lifetime: 60)
    DynamicTests.dvmrp(&bench, 2, .prune(prune), to: true)
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>")
    DynamicTests.dvmrp(&bench, 2, .graft(DVMRPGraft(source: origin.address, group: group)), to: true)
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth2")
  }

  @Test("A flow whose prunes end without another packet is forgotten: its neighbor can be pruned later")
  func forgotten() throws {
    var bench = try DynamicTests.transit()
    let origin = try #require(Prefix("10.9.0.0/24"))
    let poisoned = ReportedRoute(origin, try #require(DVMRPMetric(rawValue: 35)))
    DynamicTests.dvmrp(&bench, 2, .report(DVMRPReport([poisoned])))
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    let group = try #require(Address("239.1.1.1").flatMap { Group($0) })
    DynamicTests.dvmrp(
      &bench, 2, .prune(DVMRPPrune(source: origin.address, group: group, lifetime: 60)), to: true)
    // The prune from below ends, and with it ours: the router below would get packets, and none come.
    for _ in 0..<7 {
      bench.advance(.seconds(10))
      DynamicTests.meet(&bench, 0)
      DynamicTests.meet(&bench, 2)
      DynamicTests.dvmrp(
        &bench, 0, .report(DVMRPReport([ReportedRoute(origin, try #require(.init(rawValue: 2)))])))
    }
    #expect(bench.path("10.9.0.5", "239.1.1.1") == nil)
    let farther = ReportedRoute(origin, try #require(DVMRPMetric(rawValue: 7)))
    DynamicTests.dvmrp(&bench, 2, .report(DVMRPReport([farther])))
    bench.log = []
    bench.packet("10.9.0.6", "239.1.1.1", by: "eth0")
    #expect(bench.path("10.9.0.6", "239.1.1.1") == "eth0>")
    guard case .prune? = DynamicTests.sent(bench).last?.message else {
      Issue.record("nobody wants it, and it is not pruned")
      return
    }
  }

  @Test("A static rule and a tree add up, and the rule keeps the flow from being pruned")
  func union() throws {
    var configuration = DynamicTests.dynamic
    let groups = try #require(Prefix("239.1.0.0/16"))
    let key = StaticRoute.Key(
      inbound: [InterfacePattern("eth0")], sources: .all(.ipv4), groups: groups)
    configuration.routes = [StaticRoute(key, outbound: [.init(InterfacePattern("eth1"))])]
    var bench = try DynamicTests.transit(configuration)
    bench.log = []
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    // The neighbor on eth2 is new and counts as a dependent as yet.
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1,eth2")
    bench.advance(.seconds(1))
    #expect(!DynamicTests.sent(bench).contains { if case .prune = $0.message { true } else { false } })
  }

  @Test("A route that appears takes a flow that nobody knew, and one that goes leaves it quiet")
  func routes() throws {
    var bench = DynamicTests.bench(3, DynamicTests.dynamic)
    DynamicTests.meet(&bench, 0)
    try DynamicTests.join(&bench, 1, "239.1.1.1")
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>")
    let origin = try #require(Prefix("10.9.0.0/24"))
    let report = { (metric: UInt8) in
      DVMRPMetric(rawValue: metric).map { DVMRPMessage.report(DVMRPReport([ReportedRoute(origin, $0)])) }
    }
    DynamicTests.dvmrp(&bench, 0, try #require(report(2)))
    #expect(bench.path("10.9.0.5", "239.1.1.1") == "eth0>eth1")
    DynamicTests.dvmrp(&bench, 0, try #require(report(32)))
    #expect(bench.path("10.9.0.5", "239.1.1.1") == nil)
  }

  @Test("A rule to members makes queriers, and forwards where hosts listen, for both families")
  func members() throws {
    var configuration = Configuration()
    for text in ["239.0.0.0/8", "ff0e::/16"] {
      let groups = try #require(Prefix(text))
      let key = StaticRoute.Key(
        inbound: [InterfacePattern("eth0")], sources: .all(groups.family), groups: groups)
      var route = StaticRoute(
        key, outbound: [.init(InterfacePattern("eth1")), .init(InterfacePattern("eth2"))])
      route.toMembers = true
      configuration.routes.append(route)
    }
    var bench = DynamicTests.bench(4, configuration)
    #expect(Set(bench.joins.map(\.link)) == [2, 3], "queriers where members are looked for alone")
    bench.packet("10.0.0.5", "239.1.1.1", by: "eth0")
    #expect(bench.path("10.0.0.5", "239.1.1.1") == "eth0>")
    try DynamicTests.join(&bench, 2, "239.1.1.1")
    #expect(bench.path("10.0.0.5", "239.1.1.1") == "eth0>eth2")
    try DynamicTests.join(&bench, 3, "239.1.1.1")
    #expect(bench.path("10.0.0.5", "239.1.1.1") == "eth0>eth2", "no querier listens on eth3")
  }

  @Test("What a protocol holds is withdrawn with it: a reload without DVMRP leaves no membership")
  func withdraw() throws {
    var bench = try DynamicTests.transit()
    bench.packet("10.9.0.5", "239.1.1.1", by: "eth0")
    bench.ask { .configure(Configuration(), isReload: true, request: $0) }
    #expect(bench.joins.isEmpty && bench.vifs.isEmpty && bench.entries.isEmpty)
  }

  @Test("The end says farewell to every neighbor before the tables go")
  func farewell() throws {
    var bench = try DynamicTests.transit()
    bench.log = []
    bench.step([.stop])
    let reports = DynamicTests.sent(bench).filter { if case .report = $0.message { true } else { false } }
    #expect(reports.map(\.link).sorted() == [1, 3])
    bench.log = []
    bench.advance(.seconds(300))
    #expect(DynamicTests.sent(bench).isEmpty, "who has said farewell is silent, and at rest")
  }
}

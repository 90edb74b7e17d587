import Addressing
import Configuration
import DVMRP
import Forwarding
import Kernel
import Membership
import Testing

/// What the statements together say of one interface.
@Suite struct InterfaceSettingsTests {
  private func statement(_ pattern: String, _ options: [InterfaceOption]) -> InterfaceStatement {
    InterfaceStatement(InterfacePattern(pattern), options)
  }

  private func prefix(_ text: String) -> Prefix { Prefix(text) ?? .all(.ipv4) }

  @Test("Without statements an interface has the defaults of both queriers and of DVMRP")
  func defaults() {
    var expected = InterfaceSettings()
    expected.dvmrp.pruneLifetime = .seconds(7200)
    #expect(Configuration().settings(of: "eth0") == expected)
  }

  @Test("The most specific statement wins for each option, and what it leaves out comes from the next")
  func specific() {
    var configuration = Configuration()
    configuration.interfaces = [
      statement("*", [.metric(9), .threshold(3), .robustness(7)]),
      statement("eth+", [.metric(4), .threshold(5)]),
      statement("eth0", [.metric(2)]),
    ]
    let settings = configuration.settings(of: "eth0")
    #expect(settings.dvmrp.metric == 2)
    #expect(settings.threshold == 5)
    #expect(settings.dvmrp.threshold == 5)
    #expect(settings.igmp.robustness == 7)
    #expect(settings.mld.robustness == 7)
    #expect(configuration.settings(of: "wg0").dvmrp.metric == 9)
  }

  @Test("A list takes the place of a whole list")
  func lists() {
    var configuration = Configuration()
    configuration.boundaries = [
      Boundary(name: "site", groups: [prefix("239.255.0.0/16"), prefix("ff05::/16")])
    ]
    configuration.interfaces = [
      statement("eth+", [.altnet(prefix("10.1.0.0/16")), .boundary(.prefix(prefix("239.1.0.0/16")))]),
      statement(
        "eth0",
        [.altnet(prefix("10.2.0.0/16")), .altnet(prefix("2001:db8::/32")), .boundary(.named("site"))]),
    ]
    let settings = configuration.settings(of: "eth0")
    #expect(settings.dvmrp.altnets == [prefix("10.2.0.0/16")])
    #expect(settings.igmp.altnets == [prefix("10.2.0.0/16")])
    #expect(settings.mld.altnets == [prefix("2001:db8::/32")])
    #expect(settings.boundaries.map(\.name) == ["site"])
    #expect(settings.dvmrp.boundaries == [prefix("239.255.0.0/16")])
    #expect(configuration.settings(of: "eth1").dvmrp.boundaries == [prefix("239.1.0.0/16")])
  }

  @Test("igmp, mld and dvmrp hold where no interface statement says otherwise, each for its family")
  func families() {
    var configuration = Configuration()
    configuration.igmp = InterfaceOptions([.queryInterval(.seconds(60)), .robustness(3), .querier(.on)])
    configuration.mld = InterfaceOptions([.queryInterval(.seconds(90)), .querier(.off)])
    configuration.dvmrp.pruneLifetime = .seconds(600)
    configuration.interfaces = [
      statement("eth0", [.queryInterval(.seconds(30)), .pruneLifetime(.seconds(60)), .querier(.auto)]),
      statement("*", [.robustness(5)]),
    ]
    let eth0 = configuration.settings(of: "eth0")
    #expect((eth0.igmp.queryInterval, eth0.mld.queryInterval) == (.seconds(30), .seconds(30)))
    #expect((eth0.igmp.robustness, eth0.mld.robustness) == (5, 5))
    #expect((eth0.igmpMode, eth0.mldMode) == (.auto, .auto))
    #expect(eth0.dvmrp.pruneLifetime == .seconds(60))
    let eth1 = configuration.settings(of: "eth1")
    #expect((eth1.igmp.queryInterval, eth1.mld.queryInterval) == (.seconds(60), .seconds(90)))
    #expect((eth1.igmpMode, eth1.mldMode) == (.on, .off))
    #expect((eth1.igmp.isOn, eth1.mld.isOn) == (true, false))
    #expect(eth1.dvmrp.pruneLifetime == .seconds(600))
  }

  @Test("A block of static groups is each of its groups, in its family, and never more than the bound")
  func staticGroups() throws {
    var configuration = Configuration()
    let source = try #require(Address("10.0.0.1"))
    configuration.interfaces = [
      statement(
        "eth0",
        [
          .staticGroup(prefix("239.1.1.0/30"), source: source),
          .staticGroup(prefix("ff1e::/127"), source: nil),
        ]),
      statement("eth1", [.staticGroup(prefix("239.0.0.0/8"), source: nil)]),
      statement("eth2", [.staticGroup(prefix("ff1e::/16"), source: nil)]),
    ]
    let settings = configuration.settings(of: "eth0")
    #expect(settings.igmp.staticGroups.map(\.group.description) == (0..<4).map { "239.1.1.\($0)" })
    #expect(settings.igmp.staticGroups.allSatisfy { $0.source == source })
    #expect(settings.mld.staticGroups.map(\.group.description) == ["ff1e::", "ff1e::1"])
    #expect(configuration.settings(of: "eth1").igmp.staticGroups.count == InterfaceOptions.most)
    #expect(configuration.settings(of: "eth2").mld.staticGroups.count <= InterfaceOptions.most)
  }

  @Test("The lines of a route filter make one filter")
  func routeFilter() {
    var configuration = Configuration()
    let lines = [
      RouteFilter.Line(prefix("10.0.0.0/8")), RouteFilter.Line(prefix("11.0.0.0/8"), isExact: true),
    ]
    configuration.interfaces = [
      statement("eth0", lines.map { .routeFilter(accepts: false, $0, isBothWays: true) })
    ]
    #expect(
      configuration.settings(of: "eth0").dvmrp.filter
        == RouteFilter(accepts: false, isBothWays: true, lines))
  }

  @Test("Options stand by kind, one of each but of lists, and know what they state")
  func options() {
    var options = InterfaceOptions([.metric(3), .threshold(2), .altnet(prefix("10.0.0.0/8")), .metric(4)])
    #expect(options.all == [.threshold(2), .altnet(prefix("10.0.0.0/8")), .metric(4)])
    options.state(.altnet(prefix("11.0.0.0/8")))
    #expect(options[.altnet].count == 2)
    #expect(options.states(InterfaceOptions([.metric(4)])))
    #expect(!options.states(InterfaceOptions([.altnet(prefix("10.0.0.0/8"))])))
    #expect(!options.states(InterfaceOptions([.robustness(2)])))
    options.complete(by: InterfaceOptions([.metric(9), .robustness(2)]))
    #expect(options[.metric] == [.metric(4)])
    #expect(options.all.map(\.kind) == [.threshold, .altnet, .altnet, .robustness, .metric])
  }
}

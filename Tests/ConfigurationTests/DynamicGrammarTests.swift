import Addressing
import Configuration
import DVMRP
import Diagnostics
import Forwarding
import Kernel
import Membership
import Testing

/// Queriers, DVMRP, tunnels and rules to members, as a file states them.
@Suite struct DynamicGrammarTests {
  private func prefix(_ text: String) -> Prefix { Prefix(text) ?? .all(.ipv4) }

  /// The statement of the manual that shows the whole language.
  static let whole = """
    # /etc/mcast/mcast.conf
    version 1

    log     { level info; to journal; rate 20/s }
    control { group mcast-admin; view-group mcast-view }
    limits  { routes 200k; groups 50k; memory 256MiB }

    boundary site 239.255.0.0/16
    boundary org  239.192.0.0/14

    interface eth0 {                 # studio
        querier on
        fast-leave tracked
        max-groups 500
        group-filter deny 239.255.255.0/24
    }
    interface eth1 { threshold 16; boundary site }      # campus
    interface wg+  { dvmrp off; threshold 32; boundary site; boundary org }
    interface docker+ disable

    # static
    route from eth0 source 10.1.0.2 group 239.1.1.1 to eth1 eth2 ttl 8
    route from eth0 group 239.2.0.0/16 to eth1                    # (*,G) range, on demand
    route from eth1 source 10.8.0.0/14 group 239.3.0.0/16 to members of eth0 eth2
    route from eth0 group ff0e::1:0/112 to wg+
    route from eth+ group 239.255.255.250 to none                 # block SSDP quietly
    join  on eth0 source 10.1.0.2 group 232.1.1.1
    join  on eth0 group 239.1.0.0/28                              # 16 joins, no sysctl needed

    # dynamic: DVMRP with its querier, a tunnel, boundaries
    dvmrp on { startup-delay 0s; prune-lifetime 2h }
    igmp  { query-interval 60s; response-interval 10s; robustness 2 }
    tunnel lab { local eth1; remote 192.0.2.9; metric 3; threshold 32; rate-limit 500kbit; boundary site }

    import smcroute "/etc/smcroute.conf"        # old file, still valid
    include "/etc/mcast/conf.d/*.conf"
    hook "/etc/mcast/hook.sh"
    """

  @Test("The example of the whole language is read, and saved text is read back as the same")
  func wholeExample() throws {
    let files = [
      "/etc/smcroute.conf": "mroute from eth3 group 225.1.2.3 to eth4\n",
      "/etc/mcast/conf.d/a.conf": "route from eth5 group 239.9.9.9 to members\n",
    ]
    let parsed = read(DynamicGrammarTests.whole, files: files)
    #expect(parsed.diagnostics == [])
    let configuration = parsed.configuration
    let eth0 = configuration.settings(of: "eth0")
    #expect((eth0.igmpMode, eth0.mldMode) == (.on, .on))
    #expect(eth0.igmp.fastLeave == .tracked)
    #expect(eth0.igmp.maximumGroups == 500)
    #expect(eth0.igmp.groupFilters == [GroupFilter(accepts: false, prefix("239.255.255.0/24"))])
    #expect((eth0.igmp.queryInterval, eth0.mld.queryInterval) == (.seconds(60), .seconds(125)))
    #expect(configuration.settings(of: "wg7").dvmrpMode == .off)
    #expect(configuration.dvmrp.isOn)
    let lab = try #require(configuration.tunnels.first)
    #expect((lab.name, lab.local, lab.remote.description) == ("lab", .interface("eth1"), "192.0.2.9"))
    #expect((lab.mode, lab.rateLimit) == (.auto, 500_000))
    let settings = configuration.settings(of: "lab")
    #expect((settings.dvmrp.metric, settings.dvmrp.threshold) == (3, 32))
    #expect(settings.dvmrp.boundaries == [prefix("239.255.0.0/16")])
    #expect(configuration.routes.map(\.toMembers) == [false, false, true, false, false, false, true])
    #expect(configuration.routes[2].outbound.map(\.pattern.text) == ["eth0", "eth2"])
    #expect(configuration.limits.groups == 50_000)

    let saved = read(configuration.text)
    #expect(saved.diagnostics == [])
    #expect(saved.configuration.text == configuration.text)
    #expect(Comparison(from: configuration, to: saved.configuration).isEmpty)
    let laidOut = try #require(format(Array(DynamicGrammarTests.whole.utf8)))
    let again = parse(laidOut, named: "t", source: TextSource(files))
    #expect(again.diagnostics == [])
    #expect(Comparison(from: configuration, to: again.configuration).isEmpty)
  }

  @Test("A tunnel waits for its local interface, and is one for routes and joins itself")
  func tunnelPresence() {
    let parsed = read(
      """
      tunnel lab { local eth7; remote 192.0.2.9 }
      route from lab group 239.1.1.1 to eth0
      """)
    let findings = judge(parsed, present: ["eth0", "eth1"])
    #expect(findings.map(\.message) == ["no interface matches \"eth7\"; the tunnel waits for one"])
  }

  /// Options of an interface and what they change, each of them alone.
  static let effects: [(String, @Sendable (inout InterfaceSettings) -> Void)] = [
    ("threshold 9", { ($0.threshold, $0.dvmrp.threshold) = (9, 9) }),
    ("mrdisc on", { $0.announces = true }),
    ("querier on", { ($0.igmpMode, $0.mldMode) = (.on, .on) }),
    ("querier off", { ($0.igmpMode, $0.mldMode, $0.igmp.isOn, $0.mld.isOn) = (.off, .off, false, false) }),
    ("igmp-version 1", { ($0.igmp.igmpVersion, $0.mld.igmpVersion) = (1, 1) }),
    ("mld-version 1", { ($0.igmp.mldVersion, $0.mld.mldVersion) = (1, 1) }),
    ("query-interval 30", { ($0.igmp.queryInterval, $0.mld.queryInterval) = (.seconds(30), .seconds(30)) }),
    (
      "response-interval 2500ms",
      { ($0.igmp.responseInterval, $0.mld.responseInterval) = (.milliseconds(2500), .milliseconds(2500)) }
    ),
    (
      "last-member-interval 100ms",
      { ($0.igmp.lastMemberInterval, $0.mld.lastMemberInterval) = (.milliseconds(100), .milliseconds(100)) }
    ),
    (
      "startup-response 1s",
      { ($0.igmp.startupResponse, $0.mld.startupResponse) = (.seconds(1), .seconds(1)) }
    ),
    ("robustness 10", { ($0.igmp.robustness, $0.mld.robustness) = (10, 10) }),
    ("router-timeout 1m", { ($0.igmp.routerTimeout, $0.mld.routerTimeout) = (.seconds(60), .seconds(60)) }),
    ("fast-leave on", { ($0.igmp.fastLeave, $0.mld.fastLeave) = (.on, .on) }),
    ("max-groups 2k", { ($0.igmp.maximumGroups, $0.mld.maximumGroups) = (2000, 2000) }),
    ("max-sources 5", { ($0.igmp.maximumSources, $0.mld.maximumSources) = (5, 5) }),
    ("source-overflow asm", { ($0.igmp.sourceOverflow, $0.mld.sourceOverflow) = (.asm, .asm) }),
    ("report-rate 50000/s", { ($0.igmp.reportRate, $0.mld.reportRate) = (50_000, 50_000) }),
    (
      "ttl-strict off",
      { ($0.igmp.isTTLStrict, $0.mld.isTTLStrict, $0.dvmrp.isTTLStrict) = (false, false, false) }
    ),
    (
      "router-alert-strict on", { ($0.igmp.isRouterAlertStrict, $0.mld.isRouterAlertStrict) = (true, true) }
    ),
    ("dvmrp passive", { $0.dvmrpMode = .passive }),
    ("dvmrp on", { $0.dvmrpMode = .on }),
    ("metric 31", { $0.dvmrp.metric = 31 }),
    ("advert-metric 31", { $0.dvmrp.advertMetric = 31 }),
    ("force-leaf", { $0.dvmrp.isForcedLeaf = true }),
    ("noflood", { $0.dvmrp.floods = false }),
    ("noflood off", { _ in }),
    ("notransit on", { $0.dvmrp.isTransit = false }),
    ("prune-lifetime 5m", { $0.dvmrp.pruneLifetime = .seconds(300) }),
    ("rexmit-prunes off", { $0.dvmrp.repeatsPrunes = false }),
    ("allow-nonpruners", { $0.dvmrp.acceptsNonpruners = true }),
    ("blaster", { _ in }),
    ("rate-limit 0", { _ in }),
  ]

  @Test("Each option changes what it says, and nothing else", arguments: effects.indices)
  func effect(index: Int) {
    let (text, change) = DynamicGrammarTests.effects[index]
    var expected = Configuration().settings(of: "eth0")
    change(&expected)
    for form in ["interface eth0 { \(text) }", "interface eth+ \(text)"] {
      let parsed = read(form)
      #expect(parsed.diagnostics == [])
      #expect(parsed.configuration.settings(of: "eth0") == expected, "\(text)")
      #expect(read(parsed.configuration.text).configuration.settings(of: "eth0") == expected, "\(text)")
    }
  }

  @Test("Lists keep the order in which they stand")
  func lists() throws {
    let parsed = read(
      """
      interface eth0 {
          group-filter accept 239.1.0.0/16; metric 3; group-filter deny 239.0.0.0/8
          ssm-map 232.1.0.0/16 10.0.0.1; ssm-map 232.1.0.0/16 10.0.0.2; ssm-map ff3e::/32 2001:db8::1
          altnet 10.9.0.0/16; accept-neighbor 10.0.0.5; accept-neighbor 10.9.0.0/16
          deny 10.1.0.0/16 exact bidir; deny 10.2.0.0/16 bidir
          static-group 239.5.0.0/31; static-group ff1e::5 source 2001:db8::9
      }
      """)
    #expect(parsed.diagnostics == [])
    let settings = parsed.configuration.settings(of: "eth0")
    #expect(settings.igmp.groupFilters.map(\.accepts) == [true, false])
    #expect(settings.igmp.sourceMap.map(\.source.description) == ["10.0.0.1", "10.0.0.2"])
    #expect(settings.mld.sourceMap.map(\.source.description) == ["2001:db8::1"])
    #expect(settings.dvmrp.neighborPrefixes == [prefix("10.0.0.5"), prefix("10.9.0.0/16")])
    let filter = try #require(settings.dvmrp.filter)
    #expect((filter.accepts, filter.isBothWays) == (false, true))
    #expect(filter.lines.map(\.isExact) == [true, false])
    #expect(settings.igmp.staticGroups.map(\.group.description) == ["239.5.0.0", "239.5.0.1"])
    #expect(settings.mld.staticGroups.map { $0.source?.description } == ["2001:db8::9"])
  }

  @Test("dvmrp is on by its name, off by the word, and its options stand in either")
  func dvmrp() {
    #expect(read("dvmrp").configuration.dvmrp.isOn)
    #expect(read("dvmrp { trace off }").configuration.dvmrp.isOn)
    #expect(!read("dvmrp off { trace off }").configuration.dvmrp.isOn)
    let parsed = read(
      """
      dvmrp on { startup-delay 5m; trace on-link; prune-lifetime 10m; cache-lifetime 20m }
      dvmrp on { report-interval 30s; probe-interval 5s; default-route metric 4; router-alert on }
      """)
    #expect(parsed.diagnostics == [])
    var expected = DVMRPStatement()
    (expected.isOn, expected.sendsRouterAlert, expected.trace) = (true, true, .onLink)
    (expected.startupDelay, expected.pruneLifetime) = (.seconds(300), .seconds(600))
    expected.cacheLifetime = .seconds(1200)
    (expected.options.reportInterval, expected.options.probeInterval) = (.seconds(30), .seconds(5))
    expected.options.defaultRouteMetric = 4
    #expect(parsed.configuration.dvmrp == expected)
    #expect(parsed.configuration.settings(of: "eth0").dvmrp.sendsRouterAlert)
  }

  @Test("Blocks of igmp and mld add up; an option in both blocks of one family is a contradiction")
  func queriers() {
    let parsed = read("igmp { robustness 3 }\nigmp { querier on }\nmld { robustness 4 }")
    #expect(parsed.diagnostics == [])
    let settings = parsed.configuration.settings(of: "eth0")
    #expect((settings.igmp.robustness, settings.mld.robustness) == (3, 4))
    #expect((settings.igmpMode, settings.mldMode) == (.on, .auto))
    #expect(read("igmp { robustness 3 }\nigmp { robustness 3 }").hasErrors)
  }

  @Test("Without a level of its own memory grows with every table that is raised")
  func memory() {
    let raised = read("limits { dvmrp-routes 101k; groups 66536 }").configuration.limits
    #expect(raised.memory == 256 << 20 + (1000 + 1000) << 10)
  }

  @Test("A thousand interfaces with timers are judged in time that grows with their number")
  func manyTimers() {
    let lines = (0..<4000).map { "interface e\($0) { query-interval 60s }" }
    let parsed = read(lines.joined(separator: "\n") + "\ninterface * { response-interval 70s }")
    #expect(parsed.diagnostics.count == 100)
    #expect(parsed.diagnostics.allSatisfy { $0.code == .timerRelation })
    #expect(parsed.suppressed == 3900)
  }

  @Test("More statements of interfaces than the limit are refused")
  func manyStatements() {
    let parsed = read("limits { interfaces 2 }\n" + (0..<3).map { "interface e\($0) enable\n" }.joined())
    #expect(parsed.diagnostics.map(\.code) == [.limitReached])
    #expect(parsed.diagnostics.first?.location?.line == 4)
  }
}

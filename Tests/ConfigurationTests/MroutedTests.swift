import Addressing
import Configuration
import DVMRP
import Diagnostics
import Forwarding
import Kernel
import Membership
import Testing

/// What a mrouted.conf states, in our terms.
@Suite struct MroutedTests {
  private func read(
    _ text: String, _ vintage: MroutedFileOptions.Vintage = .current,
    _ change: (inout MroutedFileOptions) -> Void = { _ in }
  ) throws -> Configuration {
    let reading = MroutedMachine.read(text, vintage, change)
    #expect(reading.lines.filter { $0.kind != .info } == [], "\(text)")
    return try #require(reading.configuration)
  }

  static let rich = """
    # globals, some behind others
    cache_lifetime 600  prune_lifetime 3600
    noflood
    igmp-query-interval 60
    igmp-query-response-interval 5
    igmp-query-last-member-interval 2
    igmp-robustness 3 router-timeout 300
    no router-alert
    name LOCAL 239.255/16 name FAR 239.254.0.0/16
    phyint e0
      metric 3 advert-metric 2 threshold 16 rate_limit 100   # kbit/s
      boundary LOCAL boundary 239.253/16
      altnet 10.8/16 altnet 10.9.1.0 rexmit-prunes
    phyint 10.5.1.1 igmpv2 force_leaf passive notransit allow_nonpruners blaster
      prune_lifetime 300 rexmit_prunes off accept 10/8 exact 172.16/12 bidir
      static-group 239.1.1.1 join-group 239.1.1.2
    phyint e2 disable
    phyint e0 prune-lifetime 400
    tunnel e0 192.0.2.1 metric 4 threshold 32 rate_limit 500 boundary FAR deny default
    tunnel 10.5.1.1 far.example passive beside on
    """

  private func rich() throws -> Configuration {
    let far = try #require(Address("192.0.2.9"))
    let reading = MroutedMachine.read(MroutedTests.rich, hosts: ["far.example": [far]])
    #expect(reading.lines.map(\.text) == ["e2 is disabled; skipping"])
    #expect(reading.vifs == ["e0", "e1", "e2", "dvmrp0", "dvmrp1"])
    return try #require(reading.configuration)
  }

  @Test("Statements about all interfaces are options of all of them")
  func globals() throws {
    let configuration = try rich()
    #expect(configuration.file == "t.conf")
    #expect(configuration.dvmrp.isOn)
    #expect(configuration.dvmrp.startupDelay == .zero)
    #expect(configuration.dvmrp.cacheLifetime == .seconds(600))
    #expect(configuration.dvmrp.pruneLifetime == .seconds(3600))
    #expect(!configuration.dvmrp.sendsRouterAlert)
    #expect(
      configuration.boundaries == [
        Boundary(name: "LOCAL", groups: [try #require(Prefix("239.255.0.0/16"))]),
        Boundary(name: "FAR", groups: [try #require(Prefix("239.254.0.0/16"))]),
      ])
    // An interface that comes later has them, too.
    let later = configuration.settings(of: "e7")
    #expect(!later.dvmrp.floods)
    #expect(later.dvmrp.repeatsPrunes == nil)
    #expect(later.dvmrp.pruneLifetime == .seconds(3600))
    #expect(later.igmp.queryInterval == .seconds(60))
    #expect(later.igmp.responseInterval == .seconds(5))
    #expect(later.igmp.lastMemberInterval == .seconds(2))
    #expect(later.igmp.robustness == 3)
    #expect(later.igmp.routerTimeout == .seconds(300))
    #expect(later.igmp.igmpVersion == 3)
    #expect(later.igmp.membershipResponses == 1)
    #expect(later.igmpMode == .auto)
    #expect(later.mldMode == .off)
  }

  @Test("Each option of an interface is where it belongs, and several statements add up")
  func interfaces() throws {
    let configuration = try rich()
    #expect(configuration.interfaces.map(\.pattern.text) == ["*", "e0", "e1", "e2", "dvmrp0", "dvmrp1"])
    let e0 = configuration.settings(of: "e0")
    #expect(e0.mode == nil && e0.dvmrpMode == nil)
    #expect(e0.dvmrp.metric == 3)
    #expect(e0.dvmrp.advertMetric == 2)
    #expect(e0.threshold == 16 && e0.dvmrp.threshold == 16)
    // The latest comes first.
    #expect(e0.boundaries.map(\.name) == [nil, "LOCAL"])
    #expect(e0.dvmrp.boundaries.map(\.description) == ["239.253.0.0/16", "239.255.0.0/16"])
    #expect(e0.dvmrp.altnets.map(\.description) == ["10.9.1.0/24", "10.8.0.0/16"])
    #expect(e0.igmp.altnets == e0.dvmrp.altnets)
    #expect(e0.dvmrp.repeatsPrunes == true)
    #expect(e0.dvmrp.pruneLifetime == .seconds(400))
    #expect(!e0.dvmrp.floods && e0.dvmrp.isTransit)

    let e1 = configuration.settings(of: "e1")
    #expect(e1.igmp.igmpVersion == 2)
    #expect(e1.dvmrp.isForcedLeaf)
    #expect(e1.dvmrpMode == .passive)
    #expect(!e1.dvmrp.isTransit)
    #expect(e1.dvmrp.acceptsNonpruners)
    #expect(e1.dvmrp.pruneLifetime == .seconds(300))
    #expect(e1.dvmrp.repeatsPrunes == false)
    let lines = [
      RouteFilter.Line(try #require(Prefix("10.0.0.0/8")), isExact: true),
      RouteFilter.Line(try #require(Prefix("172.16.0.0/12"))),
    ]
    #expect(e1.dvmrp.filter == RouteFilter(accepts: true, isBothWays: true, lines))
    #expect(e1.igmp.staticGroups.map(\.group.description) == ["239.1.1.1"])
    #expect(configuration.joins.map(\.statement) == ["join on e1 group 239.1.1.2"])
    #expect(configuration.settings(of: "e2").mode == .disable)
  }

  @Test("Tunnels are devices with names of their own, and what is said of them stands under these")
  func tunnels() throws {
    let configuration = try rich()
    #expect(configuration.tunnels.map(\.name) == ["dvmrp0", "dvmrp1"])
    #expect(
      configuration.tunnels.map(\.local)
        == [.interface("e0"), .address(try #require(Address("10.5.1.1")))])
    #expect(configuration.tunnels.map(\.remote.description) == ["192.0.2.1", "192.0.2.9"])
    #expect(configuration.tunnels.map(\.rateLimit) == [500_000, 0])
    #expect(configuration.tunnels.map { $0.location?.line } == [19, 20])
    let first = configuration.settings(of: "dvmrp0")
    #expect(first.dvmrp.metric == 4)
    #expect(first.threshold == 32)
    #expect(first.boundaries.map(\.name) == ["FAR"])
    #expect(first.dvmrp.filter == RouteFilter(accepts: false, [RouteFilter.Line(.all(.ipv4))]))
    #expect(configuration.settings(of: "dvmrp1").dvmrpMode == .passive)
  }

  @Test("Without a statement the defaults are those of the vintage")
  func defaults() throws {
    for (vintage, version, alerts) in [(MroutedFileOptions.Vintage.older, 2, false), (.current, 3, true)] {
      let configuration = try read("", vintage)
      let e0 = configuration.settings(of: "e0")
      #expect(e0.igmp.igmpVersion == UInt8(version))
      #expect(e0.dvmrp.sendsRouterAlert == alerts)
      #expect(e0.igmp.membershipResponses == 1)
      #expect(e0.dvmrp.floods && e0.dvmrp.isTransit && e0.dvmrp.metric == 1)
      #expect(configuration.interfaces == [] && configuration.tunnels == [])
      #expect(configuration.dvmrp.isOn)
      #expect(configuration.dvmrp.cacheLifetime == .seconds(300))
      #expect(configuration.dvmrp.pruneLifetime == .seconds(7200))
    }
  }

  @Test("A file that is not there states nothing; one that cannot be read is fatal")
  func missingFile() {
    let options = MroutedFileOptions(.current, interfaces: MroutedMachine.interfaces)
    let absent = parseMrouted(file: "/etc/mrouted.conf", source: TextSource(), options: options)
    #expect(absent.lines == [] && absent.configuration?.dvmrp.isOn == true)
    struct Closed: ConfigurationSource {
      func read(_ path: String) throws(SourceFault) -> SourceFile {
        throw .unreadable("permission denied (EACCES)")
      }
      func expand(_ glob: String) -> [String] { [] }
    }
    let closed = parseMrouted(file: "/etc/mrouted.conf", source: Closed(), options: options)
    #expect(closed.configuration == nil)
    #expect(
      closed.lines == [MroutedLine(.fatal, "Cannot open /etc/mrouted.conf: permission denied (EACCES)")])
  }

  @Test(
    "-N, and no phyint, take the interfaces alone that are enabled, those that come later among the others")
  func namedOnly() throws {
    for text in ["phyint e0 enable phyint e1 enable metric 2", "no phyint phyint e0 enable phyint e1 enable"]
    {
      let configuration = try read(text) { $0.takesNamedOnly = !text.hasPrefix("no") }
      #expect(configuration.settings(of: "e0").dvmrpMode == .on)
      #expect(configuration.settings(of: "e1").dvmrpMode == .on)
      #expect(configuration.settings(of: "e2").dvmrpMode == .off)
      #expect(configuration.settings(of: "e9").dvmrpMode == .off)
    }
    let passive = try read("no phyint phyint e0 enable passive phyint e1 enable tunnel e0 192.0.2.1")
    #expect(passive.settings(of: "e0").dvmrpMode == .passive)
    #expect(passive.settings(of: "dvmrp0").dvmrpMode == .on)
  }

  @Test("-M makes a warning of a missing interface, and what is stated of it is read and forgotten")
  func toleratesMissing() throws {
    for (name, text) in [
      ("nosuch0", "Invalid interface name nosuch0, continuing"),
      ("10.9.9.9", "10.9.9.9 is not a configured interface, continuing"),
    ] {
      let reading = MroutedMachine.read("phyint \(name) metric 3 phyint e0 metric 2", .older) {
        $0.toleratesMissing = true
      }
      #expect(reading.lines.map(\.text) == [text])
      let configuration = try #require(reading.configuration)
      #expect(configuration.interfaces.map(\.pattern.text) == ["e0"])
      #expect(configuration.interfaces.map(\.options.all) == [[.metric(2)]])
    }
    let fatal = MroutedMachine.read("phyint nosuch0 metric 33", .current)
    #expect(fatal.lines.map(\.kind) == [.warning, .fatal])
  }

  @Test(
    "Interfaces with an address for IPv4 and multicast are taken, in the kernel's order, tunnels of ours not")
  func vifs() throws {
    var plain = MroutedMachine.interface(7, "plain", "10.7.0.1/24")
    plain.flags.remove(.multicast)
    let interfaces = [
      MroutedMachine.loopback, plain, MroutedMachine.interface(5, "b", "10.2.0.1/24", "10.3.0.1/24"),
      MroutedMachine.interface(6, "six", "fe80::1/64"), MroutedMachine.interface(9, "dvmrp0", "10.9.0.1/30"),
      MroutedMachine.interface(8, "a", "10.1.0.1/24"),
    ]
    let reading = MroutedMachine.read(
      "phyint 10.3.0.1 metric 5\nphyint a altnet 10.4.0.0/24", interfaces: interfaces)
    #expect(reading.lines == [])
    #expect(reading.vifs == ["b", "a"])
    #expect(
      reading.configuration?.interfaces.map(\.options.all)
        == [[.metric(5)], [.altnet(try #require(Prefix("10.4.0.0/24")))]])
    for name in ["six", "plain", "lo", "dvmrp0"] {
      #expect(
        MroutedMachine.read("phyint \(name) metric 5", interfaces: interfaces).lines.map(\.text)
          == ["phyint \(name) not available, continuing ..."])
    }
  }

  @Test("Interfaces that cannot take part beside others are told and left out")
  func ignored() throws {
    let interfaces = [
      MroutedMachine.interface(2, "e0", "10.5.0.1/24"), MroutedMachine.interface(3, "e1", "10.5.0.2/16"),
      MroutedMachine.interface(4, "e2", "10.6.0.1/4"), MroutedMachine.interface(5, "e3", "10.7.0.1/24"),
    ]
    let texts = [
      "ignoring e1, same subnet as e0", "ignoring e2, has invalid address (10.6.0.1) and/or mask (240.0.0.0)",
    ]
    for vintage in MroutedFileOptions.Vintage.allCases {
      let reading = MroutedMachine.read("", vintage, interfaces: interfaces)
      #expect(reading.lines.map(\.text) == texts)
      #expect(reading.vifs == ["e0", "e3"])
      let configuration = try #require(reading.configuration)
      #expect(configuration.settings(of: "e1").mode == .disable)
      #expect(configuration.settings(of: "e2").mode == .disable)
      #expect(configuration.settings(of: "e3").mode == nil)
    }
    // 3.9.8 looks before it reads, 4.x behind it: there the first may make room.
    let text = "phyint e0 disable"
    #expect(MroutedMachine.read(text, .older, interfaces: interfaces).configuration == nil)
    #expect(MroutedMachine.read(text, .current, interfaces: interfaces).vifs == ["e0", "e1", "e3"])
  }

  @Test("Without two that are enabled nothing is forwarded; tunnels alone will do, and that is told")
  func enabledVIFs() {
    func texts(_ text: String) -> [String] {
      MroutedMachine.read(text, .older).lines.map { $0.written(by: .older) }
    }
    let none = "phyint e0 disable phyint e1 disable phyint e2 disable "
    #expect(texts(none) == ["Cannot forward: no enabled vifs"])
    #expect(texts(none + "tunnel e0 192.0.2.1") == ["Cannot forward: only one enabled vif"])
    #expect(
      texts(none + "tunnel e0 192.0.2.1 tunnel e0 192.0.2.2")
        == ["warning - No enabled interfaces, forwarding via tunnels only"])
    let all = MroutedMachine.read(none)
    #expect(
      all.lines.filter { $0.kind == .info }.map(\.text)
        == ["e0", "e1", "e2"].map { "\($0) is disabled; skipping" })
  }

  @Test(
    "What the ends of a tunnel must be",
    arguments: [
      ("tunnel lo 192.0.2.1", "Tunnel local address 127.0.0.1 is a loopback address"),
      ("tunnel 127.0.0.1 192.0.2.1", "Tunnel local address 127.0.0.1 is a loopback address"),
      ("tunnel nosuch0 192.0.2.1", "Tunnel local address nosuch0 is not mine"),
      ("tunnel e0 10.5.2.1", "Tunnel remote address 10.5.2.1 is one of mine"),
      ("tunnel e0 0.0.0.0", "Tunnel remote address 0.0.0.0 is no other host's"),
      ("tunnel e0 two.example", "Hostname two.example does not map to a unique address"),
      ("tunnel e0 none.example", "No such host none.example"),
      ("tunnel e0 224.1.1.1", "syntax error"),
      ("tunnel e0 192.0.2.1 igmpv1", "syntax error"),
    ])
  func ends(text: String, message: String) throws {
    let hosts = ["two.example": [Address(ipv4: 0xc000_0201), Address(ipv4: 0xc000_0202)]]
    let reading = MroutedMachine.read(text, hosts: hosts)
    #expect(reading.lines.map(\.text) == [message])
    #expect(reading.configuration == nil)
  }

  @Test("A wider netmask makes the wider subnet one of the link; a bad one is fatal")
  func netmask() throws {
    let configuration = try read("phyint e0 netmask 255.255.255.0 phyint e1 netmask 255.255.255.128", .older)
    #expect(configuration.interfaces == [])
    let wide = try read("phyint e0 netmask 255.255.0.0", .older)
    #expect(wide.settings(of: "e0").dvmrp.altnets.map(\.description) == ["10.5.0.0/16"])
    for mask in ["255.0.255.0", "0.0.0.0"] {
      #expect(MroutedMachine.read("phyint e0 netmask \(mask)").lines.map(\.text) == ["Invalid netmask"])
    }
    #expect(
      MroutedMachine.read("phyint e0 netmask").lines.map { $0.written(by: .current) }
        == ["warning - t.conf:2: Expected address after netmask keyword, ignored"])
  }

  @Test("Underscores and hyphens are the same to 4.x; words of 4.x are none of 3.9.8")
  func spellings() throws {
    let words =
      "cache-lifetime 70 prune-lifetime 130 rexmit-prunes phyint e0 advert-metric 1 rate-limit 0 force-leaf "
      + "allow-nonpruners rexmit-prunes off prune-lifetime 140"
    let hyphens = try read(words)
    let underscores = try read(words.replacing("-", with: "_"))
    #expect(hyphens.interfaces.map(\.options) == underscores.interfaces.map(\.options))
    #expect(hyphens.dvmrp == underscores.dvmrp)
    for text in ["igmp_robustness 3", "phyint e0 static_group 239.1.1.1", "rexmit-prunes_ on"] {
      #expect(MroutedMachine.read(text).lines.map(\.text) == ["syntax error"], "\(text)")
    }
    for text in [
      "router-alert on", "phyint e0 igmpv3", "phyint e0 igmpv2", "no phyint", "prune-lifetime 300",
    ] {
      #expect(MroutedMachine.read(text, .older).lines.map(\.text) == ["syntax error"], "\(text)")
    }
    #expect(try read("igmp-query-reponse-interval 4").settings(of: "e0").igmp.responseInterval == .seconds(4))
    #expect(
      try read("pruning yes phyint e0 force_leaf no", .older).settings(of: "e0").dvmrp.isForcedLeaf == false)
    #expect(MroutedMachine.read("pruning no").lines.map(\.kind) == [.warning])
  }
}

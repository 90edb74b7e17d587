import Addressing
import Configuration
import DVMRP
import Diagnostics
import Forwarding
import Kernel
import Membership
import Testing

/// The old file in the native language: `import mrouted`, and the text that `config import` prints.
@Suite struct MroutedImportTests {
  private static func source(_ texts: [String: String] = [:]) -> TextSource {
    var source = TextSource(texts)
    source.interfaces = MroutedMachine.interfaces
    source.hosts = ["far.example": [Address(ipv4: 0xc000_0209)]]
    return source
  }

  private func imported(_ old: String, behind native: String = "", before: String = "") -> ParsedConfiguration
  {
    parse(
      Array("\(before)\nimport mrouted \"/etc/mrouted.conf\"\n\(native)".utf8), named: "t",
      source: MroutedImportTests.source(["/etc/mrouted.conf": old]))
  }

  private func converted(_ old: String) -> ParsedConfiguration {
    importMrouted(Array(old.utf8), named: "/etc/mrouted.conf", source: MroutedImportTests.source())
  }

  @Test("An import turns DVMRP on and is the old file's interfaces, tunnels, boundaries and joins")
  func statement() {
    let parsed = imported(MroutedTests.rich, behind: "interface e7 { metric 2 }\n")
    #expect(!parsed.hasErrors)
    #expect(
      parsed.diagnostics.filter { $0.code != .boundaryRange }.map { $0.line(program: "mcast") } == [
        "/etc/mrouted.conf:11:52: warning: a rate limit holds on tunnels alone [MC2120]",
        "/etc/mrouted.conf:14:70: warning: \"blaster\" has no effect: reports are read as they come [MC2120]",
      ])
    let configuration = parsed.configuration
    #expect(configuration.dvmrp.isOn)
    #expect(
      configuration.interfaces.map(\.statement) == [
        "interface * { noflood }",
        "interface e0 { threshold 16; boundary 239.253.0.0/16; boundary LOCAL; altnet 10.9.1.0/24; "
          + "altnet 10.8.0.0/16; metric 3; advert-metric 2; prune-lifetime 400s; rexmit-prunes on }",
        "interface e1 { igmp-version 2; static-group 239.1.1.1; dvmrp passive; force-leaf; notransit; "
          + "prune-lifetime 5m; rexmit-prunes off; allow-nonpruners; accept 10.0.0.0/8 exact bidir; "
          + "accept 172.16.0.0/12 bidir }",
        "interface e2 disable",
        "interface dvmrp0 { threshold 32; boundary FAR; metric 4; deny 0.0.0.0/0 }",
        "interface dvmrp1 { dvmrp passive }", "interface e7 { metric 2 }",
      ])
    #expect(
      configuration.tunnels.map(\.statement) == [
        "tunnel dvmrp0 { local e0; remote 192.0.2.1; rate-limit 500kbit }",
        "tunnel dvmrp1 { local 10.5.1.1; remote 192.0.2.9 }",
      ])
    #expect(configuration.joins.map(\.statement) == ["join on e1 group 239.1.1.2"])
    #expect(configuration.interfaces[1].location?.description == "/etc/mrouted.conf:10:1")
    // Beside what the file states the defaults are ours.
    let settings = configuration.settings(of: "e9")
    #expect(settings.igmp.membershipResponses == 2 && settings.mldMode == .auto)
    #expect(settings.igmp.queryInterval == .seconds(60))
  }

  @Test("The converted text is read as the same configuration")
  func roundTrip() {
    let parsed = converted(MroutedTests.rich)
    #expect(!parsed.hasErrors)
    let again = read(parsed.configuration.text)
    #expect(!again.hasErrors, "\(again.diagnostics)")
    #expect(MroutedImportTests.plain(again.configuration) == MroutedImportTests.plain(parsed.configuration))
    #expect(again.configuration.tunnels.count == 2 && again.configuration.interfaces.count == 6)
  }

  @Test("So is that of any file that is read, and importing it states the same")
  func anyFile() {
    var dice = SmcrouteConversionTests.Dice(state: 3)
    var count = 0
    for _ in 0..<1_500 {
      let old = MroutedImportTests.file(&dice)
      let parsed = converted(old)
      let stated = imported(old)
      #expect(parsed.hasErrors == stated.hasErrors, "\(old)\n\(stated.diagnostics)")
      if parsed.hasErrors { continue }
      count += 1
      let again = read(parsed.configuration.text)
      #expect(!again.hasErrors, "\(old)\n\(parsed.configuration.text)\n\(again.diagnostics)")
      let plain = MroutedImportTests.plain(parsed.configuration)
      #expect(MroutedImportTests.plain(again.configuration) == plain, "\(old)")
      #expect(MroutedImportTests.plain(stated.configuration) == plain, "\(old)")
    }
    #expect(count > 300)
  }

  /// Without the places of its statements.
  private static func plain(_ configuration: Configuration) -> Configuration {
    var plain = configuration
    plain.file = ""
    for index in plain.interfaces.indices { plain.interfaces[index].location = nil }
    for index in plain.tunnels.indices { plain.tunnels[index].location = nil }
    for index in plain.joins.indices { plain.joins[index].location = nil }
    return plain
  }

  private static let globals = [
    "cache_lifetime 60", "cache-lifetime 100000", "prune_lifetime 120", "pruning off", "noflood",
    "rexmit_prunes", "rexmit-prunes off", "no router-alert", "router-alert on", "router-timeout 1",
    "igmp-query-interval 7", "igmp-query-interval 1", "igmp-query-response-interval 1024",
    "igmp-query-last-member-interval 1024", "igmp-robustness 10", "no phyint", "name A 239.1/16",
    "name B 239.2.1/16", "name é 239.3/16", "# x",
  ]
  private static let heads = [
    "phyint e0", "phyint 10.5.1.1", "phyint to", "phyint 10.9.9.9", "phyint e+", "phyint w\\é",
    "tunnel e0 192.0.2.1",
    "tunnel 10.5.0.1 192.0.2.2", "tunnel zz far.example", "tunnel 192.0.2.3 192.0.2.3",
    "tunnel 0.0.0.0 192.0.2.4",
  ]
  private static let options = [
    "metric 32", "metric 5", "threshold 255", "advert_metric 31", "rate_limit 100000", "rate_limit 1",
    "boundary A", "boundary é", "boundary 239.9/16", "passive", "noflood", "notransit", "blaster",
    "allow_nonpruners", "prune_lifetime 999999", "accept 10/8 exact", "accept 10.1/8", "deny default",
    "bidir",
    "rexmit_prunes off", "metric", "boundary", "disable", "enable", "igmpv1", "igmpv3", "netmask 255.0.0.0",
    "netmask 255.255.255.252", "altnet 10.8.0.1/16", "altnet 10.7.0.0", "altnet 224.1/16", "altnet default",
    "force_leaf", "force_leaf off",
    "static-group 239.1.1.1", "static-group 224.0.0.5", "join-group 239.1.1.2", "join-group 224.0.0.5",
    "beside off",
  ]

  private static func file(_ dice: inout SmcrouteConversionTests.Dice) -> String {
    (0..<dice.roll(4)).map { _ in dice.pick(globals) }.joined(separator: "\n") + "\n"
      + (0..<1 + dice.roll(4)).map { _ in
        ([dice.pick(heads)] + (0..<dice.roll(5)).map { _ in dice.pick(options) }).joined(separator: " ")
      }.joined(separator: "\n")
  }

  @Test("Names are kept, there or not; addresses stand for the interfaces that have them")
  func names() {
    let parsed = imported("phyint later0 metric 2 join-group 239.1.1.1\nphyint 10.5.2.1 metric 3\n")
    #expect(
      parsed.configuration.interfaces.map(\.statement)
        == ["interface later0 { metric 2 }", "interface e2 { metric 3 }"])
    #expect(parsed.diagnostics == [])
    #expect(
      judge(parsed, present: ["e0"]).map(\.message) == [
        "no interface matches \"later0\"; the join waits for one"
      ])
    let unknown = imported("phyint 10.99.0.1 metric 3")
    #expect(unknown.diagnostics.map(\.message) == ["phyint 10.99.0.1 not available, continuing ..."])
    #expect(unknown.configuration.interfaces == [])
  }

  @Test(
    "What the native language states otherwise, or not at all, is told",
    arguments: [
      ("phyint e0 metric 32", Code.metricRange, "interface e0 { metric 31 }"),
      ("phyint e0 static-group 224.0.0.5", .linkLocalGroup, "interface e0 { }"),
      ("phyint e0 join-group 224.0.0.5 metric 2", .linkLocalGroup, "interface e0 { metric 2 }"),
      ("phyint zz altnet 10.1.0.0 metric 2", .optionIgnored, "interface zz { metric 2 }"),
      ("phyint zz netmask 255.0.0.0 metric 2", .optionIgnored, "interface zz { metric 2 }"),
      (
        "phyint e0 netmask 255.255.0.0 accept 10.1.1.1/8", .hostBits,
        "interface e0 { altnet 10.5.0.0/16; accept 10.0.0.0/8 }"
      ),
      (
        "phyint e0 metric 2 prune_lifetime 90000", .valueRange, "interface e0 { metric 2; prune-lifetime 1d }"
      ),
      (
        "no phyint phyint e0 enable boundary 239.255.1/16", .hostBits,
        "interface e0 enable { boundary 239.255.0.0/16; dvmrp on }"
      ),
    ])
  func told(old: String, code: Code, statement: String) {
    let parsed = converted(old)
    #expect(parsed.diagnostics.map(\.code) == [code])
    #expect(!parsed.hasErrors)
    #expect(parsed.configuration.interfaces.last?.statement == statement)
  }

  @Test("A response that would come after the next query is shortened, and that is told")
  func timers() {
    let parsed = converted("igmp-query-interval 5")
    #expect(parsed.diagnostics.map(\.code) == [.timerRelation])
    #expect(parsed.configuration.settings(of: "e0").igmp.responseInterval == .milliseconds(2500))
    #expect(converted("igmp-query-interval 11").diagnostics == [])
  }

  @Test("What mrouted ends with is an error at its place, and nothing of the file holds")
  func errors() {
    let parsed = imported("phyint e0 metric 2\nphyint e1 threshold 300", behind: "log { level debug }")
    #expect(
      parsed.diagnostics.map { $0.line(program: "mcast") }
        == ["/etc/mrouted.conf:2:21: error: Invalid threshold 300 [MC2113]"])
    #expect(parsed.diagnostics.first?.sourceLine == "phyint e1 threshold 300")
    #expect(parsed.hasErrors && parsed.configuration.interfaces == [])
    #expect(parsed.configuration.log.level == "debug")
    #expect(
      imported("bogus").diagnostics.map(\.message) == ["syntax error: \"bogus\" cannot stand here"])
    #expect(imported("phyint").diagnostics.map(\.message) == ["syntax error: the file ends"])
    #expect(
      importMrouted(file: "/none", source: TextSource()).diagnostics.map(\.message)
        == ["cannot read \"/none\": there is no such file (ENOENT)"])
  }

  @Test("An import tells of all errors, each at its place, and goes on at the next line with a statement")
  func allErrors() {
    let file = """
      10.1/33
      phyint e0 threshold 300 metric 2
        boundary 239.1/16
      phyint e1 metric
      phyint e2 advert_metric 1 bogus
        metric 99
      igmp-robustness 77
      phyint e0 10.1/33
      tunnel e1
      """
    for parsed in [converted(file), imported(file)] {
      #expect(
        parsed.diagnostics.map { $0.location?.description.split(separator: "/").last } == [
          "mrouted.conf:1:1", "mrouted.conf:2:21", "mrouted.conf:4:11", "mrouted.conf:5:27",
          "mrouted.conf:7:17", "mrouted.conf:8:11", "mrouted.conf:9:10",
        ])
      #expect(parsed.hasErrors)
    }
    #expect(imported(file).configuration.interfaces.isEmpty)
    let many = converted(String(repeating: "bogus\nphyint e0 threshold 300\n", count: 500))
    #expect(many.diagnostics.count + many.suppressed == 501)
    #expect(many.diagnostics.count == 100)
  }

  @Test("What is stated natively, too, is a contradiction as any other; for all interfaces it wins")
  func contradictions() {
    let old = "phyint e0 metric 3 name A 239.1/16 igmp-query-interval 60 cache_lifetime 600"
    #expect(imported(old, behind: "interface e0 { metric 4 }").diagnostics.map(\.code) == [.duplicateRule])
    #expect(imported(old, behind: "dvmrp off").diagnostics.map(\.code) == [.duplicateRule])
    #expect(imported(old, before: "dvmrp off").diagnostics.map(\.code) == [.duplicateRule])
    #expect(imported(old, behind: "boundary A 239.2.0.0/16").hasErrors)
    let parsed = imported(
      old, behind: "igmp { query-interval 30s }", before: "dvmrp on { cache-lifetime 900s }")
    #expect(!parsed.hasErrors)
    #expect(parsed.configuration.settings(of: "e0").igmp.queryInterval == .seconds(30))
    #expect(parsed.configuration.dvmrp.cacheLifetime == .seconds(900))
    let earlier = imported(old, before: "igmp { query-interval 30s }")
    #expect(earlier.configuration.settings(of: "e0").igmp.queryInterval == .seconds(30))
  }

  @Test("Tunnels of two files have names of their own")
  func twoFiles() {
    let parsed = parse(
      Array("import mrouted /a\nimport mrouted /b\n".utf8), named: "t",
      source: MroutedImportTests.source([
        "/a": "tunnel e0 192.0.2.1 metric 2", "/b": "tunnel e0 192.0.2.2 metric 3",
      ]))
    #expect(parsed.diagnostics == [])
    #expect(parsed.configuration.tunnels.map(\.name) == ["dvmrp0", "dvmrp1"])
    #expect(parsed.configuration.settings(of: "dvmrp1").dvmrp.metric == 3)
  }
}

import Addressing
import Configuration
import Diagnostics
import Forwarding
import Kernel
import Membership
import Testing

func smcroute(_ text: String, isStrict: Bool = false, files: [String: String] = [:]) -> ParsedConfiguration {
  parseSmcroute(
    Array(text.utf8), named: "/etc/smcroute.conf", source: TextSource(files),
    options: SmcrouteFileOptions(isStrict: isStrict))
}

/// The statements of smcroute.conf, of every age.
@Suite struct SmcrouteTests {
  @Test(
    "A route of every age is read",
    arguments: [
      // The line, and the native statement that means the same.
      ("mroute from eth0 group 225.1.2.3 to eth1", "route from eth0 group 225.1.2.3 to eth1"),
      (
        "mroute from eth0 source 10.0.0.1 group 225.1.2.3 to eth1 eth2",
        "route from eth0 source 10.0.0.1 group 225.1.2.3 to eth1 eth2"
      ),
      (
        "mroute from eth0 source fc00::1 group ff05::1 to eth1",
        "route from eth0 source fc00::1 group ff05::1 to eth1"
      ),
      ("mroute from eth0 group 225.1.2.3/24 to eth1", "route from eth0 group 225.1.2.0/24 to eth1"),
      (
        "mroute from eth0 group 225.1.2.3/2 to eth1", "route from eth0 group 224.0.0.0/4 to eth1"
      ),
      ("mroute from eth0 group ff05::1/3 to eth1", "route from eth0 group ff00::/8 to eth1"),
      (
        "mroute from eth0 source 10.1.2.3/16 group 225.1.2.3 to eth1",
        "route from eth0 source 10.1.0.0/16 group 225.1.2.3 to eth1"
      ),
      ("mroute from eth+ group 225.1.2.3 to + wlan+", "route from eth+ group 225.1.2.3 to + wlan+"),
      ("mroute from eth0:1 group 225.1.2.3 to eth1:7", "route from eth0 group 225.1.2.3 to eth1"),
      (
        "mroute group 225.1.2.3 source 10.0.0.1 from eth0 to eth1",
        "route from eth0 source 10.0.0.1 group 225.1.2.3 to eth1"
      ),
      ("mroutes fromx eth0 groups 225.1.2.3 together eth1", "route from eth0 group 225.1.2.3 to eth1"),
      ("mroute from eth0 group 225.1.2.3", "route from eth0 group 225.1.2.3 to none"),
      ("mroute from eth0 group 225.1.2.3 to # eth1", "route from eth0 group 225.1.2.3 to none"),
      ("mroute from eth0 group 225.1.2.3 to eth1 # eth2", "route from eth0 group 225.1.2.3 to eth1"),
      ("mroute from eth0 group 225.1.2.3 to eth1 eth1", "route from eth0 group 225.1.2.3 to eth1"),
      ("\t mroute\tfrom eth0 \u{b}group 225.1.2.3 to eth1\r", "route from eth0 group 225.1.2.3 to eth1"),
      ("mroute from eth0 source 0.0.0.0 group 225.1.2.3 to eth1", "route from eth0 group 225.1.2.3 to eth1"),
      ("mroute from eth0 source :: group ff05::1 to eth1", "route from eth0 group ff05::1 to eth1"),
      (
        "mroute from eth0 source 0.0.0.0/8 group 225.1.2.3 to eth1", "route from eth0 group 225.1.2.3 to eth1"
      ),
      (
        "mroute from eth0 source 10.0.0.1/0 group 225.1.2.3/0 to eth1",
        "route from eth0 source 10.0.0.1 group 225.1.2.3 to eth1"
      ),
      ("mroute from eth0 group 225.1.2.3/x to eth1", "route from eth0 group 225.1.2.3 to eth1"),
      (
        "mroute from eth0 from eth1 group 225.1.1.1 group 225.1.1.2 to eth2",
        "route from eth1 group 225.1.1.2 to eth2"
      ),
      (
        "mroute from to group 225.1.2.3 to from group",
        "route from \"to\" group 225.1.2.3 to \"from\" \"group\""
      ),
    ])
  func route(line: String, statement: String) throws {
    let parsed = smcroute(line)
    #expect(parsed.diagnostics == [])
    let route = try #require(parsed.configuration.routes.first)
    var plain = route
    plain.reflects = false
    #expect(plain.statement == statement)
    #expect(route.reflects)
  }

  @Test("A route with addresses that are no networks keeps them as they are written")
  func given() {
    let routes = smcroute(
      """
      mroute from eth0 source 10.1.2.3/16 group 225.1.2.3/24 to eth1
      mroute from eth0 group 225.9.9.9/24 to eth1
      mroute from eth0 source 10.1.0.0/16 group 225.7.0.0/16 to eth1
      """
    ).configuration.routes
    #expect(
      routes.map { $0.given.map(\.description) } == [
        ["10.1.2.3", "225.1.2.3"], ["0.0.0.0", "225.9.9.9"], [],
      ])
  }

  @Test("A rule stated again takes the further interfaces in; another inbound interface makes another rule")
  func union() {
    let parsed = smcroute(
      """
      mroute from eth0 source 10.0.0.1 group 225.1.1.1 to eth1
      mroute from eth0 source 10.0.0.1 group 225.1.1.1 to eth2 eth1
      mroute from eth0 source 10.0.0.1 group 225.1.1.1
      mroute from eth1 source 10.0.0.1 group 225.1.1.1 to eth2
      """)
    #expect(parsed.diagnostics == [])
    #expect(
      parsed.configuration.routes.map { $0.outbound.map(\.pattern.text) } == [["eth1", "eth2"], ["eth2"]])
    #expect(parsed.configuration.routes[0].location?.line == 1)
  }

  @Test("Of two templates of one block, written differently, the earlier decides alone")
  func sameBlock() {
    let parsed = smcroute(
      "mroute from eth0 group 225.1.1.1/24 to eth1\nmroute from eth0 group 225.1.1.7/24 to eth2\n")
    #expect(parsed.configuration.routes.map { $0.outbound.map(\.pattern.text) } == [["eth1"]])
    #expect(parsed.diagnostics.map(\.code) == [.shadowedRule])
    #expect(parsed.diagnostics.map(\.smcrouteGrade) == [.notice])
  }

  @Test(
    "A join of every age is read",
    arguments: [
      ("mgroup from eth0 group 225.1.2.3", "join on eth0 group 225.1.2.3"),
      ("mgroup from eth0 source 10.0.0.1 group 232.1.2.3", "join on eth0 source 10.0.0.1 group 232.1.2.3"),
      ("ssmgroup from eth0 group 232.1.2.3 source 10.0.0.1", "join on eth0 source 10.0.0.1 group 232.1.2.3"),
      ("mgroup from eth0 group 225.5.0.1/30", "join on eth0 group 225.5.0.0/30"),
      (
        "mgroup from eth0 source 10.0.0.1/31 group 232.1.2.3",
        "join on eth0 source 10.0.0.0/31 group 232.1.2.3"
      ),
      ("mgroup from eth+ group ff05::1 # all", "join on eth+ group ff05::1"),
      ("mgroup from eth0 source 0.0.0.0 group 225.1.2.3", "join on eth0 group 225.1.2.3"),
      ("mgroup from eth0 group 224.0.0.251", "join on eth0 group 224.0.0.251"),
    ])
  func join(line: String, statement: String) {
    let parsed = smcroute(line)
    #expect(parsed.diagnostics == [])
    #expect(parsed.configuration.joins.map(\.statement) == [statement])
  }

  @Test(
    "An interface line of every age is read",
    arguments: [
      ("phyint eth0", "interface eth0 enable"),
      ("phyint eth0 enable", "interface eth0 enable"),
      ("phyint eth0 enabled", "interface eth0 enable"),
      ("phyint eth+ disable", "interface eth+ disable"),
      ("phyint eth0 mrdisc ttl-threshold 5 enable", "interface eth0 enable { threshold 5; mrdisc on }"),
      ("phyint eth0 ttl-threshold 5x", "interface eth0 enable { threshold 5 }"),
      ("phyint eth0:1 disable enable", "interface eth0 enable"),
      (
        "phyint eth0 ttl-threshold 5\nphyint eth0 mrdisc\nphyint eth0 ttl-threshold 9 disable",
        "interface eth0 disable { threshold 9 }"
      ),
    ])
  func interface(text: String, statement: String) {
    let parsed = smcroute(text)
    #expect(parsed.diagnostics == [])
    #expect(parsed.configuration.interfaces.map(\.statement) == [statement])
  }

  @Test("Under -N an interface takes part only when a line says enable, the last one")
  func strict() {
    let parsed = smcroute(
      "phyint eth0 enable\nphyint eth1\nphyint eth2 enable\nphyint eth2 ttl-threshold 3\n", isStrict: true)
    let modes = ["eth0", "eth1", "eth2", "eth3"].map { parsed.configuration.settings(of: $0).mode }
    #expect(modes == [.enable, .disable, .disable, .disable])
    #expect(!parsed.configuration.table.takesAll)
  }

  @Test("A later, wider line holds for what it covers; a narrower one for itself")
  func wider() {
    let text = """
      phyint eth0 ttl-threshold 3
      phyint wlan0 ttl-threshold 4
      phyint eth+ disable
      phyint eth1 enable ttl-threshold 5
      """
    let configuration = smcroute(text).configuration
    #expect(configuration.settings(of: "eth0").mode == .disable)
    // Every line states all options: what it does not say is as without any.
    #expect(configuration.settings(of: "eth0").threshold == nil)
    #expect(configuration.settings(of: "eth1").mode == .enable)
    #expect(configuration.settings(of: "eth2").mode == .disable)
    #expect(configuration.settings(of: "wlan0").mode == .enable)
    #expect(smcroute(text + "\nphyint + disable").configuration.settings(of: "wlan0").mode == .disable)
  }

  @Test("The settings of the whole file are SMCRoute's")
  func settings() {
    let configuration = smcroute("").configuration
    #expect(configuration.table.precedence == .stated)
    #expect(configuration.table.takesAll)
    #expect(!configuration.table.selectsByRule)
    #expect(!configuration.keepsChanges)
    #expect(configuration.file == "/etc/smcroute.conf")
  }

  @Test("Each rule stands where the file has it, included ones too")
  func places() {
    let parsed = smcroute(
      "# rules\n  mroute from eth0 group 225.1.1.1 to b\ninclude /d/*.conf\nmgroup from eth0 group 225.1.1.1",
      files: [
        "/d/b.conf": "mroute from eth0 group 225.1.1.3 to eth1",
        "/d/a.conf": "\nmroute from eth0 group 225.1.1.2",
      ])
    #expect(parsed.diagnostics == [])
    #expect(
      parsed.configuration.routes.map { $0.location?.description } == [
        "/etc/smcroute.conf:2:3", "/d/a.conf:2:1", "/d/b.conf:1:1",
      ])
    #expect(parsed.configuration.joins[0].location?.description == "/etc/smcroute.conf:4:1")
  }
}

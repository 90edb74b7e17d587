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
}

import Addressing
import Configuration
import Diagnostics
import Forwarding
import Kernel
import Membership
import Testing

/// Reads a text as the file `t`.
func read(_ text: String, files: [String: String] = [:]) -> ParsedConfiguration {
  parse(Array(text.utf8), named: "t", source: TextSource(files))
}

@Suite struct NativeGrammarTests {
  @Test("A whole configuration is read with every value in its place")
  func wholeConfiguration() throws {
    let parsed = read(
      """
      # /etc/mcast/mcast.conf
      version 1
      log     { level debug; to file "/var/log/mcast.log"; rate 50/s; debug route,join }
      control { socket /run/x.sock; group wheel; view-group users; clients 100 }
      limits  { routes 200k; entries 2m; joins 5000 }
      table 100 { rule none; split on; split-base 5000; wait-for-table on }
      cache { idle-timeout 2m }
      boundary site 239.255.0.0/16 ff05::/16
      interface eth0 enable {     # studio
          threshold 16
          boundary site; boundary 239.192.0.0/14
          querier auto; dvmrp off
      }
      interface docker+ disable
      interface wg* threshold 32
      hook "/etc/mcast/hook.sh"
      lockdown off
      dvmrp off

      route from eth0 source 10.1.0.2 group 239.1.1.1 to eth1 eth2 ttl 8
      route from eth0 eth3 group 239.2.0.0/16 to eth1 only prefer -3 name tv comment "the \\"big\\" one"
      route from eth0 \\
          group ff0e::1:0/112 to wg+
      route from "group" group 239.255.255.250 to none
      join on eth0 source 10.1.0.2 group 232.1.1.1
      join on eth0 group 239.1.0.0/28
      """)
    #expect(parsed.diagnostics == [])
    let configuration = parsed.configuration
    #expect(configuration.log.level == "debug")
    #expect(configuration.log.destination == .file("/var/log/mcast.log"))
    #expect(configuration.log.rate == 50)
    #expect(configuration.log.debug == ["route", "join"])
    #expect(configuration.control.socket == "/run/x.sock")
    #expect(configuration.control.clients == 100)
    #expect(configuration.limits.entries == 2_000_000)
    #expect(configuration.limits.memory == 256 << 20 + 1_900_000 << 10)
    #expect(configuration.table.id == 100)
    #expect(configuration.table.split == .on)
    #expect(configuration.cache.idleTimeout == .seconds(120))
    #expect(configuration.hook == "/etc/mcast/hook.sh")
    #expect(configuration.interfaces.map(\.pattern.text) == ["eth0", "docker+", "wg*"])
    #expect(configuration.settings(of: "eth0").boundaries.map(\.name) == ["site", nil])
    #expect(configuration.settings(of: "docker0").mode == .disable)
    #expect(configuration.settings(of: "wg3").threshold == 32)
    let routes = configuration.routes
    try #require(routes.count == 4)
    #expect(routes[0].isFull)
    #expect(routes[0].outbound.map(\.threshold) == [nil, 8])
    #expect(routes[0].location == SourceLocation(file: "t", line: 20, column: 1, length: 66))
    #expect(routes[1].key.inbound.map(\.text) == ["eth0", "eth3"])
    #expect(routes[1].isExclusive)
    #expect(routes[1].preference == -3)
    #expect(routes[1].name == "tv")
    #expect(routes[1].comment == "the \"big\" one")
    #expect(routes[2].family == .ipv6)
    #expect(routes[3].key.inbound.map(\.text) == ["group"])
    #expect(routes[3].outbound.isEmpty)
    #expect(configuration.joins.map { $0.key.groups.count } == [1, 16])
  }

  @Test("The canonical text is read back as the same configuration")
  func roundTrip() {
    let parsed = read(
      """
      route from "group" "10.0.0.1" source 10.0.0.0/8 group 239.1.1.1 to eth1 ttl 3 name "to" comment "a # b"
      interface eth0 { }
      table { split off }
      """)
    #expect(parsed.diagnostics == [])
    let again = read(parsed.configuration.text)
    #expect(again.diagnostics == [])
    #expect(Comparison(from: parsed.configuration, to: again.configuration).isEmpty)
    #expect(again.configuration.text == parsed.configuration.text)
  }
}

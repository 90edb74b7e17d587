import Addressing
import Configuration
import DVMRP
import Diagnostics
import Forwarding
import Kernel
import Membership
import Testing
import Timing

@Suite struct WriterTests {
  @Test("An empty configuration says its version alone")
  func empty() {
    #expect(Configuration().text == "version 1\n")
    #expect(read("version 1\n").configuration.text == "version 1\n")
  }

  @Test("The canonical text holds what differs from the default, one statement a line")
  func canonical() {
    let text = """
      version 1
      log { level debug; to file "/var/log/mcast.log"; rate 50/s; debug route,join }
      control { socket "/run/x.sock"; group wheel; clients 100; mrouted-socket "/run/m.sock" }
      limits { routes 1m; entries 1500; group-sources 1k; memory 300MiB }
      table 100 { rule none; split on; split-base 5000; wait-for-table on }
      cache { idle-timeout 2m }
      igmp { querier on; igmp-version 2; query-interval 1m; group-filter deny 239.1.0.0/16 }
      mld { robustness 3; static-group ff1e::1 }
      dvmrp on { startup-delay 10s; trace on-link; default-route metric 3; router-alert on }
      hook "/etc/mcast/hook.sh"

      boundary site 239.255.0.0/16 ff05::/16

      tunnel lab { local eth1; remote 192.0.2.9; mode user; rate-limit 500kbit }
      tunnel "to" { local 10.0.0.1; remote 192.0.2.9 }

      interface lab { dvmrp passive; metric 3; noflood; accept 10.0.0.0/8 exact bidir }
      interface eth0 enable { threshold 16; boundary site; boundary 239.192.0.0/14 }
      interface docker+ disable

      route from eth0 "to" source 10.0.0.0/8 group 239.1.0.0/16 to eth1 ttl 8 eth2 only prefer -3 \
      name tv comment "a \\"b\\" # c"
      route from eth0 group ff0e::1 to none
      route from eth0 group 239.7.0.0/16 to members
      route from eth0 group 239.8.0.0/16 to members of eth1 eth2 ttl 3

      join on eth0 source 10.1.0.2 group 232.1.1.1

      """
    let parsed = read(text)
    #expect(parsed.diagnostics == [])
    #expect(parsed.configuration.text == text)
  }

  @Test("A random configuration is read back as it was written", arguments: 1...60)
  func randomRoundTrip(seed: UInt64) {
    var configurations = RandomConfigurations(seed: seed)
    let configuration = configurations.next()
    let parsed = read(configuration.text)
    #expect(parsed.diagnostics.filter { $0.severity == .error } == [], "seed \(seed): \(configuration.text)")
    var back = parsed.configuration
    back.file = configuration.file
    for index in back.routes.indices { back.routes[index].location = nil }
    for index in back.joins.indices { back.joins[index].location = nil }
    for index in back.interfaces.indices { back.interfaces[index].location = nil }
    for index in back.tunnels.indices { back.tunnels[index].location = nil }
    #expect(back == configuration, "seed \(seed): \(configuration.text)")
    #expect(back.text == configuration.text)
    #expect(Comparison(from: configuration, to: back).isEmpty)
    #expect(format(Array(configuration.text.utf8)) == Array(configuration.text.utf8))
  }
}

/// Draws configurations that are valid, and as odd as the language allows.
private struct RandomConfigurations {
  var generator: Generator

  init(seed: UInt64) { generator = Generator(seed: seed) }

  mutating func next() -> Configuration {
    var configuration = Configuration()
    if chance(2) { configuration.log.level = pick(["error", "debug", "notice"]) }
    if chance(3) { configuration.log.destination = .file("/" + text()) }
    if chance(3) { configuration.log.debug = ["route", "kernel"] }
    if chance(3) { configuration.control.socket = "/" + text() }
    if chance(3) { configuration.control.group = pick(["wheel", "a b", "to", "x\"y"]) }
    if chance(2) { configuration.table.id = UInt32(number(999_999_999)) }
    if chance(2) { configuration.table.split = pick([.on, .off, .auto]) }
    if chance(3) { configuration.cache.idleMilliseconds = Int64(1000 + number(100_000_000)) }
    if chance(2) { configuration.limits.blocking = number(5000) }
    if chance(3) { configuration.limits.memory = (16 << 20) + number(1 << 30) }
    if chance(3) { configuration.hook = "/" + text() }
    for index in 0..<number(4) {
      configuration.boundaries.append(Boundary(name: "b\(index)", groups: [groups(), groups()]))
    }
    dynamic(&configuration)
    for index in 0..<number(6) { configuration.interfaces.append(interface(index, configuration)) }
    for index in 0..<number(40) { configuration.routes.append(route(index)) }
    for index in 0..<number(10) {
      let groups = groups(atLeast: 120)
      configuration.joins.append(
        StaticJoin(
          StaticJoin.Key(
            interface: InterfacePattern("j\(index)"),
            sources: chance(2) ? Prefix(source(groups.family).address) : nil,
            groups: groups)))
    }
    return configuration
  }

  private mutating func interface(_ index: Int, _ configuration: Configuration) -> InterfaceStatement {
    var statement = InterfaceStatement(InterfacePattern(pick(["eth\(index)", "p\(index)*", "q\(index)+"])))
    statement.mode = pick([.enable, .disable, nil])
    statement.threshold = chance(2) ? UInt8(number(255)) : nil
    if let name = configuration.boundaries.first?.name { statement.boundaries.append(.named(name)) }
    if chance(2) { statement.boundaries.append(.prefix(groups())) }
    var options = RandomOptions(seed: generator.next())
    for _ in 0..<number(12) { options.state(in: &statement.options) }
    return statement
  }

  /// Queriers, DVMRP and tunnels.
  private mutating func dynamic(_ configuration: inout Configuration) {
    var options = RandomOptions(seed: generator.next())
    for _ in 0..<number(8) {
      options.state(in: &configuration.igmp, of: .ipv4)
      options.state(in: &configuration.mld, of: .ipv6)
    }
    configuration.dvmrp.isOn = chance(2)
    if chance(2) { configuration.dvmrp.startupDelay = .milliseconds(number(3_600_000)) }
    if chance(2) { configuration.dvmrp.pruneLifetime = .milliseconds(6000 + number(1_000_000)) }
    if chance(2) { configuration.dvmrp.cacheLifetime = .milliseconds(1000 + number(1_000_000)) }
    if chance(2) { configuration.dvmrp.options.probeInterval = .milliseconds(1000 + number(30_000)) }
    if chance(2) { configuration.dvmrp.options.reportInterval = .milliseconds(1000 + number(100_000)) }
    if chance(2) { configuration.dvmrp.options.defaultRouteMetric = UInt8(number(31)) }
    configuration.dvmrp.trace = pick(DVMRPStatement.Trace.allCases)
    configuration.dvmrp.sendsRouterAlert = chance(3)
    if chance(3) { configuration.control.mroutedSocket = "/" + text() }
    if chance(3) { configuration.limits.dvmrpRoutes = number(500_000) }
    for index in 0..<number(4) - 1 {
      var tunnel = TunnelStatement(
        pick(["t\(index)", "on\(index)"]),
        local: chance(2) ? .interface(pick(["eth0", "to", "é"])) : .address(Address(ipv4: 0x0a00_0001)),
        remote: Address(ipv4: 0xc000_0200 | UInt32(index + 1)))
      tunnel.mode = pick([.auto, .user])
      tunnel.rateLimit = chance(2) ? UInt64(number(1 << 40)) * 500 : 0
      tunnel.rateLimit = min(tunnel.rateLimit, 1_000_000_000_000)
      configuration.tunnels.append(tunnel)
    }
  }

  private mutating func route(_ index: Int) -> StaticRoute {
    let groups = groups()
    var inbound = [InterfacePattern("in\(index)")]
    if chance(3) {
      inbound.append(InterfacePattern(pick(["to", "group", "source", "é", "10.0.0.1", "x*y?"])))
    }
    let outbound = ["out\(index)", "none", "ttl", "only", "wg+"].prefix(number(5) - 1).map {
      StaticRoute.Outbound(InterfacePattern($0), threshold: chance(3) ? UInt8(number(255)) : nil)
    }
    var route = StaticRoute(
      StaticRoute.Key(
        inbound: inbound, sources: chance(2) ? source(groups.family) : .all(groups.family), groups: groups),
      outbound: outbound)
    route.toMembers = chance(3)
    route.isExclusive = chance(4)
    route.preference = chance(3) ? Int32(number(2000)) - 1000 : 0
    route.name = chance(3) ? pick(["tv", "comment", "two words", "a\\b", "é"]) : nil
    route.comment = chance(3) ? text() : nil
    return route
  }

  private mutating func groups(atLeast bits: Int = 0) -> Prefix {
    chance(2)
      ? Prefix.masking(
        Address(ipv4: 0xef00_0000 | UInt32(number(0xff_ffff))), bits: UInt8(max(bits, 104 + number(24))))
      : Prefix.masking(
        Address(high: 0xff1e_0000_0000_0000 | UInt64(number(1 << 30)), low: UInt64(number(1 << 40))),
        bits: UInt8(max(bits, 16 + number(112))))
  }

  private mutating func source(_ family: Family) -> Prefix {
    family == .ipv4
      ? Prefix.masking(Address(ipv4: 0x0a00_0000 | UInt32(number(0xff_ffff))), bits: UInt8(104 + number(24)))
      : Prefix.masking(
        Address(high: 0x2001_0db8_0000_0000, low: UInt64(number(1 << 40))), bits: UInt8(32 + number(96)))
  }

  private mutating func text() -> String {
    let pieces = ["a", " ", "\"", "\\", "#", "{", ";", "é", "→", "to", "😀", "/"]
    return (0..<number(12)).map { _ in pick(pieces) }.joined()
  }

  /// 1…bound.
  private mutating func number(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) + 1 }
  private mutating func chance(_ one: Int) -> Bool { number(one) == 1 }
  private mutating func pick<Value>(_ values: [Value]) -> Value { values[number(values.count) - 1] }
}

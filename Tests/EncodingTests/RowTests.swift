import Addressing
import Control
import Diagnostics
import Encoding
import Testing
import Timing

/// 2026-11-21T06:45:00.250Z, ten seconds after the boot clock's start.
let clock = WallClock(now: .start + .seconds(10), wall: 1_795_243_500_250_000_000)

func json(_ write: (RowWriter, inout JSONWriter) -> Void) -> [UInt8] {
  var writer = JSONWriter()
  write(RowWriter(clock: clock), &writer)
  return writer.bytes
}

func text(_ write: (RowWriter, inout JSONWriter) -> Void) -> String {
  String(decoding: json(write), as: UTF8.self)
}

@Suite("Rows as JSON")
struct RowTests {
  private let reader = RowReader(clock: clock)

  private func entry() throws -> RouteRow {
    var row = RouteRow(
      family: .ipv4, table: 253, source: try #require(Prefix("10.0.0.1")),
      group: try #require(Prefix("225.1.2.3")),
      inbound: ["eth0"],
      outbound: [
        .init(name: "eth1", ifindex: 3, threshold: 8, reason: "static"),
        .init(name: "wg0", ifindex: nil, threshold: nil, reason: "static"),
      ], owner: .static, state: .active, since: .start + .seconds(2))
    row.rule = RuleReference(file: "/etc/mcast/mcast.conf", line: 7)
    row.name = "studio"
    row.packets = 4211
    row.bytes = .max
    row.wrongInterface = 1
    row.packetsPerSecond = 820.5
    row.bitsPerSecond = 8_200_000
    row.lastUsed = .start + .milliseconds(9_750)
    row.missing = ["wg0"]
    return row
  }

  @Test("A route carries the documented keys")
  func routeKeys() throws {
    let row = try entry()
    #expect(
      text { $0.write(row, to: &$1) }
        == #"{"family":"ipv4","table":253,"source":"10.0.0.1","sourceLength":32,"group":"225.1.2.3","#
        + #""groupLength":32,"iif":"eth0","oifs":[{"name":"eth1","ifindex":3,"threshold":8,"#
        + #""reason":"static"},{"name":"wg0","reason":"static"}],"#
        + #""owner":"static","state":"active","missing":["wg0"],"#
        + #""ruleRef":{"file":"/etc/mcast/mcast.conf","line":7},"name":"studio","packets":4211,"#
        + #""bytes":18446744073709551615,"wrongIf":1,"packetsPerSecond":820.5,"bitsPerSecond":8200000,"#
        + #""installedAt":"2026-11-21T06:44:52.250Z","lastUsedSeconds":0.25}"#)
  }

  @Test("Rows of every kind come back as they were")
  func roundTrips() throws {
    let route = try entry()
    #expect(try reader.route(json { $0.write(route, to: &$1) }[...]) == route)
    var rule = RouteRow(
      family: .ipv6, table: 254, source: .all(.ipv6), group: try #require(Prefix("ff0e::1:0/112")),
      inbound: ["eth0", "wg+"], outbound: [], owner: .block, state: .noMember, since: clock.now)
    rule.rule = RuleReference(file: "run time", line: 0)
    #expect(try reader.route(json { $0.write(rule, to: &$1) }[...]) == rule)
    let join = JoinRow(
      family: .ipv4, interface: "eth*", ifindex: 2, source: Prefix("10.1.0.2"),
      group: try #require(Prefix("232.1.1.0/28")), rule: rule.rule, state: .joined)
    #expect(try reader.join(json { $0.write(join, to: &$1) }[...]) == join)
    let pending = PendingRow(
      kind: .join, text: "join on \"a b\" group 239.1.1.1", missing: ["a b"], rule: nil,
      since: .start + .milliseconds(1))
    #expect(try reader.pending(json { $0.write(pending, to: &$1) }[...]) == pending)
    let limit = LimitRow(name: "entries", limit: 100_000, used: 7, hits: 2)
    #expect(try reader.limit(json { $0.write(limit, to: &$1) }[...]) == limit)
    var interface = InterfaceRow(name: "eth0", state: .up, threshold: 16)
    interface.places = [
      .init(family: .ipv4, table: 253, index: 0), .init(family: .ipv6, table: 254, index: 3),
    ]
    interface.addresses = ["10.0.0.1/24"]
    interface.packetsIn = 3
    interface.bitsOutPerSecond = 12.5
    interface.queriers = [
      QuerierStatus(
        family: .ipv4, address: Address(ipv4: 0x0a01_0001), isSelf: true, version: 3, expires: nil,
        nextQuery: clock.now + .seconds(92), groups: 30)
    ]
    (interface.groups, interface.neighbors, interface.metric) = (30, 2, 1)
    interface.protocols = [
      ProtocolCounts(
        name: .igmp, heard: [.init(type: "query", count: 3)], sent: [.init(type: "group-query", count: 4)],
        refused: [.init(reason: "checksum", code: .checksum, count: 5)])
    ]
    #expect(try reader.interface(json { $0.write(interface, to: &$1) }[...]) == interface)
  }

  @Test("Rows of what is learned come back as they were")
  func learned() throws {
    let address = Address(ipv4: 0x0a02_0009)
    let soon = clock.now + .milliseconds(27_250)
    var member = MemberRow(interface: "eth0", ifindex: 2, group: Address(ipv4: 0xef01_0101), mode: .exclude)
    member.sources = [
      .init(address: address, expires: nil, isForwarded: false),
      .init(address: address, expires: soon, isForwarded: true),
    ]
    (member.sourceCount, member.version, member.lastReporter) = (300, 2, address)
    (member.expires, member.since, member.isStatic, member.isTracked) = (soon, .start, true, true)
    member.hosts = [.init(address: address, mode: .include, expires: soon)]
    member.hostCount = 1
    #expect(try reader.member(json { $0.write(member, to: &$1) }[...]) == member)
    let neighbor = NeighborRow(
      address: address, interface: "eth1", ifindex: nil, state: .oneWay, major: 3, minor: 255,
      capabilities: NeighborRow.Capability.allCases, generation: .max, since: .start, expires: soon,
      routes: 39, prunes: 1)
    #expect(try reader.neighbor(json { $0.write(neighbor, to: &$1) }[...]) == neighbor)
    let origin = OriginRow(
      origin: try #require(Prefix("10.8.0.0/14")), gateway: address, interface: "eth1", ifindex: 4,
      metric: 32,
      state: .holddown, isChanged: true, since: .start, expires: soon, children: ["eth0"],
      dependents: [address])
    #expect(try reader.origin(json { $0.write(origin, to: &$1) }[...]) == origin)
    let prune = PruneRow(
      kind: .graft, origin: origin.origin, group: member.group, neighbor: nil, interface: nil, ifindex: nil,
      expires: soon, sources: 7)
    #expect(try reader.prune(json { $0.write(prune, to: &$1) }[...]) == prune)
    let timer = TimerRow(kind: .query, subject: "eth0", due: soon)
    #expect(try reader.timer(json { $0.write(timer, to: &$1) }[...]) == timer)
    var tunnel = TunnelRow(
      name: "lab", local: address, remote: address, state: .missing, metric: 3, threshold: 32,
      rateLimit: 500_000)
    (tunnel.carrier, tunnel.neighbor, tunnel.packetsOut) = (.user, .twoWay, 9)
    tunnel.dropped = [.init(type: "rate", count: 7)]
    #expect(try reader.tunnel(json { $0.write(tunnel, to: &$1) }[...]) == tunnel)
    var notice = Notice(
      sequence: 1, at: .start, kind: .group, change: .join, level: .debug, subject: "239.1.1.1")
    (notice.interface, notice.address, notice.group) = ("eth0", "10.1.0.31", "239.1.1.1")
    #expect(try reader.notice(json { $0.write(notice, to: &$1) }[...]) == notice)
  }

  @Test("A group with thousands of sources and hosts still fits a line of the protocol")
  func longest() {
    let address = Address(high: .max, low: .max)
    let soon = clock.now + .milliseconds(999_999_999)
    var row = MemberRow(
      interface: "abcdefghijklmno", ifindex: .max, group: Address(high: .max, low: 1), mode: .exclude)
    row.sources = Array(
      repeating: .init(address: address, expires: soon, isForwarded: false), count: MemberRow.listed)
    row.hosts = Array(
      repeating: .init(address: address, mode: .exclude, expires: soon), count: MemberRow.listed)
    #expect(json { $0.write(row, to: &$1) }.count < 49_152)
  }

  @Test("A status comes back with the daemon's facts")
  func status() throws {
    var status = Status()
    status.generation = 412
    status.tables = [.init(family: .ipv4, table: 253, used: 4, open: true)]
    status.interfacesWaiting = ["wg0"]
    status.entries = 20_000
    (status.groups, status.groupInterfaces) = (38, 2)
    status.dvmrp = .init(neighbors: 2, routes: 41, prunes: 3)
    status.packetsInPerSecond = 41_310
    status.problems = [
      Diagnostic(.warning, .noTables, "the kernel has no several tables", hint: "rebuild it")
    ]
    var facts = DaemonFacts(version: "0.1.0", pid: 812, identity: "mcast", host: "r1", started: .start)
    facts.configFile = "/etc/mcast/mcast.conf"
    facts.configLanguage = "smcroute.conf"
    facts.configState = .refused
    facts.configError = Diagnostic(
      .error, .notMulticast, "\"240.1.1.1\" is not a multicast address",
      at: SourceLocation(file: "mcast.conf", line: 14, column: 39, length: 9), sourceLine: "route …")
    let (readStatus, readFacts) = try reader.status(json { $0.write(status, facts, to: &$1) }[...])
    #expect(readStatus == status)
    #expect(readFacts == facts)
  }

  @Test("Answers of changes, plans, explanations and events come back as they were")
  func answers() throws {
    let result = ChangeResult(
      index: 3, text: "route …", outcome: .refused, error: Diagnostic(.error, .duplicateRule, "there is one"))
    #expect(try reader.change(json { $0.write(result, to: &$1) }[...]) == result)
    let change = PlannedChange(action: .change, kind: .route, before: "a", after: "b", effect: .continues)
    #expect(try reader.plannedChange(json { $0.write(change, to: &$1) }[...]) == change)
    var explanation = Explanation(
      source: Address(ipv4: 0x0a00_0001), group: Address(ipv4: 0xe101_0203), state: .active, table: 253)
    explanation.outbound = [.init(interface: "eth1", forwards: true, reason: "rule")]
    explanation.notes = ["entry removed in 20s if silent"]
    explanation.installed = .start
    explanation.reversePath = .init(
      origin: try #require(Prefix("10.0.0.0/24")), interface: "eth0", gateway: explanation.source, metric: 3)
    explanation.prunes = [
      PruneRow(
        kind: .sent, origin: try #require(Prefix("10.0.0.0/24")), group: explanation.group,
        neighbor: explanation.source, interface: "eth0", ifindex: 2, expires: clock.now, sources: 1)
    ]
    explanation.timers = [TimerRow(kind: .idle, subject: "", due: clock.now)]
    #expect(try reader.explanation(json { $0.write(explanation, to: &$1) }[...]) == explanation)
    var notice = Notice(
      sequence: 9, at: .start, kind: .route, change: .install, level: .info, subject: "(10.1.0.7, 239.2.4.9)")
    notice.code = .foreignEntry
    notice.route = .init(
      source: "10.1.0.7", group: "239.2.4.9", inbound: "eth0", outbound: ["eth1"], table: 253)
    #expect(try reader.notice(json { $0.write(notice, to: &$1) }[...]) == notice)
  }

  @Test("Rows cut anywhere are refused, and those with a wrong type too")
  func hostile() throws {
    let row = try entry()
    let bytes = json { $0.write(row, to: &$1) }
    for end in bytes.indices { #expect(throws: JSONError.self) { _ = try reader.route(bytes[..<end]) } }
    for text in ["[]", "{}", "{\"family\":\"ipv5\"}", "{\"table\":-1}", "{\"source\":\"x\"}"] {
      #expect(throws: JSONError.self) { _ = try reader.route(Array(text.utf8)[...]) }
    }
  }

  @Test(
    "Times are RFC 3339 in UTC, to the millisecond and through leap days",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (1_795_243_500_250, "2026-11-21T06:45:00.250Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
    ] as [(Int64, String)])
  func times(milliseconds: Int64, text: String) {
    let clock = WallClock(now: .start, wall: milliseconds * 1_000_000)
    #expect(clock.text == text)
    #expect(clock.instant(text) == .start)
  }
}

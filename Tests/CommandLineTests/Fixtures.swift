import Addressing
import Control
import Diagnostics
import Encoding
import Kernel
import Timing

/// Rows as a daemon would have them, each kind at least once.
enum Fixtures {
  static let now = Stage.clock.now

  static func prefix(_ text: String) -> Prefix { Prefix(text) ?? .all(.ipv4) }

  static func ago(_ seconds: Int64) -> Instant { now + .seconds(-seconds) }

  static func outbound(_ name: String, _ threshold: UInt8? = 1) -> RouteRow.Outbound {
    RouteRow.Outbound(name: name, ifindex: 3, threshold: threshold, reason: "static")
  }

  static var routes: [RouteRow] {
    var active = RouteRow(
      family: .ipv4, table: 253, source: prefix("10.1.0.2"), group: prefix("239.1.1.1"), inbound: ["eth0"],
      outbound: [outbound("eth1"), outbound("eth2", 8)], owner: .static, state: .active, since: ago(14_520))
    active.packets = 1_204_411
    active.bytes = 1_204_411_000
    active.wrongInterface = 0
    active.packetsPerSecond = 1_025
    active.bitsPerSecond = 8_200_000
    active.lastUsed = ago(0)
    active.rule = RuleReference(file: "/etc/mcast/mcast.conf", line: 21)
    var rule = RouteRow(
      family: .ipv4, table: 253, source: .all(.ipv4), group: prefix("239.2.0.0/16"),
      inbound: ["eth0", "eth+"],
      outbound: [outbound("eth1")], owner: .static, state: .rule, since: ago(273_600))
    rule.rule = RuleReference(file: "/etc/mcast/mcast.conf", line: 22)
    rule.name = "studio"
    var waiting = RouteRow(
      family: .ipv4, table: 253, source: .all(.ipv4), group: prefix("239.5.5.5"), inbound: ["wg0"],
      outbound: [outbound("eth1", nil)], owner: .static, state: .waiting, since: ago(60))
    waiting.missing = ["wg0"]
    waiting.rule = RuleReference(file: "run time", line: 0)
    var blocked = RouteRow(
      family: .ipv4, table: 253, source: prefix("10.1.0.9"), group: prefix("239.255.255.250"),
      inbound: ["eth0"],
      outbound: [], owner: .block, state: .blocked, since: ago(41))
    blocked.packets = 0
    blocked.bytes = 0
    blocked.bitsPerSecond = 0
    var six = RouteRow(
      family: .ipv6, table: 254, source: prefix("2001:db8::2"), group: prefix("ff0e::1:5"), inbound: ["eth0"],
      outbound: [outbound("eth1", nil)], owner: .static, state: .idle, since: ago(130))
    six.packets = 12
    six.bytes = 12_000
    var members = RouteRow(
      family: .ipv4, table: 253, source: prefix("10.8.0.0/14"), group: prefix("239.3.0.0/16"),
      inbound: ["eth1"], outbound: [outbound("eth0"), outbound("eth2")], owner: .static, state: .rule,
      since: ago(60))
    members.toMembers = true
    var pruned = RouteRow(
      family: .ipv4, table: 253, source: prefix("172.16.4.1"), group: prefix("224.2.127.254"),
      inbound: ["lab"], outbound: [], owner: .dvmrp, state: .pruned, since: ago(568))
    pruned.packets = 3_311
    return [active, rule, waiting, blocked, six, members, pruned]
  }

  static var interfaces: [InterfaceRow] {
    var up = InterfaceRow(name: "eth0", state: .up, threshold: 1)
    up.ifindex = 3
    up.flags = ["up", "running", "multicast"]
    up.mtu = 1500
    up.addresses = ["10.1.0.1/24", "fe80::1/64"]
    up.places = [
      .init(family: .ipv4, table: 253, index: 0), .init(family: .ipv6, table: 254, index: 0),
    ]
    up.packetsIn = 4_211
    up.packetsOut = 0
    up.bytesIn = 4_211_000
    up.bytesOut = 0
    up.bitsInPerSecond = 9_300_000
    up.bitsOutPerSecond = 0
    up.queriers = [
      QuerierStatus(
        family: .ipv4, address: Address(ipv4: 0x0a01_0001), isSelf: true, version: 3, expires: nil,
        nextQuery: ago(-92), groups: 30),
      QuerierStatus(
        family: .ipv6, address: .unspecified(.ipv6), isSelf: false, version: 2, expires: ago(-230),
        nextQuery: nil, groups: 1),
    ]
    up.groups = 31
    up.neighbors = 2
    up.metric = 1
    up.protocols = [
      ProtocolCounts(
        name: .igmp, heard: [.init(type: "v3-report", count: 1_204)],
        sent: [.init(type: "general-query", count: 40)],
        refused: [
          .init(reason: "checksum", code: .checksum, count: 3),
          .init(reason: "group-limit", code: .tableFull, count: 12),
        ]), ProtocolCounts(name: .dvmrp, heard: [.init(type: "probe", count: 88)]),
    ]
    var split = InterfaceRow(name: "eth1", state: .down, threshold: 16)
    split.ifindex = 4
    split.places = [.init(family: .ipv4, table: 253, index: 1), .init(family: .ipv4, table: 1003, index: 2)]
    let missing = InterfaceRow(name: "wg0", state: .missing, threshold: 32)
    let unused = InterfaceRow(name: "lo", state: .unused, threshold: 1)
    return [up, split, missing, unused]
  }

  static var joins: [JoinRow] {
    let rule = RuleReference(file: "/etc/mcast/mcast.conf", line: 30)
    return [
      JoinRow(
        family: .ipv4, interface: "eth0", ifindex: 3, source: prefix("10.1.0.2"), group: prefix("232.1.1.1"),
        rule: rule, state: .joined),
      JoinRow(
        family: .ipv6, interface: "wg+", ifindex: nil, source: nil, group: prefix("ff0e::/120"), rule: nil,
        state: .waiting),
    ]
  }

  static var pending: [PendingRow] {
    [
      PendingRow(
        kind: .route, text: "route from wg0 group 239.5.5.5 to eth1", missing: ["wg0"],
        rule: RuleReference(file: "/etc/mcast/mcast.conf", line: 24), since: ago(273_600))
    ]
  }

  static var limits: [LimitRow] {
    [
      LimitRow(name: "routes", limit: 200_000, used: 12, hits: 0),
      LimitRow(name: "blocking", limit: 10_000, used: 10_000, hits: 1_512),
    ]
  }

  static let host = Address(ipv4: 0x0a01_001f)
  static let gateway = Address(ipv4: 0x0a02_0009)

  static var groups: [MemberRow] {
    var any = MemberRow(interface: "eth0", ifindex: 3, group: Address(ipv4: 0xef01_0101), mode: .exclude)
    any.version = 2
    any.lastReporter = host
    any.expires = ago(-241)
    any.since = ago(7_860)
    any.sources = [.init(address: gateway, expires: nil, isForwarded: false)]
    any.sourceCount = 1
    var some = MemberRow(interface: "eth0", ifindex: 3, group: Address(ipv4: 0xe801_0101), mode: .include)
    some.version = 3
    some.lastReporter = host
    some.since = ago(720)
    some.sources = (1...5).map {
      .init(address: Address(ipv4: 0x0a08_0100 | $0), expires: ago(-230), isForwarded: true)
    }
    some.sourceCount = 300
    some.isTracked = true
    some.hosts = [.init(address: host, mode: .include, expires: ago(-230))]
    some.hostCount = 1
    var stated = MemberRow(interface: "eth2", ifindex: 5, group: Address(ipv4: 0xef01_0102), mode: .exclude)
    stated.isStatic = true
    return [any, some, stated]
  }

  static var neighbors: [NeighborRow] {
    [
      NeighborRow(
        address: gateway, interface: "eth1", ifindex: 4, state: .twoWay, major: 3, minor: 255,
        capabilities: [.prune, .generation, .mtrace], generation: 0x5f1c_2a10, since: ago(14_520),
        expires: ago(-28), routes: 39, prunes: 2),
      NeighborRow(
        address: host, interface: "eth0", ifindex: 3, state: .oneWay, major: 3, minor: 8, capabilities: [],
        generation: nil, since: nil, expires: ago(-30), routes: 0, prunes: 0),
    ]
  }

  static var origins: [OriginRow] {
    [
      OriginRow(
        origin: prefix("10.8.0.0/14"), gateway: gateway, interface: "eth1", ifindex: 4, metric: 3,
        state: .valid, isChanged: false, since: ago(14_520), expires: ago(-95), children: ["eth0", "eth2"],
        dependents: [host]),
      OriginRow(
        origin: prefix("10.1.0.0/24"), gateway: nil, interface: "eth0", ifindex: 3, metric: 1, state: .local,
        isChanged: true, since: ago(14_600), expires: nil, children: [], dependents: []),
    ]
  }

  static var prunes: [PruneRow] {
    [
      PruneRow(
        kind: .received, origin: prefix("10.1.0.0/24"), group: Address(ipv4: 0xef01_0101), neighbor: gateway,
        interface: "eth1", ifindex: 4, expires: ago(-7_000), sources: 2),
      PruneRow(
        kind: .graft, origin: prefix("10.8.0.0/14"), group: Address(ipv4: 0xef01_0101), neighbor: gateway,
        interface: "eth1", ifindex: 4, expires: ago(-4), sources: 1),
    ]
  }

  static var timers: [TimerRow] {
    [
      TimerRow(kind: .probe, subject: "eth1", due: ago(-7)),
      TimerRow(kind: .audit, subject: "", due: ago(-4)),
      TimerRow(kind: .neighbor, subject: "10.2.0.9 on eth1", due: ago(-28)),
    ]
  }

  static var tunnels: [TunnelRow] {
    var tunnel = TunnelRow(
      name: "lab", local: Address(ipv4: 0x0a02_0001), remote: Address(ipv4: 0xc000_0209), state: .up,
      metric: 3, threshold: 32, rateLimit: 500_000)
    tunnel.ifindex = 9
    tunnel.carrier = .user
    tunnel.neighbor = .twoWay
    tunnel.packetsIn = 12
    tunnel.bitsInPerSecond = 64_000
    tunnel.dropped = [.init(type: "hops", count: 2), .init(type: "rate", count: 7)]
    return [tunnel]
  }

  static var notices: [Notice] {
    var install = Notice(
      sequence: 7, at: ago(9), kind: .route, change: .install, level: .debug, subject: "(10.1.0.7, 239.2.4.9)"
    )
    install.after = "eth0 → eth1"
    install.detail = "rule mcast.conf:21"
    install.route = .init(
      source: "10.1.0.7", group: "239.2.4.9", inbound: "eth0", outbound: ["eth1"], table: 253)
    var change = Notice(
      sequence: 8, at: ago(2), kind: .route, change: .change, level: .debug, subject: "(10.1.0.7, 239.2.4.9)")
    change.before = "eth0 → eth1"
    change.after = "eth0 → eth1 eth2"
    var wrong = Notice(
      sequence: 9, at: ago(1), kind: .kernel, change: .refuse, level: .warning, code: .foreignEntry,
      subject: "(10.1.0.2, 239.1.1.1)")
    wrong.before = "eth0 → eth1"
    wrong.hint = "one table has one owner"
    var joined = Notice(
      sequence: 10, at: ago(1), kind: .group, change: .join, level: .debug, subject: "239.1.1.1")
    (joined.interface, joined.address, joined.group) = ("eth0", "10.1.0.31", "239.1.1.1")
    (joined.after, joined.detail) = ("eth0", "first member 10.1.0.31")
    var lost = Notice(
      sequence: 11, at: ago(0), kind: .neighbor, change: .down, level: .notice, subject: "10.2.0.9")
    (lost.interface, lost.address, lost.after) = ("eth1", "10.2.0.9", "eth1")
    lost.detail = "is silent, or its interface is gone"
    return [install, change, wrong, joined, lost]
  }

  static var status: (Status, DaemonFacts) {
    var status = Status()
    status.generation = 412
    status.interfacesUp = 4
    status.interfacesWaiting = ["wg0"]
    status.tables = [
      .init(family: .ipv4, table: 253, used: 4, open: true),
      .init(family: .ipv6, table: 254, used: 0, open: false),
    ]
    status.rules = 12
    status.rulesWaiting = 1
    status.entries = 1_204
    status.blocking = 3
    status.joins = 17
    status.unsaved = 1
    status.groups = 38
    status.groupInterfaces = 2
    status.dvmrp = .init(neighbors: 2, routes: 41, prunes: 3)
    status.upcalls = 2_310
    status.upcallsLost = 4
    status.foreignRepairs = 1
    status.packetsInPerSecond = 41_310
    status.packetsOutPerSecond = 118_000
    status.bitsInPerSecond = 412_000_000
    status.bitsOutPerSecond = 1_200_000_000
    status.problems = [
      Diagnostic(.warning, .netlinkOverflow, "4 upcalls were lost", hint: "see: mcast show limits")
    ]
    var facts = DaemonFacts(version: "0.1.0", pid: 812, identity: "mcast", host: "r1", started: ago(86_000))
    facts.configFile = "/etc/mcast/mcast.conf"
    facts.configLoaded = ago(3_720)
    facts.configState = .unsaved
    return (status, facts)
  }

  static var explanation: Explanation {
    var explanation = Explanation(
      source: Address(ipv4: 0x0a08_0104), group: Address(ipv4: 0xef03_0001), state: .active, table: 253)
    explanation.inbound = "eth1"
    explanation.owner = .static
    explanation.installed = ago(40)
    explanation.packets = 12
    explanation.ruleText = "route from eth1 source 10.8.0.0/14 group 239.3.0.0/16 to eth0 eth2"
    explanation.rule = RuleReference(file: "/etc/mcast/mcast.conf", line: 22)
    explanation.outbound = [
      .init(interface: "eth0", forwards: true, reason: "members: 10.1.0.31; TTL must be above 1"),
      .init(interface: "eth2", forwards: false, reason: "boundary site"),
    ]
    explanation.reversePath = .init(
      origin: prefix("10.8.0.0/14"), interface: "eth1", gateway: gateway, metric: 3)
    explanation.prunes = prunes
    explanation.timers = [
      TimerRow(kind: .prune, subject: "", due: ago(-4)), TimerRow(kind: .idle, subject: "", due: ago(-20)),
      TimerRow(kind: .group, subject: "eth0", due: ago(-230)),
    ]
    explanation.notes = ["the kernel has no TTL thresholds for IPv6"]
    return explanation
  }

  static var changes: [PlannedChange] {
    [
      PlannedChange(
        action: .change, kind: .route, before: "route from eth0 source 10.1.0.2 group 239.1.1.1 to eth1",
        after: "route from eth0 source 10.1.0.2 group 239.1.1.1 to eth1 eth2", effect: .continues),
      PlannedChange(
        action: .add, kind: .route, before: nil, after: "route from eth0 group 239.9.0.0/16 to eth1",
        effect: .starts),
      PlannedChange(
        action: .remove, kind: .join, before: "join on eth0 group 239.1.0.3", after: nil, effect: .none),
      PlannedChange(
        action: .set, kind: .interface, before: "interface eth1 { threshold 16 }",
        after: "interface eth1 { threshold 1 }",
        effect: .none),
    ]
  }

  static var summary: Summary {
    var summary = Summary()
    (summary.added, summary.changed, summary.removed, summary.untouched) = (1, 1, 1, 99_996)
    summary.kernelChanges = 3
    return summary
  }

  static let running = """
    version 1

    interface eth1 { threshold 16 }

    route from eth0 group 239.1.1.1 to eth1
    route from eth0 group 239.2.0.0/16 to eth1

    """

  /// A daemon that knows all of this.
  static var daemon: FakeDaemon { FakeDaemon { answer($0) } }

  static func answer(_ body: NativeRequest.Body) -> FakeDaemon.Answer {
    var answer = FakeDaemon.Answer()
    switch body {
    case .line(let line):
      answer.rows = [
        {
          $0.write(
            ChangeResult(index: 0, text: line, outcome: line.hasPrefix("replace") ? .unchanged : .done),
            to: &$1)
        }
      ]
    case .verb("status", _, _): answer.rows = [{ $0.write(status.0, status.1, to: &$1) }]
    case .verb("show", "routes", _): answer.rows = routes.map { row in { $0.write(row, to: &$1) } }
    case .verb("show", "interfaces", _): answer.rows = interfaces.map { row in { $0.write(row, to: &$1) } }
    case .verb("show", "joins", _): answer.rows = joins.map { row in { $0.write(row, to: &$1) } }
    case .verb("show", "pending", _): answer.rows = pending.map { row in { $0.write(row, to: &$1) } }
    case .verb("show", "limits", _): answer.rows = limits.map { row in { $0.write(row, to: &$1) } }
    case .verb("show", "events", _): answer.rows = notices.map { row in { $0.write(row, to: &$1) } }
    case .verb("show", "groups", _): answer.rows = groups.map { row in { $0.write(row, to: &$1) } }
    case .verb("show", "neighbors", _): answer.rows = neighbors.map { row in { $0.write(row, to: &$1) } }
    case .verb("show", "dvmrpRoutes", _): answer.rows = origins.map { row in { $0.write(row, to: &$1) } }
    case .verb("show", "prunes", _): answer.rows = prunes.map { row in { $0.write(row, to: &$1) } }
    case .verb("show", "timers", _): answer.rows = timers.map { row in { $0.write(row, to: &$1) } }
    case .verb("show", "tunnels", _): answer.rows = tunnels.map { row in { $0.write(row, to: &$1) } }
    case .verb("show", "config", _): answer.text = running
    case .verb("explain", _, _): answer.rows = [{ $0.write(explanation, to: &$1) }]
    case .verb("config", "plan", _):
      answer.rows = changes.map { row in { $0.write(row, to: &$1) } }
      answer.summary = summary
    case .verb("subscribe", _, _): answer.events = notices.map { row in { $0.write(row, to: &$1) } }
    case .verb("batch", _, let arguments):
      answer = batch(continues: arguments["continue"] == .bool(true))
    default: answer.summary = summary
    }
    return answer
  }

  /// The second of two changes is refused; alone that fails all, with `--continue` only itself.
  private static func batch(continues: Bool) -> FakeDaemon.Answer {
    let refusal = Diagnostic(
      .error, .duplicateRule, "there is a rule for this inbound interface, source and group already")
    let rows = [
      ChangeResult(
        index: 0, text: "add route from eth0 group 239.8.8.1 to eth1", outcome: continues ? .done : .unchanged
      ),
      ChangeResult(
        index: 1, text: "add route from eth0 group 239.8.8.2 to eth1", outcome: .refused, error: refusal),
    ]
    var answer = FakeDaemon.Answer()
    answer.exit = continues ? .partly : .alreadyExists
    answer.rows = rows.map { row in { $0.write(row, to: &$1) } }
    return answer
  }
}

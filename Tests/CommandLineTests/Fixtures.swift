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
    return [active, rule, waiting, blocked, six]
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
    return [install, change, wrong]
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
      .init(interface: "eth0", forwards: true, reason: "the rule names it; TTL must be above 1"),
      .init(interface: "eth2", forwards: false, reason: "boundary site"),
    ]
    explanation.notes = ["the entry is removed in 20s if silent"]
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

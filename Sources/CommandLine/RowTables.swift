import Addressing
import Control

/// The tables of `mcast show`: from rows to cells, nothing else.
enum RoutesTable {
  static let columns: [TextTable.Column] = [
    .left("SOURCE"), .left("GROUP"), .left("FROM"), .left("TO"), .left("OWNER"), .left("STATE"),
    .right("RATE"), .right("PACKETS"), .right("AGE"),
  ]

  static func cells(_ row: RouteRow, _ layout: Layout) -> [Cell] {
    [
      Cell(row.source.isAll ? "*" : row.source.description), Cell(row.group.description),
      Cell(names(row.inbound)), Cell(targets(row)), Cell(row.owner.rawValue),
      state(row), .optional(row.bitsPerSecond.map(layout.quantity.bits)),
      .optional(row.packets.map { String($0) }), Cell(layout.age(since: row.since)),
    ]
  }

  /// `eth1 eth2(8)`, `members`, `members of eth1`.
  private static func targets(_ row: RouteRow) -> String {
    let outbound = row.outbound.map(outbound)
    guard row.toMembers else { return names(outbound) }
    return outbound.isEmpty ? "members" : "members of " + names(outbound)
  }

  /// `eth2(8)`: with its threshold where that is not 1.
  private static func outbound(_ outbound: RouteRow.Outbound) -> String {
    guard let threshold = outbound.threshold, threshold > 1 else { return outbound.name }
    return "\(outbound.name)(\(threshold))"
  }

  private static func names(_ names: [String]) -> String {
    names.isEmpty ? "-" : names.joined(separator: " ")
  }

  private static func state(_ row: RouteRow) -> Cell {
    let missing = row.missing.isEmpty ? "" : " (no \(row.missing.joined(separator: ", ")))"
    switch row.state {
    case .active: return Cell("active", .good)
    case .blocked: return Cell("blocked", .bad)
    case .waiting: return Cell("waiting" + missing, .waiting)
    case .noMember: return "no member"
    case .rule, .idle, .pruned, .disabled: return Cell(row.state.rawValue + missing)
    }
  }

  /// Group, source, interface: the order of a list that fits in one piece.
  static func isBefore(_ left: RouteRow, _ right: RouteRow) -> Bool {
    (left.group, left.source, left.inbound.first ?? "", left.table)
      < (right.group, right.source, right.inbound.first ?? "", right.table)
  }

  /// The order of `sort`, and the usual one among equals.
  static func isBefore(_ left: RouteRow, _ right: RouteRow, by order: RouteQuery.Order) -> Bool {
    switch order {
    case .rate where left.bitsPerSecond ?? -1 != right.bitsPerSecond ?? -1:
      left.bitsPerSecond ?? -1 > right.bitsPerSecond ?? -1
    case .age where left.since != right.since: left.since > right.since
    case .rate, .age, .group: isBefore(left, right)
    }
  }
}

/// `show interfaces`.
enum InterfacesTable {
  static let columns: [TextTable.Column] = [
    .left("INTERFACE"), .right("VIF"), .right("MIF"), .left("STATE"), .right("TTL"), .left("QUERIER"),
    .right("GROUPS"), .right("NEIGHBORS"), .right("IN"), .right("OUT"),
    .right("PACKETS IN"), .right("PACKETS OUT"), .left("ADDRESSES"),
  ]

  static func cells(_ row: InterfaceRow, _ layout: Layout) -> [Cell] {
    [
      Cell(row.name), places(row, .ipv4), places(row, .ipv6), state(row.state), Cell(String(row.threshold)),
      .optional(row.queriers.first.map { querier($0, layout) }), .optional(row.groups.map { String($0) }),
      .optional(row.neighbors.map { String($0) }),
      .optional(row.bitsInPerSecond.map(layout.quantity.bits)),
      .optional(row.bitsOutPerSecond.map(layout.quantity.bits)),
      .optional(row.packetsIn.map { String($0) }), .optional(row.packetsOut.map { String($0) }),
      Cell(row.addresses.isEmpty ? "-" : row.addresses.joined(separator: " ")),
    ]
  }

  /// `us (v3)`, `10.2.0.1 (v3, 92s)`: IPv4's where both families are asked.
  private static func querier(_ querier: QuerierStatus, _ layout: Layout) -> String {
    let who = querier.isSelf ? "us" : querier.address.description
    let rest = querier.expires.map { ", " + layout.age(until: $0) } ?? ""
    return "\(who) (v\(querier.version)\(rest))"
  }

  /// The VIF number; with its table where the interface has one in several: `0, 2@1003`.
  private static func places(_ row: InterfaceRow, _ family: Family) -> Cell {
    let places = row.places.filter { $0.family == family }
    guard let first = places.first else { return "-" }
    guard places.count > 1 else { return Cell(String(first.index)) }
    return Cell(places.map { "\($0.index)@\($0.table)" }.joined(separator: ","))
  }

  private static func state(_ state: InterfaceRow.State) -> Cell {
    switch state {
    case .up: Cell("up", .good)
    case .down, .refused: Cell(state.rawValue, .bad)
    case .missing: Cell("missing", .waiting)
    case .disabled, .unused: Cell(state.rawValue)
    }
  }
}

/// `show joins`.
enum JoinsTable {
  static let columns: [TextTable.Column] = [
    .left("INTERFACE"), .left("SOURCE"), .left("GROUP"), .left("STATE"), .left("FROM"),
  ]

  static func cells(_ row: JoinRow, _ layout: Layout) -> [Cell] {
    let tone: Tone = row.state == .joined ? .good : row.state == .waiting ? .waiting : .bad
    return [
      Cell(row.interface), Cell(row.source.map(\.description) ?? "*"), Cell(row.group.description),
      Cell(row.state.rawValue, tone), .optional(row.rule.map(RuleText.place)),
    ]
  }
}

/// `show pending`.
enum PendingTable {
  static let columns: [TextTable.Column] = [
    .left("WAITS FOR"), .right("SINCE"), .left("FROM"), .left("STATEMENT"),
  ]

  static func cells(_ row: PendingRow, _ layout: Layout) -> [Cell] {
    [
      Cell(row.missing.joined(separator: " "), .waiting), Cell(layout.age(since: row.since)),
      .optional(row.rule.map(RuleText.place)), Cell(row.text),
    ]
  }
}

/// `show limits`.
enum LimitsTable {
  static let columns: [TextTable.Column] = [
    .left("NAME"), .right("USED"), .right("LIMIT"), .right("HITS"),
  ]

  static func cells(_ row: LimitRow, _ layout: Layout) -> [Cell] {
    [
      Cell(row.name), Cell(layout.quantity.count(row.used)), Cell(layout.quantity.count(row.limit)),
      Cell(layout.quantity.count(row.hits), row.hits > 0 ? .bad : .plain),
    ]
  }
}

/// Where a rule was written.
enum RuleText {
  /// `mcast.conf:21`; `run time` for one that no file states.
  static func place(_ rule: RuleReference) -> String {
    guard rule.line > 0 else { return rule.file }
    let name = rule.file.split(separator: "/").last.map(String.init) ?? rule.file
    return "\(name):\(rule.line)"
  }
}

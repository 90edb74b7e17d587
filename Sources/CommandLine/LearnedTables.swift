import Addressing
import Control
import Diagnostics
import Kernel
import Timing

/// `show groups`.
enum GroupsTable {
  static let columns: [TextTable.Column] = [
    .left("GROUP"), .left("INTERFACE"), .left("MODE"), .left("SOURCES"), .left("LAST REPORTER"), .left("VER"),
    .right("EXPIRES"), .right("UP"),
  ]

  static func cells(_ row: MemberRow, _ layout: Layout) -> [Cell] {
    // Of an INCLUDE group the last source to go ends it.
    let expires = row.expires ?? row.sources.compactMap(\.expires).max()
    let version = [row.version.map { "v\($0)" }, row.isStatic ? "static" : nil].compactMap { $0 }
    return [
      Cell(row.group.description), Cell(row.interface), Cell(row.mode.rawValue), Cell(sources(row)),
      .optional(row.lastReporter?.description), Cell(version.joined(separator: " ")),
      .optional(expires.map { layout.age(until: $0) }), .optional(row.since.map { layout.age(since: $0) }),
    ]
  }

  /// The first four; `!` before one that is blocked.
  private static func sources(_ row: MemberRow) -> String {
    guard row.sourceCount > 0 else { return "-" }
    let shown = row.sources.prefix(4).map { ($0.isForwarded ? "" : "!") + $0.address.description }
    let rest = row.sourceCount - shown.count
    return (shown + (rest > 0 ? ["+\(rest)"] : [])).joined(separator: " ")
  }

  static func isBefore(_ left: MemberRow, _ right: MemberRow) -> Bool {
    (left.group, left.interface) < (right.group, right.interface)
  }
}

/// `show neighbors`.
enum NeighborsTable {
  static let columns: [TextTable.Column] = [
    .left("ADDRESS"), .left("INTERFACE"), .left("VERSION"), .left("FLAGS"), .right("UP"), .right("EXPIRES"),
    .right("ROUTES"), .right("PRUNES"), .left("GENID"),
  ]

  static func cells(_ row: NeighborRow, _ layout: Layout) -> [Cell] {
    let letters = row.capabilities.compactMap { $0.rawValue.first }.map { $0.uppercased() }.joined()
    let tone: Tone = row.state == .twoWay ? .good : row.state == .oneWay ? .bad : .waiting
    return [
      Cell(row.address.description), Cell(row.interface), Cell("\(row.major).\(row.minor)"),
      Cell((letters.isEmpty ? "" : letters + " ") + row.state.rawValue, tone),
      .optional(row.since.map { layout.age(since: $0) }), Cell(layout.age(until: row.expires)),
      Cell(layout.quantity.count(row.routes)), Cell(layout.quantity.count(row.prunes)),
      .optional(row.generation.map { "0x" + String($0, radix: 16) }),
    ]
  }

  static func isBefore(_ left: NeighborRow, _ right: NeighborRow) -> Bool {
    (left.interface, left.address) < (right.interface, right.address)
  }
}

/// `show dvmrp routes`.
enum OriginsTable {
  static let columns: [TextTable.Column] = [
    .left("ORIGIN"), .left("GATEWAY"), .left("FROM"), .right("METRIC"), .left("STATE"), .right("UP"),
    .right("EXPIRES"), .left("TO"), .left("DEPENDENTS"),
  ]

  static func cells(_ row: OriginRow, _ layout: Layout) -> [Cell] {
    let tone: Tone = row.state == .holddown ? .waiting : .plain
    return [
      Cell(row.origin.description), .optional(row.gateway?.description), .optional(row.interface),
      Cell(String(row.metric)), Cell(row.state.rawValue, tone), Cell(layout.age(since: row.since)),
      .optional(row.expires.map { layout.age(until: $0) }), names(row.children),
      names(row.dependents.map(\.description)),
    ]
  }

  private static func names(_ names: [String]) -> Cell {
    names.isEmpty ? "-" : Cell(names.joined(separator: " "))
  }

  static func isBefore(_ left: OriginRow, _ right: OriginRow) -> Bool { left.origin < right.origin }
}

/// `show prunes`.
enum PrunesTable {
  static let columns: [TextTable.Column] = [
    .left("ORIGIN"), .left("GROUP"), .left("WHAT"), .left("NEIGHBOR"), .left("INTERFACE"), .right("EXPIRES"),
    .right("SOURCES"),
  ]

  static func cells(_ row: PruneRow, _ layout: Layout) -> [Cell] {
    [
      Cell(row.origin.description), Cell(row.group.description), Cell(row.kind.rawValue),
      .optional(row.neighbor?.description), .optional(row.interface),
      .optional(row.expires.map { layout.age(until: $0) }), Cell(layout.quantity.count(row.sources)),
    ]
  }

  static func isBefore(_ left: PruneRow, _ right: PruneRow) -> Bool {
    (left.group, left.origin, left.kind.rawValue, left.interface ?? "", left.neighbor ?? left.group)
      < (right.group, right.origin, right.kind.rawValue, right.interface ?? "", right.neighbor ?? right.group)
  }
}

/// `show timers`.
enum TimersTable {
  static let columns: [TextTable.Column] = [.right("IN"), .left("TIMER"), .left("OF"), .left("THEN")]

  static func cells(_ row: TimerRow, _ layout: Layout) -> [Cell] {
    [
      Cell(layout.age(until: row.due)), Cell(row.kind.rawValue),
      Cell(row.subject.isEmpty ? "-" : row.subject),
      Cell(meaning(row.kind)),
    ]
  }

  private static func meaning(_ kind: TimerRow.Kind) -> String {
    switch kind {
    case .audit: "the kernel's tables are read back"
    case .confirm: "what was applied is taken back, unless confirmed"
    case .retry: "what the kernel refused is asked for again"
    case .forwarding: "DVMRP's flows are forwarded"
    case .adoption: "entries of before the restart are held no more"
    case .announcement: "this router is announced"
    case .idle: "the longest unused entry is looked at"
    case .query: "we ask who listens"
    case .querier: "another querier counts as gone, if silent"
    case .group: "the first of all groups changes, if nobody reports it"
    case .probe: "we tell neighbors that we are here"
    case .neighbor: "the neighbor counts as gone, if silent"
    case .report: "the next routes are told to neighbors"
    case .route: "the first of all routes ends, if nobody reports it"
    case .prune: "the first of all prunes ends, or a graft is repeated"
    }
  }

  static func isBefore(_ left: TimerRow, _ right: TimerRow) -> Bool {
    (left.due, left.kind.rawValue, left.subject) < (right.due, right.kind.rawValue, right.subject)
  }
}

/// `show tunnels`.
enum TunnelsTable {
  static let columns: [TextTable.Column] = [
    .left("TUNNEL"), .left("LOCAL"), .left("REMOTE"), .left("STATE"), .left("CARRIER"), .right("METRIC"),
    .right("TTL"), .right("RATE LIMIT"), .left("NEIGHBOR"), .right("IN"), .right("OUT"),
    .right("DROPPED"),
  ]

  static func cells(_ row: TunnelRow, _ layout: Layout) -> [Cell] {
    let tone: Tone = row.state == .up ? .good : row.state == .missing ? .waiting : .bad
    return [
      Cell(row.name), Cell(row.local.isUnspecified ? "-" : row.local.description),
      Cell(row.remote.description), Cell(row.state.rawValue, tone), .optional(row.carrier?.rawValue),
      Cell(String(row.metric)), Cell(String(row.threshold)),
      row.rateLimit == 0 ? "-" : Cell(layout.quantity.bits(perSecond: Double(row.rateLimit))),
      .optional(row.neighbor?.rawValue), .optional(row.bitsInPerSecond.map(layout.quantity.bits)),
      .optional(row.bitsOutPerSecond.map(layout.quantity.bits)),
      .optional(row.dropped.map { layout.quantity.count($0.reduce(0) { $0 + $1.count }) }),
    ]
  }

  static func isBefore(_ left: TunnelRow, _ right: TunnelRow) -> Bool { left.name < right.name }
}

/// What `show interfaces IF` says below the table: who asks, and every counter.
enum InterfaceDetails {
  static let columns: [TextTable.Column] = [
    .left("PROTOCOL"), .left("PACKETS"), .left("WHAT"), .right("COUNT"), .left("CODE"),
  ]

  static func text(_ row: InterfaceRow, _ layout: Layout) -> String {
    guard !row.queriers.isEmpty || !row.protocols.isEmpty else { return "" }
    var text = "\n"
    for querier in row.queriers {
      let name = querier.family == .ipv4 ? "IGMP" : "MLD"
      let next =
        querier.nextQuery.map { ", next query in \(layout.age(until: $0))" }
        ?? querier.expires.map { ", gone in \(layout.age(until: $0)) if silent" } ?? ""
      let who = querier.isSelf ? "us, \(querier.address)" : querier.address.description
      let groups = "\(layout.quantity.count(querier.groups)) \(querier.groups == 1 ? "group" : "groups")"
      text += "\(name) querier: \(who), version \(querier.version)\(next), \(groups)\n"
    }
    if let metric = row.metric {
      let neighbors = row.neighbors ?? 0
      text += "DVMRP: metric \(metric), \(neighbors) \(neighbors == 1 ? "neighbor" : "neighbors")\n"
    }
    let cells = row.protocols.flatMap { counts -> [[Cell]] in
      let name = counts.name.rawValue
      let count = { (number: UInt64) in layout.quantity.count(number) }
      return counts.heard.map { [Cell(name), "heard", Cell($0.type), Cell(count($0.count)), "-"] }
        + counts.sent.map { [Cell(name), "sent", Cell($0.type), Cell(count($0.count)), "-"] }
        + counts.refused.map {
          [
            Cell(name), Cell("refused", .bad), Cell($0.reason), Cell(count($0.count)),
            Cell($0.code.description),
          ]
        }
    }
    guard !cells.isEmpty else { return text }
    return text + "\n" + layout.text(columns, cells) { $0 }
  }
}

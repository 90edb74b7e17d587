import Control
import Encoding

/// The tables of what is learned from hosts and other routers.
enum LearnedTable: String, CaseIterable, Sendable {
  case groups, neighbors, dvmrpRoutes, prunes, timers, tunnels

  /// What is said instead of an empty table.
  var emptiness: String {
    switch self {
    case .groups: "no groups with members"
    case .neighbors: "no DVMRP neighbors"
    case .dvmrpRoutes: "no DVMRP routes"
    case .prunes: "no prunes"
    case .timers: "nothing is due"
    case .tunnels: "no tunnels"
    }
  }
}

/// `show groups`, `neighbors`, `dvmrp routes` and their like: sorted here, streamed when there are many.
struct ShowLearned {
  let console: Console
  let client: ControlClient

  func run(_ table: LearnedTable, _ filter: RouteFilter) throws(Failure) -> ExitCode {
    let count =
      switch table {
      case .groups:
        try show(table, filter, GroupsTable.columns, GroupsTable.cells, GroupsTable.isBefore) {
          (reader, json) throws(JSONError) in try reader.member(json)
        }
      case .neighbors:
        try show(table, filter, NeighborsTable.columns, NeighborsTable.cells, NeighborsTable.isBefore) {
          (reader, json) throws(JSONError) in try reader.neighbor(json)
        }
      case .dvmrpRoutes:
        try show(table, filter, OriginsTable.columns, OriginsTable.cells, OriginsTable.isBefore) {
          (reader, json) throws(JSONError) in try reader.origin(json)
        }
      case .prunes:
        try show(table, filter, PrunesTable.columns, PrunesTable.cells, PrunesTable.isBefore) {
          (reader, json) throws(JSONError) in try reader.prune(json)
        }
      case .timers:
        try show(table, filter, TimersTable.columns, TimersTable.cells, TimersTable.isBefore) {
          (reader, json) throws(JSONError) in try reader.timer(json)
        }
      case .tunnels:
        try show(table, filter, TunnelsTable.columns, TunnelsTable.cells, TunnelsTable.isBefore) {
          (reader, json) throws(JSONError) in try reader.tunnel(json)
        }
      }
    if count == 0 { console.note(filter == RouteFilter() ? table.emptiness : "no such rows") }
    return .done
  }

  /// Returns how many rows there were.
  private func show<Row>(
    _ table: LearnedTable, _ filter: RouteFilter, _ columns: [TextTable.Column],
    _ cells: @escaping (Row, Layout) -> [Cell], _ isBefore: (Row, Row) -> Bool,
    _ read: (RowReader, ArraySlice<UInt8>) throws(JSONError) -> Row
  ) throws(Failure) -> Int {
    let clock = console.surroundings.clock()
    let reader = RowReader(clock: clock)
    var printer = TablePrinter(table.rawValue, columns, console, client, console.layout(clock), cells)
    var held: [(row: Row, json: ArraySlice<UInt8>)] = []
    var streams = false
    let ending = try client.ask(Requests.table(table.rawValue, filter)) { (bytes) throws(Failure) in
      let row = try ControlClient.row(bytes, reader, read)
      guard !streams else { return printer.print(row, bytes) }
      held.append((row, printer.isJSON ? bytes : []))
      guard held.count > ShowCommands.sortable else { return }
      streams = true
      for one in held { printer.print(one.row, one.json) }
      held = []
    }
    try Answers.check(ending, console)
    held.sort { isBefore($0.row, $1.row) }
    for one in held { printer.print(one.row, one.json) }
    printer.finish(warnings: Answers.json(ending.warnings, console))
    return printer.count
  }
}

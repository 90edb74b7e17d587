import Addressing
import Control
import Encoding

/// `show routes`: filtered by the daemon, sorted here, streamed when there are many.
struct ShowRoutes {
  let console: Console
  let client: ControlClient
  let query: RouteQuery

  private struct Held {
    var row: RouteRow
    var json: ArraySlice<UInt8>
  }

  func run() throws(Failure) -> ExitCode {
    let clock = console.surroundings.clock()
    let reader = RowReader(clock: clock)
    var printer = TablePrinter(
      "routes", RoutesTable.columns, console, client, console.layout(clock), RoutesTable.cells)
    var held: [Held] = []
    var streams = query.needsEverything ? false : try isLong(reader)
    let ending = try client.ask(Requests.table("routes", query.filter)) { (bytes) throws(Failure) in
      let row = try ControlClient.row(bytes, reader) { (reader, json) throws(JSONError) in
        try reader.route(json)
      }
      guard !streams else { return printer.print(row, bytes) }
      held.append(Held(row: row, json: printer.isJSON ? bytes : []))
      if query.needsEverything {
        trim(&held)
      } else if held.count > ShowCommands.sortable {
        streams = true
        for one in held { printer.print(one.row, one.json) }
        held = []
      }
    }
    try Answers.check(ending, console)
    for one in sorted(held) { printer.print(one.row, one.json) }
    printer.finish(warnings: Answers.json(ending.warnings, console))
    if printer.count == 0 { console.note(emptiness) }
    return .done
  }

  /// Whether there are more rows than are sorted, as far as the daemon's counts tell: then the first can be
  /// printed at once.
  private func isLong(_ reader: RowReader) throws(Failure) -> Bool {
    guard query.filter == RouteFilter() else { return false }
    var count = 0
    let ending = try client.ask(Requests.status) { (bytes) throws(Failure) in
      let status = try ControlClient.row(bytes, reader) { (reader, json) throws(JSONError) in
        try reader.status(json).0
      }
      count = status.rules + status.blocking
    }
    try Answers.check(ending, console)
    return count > ShowCommands.sortable
  }

  /// Only the best are kept: memory stays in proportion to what is printed.
  private func trim(_ held: inout [Held]) {
    guard let top = query.top, held.count >= 2 * top + 1_000 else { return }
    held = sorted(held)
  }

  private func sorted(_ held: [Held]) -> [Held] {
    let all = held.sorted { left, right in
      query.order.map { RoutesTable.isBefore(left.row, right.row, by: $0) }
        ?? RoutesTable.isBefore(left.row, right.row)
    }
    return query.top.map { Array(all.prefix($0)) } ?? all
  }

  private var emptiness: String {
    query.filter == RouteFilter() ? "no routes; add one: mcast add eth0 239.1.1.1 eth1" : "no such routes"
  }
}

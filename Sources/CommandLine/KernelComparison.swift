import Addressing
import Control
import Diagnostics
import Encoding
import LinuxKernel

/// `config diff running kernel`: the entries that the daemon means to have, and those that there are.
struct KernelComparison {
  let console: Console

  func lines() throws(Failure) -> (daemon: [String], kernel: [String]) {
    let client = try ControlClient(console.settings, console.surroundings)
    var filter = RouteFilter()
    filter.family = console.settings.family
    filter.table = console.settings.table
    let reader = RowReader(clock: console.surroundings.clock())
    var daemon: [String] = []
    var tables: Set<UInt32> = []
    let ending = try client.ask(Requests.table("routes", filter)) { (json) throws(Failure) in
      let row = try ControlClient.row(json, reader) { (reader, json) throws(JSONError) in
        try reader.route(json)
      }
      tables.insert(row.table)
      // A rule has no counters: it is no entry.
      guard row.packets != nil else { return }
      daemon.append(
        KernelComparison.line(
          row.table, row.source.isAll ? nil : row.source.address, row.group.address, row.inbound.first,
          row.outbound.map { ($0.name, $0.threshold ?? 1) }))
    }
    try Answers.check(ending, console)
    // Tables that the daemon has no row in are another's, but its standard ones.
    tables.formUnion(console.settings.table.map { [$0] } ?? [])
    return (daemon, try kernel(tables))
  }

  private func kernel(_ tables: Set<UInt32>) throws(Failure) -> [String] {
    try console.settings.rows(console.surroundings.kernel.routes)
      .filter { !$0.isUnresolved && (tables.isEmpty || tables.contains($0.table)) }
      .map { route in
        let isIPv4 = route.group.family == .ipv4
        return KernelComparison.line(
          route.table, route.source.isUnspecified ? nil : route.source, route.group, route.inbound,
          route.outbound.map { ($0.interface, isIPv4 ? $0.threshold : 1) })
      }
  }

  /// One form for both sides: `table 253 (10.0.0.2, 239.1.1.1) eth0 → eth1 eth2(8)`.
  private static func line(
    _ table: UInt32, _ source: Address?, _ group: Address, _ inbound: String?, _ outbound: [(String, UInt8)]
  ) -> String {
    let names = outbound.map { $0.1 > 1 ? "\($0.0)(\($0.1))" : $0.0 }.sorted()
    let to = names.isEmpty ? "nothing" : names.joined(separator: " ")
    return "table \(table) (\(source.map(\.description) ?? "*"), \(group)) \(inbound ?? "-") → \(to)"
  }
}

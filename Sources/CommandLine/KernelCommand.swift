import Addressing
import Diagnostics
import Encoding
import LinuxKernel
import Timing

/// What the kernel says of multicast routing; a test puts its own in place.
struct KernelView {
  var routes: (Family) throws(SystemError) -> [KernelTables.Route]
  var vifs: (Family) throws(SystemError) -> [KernelTables.VirtualInterface]
  var rules: (Family) throws(SystemError) -> [KernelTables.Rule]
  var memberships: (Family) throws(SystemError) -> [KernelTables.Membership]

  static var system: KernelView {
    KernelView(
      routes: { (family) throws(SystemError) in try KernelTables.routes(family) },
      vifs: { (family) throws(SystemError) in try KernelTables.virtualInterfaces(family) },
      rules: { (family) throws(SystemError) in try KernelTables.rules(family) },
      memberships: { (family) throws(SystemError) in KernelTables.memberships(family) })
  }
}

extension Settings {
  /// The rows of both families, or of the one asked for.
  ///
  /// A family that the kernel does not route has none, unless it was asked for. Any other error is one: what
  /// could not be read is not empty.
  func rows<Row>(_ read: (Family) throws(SystemError) -> [Row]) throws(Failure) -> [Row] {
    var rows: [Row] = []
    for family in Family.allCases where self.family.map({ $0 == family }) ?? true {
      do throws(SystemError) {
        rows += try read(family)
      } catch {
        let isUnrouted = ["EOPNOTSUPP", "EAFNOSUPPORT", "ENOPROTOOPT", "ENOENT"].contains(error.name)
        guard self.family == nil, isUnrouted else {
          throw Failure(
            .failed, .noRouting, "the kernel tells nothing of \(family.rawValue) multicast: \(error)",
            hint: "zgrep MROUTE /proc/config.gz")
        }
      }
    }
    return rows
  }
}

/// `show kernel`: what the kernel has, whoever put it there; needs no daemon.
struct KernelCommand {
  let console: Console

  func run(_ part: KernelPart) throws(Failure) -> ExitCode {
    let layout = console.layout(console.surroundings.clock())
    let kernel = console.surroundings.kernel
    var output = console.settings.json.map { _ in JSONOutput("kernel", generation: nil, to: console) }
    var texts: [String] = []
    if part == .routes || part == .all {
      let rows = try console.settings.rows(kernel.routes).filter { isWanted($0.table) }
      for row in rows { output?.row { KernelRows.write(row, to: &$0) } }
      texts.append(layout.text(KernelRows.routeColumns, rows) { KernelRows.cells($0, layout) })
    }
    if part == .vifs || part == .all {
      let rows = try console.settings.rows(kernel.vifs).filter { isWanted($0.table) }
      for row in rows { output?.row { KernelRows.write(row, to: &$0) } }
      texts.append(layout.text(KernelRows.vifColumns, rows) { KernelRows.cells($0, layout) })
    }
    if part == .rules || part == .all {
      let rows = try console.settings.rows(kernel.rules).filter { isWanted($0.table) }
      for row in rows { output?.row { KernelRows.write(row, to: &$0) } }
      texts.append(layout.text(KernelRows.ruleColumns, rows, KernelRows.cells))
    }
    if part == .groups || part == .all {
      let rows = try console.settings.rows(kernel.memberships)
      for row in rows { output?.row { KernelRows.write(row, to: &$0) } }
      texts.append(layout.text(KernelRows.groupColumns, rows, KernelRows.cells))
    }
    output?.finish()
    guard output == nil else { return .done }
    let found = texts.filter { !$0.isEmpty }
    console.print(found.joined(separator: "\n"))
    if found.isEmpty { console.note("the kernel has no \(KernelCommand.name(part))") }
    return .done
  }

  private static func name(_ part: KernelPart) -> String {
    switch part {
    case .routes: "multicast entries"
    case .vifs: "virtual interfaces"
    case .rules: "multicast rules"
    case .groups: "group memberships"
    case .all: "multicast routing in use"
    }
  }

  private func isWanted(_ table: UInt32) -> Bool { console.settings.table.map { $0 == table } ?? true }
}

/// The kernel's rows as cells and as JSON.
enum KernelRows {
  static let routeColumns: [TextTable.Column] = [
    .left("SOURCE"), .left("GROUP"), .right("TABLE"), .left("FROM"), .left("TO"), .left("STATE"),
    .right("PACKETS"), .right("WRONG IF"), .right("IDLE"),
  ]

  static func cells(_ row: KernelTables.Route, _ layout: Layout) -> [Cell] {
    let outbound = row.outbound.map { $0.threshold > 1 ? "\($0.interface)(\($0.threshold))" : $0.interface }
    return [
      Cell(row.source.isUnspecified ? "*" : row.source.description),
      Cell(row.group.isUnspecified ? "*" : row.group.description), Cell(String(row.table)),
      .optional(row.inbound), Cell(outbound.isEmpty ? "-" : outbound.joined(separator: " ")), state(row),
      Cell(String(row.packets)), Cell(String(row.wrongInterface)),
      .optional(row.idle.map { layout.quantity.age(seconds: Double($0.nanoseconds) / 1e9) }),
    ]
  }

  private static func state(_ row: KernelTables.Route) -> Cell {
    if row.isUnresolved { return Cell("unresolved", .waiting) }
    return row.isStatic ? Cell("foreign", .bad) : "resolved"
  }

  static func write(_ row: KernelTables.Route, to writer: inout JSONWriter) {
    writer.member("kind", "entry")
    writer.member("family", row.family.rawValue)
    writer.member("table", row.table)
    writer.member("source", row.source)
    writer.member("group", row.group)
    writer.member("iif", row.inbound)
    writer.array("oifs") { writer in
      for outbound in row.outbound {
        writer.object { writer in
          writer.member("name", outbound.interface)
          writer.member("threshold", row.family == .ipv4 ? outbound.threshold : nil)
        }
      }
    }
    writer.member("unresolved", row.isUnresolved)
    writer.member("packets", row.packets)
    writer.member("bytes", row.bytes)
    writer.member("wrongIf", row.wrongInterface)
    writer.member("lastUsedSeconds", number: row.idle.map { Double($0.nanoseconds) / 1e9 })
    writer.member("ours", !row.isStatic)
  }

  static let vifColumns: [TextTable.Column] = [
    .left("INTERFACE"), .left("FAMILY"), .right("TABLE"), .right("VIF"), .right("PACKETS IN"),
    .right("PACKETS OUT"), .right("BYTES IN"), .right("BYTES OUT"),
  ]

  static func cells(_ row: KernelTables.VirtualInterface, _ layout: Layout) -> [Cell] {
    [
      Cell(row.interface), Cell(row.family.rawValue), Cell(String(row.table)), Cell(String(row.index)),
      Cell(String(row.packetsIn)), Cell(String(row.packetsOut)), Cell(String(row.bytesIn)),
      Cell(String(row.bytesOut)),
    ]
  }

  static func write(_ row: KernelTables.VirtualInterface, to writer: inout JSONWriter) {
    writer.member("kind", "vif")
    writer.member("family", row.family.rawValue)
    writer.member("table", row.table)
    writer.member("name", row.interface)
    writer.member(row.family == .ipv4 ? "vif" : "mif", row.index)
    writer.object("counters") { writer in
      writer.member("packetsIn", row.packetsIn)
      writer.member("packetsOut", row.packetsOut)
      writer.member("bytesIn", row.bytesIn)
      writer.member("bytesOut", row.bytesOut)
    }
  }

  static let ruleColumns: [TextTable.Column] = [
    .right("PRIORITY"), .left("FAMILY"), .left("FROM"), .left("TO"), .left("MARK"), .right("TABLE"),
  ]

  static func cells(_ row: KernelTables.Rule) -> [Cell] {
    [
      Cell(String(row.priority)), Cell(row.family.rawValue), .optional(row.inbound), .optional(row.outbound),
      .optional(row.mark.map { "0x" + String($0, radix: 16) }), Cell(String(row.table)),
    ]
  }

  static func write(_ row: KernelTables.Rule, to writer: inout JSONWriter) {
    writer.member("kind", "rule")
    writer.member("family", row.family.rawValue)
    writer.member("table", row.table)
    writer.member("priority", row.priority)
    writer.member("iif", row.inbound)
    writer.member("oif", row.outbound)
    writer.member("mark", row.mark)
  }

  static let groupColumns: [TextTable.Column] = [.left("INTERFACE"), .left("GROUP"), .right("USERS")]

  static func cells(_ row: KernelTables.Membership) -> [Cell] {
    [Cell(row.interface), Cell(row.group.description), Cell(String(row.users))]
  }

  static func write(_ row: KernelTables.Membership, to writer: inout JSONWriter) {
    writer.member("kind", "group")
    writer.member("family", row.group.family.rawValue)
    writer.member("interface", row.interface)
    writer.member("group", row.group)
    writer.member("users", row.users)
  }
}

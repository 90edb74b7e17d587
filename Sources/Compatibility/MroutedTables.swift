import Addressing
public import Control

/// What `mroutectl show` is answered: lines as they go over the wire.
///
/// A line that ends in `_` is a title, one that ends in `=` a heading of columns; the client dresses them.
/// Tables without rows have neither.
public struct MroutedTables: Sendable {
  private let report: MulticastReport
  private let heading: MroutedHeading
  private let names: [Int: String]

  /// - Parameter report: of the parts that the tables need.
  public init(_ report: MulticastReport, _ heading: MroutedHeading) {
    self.report = report
    self.heading = heading
    names = Dictionary(report.interfaces.map { ($0.number, $0.name) }) { first, _ in first }
  }

  /// The lines of a table, without their newlines.
  public func lines(of table: MroutedTable, detailed: Bool) -> [String] {
    switch table {
    case .interfaces: interfaces
    case .neighbors: neighbors
    case .routes: detailed ? detailedRoutes : routes
    case .cache: detailed ? detailedCache : cache
    case .igmpInterfaces: igmpInterfaces
    case .igmpGroups: igmpGroups
    case .igmp: igmpInterfaces + igmpGroups
    case .status:
      interfaces + neighbors + lines(of: .routes, detailed: detailed) + lines(of: .cache, detailed: detailed)
    case .compat: compat(detailed: detailed)
    case .version: [detailed ? heading.line(uptime: report.uptime) : "mrouted version \(heading.version) "]
    }
  }

  private func table(_ title: String, _ heading: String, _ rows: [String]) -> [String] {
    rows.isEmpty ? [] : ["\(title)_", "\(heading)="] + rows
  }

  private func name(_ interface: Int?) -> String { interface.flatMap { names[$0] } ?? "-" }

  private func compat(detailed: Bool) -> [String] {
    let text = MroutedProgramText(report: report, vintage: .four)
    let busy = report.busyInterfaces
    let state = busy == 1 ? "This host is a leaf" : "\(busy) neighbors"
    var lines = detailed ? ["Virtual Interface Table (\(state))"] : []
    lines.append("\(MroutedProgramText.interfaceHeading)=")
    for interface in report.interfaces { lines += text.lines(interface) }
    if detailed { lines.append(report.routesTitle) }
    lines.append("\(MroutedProgramText.routeHeading)=")
    for route in report.routesInOrder { lines.append(text.line(route)) }
    lines.append("")
    if detailed { lines.append(report.cacheTitle) }
    return lines + ["\(MroutedProgramText.treeHeading)="] + text.cacheLines
  }
}

/// Interfaces, and who is on them.
extension MroutedTables {
  private var interfaces: [String] {
    table(
      "Interface Table", "Address         Interface       State Cost TTL    Uptime Flags",
      report.interfaces.map { interface in
        let state =
          switch interface.state {
          case .up: "Up"
          case .down: "Down"
          case .disabled: "Disabled"
          }
        var line = TextLine()
        line.left("\(interface.address)", 15)
        line.text(" ")
        line.left(interface.name, 15)
        line.text(" ")
        line.right(state, 5)
        line.text(" ")
        line.right("\(interface.metric)", 4)
        line.text(" ")
        line.right("\(interface.threshold)", 3)
        line.right(MroutedText.time(interface.uptime), 10)
        line.text(" \(MroutedText.letters(interface))")
        return line.string
      })
  }

  private var neighbors: [String] {
    table(
      "Neighbor Table", "Neighbor        Interface       Version Flags    Uptime Expire",
      report.interfaces.flatMap { interface in
        interface.neighbors.map { neighbor in
          var line = TextLine()
          line.left("\(neighbor.address)", 15)
          line.text(" ")
          line.left(interface.name, 16)
          line.left(MroutedText.version(neighbor), 7)
          line.text(" ")
          line.left(MroutedText.letters(neighbor), 5)
          line.right(MroutedText.time(neighbor.uptime), 10)
          line.text(" ")
          line.right("\(MroutedText.whole(neighbor.expiry))", 5)
          line.text("s")
          return line.string
        }
      })
  }

  private var igmpInterfaces: [String] {
    table(
      "IGMP Interface Table", "Interface         Querier          Version  Groups  Expire",
      report.interfaces.compactMap { interface in
        guard let querier = interface.querier else { return nil }
        let (name, expiry) =
          switch querier {
          case .ours: ("Local", "Never")
          case .other(let address, _, _, let expiry): ("\(address)", "\(MroutedText.whole(expiry))s")
          }
        var line = TextLine()
        line.left(interface.name, 16)
        line.text("  ")
        line.left(name, 15)
        line.text("  ")
        line.right("\(interface.igmpVersion)", 7)
        line.text("  ")
        line.right("\(interface.groups.count { !$0.isLinkLocal })", 6)
        line.text("  ")
        line.right(expiry, 6)
        return line.string
      })
  }

  private var igmpGroups: [String] {
    table(
      "IGMP Group Table", "Interface         Group            Last Reporter    Expire  Flags     ",
      report.interfaces.flatMap { interface in
        interface.groups.filter { !$0.isLinkLocal }.map { group in
          let flags = (group.version < 3 ? ["v\(group.version)"] : []) + (group.isStatic ? ["static"] : [])
          var line = TextLine()
          line.left(interface.name, 16)
          line.text("  ")
          line.left("\(group.group)", 15)
          line.text("  ")
          line.left("\(group.lastReporter)", 15)
          line.text("  ")
          line.right(group.expiry.map { "\(MroutedText.whole($0))s" } ?? "Never", 6)
          line.text("  ")
          line.left(flags.joined(separator: " "), 10)
          return line.string
        }
      })
  }
}

/// Routes and the forwarding cache.
extension MroutedTables {
  private static let routesTitle = "DVMRP Routing Table"
  private static let routesHeading = "Origin          Neighbor        Interface      "
  private static let cacheTitle = "Multicast Forwarding Cache Table"

  private var routes: [String] {
    table(
      MroutedTables.routesTitle, MroutedTables.routesHeading, report.routesInOrder.map { head($0).string })
  }

  private var detailedRoutes: [String] {
    table(
      MroutedTables.routesTitle, MroutedTables.routesHeading + "  Cost   Expire",
      report.routesInOrder.map { route in
        var line = head(route)
        // An unreachable one stands a column to the left, as in the original.
        line.text(route.metric == nil ? "   NR " : "  \(MroutedText.metric(route))")
        line.right(route.expiry.map { "\(MroutedText.whole($0))s" } ?? "Never", 8)
        return line.string
      })
  }

  private func head(_ route: MulticastReport.Route) -> TextLine {
    var line = TextLine()
    line.left(MroutedText.network(route.origin), 15)
    line.text(" ")
    line.left(route.isLocal ? "Local" : MroutedText.gateway(route), 15)
    line.text(" ")
    line.left(name(route.interface), 15)
    return line
  }

  /// What is forwarded; the rest is in the detailed table alone.
  private var cache: [String] {
    table(
      MroutedTables.cacheTitle, "Origin          Group           Inbound         Outbound",
      report.treesInOrder.filter { $0.isForwarded }.map { tree in
        var line = TextLine()
        line.left(MroutedText.network(tree.origin), 15)
        line.text(" ")
        line.left("\(tree.group)", 15)
        line.text(" ")
        line.left(name(tree.inbound), 16)
        line.text(outbound(tree))
        return line.string
      })
  }

  private var detailedCache: [String] {
    let strays = report.strays.sorted { ($0.group, $0.source) < ($1.group, $1.source) }.map { stray in
      cacheLine("\(stray.source)", stray.group, "-", "!!", age: stray.age, left: stray.left)
    }
    let trees = report.treesInOrder
    let rows = trees.map { tree in
      let flags = MroutedText.letter(tree.upstream) + (tree.isBounded ? "B" : " ")
      return cacheLine(
        MroutedText.network(tree.origin), tree.group, name(tree.inbound), flags, age: tree.age,
        left: tree.left) + outbound(tree)
    }
    let sources = trees.filter { !$0.isPruned }.flatMap { tree in tree.sources.map { line($0, of: tree) } }
    var lines = table(
      MroutedTables.cacheTitle,
      "Origin          Group           Inbound         <>    Uptime   Expire  Outbound", strays + rows)
    if !sources.isEmpty {
      lines += ["", "Source          Group           Inbound               Uptime  Packets     Bytes="]
    }
    return lines + sources
  }

  private func cacheLine(
    _ origin: String, _ group: Address, _ inbound: String, _ flags: String, age: Duration, left: Duration
  ) -> String {
    var line = TextLine()
    line.left(origin, 15)
    line.text(" ")
    line.left("\(group)", 15)
    line.text(" ")
    line.left(inbound, 15)
    line.text(" \(flags)")
    line.right(MroutedText.time(age), 10)
    line.text(" ")
    line.right(MroutedText.time(left), 8)
    line.text("  ")
    return line.string
  }

  /// Names, each with a blank behind it.
  private func outbound(_ tree: MulticastReport.Tree) -> String {
    tree.outbound.map { outbound in
      let mark = MroutedText.letter(outbound.state)
      return name(outbound.interface) + (mark == " " ? " " : ":\(mark) ")
    }.joined()
  }

  private func line(
    _ source: MulticastReport.Tree.Source, of tree: MulticastReport.Tree
  ) -> String {
    var line = TextLine()
    line.left("\(source.address)", 15)
    line.text(" ")
    line.left("\(tree.group)", 15)
    line.text(" ")
    line.left(name(tree.inbound), 15)
    line.text("   ")
    line.right(source.age.map { MroutedText.time($0) } ?? "-", 10)
    line.text(" ")
    line.right("\(source.count?.packets ?? 0)", 8)
    line.text("  ")
    line.right("\(source.count?.bytes ?? 0)", 8)
    return line.string
  }
}

extension MulticastReport.Tree {
  fileprivate var isPruned: Bool {
    if case .pruned = upstream { true } else { false }
  }

  fileprivate var isForwarded: Bool { !isPruned && outbound.contains { $0.state == .forwards } }
}

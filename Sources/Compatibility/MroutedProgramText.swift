import Addressing
import Control

/// Rows as the programs write them: the dumps of mrouted 3.9.8, and `mroutectl show compat` of 4.
struct MroutedProgramText {
  /// Which of the two programs writes.
  enum Vintage { case three, four }

  let report: MulticastReport
  let vintage: Vintage

  static let interfaceHeading =
    "Vif  Name  Local-Address                               M  Thr  Rate   Flags"
  static let routeHeading = " Origin-Subnet      From-Gateway    Metric Tmr Fl In-Vif  Out-Vifs"
  static let treeHeading =
    " Origin             Mcast-group         CTmr     Age      Ptmr Rx IVif Forwvifs"
  static let pruneHeading = "<(prunesrc:vif[idx]/tmr) prunebitmap"
  static let sourceHeading = ">Source             Lifetime SavPkt         Pkts    Bytes RPFf"
}

/// Interfaces.
extension MroutedProgramText {
  /// One interface, and an empty line behind it.
  func lines(_ interface: MulticastReport.Interface) -> [String] {
    var lines = [head(interface)]
    if interface.advertMetric > 0 {
      lines.append(
        String(repeating: " ", count: 40) + "advert-metric " + "\(interface.advertMetric)".right(2))
    }
    lines += labelled("alternate subnets:", interface.altnets.map { MroutedText.network($0) })
    lines += labelled("peers:", interface.neighbors.map { peer($0) })
    lines += labelled("group host (time left):", groups(interface).map { member($0) })
    lines += labelled("boundaries:", interface.boundaries.map { MroutedText.network($0).left(18) })
    if let filter = interface.filter { lines += labelled(label(filter), filter.lines.map { line($0) }) }
    if interface.state == .up, !interface.isTunnel {
      lines += labelled("IGMP querier:", [querier(interface)])
    }
    if let size = interface.bufferSize { lines += labelled("blasterbuf size:", ["\(size)k"]) }
    lines += labelled("Nbr bitmaps:", [MroutedText.bitmap(interface.neighbors.map(\.index))])
    if let lifetime = interface.pruneLifetime {
      lines += labelled("Prune Lifetime:", ["\(MroutedText.whole(lifetime)) seconds"])
    }
    if let traffic = interface.traffic {
      lines += labelled("pkts/bytes in :", ["\(traffic.packetsIn)/\(traffic.bytesIn)"])
      lines += labelled("pkts/bytes out:", ["\(traffic.packetsOut)/\(traffic.bytesOut)"])
    }
    return lines + [""]
  }

  private func head(_ interface: MulticastReport.Interface) -> String {
    let target: (label: String, text: String) =
      switch interface.reach {
      case .subnet(let prefix): ("subnet", MroutedText.network(prefix))
      case .remote(let address): ("tunnel", "\(address)")
      }
    var line = TextLine()
    line.right("\(interface.number)", 2)
    line.text(" ")
    line.right(interface.name, 6)
    line.text("  ")
    line.left("\(interface.address)", 15)
    line.text(" \(target.label): ")
    line.left(target.text, 18)
    line.text(" ")
    line.right("\(interface.metric)", 2)
    line.text(" ")
    line.right("\(interface.threshold)", 3)
    line.text("  ")
    line.right("\(interface.rateLimit)", 5)
    line.text("  \(MroutedText.flags(interface, tellsVersion2: vintage == .four))")
    return line.string
  }

  /// The label stands before the first text only; all texts begin in column 35.
  private func labelled(_ label: String, _ texts: [String]) -> [String] {
    texts.enumerated().map { ($0.offset == 0 ? label : "").right(34) + " " + $0.element }
  }

  private func peer(_ neighbor: MulticastReport.Neighbor) -> String {
    "\(neighbor.address) (\(MroutedText.version(neighbor))) [\(neighbor.index)]"
      + "\(MroutedText.flags(neighbor)) up \(MroutedText.time(neighbor.uptime))"
  }

  /// mrouted 4 leaves out what routers listen to themselves.
  private func groups(_ interface: MulticastReport.Interface) -> [MulticastReport.Group] {
    vintage == .three ? interface.groups : interface.groups.filter { !$0.isLinkLocal }
  }

  private func member(_ group: MulticastReport.Group) -> String {
    let time = MroutedText.time(group.expiry ?? .zero)
    return "\("\(group.group)".left(15)) \("\(group.lastReporter)".left(15)) (\(time))"
  }

  private func label(_ filter: MulticastReport.Filter) -> String {
    (filter.isBothWays ? "bidir" : "").right(5) + " " + (filter.accepts ? "accept" : "deny").right(7)
      + " filter:"
  }

  private func line(_ line: MulticastReport.Filter.Line) -> String {
    MroutedText.network(line.network).left(18) + (line.isExact ? " (exact)" : "")
  }

  private func querier(_ interface: MulticastReport.Interface) -> String {
    switch interface.querier {
    case .ours: "\(interface.address)".left(18) + " (this system)"
    case .other(let address, let uptime, let silence, _):
      "\(address)".left(18) + " up \(MroutedText.time(uptime)) last heard \(MroutedText.time(silence)) ago"
    case nil: "NONE - querier election failure?"
    }
  }
}

/// Routes.
extension MroutedProgramText {
  func line(_ route: MulticastReport.Route) -> String {
    var line = TextLine()
    line.text(" ")
    line.left(MroutedText.network(route.origin), 18)
    line.text(" ")
    line.left(MroutedText.gateway(route), 15)
    line.text(" ")
    line.text(MroutedText.metric(route))
    line.text("  ")
    line.right("\(MroutedText.whole(route.age))", 3)
    line.text(" \(route.isChanged ? "C" : ".")\(route.isHeld ? "H" : ".") ")
    line.right(route.interface.map { "\($0)" } ?? "-", 3)
    line.text("   ")
    for child in route.children {
      line.text(" \(child.interface)")
      line.text(
        child.dependents.isEmpty ? "*" : "[\(child.dependents.map(String.init).joined(separator: ","))]")
    }
    return line.string
  }
}

/// Trees and what has none.
extension MroutedProgramText {
  /// Heading, strays, trees.
  var cacheLines: [String] {
    var lines = [MroutedProgramText.pruneHeading, MroutedProgramText.sourceHeading]
    for stray in report.strays.sorted(by: { ($0.group, $0.source) < ($1.group, $1.source) }) {
      lines += self.lines(stray)
    }
    for tree in report.treesInOrder { lines += self.lines(tree) }
    return lines
  }

  private func lines(_ stray: MulticastReport.Stray) -> [String] {
    var line = TextLine()
    line.text(" ")
    line.left("\(stray.source)", 18)
    line.text(" ")
    line.left("\(stray.group)", 15)
    line.text(" ")
    line.left(MroutedText.time(stray.left), 8)
    line.text(" ")
    line.left(MroutedText.time(stray.age), 8)
    line.text("        - -1 (no route)")
    return [line.string, ">\(stray.source)"]
  }

  private func lines(_ tree: MulticastReport.Tree) -> [String] {
    var lines = [head(tree)]
    if !tree.prunes.isEmpty {
      let prunes = tree.prunes.map { prune in
        "\(prune.neighbor):\(prune.interface)[\(prune.index)]/\(MroutedText.whole(prune.left))"
      }
      lines.append(
        "<(\(prunes.joined(separator: ","))) \(MroutedText.bitmap(tree.prunes.map(\.index)))")
    }
    return lines + tree.sources.map { line($0) }
  }

  private func head(_ tree: MulticastReport.Tree) -> String {
    var line = TextLine()
    line.text(" ")
    line.left(MroutedText.network(tree.origin), 18)
    line.text(" ")
    line.left("\(tree.group)", 15)
    line.text(" ")
    line.left(MroutedText.time(tree.left), 8)
    line.text(" ")
    line.left(MroutedText.time(tree.age), 8)
    line.text(" ")
    if case .pruned(let left, let repeats) = tree.upstream {
      line.left(MroutedText.time(left), 8)
      line.text(" ")
      line.right("\(repeats)", 2)
    } else {
      line.text("       -  -")
    }
    line.text(" ")
    line.right("\(tree.inbound)", 2)
    line.text(MroutedText.letter(tree.upstream))
    line.text(tree.isBounded ? "B" : " ")
    for outbound in tree.outbound { line.text(" \(outbound.interface)\(MroutedText.letter(outbound.state))") }
    return line.string
  }

  private func line(_ source: MulticastReport.Tree.Source) -> String {
    var line = TextLine()
    line.text(">")
    line.left("\(source.address)", 18)
    line.text(" ")
    line.left(source.age.map { MroutedText.time($0) } ?? "-", 8)
    line.text(" ")
    // Packets kept while a route is asked for are the kernel's matter and not counted.
    line.right("0", 6)
    guard let count = source.count else { return line.string }
    line.text("     ")
    line.right("\(count.packets)", 8)
    line.text(" ")
    line.right("\(count.bytes)", 8)
    line.text(" ")
    line.right("\(count.wrongInterface)", 4)
    return line.string
  }
}

extension MroutedText {
  /// Empty for a subnet of ours.
  static func gateway(_ route: MulticastReport.Route) -> String {
    route.gateway.map { "\($0)" } ?? (route.isLocal ? "" : "-")
  }

  /// Five columns.
  static func metric(_ route: MulticastReport.Route) -> String {
    route.metric.map { "\($0)".right(4) + " " } ?? "  NR "
  }

  /// `P` for a prune that was sent, `G` for a graft without answer.
  static func letter(_ upstream: MulticastReport.Tree.Upstream) -> String {
    switch upstream {
    case .open: " "
    case .pruned: "P"
    case .grafting: "G"
    }
  }
}

extension MroutedText {
  /// A blank where packets go out.
  static func letter(_ state: MulticastReport.Tree.Outbound.State) -> String {
    switch state {
    case .forwards: " "
    case .boundary: "b"
    case .pruned: "p"
    case .missing: "!"
    }
  }
}

extension MulticastReport.Group {
  /// 224.0.0.0/24, which routers listen to themselves.
  var isLinkLocal: Bool { group.ipv4.map { $0 >> 8 == 0xe00000 } ?? false }
}

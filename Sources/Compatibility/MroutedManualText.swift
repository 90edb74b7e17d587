import Addressing
import Control

/// The dumps in the layout of the manual of mrouted 3.9.8, which its users know.
///
/// A field that is wider than its column pushes the rest of the line.
struct MroutedManualText {
  let report: MulticastReport

  var dumpLines: [String] {
    var lines = [
      "Virtual Interface Table", " Vif  Local-Address                    Metric  Thresh  Flags",
    ]
    for interface in report.interfaces { lines += self.lines(interface) }
    lines += [
      report.routesTitle, " Origin-Subnet   From-Gateway    Metric Tmr In-Vif  Out-Vifs",
    ]
    for route in routesInOrder { lines.append(line(route)) }
    return lines
  }

  var cacheLines: [String] {
    var lines = [
      report.cacheTitle, " Origin             Mcast-group     CTmr  Age Ptmr IVif Forwvifs",
    ]
    for tree in report.treesInOrder {
      lines.append(line(tree))
      lines += tree.sources.map { ">\($0.address)" }
    }
    return lines
  }

  /// Longer masks first, within one mask the lower origin first.
  private var routesInOrder: [MulticastReport.Route] {
    report.routes.sorted { left, right in
      let (first, second) = (left.origin, right.origin)
      return first.bits != second.bits ? first.bits > second.bits : first.address < second.address
    }
  }

  private func lines(_ interface: MulticastReport.Interface) -> [String] {
    var lines = [head(interface)]
    lines += labelled("peers", interface.neighbors.map { "\($0.address) (\(MroutedText.version($0)))" })
    lines += labelled("groups", interface.groups.map { "\($0.group)" })
    lines += labelled("boundaries", interface.boundaries.map { MroutedText.shortNetwork($0) }, repeats: true)
    if let traffic = interface.traffic {
      lines += labelled("pkts in", ["\(traffic.packetsIn)"]) + labelled("pkts out", ["\(traffic.packetsOut)"])
    }
    return lines
  }

  private func head(_ interface: MulticastReport.Interface) -> String {
    let target: String =
      switch interface.reach {
      case .subnet(let prefix): "subnet: \(MroutedText.shortNetwork(prefix).left(13))"
      case .remote(let address): "tunnel: \("\(address)".left(13))"
      }
    var line = TextLine()
    line.text(" ")
    line.right("\(interface.number)", 2)
    line.text("   ")
    line.left("\(interface.address)", 13)
    line.text(" \(target) ")
    line.left("\(interface.metric)", 7)
    line.text(" ")
    line.left("\(interface.threshold)", 4)
    line.text(MroutedText.flags(interface, tellsVersion2: false))
    return line.trimmed
  }

  /// - Parameter repeats: whether the colon stands before each text, not before the first alone.
  private func labelled(_ label: String, _ texts: [String], repeats: Bool = false) -> [String] {
    texts.enumerated().map { number, text in
      (number == 0 ? label : "").right(26) + (number == 0 || repeats ? ": " : "  ") + text
    }
  }

  private func line(_ route: MulticastReport.Route) -> String {
    var line = TextLine()
    line.text(" ")
    line.left(MroutedText.shortNetwork(route.origin), 15)
    line.text(" ")
    line.left(MroutedText.gateway(route), 15)
    line.text(" ")
    line.text(MroutedText.metric(route))
    line.text("  ")
    line.right("\(MroutedText.whole(route.age))", 3)
    line.text("  ")
    line.right(route.interface.map { "\($0)" } ?? "-", 3)
    line.text("   ")
    for child in route.children { line.text(" \(child.interface)\(child.dependents.isEmpty ? "*" : " ")") }
    return line.trimmed
  }

  private func line(_ tree: MulticastReport.Tree) -> String {
    var line = TextLine()
    line.text(" ")
    // Other than routes, trees always tell the length.
    line.left(MroutedText.network(tree.origin), 18)
    line.text(" ")
    line.left("\(tree.group)", 15)
    var pruned = "-"
    if case .pruned(let left, _) = tree.upstream { pruned = MroutedText.shortTime(left) }
    for time in [MroutedText.shortTime(tree.left), MroutedText.shortTime(tree.age), pruned] {
      line.text(" ")
      line.right(time, 4)
    }
    line.text(" ")
    line.right("\(tree.inbound)", 2)
    line.text(MroutedText.letter(tree.upstream))
    line.text(tree.isBounded ? "B " : "  ")
    for outbound in tree.outbound { line.text(" \(outbound.interface)\(MroutedText.letter(outbound.state))") }
    return line.trimmed
  }
}

extension TextLine {
  /// Without blanks at its end.
  fileprivate var trimmed: String {
    String(
      decoding: bytes[..<(bytes.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? 0)], as: UTF8.self)
  }
}

public import Control

/// The files that mrouted 3 writes when it is told to: its tables, and its cache.
public struct MroutedDump: Sendable {
  /// Which of the two layouts.
  public enum Layout: String, Hashable, Sendable, CaseIterable {
    /// That of the manual of 3.9.8.
    case manual
    /// What the program of 3.9.8 writes in fact.
    case program
  }

  private let report: MulticastReport
  private let heading: MroutedHeading
  private let layout: Layout

  /// - Parameter report: of all parts.
  public init(_ report: MulticastReport, _ heading: MroutedHeading, layout: Layout) {
    self.report = report
    self.heading = heading
    self.layout = layout
  }

  /// `mrouted.dump`: interfaces and routes.
  public var dump: String {
    let lines =
      switch layout {
      case .manual: MroutedManualText(report: report).dumpLines
      case .program: programDump
      }
    return text(lines)
  }

  /// `mrouted.cache`: the forwarding cache.
  public var cache: String {
    let lines =
      switch layout {
      case .manual: MroutedManualText(report: report).cacheLines
      case .program: [title, "", report.cacheTitle, MroutedProgramText.treeHeading] + programText.cacheLines
      }
    return text(lines)
  }

  private var programText: MroutedProgramText { MroutedProgramText(report: report, vintage: .three) }

  private var title: String {
    heading.line(uptime: report.uptime)
  }

  private var programDump: [String] {
    let busy = report.busyInterfaces
    var lines = [title, "", "vifs_with_neighbors = \(busy)"]
    if busy == 1 { lines += ["[This host is a leaf]", ""] }
    lines += ["", "Virtual Interface Table", MroutedProgramText.interfaceHeading]
    for interface in report.interfaces { lines += programText.lines(interface) }
    lines += ["", report.routesTitle, MroutedProgramText.routeHeading]
    for route in report.routesInOrder { lines.append(programText.line(route)) }
    return lines + [""]
  }

  private func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }
}

extension MroutedHeading {
  /// `mrouted version 3.9.8 up  0:00:36 Sat Nov 21 04:54:00 2026`.
  func line(uptime: Duration?) -> String {
    let time = uptime.map { "up \(MroutedText.time($0))" } ?? "(not yet initialized)"
    return "mrouted version \(version) \(time) \(date)"
  }
}

/// The lines above the tables, which scripts look for.
extension MulticastReport {
  var routesTitle: String {
    "Multicast Routing Table (\(routes.count) \(routes.count == 1 ? "entry" : "entries"))"
  }

  /// Counts the sources whose entry the kernel has.
  var cacheTitle: String {
    let count = trees.reduce(0) { $0 + $1.sources.count { $0.age != nil } }
    return "Multicast Routing Cache Table (\(count) entries)"
  }
}

import Addressing
import Control

/// The lines of SMCRoute's tables as they go over the wire (2.5 and 2.6).
///
/// A line that ends in `_` is a title, one that ends in `=` a heading of columns; the client dresses them.
struct SmcrouteText {
  let format: SmcrouteFormat
  /// Columns of an interface's name: the longest there is.
  var nameWidth = 0

  init(_ format: SmcrouteFormat) { self.format = format }

  mutating func measure(_ links: [LinkRow]) { nameWidth = links.map(\.name.utf8.count).max() ?? 0 }

  static let pendingHeading = Array("PENDING ROUTES AND GROUPS\n".utf8)
  static let nothingPending = Array("No pending routes or groups\n".utf8)
  static let groupsTitle = Array("Group Memberships Table_\n".utf8)
  static let kernelGroupsTitle = Array("Kernel Group Membership Table_\n".utf8)

  static var groupsHeading: [UInt8] {
    var line = TextLine()
    line.left("GROUP (S,G)", 42)
    line.text(" ")
    line.left("IIF", 16)
    return line.ended("=\n")
  }

  /// A title with the heading of a table of routes.
  func routesHeading(_ title: String) -> [UInt8] {
    var line = TextLine()
    line.text("\(title)_\n")
    line.left("ROUTE (S,G)", 42)
    line.text(" ")
    line.left("IIF", max(nameWidth, 3))
    if format == .detailed {
      line.text(" ")
      line.right("PACKETS", 10)
      line.text(" ")
      line.right("BYTES", 10)
    }
    return line.ended("  OIFS=\n")
  }

  /// One route; the counters are shown in the detailed format only.
  func route(_ flow: String, _ inbound: String, _ outbound: [String], _ count: Count) -> [UInt8] {
    var line = TextLine()
    line.left(flow, 42)
    line.text(" ")
    line.left(inbound, max(nameWidth, 3))
    if format == .detailed {
      line.text(" ")
      line.right("\(count.packets)", 10)
      line.text(" ")
      line.right("\(count.bytes)", 10)
    }
    line.text(" ")
    for name in outbound { line.text(" \(name)") }
    return line.ended("\n")
  }

  /// What the kernel counted of an (S,G), packets of wrong interfaces too.
  struct Count {
    var packets: UInt64 = 0
    var bytes: UInt64 = 0
  }

  func group(_ flow: String, _ interface: String) -> [UInt8] {
    var line = TextLine()
    line.left(flow, 42)
    line.text(" \(interface)")
    return line.ended("\n")
  }

  var interfacesHeading: [UInt8] {
    var line = TextLine()
    line.text(" INDEX ")
    line.left("PHYINT", max(nameWidth, 6))
    return line.ended("  VIF  MIF=\n")
  }

  func interface(_ link: LinkRow) -> [UInt8] {
    var line = TextLine()
    line.right("\(link.index)", 6)
    line.text(" ")
    line.left(link.name, max(nameWidth, 6))
    for vif in [link.vif4, link.vif6] {
      line.text(" ")
      line.right(vif.map { "\($0)" } ?? "N/A", 4)
    }
    return line.ended("\n")
  }

  /// A route or a join that waits; nil `outbound` for a join.
  func pending(_ inbound: String, _ source: String?, _ group: String, _ outbound: [String]?) -> [UInt8] {
    var line = TextLine()
    line.left(outbound == nil ? "mgroup" : "mroute", 7)
    line.text(" from \(inbound)")
    if let source { line.text(" source \(source)") }
    line.text(" group \(group)")
    if let outbound, !outbound.isEmpty { line.text(" to \(outbound.joined(separator: " "))") }
    return line.ended("\n")
  }

  /// `(10.0.0.0/24, 225.3.0.0/16)`, `(*, 225.1.2.4)`.
  static func flow(_ source: String?, _ group: String) -> String { "(\(source ?? "*"), \(group))" }
}

public import Addressing
import Kernel

/// What a picture shows: the network, and the way of one flow over it.
public struct Picture: Sendable {
  struct Line: Sendable {
    var node: String
    var segment: String
    /// Whether packets of the flow leave the router by it, or come in by it.
    var carries: Carries
  }

  enum Carries: Sendable { case nothing, outbound, inbound }

  /// Two routers and how packets of the flow go between them.
  struct Passage: Sendable {
    var from: String
    var to: String
    var carries: Carries
  }

  let scenario: Scenario
  private(set) var lines: [Line] = []
  private(set) var tunnels: [Passage] = []
  /// Hosts that want the flow.
  private(set) var members: Set<String> = []

  /// - Parameter flow: nil: the network alone.
  public init(_ network: Network, flow: Flow?) {
    scenario = network.scenario
    for (index, node) in scenario.nodes.enumerated() {
      if let flow, case .host(let host) = network.places[index], network.hosts[host].wants(flow) {
        members.insert(node.name)
      }
      for plug in network.plugsOf[index] {
        let segment = scenario.segments[network.plugs[plug].segment].name
        let carries =
          flow.map { network.carries($0, node: index, link: network.plugs[plug].link) } ?? .nothing
        lines.append(Line(node: node.name, segment: segment, carries: carries))
      }
      tunnels += network.tunnels(of: index, flow)
    }
  }
}

extension Network {
  /// The tunnels that begin at a node; one whose both ends are routers is told by the first of them.
  func tunnels(of node: Int, _ flow: Flow?) -> [Picture.Passage] {
    guard case .router(let router) = places[node] else { return [] }
    let tunnels = routers[router].kernel.tunnels
    return tunnels.keys.sorted().compactMap { link in
      guard let remote = tunnels[link]?.remote, let plug = plugWith[remote], plugs[plug].node > node else {
        return nil
      }
      return Picture.Passage(
        from: scenario.nodes[node].name, to: scenario.nodes[plugs[plug].node].name,
        carries: flow.map { carries($0, node: node, link: link) } ?? .nothing)
    }
  }

  func carries(_ flow: Flow, node: Int, link: Int32) -> Picture.Carries {
    guard case .router(let router) = places[node] else { return .nothing }
    let kernel = routers[router].kernel
    for key in kernel.entries.keys.sorted() where key.flow == flow {
      guard let entry = kernel.entries[key], !entry.outbound.isEmpty else { continue }
      for vif in kernel.vifs
      where vif.table == key.table && vif.family == flow.family && vif.link == link {
        if entry.parent == vif.index { return .inbound }
        if entry.outbound[vif.index] != 0 { return .outbound }
      }
    }
    return .nothing
  }
}

/// Graphviz.
extension Picture {
  public var dot: String {
    var text = "graph mcast {\n  layout=neato; overlap=false; node [fontname=\"sans-serif\"];\n"
    for segment in scenario.segments {
      text += "  \"seg \(segment.name)\" [label=\"\(segment.name)\", shape=plaintext];\n"
    }
    for node in scenario.nodes {
      let style =
        node.isRouter ? "shape=box" : members.contains(node.name) ? "shape=doublecircle" : "shape=circle"
      text += "  \"\(node.name)\" [\(style)];\n"
    }
    for line in lines {
      let style =
        switch line.carries {
        case .nothing: "color=gray"
        case .outbound: "color=blue, penwidth=2, dir=forward"
        case .inbound: "color=blue, penwidth=2, dir=back"
        }
      text += "  \"\(line.node)\" -- \"seg \(line.segment)\" [\(style)];\n"
    }
    for tunnel in tunnels {
      let color = tunnel.carries == .nothing ? "gray" : "blue, penwidth=2"
      text += "  \"\(tunnel.from)\" -- \"\(tunnel.to)\" [style=dashed, color=\(color)];\n"
    }
    return text + "}\n"
  }
}

/// A drawing in rows: each node stands one row below the segment that it is nearest to the first node by.
extension Picture {
  private struct Place {
    var x: Int
    var y: Int
  }

  public var svg: String {
    let rows = rows()
    var places: [String: Place] = [:]
    let width = max(1, rows.map(\.count).max() ?? 1) * 90 + 40
    for (y, row) in rows.enumerated() {
      for (x, name) in row.enumerated() {
        places[name] = Place(x: (2 * x + 1) * width / (2 * max(1, row.count)), y: 40 + y * 60)
      }
    }
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(rows.count * 60 + 40)" \
      font-family="sans-serif" font-size="12" text-anchor="middle">
        <marker id="to" viewBox="0 0 6 6" refX="3" refY="3" markerWidth="5" markerHeight="5" orient="auto">\
      <path d="M0 0 6 3 0 6z" fill="#06c"/></marker>

      """
    for line in lines {
      guard let node = places[line.node], let segment = places["seg \(line.segment)"] else { continue }
      let isInbound = line.carries == .inbound
      text += Picture.line(isInbound ? segment : node, isInbound ? node : segment, line.carries != .nothing)
    }
    for tunnel in tunnels {
      guard let from = places[tunnel.from], let to = places[tunnel.to] else { continue }
      let isInbound = tunnel.carries == .inbound
      text += Picture.line(
        isInbound ? to : from, isInbound ? from : to, tunnel.carries != .nothing, "stroke-dasharray=\"6 4\"")
    }
    for segment in scenario.segments {
      guard let place = places["seg \(segment.name)"] else { continue }
      text +=
        "  <ellipse cx=\"\(place.x)\" cy=\"\(place.y)\" rx=\"34\" ry=\"12\" fill=\"#eee\" stroke=\"#999\"/>\n"
      text += Picture.label(segment.name, place)
    }
    for node in scenario.nodes {
      guard let place = places[node.name] else { continue }
      let fill = node.isRouter ? "#cde" : members.contains(node.name) ? "#cec" : "#fff"
      let round = node.isRouter ? 2 : 14
      text +=
        "  <rect x=\"\(place.x - 28)\" y=\"\(place.y - 14)\" width=\"56\" height=\"28\" rx=\"\(round)\" "
      text += "fill=\"\(fill)\" stroke=\"#333\"/>\n"
      text += Picture.label(node.name, place)
    }
    return text + "</svg>\n"
  }

  /// With an arrow in its middle where packets go.
  private static func line(_ from: Place, _ to: Place, _ carries: Bool, _ more: String = "") -> String {
    let style =
      carries ? "stroke=\"#06c\" stroke-width=\"3\" fill=\"none\" marker-mid=\"url(#to)\"" : "stroke=\"#bbb\""
    let middle = "\((from.x + to.x) / 2),\((from.y + to.y) / 2)"
    return "  <polyline points=\"\(from.x),\(from.y) \(middle) \(to.x),\(to.y)\" \(style) \(more)/>\n"
  }

  private static func label(_ name: String, _ place: Place) -> String {
    let safe = name.map { character in
      switch character {
      case "<": "&lt;"
      case ">": "&gt;"
      case "&": "&amp;"
      default: String(character)
      }
    }.joined()
    return "  <text x=\"\(place.x)\" y=\"\(place.y + 4)\">\(safe)</text>\n"
  }

  /// Nodes and segments by their distance from the first node.
  private func rows() -> [[String]] {
    var rows: [[String]] = []
    var seen: Set<String> = []
    let all = scenario.nodes.map(\.name)
    for start in all where !seen.contains(start) {
      var row = [start]
      seen.insert(start)
      var depth = 0
      while !row.isEmpty {
        if depth == rows.count { rows.append([]) }
        rows[depth] += row
        var next: [String] = []
        for name in row {
          for line in lines where line.node == name || "seg \(line.segment)" == name {
            let other = line.node == name ? "seg \(line.segment)" : line.node
            if seen.insert(other).inserted { next.append(other) }
          }
        }
        row = next
        depth += 1
      }
    }
    return rows
  }
}

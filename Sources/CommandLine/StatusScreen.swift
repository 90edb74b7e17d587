import Addressing
import Control
import Diagnostics
import Encoding

/// `mcast status`: the daemon on one screen.
enum StatusScreen {
  static func text(_ status: Status, _ facts: DaemonFacts, _ layout: Layout) -> String {
    var lines = [heading(facts, layout)]
    let quantity = layout.quantity
    var interfaces = "\(status.interfacesUp) up"
    if status.interfacesDown > 0 { interfaces += ", \(status.interfacesDown) down" }
    if !status.interfacesWaiting.isEmpty {
      let names = status.interfacesWaiting.joined(separator: ", ")
      interfaces +=
        ", "
        + Tone.waiting.wrap("\(status.interfacesWaiting.count) waiting (\(names))", when: layout.isColored)
    }
    lines.append(label("interfaces") + interfaces)
    let tables = status.tables.map(table).joined(separator: ", ")
    lines.append(label("tables") + (tables.isEmpty ? "none" : tables))
    let rules = "\(quantity.count(status.rules)) \(status.rules == 1 ? "rule" : "rules")"
    var routes = "\(rules) → \(quantity.count(status.entries)) in the kernel"
    if status.blocking > 0 { routes += ", \(quantity.count(status.blocking)) blocking" }
    if status.rulesWaiting > 0 { routes += ", \(quantity.count(status.rulesWaiting)) waiting" }
    lines.append(label("routes") + routes)
    lines += learned(status, quantity)
    var joins = quantity.count(status.joins)
    if status.joinsWaiting > 0 { joins += ", \(quantity.count(status.joinsWaiting)) waiting" }
    lines.append(label("joins") + joins)
    lines.append(label("traffic") + traffic(status, quantity))
    var upcalls = "\(quantity.count(status.upcalls))"
    if status.upcallsLost > 0 { upcalls += ", \(quantity.count(status.upcallsLost)) lost" }
    if status.foreignRepairs > 0 {
      upcalls += " · repaired foreign changes: \(quantity.count(status.foreignRepairs))"
    }
    if status.resynchronizations > 0 {
      upcalls += " · resynchronizations: \(quantity.count(status.resynchronizations))"
    }
    lines.append(label("upcalls") + upcalls)
    if status.unsaved > 0 {
      let changes = status.unsaved == 1 ? "1 change" : "\(quantity.count(status.unsaved)) changes"
      lines.append(label("unsaved") + "\(changes) made at run time, in no file (mcast config save)")
    }
    lines += problems(status, facts, layout)
    return lines.map { $0 + "\n" }.joined()
  }

  /// What hosts and other routers say, where they are asked.
  private static func learned(_ status: Status, _ quantity: Quantity) -> [String] {
    var lines: [String] = []
    if status.groups > 0 || status.dvmrp != nil {
      let interfaces = status.groupInterfaces == 1 ? "interface" : "interfaces"
      let groups = "\(quantity.count(status.groups)) with members"
      lines.append(label("groups") + "\(groups) on \(quantity.count(status.groupInterfaces)) \(interfaces)")
    }
    if let dvmrp = status.dvmrp {
      var text = "\(quantity.count(dvmrp.neighbors)) \(dvmrp.neighbors == 1 ? "neighbor" : "neighbors")"
      text += ", \(quantity.count(dvmrp.routes)) \(dvmrp.routes == 1 ? "route" : "routes")"
      if dvmrp.prunes > 0 { text += ", \(quantity.count(dvmrp.prunes)) pruned below" }
      lines.append(label("dvmrp") + text)
    }
    return lines
  }

  private static func heading(_ facts: DaemonFacts, _ layout: Layout) -> String {
    let identity = facts.identity == "mcast" ? "" : " (\(facts.identity.escapingControls))"
    var text =
      "mcast \(facts.version.escapingControls)\(identity) running \(layout.age(since: facts.started))"
    text += ", pid \(facts.pid), "
    guard let file = facts.configFile else { return text + "no configuration file" }
    text += "config \(file.escapingControls) ("
    if let loaded = facts.configLoaded { text += "loaded \(layout.age(since: loaded)) ago, " }
    let state =
      facts.configState == .clean
      ? "clean" : Tone.waiting.wrap(facts.configState.rawValue, when: layout.isColored)
    return text + state + ")"
  }

  private static func label(_ name: String) -> String {
    name + String(repeating: " ", count: 12 - name.utf8.count)
  }

  private static func table(_ table: Status.TableUse) -> String {
    let family = table.family == .ipv4 ? "ipv4" : "ipv6"
    return "\(family) \(table.table) " + (table.open ? "(\(table.used)/32 slots)" : "(not open)")
  }

  private static func traffic(_ status: Status, _ quantity: Quantity) -> String {
    guard let bitsIn = status.bitsInPerSecond, let bitsOut = status.bitsOutPerSecond else { return "-" }
    let into = quantity.packets(perSecond: status.packetsInPerSecond ?? 0)
    let out = quantity.packets(perSecond: status.packetsOutPerSecond ?? 0)
    let text = "in \(quantity.bits(perSecond: bitsIn)) \(into)"
    return "\(text) · out \(quantity.bits(perSecond: bitsOut)) \(out)"
  }

  private static func problems(_ status: Status, _ facts: DaemonFacts, _ layout: Layout) -> [String] {
    var findings = status.problems
    if let error = facts.configError { findings.insert(error, at: 0) }
    guard !findings.isEmpty else {
      return [label("problems") + Tone.good.wrap("none", when: layout.isColored)]
    }
    return findings.enumerated().map { index, finding in
      let severity = Tone.bad.wrap(finding.severity.rawValue, when: layout.isColored)
      let place = finding.location.map { "\($0): " } ?? ""
      let text = "\(place)\(finding.message) [\(finding.code)]".escapingControls
      return label(index == 0 ? "problems" : "") + "\(severity): \(text)"
    }
  }
}

import Control
import Diagnostics
import Encoding

/// `explain route`: why an (S,G) is as it is.
enum ExplanationText {
  static func text(_ explanation: Explanation, _ layout: Layout) -> String {
    var heading = "(\(explanation.source), \(explanation.group))"
    if let inbound = explanation.inbound { heading += " from \(inbound)" }
    heading += ": \(state(explanation))"
    if let installed = explanation.installed {
      heading += ", in the kernel since \(layout.age(since: installed))"
    }
    if let packets = explanation.packets {
      heading += ", \(layout.quantity.count(packets)) \(packets == 1 ? "packet" : "packets")"
    }
    let forwards = explanation.outbound.filter(\.forwards).map(\.interface)
    heading += ", forwarded to \(forwards.isEmpty ? "nothing" : forwards.joined(separator: " "))"
    var lines = [heading.escapingControls]
    let place = explanation.rule.map { RuleText.place($0) + "  " } ?? ""
    let width = max(8, explanation.outbound.map { $0.interface.unicodeScalars.count + 1 }.max() ?? 0)
    func line(_ label: String, _ text: String) {
      let padding = String(repeating: " ", count: max(width - label.unicodeScalars.count, 1))
      lines.append("  \(label)\(padding) \(text)".escapingControls)
    }
    line("rule", explanation.ruleText.map { place + $0 } ?? "none")
    for outbound in explanation.outbound {
      line(outbound.interface, (outbound.forwards ? "in: " : "out: ") + outbound.reason)
    }
    if let path = explanation.reversePath { line("rpf", reversePath(path)) }
    for prune in explanation.prunes { line(prune.kind == .graft ? "graft" : "prune", text(prune, layout)) }
    for timer in explanation.timers.prefix(3) { line("next", text(timer, layout)) }
    for note in explanation.notes { line("note", note) }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func reversePath(_ path: Explanation.ReversePath) -> String {
    let interface = path.interface ?? "no interface"
    let way = path.gateway.map { "\(interface) via \($0)" } ?? "\(interface), a link of ours"
    return "\(way) (\(path.origin), metric \(path.metric))"
  }

  private static func text(_ prune: PruneRow, _ layout: Layout) -> String {
    let who = prune.neighbor.map { "\($0)" } ?? "a neighbor that is gone"
    let place = prune.interface.map { " on \($0)" } ?? ""
    let rest = prune.expires.map { layout.age(until: $0) } ?? "-"
    switch prune.kind {
    case .received: return "\(who)\(place) does not want \(prune.origin) for another \(rest)"
    case .sent: return "not wanted from \(who)\(place) for another \(rest)"
    case .graft: return "wanted again from \(who)\(place), which has not answered; asked again in \(rest)"
    }
  }

  private static func text(_ timer: TimerRow, _ layout: Layout) -> String {
    let rest = layout.age(until: timer.due)
    switch timer.kind {
    case .prune: return "a prune ends, or a graft is repeated, in \(rest)"
    case .group: return "the members on \(timer.subject) count no more in \(rest), unless they report"
    case .idle: return "the entry goes in \(rest), if silent"
    default: return "\(timer.kind.rawValue) \(timer.subject) in \(rest)"
    }
  }

  private static func state(_ explanation: Explanation) -> String {
    switch explanation.state {
    case .noMember: "no member"
    case .rule: explanation.ruleText == nil ? "no rule" : "not in the kernel"
    default: explanation.state.rawValue
    }
  }
}

/// `status` and `explain route`: one object of the daemon, as text or JSON.
struct ObjectCommands {
  let console: Console
  let client: ControlClient

  func status() throws(Failure) -> ExitCode {
    try one(Requests.status, "status") { (reader, json, layout) throws(JSONError) in
      let (status, facts) = try reader.status(json)
      return StatusScreen.text(status, facts, layout)
    }
  }

  func explain(source: String, group: String, inbound: String?) throws(Failure) -> ExitCode {
    let request = Requests.explain(source: source, group: group, inbound: inbound)
    return try one(request, "explain") { (reader, json, layout) throws(JSONError) in
      ExplanationText.text(try reader.explanation(json), layout)
    }
  }

  private func one(
    _ request: NativeRequest.Body, _ schema: String,
    _ text: (RowReader, ArraySlice<UInt8>, Layout) throws(JSONError) -> String
  ) throws(Failure) -> ExitCode {
    let clock = console.surroundings.clock()
    let layout = console.layout(clock)
    var rows: [ArraySlice<UInt8>] = []
    let ending = try client.ask(request) { (json) throws(Failure) in rows.append(json) }
    try Answers.check(ending, console)
    if console.settings.json != nil {
      var output = JSONOutput(schema, generation: ending.generation ?? client.hello.generation, to: console)
      for row in rows { output.row(row) }
      output.finish(warnings: Answers.json(ending.warnings, console))
    } else {
      for row in rows {
        console.print(
          try ControlClient.row(row, RowReader(clock: clock)) { (reader, json) throws(JSONError) in
            try text(reader, json, layout)
          })
      }
    }
    return .done
  }
}

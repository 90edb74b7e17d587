import Control
import Diagnostics
import Encoding

/// Notices as lines: `05:00:01.204 + (10.1.0.7, 239.2.4.9) eth0 → eth1`.
enum EventLines {
  static func text(_ notice: Notice, _ clock: WallClock, isColored: Bool) -> String {
    let (mark, tone) = mark(of: notice)
    // The time of day in UTC, as everything that crosses machines.
    var text = "\(clock.text(notice.at).dropFirst(11).dropLast()) \(tone.wrap(mark, when: isColored)) "
    text += notice.subject.escapingControls
    switch (notice.before, notice.after) {
    case (let before?, let after?): text += "  \(after)  (was \(before))".escapingControls
    case (nil, let after?): text += "  \(after)".escapingControls
    case (let before?, nil): text += "  was \(before)".escapingControls
    case (nil, nil): break
    }
    if let detail = notice.detail { text += "  \(detail)".escapingControls }
    if let code = notice.code { text += "  [\(code)]" }
    return text + "\n"
  }

  /// `+` came, `-` went, `~` changed, `!` look at this.
  private static func mark(of notice: Notice) -> (String, Tone) {
    switch notice.change {
    case .install, .join, .activated, .up, .graft: ("+", .good)
    case .remove, .leave, .down, .prune: ("-", .bad)
    case .move, .change, .reload, .interface, .resync, .restart: ("~", .plain)
    case .refuse, .wrongInterface, .unmatched, .limit: ("!", .bad)
    case .waiting: ("?", .waiting)
    }
  }
}

/// `monitor`, which follows, and `show events`, which looks back.
struct EventCommands {
  let console: Console
  let client: ControlClient

  /// Events from now on, until the daemon ends or somebody interrupts.
  func monitor(_ kinds: [Notice.Kind]) throws(Failure) -> ExitCode {
    let clock = console.surroundings.clock()
    let reader = RowReader(clock: clock)
    console.report("monitoring: \(kinds.map(\.rawValue).joined(separator: " "))")
    console.flush()
    try client.follow(Requests.subscribe(kinds)) { (json) throws(Failure) in
      let notice = try EventCommands.notice(json, reader)
      guard kinds.contains(notice.kind) else { return true }
      if console.settings.json != nil {
        console.print(bytes: Array(json) + [0x0a])
      } else {
        console.print(EventLines.text(notice, clock, isColored: console.isColored))
      }
      console.flush()
      return !console.isBroken
    }
    return .done
  }

  func events(last: Int?) throws(Failure) -> ExitCode {
    let clock = console.surroundings.clock()
    let reader = RowReader(clock: clock)
    var held: [(notice: Notice, json: ArraySlice<UInt8>)] = []
    let ending = try client.ask(Requests.show("events", console.settings)) {
      (json) throws(Failure) in
      held.append((try EventCommands.notice(json, reader), json))
    }
    try Answers.check(ending, console)
    if let last { held = held.suffix(last) }
    for (notice, json) in held {
      if console.settings.json != nil {
        // Events stand by themselves, one on a line, as in monitor.
        console.print(bytes: Array(json) + [0x0a])
      } else {
        console.print(EventLines.text(notice, clock, isColored: console.isColored))
      }
    }
    if held.isEmpty { console.note("no events yet") }
    return .done
  }

  private static func notice(_ json: ArraySlice<UInt8>, _ reader: RowReader) throws(Failure) -> Notice {
    try ControlClient.row(json, reader) { (reader, json) throws(JSONError) in try reader.notice(json) }
  }
}

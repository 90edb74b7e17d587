import Control
import Diagnostics
import Encoding
import LinuxKernel
import Timing

/// The verbs that change what runs: one change, many, a whole configuration, an end.
struct ChangeCommands {
  let console: Console
  let client: ControlClient

  /// One statement or short form.
  func change(_ line: String) throws(Failure) -> ExitCode {
    try report(Answer(self) { (each) throws(Failure) in try client.ask(Requests.change(line), each: each) })
  }

  /// Many of them as one transaction, or each by itself.
  func batch(_ text: String, file: String, continues: Bool) throws(Failure) -> ExitCode {
    let answer = try Answer(self) { (each) throws(Failure) in
      try client.ask(Requests.batch(file: file, continues: continues), text: text, each: each)
    }
    if continues, console.settings.json == nil {
      for row in answer.rows { console.print("\(row.outcome.rawValue)  \(row.text.escapingControls)\n") }
    }
    return try report(answer)
  }

  /// The daemon's own file again.
  func reload() throws(Failure) -> ExitCode {
    let begin = console.surroundings.clock().now
    let answer = try Answer(self) { (each) throws(Failure) in try client.ask(Requests.reload, each: each) }
    let took = console.surroundings.clock().now - begin
    let exit = try report(answer)
    if exit == .done, console.settings.json == nil, !console.settings.isQuiet,
      let summary = answer.ending.summary
    {
      console.print("reloaded: \(ChangeCommands.text(summary)) in \(took.milliseconds) ms\n")
    }
    return exit
  }

  /// A configuration that the tool read and judged.
  func apply(_ text: String, file: String, confirmSeconds: Int?) throws(Failure) -> ExitCode {
    let exit = try report(
      Answer(self) { (each) throws(Failure) in
        try client.ask(Requests.apply(file: file, confirmSeconds: confirmSeconds), text: text, each: each)
      })
    if exit == .done, let confirmSeconds {
      console.note("undone in \(confirmSeconds) s unless confirmed: mcast config confirm")
    }
    return exit
  }

  func undo() throws(Failure) -> ExitCode {
    try report(Answer(self) { (each) throws(Failure) in try client.ask(Requests.undo, each: each) })
  }

  func confirm() throws(Failure) -> ExitCode {
    try report(Answer(self) { (each) throws(Failure) in try client.ask(Requests.confirm, each: each) })
  }

  func stop() throws(Failure) -> ExitCode {
    let exit = try report(
      Answer(self) { (each) throws(Failure) in try client.ask(Requests.stop, each: each) })
    if exit == .done { console.report("mcastd (pid \(client.hello.pid)) stops") }
    return exit
  }

  /// Hands over to the next daemon, waits until that one answers, and tells who it is.
  ///
  /// - Parameter connect: makes another connection.
  func restart(_ connect: () throws(Failure) -> ControlClient) throws(Failure) -> ExitCode {
    let begin = console.surroundings.clock().now
    let answer = try Answer(self) { (each) throws(Failure) in try client.ask(Requests.restart, each: each) }
    guard answer.ending.exit == .done, answer.ending.errors.isEmpty else { return try report(answer) }
    // The former one closes the connection when it ends.
    client.awaitEnd()
    let next = try successor(connect)
    let took = console.surroundings.clock().now - begin
    let (warnings, summary) = (answer.ending.warnings, answer.ending.summary)
    guard console.settings.json == nil else {
      VersionCommand(console: console).json(next, warnings, summary)
      return .done
    }
    for warning in warnings { console.say(warning) }
    if !console.settings.isQuiet {
      let who = "mcastd \(next.version.escapingControls) (pid \(next.pid))"
      let changes = summary.map { ": \(ChangeCommands.text($0))" } ?? ""
      console.print("restarted: \(who) took over in \(took.milliseconds) ms\(changes)\n")
    }
    return .done
  }

  /// The next daemon, as soon as it answers.
  private func successor(
    _ connect: () throws(Failure) -> ControlClient
  ) throws(Failure) -> NativeHello {
    let deadline = console.surroundings.clock().now + .seconds(10)
    while true {
      do throws(Failure) {
        return try connect().hello
      } catch {
        guard console.surroundings.clock().now < deadline else { throw error }
        Terminal.pause(seconds: 0.01)
      }
    }
  }

  /// `3 routes added, 1 changed, 0 removed, 99996 untouched`.
  static func text(_ summary: Summary) -> String {
    let changes = "\(summary.added) added, \(summary.changed) changed, \(summary.removed) removed"
    return "\(changes), \(summary.untouched) untouched"
  }

  /// What came back, as values and as it stood.
  private struct Answer {
    var rows: [ChangeResult] = []
    var json: [ArraySlice<UInt8>] = []
    var ending: ControlClient.Ending

    init(
      _ commands: ChangeCommands,
      _ ask: ((ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) -> ControlClient.Ending
    ) throws(Failure) {
      var rows: [ChangeResult] = []
      var json: [ArraySlice<UInt8>] = []
      let reader = RowReader(clock: commands.console.surroundings.clock())
      ending = try ask { (bytes) throws(Failure) in
        rows.append(
          try ControlClient.row(bytes, reader) { (reader, json) throws(JSONError) in try reader.change(json) }
        )
        json.append(bytes)
      }
      self.rows = rows
      self.json = json
    }
  }

  /// The refusals; of several changes each says which it is.
  private func named(_ rows: [ChangeResult]) -> [Diagnostic] {
    rows.compactMap { row in
      guard var error = row.error else { return nil }
      if rows.count > 1, error.location == nil { error.message = "\"\(row.text)\": \(error.message)" }
      return error
    }
  }

  private func report(_ answer: Answer) throws(Failure) -> ExitCode {
    let ending = answer.ending
    let refusals = ending.errors.isEmpty ? named(answer.rows) : ending.errors
    guard console.settings.json == nil else { return try reportJSON(answer, refusals) }
    for warning in ending.warnings { console.say(warning) }
    guard refusals.isEmpty, ending.exit == .done else {
      for refusal in refusals { console.say(refusal) }
      if refusals.isEmpty {
        throw Failure(ending.exit, .internalDefect, "the daemon refused without a reason")
      }
      return ending.exit
    }
    for row in answer.rows {
      switch row.outcome {
      case .done: console.report("done: \(row.text.escapingControls)")
      case .unchanged: console.note("unchanged: \(row.text)")
      case .refused: break
      }
    }
    return ending.exit
  }

  /// The rows in their envelope; a refusal that concerns no row is an error object instead.
  private func reportJSON(_ answer: Answer, _ refusals: [Diagnostic]) throws(Failure) -> ExitCode {
    guard refusals.isEmpty || !answer.rows.isEmpty else { throw Failure(answer.ending.exit, refusals) }
    var output = JSONOutput(
      "change", generation: answer.ending.generation ?? client.hello.generation, to: console)
    for row in answer.json { output.row(row) }
    output.finish(warnings: Answers.json(answer.ending.warnings, console), summary: answer.ending.summary)
    for refusal in refusals { console.complain(refusal) }
    return answer.ending.exit
  }
}

import Configuration
import Control
import Diagnostics
import Encoding
import LinuxKernel

/// The verbs of `config`.
struct ConfigCommands {
  let console: Console

  func run(_ command: ConfigCommand) throws(Failure) -> ExitCode {
    switch command {
    case .check(let file): return try check(file)
    case .format(let file): return try canonical(file)
    case .plan(let file): return try plan(file)
    case .apply(let file, let seconds):
      let text = try judged(file)
      return try changes().apply(text, file: file, confirmSeconds: seconds)
    case .confirm: return try changes().confirm()
    case .undo: return try changes().undo()
    case .save(let file, let prints): return try save(file, prints: prints)
    case .diff(let sides): return try ConfigDiff(console: console).run(sides)
    case .importing(let file, let daemon): return try convert(file, of: daemon)
    }
  }

  private func changes() throws(Failure) -> ChangeCommands {
    ChangeCommands(
      console: console, client: try ControlClient(console.settings, console.surroundings, waits: true))
  }

  // MARK: Without a daemon

  private func check(_ file: String?) throws(Failure) -> ExitCode {
    let path = file ?? console.settings.configurationPath
    let parsed = try parsed(path)
    let findings = parsed.diagnostics
    if console.settings.json != nil {
      var output = JSONOutput("check", generation: nil, to: console)
      let rows = RowWriter(clock: console.surroundings.clock())
      output.row { writer in
        writer.member("file", path)
        writer.member("ok", !parsed.hasErrors)
        for (key, severity) in [("errors", Diagnostic.Severity.error), ("warnings", .warning)] {
          writer.array(key) { writer in
            for finding in findings where finding.severity == severity { rows.write(finding, to: &writer) }
          }
        }
        writer.member("suppressed", parsed.suppressed)
      }
      output.finish()
      for finding in findings { console.complain(finding) }
    } else {
      for finding in findings { console.say(finding) }
      if parsed.suppressed > 0 { console.note("and \(parsed.suppressed) findings more") }
    }
    guard !parsed.hasErrors else { return .configuration }
    let configuration = parsed.configuration
    console.report(
      "\(path): routes: \(configuration.routes.count), joins: \(configuration.joins.count), no errors")
    return .done
  }

  private func canonical(_ file: String) throws(Failure) -> ExitCode {
    let bytes = try bytes(of: file)
    guard let text = format(bytes) else {
      let parsed = parse(bytes, named: name(file), source: console.surroundings.source)
      throw Failure(.configuration, parsed.diagnostics.filter { $0.severity == .error })
    }
    guard console.settings.json == nil else {
      write(text: String(decoding: text, as: UTF8.self))
      return .done
    }
    console.print(bytes: text)
    return .done
  }

  /// Reads and judges a file; also against the interfaces of this machine where the kernel tells them.
  func parsed(_ path: String) throws(Failure) -> ParsedConfiguration {
    let source = console.surroundings.source
    var parsed =
      path == "-"
      ? parse(try bytes(of: path), named: name(path), source: source) : parse(file: path, source: source)
    if let names = console.surroundings.interfaceNames() {
      parsed.diagnostics += judge(parsed, present: names)
    }
    return parsed
  }

  /// The text to hand to the daemon: the file itself, or its canonical form where it includes others.
  ///
  /// The daemon opens no file that a client names.
  private func judged(_ path: String) throws(Failure) -> String {
    let parsed = try parsed(path)
    guard !parsed.hasErrors else { throw Failure(.configuration, parsed.diagnostics) }
    for finding in parsed.diagnostics { console.say(finding) }
    guard parsed.files.count <= 1, path != "-" else { return parsed.configuration.text }
    return String(decoding: try bytes(of: path), as: UTF8.self)
  }

  func text(of path: String) throws(Failure) -> String {
    String(decoding: try bytes(of: path), as: UTF8.self)
  }

  func bytes(of path: String) throws(Failure) -> [UInt8] {
    do throws(SystemError) {
      return try console.surroundings.readFile(path)
    } catch {
      throw Failure(
        .configuration, .cannotRead, "\"\(name(path))\" cannot be read: \(error.meaning) (\(error.name))",
        hint: error.name == "EACCES" ? "sudo reads it" : nil)
    }
  }

  func name(_ path: String) -> String { path == "-" ? "standard input" : path }

  // MARK: With the daemon

  private func plan(_ file: String?) throws(Failure) -> ExitCode {
    let text = try file.map { path throws(Failure) in try judged(path) }
    let client = try ControlClient(console.settings, console.surroundings, waits: true)
    let clock = console.surroundings.clock()
    let reader = RowReader(clock: clock)
    var changes: [PlannedChange] = []
    var json: [ArraySlice<UInt8>] = []
    let collect: (ArraySlice<UInt8>) throws(Failure) -> Void = { (bytes) throws(Failure) in
      changes.append(
        try ControlClient.row(bytes, reader) { (reader, json) throws(JSONError) in
          try reader.plannedChange(json)
        })
      json.append(bytes)
    }
    let ending: ControlClient.Ending
    if let file, let text {
      ending = try client.ask(Requests.plan(file: file), text: text, each: collect)
    } else {
      ending = try client.ask(Requests.planOwnFile, each: collect)
    }
    guard ending.errors.isEmpty else { throw Failure(ending.exit, ending.errors) }
    if console.settings.json != nil {
      var output = JSONOutput("plan", generation: ending.generation ?? client.hello.generation, to: console)
      output.row { writer in
        writer.array("changes") { writer in for row in json { writer.raw(Array(row)) } }
        if let summary = ending.summary {
          writer.key("summary")
          RowWriter(clock: clock).write(summary, to: &writer)
        }
      }
      output.finish(warnings: Answers.json(ending.warnings, console))
    } else {
      for warning in ending.warnings { console.say(warning) }
      console.print(PlanText.text(changes, ending.summary, console.layout(clock)))
    }
    return changes.isEmpty ? .done : .failed
  }

  private func save(_ file: String?, prints: Bool) throws(Failure) -> ExitCode {
    let client = try ControlClient(console.settings, console.surroundings)
    let text = try RunningConfiguration.text(client, console)
    if prints {
      guard console.settings.json == nil else {
        write(text: text, generation: client.hello.generation)
        return .done
      }
      console.print(text)
      return .done
    }
    let (own, language) = try ConfigCommands.ownFile(client, console)
    guard let path = file ?? own else {
      throw Failure(
        .failed, .usage, "the daemon was started without a file",
        hint: "name one: mcast config save /etc/mcast/mcast.conf")
    }
    if path == own, let language {
      throw Failure(
        .failed, .usage, "\"\(path)\" is a \(language), which is not what mcast writes; it is as it was",
        hint: "state the changes there, or save them elsewhere: mcast config save FILE")
    }
    do throws(SystemError) {
      try console.surroundings.replaceFile(path, Array(text.utf8))
    } catch {
      let exit: ExitCode = error.name == "EACCES" || error.name == "EPERM" ? .notPermitted : .failed
      throw Failure(
        exit, exit == .failed ? .cannotRead : .notPermitted,
        "\"\(path)\" cannot be written: \(error.meaning) (\(error.name)); the old file is as it was",
        hint: "print it instead: mcast config save --stdout")
    }
    // The daemon reads its file again: what was added at run time is stated now, so nothing changes but that.
    if path == own { try Answers.check(client.ask(Requests.reload) { _ in }, console) }
    if console.settings.json != nil { write(text: text, file: path, generation: client.hello.generation) }
    console.report("saved \(path)")
    return .done
  }

  private func write(text: String, file: String? = nil, generation: UInt64? = nil) {
    var output = JSONOutput("config", generation: generation, to: console)
    output.row { writer in
      writer.member("text", text)
      if let file { writer.member("file", file) }
    }
    output.finish()
  }

  /// The file that the daemon was started with, nil for none; and what it is where that is no mcast.conf.
  static func ownFile(
    _ client: ControlClient, _ console: Console
  ) throws(Failure) -> (path: String?, language: String?) {
    var own: (path: String?, language: String?) = (nil, nil)
    let reader = RowReader(clock: console.surroundings.clock())
    let ending = try client.ask(Requests.status) { (bytes) throws(Failure) in
      own = try ControlClient.row(bytes, reader) { (reader, json) throws(JSONError) in
        let facts = try reader.status(json).1
        return (facts.configFile, facts.configLanguage)
      }
    }
    try Answers.check(ending, console)
    return own
  }
}

import Addressing
import Control
import Diagnostics
import Encoding
import Kernel
import Timing

/// The verbs that read the daemon's tables.
struct ShowCommands {
  let console: Console
  let client: ControlClient

  /// Rows that are held back to be sorted; beyond, they are printed as the daemon sends them.
  static let sortable = 10_000

  func interfaces(_ name: String?) throws(Failure) -> ExitCode {
    let pattern = name.map(InterfacePattern.init)
    var details = ""
    let layout = console.layout(console.surroundings.clock())
    let found = try table(
      "interfaces", InterfacesTable.columns, InterfacesTable.cells,
      read: { (reader, json) throws(JSONError) in try reader.interface(json) },
      keep: { row in
        guard let pattern else { return row.state != .unused || isVerbose }
        guard pattern.matches(row.name) else { return false }
        if pattern.isExact { details += InterfaceDetails.text(row, layout) }
        return true
      })
    if console.settings.json == nil { console.print(details) }
    guard found == 0 else { return .done }
    if let name, pattern?.isExact == true {
      throw Failure(
        .noSuchObject, .noSuchObject, "there is no interface \"\(name)\"", hint: "see: mcast show interfaces")
    }
    console.note("no interface is in use; all that exist: mcast show interfaces -v")
    return .done
  }

  func joins(_ name: String?) throws(Failure) -> ExitCode {
    let pattern = name.map(InterfacePattern.init)
    let found = try table(
      "joins", JoinsTable.columns, JoinsTable.cells,
      read: { (reader, json) throws(JSONError) in try reader.join(json) },
      keep: { row in
        isWanted(row.family)
          && (pattern.map { $0.matches(row.interface) || $0.text == row.interface } ?? true)
      })
    if found == 0 { console.note("no joins") }
    return .done
  }

  func pending() throws(Failure) -> ExitCode {
    let found = try table(
      "pending", PendingTable.columns, PendingTable.cells,
      read: { (reader, json) throws(JSONError) in try reader.pending(json) })
    if found == 0 { console.note("nothing waits for an interface") }
    return .done
  }

  func limits() throws(Failure) -> ExitCode {
    _ = try table(
      "limits", LimitsTable.columns, LimitsTable.cells,
      read: { (reader, json) throws(JSONError) in try reader.limit(json) })
    return .done
  }

  /// The running configuration as its canonical text.
  func configuration() throws(Failure) -> ExitCode {
    let text = try RunningConfiguration.text(client, console)
    guard console.settings.json != nil else {
      console.print(text)
      if text.isEmpty { console.note("the running configuration is empty") }
      return .done
    }
    var output = JSONOutput("config", generation: client.hello.generation, to: console)
    output.row { writer in writer.member("text", text) }
    output.finish()
    return .done
  }

  private var isVerbose: Bool { console.settings.isVerbose || console.settings.json != nil }

  private func isWanted(_ family: Family) -> Bool { console.settings.family.map { $0 == family } ?? true }

  /// Prints one table as it comes; returns how many rows it had.
  private func table<Row>(
    _ object: String, _ columns: [TextTable.Column], _ cells: (Row, Layout) -> [Cell],
    read: (RowReader, ArraySlice<UInt8>) throws(JSONError) -> Row, keep: (Row) -> Bool = { _ in true }
  ) throws(Failure) -> Int {
    let clock = console.surroundings.clock()
    let reader = RowReader(clock: clock)
    let layout = console.layout(clock)
    var count = 0
    var table = layout.table(columns)
    var json = console.settings.json.map { _ in
      JSONOutput(object, generation: client.hello.generation, to: console)
    }
    let ending = try client.ask(Requests.show(object, console.settings)) { (bytes) throws(Failure) in
      let row = try ControlClient.row(bytes, reader, read)
      guard keep(row) else { return }
      count += 1
      if json != nil {
        json?.row(bytes)
      } else {
        var text = ""
        table.add(cells(row, layout), to: &text)
        console.print(text)
      }
    }
    try Answers.check(ending, console)
    var text = ""
    table.finish(&text)
    console.print(text)
    json?.finish(warnings: Answers.json(ending.warnings, console))
    return count
  }
}

/// What every verb does with the end of an answer.
enum Answers {
  /// Says the warnings; a refusal becomes a failure.
  static func check(_ ending: ControlClient.Ending, _ console: Console) throws(Failure) {
    guard ending.errors.isEmpty, ending.exit == .done else { throw Failure(ending.exit, ending.errors) }
    if console.settings.json == nil { for warning in ending.warnings { console.say(warning) } }
  }

  static func json(_ findings: [Diagnostic], _ console: Console) -> [[UInt8]] {
    let rows = RowWriter(clock: console.surroundings.clock())
    return findings.map { finding in
      var writer = JSONWriter()
      rows.write(finding, to: &writer)
      return writer.bytes
    }
  }
}

/// The running configuration, as the daemon writes it.
enum RunningConfiguration {
  static func text(_ client: ControlClient, _ console: Console) throws(Failure) -> String {
    var text = ""
    let ending = try client.ask(Requests.configuration) { (bytes) throws(Failure) in
      text += try ControlClient.text(bytes)
    }
    try Answers.check(ending, console)
    return text
  }
}

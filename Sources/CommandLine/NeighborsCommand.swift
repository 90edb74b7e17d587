import Addressing
import Diagnostics
import Encoding
import Probing
import Wire

/// `info`: the interfaces and neighbors of a router, as it tells them itself.
struct NeighborsCommand {
  let console: Console
  let router: String
  let surroundings: ProbingSurroundings

  func run() throws(Failure) -> ExitCode {
    let address = try host(router, surroundings)
    let channel = try ProbingFailure.open(surroundings)
    var plan = NeighborsSession.Plan(router: address)
    let seconds = console.settings.timeoutSeconds ?? 5
    plan.patience = .nanoseconds(Int64(seconds / Double(plan.retries + 1) * 1e9))
    var session = NeighborsSession(plan)
    var run = ProbingRun(surroundings: surroundings, program: "mcast")
    run.isSilent = true
    _ = run.run(&session, over: channel)
    guard let answer = session.answer else {
      throw Failure(
        .timedOut, .timedOut,
        "\(address) does not answer: it speaks no DVMRP, or its answers do not get here",
        hint: "ping \(address)")
    }
    if answer.router != address, !address.isLoopback, !address.isMulticast {
      console.note("the answer came from \(answer.router)")
    }
    if console.settings.json != nil { json(answer) } else { text(answer) }
    return .done
  }

  private func text(_ answer: NeighborsSession.Answer) {
    let names = console.settings.isNumeric ? AddressNames.none : surroundings.names
    let layout = console.layout(console.surroundings.clock())
    let name = names.name(of: answer.router).map { " (\($0))" } ?? ""
    console.print("\(answer.router)\(name), DVMRP version \(answer.version)\n")
    let rows = answer.list.interfaces
    console.print(
      layout.text(NeighborsCommand.columns, rows) { entry in
        let neighbors = entry.neighbors.filter { !$0.isUnspecified }
          .map { names.name(of: $0) ?? $0.description }
        return [
          Cell(entry.local.description), Cell(neighbors.isEmpty ? "-" : neighbors.joined(separator: " ")),
          Cell(String(entry.metric)), Cell(String(entry.threshold)),
          Cell(entry.flags.words.isEmpty ? "-" : entry.flags.words.joined(separator: " ")),
        ]
      })
    if rows.isEmpty { console.note("it names no interface") }
  }

  private static let columns: [TextTable.Column] = [
    .left("ADDRESS"), .left("NEIGHBORS"), .right("METRIC"), .right("TTL"), .left("FLAGS"),
  ]

  private func json(_ answer: NeighborsSession.Answer) {
    var output = JSONOutput("info", generation: nil, to: console)
    output.row { writer in
      writer.member("kind", "router")
      writer.member("router", answer.router)
      writer.member("name", console.settings.isNumeric ? nil : surroundings.names.name(of: answer.router))
      writer.member("version", "\(answer.version)")
    }
    for entry in answer.list.interfaces {
      output.row { writer in
        writer.member("kind", "interface")
        writer.member("address", entry.local)
        writer.member("metric", entry.metric)
        writer.member("threshold", entry.threshold)
        writer.member("flags", entry.flags.words)
        writer.member("neighbors", entry.neighbors.filter { !$0.isUnspecified }.map(\.description))
      }
    }
    output.finish()
  }
}

import Addressing
import Compatibility
import Control
import Diagnostics
import Encoding
import LinuxKernel

/// The program `mcast`, and what else it is by name.
public enum Mcast {
  /// Does what the words after the program's name say, and ends the process.
  public static func main() -> Never {
    ThisProcess.completeStandardStreams()
    let words = Swift.CommandLine.arguments
    let arguments = Array(words.dropFirst())
    switch Personality(calledAs: words.first ?? "") {
    case .smcroutectl:
      Terminal.outliveReaders()
      var program = Smcroutectl(.system)
      Terminal.end(with: program.run(arguments))
    case .smcroute: Terminal.end(with: Smcroute(.system).run(arguments))
    case .mrinfo: Terminal.end(with: ProbingTool(tool: .mrinfo, surroundings: .system).run(arguments))
    case .mtrace: Terminal.end(with: ProbingTool(tool: .mtrace, surroundings: .system).run(arguments))
    case .mapMbone: Terminal.end(with: ProbingTool(tool: .mapMbone, surroundings: .system).run(arguments))
    case .mroutectl:
      Terminal.outliveReaders()
      var program = Mroutectl(.system)
      Terminal.end(with: program.run(arguments))
    case .mcast, .mcastd, .smcrouted, .mrouted, nil: Terminal.end(with: run(arguments, in: .system).rawValue)
    }
  }

  static func run(_ arguments: [String], in surroundings: Surroundings) -> ExitCode {
    var console = Console(surroundings, Settings())
    do throws(Failure) {
      let (command, settings) = try Resolver.resolve(arguments)
      console = Console(surroundings, settings)
      let exit = try Runner(console: console).run(command)
      console.flush()
      return exit
    } catch {
      // A usage error comes before the options are understood; JSON was asked for all the same.
      if arguments.contains(where: { $0 == "--json" || $0 == "-j" }), console.settings.json == nil {
        var settings = Settings()
        settings.json = .object
        console = Console(surroundings, settings)
      }
      for finding in error.diagnostics { console.say(finding) }
      console.flush()
      return error.exit
    }
  }
}

/// Leads each command to the part that does it.
struct Runner {
  let console: Console

  func run(_ command: Command) throws(Failure) -> ExitCode {
    guard let seconds = console.settings.watchSeconds else { return try once(command) }
    let clears = console.isTerminal && console.settings.json == nil
    while true {
      // Home, then what is below erased: a redraw without flicker.
      if clears { console.print("\u{1b}[H\u{1b}[2J") }
      _ = try once(command)
      console.flush()
      guard !console.isBroken, console.surroundings.pause(seconds) else { return .done }
      if !clears, console.settings.json == nil { console.print("\n") }
    }
  }

  private func once(_ command: Command) throws(Failure) -> ExitCode {
    switch command {
    case .help(let verb):
      console.print(Help.text(verb))
      return .done
    case .version: return try VersionCommand(console: console).run()
    case .explain(let code): return try ExplainCode(console: console).run(code)
    case .config(let command): return try ConfigCommands(console: console).run(command)
    case .send(let plan): return try SendCommand(console: console, plan: plan).run()
    case .receive(let plan): return try ReceiveCommand(console: console, plan: plan).run()
    case .trace(let order):
      return try TraceCommand(console: console, order: order, surroundings: console.surroundings.probing())
        .run()
    case .info(let router):
      return try NeighborsCommand(
        console: console, router: router, surroundings: console.surroundings.probing()
      )
      .run()
    case .kernel(let part): return try KernelCommand(console: console).run(part)
    case .batch(let file):
      let text = try ConfigCommands(console: console).text(of: file)
      return try ChangeCommands(console: console, client: client(waits: true))
        .batch(text, file: file == "-" ? "<standard input>" : file, continues: console.settings.continues)
    default: return try ask(command)
    }
  }

  private func client(waits: Bool = false) throws(Failure) -> ControlClient {
    try ControlClient(console.settings, console.surroundings, waits: waits)
  }

  /// The commands that need the daemon.
  private func ask(_ command: Command) throws(Failure) -> ExitCode {
    switch command {
    case .reload(let waits):
      return try ChangeCommands(console: console, client: client(waits: waits)).reload()
    case .monitor(let kinds): return try EventCommands(console: console, client: client()).monitor(kinds)
    default: break
    }
    let client = try client()
    let show = ShowCommands(console: console, client: client)
    switch command {
    case .status: return try ObjectCommands(console: console, client: client).status()
    case .explainRoute(let source, let group, let inbound):
      return try ObjectCommands(console: console, client: client)
        .explain(source: source, group: group, inbound: inbound)
    case .routes(let query): return try ShowRoutes(console: console, client: client, query: query).run()
    case .interfaces(let name): return try show.interfaces(name)
    case .joins(let name): return try show.joins(name)
    case .learned(let table, let filter):
      return try ShowLearned(console: console, client: client).run(table, filter)
    case .pending: return try show.pending()
    case .limits: return try show.limits()
    case .runningConfiguration: return try show.configuration()
    case .events(let last): return try EventCommands(console: console, client: client).events(last: last)
    case .change(let line): return try ChangeCommands(console: console, client: client).change(line)
    case .restart:
      let commands = ChangeCommands(console: console, client: client)
      return try commands.restart { () throws(Failure) in try self.client() }
    case .stop: return try ChangeCommands(console: console, client: client).stop()
    default: throw Failure(.defect, .internalDefect, "a command leads nowhere")
    }
  }
}

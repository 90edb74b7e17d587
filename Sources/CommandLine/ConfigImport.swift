import Configuration
import Diagnostics
import Encoding

/// `config import`: the old file of another daemon as native text.
extension ConfigCommands {
  /// Prints the text; what it cannot state, or states otherwise, is told on standard error.
  func convert(_ file: String, of daemon: OldDaemon) throws(Failure) -> ExitCode {
    let source = console.surroundings.source
    let given = file == "-" ? try bytes(of: file) : nil
    let parsed =
      switch (daemon, given) {
      case (.smcroute, nil): importSmcroute(file: file, source: source)
      case (.smcroute, let text?): importSmcroute(text, named: name(file), source: source)
      case (.mrouted, nil): importMrouted(file: file, source: source)
      case (.mrouted, let text?): importMrouted(text, named: name(file), source: source)
      }
    guard !parsed.hasErrors else {
      if parsed.suppressed > 0 { console.note("and \(parsed.suppressed) findings more") }
      throw Failure(.configuration, parsed.diagnostics)
    }
    let text = ConfigCommands.head(parsed, of: daemon, name(file)) + parsed.configuration.text
    if console.settings.json != nil {
      var output = JSONOutput("config", generation: nil, to: console)
      output.row { $0.member("text", text) }
      output.finish(warnings: Answers.json(parsed.diagnostics, console))
      for finding in parsed.diagnostics { console.complain(finding) }
    } else {
      for finding in parsed.diagnostics { console.say(finding) }
      console.print(text)
    }
    if parsed.suppressed > 0 { console.note("and \(parsed.suppressed) findings more") }
    return .done
  }

  private static func head(_ parsed: ParsedConfiguration, of daemon: OldDaemon, _ file: String) -> String {
    let configuration = parsed.configuration
    let joins = configuration.joins.count
    let counts =
      switch daemon {
      case .smcroute: "routes: \(configuration.routes.count), joins: \(joins)"
      case .mrouted:
        "interfaces: \(configuration.interfaces.count), tunnels: \(configuration.tunnels.count), "
          + "joins: \(joins)"
      }
    let warnings = parsed.diagnostics.filter { $0.severity == .warning }.count
    return """
      # Written by mcast config import \(daemon.rawValue), from \(file.escapingControls)
      # \(counts), warnings: \(warnings)

      """
  }
}

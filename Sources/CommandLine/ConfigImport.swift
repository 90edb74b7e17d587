import Configuration
import Diagnostics
import Encoding

/// `config import`: the old file of another daemon as native text.
extension ConfigCommands {
  /// Prints the text; what it cannot state, or states otherwise, is told on standard error.
  func convert(_ file: String) throws(Failure) -> ExitCode {
    let source = console.surroundings.source
    let parsed =
      file == "-"
      ? importSmcroute(try bytes(of: file), named: name(file), source: source)
      : importSmcroute(file: file, source: source)
    guard !parsed.hasErrors else { throw Failure(.configuration, parsed.diagnostics) }
    let text = ConfigCommands.head(parsed, name(file)) + parsed.configuration.text
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

  private static func head(_ parsed: ParsedConfiguration, _ file: String) -> String {
    let (routes, joins) = (parsed.configuration.routes.count, parsed.configuration.joins.count)
    let warnings = parsed.diagnostics.filter { $0.severity == .warning }.count
    return """
      # Written by mcast config import smcroute, from \(file.escapingControls)
      # routes: \(routes), joins: \(joins), warnings: \(warnings)

      """
  }
}

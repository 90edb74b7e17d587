import Control
import Diagnostics
import Encoding

/// `version`: of the tool, and of the daemon when one answers.
struct VersionCommand {
  let console: Console

  func run() throws(Failure) -> ExitCode {
    let hello = try? ControlClient(console.settings, console.surroundings).hello
    guard console.settings.json == nil else {
      json(hello)
      return .done
    }
    console.print("mcast \(Version.text)\n")
    if let hello { console.print("mcastd \(hello.version.escapingControls), pid \(hello.pid)\n") }
    return .done
  }

  /// What answers, nil for nobody, as JSON; with what a restart tells of it.
  func json(_ hello: NativeHello?, _ warnings: [Diagnostic] = [], _ summary: Summary? = nil) {
    var output = JSONOutput("version", generation: hello?.generation, to: console)
    output.row { writer in
      writer.member("tool", Version.text)
      writer.member("protocol", NativeProtocol.version)
      guard let hello else { return }
      writer.object("daemon") { writer in
        writer.member("version", hello.version)
        writer.member("pid", hello.pid)
      }
    }
    output.finish(warnings: Answers.json(warnings, console), summary: summary)
  }
}

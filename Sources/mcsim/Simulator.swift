import Control
import Diagnostics
import LinuxKernel

/// The command line of `mcsim`.
enum Simulator {
  static let help = """
    mcsim: repeat what a multicast router did

    usage: mcsim replay FILE [--compare]

      replay FILE  step a router through a recording that mcastd made and
                   print what it does, one JSON line per step
      --compare    print nothing but the first step that differs
      --help, --version

    The exit code is 0 when every step does what was recorded, 1 when one
    differs, 64 for wrong words, 65 for a file that is no recording.

    example: mcsim replay /tmp/run | wc -l
    example: mcsim replay --compare /tmp/run
    See mcsim(1) and mcastd(8).
    """

  static func run(_ arguments: [String]) -> Int32 {
    var words: [String] = []
    var isComparing = false
    for argument in arguments {
      switch argument {
      case "--help", "-h":
        ThisProcess.write(help + "\n", to: .output)
        return 0
      case "--version":
        ThisProcess.write("mcsim \(Version.text)\n", to: .output)
        return 0
      case "--compare": isComparing = true
      default:
        guard !argument.hasPrefix("-") else { return refuse("unknown option \"\(argument)\"") }
        words.append(argument)
      }
    }
    guard words.count == 2, words[0] == "replay" else { return refuse("the words are: replay FILE") }
    return ReplayCommand(path: words[1], isComparing: isComparing).run()
  }

  private static func refuse(_ message: String) -> Int32 {
    complain(Diagnostic(.error, .usage, message, hint: "mcsim --help"))
    return 64
  }

  static func complain(_ finding: Diagnostic) {
    ThisProcess.write(finding.text(program: "mcsim"), to: .error)
  }
}

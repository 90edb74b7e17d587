/// The command line of `smcroutectl` (2.3 – 2.6), read.
public struct SmcroutectlArguments: Hashable, Sendable {
  /// What to do.
  public enum Step: Hashable, Sendable {
    /// Say this; nothing is sent.
    case say(ProgramResult)
    /// Send this and print the answer: tables rendered, a refusal as one line with `smcroutectl: ` before it.
    case send(SmcrouteMessage)
  }

  /// How headings are wanted.
  public enum Headings: Hashable, Sendable {
    /// By escape codes on a terminal, plain elsewhere.
    case automatic
    case plain, none
  }

  /// The daemon's name, `-i`.
  public var identity = "smcroute"
  /// `-u`; nil: by the identity.
  public var ownSocket: String?
  public var headings = Headings.automatic
  /// `-b`: commands come from standard input, one a line; there are no `steps` then.
  public var readsBatch = false
  public var format = SmcrouteFormat.plain
  public var steps: [Step] = []

  /// Where the daemon listens.
  public var socket: String { ownSocket ?? "/run/\(identity).sock" }

  /// Reads the words after the program's name.
  ///
  /// - Parameter order: `optionsFirst` when the environment has `POSIXLY_CORRECT`.
  public init(_ words: [String], _ order: Getopt.Order = .permuting) {
    let line = Getopt("bdhi:I:jptu:v", words, order)
    if let result = take(line) {
      steps = [.say(result)]
      readsBatch = false
    } else if !readsBatch {
      steps = [step(line.operands)]
    }
  }

  /// Not nil when the options alone end the program.
  private mutating func take(_ line: Getopt) -> ProgramResult? {
    var isDetailed = false
    var isJSON = false
    for option in line.options {
      switch option.letter {
      case "b": readsBatch = true
      case "d": isDetailed = true
      case "i", "I": identity = option.value ?? identity
      case "j": isJSON = true
      case "p": headings = headings == .none ? .none : .plain
      case "t": headings = .none
      case "u": ownSocket = option.value
      case "h": return ProgramResult(output: SmcroutectlCommand.usage, exitCode: 0)
      default: return ProgramResult(output: SmcrouteVersion.text, exitCode: 0)
      }
    }
    format = isJSON ? .json : isDetailed ? .detailed : .plain
    return line.fault.map {
      ProgramResult(
        output: SmcroutectlCommand.usage, complaint: "smcroutectl: \($0.text)\n", exitCode: 1)
    }
  }

  /// What a line of a batch asks for; nil for a comment or an empty line.
  public func step(batchLine line: String) -> Step? {
    guard line.utf8.first != UInt8(ascii: "#") else { return nil }
    let words = line.split { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r\n" }
    return words.isEmpty ? nil : step(words.map(String.init))
  }

  /// No command at all is `show`.
  private func step(_ words: [String]) -> Step {
    let words = words.filter { !$0.isEmpty }
    guard let first = words.first else { return send(.show, []) }
    let arguments = Array(words.dropFirst())
    switch SmcroutectlCommand.match(first) {
    case .command(.help): return help(arguments)
    case .command(.version): return .say(ProgramResult(output: SmcrouteVersion.text, exitCode: 0))
    case .command(let command): return send(command, arguments)
    case .ambiguous, .unknown: return refuse(first)
    }
  }

  private func send(_ command: SmcroutectlCommand, _ arguments: [String]) -> Step {
    guard arguments.count >= command.minimumArguments, let letter = command.letter(format) else {
      let complaint = "smcroutectl: Not enough arguments to command \(command.rawValue)\n"
      return .say(ProgramResult(output: command.help, complaint: complaint, exitCode: 1))
    }
    return .send(SmcrouteMessage(letter, arguments))
  }

  private func help(_ words: [String]) -> Step {
    guard let first = words.first else {
      return .say(ProgramResult(output: SmcroutectlCommand.usage, exitCode: 0))
    }
    guard case .command(let command) = SmcroutectlCommand.match(first) else { return refuse(first) }
    switch command {
    case .help: return help([])
    case .version: return .say(ProgramResult(output: SmcrouteVersion.text, exitCode: 0))
    default: return .say(ProgramResult(output: command.help, exitCode: 0))
    }
  }

  private func refuse(_ word: String) -> Step {
    let text =
      SmcroutectlCommand.match(word) == .ambiguous
      ? "Ambiguous command: \(word) is the beginning of reload, restart and remove"
      : "Unknown command: \(word), try smcroutectl help"
    return .say(ProgramResult(complaint: "smcroutectl: \(text)\n", exitCode: 1))
  }
}

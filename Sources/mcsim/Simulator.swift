import Control
import Diagnostics
import LinuxKernel

/// The command line of `mcsim`.
enum Simulator {
  static let help = """
    mcsim: repeat what a multicast router did, and try what a network would do

    usage: mcsim replay FILE [--compare]
           mcsim run FILE|SHAPE [--seed N] [--seeds N] [--hours N] [--restarts]
                     [--tell TIME]
           mcsim soak [SHAPE] [--router-hours N] [--seed N] [--hours N] [--jobs N]
                      [--restarts]
           mcsim draw FILE|SHAPE [--flow SOURCE,GROUP] [--at TIME] [--dot]

      replay FILE  step a router through a recording that mcastd made and
                   print what it does, one JSON line per step
      run          routers, hosts and links on one virtual clock, with what must
                   hold checked after each event; a scenario that fails is shrunk
                   and printed, and runs again from its text
      soak         lives of many seeds, on several processors
      draw         the network as a picture (SVG), at the scenario's end
      SHAPE        line:N, ring:N, tree:N, lan:N or mesh:N, N routers with DVMRP;
                   static-line:N or static-tree:N
      --compare    print nothing but the first step that differs
      --seed N     another seed than the scenario's
      --seeds N    that seed and the ones after it, N in all
      --hours N    a life of so many hours by chance: members, streams, faults
      --restarts   in such a life routers restart and crash, too, and forward on
      --router-hours N  until so many are simulated (20000)
      --jobs N     on so many processors (1)
      --flow S,G   mark the way of the packets from S to G
      --at TIME    not at the end: 90s, 5m
      --tell TIME  print what happens from then on: packets, messages, entries
      --dot        for Graphviz instead of SVG
      --help, --version

    The exit code is 0 when every step does what was recorded and all held, 1
    when not, 64 for wrong words, 65 for a file that is not understood.

    example: mcsim replay --compare /tmp/run
    example: mcsim run mesh:20 --hours 10 --seeds 100
    example: mcsim draw examples/tree.scenario --flow 10.0.1.1,239.1.1.1
    See mcsim(1) and mcastd(8).
    """

  static func run(_ arguments: [String]) async -> Int32 {
    var words = SimulatorWords()
    do throws(Diagnostic) {
      switch try words.read(arguments) {
      case .help: ThisProcess.write(help + "\n", to: .output)
      case .version: ThisProcess.write("mcsim \(Version.text)\n", to: .output)
      case .work: return try await work(words)
      }
    } catch {
      complain(error)
      return error.code == .usage ? 64 : 65
    }
    return 0
  }

  private static func work(_ words: SimulatorWords) async throws(Diagnostic) -> Int32 {
    if words.operands.first == "soak", words.operands.count <= 2 {
      return try await SoakCommand(words).run(words.operands.count == 2 ? words.operands[1] : "mesh:20")
    }
    guard words.operands.count == 2 else { throw SimulatorWords.refusal("the words are: VERB FILE") }
    let subject = words.operands[1]
    switch words.operands[0] {
    case "replay": return ReplayCommand(path: subject, isComparing: words.isComparing).run()
    case "run": return try RunCommand(words).run(subject)
    case "draw": return try RunCommand(words).draw(subject)
    default: throw SimulatorWords.refusal("there is no verb \"\(words.operands[0])\"")
    }
  }

  static func complain(_ finding: Diagnostic) {
    ThisProcess.write(finding.text(program: "mcsim"), to: .error)
  }
}

/// The words of one call, sorted.
struct SimulatorWords {
  enum Wish { case help, version, work }

  var operands: [String] = []
  var isComparing = false
  var isDot = false
  var seed: UInt64?
  var seeds: UInt64 = 1
  var hours: Int?
  var flow: String?
  var at: String?
  var tell: String?
  var routerHours = 20_000
  var jobs = 1
  var replaces = false
  /// As it stands in a command that repeats a run.
  var restarts: String { replaces ? " --restarts" : "" }

  static func refusal(_ message: String) -> Diagnostic {
    Diagnostic(.error, .usage, message, hint: "mcsim --help")
  }

  mutating func read(_ arguments: [String]) throws(Diagnostic) -> Wish {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      switch word {
      case "--help", "-h": return .help
      case "--version": return .version
      case "--compare": isComparing = true
      case "--dot": isDot = true
      case "--restarts": replaces = true
      case "--seed": seed = try number(word, rest.popFirst(), 0...UInt64.max)
      case "--seeds": seeds = try number(word, rest.popFirst(), 1...1_000_000)
      case "--hours": hours = Int(try number(word, rest.popFirst(), 1...100_000))
      case "--router-hours":
        routerHours = Int(try number(word, rest.popFirst(), 1...100_000_000))
      case "--jobs": jobs = Int(try number(word, rest.popFirst(), 1...256))
      case "--at":
        guard let value = rest.popFirst() else { throw SimulatorWords.refusal("--at wants a time") }
        at = value
      case "--tell":
        guard let value = rest.popFirst() else { throw SimulatorWords.refusal("--tell wants a time") }
        tell = value
      case "--flow":
        guard let value = rest.popFirst() else { throw SimulatorWords.refusal("--flow wants SOURCE,GROUP") }
        flow = value
      default:
        guard !word.hasPrefix("-") else { throw SimulatorWords.refusal("unknown option \"\(word)\"") }
        operands.append(word)
      }
    }
    return .work
  }

  private func number(
    _ option: String, _ value: String?, _ range: ClosedRange<UInt64>
  ) throws(Diagnostic) -> UInt64 {
    guard let value, let number = UInt64(value), range.contains(number) else {
      throw SimulatorWords.refusal("\(option) wants a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}

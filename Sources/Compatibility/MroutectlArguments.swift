import Configuration

/// The command line of `mroutectl`, read.
public struct MroutectlArguments: Hashable, Sendable {
  /// What to do.
  public enum Step: Hashable, Sendable {
    /// Say this; nothing is sent.
    case say(ProgramResult)
    /// Send this and print the answer.
    case send(MroutedMessage)
  }

  /// How titles and headings are wanted.
  public enum Headings: Hashable, Sendable {
    /// By escape codes.
    case decorated
    case plain, none
  }

  /// The daemon's name, `-i`.
  public var identity = "mrouted"
  /// `-u`; nil: by the identity.
  public var ownSocket: String?
  public var headings = Headings.decorated
  public private(set) var step: Step
  private var isDetailed = false

  /// Where the daemon listens.
  public var socket: String { ownSocket ?? "/var/run/\(identity).sock" }

  /// Reads the words after the program's name.
  public init(_ words: [String], _ order: Getopt.Order = .permuting) {
    let names: [(String, Character)] = [
      ("detail", "d"), ("plain", "p"), ("help", "h"), ("ident", "i"), ("no-heading", "t"), ("ipc", "u"),
      ("version", "v"),
    ]
    let line = Getopt("dphi:tu:v?", long: names.map { Getopt.Long($0.0, $0.1) }, words, order)
    step = .say(MroutectlArguments.usage(exitCode: 0))
    for option in line.options {
      switch option.letter {
      case "d": isDetailed = true
      case "i": identity = option.value ?? identity
      case "p": headings = headings == .none ? .none : .plain
      case "t": headings = .none
      case "u": ownSocket = option.value
      case "v":
        step = .say(ProgramResult(output: MroutedVintage.current.title + "\n", exitCode: 0))
        return
      default: return
      }
    }
    if let fault = line.fault {
      step = .say(MroutectlArguments.usage(complaint: "mroutectl: \(fault.text)\n", exitCode: 1))
    } else {
      step = read(line.operands)
    }
  }

  // MARK: Commands

  private enum Word {
    case debug, help, kill, log, restart, show
  }

  /// The first name that equals the word over the shorter of the two lengths, in either case.
  private static func match<Meaning>(_ word: String, _ names: [(String, Meaning)]) -> Meaning? {
    let word = word.lowercased()
    return names.first { $0.0.hasPrefix(word) || word.hasPrefix($0.0) }?.1
  }

  private func read(_ words: [String]) -> Step {
    guard let first = words.first else { return send(.showStatus) }
    let rest = Array(words.dropFirst())
    let commands: [(String, Word)] = [
      ("debug", .debug), ("help", .help), ("kill", .kill), ("log", .log), ("restart", .restart),
      ("show", .show),
    ]
    switch MroutectlArguments.match(first, commands) {
    case .debug: return debug(rest.first ?? "")
    case .help: return .say(MroutectlArguments.usage(exitCode: 0))
    case .kill: return send(.kill)
    case .log where rest.first == "?":
      return .say(ProgramResult(output: MroutedLevel.list + "\n", exitCode: 0))
    case .log: return send(.log, rest.first ?? "")
    case .restart: return send(.restart)
    case .show: return show(rest)
    case nil: return .say(MroutectlArguments.usage(exitCode: 1))
    }
  }

  private func show(_ words: [String]) -> Step {
    guard let first = words.first else { return send(.showStatus) }
    let tables: [(String, MroutedCommand)] = [
      ("compat", .showCompat), ("routes", .showRoutes), ("igmp", .showIGMP), ("interfaces", .showInterfaces),
      ("ifaces", .showInterfaces), ("mfc", .showMFC), ("neighbor", .showNeighbors), ("status", .showStatus),
      ("version", .version),
    ]
    guard let table = MroutectlArguments.match(first, tables) else {
      return .say(MroutectlArguments.usage(exitCode: 1))
    }
    guard table == .showIGMP, words.count > 1 else { return send(table) }
    let parts: [(String, MroutedCommand)] = [
      ("groups", .showGroups), ("interfaces", .showIGMPInterfaces), ("ifaces", .showIGMPInterfaces),
    ]
    guard let part = MroutectlArguments.match(words[1], parts) else {
      return .say(MroutectlArguments.usage(exitCode: 1))
    }
    return send(part)
  }

  private func debug(_ list: String) -> Step {
    if list == "?" { return .say(ProgramResult(output: MroutedDebug.list, exitCode: 0)) }
    do throws(MroutedDebug.Unknown) {
      _ = try MroutedDebug(list, .current)
    } catch {
      return .say(ProgramResult(complaint: error.text + "\n", exitCode: 1))
    }
    return send(.debug, list)
  }

  private func send(_ command: MroutedCommand, _ text: String = "") -> Step {
    .send(MroutedMessage(command, isDetailed: isDetailed, text))
  }

  // MARK: Help

  /// The names of commands and options are the original's, the words our own.
  static func usage(complaint: String = "", exitCode: Int32) -> ProgramResult {
    ProgramResult(
      output: usageText + MroutedDebug.list, complaint: complaint + "\nValid debug subsystems:\n",
      exitCode: exitCode)
  }

  private static let usageText = """
    Usage: mroutectl [OPTIONS] [COMMAND]

    Options:
      -d, --detail            Show more of what there is to show
      -p, --plain             Headings without escape codes
      -h, --help              This text
      -i, --ident=NAME        Name of the daemon, default: mrouted
      -t, --no-heading        No headings
      -u, --ipc=FILE          Socket of the daemon, default: /var/run/NAME.sock
      -v, --version           Version of mrouted that this program speaks to

    Commands:
      debug [? | none | SYS]  Debug messages wanted, several with commas between
      help                    This text
      kill                    End the daemon, as SIGTERM does
      log [? | none | LEVEL]  Log level: none, error, warning, notice, info, debug
      restart                 Read the configuration again, as SIGHUP does
      show status             Everything at a glance, default
      show compat             Tables of 3.9.8, those of mrouted -r
      show igmp groups        Groups that hosts have joined
      show igmp interface     Interfaces and their queriers
      show interfaces         Interfaces
      show mfc                Flows that are forwarded
      show neighbor           Neighbor routers
      show routes             Routes to sources
      show version            Version of the daemon; -d: how long it is up

    """
}

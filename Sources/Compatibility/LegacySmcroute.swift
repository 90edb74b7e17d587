import Addressing

/// The command line of `smcroute`.
///
/// Daemon and client in one (0.9x – 2.2), or the script of that name (2.4.2 – 2.5.7).
public enum LegacySmcroute: Hashable, Sendable {
  /// `-d`: run the daemon; once it is ready, send it the commands of the same line.
  case daemon(SmcroutedSettings, commands: [SmcrouteMessage])
  /// `-d` as the script meant it: `smcrouted` with these words.
  case smcrouted([String])
  /// Send these one after the other, each by a connection of its own; the first refusal ends it.
  case client([SmcrouteMessage])
  case end(ProgramResult)

  /// Reads the words after the program's name.
  public init(_ words: [String]) {
    guard !words.isEmpty, let options = LegacyOption.cut(words) else {
      self = .end(LegacySmcroute.misuse())
      return
    }
    var reading = LegacyReading()
    for option in options {
      guard let result = reading.take(option) else { continue }
      self = LegacySmcroute.passedOn(words, result) ?? .end(result)
      return
    }
    if reading.isDaemon {
      self = .daemon(reading.settings, commands: reading.commands)
    } else {
      self = reading.commands.isEmpty ? .end(LegacySmcroute.misuse()) : .client(reading.commands)
    }
  }

  /// What the old grammar refuses behind `-d` may be options of `smcrouted`, as the script passed them on.
  private static func passedOn(_ words: [String], _ result: ProgramResult) -> LegacySmcroute? {
    guard words[0] == "-d", result.exitCode != 0 else { return nil }
    let rest = Array(words.dropFirst())
    switch SmcroutedArguments(rest) {
    case .run, .verify: return .smcrouted(rest)
    case .end: return nil
    }
  }

  /// Where clients before 2.3 look, then where the daemons since 2.3 listen.
  public static let sockets = ["/var/run/smcroute", "/run/smcroute.sock"]

  /// What the client prints on standard error, all in all.
  public enum ClientText {
    public static let success = "Sending command(s) ... OK!\n"
    public static let notPermitted = "Need root privileges to connect to daemon: Permission denied\n"

    /// Nobody answered, for a reason in the words of the C library.
    public static func notRunning(_ reason: String) -> String { "Daemon not running: \(reason)\n" }

    /// A command that the daemon refused.
    public static func refused(_ text: String) -> String { "Sending command(s) ... Daemon error: \(text)\n" }
  }

  static func misuse(_ complaint: String = "") -> ProgramResult {
    ProgramResult(output: usage, complaint: complaint, exitCode: 1)
  }

  static let usage = """
    Usage:
      smcroute [-d] [-n] [-N] [-s] [-f FILE] [-L LVL] [-e CMD] [-c SEC] [-p USER[:GROUP]]
      smcroute [-k | -F | -h | -v] [COMMAND ...]

    Daemon:
      -d              Start the daemon; commands of the same line follow when it is ready
      -n              Stay in the foreground
      -N              Use only interfaces that phyint ... enable names
      -s              Log to syslog, though in the foreground
      -f FILE         Configuration, default: /etc/smcroute.conf
      -D              Log at level debug
      -L LVL          Log level: none, err, info, notice, debug; default: notice
      -e CMD          Run CMD reload or CMD install when routes were set up
      -c SEC          Forget routes that traffic made after SEC seconds, default: 0, never
      -p USER[:GROUP] Run as this user, with CAP_NET_ADMIN alone

    Client:
      -k              End the daemon
      -F              Forget the routes that traffic of (*,G) rules has made
      -a IIF SRC GRP OIF [OIF ...]  Add a route, SRC 0.0.0.0 for any source
      -r IIF SRC GRP  Remove a route
      -j IIF GRP      Join a group
      -l IIF GRP      Leave a group
      -x IIF SRC GRP  Join a group for one source
      -y IIF SRC GRP  Leave a group for one source

      -h              This text
      -v              Version

    """
}

/// A letter and the words behind it, up to the next one.
struct LegacyOption {
  /// The second character of the word alone counts; nil for `-`.
  var letter: Character?
  var arguments: [String] = []

  /// Nil when a word comes before the first option.
  static func cut(_ words: [String]) -> [LegacyOption]? {
    var options: [LegacyOption] = []
    for word in words {
      if word.utf8.first == UInt8(ascii: "-") {
        options.append(LegacyOption(letter: word.dropFirst().first))
      } else if options.isEmpty {
        return nil
      } else {
        options[options.count - 1].arguments.append(word)
      }
    }
    return options
  }
}

/// What is known after some of the options.
struct LegacyReading {
  var settings = LegacyReading.daemon
  var isDaemon = false
  var commands: [SmcrouteMessage] = []

  static let commandLimit = 16

  private static var daemon: SmcroutedSettings {
    var settings = SmcroutedSettings()
    settings.dialect = .legacy
    settings.pidFile = "/var/run/smcroute.pid"
    settings.legacySocket = LegacySmcroute.sockets[0]
    settings.expirySeconds = 0
    return settings
  }

  /// Not nil when the program ends here.
  mutating func take(_ option: LegacyOption) -> ProgramResult? {
    let words = option.arguments
    switch (option.letter, words.count) {
    case ("d", _): isDaemon = true
    case ("n", 0): settings.staysInForeground = true
    case ("f", 1): settings.configurationFile = words[0]
    case ("D", 0): settings.level = .debug
    case ("L", 1): setLevel(words[0])
    case ("N", 0): settings.takesNamedOnly = true
    case ("s", 0): settings.usesSyslog = true
    case ("e", 1): settings.hook = words[0]
    case ("c", 1): settings.expirySeconds = UInt32(max(0, CNumber.parse(words[0])))
    case ("p", 1): settings.user = words[0]
    case ("k", 0): return add("k", [])
    case ("F", 0): return add("F", [])
    case ("a", 4...): return add("a", words)
    // The script of 2.4.2 and later took routes without a source.
    case ("a", 3) where LegacyReading.isGroup(words[1]): return add("a", words)
    case ("r", 3...): return add("r", words)
    case ("r", 2) where LegacyReading.isGroup(words[1]): return add("r", words)
    case ("j", 2...3): return add("j", words)
    case ("l", 2...3): return add("l", words)
    case ("x", 3): return add("x", words)
    case ("y", 3): return add("y", words)
    case ("h", 0): return ProgramResult(output: LegacySmcroute.usage, exitCode: 0)
    case ("v", 0): return ProgramResult(complaint: SmcrouteVersion.legacyText, exitCode: 0)
    default: return LegacySmcroute.misuse()
    }
    return nil
  }

  private mutating func add(_ letter: Unicode.Scalar, _ words: [String]) -> ProgramResult? {
    guard commands.count < LegacyReading.commandLimit else {
      return LegacySmcroute.misuse("Too many command options\n")
    }
    commands.append(SmcrouteMessage(letter, words))
    return nil
  }

  private mutating func setLevel(_ text: String) {
    guard let level = SmcrouteLevel(text) else {
      settings.warnings.append("smcroute: -L \(text) is no level; it stays at \(settings.level)")
      return
    }
    settings.level = level
  }

  private static func isGroup(_ word: String) -> Bool {
    Address(word.prefix { $0 != "/" })?.isMulticast ?? false
  }
}

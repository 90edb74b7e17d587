import Compatibility
import Control
public import Diagnostics
import Kernel

/// The command line of `mcastd`.
public struct Options: Hashable, Sendable {
  public var isForeground = false
  /// Nil: by the identity; absent then means an empty configuration.
  public var configFile: String?
  public var socket: String?
  public var pidFile: String?
  public var identity = "mcast"
  public var table: UInt32?
  /// Wins over the `log` statement's level.
  public var logLevel: String?
  public var recordFile: String?
  public var checksOnly = false
  /// Keep all privileges though they cannot be dropped as wanted.
  public var isPrivileged = false
  public var allowsCore = false
  /// The configuration, where no file has it.
  var handed: HandedFile?
  /// Under which name the daemon was started.
  var personality = DaemonPersonality.mcastd

  public init() {}

  /// What the words ask for.
  public enum Parsed: Hashable, Sendable {
    case run(Options)
    case help
    case version
    /// The list of `FaultPoint`.
    case faultPoints
    case refused(Diagnostic)
  }

  public static let help = """
    mcastd: multicast routing daemon

    usage: mcastd [OPTION...]

      --foreground      stay in the foreground and log to standard error
      --config FILE     read FILE, which must exist (/etc/mcast/NAME.conf)
      --check           judge the configuration and exit: 0, or 65 with errors
      --identity NAME   names of files and sockets (mcast)
      --table ID        route in this kernel table, 1-999999999
      --socket PATH     control socket; PATH.view is for those who only look
      --pidfile FILE    write the process number to FILE when ready
      --log LEVEL       error, warning, notice, info or debug
      --record FILE     write all that happens to FILE, for mcsim replay
      --privileged      run on where privileges cannot be dropped
      --core            allow core dumps
      --help, --version

    example: mcastd --foreground --config examples/studio.conf
    example: mcastd --check && mcast reload
    See mcastd(8), mcast.conf(5) and mcast(8).
    """

  /// Reads the words after the program's name; the last of a repeated option counts.
  public static func parse(_ arguments: some Sequence<String>) -> Parsed {
    var options = Options()
    var words = arguments.makeIterator()
    while let word = words.next() {
      let (name, attached) = split(word)
      do throws(Diagnostic) {
        if try options.takeFlag(name, attached) { continue }
        switch name {
        case "--help", "-h": return .help
        case "--version": return .version
        case "--fault-points": return .faultPoints
        default: break
        }
        guard valueOptions.contains(name) else {
          throw usage("unknown option \"\(word)\"", hint: "mcastd --help lists the options")
        }
        guard let value = attached ?? words.next(), !value.isEmpty else {
          throw usage("option \"\(name)\" wants a value", hint: "mcastd --help shows which")
        }
        try options.take(name, value)
      } catch {
        return .refused(error)
      }
    }
    return .run(options)
  }

  private static let valueOptions: Set<String> = [
    "--config", "--socket", "--pidfile", "--identity", "--table", "--log", "--record",
  ]

  /// `--name=value` or `--name`.
  private static func split(_ word: String) -> (name: String, value: String?) {
    guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { return (word, nil) }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]))
  }

  private mutating func takeFlag(_ name: String, _ value: String?) throws(Diagnostic) -> Bool {
    switch name {
    case "--foreground": isForeground = true
    case "--check": checksOnly = true
    case "--privileged": isPrivileged = true
    case "--core": allowsCore = true
    default: return false
    }
    guard value == nil else { throw Options.usage("option \"\(name)\" takes no value") }
    return true
  }

  private mutating func take(_ name: String, _ value: String) throws(Diagnostic) {
    guard !value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
      throw Options.usage("the value of \"\(name)\" holds a control character")
    }
    switch name {
    case "--config": configFile = value
    case "--socket": socket = value
    case "--pidfile": pidFile = value
    case "--record": recordFile = value
    case "--identity":
      guard Options.isIdentity(value) else {
        throw Options.usage("identity \"\(value)\" is not 1 to 32 letters, digits, \"-\" or \"_\"")
      }
      identity = value
    case "--table":
      guard let number = UInt32(value), (1...999_999_999).contains(number) else {
        throw Diagnostic(.error, .tableRange, "table \"\(value)\" is not a number from 1 to 999999999")
      }
      table = number
    default:
      guard Options.levels.contains(value) else {
        throw Options.usage(
          "log level \"\(value)\" is not known", hint: "levels: \(Options.levels.joined(separator: ", "))")
      }
      logLevel = value
    }
  }

  static let levels = ["error", "warning", "notice", "info", "debug"]

  private static func isIdentity(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
      }
  }

  private static func usage(_ message: String, hint: String? = nil) -> Diagnostic {
    Diagnostic(.error, .usage, message, hint: hint)
  }
}

/// Where the daemon's files are, by its identity and options.
extension Options {
  /// The directory of sockets and the pid file.
  public var runDirectory: String { identity == "mcast" ? "/run/mcast" : "/run/mcast/\(identity)" }

  public var configPath: String { configFile ?? "/etc/mcast/\(identity).conf" }

  /// - Parameter stated: the `control { socket }` of the configuration.
  public func controlPath(stated: String?) -> String { socket ?? stated ?? "\(runDirectory)/control.sock" }

  /// The view socket stands beside a control socket that was named.
  public func viewPath(stated: String?) -> String {
    (socket ?? stated).map { $0 + ".view" } ?? "\(runDirectory)/view.sock"
  }

  public var pidPath: String { pidFile ?? "\(runDirectory)/mcastd.pid" }

  /// What the keeper of the sockets is called, in the network namespace that it belongs to.
  var keeperName: String {
    let program = personality.smcroute != nil ? "smcroute/" : personality.mrouted != nil ? "mrouted/" : ""
    return program + identity + (table.map { "/\($0)" } ?? "")
  }

  /// The least grave level that is logged; nil when nothing is.
  ///
  /// - Parameter stated: the level of the configuration.
  func level(stated: String) -> Notice.Level? {
    let word = logLevel ?? stated
    return word == Options.silent ? nil : Notice.Level(rawValue: word) ?? .info
  }

  /// The same with the configuration that an open descriptor holds.
  ///
  /// Before the process goes to the background, which closes it.
  var withHandedFile: Options {
    var copy = self
    copy.handed = HandedFile(configPath)
    return copy
  }

  /// The same with every path from the root on.
  func absolute(in directory: String) -> Options {
    func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(directory)/\(path)" }
    var copy = self
    if var smcroute = personality.smcroute {
      smcroute.socket = absolute(smcroute.socket)
      smcroute.legacySocket = smcroute.legacySocket.map(absolute)
      smcroute.hook = smcroute.hook.map(absolute)
      copy.personality.smcroute = smcroute
    }
    if var mrouted = personality.mrouted {
      mrouted.socket = absolute(mrouted.socket)
      copy.personality.mrouted = mrouted
    }
    copy.configFile = configFile.map(absolute)
    copy.socket = socket.map(absolute)
    copy.pidFile = pidFile.map(absolute)
    copy.recordFile = recordFile.map(absolute)
    return copy
  }
}

/// The command line of `smcrouted` (2.3 – 2.6), read.
public enum SmcroutedArguments: Hashable, Sendable {
  case run(SmcroutedSettings)
  /// `-F`: check this file, touch nothing.
  case verify(file: String, SmcroutedSettings)
  case end(ProgramResult)

  /// Reads the words after the program's name.
  ///
  /// - Parameter program: what usage and complaints call it.
  public init(_ words: [String], program: String = "smcrouted", _ order: Getopt.Order = .permuting) {
    self = .run(SmcroutedSettings())
  }
}

/// How a daemon of SMCRoute is to run.
public struct SmcroutedSettings: Hashable, Sendable {
  /// Semantics and texts for those that send 16-byte messages.
  public var dialect = SmcrouteDialect.current
  /// `-i`: syslog's name, and what the files are called by default.
  public var identity = "smcroute"
  public var configurationFile = "/etc/smcroute.conf"
  public var pidFile = "/run/smcroute.pid"
  public var socket = "/run/smcroute.sock"
  /// Where clients before 2.3 look; nil when nobody asked for it.
  public var legacySocket: String?
  public var staysInForeground = false
  /// `-s`: syslog although in the foreground.
  public var usesSyslog = false
  public var level = SmcrouteLevel.notice
  public var hook: String?
  /// `-c`: how long an unused entry stays; 0: for ever.
  public var expirySeconds: UInt32 = 60
  /// `-d`: sleep before interfaces are looked at.
  public var startDelaySeconds: UInt32 = 0
  /// `-D`: end after so long; nil: never.
  public var exitDelaySeconds: UInt32?
  /// `-m`, 4 to 180.
  public var announceSeconds: UInt8 = 20
  /// `-N`: only interfaces that `phyint … enable` names.
  public var takesNamedOnly = false
  /// `-p`, `USER[:GROUP]` as given.
  public var user: String?
  /// `-t`; 0: the standard one.
  public var table: UInt32 = 0
  /// Lines for standard error: what was read otherwise than it may have been meant.
  public var warnings: [String] = []

  public init() {}
}

/// The levels of `-l`.
public enum SmcrouteLevel: Int, Hashable, Sendable, CaseIterable {
  case none = -1
  case emergency, alert, critical, error, warning, notice, info, debug

  /// Reads a number 0–7 or the beginning of a name, in either case; nil for anything else.
  public init?(_ text: String) { return nil }

  /// The level of our own log that shows the same; nil shows nothing.
  public var native: String? {
    switch self {
    case .none, .emergency, .alert, .critical: nil
    case .error: "error"
    case .warning: "warning"
    case .notice: "notice"
    case .info: "info"
    case .debug: "debug"
    }
  }
}

/// The command line of `smcrouted` (2.3 – 2.6), read.
public enum SmcroutedArguments: Hashable, Sendable {
  case run(SmcroutedSettings)
  /// `-F`: check this file, touch nothing.
  case verify(file: String, SmcroutedSettings)
  case end(ProgramResult)

  /// Reads the words after the program's name; those that are no options mean nothing.
  ///
  /// - Parameter program: what complaints call it.
  public init(_ words: [String], program: String = "smcrouted", _ order: Getopt.Order = .permuting) {
    let line = Getopt("c:d:D:e:f:F:hi:I:l:m:nNp:P:st:u:v", words, order)
    var reading = Reading(program)
    for option in line.options {
      if let result = reading.take(option) {
        self = .end(result)
        return
      }
    }
    if let fault = line.fault {
      let complaint = "\(program): \(fault.text)\n"
      self = .end(ProgramResult(output: SmcroutedArguments.usage, complaint: complaint, exitCode: 64))
      return
    }
    self = reading.result
  }

  /// What is known after some of the options.
  private struct Reading {
    let program: String
    var settings = SmcroutedSettings()
    var configurationFile: String?
    var pidFile: String?
    var socket: String?
    var level: SmcrouteLevel?
    var verified: String?

    init(_ program: String) { self.program = program }

    /// Not nil when the program ends here.
    mutating func take(_ option: Getopt.Option) -> ProgramResult? {
      let value = option.value ?? ""
      switch option.letter {
      case "c": settings.expirySeconds = seconds(option.letter, value)
      case "d": settings.startDelaySeconds = seconds(option.letter, value)
      case "D":
        let delay = seconds(option.letter, value)
        settings.exitDelaySeconds = delay == 0 ? nil : delay
      case "e": settings.hook = value
      case "f": configurationFile = value
      case "F": verified = value
      case "i", "I": settings.identity = value
      case "l":
        level = SmcrouteLevel(value)
        if level == nil { warn("-l \(value) is no level; it stays at \(SmcrouteLevel.notice)") }
      case "m": return announce(value)
      case "n": settings.staysInForeground = true
      case "N": settings.takesNamedOnly = true
      case "p": settings.user = value
      case "P": pidFile = value
      case "s": settings.usesSyslog = true
      case "t": return table(value)
      case "u": socket = value
      case "h": return ProgramResult(output: SmcroutedArguments.usage, exitCode: 0)
      default: return ProgramResult(output: SmcrouteVersion.text, exitCode: 0)
      }
      return nil
    }

    /// As atoi reads it; what is not a number of seconds is taken with a warning.
    private mutating func seconds(_ letter: Character, _ text: String) -> UInt32 {
      let value = max(0, CNumber.parse(text))
      if !CNumber.isWhole(text) || CNumber.parse(text) < 0 {
        warn("-\(letter) \(text) is no number of seconds; it is read as \(value)")
      }
      return UInt32(value)
    }

    private mutating func announce(_ text: String) -> ProgramResult? {
      let value = CNumber.parse(text)
      guard (4...180).contains(value) else {
        let complaint = "\(program): Invalid mrdisc announcement interval, 4-180.\n"
        return ProgramResult(complaint: complaint, exitCode: 1)
      }
      settings.announceSeconds = UInt8(value)
      return nil
    }

    private mutating func table(_ text: String) -> ProgramResult? {
      let value = CNumber.parse(text)
      guard value >= 0 else { return ProgramResult(output: SmcroutedArguments.usage, exitCode: 64) }
      if !CNumber.isWhole(text) { warn("-t \(text) is no number of a table; it is read as \(value)") }
      settings.table = UInt32(value)
      return nil
    }

    private mutating func warn(_ text: String) { settings.warnings.append("\(program): \(text)") }

    var result: SmcroutedArguments {
      var settings = settings
      let name = settings.identity
      settings.configurationFile = configurationFile ?? "/etc/\(name).conf"
      settings.pidFile = SmcroutedArguments.pidFile(pidFile ?? name)
      settings.socket = socket ?? "/run/\(name).sock"
      settings.level = level ?? (verified == nil ? .notice : .info)
      return verified.map { .verify(file: $0, settings) } ?? .run(settings)
    }
  }

  private static func pidFile(_ name: String) -> String { name.hasPrefix("/") ? name : "/run/\(name).pid" }

  static let usage = """
    Usage:
      smcrouted [-hnNsv] [-c SEC] [-d SEC] [-D SEC] [-e CMD] [-f FILE] [-F FILE] [-i NAME]
                [-l LVL] [-m SEC] [-p USER[:GROUP]] [-P FILE] [-t ID] [-u FILE]

    Options:
      -c SEC          Forget routes that traffic made and that forward nothing for
                      SEC seconds, default: 60; 0 keeps them
      -d SEC          Wait before looking at the interfaces, default: 0
      -D SEC          End after so many seconds
      -e CMD          Run CMD reload or CMD install when routes were set up
      -f FILE         Configuration, default: /etc/smcroute.conf
      -F FILE         Check a configuration, tell all that is wrong, and end
      -h              This text
      -i NAME         Name in syslog and of the files, default: smcroute
      -l LVL          Log level: none, err, notice, info, debug; default: notice
      -m SEC          Seconds between router announcements, 4-180, default: 20
      -n              Stay in the foreground, log to standard error
      -N              Use only interfaces that phyint ... enable names
      -p USER[:GROUP] Run as this user, with CAP_NET_ADMIN alone
      -P FILE         Pid file, default: /run/smcroute.pid
      -s              Log to syslog, though in the foreground
      -t ID           Kernel's multicast routing table, default: 0
      -u FILE         Socket for smcroutectl, default: /run/smcroute.sock
      -v              Version

    """
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
  /// Lines for standard error, without their newlines: what was read otherwise than it may have been meant.
  public var warnings: [String] = []

  public init() {}
}

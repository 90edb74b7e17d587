import Compatibility
import Configuration
import Control
import Encoding
import LinuxKernel

/// Where the log goes: to standard error, to the system's log, or to a file.
struct LogDestination {
  private enum Target {
    case terminal
    /// Standard error, each line begun as syslog(3) begins it with LOG_PERROR and LOG_PID: `NAME[PID]: `.
    case marked(String)
    /// Standard error, each line begun by the time of day, and the name where there is one: mrouted's.
    case timed(String?)
    case system(SystemLog)
    case file(Descriptor, path: String)
  }

  private let target: Target

  private init(_ target: Target) { self.target = target }

  /// What a person reads: no priorities, times only where nothing else puts them.
  static var terminal: LogDestination { LogDestination(.terminal) }

  /// By the `log` statement; a foreground process writes to standard error, whatever it says.
  static func chosen(
    _ settings: LogSettings, isForeground: Bool
  ) throws(SystemError) -> sending LogDestination {
    let standardError = SystemLog.standardError(identifier: identifier)
    if isForeground {
      return ThisProcess.environment("JOURNAL_STREAM") == nil ? .terminal : .init(.system(standardError))
    }
    switch settings.destination {
    case nil, .journal, .syslog: return .init(.system(.system(identifier: identifier)))
    case .standardError: return .init(.system(standardError))
    case .file(let path): return .init(.file(try Files.openForAppending(path), path: path))
    }
  }

  /// The machine's own log.
  static var system: LogDestination { LogDestination(.system(.system(identifier: identifier))) }

  private static let identifier = "mcastd"

  /// SMCRoute's in the foreground: standard error.
  static func marked(identity: String) -> sending LogDestination { .init(.marked(identity)) }

  /// That of a personality in the foreground.
  static func foreground(_ options: Options) -> sending LogDestination {
    guard let mrouted = options.personality.mrouted else { return .marked(identity: options.identity) }
    let isBare = mrouted.vintage == .older && mrouted.debug != nil
    return .timed(identity: isBare ? nil : options.identity)
  }

  /// mrouted's in the foreground: standard error.
  ///
  /// - Parameter identity: nil: 3.9.8 leaves it out where everything is told.
  static func timed(identity: String?) -> sending LogDestination { .init(.timed(identity)) }

  /// SMCRoute's and mrouted's in the background; nil on a machine without a system log.
  static func service(identity: String) -> sending LogDestination? {
    SystemLog.service(identifier: identity).map { .init(.system($0)) }
  }

  func write(_ level: Notice.Level, _ text: String, code: String?) {
    switch target {
    case .terminal: ThisProcess.write(LogDestination.stamped(level, text), to: .error)
    case .marked(let name): ThisProcess.write("\(name)[\(ThisProcess.pid)]: \(text)\n", to: .error)
    case .timed(let name):
      let head = name.map { "\($0): " } ?? ""
      ThisProcess.write("\(head)\(LocalTime.now.timeOfDay) \(text)\n", to: .error)
    case .system(let log): log.write(level.priority, text, code: code)
    case .file(let descriptor, let path):
      // A full disk must not end the routing; the next line tries again.
      try? Files.writeAll(Array(LogDestination.stamped(level, text).utf8), to: descriptor, path)
    }
  }

  private static func stamped(_ level: Notice.Level, _ text: String) -> String {
    let time = WallClock(now: Clock.now, wall: Clock.wallNanoseconds).text
    let mark = level == .error || level == .warning ? "\(level.rawValue): " : ""
    return "\(time) \(mark)\(text)\n"
  }
}

extension Notice.Level {
  var priority: SystemLog.Priority {
    switch self {
    case .error: .error
    case .warning: .warning
    case .notice: .notice
    case .info: .info
    case .debug: .debug
    }
  }
}

import Control
import Diagnostics
import Encoding
import LinuxKernel
import Logging
import Synchronization
import Timing

/// The daemon's log: swift-log in front, our own rate limit and destinations behind.
///
/// A message that its level holds back is not even put together.
final class Log {
  let voice: Voice
  private let back: LogBackEnd
  private var logger: Logger
  /// How notices become mrouted's lines; nil in another voice.
  var mrouted: MroutedNotices?

  /// - Parameter level: the least grave that is written; nil writes nothing at all.
  init(
    _ destination: sending LogDestination, level: Notice.Level?, rate: Int = 20, voice: Voice = .native
  ) {
    let back = LogBackEnd(destination, rate: rate)
    self.back = back
    self.voice = voice
    if case .mrouted = voice { mrouted = MroutedNotices() }
    logger = Logger(label: "mcastd") { _ in LogHandlerToBackEnd(back: back) }
    self.level = level
  }

  /// The least grave level that is written; nil when nothing is.
  var level: Notice.Level? {
    get { logger.logLevel == .critical ? nil : Notice.Level(logger.logLevel) }
    // Nothing of ours is critical.
    set { logger.logLevel = newValue?.swiftLog ?? .critical }
  }

  /// Lines a second of one kind.
  func limit(to rate: Int) { back.limit(to: rate) }

  func wants(_ level: Notice.Level) -> Bool { level.swiftLog >= logger.logLevel }

  /// Writes one line; `message` is not evaluated when the level holds it back.
  func say(
    _ level: Notice.Level, _ code: Code? = nil, _ message: @autoclosure () -> String, hint: String? = nil
  ) {
    guard wants(level) else { return }
    var text = marked(message(), level)
    if let code { text += " [\(code)]" }
    if let hint { text += "; \(hint)" }
    logger.log(
      level: level.swiftLog, "\(text)", metadata: ["kind": "\(code?.description ?? level.rawValue)"])
  }

  func say(_ line: LogLine) { say(line.level, line.code, line.text, hint: line.hint) }

  func say(_ findings: [Diagnostic]) {
    for line in voice.lines(findings) { say(line) }
  }

  func say(_ event: LifeEvent) {
    for line in voice.lines(event) { say(line) }
  }

  func say(_ notice: Notice) {
    let kind = notice.code?.description ?? "\(notice.kind.rawValue) \(notice.change.rawValue)"
    if notice.level == .debug, let mrouted, !mrouted.wants(notice.kind) { return }
    if let line = mrouted?.line(notice) ?? voice.line(notice) {
      guard wants(line.level) else { return }
      let text = marked(line.text, line.level)
      return logger.log(level: line.level.swiftLog, "\(text)", metadata: ["kind": "\(kind)"])
    }
    let level = voice.level(notice.level)
    guard wants(level) else { return }
    logger.log(
      level: level.swiftLog, "\(marked(Log.text(notice), level))", metadata: ["kind": "\(kind)"])
  }

  /// As mrouted marks its warnings, wherever they go.
  private func marked(_ text: String, _ level: Notice.Level) -> String {
    mrouted != nil && level == .warning ? "warning - \(text)" : text
  }

  /// `(10.1.0.7, 239.2.4.9): eth0 → eth1: first packet [MC3007]; hint`.
  static func text(_ notice: Notice) -> String {
    // A kind and its change may be one word, which some subjects begin with too.
    var words = [notice.kind.rawValue]
    // Of a configuration the detail says what happened.
    if notice.change.rawValue != notice.kind.rawValue, notice.kind != .configuration {
      words.append(notice.change.rawValue)
    }
    if notice.subject.hasPrefix(notice.kind.rawValue + " ") { words.removeFirst() }
    var text = (words + [notice.subject]).joined(separator: " ")
    switch (notice.before, notice.after) {
    case (nil, nil): break
    case (let before?, nil): text += ": \(before)"
    case (nil, let after?): text += ": \(after)"
    case (let before?, let after?): text += ": \(before), now \(after)"
    }
    if let detail = notice.detail { text += ": \(detail)" }
    if let code = notice.code { text += " [\(code)]" }
    if let hint = notice.hint { text += "; \(hint)" }
    return text
  }
}

extension Notice.Level {
  var swiftLog: Logger.Level {
    switch self {
    case .error: .error
    case .warning: .warning
    case .notice: .notice
    case .info: .info
    case .debug: .debug
    }
  }

  init(_ severity: Diagnostic.Severity) {
    switch severity {
    case .error: self = .error
    case .warning: self = .warning
    case .note: self = .notice
    }
  }

  init(_ level: Logger.Level) {
    switch level {
    case .critical, .error: self = .error
    case .warning: self = .warning
    case .notice: self = .notice
    case .info: self = .info
    case .debug, .trace: self = .debug
    }
  }
}

/// Hands what swift-log lets pass to the back end.
private struct LogHandlerToBackEnd: LogHandler {
  let back: LogBackEnd
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var kind = ""
    if case .string(let text)? = event.metadata?["kind"] { kind = text }
    if case .stringConvertible(let text)? = event.metadata?["kind"] { kind = text.description }
    back.write(Notice.Level(event.level), kind, event.message.description)
  }
}

/// Limits and writes.
///
/// The lock is for swift-log's sake; there is one thread.
private final class LogBackEnd: Sendable {
  private struct State {
    var destination: LogDestination
    var limiter = LogLimiter()
  }

  private let state: Mutex<State>

  init(_ destination: sending LogDestination, rate: Int) {
    var state = State(destination: destination)
    state.limiter.rate = max(1, rate)
    self.state = Mutex(state)
  }

  func limit(to rate: Int) { state.withLock { $0.limiter.rate = max(1, rate) } }

  func write(_ level: Notice.Level, _ kind: String, _ text: String) {
    state.withLock { state in
      switch state.limiter.admit(kind, at: Clock.now) {
      case .suppress: return
      case .write: break
      case .writeAfter(let count):
        state.destination.write(level, "\(count) similar suppressed (\(kind))", code: nil)
      }
      let code = kind.hasPrefix("MC") ? kind : nil
      state.destination.write(level, text.escapingControls, code: code)
    }
  }
}

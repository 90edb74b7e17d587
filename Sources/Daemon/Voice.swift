import Compatibility
import Configuration
import Control
import Diagnostics
import LinuxKernel

/// In whose words the daemon speaks: its own, or those that scripts look for in the log of SMCRoute or
/// mrouted.
enum Voice: Hashable, Sendable {
  case native
  case smcroute
  case mrouted(MroutedVintage)
}

/// What happens in the daemon's life, as far as the log tells it.
enum LifeEvent: Hashable {
  case begins
  case fileMissing(String)
  /// - Parameter reason: a phrase with the error's name.
  case fileUnreadable(String, reason: String)
  case waits(seconds: UInt32)
  case ready(milliseconds: Int64)
  case reloads
  /// The file could not be read again, or may not take the place of what runs; why follows.
  case refuses(String, Code?)
  case keeps(String)
  case reloaded
  case lifetimeOver
  case stops(reason: String)
  /// Everything stays in the kernel for the next life.
  case handsOver(reason: String)
  /// What a former life left goes on.
  case adopts(String)
  case stopped
}

/// One line of the log before its level is asked.
struct LogLine: Hashable {
  var level: Notice.Level
  var text: String
  var code: Code?
  var hint: String?

  init(_ level: Notice.Level, _ text: String, _ code: Code? = nil, hint: String? = nil) {
    self.level = level
    self.text = text
    self.code = code
    self.hint = hint
  }
}

extension Voice {
  /// What the log says of it; nothing is said of what a voice has no words for.
  func lines(_ event: LifeEvent) -> [LogLine] {
    switch self {
    case .native: native(event)
    case .smcroute: smcroute(event)
    case .mrouted(let vintage): mrouted(event, vintage)
    }
  }

  private func native(_ event: LifeEvent) -> [LogLine] {
    switch event {
    case .begins, .waits, .reloads, .keeps, .reloaded: []
    case .fileMissing(let path):
      [LogLine(.notice, "there is no \(path); starting with an empty configuration")]
    case .fileUnreadable(let path, let reason): [LogLine(.error, "\(path): \(reason)")]
    case .ready(let milliseconds): [LogLine(.notice, Voice.ready(after: milliseconds))]
    case .refuses(let path, let code):
      [LogLine(.error, "\(path) is refused; what ran before runs on", code)]
    case .lifetimeOver: [LogLine(.notice, "the time to run is over")]
    case .stops(let reason): [LogLine(.notice, "stopping: \(reason)")]
    case .handsOver(let reason): [LogLine(.notice, Voice.handsOver(reason))]
    case .adopts(let what): [LogLine(.notice, what)]
    case .stopped: [LogLine(.notice, "stopped")]
    }
  }

  private func smcroute(_ event: LifeEvent) -> [LogLine] {
    typealias Text = SmcrouteLogText
    return switch event {
    case .begins: [LogLine(.notice, Text.hello)]
    case .fileMissing(let path):
      [LogLine(.notice, Text.missing(path)), LogLine(.notice, Text.withoutFile)]
    case .fileUnreadable(let path, let reason):
      [LogLine(.warning, Text.unreadable(path, reason)), LogLine(.notice, Text.withoutFile)]
    case .waits(let seconds): [LogLine(.info, Text.delayed(seconds: seconds))]
    case .ready(let milliseconds):
      [LogLine(.notice, Text.waiting), LogLine(.info, Voice.ready(after: milliseconds))]
    case .reloads: [LogLine(.notice, Text.reloading)]
    case .refuses: []
    case .keeps(let path): [LogLine(.warning, "\(path) is not loaded; what ran before runs on")]
    case .reloaded: [LogLine(.notice, Text.waiting)]
    case .lifetimeOver: [LogLine(.notice, Text.lifetimeOver)]
    case .stops(let reason): [LogLine(.info, "stopping: \(reason)")]
    case .handsOver(let reason): [LogLine(.info, Voice.handsOver(reason))]
    case .adopts(let what): [LogLine(.info, what)]
    case .stopped: [LogLine(.notice, Text.exiting)]
    }
  }

  private func mrouted(_ event: LifeEvent, _ vintage: MroutedVintage) -> [LogLine] {
    typealias Text = MroutedLogText
    return switch event {
    // Without a file every interface takes part; one that cannot be read is told by its findings.
    case .begins, .fileMissing, .fileUnreadable, .waits, .reloaded, .lifetimeOver, .refuses: []
    case .ready(let milliseconds):
      [LogLine(.notice, Text.begins(vintage)), LogLine(.info, Voice.ready(after: milliseconds))]
    case .reloads: [LogLine(.notice, Text.restarts(vintage))]
    case .keeps(let path): [LogLine(.warning, "\(path) is not loaded; what ran before runs on")]
    case .stops(let reason): [LogLine(.info, "stopping: \(reason)")]
    case .handsOver(let reason): [LogLine(.info, Voice.handsOver(reason))]
    case .adopts(let what): [LogLine(.info, what)]
    case .stopped: [LogLine(.notice, Text.exits(vintage))]
    }
  }

  private static func handsOver(_ reason: String) -> String { "handing over, all routes stay: \(reason)" }

  private static func ready(after milliseconds: Int64) -> String {
    "mcastd \(Version.text) is ready after \(milliseconds) ms, pid \(ThisProcess.pid)"
  }
}

extension Voice {
  /// Findings in a file: `FILE:4:7: TEXT [MC2001]; HINT`, or SMCRoute's `FILE line 4: TEXT` to the letter.
  ///
  /// mrouted's own lines are not made of findings.
  func lines(_ findings: [Diagnostic]) -> [LogLine] {
    switch self {
    case .native, .mrouted:
      findings.map { finding in
        let place = finding.location.map { "\($0): " } ?? ""
        return LogLine(
          Notice.Level(finding.severity), place + finding.message, finding.code, hint: finding.hint)
      }
    case .smcroute: smcrouteLines(findings).map { LogLine(Notice.Level($0.grade), $0.text) }
    }
  }

  /// A notice of the Router in SMCRoute's words; nil: it is told in ours.
  func line(_ notice: Notice) -> LogLine? {
    guard self == .smcroute, let route = notice.route else { return nil }
    typealias Text = SmcrouteLogText
    let (source, group, interface) = (route.source, route.group, route.inbound)
    switch (notice.kind, notice.change) {
    case (.route, .waiting), (.join, .waiting):
      return LogLine(.notice, Text.pending(notice.statement, interface: interface, group: group))
    case (.route, .activated), (.join, .activated):
      return LogLine(.notice, Text.activated(notice.statement, interface: interface, group: group))
    case (.upcall, .unmatched):
      return LogLine(.info, Text.unmatched(source: source, group: group, interface: interface))
    case (.upcall, .wrongInterface):
      return LogLine(
        .warning,
        Text.wrongInterface(source: source, group: group, slot: route.slot, interface: interface))
    case (.upcall, .move):
      return LogLine(
        .notice, Text.moved(source: source, group: group, interface: interface, isIPv6: route.isIPv6))
    default: return nil
    }
  }

  /// Whether the findings in the file have said it with its place.
  func isToldByFindings(_ notice: Notice) -> Bool { self == .smcroute && notice.change == .waiting }

  /// The level at which the log tells a notice that has no words of the original: a step below ours, so that
  /// the default level shows what it always showed, and what is wrong.
  func level(_ level: Notice.Level) -> Notice.Level {
    guard self != .native else { return level }
    switch level {
    case .error, .warning: return level
    case .notice: return .info
    case .info, .debug: return .debug
    }
  }
}

extension Notice {
  /// The word that begins the statement which waits.
  fileprivate var statement: String { kind == .join ? "mgroup" : "mroute" }
}

extension Notice.RouteFacts {
  fileprivate var isIPv6: Bool { group.utf8.contains(UInt8(ascii: ":")) }
  fileprivate var slot: String { "\(isIPv6 ? "MIF" : "VIF") \(vif.map { "\($0)" } ?? "?")" }
}

extension Notice.Level {
  init(_ grade: SmcrouteGrade) {
    switch grade {
    case .hard, .soft: self = .warning
    case .notice: self = .notice
    case .info: self = .info
    }
  }

  /// Whether it is as grave as `limit` or graver; nothing is grave enough for nil.
  static func <= (level: Notice.Level, limit: Notice.Level?) -> Bool {
    guard let limit else { return false }
    return level.priority <= limit.priority
  }
}

import Control
import Encoding
import LinuxKernel

/// Where the log goes.
enum LogDestination: Sendable {
  /// With `<N>` before each line when the journal reads it.
  case standardError(withPriorities: Bool)
  case nowhere

  /// Standard error as it is now.
  static var ofForeground: LogDestination {
    .standardError(withPriorities: Terminal.environment("JOURNAL_STREAM") != nil)
  }

  func write(_ level: Notice.Level, _ text: String) {
    switch self {
    case .standardError(let withPriorities):
      var line: [UInt8] = []
      if withPriorities {
        line += Array("<\(level.priority)>".utf8)
      } else {
        line += Array("\(WallClock(now: Clock.now, wall: Clock.wallNanoseconds).text) ".utf8)
        if level == .error || level == .warning { line += Array("\(level.rawValue): ".utf8) }
      }
      line += Array(text.utf8)
      line.append(0x0a)
      _ = Terminal.write(line, to: 2)
    case .nowhere: break
    }
  }
}

public import Diagnostics

/// How a command ended; the numbers are those of sysexits where it has one.
public enum ExitCode: Int32, Hashable, Sendable, CaseIterable {
  case done = 0
  case failed = 1
  case partly = 2
  case notReachable = 3
  case notPermitted = 4
  case noSuchObject = 5
  case alreadyExists = 6
  case timedOut = 7
  case usage = 64
  case configuration = 65
  /// The table, the socket or the pid file belongs to another.
  case unavailable = 69
  case defect = 70
  case systemCall = 71
  /// The kernel has no multicast routing.
  case noRouting = 76
  case noCapability = 77
  case interrupted = 130

  /// The code for a request or change that was refused with this finding.
  public init(refusal code: Code) {
    self =
      switch code {
      case .daemonNotRunning: .notReachable
      case .notPermitted: .notPermitted
      case .timedOut: .timedOut
      case .badRequest, .ambiguousWord, .unknownWord, .usage, .protocolVersion, .messageTooLarge: .usage
      case .noSuchObject: .noSuchObject
      case .duplicateRule: .alreadyExists
      case .internalDefect: .defect
      default: .failed
      }
  }
}

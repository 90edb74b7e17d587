import Diagnostics

/// What the process says of itself when it ends; the manual page lists them.
enum ExitCode: Int32, Sendable {
  case done = 0
  /// Refused; `receive`: an expectation was missed; `config diff` and `plan`: there are differences.
  case failed = 1
  /// `batch --continue`: some changes were refused.
  case partly = 2
  case noDaemon = 3
  case notPermitted = 4
  case noSuchObject = 5
  case alreadyExists = 6
  case timedOut = 7
  case usage = 64
  case configuration = 65
  case defect = 70
  case interrupted = 130
}

/// Why the tool stops: what it exits with, and what it says.
struct Failure: Error {
  var exit: ExitCode
  var diagnostics: [Diagnostic]

  init(_ exit: ExitCode, _ diagnostics: [Diagnostic]) {
    self.exit = exit
    self.diagnostics = diagnostics
  }

  init(_ exit: ExitCode, _ code: Code, _ message: String, hint: String? = nil) {
    self.init(exit, [Diagnostic(.error, code, message, hint: hint)])
  }

  /// The words on the command line make no sense.
  static func usage(_ message: String, code: Code = .usage, hint: String?) -> Failure {
    Failure(.usage, code, message, hint: hint)
  }
}

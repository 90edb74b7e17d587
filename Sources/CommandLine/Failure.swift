import Diagnostics
import Encoding

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

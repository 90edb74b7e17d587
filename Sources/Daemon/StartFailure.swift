import Diagnostics
import Encoding
import LinuxKernel

/// Why the daemon does not start.
struct StartFailure: Error {
  var exit: ExitCode
  var findings: [Diagnostic]
  /// What the original says of it, before ours.
  var phrases: [String]

  init(_ exit: ExitCode, _ code: Code, _ message: String, hint: String? = nil, phrase: String? = nil) {
    self.exit = exit
    findings = [Diagnostic(.error, code, message, hint: hint)]
    phrases = phrase.map { [$0] } ?? []
  }

  init(_ exit: ExitCode, _ findings: [Diagnostic]) {
    self.exit = exit
    self.findings = findings
    phrases = []
  }

  /// A system call that must not fail did.
  init(_ error: SystemError) {
    switch error.name {
    case "EPERM", "EACCES":
      self.init(
        .noCapability, .noCapability, "\(error)",
        hint: "run as root, or with CAP_NET_ADMIN and CAP_NET_RAW")
    default: self.init(.systemCall, .systemCallFailed, "\(error)")
    }
  }

  /// A file of which the original says all there is to say.
  init(refused lines: [String]) {
    exit = .configuration
    findings = []
    phrases = lines
  }

  /// Asked to end before it began.
  static var stopped: StartFailure {
    var failure = StartFailure(.done, .usage, "")
    failure.findings = []
    return failure
  }
}

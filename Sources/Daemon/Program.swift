import Configuration
import Control
import Diagnostics
import Encoding
import Kernel
import LinuxKernel
import Router
import Timing

/// `mcastd` from its first word to its exit code.
public enum Program {
  /// Runs with the words of the command line and ends the process.
  public static func main() -> Never { ThisProcess.end(run(Array(Swift.CommandLine.arguments.dropFirst()))) }

  /// Runs until the daemon ends; the exit code of `mcastd(8)`.
  public static func run(_ arguments: [String]) -> Int32 {
    ThisProcess.completeStandardStreams()
    switch Options.parse(arguments) {
    case .help: say(Options.help + "\n", to: .output)
    case .version: say("mcastd \(Version.text)\n", to: .output)
    case .refused(let finding):
      say(finding.text(program: "mcastd"), to: .error)
      return ExitCode.usage.rawValue
    case .run(let options) where options.checksOnly: return check(options).rawValue
    case .run(let options): return start(options).rawValue
    }
    return 0
  }

  private static func say(_ text: String, to stream: ThisProcess.Stream) {
    ThisProcess.write(text, to: stream)
  }

  private static func check(_ options: Options) -> ExitCode {
    let parsed = Daemon.parseFile(options)
    for finding in parsed.diagnostics { say(finding.text(program: "mcastd"), to: .error) }
    tellSuppressed(parsed)
    return parsed.hasErrors ? .configuration : .done
  }

  private static func tellSuppressed(_ parsed: ParsedConfiguration) {
    guard parsed.suppressed > 0 else { return }
    say("mcastd: \(parsed.suppressed) further findings are not shown\n", to: .error)
  }

  private static func start(_ options: Options) -> ExitCode {
    // The background process works in the root directory, and clients in theirs: `config save` writes the
    // file that the daemon names.
    let options = options.absolute(in: ThisProcess.workingDirectory)
    let parsed = Daemon.parseFile(options)
    guard !parsed.hasErrors else {
      for finding in parsed.diagnostics { say(finding.text(program: "mcastd"), to: .error) }
      tellSuppressed(parsed)
      return .configuration
    }
    var detachment: Detachment?
    if !options.isForeground {
      do throws(SystemError) {
        detachment = try Detachment.detach()
      } catch {
        return fail(StartFailure(error))
      }
    }
    let supervision = Supervision(pidPath: options.pidPath, detachment: detachment)
    do throws(StartFailure) {
      let daemon = try Start(options: options, parsed: parsed, supervision: supervision).daemon()
      let exit = daemon.run()
      daemon.finish()
      return exit
    } catch {
      defer { supervision.refused(error.exit) }
      return fail(error)
    }
  }

  private static func fail(_ failure: StartFailure) -> ExitCode {
    for finding in failure.findings { say(finding.text(program: "mcastd"), to: .error) }
    return failure.exit
  }
}

/// Why the daemon does not start.
struct StartFailure: Error {
  var exit: ExitCode
  var findings: [Diagnostic]

  init(_ exit: ExitCode, _ code: Code, _ message: String, hint: String? = nil) {
    self.exit = exit
    findings = [Diagnostic(.error, code, message, hint: hint)]
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
}

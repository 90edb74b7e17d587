import Compatibility
import Configuration
import Control
import Diagnostics
import Encoding
import LinuxKernel
import Timing

/// The daemon from its first word to its exit code, under each of its names.
public enum Program {
  /// Runs with the words of the command line and ends the process.
  public static func main() -> Never {
    let words = Swift.CommandLine.arguments
    ThisProcess.end(run(Array(words.dropFirst()), calledAs: words.first ?? ""))
  }

  /// Runs until the daemon ends; the exit code of `mcastd(8)` or `smcrouted(8)`.
  public static func run(_ arguments: [String], calledAs name: String = "mcastd") -> Int32 {
    guard name != Keeper.program else { return Keeper.run() }
    ThisProcess.endAtOnceOnFaults()
    ThisProcess.remember()
    ThisProcess.completeStandardStreams()
    return switch Personality(calledAs: name) {
    case .smcrouted: runSmcrouted(arguments)
    case .smcroute: runSmcroute(arguments)
    case .mrouted: runMrouted(arguments)
    case .mcastd, .mcast, .smcroutectl, .mroutectl, .mrinfo, .mtrace, .mapMbone, nil: runNative(arguments)
    }
  }

  private static func runNative(_ arguments: [String]) -> Int32 {
    switch Options.parse(arguments) {
    case .help: say(Options.help + "\n", to: .output)
    case .version: say("mcastd \(Version.text)\n", to: .output)
    case .refused(let finding):
      say(finding.text(program: "mcastd"), to: .error)
      return ExitCode.usage.rawValue
    case .faultPoints: say(FaultPoint.allCases.map { $0.rawValue + "\n" }.joined(), to: .output)
    case .run(let options) where options.checksOnly: return check(options.withHandedFile).rawValue
    case .run(let options): return startNative(options).rawValue
    }
    return 0
  }

  static func say(_ text: String, to stream: ThisProcess.Stream) {
    ThisProcess.write(text, to: stream)
  }

  private static func check(_ options: Options) -> ExitCode {
    let parsed = OwnFile(options).parsed
    tell(parsed)
    return parsed.hasErrors ? .configuration : .done
  }

  private static func tell(_ parsed: ParsedConfiguration) {
    for finding in parsed.diagnostics { say(finding.text(program: "mcastd"), to: .error) }
    guard parsed.suppressed > 0 else { return }
    say("mcastd: \(parsed.suppressed) further findings are not shown\n", to: .error)
  }

  private static func startNative(_ options: Options) -> ExitCode {
    // The background process works in the root directory, and clients in theirs: `config save` writes the
    // file that the daemon names.
    let options = options.absolute(in: ThisProcess.firstDirectory).withHandedFile
    let file = OwnFile(options)
    // Where a former life left its routes, its file may serve instead.
    guard !file.parsed.hasErrors || FileDescriptorStore.hasPredecessor(options.keeperName) else {
      tell(file.parsed)
      return .configuration
    }
    return start(options, file)
  }

  /// - Parameter file: nil: read when everything else is there.
  static func start(_ options: Options, _ file: OwnFile?) -> ExitCode {
    var detachment: Detachment?
    if !options.isForeground, !ThisProcess.isResumed {
      do throws(SystemError) {
        detachment = try Detachment.detach()
      } catch {
        return fail(StartFailure(error), options)
      }
      if options.personality.returnsAtOnce { detachment?.succeed() }
    }
    // Before anything else is open: a keeper shall hold nothing but what it is given.
    let (store, refusal) = openStore(options)
    let supervision = Supervision(pidPath: options.pidPath, detachment: detachment)
    do throws(StartFailure) {
      let daemon = try Start.daemon(options, file, supervision, store)
      if let refusal {
        daemon.unkept = Daemon.unkept(refusal)
        daemon.log.say([Daemon.unkept(refusal)])
      }
      let exit = daemon.run()
      daemon.finish()
      guard daemon.ending == .resumed else { return exit }
      store?.passOn()
      supervision.passOn()
      return fail(StartFailure(ThisProcess.resume()), options)
    } catch {
      let exit = fail(error, options)
      supervision.refused(exit)
      return exit
    }
  }

  /// What keeps the sockets beyond the daemon's life; the reason where nothing does.
  private static func openStore(_ options: Options) -> (FileDescriptorStore?, SystemError?) {
    do throws(SystemError) {
      let trusted = Accounts.user(named: "mcast").map { [$0.uid] } ?? []
      let store = try FileDescriptorStore.open(options.keeperName, trusting: trusted)
      FaultPoint.reach(.descriptorsTaken)
      return (store, nil)
    } catch {
      return (nil, error)
    }
  }

  private static func fail(_ failure: StartFailure, _ options: Options) -> ExitCode {
    let personality = options.personality
    guard !personality.isNative else {
      for finding in failure.findings { say(finding.text(program: "mcastd"), to: .error) }
      return failure.exit
    }
    // Where it was typed, and where it is looked for.
    var logs = [LogDestination.foreground(options)]
    if personality.logsToSystem, let log = LogDestination.service(identity: options.identity) {
      logs.append(log)
    }
    let messages = failure.findings.map { finding in
      finding.message + (finding.hint.map { "; \($0)" } ?? "")
    }
    for text in failure.phrases + messages {
      for log in logs { log.write(.error, text.escapingControls, code: nil) }
    }
    // Where the original knows no other status.
    let isPlain = personality.mrouted != nil || personality.smcroute?.dialect == .legacy
    return isPlain && failure.exit != .done ? .failed : failure.exit
  }
}

/// Called by one of SMCRoute's names.
extension Program {
  private static func runSmcrouted(_ words: [String]) -> Int32 {
    switch SmcroutedArguments(words) {
    case .run(let settings): startSmcroute(settings)
    case .verify(let file, let settings): verify(file, settings)
    case .end(let result): end(result)
    }
  }

  /// The tool `smcroute` has sent its commands itself and comes here to run the daemon.
  private static func runSmcroute(_ words: [String]) -> Int32 {
    switch LegacySmcroute(words) {
    case .daemon(let settings, _): startSmcroute(settings)
    case .smcrouted(let words): runSmcrouted(words)
    case .end(let result): end(result)
    case .client:
      end(ProgramResult(complaint: "smcroute: this program is the daemon only, -d starts it\n", exitCode: 1))
    }
  }

  static func end(_ result: ProgramResult) -> Int32 {
    say(result.output, to: .output)
    say(result.complaint, to: .error)
    return result.exitCode
  }

  /// `-F`: everything that is found, on standard output.
  private static func verify(_ file: String, _ settings: SmcroutedSettings) -> Int32 {
    for warning in settings.warnings { say(warning + "\n", to: .error) }
    let options = SmcrouteFileOptions(isStrict: settings.takesNamedOnly, findings: 10_000)
    let parsed = parseSmcroute(file: file, source: KeptFiles(HandedFile(file)), options: options)
    var present: [String]?
    do throws(SystemError) {
      present = try Links.names()
    } catch {
      say("smcrouted: which interfaces there are is not known: \(error)\n", to: .error)
    }
    let verification = verifySmcroute(parsed, present: present)
    let level = settings.level.native.flatMap { Notice.Level(rawValue: $0) }
    for line in verification.lines where Notice.Level(line.grade) <= level {
      say(line.text + "\n", to: .output)
    }
    return verification.exitStatus
  }

  private static func startSmcroute(_ settings: SmcroutedSettings) -> Int32 {
    for warning in settings.warnings { say(warning + "\n", to: .error) }
    let isLegacy = settings.dialect == .legacy
    let program = isLegacy ? "smcroute" : "smcrouted"
    var user: Accounts.User?
    if let name = settings.user {
      user = Accounts.user(withGroup: name)
      guard user != nil else {
        say("\(program): Invalid user:group argument: \(name)\n", to: .error)
        return 1
      }
    }
    if isLegacy, let hook = settings.hook, !Files.isExecutable(hook) {
      say("\(hook) is not an executable, exiting.\n", to: .error)
      return 1
    }
    let options = Options(settings, user: user).absolute(in: ThisProcess.firstDirectory).withHandedFile
    guard ThisProcess.isRoot || Capabilities.missing.isEmpty else {
      return fail(
        StartFailure(
          .noCapability, .noCapability, "CAP_NET_ADMIN and CAP_NET_RAW would do",
          phrase: SmcrouteLogText.needsRoot(program)), options
      ).rawValue
    }
    return start(options, nil).rawValue
  }
}

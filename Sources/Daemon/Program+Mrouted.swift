import Compatibility
import Configuration
import Encoding
import LinuxKernel
import Timing

/// Called by the name of mrouted.
extension Program {
  static func runMrouted(_ words: [String]) -> Int32 {
    let wishes = MroutedArguments.Wishes(
      vintage: ThisProcess.environment("MROUTED_COMPAT"), dump: ThisProcess.environment("MROUTED_DUMP"))
    switch MroutedArguments(words, wishes) {
    case .run(let settings): return startMrouted(settings)
    case .showDump(let settings): return showDump(settings)
    case .end(let result): return end(result)
    }
  }

  private static func startMrouted(_ settings: MroutedSettings) -> Int32 {
    for warning in settings.warnings { say(warning + "\n", to: .error) }
    let options = Options(settings).absolute(in: ThisProcess.firstDirectory).withHandedFile
    guard ThisProcess.isRoot || Capabilities.missing.isEmpty else { return refuseMrouted() }
    if settings.vintage == .older, let debug = settings.debug { say(debug.startLine + "\n", to: .error) }
    return start(options, nil).rawValue
  }

  private static func refuseMrouted() -> Int32 {
    say("mrouted: \(MroutedLogText.mustBeRoot)\n", to: .error)
    return 1
  }

  /// How long the daemon may take for its tables.
  private static let patienceWithDump = Duration.seconds(10)

  /// `-r`: has the running daemon write its tables, and prints them.
  ///
  /// The status is 0 whatever comes of it, as in 3.9.8.
  private static func showDump(_ settings: MroutedSettings) -> Int32 {
    guard ThisProcess.isRoot else { return refuseMrouted() }
    guard let pid = Supervision.owner(of: settings.pidFile) else {
      say("mrouted: no daemon runs by \(settings.pidFile)\n", to: .error)
      return 0
    }
    // What stands there was asked for by somebody else.
    Files.remove(settings.dumpFile)
    guard Processes.send(.user1, to: pid) else {
      say("mrouted: the daemon, pid \(pid), cannot be asked\n", to: .error)
      return 0
    }
    let end = Clock.now + patienceWithDump
    while Clock.now < end {
      if let file = try? Files.read(settings.dumpFile) {
        ThisProcess.write(file.bytes, to: .output)
        return 0
      }
      Terminal.pause(seconds: 0.005)
    }
    say("mrouted: the daemon, pid \(pid), has not written \(settings.dumpFile)\n", to: .error)
    return 0
  }
}

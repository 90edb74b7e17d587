import Configuration
import Control
import Diagnostics
import Encoding
import LinuxKernel
import Router
import Timing

/// What clients and signals ask for.
extension Daemon {
  func serve(_ commands: [ControlCommand], _ clock: WallClock) {
    for command in commands {
      switch command {
      case .event(let event):
        if case .apply(_, _, let request) = event { applying = request }
        step([event], clock)
      case .reload(let request): reload(request, clock)
      case .planFile(let request): plan(request, clock)
      case .stop(let request):
        answer(request, .changes([], Summary()), clock)
        stop("a client asked for it", clock)
      }
    }
  }

  func handle(_ signal: Signal, _ clock: WallClock) {
    switch signal {
    case .terminate, .interrupt:
      if stopDeadline != nil {
        exit = .done
      } else {
        stop(signal == .terminate ? "SIGTERM" : "SIGINT", clock)
      }
    case .hangup: reload(nil, clock)
    case .user1, .user2, .quit: step([.request(Daemon.statusRequest, .status)], clock)
    case .child: hook.childEnded(at: clock.now)
    }
  }

  /// The request number of a status that goes to the log; no client has it.
  private static let statusRequest = RequestID.max
  /// The request number of the log, which follows routes at the level of debugging.
  static let logRequest = RequestID.max - 1

  /// Withdraws everything; the process ends when the Router has finished, or after three seconds.
  private func stop(_ reason: String, _ clock: WallClock) {
    guard stopDeadline == nil else { return }
    log.say(.notice, nil, "stopping: \(reason)")
    supervision.stopping()
    stopDeadline = clock.now + .seconds(3)
    step([.stop], clock)
  }

  func answer(_ request: RequestID, _ reply: Reply, _ clock: WallClock) {
    if request == Daemon.statusRequest {
      if case .status(let status) = reply { logStatus(status, clock) }
      return
    }
    if request == applying {
      applying = nil
      if case .changes = reply {
        facts.configState = .applied
        facts.configError = nil
      }
    }
    control.server.answer(request, reply, facts: facts(reply), at: clock.now, clock: clock)
  }

  /// The daemon's facts beside the Router's: unsaved changes are known to the Router alone.
  private func facts(_ reply: Reply) -> DaemonFacts {
    var facts = facts
    if case .status(let status) = reply, status.unsaved > 0, facts.configState == .clean {
      facts.configState = .unsaved
    }
    return facts
  }

  /// For the service manager: what runs, and whether the file is what runs.
  var statusLine: String {
    let file = facts.configFile ?? "no configuration file"
    return facts.configState == .refused ? "\(file) was refused at the last reload" : "running, \(file)"
  }

  private func logStatus(_ status: Status, _ clock: WallClock) {
    log.say(
      .notice, nil,
      """
      status: up \(Int(clock.seconds(since: facts.started))) s, \(status.interfacesUp) interfaces up, \
      \(status.rules) rules, \(status.entries) entries in the kernel, \(status.joins) joins, \
      \(status.upcalls) upcalls, \(status.upcallsLost) lost
      """)
    for problem in status.problems { log.say(problem) }
  }
}

/// The daemon's own file.
extension Daemon {
  /// Reads the file again; an error leaves what runs untouched.
  func reload(_ request: RequestID?, _ clock: WallClock) {
    supervision.reloading()
    guard let parsed = readConfiguration(request, clock) else { return supervision.reloaded(statusLine) }
    facts.configState = .clean
    facts.configError = nil
    facts.configLoaded = clock.now
    let findings = parsed.diagnostics + judge(parsed, present: (try? Links.names()) ?? [])
    for finding in findings { log.say(finding) }
    if let request { control.server.warn(request, findings) }
    step([.configure(parsed.configuration, isReload: true, request: request)], clock)
    supervision.reloaded(statusLine)
  }

  /// What concerns the daemon and not the Router; the log's destination stays as it was opened.
  func apply(_ configuration: Configuration) {
    if options.logLevel == nil { log.level = Notice.Level(rawValue: configuration.log.level) ?? .info }
    log.limit(to: configuration.log.rate)
    control.server.clientLimit = configuration.control.clients
    hook.path = configuration.hook
  }

  func plan(_ request: RequestID, _ clock: WallClock) {
    let parsed = Daemon.parseFile(options)
    guard !parsed.hasErrors else { return answer(request, .refused(parsed.diagnostics), clock) }
    step([.plan(parsed.configuration, request: request)], clock)
  }

  private func readConfiguration(_ request: RequestID?, _ clock: WallClock) -> ParsedConfiguration? {
    var parsed = Daemon.parseFile(options)
    if !parsed.hasErrors, let refusal = router.refusal(of: parsed.configuration) {
      parsed.diagnostics.append(refusal)
      parsed.hasErrors = true
    }
    guard parsed.hasErrors else { return parsed }
    let first = parsed.diagnostics.first { $0.severity == .error }
    facts.configState = .refused
    facts.configError = first
    log.say(.error, first?.code, "\(options.configPath) is refused; what ran before runs on")
    for finding in parsed.diagnostics.prefix(20) { log.say(finding) }
    if let request { answer(request, .refused(parsed.diagnostics), clock) }
    return nil
  }

  /// The daemon's file, or an empty configuration where none was named and none is there.
  static func parseFile(_ options: Options) -> ParsedConfiguration {
    let source = ConfigurationFiles()
    if options.configFile == nil {
      do throws(SourceFault) {
        _ = try source.read(options.configPath)
      } catch {
        if error == .missing { return ParsedConfiguration() }
      }
    }
    return parse(file: options.configPath, source: source)
  }
}

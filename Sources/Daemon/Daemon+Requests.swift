import Compatibility
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
    for (place, command) in commands.enumerated() {
      // However many clients wait for a page: packets wait for one.
      if place > 0 { servePackets() }
      switch command {
      case .event(let event):
        if case .apply(_, _, let request) = event { applying = request }
        step([completed(event)], clock)
      case .reload(let request):
        // A client of SMCRoute does not wait for what it asked for.
        smcroute.flush(clock)
        reload(request, clock)
      case .planFile(let request): plan(request, clock)
      case .stop(let request):
        if request < MroutedServer.firstRequest {
          answer(request, .changes([], Summary()), clock)
        } else {
          stopRequests.append(request)
        }
        stop("a client asked for it", clock)
      case .restart(let request): restart(request, clock)
      }
    }
  }

  /// A configuration that a client gives has what the command line states beside it, as the file has.
  private func completed(_ event: Event) -> Event {
    switch event {
    case .apply(var configuration, let seconds, let request):
      options.personality.complete(&configuration)
      return .apply(configuration, confirmSeconds: seconds, request: request)
    case .plan(var configuration, let request):
      options.personality.complete(&configuration)
      return .plan(configuration, request: request)
    case .configure, .restore, .confirm, .undo, .change, .request, .cancel, .kernel, .stop: return event
    }
  }

  func handle(_ signal: Signal, _ clock: WallClock) {
    switch signal {
    case .terminate, .interrupt:
      if stopDeadline != nil {
        exit = .done
      } else {
        end(by: signal == .terminate ? "SIGTERM" : "SIGINT", clock)
      }
    case .hangup: reload(nil, clock)
    case .user1, .user2, .quit:
      if let settings = options.personality.mrouted {
        showTables(signal, settings, clock)
      } else {
        step([.request(Daemon.statusRequest, .status)], clock)
      }
    case .child: hook.childEnded(at: clock.now)
    }
  }

  /// The request number of a status that goes to the log; no client has it.
  private static let statusRequest = RequestID.max
  /// Withdraws everything; the process ends when the Router has finished, or after three seconds.
  func stop(_ reason: String, _ clock: WallClock) {
    guard stopDeadline == nil, exit == nil else { return }
    FaultPoint.reach(.stopBegun)
    log.say(.stops(reason: reason))
    supervision.stopping()
    stopDeadline = clock.now + .seconds(3)
    step([.stop], clock)
  }

  func answer(_ request: RequestID, _ reply: Reply, _ clock: WallClock) {
    if request == Daemon.statusRequest {
      if case .status(let status) = reply { logStatus(status, clock) }
      return
    }
    if DumpRequest.contains(request) { return writeTables(request, reply) }
    if request == Daemon.logRequest { return }
    if request == applying {
      applying = nil
      if case .changes = reply {
        facts.configState = .applied
        facts.configError = nil
      }
    }
    guard request < SmcrouteServer.firstRequest else {
      return smcroute.server.answer(request, reply, at: clock.now)
    }
    guard request < MroutedServer.firstRequest else {
      return mrouted.server.answer(request, reply, date: LocalTime.now.date, at: clock.now)
    }
    control.server.answer(request, completed(reply), facts: facts(reply), at: clock.now, clock: clock)
  }

  /// Who carries a tunnel is known to the driver alone, and who keeps the sockets to us.
  private func completed(_ reply: Reply) -> Reply {
    if case .status(var status) = reply, let unkept {
      status.problems.append(unkept)
      return .status(status)
    }
    guard case .rows(.tunnels(var rows), let next) = reply else { return reply }
    for place in rows.indices {
      guard let facts = driver.facts(ofTunnel: rows[place].name) else { continue }
      rows[place].carrier = facts.dropped == nil ? .kernel : .user
      rows[place].dropped = facts.dropped?.map { .init(type: $0.reason, count: $0.count) }
    }
    return .rows(.tunnels(rows), next: next)
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
    if options.personality.smcroute != nil { return SmcrouteLogText.waiting }
    if let mrouted = options.personality.mrouted { return MroutedLogText.begins(mrouted.vintage) }
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
    log.say(status.problems)
  }
}

/// The daemon's own file.
extension Daemon {
  /// Reads the file again; an error leaves what runs untouched.
  func reload(_ request: RequestID?, _ clock: WallClock) {
    supervision.reloading(log.voice.lines(.reloads).first?.text ?? "reloading")
    log.say(.reloads)
    let file = OwnFile(options) { self.servePackets() }
    FaultPoint.reach(.reloadRead)
    if let parsed = accept(file, request, clock) {
      facts.configState = .clean
      facts.configError = nil
      facts.configLoaded = clock.now
      saved.keep(file.source)
      file.tell(log)
      let warnings = warnings(of: file)
      log.say(warnings)
      if let request { control.server.warn(request, warnings) }
      load([.configure(parsed.configuration, isReload: true, request: request)], clock)
      hook.tellLoaded()
      FaultPoint.reach(.reloaded)
    }
    log.say(.reloaded)
    if let failure = supervision.reloaded(statusLine) {
      log.say(.warning, .systemCallFailed, "the pid file does not tell the reload: \(failure)")
    }
  }

  /// What is not wrong with a file that was accepted, and should be known; mrouted tells it in words of its
  /// own.
  func warnings(of file: OwnFile) -> [Diagnostic] {
    guard options.personality.mrouted == nil else { return [] }
    return findings(in: file.parsed, present: presentNames())
  }

  /// The interfaces there are; nil, and said, where the kernel does not tell.
  private func presentNames() -> [String]? {
    do throws(SystemError) {
      return try Links.names()
    } catch {
      log.say(.warning, .systemCallFailed, "which interfaces there are is not known: \(error)")
      return nil
    }
  }

  /// What the file states, if it may take the place of what runs; who asked and the log are told why not.
  private func accept(_ file: OwnFile, _ request: RequestID?, _ clock: WallClock) -> ParsedConfiguration? {
    var parsed = file.parsed
    if let findings = file.refusal(options) {
      parsed.diagnostics = findings
      parsed.hasErrors = true
    } else if let refusal = router.refusal(of: parsed.configuration) {
      parsed.diagnostics.append(refusal)
      parsed.hasErrors = true
    }
    guard parsed.hasErrors else { return parsed }
    tellRefusal(of: file, parsed.diagnostics)
    if let request { answer(request, .refused(parsed.diagnostics), clock) }
    return nil
  }

  /// Tells the log and `mcast status` that the file is not what runs.
  func tellRefusal(of file: OwnFile, _ findings: [Diagnostic]) {
    let first = findings.first { $0.severity == .error }
    facts.configState = .refused
    facts.configError = first
    log.say(.refuses(options.configPath, first?.code))
    file.tell(log)
    if options.personality.mrouted == nil { log.say(Array(findings.prefix(20))) }
    log.say(.keeps(options.configPath))
  }

  /// What concerns the daemon and not the Router; the log's destination stays as it was opened.
  func apply(_ configuration: Configuration) {
    if options.logLevel == nil { log.level = options.level(stated: configuration.log.level) }
    log.limit(to: configuration.log.rate)
    control.server.clientLimit = configuration.control.clients
    hook.path = configuration.hook
    store?.hold(seconds: configuration.control.holdSeconds)
    guard hasBegun else { return }
    listenForSmcroute(at: configuration.control.smcrouteSocket)
    listenForMrouted(at: configuration.control.mroutedSocket)
  }

  /// Lets the clients of SMCRoute find a daemon that is none of SMCRoute's; nil: nowhere.
  func listenForSmcroute(at path: String?) {
    guard options.personality.isNative, smcroute.paths != (path.map { [$0] } ?? []) else { return }
    for former in smcroute.paths { smcroute.remove(former) }
    guard let path else { return }
    if let peer = ControlListener.peer(answeringAt: path) {
      return log.say(
        .warning, .alreadyRunning, "a daemon, pid \(peer.pid), answers the clients of SMCRoute at \(path)")
    }
    do throws(SystemError) {
      smcroute.adminGroup = control.adminGroup
      try smcroute.add(.listen(at: path, forGroup: control.adminGroup), rights: .admin)
    } catch {
      log.say(.warning, .systemCallFailed, "the clients of SMCRoute find no socket: \(error)")
    }
  }

  func plan(_ request: RequestID, _ clock: WallClock) {
    let file = OwnFile(options) { self.servePackets() }
    guard !file.parsed.hasErrors else { return answer(request, .refused(file.parsed.diagnostics), clock) }
    control.server.warn(request, warnings(of: file))
    step([.plan(file.parsed.configuration, request: request)], clock)
  }
}

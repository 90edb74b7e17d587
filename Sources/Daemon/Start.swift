import Addressing
import Configuration
import Control
import Diagnostics
import Encoding
import Kernel
import LinuxKernel
import Router
import Timing

/// The order in which the daemon comes up: sockets, routing, readiness.
struct Start {
  let options: Options
  let parsed: ParsedConfiguration
  let supervision: Supervision

  private var configuration: Configuration { parsed.configuration }

  func daemon() throws(StartFailure) -> Daemon {
    let began = Clock.now
    let log = try openLog()
    let daemon = try make(log, began)
    daemon.apply(configuration)
    try claimNames(daemon)
    try route(daemon)
    try listen(daemon)
    try reducePrivileges(daemon)
    if let failure = supervision.ready(daemon.statusLine) {
      log.say(.warning, .systemCallFailed, "no pid file: \(failure)")
    }
    let milliseconds = (Clock.now - began).milliseconds
    log.say(.notice, nil, "mcastd \(Version.text) is ready after \(milliseconds) ms, pid \(ThisProcess.pid)")
    return daemon
  }

  private func call<Result>(_ body: () throws(SystemError) -> Result) throws(StartFailure) -> Result {
    do throws(SystemError) {
      return try body()
    } catch {
      throw StartFailure(error)
    }
  }

  private func openLog() throws(StartFailure) -> Log {
    let level = Notice.Level(rawValue: options.logLevel ?? configuration.log.level) ?? .info
    let log: Log
    do throws(SystemError) {
      let destination = try LogDestination.chosen(configuration.log, isForeground: options.isForeground)
      log = Log(destination, level: level, rate: configuration.log.rate)
    } catch {
      throw StartFailure(error)
    }
    for finding in parsed.diagnostics { log.say(finding) }
    if parsed.files.isEmpty {
      log.say(.notice, nil, "there is no \(options.configPath); starting with an empty configuration")
    }
    return log
  }

  private func make(_ log: Log, _ began: Instant) throws(StartFailure) -> Daemon {
    let table = options.table.map { TableID(rawValue: $0) }
    let seed = UInt64.random(in: .min ... .max)
    return try call { () throws(SystemError) in
      let signals = try SignalQueue([.terminate, .interrupt, .hangup, .user1, .user2, .quit, .child])
      let loop = try EventLoop()
      try loop.watch(signals.descriptor, as: .init(owner: Daemon.signalOwner, number: 0))
      let server = ControlServer(version: Version.text, pid: ThisProcess.pid)
      let daemon = Daemon(
        options, log, loop: loop, driver: try LinuxDriver(loop: loop),
        control: ControlSockets(loop: loop, server: server, log: log), signals: signals,
        supervision: supervision, router: Router(seed: seed, table: table), facts: facts(began))
      if let path = options.recordFile {
        let header = RecordingHeader(version: Version.text, seed: seed, table: table)
        daemon.recorder = try Recorder(path, header, log)
      }
      return daemon
    }
  }

  private func facts(_ began: Instant) -> DaemonFacts {
    var facts = DaemonFacts(
      version: Version.text, pid: ThisProcess.pid, identity: options.identity, host: Terminal.hostName,
      started: began)
    if !parsed.files.isEmpty {
      facts.configFile = options.configPath
      facts.configLoaded = began
    }
    return facts
  }
}

/// Names that only one daemon can have.
extension Start {
  private var controlPath: String { options.controlPath(stated: configuration.control.socket) }

  private func claimNames(_ daemon: Daemon) throws(StartFailure) {
    if let peer = ControlListener.peer(answeringAt: controlPath) {
      throw StartFailure(
        .unavailable, .alreadyRunning,
        "mcastd is running already, pid \(peer.pid); it answers at \(controlPath)",
        hint: "mcast status, or start another with --identity NAME and --table ID")
    }
    if let pid = Supervision.owner(of: options.pidPath) {
      throw StartFailure(
        .unavailable, .alreadyRunning, "mcastd is running already, pid \(pid); it owns \(options.pidPath)",
        hint: "start another with --identity NAME, or with --pidfile FILE")
    }
  }

  private func listen(_ daemon: Daemon) throws(StartFailure) {
    let control = daemon.control
    let viewPath = options.viewPath(stated: configuration.control.socket)
    control.adminGroup = Accounts.group(named: configuration.control.group)
    let viewGroup = Accounts.group(named: configuration.control.viewGroup)
    try call { () throws(SystemError) in
      if controlPath.hasPrefix("\(options.runDirectory)/") || options.pidFile == nil {
        try makeRunDirectory(daemon.log)
      }
      try control.add(listener(controlPath, group: control.adminGroup), rights: .admin)
      try control.add(listener(viewPath, group: viewGroup), rights: .view)
    }
    for (name, group) in [
      (configuration.control.group, control.adminGroup), (configuration.control.viewGroup, viewGroup),
    ] where group == nil {
      daemon.log.say(.info, nil, "there is no group \(name): its socket is for the daemon's user alone")
    }
  }

  private func listener(_ path: String, group: UInt32?) throws(SystemError) -> ControlListener {
    guard let group else { return try .listen(at: path, mode: 0o600) }
    do throws(SystemError) {
      return try .listen(at: path, mode: 0o660, owner: (ThisProcess.uid, group))
    } catch {
      // Only root and members can give a file to a group.
      guard error.name == "EPERM" else { throw error }
      return try .listen(at: path, mode: 0o600)
    }
  }

  private func makeRunDirectory(_ log: Log) throws(SystemError) {
    try Files.makeDirectory(options.runDirectory)
    guard ThisProcess.isRoot, !options.isPrivileged, let user = Start.user else { return }
    try Files.setOwner(options.runDirectory, uid: user.uid, gid: user.gid)
  }
}

/// Rights.
extension Start {
  /// Whom the daemon becomes when root started it.
  private static var user: Accounts.User? { Accounts.user(named: "mcast") }

  /// Everything is open that needs root; what follows needs two capabilities.
  private func reducePrivileges(_ daemon: Daemon) throws(StartFailure) {
    // A service manager has done it already, and its filter refuses the calls.
    guard ThisProcess.isRoot, !options.isPrivileged else { return }
    let user = Start.user
    if user == nil { daemon.log.say(.info, nil, "there is no user mcast: the daemon stays uid 0") }
    do throws(SystemError) {
      try Capabilities.reduce(.init(user: user, allowsCore: options.allowsCore))
      daemon.control.ownUID = ThisProcess.uid
    } catch {
      throw StartFailure(
        .systemCall, .systemCallFailed, "privileges cannot be given up: \(error)",
        hint: "--privileged runs with all of them")
    }
  }
}

/// Routing.
extension Start {
  /// Tells the Router what there is and what is wanted, and judges what the kernel refused.
  private func route(_ daemon: Daemon) throws(StartFailure) {
    let interfaces = try call { () throws(SystemError) in try daemon.driver.start() }
    if case .interfacesListed(let links) = interfaces {
      for finding in judge(parsed, present: links.map(\.name)) { daemon.log.say(finding) }
    }
    let clock = WallClock(now: Clock.now, wall: Clock.wallNanoseconds)
    var events: [Event] = [.kernel(interfaces), .configure(configuration, isReload: false, request: nil)]
    if daemon.log.level == .debug {
      // Only who asks is told of each route: texts of 100,000 cost more than the routes.
      events.insert(.request(Daemon.logRequest, .subscribe([.route])), at: 0)
    }
    daemon.step(events, clock)
    for refusal in daemon.refusedTables where !configuration.table.waitsForTable {
      try exit(for: refusal)
    }
    daemon.releaseNotices()
  }

  private func exit(for refused: Daemon.RefusedTable) throws(StartFailure) {
    let family = refused.family == .ipv4 ? "IPv4" : "IPv6"
    let table = refused.table.number(refused.family)
    switch TableRefusal(errno: refused.errno) {
    case .owned:
      let holders = Processes.holdingRoutingSocket(refused.family).map(\.description)
      let who = holders.isEmpty ? "" : ", \(holders.joined(separator: " or ")),"
      throw StartFailure(
        .unavailable, .routingRefused,
        "table \(table): another multicast routing daemon\(who) holds the \(family) routing socket "
          + "(EADDRINUSE)",
        hint: "stop it, or run this daemon with --table 100")
    case .notPermitted:
      throw StartFailure(
        .noCapability, .noCapability, "multicast routing is not permitted to this process (EPERM)",
        hint: "run as root, or with CAP_NET_ADMIN and CAP_NET_RAW")
    // Without IPv6 the rest works; the Router has said so.
    case .noRouting, .noTables, .other:
      guard refused.family == .ipv4 else { return }
    }
    switch TableRefusal(errno: refused.errno) {
    case .noRouting:
      throw StartFailure(
        .noRouting, .noRouting, "this kernel has no IPv4 multicast routing",
        hint: "it needs CONFIG_IP_MROUTE=y")
    case .noTables:
      throw StartFailure(
        .noRouting, .noTables,
        "this kernel has one multicast routing table only, so none with the id \(table)",
        hint: "it needs CONFIG_IP_MROUTE_MULTIPLE_TABLES=y; without --table the standard table is used")
    default: throw StartFailure(SystemError("open table \(table)", errno: refused.errno))
    }
  }
}

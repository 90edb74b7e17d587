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

  init(_ options: Options, _ parsed: ParsedConfiguration) {
    self.options = options
    self.parsed = parsed
  }

  private var configuration: Configuration { parsed.configuration }

  func daemon() throws(StartFailure) -> Daemon {
    let began = Clock.now
    let log = Log(.ofForeground, level: level, rate: configuration.log.rate)
    for finding in parsed.diagnostics { log.say(finding) }
    let signals = try call {
      () throws(SystemError) in
      try SignalQueue([.terminate, .interrupt, .hangup, .user1, .user2, .quit, .child])
    }
    let loop = try call { () throws(SystemError) in try EventLoop() }
    try call { () throws(SystemError) in
      try loop.watch(signals.descriptor, as: .init(owner: Daemon.signalOwner, number: 0))
    }
    let driver = try call { () throws(SystemError) in try LinuxDriver(loop: loop) }
    let server = ControlServer(version: Version.text, pid: ThisProcess.pid)
    let control = ControlSockets(loop: loop, server: server, log: log)
    let table = options.table.map { TableID(rawValue: $0) }
    let seed = UInt64.random(in: .min ... .max)
    let daemon = Daemon(
      options, log, loop: loop, driver: driver, control: control, signals: signals,
      router: Router(seed: seed, table: table), facts: facts(began))
    if let path = options.recordFile {
      let header = RecordingHeader(version: Version.text, seed: seed, table: table)
      daemon.recorder = try call { () throws(SystemError) in try Recorder(path, header, log) }
    }
    try listen(daemon)
    try route(daemon)
    return daemon
  }

  private func call<Result>(_ body: () throws(SystemError) -> Result) throws(StartFailure) -> Result {
    do throws(SystemError) {
      return try body()
    } catch {
      throw StartFailure(error)
    }
  }

  private var level: Notice.Level {
    Notice.Level(rawValue: options.logLevel ?? configuration.log.level) ?? .info
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

/// Control sockets.
extension Start {
  private func listen(_ daemon: Daemon) throws(StartFailure) {
    let stated = configuration.control.socket
    let (path, view) = (options.controlPath(stated: stated), options.viewPath(stated: stated))
    if let peer = ControlListener.peer(answeringAt: path) {
      throw StartFailure(
        .unavailable, .alreadyRunning, "mcastd is running already, pid \(peer.pid); it answers at \(path)",
        hint: "mcast status, or start another with --identity NAME and --table ID")
    }
    daemon.control.server.clientLimit = configuration.control.clients
    try call { () throws(SystemError) in
      if path.hasPrefix(options.runDirectory + "/") { try Files.makeDirectory(options.runDirectory) }
      try daemon.control.add(try .listen(at: path, mode: 0o600), rights: .admin)
      try daemon.control.add(try .listen(at: view, mode: 0o600), rights: .view)
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
    daemon.step([.kernel(interfaces), .configure(configuration, isReload: false, request: nil)], clock)
    for refusal in daemon.refusedTables where !configuration.table.waitsForTable {
      try exit(for: refusal)
    }
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
        "table \(table): another multicast routing daemon\(who) holds the \(family) routing socket (EADDRINUSE)",
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

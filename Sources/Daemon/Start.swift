import Addressing
import Compatibility
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
  let file: OwnFile
  let supervision: Supervision
  let store: FileDescriptorStore?
  let saved: SavedState
  /// The file as it is on disk, where a former life's is taken instead.
  let refused: OwnFile?
  let loop: EventLoop
  let signals: SignalQueue
  let log: Log
  let began: Instant
  /// Whether a former life left its routing sockets.
  let isSuccessor: Bool

  private var parsed: ParsedConfiguration { file.parsed }
  private var configuration: Configuration { parsed.configuration }
  private var personality: DaemonPersonality { options.personality }

  /// Brings the daemon up.
  ///
  /// - Parameter read: the file, where it was judged before; nil: it is read when the daemon may begin.
  static func daemon(
    _ options: Options, _ read: OwnFile?, _ supervision: Supervision, _ store: FileDescriptorStore?
  ) throws(StartFailure) -> Daemon {
    var options = options
    let saved = SavedState(store)
    var (read, refused) = read.map { settle($0, options, saved) } ?? (nil, nil)
    let (loop, signals) = try call { () throws(SystemError) in
      let signals = try SignalQueue([.terminate, .interrupt, .hangup, .user1, .user2, .quit, .child])
      let loop = try EventLoop()
      try loop.watch(signals.descriptor, as: .init(owner: Daemon.signalOwner, number: 0))
      return (loop, signals)
    }
    let isSuccessor = store?.names.contains { $0.hasPrefix("mroute") } ?? false
    let log = try openLog(options, read?.parsed.configuration.log ?? LogSettings(), isSuccessor)
    saved.log = log
    log.say(.begins)
    if let seconds = options.personality.startDelay {
      log.say(.waits(seconds: seconds))
      guard wait(.seconds(Int64(seconds)), loop, signals) else {
        log.say(.stopped)
        throw .stopped
      }
    }
    if let hook = options.personality.smcroute?.hook, !Files.isExecutable(hook) {
      log.say(.error, nil, SmcrouteLogText.notExecutable(hook))
      options.personality.smcroute?.hook = nil
    }
    if read == nil { (read, refused) = settle(OwnFile(options), options, saved) }
    var file = read ?? OwnFile(options)
    try file.judge(log)
    options.personality.generation = GenerationFile.next(options.personality.mrouted, log)
    options.personality.complete(&file.parsed.configuration)
    let start = Start(
      options: options, file: file, supervision: supervision, store: store, saved: saved,
      refused: refused, loop: loop, signals: signals, log: log, began: Clock.now,
      isSuccessor: isSuccessor)
    return try start.daemon()
  }

  /// The file that the start goes by, and the one on disk where that is another.
  ///
  /// What a former life left in the kernel does not go for an error in a file: as at a reload, the last one
  /// that was accepted runs on.
  private static func settle(
    _ file: OwnFile, _ options: Options, _ saved: SavedState
  ) -> (OwnFile?, OwnFile?) {
    guard file.refusal(options) != nil, let files = saved.acceptedFiles else { return (file, nil) }
    let former = OwnFile(options, from: files)
    return former.refusal(options) == nil ? (former, file) : (file, nil)
  }

  /// Waits in the loop; false when a signal asked to end.
  private static func wait(_ time: Duration, _ loop: EventLoop, _ signals: SignalQueue) -> Bool {
    let end = Clock.now + time
    var ready: [EventLoop.Ready] = []
    while Clock.now < end {
      loop.wait(until: end, into: &ready)
      if signals.take().contains(where: { $0 == .terminate || $0 == .interrupt }) { return false }
    }
    return true
  }

  /// - Parameter isSuccessor: whether the start is to go on where the log's own file cannot be opened.
  private static func openLog(
    _ options: Options, _ stated: LogSettings, _ isSuccessor: Bool
  ) throws(StartFailure) -> Log {
    let personality = options.personality
    let level = options.level(stated: stated.level)
    guard personality.isNative else {
      let service = personality.logsToSystem ? LogDestination.service(identity: options.identity) : nil
      return Log(service ?? .foreground(options), level: level, rate: stated.rate, voice: personality.voice)
    }
    do throws(SystemError) {
      let destination = try LogDestination.chosen(stated, isForeground: options.isForeground)
      return Log(destination, level: level, rate: stated.rate)
    } catch {
      guard isSuccessor else { throw StartFailure(error) }
      let log = Log(.system, level: level, rate: stated.rate)
      log.say(
        .warning, .systemCallFailed, "the log cannot be written where it should be: \(error)",
        hint: "the system's log has it until the next restart")
      return log
    }
  }

  private static func call<Result>(
    _ body: () throws(SystemError) -> Result
  ) throws(StartFailure) -> Result {
    do throws(SystemError) {
      return try body()
    } catch {
      throw StartFailure(error)
    }
  }

  private func daemon() throws(StartFailure) -> Daemon {
    let daemon = try make()
    daemon.apply(configuration)
    try claimNames(daemon)
    try route(daemon)
    try listenOrLater(daemon)
    FaultPoint.reach(.listening)
    // What a user without rights cannot write is written before; all others see it when all is done.
    if let user = personality.user { writePID(for: user) }
    try reducePrivileges(daemon)
    if personality.user == nil { writePID() }
    daemon.begin()
    supervision.ready(daemon.statusLine)
    log.say(.ready(milliseconds: (Clock.now - began).milliseconds))
    if file.fault == nil { daemon.hook.tellLoaded() }
    FaultPoint.reach(.ready)
    return daemon
  }

  private func writePID(for user: Accounts.User? = nil) {
    guard let failure = supervision.writePID(for: user) else { return }
    log.say(.warning, .systemCallFailed, "no pid file: \(failure)")
  }

  private func make() throws(StartFailure) -> Daemon {
    let table = options.table.map { TableID(rawValue: $0) }
    let seed = UInt64.random(in: .min ... .max)
    var options = options
    options.handed?.file = nil
    return try Start.call { () throws(SystemError) in
      let server = ControlServer(version: Version.text, pid: ThisProcess.pid)
      let daemon = Daemon(
        options, log, loop: loop, driver: try LinuxDriver(loop: loop, store: store),
        control: ControlSockets(loop: loop, server: server, log: log, owner: Daemon.controlOwner),
        signals: signals, supervision: supervision, store: store, saved: saved,
        router: Router(seed: seed, table: table),
        facts: facts())
      if let path = options.recordFile {
        let header = RecordingHeader(version: Version.text, seed: seed, table: table)
        do throws(SystemError) { daemon.recorder = try Recorder(path, header, log) } catch {
          guard isSuccessor else { throw error }
          log.say(.error, .systemCallFailed, "nothing is recorded: \(error)")
        }
      }
      return daemon
    }
  }

  private func facts() -> DaemonFacts {
    var facts = DaemonFacts(
      version: Version.text, pid: ThisProcess.pid, identity: options.identity, host: Terminal.hostName,
      started: began)
    if personality.smcroute != nil { facts.configLanguage = "smcroute.conf" }
    if personality.mrouted != nil { facts.configLanguage = "mrouted.conf" }
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
    for path in personality.sockets ?? [controlPath] {
      guard let peer = ControlListener.peer(answeringAt: path) else { continue }
      throw StartFailure(
        .unavailable, .alreadyRunning,
        "\(daemonName) is running already, pid \(peer.pid); it answers at \(path)",
        hint: personality.isNative
          ? "mcast status, or start another with --identity NAME and --table ID"
          : "start another with -i NAME and -t ID")
    }
    if let pid = Supervision.owner(of: options.pidPath) {
      throw StartFailure(
        .unavailable, .alreadyRunning,
        "\(daemonName) is running already, pid \(pid); it owns \(options.pidPath)",
        hint: personality.isNative
          ? "start another with --identity NAME, or with --pidfile FILE"
          : "start another with -i NAME, or with -\(personality.mrouted == nil ? "P" : "p") FILE")
    }
  }

  private var daemonName: String {
    personality.isNative ? "mcastd" : personality.mrouted == nil ? "SMCRoute" : "mrouted"
  }

  /// What a former life left in the kernel does not go for want of a socket to ask by: it is made later.
  private func listenOrLater(_ daemon: Daemon) throws(StartFailure) {
    do throws(StartFailure) { try listen(daemon) } catch {
      guard isSuccessor else { throw error }
      daemon.log.say(error.findings)
      daemon.log.say(
        .warning, .systemCallFailed, "routing goes on, and no client is answered there",
        hint: "it is tried again every \(LateListening.pause.milliseconds / 1000) s")
      daemon.lateListening = LateListening(due: Clock.now + LateListening.pause) {
        () throws(StartFailure) in
        try self.listen(daemon)
        if self.personality.user == nil { self.writePID() }
      }
    }
  }

  /// Makes the sockets that are not there yet.
  private func listen(_ daemon: Daemon) throws(StartFailure) {
    guard personality.isNative else {
      if let mrouted = personality.mrouted {
        try Start.call { () throws(SystemError) in try daemon.listenForMrouted(mrouted) }
      } else {
        try listenForSmcroute(daemon)
      }
      return listenBeside(daemon)
    }
    try Start.call { () throws(SystemError) in try listenForControl(daemon) }
    daemon.listenForSmcroute(at: configuration.control.smcrouteSocket)
    daemon.listenForMrouted(at: configuration.control.mroutedSocket)
    for (name, group) in [
      (configuration.control.group, daemon.control.adminGroup),
      (configuration.control.viewGroup, Accounts.group(named: configuration.control.viewGroup)),
    ] where group == nil {
      log.say(.info, nil, "there is no group \(name): its socket is for the daemon's user alone")
    }
  }

  private func listenForControl(_ daemon: Daemon) throws(SystemError) {
    let control = daemon.control
    let viewPath = options.viewPath(stated: configuration.control.socket)
    control.adminGroup = Accounts.group(named: configuration.control.group)
    let viewGroup = Accounts.group(named: configuration.control.viewGroup)
    if controlPath.hasPrefix("\(options.runDirectory)/") || options.pidFile == nil {
      try makeRunDirectory()
    }
    try control.listen(at: controlPath) { (path) throws(SystemError) in
      try .listen(at: path, forGroup: control.adminGroup)
    }
    try control.listen(at: viewPath, rights: .view) { (path) throws(SystemError) in
      try .listen(at: path, forGroup: viewGroup)
    }
  }

  private func listenForSmcroute(_ daemon: Daemon) throws(StartFailure) {
    let paths = personality.smcrouteSockets
    try Start.call { () throws(SystemError) in
      // Who may write may connect: as the original's, it is root's alone with the usual mask.
      for path in paths {
        try daemon.smcroute.listen(at: path) { (path) throws(SystemError) in
          try .listen(at: path, mode: 0o755 & ~ThisProcess.fileMask)
        }
      }
    }
    for path in paths.dropFirst() { daemon.smcroute.server.dialects[path] = .legacy }
    if personality.smcroute?.dialect == .legacy, let first = paths.first {
      daemon.smcroute.server.dialects[first] = .legacy
    }
  }

  /// Our own clients find a daemon of SMCRoute or mrouted too; where that cannot be, it is no reason to end.
  private func listenBeside(_ daemon: Daemon) {
    guard daemon.control.paths.isEmpty else { return }
    guard ControlListener.peer(answeringAt: controlPath) == nil else {
      return log.say(.info, nil, "another daemon answers mcast at \(controlPath)")
    }
    do throws(SystemError) {
      try listenForControl(daemon)
    } catch {
      log.say(.info, .systemCallFailed, "mcast finds no socket: \(error)")
    }
  }

  private func makeRunDirectory() throws(SystemError) {
    try Files.makeDirectory(options.runDirectory)
    guard ThisProcess.isRoot, let user = becomes else { return }
    try Files.setOwner(options.runDirectory, uid: user.uid, gid: user.gid)
  }
}

/// Rights.
extension Start {
  /// Whom the daemon becomes when root started it.
  private var becomes: Accounts.User? {
    guard personality.isNative else { return personality.user }
    return options.isPrivileged ? nil : Accounts.user(named: "mcast")
  }

  /// Everything is open that needs root; what follows needs two capabilities.
  private func reducePrivileges(_ daemon: Daemon) throws(StartFailure) {
    // A service manager has done it already, and its filter refuses the calls.
    guard ThisProcess.isRoot, !options.isPrivileged else { return Capabilities.resume(options.allowsCore) }
    let user = becomes
    if user == nil, personality.isNative {
      log.say(.info, nil, "there is no user mcast: the daemon stays uid 0")
    }
    do throws(SystemError) {
      // A hook of SMCRoute may be a script with sudo(8) in it.
      let bindsPrograms = personality.smcroute == nil
      try Capabilities.reduce(
        .init(user: user, allowsCore: options.allowsCore, bindsPrograms: bindsPrograms))
      daemon.control.ownUID = ThisProcess.uid
      daemon.smcroute.ownUID = ThisProcess.uid
      daemon.mrouted.ownUID = ThisProcess.uid
    } catch {
      throw StartFailure(
        .systemCall, .systemCallFailed, "privileges cannot be given up: \(error)",
        hint: personality.smcroute == nil ? "--privileged runs with all of them" : "without -p it keeps all")
    }
  }
}

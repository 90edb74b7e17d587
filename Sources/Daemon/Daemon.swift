import Addressing
import Configuration
import Control
import Diagnostics
import Encoding
import Kernel
import LinuxKernel
import Router
import Timing

/// The running daemon: turns what is ready into events, the Router's actions into calls, and waits.
final class Daemon {
  let options: Options
  let log: Log
  let loop: EventLoop
  let driver: LinuxDriver
  let control: ControlSockets
  let smcroute: SmcrouteSockets
  let mrouted: MroutedSockets
  /// What of `mrouted.server.logging` the log does already.
  var appliedLogging = MroutedLogging()
  /// What the Router tells for the log's sake.
  var followedKinds: [Notice.Kind] = []
  let signals: SignalQueue
  let supervision: Supervision
  let hook: HookRunner
  /// Nil: nothing of this daemon outlives it.
  let store: FileDescriptorStore?
  let saved: SavedState
  /// Why nobody keeps the sockets now; nil: somebody does.
  var unkept: Diagnostic?
  var router: Router
  var recorder: Recorder?
  var facts: DaemonFacts
  /// Set when the process is to end.
  var exit: ExitCode?
  var ending = Ending.withdrawn
  /// When a polite stop has taken long enough.
  var stopDeadline: Instant?
  /// What could not be listened at when the daemon started; nil: clients find it everywhere.
  var lateListening: LateListening?
  /// When the daemon ends by itself.
  var lifetimeEnd: Instant?
  /// Who asked for the end, and is answered when all is withdrawn.
  var stopRequests: [RequestID] = []
  private var isLoading = false
  /// Whether it came up; what is stated from then on is done at once.
  var hasBegun = false
  /// The request that gives the Router a configuration, until it is answered.
  var applying: RequestID?
  /// What tables the kernel refused while the daemon starts.
  var refusedTables: [RefusedTable] = []
  /// While it starts, what is said of the kernel waits: a refused start ends with one line, not three.
  var heldNotices: [Notice]? = []

  struct RefusedTable {
    var table: TableID
    var family: Family
    var errno: Int32
  }

  static let controlOwner: UInt32 = 1
  static let signalOwner: UInt32 = 2
  static let smcrouteOwner: UInt32 = 4
  static let mroutedOwner: UInt32 = 5
  static let keeperOwner: UInt32 = 6

  private var ready: [EventLoop.Ready] = []
  private var kernelEvents: [KernelEvent] = []
  private var batch: [KernelAction] = []

  init(
    _ options: Options, _ log: Log, loop: EventLoop, driver: LinuxDriver, control: ControlSockets,
    signals: SignalQueue, supervision: Supervision, store: FileDescriptorStore?, saved: SavedState,
    router: Router, facts: DaemonFacts
  ) {
    self.options = options
    self.log = log
    self.loop = loop
    self.driver = driver
    self.control = control
    self.signals = signals
    self.supervision = supervision
    self.store = store
    self.saved = saved
    hook = HookRunner(options.personality.hookContract(), loop: loop, log: log)
    smcroute = SmcrouteSockets(loop: loop, server: SmcrouteServer(), log: log, owner: Daemon.smcrouteOwner)
    mrouted = MroutedSockets(loop: loop, server: MroutedServer(), log: log, owner: Daemon.mroutedOwner)
    self.router = router
    self.facts = facts
    watchKeeper()
    log.mrouted?.vif = { [weak self] in self?.router.vif(ofInterface: $0) }
  }

  /// Everything is there.
  func begin() {
    hasBegun = true
    lifetimeEnd = options.personality.lifetime.map { Clock.now + .seconds(Int64($0)) }
  }

  /// Turns until the end.
  func run() -> ExitCode {
    while true {
      if let exit { return exit }
      turn()
    }
  }

  /// What must not outlive the process.
  func finish() {
    if ending == .withdrawn {
      driver.close()
      FaultPoint.reach(.stopWithdrawn)
      store?.withdraw()
    }
    control.removePaths()
    smcroute.removePaths()
    mrouted.removePaths()
    // It was made for the sockets of our own tool, of which the original has none; not empty, it stays.
    if !options.personality.isNative { Files.removeDirectory(options.runDirectory) }
    supervision.ended()
    // Now the next daemon may start, so now whoever waits to start it is told.
    let clock = WallClock(now: Clock.now, wall: Clock.wallNanoseconds)
    for request in stopRequests { answer(request, .changes([], Summary()), clock) }
    smcroute.flush(clock)
    mrouted.flush(clock)
    if ending != .resumed { log.say(.stopped) }
  }

  private func turn() {
    loop.wait(until: deadline, into: &ready)
    let clock = WallClock(now: Clock.now, wall: Clock.wallNanoseconds)
    kernelEvents.removeAll(keepingCapacity: true)
    driver.receive(ready, at: clock.now, into: &kernelEvents)
    logPackets(kernelEvents)
    // The packets first: whoever asks for a table can wait for one step.
    if !kernelEvents.isEmpty || isDue(clock.now) {
      step(kernelEvents.map { .kernel($0) }, clock)
    }
    for entry in ready {
      if entry.token.owner == Daemon.keeperOwner { keeperEnded(clock) }
      guard entry.token.owner == Daemon.signalOwner else { continue }
      for signal in signals.take() { handle(signal, clock) }
    }
    renewKeeper(clock)
    listenLate(clock)
    control.receive(ready, clock)
    serve(control.server.takeCommands(), clock)
    control.flush(clock)
    smcroute.receive(ready, clock)
    serve(smcroute.server.takeCommands(), clock)
    smcroute.flush(clock)
    mrouted.receive(ready, clock)
    applyMroutedLogging()
    followLog(clock)
    serve(mrouted.server.takeCommands(), clock)
    mrouted.flush(clock)
    hook.receive(ready, at: clock.now)
    supervision.keepAlive(at: clock.now)
    saved.saveAdditions(at: clock.now) { router.snapshot(.additions) }
    tellShortcomings()
    if let stopDeadline, stopDeadline <= clock.now {
      log.say(.warning, nil, "the stop took too long; leaving at once")
      exit = .done
    }
    if let lifetimeEnd, lifetimeEnd <= clock.now, stopDeadline == nil {
      log.say(.lifetimeOver)
      stop("its time is over", clock)
    }
  }

  private func isDue(_ now: Instant) -> Bool { router.nextDeadline.map { $0 <= now } ?? false }

  private var deadline: Instant? {
    // Pages that clients wait for are served in the next turn, after the packets.
    if control.server.hasCommands || smcroute.server.hasCommands || mrouted.server.hasCommands {
      return .start
    }
    var earliest = router.nextDeadline
    func consider(_ other: Instant?) {
      guard let other else { return }
      earliest = earliest.map { min($0, other) } ?? other
    }
    consider(driver.nextDeadline)
    consider(control.nextDeadline)
    consider(smcroute.nextDeadline)
    consider(mrouted.nextDeadline)
    consider(supervision.nextDeadline)
    consider(hook.nextDeadline)
    consider(saved.due)
    consider(store?.renewal)
    consider(lateListening?.due)
    consider(stopDeadline ?? lifetimeEnd)
    return earliest
  }

  /// Gives the Router what the file states, of which its findings have told already.
  func load(_ events: [Event], _ clock: WallClock) {
    isLoading = true
    step(events, clock)
    isLoading = false
    // Reading 100,000 rules leaves as much free as it keeps.
    ThisProcess.returnFreeMemory()
  }

  /// Serves what the kernel tells, and nobody else, in the middle of a large piece of work: packets do not
  /// wait for it.
  func servePackets() {
    var ready: [EventLoop.Ready] = []
    loop.wait(until: .start, into: &ready)
    let clock = WallClock(now: Clock.now, wall: Clock.wallNanoseconds)
    var events: [KernelEvent] = []
    driver.receive(ready, at: clock.now, into: &events)
    if !events.isEmpty || isDue(clock.now) { step(events.map { .kernel($0) }, clock) }
  }

  /// Steps the Router with events and with what their actions lead to, until nothing follows.
  func step(_ events: [Event], _ clock: WallClock) {
    var events = events
    repeat {
      let actions = router.step(events, at: clock.now)
      if control.server.generation != router.generation {
        control.server.generation = router.generation
        // Not only a reload brings another file's: so do `config apply`, `undo` and an apply taken back.
        apply(router.settings)
      }
      saved.noteAdditions(router.additionsVersion)
      recorder?.record(RecordedStep(at: clock.now, events: events, actions: actions))
      events = perform(actions, clock)
    } while !events.isEmpty
  }

  /// Does the actions in their order; what the kernel answered is the next step's.
  private func perform(_ actions: [Action], _ clock: WallClock) -> [Event] {
    var events: [Event] = []
    batch.removeAll(keepingCapacity: true)
    for action in actions {
      switch action {
      case .kernel(let action):
        logPacket(action)
        batch.append(action)
      case .reply(let request, let reply):
        performBatch(into: &events)
        answer(request, reply, clock)
      case .notice(let notice, let subscribers):
        tell(notice)
        if !subscribers.isEmpty { control.server.publish(notice, to: subscribers, clock: clock) }
      case .finished:
        performBatch(into: &events)
        exit = .done
      }
    }
    performBatch(into: &events)
    return events
  }

  private func tell(_ notice: Notice) {
    guard heldNotices == nil || notice.kind != .kernel else {
      heldNotices?.append(notice)
      return
    }
    if !(isLoading && log.voice.isToldByFindings(notice)) { log.say(notice) }
    hook.tell(notice)
  }

  /// The start succeeded: what waited is said.
  func releaseNotices() {
    let held = heldNotices ?? []
    heldNotices = nil
    for notice in held { tell(notice) }
  }

  private func performBatch(into events: inout [Event]) {
    guard !batch.isEmpty else { return }
    for event in driver.perform(batch) {
      if heldNotices != nil, case .tableRefused(let table, let family, let errno) = event {
        refusedTables.append(RefusedTable(table: table, family: family, errno: errno))
      }
      events.append(.kernel(event))
    }
    batch.removeAll(keepingCapacity: true)
  }
}

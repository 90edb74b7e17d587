import Addressing
public import Configuration
import Control
import DVMRP
import Diagnostics
import Forwarding
public import Kernel
import Membership
public import Timing

/// The router as a value: events in, actions out, and when to call again.
///
/// No socket, clock, file or chance of its own. What the kernel shall hold is decided from the rules, the
/// interfaces and the flows seen, and compared with what it holds; nothing else writes to it.
public struct Router: Sendable {
  /// The seed of every random choice; the same seed and steps give the same actions.
  public let seed: UInt64

  // What is wanted.
  var intent = Intent()
  var history: [Intent] = []
  var unconfirmed: Intent?
  /// Rises with each change of the configuration or of what was added at run time.
  public internal(set) var generation: UInt64 = 0
  /// What only a file sets and the Router itself has no use for: the log, the hook, the clients.
  public var settings: Configuration { intent.base }

  // What there is.
  var domain = Domain()
  var rules: RuleTable
  var entries: EntryTable
  var joins = HostJoins()
  var discovery: Discovery
  var plan: TablePlan
  /// The plan before this step's, by which what an entry was is told.
  var formerPlan: TablePlan?
  var vifs = VIFReconciler()
  var membership = Membership()
  var dvmrp: DVMRP
  var parts = Parts()
  var traces = Traces()
  var inheritance = Inheritance()
  var reading = Reading()
  var settingsOf: [InterfaceSettings] = Array(repeating: InterfaceSettings(), count: Limits.interfacesInUse)
  /// Interfaces that get a VIF where there is room, in the order of their links.
  var everyone: [InterfaceID] = []
  var vifUse: [VIF: VIFUse] = [:]
  /// VIFs that the kernel refused.
  var refusedVIFs: [VIF: RefusedVIF] = [:]
  /// Tables that it refused and that are asked for again.
  var refusedTables: Set<TablePlan.Place> = []

  // What is under way.
  var timers = Deadlines<Timer>()
  var pages: [RequestID: PendingPage] = [:]
  var reports: [RequestID: PendingReport] = [:]
  /// Configurations that are shown piece by piece, each as it was when it was asked for.
  var texts: [RequestID: Configuration] = [:]
  var subscriptions: [RequestID: [Notice.Kind]] = [:]
  var now = Instant.start
  var actions: [Action] = []
  var dirty = Dirty()
  /// What becomes dirty while a step ends waits for the next one.
  var isSettling = false
  var deferred = Deferred()
  var memo = DecisionMemo()
  /// How long after a reading of an unused entry's counters the next one follows: half the idle timeout.
  var idleCheck = Duration.seconds(30)
  /// Whether any interface has a boundary, so that groups differ.
  var hasBoundaries = false
  /// Whether somebody wants to hear of each entry: texts for 100,000 of them would cost more than the
  /// entries.
  var tellsRoutes = false

  // What is told.
  /// Rules and joins that name an interface which is not there.
  var waitingRules: Set<RuleID> = []
  var waitingJoins: Set<StaticJoin.Key> = []
  var counts = Counts()
  var problems: [Problem: Diagnostic] = [:]
  var log: NoticeLog

  /// - Parameter table: the table given on the command line; nil leaves it to the configuration.
  public init(seed: UInt64, table: TableID? = nil) {
    self.seed = seed
    rules = RuleTable(seed: seed)
    entries = EntryTable(seed: seed &+ 1)
    discovery = Discovery(seed: seed &+ 2)
    dvmrp = DVMRP(generation: 1, seed: seed &+ 3)
    plan = TablePlan(base: table ?? .standard)
    log = NoticeLog(limit: Limits().events)
    isTableFixed = table != nil
  }

  let isTableFixed: Bool
  var isConfigured = false
  var isStopping = false
  var isWithoutTables = false

  /// When `step` must be called again though nothing happened; nil: not needed.
  ///
  /// Kept, since whoever waits reads it several times for each packet.
  public private(set) var nextDeadline: Instant?

  /// Mutating as a step is, since a question to the whole Router would copy its five kilobytes.
  private mutating func keepDeadline() {
    guard !deferred.isPending else { return nextDeadline = now }
    // One reading of counters at a time: packets come between two of them.
    let nextReading = counts.awaited.isEmpty ? entries.nextIdle : nil
    nextDeadline = timers.next.orEarlier(nextReading)
    // Whoever stops asks and answers nobody any more.
    guard !isStopping else { return }
    nextDeadline = nextDeadline.orEarlier(membership.nextDeadline).orEarlier(dvmrp.nextDeadline)
  }

  /// Takes what happened and returns what must be done, in order.
  ///
  /// Costs what changed, not what exists. A call without events serves what is due.
  public mutating func step(_ events: [Event], at now: Instant) -> [Action] {
    self.now = max(now, self.now)
    actions = []
    noteWhoListens()
    if deferred.isPending { dirty.formUnion(deferred.take()) }
    expire()
    for event in events { handle(event) }
    // Behind the packets: one that is here in time must count.
    expireProtocols()
    settle()
    ask()
    keepDeadline()
    let result = actions
    actions = []
    return result
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .kernel(let event): handle(event)
    case .configure(let configuration, let isReload, let request):
      configure(configuration, isReload: isReload, request: request)
    case .restore(let snapshot): restore(snapshot)
    case .apply(let configuration, let seconds, let request):
      apply(configuration, confirmSeconds: seconds, request: request)
    case .confirm(let request): confirm(request)
    case .undo(let request): undo(request)
    case .plan(let configuration, let request): plan(configuration, request: request)
    case .change(let changes, let bestEffort, let request):
      change(changes, bestEffort: bestEffort, request: request)
    case .request(let id, let request): answer(id, request)
    case .cancel(let id):
      pages[id] = nil
      texts[id] = nil
      reports[id] = nil
      subscriptions[id] = nil
    case .stop: stop()
    }
  }

  private mutating func expire() {
    for timer in timers.expire(at: now) {
      switch timer {
      case .audit: reading.isDue = true
      case .confirm: revert()
      case .entry(let id): rewrite(id)
      case .vif(let vif): retryOrSettle(vif)
      case .join(let join): actions += joins.retry(join).map { .kernel($0) }
      case .table(let place): retryTable(place)
      case .announcement(let place): announce(place)
      case .forwarding: beginForwarding()
      case .tunnel(let name): retryTunnel(name)
      case .adoption: dirty.isReleasing = true
      }
    }
    readIdle()
  }

  private mutating func readIdle() {
    guard counts.awaited.isEmpty else { return }
    let idle = entries.expireIdle(at: now)
    guard !idle.isEmpty else { return }
    counts.awaited = idle
    actions.append(.kernel(.readCounters(0, entries: entries.keys(of: idle), vifs: [])))
  }

  /// Withdraws all: announcements and joins first, so that streams stop at their sources, then the tables.
  private mutating func stop() {
    guard !isStopping else { return }
    settle()
    isStopping = true
    ceaseAnnouncing()
    sayFarewell()
    actions += joins.state([]).map { .kernel($0) }
    for number in 0..<entries.end {
      guard let id = entries.id(at: number), let row = entries[id] else { continue }
      actions.append(.kernel(.removeEntry(row.entry.key)))
      entries.remove(id)
    }
    let difference = vifs.reconcile(tables: [], vifs: [], selections: [])
    let kernel = difference.before + difference.between + difference.after
    actions += kernel.map { .kernel($0) }
    removeTunnels()
    actions.append(.finished)
  }
}

/// What a timer of the Router stands for.
enum Timer: Hashable, Comparable, Sendable {
  case audit
  case confirm
  case entry(EntryID)
  case vif(VIF)
  case join(HostJoin)
  case table(TablePlan.Place)
  case announcement(AnnouncedLink)
  /// The time in which routes are exchanged before packets are forwarded has passed.
  case forwarding
  case tunnel(String)
  /// Entries of a former life are held no more: who wants one has said so by now.
  case adoption

  /// How often the kernel's tables are read back whole, whatever its notifications said.
  static let auditInterval = Duration.seconds(60)
}

/// What must be looked at again before a step ends.
struct Dirty: Sendable {
  /// Names or links changed, or a pattern came or went: slots and bindings.
  var names = false
  /// Who uses which interface changed: VIFs and tables.
  var plan = false
  /// Interface statements changed: thresholds, boundaries, modes.
  var settings = false
  /// States or addresses of links that announce changed.
  var links = false
  /// The entries of a former life are compared with what the first configuration wants.
  var isAdopting = false
  /// Those that are held are decided as any other.
  var isReleasing = false
  /// May name a rule twice, or one that is gone.
  var rules: [RuleID] = []
  var flows: Set<Flow> = []
  /// Neighbors or routes to them changed, or what a link takes part in: every IPv4 entry is decided anew.
  var trees = false
  /// Wide rules that went: the entries they covered are decided anew.
  var withdrawn: [StaticRoute.Key] = []
  /// Interfaces whose entries must be decided anew, whatever rule they have.
  var interfaces = InterfaceSet()

  var isClean: Bool {
    !names && !plan && !settings && !links && !trees && rules.isEmpty && flows.isEmpty && withdrawn.isEmpty
      && interfaces.isEmpty && !isAdopting && !isReleasing
  }

  mutating func formUnion(_ other: Dirty) {
    names = names || other.names
    plan = plan || other.plan
    settings = settings || other.settings
    links = links || other.links
    trees = trees || other.trees
    isAdopting = isAdopting || other.isAdopting
    isReleasing = isReleasing || other.isReleasing
    rules += other.rules
    flows.formUnion(other.flows)
    withdrawn += other.withdrawn
    interfaces.formUnion(other.interfaces)
  }
}

/// What waits for the next step, which follows at once: an index freed in a step has entries naming it until
/// its end.
struct Deferred: Sendable {
  private var dirty = Dirty()
  var isPending: Bool { !dirty.isClean }

  mutating func replan() { dirty.plan = true }
  mutating func decide(_ flows: [Flow]) { dirty.flows.formUnion(flows) }
  mutating func decideTrees() { dirty.trees = true }

  mutating func take() -> Dirty {
    defer { dirty = Dirty() }
    return dirty
  }
}

/// Totals since the start.
struct Counts: Sendable {
  var upcalls: UInt64 = 0
  var upcallsLost: UInt64 = 0
  var upcallsLimited: UInt64 = 0
  var upcallsRefused: UInt64 = 0
  var foreignRepairs: UInt64 = 0
  var resynchronizations: UInt64 = 0
  var limitHits: [String: UInt64] = [:]
  /// When the configuration in force was taken.
  var loadedAt = Instant.start
  /// When a limit was last spoken of.
  var limitNoted: [String: Instant] = [:]
  /// Counts the configurations taken; a rule that the last one did not state is withdrawn.
  var pass: UInt32 = 0
  /// When an entry was last put right after somebody else.
  var repairs: [KernelEntry.Key: Instant] = [:]
  /// Entries whose idle reading was asked for; what the answer leaves out is gone.
  var awaited: [EntryID] = []
  var buckets: [InterfaceID: Bucket] = [:]
  var bucket = Bucket()
  /// Of notices that packets cause.
  var noticeBucket = Bucket()
  /// Neighbors that began anew: when that was last told, and how often it happened since.
  var restarts: [Address: (toldAt: Instant, untold: Int)] = [:]
  /// IGMP and MLD packets by link: seen, and refused by a check.
  var packets: [Int32: (seen: UInt64, refused: UInt64)] = [:]
}

/// A token bucket: so many a second, bursts of one second's worth.
struct Bucket: Sendable {
  private var tokens: Double = -1
  private var filledAt = Instant.start

  mutating func take(rate: Int, at now: Instant) -> Bool {
    let elapsed = Double((now - filledAt).nanoseconds) / 1e9
    tokens = tokens < 0 ? Double(rate) : min(Double(rate), tokens + elapsed * Double(rate))
    filledAt = now
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }
}

/// A VIF that the kernel refused: it waits for its next try, or that try is under way.
struct RefusedVIF: Sendable {
  var backoff = Backoff()
  var isWaiting = true
}

/// What can be wrong now; a problem ends when its cause does.
enum Problem: Hashable, Comparable, Sendable {
  case configuration
  case table(TablePlan.Place)
  case noTables
  case slots
  case vif(VIF)
  case unplaced(TablePlan.Place)
  case entries
  case joins
  case selection(String)
  case tunnel(String)
}

/// The last two readings of a VIF's counters.
struct VIFUse: Sendable {
  var latest: VIFCounters
  var base: VIFCounters
  var baseAt: Instant
  var packetsIn = -1.0, packetsOut = -1.0, bitsIn = -1.0, bitsOut = -1.0

  init(_ counters: VIFCounters, at now: Instant) {
    (latest, base, baseAt) = (counters, counters, now)
  }

  mutating func read(_ counters: VIFCounters, at now: Instant) {
    latest = counters
    let seconds = Double((now - baseAt).milliseconds) / 1000
    guard seconds >= 1 else { return }
    let rate = { (new: UInt64, old: UInt64) in Double(new >= old ? new - old : 0) / seconds }
    packetsIn = rate(counters.packetsIn, base.packetsIn)
    packetsOut = rate(counters.packetsOut, base.packetsOut)
    bitsIn = rate(counters.bytesIn, base.bytesIn) * 8
    bitsOut = rate(counters.bytesOut, base.bytesOut) * 8
    (base, baseAt) = (counters, now)
  }
}

import Timing

/// How a fault came to be known, and so how long its cure may take.
enum Disturbance: Sendable {
  case told, silent, lossy
}

/// Whether the network had its time since all disturbances.
struct Calm: Sendable {
  /// Processes that are replaced while their kernels forward on, and the time that what is new may take.
  ///
  /// What was there before them must go on right through: every packet of a stream that flowed reaches every
  /// member that was served, once, and no table differs from what its Router wants.
  struct Renewal: Sendable {
    /// What is older than this must not notice.
    var since: Instant
    /// What is newer must be served from here on, as after a change that routers are told of: a process that
    /// is away hears a join or a first packet when it is back, and one that came after a crash asks its
    /// hosts and meets its neighbors as at any start.
    var until: Instant
  }

  /// How long after a crash entries stay that nobody may want.
  ///
  /// Hosts are asked every 125 s and answer within 10 s. Nothing is waste before that.
  private static let adoption = Duration.seconds(135)
  /// The first packet of a stream makes the entries on its way, within less than this.
  private static let installing = Duration.seconds(2)
  /// A process that came after a crash has the routes of its neighbors within less than this.
  private static let learning = Duration.seconds(4)

  private var settling = Scenario.Settling(.zero)
  private(set) var renewal = Renewal(since: .start, until: .start)
  /// When a router last crashed, and until when entries of before it may lead where nobody wants them.
  private(set) var crashedAt: Instant?
  private var keptUntil = Instant.start
  /// When the last process that was replaced was there again, or will be, and knew its neighbors.
  private var knowsAt = Instant.start
  private var crashKnownAt = Instant.start
  /// When the last disturbance was.
  private(set) var disturbedAt = Instant.start
  /// When all must be well again.
  private(set) var settledAt = Instant.start
  /// When something was last lost.
  private(set) var lostAt: Instant?
  /// Faults that lose packets or system calls, and last.
  private(set) var losses = 0

  mutating func begin(_ settling: Scenario.Settling) {
    self.settling = settling
    settledAt = .start + settling.told
  }

  mutating func disturb(_ kind: Disturbance, losses change: Int, at now: Instant) {
    disturbedAt = now
    losses += change
    let time =
      switch kind {
      case .told: settling.told
      case .silent: settling.silent
      case .lossy: settling.lossy
      }
    settledAt = max(settledAt, now + time)
    if now < renewal.until { settledAt = max(settledAt, renewal.until) }
    if kind == .lossy { lostAt = now }
  }

  /// A process is replaced by one that begins at `back`.
  mutating func replace(until back: Instant, isPlanned: Bool, at now: Instant) {
    if now >= renewal.until { renewal.since = now }
    renewal.until = max(renewal.until, back + settling.told)
    keptUntil = max(keptUntil, renewal.until)
    // What was under way is found anew by the next process.
    if !isSettled(at: now) { settledAt = max(settledAt, renewal.until) }
    // A process that lost all it knew asks its neighbors, of which one is away itself: what the others tell
    // is a way around, and nobody tells who forwards onto a link. To its eyes that router failed silently.
    if now < (isPlanned ? crashKnownAt : knowsAt) {
      settledAt = max(settledAt, max(knowsAt, back) + settling.silent)
    }
    knowsAt = max(knowsAt, back + Calm.learning)
    if !isPlanned {
      crashKnownAt = max(crashKnownAt, back + Calm.learning)
      crashedAt = now
      keptUntil = max(keptUntil, back + Calm.adoption + settling.told)
    }
  }

  /// Whether the packets of a stream must arrive, as far as replaced processes matter.
  func serves(streamSince start: Instant, at now: Instant) -> Bool {
    now >= renewal.until || renewal.since - start >= Calm.installing
  }

  /// Whether a member has had its time since it joined.
  func judgesMember(since joined: Instant, at now: Instant) -> Bool {
    (now >= renewal.until ? now : renewal.since) - joined >= settling.told
  }

  func isSettled(at now: Instant) -> Bool { losses == 0 && now >= settledAt }

  /// Whether no prune can be in force any more that one side has forgotten.
  func isPruned(at now: Instant, within time: Duration) -> Bool {
    isSettled(at: now) && now >= keptUntil && lostAt.map { now - $0 >= time } ?? true
  }
}

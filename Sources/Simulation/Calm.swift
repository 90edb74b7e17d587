import Timing

/// How a fault came to be known, and so how long its cure may take.
enum Disturbance: Sendable {
  case told, silent, lossy
}

/// Whether the network had its time since all disturbances.
struct Calm: Sendable {
  private var settling = Scenario.Settling(.zero)
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
    if kind == .lossy { lostAt = now }
  }

  func isSettled(at now: Instant) -> Bool { losses == 0 && now >= settledAt }

  /// Whether no prune can be in force any more that one side has forgotten.
  func isPruned(at now: Instant, within time: Duration) -> Bool {
    isSettled(at: now) && lostAt.map { now - $0 >= time } ?? true
  }
}

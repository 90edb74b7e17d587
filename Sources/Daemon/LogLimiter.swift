import Timing

/// Keeps a fault from filling the log: so many lines a second of one kind, so many of all.
///
/// What is held back is counted and told when it calms down.
struct LogLimiter {
  /// Lines a second of one kind; a burst of five seconds' worth passes.
  var rate = 20
  /// Lines a second of all kinds.
  static let totalRate = 200
  /// Kinds told apart; more than these share one allowance.
  private static let kindLimit = 256

  /// Tokens that come back with time.
  private struct Allowance {
    var milli: Int64
    var last: Instant
    var suppressed: UInt64 = 0

    mutating func take(rate: Int, burst: Int, at now: Instant) -> Bool {
      let gained = (now - last).milliseconds &* Int64(rate)
      if gained > 0 {
        milli = min(Int64(burst) * 1000, milli + gained)
        last = now
      }
      guard milli >= 1000 else { return false }
      milli -= 1000
      return true
    }
  }

  /// What may be written.
  enum Verdict: Equatable {
    case write
    /// Write it, and before it that so many like it were held back.
    case writeAfter(suppressed: UInt64)
    case suppress
  }

  private var kinds: [String: Allowance] = [:]
  private var total = Allowance(milli: Int64(LogLimiter.totalRate) * 1000, last: .start)

  mutating func admit(_ kind: String, at now: Instant) -> Verdict {
    let key = kinds[kind] != nil || kinds.count < LogLimiter.kindLimit ? kind : ""
    var allowance = kinds[key] ?? Allowance(milli: Int64(rate) * 5000, last: now)
    defer { kinds[key] = allowance }
    guard allowance.take(rate: rate, burst: rate * 5, at: now),
      total.take(rate: LogLimiter.totalRate, burst: LogLimiter.totalRate, at: now)
    else {
      allowance.suppressed += 1
      return .suppress
    }
    guard allowance.suppressed > 0 else { return .write }
    defer { allowance.suppressed = 0 }
    return .writeAfter(suppressed: allowance.suppressed)
  }
}

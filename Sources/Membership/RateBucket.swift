import Timing

/// So many a second, with bursts of `burst`.
///
/// A packet that costs more than is left may still pass; what it took too much is paid back first.
struct RateBucket: Hashable, Sendable {
  private var credit: Double?
  private var filledAt = Instant.start

  /// Pays `cost`; false: nothing is left, and nothing was paid.
  mutating func take(_ cost: Int = 1, rate: Int, burst: Int, at now: Instant) -> Bool {
    let filled = credit.map { $0 + Double((now - filledAt).nanoseconds) / 1e9 * Double(rate) }
    let available = min(filled ?? Double(burst), Double(burst))
    filledAt = now
    guard available >= 1 else {
      credit = available
      return false
    }
    credit = available - Double(cost)
    return true
  }
}

import Timing

/// A clock of one machine, beside true time.
struct SkewedClock: Sendable {
  /// Parts per million that it is too fast.
  let skew: Int64
  /// What it showed at the start, in nanoseconds.
  let offset: Int64

  /// What it shows at a true instant.
  func local(_ now: Instant) -> Instant {
    Instant(nanoseconds: now.nanoseconds + offset + now.nanoseconds / 1_000_000 * skew)
  }

  /// The first true instant at which it shows `local` or later.
  func truth(_ local: Instant) -> Instant {
    // A deadline of never stays one.
    guard local.nanoseconds < .max / 2 else { return local }
    let elapsed = local.nanoseconds - offset
    guard skew != 0 else { return Instant(nanoseconds: elapsed) }
    let (scaled, overflow) = (elapsed / 1000).multipliedReportingOverflow(by: 1_000_000)
    return Instant(nanoseconds: overflow ? elapsed : scaled / (1_000_000 + skew) * 1000 + 2_000_000)
  }
}

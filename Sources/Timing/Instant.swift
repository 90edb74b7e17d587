/// A moment on the boot clock (CLOCK_BOOTTIME), in nanoseconds: never set back, and it runs through suspend.
public struct Instant: Hashable, Comparable, Sendable, Codable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The beginning of a simulated or tested run.
  public static let start = Instant(nanoseconds: 0)

  public static func + (instant: Instant, duration: Duration) -> Instant {
    Instant(nanoseconds: saturating(instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)))
  }

  public static func - (left: Instant, right: Instant) -> Duration {
    .nanoseconds(saturating(left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)))
  }

  public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

  private static func saturating(_ result: (partialValue: Int64, overflow: Bool)) -> Int64 {
    // A sum that is too large wraps to the other sign.
    result.overflow ? (result.partialValue < 0 ? .max : .min) : result.partialValue
  }

  public init(from decoder: any Decoder) throws {
    nanoseconds = try decoder.singleValueContainer().decode(Int64.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(nanoseconds)
  }
}

extension Instant? {
  /// The earlier of two deadlines, of which either may be missing.
  @inlinable public func orEarlier(_ other: Instant?) -> Instant? {
    guard let self, let other else { return self ?? other }
    return other < self ? other : self
  }
}

extension Duration {
  /// Whole nanoseconds, saturated: 292 years are enough for any timer.
  public var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflow || carried ? (seconds < 0 ? .min : .max) : sum
  }

  /// Whole milliseconds, saturated.
  public var milliseconds: Int64 { nanoseconds / 1_000_000 }
}

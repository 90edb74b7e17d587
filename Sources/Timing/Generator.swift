/// SplitMix64: the only source of chance in the Router, so that a seed repeats a run.
public struct Generator: RandomNumberGenerator, Hashable, Sendable, Codable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// The seed of a generator that goes on where this one stands.
  public var seed: UInt64 { state }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Generator.mix(state)
  }

  /// Spreads the bits of `value`; equal values give equal results.
  public static func mix(_ value: UInt64) -> UInt64 {
    var mixed = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// Doubling waits between tries, from `first` up to `longest`.
public struct Backoff: Hashable, Sendable, Codable {
  /// Tries so far; 0 before the first failure.
  public private(set) var failures: UInt8 = 0

  public init() {}

  /// The wait after one more failure: 1 s, 2 s, 4 s … 60 s (hardening of `ENOMEM`: never a tight loop).
  public mutating func next() -> Duration {
    let seconds = min(60, 1 << Int64(min(failures, 6)))
    failures = failures == .max ? .max : failures + 1
    return .seconds(seconds)
  }
}

import CLinux
public import Timing

/// The clocks of the machine.
public enum Clock {
  /// The boot clock, the one that every deadline and event counts by.
  public static var now: Instant { Instant(nanoseconds: read(CLOCK_BOOTTIME)) }

  /// Nanoseconds since 1970-01-01 UTC; may be set back.
  public static var wallNanoseconds: Int64 { read(CLOCK_REALTIME) }

  /// CLOCK_MONOTONIC in microseconds, which the service manager wants beside RELOADING=1.
  public static var monotonicMicroseconds: Int64 { read(CLOCK_MONOTONIC) / 1000 }

  private static func read(_ clock: Int32) -> Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

public import Kernel
public import Timing

/// The router as a value: events in, actions out, and when to call again.
///
/// No socket, clock, file or chance of its own.
public struct Router: Sendable {
  /// The seed of every random choice; the same seed and steps give the same actions.
  public let seed: UInt64
  /// When `step` must be called again though nothing happened; nil: not needed.
  public private(set) var nextDeadline: Instant?

  /// - Parameter table: the table given on the command line; nil leaves it to the configuration.
  public init(seed: UInt64, table: TableID? = nil) {
    self.seed = seed
  }

  /// Takes what happened and returns what must be done, in order.
  ///
  /// Costs what changed, not what exists.
  public mutating func step(_ events: [Event], at now: Instant) -> [Action] {
    []
  }
}

import Kernel

/// The state as bytes, for a life to come.
extension Router {
  /// How much of the Router a snapshot holds.
  public enum SnapshotExtent: Hashable, Sendable, Codable {
    /// All: neighbors, routes, prunes, members, flows, what was added at run time, the generation id.
    case whole
    /// What was added at run time: it must survive a crash, too.
    case additions
  }

  /// The state as bytes, for the `restore` event of the next life.
  public func snapshot(_ extent: SnapshotExtent) -> [UInt8] { [] }

  mutating func restore(_ snapshot: [UInt8]) {}
}

public import Addressing

/// A line of `show tunnels`.
public struct TunnelRow: Hashable, Sendable, Codable {
  /// What it does now.
  public enum State: String, Hashable, Sendable, Codable, CaseIterable {
    case up, down
    /// Its device does not exist: it waits, or could not be made.
    case missing
    /// The kernel refused it.
    case refused
  }

  /// Who wraps and unwraps the packets.
  public enum Carrier: String, Hashable, Sendable, Codable, CaseIterable {
    case kernel, user
  }

  public var name: String
  public var ifindex: Int32?
  public var local: Address
  public var remote: Address
  public var state: State
  /// Nil while that is not decided.
  public var carrier: Carrier?
  public var metric: UInt8
  public var threshold: UInt8
  /// Bits a second; 0: no limit.
  public var rateLimit: UInt64
  /// How far the router at the other end is met; nil: not heard.
  public var neighbor: NeighborRow.State?
  /// Of the VIF; nil without one.
  public var packetsIn: UInt64?
  public var packetsOut: UInt64?
  public var bitsInPerSecond: Double?
  public var bitsOutPerSecond: Double?
  /// Packets that we did not carry, by reason: `rate`, `hops`; nil where the kernel carries them.
  public var dropped: [ProtocolCounts.Count]?

  public init(
    name: String, local: Address, remote: Address, state: State, metric: UInt8, threshold: UInt8,
    rateLimit: UInt64
  ) {
    self.name = name
    self.local = local
    self.remote = remote
    self.state = state
    self.metric = metric
    self.threshold = threshold
    self.rateLimit = rateLimit
  }
}

public import Addressing

/// A link between two routers over networks that do not route multicast: IP in IP (RFC 2003).
public struct Tunnel: Hashable, Sendable, Codable {
  /// Who wraps and unwraps the packets.
  public enum Mode: String, Hashable, Sendable, Codable, CaseIterable {
    /// The kernel where it can and no rate limit is asked for, else we.
    case auto
    case kernel
    case user
  }

  /// The name of its network device.
  public var name: String
  public var local: Address
  public var remote: Address
  public var mode: Mode
  /// Bits a second of inner packets; 0: no limit.
  public var rateLimit: UInt64

  public init(
    name: String, local: Address, remote: Address, mode: Mode = .auto, rateLimit: UInt64 = 0
  ) {
    self.name = name
    self.local = local
    self.remote = remote
    self.mode = mode
    self.rateLimit = rateLimit
  }
}

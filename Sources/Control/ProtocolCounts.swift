public import Diagnostics

/// What one protocol heard, sent and refused on an interface.
///
/// Only what happened is listed.
public struct ProtocolCounts: Hashable, Sendable, Codable {
  /// The protocols that have counters.
  public enum Name: String, Hashable, Sendable, Codable, CaseIterable {
    case igmp, mld, dvmrp
  }

  /// How many of one kind: `probe`, `general-query`.
  public struct Count: Hashable, Sendable, Codable {
    public var type: String
    public var count: UInt64

    public init(type: String, count: UInt64) {
      self.type = type
      self.count = count
    }
  }

  /// How many were refused for one reason: `checksum`.
  public struct Refusal: Hashable, Sendable, Codable {
    public var reason: String
    public var code: Code
    public var count: UInt64

    public init(reason: String, code: Code, count: UInt64) {
      self.reason = reason
      self.code = code
      self.count = count
    }
  }

  public var name: Name
  public var heard: [Count]
  public var sent: [Count]
  public var refused: [Refusal]

  public init(name: Name, heard: [Count] = [], sent: [Count] = [], refused: [Refusal] = []) {
    self.name = name
    self.heard = heard
    self.sent = sent
    self.refused = refused
  }
}

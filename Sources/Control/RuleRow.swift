public import Addressing

/// A static rule as it is written, with the interfaces that exist for it now.
public struct RuleRow: Hashable, Sendable, Codable {
  /// The whole family for a rule without a source.
  public var source: Prefix
  public var group: Prefix
  /// Source and group as written, where they are no network addresses; else empty.
  public var given: [Address] = []
  /// Names and patterns as written.
  public var inboundPatterns: [String]
  public var outboundPatterns: [String]
  /// Interfaces that exist, in the order of their VIFs; those without one behind, by name.
  public var inbound: [String] = []
  public var outbound: [String] = []
  /// Names and patterns that no interface bears.
  public var missing: [String] = []
  /// Where it stands among the rules: earlier statements have lower numbers.
  public var order: UInt64

  public init(
    source: Prefix, group: Prefix, inboundPatterns: [String], outboundPatterns: [String], order: UInt64
  ) {
    self.source = source
    self.group = group
    self.inboundPatterns = inboundPatterns
    self.outboundPatterns = outboundPatterns
    self.order = order
  }

  public var family: Family { group.family }

  /// Whether it names one source and one group.
  public var isFull: Bool { source.isSingle && group.isSingle }
}

/// A link of this machine with its VIFs in the table that the daemon began with.
public struct LinkRow: Hashable, Sendable, Codable {
  public var index: Int32
  public var name: String
  /// Nil where it has none.
  public var vif4: UInt8?
  public var vif6: UInt8?

  public init(index: Int32, name: String, vif4: UInt8?, vif6: UInt8?) {
    self.index = index
    self.name = name
    self.vif4 = vif4
    self.vif6 = vif6
  }
}

/// Names a rule while it exists; reused after.
public struct RuleID: Hashable, Comparable, Sendable, Codable {
  public let number: Int32

  init(_ number: Int32) { self.number = number }

  public static func < (left: RuleID, right: RuleID) -> Bool { left.number < right.number }
}

/// What of a rule the outbound list of its flows depends on.
public struct RuleKind: Hashable, Sendable {
  var outbound: Int32
  var isExclusive: Bool
  public var isFull: Bool
}

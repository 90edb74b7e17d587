/// Names a rule while it exists; reused after.
public struct RuleID: Hashable, Comparable, Sendable, Codable {
  public let number: Int32

  init(_ number: Int32) { self.number = number }

  public static func < (left: RuleID, right: RuleID) -> Bool { left.number < right.number }
}

/// The rules that decide a flow: one, or several that add up.
public struct RuleMatch: Hashable, Sendable {
  /// The rule that stands for them: the only one, or the earliest.
  public var rule: RuleID
  /// Those of the same prefixes that add their outbound interfaces; none but under `Precedence.stated`.
  public var others: [RuleID] = []
}

/// The lists of interfaces that a rule names: equal for rules that state the same ones.
public struct RuleLists: Hashable, Sendable {
  var inbound: Int32
  var outbound: Int32
}

/// What of the rules that match the outbound list of a flow depends on.
public struct RuleKind: Hashable, Sendable {
  var outbound: Int32
  var others: [Int32]
  var isExclusive: Bool
  var reflects: Bool
  var toMembers: Bool
  public var isFull: Bool
}

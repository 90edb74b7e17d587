/// Which of several rules for a flow decides.
///
/// A rule that names one source and one group goes before all others in either case.
public enum Precedence: String, Hashable, Sendable, Codable, CaseIterable {
  /// The longest group prefix, then the longest source prefix, a literal inbound name, `prefer`, the earlier.
  case longest
  /// The earliest statement that covers the flow; rules of the same prefixes add up (SMCRoute).
  case stated
}

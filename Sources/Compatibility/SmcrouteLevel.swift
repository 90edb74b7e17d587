/// The levels of `-l`.
public enum SmcrouteLevel: Int, Hashable, Sendable, CaseIterable {
  case none = -1
  case emergency, alert, critical, error, warning, notice, info, debug

  private static let names: [(String, SmcrouteLevel)] = [
    ("none", .none), ("alert", .alert), ("crit", .critical), ("debug", .debug), ("emerg", .emergency),
    ("err", .error), ("error", .error), ("info", .info), ("notice", .notice), ("panic", .emergency),
    ("warn", .warning), ("warning", .warning),
  ]

  /// Reads a number 0–7, or a name: equal over the shorter of the two lengths, in either case; nil for
  /// anything else.
  public init?(_ text: String) {
    if let number = Int(text) {
      guard number >= 0 else { return nil }
      self.init(rawValue: number)
      return
    }
    let word = text.lowercased()
    guard !word.isEmpty,
      let match = SmcrouteLevel.names.first(where: { $0.0.hasPrefix(word) || word.hasPrefix($0.0) })
    else { return nil }
    self = match.1
  }

  /// The level of our own log that shows the same; nil shows nothing.
  public var native: String? {
    switch self {
    case .none, .emergency, .alert, .critical: nil
    case .error: "error"
    case .warning: "warning"
    case .notice: "notice"
    case .info: "info"
    case .debug: "debug"
    }
  }
}

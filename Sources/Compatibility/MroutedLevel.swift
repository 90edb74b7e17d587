/// The levels of `-l` and of `mroutectl log`.
public struct MroutedLevel: Hashable, Sendable {
  /// As in syslog, 0 to 7; -1 writes nothing.
  public var number: Int

  public init(number: Int) { self.number = min(max(number, -1), 7) }

  public static let none = MroutedLevel(number: -1)
  public static let notice = MroutedLevel(number: 5)
  public static let debug = MroutedLevel(number: 7)

  private static let names: [(String, Int)] = [
    ("none", -1), ("crit", 2), ("alert", 1), ("panic", 0), ("error", 3), ("warning", 4), ("notice", 5),
    ("info", 6), ("debug", 7),
  ]

  /// All names in a line, as `-l ?` prints it.
  public static var list: String { names.map(\.0).joined(separator: ", ") }

  /// Reads a number, or the beginning of a name in either case; nil for anything else.
  public init?(_ text: String) {
    let word = text.lowercased()
    if !word.isEmpty, let match = MroutedLevel.names.first(where: { $0.0.hasPrefix(word) }) {
      self.init(number: match.1)
    } else if CNumber.isWhole(text) {
      self.init(number: CNumber.parse(text))
    } else {
      return nil
    }
  }

  /// Its name in the list.
  public var name: String { MroutedLevel.names.first { $0.1 == number }?.0 ?? "none" }

  /// The level of our own log that shows the same; nil shows nothing.
  public var native: String? {
    switch number {
    case 3: "error"
    case 4: "warning"
    case 5: "notice"
    case 6: "info"
    case 7: "debug"
    default: nil
    }
  }
}

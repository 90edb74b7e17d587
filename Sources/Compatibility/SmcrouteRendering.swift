/// What a client prints of the tables that a daemon sends; total over any bytes.
public struct SmcrouteRendering: Sendable {
  /// How titles and column headings look.
  public enum Headings: Hashable, Sendable {
    /// Rules of `_` and `=` (`-p`).
    case plain
    /// Left out (`-t`).
    case none
    /// Underlined and reversed by escape codes over so many columns.
    case terminal(width: Int)
  }

  public init(_ headings: Headings) {}

  /// What to print now for bytes that came.
  public mutating func receive(_ bytes: some Collection<UInt8>) -> [UInt8] { [] }

  /// What to print when the daemon has closed.
  public mutating func finish() -> [UInt8] { [] }

  /// The refusal in a whole reply to anything but `show`: its first line; nil for success.
  public static func refusal(in reply: [UInt8]) -> String? { nil }
}

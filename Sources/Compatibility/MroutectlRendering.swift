/// Makes what a daemon of mrouted answers presentable: a line that ends in `_` is a title, one that ends in
/// `=` a heading of columns.
public struct MroutectlRendering: Sendable {
  private let headings: MroutectlArguments.Headings
  /// Columns of a title and a heading.
  private let width: Int

  /// Where the terminal does not tell its width, and `COLUMNS` neither.
  public static let usualWidth = 79
  /// Wider ones are taken for a mistake of who said so.
  static let widthLimit = 1000

  public init(_ headings: MroutectlArguments.Headings, width: Int = usualWidth) {
    self.headings = headings
    self.width = min(max(width, 1), MroutectlRendering.widthLimit)
  }

  /// What is printed for one line of the daemon, whose newline may be missing.
  public func text(of line: [UInt8]) -> [UInt8] {
    var text = line
    if text.last == UInt8(ascii: "\n") { text.removeLast() }
    let mark = text.last
    if mark == UInt8(ascii: "_") || mark == UInt8(ascii: "=") {
      text.removeLast()
      return mark == UInt8(ascii: "_") ? title(text) : heading(text)
    }
    return text + [UInt8(ascii: "\n")]
  }

  private func title(_ text: [UInt8]) -> [UInt8] {
    switch headings {
    case .none: []
    case .plain: join("\n", filled(text + [UInt8(ascii: " ")], "="), "\n")
    case .decorated: join("\u{1b}[4m", filled([], " "), "\u{1b}[0m\n\u{1b}[1m", text, "\u{1b}[0m\n")
    }
  }

  private func heading(_ text: [UInt8]) -> [UInt8] {
    switch headings {
    case .none: []
    case .plain: join("", text, "\n", filled([], "="), "\n")
    case .decorated: join("\u{1b}[7m", filled(text, " "), "\u{1b}[0m\n")
    }
  }

  private func filled(_ text: [UInt8], _ filling: Unicode.Scalar) -> [UInt8] {
    text + Array(repeating: UInt8(ascii: filling), count: max(0, width - text.count))
  }

  private func join(
    _ before: String, _ text: [UInt8], _ between: String, _ more: [UInt8] = [], _ after: String = ""
  ) -> [UInt8] {
    var bytes = Array(before.utf8)
    bytes += text
    bytes += between.utf8
    bytes += more
    bytes += after.utf8
    return bytes
  }
}

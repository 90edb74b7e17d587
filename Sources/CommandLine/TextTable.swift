import Diagnostics

/// A cell of a table: its text, and what its color says beside it.
struct Cell: Sendable, ExpressibleByStringLiteral {
  var text: String
  var tone: Tone = .plain

  init(_ text: String, _ tone: Tone = .plain) {
    self.text = text
    self.tone = tone
  }

  init(stringLiteral value: String) { self.init(value) }

  /// `-` for nothing.
  static func optional(_ text: String?) -> Cell { Cell(text ?? "-") }
}

/// What a color says; the text says it too.
enum Tone: Sendable {
  case plain, heading, good, bad, waiting

  func wrap(_ text: String, when isColored: Bool) -> String {
    guard isColored, !text.isEmpty else { return text }
    switch self {
    case .plain: return text
    case .heading: return "\u{1b}[1m\(text)\u{1b}[0m"
    case .good: return "\u{1b}[32m\(text)\u{1b}[0m"
    case .bad: return "\u{1b}[31m\(text)\u{1b}[0m"
    case .waiting: return "\u{1b}[33m\(text)\u{1b}[0m"
    }
  }
}

/// Lays rows out in columns: two spaces between, numbers to the right, headings in capitals, no borders.
///
/// Rows are written as they come; widths are those of the first 1,000.
struct TextTable {
  struct Column: Sendable {
    var heading: String
    var alignsRight = false

    static func left(_ heading: String) -> Column { Column(heading: heading) }
    static func right(_ heading: String) -> Column { Column(heading: heading, alignsRight: true) }
  }

  /// Rows that are measured before the first is written.
  static let measured = 1_000

  private let columns: [Column]
  private let isColored: Bool
  /// Characters of a terminal's line; nil: nothing is cut.
  private let width: Int?
  private var widths: [Int]
  private var waiting: [[Cell]] = []
  private var hasBegun = false

  init(_ columns: [Column], isColored: Bool = false, width: Int? = nil) {
    self.columns = columns
    self.isColored = isColored
    self.width = width
    widths = columns.map { $0.heading.count }
  }

  /// Adds a row; what can be written now is appended to `output`.
  mutating func add(_ row: [Cell], to output: inout String) {
    let row = row.map { Cell($0.text.escapingControls, $0.tone) }
    guard hasBegun else {
      for (index, cell) in row.enumerated() where index < widths.count {
        widths[index] = max(widths[index], TextTable.length(cell.text))
      }
      waiting.append(row)
      if waiting.count >= TextTable.measured { begin(&output) }
      return
    }
    append(row, to: &output)
  }

  /// Writes what is still held back; nothing at all when there was no row.
  mutating func finish(_ output: inout String) {
    if !hasBegun, !waiting.isEmpty { begin(&output) }
  }

  private mutating func begin(_ output: inout String) {
    hasBegun = true
    append(columns.map { Cell($0.heading, .heading) }, to: &output)
    for row in waiting { append(row, to: &output) }
    waiting = []
  }

  private func append(_ row: [Cell], to output: inout String) {
    var used = 0
    for (index, cell) in row.enumerated() where index < columns.count {
      let isLast = index == row.count - 1
      var text = cell.text
      if isLast, let width { text = TextTable.cut(text, to: width - used) }
      let padding = String(repeating: " ", count: max(widths[index] - TextTable.length(text), 0))
      let colored = cell.tone.wrap(text, when: isColored)
      if columns[index].alignsRight {
        output += padding + colored
      } else {
        output += isLast ? colored : colored + padding
      }
      used += max(widths[index], TextTable.length(text)) + 2
      if !isLast { output += "  " }
    }
    output += "\n"
  }

  private static func length(_ text: String) -> Int { text.unicodeScalars.count }

  private static func cut(_ text: String, to width: Int) -> String {
    guard length(text) > width else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(max(width - 1, 0)))) + "…"
  }
}

/// The one form in which people read a finding: place, severity, message, code, line with caret, hint.
extension Diagnostic {
  /// The lines of the text, without newlines.
  ///
  /// - Parameter program: stands where the place would, for a finding without one: `mcast`.
  public func lines(program: String) -> [String] {
    let place = location.map(\.description) ?? program
    var lines = ["\(place): \(severity.rawValue): \(message) [\(code)]".escapingControls]
    if let location, let sourceLine, location.line > 0 {
      let number = String(location.line)
      let margin = String(repeating: " ", count: max(5 - number.utf8.count, 1))
      let gutter = String(repeating: " ", count: margin.utf8.count + number.utf8.count)
      let excerpt = Excerpt(of: sourceLine, at: location)
      lines.append("\(margin)\(number) | \(excerpt.text)")
      lines.append("\(gutter) | \(excerpt.marks)")
    }
    if let hint { lines.append("hint: \(hint)".escapingControls) }
    return lines
  }

  /// The lines, each ended by a newline.
  public func text(program: String) -> String {
    lines(program: program).reduce(into: "") { $0 += $1 + "\n" }
  }

  /// The finding without its source line: for a log, or beside a JSON object.
  public func line(program: String) -> String {
    let place = location.map(\.description) ?? program
    return "\(place): \(severity.rawValue): \(message) [\(code)]".escapingControls
  }
}

/// The part of a line that is shown, and the marks under it.
///
/// Columns count bytes; marks count what is seen, so tabs stay tabs and a longer character counts once.
private struct Excerpt {
  /// Of a longer line the part around the finding is shown, between ellipses.
  static let widest = 160

  private(set) var text = ""
  private(set) var marks = ""

  init(of line: String, at location: SourceLocation) {
    let scalars = Array(line.unicodeScalars)
    let start = max(Int(location.column) - 1, 0)
    let end = start + Int(location.length)
    var offset = 0
    var offsets: [Int] = []
    for scalar in scalars {
      offsets.append(offset)
      offset += UTF8.width(scalar)
    }
    var shown = scalars.indices
    if shown.count > Excerpt.widest {
      let marked = offsets.firstIndex { $0 >= start } ?? scalars.count
      let first = max(0, min(marked - Excerpt.widest / 3, scalars.count - Excerpt.widest))
      shown = first..<min(first + Excerpt.widest, scalars.count)
    }
    if shown.lowerBound > 0 { show("…", as: " ") }
    for index in shown {
      let scalar = scalars[index]
      let mark = offsets[index] < start ? (scalar == "\t" ? "\t" : " ") : offsets[index] < end ? "~" : ""
      show(scalar.displayText, as: mark)
    }
    if shown.upperBound < scalars.count { text += "…" }
    if offset <= start { marks += String(repeating: " ", count: start - offset) + "~" }
    if let first = marks.firstIndex(of: "~") { marks.replaceSubrange(first...first, with: "^") }
  }

  private mutating func show(_ text: String, as mark: String) {
    self.text += text
    marks += String(repeating: mark, count: mark == "\t" ? 1 : text.unicodeScalars.count)
  }
}

extension String {
  /// The text with control characters shown as `\x1b`.
  ///
  /// Nothing that was named elsewhere moves a cursor here, or turns the direction of reading.
  public var escapingControls: String {
    guard utf8.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == 0xc2 || $0 == 0xe2 }) else { return self }
    return unicodeScalars.reduce(into: "") { $0 += $1.displayText }
  }
}

extension Unicode.Scalar {
  /// The scalar as it is, or `\x1b`; a tab stays.
  fileprivate var displayText: String {
    let isControl = value < 0x20 && self != "\t" || (0x7f...0x9f).contains(value)
    // Marks and overrides of direction, line and paragraph separators.
    let isFormat = (0x200e...0x200f).contains(value) || (0x2028...0x202e).contains(value)
    guard isControl || isFormat || (0x2066...0x2069).contains(value) else { return String(self) }
    let digits = String(value, radix: 16)
    return "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
  }
}

extension UTF8 {
  fileprivate static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case ..<0x80: 1
    case ..<0x800: 2
    case ..<0x10000: 3
    default: 4
    }
  }
}

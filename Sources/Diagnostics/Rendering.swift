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
      lines.append("\(margin)\(number) | \(sourceLine.escapingControls)")
      lines.append("\(gutter) | \(Diagnostic.caret(under: location, of: sourceLine))")
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

  /// Columns count bytes, a caret line what is seen: tabs stay tabs, a longer character counts once.
  private static func caret(under location: SourceLocation, of line: String) -> String {
    let start = max(Int(location.column) - 1, 0)
    let end = min(start + Int(location.length), max(line.utf8.count, start + 1))
    var offset = 0
    var before = ""
    var width = 0
    for scalar in line.unicodeScalars {
      if offset < start {
        before +=
          scalar == "\t" ? "\t" : String(repeating: " ", count: scalar.displayText.unicodeScalars.count)
      } else if offset < end {
        width += 1
      }
      offset += UTF8.width(scalar)
    }
    if offset < start { before += String(repeating: " ", count: start - offset) }
    return before + "^" + String(repeating: "~", count: max(width, 1) - 1)
  }
}

extension String {
  /// The text with control characters shown as `\x1b`: nothing that was named elsewhere moves a cursor here.
  public var escapingControls: String {
    guard utf8.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == 0xc2 }) else { return self }
    return unicodeScalars.reduce(into: "") { $0 += $1.displayText }
  }
}

extension Unicode.Scalar {
  /// The scalar as it is, or `\x1b`; a tab stays.
  fileprivate var displayText: String {
    let isControl = value < 0x20 && self != "\t" || (0x7f...0x9f).contains(value)
    guard isControl else { return String(self) }
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

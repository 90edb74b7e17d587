/// The text in canonical layout, with its comments; nil when it has a token that cannot be read.
///
/// One space between words, four for each block around a line, at most one empty line; the lines stay the
/// operator's.
public func format(_ text: [UInt8]) -> [UInt8]? {
  var formatter = Formatter(text)
  return formatter.run()
}

private struct Formatter {
  private var lexer: Lexer
  private let text: [UInt8]
  private var output: [UInt8] = []
  private var depth = 0
  /// The tokens of the line that is gathered.
  private var line: [Token] = []
  private var isAfterEmptyLine = true
  private var isContinued = false

  init(_ text: [UInt8]) {
    self.text = text
    lexer = Lexer(text)
    lexer.keepsComments = true
    output.reserveCapacity(text.count)
  }

  mutating func run() -> [UInt8]? {
    while true {
      let token = lexer.next()
      switch token.kind {
      case .endOfText:
        while output.last == 0x0a, output.dropLast().last == 0x0a { output.removeLast() }
        return output
      case .unterminated, .stray, .longLine, .notText: return nil
      case .end where token.end == token.start:
        write()
        isContinued = false
        line.removeAll(keepingCapacity: true)
      case .word, .quoted, .open, .close, .comma, .comment, .end:
        if let last = line.last, last.line != token.line {
          // A backslash continued the line.
          write()
          output.removeLast()
          output.append(contentsOf: Array(" \\\n".utf8))
          isContinued = true
          line.removeAll(keepingCapacity: true)
        }
        line.append(token)
      }
    }
  }

  private mutating func write() {
    while line.last?.kind == .end { line.removeLast() }
    guard let first = line.first else {
      if !isAfterEmptyLine { output.append(0x0a) }
      isAfterEmptyLine = true
      return
    }
    isAfterEmptyLine = false
    let margin = max(0, depth - (first.kind == .close ? 1 : 0)) + (isContinued ? 1 : 0)
    output.append(contentsOf: repeatElement(0x20, count: min(margin, 8) * 4))
    var before: Token?
    for (index, token) in line.enumerated() {
      let next = line.dropFirst(index + 1).first
      // A semicolon before the end of a block, a comment or another one ends nothing.
      if token.kind == .end, before == nil || [.close, .end, .comment].contains(next?.kind) { continue }
      if let before { output.append(contentsOf: Formatter.gap(before.kind, token.kind).utf8) }
      output.append(contentsOf: text[token.start..<token.end])
      if token.kind == .open { depth += 1 }
      if token.kind == .close { depth = max(0, depth - 1) }
      before = token
    }
    while output.last == 0x20 || output.last == 0x09 { output.removeLast() }
    output.append(0x0a)
  }

  private static func gap(_ left: Token.Kind, _ right: Token.Kind) -> String {
    switch (left, right) {
    case (_, .end), (_, .comma), (.comma, _): ""
    case (_, .comment): "  "
    default: " "
    }
  }
}

import Addressing
import Diagnostics
import Kernel

/// The words of a statement: taking them, and saying what was expected instead.
extension NativeGrammar {
  /// Goes to the next token; throws when it cannot be read.
  mutating func advance() throws(Diagnostic) {
    (lastEnd, lastLine) = (token.end, token.line)
    token = lexer.next()
    guard token.kind.rawValue < Token.Kind.unterminated.rawValue else { throw lexicalFault() }
  }

  /// Goes to the token behind `index`, a place in the line that is read.
  mutating func advance(to index: Int) throws(Diagnostic) {
    lexer.skip(to: index)
    (token.kind, token.end) = (.word, index)
    try advance()
  }

  /// Whether the token is this keyword; a quoted word never is one.
  func at(_ keyword: Keyword) -> Bool {
    guard token.packed == keyword.packed, token.end - token.start == keyword.count else { return false }
    return token.kind == .word && (keyword.count <= 8 || text(of: token) == keyword.text)
  }

  func at(anyOf keywords: [Keyword]) -> Bool { keywords.contains { at($0) } }

  /// Goes past the keyword if it stands here.
  mutating func take(_ keyword: Keyword) throws(Diagnostic) -> Bool {
    guard at(keyword) else { return false }
    try advance()
    return true
  }

  mutating func expect(_ keyword: Keyword, hint: String) throws(Diagnostic) {
    guard try take(keyword) else { throw expected("\"\(keyword.text)\"", hint: hint) }
  }

  /// The word that stands here, one of `words`.
  mutating func choice(of words: [String]) throws(Diagnostic) -> String {
    guard token.kind == .word else { throw expected(NativeGrammar.list(words)) }
    let word = text(of: token)
    guard words.contains(word) else {
      let nearest = Nearest.word(to: word, among: words)
      throw expected(NativeGrammar.list(words), hint: nearest.map { "did you mean \"\($0)\"?" })
    }
    try advance()
    return word
  }

  /// A number that `read` understands, within `range`; the token stays on it when it is refused.
  mutating func number(
    in range: ClosedRange<Int>, of what: String, code: Code = .valueRange, limits: String? = nil,
    hint: String? = nil, read: (ArraySlice<UInt8>) -> Int? = Units.number
  ) throws(Diagnostic) -> Int {
    let limits = limits ?? "\(range.lowerBound) to \(range.upperBound)"
    guard token.kind == .word else { throw expected("\(what), \(limits)", hint: hint) }
    guard let value = read(lexer.bytes[token.start..<token.end]), range.contains(value) else {
      throw fault(code, "\"\(shown(token))\" is not \(what), \(limits)", at: token, hint: hint)
    }
    try advance()
    return value
  }

  /// A word or a quoted string of printable characters.
  mutating func string(_ what: String, longest: Int = 255) throws(Diagnostic) -> String {
    guard token.kind == .word || token.kind == .quoted else { throw expected(what) }
    let value = text(of: token)
    guard !value.isEmpty, value.utf8.count <= longest else {
      throw fault(.valueRange, "\(what) has \(value.utf8.count) bytes; 1 to \(longest) are read", at: token)
    }
    try advance()
    return value
  }

  mutating func path(_ what: String) throws(Diagnostic) -> String {
    let place = token
    let path = try string(what, longest: 1023)
    guard path.utf8.first == UInt8(ascii: "/") else {
      throw fault(.valueRange, "\"\(path)\" is not an absolute path", at: place, hint: "begin it with \"/\"")
    }
    return path
  }

  /// An address, or a block of addresses; host bits are cleared with a warning.
  mutating func prefix(_ what: String) throws(Diagnostic) -> Prefix {
    let (prefix, address) = try writtenPrefix(what)
    if address != prefix.address {
      let finding = fault(
        .hostBits, severity: .warning,
        "\"\(shown(token))\" has bits behind its length; it is read as \(prefix)", at: token,
        hint: "write \(prefix), or \(address) for the one address")
      findings.add(finding)
    }
    try advance()
    return prefix
  }

  /// The block that stands here, and its address as it is written.
  private func writtenPrefix(_ what: String) throws(Diagnostic) -> (Prefix, Address) {
    guard token.kind == .word else { throw expected(what) }
    let bytes = lexer.bytes.span.extracting(token.start..<token.end)
    guard let prefix = Prefix(ascii: bytes) else { throw notAnAddress(what) }
    guard !prefix.isSingle else { return (prefix, prefix.address) }
    var slash = 0
    while slash < bytes.count, bytes[slash] != UInt8(ascii: "/") { slash += 1 }
    return (prefix, Address(ascii: bytes.extracting(0..<slash)) ?? prefix.address)
  }

  private func notAnAddress(_ what: String) -> Diagnostic {
    let written = text(of: token)
    let parts = written.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2, let address = Address(parts[0]) {
      return fault(
        .expected, "\"\(parts[1])\" is not a prefix length, 0 to \(address.family.width)", at: token,
        hint: "write \(address)/\(address.family.width) for the one address")
    }
    return expected(what, hint: "an address is written 10.0.0.1 or 2001:db8::1, a block 10.0.0.0/8")
  }

  /// The token's text, without its quotes.
  func text(of token: Token) -> String {
    let bytes = lexer.bytes[token.start..<token.end]
    guard token.kind == .quoted else { return String(decoding: bytes, as: UTF8.self) }
    var inner: [UInt8] = []
    var isEscaped = false
    for byte in bytes.dropFirst().dropLast() {
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
      if !isEscaped { inner.append(byte) }
    }
    return String(decoding: inner, as: UTF8.self)
  }

  /// The token's text for a message, cut where no person would read on.
  func shown(_ token: Token) -> String {
    let text = text(of: token)
    return text.utf8.count <= 64 ? text : text.prefix(60) + "…"
  }

  /// `a`, `a or b`, `a, b or c`.
  static func list(_ words: [String]) -> String {
    let quoted = words.map { "\"\($0)\"" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "nothing" }
    return quoted.dropLast().joined(separator: ", ") + " or " + last
  }
}

/// Findings at a token.
extension NativeGrammar {
  func location(of token: Token) -> SourceLocation {
    SourceLocation(file: file, line: token.line, column: token.column, length: token.end - token.start)
  }

  /// From `first` to the token before the current one, as far as they share a line.
  func location(since first: Token) -> SourceLocation {
    let length = lastLine == first.line ? lastEnd - first.start : first.end - first.start
    return SourceLocation(file: file, line: first.line, column: first.column, length: length)
  }

  func fault(
    _ code: Code, severity: Diagnostic.Severity = .error, _ message: String, at token: Token,
    hint: String? = nil
  ) -> Diagnostic {
    Diagnostic(severity, code, message, at: location(of: token), hint: hint)
  }

  func expected(_ what: String, hint: String? = nil) -> Diagnostic {
    fault(.expected, "expected \(what), found \(found)", at: token, hint: hint)
  }

  func unknown(_ what: String, among words: [String]) -> Diagnostic {
    let word = text(of: token)
    let hint: String?
    if findings.isFull(.error) {
      hint = nil
    } else if let nearest = Nearest.word(to: word, among: words) {
      hint = "did you mean \"\(nearest)\"?"
    } else {
      hint = "known are \(words.joined(separator: ", "))"
    }
    return fault(.unknownStatement, "there is no \(what) named \"\(word)\"", at: token, hint: hint)
  }

  func notServed(_ what: String, from first: Token, hint: String? = nil) -> Diagnostic {
    Diagnostic(
      .error, .notServed, "\(what) is not served by this version", at: location(since: first),
      hint: hint ?? "take it out; a later version serves it")
  }

  private var found: String {
    switch token.kind {
    case .end:
      token.end > token.start ? "\";\"" : "the end of the line"
    case .endOfText: "the end of the file"
    case .word, .quoted, .open, .close, .comma, .comment, .unterminated, .stray, .longLine, .notText:
      "\"\(shown(token))\""
    }
  }

  /// Why the token cannot be read.
  func lexicalFault() -> Diagnostic {
    let bytes = lexer.bytes
    switch token.kind {
    case .unterminated:
      return fault(
        .unterminatedString, "the string is not closed on its line", at: token,
        hint: "end it with \"; a quote inside is written \\\"")
    case .longLine:
      var start = token
      start.end = start.start + 1
      return fault(
        .lineTooLong, "the line has \(token.end - token.start) bytes; at most \(Lexer.longestLine) are read",
        at: start, hint: "end a line with \\ to continue it on the next")
    case .notText:
      if bytes.count >= 2, bytes[0] ^ bytes[1] == 1, bytes[0] >= 0xfe {
        return fault(.notText, "the file is in UTF-16, not in UTF-8", at: token, hint: "save it as UTF-8")
      }
      let byte = token.start < bytes.count ? bytes[token.start] : 0
      if byte == 0 {
        return fault(
          .notText, "a NUL byte: this is not a text", at: token, hint: "save it as plain UTF-8 text")
      }
      return fault(
        .notText, "byte 0x\(String(byte, radix: 16)) does not belong to a text in UTF-8", at: token,
        hint: "save it as UTF-8; iconv -f latin1 -t utf-8 converts an old file")
    case .stray, .word, .quoted, .open, .close, .comma, .comment, .end, .endOfText:
      let byte = token.start < bytes.count ? bytes[token.start] : 0
      if byte < 0x20 || byte == 0x7f {
        return fault(
          .expected, "a control character, 0x\(String(byte, radix: 16)), cannot stand here", at: token,
          hint: byte == 0x0d ? "end lines with LF or CRLF" : "take it out")
      }
      return fault(
        .expected, "\"\(shown(token))\" cannot stand here", at: token,
        hint: "put a text that has more than A-Z a-z 0-9 _ . : / + * ? @ % ~ - into double quotes")
    }
  }
}

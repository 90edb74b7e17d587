/// What a statement is made of, with its place; bytes are counted from the start of the text.
struct Token {
  enum Kind: UInt8 {
    case word, quoted, open, close, comma
    /// Only when the lexer keeps comments.
    case comment
    /// A newline or a semicolon.
    case end
    case endOfText
    // What cannot be read; the parser says so.
    case unterminated, stray, longLine, notText
  }

  var kind: Kind
  var start: Int
  var end: Int
  var line: Int
  var lineStart: Int
  /// The last eight bytes of a word, as a number: what keywords are told by.
  var packed: UInt64 = 0

  var column: Int { start - lineStart + 1 }
  var endsStatement: Bool { kind == .end || kind == .endOfText || kind == .close }
}

/// A word with a meaning of its own, told by its packed bytes.
struct Keyword: Hashable, ExpressibleByStringLiteral {
  let text: String
  let packed: UInt64
  let count: Int

  init(stringLiteral text: String) {
    self.text = text
    packed = text.utf8.reduce(0) { $0 << 8 | UInt64($1) }
    count = text.utf8.count
  }

  // Those that a hundred thousand routes ask for.
  static let route: Keyword = "route"
  static let from: Keyword = "from"
  static let source: Keyword = "source"
  static let group: Keyword = "group"
  static let to: Keyword = "to"
  static let none: Keyword = "none"
  static let members: Keyword = "members"
  static let ttl: Keyword = "ttl"
  static let join: Keyword = "join"
  static let on: Keyword = "on"
  static let routeOptions: [Keyword] = ["only", "reflect", "prefer", "name", "comment"]
  /// Words that end a list of interfaces; an interface named so is written in quotes.
  static let ofRoutes: [Keyword] =
    [.from, .source, .group, .to, .none, .members, "of", .ttl, .on] + routeOptions
}

/// Splits a text into tokens, one line at a time; total over any bytes.
struct Lexer {
  /// The longest line that is read; a longer one is one finding.
  static let longestLine = 4_096

  let bytes: [UInt8]
  /// Whether comments are tokens, as the formatter wants them.
  var keepsComments = false
  private var position = 0
  private var line = 0
  private var lineStart = 0
  private var lineEnd = 0
  private var nextLine = 0
  private var isInLine = false

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // A byte order mark of UTF-8 says nothing new.
    if bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf { nextLine = 3 }
  }

  /// The next token; after the last one `endOfText`, again and again.
  mutating func next() -> Token {
    while true {
      guard isInLine else {
        guard nextLine < bytes.count else { return token(.endOfText, from: lineEnd, to: lineEnd) }
        if let fault = beginLine() { return fault }
        continue
      }
      while position < lineEnd, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
      guard position < lineEnd else {
        isInLine = false
        return token(.end, from: lineEnd, to: lineEnd)
      }
      let start = position
      let byte = bytes[start]
      if Lexer.isWord(byte) {
        return word(from: start)
      }
      if let found = punctuation(byte, at: start) { return found }
    }
  }

  private mutating func word(from start: Int) -> Token {
    var packed: UInt64 = 0
    while position < lineEnd {
      let byte = bytes[position]
      guard Lexer.isWord(byte) else { break }
      packed = packed << 8 | UInt64(byte)
      position += 1
    }
    var word = token(.word, from: start, to: position)
    word.packed = packed
    return word
  }

  /// Where the bytes of `phrase` end when they stand at `start` too, behind a whole word; else nil.
  func end(of phrase: Range<Int>, at start: Int) -> Int? {
    let end = start + phrase.count
    guard end <= lineEnd, end == lineEnd || !Lexer.isWord(bytes[end]) else { return nil }
    var (old, new) = (phrase.lowerBound, start)
    while new < end {
      guard bytes[old] == bytes[new] else { return nil }
      (old, new) = (old + 1, new + 1)
    }
    return end
  }

  /// What stands from `start` to the end of the line, told by its hash (FNV-1a); not sure, so compare.
  func restOfLine(from start: Int) -> (range: Range<Int>, hash: UInt64) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in start..<max(start, lineEnd) { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
    return (start..<max(start, lineEnd), hash)
  }

  /// Goes on behind what was recognized in the line.
  mutating func skip(to index: Int) {
    position = index
    isInLine = true
  }

  /// Nil for a comment that is not kept and for a continued line.
  private mutating func punctuation(_ byte: UInt8, at start: Int) -> Token? {
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return quoted(from: start)
    case UInt8(ascii: "{"): return token(.open, from: start, to: position)
    case UInt8(ascii: "}"): return token(.close, from: start, to: position)
    case UInt8(ascii: ";"): return token(.end, from: start, to: position)
    case UInt8(ascii: ","): return token(.comma, from: start, to: position)
    case UInt8(ascii: "#"):
      position = lineEnd
      return keepsComments ? token(.comment, from: start, to: lineEnd) : nil
    case UInt8(ascii: "\\") where isBlank(from: position):
      isInLine = false
      return nil
    default:
      // The bytes that continue a character belong to it.
      while position < lineEnd, bytes[position] & 0xc0 == 0x80 { position += 1 }
      return token(.stray, from: start, to: position)
    }
  }

  private mutating func quoted(from start: Int) -> Token {
    while position < lineEnd {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") { return token(.quoted, from: start, to: position) }
      if byte < 0x20 || byte == 0x7f { return token(.stray, from: position - 1, to: position) }
      if byte == UInt8(ascii: "\\") {
        guard position < lineEnd else { break }
        let escaped = bytes[position]
        guard escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
          position += 1
          return token(.stray, from: position - 2, to: position)
        }
        position += 1
      }
    }
    return token(.unterminated, from: start, to: lineEnd)
  }

  private func isBlank(from start: Int) -> Bool {
    bytes[start..<lineEnd].allSatisfy { $0 == 0x20 || $0 == 0x09 }
  }

  /// Finds the line's end and judges its bytes; a token when it cannot be read.
  private mutating func beginLine() -> Token? {
    line += 1
    lineStart = nextLine
    var end = lineStart
    var seen: UInt8 = 0
    var hasNUL = false
    while end < bytes.count {
      let byte = bytes[end]
      if byte == 0x0a { break }
      seen |= byte
      if byte == 0 { hasNUL = true }
      end += 1
    }
    nextLine = min(end + 1, bytes.count)
    if end > lineStart, bytes[end - 1] == 0x0d { end -= 1 }
    lineEnd = end
    position = lineStart
    isInLine = true
    if hasNUL || seen >= 0x80, let fault = firstFault() {
      (nextLine, position, isInLine) = (bytes.count, bytes.count, false)
      return token(.notText, from: fault, to: fault + 1)
    }
    guard end - lineStart <= Lexer.longestLine else {
      position = end
      return token(.longLine, from: lineStart, to: end)
    }
    return nil
  }

  /// The first byte of the line that is NUL or breaks UTF-8 (RFC 3629 4).
  private func firstFault() -> Int? {
    var index = lineStart
    while index < lineEnd {
      let length = UTF8Form.length(of: bytes[index..<lineEnd])
      guard length > 0, bytes[index] != 0 else { return index }
      index += length
    }
    return nil
  }

  private func token(_ kind: Token.Kind, from start: Int, to end: Int) -> Token {
    Token(kind: kind, start: start, end: end, line: max(line, 1), lineStart: min(lineStart, start))
  }

  /// `A-Z a-z 0-9 _ . : / + * ? @ % ~ -`, as two bit sets.
  static func isWord(_ byte: UInt8) -> Bool {
    if byte < 64 { return lowWords >> UInt64(byte) & 1 == 1 }
    return byte < 128 && highWords >> UInt64(byte - 64) & 1 == 1
  }

  /// Digits and `% * + - . / : ?`.
  private static let lowWords: UInt64 = 0x87ff_ec20_0000_0000
  /// `@`, `A-Z`, `_`, `a-z` and `~`.
  private static let highWords: UInt64 = 0x47ff_fffe_87ff_ffff
}

/// The shape of one character in UTF-8.
enum UTF8Form {
  /// The bytes of the first character; 0 when it is none (RFC 3629 4: no overlong form, no surrogate).
  static func length(of bytes: ArraySlice<UInt8>) -> Int {
    guard let first = bytes.first else { return 0 }
    let (length, lowest, highest): (Int, UInt8, UInt8)
    switch first {
    case ..<0x80: return 1
    case 0xc2...0xdf: (length, lowest, highest) = (2, 0x80, 0xbf)
    case 0xe0: (length, lowest, highest) = (3, 0xa0, 0xbf)
    case 0xed: (length, lowest, highest) = (3, 0x80, 0x9f)
    case 0xe1...0xef: (length, lowest, highest) = (3, 0x80, 0xbf)
    case 0xf0: (length, lowest, highest) = (4, 0x90, 0xbf)
    case 0xf1...0xf3: (length, lowest, highest) = (4, 0x80, 0xbf)
    case 0xf4: (length, lowest, highest) = (4, 0x80, 0x8f)
    default: return 0
    }
    guard bytes.count >= length else { return 0 }
    for offset in 1..<length {
      let byte = bytes[bytes.startIndex + offset]
      guard byte >= (offset == 1 ? lowest : 0x80), byte <= (offset == 1 ? highest : 0xbf) else { return 0 }
    }
    return length
  }
}

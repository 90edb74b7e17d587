/// Why bytes are not the JSON that was expected; the offset counts bytes from the start of the text.
public enum JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  case notText
  case syntax(at: Int)
  case unexpected(String, at: Int)
  case tooDeep
  case tooManyMembers
  case duplicateKey(String)
  case numberRange(at: Int)
  case missing(String)

  public var description: String {
    switch self {
    case .notText: "the text is not UTF-8, or holds a NUL"
    case .syntax(let offset): "the text is not JSON at byte \(offset)"
    case .unexpected(let wanted, let offset): "\(wanted) is expected at byte \(offset)"
    case .tooDeep: "the nesting is deeper than \(JSONReader.depthLimit)"
    case .tooManyMembers: "an object has more than \(JSONReader.memberLimit) members"
    case .duplicateKey(let key): "the key \"\(key)\" stands twice in one object"
    case .numberRange(let offset): "the number at byte \(offset) is out of range"
    case .missing(let key): "the key \"\(key)\" is missing"
    }
  }
}

/// A pull parser for JSON (RFC 8259), total over any bytes and bounded in depth and memory.
///
/// Stricter than the RFC where two readers could disagree: a key that stands twice, a NUL, a lone surrogate
/// and a number that no type holds are refused.
public struct JSONReader: Sendable {
  public static let depthLimit = 32
  public static let memberLimit = 64

  /// What a value can be.
  public enum Kind: Hashable, Sendable {
    case object, array, string, number, bool, null
  }

  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private var depth = 0
  /// Hashes of the keys of the objects that are open, the innermost last.
  private var keys: [UInt64] = []

  /// Refuses bytes that are not UTF-8 or hold a NUL.
  public init(_ bytes: ArraySlice<UInt8>) throws(JSONError) {
    var isASCII = true
    for byte in bytes {
      if byte == 0 { throw .notText }
      if byte >= 0x80 { isASCII = false }
    }
    if !isASCII, String(validating: bytes, as: UTF8.self) == nil { throw .notText }
    self.bytes = bytes
    position = bytes.startIndex
  }

  public init(_ bytes: [UInt8]) throws(JSONError) { try self.init(bytes[...]) }

  private var offset: Int { position - bytes.startIndex }

  private var current: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
  }

  private mutating func expect(_ byte: UInt8, _ wanted: String) throws(JSONError) {
    skipSpace()
    guard current == byte else { throw .unexpected(wanted, at: offset) }
    position += 1
  }

  /// The kind of the next value, judged by its first byte.
  public mutating func kind() throws(JSONError) -> Kind {
    skipSpace()
    return switch current {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
    case UInt8(ascii: "n"): .null
    case UInt8(ascii: "-"), .some(0x30...0x39): .number
    default: throw .unexpected("a value", at: offset)
    }
  }

  /// Nothing but white space may follow.
  public mutating func finish() throws(JSONError) {
    skipSpace()
    guard position == bytes.endIndex else { throw .syntax(at: offset) }
  }

  /// Reads an object: `body` is called with each key and reads the value, or leaves it to be skipped.
  public mutating func members(
    _ body: (String, inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    try expect(UInt8(ascii: "{"), "an object")
    try enter()
    let outer = keys.count
    skipSpace()
    if current == UInt8(ascii: "}") {
      position += 1
    } else {
      repeat {
        let key = try self.key(since: outer)
        try expect(UInt8(ascii: ":"), "a colon")
        let start = position
        try body(key, &self)
        if position == start { try skip() }
      } while try continues(until: UInt8(ascii: "}"))
    }
    keys.removeLast(keys.count - outer)
    depth -= 1
  }

  /// Reads an array: `body` is called for each element and reads it, or leaves it to be skipped.
  public mutating func elements(_ body: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
    try expect(UInt8(ascii: "["), "an array")
    try enter()
    skipSpace()
    if current == UInt8(ascii: "]") {
      position += 1
    } else {
      repeat {
        skipSpace()
        let start = position
        try body(&self)
        if position == start { try skip() }
      } while try continues(until: UInt8(ascii: "]"))
    }
    depth -= 1
  }

  private mutating func enter() throws(JSONError) {
    depth += 1
    guard depth <= JSONReader.depthLimit else { throw .tooDeep }
  }

  /// After a value: true for a comma, false for the closing byte.
  private mutating func continues(until close: UInt8) throws(JSONError) -> Bool {
    skipSpace()
    defer { position += 1 }
    if current == UInt8(ascii: ",") { return true }
    if current == close { return false }
    throw .syntax(at: offset)
  }

  private mutating func key(since outer: Int) throws(JSONError) -> String {
    let key = try string()
    // FNV-1a: the keys of one object are compared without keeping their text.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    if keys[outer...].contains(hash) { throw .duplicateKey(key) }
    guard keys.count - outer < JSONReader.memberLimit else { throw .tooManyMembers }
    keys.append(hash)
    return key
  }

  /// Reads past the next value, whatever it is.
  public mutating func skip() throws(JSONError) {
    switch try kind() {
    case .object: try members { _, _ in }
    case .array: try elements { _ in }
    case .string: _ = try string()
    case .number: _ = try number()
    case .bool: _ = try bool()
    case .null: try null()
    }
  }

  /// The text of the next value as it stands, checked.
  public mutating func raw() throws(JSONError) -> ArraySlice<UInt8> {
    skipSpace()
    let start = position
    try skip()
    return bytes[start..<position]
  }

  /// Reads `true` or `false`.
  public mutating func bool() throws(JSONError) -> Bool {
    skipSpace()
    if literal("true") { return true }
    if literal("false") { return false }
    throw .unexpected("true or false", at: offset)
  }

  /// Reads `null`.
  public mutating func null() throws(JSONError) {
    skipSpace()
    guard literal("null") else { throw .unexpected("null", at: offset) }
  }

  private mutating func literal(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.endIndex - position >= count,
      bytes[position..<position + count].elementsEqual(word.description.utf8)
    else { return false }
    position += count
    return true
  }
}

/// Strings.
extension JSONReader {
  /// Reads a string, its escapes undone.
  public mutating func string() throws(JSONError) -> String {
    try expect(UInt8(ascii: "\""), "a string")
    let start = position
    while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    if current == UInt8(ascii: "\"") {
      defer { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    var text = Array(bytes[start..<position])
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw .syntax(at: offset - 1)
      default: text.append(byte)
      }
    }
    throw .syntax(at: offset)
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    guard let byte = current else { throw .syntax(at: offset) }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: try unicodeEscape())
    default: throw .syntax(at: offset - 1)
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> [UInt8] {
    var value = try fourHexDigits()
    if value == 0 { throw .notText }
    if value >> 10 == 0x36 {
      guard literal("\\u") else { throw .notText }
      let low = try fourHexDigits()
      guard low >> 10 == 0x37 else { throw .notText }
      value = 0x10000 + (value & 0x3ff) << 10 + low & 0x3ff
    }
    guard let scalar = Unicode.Scalar(value) else { throw .notText }
    return Array(String(Character(scalar)).utf8)
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw .syntax(at: offset)
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}

/// Numbers.
extension JSONReader {
  /// A whole number in the range of `type`; 1.0 and 1e3 are none.
  public mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(JSONError) -> T {
    let start = offset
    let text = try numberText()
    guard let value = T(text) else { throw .numberRange(at: start) }
    return value
  }

  /// A finite number.
  public mutating func number() throws(JSONError) -> Double {
    let start = offset
    let text = try numberText()
    guard let value = Double(text), value.isFinite else { throw .numberRange(at: start) }
    return value
  }

  private mutating func numberText() throws(JSONError) -> Substring {
    skipSpace()
    let start = position
    if current == UInt8(ascii: "-") { position += 1 }
    let leadingZero = current == 0x30
    let digits = skipDigits()
    guard digits > 0, digits == 1 || !leadingZero else { throw .unexpected("a number", at: offset) }
    if current == UInt8(ascii: ".") {
      position += 1
      guard skipDigits() > 0 else { throw .syntax(at: offset) }
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      guard skipDigits() > 0 else { throw .syntax(at: offset) }
    }
    return Substring(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
    return position - start
  }
}

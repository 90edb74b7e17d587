public import Addressing

/// Writes JSON as bytes, without building values first.
///
/// Commas are set by themselves; a number that is not finite is left out.
public struct JSONWriter: Sendable {
  /// What was written so far.
  public var bytes: [UInt8] = []
  private var needsComma = false

  public init() {}

  public init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

  private mutating func begin() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  /// Writes an object; `body` writes its members.
  public mutating func object(_ body: (inout JSONWriter) -> Void) {
    begin()
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
    body(&self)
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  /// Writes an array; `body` writes its elements.
  public mutating func array(_ body: (inout JSONWriter) -> Void) {
    begin()
    bytes.append(UInt8(ascii: "["))
    needsComma = false
    body(&self)
    bytes.append(UInt8(ascii: "]"))
    needsComma = true
  }

  /// The key of a member; its value must follow.
  public mutating func key(_ key: String) {
    string(key)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a string, with what JSON cannot hold escaped.
  public mutating func string(_ text: String) {
    begin()
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20, 0x7f: escape(byte)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x0a: bytes.append(UInt8(ascii: "n"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0d: bytes.append(UInt8(ascii: "r"))
    // Our reader, as many in C, takes no NUL: a replacement character stands for it.
    case 0x00: bytes.append(contentsOf: "ufffd".utf8)
    default:
      bytes.append(contentsOf: "u00".utf8)
      for digit in [byte >> 4, byte & 0xf] { bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
    }
  }

  /// Writes an address as a string.
  public mutating func address(_ address: Address) {
    begin()
    bytes.append(UInt8(ascii: "\""))
    address.appendText(to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Writes a whole number.
  public mutating func integer(_ value: some BinaryInteger) {
    begin()
    var magnitude = UInt64(truncatingIfNeeded: value.magnitude)
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let start = bytes.count
    repeat {
      bytes.append(0x30 + UInt8(truncatingIfNeeded: magnitude % 10))
      magnitude /= 10
    } while magnitude > 0
    bytes[start...].reverse()
  }

  /// Writes a number; one that is not finite as 0.
  public mutating func number(_ value: Double) {
    begin()
    let finite = value.isFinite ? value : 0
    if let whole = Int64(exactly: finite) {
      bytes.append(contentsOf: String(whole).utf8)
    } else {
      bytes.append(contentsOf: finite.description.utf8)
    }
  }

  /// Writes `true` or `false`.
  public mutating func bool(_ value: Bool) {
    begin()
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  /// Writes `null`.
  public mutating func null() {
    begin()
    bytes.append(contentsOf: "null".utf8)
  }

  /// A value that is JSON already.
  public mutating func raw(_ json: some Collection<UInt8>) {
    begin()
    bytes.append(contentsOf: json)
  }
}

/// Members of objects; a nil value leaves the member out.
extension JSONWriter {
  /// Writes a string under a key.
  public mutating func member(_ key: String, _ value: String?) {
    guard let value else { return }
    self.key(key)
    string(value)
  }

  /// Writes a whole number under a key.
  public mutating func member(_ key: String, _ value: (some BinaryInteger)?) {
    guard let value else { return }
    self.key(key)
    integer(value)
  }

  /// Writes a truth value under a key.
  public mutating func member(_ key: String, _ value: Bool?) {
    guard let value else { return }
    self.key(key)
    bool(value)
  }

  /// Writes an address under a key.
  public mutating func member(_ key: String, _ value: Address?) {
    guard let value else { return }
    self.key(key)
    address(value)
  }

  /// Left out when it is not finite.
  public mutating func member(_ key: String, number value: Double?) {
    guard let value, value.isFinite else { return }
    self.key(key)
    number(value)
  }

  /// Writes a list of strings under a key, an empty one too.
  public mutating func member(_ key: String, _ values: [String]) {
    self.key(key)
    array { writer in for value in values { writer.string(value) } }
  }

  /// Writes an object under a key.
  public mutating func object(_ key: String, _ body: (inout JSONWriter) -> Void) {
    self.key(key)
    object(body)
  }

  /// Writes an array under a key.
  public mutating func array(_ key: String, _ body: (inout JSONWriter) -> Void) {
    self.key(key)
    array(body)
  }
}

/// Numbers as the C function atoi reads them.
enum CNumber {
  /// Blanks, a sign and digits; 0 when there are none, saturated to 32 bits.
  static func parse(_ text: String) -> Int {
    var rest = text.utf8.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    var value = 0
    for byte in rest {
      guard (0x30...0x39).contains(byte) else { break }
      value = min(value * 10 + Int(byte - 0x30), Int(Int32.max))
    }
    return isNegative ? -value : value
  }

  /// Whether the text is a number and nothing else.
  static func isWhole(_ text: String) -> Bool { Int32(text) != nil }
}

/// Bytes from hexadecimal text; blanks and line ends are for the reader.
func hex(_ text: String) -> [UInt8] {
  let digits = text.utf8.filter { $0 > 0x20 }
  return stride(from: 0, to: digits.count - 1, by: 2).map { place in
    UInt8(String(decoding: digits[place...(place + 1)], as: UTF8.self), radix: 16) ?? 0
  }
}

extension [UInt8] {
  /// The bytes as the readers take them.
  var raw: RawSpan {
    @_lifetime(borrow self) get { unsafe span.bytes }
  }
}

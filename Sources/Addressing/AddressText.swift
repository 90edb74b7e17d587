/// Reading addresses: total over any bytes, no allocation.
extension Address {
  /// Parses dotted IPv4 (four decimal numbers, no leading zeros) or IPv6 (RFC 4291 2.2).
  ///
  /// An IPv6 text of an IPv4-mapped address is refused: it would silently become the other family.
  public init?(_ text: some StringProtocol) {
    var copy = String(text)
    copy.makeContiguousUTF8()
    self.init(ascii: copy.utf8.span)
  }

  /// Parses the same forms from bytes, as a file holds them.
  public init?(ascii bytes: Span<UInt8>) {
    for index in bytes.indices where bytes[index] == UInt8(ascii: ":") {
      guard let address = Address.parseIPv6(bytes), address.family == .ipv6 else { return nil }
      self = address
      return
    }
    guard let value = Address.parseIPv4(bytes, from: 0) else { return nil }
    self.init(ipv4: value)
  }

  static func parseIPv4(_ bytes: Span<UInt8>, from start: Int) -> UInt32? {
    var value: UInt32 = 0
    var octet: UInt32 = 0
    var digits = 0
    var dots = 0
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: ".") {
        guard digits > 0, dots < 3 else { return nil }
        value = value << 8 | octet
        (octet, digits) = (0, 0)
        dots += 1
      } else {
        guard byte >= 0x30, byte <= 0x39, digits < 3, !(digits > 0 && octet == 0) else { return nil }
        octet = octet * 10 + UInt32(byte - 0x30)
        guard octet <= 255 else { return nil }
        digits += 1
      }
      index += 1
    }
    guard digits > 0, dots == 3 else { return nil }
    return value << 8 | octet
  }

  static func parseIPv6(_ bytes: Span<UInt8>) -> Address? {
    guard bytes.count >= 2, bytes.count <= 45 else { return nil }
    var before = Halves()
    var after = Halves()
    var elided = false
    var index = 0
    if bytes[0] == UInt8(ascii: ":") {
      guard bytes[1] == UInt8(ascii: ":") else { return nil }
      elided = true
      index = 2
    }
    while index < bytes.count {
      var value: UInt32 = 0
      var digits = 0
      let start = index
      while index < bytes.count, let digit = hexDigit(bytes[index]) {
        guard digits < 4 else { return nil }
        value = value << 4 | UInt32(digit)
        digits += 1
        index += 1
      }
      if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
        guard let tail = parseIPv4(bytes, from: start) else { return nil }
        let first = elided ? after.append(tail >> 16) : before.append(tail >> 16)
        let second = elided ? after.append(tail & 0xffff) : before.append(tail & 0xffff)
        guard first, second else { return nil }
        break
      }
      guard digits > 0, elided ? after.append(value) : before.append(value) else { return nil }
      if index == bytes.count { break }
      guard bytes[index] == UInt8(ascii: ":") else { return nil }
      index += 1
      guard index < bytes.count else { return nil }
      if bytes[index] == UInt8(ascii: ":") {
        guard !elided else { return nil }
        elided = true
        index += 1
      }
    }
    return joined(before, after, elided: elided)
  }

  private static func joined(_ before: Halves, _ after: Halves, elided: Bool) -> Address? {
    let total = before.count + after.count
    guard elided ? total < 8 : total == 8 else { return nil }
    let left = before.shifted(by: 8 - before.count)
    return Address(high: left.high | after.high, low: left.low | after.low)
  }

  static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  /// Up to eight 16-bit groups, pushed in from the right.
  private struct Halves {
    var high: UInt64 = 0
    var low: UInt64 = 0
    var count = 0

    mutating func append(_ value: UInt32) -> Bool {
      guard count < 8 else { return false }
      high = high << 16 | low >> 48
      low = low << 16 | UInt64(value & 0xffff)
      count += 1
      return true
    }

    func shifted(by groups: Int) -> Halves {
      var result = self
      for _ in 0..<groups {
        result.high = result.high << 16 | result.low >> 48
        result.low <<= 16
      }
      return result
    }
  }
}

/// Writing addresses: dotted IPv4, RFC 5952 for IPv6.
extension Address: CustomStringConvertible, LosslessStringConvertible {
  public init?(_ description: String) {
    self.init(ascii: description.utf8.span)
  }

  public var description: String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(40)
    appendText(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the text form; what writers of many rows use, as it makes no String.
  public func appendText(to bytes: inout [UInt8]) {
    guard let ipv4 else { return appendIPv6(to: &bytes) }
    for shift in stride(from: 24, through: 0, by: -8) {
      Address.appendDecimal(UInt8(truncatingIfNeeded: ipv4 >> UInt32(shift)), to: &bytes)
      if shift > 0 { bytes.append(UInt8(ascii: ".")) }
    }
  }

  private static func appendDecimal(_ value: UInt8, to bytes: inout [UInt8]) {
    if value >= 100 { bytes.append(0x30 + value / 100) }
    if value >= 10 { bytes.append(0x30 + value / 10 % 10) }
    bytes.append(0x30 + value % 10)
  }

  private func group(_ index: Int) -> UInt16 {
    let word = index < 4 ? high : low
    return UInt16(truncatingIfNeeded: word >> UInt64(48 - 16 * (index & 3)))
  }

  private func appendIPv6(to bytes: inout [UInt8]) {
    let elided = longestZeroRun()
    var index = 0
    while index < 8 {
      if let elided, elided.lowerBound == index {
        bytes.append(0x3a)
        bytes.append(0x3a)
        index = elided.upperBound
        continue
      }
      if index > 0, elided?.upperBound != index { bytes.append(0x3a) }
      Address.appendHex(group(index), to: &bytes)
      index += 1
    }
  }

  /// The first longest run of two or more zero groups (RFC 5952 4.2).
  private func longestZeroRun() -> Range<Int>? {
    var best: Range<Int>?
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, group(end) == 0 { end += 1 }
      if end - start >= 2, end - start > (best?.count ?? 0) { best = start..<end }
      start = max(end, start + 1)
    }
    return best
  }

  private static func appendHex(_ value: UInt16, to bytes: inout [UInt8]) {
    var started = false
    for shift in stride(from: 12, through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: value >> UInt16(shift) & 0xf)
      if digit == 0, !started, shift > 0 { continue }
      started = true
      bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }
}

extension Address: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let address = Address(ascii: text.utf8.span) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\"\(text)\" is not an address"))
    }
    self = address
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

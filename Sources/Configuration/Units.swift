/// Numbers with and without units; nil for what is none, or does not fit.
enum Units {
  /// Decimal digits only.
  static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard !bytes.isEmpty else { return nil }
    var value = 0
    for byte in bytes {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = product.addingReportingOverflow(Int(byte - 0x30))
      guard !tooLarge, !overflow else { return nil }
      value = sum
    }
    return value
  }

  /// Digits behind an optional minus sign.
  static func signed(_ bytes: ArraySlice<UInt8>) -> Int? {
    bytes.first == UInt8(ascii: "-") ? number(bytes.dropFirst()).map { -$0 } : number(bytes)
  }

  /// `250ms 10s 5m 2h 1d`, a bare number is seconds; the result in milliseconds.
  static func milliseconds(_ bytes: ArraySlice<UInt8>) -> Int? {
    scaled(
      bytes, by: [("", 1000), ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)])
  }

  /// `200`, `10k`, `2m` (10³ and 10⁶).
  static func count(_ bytes: ArraySlice<UInt8>) -> Int? {
    scaled(bytes, by: [("", 1), ("k", 1000), ("m", 1_000_000)])
  }

  /// `4KiB 8MiB 1GiB`, a bare number is bytes.
  static func size(_ bytes: ArraySlice<UInt8>) -> Int? {
    scaled(bytes, by: [("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])
  }

  /// `500kbit 10mbit 1gbit`, a bare number is bits a second.
  static func bits(_ bytes: ArraySlice<UInt8>) -> Int? {
    scaled(bytes, by: [("", 1), ("bit", 1), ("kbit", 1000), ("mbit", 1_000_000), ("gbit", 1_000_000_000)])
  }

  /// `20/s`, a bare number is the same.
  static func perSecond(_ bytes: ArraySlice<UInt8>) -> Int? {
    scaled(bytes, by: [("", 1), ("/s", 1)])
  }

  private static func scaled(_ bytes: ArraySlice<UInt8>, by units: [(String, Int)]) -> Int? {
    let digits = bytes.prefix { $0 >= 0x30 && $0 <= 0x39 }
    let rest = bytes[digits.endIndex...]
    guard let value = number(digits), let unit = units.first(where: { rest.elementsEqual($0.0.utf8) }) else {
      return nil
    }
    let (product, overflow) = value.multipliedReportingOverflow(by: unit.1)
    return overflow ? nil : product
  }

  /// The shortest text that `milliseconds` reads as this: `1m30s` is written `90s`.
  static func durationText(milliseconds value: Int64) -> String {
    for (unit, scale) in [("d", Int64(86_400_000)), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
    where value >= scale && value % scale == 0 {
      return "\(value / scale)\(unit)"
    }
    return "\(value)ms"
  }

  static func durationText(_ value: Duration) -> String {
    let (seconds, attoseconds) = value.components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    return durationText(milliseconds: overflow ? .max : product &+ attoseconds / 1_000_000_000_000_000)
  }

  /// The shortest text that `bits` reads as this.
  static func bitsText(_ value: UInt64) -> String {
    for (unit, scale) in [("gbit", UInt64(1_000_000_000)), ("mbit", 1_000_000), ("kbit", 1000)]
    where value > 0 && value % scale == 0 {
      return "\(value / scale)\(unit)"
    }
    return "\(value)"
  }

  /// The shortest text that `size` reads as this.
  static func sizeText(_ value: Int) -> String {
    for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where value > 0 && value % (1 << shift) == 0
    {
      return "\(value >> shift)\(unit)"
    }
    return "\(value)"
  }

  /// The shortest text that `count` reads as this.
  static func countText(_ value: Int) -> String {
    if value > 0, value % 1_000_000 == 0 { return "\(value / 1_000_000)m" }
    if value > 0, value % 1000 == 0 { return "\(value / 1000)k" }
    return "\(value)"
  }
}

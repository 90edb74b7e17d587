/// The codes in which IGMPv3 and MLDv2 carry times: direct when small, else mantissa and exponent.
///
/// `1eeemmmm` is (mmmm | 0x10) << (eee + 3) (RFC 9776 4.1.1), and MLDv2's 16-bit form has a mantissa of 12
/// bits (RFC 9777 5.1.3). A time without an exact code is sent as the next lower one.
enum TimerCode {
  static func decode(_ code: UInt8) -> Int64 {
    guard code >= 0x80 else { return Int64(code) }
    return Int64(code & 0xf | 0x10) << Int64((code >> 4 & 7) + 3)
  }

  static func decode(_ code: UInt16) -> Int64 {
    guard code >= 0x8000 else { return Int64(code) }
    return Int64(code & 0xfff | 0x1000) << Int64((code >> 12 & 7) + 3)
  }

  /// The largest 8-bit code whose value is not above `value`.
  static func code8(_ value: Int64) -> UInt8 {
    UInt8(truncatingIfNeeded: code(value, mantissaBits: 4))
  }

  /// The largest 16-bit code whose value is not above `value`.
  static func code16(_ value: Int64) -> UInt16 {
    UInt16(truncatingIfNeeded: code(value, mantissaBits: 12))
  }

  private static func code(_ value: Int64, mantissaBits: Int64) -> Int64 {
    let direct: Int64 = 1 << (mantissaBits + 3)
    guard value >= direct else { return max(0, value) }
    for exponent in 0..<8 as Range<Int64> {
      let mantissa = value >> (exponent + 3)
      if mantissa >> (mantissaBits + 1) == 0 {
        return direct | exponent << mantissaBits | mantissa & (1 << mantissaBits - 1)
      }
    }
    return direct << 1 - 1
  }
}

public import Addressing

/// The Internet checksum (RFC 1071): the ones' complement of the ones' complement sum of 16-bit words.
///
/// A message that holds its own right checksum sums to zero.
public struct Checksum: Hashable, Sendable {
  private var sum: UInt64 = 0

  public init() {}

  /// The IPv6 pseudo header (RFC 8200 8.1) of a message of `length` bytes.
  public init(from source: Address, to destination: Address, protocolNumber: UInt8, length: Int) {
    for half in [source.high, source.low, destination.high, destination.low] {
      sum &+= half >> 48 & 0xffff
      sum &+= half >> 32 & 0xffff
      sum &+= half >> 16 & 0xffff
      sum &+= half & 0xffff
    }
    let length = UInt64(clamping: length)
    sum &+= (length >> 16 & 0xffff) &+ (length & 0xffff) &+ UInt64(protocolNumber)
  }

  /// Adds `bytes`; an odd last byte counts as if a zero followed, so only the last addition may be odd.
  public mutating func add(_ bytes: Span<UInt8>) {
    var reader = Reader(bytes)
    while let word = try? reader.u16() { sum &+= UInt64(word) }
    if let last = try? reader.u8() { sum &+= UInt64(last) << 8 }
  }

  /// What the checksum field must hold when it was zero in the sum; 0 when the field was right.
  public var value: UInt16 {
    var folded = sum
    while folded > 0xffff { folded = (folded >> 16) &+ (folded & 0xffff) }
    return ~UInt16(truncatingIfNeeded: folded)
  }

  /// The checksum of `bytes` alone, as IPv4 and IGMP use it.
  public static func of(_ bytes: Span<UInt8>) -> UInt16 {
    var checksum = Checksum()
    checksum.add(bytes)
    return checksum.value
  }
}

public import Addressing

/// Bytes of a message in the making, numbers in network order.
public struct Writer: Sendable {
  public private(set) var bytes: [UInt8]

  /// - Parameter capacity: bytes that the message will have, if that is known.
  public init(capacity: Int = 64) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// One byte.
  public mutating func u8(_ value: UInt8) { bytes.append(value) }

  /// Two bytes.
  public mutating func u16(_ value: UInt16) { append(value) }

  /// Four bytes.
  public mutating func u32(_ value: UInt32) { append(value) }

  /// Eight bytes.
  public mutating func u64(_ value: UInt64) { append(value) }

  /// Four bytes for IPv4, sixteen for IPv6.
  public mutating func address(_ address: Address) {
    if let ipv4 = address.ipv4 {
      u32(ipv4)
    } else {
      u64(address.high)
      u64(address.low)
    }
  }

  /// The bytes as they are.
  public mutating func append(contentsOf more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// The same byte `count` times.
  public mutating func fill(_ value: UInt8, count: Int) {
    bytes.append(contentsOf: repeatElement(value, count: max(0, count)))
  }

  /// Writes the Internet checksum of all bytes, and of `pseudoHeader`, into the two bytes at `offset`.
  ///
  /// The two bytes are zero until then.
  public mutating func setChecksum(at offset: Int, with pseudoHeader: Checksum = Checksum()) {
    guard offset >= 0, offset + 1 < bytes.count else { return }
    var checksum = pseudoHeader
    checksum.add(bytes.span)
    bytes[offset] = UInt8(truncatingIfNeeded: checksum.value >> 8)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: checksum.value)
  }

  private mutating func append(_ value: some FixedWidthInteger & UnsignedInteger) {
    var shift = value.bitWidth
    while shift > 0 {
      shift -= 8
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}

import Addressing

/// Reads at an offset, nil beyond the end: the only way that a kernel message is touched.
extension RawSpan {
  func contains(_ offset: Int, count: Int) -> Bool {
    offset >= 0 && count >= 0 && offset <= byteCount - count
  }

  func u8(_ offset: Int) -> UInt8? {
    guard contains(offset, count: 1) else { return nil }
    return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// In the machine's order, as all numbers of netlink.
  func u16(_ offset: Int) -> UInt16? {
    guard contains(offset, count: 2) else { return nil }
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
  }

  func u32(_ offset: Int) -> UInt32? {
    guard contains(offset, count: 4) else { return nil }
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
  }

  func i32(_ offset: Int) -> Int32? { u32(offset).map { Int32(bitPattern: $0) } }

  func u64(_ offset: Int) -> UInt64? {
    guard contains(offset, count: 8) else { return nil }
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  /// Four or sixteen bytes in network order.
  func address(_ offset: Int, _ family: Family) -> Address? {
    switch family {
    case .ipv4: return u32(offset).map { Address(ipv4: UInt32(bigEndian: $0)) }
    case .ipv6:
      guard let high = u64(offset), let low = u64(offset + 8) else { return nil }
      return Address(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }
  }

  /// Text up to the first NUL or the end of the range; bytes that are not UTF-8 become U+FFFD.
  func text(_ range: Range<Int>) -> String? {
    guard contains(range.lowerBound, count: range.count) else { return nil }
    var bytes: [UInt8] = []
    for offset in range {
      guard let byte = u8(offset), byte != 0 else { break }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

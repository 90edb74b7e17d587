public import Addressing

/// Checked reading of bytes from outside: the only way to touch them.
///
/// Each read moves on by what it took, or throws and takes nothing. Numbers are in network order.
public struct Reader: ~Escapable {
  private let bytes: Span<UInt8>
  /// Bytes read so far.
  public private(set) var position = 0

  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  /// Bytes left to read.
  public var remaining: Int { bytes.count - position }

  /// The next byte.
  public mutating func u8() throws(WireError) -> UInt8 { try load(as: UInt8.self) }

  /// The next two bytes.
  public mutating func u16() throws(WireError) -> UInt16 { UInt16(bigEndian: try load(as: UInt16.self)) }

  /// The next four bytes.
  public mutating func u32() throws(WireError) -> UInt32 { UInt32(bigEndian: try load(as: UInt32.self)) }

  /// The next eight bytes.
  public mutating func u64() throws(WireError) -> UInt64 { UInt64(bigEndian: try load(as: UInt64.self)) }

  /// The four bytes of an IPv4 address.
  public mutating func ipv4() throws(WireError) -> Address { Address(ipv4: try u32()) }

  /// The sixteen bytes of an IPv6 address; throws `mappedAddress` for one that stands for IPv4.
  public mutating func ipv6() throws(WireError) -> Address {
    guard remaining >= 16 else { throw .truncated }
    let address = Address(high: try u64(), low: try u64())
    guard address.family == .ipv6 else { throw .mappedAddress }
    return address
  }

  /// The next address of `family`.
  public mutating func address(_ family: Family) throws(WireError) -> Address {
    switch family {
    case .ipv4: try ipv4()
    case .ipv6: try ipv6()
    }
  }

  /// Moves on by `count` bytes.
  public mutating func skip(_ count: Int) throws(WireError) {
    guard count >= 0, remaining >= count else { throw .truncated }
    position += count
  }

  /// The next `count` bytes as a span of their own: what a nested element may read.
  @_lifetime(copy self)
  public mutating func take(_ count: Int) throws(WireError) -> Span<UInt8> {
    guard count >= 0, remaining >= count else { throw .truncated }
    defer { position += count }
    return bytes.extracting(position..<position + count)
  }

  private mutating func load<Number: FixedWidthInteger & BitwiseCopyable>(
    as type: Number.Type
  ) throws(WireError) -> Number {
    let size = MemoryLayout<Number>.size
    guard remaining >= size else { throw .truncated }
    defer { position += size }
    // The load checks its bounds once more; it is unsafe only in that it takes any bits for a Number.
    return unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: Number.self)
  }
}

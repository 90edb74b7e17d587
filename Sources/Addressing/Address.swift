/// The two address families that mcast routes.
public enum Family: String, Hashable, Comparable, Sendable, Codable, CaseIterable {
  case ipv4, ipv6

  public static func < (left: Family, right: Family) -> Bool { left == .ipv4 && right == .ipv6 }

  /// The number of bits in an address: 32 or 128.
  public var width: Int { self == .ipv4 ? 32 : 128 }
}

/// An IPv4 or IPv6 address in one shape: IPv4 is kept in its IPv4-mapped form (RFC 4291 2.5.5.2).
///
/// Every room above Wire is thereby written once. Wire refuses IPv6 packets that carry an IPv4-mapped
/// address, so the two families never meet in one value.
public struct Address: Hashable, Comparable, Sendable {
  /// The first eight bytes in network order, as a number.
  public let high: UInt64
  /// The last eight bytes in network order, as a number.
  public let low: UInt64

  static let mappedMark: UInt64 = 0x0000_ffff_0000_0000

  /// An IPv4 address from its 32 bits, most significant first: `0x0a000001` is 10.0.0.1.
  public init(ipv4: UInt32) {
    high = 0
    low = Address.mappedMark | UInt64(ipv4)
  }

  /// The 128 bits as they are; an IPv4-mapped value is an IPv4 address.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// 0.0.0.0 or ::.
  public static func unspecified(_ family: Family) -> Address {
    family == .ipv4 ? Address(ipv4: 0) : Address(high: 0, low: 0)
  }

  /// The 32 bits of an IPv4 address; nil for IPv6.
  public var ipv4: UInt32? {
    family == .ipv4 ? UInt32(truncatingIfNeeded: low) : nil
  }

  public var family: Family {
    high == 0 && low >> 32 == Address.mappedMark >> 32 ? .ipv4 : .ipv6
  }

  public static func < (left: Address, right: Address) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

/// What kind of address it is.
extension Address {
  /// 224.0.0.0/4 or ff00::/8 (RFC 5771, RFC 4291 2.7).
  public var isMulticast: Bool {
    if let ipv4 { return ipv4 >> 28 == 0xe }
    return high >> 56 == 0xff
  }

  /// 0.0.0.0 or ::.
  public var isUnspecified: Bool { self == .unspecified(family) }

  /// 127.0.0.0/8 or ::1.
  public var isLoopback: Bool {
    if let ipv4 { return ipv4 >> 24 == 127 }
    return high == 0 && low == 1
  }

  /// 169.254.0.0/16 or fe80::/10, unicast only (RFC 3927, RFC 4291 2.5.6).
  public var isLinkLocalUnicast: Bool {
    if let ipv4 { return ipv4 >> 16 == 0xa9fe }
    return high >> 54 == 0x3fa
  }

  /// Whether a packet may carry it as its source: not multicast, unspecified, loopback or 255.255.255.255.
  public var isUnicastSource: Bool {
    !isMulticast && !isUnspecified && !isLoopback && ipv4 != .max
  }
}

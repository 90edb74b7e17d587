/// A multicast group address.
public struct Group: Hashable, Comparable, Sendable, CustomStringConvertible, Codable {
  public let address: Address

  /// Nil when `address` is not multicast.
  public init?(_ address: Address) {
    guard address.isMulticast else { return nil }
    self.address = address
  }

  public var family: Family { address.family }

  /// 224.0.0.0/24 (RFC 5771 4), or an IPv6 group of interface-local or link-local scope (RFC 7346):
  /// never forwarded by a router.
  public var isLinkLocal: Bool {
    if let ipv4 = address.ipv4 { return ipv4 >> 8 == 0xe00000 }
    return scope <= 2
  }

  /// The IPv6 scope (RFC 7346), 0–15; 14 (global) for IPv4, whose scopes are prefixes.
  public var scope: UInt8 {
    address.ipv4 == nil ? UInt8(truncatingIfNeeded: address.high >> 48 & 0xf) : 14
  }

  public var description: String { address.description }

  public static func < (left: Group, right: Group) -> Bool { left.address < right.address }

  public init(from decoder: any Decoder) throws {
    let address = try decoder.singleValueContainer().decode(Address.self)
    guard let group = Group(address) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\(address) is not multicast"))
    }
    self = group
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(address)
  }
}

/// An (S,G): one source sending to one group.
public struct Flow: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public let source: Address
  public let group: Group

  /// Nil when the two are of different families.
  public init?(source: Address, group: Group) {
    guard source.family == group.family else { return nil }
    self.source = source
    self.group = group
  }

  public var family: Family { group.family }
  public var description: String { "(\(source), \(group))" }

  public static func < (left: Flow, right: Flow) -> Bool {
    (left.group, left.source) < (right.group, right.source)
  }
}

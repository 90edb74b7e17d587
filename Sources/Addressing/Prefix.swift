/// A block of addresses: an address with its host bits cleared, and how many bits are fixed.
public struct Prefix: Hashable, Comparable, Sendable {
  public let address: Address
  /// Fixed bits in the 128-bit form, 104 for 10.0.0.0/8.
  ///
  /// `length` gives 8.
  public let bits: UInt8

  /// The block of `length` bits around `address`; nil when the family has no such length.
  public init?(_ address: Address, length: Int) {
    guard length >= 0, length <= address.family.width else { return nil }
    self.init(address, bits: UInt8(128 - address.family.width + length))
  }

  /// The block that holds `address` alone.
  public init(_ address: Address) { self.init(address, bits: 128) }

  private init(_ address: Address, bits: UInt8) {
    let mask = Prefix.mask(bits)
    self.address = Address(high: address.high & mask.high, low: address.low & mask.low)
    self.bits = bits
  }

  /// Every address of the family: 0.0.0.0/0 or ::/0.
  public static func all(_ family: Family) -> Prefix {
    Prefix(.unspecified(family), bits: UInt8(128 - family.width))
  }

  /// Every multicast address of the family: 224.0.0.0/4 or ff00::/8.
  public static func allGroups(_ family: Family) -> Prefix {
    family == .ipv4
      ? Prefix(Address(ipv4: 0xe000_0000), bits: 100)
      : Prefix(Address(high: 0xff00_0000_0000_0000, low: 0), bits: 8)
  }

  public var family: Family { bits < 96 ? .ipv6 : address.family }

  /// The length as it is written: 8 for 10.0.0.0/8.
  public var length: Int { Int(bits) - (128 - family.width) }

  /// Whether it holds one address only.
  public var isSingle: Bool { bits == 128 }

  /// Whether it holds every address of its family.
  public var isAll: Bool { length == 0 }

  /// How many addresses it holds; nil when more than 2³².
  public var count: Int? {
    128 - Int(bits) <= 32 ? 1 << (128 - Int(bits)) : nil
  }

  /// Whether an address lies in the block; one of the other family never does.
  public func contains(_ other: Address) -> Bool {
    guard other.family == family else { return false }
    let mask = Prefix.mask(bits)
    return other.high & mask.high == address.high && other.low & mask.low == address.low
  }

  /// Whether an IPv4 host of this subnet can have the address.
  ///
  /// The first and the last are the subnet's own and the broadcast's, but for the smallest (RFC 3021).
  public func hasHost(_ other: Address) -> Bool {
    guard contains(other), let number = other.ipv4 else { return false }
    let hosts = UInt32(truncatingIfNeeded: UInt64(1) << UInt64(32 - length)) &- 1
    return hosts <= 1 || number & hosts != 0 && number & hosts != hosts
  }

  /// Whether every address of `other` is in this block.
  public func contains(_ other: Prefix) -> Bool { other.bits >= bits && contains(other.address) }

  /// Whether the two blocks share an address.
  public func overlaps(_ other: Prefix) -> Bool { contains(other) || other.contains(self) }

  /// The same block for a longer or shorter prefix of `other`: what a table of one length is asked with.
  public static func masking(_ other: Address, bits: UInt8) -> Prefix { Prefix(other, bits: min(bits, 128)) }

  /// The address `offset` places after the first; nil outside the block.
  public func member(_ offset: Int) -> Address? {
    guard offset >= 0, let count, offset < count else { return nil }
    return Address(high: address.high, low: address.low | UInt64(offset))
  }

  static func mask(_ bits: UInt8) -> (high: UInt64, low: UInt64) {
    bits >= 64
      ? (.max, bits >= 128 ? .max : ~(UInt64.max >> UInt64(bits - 64)))
      : (~(UInt64.max >> UInt64(bits)), 0)
  }

  public static func < (left: Prefix, right: Prefix) -> Bool {
    (left.address, left.bits) < (right.address, right.bits)
  }
}

/// Text: `10.0.0.0/8`; a single address is written without its length.
extension Prefix: CustomStringConvertible, Codable {
  /// Parses `address` or `address/length`; nil for anything else.
  ///
  /// Host bits are cleared.
  public init?(_ text: some StringProtocol) {
    var copy = String(text)
    copy.makeContiguousUTF8()
    self.init(ascii: copy.utf8.span)
  }

  /// Parses the same forms from bytes, as a file holds them.
  public init?(ascii bytes: Span<UInt8>) {
    var slash = 0
    while slash < bytes.count, bytes[slash] != UInt8(ascii: "/") { slash += 1 }
    guard let address = Address(ascii: bytes.extracting(0..<slash)) else { return nil }
    guard slash < bytes.count else {
      self.init(address)
      return
    }
    var length = 0
    var index = slash + 1
    guard index < bytes.count, bytes.count - index <= 3 else { return nil }
    while index < bytes.count {
      guard bytes[index] >= 0x30, bytes[index] <= 0x39 else { return nil }
      length = length * 10 + Int(bytes[index] - 0x30)
      index += 1
    }
    self.init(address, length: length)
  }

  public var description: String { isSingle ? "\(address)" : "\(address)/\(length)" }

  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let prefix = Prefix(ascii: text.utf8.span) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\"\(text)\" is not a prefix"))
    }
    self = prefix
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

public import Addressing

/// A network device as the kernel describes it.
public struct Interface: Hashable, Sendable, Codable {
  /// The kernel's ifindex, from 1; new for a link that is made again under its old name.
  public var index: Int32
  /// At most 15 bytes (IFNAMSIZ); unique at a time only.
  public var name: String
  public var flags: Flags
  /// Bytes.
  public var mtu: UInt32
  public var addresses: [InterfaceAddress]

  public init(
    index: Int32, name: String, flags: Flags, mtu: UInt32 = 1500, addresses: [InterfaceAddress] = []
  ) {
    self.index = index
    self.name = name
    self.flags = flags
    self.mtu = mtu
    self.addresses = addresses
  }

  /// The part of the kernel's IFF_ flags that routing asks for.
  public struct Flags: OptionSet, Hashable, Sendable, Codable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let up = Flags(rawValue: 1)
    /// IFF_RUNNING, or an operational state that the kernel does not know.
    public static let running = Flags(rawValue: 2)
    public static let multicast = Flags(rawValue: 4)
    public static let loopback = Flags(rawValue: 8)
    public static let pointToPoint = Flags(rawValue: 16)
  }
}

/// An address of an interface with the length of its subnet.
public struct InterfaceAddress: Hashable, Sendable, Codable {
  public var address: Address
  /// The subnet's length as it is written: 24.
  public var length: UInt8

  public init(_ address: Address, length: UInt8) {
    self.address = address
    self.length = length
  }

  /// The block of addresses on the link.
  public var subnet: Prefix { Prefix(address, length: Int(length)) ?? Prefix(address) }
}

/// The name of an interface, or a pattern of names: `*` any text, `?` one character, a final `+` as `*`.
public struct InterfacePattern: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public let text: String

  public init(_ text: String) { self.text = text }

  public var description: String { text }

  /// Whether it can match one name only.
  public var isExact: Bool {
    !text.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") } && text.utf8.last != 0x2b
  }

  /// Bytes before the first wildcard; all of them for a name.
  public var literalCount: Int {
    let bytes = text.utf8
    var count = 0
    for byte in bytes {
      if byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") { break }
      count += 1
    }
    return bytes.last == 0x2b && count == bytes.count ? count - 1 : count
  }

  /// Linear in the name for each `*`; patterns and names are at most 15 bytes and some wildcards.
  public func matches(_ name: String) -> Bool {
    if isExact { return text == name }
    var pattern = Array(text.utf8)
    if pattern.last == 0x2b { pattern[pattern.count - 1] = UInt8(ascii: "*") }
    let name = Array(name.utf8)
    var (p, n) = (0, 0)
    var star = -1
    var mark = 0
    while n < name.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        (star, mark) = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == name[n] {
        p += 1
        n += 1
      } else if star >= 0 {
        mark += 1
        (p, n) = (star + 1, mark)
      } else {
        return false
      }
    }
    while p < pattern.count, pattern[p] == UInt8(ascii: "*") { p += 1 }
    return p == pattern.count
  }

  public static func < (left: InterfacePattern, right: InterfacePattern) -> Bool { left.text < right.text }

  public init(from decoder: any Decoder) throws {
    text = try decoder.singleValueContainer().decode(String.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

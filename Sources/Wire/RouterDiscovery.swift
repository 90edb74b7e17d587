public import Addressing

/// A message of Multicast Router Discovery (RFC 4286): IGMP for IPv4, ICMPv6 for IPv6.
///
/// ```text
///  0       8       16              32
///  | type  | code  | checksum      |   code: seconds between announcements; 0 in the others
///  | query interval| robustness    |   announcements alone
/// ```
public enum RouterDiscoveryMessage: Hashable, Sendable {
  /// A router forwards multicast on the link, and says so every `interval` seconds.
  ///
  /// Query interval (seconds) and robustness are those of the router's queries; 0 when it sends none.
  case announcement(interval: UInt8, queryInterval: UInt16, robustness: UInt16)
  /// A host or switch asks for announcements.
  case solicitation
  /// A router ceases to forward multicast on the link.
  case termination

  /// 224.0.0.106 and ff02::6a, All-Snoopers: where announcements and terminations go.
  public static func snoopers(_ family: Family) -> Address {
    family == .ipv4 ? Address(ipv4: 0xe000_006a) : Address(high: 0xff02 << 48, low: 0x6a)
  }

  /// 224.0.0.2 and ff02::2, All-Routers: where solicitations go.
  public static func routers(_ family: Family) -> Address {
    family == .ipv4 ? Address(ipv4: 0xe000_0002) : Address(high: 0xff02 << 48, low: 2)
  }

  private enum Kind: UInt8, CaseIterable {
    case announcement, solicitation, termination

    func type(_ family: Family) -> UInt8 { (family == .ipv4 ? 0x30 : 151) + rawValue }

    init?(type: UInt8, _ family: Family) {
      guard let kind = Kind.allCases.first(where: { $0.type(family) == type }) else { return nil }
      self = kind
    }
  }

  private var kind: Kind {
    switch self {
    case .announcement: .announcement
    case .solicitation: .solicitation
    case .termination: .termination
    }
  }

  /// Reads the bytes behind the IP header; nil when they are no message of this protocol.
  ///
  /// IGMP's checksum is judged here; ICMPv6's was judged by the kernel. What follows the message is ignored.
  public init?(decoding bytes: Span<UInt8>, family: Family) throws(WireError) {
    var reader = Reader(bytes)
    guard let kind = Kind(type: try reader.u8(), family) else { return nil }
    let code = try reader.u8()
    try reader.skip(2)
    if family == .ipv4, Checksum.of(bytes) != 0 { throw .checksum }
    switch kind {
    case .announcement:
      self = .announcement(interval: code, queryInterval: try reader.u16(), robustness: try reader.u16())
    case .solicitation: self = .solicitation
    case .termination: self = .termination
    }
  }

  /// The message with its checksum, which for IPv6 depends on the addresses that it travels between.
  public func encoded(from source: Address, to destination: Address) -> [UInt8] {
    let family = destination.family
    var writer = Writer(capacity: 8)
    writer.u8(kind.type(family))
    if case .announcement(let interval, let queryInterval, let robustness) = self {
      writer.u8(interval)
      writer.u16(0)
      writer.u16(queryInterval)
      writer.u16(robustness)
    } else {
      writer.fill(0, count: 3)
    }
    let pseudoHeader =
      family == .ipv4
      ? Checksum()
      : Checksum(
        from: source, to: destination, protocolNumber: MLDMessage.protocolNumber, length: writer.bytes.count)
    writer.setChecksum(at: 2, with: pseudoHeader)
    return writer.bytes
  }
}

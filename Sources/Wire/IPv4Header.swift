public import Addressing

/// An IPv4 header (RFC 791) as a raw socket hands it over, or as we send it.
///
/// The header's checksum is not judged: the kernel has done so, and does not correct it after it changed
/// an option in place.
public struct IPv4Header: Hashable, Sendable {
  public var source: Address
  public var destination: Address
  /// 2 is IGMP, 4 is IP in IP.
  public var protocolNumber: UInt8
  public var timeToLive: UInt8
  /// The former type of service: 0xc0 for control packets.
  public var trafficClass: UInt8
  public var identification: UInt16
  /// Carries the Router Alert option (RFC 2113), value 0: every router looks at the packet.
  public private(set) var routerAlert: Bool
  /// Bytes of the header with its options: 20–60.
  public private(set) var headerLength: Int
  /// Bytes that belong to the packet behind the header; what was received beyond is not part of it.
  public var payloadLength: Int

  /// Where the payload stands in the packet that was decoded.
  public var payload: Range<Int> { headerLength..<headerLength + payloadLength }

  /// A header without options, or with Router Alert alone.
  public init(
    source: Address, destination: Address, protocolNumber: UInt8, timeToLive: UInt8,
    trafficClass: UInt8 = 0xc0, identification: UInt16 = 0, routerAlert: Bool, payloadLength: Int
  ) {
    self.source = source
    self.destination = destination
    self.protocolNumber = protocolNumber
    self.timeToLive = timeToLive
    self.trafficClass = trafficClass
    self.identification = identification
    self.routerAlert = routerAlert
    self.headerLength = routerAlert ? 24 : 20
    self.payloadLength = payloadLength
  }

  /// Reads the header at the start of `packet`.
  ///
  /// A fragment and a source that no packet can come from are refused; 0.0.0.0 is a host that has no address.
  public init(decoding packet: Span<UInt8>) throws(WireError) {
    var reader = Reader(packet)
    let versionAndLength = try reader.u8()
    guard versionAndLength >> 4 == 4 else { throw .version }
    headerLength = Int(versionAndLength & 0xf) * 4
    guard headerLength >= 20 else { throw .length }
    trafficClass = try reader.u8()
    let total = Int(try reader.u16())
    guard total >= headerLength else { throw .length }
    guard total <= packet.count else { throw .truncated }
    payloadLength = total - headerLength
    identification = try reader.u16()
    // Bits 0x2000, more fragments, and 0x1fff, an offset; "do not fragment" may be set.
    guard try reader.u16() & 0x3fff == 0 else { throw .fragment }
    timeToLive = try reader.u8()
    protocolNumber = try reader.u8()
    try reader.skip(2)
    source = try reader.ipv4()
    destination = try reader.ipv4()
    // A host speaks to itself from a loopback address, and from there to nobody else.
    guard IPv4Header.isSource(source) || source.isLoopback && destination.isLoopback else { throw .source }
    routerAlert = try IPv4Header.holdsRouterAlert(try reader.take(headerLength - 20))
  }

  private static func isSource(_ address: Address) -> Bool {
    guard let bits = address.ipv4, bits != 0 else { return true }
    return bits >> 24 != 0 && address.isUnicastSource
  }

  /// Walks the options: end (0), padding (1), and type, length, value.
  private static func holdsRouterAlert(_ options: Span<UInt8>) throws(WireError) -> Bool {
    var reader = Reader(options)
    var found = false
    while reader.remaining > 0 {
      let type = try reader.u8()
      if type == 0 { break }
      if type == 1 { continue }
      guard reader.remaining > 0 else { throw .option }
      let length = Int(try reader.u8())
      guard length >= 2, reader.remaining >= length - 2 else { throw .option }
      if type == routerAlertOption {
        guard length == 4 else { throw .option }
        if try reader.u16() == 0 { found = true }
      } else {
        try reader.skip(length - 2)
      }
    }
    return found
  }

  /// Copied flag, class 0, number 20.
  private static let routerAlertOption: UInt8 = 0x94

  /// The header's bytes with its checksum; other options than Router Alert are replaced by padding.
  ///
  /// A packet longer than 65,535 bytes cannot be expressed; its length is cut.
  public func encoded() -> [UInt8] {
    var writer = Writer(capacity: headerLength)
    writer.u8(0x40 | UInt8(truncatingIfNeeded: headerLength / 4))
    writer.u8(trafficClass)
    writer.u16(UInt16(clamping: headerLength + payloadLength))
    writer.u16(identification)
    writer.u16(0)
    writer.u8(timeToLive)
    writer.u8(protocolNumber)
    writer.u16(0)
    writer.address(source)
    writer.address(destination)
    if routerAlert { writer.u32(0x9404_0000) }
    writer.fill(1, count: headerLength - writer.bytes.count)
    writer.setChecksum(at: 10)
    return writer.bytes
  }
}

public import Addressing

/// An IPv6 header (RFC 8200), with the hop-by-hop header that may follow it.
///
/// Other extension headers are not walked: the packets of multicast routing have none.
public struct IPv6Header: Hashable, Sendable {
  public var source: Address
  public var destination: Address
  public var trafficClass: UInt8
  /// 20 bits.
  public var flowLabel: UInt32
  public var hopLimit: UInt8
  /// The protocol of the payload, behind a hop-by-hop header; 58 is ICMPv6.
  public var nextHeader: UInt8 {
    get { hopByHop?.nextHeader ?? plainNextHeader }
    set {
      if hopByHop == nil { plainNextHeader = newValue } else { hopByHop?.nextHeader = newValue }
    }
  }
  public private(set) var hopByHop: HopByHopHeader?
  /// Bytes that belong to the packet behind the headers; what was received beyond is not part of it.
  public var payloadLength: Int

  private var plainNextHeader: UInt8

  /// Carries the Router Alert option (RFC 2711), value 0: the packet is an MLD message.
  public var routerAlert: Bool { hopByHop?.routerAlert ?? false }

  /// Where the payload stands in the packet that was decoded.
  public var payload: Range<Int> {
    let start = 40 + (hopByHop?.length ?? 0)
    return start..<start + payloadLength
  }

  /// A header alone, or with a hop-by-hop header that holds Router Alert.
  public init(
    source: Address, destination: Address, nextHeader: UInt8, hopLimit: UInt8, trafficClass: UInt8 = 0,
    flowLabel: UInt32 = 0, routerAlert: Bool, payloadLength: Int
  ) {
    self.source = source
    self.destination = destination
    self.trafficClass = trafficClass
    self.flowLabel = flowLabel & 0xfffff
    self.hopLimit = hopLimit
    self.hopByHop = routerAlert ? HopByHopHeader(nextHeader: nextHeader, routerAlert: true) : nil
    self.payloadLength = payloadLength
    self.plainNextHeader = routerAlert ? 0 : nextHeader
  }

  /// Reads the headers at the start of `packet`.
  ///
  /// Refuses IPv4-mapped addresses, fragments, and a source that is multicast or loopback.
  public init(decoding packet: Span<UInt8>) throws(WireError) {
    var reader = Reader(packet)
    let first = try reader.u32()
    guard first >> 28 == 6 else { throw .version }
    trafficClass = UInt8(truncatingIfNeeded: first >> 20)
    flowLabel = first & 0xfffff
    let length = Int(try reader.u16())
    plainNextHeader = try reader.u8()
    hopLimit = try reader.u8()
    source = try reader.ipv6()
    guard !source.isMulticast, !source.isLoopback else { throw .source }
    destination = try reader.ipv6()
    var rest = Reader(try reader.take(length))
    hopByHop = nil
    if plainNextHeader == 0 {
      let header = try HopByHopHeader(decoding: try rest.take(rest.remaining))
      hopByHop = header
      payloadLength = length - header.length
    } else {
      payloadLength = length
    }
    guard nextHeader != IPv6Header.fragmentHeader else { throw .fragment }
  }

  private static let fragmentHeader: UInt8 = 44

  /// The headers' bytes; hop-by-hop options other than Router Alert are replaced by padding.
  public func encoded() -> [UInt8] {
    let options = hopByHop?.encoded() ?? []
    var writer = Writer(capacity: 40 + options.count)
    writer.u32(6 << 28 | UInt32(trafficClass) << 20 | flowLabel & 0xfffff)
    writer.u16(UInt16(clamping: options.count + payloadLength))
    writer.u8(plainNextHeader)
    writer.u8(hopLimit)
    writer.address(source)
    writer.address(destination)
    writer.append(contentsOf: options)
    return writer.bytes
  }
}

/// The hop-by-hop options header (RFC 8200 4.3), as a packet or an `IPV6_HOPOPTS` control message holds it.
public struct HopByHopHeader: Hashable, Sendable {
  public var nextHeader: UInt8
  /// Holds the Router Alert option with value 0, which means MLD (RFC 2711 2.1).
  public let routerAlert: Bool
  /// Bytes of the whole header: 8–2048, a multiple of 8.
  public let length: Int

  public init(nextHeader: UInt8, routerAlert: Bool) {
    self.nextHeader = nextHeader
    self.routerAlert = routerAlert
    self.length = 8
  }

  /// Reads the header at the start of `bytes`.
  ///
  /// An unknown option whose type says that the packet must then be discarded is refused (RFC 8200 4.2).
  public init(decoding bytes: Span<UInt8>) throws(WireError) {
    var reader = Reader(bytes)
    nextHeader = try reader.u8()
    length = (Int(try reader.u8()) + 1) * 8
    var options = Reader(try reader.take(length - 2))
    var found = false
    while options.remaining > 0 {
      let type = try options.u8()
      if type == 0 { continue }
      guard options.remaining > 0 else { throw .option }
      let size = Int(try options.u8())
      guard options.remaining >= size else { throw .option }
      if type == HopByHopHeader.routerAlertOption {
        guard size == 2 else { throw .option }
        if try options.u16() == 0 { found = true }
      } else {
        guard type >> 6 == 0 else { throw .option }
        try options.skip(size)
      }
    }
    routerAlert = found
  }

  private static let routerAlertOption: UInt8 = 5

  /// The header's bytes; options other than Router Alert are replaced by padding.
  public func encoded() -> [UInt8] {
    var writer = Writer(capacity: length)
    writer.u8(nextHeader)
    writer.u8(UInt8(clamping: length / 8 - 1))
    if routerAlert { writer.u32(0x0502_0000) }
    // PadN holds at most 255 bytes behind its two; a longer header takes several.
    while writer.bytes.count < length {
      let room = min(length - writer.bytes.count, 257)
      if room == 1 {
        writer.u8(0)
      } else {
        writer.u8(1)
        writer.u8(UInt8(clamping: room - 2))
        writer.fill(0, count: room - 2)
      }
    }
    return writer.bytes
  }
}

/// IP in IP (RFC 2003): what may enter and leave a tunnel, and the header around it.
///
/// Pure. Addresses are numbers in the machine's order.
enum Encapsulation {
  /// The outer header, which has no options.
  static let headerLength = 20
  /// What an inner packet may have, so that the outer length can be told in 16 bits.
  static let longest = 65_535 - headerLength

  /// Why a packet was not carried.
  enum Refusal: Int, Error, CaseIterable {
    /// No IPv4 packet, or not whole.
    case malformed
    /// To a host, or to a group of one link.
    case destination
    /// It has no hop left.
    case hops
    /// A tunnel within the tunnel.
    case nested
    /// From nobody who could have sent it, or from ourselves by way of the other end.
    case source
    /// Beyond the tunnel's rate.
    case rate
    /// The network around the tunnel did not take it.
    case refused
  }

  /// The two ends, as this side sees them.
  struct Ends: Hashable {
    var local: UInt32
    var remote: UInt32
  }

  /// The ends that an outer packet names, and where its content begins; a fragment never gets here.
  static func outer(_ bytes: RawSpan) -> (ends: Ends, content: Int)? {
    guard let first = bytes.u8(0), first >> 4 == 4, bytes.u8(9) == InnerPacket.ipInIP,
      let source = bytes.u32(12), let destination = bytes.u32(16)
    else { return nil }
    let length = Int(first & 0xf) * 4
    guard length >= headerLength, bytes.byteCount > length else { return nil }
    return (Ends(local: UInt32(bigEndian: destination), remote: UInt32(bigEndian: source)), length)
  }

  /// Judges what the kernel sends out by the tunnel's device.
  static func entering(_ bytes: RawSpan, at offset: Int) throws(Refusal) -> InnerPacket {
    let packet = try InnerPacket(bytes, at: offset)
    guard packet.isCarried else { throw .destination }
    guard packet.length <= longest else { throw .malformed }
    return packet
  }

  /// Judges what came from the other end.
  ///
  /// - Parameter isOwn: whether it is an address of this machine.
  static func leaving(
    _ bytes: RawSpan, at offset: Int, isOwn: (UInt32) -> Bool
  ) throws(Refusal) -> InnerPacket {
    let packet = try InnerPacket(bytes, at: offset)
    guard packet.isCarried else { throw .destination }
    guard packet.hasHostSource, !isOwn(packet.source) else { throw .source }
    return packet
  }

  /// Writes the header that the kernel completes: length, identification and checksum are its own.
  ///
  /// Type of service and "do not fragment" are the inner ones (RFC 2003 3.1); the inner hops are as they are,
  /// for the router has counted its own already.
  static func writeHeader(around packet: InnerPacket, _ ends: Ends, to bytes: inout MutableRawSpan) {
    guard bytes.byteCount >= headerLength else { return }
    let total = UInt16(truncatingIfNeeded: packet.length + headerLength)
    bytes.storeBytes(of: 0x45, as: UInt8.self)
    bytes.storeBytes(of: packet.trafficClass, toByteOffset: 1, as: UInt8.self)
    bytes.storeBytes(of: total.bigEndian, toByteOffset: 2, as: UInt16.self)
    bytes.storeBytes(of: 0, toByteOffset: 4, as: UInt16.self)
    let fragmenting: UInt16 = packet.mustStayWhole ? 0x4000 : 0
    bytes.storeBytes(of: fragmenting.bigEndian, toByteOffset: 6, as: UInt16.self)
    bytes.storeBytes(of: outerHops, toByteOffset: 8, as: UInt8.self)
    bytes.storeBytes(of: InnerPacket.ipInIP, toByteOffset: 9, as: UInt8.self)
    bytes.storeBytes(of: 0, toByteOffset: 10, as: UInt16.self)
    bytes.storeBytes(of: ends.local.bigEndian, toByteOffset: 12, as: UInt32.self)
    bytes.storeBytes(of: ends.remote.bigEndian, toByteOffset: 16, as: UInt32.self)
  }

  private static let outerHops: UInt8 = 64
}

/// The header of a packet inside a tunnel, as far as the tunnel asks for it.
struct InnerPacket: Hashable {
  static let ipInIP: UInt8 = 4

  /// With its header; what stands behind is not part of it.
  let length: Int
  let trafficClass: UInt8
  /// "Do not fragment" is set.
  let mustStayWhole: Bool
  let source: UInt32
  let destination: UInt32

  /// Reads and judges what holds in both directions; the kernel checks the checksum when it takes it in.
  init(_ bytes: RawSpan, at offset: Int) throws(Encapsulation.Refusal) {
    guard let first = bytes.u8(offset), first >> 4 == 4, let trafficClass = bytes.u8(offset + 1),
      let total = bytes.u16(offset + 2), let fragment = bytes.u16(offset + 6),
      let hops = bytes.u8(offset + 8),
      let protocolNumber = bytes.u8(offset + 9), let source = bytes.u32(offset + 12),
      let destination = bytes.u32(offset + 16)
    else { throw .malformed }
    length = Int(UInt16(bigEndian: total))
    let header = Int(first & 0xf) * 4
    guard header >= 20, length >= header, bytes.contains(offset, count: length) else { throw .malformed }
    self.trafficClass = trafficClass
    mustStayWhole = UInt16(bigEndian: fragment) & 0x4000 != 0
    self.source = UInt32(bigEndian: source)
    self.destination = UInt32(bigEndian: destination)
    guard hops > 0 else { throw .hops }
    guard protocolNumber != InnerPacket.ipInIP else { throw .nested }
  }

  /// Multicast, and of the groups of one link only that of the DVMRP routers (224.0.0.4).
  var isCarried: Bool {
    destination >> 28 == 0xe && (destination >> 8 != 0xe0_0000 || destination == 0xe000_0004)
  }

  /// An address that a host can have: neither of this network, nor of loopback, nor a group.
  var hasHostSource: Bool { source >> 24 != 0 && source >> 24 != 127 && source >> 29 != 7 }
}

/// A tunnel's share of the network around it: so many bits a second, with bursts of a quarter of a second.
struct BitRate {
  /// 0: no limit.
  let bitsPerSecond: UInt64
  private var credit: Double
  private var filledAt: Int64

  init(_ bitsPerSecond: UInt64, at nanoseconds: Int64) {
    self.bitsPerSecond = bitsPerSecond
    credit = BitRate.depth(bitsPerSecond)
    filledAt = nanoseconds
  }

  /// At least two packets of an Ethernet frame's size, for else none would ever pass.
  private static func depth(_ rate: UInt64) -> Double { max(Double(rate) / 4, 2 * 1500 * 8) }

  /// Whether a packet may go now; what passes is paid for.
  mutating func admits(bytes: Int, at nanoseconds: Int64) -> Bool {
    guard bitsPerSecond > 0 else { return true }
    let earned = Double(max(0, nanoseconds - filledAt)) / 1e9 * Double(bitsPerSecond)
    credit = min(credit + earned, BitRate.depth(bitsPerSecond))
    filledAt = nanoseconds
    // Larger packets than the bucket holds go when it is full; they are paid back first.
    let cost = Double(bytes) * 8
    guard credit >= min(cost, BitRate.depth(bitsPerSecond)) else { return false }
    credit -= cost
    return true
  }
}

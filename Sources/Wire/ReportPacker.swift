import Addressing

/// Packs routes into the content of one report: each netmask once, the last route of each marked.
///
/// Routes of one netmask must follow each other, or they are packed as several groups, which is legal.
public struct ReportPacker: Sendable {
  public private(set) var bytes: [UInt8] = []
  private var group: Prefix?
  private var last = -1

  public init() { bytes.reserveCapacity(DVMRPPacket.capacity) }

  public var isEmpty: Bool { bytes.isEmpty }

  /// Whether the route still fits into a packet as mrouted fills it.
  public func hasRoom(for route: ReportedRoute) -> Bool {
    let mask = ReportPacker.mask(of: route.origin)
    let head = continues(route.origin) ? 0 : 3
    return bytes.count + head + ReportedRoute.width(of: mask) + 1 <= DVMRPPacket.capacity
  }

  /// Adds a route of IPv4; a length of 1–7 cannot be expressed, and such a route is left out.
  public mutating func append(_ route: ReportedRoute) {
    let origin = route.origin
    guard let network = origin.address.ipv4, origin.length == 0 || origin.length >= 8 else { return }
    let mask = ReportPacker.mask(of: origin)
    if !continues(origin) {
      finish()
      bytes.append(UInt8(truncatingIfNeeded: mask >> 16))
      bytes.append(UInt8(truncatingIfNeeded: mask >> 8))
      bytes.append(UInt8(truncatingIfNeeded: mask))
    }
    for byte in 0..<ReportedRoute.width(of: mask) {
      bytes.append(UInt8(truncatingIfNeeded: network >> (24 - 8 * byte)))
    }
    last = bytes.count
    bytes.append(route.metric.rawValue)
    group = origin
  }

  /// Marks the last route, without which receivers drop the packet.
  public mutating func finish() {
    if last >= 0 { bytes[last] |= 0x80 }
    last = -1
    group = nil
  }

  /// The finished content as a packet, checksum included; the packer is empty after.
  public mutating func takePacket(
    version: DVMRPVersion = .current, capabilities: DVMRPCapabilities = .ours
  ) -> [UInt8] {
    finish()
    var writer = Writer(capacity: DVMRPPacket.headerLength + bytes.count)
    DVMRPPacket.encodeHeader(code: 2, version: version, capabilities: capabilities, to: &writer)
    writer.append(contentsOf: bytes)
    writer.setChecksum(at: 2)
    bytes.removeAll(keepingCapacity: true)
    return writer.bytes
  }

  /// The default route shares its mask bytes with /8, and stands in a group of its own.
  private func continues(_ origin: Prefix) -> Bool { group.map { $0.bits == origin.bits } ?? false }

  private static func mask(of origin: Prefix) -> UInt32 {
    origin.length <= 8 ? 0xff00_0000 : ~UInt32(0) << UInt32(32 - origin.length)
  }
}

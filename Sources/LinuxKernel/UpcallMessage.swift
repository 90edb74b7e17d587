public import Addressing
public import Kernel
import Wire

/// Messages of a routing socket, as bytes: upcalls, and the IGMP and MLD packets that share the socket.
///
/// Total: nil for whatever is not whole. Byte 9 of what an IPv4 socket gives is the IP protocol, 0 for an
/// upcall; byte 0 on IPv6 is the ICMPv6 type, 0 for an upcall.
public enum RoutingMessage {
  /// Whether an upcall stands in the bytes.
  public static func isUpcall(_ bytes: RawSpan, _ family: Family) -> Bool {
    family == .ipv4 ? bytes.u8(9) == 0 : bytes.u8(0) == 0
  }

  /// struct igmpmsg or struct mrt6msg; what stands behind it is not defined.
  public static func upcall(_ bytes: RawSpan, _ family: Family, table: TableID) -> Upcall? {
    switch family {
    case .ipv4:
      guard let kind = bytes.u8(8).flatMap(Upcall.Kind.init), let low = bytes.u8(10), let high = bytes.u8(11),
        high == 0, low < 32, let source = bytes.address(12, .ipv4), let group = bytes.address(16, .ipv4)
      else { return nil }
      return upcall(kind, low, source, group, table)
    case .ipv6:
      guard let kind = bytes.u8(1).flatMap(Upcall.Kind.init), let mif = bytes.u16(2), mif < 32,
        let source = bytes.address(8, .ipv6), let group = bytes.address(24, .ipv6)
      else { return nil }
      return upcall(kind, VIFIndex(truncatingIfNeeded: mif), source, group, table)
    }
  }

  private static func upcall(
    _ kind: Upcall.Kind, _ vif: VIFIndex, _ source: Address, _ group: Address, _ table: TableID
  ) -> Upcall? {
    guard let group = Group(group), let flow = Flow(source: source, group: group) else { return nil }
    return Upcall(kind: kind, table: table, vif: vif, flow: flow)
  }

  /// An IGMP packet behind its IPv4 header.
  ///
  /// - Parameter link: the ifindex that the kernel told beside the bytes.
  public static func igmp(_ bytes: RawSpan, link: Int32) -> Datagram? {
    let packet = copy(bytes, 0..<bytes.byteCount)
    do throws(WireError) {
      let header = try IPv4Header(decoding: packet.span)
      guard header.protocolNumber == 2 else { return nil }
      let end = header.headerLength + header.payloadLength
      return Datagram(
        link: link, source: header.source, destination: header.destination, hops: header.timeToLive,
        routerAlert: header.routerAlert, payload: Array(packet[header.headerLength..<end]))
    } catch {
      return nil
    }
  }

  static func copy(_ bytes: RawSpan, _ range: Range<Int>) -> [UInt8] {
    guard bytes.contains(range.lowerBound, count: range.count) else { return [] }
    let part = bytes.extracting(range)
    return unsafe part.withUnsafeBytes { unsafe Array($0) }
  }
}

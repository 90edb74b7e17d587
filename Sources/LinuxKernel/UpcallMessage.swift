public import Addressing
public import Kernel

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
    guard let first = bytes.u8(0), first >> 4 == 4, let ttl = bytes.u8(8), bytes.u8(9) == 2,
      let total = bytes.u16(2).map({ Int(UInt16(bigEndian: $0)) }),
      let source = bytes.address(12, .ipv4), let destination = bytes.address(16, .ipv4)
    else { return nil }
    let headerLength = Int(first & 0xf) * 4
    guard headerLength >= 20, total >= headerLength, total <= bytes.byteCount else { return nil }
    return Datagram(
      link: link, source: source, destination: destination, hops: ttl,
      routerAlert: hasRouterAlert(bytes, options: 20..<headerLength),
      payload: copy(bytes, headerLength..<total))
  }

  /// Looks for option 148 (RFC 2113).
  private static func hasRouterAlert(_ bytes: RawSpan, options: Range<Int>) -> Bool {
    var offset = options.lowerBound
    while offset < options.upperBound, let type = bytes.u8(offset), type != 0 {
      if type == 148 { return true }
      if type == 1 {
        offset += 1
      } else {
        guard let length = bytes.u8(offset + 1), length >= 2 else { return false }
        offset += Int(length)
      }
    }
    return false
  }

  static func copy(_ bytes: RawSpan, _ range: Range<Int>) -> [UInt8] {
    guard bytes.contains(range.lowerBound, count: range.count) else { return [] }
    let part = bytes.extracting(range)
    return unsafe part.withUnsafeBytes { unsafe Array($0) }
  }
}

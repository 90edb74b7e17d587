public import Addressing

/// Routes as a neighbor reports them (DVMRPv3 3.4), in the order of the packet.
public struct DVMRPReport: Hashable, Sendable {
  public var routes: [ReportedRoute]
  /// Routes of the packet that no router can mean; the others stand.
  public private(set) var skipped = 0
  /// Why the first of these was skipped.
  public private(set) var firstSkip: WireError?

  public init(_ routes: [ReportedRoute]) { self.routes = routes }

  /// Reads groups of routes that share a netmask until the packet ends.
  ///
  /// A packet that ends within a group was cut: nothing of it is kept.
  init(_ reader: inout Reader) throws(WireError) {
    routes = []
    // The smallest pair of network and metric takes two bytes.
    routes.reserveCapacity(reader.remaining / 2)
    while reader.remaining > 0 {
      let low = UInt32(try reader.u8()) << 16 | UInt32(try reader.u16())
      let mask = 0xff00_0000 | low
      guard ~mask & (~mask &+ 1) == 0 else { throw .mask }
      try decodeGroup(mask: mask, &reader)
    }
  }

  /// The pairs behind one netmask; the last has the metric's high bit set.
  private mutating func decodeGroup(mask: UInt32, _ reader: inout Reader) throws(WireError) {
    let width = ReportedRoute.width(of: mask)
    var isLast = false
    while !isLast {
      var network: UInt32 = 0
      for byte in 0..<width { network |= UInt32(try reader.u8()) << (24 - 8 * byte) }
      let metric = try reader.u8()
      isLast = metric & 0x80 != 0
      do {
        routes.append(try ReportedRoute(network: network, mask: mask, metric: metric & 0x7f))
      } catch {
        skipped += 1
        if firstSkip == nil { firstSkip = error }
      }
    }
  }

  func encode(to writer: inout Writer) {
    var packer = ReportPacker()
    for route in routes { packer.append(route) }
    packer.finish()
    writer.append(contentsOf: packer.bytes)
  }
}

/// One origin of a report and how far the sender says it is.
public struct ReportedRoute: Hashable, Sendable {
  /// 0.0.0.0/0, or a network of 8 to 32 bits.
  public var origin: Prefix
  public var metric: DVMRPMetric

  public init(_ origin: Prefix, _ metric: DVMRPMetric) {
    self.origin = origin
    self.metric = metric
  }

  fileprivate init(network: UInt32, mask: UInt32, metric: UInt8) throws(WireError) {
    guard let metric = DVMRPMetric(rawValue: metric) else { throw .metric }
    self.metric = metric
    guard network & ~mask == 0 else { throw .hostBits }
    // The mask bytes 0, 0, 0 with network 0 are the default route: there is no 0.0.0.0/8.
    if network == 0, mask == 0xff00_0000 {
      origin = .all(.ipv4)
      return
    }
    let address = Address(ipv4: network)
    guard network >> 24 != 0, network >> 24 < 240, address.isUnicastSource,
      let prefix = Prefix(address, length: mask.nonzeroBitCount)
    else { throw .network }
    origin = prefix
  }

  /// Bytes of a network under a netmask: those that the mask covers, at least one.
  static func width(of mask: UInt32) -> Int { 4 - mask.trailingZeroBitCount / 8 }
}

/// A metric of a route report: 1–31 hops, unreachable, or poison reverse.
public struct DVMRPMetric: Hashable, Sendable {
  /// 1–31 reachable, 32 unreachable, 33–63 poisoned.
  public let rawValue: UInt8

  /// Nil outside 1–63.
  public init?(rawValue: UInt8) {
    guard 1...63 ~= rawValue else { return nil }
    self.rawValue = rawValue
  }

  private init(unchecked: UInt8) { rawValue = unchecked }

  /// No way there.
  public static let unreachable = DVMRPMetric(unchecked: 32)

  /// A way of so many hops; 32 and more are no way.
  public static func hops(_ count: Int) -> DVMRPMetric {
    DVMRPMetric(unchecked: UInt8(min(32, max(1, count))))
  }

  /// "I reach it through you": infinity and the sender's own hops, 1–31.
  public static func poisoned(_ count: Int) -> DVMRPMetric {
    DVMRPMetric(unchecked: 32 + UInt8(min(31, max(1, count))))
  }

  public var isReachable: Bool { rawValue < 32 }
  /// The sender reaches the origin through us, and wants its packets from us.
  public var isPoisoned: Bool { rawValue > 32 }
}

import Addressing
import CLinux
import Kernel

/// One row of the kernel's multicast forwarding cache as netlink tells it: by links, not by VIFs.
struct MFCMessage: Hashable {
  var family: Family
  /// The kernel's number of the table.
  var table: UInt32
  var source: Address
  var group: Address
  /// Nil: the VIF is gone, or the row waits for a decision.
  var inbound: Int32?
  var outbound: [Outbound] = []
  /// A packet waits in it for a decision.
  var isUnresolved: Bool
  /// Made by a process that does not own the table.
  var isStatic: Bool
  var isRemoval: Bool
  var packets: UInt64 = 0
  var bytes: UInt64 = 0
  var wrongInterface: UInt64 = 0
  /// Hundredths of a second since the last packet; nil: not told.
  var idleTicks: UInt64?

  /// A link that packets leave by, and the TTL they must exceed.
  struct Outbound: Hashable {
    var link: Int32
    var threshold: UInt8
  }

  /// Nil for every message that is about something else, or that is not whole.
  init?(_ bytes: RawSpan, _ message: NetlinkMessage) {
    let start = message.payload.lowerBound
    guard Int(message.type) == RTM_NEWROUTE || Int(message.type) == RTM_DELROUTE,
      message.payload.count >= 12, let family = Family(routing: bytes.u8(start)),
      let number = bytes.u8(start + 4), let protocolNumber = bytes.u8(start + 5),
      bytes.u8(start + 7) == UInt8(RTN_MULTICAST), let flags = bytes.u32(start + 8)
    else { return nil }
    self.family = family
    table = UInt32(number)
    source = .unspecified(family)
    group = .unspecified(family)
    isUnresolved = flags & UInt32(RTNH_F_UNRESOLVED) != 0
    isStatic = protocolNumber == UInt8(RTPROT_STATIC)
    isRemoval = Int(message.type) == RTM_DELROUTE
    var attributes = NetlinkAttributeCursor(message, after: 12)
    while let attribute = attributes.next(bytes) { read(attribute, bytes) }
  }

  private mutating func read(_ attribute: NetlinkAttribute, _ bytes: RawSpan) {
    let place = attribute.value.lowerBound
    let count = attribute.value.count
    switch UInt32(attribute.type) {
    case RTA_TABLE.rawValue where count >= 4: table = bytes.u32(place) ?? table
    case RTA_SRC.rawValue where count == family.width / 8: source = bytes.address(place, family) ?? source
    case RTA_DST.rawValue where count == family.width / 8: group = bytes.address(place, family) ?? group
    case RTA_IIF.rawValue where count >= 4: inbound = bytes.i32(place)
    case RTA_MULTIPATH.rawValue: readOutbound(attribute.value, bytes)
    case RTA_MFC_STATS.rawValue where count >= 24:
      packets = bytes.u64(place) ?? 0
      self.bytes = bytes.u64(place + 8) ?? 0
      wrongInterface = bytes.u64(place + 16) ?? 0
    case RTA_EXPIRES.rawValue where count >= 8: idleTicks = bytes.u64(place)
    default: break
    }
  }

  private mutating func readOutbound(_ range: Range<Int>, _ bytes: RawSpan) {
    var offset = range.lowerBound
    while offset <= range.upperBound - 8, let length = bytes.u16(offset), length >= 8,
      Int(length) <= range.upperBound - offset, let hops = bytes.u8(offset + 3),
      let link = bytes.i32(offset + 4)
    {
      outbound.append(Outbound(link: link, threshold: hops))
      offset += (Int(length) + 3) & ~3
    }
  }

  /// In VIFs; nil for a row that waits for a decision and for one that names no group.
  ///
  /// - Parameter vif: the VIF of a link in the row's table. Links without one are left out, as an inbound
  ///   one the row has `KernelEntry.noParent`.
  func entry(table: TableID, vif: (Int32) -> VIFIndex?) -> KernelEntry? {
    guard !isUnresolved, let key = key(table: table) else { return nil }
    var list = OutboundList()
    for next in outbound {
      if let index = vif(next.link) { list[index] = next.threshold }
    }
    return KernelEntry(key: key, parent: inbound.flatMap(vif) ?? KernelEntry.noParent, outbound: list)
  }

  func key(table: TableID) -> KernelEntry.Key? {
    guard let group = Group(group), let flow = Flow(source: source, group: group) else { return nil }
    return KernelEntry.Key(table: table, flow: flow)
  }
}

extension Family {
  /// From RTNL_FAMILY_IPMR or RTNL_FAMILY_IP6MR.
  init?(routing number: UInt8?) {
    switch number.map(Int32.init) {
    case RTNL_FAMILY_IPMR: self = .ipv4
    case RTNL_FAMILY_IP6MR: self = .ipv6
    default: return nil
    }
  }

  /// RTNL_FAMILY_IPMR or RTNL_FAMILY_IP6MR.
  var routingNumber: UInt8 { UInt8(self == .ipv4 ? RTNL_FAMILY_IPMR : RTNL_FAMILY_IP6MR) }
}

/// Requests about rows.
extension NetlinkRequest {
  /// All rows of a table; nil: of every table of the family.
  static func rows(_ family: Family, table: UInt32?) -> NetlinkRequest {
    var header = [UInt8](repeating: 0, count: 12)
    header[0] = family.routingNumber
    var request = NetlinkRequest(type: RTM_GETROUTE, flags: NLM_F_REQUEST | NLM_F_DUMP, header: header)
    if let table { request.attribute(Int(RTA_TABLE.rawValue), table) }
    return request
  }

  /// One row.
  static func row(_ flow: Flow, table: UInt32) -> NetlinkRequest {
    var header = [UInt8](repeating: 0, count: 12)
    header[0] = flow.family.routingNumber
    header[1] = UInt8(flow.family.width)
    header[2] = UInt8(flow.family.width)
    var request = NetlinkRequest(type: RTM_GETROUTE, flags: NLM_F_REQUEST, header: header)
    request.attribute(Int(RTA_SRC.rawValue), flow.source.networkBytes)
    request.attribute(Int(RTA_DST.rawValue), flow.group.address.networkBytes)
    request.attribute(Int(RTA_TABLE.rawValue), table)
    return request
  }

  /// The VIFs of every IPv4 table; IPv6 has no such dump.
  static var vifs: NetlinkRequest {
    var header = [UInt8](repeating: 0, count: 16)
    header[0] = UInt8(RTNL_FAMILY_IPMR)
    return NetlinkRequest(type: RTM_GETLINK, flags: NLM_F_REQUEST | NLM_F_DUMP, header: header)
  }
}

/// The VIFs of one IPv4 table as netlink tells them.
struct VIFTableMessage: Hashable {
  var table: UInt32 = 0
  var vifs: [Row] = []

  struct Row: Hashable {
    var link: Int32 = 0
    var index: VIFIndex = 0
    var flags: UInt16 = 0
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0
    var packetsIn: UInt64 = 0
    var packetsOut: UInt64 = 0
  }

  /// Nil for every message that is about something else, or that is not whole.
  init?(_ bytes: RawSpan, _ message: NetlinkMessage) {
    guard Int(message.type) == RTM_NEWLINK, message.payload.count >= 16,
      bytes.u8(message.payload.lowerBound) == UInt8(RTNL_FAMILY_IPMR)
    else { return nil }
    var attributes = NetlinkAttributeCursor(message, after: 16)
    while let attribute = attributes.next(bytes) {
      if attribute.type == IFLA_AF_SPEC { read(attribute.value, bytes) }
    }
    guard table != 0 else { return nil }
  }

  private mutating func read(_ specifics: Range<Int>, _ bytes: RawSpan) {
    var attributes = NetlinkAttributeCursor(specifics)
    while let attribute = attributes.next(bytes) {
      if attribute.type == IPMRA_TABLE_ID { table = bytes.u32(attribute.value.lowerBound) ?? 0 }
      guard attribute.type == IPMRA_TABLE_VIFS else { continue }
      var list = NetlinkAttributeCursor(attribute.value)
      while let vif = list.next(bytes) {
        if vif.type == IPMRA_VIF, let row = Row(bytes, vif.value) { vifs.append(row) }
      }
    }
  }
}

extension VIFTableMessage.Row {
  init?(_ bytes: RawSpan, _ range: Range<Int>) {
    var hasIndex = false
    var attributes = NetlinkAttributeCursor(range)
    while let attribute = attributes.next(bytes) {
      let place = attribute.value.lowerBound
      switch (attribute.type, attribute.value.count) {
      case (IPMRA_VIFA_IFINDEX, 4...): link = bytes.i32(place) ?? 0
      case (IPMRA_VIFA_VIF_ID, 4...):
        guard let number = bytes.u32(place), number < 32 else { return nil }
        index = VIFIndex(truncatingIfNeeded: number)
        hasIndex = true
      case (IPMRA_VIFA_FLAGS, 2...): flags = bytes.u16(place) ?? 0
      case (IPMRA_VIFA_BYTES_IN, 8...): bytesIn = bytes.u64(place) ?? 0
      case (IPMRA_VIFA_BYTES_OUT, 8...): bytesOut = bytes.u64(place) ?? 0
      case (IPMRA_VIFA_PACKETS_IN, 8...): packetsIn = bytes.u64(place) ?? 0
      case (IPMRA_VIFA_PACKETS_OUT, 8...): packetsOut = bytes.u64(place) ?? 0
      default: break
      }
    }
    guard hasIndex else { return nil }
  }
}

import CLinux

/// Making and changing network devices.
extension NetlinkRequest {
  /// Marks devices of ours, so that those of a process that was killed can be told from an operator's.
  static let deviceMark = "made by mcastd"

  /// A tunnel that the kernel wraps and unwraps by itself; EOPNOTSUPP without its module.
  static func ipipTunnel(_ name: String, local: UInt32, remote: UInt32) -> NetlinkRequest {
    var ends = NetlinkAttributes()
    // Addresses are in network order, the rest are bytes; type of service 1 means that of the inner packet.
    ends.append(TunnelAttribute.local, native(local.bigEndian))
    ends.append(TunnelAttribute.remote, native(remote.bigEndian))
    ends.append(TunnelAttribute.hops, [64])
    ends.append(TunnelAttribute.typeOfService, [1])
    ends.append(TunnelAttribute.protocolNumber, [UInt8(mc_IPPROTO_IPIP)])
    var kind = NetlinkAttributes()
    kind.append(IFLA_INFO_KIND, Array("ipip".utf8))
    kind.append(IFLA_INFO_DATA | nested, ends.bytes)
    var request = NetlinkRequest(
      type: RTM_NEWLINK, flags: NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
      header: deviceHeader(link: 0))
    request.attribute(IFLA_IFNAME, name)
    request.attribute(IFLA_IFALIAS, Array(deviceMark.utf8))
    request.attribute(IFLA_LINKINFO | nested, kind.bytes)
    return request
  }

  /// Brings a device up with this MTU and a queue that holds a burst.
  static func startDevice(link: Int32, mtu: UInt32) -> NetlinkRequest {
    var request = NetlinkRequest(
      type: RTM_NEWLINK, flags: NLM_F_REQUEST | NLM_F_ACK,
      header: deviceHeader(link: link, setting: Int32(IFF_UP | IFF_MULTICAST)))
    request.attribute(IFLA_MTU, mtu)
    request.attribute(IFLA_TXQLEN, UInt32(4000))
    return request
  }

  static func setMTU(link: Int32, _ mtu: UInt32) -> NetlinkRequest {
    var request = NetlinkRequest(
      type: RTM_NEWLINK, flags: NLM_F_REQUEST | NLM_F_ACK, header: deviceHeader(link: link))
    request.attribute(IFLA_MTU, mtu)
    return request
  }

  static func removeDevice(link: Int32) -> NetlinkRequest {
    NetlinkRequest(
      type: RTM_DELLINK, flags: NLM_F_REQUEST | NLM_F_ACK, header: deviceHeader(link: link))
  }

  static func device(link: Int32) -> NetlinkRequest {
    NetlinkRequest(type: RTM_GETLINK, flags: NLM_F_REQUEST, header: deviceHeader(link: link))
  }

  /// Gives a device an IPv4 address for itself alone, or takes it back.
  static func address(link: Int32, _ address: UInt32, adding: Bool) -> NetlinkRequest {
    let flags = NLM_F_REQUEST | NLM_F_ACK | (adding ? NLM_F_CREATE | NLM_F_REPLACE : 0)
    // struct ifaddrmsg; of link scope, so that nothing that leaves by other devices is sent from it.
    var request = NetlinkRequest(
      type: adding ? RTM_NEWADDR : RTM_DELADDR, flags: flags,
      header: [UInt8(AF_INET), 32, 0, UInt8(RT_SCOPE_LINK.rawValue)] + native(link))
    request.attribute(IFA_LOCAL, native(address.bigEndian))
    request.attribute(IFA_ADDRESS, native(address.bigEndian))
    return request
  }

  /// struct ifinfomsg: what is named in `setting` is set, all other flags stay.
  private static func deviceHeader(link: Int32, setting flags: Int32 = 0) -> [UInt8] {
    [0, 0, 0, 0] + native(link) + native(flags) + native(flags)
  }

  private static let nested = Int(NLA_F_NESTED)

  /// IFLA_IPTUN_; their header cannot stand beside that of the C library.
  enum TunnelAttribute {
    static let local = 2, remote = 3, hops = 4, typeOfService = 5, protocolNumber = 9
  }
}

/// Attributes that stand in another one.
struct NetlinkAttributes {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ type: Int, _ value: [UInt8]) {
    bytes += NetlinkRequest.native(UInt16(truncatingIfNeeded: 4 + value.count))
    bytes += NetlinkRequest.native(UInt16(truncatingIfNeeded: type)) + value
    while bytes.count & 3 != 0 { bytes.append(0) }
  }
}

/// What a link message says of how a device came to be.
struct DeviceMessage: Hashable {
  /// Empty for hardware.
  var kind = ""
  var alias = ""
  /// The ends of a tunnel of the kernel.
  var ends = Encapsulation.Ends(local: 0, remote: 0)

  /// Whether this program, or an earlier one of its kind, made a tunnel of the kernel.
  var isOurTunnel: Bool { kind == "ipip" && alias == NetlinkRequest.deviceMark }

  init?(_ bytes: RawSpan, _ message: NetlinkMessage) {
    guard Int(message.type) == RTM_NEWLINK else { return nil }
    var attributes = NetlinkAttributeCursor(message, after: 16)
    while let attribute = attributes.next(bytes) {
      if attribute.type == IFLA_IFALIAS { alias = bytes.text(attribute.value) ?? "" }
      guard attribute.type == IFLA_LINKINFO else { continue }
      var nested = NetlinkAttributeCursor(attribute.value)
      while let inner = nested.next(bytes) {
        if inner.type == IFLA_INFO_KIND { kind = bytes.text(inner.value) ?? "" }
        if inner.type == IFLA_INFO_DATA { readEnds(inner.value, bytes) }
      }
    }
  }

  private mutating func readEnds(_ range: Range<Int>, _ bytes: RawSpan) {
    var attributes = NetlinkAttributeCursor(range)
    while let attribute = attributes.next(bytes) {
      let address = bytes.u32(attribute.value.lowerBound).map { UInt32(bigEndian: $0) } ?? 0
      switch attribute.type {
      case NetlinkRequest.TunnelAttribute.local: ends.local = address
      case NetlinkRequest.TunnelAttribute.remote: ends.remote = address
      default: break
      }
    }
  }
}

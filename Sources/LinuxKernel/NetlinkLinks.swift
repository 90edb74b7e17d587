import Addressing
import CLinux
import Kernel

/// What one link or address message says.
enum LinkMessage: Hashable {
  case link(Interface)
  case linkRemoved(Int32)
  case address(Int32, InterfaceAddress)
  case addressRemoved(Int32, InterfaceAddress)

  /// Nil for every message that is about something else, or that is not whole.
  init?(_ bytes: RawSpan, _ message: NetlinkMessage) {
    switch Int(message.type) {
    case RTM_NEWLINK, RTM_DELLINK: self.init(link: bytes, message)
    case RTM_NEWADDR, RTM_DELADDR: self.init(address: bytes, message)
    default: return nil
    }
  }

  private init?(link bytes: RawSpan, _ message: NetlinkMessage) {
    let start = message.payload.lowerBound
    // Family 7 (AF_BRIDGE) tells of a port's place in a bridge, not of a link.
    guard message.payload.count >= 16, bytes.u8(start) == UInt8(AF_UNSPEC),
      let index = bytes.i32(start + 4), index > 0, let flags = bytes.u32(start + 8)
    else { return nil }
    if Int(message.type) == RTM_DELLINK {
      self = .linkRemoved(index)
      return
    }
    var interface = Interface(index: index, name: "", flags: [], mtu: 0)
    var operational: UInt8?
    var attributes = NetlinkAttributeCursor(message, after: 16)
    while let attribute = attributes.next(bytes) {
      switch attribute.type {
      case IFLA_IFNAME: interface.name = bytes.text(attribute.value) ?? ""
      case IFLA_MTU where attribute.value.count >= 4:
        interface.mtu = bytes.u32(attribute.value.lowerBound) ?? 0
      case IFLA_OPERSTATE where !attribute.value.isEmpty: operational = bytes.u8(attribute.value.lowerBound)
      default: break
      }
    }
    guard !interface.name.isEmpty else { return nil }
    interface.flags = LinkMessage.flags(flags, operational)
    self = .link(interface)
  }

  private static func flags(_ flags: UInt32, _ operational: UInt8?) -> Interface.Flags {
    var result: Interface.Flags = []
    if flags & UInt32(IFF_UP) != 0 { result.insert(.up) }
    // State 0 (unknown): loopback, TUN and drivers that do not tell; they work.
    if flags & UInt32(IFF_RUNNING) != 0 || (operational == 0 && flags & UInt32(IFF_UP) != 0) {
      result.insert(.running)
    }
    if flags & UInt32(IFF_MULTICAST) != 0 { result.insert(.multicast) }
    if flags & UInt32(IFF_LOOPBACK) != 0 { result.insert(.loopback) }
    if flags & UInt32(IFF_POINTOPOINT) != 0 { result.insert(.pointToPoint) }
    return result
  }

  private init?(address bytes: RawSpan, _ message: NetlinkMessage) {
    let start = message.payload.lowerBound
    guard message.payload.count >= 8, let family = Family(bytes.u8(start)),
      let length = bytes.u8(start + 1), Int(length) <= family.width,
      let index = bytes.i32(start + 4), index > 0, var flags = bytes.u8(start + 2).map(UInt32.init)
    else { return nil }
    var address: Address?
    var local: Address?
    var attributes = NetlinkAttributeCursor(message, after: 8)
    while let attribute = attributes.next(bytes) {
      let place = attribute.value.lowerBound
      switch attribute.type {
      case IFA_ADDRESS where attribute.value.count == family.width / 8: address = bytes.address(place, family)
      case IFA_LOCAL where attribute.value.count == family.width / 8: local = bytes.address(place, family)
      case IFA_FLAGS where attribute.value.count >= 4: flags = bytes.u32(place) ?? flags
      default: break
      }
    }
    // With a peer, IFA_ADDRESS is the peer's; the own one is IFA_LOCAL.
    guard let own = local ?? address else { return nil }
    let entry = InterfaceAddress(own, length: length)
    // An address that is still being tested, or failed the test, cannot send: as if it were not there.
    let isUsable = flags & UInt32(IFA_F_TENTATIVE | IFA_F_DADFAILED) == 0
    self =
      Int(message.type) == RTM_NEWADDR && isUsable ? .address(index, entry) : .addressRemoved(index, entry)
  }
}

extension Family {
  /// From AF_INET or AF_INET6.
  init?(_ number: UInt8?) {
    switch number.map(Int32.init) {
    case AF_INET: self = .ipv4
    case AF_INET6: self = .ipv6
    default: return nil
    }
  }

  /// AF_INET or AF_INET6.
  var number: Int32 { self == .ipv4 ? AF_INET : AF_INET6 }
}

/// Every link with its addresses, as the messages told so far.
struct LinkTable {
  private var interfaces: [Int32: Interface] = [:]
  /// Addresses may be told before their link.
  private var addresses: [Int32: [InterfaceAddress]] = [:]

  /// By ifindex.
  var sorted: [Interface] { interfaces.values.sorted { $0.index < $1.index } }

  func name(of link: Int32) -> String? { interfaces[link]?.name }

  func link(named name: String) -> Int32? { interfaces.values.first { $0.name == name }?.index }

  /// Takes one message; what changed by it, if anything did.
  mutating func apply(_ message: LinkMessage) -> KernelEvent? {
    switch message {
    case .link(var interface):
      interface.addresses = addresses[interface.index] ?? []
      return update(interface)
    case .linkRemoved(let index):
      addresses[index] = nil
      return interfaces.removeValue(forKey: index) == nil ? nil : .interfaceRemoved(link: index)
    case .address(let index, let address):
      var list = addresses[index] ?? []
      if let place = list.firstIndex(where: { $0.address == address.address }) {
        list[place] = address
      } else {
        list.append(address)
      }
      return setAddresses(list, index)
    case .addressRemoved(let index, let address):
      return setAddresses((addresses[index] ?? []).filter { $0.address != address.address }, index)
    }
  }

  private mutating func setAddresses(_ list: [InterfaceAddress], _ index: Int32) -> KernelEvent? {
    addresses[index] = list.isEmpty ? nil : list
    guard var interface = interfaces[index] else { return nil }
    interface.addresses = list
    return update(interface)
  }

  private mutating func update(_ interface: Interface) -> KernelEvent? {
    guard interfaces[interface.index] != interface else { return nil }
    interfaces[interface.index] = interface
    return .interfaceChanged(interface)
  }
}

import Addressing
import Kernel
import Timing
import Wire

/// One interface or tunnel on which DVMRP is spoken.
struct DVMRPLink: Sendable {
  let id: InterfaceID
  var settings: DVMRPSettings
  var interface: Interface?
  /// Up, and with an address to speak from.
  private(set) var isActive = false
  /// Our address on the link.
  private(set) var address = Address.unspecified(.ipv4)
  /// Where neighbors are, the first the one of `address`.
  private(set) var subnets: [Prefix] = []
  /// Tells neighbors that we began anew.
  var generation: UInt32 = 0
  var upSince = Instant.start
  /// Numbers of the neighbors, by address.
  var peers: [UInt16] = []
  /// A router was heard here since it is up.
  var hasHeard = false
  /// Waits for a neighbor's first report before it forwards.
  var isWaiting = false
  /// Until then, or since when, there was a two-way neighbor.
  var lonelySince = Instant.start
  var probedAt: Instant?
  /// Probes of the start that are still to come after another second.
  var earlyProbes = 0
  var isQuerier = false
  var counters = DVMRPCounters()

  init(_ id: InterfaceID, _ settings: DVMRPSettings) {
    self.id = id
    self.settings = settings
  }

  /// As it was in a former life; settings and interface are told anew.
  init(_ id: InterfaceID, isActive: Bool, address: Address) {
    self.init(id, DVMRPSettings())
    self.isActive = isActive
    self.address = address
  }

  /// Derives what the interface's state and the settings make of it.
  mutating func derive() {
    isActive = false
    guard let interface, interface.flags.isSuperset(of: [.up, .running]) else { return }
    if let tunnel = settings.tunnel {
      address = tunnel.local
      subnets = []
      isActive = true
      return
    }
    let ipv4 = interface.addresses.filter { $0.address.family == .ipv4 && $0.address.isUnicastSource }
    guard let first = ipv4.first, !interface.flags.contains(.loopback) else { return }
    address = first.address
    subnets = ipv4.map(\.subnet)
    for altnet in settings.altnets where altnet.family == .ipv4 && !subnets.contains(altnet) {
      subnets.append(altnet)
    }
    isActive = interface.flags.contains(.multicast) || interface.flags.contains(.pointToPoint)
  }

  /// Routers are heard and spoken to.
  var isSpeaking: Bool { isActive && !settings.isForcedLeaf }

  var isTunnel: Bool { settings.tunnel != nil }

  var repeatsPrunes: Bool {
    settings.repeatsPrunes ?? (isTunnel || interface?.flags.contains(.pointToPoint) ?? false)
  }

  /// Whether a router with this address can be here (DVMRPv3 3.1): not on the subnet, no neighbor.
  func canHost(_ other: Address) -> Bool {
    if let tunnel = settings.tunnel { return other == tunnel.remote }
    return subnets.contains { $0.hasHost(other) }
  }

  /// Whether a boundary keeps the group from passing here.
  func isScoped(_ group: Group) -> Bool { settings.boundaries.contains { $0.contains(group.address) } }

  func isLeaf(hasNeighbor: Bool, at now: Instant) -> Bool {
    !hasNeighbor && now >= lonelySince + DVMRPTimes.leafConfirmation
  }

  private func isOwn(_ other: Address) -> Bool {
    interface?.addresses.contains { $0.address == other } ?? false
  }

  /// A packet from here; to all routers of a tunnel is to its other end.
  ///
  /// What leaves the link, or goes to this machine, goes where the kernel's routes lead, which link 0 stands
  /// for: led to the link, a packet to its own address would look for its receiver there.
  func datagram(to destination: Address, _ payload: [UInt8]) -> Datagram {
    let target = destination.isMulticast ? settings.tunnel?.remote ?? destination : destination
    let isNear = target.isMulticast || subnets.contains { $0.contains(target) } && !isOwn(target)
    return Datagram(
      link: isNear ? interface?.index ?? 0 : 0, source: address, destination: target, hops: isNear ? 1 : 255,
      routerAlert: target.isMulticast && settings.sendsRouterAlert, payload: payload)
  }

  static let allRouters = Address(ipv4: 0xe000_0004)
  static let allSystems = Address(ipv4: 0xe000_0001)
}

import Addressing
import CLinux
import Kernel

/// What is known of a tunnel beside its device.
public struct TunnelFacts {
  /// Packets that we did not carry, by reason; nil: the kernel carries it.
  public var dropped: [(reason: String, count: UInt64)]?
}

extension LinuxDriver {
  /// What is known of a tunnel beside its device; nil: it is not there.
  public func facts(ofTunnel name: String) -> TunnelFacts? { tunnels.facts(name) }
}

/// The tunnels that were made, and the packets of those that we carry ourselves.
///
/// Where the kernel lacks the ipip module, a TUN device stands for a tunnel: what the routing sends out by it
/// is wrapped here and leaves by one raw socket for all tunnels, and what that socket takes in is unwrapped,
/// judged, and given to the device it belongs to. To the routing both are network devices.
@safe final class Tunnels {
  private var made: [String: Made] = [:]
  /// Those that we carry, by the number of their token, and by their ends.
  private var carried: [UInt32: CarriedTunnel] = [:]
  private var byEnds: [Encapsulation.Ends: CarriedTunnel] = [:]
  private var nextNumber: UInt32 = 0
  private var outside: Descriptor?
  /// Packets from nobody who is the other end of a tunnel.
  private(set) var strangers: UInt64 = 0
  private let loop: EventLoop
  private let requests: NetlinkSocket
  private var succession: Succession?
  /// Devices of a former life that nobody has asked for yet.
  private var inherited: [String: Descriptor] = [:]
  /// Room for one packet of any size, behind an outer header.
  private let buffer: UnsafeMutableRawBufferPointer

  private struct Made {
    var tunnel: Tunnel
    /// Nil: the kernel carries it.
    var number: UInt32?
    var link: Int32
  }

  init(_ loop: EventLoop, asking requests: NetlinkSocket) {
    self.loop = loop
    self.requests = requests
    unsafe buffer = .allocate(byteCount: Encapsulation.headerLength + 65_536, alignment: 16)
  }

  deinit { unsafe buffer.deallocate() }

  var isEmpty: Bool { made.isEmpty }

  /// Takes what a former life left: the devices stay, and what is routed by them.
  func inherit(_ succession: Succession) {
    self.succession = succession
    for left in succession.take(Tunnels.namePrefix) { inherited[left.rest] = left.descriptor }
    for left in succession.take(Tunnels.outsideName) {
      if left.rest.isEmpty, left.descriptor.isSocket(AF_INET, mc_SOCK_RAW, mc_IPPROTO_IPIP),
        (try? watchOutside(left.descriptor)) != nil
      {
        continue
      }
      succession.refuse(left.name, "it is no tunnel socket of this network namespace")
    }
  }

  /// Closes devices that no statement asks for any more.
  func closeUnclaimed() {
    for name in inherited.keys.sorted() { release(name) }
    closeOutsideIfUnused()
  }

  /// Lets go of a device of a former life.
  ///
  /// It goes with its last descriptor, which the keeper may still have: so it is removed by its name, too.
  private func release(_ name: String) {
    guard let descriptor = inherited.removeValue(forKey: name) else { return }
    if let device = TunnelDevice(adopting: descriptor, name) {
      _ = try? requests.ask(.removeDevice(link: device.link))
    }
    succession?.store.drop(Tunnels.namePrefix + name)
  }

  private static let namePrefix = "tun-"
  private static let outsideName = "ipip"

  /// Who carries a tunnel, and what it did not carry, by reason; nil: it is not there.
  func facts(_ name: String) -> TunnelFacts? {
    guard let tunnel = made[name] else { return nil }
    guard let number = tunnel.number, let counters = carried[number]?.counters else {
      return TunnelFacts(dropped: nil)
    }
    return TunnelFacts(
      dropped: Encapsulation.Refusal.allCases.compactMap { refusal in
        counters[refusal] > 0 ? ("\(refusal)", counters[refusal]) : nil
      })
  }

  /// Makes a tunnel, or changes the one of its name; the errno, or 0.
  func create(_ tunnel: Tunnel) -> Int32 {
    guard let local = tunnel.local.ipv4, let remote = tunnel.remote.ipv4, local != remote,
      TunnelDevice.isName(tunnel.name)
    else { return EINVAL }
    let ends = Encapsulation.Ends(local: local, remote: remote)
    if let old = made[tunnel.name] {
      if old.tunnel == tunnel { return 0 }
      if let number = old.number, tunnel.mode != .kernel { return change(number, tunnel, ends) }
      remove(tunnel.name)
    }
    // What a former life carried is carried on; its device has the name that another would need.
    if tunnel.mode == .kernel { release(tunnel.name) }
    let isInherited = inherited[tunnel.name] != nil
    do throws(SystemError) {
      // The kernel's own tunnels know no rate.
      if !isInherited, tunnel.mode == .kernel || tunnel.mode == .auto && tunnel.rateLimit == 0 {
        do throws(SystemError) {
          try createInKernel(tunnel, ends)
          return 0
        } catch {
          guard tunnel.mode == .auto, error.errno != EEXIST else { throw error }
        }
      }
      try createCarried(tunnel, ends)
      return 0
    } catch {
      return error.errno
    }
  }

  /// A tunnel that is not there is no error.
  func remove(_ name: String) {
    guard let tunnel = made.removeValue(forKey: name) else { return }
    // Also where we carry it: whoever else holds the device open, it goes.
    _ = try? requests.ask(.removeDevice(link: tunnel.link))
    if let number = tunnel.number { forget(number) }
  }

  func removeAll() {
    for name in Array(made.keys) { remove(name) }
  }

  private func start(
    _ tunnel: Tunnel, _ link: Int32, _ ends: Encapsulation.Ends, mtu: UInt32
  ) throws(SystemError) {
    TunnelDevice.prepare(tunnel.name)
    try requests.ask(.address(link: link, ends.local, adding: true))
    try requests.ask(.startDevice(link: link, mtu: mtu))
  }

  // MARK: By the kernel

  private func createInKernel(_ tunnel: Tunnel, _ ends: Encapsulation.Ends) throws(SystemError) {
    let request = NetlinkRequest.ipipTunnel(tunnel.name, local: ends.local, remote: ends.remote)
    do throws(SystemError) {
      try requests.ask(request)
    } catch {
      guard error.errno == EEXIST else { throw error }
      if !isRemnant(tunnel.name, of: ends) {
        guard removeRemnant(tunnel.name) else { throw error }
        try requests.ask(request)
      }
    }
    let link = try Links.index(of: tunnel.name)
    made[tunnel.name] = Made(tunnel: tunnel, number: nil, link: link)
    do throws(SystemError) {
      try start(tunnel, link, ends, mtu: TunnelDevice.innerMTU(to: tunnel.remote))
    } catch {
      remove(tunnel.name)
      throw error
    }
  }

  /// Whether a former life left this very tunnel, which then carries on.
  private func isRemnant(_ name: String, of ends: Encapsulation.Ends) -> Bool {
    guard let link = try? Links.index(of: name) else { return false }
    var message: DeviceMessage?
    _ = try? requests.ask(.device(link: link)) { message = DeviceMessage($0, $1) ?? message }
    return message?.isOurTunnel ?? false && message?.ends == ends
  }

  /// A process that was killed leaves its tunnels behind; whether it was one, which is now gone.
  private func removeRemnant(_ name: String) -> Bool {
    guard let link = try? Links.index(of: name) else { return false }
    var isOurs = false
    _ = try? requests.ask(.device(link: link)) { isOurs = DeviceMessage($0, $1)?.isOurTunnel ?? false }
    guard isOurs else { return false }
    _ = try? requests.ask(.removeDevice(link: link))
    return true
  }

  // MARK: By ourselves

  private func createCarried(_ tunnel: Tunnel, _ ends: Encapsulation.Ends) throws(SystemError) {
    guard byEnds[ends] == nil else { throw SystemError("make tunnel", tunnel.name, errno: EADDRINUSE) }
    try openOutside()
    let device: TunnelDevice
    do throws(SystemError) { device = try self.device(tunnel.name) } catch {
      closeOutsideIfUnused()
      throw error
    }
    let carrier = CarriedTunnel(device, tunnel, ends)
    do throws(SystemError) {
      carrier.mtu = TunnelDevice.innerMTU(to: tunnel.remote)
      try start(tunnel, device.link, ends, mtu: carrier.mtu)
      try loop.watch(device.descriptor, as: LinuxDriver.Tokens.tunnel(nextNumber))
    } catch {
      closeOutsideIfUnused()
      throw error
    }
    made[tunnel.name] = Made(tunnel: tunnel, number: nextNumber, link: device.link)
    carried[nextNumber] = carrier
    byEnds[ends] = carrier
    nextNumber &+= 1
  }

  /// The one that a former life left, or a new one.
  private func device(_ name: String) throws(SystemError) -> TunnelDevice {
    if let descriptor = inherited.removeValue(forKey: name) {
      if let device = TunnelDevice(adopting: descriptor, name) { return device }
      succession?.refuse(Tunnels.namePrefix + name, "it is not the device of that name")
    }
    let device = try TunnelDevice(name)
    succession?.store.keep(device.descriptor, as: Tunnels.namePrefix + name)
    return device
  }

  /// Other ends, another rate: the device stays, and with it what is routed by it.
  private func change(_ number: UInt32, _ tunnel: Tunnel, _ ends: Encapsulation.Ends) -> Int32 {
    guard let carrier = carried[number] else { return ENODEV }
    if let other = byEnds[ends], other !== carrier { return EADDRINUSE }
    if carrier.ends.local != ends.local {
      _ = try? requests.ask(.address(link: carrier.device.link, ends.local, adding: true))
      _ = try? requests.ask(.address(link: carrier.device.link, carrier.ends.local, adding: false))
    }
    byEnds[carrier.ends] = nil
    byEnds[ends] = carrier
    carrier.change(tunnel, ends)
    made[tunnel.name]?.tunnel = tunnel
    adjustMTU(of: carrier)
    return 0
  }

  private func forget(_ number: UInt32) {
    guard let carrier = carried.removeValue(forKey: number) else { return }
    byEnds[carrier.ends] = nil
    loop.forget(carrier.device.descriptor)
    succession?.store.drop(Tunnels.namePrefix + carrier.device.name)
    closeOutsideIfUnused()
  }

  private func openOutside() throws(SystemError) {
    guard outside == nil else { return }
    let socket = try Descriptor.socket(AF_INET, mc_SOCK_RAW, mc_IPPROTO_IPIP)
    socket.setReceiveBuffer(4 << 20)
    if !socket.set(SOL_SOCKET, SO_SNDBUFFORCE, 4 << 20) { socket.set(SOL_SOCKET, SO_SNDBUF, 4 << 20) }
    guard socket.set(mc_IPPROTO_IP, IP_HDRINCL, 1) else { throw .last("open tunnel socket") }
    try watchOutside(socket)
    succession?.store.keep(socket, as: Tunnels.outsideName)
  }

  private func watchOutside(_ socket: Descriptor) throws(SystemError) {
    try loop.watch(socket, as: LinuxDriver.Tokens.kernel(LinuxDriver.Tokens.tunnels))
    outside = socket
  }

  private func closeOutsideIfUnused() {
    guard carried.isEmpty, inherited.isEmpty, let socket = outside else { return }
    loop.forget(socket)
    succession?.store.drop(Tunnels.outsideName)
    outside = nil
  }

  // MARK: Packets

  /// Carries what the routing sent out by a tunnel.
  ///
  /// - Returns: the tunnel, when somebody took its device away.
  func sendOut(_ number: UInt32) -> Tunnel? {
    guard let carrier = carried[number], let outside else { return nil }
    switch unsafe carrier.sendOut(by: outside, room: buffer) {
    case .done: return nil
    // The way has become narrower than the device says.
    case .tooLong: adjustMTU(of: carrier)
    case .deviceGone: return lose(link: carrier.device.link)
    }
    return nil
  }

  /// Somebody deleted a device; the tunnel that it stood for.
  ///
  /// To be told at once: the loop would report its descriptor for ever.
  func lose(link: Int32) -> Tunnel? {
    guard let lost = made.values.first(where: { $0.link == link }) else { return nil }
    if let number = lost.number { forget(number) }
    made[lost.tunnel.name] = nil
    return lost.tunnel
  }

  /// The same for every tunnel whose device is not there.
  func loseAll(but present: Set<Int32>) -> [Tunnel] {
    made.values.map(\.link).filter { !present.contains($0) }.sorted().compactMap { lose(link: $0) }
  }

  /// Takes in what came from other ends.
  func takeIn(_ batch: ReceiveBuffer, isOwn: (UInt32) -> Bool) {
    guard let outside else { return }
    for _ in 0..<CarriedTunnel.turn / ReceiveBuffer.slots {
      let count = batch.receive(outside)
      guard count > 0 else { return }
      for slot in 0..<count {
        batch.withDatagram(slot) { bytes, facts in
          guard !facts.isTruncated, let (ends, start) = Encapsulation.outer(bytes),
            let carrier = byEnds[ends]
          else {
            strangers &+= 1
            return
          }
          carrier.takeIn(bytes, at: start, isOwn: isOwn)
        }
      }
      if count < ReceiveBuffer.slots { return }
    }
  }

  /// Asks anew what fits through the network around each tunnel: links or routes have changed.
  func adjustMTUs() {
    for carrier in carried.values { adjustMTU(of: carrier) }
  }

  private func adjustMTU(of carrier: CarriedTunnel) {
    let mtu = TunnelDevice.innerMTU(to: carrier.tunnel.remote)
    guard mtu != carrier.mtu else { return }
    carrier.mtu = mtu
    _ = try? requests.ask(.setMTU(link: carrier.device.link, mtu))
  }

  /// What each tunnel that we carry has carried, by name.
  var counters: [(name: String, counters: TunnelCounters)] {
    carried.values.map { ($0.device.name, $0.counters) }.sorted { $0.name < $1.name }
  }
}

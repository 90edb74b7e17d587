import Addressing
import CLinux
import Kernel
import Wire

/// The socket that owns one multicast routing table of the kernel: its VIFs, its entries, its upcalls.
///
/// All of the table's state goes with the socket when it closes.
final class RoutingSocket {
  let table: TableID
  let family: Family
  let descriptor: Descriptor
  /// The link behind each VIF; 0: no such VIF.
  private(set) var links = [Int32](repeating: 0, count: Limits.vifsPerTable)
  private var drops: UInt32 = 0
  /// Whether what is sent to a group reaches this machine's own hosts' side too.
  var loops = false

  var level: Int32 { family == .ipv4 ? mc_IPPROTO_IP : mc_IPPROTO_IPV6 }
  /// The kernel's number of the table.
  var number: UInt32 { table.number(family) }

  /// Takes the table into possession.
  ///
  /// EADDRINUSE: somebody else has it. ENOPROTOOPT and EAFNOSUPPORT: no such routing in this kernel.
  /// EOPNOTSUPP: routing, but no several tables. EPERM, EACCES: no capability.
  init(table: TableID, family: Family) throws(SystemError) {
    self.table = table
    self.family = family
    descriptor = try Descriptor.socket(
      family.number, mc_SOCK_RAW, family == .ipv4 ? mc_IPPROTO_IGMP : mc_IPPROTO_ICMPV6)
    try own()
    setOptions()
  }

  /// Goes on with the socket of a former life; nil when it is another kind of socket.
  ///
  /// - Parameter number: the kernel's number of the table.
  init?(adopting descriptor: Descriptor, number: UInt32, family: Family) {
    let isStandard = number == TableID.standard.number(family)
    table = isStandard ? .standard : TableID(rawValue: number)
    self.family = family
    self.descriptor = descriptor
    let kind = family == .ipv4 ? mc_IPPROTO_IGMP : mc_IPPROTO_ICMPV6
    var version: Int32 = 0
    guard descriptor.isSocket(family.number, mc_SOCK_RAW, kind),
      unsafe mc_getsockopt_int(descriptor.number, level, MRT_VERSION, &version) == 0
    else { return nil }
    // Refused to who owns the table already; one that had let it go owns it again, empty.
    if descriptor.set(level, MRT_INIT, 1) { raiseFlags() }
    setOptions()
    // What was lost before is not told again.
    drops = mc_socket_drops(descriptor.number)
  }

  private func own() throws(SystemError) {
    // The numbers are the same for both families: MRT_X and MRT6_X.
    var version: Int32 = 0
    guard unsafe mc_getsockopt_int(descriptor.number, level, MRT_VERSION, &version) == 0 else {
      throw .last("multicast routing")
    }
    if table != .standard, !descriptor.set(level, MRT_TABLE, Int32(bitPattern: table.rawValue)) {
      let failure = mc_errno()
      throw SystemError("routing table", errno: failure == ENOPROTOOPT ? EOPNOTSUPP : failure)
    }
    guard descriptor.set(level, MRT_INIT, 1) else { throw .last("multicast routing") }
    raiseFlags()
    flush()
  }

  /// The flags live in the table and survive their owner: a former one may have left any state.
  private func raiseFlags() {
    descriptor.set(level, MRT_PIM, 0)
    // Only with it does an arrival outside the OIL make an upcall, which following a moved source needs.
    if !descriptor.set(level, MRT_PIM, 1) { descriptor.set(level, MRT_ASSERT, 1) }
  }

  /// Lets the table go, whoever else holds the socket open.
  func release() {
    flush()
    descriptor.set(level, MRT_DONE, 1)
  }

  /// Clears what processes that never owned the table have left in it; kernels before 5.2 cannot.
  func flush() {
    let everything = MRT_FLUSH_MFC | MRT_FLUSH_MFC_STATIC | MRT_FLUSH_VIFS | MRT_FLUSH_VIFS_STATIC
    descriptor.set(level, MRT_FLUSH, everything)
  }

  private func setOptions() {
    // 4 MiB hold ten thousand upcalls; the default holds 256.
    descriptor.setReceiveBuffer(4 << 20)
    descriptor.set(SOL_SOCKET, mc_SO_RXQ_OVFL, 1)
    if family == .ipv4 {
      descriptor.set(mc_IPPROTO_IP, mc_IP_PKTINFO, 1)
      descriptor.set(mc_IPPROTO_IP, IP_MULTICAST_LOOP, 0)
      descriptor.set(mc_IPPROTO_IP, IP_MULTICAST_TTL, 1)
    } else {
      descriptor.set(mc_IPPROTO_IPV6, mc_IPV6_RECVPKTINFO, 1)
      descriptor.set(mc_IPPROTO_IPV6, mc_IPV6_RECVHOPLIMIT, 1)
      descriptor.set(mc_IPPROTO_IPV6, mc_IPV6_RECVHOPOPTS, 1)
      descriptor.set(mc_IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0)
      descriptor.set(mc_IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1)
      _ = descriptor.set(mc_IPPROTO_ICMPV6, mc_ICMP6_FILTER, structure: RoutingSocket.listenerDiscovery)
    }
  }

  /// Passes MLD (130, 131, 132, 143) and what multicast routers say of themselves (151, 152, 153).
  ///
  /// Spares the wake-ups of everything else; upcalls pass any filter.
  private static var listenerDiscovery: icmp6_filter {
    var words = [UInt32](repeating: .max, count: 8)
    for type in [130, 131, 132, 143, 151, 152, 153] { words[type >> 5] &= ~(1 << UInt32(type & 31)) }
    var filter = icmp6_filter()
    filter.icmp6_filt = (words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7])
    return filter
  }

  /// The VIF of a link; nil when it has none here.
  func vif(of link: Int32) -> VIFIndex? {
    guard link > 0, let index = links.firstIndex(of: link) else { return nil }
    return VIFIndex(truncatingIfNeeded: index)
  }

  /// The VIFs of the table as they were added.
  var vifs: [VIF] {
    links.indices.filter { links[$0] != 0 }.map {
      VIF(table: table, family: family, index: VIFIndex(truncatingIfNeeded: $0), link: links[$0])
    }
  }

  /// The kernel has removed the VIFs of a link that is gone.
  func forget(link: Int32) {
    for index in links.indices where links[index] == link { links[index] = 0 }
  }

  /// The VIF is there already.
  func adopt(_ vif: VIF) { links[Int(vif.index)] = vif.link }

  /// The errno, or 0; as all that follow.
  func add(_ vif: VIF) -> Int32 {
    guard Int(vif.index) < links.count else { return ENFILE }
    let failure: Int32
    if family == .ipv4 {
      var control = vifctl()
      control.vifc_vifi = UInt16(vif.index)
      control.vifc_flags = UInt8(VIFF_USE_IFINDEX)
      control.vifc_threshold = 1
      control.vifc_lcl_ifindex = vif.link
      failure = descriptor.set(level, MRT_ADD_VIF, structure: control)
    } else {
      // The kernel's structure has 16 bits for the ifindex.
      guard let link = UInt16(exactly: vif.link) else { return ENODEV }
      var control = mif6ctl()
      control.mif6c_mifi = UInt16(vif.index)
      control.vifc_threshold = 1
      control.mif6c_pifi = link
      failure = descriptor.set(level, MRT6_ADD_MIF, structure: control)
    }
    if failure == 0 { links[Int(vif.index)] = vif.link }
    return failure
  }

  func remove(vif index: VIFIndex) -> Int32 {
    guard Int(index) < links.count else { return 0 }
    links[Int(index)] = 0
    var failure: Int32
    if family == .ipv4 {
      var control = vifctl()
      control.vifc_vifi = UInt16(index)
      failure = descriptor.set(level, MRT_DEL_VIF, structure: control)
    } else {
      var control = mif6ctl()
      control.mif6c_mifi = UInt16(index)
      failure = descriptor.set(level, MRT6_DEL_MIF, structure: control)
    }
    // The link, and with it the VIF, is gone already.
    if failure == EADDRNOTAVAIL { failure = 0 }
    return failure
  }

  func add(_ entry: KernelEntry) -> Int32 {
    family == .ipv4
      ? setIPv4(MRT_ADD_MFC, entry.key.flow, entry.parent, entry.outbound)
      : setIPv6(MRT6_ADD_MFC, entry.key.flow, entry.parent, entry.outbound)
  }

  func remove(_ key: KernelEntry.Key) -> Int32 {
    let failure =
      family == .ipv4
      ? setIPv4(MRT_DEL_MFC, key.flow, 0, OutboundList())
      : setIPv6(MRT6_DEL_MFC, key.flow, 0, OutboundList())
    return failure == ENOENT ? 0 : failure
  }

  private func setIPv4(
    _ option: Int32, _ flow: Flow, _ parent: VIFIndex, _ outbound: OutboundList
  ) -> Int32 {
    var control = mfcctl()
    control.mfcc_origin = flow.source.inAddress
    control.mfcc_mcastgrp = flow.group.address.inAddress
    control.mfcc_parent = UInt16(parent)
    let words = outbound.thresholdWords
    unsafe withUnsafeMutableBytes(of: &control.mfcc_ttls) { ttls in
      unsafe ttls.storeBytes(of: words.0.littleEndian, toByteOffset: 0, as: UInt64.self)
      unsafe ttls.storeBytes(of: words.1.littleEndian, toByteOffset: 8, as: UInt64.self)
      unsafe ttls.storeBytes(of: words.2.littleEndian, toByteOffset: 16, as: UInt64.self)
      unsafe ttls.storeBytes(of: words.3.littleEndian, toByteOffset: 24, as: UInt64.self)
    }
    let result = unsafe setsockopt(
      descriptor.number, mc_IPPROTO_IP, option, &control, socklen_t(MemoryLayout<mfcctl>.size))
    return result == 0 ? 0 : mc_errno()
  }

  private func setIPv6(
    _ option: Int32, _ flow: Flow, _ parent: VIFIndex, _ outbound: OutboundList
  ) -> Int32 {
    var control = mf6cctl()
    control.mf6cc_origin = SocketAddress.ipv6(flow.source)
    control.mf6cc_mcastgrp = SocketAddress.ipv6(flow.group.address)
    control.mf6cc_parent = UInt16(parent)
    control.mf6cc_ifset.ifs_bits.0 = outbound.mask
    let result = unsafe setsockopt(
      descriptor.number, mc_IPPROTO_IPV6, option, &control, socklen_t(MemoryLayout<mf6cctl>.size))
    return result == 0 ? 0 : mc_errno()
  }

  /// Reads up to 64 datagrams: upcalls, and the IGMP or MLD packets of the links that `accepts` names.
  ///
  /// - Parameter passesOn: takes what the kernel gave us though it is for another machine; false: it is ours.
  /// - Returns: whether there was an upcall.
  func receive(
    _ buffer: ReceiveBuffer, accepts: (Int32) -> Bool, passesOn: (RawSpan) -> Bool,
    into events: inout [KernelEvent]
  ) -> Bool {
    var sawUpcall = false
    for _ in 0..<64 / ReceiveBuffer.slots {
      let count = buffer.receive(descriptor)
      guard count > 0 else { break }
      for slot in 0..<count {
        buffer.withDatagram(slot) { bytes, facts in
          if let total = facts.drops { noteDrops(total, into: &events) }
          if RoutingMessage.isUpcall(bytes, family) {
            sawUpcall = true
            if let upcall = RoutingMessage.upcall(bytes, family, table: table) {
              events.append(.upcall(upcall))
            }
          } else if !facts.isTruncated, accepts(facts.link) {
            if family == .ipv4, passesOn(bytes) { return }
            if let datagram = datagram(bytes, facts) { events.append(.received(datagram)) }
          }
        }
      }
      if count < ReceiveBuffer.slots { break }
    }
    return sawUpcall
  }

  private func datagram(_ bytes: RawSpan, _ facts: ReceiveBuffer.Facts) -> Datagram? {
    guard family == .ipv6 else {
      guard var datagram = RoutingMessage.igmp(bytes, link: facts.link) else { return nil }
      if datagram.payload.first == TraceMessage.queryType { datagram.wallNanoseconds = Clock.wallNanoseconds }
      return datagram
    }
    guard let source = facts.source, let destination = facts.destination else { return nil }
    return Datagram(
      link: facts.link, source: source, destination: destination, hops: facts.hops,
      routerAlert: facts.routerAlert, payload: RoutingMessage.copy(bytes, 0..<bytes.byteCount))
  }

  /// The kernel tells the sum over the socket's life.
  private func noteDrops(_ total: UInt32, into events: inout [KernelEvent]) {
    guard total != drops else { return }
    events.append(.upcallsLost(table, family, count: UInt64(total &- drops)))
    drops = total
  }
}

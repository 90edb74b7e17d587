import Addressing
import CLinux
import Kernel

/// Reading counters of known keys: the cheapest way there is.
extension RoutingSocket {
  /// Nil when the kernel holds no such entry.
  func counters(_ key: KernelEntry.Key) -> EntryCounters? {
    let flow = key.flow
    if family == .ipv4 {
      var request = sioc_sg_req()
      request.src = flow.source.inAddress
      request.grp = flow.group.address.inAddress
      guard unsafe mc_ioctl(descriptor.number, mc_SIOCGETSGCNT, &request) == 0 else { return nil }
      return EntryCounters(
        key: key, packets: UInt64(request.pktcnt), bytes: UInt64(request.bytecnt),
        wrongInterface: UInt64(request.wrong_if))
    }
    var request = sioc_sg_req6()
    request.src = SocketAddress.ipv6(flow.source)
    request.grp = SocketAddress.ipv6(flow.group.address)
    guard unsafe mc_ioctl(descriptor.number, mc_SIOCGETSGCNT_IN6, &request) == 0 else { return nil }
    return EntryCounters(
      key: key, packets: UInt64(request.pktcnt), bytes: UInt64(request.bytecnt),
      wrongInterface: UInt64(request.wrong_if))
  }

  /// Nil when the kernel holds no such VIF.
  func counters(_ vif: VIF) -> VIFCounters? {
    if family == .ipv4 {
      var request = sioc_vif_req()
      request.vifi = UInt16(vif.index)
      guard unsafe mc_ioctl(descriptor.number, mc_SIOCGETVIFCNT, &request) == 0 else { return nil }
      return VIFCounters(
        vif: vif, packetsIn: UInt64(request.icount), packetsOut: UInt64(request.ocount),
        bytesIn: UInt64(request.ibytes), bytesOut: UInt64(request.obytes))
    }
    var request = sioc_mif_req6()
    request.mifi = UInt16(vif.index)
    guard unsafe mc_ioctl(descriptor.number, mc_SIOCGETMIFCNT_IN6, &request) == 0 else { return nil }
    return VIFCounters(
      vif: vif, packetsIn: UInt64(request.icount), packetsOut: UInt64(request.ocount),
      bytesIn: UInt64(request.ibytes), bytesOut: UInt64(request.obytes))
  }
}

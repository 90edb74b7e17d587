import Addressing
import CLinux
import Kernel

/// Sending IGMP and MLD by the routing socket: link, source, TTL and Router Alert are given with each packet.
extension RoutingSocket {
  /// The errno, or 0.
  ///
  /// Link 0 lets the kernel's routes choose it, which they can for a unicast destination alone.
  func send(_ datagram: Datagram) -> Int32 {
    if datagram.destination.isMulticast {
      guard datagram.link != 0 else { return EDESTADDRREQ }
      setLoop(datagram.isQuery)
    }
    var control = ControlBuffer()
    if family == .ipv4 {
      control.append(
        mc_IPPROTO_IP, mc_IP_PKTINFO,
        NetlinkRequest.native(datagram.link) + datagram.source.networkBytes + [0, 0, 0, 0])
      control.append(mc_IPPROTO_IP, mc_IP_TTL, NetlinkRequest.native(Int32(datagram.hops)))
      // Internetwork control (RFC 9776 4), as routers mark it.
      control.append(mc_IPPROTO_IP, mc_IP_TOS, NetlinkRequest.native(Int32(0xc0)))
      if datagram.routerAlert { control.append(mc_IPPROTO_IP, mc_IP_RETOPTS, [0x94, 4, 0, 0]) }
    } else {
      control.append(
        mc_IPPROTO_IPV6, mc_IPV6_PKTINFO,
        datagram.source.networkBytes + NetlinkRequest.native(datagram.link))
      control.append(mc_IPPROTO_IPV6, mc_IPV6_HOPLIMIT, NetlinkRequest.native(Int32(datagram.hops)))
      // The first byte is the next header; the kernel fills it in.
      if datagram.routerAlert {
        control.append(mc_IPPROTO_IPV6, mc_IPV6_HOPOPTS, [0, 0, 5, 2, 0, 0, 1, 0])
      }
    }
    let destination = SocketAddress(datagram.destination, scope: datagram.link)
    return descriptor.sendMessage(datagram.payload, to: destination, control: control)
  }
}

extension RoutingSocket {
  /// Queries loop back: the router's own memberships are to be reported as those of any host.
  ///
  /// Nothing else does: the routing itself would take it for a packet of some flow.
  private func setLoop(_ wanted: Bool) {
    guard wanted != loops else { return }
    if descriptor.set(level, family == .ipv4 ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP, wanted ? 1 : 0) {
      loops = wanted
    }
  }
}

extension Datagram {
  /// A membership query of IGMP or MLD.
  fileprivate var isQuery: Bool { payload.first == (destination.family == .ipv4 ? 0x11 : 130) }
}

/// Ancillary messages of a datagram to send.
struct ControlBuffer {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ level: Int32, _ type: Int32, _ content: [UInt8]) {
    bytes += NetlinkRequest.native(Int(mc_cmsg_len(content.count)))
    bytes += NetlinkRequest.native(level) + NetlinkRequest.native(type) + content
    while bytes.count % MemoryLayout<Int>.size != 0 { bytes.append(0) }
  }
}

extension Descriptor {
  /// Sends one datagram with its ancillary messages; the errno, or 0.
  func sendMessage(_ payload: [UInt8], to destination: SocketAddress, control: ControlBuffer) -> Int32 {
    var payload = payload
    var bytes = control.bytes
    var name = destination.storage
    let count = unsafe payload.withUnsafeMutableBytes { payload in
      unsafe bytes.withUnsafeMutableBytes { control in
        unsafe withUnsafeMutablePointer(to: &name) { name in
          var vector = unsafe iovec(iov_base: payload.baseAddress, iov_len: payload.count)
          return unsafe withUnsafeMutablePointer(to: &vector) { vector in
            var message = unsafe msghdr()
            unsafe message.msg_name = UnsafeMutableRawPointer(name)
            unsafe message.msg_namelen = destination.length
            unsafe message.msg_iov = vector
            unsafe message.msg_iovlen = 1
            unsafe message.msg_control = control.isEmpty ? nil : control.baseAddress
            unsafe message.msg_controllen = control.count
            return unsafe sendmsg(number, &message, Int32(MSG_NOSIGNAL))
          }
        }
      }
    }
    return count >= 0 ? 0 : mc_errno()
  }
}

import Addressing
import CLinux
import Timing

/// Packets that the kernel handed to the routing though they are for another machine.
///
/// IGMP to a host with Router Alert in it, as other routers' tools and daemons send, is given to whoever
/// routes multicast and goes no further (kernel: ip_forward.c). It is sent on here, with one hop less, as if
/// it had not stopped.
final class Passage {
  private let socket: Descriptor
  /// Bits of packets; what is asked of far routers is little.
  private var rate = BitRate(4_000_000, at: 0)
  private(set) var passed: UInt64 = 0

  init() throws(SystemError) {
    socket = try Descriptor.socket(AF_INET, mc_SOCK_RAW, mc_IPPROTO_RAW)
  }

  /// Whether the packet was none of ours; it is then gone.
  ///
  /// - Parameter isOwn: whether it is an address of this machine.
  func send(_ bytes: RawSpan, isOwn: (UInt32) -> Bool) -> Bool {
    guard let header = TransitHeader(bytes), !isOwn(header.destination) else { return false }
    guard header.hops > 1, rate.admits(bytes: bytes.byteCount, at: Clock.now.nanoseconds) else { return true }
    var packet = RoutingMessage.copy(bytes, 0..<bytes.byteCount)
    packet[TransitHeader.hopsOffset] = header.hops - 1
    let name = SocketAddress(Address(ipv4: header.destination))
    let failure = unsafe packet.withUnsafeBytes { unsafe socket.send($0, to: name) }
    if failure == 0 { passed &+= 1 }
    return true
  }
}

/// What tells a packet in transit.
struct TransitHeader: Hashable {
  static let hopsOffset = 8

  let destination: UInt32
  let hops: UInt8

  /// Nil: its destination is a group or everybody, or it has no options to be stopped for.
  init?(_ bytes: RawSpan) {
    guard let first = bytes.u8(0), first >> 4 == 4, first & 0xf > 5, let hops = bytes.u8(8),
      let destination = bytes.u32(16).map({ UInt32(bigEndian: $0) }), destination >> 28 < 0xe
    else { return nil }
    self.destination = destination
    self.hops = hops
  }
}

public import Addressing
import CLinux
import Kernel
public import Timing
import Wire

/// The raw IGMP socket of the tools that ask routers.
///
/// Router Alert goes out with questions to groups alone: with it every router on the way would take a unicast
/// packet for its own.
public final class ProbingSocket {
  public let descriptor: Descriptor
  private var buffer = [UInt8](repeating: 0, count: 65_536)

  /// Opens the socket; EPERM without CAP_NET_RAW.
  ///
  /// - Parameter address: of the interface that questions to groups leave by; nil: the routes decide.
  public init(from address: Address? = nil) throws(SystemError) {
    descriptor = try Descriptor.socket(AF_INET, mc_SOCK_RAW, mc_IPPROTO_IGMP)
    descriptor.setReceiveBuffer(1 << 20)
    // A router on this machine hears the questions, too.
    descriptor.set(mc_IPPROTO_IP, IP_MULTICAST_LOOP, 1)
    guard let address else { return }
    let failure = descriptor.set(mc_IPPROTO_IP, IP_MULTICAST_IF, structure: address.inAddress)
    guard failure == 0 else { throw SystemError("choose interface", "\(address)", errno: failure) }
  }

  /// Joins a group by the interface of an address.
  public func join(_ group: Address, from address: Address) throws(SystemError) {
    var request = ip_mreqn()
    request.imr_multiaddr = group.inAddress
    request.imr_address = address.inAddress
    let failure = descriptor.set(mc_IPPROTO_IP, IP_ADD_MEMBERSHIP, structure: request)
    guard failure == 0 || failure == EADDRINUSE else { throw SystemError("join", "\(group)", errno: failure) }
  }

  /// Sends an IGMP message.
  public func send(_ payload: [UInt8], to destination: Address, hops: UInt8) throws(SystemError) {
    var control = ControlBuffer()
    control.append(mc_IPPROTO_IP, mc_IP_TTL, NetlinkRequest.native(Int32(hops)))
    if destination.isMulticast { control.append(mc_IPPROTO_IP, mc_IP_RETOPTS, [0x94, 4, 0, 0]) }
    let failure = descriptor.sendMessage(payload, to: SocketAddress(destination), control: control)
    guard failure == 0 else { throw SystemError("send", "\(destination)", errno: failure) }
  }

  /// The next IGMP message and who sent it; nil when none is waiting.
  public func receive() -> (payload: [UInt8], source: Address)? {
    while true {
      let count = retrying {
        unsafe buffer.withUnsafeMutableBytes {
          unsafe mc_recvfrom(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT), nil, nil)
        }
      }
      guard count > 0 else { return nil }
      let packet = Array(buffer[..<count])
      guard let header = try? IPv4Header(decoding: packet.span) else { continue }
      return (Array(packet[header.payload]), header.source)
    }
  }

  /// Waits until a message can be received; false when the deadline came first.
  public func wait(until deadline: Instant?) -> Bool { descriptor.wait(for: .read, until: deadline) }
}

/// The IPv4 addresses of this machine.
public enum LocalAddresses {
  /// The address that packets to a destination leave with; nil where no route leads there.
  public static func toward(_ destination: Address) -> Address? {
    guard let descriptor = try? Descriptor.socket(AF_INET, mc_SOCK_DGRAM, 0) else { return nil }
    let name = SocketAddress(destination, port: 2000)
    var own = sockaddr_storage()
    var length = UInt32(MemoryLayout<sockaddr_storage>.size)
    let connected = unsafe withUnsafePointer(to: name.storage) {
      unsafe mc_connect(descriptor.number, $0, name.length)
    }
    guard connected == 0 else { return nil }
    let known = unsafe withUnsafeMutablePointer(to: &own) {
      unsafe mc_getsockname(descriptor.number, $0, &length)
    }
    return known == 0 ? SocketAddress.read(own)?.address : nil
  }

  /// The links' subnets.
  public static func subnets() -> [Prefix] {
    var found: [Prefix] = []
    guard let socket = try? NetlinkSocket() else { return [] }
    let request = NetlinkRequest(
      type: RTM_GETADDR, flags: NLM_F_REQUEST | NLM_F_DUMP, header: [UInt8](repeating: 0, count: 8))
    _ = try? socket.dump(request, begin: { found = [] }) { bytes, message in
      if case .address(_, let address)? = LinkMessage(bytes, message), address.address.family == .ipv4 {
        found.append(address.subnet)
      }
    }
    return found
  }
}

public import Addressing
import CLinux
public import Timing

/// A UDP socket of the test tools: sends to a group by one interface, or receives what is joined.
public final class DatagramSocket {
  public let descriptor: Descriptor
  private let family: Family
  private let buffer: ReceiveArea

  /// How to send.
  public struct Sending: Sendable {
    /// The ifindex; 0 lets the routes decide.
    public var link: Int32
    /// TTL or hop limit.
    public var hops: UInt8
    /// Nil: the interface's own address.
    public var source: Address?
    /// 0: any.
    public var sourcePort: UInt16
    /// Whether listeners on this machine, and a router on it, get the packets too.
    public var loops: Bool

    public init(
      link: Int32, hops: UInt8 = 1, source: Address? = nil, sourcePort: UInt16 = 0, loops: Bool = true
    ) {
      self.link = link
      self.hops = hops
      self.source = source
      self.sourcePort = sourcePort
      self.loops = loops
    }
  }

  /// A datagram that came in.
  public struct Received: Sendable {
    public var payload: [UInt8]
    public var source: Address
    public var sourcePort: UInt16
    /// The ifindex it came in by.
    public var link: Int32
    /// Whom it was sent to.
    public var destination: Address
    /// TTL or hop limit as it came in.
    public var hops: UInt8
    /// When the kernel got it, in nanoseconds since 1970.
    public var wallNanoseconds: Int64
  }

  private init(_ family: Family) throws(SystemError) {
    self.family = family
    descriptor = try Descriptor.socket(family.number, mc_SOCK_DGRAM, 0)
    buffer = ReceiveArea()
    if family == .ipv6 { descriptor.set(mc_IPPROTO_IPV6, IPV6_V6ONLY, 1) }
  }

  /// A socket to send from.
  public static func sending(_ family: Family, _ how: Sending) throws(SystemError) -> DatagramSocket {
    let socket = try DatagramSocket(family)
    let descriptor = socket.descriptor
    if family == .ipv4 {
      var request = ip_mreqn()
      request.imr_ifindex = how.link
      let failure = how.link == 0 ? 0 : descriptor.set(mc_IPPROTO_IP, IP_MULTICAST_IF, structure: request)
      guard failure == 0 else { throw SystemError("choose interface", "\(how.link)", errno: failure) }
      descriptor.set(mc_IPPROTO_IP, IP_MULTICAST_TTL, Int32(how.hops))
      descriptor.set(mc_IPPROTO_IP, IP_MULTICAST_LOOP, how.loops ? 1 : 0)
    } else {
      guard how.link == 0 || descriptor.set(mc_IPPROTO_IPV6, IPV6_MULTICAST_IF, how.link) else {
        throw .last("choose interface", "\(how.link)")
      }
      descriptor.set(mc_IPPROTO_IPV6, IPV6_MULTICAST_HOPS, Int32(how.hops))
      descriptor.set(mc_IPPROTO_IPV6, IPV6_MULTICAST_LOOP, how.loops ? 1 : 0)
    }
    if how.source != nil || how.sourcePort != 0 {
      try socket.bind(to: how.source ?? .unspecified(family), port: how.sourcePort, link: how.link)
    }
    return socket
  }

  /// A socket that receives what is sent to a port of the groups it joins, and nothing else.
  public static func receiving(_ family: Family, port: UInt16) throws(SystemError) -> DatagramSocket {
    let socket = try DatagramSocket(family)
    let descriptor = socket.descriptor
    descriptor.set(SOL_SOCKET, SO_REUSEADDR, 1)
    descriptor.setReceiveBuffer(4 << 20)
    descriptor.set(SOL_SOCKET, mc_SO_TIMESTAMPNS, 1)
    if family == .ipv4 {
      // Otherwise groups that other programs joined would come in as well.
      descriptor.set(mc_IPPROTO_IP, mc_IP_MULTICAST_ALL, 0)
      descriptor.set(mc_IPPROTO_IP, mc_IP_PKTINFO, 1)
      descriptor.set(mc_IPPROTO_IP, mc_IP_RECVTTL, 1)
    } else {
      descriptor.set(mc_IPPROTO_IPV6, mc_IPV6_MULTICAST_ALL, 0)
      descriptor.set(mc_IPPROTO_IPV6, mc_IPV6_RECVPKTINFO, 1)
      descriptor.set(mc_IPPROTO_IPV6, mc_IPV6_RECVHOPLIMIT, 1)
    }
    try socket.bind(to: .unspecified(family), port: port, link: 0)
    return socket
  }

  /// Joins a group on a link, from any source or from one.
  public func join(_ group: Group, from source: Address?, link: Int32) throws(SystemError) {
    let failure = descriptor.setMembership(group, source: source, link: link, joining: true)
    guard failure == 0 else { throw SystemError("join", group.description, errno: failure) }
  }

  private func bind(to address: Address, port: UInt16, link: Int32) throws(SystemError) {
    let scope = address.isLinkLocalUnicast ? link : 0
    let name = SocketAddress(address, port: port, scope: scope)
    let result = unsafe withUnsafePointer(to: name.storage) {
      unsafe mc_bind(descriptor.number, $0, name.length)
    }
    guard result == 0 else { throw .last("bind", "\(address) port \(port)") }
  }

  /// Sends one datagram; EAGAIN and ENOBUFS when the queues are full.
  public func send(_ payload: [UInt8], to destination: Address, port: UInt16) throws(SystemError) {
    let name = SocketAddress(destination, port: port)
    let count = retrying {
      unsafe payload.withUnsafeBytes { bytes in
        unsafe withUnsafePointer(to: name.storage) { pointer in
          unsafe mc_sendto(
            descriptor.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL), pointer, name.length)
        }
      }
    }
    guard count >= 0 else { throw .last("send", destination.description) }
  }

  /// The next datagram; nil when none is waiting.
  public func receive() -> Received? {
    guard let (name, bytes) = buffer.receive(descriptor), let from = SocketAddress.read(name) else {
      return nil
    }
    return buffer.withControl { control in
      var received = Received(
        payload: bytes, source: from.address, sourcePort: from.port, link: 0,
        destination: .unspecified(family), hops: 0, wallNanoseconds: 0)
      var cursor = ControlMessageCursor()
      while let message = cursor.next(control) { received.read(message, control) }
      if received.wallNanoseconds == 0 { received.wallNanoseconds = Clock.wallNanoseconds }
      return received
    }
  }

  /// Waits until a datagram can be received; false when the deadline came first.
  public func wait(until deadline: Instant?) -> Bool { descriptor.wait(for: .read, until: deadline) }
}

extension DatagramSocket.Received {
  fileprivate mutating func read(_ message: ControlMessage, _ bytes: RawSpan) {
    let place = message.content.lowerBound
    switch (message.level, message.type) {
    case (SOL_SOCKET, mc_SO_TIMESTAMPNS):
      guard message.content.count >= 16, let seconds = bytes.u64(place), let rest = bytes.u64(place + 8)
      else {
        return
      }
      wallNanoseconds = Int64(truncatingIfNeeded: seconds &* 1_000_000_000 &+ rest)
    case (mc_IPPROTO_IP, mc_IP_PKTINFO):
      link = bytes.i32(place) ?? 0
      destination = bytes.address(place + 8, .ipv4) ?? destination
    case (mc_IPPROTO_IPV6, mc_IPV6_PKTINFO):
      destination = bytes.address(place, .ipv6) ?? destination
      link = bytes.i32(place + 16) ?? 0
    case (mc_IPPROTO_IP, mc_IP_TTL), (mc_IPPROTO_IPV6, mc_IPV6_HOPLIMIT):
      hops = UInt8(clamping: bytes.i32(place) ?? 0)
    default: break
    }
  }
}

/// Room for one datagram with its ancillary messages.
@safe private final class ReceiveArea {
  private let payload = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
  private let control = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
  private var controlLength = 0

  deinit {
    unsafe payload.deallocate()
    unsafe control.deallocate()
  }

  func receive(_ descriptor: Descriptor) -> (sockaddr_storage, [UInt8])? {
    var name = sockaddr_storage()
    let count = unsafe withUnsafeMutablePointer(to: &name) { name in
      var vector = unsafe iovec(iov_base: payload.baseAddress, iov_len: payload.count)
      return unsafe withUnsafeMutablePointer(to: &vector) { vector in
        var message = unsafe msghdr()
        unsafe message.msg_name = UnsafeMutableRawPointer(name)
        unsafe message.msg_namelen = UInt32(MemoryLayout<sockaddr_storage>.size)
        unsafe message.msg_iov = vector
        unsafe message.msg_iovlen = 1
        unsafe message.msg_control = control.baseAddress
        unsafe message.msg_controllen = control.count
        let count = retrying { unsafe recvmsg(descriptor.number, &message, Int32(MSG_DONTWAIT)) }
        unsafe controlLength = message.msg_controllen
        return count
      }
    }
    guard count >= 0 else { return nil }
    return (name, unsafe Array(payload[..<count]))
  }

  func withControl<Result>(_ body: (RawSpan) -> Result) -> Result {
    body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: control[..<controlLength])))
  }
}

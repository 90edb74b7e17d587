import CLinux
import Timing

/// A routing netlink socket: requests with their answers, or notifications.
@safe final class NetlinkSocket {
  let descriptor: Descriptor
  private var sequence: UInt32 = 0
  private let buffer: UnsafeMutableRawBufferPointer

  /// What a receive gave.
  enum Received {
    case messages
    /// Nothing is waiting.
    case nothing
    /// Messages were lost: what is known must be asked for again.
    case overflow
    case failed(errno: Int32)
  }

  /// - Parameter descriptor: a socket whose other end answers as the kernel does.
  init(_ descriptor: Descriptor) {
    self.descriptor = descriptor
    // The kernel fills at most 32 KiB in one receive of a dump.
    unsafe buffer = .allocate(byteCount: 65_536, alignment: 16)
  }

  convenience init() throws(SystemError) {
    self.init(try Descriptor.socket(AF_NETLINK, mc_SOCK_RAW, NETLINK_ROUTE))
    var address = sockaddr_nl()
    address.nl_family = sa_family_t(AF_NETLINK)
    let bound = unsafe withUnsafePointer(to: address) {
      unsafe mc_bind(descriptor.number, $0, UInt32(MemoryLayout<sockaddr_nl>.size))
    }
    guard bound == 0 else { throw .last("bind netlink socket") }
    // Without it an error would echo the whole request; older kernels do not know the second.
    descriptor.set(SOL_NETLINK, NETLINK_CAP_ACK, 1)
    descriptor.set(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)
  }

  deinit { unsafe buffer.deallocate() }

  /// Joins a notification group by its number; the errno, or 0.
  func join(group: Int) -> Int32 {
    descriptor.set(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, Int32(truncatingIfNeeded: group)) ? 0 : mc_errno()
  }

  func leave(group: Int) {
    descriptor.set(SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, Int32(truncatingIfNeeded: group))
  }

  /// Sends a request; its sequence number.
  func send(_ request: NetlinkRequest) throws(SystemError) -> UInt32 {
    sequence &+= 1
    let bytes = request.sealed(sequence: sequence)
    let count = retrying {
      unsafe bytes.withUnsafeBytes { unsafe CLinux.send(descriptor.number, $0.baseAddress, $0.count, 0) }
    }
    guard count == bytes.count else { throw .last("netlink request") }
    return sequence
  }

  /// Receives once and hands over each message that the kernel, and nobody else, sent.
  func receive(_ body: (RawSpan, NetlinkMessage) -> Void) -> Received {
    var sender = sockaddr_nl()
    var length = UInt32(MemoryLayout<sockaddr_nl>.size)
    let count = retrying {
      unsafe mc_recvfrom(
        descriptor.number, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT), &sender, &length)
    }
    guard count >= 0 else {
      switch mc_errno() {
      case EAGAIN: return .nothing
      case ENOBUFS: return .overflow
      case let failure: return .failed(errno: failure)
      }
    }
    guard sender.nl_pid == 0 else { return .messages }
    let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    var cursor = NetlinkMessageCursor()
    while let message = cursor.next(span) { body(span, message) }
    return .messages
  }

  /// Sends a request and waits for its whole answer; rtnetlink answers at once.
  ///
  /// - Parameter each: gets every message of the answer but the last, which only ends it.
  /// - Returns: false when the table changed during the dump, so that it must be repeated.
  @discardableResult
  func ask(
    _ request: NetlinkRequest, each: (RawSpan, NetlinkMessage) -> Void = { _, _ in }
  ) throws(SystemError) -> Bool {
    let number = try send(request)
    let deadline = Clock.now + .seconds(5)
    var isWhole = true
    var status: Int32?
    while status == nil {
      let received = receive { bytes, message in
        guard message.sequence == number, status == nil else { return }
        if message.flags & UInt16(NLM_F_DUMP_INTR) != 0 { isWhole = false }
        status = message.status(bytes)
        if status == nil {
          each(bytes, message)
          // A single answer has no end mark.
          if message.flags & UInt16(NLM_F_MULTI) == 0 { status = 0 }
        }
      }
      switch received {
      case .messages: continue
      case .nothing:
        guard descriptor.wait(for: .read, until: deadline) else {
          throw SystemError("netlink request", errno: ETIMEDOUT)
        }
      case .overflow: isWhole = false
      case .failed(let errno): throw SystemError("netlink request", errno: errno)
      }
    }
    if let status, status != 0 { throw SystemError("netlink request", errno: status) }
    return isWhole
  }

  /// Sends several requests at once, each with one message as its answer; rtnetlink answers while they are
  /// sent, as far as the socket's buffer has room.
  ///
  /// - Parameter each: gets the place of a request and its answer, or the refusal.
  func ask(
    _ requests: [NetlinkRequest], each: (Int, RawSpan, NetlinkMessage) -> Void
  ) throws(SystemError) {
    let first = sequence &+ 1
    var bytes: [UInt8] = []
    for request in requests {
      sequence &+= 1
      bytes += request.sealed(sequence: sequence)
    }
    let count = retrying {
      unsafe bytes.withUnsafeBytes { unsafe CLinux.send(descriptor.number, $0.baseAddress, $0.count, 0) }
    }
    guard count == bytes.count else { throw .last("netlink request") }
    var answered = 0
    while answered < requests.count {
      let received = receive { bytes, message in
        let place = Int(message.sequence &- first)
        guard requests.indices.contains(place) else { return }
        answered += 1
        each(place, bytes, message)
      }
      guard case .messages = received else { return }
    }
  }

  /// Repeats a dump until the kernel vouches that it saw one state, at most `attempts` times.
  ///
  /// - Returns: false where it never did: the table changes faster than it can be read.
  @discardableResult
  func dump(
    _ request: NetlinkRequest, attempts: Int = 5, begin: () -> Void,
    each: (RawSpan, NetlinkMessage) -> Void
  ) throws(SystemError) -> Bool {
    for _ in 0..<attempts {
      begin()
      if try ask(request, each: each) { return true }
    }
    return false
  }
}

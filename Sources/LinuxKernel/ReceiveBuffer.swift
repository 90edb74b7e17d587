import Addressing
import CLinux

/// Room for a burst of datagrams that one call takes in; made once for all routing sockets.
@safe final class ReceiveBuffer {
  static let slots = 16
  private static let payloadLength = 65_536
  private static let controlLength = 512

  /// Sixteen times the largest datagram; the kernel gives pages only to what is used.
  private let payloads: UnsafeMutableRawPointer
  private let controls: UnsafeMutableRawPointer
  private let names: UnsafeMutablePointer<sockaddr_in6>
  private let vectors: UnsafeMutablePointer<iovec>
  private let messages: UnsafeMutablePointer<mc_mmsghdr>

  /// What the kernel says about one datagram beside its bytes.
  struct Facts {
    /// The ifindex it came in by; 0: not told.
    var link: Int32 = 0
    /// IPv6: whom it was sent to and by whom, its hop limit, and whether it asked for attention.
    var destination: Address?
    var source: Address?
    var hops: UInt8 = 0
    var routerAlert = false
    /// How many datagrams the socket has lost in its life.
    var drops: UInt32?
    /// The datagram was longer than the buffer.
    var isTruncated = false
  }

  init() {
    let count = ReceiveBuffer.slots
    unsafe payloads = .allocate(byteCount: count * ReceiveBuffer.payloadLength, alignment: 4096)
    unsafe controls = .allocate(byteCount: count * ReceiveBuffer.controlLength, alignment: 16)
    unsafe names = .allocate(capacity: count)
    unsafe vectors = .allocate(capacity: count)
    unsafe messages = .allocate(capacity: count)
    unsafe names.initialize(repeating: sockaddr_in6(), count: count)
    unsafe messages.initialize(repeating: mc_mmsghdr(), count: count)
    for slot in 0..<count {
      let payload = unsafe payloads + slot * ReceiveBuffer.payloadLength
      unsafe vectors[slot] = unsafe iovec(iov_base: payload, iov_len: ReceiveBuffer.payloadLength)
    }
  }

  deinit {
    unsafe payloads.deallocate()
    unsafe controls.deallocate()
    unsafe names.deallocate()
    unsafe vectors.deallocate()
    unsafe messages.deallocate()
  }

  /// Takes in what waits; the number of datagrams, or an errno as a negative number.
  func receive(_ descriptor: Descriptor) -> Int {
    for slot in 0..<ReceiveBuffer.slots {
      unsafe messages[slot].msg_hdr.msg_name = unsafe UnsafeMutableRawPointer(names + slot)
      unsafe messages[slot].msg_hdr.msg_namelen = UInt32(MemoryLayout<sockaddr_in6>.size)
      unsafe messages[slot].msg_hdr.msg_iov = unsafe vectors + slot
      unsafe messages[slot].msg_hdr.msg_iovlen = 1
      unsafe messages[slot].msg_hdr.msg_control = unsafe controls + slot * ReceiveBuffer.controlLength
      unsafe messages[slot].msg_hdr.msg_controllen = ReceiveBuffer.controlLength
    }
    let count = retrying {
      unsafe mc_recvmmsg(descriptor.number, messages, UInt32(ReceiveBuffer.slots), Int32(MSG_DONTWAIT))
    }
    return count >= 0 ? Int(count) : -Int(mc_errno())
  }

  /// Hands over the bytes of a datagram that the last `receive` took in, and what the kernel says of it.
  func withDatagram<Result>(_ slot: Int, _ body: (RawSpan, Facts) -> Result) -> Result {
    let count = unsafe min(Int(messages[slot].msg_len), ReceiveBuffer.payloadLength)
    let start = unsafe UnsafeRawPointer(payloads + slot * ReceiveBuffer.payloadLength)
    let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: start, count: count))
    return body(span, facts(slot))
  }

  private func facts(_ slot: Int) -> Facts {
    var facts = Facts()
    let header = unsafe messages[slot].msg_hdr
    facts.isTruncated = unsafe header.msg_flags & Int32(MSG_TRUNC) != 0
    let sender = unsafe names[slot]
    if Int32(sender.sin6_family) == AF_INET6 { facts.source = Address(sender.sin6_addr) }
    let controls = unsafe RawSpan(
      _unsafeBytes: UnsafeRawBufferPointer(start: header.msg_control, count: header.msg_controllen))
    var cursor = ControlMessageCursor()
    while let message = cursor.next(controls) { facts.read(message, controls) }
    return facts
  }
}

/// One ancillary message (struct cmsghdr) and where its content lies.
struct ControlMessage: Hashable {
  var level: Int32
  var type: Int32
  var content: Range<Int>
}

/// Walks the ancillary messages of a datagram.
struct ControlMessageCursor {
  private var offset = 0

  mutating func next(_ bytes: RawSpan) -> ControlMessage? {
    // size_t, then two ints; everything aligned to a size_t.
    let word = MemoryLayout<Int>.size
    let length = word == 8 ? bytes.u64(offset).flatMap { Int(exactly: $0) } : bytes.u32(offset).map(Int.init)
    guard let length, length >= word + 8, bytes.contains(offset, count: length),
      let level = bytes.i32(offset + word), let type = bytes.i32(offset + word + 4)
    else { return nil }
    let start = offset
    offset = start + (length + word - 1) & ~(word - 1)
    return ControlMessage(level: level, type: type, content: start + word + 8..<start + length)
  }
}

extension ReceiveBuffer.Facts {
  mutating func read(_ message: ControlMessage, _ bytes: RawSpan) {
    let place = message.content.lowerBound
    let count = message.content.count
    switch (message.level, message.type) {
    case (SOL_SOCKET, mc_SO_RXQ_OVFL) where count >= 4: drops = bytes.u32(place)
    case (mc_IPPROTO_IP, mc_IP_PKTINFO) where count >= 12: link = bytes.i32(place) ?? 0
    case (mc_IPPROTO_IPV6, mc_IPV6_PKTINFO) where count >= 20:
      destination = bytes.address(place, .ipv6)
      link = bytes.i32(place + 16) ?? 0
    case (mc_IPPROTO_IPV6, mc_IPV6_HOPLIMIT) where count >= 4:
      hops = UInt8(clamping: bytes.i32(place) ?? 0)
    case (mc_IPPROTO_IPV6, mc_IPV6_HOPOPTS):
      routerAlert = ReceiveBuffer.Facts.hasRouterAlert(message.content, bytes)
    default: break
    }
  }

  /// Looks for option 5 (RFC 2711) in a hop-by-hop header.
  static func hasRouterAlert(_ range: Range<Int>, _ bytes: RawSpan) -> Bool {
    var offset = range.lowerBound + 2
    while offset < range.upperBound, let type = bytes.u8(offset) {
      if type == 5 { return true }
      // Type 0 is a single byte of padding.
      if type == 0 {
        offset += 1
      } else {
        guard let length = bytes.u8(offset + 1) else { return false }
        offset += 2 + Int(length)
      }
    }
    return false
  }
}

import CLinux

/// The frame of one netlink message, and where its payload lies in what was received.
struct NetlinkMessage: Hashable {
  var type: UInt16
  var flags: UInt16
  var sequence: UInt32
  var payload: Range<Int>

  static let headerLength = 16

  /// An answer that ends a request: NLMSG_DONE, or NLMSG_ERROR, whose errno 0 is an acknowledgement.
  ///
  /// - Returns: nil for a message with content, else the errno, positive.
  func status(_ bytes: RawSpan) -> Int32? {
    switch Int32(type) {
    case NLMSG_DONE: return payload.count >= 4 ? errno(bytes) : 0
    case NLMSG_ERROR: return errno(bytes)
    default: return nil
    }
  }

  private func errno(_ bytes: RawSpan) -> Int32 {
    guard payload.count >= 4, let value = bytes.i32(payload.lowerBound) else { return EIO }
    return value == .min ? EIO : -value
  }
}

/// Walks the messages of one receive.
///
/// Total: a length that does not fit ends the walk.
struct NetlinkMessageCursor {
  private var offset = 0

  mutating func next(_ bytes: RawSpan) -> NetlinkMessage? {
    guard let length = bytes.u32(offset), length >= NetlinkMessage.headerLength,
      let count = Int(exactly: length), bytes.contains(offset, count: count),
      let type = bytes.u16(offset + 4), let flags = bytes.u16(offset + 6),
      let sequence = bytes.u32(offset + 8)
    else { return nil }
    let start = offset
    offset = start + (count + 3) & ~3
    return NetlinkMessage(
      type: type, flags: flags, sequence: sequence,
      payload: start + NetlinkMessage.headerLength..<start + count)
  }
}

/// One attribute (type, value) and where its value lies.
struct NetlinkAttribute: Hashable {
  /// Without the NLA_F_NESTED and byte order bits.
  var type: Int
  var value: Range<Int>
}

/// Walks attributes, or the nested ones in an attribute's value.
struct NetlinkAttributeCursor {
  private var offset: Int
  private let end: Int

  /// - Parameter range: from the first attribute to the end of what holds them.
  init(_ range: Range<Int>) {
    offset = range.lowerBound
    end = range.upperBound
  }

  /// Behind the fixed header of a message; nothing when the message is shorter than that.
  init(_ message: NetlinkMessage, after header: Int) {
    let start = message.payload.lowerBound + (header + 3) & ~3
    self.init(min(start, message.payload.upperBound)..<message.payload.upperBound)
  }

  mutating func next(_ bytes: RawSpan) -> NetlinkAttribute? {
    guard offset <= end - 4, let length = bytes.u16(offset), let type = bytes.u16(offset + 2),
      length >= 4, Int(length) <= end - offset
    else { return nil }
    let start = offset
    offset = min(start + (Int(length) + 3) & ~3, end)
    return NetlinkAttribute(type: Int(type & 0x3fff), value: start + 4..<start + Int(length))
  }
}

/// Builds one request.
struct NetlinkRequest {
  private(set) var bytes: [UInt8]

  /// - Parameter header: the fixed part behind the netlink header: `rtmsg`, `ifinfomsg`.
  init(type: Int, flags: Int32, header: [UInt8]) {
    bytes = []
    bytes.reserveCapacity(64)
    append(UInt32(0))
    append(UInt16(truncatingIfNeeded: type))
    append(UInt16(truncatingIfNeeded: flags))
    append(UInt32(0))
    append(UInt32(0))
    bytes.append(contentsOf: header)
    pad()
  }

  mutating func attribute(_ type: Int, _ value: UInt32) {
    append(UInt16(8))
    append(UInt16(truncatingIfNeeded: type))
    append(value)
  }

  mutating func attribute(_ type: Int, _ value: [UInt8]) {
    append(UInt16(truncatingIfNeeded: 4 + value.count))
    append(UInt16(truncatingIfNeeded: type))
    bytes.append(contentsOf: value)
    pad()
  }

  /// A text with its NUL.
  mutating func attribute(_ type: Int, _ text: String) { attribute(type, Array(text.utf8) + [0]) }

  /// The finished request under a sequence number.
  func sealed(sequence: UInt32) -> [UInt8] {
    var result = bytes
    result.replaceSubrange(0..<4, with: NetlinkRequest.native(UInt32(truncatingIfNeeded: bytes.count)))
    result.replaceSubrange(8..<12, with: NetlinkRequest.native(sequence))
    return result
  }

  private mutating func append(_ value: some FixedWidthInteger) {
    bytes.append(contentsOf: NetlinkRequest.native(value))
  }

  private mutating func pad() {
    while bytes.count & 3 != 0 { bytes.append(0) }
  }

  /// The bytes of a number in the machine's order.
  static func native(_ value: some FixedWidthInteger) -> [UInt8] {
    unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
  }
}

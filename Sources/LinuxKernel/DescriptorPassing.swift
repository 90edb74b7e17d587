import CLinux

/// What one message over a UNIX socket brought.
struct PassedMessage {
  var bytes: [UInt8]
  /// Nil where none came along.
  var descriptor: Descriptor?

  /// The lines `KEY=VALUE` of the message.
  subscript(key: String) -> String? {
    let prefix = Array(key.utf8) + [UInt8(ascii: "=")]
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: prefix) {
      return String(decoding: line.dropFirst(prefix.count), as: UTF8.self)
    }
    return nil
  }
}

/// Descriptors that travel from one process to another.
extension Descriptor {
  /// Sends one message, with a descriptor where one is given; the errno, or 0.
  func send(_ text: String, passing passed: Descriptor? = nil) -> Int32 {
    let bytes = Array(text.utf8)
    var space = [UInt64](repeating: 0, count: 8)
    let count = unsafe bytes.withUnsafeBytes { bytes in
      unsafe space.withUnsafeMutableBytes { space in
        var vector = unsafe iovec(
          iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        return unsafe withUnsafeMutablePointer(to: &vector) { vector in
          var message = unsafe msghdr()
          unsafe message.msg_iov = vector
          unsafe message.msg_iovlen = 1
          if let passed {
            unsafe message.msg_control = space.baseAddress
            unsafe message.msg_controllen = mc_cmsg_space(4)
            if let header = unsafe mc_cmsg_first(&message) {
              unsafe header.pointee.cmsg_level = SOL_SOCKET
              unsafe header.pointee.cmsg_type = Int32(SCM_RIGHTS)
              unsafe header.pointee.cmsg_len = mc_cmsg_len(4)
              unsafe UnsafeMutableRawPointer(mc_cmsg_data(header)).storeBytes(
                of: passed.number, as: Int32.self)
            }
          }
          return retrying { unsafe sendmsg(number, &message, Int32(MSG_NOSIGNAL)) }
        }
      }
    }
    return count < 0 ? mc_errno() : 0
  }

  /// Receives one message; nil at the other's end, and where none waits in a socket that does not block.
  ///
  /// Of several descriptors in one message the first counts and the others are closed.
  func receiveMessage(limit: Int = 4096) -> PassedMessage? {
    var space = [UInt64](repeating: 0, count: 32)
    var controlLength = 0
    var count = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { bytes, length in
      unsafe space.withUnsafeMutableBytes { space in
        var vector = unsafe iovec(iov_base: bytes.baseAddress, iov_len: limit)
        unsafe withUnsafeMutablePointer(to: &vector) { vector in
          var message = unsafe msghdr()
          unsafe message.msg_iov = vector
          unsafe message.msg_iovlen = 1
          unsafe message.msg_control = space.baseAddress
          unsafe message.msg_controllen = space.count
          count = retrying { unsafe recvmsg(number, &message, mc_MSG_CMSG_CLOEXEC) }
          unsafe controlLength = count < 0 ? 0 : message.msg_controllen
        }
      }
      length = max(count, 0)
    }
    let passed = space.withUnsafeBytesOfPrefix(controlLength)
    guard count > 0 else { return nil }
    return PassedMessage(bytes: bytes, descriptor: passed.first)
  }
}

extension [UInt64] {
  /// The descriptors in received ancillary messages, each owned from here on.
  fileprivate func withUnsafeBytesOfPrefix(_ length: Int) -> [Descriptor] {
    unsafe withUnsafeBytes { bytes in
      var found: [Descriptor] = []
      let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[..<length]))
      var cursor = ControlMessageCursor()
      while let message = cursor.next(span) {
        guard message.level == SOL_SOCKET, message.type == Int32(SCM_RIGHTS) else { continue }
        for place in stride(from: message.content.lowerBound, to: message.content.upperBound - 3, by: 4) {
          if let number = span.i32(place), number >= 0 { found.append(Descriptor(adopting: number)) }
        }
      }
      return found
    }
  }
}

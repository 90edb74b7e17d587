import CLinux

/// A UNIX socket address: a path, or an abstract name written with a leading `@`.
struct UnixAddress {
  private var storage = sockaddr_un()
  private let length: UInt32

  /// Nil when the path does not fit into the kernel's 107 bytes, or holds a NUL.
  init?(_ path: String) {
    let bytes = Array(path.utf8)
    guard !bytes.isEmpty, bytes.count <= 107, !bytes.contains(0) else { return nil }
    storage.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &storage.sun_path) { target in
      unsafe target.copyBytes(from: bytes)
      if bytes[0] == UInt8(ascii: "@") { unsafe target[0] = 0 }
    }
    let isAbstract = bytes[0] == UInt8(ascii: "@")
    length = UInt32(MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1))
  }

  func bind(_ descriptor: Descriptor) -> Int32 {
    unsafe withUnsafePointer(to: storage) { unsafe mc_bind(descriptor.number, $0, length) }
  }

  func connect(_ descriptor: Descriptor) -> Int32 {
    unsafe withUnsafePointer(to: storage) { pointer in
      retrying { unsafe mc_connect(descriptor.number, pointer, length) }
    }
  }
}

/// Sends datagrams to UNIX sockets: the service manager, the journal, syslog.
final class UnixDatagrams {
  private let descriptor: Descriptor

  /// Nil when nobody listens at the path.
  init?(to path: String) {
    guard let address = UnixAddress(path),
      let descriptor = try? Descriptor.socket(AF_UNIX, mc_SOCK_DGRAM, 0),
      address.connect(descriptor) == 0
    else { return nil }
    self.descriptor = descriptor
  }

  /// False when the datagram was not taken: the receiver is gone or its queue is full.
  func send(_ bytes: [UInt8]) -> Bool {
    let count = retrying {
      unsafe bytes.withUnsafeBytes {
        unsafe CLinux.send(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
    }
    return count == bytes.count
  }
}

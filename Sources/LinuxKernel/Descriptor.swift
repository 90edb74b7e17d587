import CLinux

/// An open file descriptor, closed when the last reference to it goes.
///
/// Confined to the event loop's thread like everything that holds one.
public final class Descriptor {
  /// The kernel's number, for `EventLoop` and for passing it on.
  public let number: Int32

  /// Takes over a descriptor that somebody opened or passed.
  public init(adopting number: Int32) { self.number = number }

  deinit { _ = close(number) }

  /// A new socket, closed on exec.
  static func socket(
    _ domain: Int32, _ kind: Int32, _ protocolNumber: Int32, blocking: Bool = false
  ) throws(SystemError) -> Descriptor {
    let flags = blocking ? mc_SOCK_CLOEXEC : mc_SOCK_CLOEXEC | mc_SOCK_NONBLOCK
    let number = CLinux.socket(domain, kind | flags, protocolNumber)
    guard number >= 0 else { throw .last("open socket") }
    return Descriptor(adopting: number)
  }

  /// Sets an integer socket option; false when the kernel refused.
  @discardableResult
  func set(_ level: Int32, _ option: Int32, _ value: Int32) -> Bool {
    mc_setsockopt_int(number, level, option, value) == 0
  }

  /// Sets an option from a kernel structure; the errno, or 0.
  func set<Value>(_ level: Int32, _ option: Int32, structure: Value) -> Int32 {
    let result = unsafe withUnsafePointer(to: structure) { pointer in
      unsafe setsockopt(number, level, option, pointer, socklen_t(MemoryLayout<Value>.size))
    }
    return result == 0 ? 0 : mc_errno()
  }

  /// Asks for a receive buffer of `bytes`, beyond net.core.rmem_max where the process may.
  func setReceiveBuffer(_ bytes: Int32) {
    if !set(SOL_SOCKET, mc_SO_RCVBUFFORCE, bytes) { set(SOL_SOCKET, SO_RCVBUF, bytes) }
  }
}

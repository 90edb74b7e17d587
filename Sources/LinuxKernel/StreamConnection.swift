import CLinux
public import Timing

/// One end of a UNIX stream: a client as the daemon sees it, or the daemon as the tool sees it.
///
/// Nothing here waits, except where `deadline` says so.
public final class StreamConnection {
  public let descriptor: Descriptor
  /// The process at the other end, as the kernel vouches for it; taken at connect.
  public let peer: Peer?

  /// Who connected.
  public struct Peer: Hashable, Sendable {
    public var pid: Int32
    public var uid: UInt32
    public var gid: UInt32
    /// Supplementary groups; empty on kernels without SO_PEERGROUPS (before 4.13).
    public var groups: [UInt32]
  }

  /// What a transfer came to.
  public enum Transfer: Hashable, Sendable {
    /// This many bytes, more than none.
    case moved(Int)
    /// Nothing to read, or no room to write: wait.
    case blocked
    /// The other end is gone.
    case ended
    case failed(errno: Int32)
  }

  init(_ descriptor: Descriptor) {
    self.descriptor = descriptor
    peer = StreamConnection.credentials(of: descriptor)
  }

  /// Connects to a listener.
  ///
  /// ENOENT and ECONNREFUSED: nobody is there. EAGAIN: its queue is full.
  public static func connect(to path: String) throws(SystemError) -> StreamConnection {
    guard let address = UnixAddress(path) else { throw SystemError("connect", path, errno: ENAMETOOLONG) }
    let descriptor = try Descriptor.socket(AF_UNIX, mc_SOCK_STREAM, 0)
    guard address.connect(descriptor) == 0 else { throw .last("connect", path) }
    return StreamConnection(descriptor)
  }

  /// Appends what has come in, at most `limit` bytes, to `buffer`.
  public func read(into buffer: inout [UInt8], limit: Int = 65_536) -> Transfer {
    var result = 0
    var failure: Int32 = 0
    let chunk = unsafe [UInt8](unsafeUninitializedCapacity: limit) { space, count in
      result = retrying { unsafe recv(descriptor.number, space.baseAddress, limit, 0) }
      failure = mc_errno()
      count = max(result, 0)
    }
    guard result > 0 else { return result == 0 ? .ended : outcome(failure) }
    buffer.append(contentsOf: chunk)
    return .moved(result)
  }

  /// Gives bytes to the kernel; `moved` may be fewer than there are.
  public func write(_ bytes: ArraySlice<UInt8>) -> Transfer {
    guard !bytes.isEmpty else { return .moved(0) }
    let count = retrying {
      unsafe bytes.withUnsafeBytes {
        unsafe send(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
    }
    let failure = mc_errno()
    return count >= 0 ? .moved(count) : outcome(failure)
  }

  /// Gives all bytes to the kernel, waiting for room; for the tool.
  public func writeAll(_ bytes: [UInt8], until deadline: Instant) throws(SystemError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch write(rest) {
      case .moved(let count): rest = rest.dropFirst(count)
      case .blocked:
        guard wait(for: .write, until: deadline) else { throw SystemError("write", errno: ETIMEDOUT) }
      case .ended: throw SystemError("write", errno: EPIPE)
      case .failed(let errno): throw SystemError("write", errno: errno)
      }
    }
  }

  /// Waits until it can be read or written.
  ///
  /// False when the deadline came first; nil: no deadline.
  public func wait(for interest: EventLoop.Interest, until deadline: Instant?) -> Bool {
    descriptor.wait(for: interest, until: deadline)
  }

  /// Says that nothing more will be written; the other end may still answer.
  public func finishWriting() { shutdown(descriptor.number, Int32(SHUT_WR)) }

  private func outcome(_ failure: Int32) -> Transfer {
    switch failure {
    case EAGAIN: .blocked
    case EPIPE, ECONNRESET: .ended
    default: .failed(errno: failure)
    }
  }

  private static func credentials(of descriptor: Descriptor) -> Peer? {
    var who = mc_ucred()
    var length = socklen_t(MemoryLayout<mc_ucred>.size)
    guard unsafe getsockopt(descriptor.number, SOL_SOCKET, mc_SO_PEERCRED, &who, &length) == 0 else {
      return nil
    }
    var bytes = socklen_t(64 * 1024)
    let groups = unsafe [UInt32](unsafeUninitializedCapacity: 16 * 1024) { space, count in
      let result = unsafe getsockopt(
        descriptor.number, SOL_SOCKET, mc_SO_PEERGROUPS, space.baseAddress, &bytes)
      count = result == 0 ? min(Int(bytes) / 4, 16 * 1024) : 0
    }
    return Peer(pid: who.pid, uid: who.uid, gid: who.gid, groups: Array(groups))
  }
}

extension Descriptor {
  /// Waits until it can be read or written.
  ///
  /// False when the deadline came first; nil: no deadline.
  public func wait(for interest: EventLoop.Interest, until deadline: Instant?) -> Bool {
    var entry = pollfd(fd: number, events: 0, revents: 0)
    if interest.contains(.read) { entry.events |= Int16(POLLIN) }
    if interest.contains(.write) { entry.events |= Int16(POLLOUT) }
    while true {
      var milliseconds: Int64 = -1
      if let deadline { milliseconds = max(0, ((deadline - Clock.now).nanoseconds + 999_999) / 1_000_000) }
      let count = unsafe mc_poll(&entry, 1, Int32(clamping: milliseconds))
      if count > 0 { return true }
      if count < 0 && mc_errno() != EINTR { return false }
      if let deadline, deadline <= Clock.now { return false }
    }
  }
}

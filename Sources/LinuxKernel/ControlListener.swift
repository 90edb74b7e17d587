import CLinux

/// A listening UNIX socket at a path of the file system.
public final class ControlListener {
  public let descriptor: Descriptor
  public let path: String
  /// Given up for a moment when the process is out of descriptors, so that a client can be turned away.
  private var spare: Descriptor?

  /// What a turn of accepting gave.
  public enum Accepted {
    case connection(StreamConnection)
    /// Nobody waits.
    case nobody
    /// No descriptor was left: one client was turned away.
    case turnedAway(errno: Int32)
    case failed(errno: Int32)
  }

  private init(descriptor: Descriptor, path: String) {
    self.descriptor = descriptor
    self.path = path
    spare = ControlListener.openSpare()
  }

  /// Listens at `path`, in place of whatever is there: bound under another name and renamed, so that there is
  /// no moment without a socket or with wrong rights.
  ///
  /// - Parameter mode: permission bits, `0o660`.
  /// - Parameter owner: uid and gid to give it to; nil keeps that of the process.
  public static func listen(
    at path: String, mode: UInt32, owner: (uid: UInt32, gid: UInt32)? = nil
  ) throws(SystemError) -> ControlListener {
    let temporary = path + ".new"
    guard let address = UnixAddress(temporary) else {
      throw SystemError("bind", path, errno: ENAMETOOLONG)
    }
    let descriptor = try Descriptor.socket(AF_UNIX, mc_SOCK_STREAM, 0)
    _ = unsafe unlink(temporary)
    let previous = umask(0o177)
    var bound = address.bind(descriptor)
    // The name of a daemon that was killed takes the room that ours needs on a full disk.
    if bound != 0, mc_errno() == ENOSPC || mc_errno() == EDQUOT, unsafe unlink(path) == 0 {
      bound = address.bind(descriptor)
    }
    let failure = mc_errno()
    umask(previous)
    guard bound == 0 else { throw SystemError("bind", path, errno: failure) }
    do throws(SystemError) {
      if let owner, unsafe chown(temporary, owner.uid, owner.gid) != 0 { throw .last("chown", path) }
      guard unsafe chmod(temporary, mode) == 0 else { throw .last("chmod", path) }
      guard CLinux.listen(descriptor.number, 128) == 0 else { throw .last("listen", path) }
      guard unsafe rename(temporary, path) == 0 else { throw .last("rename", path) }
    } catch {
      _ = unsafe unlink(temporary)
      throw error
    }
    return ControlListener(descriptor: descriptor, path: path)
  }

  /// Listens at `path` for the process's user and the members of a group, if there is one.
  public static func listen(at path: String, forGroup group: UInt32?) throws(SystemError) -> ControlListener {
    guard let group else { return try listen(at: path, mode: 0o600) }
    do throws(SystemError) {
      return try listen(at: path, mode: 0o660, owner: (ThisProcess.uid, group))
    } catch {
      // Only root and members can give a file to a group.
      guard error.name == "EPERM" else { throw error }
      return try listen(at: path, mode: 0o600)
    }
  }

  /// Whether a process answers at `path`; its credentials when it does.
  public static func peer(answeringAt path: String) -> StreamConnection.Peer? {
    (try? StreamConnection.connect(to: path))?.peer
  }

  /// Takes the next waiting client.
  public func accept() -> Accepted {
    let number = retrying {
      mc_accept4(descriptor.number, nil, nil, mc_SOCK_CLOEXEC | mc_SOCK_NONBLOCK)
    }
    guard number < 0 else {
      return .connection(StreamConnection(Descriptor(adopting: number)))
    }
    let failure = mc_errno()
    switch failure {
    case EAGAIN, ECONNABORTED: return .nobody
    case EMFILE, ENFILE:
      spare = nil
      let refused = mc_accept4(descriptor.number, nil, nil, mc_SOCK_CLOEXEC)
      if refused >= 0 { close(refused) }
      spare = ControlListener.openSpare()
      return .turnedAway(errno: failure)
    default: return .failed(errno: failure)
    }
  }

  /// Takes the name away; the listener itself ends with its last reference.
  public func removePath() { _ = unsafe unlink(path) }

  private static func openSpare() -> Descriptor? {
    let number = unsafe mc_open("/dev/null", O_RDONLY | O_CLOEXEC, 0)
    return number < 0 ? nil : Descriptor(adopting: number)
  }
}

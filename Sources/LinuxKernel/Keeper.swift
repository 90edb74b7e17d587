import CLinux
import Diagnostics
import Timing

/// A process that holds the daemon's descriptors where no service manager does.
///
/// It is the daemon's own program under the name `mcast-keeper`, in a session of its own, without any right.
/// One daemon is connected to it; when that ends without `BYE=1` the descriptors wait for the next one, and
/// are closed when the hold time is over.
///
/// | message | meaning |
/// | --- | --- |
/// | `FDSTORE=1`, `FDNAME=…`, a descriptor | keep it; one of the same name goes |
/// | `FDSTOREREMOVE=1`, `FDNAME=…` | close it |
/// | `GIVE=1` | send all of them, each as `FDNAME=…`; then `END=1` |
/// | `BYE=1` | close all, end |
/// | `HOLD=seconds` | how long to wait for the next daemon |
public enum Keeper {
  /// What the process is called; the program's entry looks for it.
  public static let program = "mcast-keeper"
  static let defaultHold: Int64 = 120
  private static let listenerNumber: Int32 = 3

  /// Abstract, so that it belongs to the network namespace, as the routes do.
  static func address(_ name: String) -> String { "@\(program)/\(name)" }

  /// Starts a keeper that listens at an address; EADDRINUSE when one does.
  static func start(at address: String) throws(SystemError) {
    guard let name = UnixAddress(address) else { throw SystemError("bind", address, errno: EINVAL) }
    let listener = try Descriptor.socket(AF_UNIX, mc_SOCK_SEQPACKET, 0)
    guard name.bind(listener) == 0 else { throw .last("bind", address) }
    guard listen(listener.number, 8) == 0 else { throw .last("listen", address) }
    let child = mc_fork()
    guard child >= 0 else { throw .last("fork") }
    if child == 0 { detach(listener) }
    var status: Int32 = 0
    _ = retrying { unsafe waitpid(child, &status, 0) }
    guard mc_wait_exited(status) == 0 else { throw SystemError("start", program, errno: EAGAIN) }
  }

  /// Becomes the keeper: a fresh program, so that nothing of the daemon's memory stays.
  private static func detach(_ listener: Descriptor) -> Never {
    setsid()
    let child = mc_fork()
    guard child == 0 else { _exit(child < 0 ? 1 : 0) }
    if listener.number != listenerNumber { dup2(listener.number, listenerNumber) }
    _ = mc_fcntl(listenerNumber, F_SETFD, 0)
    let null = unsafe mc_open("/dev/null", O_RDWR, 0)
    for stream in Int32(0)...2 { dup2(null, stream) }
    _ = mc_close_range(UInt32(listenerNumber) + 1, .max)
    _ = unsafe chdir("/")
    _ = ThisProcess.become("/proc/self/exe", arguments: [program])
    _exit(127)
  }

  /// The keeper's life; 0 at its end.
  public static func run() -> Int32 {
    // Else it is called as the link it was started by.
    _ = unsafe program.withCString { mc_prctl(PR_SET_NAME, UInt(bitPattern: $0), 0) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    _ = unsafe sigprocmask(SIG_SETMASK, &none, nil)
    ThisProcess.raiseDescriptorLimit()
    let owner = geteuid()
    guard mc_socket_fact(listenerNumber, mc_SO_DOMAIN) == AF_UNIX, giveUpRights() else { return 71 }
    var room = Room(listener: Descriptor(adopting: listenerNumber), owner: owner)
    while room.turn() {}
    return 0
  }

  /// Nothing is needed to hold a descriptor.
  ///
  /// Not dumpable: nobody of the same uid gets at them.
  private static func giveUpRights() -> Bool {
    let nobody: UInt32 = 65_534
    // A daemon that has given up its rights already cannot give this one: root without any is as good.
    if geteuid() == 0, mc_setgroups(0, nil) == 0 {
      guard setgid(nobody) == 0, setuid(nobody) == 0 else { return false }
    }
    return Capabilities.drop() && mc_prctl(PR_SET_NO_NEW_PRIVS, 1, 0) == 0
      && mc_prctl(PR_SET_DUMPABLE, 0, 0) == 0
  }

  /// What is held, and for whom.
  private struct Room {
    let listener: Descriptor
    let owner: UInt32
    var kept: [(name: String, descriptor: Descriptor)] = []
    var daemon: Descriptor?
    var hold = Duration.seconds(defaultHold)
    /// When all is let go; nil while a daemon is there.
    var end: Instant?

    init(listener: Descriptor, owner: UInt32) {
      self.listener = listener
      self.owner = owner
      end = Clock.now + .seconds(10)
    }

    /// False: its time is over.
    mutating func turn() -> Bool {
      var entries = [pollfd(fd: daemon?.number ?? -1, events: Int16(POLLIN), revents: 0)]
      entries.append(pollfd(fd: listener.number, events: Int16(POLLIN), revents: 0))
      let left = end.map { max(0, ($0 - Clock.now).nanoseconds / 1_000_000 + 1) } ?? -1
      _ = unsafe entries.withUnsafeMutableBufferPointer { entries in
        unsafe mc_poll(entries.baseAddress, 2, Int32(clamping: left))
      }
      if let end, end <= Clock.now { return false }
      // The daemon first: whether it lives decides over who comes.
      if entries[0].revents != 0, let daemon {
        guard let message = daemon.receiveMessage() else { return daemonEnded() }
        return take(message, from: daemon)
      }
      if entries[1].revents != 0 { accept() }
      return true
    }

    private mutating func daemonEnded() -> Bool {
      daemon = nil
      end = Clock.now + hold
      return !kept.isEmpty
    }

    private mutating func accept() {
      let number = retrying { mc_accept4(listener.number, nil, nil, mc_SOCK_CLOEXEC) }
      guard number >= 0 else { return }
      let comer = Descriptor(adopting: number)
      guard let uid = comer.peerUID, uid == 0 || uid == owner else { return }
      guard daemon == nil else {
        _ = comer.send("BUSY=1")
        return
      }
      _ = mc_send_timeout(number, 5)
      daemon = comer
      end = nil
    }

    private mutating func take(_ message: PassedMessage, from daemon: Descriptor) -> Bool {
      let name = message["FDNAME"] ?? ""
      if message["FDSTORE"] == "1", let descriptor = message.descriptor {
        kept.removeAll { $0.name == name }
        kept.append((name, descriptor))
      } else if message["FDSTOREREMOVE"] == "1" {
        kept.removeAll { $0.name == name }
      } else if message["GIVE"] == "1" {
        for each in kept { _ = daemon.send("FDNAME=\(each.name)", passing: each.descriptor) }
        _ = daemon.send("END=1")
      } else if let seconds = message["HOLD"].flatMap({ Int64($0) }), seconds >= 0 {
        hold = .seconds(min(seconds, 86_400))
      }
      return message["BYE"] != "1"
    }
  }
}

extension Descriptor {
  /// Who is at the other end of a UNIX socket.
  var peerUID: UInt32? {
    var credentials = mc_ucred(pid: 0, uid: .max, gid: .max)
    var length = socklen_t(MemoryLayout<mc_ucred>.size)
    guard unsafe getsockopt(number, SOL_SOCKET, mc_SO_PEERCRED, &credentials, &length) == 0 else {
      return nil
    }
    return credentials.uid
  }
}

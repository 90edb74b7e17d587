import CLinux

/// A program that was started, in a process group of its own, with its output to read.
public final class Subprocess {
  public let pid: Int32
  /// What it writes to standard output and standard error; at its end when all writers closed it.
  public let output: Descriptor
  /// Readable when the program has ended; nil on kernels before 5.3, where SIGCHLD tells it.
  public let end: Descriptor?
  private var status: Status?

  /// How a program ended.
  public enum Status: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)
  }

  private init(pid: Int32, output: Descriptor) {
    self.pid = pid
    self.output = output
    let number = mc_pidfd_open(pid)
    end = number >= 0 ? Descriptor(adopting: number) : nil
  }

  /// Starts `path` with standard input from /dev/null, no signal blocked, none ignored, no descriptor passed.
  ///
  /// - Parameter arguments: from argv[0] on.
  /// - Parameter environment: `NAME=value`, all that it gets.
  public static func start(
    _ path: String, arguments: [String], environment: [String]
  ) throws(SystemError) -> Subprocess {
    var ends: (Int32, Int32) = (-1, -1)
    let made = unsafe withUnsafeMutableBytes(of: &ends) { bytes -> Int32 in
      guard let start = bytes.baseAddress else { return -1 }
      return unsafe pipe(start.assumingMemoryBound(to: Int32.self))
    }
    guard made == 0 else { throw .last("pipe", path) }
    let (output, input) = (Descriptor(adopting: ends.0), Descriptor(adopting: ends.1))
    for number in [ends.0, ends.1] { _ = mc_fcntl(number, F_SETFD, Int(FD_CLOEXEC)) }
    _ = mc_fcntl(ends.0, F_SETFL, Int(O_NONBLOCK))
    let pid = try spawn(path, arguments, environment, output: input)
    return Subprocess(pid: pid, output: output)
  }

  private static func spawn(
    _ path: String, _ arguments: [String], _ environment: [String], output: Descriptor
  ) throws(SystemError) -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output.number, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, output.number, 2)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    unsafe sigemptyset(&none)
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var pid: Int32 = 0
    let failure = unsafe withCStrings(arguments) { arguments in
      unsafe withCStrings(environment) { environment in
        unsafe mc_spawn(&pid, path, &actions, &attributes, arguments, environment)
      }
    }
    guard failure == 0 else { throw SystemError("start", path, errno: failure) }
    return pid
  }

  /// What it has written since the last call, at most 4 KiB; empty when nothing waits, nil at the end.
  public func readOutput() -> [UInt8]? {
    var count = 0
    var failure: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { space, length in
      count = retrying { unsafe read(output.number, space.baseAddress, 4096) }
      failure = mc_errno()
      length = max(count, 0)
    }
    return count > 0 ? bytes : count < 0 && failure == EAGAIN ? [] : nil
  }

  /// How it ended; nil while it runs.
  public func poll() -> Status? {
    if let status { return status }
    var value: Int32 = 0
    let result = retrying { unsafe waitpid(pid, &value, Int32(WNOHANG)) }
    guard result == pid else {
      // Somebody else reaped it.
      if result < 0 { status = .exited(-1) }
      return status
    }
    let signal = mc_wait_signal(value)
    status = signal == 0 ? .exited(mc_wait_exited(value)) : .killed(signal: signal)
    return status
  }

  /// Kills it with everything that it started.
  public func kill() {
    guard status == nil else { return }
    CLinux.kill(-pid, SIGKILL)
  }
}

/// Hands over a NULL-terminated array of C strings.
func withCStrings<Result>(
  _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Result
) -> Result {
  var pointers = unsafe texts.map { unsafe strdup($0) }
  unsafe pointers.append(nil)
  defer { unsafe pointers.forEach { unsafe free($0) } }
  return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress) }
}

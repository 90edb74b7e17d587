import CLinux

/// Going to the background: the starting process waits until the daemon says that it works.
///
/// Standard error stays what it was until then, so that a refused start is seen where it was typed.
public final class Detachment {
  private let pipe: Descriptor
  private var hasReported = false

  private init(_ pipe: Descriptor) { self.pipe = pipe }

  /// Forks twice and returns in the daemon; the starting process never returns from here.
  ///
  /// At the very start, before any thread, socket or event loop exists.
  public static func detach() throws(SystemError) -> Detachment {
    var ends: (Int32, Int32) = (-1, -1)
    let made = unsafe withUnsafeMutableBytes(of: &ends) { bytes -> Int32 in
      guard let start = bytes.baseAddress else { return -1 }
      return unsafe CLinux.pipe(start.assumingMemoryBound(to: Int32.self))
    }
    guard made == 0 else { throw .last("pipe") }
    let passed = passedCount
    let child = mc_fork()
    guard child >= 0 else { throw .last("fork") }
    if child > 0 {
      close(ends.1)
      awaitDaemon(ends.0, child)
    }
    close(ends.0)
    setsid()
    // The grandchild leads no session: it can never get a terminal by opening one.
    let grandchild = mc_fork()
    guard grandchild >= 0 else { throw .last("fork") }
    if grandchild > 0 { _exit(0) }
    _ = mc_fcntl(ends.1, F_SETFD, Int(FD_CLOEXEC))
    _ = unsafe chdir("/")
    keepOnly(ends.1, passed: passed)
    return Detachment(Descriptor(adopting: ends.1))
  }

  /// How many descriptors a service manager passed to this process.
  private static var passedCount: Int32 {
    guard ThisProcess.environment("LISTEN_PID") == "\(getpid())" else { return 0 }
    return min(65_536, max(0, ThisProcess.environment("LISTEN_FDS").flatMap { Int32($0) } ?? 0))
  }

  /// Closes what the starting program left open, which would live as long as the daemon: what belongs here
  /// are the standard streams, the pipe to the starter, and what a service manager passed, now to this
  /// process.
  private static func keepOnly(_ pipe: Int32, passed: Int32) {
    if passed > 0 { ThisProcess.setEnvironment("LISTEN_PID", "\(getpid())") }
    let (first, number) = (UInt32(3 + passed), UInt32(pipe))
    if number > first { _ = mc_close_range(first, number - 1) }
    _ = mc_close_range(max(first, number + 1), .max)
  }

  /// Says that the daemon works, or that nobody is to wait for it: the starting process ends with 0, and the
  /// terminal is let go.
  public func succeed() {
    report(0)
    let null = unsafe mc_open("/dev/null", O_RDWR | O_CLOEXEC, 0)
    guard null >= 0 else { return }
    for stream in Int32(0)...2 { dup2(null, stream) }
    if null > 2 { close(null) }
  }

  /// Says that the start was refused: the starting process ends with `code`.
  public func fail(_ code: UInt8) { report(code) }

  private func report(_ code: UInt8) {
    guard !hasReported else { return }
    hasReported = true
    _ = retrying { unsafe [code].withUnsafeBytes { unsafe write(pipe.number, $0.baseAddress, 1) } }
  }

  /// Ends the starting process as the daemon said, or with 1 when it died without a word.
  private static func awaitDaemon(_ pipe: Int32, _ child: Int32) -> Never {
    var status: Int32 = 0
    _ = retrying { unsafe waitpid(child, &status, 0) }
    var code: UInt8 = 1
    let count = retrying { unsafe read(pipe, &code, 1) }
    _exit(count == 1 ? Int32(code) : 1)
  }
}

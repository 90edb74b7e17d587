import CLinux

/// Other programs in the place of this one, or beside it with the same terminal.
extension ThisProcess {
  /// Where this program's own file is; nil when /proc does not tell.
  public static var file: String? {
    var space = [UInt8](repeating: 0, count: 4096)
    let count = unsafe space.withUnsafeMutableBytes { bytes -> Int in
      guard let start = bytes.baseAddress else { return 0 }
      return unsafe readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    return count > 0 ? String(decoding: space.prefix(count), as: UTF8.self) : nil
  }

  private static let resumption = "MCAST_RESUMES"

  /// What of the start is asked for later, when the file may be another and the directory changed.
  private static let first: (file: String?, directory: String, isResumed: Bool) = {
    let former = environment(resumption)
    removeEnvironment(resumption)
    return (file, former ?? workingDirectory, former != nil)
  }()

  /// Takes note of what is asked for later; at the very start.
  public static func remember() { _ = first }

  /// The path that this program was started from, whatever is in it now; nil when /proc does not tell.
  public static var firstFile: String? { first.file }

  /// Where the first program of this process was started, by which relative paths of its words are read.
  public static var firstDirectory: String { first.directory }

  /// Whether the process was another program, of which this one is the continuation.
  public static var isResumed: Bool { first.isResumed }

  /// Becomes the program that is in the file now, with the same words and rights.
  ///
  /// - Returns: only when the kernel refused.
  public static func resume() -> SystemError {
    guard let file = firstFile else { return SystemError("start", "/proc/self/exe", errno: ENOENT) }
    setEnvironment(resumption, firstDirectory)
    Capabilities.passOn()
    return become(file, arguments: Swift.CommandLine.arguments)
  }

  /// Becomes another program: process, environment and standard streams stay.
  ///
  /// - Parameter arguments: from argv[0] on.
  /// - Returns: only when the kernel refused.
  public static func become(_ path: String, arguments: [String]) -> SystemError {
    unsafe withCStrings(arguments) { pointer in
      guard let pointer = unsafe pointer else { return SystemError("start", path, errno: EINVAL) }
      _ = unsafe execv(path, pointer)
      return .last("start", path)
    }
  }

  /// Runs another program with the same environment and standard streams, and waits for its end.
  ///
  /// - Parameter arguments: from argv[0] on.
  public static func call(_ path: String, arguments: [String]) throws(SystemError) -> Subprocess.Status {
    // A file that cannot be run is told here, where it can still be said what it was.
    guard unsafe access(path, X_OK) == 0 else { throw .last("start", path) }
    let child = mc_fork()
    guard child >= 0 else { throw .last("fork") }
    if child == 0 {
      _ = become(path, arguments: arguments)
      end(127)
    }
    var status: Int32 = 0
    guard retrying({ unsafe waitpid(child, &status, 0) }) == child else { throw .last("wait for", path) }
    let signal = mc_wait_signal(status)
    return signal == 0 ? .exited(mc_wait_exited(status)) : .killed(signal: signal)
  }
}

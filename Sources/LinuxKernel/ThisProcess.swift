import CLinux

/// The process itself: who it is, its environment, its standard streams, its end.
public enum ThisProcess {
  public static var pid: Int32 { getpid() }
  /// The effective uid.
  public static var uid: UInt32 { geteuid() }
  public static var gid: UInt32 { getegid() }
  public static var isRoot: Bool { geteuid() == 0 }

  /// Where relative paths begin; `/` when it cannot be told.
  public static var workingDirectory: String {
    var space = [UInt8](repeating: 0, count: 4096)
    let isKnown = unsafe space.withUnsafeMutableBytes { bytes -> Bool in
      unsafe getcwd(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) != nil
    }
    return isKnown ? String(decoding: space.prefix { $0 != 0 }, as: UTF8.self) : "/"
  }

  /// A variable of the environment; nil when it is not set.
  public static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// The environment that the process was started with, `NAME=value` each.
  public static var environment: [String] {
    let bytes = (try? Files.readVirtual("/proc/self/environ")) ?? []
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Sets a variable for the program that takes our place.
  static func setEnvironment(_ name: String, _ value: String) { _ = unsafe setenv(name, value, 1) }

  /// The permission bits that new files do not get.
  public static var fileMask: UInt32 {
    let mask = umask(0o022)
    umask(mask)
    return mask
  }

  /// Takes a variable out of the environment, so that children do not get it.
  public static func removeEnvironment(_ name: String) { _ = unsafe unsetenv(name) }

  /// Gives memory back that a large piece of work, now done, has left free.
  public static func returnFreeMemory() { malloc_trim(0) }

  /// Gives the standard streams that the process was started without to /dev/null: no file that is opened
  /// later shall become standard output.
  public static func completeStandardStreams() {
    while true {
      let number = unsafe mc_open("/dev/null", O_RDWR, 0)
      guard number >= 0, number <= 2 else {
        if number > 2 { close(number) }
        return
      }
    }
  }

  /// Ends at once where the program is at fault, unless somebody asked for a report of it.
  ///
  /// The report of the language's runtime takes seconds, in which nobody routes.
  public static func endAtOnceOnFaults() {
    guard environment("SWIFT_BACKTRACE") == nil else { return }
    for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP] { mc_default_signal(number) }
  }

  /// Takes as many descriptors as the administrator allows: thousands of joins need hundreds of sockets.
  static func raiseDescriptorLimit() {
    var limit = rlimit()
    guard unsafe mc_getrlimit_files(&limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    _ = unsafe mc_setrlimit_files(&limit)
  }

  /// A standard stream to write to.
  public enum Stream: Int32, Sendable {
    case output = 1
    case error = 2
  }

  /// Writes everything; false when the reader is gone or the disk is full.
  @discardableResult
  public static func write(_ bytes: [UInt8], to stream: Stream) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = retrying {
        unsafe bytes.withUnsafeBytes {
          unsafe CLinux.write(stream.rawValue, $0.baseAddress?.advanced(by: written), $0.count - written)
        }
      }
      if count < 0 {
        guard mc_errno() == EAGAIN else { return false }
        var entry = pollfd(fd: stream.rawValue, events: Int16(POLLOUT), revents: 0)
        _ = unsafe mc_poll(&entry, 1, -1)
        continue
      }
      written += count
    }
    return true
  }

  /// Writes a text.
  @discardableResult
  public static func write(_ text: String, to stream: Stream) -> Bool { write(Array(text.utf8), to: stream) }

  /// Whether a stream is a terminal.
  public static func isTerminal(_ stream: Stream) -> Bool { isatty(stream.rawValue) == 1 }

  /// Columns of the terminal at standard output; nil when it is none.
  public static var terminalWidth: Int? {
    var size = winsize()
    guard unsafe mc_ioctl(Stream.output.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  /// Reads standard input to its end; EFBIG beyond `limit`.
  public static func readInput(limit: Int = 64 << 20) throws(SystemError) -> [UInt8] {
    try readDescriptor(0, limit: limit)
  }

  /// The descriptor of this process that a path stands for: `/dev/stdin`, `/dev/fd/N`; nil: none.
  public static func descriptor(namedBy path: String) -> Int32? {
    if path == "/dev/stdin" { return 0 }
    for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
      return Int32(path.dropFirst(folder.count)).flatMap { $0 < 0 ? nil : $0 }
    }
    return nil
  }

  /// Reads what an open descriptor holds, to its end, however long that takes; EFBIG beyond `limit`.
  public static func readDescriptor(_ number: Int32, limit: Int = 64 << 20) throws(SystemError) -> [UInt8] {
    let copy = mc_fcntl(number, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw .last("read", "descriptor \(number)") }
    return try Files.readAll(Descriptor(adopting: copy), "descriptor \(number)", limit: limit)
  }

  /// Ends the process at once, without anything that would run at an ordinary exit.
  public static func end(_ code: Int32) -> Never { _exit(code) }
}

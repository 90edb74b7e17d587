import CLinux

/// What surrounds a command: its terminal, its environment, the machine's name.
public enum Terminal {
  /// Characters of a line; nil when the descriptor is no terminal, 80 when the terminal does not say.
  public static func width(of descriptor: Int32) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    let result = unsafe withUnsafeMutablePointer(to: &size) { pointer in
      unsafe mc_ioctl(descriptor, UInt(TIOCGWINSZ), pointer)
    }
    return result == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// A variable of the environment; nil when it is not set.
  public static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// The machine's name; `localhost` when it has none.
  public static var hostName: String {
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return "localhost" }
    let bytes = unsafe withUnsafeBytes(of: names.nodename) { unsafe Array($0) }
    let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    return name.isEmpty ? "localhost" : name
  }

  /// Gives bytes to a descriptor, all of them; false when nobody reads it any more.
  public static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = retrying {
        unsafe bytes.withUnsafeBytes {
          unsafe CLinux.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
        }
      }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }

  /// From here on a reader that goes away is told by `write`, and does not end the process.
  public static func outliveReaders() { _ = mc_ignore_signal(SIGPIPE) }

  /// Sleeps; a signal that the process handles ends it early.
  public static func pause(seconds: Double) {
    var time = timespec()
    let nanoseconds = Int64(min(max(seconds, 0), 31_536_000) * 1e9)
    time.tv_sec = Int(nanoseconds / 1_000_000_000)
    time.tv_nsec = Int(nanoseconds % 1_000_000_000)
    _ = unsafe nanosleep(&time, nil)
  }

  /// Ends the process.
  public static func end(with code: Int32) -> Never { exit(code) }
}

import CLinux

/// A signal that the programs of mcast act on.
public enum Signal: Int32, Hashable, Sendable, CaseIterable {
  case hangup = 1
  case interrupt = 2
  case quit = 3
  case user1 = 10
  case user2 = 12
  case terminate = 15
  case child = 17
}

/// Signals as something to read: nothing runs in a handler.
public final class SignalQueue {
  public let descriptor: Descriptor

  /// Blocks the signals and takes them over; before any thread exists.
  ///
  /// SIGPIPE and SIGXFSZ are ignored from here on, for the whole process.
  public init(_ signals: [Signal]) throws(SystemError) {
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    for signal in signals { unsafe sigaddset(&mask, signal.rawValue) }
    guard unsafe sigprocmask(SIG_BLOCK, &mask, nil) == 0 else { throw .last("sigprocmask") }
    // A limit on the size of files is an error to be told, not the end of the routing.
    for number in [SIGPIPE, SIGXFSZ] { _ = mc_ignore_signal(number) }
    let number = unsafe signalfd(-1, &mask, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    guard number >= 0 else { throw .last("signalfd") }
    descriptor = Descriptor(adopting: number)
  }

  /// The signals that came in since the last call.
  public func take() -> [Signal] {
    var taken: [Signal] = []
    var entry = signalfd_siginfo()
    while true {
      let count = retrying {
        unsafe CLinux.read(descriptor.number, &entry, MemoryLayout<signalfd_siginfo>.size)
      }
      guard count == MemoryLayout<signalfd_siginfo>.size else { return taken }
      if let signal = Signal(rawValue: Int32(truncatingIfNeeded: entry.ssi_signo)) { taken.append(signal) }
    }
  }
}

import Diagnostics
import Encoding
import LinuxKernel
import Timing

/// What the world is told of the daemon's life: service manager, pid file, and the process that started it.
final class Supervision {
  private let notifier: ServiceNotifier?
  private let detachment: Detachment?
  private let pidPath: String
  private var isPIDWritten = false
  private var lastSign = Clock.now

  /// Takes over the connection to the service manager.
  ///
  /// - Parameter detachment: nil in the foreground.
  init(pidPath: String, detachment: Detachment?) {
    self.pidPath = pidPath
    self.detachment = detachment
    notifier = ServiceNotifier()
  }

  /// Whether a running daemon owns the pid file; its number.
  static func owner(of pidPath: String) -> Int32? {
    guard let file = try? Files.read(pidPath, limit: 64),
      let pid = Int32(String(decoding: file.bytes.prefix { $0 != 0x0a }, as: UTF8.self)),
      pid > 1, pid != ThisProcess.pid, Processes.name(of: pid) == "mcastd"
    else { return nil }
    return pid
  }

  /// Configuration applied and sockets answering.
  ///
  /// - Returns: why the pid file could not be written; the daemon runs on without it.
  func ready(_ status: String) -> SystemError? {
    var failure: SystemError?
    do throws(SystemError) {
      try Files.replace(pidPath, with: Array("\(ThisProcess.pid)\n".utf8))
      isPIDWritten = true
    } catch {
      failure = error
    }
    notifier?.ready(status: status)
    detachment?.succeed()
    return failure
  }

  func refused(_ exit: ExitCode) { detachment?.fail(UInt8(truncatingIfNeeded: exit.rawValue)) }

  func reloading() { notifier?.reloading() }

  /// The reload is done: the pid file shows when.
  func reloaded(_ status: String) {
    if isPIDWritten { try? Files.replace(pidPath, with: Array("\(ThisProcess.pid)\n".utf8)) }
    notifier?.ready(status: status)
  }

  func stopping() { notifier?.stopping() }

  func ended() {
    if isPIDWritten { Files.remove(pidPath) }
  }

  /// When the service manager must hear from us again; half the time it allows.
  var nextDeadline: Instant? { notifier?.watchdog.map { lastSign + $0 / 2 } }

  /// Called in each turn: a loop that hangs sends nothing, which is what a watchdog is for.
  func keepAlive(at now: Instant) {
    guard let nextDeadline, nextDeadline <= now else { return }
    notifier?.keepAlive()
    lastSign = now
  }
}

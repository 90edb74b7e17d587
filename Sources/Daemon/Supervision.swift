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

  /// The names under which a daemon runs, ours and the original's.
  private static let programs: Set<String> = ["mcastd", "smcrouted", "smcroute", "mrouted"]

  /// Whether a running daemon owns the pid file; its number.
  static func owner(of pidPath: String) -> Int32? {
    guard let file = try? Files.read(pidPath, limit: 64),
      let pid = Int32(String(decoding: file.bytes.prefix { $0 != 0x0a }, as: UTF8.self)),
      pid > 1, pid != ThisProcess.pid, let name = Processes.name(of: pid), programs.contains(name)
    else { return nil }
    return pid
  }

  /// Writes the pid file.
  ///
  /// - Parameter user: whose it is to be; nil: that of the process.
  /// - Returns: why it could not be written; the daemon runs on without it.
  func writePID(for user: Accounts.User? = nil) -> SystemError? {
    do throws(SystemError) {
      try Files.replace(pidPath, with: Array("\(ThisProcess.pid)\n".utf8))
      isPIDWritten = true
      if let user { try Files.setOwner(pidPath, uid: user.uid, gid: user.gid) }
      return nil
    } catch {
      return error
    }
  }

  /// Configuration applied and sockets answering.
  func ready(_ status: String) {
    notifier?.ready(status: status)
    detachment?.succeed()
  }

  func refused(_ exit: ExitCode) {
    ended()
    detachment?.fail(UInt8(truncatingIfNeeded: exit.rawValue))
  }

  func reloading(_ status: String) { notifier?.reloading(status: status) }

  /// The reload is done: the time of the pid file shows when.
  ///
  /// One that could not be written before, most likely for a full disk, is written now.
  ///
  /// - Returns: why it does not; scripts that wait for it would wait in vain.
  func reloaded(_ status: String) -> SystemError? {
    let failure = isPIDWritten ? touchPID() : writePID()
    notifier?.ready(status: status)
    return failure
  }

  private func touchPID() -> SystemError? {
    do throws(SystemError) {
      try Files.touch(pidPath)
      return nil
    } catch {
      // Somebody took it away; a user that may not write it again runs on without.
      return writePID()
    }
  }

  /// Another program takes the place of this one.
  func passOn() { notifier?.passOn() }

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

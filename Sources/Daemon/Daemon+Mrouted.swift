import Compatibility
import Configuration
import Control
import Diagnostics
import Encoding
import LinuxKernel
import Router
import Timing

/// What the daemon of mrouted does beside routing: tables in files, and the socket of mroutectl.
extension Daemon {
  /// The request numbers of tables that signals ask for; no client has them.
  enum DumpRequest {
    static let dump = RequestID.max - 2
    static let cache = RequestID.max - 3
    static let terminal = RequestID.max - 4

    static func contains(_ request: RequestID) -> Bool { (terminal...dump).contains(request) }
  }

  /// SIGUSR1, SIGUSR2, SIGQUIT.
  func showTables(_ signal: Signal, _ settings: MroutedSettings, _ clock: WallClock) {
    switch signal {
    case .user1: askForTables(DumpRequest.dump, signal: "SIGUSR1", settings, clock)
    case .user2: askForTables(DumpRequest.cache, signal: "SIGUSR2", settings, clock)
    default:
      guard !mrouted.server.logging.debug.isEmpty else { return }
      step([.request(DumpRequest.terminal, .report(.all))], clock)
    }
  }

  private func askForTables(
    _ request: RequestID, signal: String, _ settings: MroutedSettings, _ clock: WallClock
  ) {
    if settings.vintage == .current { log.say(.info, nil, MroutedLogText.unsupported(signal)) }
    step([.request(request, .report(.all))], clock)
  }

  /// Writes what a signal asked for.
  func writeTables(_ request: RequestID, _ reply: Reply) {
    guard let settings = options.personality.mrouted, case .report(let report) = reply else { return }
    let heading = MroutedHeading(version: settings.vintage.version, date: LocalTime.now.date)
    let tables = MroutedDump(report, heading, layout: settings.dumpLayout)
    switch request {
    case DumpRequest.dump: write(tables.dump, to: settings.dumpFile, settings)
    case DumpRequest.cache: write(tables.cache, to: settings.cacheFile, settings)
    default: ThisProcess.write(tables.dump + "\n" + tables.cache, to: .error)
    }
  }

  /// In one step: whoever waits for the file finds it whole.
  private func write(_ text: String, to path: String, _ settings: MroutedSettings) {
    do throws(SystemError) {
      try Files.makeDirectory(settings.dumpDirectory)
      try Files.replace(path, with: Array(text.utf8))
    } catch {
      log.say(.warning, .systemCallFailed, "the tables are not written: \(error)")
    }
  }

  // MARK: The socket of mroutectl

  /// Lets mroutectl find the daemon of mrouted.
  func listenForMrouted(_ settings: MroutedSettings) throws(SystemError) {
    mrouted.server.logging = MroutedLogging(level: settings.level, debug: settings.debug ?? [])
    // Who may write may connect: as the original's, it is root's alone with the usual mask.
    try mrouted.listen(at: settings.socket) { (path) throws(SystemError) in
      try .listen(at: path, mode: 0o755 & ~ThisProcess.fileMask)
    }
    applyMroutedLogging()
  }

  /// Lets the clients of mrouted find a daemon that is none of mrouted's; nil: nowhere.
  func listenForMrouted(at path: String?) {
    guard options.personality.isNative, mrouted.paths != (path.map { [$0] } ?? []) else { return }
    for former in mrouted.paths { mrouted.remove(former) }
    guard let path else { return }
    if let peer = ControlListener.peer(answeringAt: path) {
      return log.say(
        .warning, .alreadyRunning, "a daemon, pid \(peer.pid), answers the clients of mrouted at \(path)")
    }
    do throws(SystemError) {
      if let level = log.level {
        mrouted.server.logging.level = MroutedLevel(number: level.priority.rawValue)
      }
      appliedLogging = mrouted.server.logging
      mrouted.adminGroup = control.adminGroup
      try mrouted.add(.listen(at: path, forGroup: control.adminGroup), rights: .admin)
    } catch {
      log.say(.warning, .systemCallFailed, "the clients of mrouted find no socket: \(error)")
    }
  }

  /// Does what a client set of the log.
  func applyMroutedLogging() {
    let logging = mrouted.server.logging
    guard logging != appliedLogging else { return }
    appliedLogging = logging
    log.mrouted?.debug = logging.debug
    let level = logging.debug.isEmpty ? logging.level : .debug
    log.level = level.native.flatMap { Notice.Level(rawValue: $0) }
  }
}

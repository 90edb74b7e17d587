import Compatibility
import Control
import Encoding
import Kernel
import LinuxKernel
import Router

/// What only a debug log shows.
extension Daemon {
  /// The request number of the log, which follows routes, groups and prunes at the level of debugging.
  static let logRequest = RequestID.max - 1

  /// Notices that are made for whoever asks: texts of 100,000 routes cost more than the routes.
  var loggedKinds: [Notice.Kind] {
    guard log.wants(.debug) else { return [] }
    return [.route, .group, .prune].filter { log.mrouted?.wants($0) ?? true }
  }

  /// Has the Router tell what the log shows, as long as it does: a client may set its level.
  func followLog(_ clock: WallClock) {
    let kinds = loggedKinds
    guard kinds != followedKinds else { return }
    followedKinds = kinds
    step([kinds.isEmpty ? .cancel(Daemon.logRequest) : .request(Daemon.logRequest, .subscribe(kinds))], clock)
  }

  /// The packets of a turn, where mrouted's log shows them.
  func logPackets(_ events: [KernelEvent]) {
    guard log.mrouted?.showsPackets == true, log.wants(.debug) else { return }
    for case .received(let datagram) in events { logPacket(datagram, isSent: false) }
  }

  func logPacket(_ action: KernelAction) {
    guard log.mrouted?.showsPackets == true, log.wants(.debug), case .send(let datagram) = action else {
      return
    }
    logPacket(datagram, isSent: true)
  }

  private func logPacket(_ datagram: Datagram, isSent: Bool) {
    guard let debug = log.mrouted?.debug,
      let line = MroutedPacketText.line(datagram, isSent: isSent, debug)
    else { return }
    log.say(.debug, nil, line)
  }
}

import CLinux
import Kernel
import Timing

/// Tells what happens to links and addresses.
final class NetlinkMonitor {
  let socket: NetlinkSocket
  private(set) var links = LinkTable()
  private var resync = ResyncPace()

  /// When lost messages must be made good; nil: nothing is lost.
  var nextDeadline: Instant? { resync.due }

  init() throws(SystemError) {
    socket = try NetlinkSocket()
    socket.descriptor.setReceiveBuffer(1 << 20)
    for group in [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR] {
      // A kernel without IPv6 has no such group; its addresses do not exist either.
      _ = socket.join(group: Int(group.rawValue))
    }
  }

  /// Reads what is waiting, at most `budget` receives.
  func receive(at now: Instant, budget: Int = 64, into events: inout [KernelEvent]) {
    for _ in 0..<budget {
      let received = socket.receive { bytes, message in
        guard let change = LinkMessage(bytes, message), let event = links.apply(change) else { return }
        events.append(event)
      }
      switch received {
      case .messages: continue
      case .nothing: return
      case .overflow, .failed: resync.want(at: now)
      }
    }
  }

  /// Asks for everything again when messages were lost and the time for it has come.
  func makeGood(asking requests: NetlinkSocket, at now: Instant, into events: inout [KernelEvent]) {
    guard resync.isDue(at: now) else { return }
    // What is queued is older than the dump.
    while case .messages = socket.receive({ _, _ in }) {}
    guard let listed = try? list(asking: requests) else {
      resync.want(at: now)
      return
    }
    events += [.notificationsLost, listed]
  }

  /// Every link and address there is.
  func list(asking requests: NetlinkSocket) throws(SystemError) -> KernelEvent {
    links = try NetlinkMonitor.links(asking: requests)
    return .interfacesListed(links.sorted)
  }

  /// What any of the readings saw counts: while links come and go, one alone may pass over another that
  /// stays.
  ///
  /// What went meanwhile is told by the notifications, which are read afterwards.
  static func links(asking requests: NetlinkSocket) throws(SystemError) -> LinkTable {
    var table = LinkTable()
    for (kind, headerLength) in [(RTM_GETLINK, 16), (RTM_GETADDR, 8)] {
      try requests.dump(request(kind, headerLength: headerLength), begin: {}) {
        if let message = LinkMessage($0, $1) { _ = table.apply(message) }
      }
    }
    return table
  }

  private static func request(_ type: Int, headerLength: Int) -> NetlinkRequest {
    NetlinkRequest(
      type: type, flags: NLM_F_REQUEST | NLM_F_DUMP, header: [UInt8](repeating: 0, count: headerLength))
  }
}

/// When to ask for everything again: at most once a second, and less and less often while losses go on.
struct ResyncPace {
  /// When the next repair is to be done; nil: none is wanted.
  private(set) var due: Instant?
  private var last: Instant?
  private var interval: Duration = .seconds(1)

  static let longest: Duration = .seconds(30)

  /// Notes a loss.
  mutating func want(at now: Instant) {
    guard due == nil else { return }
    guard let last else {
      due = now
      return
    }
    let earliest = last + interval
    if now > earliest + interval {
      interval = .seconds(1)
      due = now
    } else {
      due = max(now, earliest)
      interval = min(interval * 2, ResyncPace.longest)
    }
  }

  /// Whether a repair is due now; if so it counts as done.
  mutating func isDue(at now: Instant) -> Bool {
    guard let due, due <= now else { return false }
    self.due = nil
    last = now
    return true
  }
}

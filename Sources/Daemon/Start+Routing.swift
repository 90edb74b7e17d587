import Addressing
import Compatibility
import Configuration
import Control
import Diagnostics
import Encoding
import Kernel
import LinuxKernel
import Router
import Timing

/// Routing.
extension Start {
  /// Tells the Router what there is and what is wanted, and judges what the kernel refused.
  func route(_ daemon: Daemon) throws(StartFailure) {
    let clock = WallClock(now: Clock.now, wall: Clock.wallNanoseconds)
    daemon.followedKinds = daemon.loggedKinds
    if !daemon.followedKinds.isEmpty {
      daemon.load([.request(Daemon.logRequest, .subscribe(daemon.followedKinds))], clock)
    }
    let found = try take(daemon, clock)
    tellFile(found)
    daemon.tellShortcomings()
    if let refused, let findings = refused.refusal(options) { daemon.tellRefusal(of: refused, findings) }
    daemon.saved.keep(file.source)
    tellAdoption(found, daemon)
    daemon.load(
      found.map { .kernel($0) } + [.configure(file.parsed.configuration, isReload: false, request: nil)],
      WallClock(now: Clock.now, wall: Clock.wallNanoseconds))
    FaultPoint.reach(.configured)
    daemon.driver.closeUnclaimed()
    try judgeRefusals(daemon)
    daemon.releaseNotices()
  }

  /// What there is, with what a former life left: its state first, which says where to look.
  private func take(_ daemon: Daemon, _ clock: WallClock) throws(StartFailure) -> [KernelEvent] {
    if let state = daemon.saved.take() { daemon.step([.restore(state)], clock) }
    let expected = isSuccessor ? daemon.router.expectedKeys(file.parsed.configuration) : []
    do throws(SystemError) {
      return try daemon.driver.start(expecting: expected)
    } catch {
      throw StartFailure(error)
    }
  }

  private func tellAdoption(_ found: [KernelEvent], _ daemon: Daemon) {
    for (name, reason) in daemon.driver.refused {
      log.say(.notice, .staleState, "what was handed over as \"\(name)\" is closed: \(reason)")
    }
    for case .adopted(let adoption) in found {
      log.say(
        .adopts(
          """
          goes on where a former daemon ended: \(adoption.entries.count) entries, \
          \(adoption.vifs.count) VIFs and \(adoption.joins.count) joins are in the kernel
          """))
    }
  }

  private func tellFile(_ found: [KernelEvent]) {
    if let absence = file.absence(options) { log.say(absence) }
    guard case .interfacesListed(let links)? = found.first, options.personality.mrouted == nil else { return }
    log.say(findings(in: file.parsed, present: links.map(\.name)))
    guard options.personality.smcroute != nil else { return }
    if let table = options.table {
      for family in ["IPv4", "IPv6"] {
        log.say(.info, nil, SmcrouteLogText.table(table, family))
      }
    }
    for link in links where !link.flags.contains(.multicast) {
      for kind in ["VIF", "MIF"] {
        log.say(.info, nil, SmcrouteLogText.notCapable(link.name, kind))
      }
    }
  }

  private func judgeRefusals(_ daemon: Daemon) throws(StartFailure) {
    guard options.personality.smcroute != nil else {
      for refusal in daemon.refusedTables where !file.parsed.configuration.table.waitsForTable {
        try exit(for: refusal)
      }
      return
    }
    // What one family is refused is no reason to leave the other.
    let refused = Family.allCases.compactMap { family in
      daemon.refusedTables.first { $0.family == family }
    }
    guard refused.count == Family.allCases.count else { return refused.forEach(tell) }
    for refusal in refused.sorted(by: { rank($0) < rank($1) }) { try exit(for: refusal) }
  }

  /// The refusal that says most goes first.
  private func rank(_ refused: Daemon.RefusedTable) -> Int {
    let byFamily = refused.family == .ipv4 ? 0 : 1
    return switch TableRefusal(errno: refused.errno) {
    case .owned: byFamily
    case .notPermitted: 2 + byFamily
    case .noTables: 4 + byFamily
    case .noRouting: 6 + byFamily
    case .other: 8 + byFamily
    }
  }

  private func tell(_ refused: Daemon.RefusedTable) {
    let family = Start.name(refused.family)
    let reason = Start.sentence(refused.errno)
    let text =
      switch TableRefusal(errno: refused.errno) {
      case .owned: SmcrouteLogText.inUse(family, reason)
      case .noRouting, .noTables: "Kernel does not support \(family) multicast routing: \(reason)"
      case .notPermitted, .other: "\(family) multicast routing API is refused: \(reason)"
      }
    log.say(refused.family == .ipv4 ? .error : .warning, nil, text)
  }

  private static func name(_ family: Family) -> String { family == .ipv4 ? "IPv4" : "IPv6" }

  private func exit(for refused: Daemon.RefusedTable) throws(StartFailure) {
    let family = Start.name(refused.family)
    let table = refused.table.number(refused.family)
    let personality = options.personality
    let isSmcroute = personality.smcroute != nil
    switch TableRefusal(errno: refused.errno) {
    case .owned:
      let processes = Processes.holdingRoutingSocket(refused.family)
      if let keeper = processes.first, processes.allSatisfy({ $0.name == Keeper.program }) {
        throw StartFailure(
          .unavailable, .routingRefused,
          "table \(table): \(keeper) holds the \(family) routing socket for a daemon that ended (EADDRINUSE)",
          hint: "start that daemon again, or wait until its hold-time is over, or: kill \(keeper.pid)",
          phrase: SmcrouteLogText.occupied)
      }
      let holders = processes.map(\.description)
      let who = holders.isEmpty ? "" : ", \(holders.joined(separator: " or ")),"
      throw StartFailure(
        .unavailable, .routingRefused,
        "table \(table): another multicast routing daemon\(who) holds the \(family) routing socket "
          + "(EADDRINUSE)",
        hint: "stop it, or run this daemon with \(personality.isNative ? "--table" : "-t") 100",
        phrase: SmcrouteLogText.occupied)
    case .notPermitted:
      throw StartFailure(
        .noCapability, .noCapability, "multicast routing is not permitted to this process (EPERM)",
        hint: "run as root, or with CAP_NET_ADMIN and CAP_NET_RAW", phrase: phrase(refused))
    // Without IPv6 the rest works; the Router has said so.
    case .noRouting, .noTables, .other:
      guard refused.family == .ipv4 || isSmcroute else { return }
    }
    let phrase = phrase(refused)
    switch TableRefusal(errno: refused.errno) {
    case .noRouting:
      throw StartFailure(
        .noRouting, .noRouting, "this kernel has no \(family) multicast routing",
        hint: "it needs CONFIG_IP\(refused.family == .ipv4 ? "" : "V6")_MROUTE=y", phrase: phrase)
    case .noTables:
      throw StartFailure(
        .noRouting, .noTables,
        "this kernel has one multicast routing table only, so none with the id \(table)",
        hint: "it needs CONFIG_IP_MROUTE_MULTIPLE_TABLES=y; without "
          + "\(personality.isNative ? "--table" : "-t") the standard table is used", phrase: phrase)
    default: throw StartFailure(SystemError("open table \(table)", errno: refused.errno))
    }
  }

  /// What the original says of a table that it does not get, but for one that another has.
  private func phrase(_ refused: Daemon.RefusedTable) -> String? {
    if options.personality.mrouted != nil { return MroutedLogText.refused(Start.sentence(refused.errno)) }
    guard options.personality.smcroute != nil, TableRefusal(errno: refused.errno) != .notPermitted else {
      return nil
    }
    return SmcrouteLogText.unsupported
  }

  /// As the C library writes it.
  private static func sentence(_ errno: Int32) -> String {
    let meaning = SystemError.meaning(errno)
    return meaning.prefix(1).uppercased() + meaning.dropFirst()
  }
}

import Addressing
import Configuration
import Control
import DVMRP
import Diagnostics
import Kernel
import Membership
import Timing

/// What happens among hosts and routers, told as notices.
extension Router {
  /// Tells what became of queriers and groups.
  mutating func note(_ effects: MembershipEffects) {
    for event in effects.events { note(event) }
    guard !effects.news.isEmpty, wantsNotices(of: .group) else { return }
    for news in effects.news { note(news) }
  }

  /// Tells what became of neighbors, prunes and grafts.
  mutating func note(_ effects: DVMRPEffects) {
    for event in effects.events { note(event) }
    guard !effects.news.isEmpty, wantsNotices(of: .prune) else { return }
    for news in effects.news { note(news) }
  }

  /// Whether somebody asks for what would be too much for everybody: texts for each group and each prune
  /// would cost more than these do.
  private func wantsNotices(of kind: Notice.Kind) -> Bool {
    intent.base.log.level == "debug" || subscriptions.values.contains { $0.contains(kind) }
  }

  mutating func note(_ event: MembershipEvent) {
    switch event {
    case .querier(let interface, let family, let address):
      let name = domain.name(of: interface)
      tell(.querier, .change, .notice, name) {
        $0.interface = name
        $0.address = address?.description
        $0.after = address.map { "\($0)" } ?? "us"
        $0.detail = "\(Router.protocolName(family)) querier"
      }
    case .version(let interface, let family, let address):
      let name = domain.name(of: interface)
      tell(.querier, .refuse, .warning, name) {
        $0.code = .version
        $0.interface = name
        $0.address = address.description
        $0.detail = "\(address) asks in another version of \(Router.protocolName(family)) than we do"
        $0.hint = "give both routers the same version: \(Router.versionWord(family)) N for the interface"
      }
    case .limit(let interface, let family, let refusal, let address):
      let name = domain.name(of: interface)
      tell(.limit, .limit, .warning, name) {
        $0.code = refusal.code
        $0.interface = name
        $0.address = address.description
        $0.detail = "\(Router.protocolName(family)) report of \(address): \(Router.phrase(refusal))"
        $0.hint = "mcast show limits; mcast show interfaces \(name)"
      }
    }
  }

  private mutating func note(_ news: GroupNews) {
    let name = domain.name(of: news.place.interface)
    let group = news.place.group.description
    tell(.group, news.isJoined ? .join : .leave, .debug, group) {
      $0.interface = name
      $0.group = group
      $0.after = name
      guard let reporter = news.reporter else {
        $0.detail = "nobody reports it any more"
        return
      }
      $0.address = reporter.isUnspecified ? nil : reporter.description
      $0.detail = "\(news.isJoined ? "first" : "last") member \(reporter)"
    }
  }

  mutating func note(_ event: DVMRPEvent) {
    switch event {
    case .neighborUp(let address, let interface):
      tellNeighbor(.up, .notice, address, interface, "hears us, and we hear it")
    case .neighborOneWay(let address, let interface):
      tellNeighbor(.down, .warning, address, interface, "does not hear us")
    case .neighborRestarted(let address, let interface):
      noteRestart(of: address, interface)
    case .neighborLost(let address, let interface):
      let untold = counts.restarts.removeValue(forKey: address)?.untold ?? 0
      let restarts = untold > 0 ? "; it had begun anew \(Router.times(untold)) more" : ""
      tellNeighbor(.down, .notice, address, interface, "is silent, or its interface is gone" + restarts)
    case .limit(let refusal, let address, let interface):
      let name = domain.name(of: interface)
      tell(.limit, .limit, .warning, address.description) {
        $0.code = refusal.code
        $0.interface = name
        $0.address = address.description
        $0.detail = "\(name): \(Router.phrase(refusal))"
        $0.hint = "mcast show limits; mcast show interfaces \(name)"
      }
    }
  }

  /// A neighbor that begins anew again and again is told of once a minute, with how often it did.
  private mutating func noteRestart(of address: Address, _ interface: InterfaceID) {
    let former = counts.restarts[address]
    if let former, now - former.toldAt < .seconds(60) {
      counts.restarts[address] = (former.toldAt, former.untold + 1)
      return
    }
    // No more than there may be neighbors; whom it forgets is told of at once again.
    if former == nil, counts.restarts.count >= intent.base.limits.neighbors { counts.restarts = [:] }
    counts.restarts[address] = (now, 0)
    let untold = former?.untold ?? 0
    let count = untold > 0 ? ", \(Router.times(untold + 1)) since it was last told" : ""
    tellNeighbor(.restart, .notice, address, interface, "has begun anew" + count)
  }

  private static func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

  private mutating func tellNeighbor(
    _ change: Notice.Change, _ level: Notice.Level, _ address: Address, _ interface: InterfaceID,
    _ detail: String
  ) {
    let name = domain.name(of: interface)
    tell(.neighbor, change, level, address.description) {
      $0.interface = name
      $0.address = address.description
      $0.after = name
      $0.detail = detail
    }
  }

  private mutating func note(_ news: PruneNews) {
    let name = domain.name(of: news.interface)
    let (change, detail): (Notice.Change, String) =
      switch news.kind {
      case .pruneHeard(let until):
        (.prune, "\(news.neighbor) pruned for \((until - now).components.seconds)s")
      case .graftHeard: (.graft, "\(news.neighbor) grafted")
      case .pruneSent(let until):
        (.prune, "pruned from \(news.neighbor) for \((until - now).components.seconds)s")
      case .graftSent: (.graft, "grafted from \(news.neighbor)")
      }
    tell(.prune, change, .debug, "(\(news.origin), \(news.group))") {
      $0.interface = name
      $0.address = news.neighbor.description
      $0.group = news.group.description
      $0.after = name
      $0.detail = detail
    }
  }

  static func protocolName(_ family: Family) -> String { family == .ipv4 ? "IGMP" : "MLD" }

  private static func versionWord(_ family: Family) -> String {
    family == .ipv4 ? "igmp-version" : "mld-version"
  }

  private static func phrase(_ refusal: MembershipRefusal) -> String {
    switch refusal {
    case .groupLimit: "the interface or the router has as many groups as it may have"
    case .sourceLimit: "the group or the router has as many sources as it may have"
    case .hostLimit, .groupHostLimit: "more hosts than are tracked; the group is tracked no more"
    case .truncated, .checksum, .malformed, .hops, .routerAlert, .source, .destination, .ownEcho, .proxyQuery,
      .reportRate, .queryRate, .linkLocalGroup, .sourceSpecificGroup, .filtered:
      reason(refusal)
    }
  }

  private static func phrase(_ refusal: DVMRPRefusal) -> String {
    switch refusal {
    case .neighborLimit: "the router has as many neighbors as it may have"
    case .interfaceNeighborLimit: "the interface has as many neighbors as it may have"
    case .routeLimit: "the router has as many routes as it may have"
    case .neighborRouteLimit: "the neighbor has as many routes as it may have"
    case .pruneLimit: "the router has as many prunes as it may have; traffic flows on"
    case .neighborPruneLimit: "the neighbor has as many prunes as it may have; traffic flows on"
    case .rate: "it sends more than a router may"
    case .truncated, .checksum, .malformed, .version, .hops, .destination, .source, .ownEcho, .notAccepted,
      .forcedLeaf, .notNeighbor, .cannotPrune, .unasked, .unknownCode, .routeMalformed, .routeRepeated,
      .routeFiltered, .shortLifetime, .noRoute, .wrongInterface, .mask, .scoped, .unmatchedAck:
      reason(refusal)
    }
  }
}

public import Addressing
public import Kernel
public import Timing
import Wire

/// The distance vector multicast routing protocol, version 3: who our neighbors are, by which of them each
/// source is reached, and who below us wants which group.
///
/// A value on the time that it is given. An event returns what follows from it; `nextDeadline` says when
/// `expire` must be called again. What is forwarded is decided elsewhere: `view` gives the inputs,
/// `setWanted` takes the result, and prunes and grafts go upstream.
public struct DVMRP: Sendable {
  var limits: Limits
  var options: DVMRPOptions
  /// By slot.
  var links: [DVMRPLink?] = []
  var neighbors = NeighborTable()
  var routes: RouteTable
  var trees: TreeTable
  var schedule = ReportSchedule()
  var timers = Deadlines<DVMRPTimer>()
  var generator: Generator
  var responder = Responder()
  /// The generation id that the next interface to come up has; no life of the router repeats one.
  public internal(set) var nextGeneration: UInt32
  /// Numbers the reports received.
  var packetNumber: UInt32 = 0

  /// - Parameters:
  ///   - generation: greater after every start, such as the seconds since 1970.
  ///   - seed: of the jitter; the same in a replay.
  public init(
    limits: Limits = Limits(), options: DVMRPOptions = DVMRPOptions(), generation: UInt32, seed: UInt64
  ) {
    self.limits = limits
    self.options = options
    nextGeneration = generation
    generator = Generator(seed: seed)
    routes = RouteTable(limits: limits)
    trees = TreeTable(seed: seed)
  }

  /// The earliest instant at which something happens by itself; nil: never.
  public var nextDeadline: Instant? {
    timers.next.orEarlier(routes.next).orEarlier(trees.next).orEarlier(schedule.next)
  }

  /// Changes the limits; what is there beyond a lower one stays.
  public mutating func limit(_ limits: Limits) {
    self.limits = limits
    routes.limits = limits
  }

  // MARK: Interfaces

  /// Changes what holds for all interfaces.
  public mutating func configure(_ options: DVMRPOptions, at now: Instant) -> DVMRPEffects {
    var effects = DVMRPEffects()
    self.options = options
    setLocals(at: now)
    finish(at: now, &effects)
    return effects
  }

  /// Gives an interface its settings, or takes them away (nil) with all that was learned there.
  public mutating func configure(
    _ settings: DVMRPSettings?, on interface: InterfaceID, at now: Instant
  ) -> DVMRPEffects {
    var effects = DVMRPEffects()
    let slot = Int(interface.slot)
    while links.count <= slot { links.append(nil) }
    let old = links[slot]
    if let settings {
      var link = old ?? DVMRPLink(interface, settings)
      link.settings = settings
      serve(link, instead: old, at: now, &effects)
    } else if var link = old {
      link.interface = nil
      serve(link, instead: old, at: now, &effects)
      links[slot] = nil
    }
    finish(at: now, &effects)
    return effects
  }

  /// Tells what an interface is now; nil: it is gone.
  ///
  /// A tunnel's interface is the device that carries it. The settings come first.
  public mutating func change(
    _ interface: InterfaceID, to device: Interface?, at now: Instant
  ) -> DVMRPEffects {
    var effects = DVMRPEffects()
    let slot = Int(interface.slot)
    guard links.indices.contains(slot), var link = links[slot] else { return effects }
    link.interface = device
    serve(link, instead: links[slot], at: now, &effects)
    finish(at: now, &effects)
    return effects
  }

  /// Tells whether we are the querier on an interface, for those who ask.
  public mutating func setQuerier(_ isQuerier: Bool, on interface: InterfaceID) {
    guard links.indices.contains(Int(interface.slot)) else { return }
    links[Int(interface.slot)]?.isQuerier = isQuerier
  }

  /// Puts the changed link in place, with everything that follows from the difference.
  private mutating func serve(
    _ changed: DVMRPLink, instead old: DVMRPLink?, at now: Instant, _ effects: inout DVMRPEffects
  ) {
    var link = changed
    let slot = link.id.slot
    link.derive()
    let isSame = old.map { $0.isActive == link.isActive && $0.address == link.address } ?? false
    // Neighbors of another address, or that may not be heard now, are to be met anew.
    if !isSame || !link.isSpeaking {
      for peer in old?.peers ?? [] { drop(peer, at: now, &effects) }
      link.peers = []
    }
    if !isSame, link.isActive {
      link.generation = nextGeneration
      nextGeneration &+= 1
      link.upSince = now
      link.lonelySince = now
      link.hasHeard = false
      link.isWaiting = false
      link.earlyProbes = 2
    }
    links[Int(slot)] = link
    routes.setLink(slot, LinkFacts(link))
    setLocals(at: now)
    routes.selectAll(at: now)
    effects.interfaces.insert(link.id)
    if link.isSpeaking, !link.settings.isPassive || link.hasHeard {
      if !isSame { probe(slot, at: now, &effects) }
    } else {
      timers.cancel(DVMRPTimer(.probe, UInt16(slot)))
    }
    if isSame, link.isSpeaking, timers[DVMRPTimer(.probe, UInt16(slot))] == nil, !link.settings.isPassive {
      probe(slot, at: now, &effects)
    }
  }

  /// The subnets of our links, the lowest slot's where two share one, and the default route.
  private mutating func setLocals(at now: Instant) {
    var wanted: [OriginKey: LocalRoute] = [:]
    for link in links {
      guard let link, link.isActive, !link.isTunnel else { continue }
      let metric = min(32, max(1, link.settings.metric))
      for subnet in link.subnets where subnet.length >= 8 {
        let key = OriginKey(subnet)
        if wanted[key] == nil { wanted[key] = LocalRoute(slot: link.id.slot, metric: metric) }
      }
    }
    if let metric = options.defaultRouteMetric {
      wanted[OriginKey(.all(.ipv4))] = LocalRoute(slot: nil, metric: min(31, max(1, metric)))
    }
    routes.setLocals(wanted, at: now)
  }

  // MARK: Time

  /// Does what is due at `now`: neighbors, then routes, trees and reports.
  public mutating func expire(at now: Instant) -> DVMRPEffects {
    var effects = DVMRPEffects()
    for timer in timers.expire(at: now) { expire(timer, at: now, &effects) }
    routes.expire(at: now)
    settle(at: now, &effects)
    for _ in 0..<DVMRP.treesPerTurn {
      guard let tree = trees.takeDue(at: now) else { break }
      expire(tree: tree, at: now, &effects)
    }
    report(at: now, &effects)
    return effects
  }

  static let treesPerTurn = 1024

  private mutating func expire(_ timer: DVMRPTimer, at now: Instant, _ effects: inout DVMRPEffects) {
    switch timer.kind {
    case .probe: probe(UInt8(truncatingIfNeeded: timer.number), at: now, &effects)
    case .hold: drop(timer.number, at: now, &effects)
    case .claim:
      neighbors[timer.number]?.isAwaited = false
      if let slot = neighbors[timer.number]?.interface.slot { updateWaiting(slot, &effects) }
      pruneHeldBack(by: timer.number, at: now, &effects)
    case .assume:
      if let interface = neighbors[timer.number]?.interface { effects.interfaces.insert(interface) }
    }
  }

  /// Ends an event.
  mutating func finish(at now: Instant, _ effects: inout DVMRPEffects) {
    settle(at: now, &effects)
    report(at: now, &effects)
  }

  /// What the changed routes mean for trees, flows and the next flash update.
  private mutating func settle(at now: Instant, _ effects: inout DVMRPEffects) {
    let changes = routes.changes.take()
    for (row, kind) in changes.moves { follow(row, kind, at: now, &effects) }
    for (row, peer) in changes.desertions { forgetPrunes(of: row) { $0 == peer } }
    for row in changes.renewals {
      for number in trees.trees(from: routes.rows[Int(row)].firstTree) {
        settleUpstream(number, at: now, &effects)
      }
    }
    for row in changes.touched {
      effects.origins.append(routes.rows[Int(row)].key.origin)
      nameSleepers(of: row, &effects)
    }
    if !effects.interfaces.isEmpty { nameAllSleepers(&effects) }
    if !routes.changes.flash.isEmpty { schedule.noteChange(at: now) }
  }

  // MARK: Questions

  /// Routes, the unreachable ones included that are still told as such.
  public var routeCount: Int { routes.count }

  public var neighborCount: Int { neighbors.count }

  /// Prunes received that have not ended.
  public var pruneCount: Int { trees.pruneCount }

  /// Origins and groups of which something is known.
  public var treeCount: Int { trees.count }

  /// What DVMRP says about a flow; nil when no route leads to its source.
  public func view(of flow: Flow, at now: Instant) -> DVMRPView? {
    guard let source = flow.source.ipv4, let group = flow.group.address.ipv4,
      let number = routes.match(source)
    else { return nil }
    let row = routes.rows[Int(number)]
    var children = routes.children(of: row)
    for link in links { if let link, link.isWaiting { children.remove(link.id) } }
    let tree = trees.find(Tree.Key(origin: row.key, group: group)).flatMap { trees[$0] }
    var dependents = InterfaceSet()
    for interface in children where hasDependent(row, tree, on: interface, at: now) {
      dependents.insert(interface)
    }
    return DVMRPView(
      origin: row.key.origin,
      reversePath: row.flags.contains(.detached) ? nil : InterfaceID(slot: row.upstream),
      gateway: row.isLocal ? nil : neighbors[row.gateway]?.address, metric: row.metric, children: children,
      dependents: dependents)
  }

  private func hasDependent(
    _ row: RouteRow, _ tree: Tree?, on interface: InterfaceID, at now: Instant
  ) -> Bool {
    guard let link = links[Int(interface.slot)] else { return false }
    return link.peers.contains { peer in
      guard neighbors.isTwoWay(peer), routes.depends(peer, on: row, at: now) else { return false }
      return !(tree?.received.contains { $0.peer == peer && $0.until > now } ?? false)
    }
  }
}

/// What a deadline is about.
struct DVMRPTimer: Hashable, Comparable, Sendable {
  enum Kind: UInt8, Sendable {
    /// A neighbor's silence has lasted too long.
    case hold
    /// A neighbor's first report, or the first since it began anew, is waited for no more.
    case claim
    /// A neighbor is a dependent only where it says so.
    case assume
    /// An interface's next probe.
    case probe
  }

  var kind: Kind
  /// A neighbor's number, or a slot.
  var number: UInt16

  init(_ kind: Kind, _ number: UInt16) {
    self.kind = kind
    self.number = number
  }

  static func < (left: DVMRPTimer, right: DVMRPTimer) -> Bool {
    (left.kind.rawValue, left.number) < (right.kind.rawValue, right.number)
  }
}

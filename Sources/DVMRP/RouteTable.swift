import Addressing
import Kernel
import Timing
import Wire

/// The routes, and for each what every neighbor last said about it.
///
/// Dense rows and chains of numbers: no object and no dictionary for a single route. From the reports follow
/// the upstream (the nearest neighbor that does not itself depend on us) and every neighbor's role.
struct RouteTable: Sendable {
  var rows: [RouteRow] = []
  var reports: [RouteReport] = []
  var index: [OriginKey: Int32] = [:]
  var lengths = Array(repeating: 0, count: 33)
  var freeRows: [Int32] = []
  var freeReports: [Int32] = []
  var deadRows: [Int32] = []
  var order: [Int32] = []
  var isOrdered = true
  private(set) var links = Array(repeating: LinkFacts(), count: 256)
  var peers: [PeerFacts?] = []
  private(set) var active = InterfaceSet()
  /// Reports that lapse after `routeExpiry`, and those that lapse as poison reverse.
  var reachableLine = ReportLine()
  var poisonLine = ReportLine()
  /// Routes that became reachable, until nobody is taken for a dependent by mere assumption.
  private var assumptions = DelayLine(DVMRPTimes.dependentExpiry)
  private var holds = DelayLine(DVMRPTimes.unreachableHold)
  var changes = RouteChanges()
  var limits: Limits

  init(limits: Limits) { self.limits = limits }

  var count: Int { rows.count - freeRows.count - deadRows.count }
  var reportCount: Int { reports.count - freeReports.count }

  var next: Instant? {
    let reachable = reachableLine.oldest.map { reports[Int($0)].at + DVMRPTimes.routeExpiry }
    let poisoned = poisonLine.oldest.map { reports[Int($0)].at + DVMRPTimes.dependentExpiry }
    return reachable.orEarlier(poisoned).orEarlier(assumptions.next).orEarlier(holds.next)
  }

  // MARK: Questions

  func find(_ key: OriginKey) -> Int32? { index[key] }

  /// The longest reachable route that covers an address.
  func match(_ address: UInt32, below limit: Int = 33) -> Int32? {
    var length = limit
    while length > 0 {
      length -= 1
      if lengths[length] == 0 { continue }
      if let row = index[OriginKey(address, length: length)], rows[Int(row)].isReachable { return row }
    }
    return nil
  }

  /// What we report on an interface for a route; nil: nothing.
  func exported(_ row: RouteRow, on slot: UInt8) -> DVMRPMetric? {
    let link = links[Int(slot)]
    if row.isLocal, row.upstream == slot, !row.flags.contains(.detached) { return nil }
    if !row.isLocal, row.leads(by: slot) { return .poisoned(Int(row.metric)) }
    if let filter = link.filter, filter.isBothWays, !filter.passes(row.key.origin) { return nil }
    if !row.isLocal, !link.isTransit, !links[Int(row.upstream)].isTransit { return .unreachable }
    return .hops(Int(advertised(row, on: slot)))
  }

  /// Own distance as the interface's neighbors hear it.
  private func advertised(_ row: RouteRow, on slot: UInt8) -> UInt8 {
    min(32, row.metric &+ min(31, links[Int(slot)].advertMetric))
  }

  /// What a neighbor with this report is to us (DVMRPv3 3.3).
  func role(of peer: UInt16, reporting metric: UInt8, for row: RouteRow) -> PeerRole {
    guard row.isReachable, let facts = peers[Int(peer)], !row.leads(by: facts.slot) else { return .none }
    if metric > 32 { return .dependent }
    guard metric < 32 else { return .none }
    // Both sides compare the two reported metrics, so that they come to the same result.
    let ours = advertised(row, on: facts.slot)
    let link = links[Int(facts.slot)]
    return metric < ours || metric == ours && facts.address < link.address ? .dominant : .none
  }

  /// Whether the neighbor gets the route's packets from us.
  func depends(_ peer: UInt16, on row: RouteRow, at now: Instant) -> Bool {
    var report = row.firstReport
    while report >= 0 {
      let said = reports[Int(report)]
      if said.peer == peer { return role(of: peer, reporting: said.metric, for: row) == .dependent }
      report = said.next
    }
    return isAssumed(peer, row, at: now)
  }

  /// Before it has said anything about the origin, a neighbor counts as dependent.
  private func isAssumed(_ peer: UInt16, _ row: RouteRow, at now: Instant) -> Bool {
    guard row.isReachable, let facts = peers[Int(peer)], links[Int(facts.slot)].floods,
      !row.leads(by: facts.slot)
    else { return false }
    return now < max(facts.since, row.since) + DVMRPTimes.dependentExpiry
  }

  /// The interfaces that we forward onto for a route.
  func children(of row: RouteRow) -> InterfaceSet {
    guard row.isReachable else { return InterfaceSet() }
    var children = active
    if !row.flags.contains(.detached) { children.remove(InterfaceID(slot: row.upstream)) }
    var report = row.firstReport
    while report >= 0 {
      let said = reports[Int(report)]
      if role(of: said.peer, reporting: said.metric, for: row) == .dominant,
        let slot = peers[Int(said.peer)]?.slot
      {
        children.remove(InterfaceID(slot: slot))
      }
      report = said.next
    }
    return children
  }

  /// Origins that a neighbor says it reaches.
  func reachable(by peer: UInt16) -> Int { Int(peer) < peers.count ? peers[Int(peer)]?.reachable ?? 0 : 0 }

  /// When a neighbor last reported the route.
  func reportedAt(_ row: RouteRow, by peer: UInt16) -> Instant? {
    var report = row.firstReport
    while report >= 0 {
      if reports[Int(report)].peer == peer { return reports[Int(report)].at }
      report = reports[Int(report)].next
    }
    return nil
  }

  /// Whether a route's gateway has told of it since it last began anew.
  ///
  /// After some time it counts as if: one that began anew sends its table at once, and anybody can forge the
  /// probe of one that did not.
  func isCurrent(_ row: RouteRow, at now: Instant) -> Bool {
    var report = row.firstReport
    while report >= 0 {
      let said = reports[Int(report)]
      if said.peer == row.gateway {
        return isCurrent(said)
          || peers[Int(said.peer)].map { now >= $0.restartedAt + DVMRPTimes.claimDelay } ?? true
      }
      report = said.next
    }
    return true
  }

  private func isCurrent(_ report: RouteReport) -> Bool {
    peers[Int(report.peer)].map { report.at >= $0.restartedAt } ?? true
  }

  // MARK: Reports

  /// Takes one route of a neighbor's report; `packet` numbers the packet.
  ///
  /// - Returns: why it was not taken, if so.
  mutating func apply(
    _ key: OriginKey, _ metric: UInt8, from peer: UInt16, packet: UInt32, at now: Instant
  ) -> DVMRPRefusal? {
    guard let row = index[key] else { return create(key, metric, from: peer, packet: packet, at: now) }
    var number = rows[Int(row)].firstReport
    while number >= 0, reports[Int(number)].peer != peer { number = reports[Int(number)].next }
    guard number >= 0 else {
      if let refusal = limitMet(by: metric, from: peer) { return refusal }
      let wasDependent = isAssumed(peer, rows[Int(row)], at: now)
      add(row, metric, from: peer, packet: packet, at: now)
      if !select(row, at: now) {
        let role = role(of: peer, reporting: metric, for: rows[Int(row)])
        if role == .dominant || (role == .dependent) != wasDependent { touch(row) }
      }
      return nil
    }
    guard reports[Int(number)].packet != packet else { return .routeRepeated }
    let old = reports[Int(number)].metric
    if rows[Int(row)].gateway == peer, !isCurrent(reports[Int(number)]) { changes.renewals.append(row) }
    let before = role(of: peer, reporting: old, for: rows[Int(row)])
    unlink(number)
    count(old, of: peer, by: -1)
    reports[Int(number)].metric = metric
    reports[Int(number)].packet = packet
    reports[Int(number)].at = now
    count(metric, of: peer, by: 1)
    link(number)
    guard old != metric else { return nil }
    let isMoved = select(row, at: now)
    let after = role(of: peer, reporting: metric, for: rows[Int(row)])
    if before == .dependent, after != .dependent { changes.desertions.append((row, peer)) }
    if !isMoved, after != before { touch(row) }
    return nil
  }

  private mutating func create(
    _ key: OriginKey, _ metric: UInt8, from peer: UInt16, packet: UInt32, at now: Instant
  ) -> DVMRPRefusal? {
    guard let facts = peers[Int(peer)], metric < 32, metric &+ links[Int(facts.slot)].metric < 32 else {
      return nil
    }
    guard count < limits.dvmrpRoutes - keptRoutes(from: peer, metric) else { return .routeLimit }
    if let refusal = limitMet(by: metric, from: peer) { return refusal }
    let row = insert(RouteRow(key, since: now))
    add(row, metric, from: peer, packet: packet, at: now)
    _ = select(row, at: now)
    return nil
  }

  /// A neighbor's routes are bounded; so are its poison reverses, by the routes there are, and all reports.
  private func limitMet(by metric: UInt8, from peer: UInt16) -> DVMRPRefusal? {
    guard reportCount < 4 * limits.dvmrpRoutes - keptRoutes(from: peer, metric) else { return .routeLimit }
    let hasRoom = metric >= 32 || (peers[Int(peer)]?.reachable ?? 0) < limits.dvmrpRoutesPerNeighbor
    return hasRoom ? nil : .neighborRouteLimit
  }

  /// Room that a neighbor leaves to others.
  ///
  /// A quarter of it all is kept, in equal parts, for the first routes of every neighbor that there may be,
  /// so that many who report much shut nobody out. Poison reverses have no part in it: nothing bounds them.
  private func keptRoutes(from peer: UInt16, _ metric: UInt8) -> Int {
    let share = limits.dvmrpRoutes / 4 / max(1, limits.neighbors)
    return metric < 32 && reachable(by: peer) < share ? 0 : share * limits.neighbors
  }

  /// Chooses the upstream anew: the nearest neighbor, of equally near ones the lower address.
  ///
  /// - Returns: whether anything changed; then the route is named among the changes already.
  private mutating func select(_ number: Int32, at now: Instant) -> Bool {
    let row = rows[Int(number)]
    if row.isLocal { return false }
    var best: (metric: UInt8, address: UInt32, peer: UInt16, slot: UInt8)?
    var report = row.firstReport
    while report >= 0 {
      let said = reports[Int(report)]
      report = said.next
      guard said.metric < 32, let facts = peers[Int(said.peer)] else { continue }
      let metric = said.metric + min(32, links[Int(facts.slot)].metric)
      guard metric < 32 else { continue }
      if let best, (best.metric, best.address) < (metric, facts.address) { continue }
      best = (metric, facts.address, said.peer, facts.slot)
    }
    guard let best else {
      guard row.isReachable else { return false }
      rows[Int(number)].metric = 32
      rows[Int(number)].since = now
      holds.append(number, at: now)
      change(number, .lost)
      return true
    }
    let isSame = row.gateway == best.peer && row.upstream == best.slot
    guard row.metric != best.metric || !isSame else { return false }
    rows[Int(number)].metric = best.metric
    rows[Int(number)].gateway = best.peer
    rows[Int(number)].upstream = best.slot
    if !row.isReachable { becomeReachable(number, at: now) }
    change(number, !row.isReachable ? .appeared : isSame ? .metric : .gateway)
    return true
  }

  private mutating func becomeReachable(_ number: Int32, at now: Instant) {
    rows[Int(number)].since = now
    assumptions.append(number, at: now)
  }

  /// Times the rows of a former life: what is assumed of new routes, and how long lost ones are told of.
  mutating func putTimesInOrder() {
    for number in rows.indices.sorted(by: { (rows[$0].since, $0) < (rows[$1].since, $1) }) {
      let line = Int32(number)
      if rows[number].isReachable {
        assumptions.append(line, at: rows[number].since)
      } else if !rows[number].isLocal {
        holds.append(line, at: rows[number].since)
      }
    }
  }

  // MARK: Own routes

  /// Makes exactly these the routes of our own: subnets of links, by slot, and the default route (nil).
  mutating func setLocals(_ wanted: [OriginKey: LocalRoute], at now: Instant) {
    for number in rows.indices where rows[number].isLocal && wanted[rows[number].key] == nil {
      rows[number].flags.subtract([.local, .detached])
      rows[number].gateway = RouteRow.noPeer
      if select(Int32(number), at: now) { continue }
      // It was unreachable even as our own; it goes as others do.
      rows[number].since = now
      holds.append(Int32(number), at: now)
      touch(Int32(number))
    }
    for key in wanted.keys.sorted() {
      guard let local = wanted[key] else { continue }
      let number = index[key] ?? insert(RouteRow(key, since: now))
      let row = rows[Int(number)]
      let flags: RouteRow.Flags = local.slot == nil ? [.local, .detached] : .local
      let isSame = row.flags.isSuperset(of: flags) && row.upstream == local.slot ?? 0
      guard !isSame || row.metric != local.metric else { continue }
      rows[Int(number)].flags.formUnion(flags)
      rows[Int(number)].upstream = local.slot ?? 0
      rows[Int(number)].gateway = RouteRow.noPeer
      rows[Int(number)].metric = local.metric
      if !row.isReachable { becomeReachable(number, at: now) }
      change(number, row.isReachable ? .gateway : .appeared)
    }
  }

  // MARK: Links and neighbors

  mutating func setLink(_ slot: UInt8, _ facts: LinkFacts) {
    links[Int(slot)] = facts
    if facts.isActive {
      active.insert(InterfaceID(slot: slot))
    } else {
      active.remove(InterfaceID(slot: slot))
    }
  }

  /// After a link's metrics changed: every route is chosen anew.
  mutating func selectAll(at now: Instant) {
    for number in rows.indices where !rows[number].flags.contains(.dead) {
      _ = select(Int32(number), at: now)
    }
  }

  mutating func setPeer(_ peer: UInt16, _ facts: PeerFacts) {
    while peers.count <= Int(peer) { peers.append(nil) }
    let reachable = peers[Int(peer)]?.reachable ?? 0
    peers[Int(peer)] = facts
    peers[Int(peer)]?.reachable = reachable
  }

  /// A neighbor began anew; what it said holds until it says otherwise.
  mutating func renewPeer(_ peer: UInt16, at now: Instant) {
    if Int(peer) < peers.count { peers[Int(peer)]?.restartedAt = now }
  }

  /// Forgets a neighbor and all that it said.
  mutating func removePeer(_ peer: UInt16, at now: Instant) {
    guard Int(peer) < peers.count, peers[Int(peer)] != nil else { return }
    for number in reports.indices where !reports[number].isFree && reports[number].peer == peer {
      remove(Int32(number), at: now)
    }
    for number in rows.indices where rows[number].gateway == peer { rows[number].gateway = RouteRow.noPeer }
    peers[Int(peer)] = nil
  }

  // MARK: Time

  mutating func expire(at now: Instant) {
    while let oldest = reachableLine.oldest, reports[Int(oldest)].at + DVMRPTimes.routeExpiry <= now {
      remove(oldest, at: now)
    }
    while let oldest = poisonLine.oldest, reports[Int(oldest)].at + DVMRPTimes.dependentExpiry <= now {
      remove(oldest, at: now)
    }
    while let item = assumptions.take(at: now) {
      let row = rows[Int(item.row)]
      if row.isReachable, row.since == item.at { touch(item.row) }
    }
    while let item = holds.take(at: now) {
      let row = rows[Int(item.row)]
      if !row.isReachable, row.since == item.at, !row.flags.contains(.dead) { remove(row: item.row) }
    }
  }

  /// Takes a report out, whatever follows from that.
  private mutating func remove(_ number: Int32, at now: Instant) {
    let report = reports[Int(number)]
    let before = role(of: report.peer, reporting: report.metric, for: rows[Int(report.row)])
    unlink(number)
    count(report.metric, of: report.peer, by: -1)
    if rows[Int(report.row)].firstReport == number {
      rows[Int(report.row)].firstReport = report.next
    } else {
      var previous = rows[Int(report.row)].firstReport
      while previous >= 0, reports[Int(previous)].next != number { previous = reports[Int(previous)].next }
      if previous >= 0 { reports[Int(previous)].next = report.next }
    }
    reports[Int(number)].isFree = true
    freeReports.append(number)
    if before == .dependent { changes.desertions.append((report.row, report.peer)) }
    if !select(report.row, at: now), before != .none { touch(report.row) }
  }
}

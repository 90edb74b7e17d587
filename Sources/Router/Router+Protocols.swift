import Addressing
import Configuration
import DVMRP
import Forwarding
import Kernel
import Membership
import Timing
import Wire

/// What IGMP, MLD and DVMRP say, and what they are told of the decisions.
extension Router {
  /// The first configuration: the generation of this start, and how long it only listens.
  mutating func beginProtocols() {
    let statement = intent.base.dvmrp
    dvmrp = DVMRP(
      limits: intent.base.limits, options: statement.options,
      generation: max(statement.generation, inheritance.nextGeneration), seed: seed &+ 3)
    membership = Membership(limits: intent.base.limits)
    parts.options = statement.options
    parts.startedAt = now
    guard statement.startupDelay > .zero else { return }
    parts.isHolding = true
    timers.set(.forwarding, at: now + statement.startupDelay)
  }

  mutating func beginForwarding() {
    parts.isHolding = false
    dirty.trees = true
  }

  // MARK: Packets and time

  /// Whether a protocol of the packet's interface takes it in; it then counts it, too.
  mutating func isServed(_ datagram: Datagram) -> Bool {
    guard isConfigured, !isStopping, let type = datagram.payload.first else { return false }
    if datagram.source.family == .ipv4, type == 0x13 { return receiveDVMRP(datagram) }
    if datagram.source.family == .ipv4, type == TraceMessage.queryType { return receiveTrace(datagram) }
    guard let id = slot(ofLink: datagram.link) else { return false }
    let isIPv4 = datagram.source.family == .ipv4
    let isMembership =
      isIPv4 ? [0x11, 0x12, 0x16, 0x17, 0x22].contains(type) : [130, 131, 132, 143].contains(type)
    guard isMembership, (isIPv4 ? parts.igmp : parts.mld).contains(id) else { return false }
    absorb(membership.receive(datagram, on: id, at: now))
    return true
  }

  private mutating func receiveDVMRP(_ datagram: Datagram) -> Bool {
    let arrival = tunnel(of: datagram) ?? slot(ofLink: datagram.link)
    guard let id = arrival.flatMap({ parts.dvmrp.contains($0) ? $0 : nil }) ?? asked(by: datagram) else {
      return false
    }
    absorb(dvmrp.receive(datagram, on: id, at: now))
    return true
  }

  /// A message of a tunnel comes by the network around it, and is known by its ends.
  func tunnel(of datagram: Datagram) -> InterfaceID? {
    parts.dvmrp.first { id in
      let ends = parts.told[id]?.dvmrp?.tunnel
      return ends?.remote == datagram.source && ends?.local == datagram.destination
    }
  }

  /// Questions may come from anywhere, from this machine above all; any interface answers for all of them.
  private func asked(by datagram: Datagram) -> InterfaceID? {
    guard datagram.payload.count > 1, [3, 5, 10].contains(datagram.payload[1]), isOwn(datagram.destination)
    else { return nil }
    return parts.dvmrp.first
  }

  mutating func expireProtocols() {
    // What a former life knew has no links yet, until the end of the step.
    guard isConfigured, !isStopping, inheritance.life == nil else { return }
    if let due = membership.nextDeadline, due <= now { absorb(membership.expire(at: now)) }
    if let due = dvmrp.nextDeadline, due <= now { absorb(dvmrp.expire(at: now)) }
  }

  mutating func sayFarewell() {
    for datagram in dvmrp.stop(at: now).datagrams { actions.append(.kernel(.send(datagram))) }
  }

  /// Queriers begin anew, with the queries of a start.
  mutating func clearGroups() {
    for id in parts.told.keys.sorted() {
      guard let part = parts.told[id], part.igmp != nil || part.mld != nil else { continue }
      absorb(membership.configure(nil, on: id, at: now))
      absorb(membership.configure(igmp: part.igmp, mld: part.mld, on: id, at: now))
      dvmrp.setQuerier(membership.querierRow(id, .ipv4)?.isSelf ?? false, on: id)
    }
  }

  /// Each interface takes another generation, so that neighbors know.
  mutating func clearNeighbors() {
    for id in parts.told.keys.sorted() {
      guard let part = parts.told[id], part.dvmrp != nil else { continue }
      absorb(dvmrp.configure(nil, on: id, at: now))
      absorb(dvmrp.configure(part.dvmrp, on: id, at: now))
      absorb(dvmrp.change(id, to: part.link, at: now))
    }
    dirty.trees = true
  }

  // MARK: What follows

  mutating func absorb(_ effects: MembershipEffects) {
    for datagram in effects.datagrams { actions.append(.kernel(.send(datagram))) }
    for place in effects.changes {
      var flows = entries.flows(to: place.group)
      if parts.hasDVMRP, place.group.family == .ipv4 { flows += dvmrp.prunedFlows(to: place.group) }
      markDirty(flows)
    }
    note(effects)
    for event in effects.events {
      if case .querier(let id, .ipv4, let other) = event { dvmrp.setQuerier(other == nil, on: id) }
    }
  }

  mutating func absorb(_ effects: DVMRPEffects) {
    for datagram in effects.datagrams { actions.append(.kernel(.send(datagram))) }
    for origin in effects.origins { markDirty(entries.flows(from: origin)) }
    if !effects.interfaces.isEmpty {
      if isSettling { deferred.decideTrees() } else { dirty.trees = true }
    }
    markDirty(effects.flows)
    for flow in effects.stale {
      for table in plan.tables(.ipv4) {
        if let id = entries.find(.init(table: table, flow: flow)), entries[id]?.kind != .full { drop(id) }
      }
    }
    for flow in effects.suspects { suspect(flow) }
    note(effects)
  }

  private mutating func markDirty(_ flows: [Flow]) {
    guard !flows.isEmpty else { return }
    if isSettling { deferred.decide(flows) } else { dirty.flows.formUnion(flows) }
  }

  // MARK: Decisions

  /// What DVMRP says of a flow; nil where it does not know the source, or only exchanges routes as yet.
  func path(of flow: Flow) -> DVMRPView? {
    guard parts.hasDVMRP, flow.family == .ipv4, !parts.isHolding else { return nil }
    return dvmrp.view(of: flow, at: now)
  }

  /// Where a flow without a rule is expected.
  func treeArrival(_ path: DVMRPView?, in table: TableID) -> InterfaceID? {
    guard let interface = path?.reversePath, plan.table(of: interface, .ipv4) == table else { return nil }
    return interface
  }

  /// Tells DVMRP whether a flow is wanted from upstream; prunes and grafts follow.
  ///
  /// A prune names the network of the source. So a flow that hosts do not listen to is not pruned while they
  /// listen to another source of its network.
  mutating func want(_ flow: Flow, _ isWanted: Bool, _ path: DVMRPView?, hasEntry: Bool = true) {
    let isShared = !isWanted && path.map { hasListeners(to: flow.group, from: $0) } ?? false
    absorb(dvmrp.setWanted(isWanted || isShared, for: flow, hasEntry: hasEntry, at: now))
  }

  /// Whether hosts that we serve listen to any source of a network.
  private func hasListeners(to group: Group, from path: DVMRPView) -> Bool {
    for id in path.children.intersection(parts.igmp) {
      guard let row = membership.groupRow(at: GroupPlace(id, group)),
        !settingsOf[Int(id.slot)].boundaries.contains(where: { $0.blocks(group) })
      else { continue }
      if row.excludes { return true }
      for source in row.sources where source.expiry != nil && path.origin.contains(source.address) {
        return true
      }
    }
    return false
  }

  /// The entry of a flow is gone.
  mutating func forget(_ flow: Flow) {
    guard parts.hasDVMRP, flow.family == .ipv4, !isStopping else { return }
    absorb(dvmrp.forget(flow, at: now))
  }

  // MARK: Lost prunes

  /// Reads the counters of a flow that ought to have stopped.
  private mutating func suspect(_ flow: Flow) {
    let keys = plan.tables(.ipv4).map { KernelEntry.Key(table: $0, flow: flow) }
      .filter { entries.find($0) != nil }
    guard !keys.isEmpty, parts.suspects.count < 1024 else { return }
    parts.suspects.insert(flow)
    actions.append(.kernel(.readCounters(Router.suspicion, entries: keys, vifs: [])))
  }

  /// Names the readings that nobody asked for by a request or an idle timer.
  static let suspicion = Ticket.max

  /// The answer: whether packets came since the reading before.
  mutating func judgeSuspect(_ flow: Flow, _ reading: EntryReading) {
    guard parts.suspects.remove(flow) != nil, reading.lastUsed == now else { return }
    absorb(dvmrp.stillArriving(flow, at: now))
  }
}

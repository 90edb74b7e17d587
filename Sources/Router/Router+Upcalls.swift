import Addressing
import Configuration
import Control
import DVMRP
import Diagnostics
import Forwarding
import Kernel
import Membership
import Timing
import Wire

/// Packets of flows that no entry covers, or that came by another interface than expected.
extension Router {
  mutating func admit(_ upcall: Upcall) {
    counts.upcalls += 1
    let flow = upcall.flow
    guard isConfigured, !isStopping,
      let arrival = plan.interface(at: upcall.vif, in: upcall.table, flow.family)
    else { return counts.upcallsRefused += 1 }
    guard flow.source.isUnicastSource, !flow.group.isLinkLocal else { return counts.upcallsRefused += 1 }
    let limits = intent.base.limits
    guard counts.bucket.take(rate: limits.upcalls, at: now),
      counts.buckets[arrival, default: Bucket()].take(rate: limits.upcallsPerInterface, at: now)
    else {
      counts.upcallsLimited += 1
      return hit("upcalls")
    }
    switch upcall.kind {
    case .noCache: meet(flow, in: upcall.table, by: arrival)
    case .wrongVIF: follow(flow, in: upcall.table, to: arrival)
    // Only a register interface makes these, and there is none.
    case .wholePacket, .wrongVIFWhole: counts.upcallsRefused += 1
    }
  }

  /// The kernel has no entry: the best rule decides, else the flow is kept quiet.
  private mutating func meet(_ flow: Flow, in table: TableID, by arrival: InterfaceID) {
    if let existing = entries.find(.init(table: table, flow: flow)) {
      // It had one: somebody removed it, or a removal of ours crossed the packet. The decision writes it
      // again.
      entries.update(existing) { $0.isInstalled = false }
    }
    var removals: [KernelAction] = []
    if rules.match(flow, arrival: arrival) != nil {
      guard entries.find(.init(table: table, flow: flow)) != nil || mayAdmit(flow) else { return }
      update(flow, in: table, arrival: arrival, &removals)
    } else if treeArrival(path(of: flow), in: table) != nil {
      guard entries.find(.init(table: table, flow: flow)) != nil || mayAdmit(flow) else { return }
      update(flow, in: table, arrival: nil, asks: true, &removals)
    } else if let existing = entries.find(.init(table: table, flow: flow)),
      entries[existing]?.kind != .blocking
    {
      // An entry whose source also comes by an interface that no rule allows: the allowed one stays.
      update(flow, in: table, arrival: nil, &removals)
    } else {
      block(flow, in: table, by: arrival)
    }
    actions += removals.map { .kernel($0) }
  }

  /// A packet came by another interface than the entry's: a source that moved is followed where a rule allows
  /// it.
  private mutating func follow(_ flow: Flow, in table: TableID, to arrival: InterfaceID) {
    guard let existing = entries.find(.init(table: table, flow: flow)), let row = entries[existing],
      row.inbound != arrival,
      // A packet that came before its interface was led to a table of its own moves nobody else's entry.
      plan.table(of: arrival, flow.family) == table
    else { return }
    guard !isOwnCopy(row, by: arrival) else { return }
    // Where a routing protocol leads to the source, packets by other ways are the copies of other routers.
    let reversePath = path(of: flow)?.reversePath
    guard row.inbound != reversePath else { return }
    var removals: [KernelAction] = []
    if rules.match(flow, arrival: arrival) != nil {
      update(flow, in: table, arrival: arrival, &removals)
      let inbound = entries.find(row.entry.key).flatMap { entries[$0]?.inbound }
      if row.kind != .blocking, inbound == arrival { noteMove(flow, to: arrival, from: row.inbound) }
    } else if row.isHeld, arrival == reversePath {
      // Since the former life the source is reached by another way; or the neighbor that leads to it has not
      // spoken yet, and others on that way forward as well.
      let former = domain.interface(row.inbound)?.flags ?? []
      guard now - parts.startedAt >= Router.meetingTime || !former.isSuperset(of: [.up, .running]) else {
        return
      }
      update(flow, in: table, arrival: arrival, &removals)
    } else if row.kind == .blocking {
      block(flow, in: table, by: arrival)
    } else {
      noteWrongInterface(flow, arrival: arrival, expected: row.inbound)
    }
    actions += removals.map { .kernel($0) }
  }

  /// Whether a packet may be what we forward ourselves, come back.
  ///
  /// Linux gives a machine that is a member of an IPv6 group on an outbound interface its own copy by that
  /// interface. A source that did move there leaves the entry without packets, and is followed then.
  private func isOwnCopy(_ row: EntryRow, by arrival: InterfaceID) -> Bool {
    let flow = row.entry.key.flow
    guard flow.family == .ipv6, joins.statementCount > 0,
      let vif = plan.vif(of: arrival, in: row.entry.key.table, .ipv6), row.entry.outbound[vif] != 0,
      let link = domain.interface(arrival)?.index, joins.holds(flow, on: link)
    else { return false }
    return now - (row.use.lastUsed ?? row.since) < max(idleCheck * 2, .seconds(10))
  }

  /// An entry without outbound interfaces: the kernel drops the flow without asking again.
  private mutating func block(_ flow: Flow, in table: TableID, by arrival: InterfaceID) {
    guard let parent = plan.vif(of: arrival, in: table, flow.family) else { return }
    let key = KernelEntry.Key(table: table, flow: flow)
    let existing = entries.find(key)
    let isFull = entries.blockingCount >= intent.base.limits.blocking
    if existing == nil, isFull || isMemoryFull {
      hit(isFull ? "blocking" : "memory")
      guard makeRoom(for: .blocking, idleFor: .zero) else { return }
    }
    let entry = KernelEntry(key: key, parent: parent, outbound: OutboundList())
    if existing == nil { noteUnmatched(flow, arrival: arrival) }
    write(entry, inbound: arrival, rule: nil, kind: .blocking, over: existing)
  }

  /// Whether the limits allow one more entry on demand.
  private mutating func mayAdmit(_ flow: Flow) -> Bool {
    let limits = intent.base.limits
    if entries.onDemand(of: flow.source) >= limits.entriesPerSource {
      hit("entries-per-source")
      return false
    }
    let isFull = entries.onDemandCount >= limits.entries
    guard isFull || isMemoryFull else { return true }
    hit(isFull ? "entries" : "memory")
    return makeRoom(for: .onDemand, idleFor: .seconds(10))
  }

  /// What the tables hold, by the size of their rows; the process has some 10 MiB beside it.
  var memoryUsed: Int {
    rules.count * 640 + entries.count * 400 + joins.heldCount * 160 + log.count * 400
  }

  var isMemoryFull: Bool { memoryUsed >= intent.base.limits.memory }

  /// Gives up the entry of a kind that was looked at longest ago, if it was unused for `idleFor`.
  private mutating func makeRoom(for kind: EntryRow.Kind, idleFor: Duration) -> Bool {
    guard let id = entries.oldest(kind), let row = entries[id],
      now - (row.use.lastUsed ?? row.since) >= idleFor
    else { return false }
    drop(id)
    return true
  }

  /// A protocol packet: solicitations are answered, all others are judged and counted.
  mutating func received(_ datagram: Datagram) {
    guard domain.links[datagram.link] != nil else { return }
    var count = counts.packets[datagram.link] ?? (0, 0)
    count.seen += 1
    if !isServed(datagram), !isWellFormed(datagram) { count.refused += 1 }
    counts.packets[datagram.link] = count
  }

  private mutating func isWellFormed(_ datagram: Datagram) -> Bool {
    do throws(WireError) {
      let family = datagram.source.family
      if let message = try RouterDiscoveryMessage(decoding: datagram.payload.span, family: family) {
        if message == .solicitation { solicited(by: datagram) }
        return true
      }
      if datagram.source.family == .ipv4 {
        _ = try IGMPMessage(decoding: datagram.payload.span)
      } else {
        _ = try MLDMessage(decoding: datagram.payload.span)
      }
      return true
    } catch {
      return false
    }
  }

  mutating func hit(_ limit: String) {
    counts.limitHits[limit, default: 0] += 1
    noteLimit(limit)
  }
}

import Addressing
import Configuration
import DVMRP
import Forwarding
import Kernel
import Timing
import Wire

/// Traces that wait for the kernel's counters, and how often they are answered.
struct Traces: Sendable {
  /// All but the counters is known.
  struct Waiting: Sendable {
    var message: TraceMessage
    var facts: TraceFacts
    var arrival: UInt32
    var incoming: InterfaceID?
    var outgoing: InterfaceID?
    /// Whether a group was named, so that packets of a flow can be counted.
    var hasFlow: Bool
  }

  private var waiting: [Ticket: Waiting] = [:]
  private var number: Ticket = 0
  private var bucket = Bucket()
  /// The latest queries, by who asked and how they were numbered.
  private var recent: [(source: Address, tag: TraceTag, at: Instant)] = []

  mutating func isAllowed(at now: Instant) -> Bool { bucket.take(rate: Limits.tracesPerSecond, at: now) }

  /// One query comes by as many links as its asker and we share.
  mutating func isRepeated(_ tag: TraceTag, from source: Address, at now: Instant) -> Bool {
    recent.removeAll { now - $0.at > .seconds(10) }
    if recent.contains(where: { $0.source == source && $0.tag == tag }) { return true }
    if recent.count >= 32 { recent.removeFirst() }
    recent.append((source, tag, now))
    return false
  }

  /// - Returns: what the counters are to be asked for with.
  mutating func wait(_ trace: Waiting) -> Ticket {
    if waiting.count >= 64 { waiting = [:] }
    number = (number + 1) % 1024
    waiting[Traces.first + number] = trace
    return Traces.first + number
  }

  mutating func take(_ ticket: Ticket) -> Waiting? { waiting.removeValue(forKey: ticket) }

  /// Beyond all numbers of requests.
  private static let first = Ticket.max - 2048
}

/// Answering `mtrace`: a block for each trace that passes here, and on toward the source.
extension Router {
  /// A query or request; false when it is not heard.
  mutating func receiveTrace(_ datagram: Datagram) -> Bool {
    guard intent.base.dvmrp.trace != .off, parts.hasDVMRP,
      let message = try? TraceMessage(decoding: datagram.payload.span), isPlausible(message, datagram)
    else { return false }
    let isQuery = message.hops.isEmpty
    guard let (outgoing, isAstray) = isQuery ? firstHop(message, datagram) : laterHop(datagram) else {
      return false
    }
    guard mayAnswer(message, datagram), traces.isAllowed(at: now) else { return false }
    if isQuery, traces.isRepeated(message.tag, from: datagram.source, at: now) { return true }
    let facts = facts(message, outgoing, isAstray: isAstray, asked: datagram.destination)
    var keys: [KernelEntry.Key] = []
    if let flow = message.flow {
      keys = plan.tables(.ipv4).map { .init(table: $0, flow: flow) }.filter { entries.find($0) != nil }
    }
    let waiting = Traces.Waiting(
      message: message, facts: facts.facts, arrival: arrival(datagram), incoming: facts.incoming,
      outgoing: isAstray ? nil : outgoing, hasFlow: message.group != nil)
    let links = [facts.incoming, outgoing].compactMap { $0.flatMap { domain.interface($0)?.index } }
    let vifs = vifs.installed.filter { $0.family == .ipv4 && links.contains($0.link) }.sorted()
    actions.append(.kernel(.readCounters(traces.wait(waiting), entries: keys, vifs: vifs)))
    return true
  }

  // MARK: Who may ask

  private func isPlausible(_ message: TraceMessage, _ datagram: Datagram) -> Bool {
    let target = datagram.destination
    let isToGroup = message.hops.isEmpty && (target == Router.allRouters || target == message.group?.address)
    let isToUs = isOwn(target)
    let answers = message.answerTo
    return !message.isResponse && message.hops.count < Int(message.maximumHops) && (isToGroup || isToUs)
      && (datagram.source.isUnicastSource || datagram.source.isLoopback)
      && (message.source?.isUnicastSource ?? true) && message.receiver.isUnicastSource
      && (Group(answers).map { !$0.isLinkLocal } ?? (answers.isUnicastSource || isOwn(answers)))
  }

  /// `on-link` sends no packet to somebody who cannot have asked; a neighbor is trusted with the receiver.
  private func mayAnswer(_ message: TraceMessage, _ datagram: Datagram) -> Bool {
    let answers = message.answerTo
    guard intent.base.dvmrp.trace == .onLink else { return true }
    return answers == datagram.source || answers == Router.traceAnswers
      || !message.hops.isEmpty && answers == message.receiver
      || domain.all.contains { $0.addresses.contains { $0.subnet.contains(answers) } }
  }

  func isOwn(_ address: Address) -> Bool {
    address.isLoopback || domain.all.contains { $0.addresses.contains { $0.address == address } }
  }

  // MARK: Where the receiver is

  /// The receiver is on a link of ours, onto which we forward for the source; a query to a group that is
  /// another's to answer is dropped in silence, one to us alone is answered as gone astray.
  private func firstHop(
    _ message: TraceMessage, _ datagram: Datagram
  ) -> (outgoing: InterfaceID?, isAstray: Bool)? {
    let link = parts.dvmrp.first { id in
      guard parts.told[id]?.dvmrp?.tunnel == nil, let interface = domain.interface(id) else { return false }
      return interface.addresses.contains { $0.subnet.contains(message.receiver) }
        || settingsOf[Int(id.slot)].dvmrp.altnets.contains { $0.contains(message.receiver) }
    }
    let route = message.anyFlow.flatMap { dvmrp.view(of: $0, at: now) }
    let isServed = link.map { link in
      if let (row, outbound) = entry(message), row.inbound != route?.reversePath { return outbound(link) }
      return route?.children.contains(link) ?? false
    }
    if isServed == true { return (link, false) }
    if datagram.destination.isMulticast { return nil }
    // Without a route nobody serves the receiver, and that is what is told.
    if link != nil, route == nil { return (link, false) }
    return (slot(ofLink: datagram.link), true)
  }

  /// A neighbor passed it on to us: the flow goes out where the request came in.
  private func laterHop(_ datagram: Datagram) -> (outgoing: InterfaceID?, isAstray: Bool)? {
    guard let id = tunnel(of: datagram) ?? slot(ofLink: datagram.link),
      dvmrp.carriesTraces(datagram.source, on: id) != nil
    else { return nil }
    return (id, false)
  }

  // MARK: What is known

  /// The flow's entry, and whether it sends to an interface.
  private func entry(_ message: TraceMessage) -> (row: EntryRow, sends: (InterfaceID) -> Bool)? {
    guard let flow = message.flow else { return nil }
    let plan = plan
    for table in plan.tables(.ipv4) {
      guard let id = entries.find(.init(table: table, flow: flow)), let row = entries[id] else { continue }
      return (row, { plan.vif(of: $0, in: table, .ipv4).map { row.entry.outbound[$0] != 0 } ?? false })
    }
    return nil
  }

  private func facts(
    _ message: TraceMessage, _ outgoing: InterfaceID?, isAstray: Bool, asked: Address
  ) -> (facts: TraceFacts, incoming: InterfaceID?) {
    let own = isAstray && !asked.isMulticast ? asked : outgoing.flatMap(address(of:))
    var facts = TraceFacts(isAstray: isAstray, outgoing: own ?? .unspecified(.ipv4))
    let view = message.anyFlow.flatMap { dvmrp.view(of: $0, at: now) }
    let entry = entry(message)
    var incoming = view?.reversePath
    if let entry, entry.row.inbound != incoming, entry.row.kind != .blocking {
      incoming = entry.row.inbound
      facts.isStatic = true
      let subnet = domain.interface(entry.row.inbound)?.addresses.map(\.subnet)
        .first { subnet in message.source.map { subnet.contains($0) } ?? false }
      facts.origin = subnet ?? message.source.map { Prefix($0) }
    } else if let view, let incoming {
      facts.origin = view.origin
      facts.gateway = view.gateway
      facts.gatewayCarriesTraces = view.gateway.map { dvmrp.carriesTraces($0, on: incoming) ?? false } ?? true
    }
    facts.incoming = incoming.flatMap(address(of:))
    guard let outgoing, facts.origin != nil else { return (facts, incoming) }
    facts.isBackward = incoming == outgoing
    facts.isChild = facts.isStatic || view?.children.contains(outgoing) ?? false
    facts.threshold = settingsOf[Int(outgoing.slot)].threshold ?? 1
    guard let group = message.group, let flow = message.flow else { return (facts, incoming) }
    facts.isScoped = [incoming, outgoing].contains { id in
      id.map { settingsOf[Int($0.slot)].boundaries.contains { $0.blocks(group) } } ?? false
    }
    if let entry {
      facts.forwarding =
        entry.sends(outgoing)
        ? .forwarded
        : dvmrp.isPruned(flow)
          ? .pruneSent : facts.isChild && dvmrp.hasNeighbor(on: outgoing) ? .outputPruned : .stopped
    }
    return (facts, incoming)
  }

  private func address(of id: InterfaceID) -> Address? {
    parts.told[id]?.dvmrp?.tunnel?.local
      ?? domain.interface(id)?.addresses.map(\.address).first { $0.family == .ipv4 && $0.isUnicastSource }
  }

  private func arrival(_ datagram: Datagram) -> UInt32 {
    let nanoseconds = datagram.wallNanoseconds ?? now.nanoseconds
    return TraceHop.arrival(
      seconds: nanoseconds / 1_000_000_000,
      microseconds: UInt32(clamping: nanoseconds % 1_000_000_000 / 1000))
  }

  // MARK: On its way

  /// The counters of a trace are here; false when the ticket is no trace's.
  mutating func answerTrace(_ ticket: Ticket, _ counters: [EntryCounters], _ readings: [VIFCounters]) -> Bool
  {
    guard let trace = traces.take(ticket) else { return false }
    var block = trace.facts.block(arrival: trace.arrival)
    block.packetsIn = Router.sum(readings, on: trace.incoming.flatMap { domain.interface($0) }, \.packetsIn)
    block.packetsOut = Router.sum(readings, on: trace.outgoing.flatMap { domain.interface($0) }, \.packetsOut)
    if trace.hasFlow {
      let packets = counters.reduce(0 as UInt64) {
        $0 &+ ($1.packets >= $1.wrongInterface ? $1.packets - $1.wrongInterface : 0)
      }
      block.flowPackets = UInt32(truncatingIfNeeded: packets)
    }
    var message = trace.message
    let next = trace.facts.extend(&message, with: block)
    send(message, to: next, trace)
    return true
  }

  private static func sum(
    _ readings: [VIFCounters], on link: Interface?, _ counter: KeyPath<VIFCounters, UInt64>
  ) -> UInt32? {
    let mine = readings.filter { $0.vif.link == link?.index }
    guard !mine.isEmpty else { return nil }
    return UInt32(truncatingIfNeeded: mine.reduce(0 as UInt64) { $0 &+ $1[keyPath: counter] })
  }

  /// To the router upstream, or to whoever asked.
  ///
  /// Deviation: mrouted sends a multicast answer upstream, where only the source's side hears it; ours goes
  /// out toward the receiver, where the asker is.
  private mutating func send(_ message: TraceMessage, to next: Address?, _ trace: Traces.Waiting) {
    let isUnicast = next != nil || !message.answerTo.isMulticast
    let facts = trace.facts
    let side = isUnicast ? facts.incoming ?? facts.outgoing : facts.outgoing
    var link: Int32 = 0
    if next != nil, let incoming = trace.incoming, parts.told[incoming]?.dvmrp?.tunnel == nil {
      link = domain.interface(incoming)?.index ?? 0
    } else if !isUnicast {
      guard let outgoing = trace.outgoing.flatMap({ domain.interface($0) }) else { return }
      link = outgoing.index
    }
    actions.append(
      .kernel(
        .send(
          Datagram(
            link: link, source: side, destination: next ?? message.answerTo,
            hops: next == nil ? message.answerTimeToLive : 255, routerAlert: false,
            payload: message.encoded()))))
  }

  private static let allRouters = Address(ipv4: 0xe000_0002)
  private static let traceAnswers = Address(ipv4: 0xe000_0120)
}

extension TraceMessage {
  /// The flow that is traced; nil without a source or a group.
  fileprivate var flow: Flow? {
    guard let source, let group else { return nil }
    return Flow(source: source, group: group)
  }

  /// A flow of the source to find the route by, which no group changes.
  fileprivate var anyFlow: Flow? {
    guard let source, let group = group ?? Group(Address(ipv4: 0xe002_0001)) else { return nil }
    return Flow(source: source, group: group)
  }
}

import Addressing
import Configuration
import Control
import Diagnostics
import Forwarding
import Kernel
import Membership
import Timing

/// The screen of `mcast status`, and why one (S,G) is as it is.
extension Router {
  func status() -> Status {
    var status = Status()
    status.generation = generation
    for row in interfaceRows(RouteFilter()) {
      switch row.state {
      case .up: status.interfacesUp += 1
      case .down, .refused: status.interfacesDown += 1
      case .missing: status.interfacesWaiting.append(row.name)
      case .disabled, .unused: break
      }
      guard let packets = row.packetsInPerSecond else { continue }
      status.packetsInPerSecond = (status.packetsInPerSecond ?? 0) + packets
      status.packetsOutPerSecond = (status.packetsOutPerSecond ?? 0) + (row.packetsOutPerSecond ?? 0)
      status.bitsInPerSecond = (status.bitsInPerSecond ?? 0) + (row.bitsInPerSecond ?? 0)
      status.bitsOutPerSecond = (status.bitsOutPerSecond ?? 0) + (row.bitsOutPerSecond ?? 0)
    }
    for place in plan.places {
      status.tables.append(
        .init(
          family: place.family, table: place.table.number(place.family),
          used: plan.interfaces(in: place).count,
          open: vifs.isOpen(place)))
    }
    status.rules = rules.count
    status.rulesWaiting = rules.all.reduce(0) { $0 + (rules.inbound($1).interfaces.isEmpty ? 1 : 0) }
    status.entries = entries.fullCount + entries.onDemandCount
    status.blocking = entries.blockingCount
    status.joins = joins.heldCount
    status.joinsWaiting = joins.all.count { joins.links(of: $0.key).isEmpty }
    status.unsaved = intent.unsavedCount
    status.upcalls = counts.upcalls
    status.upcallsLost = counts.upcallsLost
    status.foreignRepairs = counts.foreignRepairs
    status.resynchronizations = counts.resynchronizations
    status.problems = problems.keys.sorted().compactMap { problems[$0] }
    return status
  }

  mutating func explain(_ id: RequestID, _ flow: Flow, _ inboundName: String?) {
    let named = inboundName.flatMap { domain.slot(of: $0) }
    if let inboundName, named == nil {
      let hint = "no rule uses it: mcast show interfaces lists those in use"
      return refuse(id, .unknownInterface, "interface \"\(inboundName)\" has no part in routing", hint: hint)
    }
    let tables = plan.tables(flow.family)
    let held = tables.compactMap { entries.find(.init(table: $0, flow: flow)) }
    let entry = held.compactMap { entries[$0] }.first { named == nil || $0.inbound == named }
    let arrival = named ?? entry?.inbound ?? likelyArrival(flow)
    let table = arrival.map { plan.table(of: $0, flow.family) } ?? plan.base
    var result = Explanation(
      source: flow.source, group: flow.group.address, state: entry.map { state(of: $0) } ?? .rule,
      table: table.number(flow.family))
    result.inbound = arrival.map { domain.name(of: $0) }
    result.installed = entry?.since
    result.packets = entry?.use.packets
    let match = arrival.flatMap { rules.match(flow, arrival: $0) }
    let rule = match?.rule
    result.owner = rule != nil ? .static : entry != nil ? .block : nil
    if let rule {
      result.ruleText = rules.route(rule).statement
      result.rule = reference(rule)
    }
    if let arrival { reasons(flow, arrival, match, &result) }
    notes(flow, arrival, rule, entry, &result)
    actions.append(.reply(id, .explanation(result)))
  }

  /// Where packets would be expected: the inbound interface of the best rule that could match.
  private func likelyArrival(_ flow: Flow) -> InterfaceID? {
    (0..<Limits.interfacesInUse).lazy.map { InterfaceID(slot: UInt8($0)) }
      .first { rules.match(flow, arrival: $0) != nil }
  }

  private func reasons(
    _ flow: Flow, _ arrival: InterfaceID, _ match: RuleMatch?, _ result: inout Explanation
  ) {
    let view = view(of: flow, arrival: arrival, match: match, path: path(of: flow))
    let candidates = (view.rule?.outbound.interfaces ?? InterfaceSet()).union(view.dependents).union(
      view.listeners)
    let table = plan.table(of: arrival, flow.family)
    for interface in candidates {
      let threshold = threshold(of: interface, under: match)
      let hasVIF = plan.vif(of: interface, in: table, flow.family) != nil
      let (forwards, reason): (Bool, String) =
        switch verdict(on: interface, in: view) {
        case .inbound: (false, "is the inbound interface")
        case .disabled: (false, "is disabled, or the inbound one is")
        case .boundary: (false, "a boundary closes it, or the inbound one, for \(flow.group)")
        case .notNamed: (false, "nobody wants the flow there")
        case .rule, .dependent, .listener:
          !hasVIF
            ? (false, "has no VIF: the kernel refused it or has no room")
            : flow.family == .ipv4 && threshold == 255
              ? (false, "TTL threshold 255 lets nothing out")
              : flow.family == .ipv4
                ? (true, "the rule names it; TTL must be above \(threshold)") : (true, "the rule names it")
        }
      result.outbound.append(.init(interface: domain.name(of: interface), forwards: forwards, reason: reason))
    }
    guard let match else { return }
    for id in [match.rule] + match.others { waiting(rules.route(id), &result) }
  }

  private func waiting(_ route: StaticRoute, _ result: inout Explanation) {
    for outbound in route.outbound where !isThere(outbound.pattern) {
      result.outbound.append(
        .init(
          interface: outbound.pattern.text, forwards: false,
          reason: "no such interface now; it is used when it comes"))
    }
  }

  private func notes(
    _ flow: Flow, _ arrival: InterfaceID?, _ rule: RuleID?, _ entry: EntryRow?, _ result: inout Explanation
  ) {
    if arrival == nil { result.notes.append("no rule covers this source and group on any interface in use") }
    if flow.group.isLinkLocal { result.notes.append("\(flow.group) is link-local: no router forwards it") }
    if flow.family == .ipv6, flow.source.isLinkLocalUnicast {
      result.notes.append("a link-local source is forwarded only by a rule that names such sources")
    }
    if entry == nil, rule != nil {
      result.notes.append("no packet has come yet: the entry is made by the first one")
    }
    if let entry, entry.kind != .full {
      let timeout = intent.base.cache.idleTimeout.components.seconds
      let unused = (now - (entry.use.lastUsed ?? entry.since)).components.seconds
      result.notes.append(
        timeout > 0
          ? "the entry goes after \(timeout)s without a packet; unused for \(unused)s"
          : "the entry stays however long it is unused, now for \(unused)s")
    }
    if flow.family == .ipv6 { result.notes.append("the kernel has no TTL thresholds for IPv6") }
  }
}

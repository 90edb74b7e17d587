import Addressing
import Configuration
import Control
import DVMRP
import Diagnostics
import Forwarding
import Kernel
import Membership
import Timing

/// Why one (S,G) is as it is.
extension Router {
  mutating func explain(_ id: RequestID, _ flow: Flow, _ inboundName: String?) {
    let named = inboundName.flatMap { domain.slot(of: $0) }
    if let inboundName, named == nil {
      let hint = "no rule uses it: mcast show interfaces lists those in use"
      return refuse(id, .unknownInterface, "interface \"\(inboundName)\" has no part in routing", hint: hint)
    }
    let tables = plan.tables(flow.family)
    let held = tables.compactMap { entries.find(.init(table: $0, flow: flow)) }
    let entry = held.compactMap { entries[$0] }.first { named == nil || $0.inbound == named }
    let arrival = named ?? entry?.inbound ?? likelyArrival(flow) ?? path(of: flow)?.reversePath
    let table = arrival.map { plan.table(of: $0, flow.family) } ?? plan.base
    var result = Explanation(
      source: flow.source, group: flow.group.address, state: entry.map { state(of: $0) } ?? .rule,
      table: table.number(flow.family))
    result.inbound = arrival.map { domain.name(of: $0) }
    result.installed = entry?.since
    result.packets = entry?.use.packets
    let match = arrival.flatMap { rules.match(flow, arrival: $0) }
    let rule = match?.rule
    let path = path(of: flow)
    let isTree = path != nil && path?.reversePath == arrival
    result.owner = rule != nil ? .static : isTree ? .dvmrp : entry != nil ? .block : nil
    if let rule {
      result.ruleText = rules.route(rule).statement
      result.rule = reference(rule)
    }
    if let arrival { reasons(flow, arrival, match, path, &result) }
    learned(flow, path, entry, &result)
    notes(flow, arrival, rule, entry, path, &result)
    actions.append(.reply(id, .explanation(result)))
  }

  /// Where packets would be expected: the inbound interface of the best rule that could match.
  private func likelyArrival(_ flow: Flow) -> InterfaceID? {
    (0..<Limits.interfacesInUse).lazy.map { InterfaceID(slot: UInt8($0)) }
      .first { rules.match(flow, arrival: $0) != nil }
  }

  private func reasons(
    _ flow: Flow, _ arrival: InterfaceID, _ match: RuleMatch?, _ path: DVMRPView?,
    _ result: inout Explanation
  ) {
    let view = view(of: flow, arrival: arrival, match: match, path: path)
    let stated = view.rule.map { $0.outbound.interfaces.union($0.members) } ?? InterfaceSet()
    let candidates = stated.union(view.dependents).union(view.listeners).union(
      path?.children ?? InterfaceSet())
    let table = plan.table(of: arrival, flow.family)
    for interface in candidates {
      let verdict = verdict(on: interface, in: view)
      var (forwards, reason): (Bool, String) =
        switch verdict {
        case .inbound: (false, "is the inbound interface")
        case .disabled: (false, "is disabled, or the inbound one is")
        case .boundary: (false, "a boundary closes it, or the inbound one, for \(flow.group)")
        case .notNamed: (false, unwanted(flow, interface, view))
        case .rule: (true, "the rule names it")
        case .dependent: (true, dependentsText(flow, interface))
        case .listener: (true, membersText(flow, interface))
        }
      let threshold = threshold(of: interface, under: match)
      if forwards, plan.vif(of: interface, in: table, flow.family) == nil {
        (forwards, reason) = (false, "has no VIF: the kernel refused it or has no room")
      } else if forwards, flow.family == .ipv4 {
        forwards = threshold < 255
        reason = forwards ? "\(reason); TTL must be above \(threshold)" : "TTL threshold 255 lets nothing out"
      }
      result.outbound.append(.init(interface: domain.name(of: interface), forwards: forwards, reason: reason))
    }
    guard let match else { return }
    for id in [match.rule] + match.others { waiting(rules.route(id), &result) }
  }

  private func unwanted(_ flow: Flow, _ interface: InterfaceID, _ view: FlowView) -> String {
    let pruned = dvmrp.treeRow(of: flow)?.received.filter { $0.interface == interface && $0.until > now }
    if let pruned, !pruned.isEmpty {
      let texts = pruned.map { "\($0.neighbor) for another \(($0.until - now).components.seconds)s" }
      return "no member; pruned by " + texts.joined(separator: ", ")
    }
    if view.listeners.contains(interface) {
      return membership.listens(interface, source: flow.source, group: flow.group)
        ? "another router forwards to the members there" : "no member for this source"
    }
    return "no member, and no router that depends on us"
  }

  private func membersText(_ flow: Flow, _ interface: InterfaceID) -> String {
    let place = GroupPlace(interface, flow.group)
    guard let row = membership.groupRow(at: place) else { return "a static member" }
    let names = row.isTracked ? row.hosts.prefix(4).map { "\($0.address)" } : []
    let who =
      names.isEmpty
      ? "last report by \(row.lastReporter)"
      : names.joined(separator: ", ") + (row.hosts.count > 4 ? " and \(row.hosts.count - 4) more" : "")
    return "members: \(who)"
  }

  private func dependentsText(_ flow: Flow, _ interface: InterfaceID) -> String {
    let names = dvmrp.dependents(of: flow, on: interface, at: now).map { "\($0)" }
    return names.isEmpty ? "routers depend on us" : "depends on us: " + names.joined(separator: ", ")
  }

  /// What DVMRP knows of the way, and what is due.
  private func learned(
    _ flow: Flow, _ path: DVMRPView?, _ entry: EntryRow?, _ result: inout Explanation
  ) {
    if let path {
      result.reversePath = .init(
        origin: path.origin, interface: path.reversePath.map { domain.name(of: $0) }, gateway: path.gateway,
        metric: path.metric)
    }
    if parts.hasDVMRP, let tree = dvmrp.treeRow(of: flow) {
      result.prunes = pruneRows(tree)
      if let due = result.prunes.compactMap(\.expires).min() {
        result.timers.append(TimerRow(kind: .prune, subject: "", due: due))
      }
    }
    for interface in membership.listeners(of: flow) {
      guard let row = membership.groupRow(at: GroupPlace(interface, flow.group)) else { continue }
      let source = row.sources.first { $0.address == flow.source }?.expiry
      guard let due = source ?? row.expiry else { continue }
      result.timers.append(TimerRow(kind: .group, subject: domain.name(of: interface), due: due))
    }
    let timeout = intent.base.cache.idleTimeout
    if let entry, entry.kind != .full, timeout > .zero {
      result.timers.append(
        TimerRow(kind: .idle, subject: "", due: (entry.use.lastUsed ?? entry.since) + timeout))
    }
    result.timers.sort { ($0.due, $0.kind.rawValue, $0.subject) < ($1.due, $1.kind.rawValue, $1.subject) }
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
    _ flow: Flow, _ arrival: InterfaceID?, _ rule: RuleID?, _ entry: EntryRow?, _ path: DVMRPView?,
    _ result: inout Explanation
  ) {
    if arrival == nil { result.notes.append("no rule covers this source and group on any interface in use") }
    if flow.group.isLinkLocal { result.notes.append("\(flow.group) is link-local: no router forwards it") }
    if flow.family == .ipv6, flow.source.isLinkLocalUnicast {
      result.notes.append("a link-local source is forwarded only by a rule that names such sources")
    }
    if let path, let arrival, path.reversePath != arrival {
      let name = path.reversePath.map { domain.name(of: $0) } ?? "nowhere"
      result.notes.append(
        "DVMRP expects the source by \(name): here the rule decides alone, without members and routers")
    }
    if parts.hasDVMRP, parts.isHolding {
      result.notes.append("DVMRP only exchanges routes as yet, as its startup-delay asks")
    }
    if entry == nil, rule != nil || path != nil {
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

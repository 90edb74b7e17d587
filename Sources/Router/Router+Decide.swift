import Addressing
import Configuration
import Control
import DVMRP
import Forwarding
import Kernel
import Membership
import Timing

/// A decision in a table's terms: what an entry holds beside its key.
struct Projection: Sendable {
  var parent: VIFIndex
  var outbound: OutboundList
}

/// Decisions that hold for every flow of one kind.
struct DecisionMemo: Sendable {
  struct Kind: Hashable, Sendable {
    var rule: RuleKind
    var arrival: InterfaceID
    var table: TableID
    var family: Family
  }

  struct Known: Sendable {
    /// Nil: the table has no place for it.
    var projection: Projection?
  }

  private var answers: [Kind: Known] = [:]
  /// Bulk loads ask for one kind over and over.
  private var last: (kind: Kind, known: Known)?

  func known(_ kind: Kind) -> Known? {
    if let last, last.kind == kind { return last.known }
    return answers[kind]
  }

  mutating func remember(_ kind: Kind, _ projection: Projection?) {
    let known = Known(projection: projection)
    last = (kind, known)
    answers[kind] = known
  }

  mutating func forget() {
    guard last != nil else { return }
    answers = [:]
    last = nil
  }
}

/// Deciding the entries that are dirty.
extension Router {
  mutating func updateDirtyRules(_ removals: inout [KernelAction]) {
    let (flows, wide) = rules.flows(of: dirty.rules)
    if dirty.isAdopting { return settleAdopted(flows, &removals) }
    if dirty.isReleasing { releaseHeld(&removals) }
    let keys = wide + dirty.withdrawn
    if !keys.isEmpty || !dirty.interfaces.isEmpty || dirty.trees { updateEntries(under: keys, &removals) }
    if parts.hasDVMRP {
      for key in keys where key.groups.family == .ipv4 {
        dirty.flows.formUnion(dvmrp.prunedFlows(to: key.groups, from: key.sources))
      }
    }
    if flows.count > 1000 {
      entries.reserve(entries.count + flows.count)
      actions.reserveCapacity(actions.count + flows.count)
    }
    for flow in flows { updateEverywhere(flow, &removals) }
    for flow in dirty.flows.sorted() { updateEverywhere(flow, &removals) }
  }

  /// One pass over the entries finds those that a few wide rules or some interfaces touch.
  private mutating func updateEntries(under keys: [StaticRoute.Key], _ removals: inout [KernelAction]) {
    let interfaces = dirty.interfaces
    // Beyond a handful of rules each entry is decided once instead of being compared with each of them.
    let decidesAll = keys.count > 8
    // By the plan and not by `self`, which a closure would copy for every entry.
    let plan = plan
    let decidesTrees = dirty.trees
    let touched = entries.all { row in
      let flow = row.entry.key.flow
      return decidesAll || decidesTrees && flow.family == .ipv4 || interfaces.contains(row.inbound)
        || Router.names(row, interfaces, plan)
        || keys.contains { $0.groups.contains(flow.group.address) && $0.sources.contains(flow.source) }
    }
    for id in touched {
      guard let key = entries[id]?.entry.key else { continue }
      update(key.flow, in: key.table, arrival: nil, &removals)
    }
  }

  private static func names(_ row: EntryRow, _ interfaces: InterfaceSet, _ plan: TablePlan) -> Bool {
    guard !interfaces.isEmpty, !row.entry.outbound.isEmpty else { return false }
    return interfaces.contains {
      guard let vif = plan.vif(of: $0, in: row.entry.key.table, row.entry.key.flow.family) else {
        return true
      }
      return row.entry.outbound[vif] != 0
    }
  }

  /// Decides a flow in each table that could hold it.
  mutating func updateEverywhere(_ flow: Flow, _ removals: inout [KernelAction]) {
    let base = plan.base
    update(flow, in: base, arrival: nil, &removals)
    guard !plan.owners.isEmpty else { return }
    for table in plan.tables(flow.family) where table != base {
      update(flow, in: table, arrival: nil, &removals)
    }
  }

  /// Decides one flow in one table and writes the difference.
  ///
  /// - Parameters:
  ///   - arrival: where a packet came in; nil: where it is expected.
  ///   - asks: a packet came, so that the kernel needs an entry though no rule names the flow.
  mutating func update(
    _ flow: Flow, in table: TableID, arrival: InterfaceID?, asks: Bool = false,
    _ removals: inout [KernelAction]
  ) {
    let existing = entries.find(KernelEntry.Key(table: table, flow: flow))
    let row = existing.flatMap { entries[$0] }
    let path = path(of: flow)
    if let existing, let row, row.isHeld, timers[.adoption] != nil, keep(existing, row, arrival, path) {
      return
    }
    let (inbound, match) = entrance(of: flow, in: table, row, arrival, path)
    guard let inbound, match != nil || inbound == path?.reversePath else {
      if let existing, let row { withdraw(existing, row, &removals) }
      return
    }
    // A flow that only waits to be grafted gets its entry when a packet asks for one.
    guard existing != nil || match != nil || asks else {
      let decision = decide(view(of: flow, arrival: inbound, match: nil, path: path))
      return want(flow, decision.entry.map { !$0.outbound.isEmpty } ?? false, path, hasEntry: false)
    }
    guard let projection = projection(of: flow, in: table, by: inbound, under: match, path) else {
      if let existing { remove(existing, &removals) }
      return
    }
    let entry = KernelEntry(
      key: KernelEntry.Key(table: table, flow: flow), parent: projection.parent, outbound: projection.outbound
    )
    write(
      entry, inbound: inbound, rule: match?.rule,
      kind: match.map { rules.isFull($0.rule) } ?? false ? .full : .onDemand, over: existing)
    if inbound == path?.reversePath {
      want(flow, !projection.outbound.isEmpty, path)
    } else if path != nil {
      want(flow, false, nil)
    }
  }

  /// Decides a flow and projects the decision onto a table; nil when the table has no VIF for the arrival.
  ///
  /// Where no boundary looks at the group, flows of one arrival under rules of one kind are decided alike,
  /// so the answer is remembered until interfaces, settings or the plan change.
  private mutating func projection(
    of flow: Flow, in table: TableID, by arrival: InterfaceID, under match: RuleMatch?, _ path: DVMRPView?
  ) -> Projection? {
    var kind: DecisionMemo.Kind?
    if !hasBoundaries, path == nil, let match, !rules.toMembers(match) {
      kind = DecisionMemo.Kind(
        rule: rules.kind(match, arrival: arrival), arrival: arrival, table: table, family: flow.family)
    }
    if let kind, let known = memo.known(kind) { return known.projection }
    let decision = decide(view(of: flow, arrival: arrival, match: match, path: path))
    var projection: Projection?
    if let wanted = decision.entry, vifs.isOpen(.init(table: table, family: flow.family)),
      let entry = plan.project(wanted, table: table, threshold: { threshold(of: $0, under: match) })
    {
      projection = Projection(parent: entry.parent, outbound: entry.outbound)
    }
    if let kind { memo.remember(kind, projection) }
    return projection
  }

  /// Where a flow's packets come in, and the rules that hold for them there.
  ///
  /// As long as no packet says otherwise: where they did, else by the rule's first interface, else by the
  /// tree.
  private func entrance(
    of flow: Flow, in table: TableID, _ row: EntryRow?, _ arrival: InterfaceID?, _ path: DVMRPView?
  ) -> (InterfaceID?, RuleMatch?) {
    if arrival == nil, let row, plan.table(of: row.inbound, flow.family) == table,
      let match = rules.match(flow, arrival: row.inbound)
    {
      return (row.inbound, match)
    }
    let inbound = arrival ?? statedArrival(flow, in: table) ?? treeArrival(path, in: table)
    return (inbound, inbound.flatMap { rules.match(flow, arrival: $0) })
  }

  /// The first interface of the first rule for just this flow that the table has.
  private func statedArrival(_ flow: Flow, in table: TableID) -> InterfaceID? {
    let family = flow.family
    var next = rules.full(flow)
    while let rule = next {
      let binding = rules.inbound(rule)
      if let preferred = binding.preferred, plan.holds(preferred, inbound: table, family) { return preferred }
      for other in binding.interfaces where plan.holds(other, inbound: table, family) { return other }
      next = rules.next(rule)
    }
    return nil
  }

  /// All that the decision about a flow depends on.
  ///
  /// - Parameter path: what DVMRP says of the flow.
  func view(of flow: Flow, arrival: InterfaceID, match: RuleMatch?, path: DVMRPView?) -> FlowView {
    var view = FlowView(flow: flow, arrival: arrival)
    if parts.isDynamic { view.listeners = membership.listeners(of: flow) }
    if let path {
      view.reversePath = path.reversePath
      view.children = path.children
      view.dependents = path.dependents
    }
    view.rule = match.map { match in
      let targets = rules.targets(match)
      var rule = RouteRule(
        id: match.rule, outbound: targets.stated, isExclusive: rules.isExclusive(match),
        blocks: rules.blocks(match), reflects: rules.reflects(match, arrival: arrival))
      rule.members = targets.members
      return rule
    }
    let stated = view.rule?.outbound.interfaces ?? InterfaceSet()
    for id in stated.union(InterfaceSet([arrival])).union(view.listeners).union(view.dependents) {
      let settings = settingsOf[Int(id.slot)]
      if settings.mode == .disable { view.disabled.insert(id) }
      if settings.boundaries.contains(where: { $0.blocks(flow.group) }) { view.blocked.insert(id) }
    }
    return view
  }

  /// The threshold that holds for an outbound interface under a rule: the rule's, else the interface's, else
  /// 1.
  func threshold(of interface: InterfaceID, under match: RuleMatch?) -> UInt8 {
    match.flatMap { rules.outbound($0).threshold(of: interface) } ?? settingsOf[Int(interface.slot)].threshold
      ?? 1
  }

  /// Puts an entry into the kernel, unless it holds just this.
  mutating func write(
    _ entry: KernelEntry, inbound: InterfaceID, rule: RuleID?, kind: EntryRow.Kind, over existing: EntryID?
  ) {
    guard let existing, let old = entries[existing] else {
      let id = entries.insert(
        EntryRow(entry: entry, inbound: inbound, rule: rule, kind: kind, since: now))
      entries.scheduleIdle(id, at: now + idleCheck)
      actions.append(.kernel(.addEntry(entry)))
      noteRoute(.install, entry, inbound, before: nil)
      return
    }
    entries.update(existing) { row in
      row.entry = entry
      row.inbound = inbound
      row.rule = rule
      row.kind = kind
      row.isHeld = false
    }
    if !entries.isIdleScheduled(existing) {
      entries.scheduleIdle(existing, at: now + idleCheck)
    }
    guard old.entry != entry || !old.isInstalled else { return }
    entries.update(existing) { $0.isInstalled = true }
    timers.cancel(.entry(existing))
    actions.append(.kernel(.addEntry(entry)))
    noteRoute(old.inbound == inbound ? .change : .move, entry, inbound, before: old)
  }

  /// No rule covers the entry: a blocking one stays while its interface does, another goes.
  private mutating func withdraw(_ id: EntryID, _ row: EntryRow, _ removals: inout [KernelAction]) {
    let family = row.entry.key.flow.family
    let isHome =
      plan.vif(of: row.inbound, in: row.entry.key.table, family) == row.entry.parent
      && domain.interface(row.inbound) != nil && plan.table(of: row.inbound, family) == row.entry.key.table
    if row.kind == .blocking, isHome { return }
    remove(id, &removals)
  }

  mutating func remove(_ id: EntryID, _ removals: inout [KernelAction]) {
    guard let row = entries[id] else { return }
    entries.remove(id)
    timers.cancel(.entry(id))
    forget(row.entry.key.flow)
    removals.append(.removeEntry(row.entry.key))
    noteRoute(.remove, row.entry, row.inbound, before: row)
  }

  /// Tries an entry again that the kernel refused.
  mutating func rewrite(_ id: EntryID) {
    guard let row = entries[id], !row.isInstalled else { return }
    entries.update(id) { $0.isInstalled = true }
    actions.append(.kernel(.addEntry(row.entry)))
  }
}

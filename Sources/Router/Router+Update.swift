import Addressing
import Configuration
import Control
import Diagnostics
import Forwarding
import Kernel
import Membership
import Timing

/// From what changed to what the kernel is asked: slots, bindings, plan, then the entries concerned.
extension Router {
  /// Ends a step: decides anew what is dirty and nothing else.
  ///
  /// Order in the kernel: tables and VIFs, entries added or replaced, table rules, entries removed, VIFs
  /// removed. So no entry ever names a VIF that is not there, and traffic that the old and the new state
  /// both forward never pauses.
  mutating func settle() {
    guard !dirty.isClean, isConfigured, !isStopping else { return }
    if dirty.names || dirty.settings { bindNames() }
    var difference = VIFReconciler.Actions()
    if dirty.plan { difference = replan() }
    actions += difference.before.map { .kernel($0) }
    var removals: [KernelAction] = []
    updateDirtyRules(&removals)
    actions += (difference.between + removals + difference.after).map { .kernel($0) }
    dirty = Dirty()
  }

  private mutating func bindNames() {
    let patterns = rules.patterns
    let exact = Set(patterns.filter(\.isExact).map(\.text))
    let wild = patterns.filter { !$0.isExact }.sorted()
    let statements = intent.interfaceStatements.filter { $0.mode == .enable }
    let (present, overflow) = domain.assignSlots { name in
      exact.contains(name) || wild.contains { $0.matches(name) }
        || statements.contains { $0.pattern.matches(name) }
    }
    setProblem(.slots, when: overflow > 0) {
      Diagnostic(
        .vifSlotsUsed, "\(overflow) more interfaces are named than the 256 that one daemon can use",
        hint: "serve some of them by a second daemon: mcastd --identity NAME --table ID")
    }
    let configuration = intent.effectiveSettings
    for interface in present {
      let new = configuration.settings(of: interface.name)
      guard new != settingsOf[Int(interface.id.slot)] else { continue }
      settingsOf[Int(interface.id.slot)] = new
      dirty.interfaces.insert(interface.id)
    }
    dirty.rules.formUnion(rules.rebind(to: present))
    actions += joins.setLinks(joinableLinks(configuration)).map { .kernel($0) }
    dirty.plan = true
  }

  /// Memberships are held on every link but disabled ones; a link needs no VIF for them.
  private func joinableLinks(_ configuration: Configuration) -> [String: Int32] {
    guard joins.statementCount > 0 else { return [:] }
    return domain.present.filter { configuration.settings(of: $0.key).mode != .disable }
  }

  private mutating func replan() -> VIFReconciler.Actions {
    var demand = TablePlan.Demand()
    for family in Family.allCases {
      demand.families.append(family)
      demand.usage[family] = rules.usage(family)
      demand.conflicts[family] = rules.conflicts(family)
    }
    for slot in settingsOf.indices {
      let id = InterfaceID(slot: UInt8(slot))
      switch settingsOf[slot].mode {
      case .enable where domain.interface(id) != nil: demand.enabled.insert(id)
      case .disable: demand.disabled.insert(id)
      case .enable, .none: break
      }
    }
    let old = plan
    demand.renamed = domain.renamed
    let table = intent.base.table
    demand.splitBase = table.splitBase
    demand.split =
      isWithoutTables ? .never : table.split == .auto ? .whereNeeded : table.split == .on ? .always : .never
    for vif in refusedVIFs.keys.sorted() {
      guard let id = old.interface(at: vif.index, in: vif.table, vif.family) ?? slot(ofLink: vif.link) else {
        continue
      }
      demand.refused[.init(table: vif.table, family: vif.family), default: InterfaceSet()].insert(id)
    }
    plan = plan.planned(for: demand)
    if plan.isProvisional { deferred.replan() }
    noteUnplaced()
    let difference = vifs.reconcile(
      tables: tables(), vifs: wantedVIFs(), selections: wantedSelections(table))
    for vif in difference.added { vifUse[vif] = nil }
    for vif in difference.freed {
      vifUse[vif] = nil
    }
    markMoved(from: old, added: difference.added)
    return difference
  }

  private func tables() -> [TablePlan.Place] {
    let base = Family.allCases.map { TablePlan.Place(table: plan.base, family: $0) }
    return base + plan.owners.keys.sorted()
  }

  private func wantedVIFs() -> Set<VIF> {
    var wanted: Set<VIF> = []
    for (place, slots) in plan.slots where vifs.isOpen(place) {
      for (index, id) in slots.enumerated() {
        guard let id, let interface = domain.interface(id) else { continue }
        let vif = VIF(
          table: place.table, family: place.family, index: VIFIndex(index), link: interface.index)
        wanted.insert(vif)
      }
    }
    return wanted
  }

  private func wantedSelections(_ table: TableSettings) -> Set<VIFReconciler.Selection> {
    var wanted: Set<VIFReconciler.Selection> = []
    for (place, owner) in plan.owners where vifs.isOpen(place) && domain.interface(owner) != nil {
      wanted.insert(.init(place: place, interface: domain.name(of: owner)))
    }
    guard plan.base != .standard, table.selectsByRule else { return wanted }
    for family in Family.allCases {
      let place = TablePlan.Place(table: plan.base, family: family)
      for id in plan.interfaces(in: place) where vifs.isOpen(place) && plan.table(of: id, family) == plan.base
      {
        if domain.interface(id) != nil { wanted.insert(.init(place: place, interface: domain.name(of: id))) }
      }
    }
    return wanted
  }

  private mutating func noteUnplaced() {
    for place in tables() {
      let unplaced = plan.unplaced[place] ?? InterfaceSet()
      let names = unplaced.map { domain.name(of: $0) }.joined(separator: ", ")
      setProblem(.unplaced(place), when: !unplaced.isEmpty && !plan.isProvisional) {
        Diagnostic(
          .vifSlotsUsed,
          "table \(place.table.number(place.family)): the kernel has 32 \(place.family.rawValue) interfaces in a "
            + "table and no room for \(names)",
          hint: "allow several tables: table { split auto }")
      }
    }
  }

  /// Entries and rules that name an interface whose VIF came, went or changed its number.
  private mutating func markMoved(from old: TablePlan, added: [VIF]) {
    var moved = InterfaceSet()
    for vif in added {
      if let id = plan.interface(at: vif.index, in: vif.table, vif.family) { moved.insert(id) }
    }
    guard old != plan || !moved.isEmpty else { return }
    for place in Set(old.slots.keys).union(plan.slots.keys).sorted() {
      let (before, after) = (old.slots[place] ?? [], plan.slots[place] ?? [])
      for index in 0..<max(before.count, after.count) {
        let (a, b) = (index < before.count ? before[index] : nil, index < after.count ? after[index] : nil)
        guard a != b else { continue }
        if let a { moved.insert(a) }
        if let b { moved.insert(b) }
      }
    }
    for place in Set(old.owners.keys).union(plan.owners.keys).sorted()
    where old.owners[place] != plan.owners[place] {
      if let owner = old.owners[place] { moved.insert(owner) }
      if let owner = plan.owners[place] { moved.insert(owner) }
    }
    markRules(naming: moved)
  }

  /// Rules bound to one of these interfaces, and entries that name one, are decided anew.
  mutating func markRules(naming interfaces: InterfaceSet) {
    guard !interfaces.isEmpty else { return }
    dirty.interfaces.formUnion(interfaces)
    for id in rules.all
    where !rules.inbound(id).interfaces.intersection(interfaces).isEmpty
      || !rules.outbound(id).interfaces.intersection(interfaces).isEmpty
    {
      dirty.rules.insert(id)
    }
  }
}

/// Deciding the entries that are dirty.
extension Router {
  private mutating func updateDirtyRules(_ removals: inout [KernelAction]) {
    var wide: [RuleID] = []
    if dirty.rules.count > 1000 { entries.reserve(entries.count + dirty.rules.count) }
    for id in dirty.rules.sorted() {
      guard rules.rule(at: Int(id.number)) != nil else { continue }
      let key = rules.route(id).key
      guard key.sources.isSingle, key.groups.isSingle else {
        wide.append(id)
        continue
      }
      if let group = Group(key.groups.address), let flow = Flow(source: key.sources.address, group: group) {
        updateEverywhere(flow, &removals)
      }
    }
    for flow in dirty.flows.sorted() { updateEverywhere(flow, &removals) }
    let keys = wide.map { rules.route($0).key } + dirty.withdrawn
    guard !keys.isEmpty || !dirty.interfaces.isEmpty else { return }
    updateEntries(under: keys, &removals)
  }

  /// One pass over the entries finds those that a few wide rules or some interfaces touch.
  private mutating func updateEntries(under keys: [StaticRoute.Key], _ removals: inout [KernelAction]) {
    let interfaces = dirty.interfaces
    // Beyond a handful of rules each entry is decided once instead of being compared with each of them.
    let decidesAll = keys.count > 8
    let touched = entries.all { row in
      let flow = row.entry.key.flow
      return decidesAll || interfaces.contains(row.inbound) || names(row, interfaces)
        || keys.contains { $0.groups.contains(flow.group.address) && $0.sources.contains(flow.source) }
    }
    for id in touched {
      guard let key = entries[id]?.entry.key else { continue }
      update(key.flow, in: key.table, arrival: nil, &removals)
    }
  }

  private func names(_ row: EntryRow, _ interfaces: InterfaceSet) -> Bool {
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
  /// - Parameter arrival: where a packet came in; nil: where it is expected.
  mutating func update(
    _ flow: Flow, in table: TableID, arrival: InterfaceID?, _ removals: inout [KernelAction]
  ) {
    let existing = entries.find(KernelEntry.Key(table: table, flow: flow))
    let row = existing.flatMap { entries[$0] }
    let inbound = arrival ?? expectedArrival(flow, in: table, row)
    guard let inbound, let rule = rules.match(flow, arrival: inbound) else {
      if let existing, let row { withdraw(existing, row, &removals) }
      return
    }
    let decision = decide(view(of: flow, arrival: inbound, rule: rule))
    guard let wanted = decision.entry, vifs.isOpen(.init(table: table, family: flow.family)),
      let entry = plan.project(wanted, table: table, threshold: { threshold(of: $0, under: rule) })
    else {
      if let existing { remove(existing, &removals) }
      return
    }
    let kind: EntryRow.Kind = rules.isFull(rule) ? .full : .onDemand
    write(entry, inbound: inbound, rule: rule, kind: kind, over: existing)
  }

  /// Where an entry's packets come in as long as none says otherwise: where they did, else the rule's first.
  private func expectedArrival(_ flow: Flow, in table: TableID, _ row: EntryRow?) -> InterfaceID? {
    let family = flow.family
    if let row, plan.table(of: row.inbound, family) == table, rules.match(flow, arrival: row.inbound) != nil {
      return row.inbound
    }
    for rule in rules.full(flow) {
      let binding = rules.inbound(rule)
      if let preferred = binding.preferred, plan.table(of: preferred, family) == table,
        plan.vif(of: preferred, in: table, family) != nil
      {
        return preferred
      }
      if let other = binding.interfaces.first(where: {
        plan.table(of: $0, family) == table && plan.vif(of: $0, in: table, family) != nil
      }) {
        return other
      }
    }
    return nil
  }

  /// All that the decision about a flow depends on. Members and dependents join here.
  func view(of flow: Flow, arrival: InterfaceID, rule: RuleID?) -> FlowView {
    var view = FlowView(flow: flow, arrival: arrival)
    view.rule = rule.map { id in
      let route = rules.route(id)
      return RouteRule(
        id: id, outbound: rules.outbound(id), isExclusive: route.isExclusive, blocks: route.outbound.isEmpty)
    }
    for id in (view.rule?.outbound.interfaces ?? InterfaceSet()).union(InterfaceSet([arrival])) {
      let settings = settingsOf[Int(id.slot)]
      if settings.mode == .disable { view.disabled.insert(id) }
      if settings.boundaries.contains(where: { $0.blocks(flow.group) }) { view.blocked.insert(id) }
    }
    return view
  }

  /// The threshold that holds for an outbound interface under a rule: the rule's, else the interface's, else 1.
  func threshold(of interface: InterfaceID, under rule: RuleID?) -> UInt8 {
    rule.flatMap { rules.outbound($0).threshold(of: interface) } ?? settingsOf[Int(interface.slot)].threshold
      ?? 1
  }

  /// Puts an entry into the kernel, unless it holds just this.
  mutating func write(
    _ entry: KernelEntry, inbound: InterfaceID, rule: RuleID?, kind: EntryRow.Kind, over existing: EntryID?
  ) {
    guard let existing, let old = entries[existing] else {
      let id = entries.insert(
        EntryRow(entry: entry, inbound: inbound, rule: rule, kind: kind, since: now))
      entries.scheduleIdle(id, at: now + intent.base.cache.idleTimeout / 2)
      actions.append(.kernel(.addEntry(entry)))
      noteRoute(.install, entry, inbound, before: nil)
      return
    }
    entries.update(existing) { row in
      row.entry = entry
      row.inbound = inbound
      row.rule = rule
      row.kind = kind
    }
    if !entries.isIdleScheduled(existing) {
      entries.scheduleIdle(existing, at: now + intent.base.cache.idleTimeout / 2)
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

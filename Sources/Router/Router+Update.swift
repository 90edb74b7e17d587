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
    isSettling = true
    if dirty.names || dirty.settings { bindNames() }
    noteWaiting()
    if dirty.plan { memo.forget() }
    var difference = VIFReconciler.Actions()
    if dirty.plan { difference = replan() }
    actions += difference.before.map { .kernel($0) }
    var removals: [KernelAction] = []
    // Before a table is open nothing can be in it; its opening marks the rules that it serves.
    if vifs.hasOpenTables { updateDirtyRules(&removals) }
    actions += (difference.between + removals + difference.after).map { .kernel($0) }
    settleDiscovery()
    holdOwnJoins()
    if dirty.isAdopting { actions += joins.releaseInherited().map { .kernel($0) } }
    dirty = Dirty()
    formerPlan = nil
    isSettling = false
  }

  private mutating func bindNames() {
    let patterns = rules.patterns
    let exact = Set(patterns.filter(\.isExact).map(\.text))
    let wild = patterns.filter { !$0.isExact }.sorted()
    let statements = intent.interfaceStatements.filter { $0.mode == .enable }
    let configuration = intent.effectiveSettings
    let takesAll = intent.base.table.takesAll
    let takingPart = namesTakingPart(configuration)
    let hidden = hiddenNames
    let slots = domain.assignSlots { name in
      !hidden.contains(name)
        && (exact.contains(name) || wild.contains { $0.matches(name) }
          || statements.contains { $0.pattern.matches(name) } || takingPart.contains(name))
    } isSpare: { interface in
      takesAll && interface.flags.contains(.multicast)
        && configuration.settings(of: interface.name).mode != .disable
    }
    everyone = slots.everyone
    dirty.interfaces.formUnion(slots.taken)
    setProblem(.slots, when: slots.overflow > 0) {
      Diagnostic(
        .vifSlotsUsed, "\(slots.overflow) more interfaces are named than the 256 that one daemon can use",
        hint: "serve some of them by a second daemon: mcastd --identity NAME --table ID")
    }
    // Those that nothing names any more, too: what they were told must not stay in force.
    for interface in domain.slotted {
      let new = configuration.settings(of: interface.name)
      guard new != settingsOf[Int(interface.id.slot)] else { continue }
      settingsOf[Int(interface.id.slot)] = new
      dirty.interfaces.insert(interface.id)
    }
    hasBoundaries = settingsOf.contains { !$0.boundaries.isEmpty }
    dirty.rules += rules.rebind(to: slots.present)
    bindDiscovery(configuration)
    bindParts(configuration)
    actions += joins.setLinks(joinableLinks(configuration)).map { .kernel($0) }
    dirty.plan = true
  }

  /// Interfaces that are none for SMCRoute: those without the multicast flag.
  var hiddenNames: Set<String> {
    guard intent.base.table.followsSmcroute else { return [] }
    return Set(domain.all.filter { !$0.flags.contains(.multicast) }.map(\.name))
  }

  /// Memberships are held on every link but disabled ones; a link needs no VIF for them.
  private func joinableLinks(_ configuration: Configuration) -> [String: Int32] {
    guard joins.statementCount > 0 else { return [:] }
    if configuration.table.followsSmcroute { return domain.present }
    return domain.present.filter { configuration.settings(of: $0.key).mode != .disable }
  }

  private mutating func replan() -> VIFReconciler.Actions {
    var demand = TablePlan.Demand()
    for family in Family.allCases {
      demand.families.append(family)
      demand.usage[family] = rules.usage(family, every: family == .ipv4 ? parts.igmp : parts.mld)
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
    demand.enabled.formUnion(parts.all)
    for id in parts.dvmrp { demand.usage[.ipv4]?[id, default: InterfaceSet()].formUnion(parts.dvmrp) }
    demand.everyone = everyone
    demand.renamed = domain.renamed
    demand.reserved = inheritance.reserved
    let table = intent.base.table
    demand.splitBase = table.splitBase
    demand.split =
      isWithoutTables ? .never : table.split == .auto ? .whereNeeded : table.split == .on ? .always : .never
    for vif in refusedVIFs.keys.sorted() where refusedVIFs[vif]?.isWaiting ?? false {
      guard let id = old.interface(at: vif.index, in: vif.table, vif.family) ?? slot(ofLink: vif.link) else {
        continue
      }
      demand.refused[.init(table: vif.table, family: vif.family), default: InterfaceSet()].insert(id)
    }
    plan = plan.planned(for: demand)
    formerPlan = old
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
    let tables = tables()
    for case .unplaced(let place) in problems.keys.sorted() where !tables.contains(place) {
      clearProblem(.unplaced(place))
    }
    for place in tables {
      let unplaced = plan.unplaced[place] ?? InterfaceSet()
      let more = unplaced.count > 8 ? " and \(unplaced.count - 8) more" : ""
      let names = unplaced.prefix(8).map { domain.name(of: $0) }.joined(separator: ", ") + more
      setProblem(.unplaced(place), when: !unplaced.isEmpty && !plan.isProvisional) {
        Diagnostic(
          .vifSlotsUsed,
          "table \(place.table.number(place.family)): the kernel has 32 \(place.family.rawValue) interfaces "
            + "in a table and no room for \(names)",
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
    for place in Set(old.places).union(plan.places).sorted() {
      let before = old[place.table, place.family] ?? []
      let after = plan[place.table, place.family] ?? []
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
    dirty.rules += rules.naming(interfaces)
  }
}

import Addressing
public import Configuration
import Control
import DVMRP
import Forwarding
public import Kernel
import Membership
import Timing

/// What a former life of the daemon left, until the first configuration takes it over.
struct Inheritance: Sendable {
  var adoption: Adoption?
  var additions: Intent.Additions?
  /// Neighbors know a new life by an id that no life before it had.
  var nextGeneration: UInt32 = 0
  var life: FormerLife?
  /// When the snapshot of the former life was made.
  var endedAt: Instant?
  /// What entries of the former life went out by, of those that were written since.
  var outbound: [EntryID: InterfaceSet] = [:]
  /// Entries whose inbound VIF is gone: no packet can match them.
  var orphans: [KernelEntry.Key] = []
  /// Not all entries were read: one that nobody knows may be of the former life.
  var isPartial = false
  /// Indexes of VIFs that such entries may name.
  var reserved: [TablePlan.Place: UInt32] = [:]
}

/// Beginning where a former life of the daemon ended: what the kernel holds counts as our own doing.
///
/// The first configuration then settles as any other does, by comparison: what is the same causes no action.
extension Router {
  mutating func adopt(_ adoption: Adoption) {
    guard !isConfigured else { return }
    inheritance.adoption = adoption
  }

  /// The entries that a former life has probably left: those of its snapshot, else those that rules name.
  ///
  /// Asked between `restore` and `adopted`.
  public func expectedKeys(_ configuration: Configuration) -> [KernelEntry.Key] {
    if let life = inheritance.life { return life.flows.map(\.key) }
    let stated = configuration.table.id.map { TableID(rawValue: $0) } ?? .standard
    let table = isTableFixed ? plan.base : stated
    return configuration.routes.compactMap { route in
      guard route.isFull, let group = Group(route.key.groups.address) else { return nil }
      return Flow(source: route.key.sources.address, group: group).map { .init(table: table, flow: $0) }
    }
  }

  /// Takes over tables, VIFs, entries and memberships, as far as they fit what there is.
  ///
  /// Done by the first configuration, which says what the base table is and which rules there are.
  mutating func takeOver() {
    guard let adoption = inheritance.adoption else { return }
    inheritance.adoption = nil
    let handed = Set(adoption.tables)
    let inTables = { (table: TableID, family: Family) in handed.contains(.init(id: table, family: family)) }
    let selections = adoption.selections.filter { inTables($0.table.id, $0.table.family) }
    vifs.adopt(
      tables: handed.map { TablePlan.Place(table: $0.id, family: $0.family) }.sorted(), vifs: [],
      selections: Set(
        selections.map {
          .init(place: .init(table: $0.table.id, family: $0.table.family), interface: $0.interface)
        }))
    joins.adopt(adoption.joins)
    var kept = layTables(handed.sorted(), selections)
    takeVIFs(adoption.vifs.filter { inTables($0.table, $0.family) }, &kept)
    for place in kept.keys.sorted() {
      if let table = kept[place] {
        plan.adopt(table.interfaces, vacated: table.vacated, owner: table.owner, in: place)
      }
    }
    takeEntries(adoption.entries, kept)
    inheritance.isPartial = adoption.isPartial
    for vif in adoption.vifs where adoption.isPartial && vif.index < Limits.vifsPerTable {
      let place = TablePlan.Place(table: vif.table, family: vif.family)
      inheritance.reserved[place, default: 0] |= 1 << UInt32(vif.index)
    }
    let isEmpty = adoption.entries.isEmpty && !adoption.isPartial
    if inheritance.life == nil, !isEmpty { dvmrp.listen(until: now + Router.answerTime) }
    dirty.isAdopting = true
  }

  /// A table that goes on, and its interfaces by VIF index.
  private struct KeptTable {
    var owner: InterfaceID?
    var interfaces = [InterfaceID?](repeating: nil, count: Limits.vifsPerTable)
    var vacated: UInt32 = 0
  }

  /// The base table, and those of interfaces that can have the slot that their table's number stands for.
  private mutating func layTables(
    _ found: [Adoption.Table], _ selections: [Adoption.Selection]
  ) -> [TablePlan.Place: KeptTable] {
    var kept: [TablePlan.Place: KeptTable] = [:]
    for table in found {
      let place = TablePlan.Place(table: table.id, family: table.family)
      if table.id == plan.base { kept[place] = KeptTable() }
      guard let slot = plan.slot(ofOwnTable: table.id, splitBase: intent.base.table.splitBase),
        let name = selections.first(where: { $0.table == table })?.interface,
        let owner = domain.reserve(name, at: slot)
      else { continue }
      kept[place] = KeptTable(owner: owner)
    }
    return kept
  }

  private mutating func takeVIFs(_ found: [VIF], _ kept: inout [TablePlan.Place: KeptTable]) {
    var installed: Set<VIF> = []
    for vif in found.sorted() where vif.index < Limits.vifsPerTable {
      let place = TablePlan.Place(table: vif.table, family: vif.family)
      guard let table = kept[place] else {
        // A table that closes takes its VIFs along; one that nobody is known to own may still be asked for.
        let slot = plan.slot(ofOwnTable: vif.table, splitBase: intent.base.table.splitBase)
        if slot != nil, domain.links[vif.link] != nil { installed.insert(vif) }
        continue
      }
      guard table.interfaces[Int(vif.index)] == nil, let name = domain.links[vif.link]?.name,
        let id = domain.reserve(name), !table.interfaces.contains(id)
      else {
        kept[place]?.vacated |= 1 << UInt32(vif.index)
        continue
      }
      kept[place]?.interfaces[Int(vif.index)] = id
      installed.insert(vif)
    }
    vifs.adopt(tables: [], vifs: installed, selections: [])
  }

  private mutating func takeEntries(_ found: [KernelEntry], _ kept: [TablePlan.Place: KeptTable]) {
    entries.reserve(found.count)
    var last: (place: TablePlan.Place, table: KeptTable)?
    visit(found) { router, entry, known in
      let place = TablePlan.Place(table: entry.key.table, family: entry.key.flow.family)
      if last?.place != place { last = kept[place].map { (place, $0) } }
      if let table = last?.table { router.take(entry, known, of: table) }
    }
  }

  private mutating func take(_ entry: KernelEntry, _ known: FormerFlow?, of table: KeptTable) {
    guard entries.find(entry.key) == nil else { return }
    guard entry.parent < Limits.vifsPerTable, let inbound = table.interfaces[Int(entry.parent)] else {
      inheritance.orphans.append(entry.key)
      return
    }
    // Where links are gone the kernel hides what entries still say of them: all are written once.
    insert(entry, inbound: inbound, known, isInstalled: table.vacated == 0)
  }

  private mutating func insert(
    _ entry: KernelEntry, inbound: InterfaceID, _ known: FormerFlow?, isInstalled: Bool
  ) {
    let isQuiet = known.map { $0.kind == .blocking } ?? entry.outbound.isEmpty
    let kind: EntryRow.Kind = rules.full(entry.key.flow) != nil ? .full : isQuiet ? .blocking : .onDemand
    var row = EntryRow(entry: entry, inbound: inbound, rule: nil, kind: kind, since: known?.since ?? now)
    if let known { row.use = known.use }
    row.isHeld = true
    row.isInstalled = isInstalled
    let id = entries.insert(row)
    entries.scheduleIdle(id, at: now + idleCheck)
  }

  /// Every entry of the former life is known by now.
  mutating func endAdoption() {
    inheritance.isPartial = false
    inheritance.reserved = [:]
    deferred.replan()
  }

  /// An entry that was not read in time: it is decided as the others were.
  mutating func takeLate(_ entry: KernelEntry) {
    let key = entry.key
    guard entry.parent < Limits.vifsPerTable,
      let inbound = plan.interface(at: entry.parent, in: key.table, key.flow.family)
    else { return actions.append(.kernel(.removeEntry(key))) }
    insert(entry, inbound: inbound, nil, isInstalled: true)
    // Once, for what the kernel hides of links that are gone.
    actions.append(.kernel(.addEntry(entry)))
    dirty.flows.insert(key.flow)
  }

  // MARK: Settling

  /// Decides every entry that was found, and those of the rules.
  mutating func settleAdopted(_ flows: [Flow], _ removals: inout [KernelAction]) {
    // Who was silent through a long pause may still be there.
    let isFresh = inheritance.endedAt.map { now - $0 < Router.shortPause } ?? false
    if parts.isDynamic, !isFresh { timers.set(.adoption, at: now + adoptionPeriod) }
    for flow in flows { updateEverywhere(flow, &removals) }
    for flow in dirty.flows.sorted() { updateEverywhere(flow, &removals) }
    if parts.hasDVMRP {
      let sleeping = dvmrp.prunedFlows(to: .allGroups(.ipv4), from: .all(.ipv4))
      for flow in sleeping { updateEverywhere(flow, &removals) }
    }
    for number in 0..<entries.end {
      guard let row = entries.row(at: number), row.isHeld, row.rule == nil else { continue }
      update(row.entry.key.flow, in: row.entry.key.table, arrival: nil, &removals)
      if let id = entries.id(at: number), entries[id]?.isInstalled == false { rewrite(id) }
    }
    for key in inheritance.orphans where entries.find(key) == nil { removals.append(.removeEntry(key)) }
    inheritance.orphans = []
  }

  /// A planned restart takes less; what is remembered of hosts and neighbors then holds.
  private static let shortPause = Duration.seconds(10)

  /// Within less than this every neighbor has sent a probe, and then its routes.
  static let meetingTime = Duration.seconds(12)
  /// So soon neighbors that are there answer the first probe with their routes.
  private static let answerTime = Duration.seconds(3)

  /// How long those who may want an entry have to say so: as long as it takes to hear from all of them once.
  private var adoptionPeriod: Duration {
    var period = parts.hasDVMRP ? parts.options.reportInterval : .zero
    for id in parts.igmp.union(parts.mld) {
      guard let part = parts.told[id] else { continue }
      for querier in [part.igmp, part.mld] {
        guard let querier, querier.isOn else { continue }
        period = max(period, querier.queryInterval + querier.responseInterval)
      }
    }
    return period
  }

  /// Who wants an entry has said so by now: the rest goes.
  mutating func releaseHeld(_ removals: inout [KernelAction]) {
    inheritance.outbound = [:]
    for number in 0..<entries.end {
      guard let row = entries.row(at: number), row.isHeld else { continue }
      update(row.entry.key.flow, in: row.entry.key.table, arrival: nil, &removals)
    }
  }

  /// Decides an entry of a former life while those who may want it have not all spoken: what is learned may
  /// add to it and not take away.
  ///
  /// - Returns: false when the decision does not depend on them.
  mutating func keep(_ id: EntryID, _ row: EntryRow, _ arrival: InterfaceID?, _ path: DVMRPView?) -> Bool {
    let key = row.entry.key
    let flow = key.flow
    let inbound = arrival ?? row.inbound
    let match = rules.match(flow, arrival: inbound)
    guard isOpen(match, flow.family), plan.holds(inbound, inbound: key.table, flow.family),
      domain.interface(inbound) != nil
    else { return false }
    let decision = decide(view(of: flow, arrival: inbound, match: match, path: path))
    guard var wanted = decision.entry else { return false }
    let former = inheritance.outbound[id] ?? interfaces(of: row)
    // What this life added it may take away again: two routers would else forward onto one link.
    if !isClosed(inbound, flow.group) {
      for id in former where id != inbound && domain.interface(id) != nil && !isClosed(id, flow.group) {
        wanted.outbound.insert(id)
      }
    }
    guard !wanted.outbound.isEmpty,
      let entry = plan.project(wanted, table: key.table, threshold: { threshold(of: $0, under: match) })
    else { return false }
    if entry.outbound != row.entry.outbound { inheritance.outbound[id] = former }
    write(
      entry, inbound: inbound, rule: match?.rule,
      kind: match.map { rules.isFull($0.rule) } ?? false ? .full : .onDemand, over: id)
    entries.update(id) { $0.isHeld = true }
    if let path, inbound == path.reversePath { want(flow, true, path) }
    return true
  }

  /// Whether listeners or neighbors may want more than is known of them.
  private func isOpen(_ match: RuleMatch?, _ family: Family) -> Bool {
    let hasTree = family == .ipv4 && parts.hasDVMRP
    guard let match else { return hasTree }
    return rules.toMembers(match) || hasTree && !rules.blocks(match) && !rules.isExclusive(match)
  }

  /// The interfaces that the entry goes out by.
  private func interfaces(of row: EntryRow) -> InterfaceSet {
    let key = row.entry.key
    var interfaces = InterfaceSet()
    for vif in 0..<VIFIndex(Limits.vifsPerTable) where row.entry.outbound[vif] != 0 {
      if let id = (formerPlan ?? plan).interface(at: vif, in: key.table, key.flow.family) {
        interfaces.insert(id)
      }
    }
    return interfaces
  }

  private func isClosed(_ id: InterfaceID, _ group: Group) -> Bool {
    let settings = settingsOf[Int(id.slot)]
    return settings.mode == .disable || settings.boundaries.contains { $0.blocks(group) }
  }
}

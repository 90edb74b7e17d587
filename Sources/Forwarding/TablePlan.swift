public import Addressing
public import Kernel

/// Which interface is which VIF of which table: the projection of one routing domain onto the kernel's
/// tables.
///
/// One table holds 32 VIFs, and an entry's outbound interfaces must be in the table of its inbound one.
/// Inbound interfaces that conflict or find no room get a table of their own; the rest shares the base table.
public struct TablePlan: Hashable, Sendable {
  /// Whether inbound interfaces get tables of their own.
  public enum Split: Hashable, Sendable {
    case whereNeeded, always, never
  }

  /// What the plan is made from.
  public struct Demand: Hashable, Sendable {
    public var usage: [Family: [InterfaceID: InterfaceSet]] = [:]
    public var conflicts: [Family: InterfaceSet] = [:]
    /// Interfaces that get a VIF though no rule names them.
    public var enabled = InterfaceSet()
    /// Interfaces in the order in which they get a VIF of the base table where room is left, wanted ones
    /// among them; empty: only wanted ones get one.
    public var everyone: [InterfaceID] = []
    /// Interfaces that never get one.
    public var disabled = InterfaceSet()
    /// Interfaces whose VIF the kernel refused a moment ago.
    public var refused: [Place: InterfaceSet] = [:]
    /// Indexes, as bits, that entries may name which nobody has read yet: no other interface gets one.
    public var reserved: [Place: UInt32] = [:]
    /// Slots whose link bears the name of another slot now: the VIF stays with the link.
    public var renamed: [InterfaceID: InterfaceID] = [:]
    public var split = Split.whereNeeded
    public var splitBase: UInt32 = 1000
    /// Families whose standard table is ours.
    public var families: [Family] = []

    public init() {}
  }

  /// One table of one family.
  public struct Place: Hashable, Comparable, Sendable {
    public var table: TableID
    public var family: Family

    public init(table: TableID, family: Family) {
      self.table = table
      self.family = family
    }

    public static func < (left: Place, right: Place) -> Bool {
      (left.table, left.family) < (right.table, right.family)
    }
  }

  public let base: TableID
  /// The interface at each VIF index of the base table, IPv4 and IPv6: every packet asks for these.
  private var base4: [InterfaceID?]?
  private var base6: [InterfaceID?]?
  /// The same for the tables that inbound interfaces have of their own.
  private var own: [Place: [InterfaceID?]] = [:]
  /// The interface that a table of its own belongs to.
  public private(set) var owners: [Place: InterfaceID] = [:]
  /// Interfaces that are wanted and found no VIF.
  public private(set) var unplaced: [Place: InterfaceSet] = [:]
  /// Interfaces that nobody wants and that have a VIF because there was room.
  public private(set) var spare: [Place: InterfaceSet] = [:]
  /// Whether an index was left empty only because entries may still name its last interface: plan again.
  public private(set) var isProvisional = false
  /// Indexes, as bits, that entries may name though they stand for no interface any more: the next plan does
  /// not use them.
  private var vacated: [Place: UInt32] = [:]

  public init(base: TableID = .standard) { self.base = base }

  /// The table that packets coming in by `inbound` are routed by.
  public func table(of inbound: InterfaceID, _ family: Family) -> TableID {
    owners.isEmpty ? base : owners.first { $0.value == inbound && $0.key.family == family }?.key.table ?? base
  }

  /// The VIF of an interface in a table; nil when it has none there.
  public func vif(of interface: InterfaceID, in table: TableID, _ family: Family) -> VIFIndex? {
    guard let slots = self[table, family] else { return nil }
    for index in slots.indices where slots[index] == interface { return VIFIndex(index) }
    return nil
  }

  /// Whether packets coming in by `interface` are routed by this table, and the table has a VIF for it.
  public func holds(_ interface: InterfaceID, inbound table: TableID, _ family: Family) -> Bool {
    self.table(of: interface, family) == table && vif(of: interface, in: table, family) != nil
  }

  /// The interface behind a VIF; nil when there is none.
  public func interface(at index: VIFIndex, in table: TableID, _ family: Family) -> InterfaceID? {
    guard let slots = self[table, family], Int(index) < slots.count else { return nil }
    return slots[Int(index)]
  }

  /// Every table of a family, the base first.
  public func tables(_ family: Family) -> [TableID] {
    (self[base, family] == nil ? [] : [base])
      + own.keys.filter { $0.family == family }.map(\.table).sorted()
  }

  /// The interfaces that a table holds, by VIF index.
  public func interfaces(in place: Place) -> InterfaceSet {
    InterfaceSet((self[place.table, place.family] ?? []).compactMap { $0 })
  }

  /// Every table with the interface at each of its VIF indexes, in order.
  public var slots: [(place: Place, interfaces: [InterfaceID?])] {
    places.compactMap { place in self[place.table, place.family].map { (place, $0) } }
  }

  /// Every table of every family, in order.
  public var places: [Place] {
    let bases = Family.allCases.filter { self[base, $0] != nil }.map { Place(table: base, family: $0) }
    return (bases + own.keys).sorted()
  }

  /// The interface at each VIF index of one table; nil when there is no such table.
  public private(set) subscript(table: TableID, family: Family) -> [InterfaceID?]? {
    get {
      guard table == base else { return own[Place(table: table, family: family)] }
      return family == .ipv4 ? base4 : base6
    }
    set {
      guard table == base else { return own[Place(table: table, family: family)] = newValue }
      if family == .ipv4 { base4 = newValue } else { base6 = newValue }
    }
  }

  /// The plan for other demands, in which every VIF that can keep its number does.
  ///
  /// Entries may still name the last interface of an index that this plan frees, so the next plan, and not
  /// this one, gives it to another.
  public func planned(for demand: Demand) -> TablePlan {
    var plan = TablePlan(base: base)
    for family in demand.families {
      let (shared, apart) = divide(demand, family)
      let place = Place(table: base, family: family)
      plan.spare[place] = plan.place(shared, everyone: demand.everyone, in: place, from: self, demand)
      for (inbound, interfaces) in apart {
        let place = Place(table: ownTable(of: inbound, demand), family: family)
        plan.owners[place] = inbound
        _ = plan.place(interfaces, everyone: [], in: place, from: self, demand)
      }
    }
    return plan
  }

  private func ownTable(of inbound: InterfaceID, _ demand: Demand) -> TableID {
    TableID(rawValue: firstOwnTable(demand.splitBase) &+ UInt32(inbound.slot))
  }

  private func firstOwnTable(_ splitBase: UInt32) -> UInt32 {
    base == .standard ? splitBase : base.rawValue &+ 1
  }

  /// The slot whose interface has this table of its own; nil for the base table and for those of others.
  public func slot(ofOwnTable table: TableID, splitBase: UInt32) -> Int? {
    let first = firstOwnTable(splitBase)
    guard table != base, table.rawValue >= first, table.rawValue - first < UInt32(Limits.interfacesInUse)
    else { return nil }
    return Int(table.rawValue - first)
  }

  /// Takes over a table as a former life left it, before the first plan.
  ///
  /// - Parameters:
  ///   - interfaces: by VIF index.
  ///   - vacated: bits of indexes that entries may name though nothing is there.
  ///   - owner: of a table that an inbound interface has of its own.
  public mutating func adopt(
    _ interfaces: [InterfaceID?], vacated: UInt32, owner: InterfaceID?, in place: Place
  ) {
    self[place.table, place.family] = interfaces
    self.vacated[place] = vacated == 0 ? nil : vacated
    owners[place] = owner
  }

  /// The interfaces of the shared table, and those of each table that one inbound interface gets.
  private func divide(
    _ demand: Demand, _ family: Family
  ) -> (shared: InterfaceSet, own: [(InterfaceID, InterfaceSet)]) {
    var shared = InterfaceSet()
    var own: [(InterfaceID, InterfaceSet)] = []
    let usage = demand.usage[family] ?? [:]
    let conflicts = demand.conflicts[family] ?? InterfaceSet()
    for inbound in usage.keys.sorted() where !demand.disabled.contains(inbound) {
      var needed = (usage[inbound] ?? InterfaceSet()).subtracting(demand.disabled)
      needed.insert(inbound)
      let together = shared.union(needed)
      let moves =
        switch demand.split {
        case .always: true
        case .never: false
        case .whereNeeded: conflicts.contains(inbound) || together.count > Limits.vifsPerTable
        }
      if moves { own.append((inbound, needed)) } else { shared = together }
    }
    for interface in demand.enabled.subtracting(demand.disabled) where shared.count < Limits.vifsPerTable {
      shared.insert(interface)
    }
    return (shared, own)
  }

  /// - Returns: those that nobody wants and that are given a VIF because there is room.
  private mutating func place(
    _ wanted: InterfaceSet, everyone: [InterfaceID], in place: Place, from old: TablePlan, _ demand: Demand
  ) -> InterfaceSet {
    var slots = [InterfaceID?](repeating: nil, count: Limits.vifsPerTable)
    let refused = demand.refused[place] ?? InterfaceSet()
    let before = old[place.table, place.family] ?? []
    let excluded = wanted.union(demand.disabled).union(refused)
    let spare = spares(
      among: everyone.filter { !excluded.contains($0) }, before: InterfaceSet(before.compactMap { $0 }),
      room: Limits.vifsPerTable - wanted.count)
    var rest = wanted.subtracting(refused).union(spare)
    for (index, interface) in before.enumerated() {
      guard let holder = interface else { continue }
      let interface = demand.renamed[holder] ?? holder
      guard rest.contains(interface) else { continue }
      slots[index] = interface
      rest.remove(interface)
    }
    let reserved = demand.reserved[place] ?? 0
    let inOrder = everyone.filter { rest.contains($0) }
    for interface in inOrder + Array(rest.subtracting(InterfaceSet(inOrder))) {
      let vacated = (old.vacated[place] ?? 0) | reserved
      let wasFree = { (index: Int) in
        (index >= before.count || before[index] == nil) && vacated & (1 << UInt32(index)) == 0
      }
      guard let index = slots.indices.first(where: { slots[$0] == nil && wasFree($0) }) else {
        if !spare.contains(interface) { unplaced[place, default: InterfaceSet()].insert(interface) }
        isProvisional =
          isProvisional || slots.indices.contains { slots[$0] == nil && reserved & (1 << UInt32($0)) == 0 }
        continue
      }
      slots[index] = interface
    }
    self[place.table, place.family] = slots
    return spare
  }

  /// As many as there is room for; those that have a VIF already first, so that they keep it.
  private func spares(among all: [InterfaceID], before: InterfaceSet, room: Int) -> InterfaceSet {
    let inOrder = all.filter { before.contains($0) } + all.filter { !before.contains($0) }
    return InterfaceSet(inOrder.prefix(max(0, room)))
  }
}

extension TablePlan {
  /// The kernel's row for an entry; nil when its inbound interface has no VIF in the table.
  ///
  /// Outbound interfaces without a VIF are left out; a threshold of 255 lets nothing out, which the kernel
  /// expresses by leaving the VIF out too.
  public func project(
    _ entry: ForwardingEntry, table: TableID, threshold: (InterfaceID) -> UInt8
  ) -> KernelEntry? {
    let family = entry.flow.family
    guard let slots = self[table, family],
      let parent = slots.firstIndex(of: entry.inbound)
    else { return nil }
    var list = OutboundList()
    for interface in entry.outbound {
      guard let index = slots.firstIndex(of: interface) else { continue }
      let value = family == .ipv6 ? 1 : max(1, threshold(interface))
      if value < 255 { list[VIFIndex(index)] = value }
    }
    return KernelEntry(
      key: .init(table: table, flow: entry.flow), parent: VIFIndex(parent), outbound: list)
  }
}

public import Kernel

/// The VIFs and table rules that the kernel holds, beside the plan; gives the actions that make them equal.
public struct VIFReconciler: Sendable {
  /// Where an interface's packets are led to a table by a rule.
  public struct Selection: Hashable, Comparable, Sendable {
    public var place: TablePlan.Place
    public var interface: String

    public init(place: TablePlan.Place, interface: String) {
      self.place = place
      self.interface = interface
    }

    public static func < (left: Selection, right: Selection) -> Bool {
      (left.place, left.interface) < (right.place, right.interface)
    }
  }

  /// What is to be done before entries are written, and after.
  public struct Actions: Sendable {
    public var before: [KernelAction] = []
    /// Between the entries that are written and those that are removed: which packets go by which table.
    public var between: [KernelAction] = []
    public var after: [KernelAction] = []
    /// VIFs that go: their indexes must not be used in the same step.
    public var freed: [VIF] = []
    /// VIFs that are new or stand for another link now.
    public var added: [VIF] = []

    public init() {}
  }

  public private(set) var installed: Set<VIF> = []
  private var selected: Set<Selection> = []
  private var requested: Set<TablePlan.Place> = []
  private var opened: Set<TablePlan.Place> = []

  public init() {}

  /// What a former life left: tables that are open, with their VIFs and the rules that lead to them.
  public mutating func adopt(tables: [TablePlan.Place], vifs: Set<VIF>, selections: Set<Selection>) {
    requested.formUnion(tables)
    opened.formUnion(tables)
    installed.formUnion(vifs)
    selected.formUnion(selections)
  }

  /// The kernel removed what belonged to a link.
  ///
  /// - Returns: the VIFs that are gone.
  public mutating func forget(link: Int32) -> [VIF] {
    let gone = installed.filter { $0.link == link }.sorted()
    installed.subtract(gone)
    return gone
  }

  /// The kernel refused or lost a VIF.
  public mutating func forget(_ vif: VIF) { installed.remove(vif) }

  /// Takes back that an interface is led to a table, because the kernel refused it.
  public mutating func forget(_ selection: Selection) { selected.remove(selection) }

  /// A table is ours and empty.
  public mutating func opened(_ place: TablePlan.Place) { opened.insert(place) }

  /// A table cannot be had; it is asked for again at the next difference.
  public mutating func refused(_ place: TablePlan.Place) {
    requested.remove(place)
    opened.remove(place)
  }

  public var hasOpenTables: Bool { !opened.isEmpty }

  /// Whether the kernel gave us the table.
  public func isOpen(_ place: TablePlan.Place) -> Bool { opened.contains(place) }

  /// Compares and returns the difference.
  ///
  /// Tables that were not asked for yet are; `vifs` and `selections` name open tables only.
  public mutating func reconcile(
    tables: [TablePlan.Place], vifs: Set<VIF>, selections: Set<Selection>
  ) -> Actions {
    var actions = Actions()
    for place in tables where requested.insert(place).inserted {
      actions.before.append(.openTable(place.table, place.family))
    }
    let surplus = installed.subtracting(vifs).sorted()
    actions.added = vifs.subtracting(installed).sorted()
    let taken = Set(actions.added.map { Slot($0) })
    let links = Set(actions.added.map { Link($0) })
    for vif in surplus {
      // A link has one VIF in a table and an index one link: where either is taken over, the old one goes
      // first.
      let isInTheWay = taken.contains(Slot(vif)) || links.contains(Link(vif))
      if isInTheWay { actions.before.append(.removeVIF(vif)) } else { actions.after.append(.removeVIF(vif)) }
    }
    actions.before += actions.added.map { .addVIF($0) }
    actions.freed = surplus
    installed = vifs
    for selection in selections.subtracting(selected).sorted() {
      actions.between.append(
        .selectTable(selection.place.table, selection.place.family, interface: selection.interface))
    }
    for selection in selected.subtracting(selections).sorted() {
      actions.between.append(
        .deselectTable(selection.place.table, selection.place.family, interface: selection.interface))
    }
    selected = selections
    for place in requested.subtracting(tables).sorted() {
      actions.after.append(.closeTable(place.table, place.family))
      requested.remove(place)
      opened.remove(place)
    }
    return actions
  }

  private struct Slot: Hashable {
    var place: TablePlan.Place
    var index: VIFIndex
    init(_ vif: VIF) {
      place = TablePlan.Place(table: vif.table, family: vif.family)
      index = vif.index
    }
  }

  private struct Link: Hashable {
    var place: TablePlan.Place
    var link: Int32
    init(_ vif: VIF) {
      place = TablePlan.Place(table: vif.table, family: vif.family)
      link = vif.link
    }
  }
}

import Addressing
import Forwarding
import Kernel
import Testing

@Suite struct TablePlanTests {
  private func id(_ slot: Int) -> InterfaceID { InterfaceID(slot: UInt8(slot)) }

  private func demand(_ usage: [Int: [Int]]) -> TablePlan.Demand {
    var demand = TablePlan.Demand()
    demand.families = [.ipv4]
    demand.usage[.ipv4] = [:]
    for (inbound, outbound) in usage {
      demand.usage[.ipv4]?[id(inbound)] = InterfaceSet(outbound.map { id($0) })
    }
    return demand
  }

  private let base = TablePlan.Place(table: .standard, family: .ipv4)

  @Test("An interface keeps its VIF while others come and go; a freed index is given out by the next plan")
  func stability() {
    let first = TablePlan().planned(for: demand([0: [1, 2, 3]]))
    let second = first.planned(for: demand([0: [1, 3, 4]]))
    for slot in [0, 1, 3] { #expect(second.vif(of: id(slot), in: .standard, .ipv4) == VIFIndex(slot)) }
    #expect(second.vif(of: id(4), in: .standard, .ipv4) == 4)
    let third = second.planned(for: demand([0: [1, 3, 4, 5]]))
    #expect(third.vif(of: id(5), in: .standard, .ipv4) == 2)
  }

  @Test("A full table that changes one interface for another says that it must be planned again")
  func provisional() {
    let full = TablePlan().planned(for: demand([0: Array(1...31)]))
    var changed = demand([0: Array(1...30) + [40]])
    changed.split = .never
    let second = full.planned(for: changed)
    #expect(second.isProvisional)
    let third = second.planned(for: changed)
    #expect(!third.isProvisional)
    #expect(third.vif(of: id(40), in: .standard, .ipv4) == 31)
  }

  @Test("Exactly 32 interfaces fit one table; one more sends an inbound interface to a table of its own")
  func boundary() {
    #expect(TablePlan().planned(for: demand([0: Array(1...31)])).owners.isEmpty)
    let plan = TablePlan().planned(for: demand([0: Array(1...30), 31: [32]]))
    #expect(plan.owners.values.sorted() == [id(31)])
    #expect(plan.table(of: id(31), .ipv4).rawValue == 1031)
    #expect(plan.unplaced.isEmpty)
    let alone = TablePlan().planned(for: demand([0: Array(1...40)]))
    #expect(
      alone.unplaced.values.reduce(0) { $0 + $1.count } == 9, "one entry cannot have more than 31 outbound")
  }

  @Test("Conflicts and `split on` give tables of their own; another base table gives other numbers")
  func split() {
    var wanted = demand([0: [2], 1: [2]])
    wanted.conflicts[.ipv4] = InterfaceSet([id(1)])
    #expect(TablePlan().planned(for: wanted).owners.values.sorted() == [id(1)])
    #expect(
      TablePlan(base: TableID(rawValue: 100)).planned(for: wanted).table(of: id(1), .ipv4).rawValue == 102)
    wanted.split = .always
    #expect(TablePlan().planned(for: wanted).owners.count == 2)
    wanted.split = .never
    #expect(TablePlan().planned(for: wanted).owners.isEmpty)
  }

  @Test("A projection leaves out what has no VIF and what a threshold of 255 closes")
  func projection() throws {
    let plan = TablePlan().planned(for: demand([0: [1, 2]]))
    let group = try #require(Address("225.1.2.3").flatMap { Group($0) })
    let source = try #require(Address("10.0.0.1"))
    let flow = try #require(Flow(source: source, group: group))
    let entry = ForwardingEntry(flow: flow, inbound: id(0), outbound: InterfaceSet([id(1), id(2), id(9)]))
    let row = try #require(plan.project(entry, table: .standard) { $0 == id(1) ? 255 : 7 })
    #expect(row.parent == 0)
    #expect(row.outbound.mask == 0b100)
    #expect(row.outbound[2] == 7)
    let lost = ForwardingEntry(flow: flow, inbound: id(9), outbound: InterfaceSet())
    #expect(plan.project(lost, table: .standard) { _ in 1 } == nil)
  }

  @Test("The difference adds VIFs before and removes them after the entries, unless one is in another's way")
  func differences() {
    var vifs = VIFReconciler()
    let vif = { (index: VIFIndex, link: Int32) in
      VIF(table: .standard, family: .ipv4, index: index, link: link)
    }
    let opening = vifs.reconcile(tables: [base], vifs: [], selections: [])
    #expect(opening.before == [.openTable(.standard, .ipv4)])
    vifs.opened(base)
    _ = vifs.reconcile(tables: [base], vifs: [vif(0, 10), vif(1, 11)], selections: [])
    let next = vifs.reconcile(tables: [base], vifs: [vif(0, 10), vif(2, 12)], selections: [])
    #expect(next.before == [.addVIF(vif(2, 12))])
    #expect(next.after == [.removeVIF(vif(1, 11))])
    let taken = vifs.reconcile(tables: [base], vifs: [vif(0, 10), vif(2, 13)], selections: [])
    #expect(taken.before == [.removeVIF(vif(2, 12)), .addVIF(vif(2, 13))])
    let moved = vifs.reconcile(tables: [base], vifs: [vif(0, 10), vif(3, 13)], selections: [])
    #expect(moved.before == [.removeVIF(vif(2, 13)), .addVIF(vif(3, 13))])
    let nothing = vifs.reconcile(tables: [base], vifs: [vif(0, 10), vif(3, 13)], selections: [])
    #expect(nothing.before.isEmpty && nothing.between.isEmpty && nothing.after.isEmpty)
  }
}

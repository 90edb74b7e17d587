import Addressing
import Configuration
import Control
import DVMRP
import Forwarding
import Kernel
import Membership
import Router
import Testing
import Timing
import Wire

extension Bench {
  /// What a keeper of the sockets would hand over: all that the model kernel holds.
  var adoption: Adoption {
    let tables = tables.map { Adoption.Table(id: $0.table, family: $0.family) }.sorted()
    let led = selections.sorted().flatMap { text -> [Adoption.Selection] in
      let words = text.split(separator: " ").map(String.init)
      return tables.filter { $0.id.rawValue == UInt32(words[1]) }
        .map { Adoption.Selection(table: $0, interface: words[0]) }
    }
    return Adoption(
      tables: tables, vifs: vifs.sorted(), entries: entries.keys.sorted().compactMap { entries[$0] },
      joins: joins.sorted(), selections: led)
  }

  /// The process is gone and another takes over; `log` then holds what the new one does.
  mutating func restart(_ configuration: Configuration, snapshot: [UInt8]? = nil, _ adoption: Adoption? = nil)
  {
    let adoption = adoption ?? self.adoption
    log = []
    router = Router(seed: 8)
    step([
      .kernel(.interfacesListed(links.keys.sorted().compactMap { links[$0] })), .kernel(.adopted(adoption)),
    ])
    if let snapshot { step([.restore(snapshot)]) }
    step([.configure(configuration, isReload: false, request: nil)])
  }

  /// What the kernel was asked for, packets and readings aside.
  var kernelActions: [KernelAction] {
    log.compactMap { action in
      guard case .kernel(let action) = action else { return nil }
      switch action {
      case .send, .audit, .readEntries, .readCounters: return nil
      default: return action
      }
    }
  }
}

/// A daemon that takes over what a former one left in the kernel.
@Suite struct AdoptionTests {
  private static var file: Configuration {
    var file = configuration(
      route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1 eth2:8"),
      route(from: "eth0", "225.2.0.0/16", to: "eth1"),
      route(from: "eth1", "2001:db8::1", "ff3e::1", to: "eth2"))
    file.joins = [
      StaticJoin(
        .init(
          interface: InterfacePattern("eth0"), sources: nil, groups: Prefix("225.1.2.3") ?? .allGroups(.ipv4))
      )
    ]
    return file
  }

  private func former(_ file: Configuration = AdoptionTests.file) -> Bench {
    var bench = Bench("eth0", "eth1", "eth2", configuration: file)
    bench.packet("10.0.0.9", "225.2.0.7", by: "eth0")
    bench.packet("10.0.0.8", "225.9.0.7", by: "eth2")
    return bench
  }

  @Test("What the kernel holds already is not asked for again: entries, VIFs, tables, memberships")
  func unchanged() {
    var bench = former()
    let before = (bench.entries, bench.vifs, bench.joins)
    #expect(before.0.count == 4)
    bench.restart(AdoptionTests.file)
    #expect(bench.kernelActions == [])
    #expect((bench.entries, bench.vifs, bench.joins) == before)
    bench.log = []
    bench.step([.configure(AdoptionTests.file, isReload: true, request: nil)])
    #expect(bench.kernelActions == [])
  }

  @Test("Only what differs is written: a missing entry, a changed one, one that no rule wants")
  func difference() throws {
    var bench = former()
    var file = AdoptionTests.file
    file.routes[0].outbound = [.init(InterfacePattern("eth1"))]
    file.routes.append(route(from: "eth2", "10.0.0.3", "225.1.2.3", to: "eth0"))
    file.routes.remove(at: 1)
    bench.restart(file)
    let kinds = bench.kernelActions.map { action -> String in
      switch action {
      case .addEntry(let entry): "+\(entry.key.flow)"
      case .removeEntry(let key): "-\(key.flow)"
      default: "\(action)"
      }
    }
    #expect(
      kinds == ["+(10.0.0.1, 225.1.2.3)", "+(10.0.0.3, 225.1.2.3)", "-(10.0.0.9, 225.2.0.7)"])
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
  }

  @Test("Entries made by packets keep their idle time, and a flow that nobody covers stays quiet")
  func onDemand() {
    var bench = former()
    bench.restart(AdoptionTests.file)
    bench.log = []
    bench.packet("10.0.0.9", "225.2.0.7", by: "eth0")
    bench.packet("10.0.0.8", "225.9.0.7", by: "eth2")
    #expect(bench.log.isEmpty, "no upcall")
    bench.advance(.seconds(400))
    #expect(bench.path("10.0.0.9", "225.2.0.7") == nil)
    #expect(bench.path("10.0.0.8", "225.9.0.7") == nil)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1,eth2(8)")
  }

  @Test("Each interface keeps its VIF, whatever the order of the new life would give it")
  func numbers() {
    var bench = Bench(
      "eth0", "eth1", "eth2", configuration: configuration(route(from: "eth2", "225.1.2.3", to: "eth1")))
    bench.ask {
      .change(
        [.add(route(from: "eth0", "10.0.0.1", "225.1.1.1", to: "eth1"), pending: false)], bestEffort: false,
        request: $0)
    }
    let vifs = bench.vifs
    bench.restart(
      configuration(
        route(from: "eth0", "10.0.0.1", "225.1.1.1", to: "eth1"), route(from: "eth2", "225.1.2.3", to: "eth1")
      ))
    #expect(bench.vifs == vifs && bench.kernelActions == [])
  }

  @Test("A table that an inbound interface has of its own stays its table")
  func ownTables() {
    var file = configuration(
      route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth2"),
      route(from: "eth1", "10.0.0.1", "225.1.2.3", to: "eth2"))
    file.table.split = .on
    var bench = Bench("eth2", "eth1", "eth0", configuration: file)
    #expect(bench.tables.count > 2)
    let (tables, entries) = (bench.tables, bench.entries)
    #expect(entries.count == 2)
    bench.restart(file)
    #expect(bench.kernelActions == [])
    file.table.split = .off
    bench.restart(file)
    #expect(bench.tables.count == 2 && bench.entries.count == 1)
    _ = tables
  }

  @Test("An interface that vanished between the lives leaves every entry")
  func vanished() throws {
    var bench = former()
    let vif = try #require(bench.vifs.first { $0.link == 3 && $0.family == .ipv4 })
    bench.links[3] = nil
    bench.vifs = bench.vifs.filter { $0.link != 3 }
    bench.links[9] = Bench.link(9, "eth9")
    var file = AdoptionTests.file
    file.routes[1].outbound.append(.init(InterfacePattern("eth9")))
    var adoption = bench.adoption
    adoption.vifs.append(VIF(table: vif.table, family: .ipv4, index: vif.index, link: 0))
    // The kernel does not tell of an index without a VIF, though the entry holds it.
    for index in adoption.entries.indices { adoption.entries[index].outbound[vif.index] = 0 }
    bench.restart(file, adoption)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
    #expect(bench.path("10.0.0.9", "225.2.0.7") == "eth0>eth1,eth9")
    let added = bench.kernelActions.firstIndex {
      if case .addVIF(let new) = $0 { new.index == vif.index && new.family == .ipv4 } else { false }
    }
    #expect(added == nil, "another interface does not get the index at once")
    let written = bench.kernelActions.contains {
      if case .addEntry(let entry) = $0 {
        entry.key.flow.description == "(10.0.0.1, 225.1.2.3)"
      } else {
        false
      }
    }
    #expect(written, "what the kernel hides is overwritten")
  }

  @Test("An interface that was made anew gets its VIF, and its entries again")
  func reusedName() {
    var bench = former()
    bench.links[2] = nil
    bench.vifs = bench.vifs.filter { $0.link != 2 }
    bench.links[22] = Bench.link(22, "eth1")
    for key in bench.entries.keys {
      for index in 0..<32 as Range<VIFIndex>
      where !bench.vifs.contains(where: { $0.index == index && $0.family == key.flow.family }) {
        bench.entries[key]?.outbound[index] = 0
        if bench.entries[key]?.parent == index { bench.entries[key]?.parent = KernelEntry.noParent }
      }
    }
    bench.restart(AdoptionTests.file)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1,eth2(8)")
    #expect(bench.path("10.0.0.9", "225.2.0.7") == "eth0>eth1")
    #expect(bench.path("2001:db8::1", "ff3e::1") == "eth1>eth2")
  }

  @Test("An ifindex that another interface has now stands for that one")
  func reusedIndex() {
    var bench = former()
    bench.vifs = bench.vifs.filter { $0.link != 3 }
    bench.links[3] = Bench.link(3, "veth7")
    var adoption = bench.adoption
    adoption.vifs += [0, 1].map { VIF(table: .standard, family: $0 == 0 ? .ipv4 : .ipv6, index: 2, link: 0) }
    bench.restart(AdoptionTests.file, adoption)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
    #expect(!bench.vifs.contains { $0.link == 3 })
  }

  @Test("Another base table: the former one is closed, and the entries are installed anew")
  func otherTable() {
    var bench = former()
    var file = AdoptionTests.file
    file.table.id = 77
    bench.restart(file)
    #expect(bench.tables.allSatisfy { $0.table.rawValue == 77 })
    #expect(bench.path("10.0.0.1", "225.1.2.3", table: 77) == "eth0>eth1,eth2(8)")
  }

  @Test("A membership that nobody wants any more is left, and no other")
  func joins() {
    var bench = former()
    var file = AdoptionTests.file
    file.joins = [
      StaticJoin(
        .init(
          interface: InterfacePattern("eth1"), sources: nil, groups: Prefix("225.7.7.7") ?? .allGroups(.ipv4))
      )
    ]
    bench.restart(file)
    #expect(bench.joins.map { "\($0.link) \($0.group)" } == ["2 225.7.7.7"])
    #expect(bench.kernelActions.count == 2)
  }
}

import Addressing
import Configuration
import Control
import Diagnostics
import Forwarding
import Kernel
import Membership
import Router
import Testing
import Timing

/// A Router with a model of the kernel beside it: actions change the model, which answers as the kernel does.
struct Bench {
  var router: Router
  var now = Instant.start
  var links: [Int32: Interface] = [:]
  var tables: Set<Place> = []
  var vifs: Set<VIF> = []
  var entries: [KernelEntry.Key: KernelEntry] = [:]
  var packets: [KernelEntry.Key: UInt64] = [:]
  /// What came in and went out by a link.
  var passed: [Int32: (packetsIn: UInt64, packetsOut: UInt64)] = [:]
  var selections: Set<String> = []
  var joins: Set<HostJoin> = []
  var refusesOwnTables = false
  /// VIFs that were refused; entries of the same step may name them, which the kernel ignores.
  var refused: Set<VIF> = []
  /// Every action since it was last cleared.
  var log: [Action] = []
  private var nextRequest: RequestID = 1

  struct Place: Hashable {
    var table: TableID
    var family: Family
  }

  init(_ names: String..., configuration: Configuration = Configuration(), seed: UInt64 = 7) {
    router = Router(seed: seed)
    for (index, name) in names.enumerated() { links[Int32(index + 1)] = Bench.link(Int32(index + 1), name) }
    step([
      .kernel(.interfacesListed(links.keys.sorted().compactMap { links[$0] })),
      .configure(configuration, isReload: false, request: nil),
    ])
  }

  static func link(_ index: Int32, _ name: String) -> Interface {
    Interface(index: index, name: name, flags: [.up, .running, .multicast])
  }

  /// Steps until the model has nothing more to say.
  mutating func step(_ events: [Event]) {
    var events = events
    for round in 0..<20 {
      let actions = router.step(events, at: now)
      log += actions
      events = actions.flatMap { perform($0) }
      if events.isEmpty, router.nextDeadline.map({ $0 > now }) ?? true { return }
      #expect(round < 19, "the Router never comes to rest")
    }
  }

  /// Lets time pass, serving every deadline at its instant.
  mutating func advance(_ duration: Duration) {
    let end = now + duration
    while let deadline = router.nextDeadline, deadline <= end {
      now = max(now, deadline)
      step([])
    }
    now = end
  }

  private mutating func perform(_ action: Action) -> [Event] {
    guard case .kernel(let action) = action else { return [] }
    switch action {
    case .openTable(let table, let family):
      if table != .standard, refusesOwnTables { return [.kernel(.tableRefused(table, family, errno: 92))] }
      tables.insert(Place(table: table, family: family))
      return [.kernel(.tableOpened(table, family))]
    case .closeTable(let table, let family):
      tables.remove(Place(table: table, family: family))
      vifs = vifs.filter { $0.table != table || $0.family != family }
    case .addVIF(let vif):
      #expect(tables.contains(Place(table: vif.table, family: vif.family)), "VIF in a table that is not open")
      #expect(!vifs.contains { $0.table == vif.table && $0.family == vif.family && $0.index == vif.index })
      #expect(!vifs.contains { $0.table == vif.table && $0.family == vif.family && $0.link == vif.link })
      guard links[vif.link] != nil else {
        refused.insert(vif)
        return [.kernel(.failed(action, errno: 99))]
      }
      refused.remove(vif)
      vifs.insert(vif)
    case .removeVIF(let vif):
      #expect(!isNamed(vif), "VIF \(vif.index) goes while an entry names it")
      vifs.remove(vif)
    case .addEntry(let entry):
      for index in 0..<32 as Range<VIFIndex> where entry.outbound[index] != 0 {
        #expect(hasVIF(entry, index), "an entry names VIF \(index), which is not there")
      }
      #expect(hasVIF(entry, entry.parent), "an entry's parent is not there")
      entries[entry.key] = entry
    case .removeEntry(let key):
      entries[key] = nil
      packets[key] = nil
    case .selectTable(let table, _, let name): selections.insert("\(name) \(table.rawValue)")
    case .deselectTable(let table, _, let name): selections.remove("\(name) \(table.rawValue)")
    case .join(let join): joins.insert(join)
    case .leave(let join): joins.remove(join)
    case .readCounters(let ticket, let keys, let vifs):
      let counters = keys.filter { entries[$0] != nil }
        .map { EntryCounters(key: $0, packets: packets[$0] ?? 0, bytes: 0, wrongInterface: 0) }
      let uses = vifs.map { vif in
        let passed = passed[vif.link] ?? (0, 0)
        return VIFCounters(
          vif: vif, packetsIn: passed.packetsIn, packetsOut: passed.packetsOut, bytesIn: 0, bytesOut: 0)
      }
      return [.kernel(.counters(ticket, entries: counters, vifs: uses))]
    case .readEntries(let keys):
      return [
        .kernel(
          .entriesRead(present: keys.compactMap { entries[$0] }, absent: keys.filter { entries[$0] == nil }))
      ]
    case .audit:
      let all = entries.keys.sorted().compactMap { entries[$0] }
      return [.kernel(.audited(vifs: vifs.sorted())), .kernel(.entriesFound(all, isLast: true))]
    case .send, .createTunnel, .removeTunnel: break
    }
    return []
  }

  private func hasVIF(_ entry: KernelEntry, _ index: VIFIndex) -> Bool {
    vifs.union(refused).contains {
      $0.table == entry.key.table && $0.family == entry.key.flow.family && $0.index == index
    }
  }

  private func isNamed(_ vif: VIF) -> Bool {
    entries.values.contains {
      $0.key.table == vif.table && $0.key.flow.family == vif.family
        && ($0.parent == vif.index || $0.outbound[vif.index] != 0)
    }
  }

  // MARK: What happens

  mutating func appear(_ name: String, index: Int32) {
    links[index] = Bench.link(index, name)
    step([.kernel(.interfaceChanged(Bench.link(index, name)))])
  }

  mutating func vanish(_ name: String) {
    guard let index = index(of: name) else { return }
    links[index] = nil
    vifs = vifs.filter { $0.link != index }
    step([.kernel(.interfaceRemoved(link: index))])
  }

  mutating func rename(_ old: String, to new: String) {
    guard let index = index(of: old) else { return }
    appear(new, index: index)
  }

  /// A packet arrives: counted when an entry takes it, else the kernel makes its upcall.
  mutating func packet(_ source: String, _ group: String, by name: String, table: UInt32 = 0) {
    guard let flow = Bench.flow(source, group), let link = index(of: name),
      let vif = vifs.first(where: {
        $0.link == link && $0.family == flow.family && $0.table.rawValue == table
      })
    else { return }
    let key = KernelEntry.Key(table: vif.table, flow: flow)
    guard let entry = entries[key] else {
      return step([.kernel(.upcall(Upcall(kind: .noCache, table: vif.table, vif: vif.index, flow: flow)))])
    }
    guard entry.parent == vif.index else {
      return step([.kernel(.upcall(Upcall(kind: .wrongVIF, table: vif.table, vif: vif.index, flow: flow)))])
    }
    packets[key, default: 0] += 1
  }

  /// Asks and returns the reply.
  @discardableResult
  mutating func ask(_ event: (RequestID) -> Event) -> Reply? {
    let id = nextRequest
    nextRequest += 1
    let before = log.count
    step([event(id)])
    for case .reply(id, let reply) in log[before...] { return reply }
    return nil
  }

  // MARK: What is seen

  func index(of name: String) -> Int32? { links.values.first { $0.name == name }?.index }

  /// The table that packets by this interface are led to, as the kernel numbers it here.
  func table(of name: String, _ family: Family) -> UInt32 {
    selections.compactMap { selection in
      let words = selection.split(separator: " ")
      let table = UInt32(words[1]) ?? 0
      let isThere = tables.contains(Place(table: TableID(rawValue: table), family: family))
      return words[0] == name && isThere ? table : nil
    }.max() ?? 0
  }

  static func flow(_ source: String, _ group: String) -> Flow? {
    guard let source = Address(source), let group = Address(group).flatMap({ Group($0) }) else { return nil }
    return Flow(source: source, group: group)
  }

  /// `eth0>eth1,eth2` for each entry, by flow and table; what the model kernel holds.
  func path(_ source: String, _ group: String, table: UInt32 = 0) -> String? {
    guard let flow = Bench.flow(source, group),
      let entry = entries[.init(table: TableID(rawValue: table), flow: flow)]
    else { return nil }
    let name = { (index: VIFIndex) in
      self.vifs.first { $0.table == entry.key.table && $0.family == flow.family && $0.index == index }
        .flatMap { self.links[$0.link]?.name } ?? "?"
    }
    let out = (0..<32 as Range<VIFIndex>).filter { entry.outbound[$0] != 0 }.map { index in
      name(index) + (entry.outbound[index] > 1 ? "(\(entry.outbound[index]))" : "")
    }
    return "\(name(entry.parent))>\(out.sorted().joined(separator: ","))"
  }

  /// The kernel actions on entries since `log` was cleared.
  var entryActions: Int {
    log.count {
      switch $0 {
      case .kernel(.addEntry), .kernel(.removeEntry): true
      default: false
      }
    }
  }
}

/// A route from any source, in a word or two.
func route(from inbound: String, _ group: String, to outbound: String) -> StaticRoute {
  route(from: inbound, "", group, to: outbound)
}

/// A route of one source or block of sources; an outbound word may carry a threshold: `eth1:8`.
func route(from inbound: String, _ source: String, _ group: String, to outbound: String) -> StaticRoute {
  let groups = Prefix(group) ?? .allGroups(.ipv4)
  let out = outbound.split(separator: " ").map { word -> StaticRoute.Outbound in
    let parts = word.split(separator: ":")
    return .init(InterfacePattern(String(parts[0])), threshold: parts.count > 1 ? UInt8(parts[1]) : nil)
  }
  return StaticRoute(
    .init(
      inbound: inbound.split(separator: " ").map { InterfacePattern(String($0)) },
      sources: Prefix(source) ?? .all(groups.family), groups: groups), outbound: out)
}

func configuration(_ routes: StaticRoute...) -> Configuration { configuration(routes) }

func configuration(_ routes: [StaticRoute]) -> Configuration {
  var configuration = Configuration()
  configuration.file = "test.conf"
  configuration.routes = routes.enumerated().map { index, route in
    var route = route
    route.location = SourceLocation(file: "test.conf", line: index + 1)
    return route
  }
  return configuration
}

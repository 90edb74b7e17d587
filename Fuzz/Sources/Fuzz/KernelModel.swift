import Addressing
import Kernel
import Router

/// What the kernel would hold, and whether it is ever asked for nonsense.
struct KernelModel {
  struct Place: Hashable {
    var table: TableID
    var family: Family
  }

  var links: [Int32: Interface] = [:]
  private(set) var vifs: Set<VIF> = []
  private(set) var entries: [KernelEntry.Key: KernelEntry] = [:]
  private(set) var hasFinished = false
  /// Actions that changed the tables since it was last set to 0.
  var changes = 0
  /// Whether a rule may have said that packets leave by the interface they came in by.
  var reflects = false
  /// The next VIF or entry is refused with this errno.
  var refusal: Int32?

  private var tables: Set<Place> = []
  private var joins: Set<HostJoin> = []
  private var selections: Set<Adoption.Selection> = []
  /// VIFs that were not taken away by who had them.
  private var known: Set<VIF> = []
  /// VIFs that were refused: entries of the same step may still name them, which the kernel ignores.
  private var refused: Set<VIF> = []

  var isEmpty: Bool { vifs.isEmpty && entries.isEmpty && joins.isEmpty && tables.isEmpty }

  var audit: [Event] {
    [
      .kernel(.audited(vifs: vifs.sorted())),
      .kernel(.entriesFound(entries.keys.sorted().compactMap { entries[$0] }, isLast: true)),
    ]
  }

  /// All that it holds, beside what a Router takes it to hold.
  func audit(of believed: [KernelEntry.Key]) -> [Event] { audit + [read(believed)] }

  private func read(_ keys: [KernelEntry.Key]) -> Event {
    let absent = keys.filter { entries[$0] == nil }
    return .kernel(.entriesRead(present: keys.compactMap { entries[$0] }, absent: absent))
  }

  /// The link is gone, and with it its VIFs and memberships; entries stay and name a VIF that is not there.
  mutating func remove(link: Int32) {
    links[link] = nil
    vifs = vifs.filter { $0.link != link }
    joins = joins.filter { $0.link != link }
  }

  /// Somebody else changes or removes the entry.
  mutating func tamper(_ key: KernelEntry.Key, _ change: (inout KernelEntry) -> Void) -> Event? {
    guard var entry = entries[key] else { return nil }
    change(&entry)
    entries[key] = entry
    return .kernel(.entryChanged(entry))
  }

  mutating func lose(_ key: KernelEntry.Key) -> Event? {
    entries.removeValue(forKey: key) == nil ? nil : .kernel(.entryRemoved(key))
  }

  /// Somebody handed these over.
  mutating func open(_ places: [Adoption.Table]) {
    for place in places { tables.insert(Place(table: place.id, family: place.family)) }
  }

  /// What a process that takes over is told.
  var adoption: Adoption {
    // What the last process had and the kernel has no more.
    let gone = known.subtracting(vifs).filter { former in
      !vifs.contains {
        $0.index == former.index && $0.table == former.table && $0.family == former.family
      }
    }
    .map { VIF(table: $0.table, family: $0.family, index: $0.index, link: 0) }
    let shown = entries.keys.sorted().compactMap { entries[$0] }.map { entry in
      var shown = entry
      for vif in gone where vif.table == entry.key.table && vif.family == entry.key.flow.family {
        shown.outbound[vif.index] = 0
      }
      return shown
    }
    return Adoption(
      tables: tables.map { Adoption.Table(id: $0.table, family: $0.family) }.sorted(),
      vifs: vifs.union(gone).sorted(), entries: shown, joins: joins.sorted(),
      selections: selections.sorted { ($0.table, $0.interface) < ($1.table, $1.interface) })
  }

  /// Does as asked; what the kernel answers comes with the next step.
  mutating func perform(_ action: Action) -> [Event] {
    switch action {
    case .kernel(let action): return perform(action)
    case .finished: hasFinished = true
    case .reply, .notice: break
    }
    return []
  }

  private mutating func perform(_ action: KernelAction) -> [Event] {
    switch action {
    case .openTable(let table, let family):
      tables.insert(Place(table: table, family: family))
      return [.kernel(.tableOpened(table, family))]
    case .closeTable(let table, let family):
      tables.remove(Place(table: table, family: family))
      vifs = vifs.filter { $0.table != table || $0.family != family }
      known = known.filter { $0.table != table || $0.family != family }
      entries = entries.filter { $0.key.table != table || $0.key.flow.family != family }
    case .addVIF(let vif): return add(vif, action)
    case .removeVIF(let vif):
      changes += 1
      vifs.remove(vif)
      known.remove(vif)
    case .addEntry(let entry): return add(entry, action)
    case .removeEntry(let key):
      changes += 1
      entries[key] = nil
    case .join(let join):
      guard links[join.link] != nil else { return [.kernel(.failed(action, errno: 19))] }
      Fuzz.expect(joins.insert(join).inserted, "\(join) is joined once")
    case .leave(let join): joins.remove(join)
    case .readCounters(let ticket, let keys, let vifs):
      return [.kernel(.counters(ticket, entries: counters(keys), vifs: counters(vifs)))]
    case .readEntries(let keys): return [read(keys)]
    case .audit: return audit
    case .createTunnel, .removeTunnel: break
    case .send(let datagram):
      guard datagram.destination.isMulticast else { break }
      Fuzz.expect(links[datagram.link]?.flags.contains(.up) ?? false, "\(datagram): its link is up")
      Fuzz.expect(datagram.hops == 1, "\(datagram) stays on its link")
    case .selectTable(let table, let family, let name):
      selections.insert(.init(table: .init(id: table, family: family), interface: name))
    case .deselectTable(let table, let family, let name):
      selections.remove(.init(table: .init(id: table, family: family), interface: name))
    }
    return []
  }

  private mutating func add(_ vif: VIF, _ action: KernelAction) -> [Event] {
    changes += 1
    Fuzz.expect(vif.index < 32, "a VIF is one of 32: \(vif)")
    Fuzz.expect(tables.contains(Place(table: vif.table, family: vif.family)), "\(vif): its table is open")
    for other in vifs where other.table == vif.table && other.family == vif.family {
      Fuzz.expect(other.index != vif.index, "\(vif): \(other) has its place")
      Fuzz.expect(other.link != vif.link, "\(vif): \(other) is the same link")
    }
    if let errno = refusal ?? (links[vif.link] == nil ? 99 : nil) {
      refusal = nil
      refused.insert(vif)
      return [.kernel(.failed(action, errno: errno))]
    }
    refused.remove(vif)
    vifs.insert(vif)
    known.insert(vif)
    return []
  }

  private mutating func add(_ entry: KernelEntry, _ action: KernelAction) -> [Event] {
    changes += 1
    Fuzz.expect(hasVIF(entry.key, entry.parent), "\(entry): its inbound VIF is there")
    for index in 0..<32 as Range<VIFIndex> where entry.outbound[index] != 0 {
      Fuzz.expect(hasVIF(entry.key, index), "\(entry): VIF \(index) is there")
    }
    Fuzz.expect(
      reflects || entry.outbound[entry.parent] == 0, "\(entry): nothing goes back where it came from")
    if let errno = refusal {
      refusal = nil
      return [.kernel(.failed(action, errno: errno))]
    }
    entries[entry.key] = entry
    return []
  }

  private func hasVIF(_ key: KernelEntry.Key, _ index: VIFIndex) -> Bool {
    vifs.union(refused).contains {
      $0.table == key.table && $0.family == key.flow.family && $0.index == index
    }
  }

  private func counters(_ keys: [KernelEntry.Key]) -> [EntryCounters] {
    keys.filter { entries[$0] != nil }.map {
      EntryCounters(key: $0, packets: 0, bytes: 0, wrongInterface: 0)
    }
  }

  private func counters(_ asked: [VIF]) -> [VIFCounters] {
    asked.filter { vifs.contains($0) }.map {
      VIFCounters(vif: $0, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0)
    }
  }
}

import Addressing
import Kernel
import Timing

/// The multicast routing of one machine: tables, VIFs, entries, upcalls and packets that wait for an answer.
///
/// Limits as measured on Linux: an unresolved flow waits 10 s and keeps 4 packets; a wrong-interface upcall
/// comes at most every 3 s for an entry.
struct SimulatedKernel: Sendable {
  static let patience = Duration.seconds(10)
  static let waitingPackets = 4
  static let wrongInterfacePause = Duration.seconds(3)

  struct Place: Hashable, Sendable {
    var table: TableID
    var family: Family
  }

  /// A packet that leaves by a link.
  struct Copy: Sendable {
    var link: Int32
    var packet: Packet
  }

  private struct Waiting: Sendable {
    var packets: [(packet: Packet, vif: VIFIndex)]
    var until: Instant
  }

  private struct Use: Sendable {
    var packets: UInt64 = 0
    var wrong: UInt64 = 0
    var complainedAt: Instant?
  }

  private(set) var tables: Set<Place> = []
  /// In order.
  private(set) var vifs: [VIF] = []
  /// By link.
  private(set) var tunnels: [Int32: Tunnel] = [:]
  private(set) var entries: [KernelEntry.Key: KernelEntry] = [:]
  private(set) var joins: Set<HostJoin> = []
  private var uses: [KernelEntry.Key: Use] = [:]
  private var waiting: [KernelEntry.Key: Waiting] = [:]
  private(set) var selections: [Int32: [Family: TableID]] = [:]
  /// Links that exist, by name; what `selectTable` and VIFs are judged by.
  private(set) var links: [String: Int32] = [:]
  /// What the Router asked that no kernel would do.
  private(set) var nonsense: String?
  private let isForgetful: Bool
  private let isCareless: Bool
  private var nextTunnel: Int32 = 1000

  init(_ defects: Set<Scenario.Defect> = []) {
    isForgetful = defects.contains(.forgetful)
    isCareless = defects.contains(.careless)
  }

  mutating func add(link: Int32, name: String) { links[name] = link }

  /// The link is gone, and with it its VIFs and memberships; entries stay.
  mutating func remove(name: String) {
    guard let link = links.removeValue(forKey: name) else { return }
    vifs.removeAll { $0.link == link }
    tunnels[link] = nil
    joins = joins.filter { $0.link != link }
    selections[link] = nil
  }

  /// Whether the routing socket hears a protocol packet of this link; what is for the machine itself always.
  func listens(on link: Int32, to destination: Address) -> Bool {
    let family = destination.family
    if !destination.isMulticast { return tables.contains { $0.family == family } }
    return vifs.contains { $0.link == link && $0.family == family } || joins.contains { $0.link == link }
  }

  // MARK: The Router asks

  mutating func perform(_ action: KernelAction, at now: Instant) -> (events: [KernelEvent], copies: [Copy]) {
    switch action {
    case .openTable(let table, let family):
      tables.insert(Place(table: table, family: family))
      return ([.tableOpened(table, family)], [])
    case .closeTable(let table, let family):
      tables.remove(Place(table: table, family: family))
      vifs.removeAll { $0.table == table && $0.family == family }
      entries = entries.filter { $0.key.table != table || $0.key.flow.family != family }
    case .addVIF(let vif): return (add(vif, action), [])
    case .removeVIF(let vif): vifs.removeAll { $0 == vif }
    case .addEntry(let entry): return ([], add(entry, at: now))
    case .removeEntry(let key):
      entries[key] = nil
      uses[key] = nil
    case .selectTable(let table, let family, let name):
      if let link = links[name] { selections[link, default: [:]][family] = table }
    case .deselectTable(_, let family, let name):
      if let link = links[name] { selections[link]?[family] = nil }
    case .join(let join):
      guard links.values.contains(join.link) else { return ([.failed(action, errno: 19)], []) }
      joins.insert(join)
    case .leave(let join): joins.remove(join)
    case .readCounters(let ticket, let keys, let vifs):
      return ([.counters(ticket, entries: counters(keys), vifs: vifs.map(VIFCounters.init(unused:)))], [])
    case .readEntries(let keys):
      return (
        [
          .entriesRead(
            present: keys.compactMap { entries[$0] }, absent: keys.filter { entries[$0] == nil })
        ], []
      )
    case .audit:
      let all = entries.keys.sorted().compactMap { entries[$0] }
      return ([.audited(vifs: vifs), .entriesFound(all, isLast: true)], [])
    case .send: break
    case .createTunnel(let tunnel): return (create(tunnel), [])
    case .removeTunnel(let name):
      guard let link = links[name], tunnels[link] != nil else { break }
      remove(name: name)
      return ([.interfaceRemoved(link: link)], [])
    }
    return ([], [])
  }

  private mutating func create(_ tunnel: Tunnel) -> [KernelEvent] {
    if links[tunnel.name] == nil {
      links[tunnel.name] = nextTunnel
      nextTunnel += 1
    }
    guard let link = links[tunnel.name] else { return [] }
    tunnels[link] = tunnel
    return [.interfaceChanged(SimulatedKernel.interface(of: tunnel, link))]
  }

  static func interface(of tunnel: Tunnel, _ link: Int32) -> Interface {
    let flags: Interface.Flags = [.up, .running, .pointToPoint, .multicast]
    return Interface(index: link, name: tunnel.name, flags: flags, mtu: 1480)
  }

  /// The answer to a call that fails; nil for one that cannot.
  static func failure(of action: KernelAction) -> KernelEvent? {
    switch action {
    case .addVIF, .addEntry, .join: .failed(action, errno: 105)
    case .openTable(let table, let family): .tableRefused(table, family, errno: 98)
    case .closeTable, .removeVIF, .removeEntry, .selectTable, .deselectTable, .leave, .readCounters,
      .readEntries, .audit, .send, .createTunnel, .removeTunnel:
      nil
    }
  }

  /// All that it holds, beside what a Router takes it to hold.
  func audit(of believed: [KernelEntry.Key]) -> [KernelEvent] {
    [
      .audited(vifs: vifs),
      .entriesRead(
        present: entries.keys.sorted().compactMap { entries[$0] },
        absent: believed.filter { entries[$0] == nil }),
    ]
  }

  private mutating func add(_ vif: VIF, _ action: KernelAction) -> [KernelEvent] {
    let place = Place(table: vif.table, family: vif.family)
    guard tables.contains(place), vif.index < 32 else {
      nonsense = nonsense ?? "VIF \(vif.index) in a table that is not open"
      return [.failed(action, errno: 22)]
    }
    guard links.values.contains(vif.link) else { return [.failed(action, errno: 99)] }
    guard
      !vifs.contains(where: {
        $0.table == vif.table && $0.family == vif.family && ($0.index == vif.index || $0.link == vif.link)
      })
    else {
      nonsense = nonsense ?? "VIF \(vif.index) is taken, or its link has one already"
      return [.failed(action, errno: 98)]
    }
    vifs.append(vif)
    vifs.sort()
    return []
  }

  private mutating func add(_ entry: KernelEntry, at now: Instant) -> [Copy] {
    if entry.outbound[entry.parent] != 0 {
      nonsense = nonsense ?? "\(entry.key.flow) goes back where it came from"
    }
    if isForgetful, entries[entry.key] != nil { return [] }
    entries[entry.key] = entry
    guard let waiting = waiting.removeValue(forKey: entry.key), waiting.until > now else { return [] }
    var copies: [Copy] = []
    for (packet, vif) in waiting.packets where vif == entry.parent {
      copies += forward(packet, by: entry)
    }
    return copies
  }

  private func counters(_ keys: [KernelEntry.Key]) -> [EntryCounters] {
    keys.compactMap { key in
      guard entries[key] != nil else { return nil }
      let use = uses[key] ?? Use()
      return EntryCounters(
        key: key, packets: use.packets, bytes: use.packets &* 100, wrongInterface: use.wrong)
    }
  }

  // MARK: Packets

  /// A packet came in by a link: it leaves by others, waits for an answer, or is dropped.
  mutating func receive(_ packet: Packet, by link: Int32, at now: Instant) -> (
    upcall: Upcall?, copies: [Copy]
  ) {
    let family = packet.flow.family
    let table = selections[link]?[family] ?? baseTable(family)
    guard let table,
      let vif = vifs.first(where: { $0.link == link && $0.table == table && $0.family == family })
    else { return (nil, []) }
    let key = KernelEntry.Key(table: table, flow: packet.flow)
    guard let entry = entries[key] else { return (hold(packet, key, vif.index, at: now), []) }
    guard entry.parent == vif.index || isCareless else { return (complain(key, vif.index, at: now), []) }
    uses[key, default: Use()].packets &+= 1
    return (nil, forward(packet, by: entry))
  }

  /// The lowest table of a family that is open: what a packet meets that no rule leads elsewhere.
  private func baseTable(_ family: Family) -> TableID? {
    tables.filter { $0.family == family }.map(\.table).min()
  }

  private mutating func hold(
    _ packet: Packet, _ key: KernelEntry.Key, _ vif: VIFIndex, at now: Instant
  ) -> Upcall? {
    if var known = waiting[key], known.until > now {
      if known.packets.count < SimulatedKernel.waitingPackets {
        known.packets.append((packet, vif))
        waiting[key] = known
      }
      return nil
    }
    waiting[key] = Waiting(packets: [(packet, vif)], until: now + SimulatedKernel.patience)
    return Upcall(kind: .noCache, table: key.table, vif: vif, flow: packet.flow)
  }

  private mutating func complain(_ key: KernelEntry.Key, _ vif: VIFIndex, at now: Instant) -> Upcall? {
    var use = uses[key] ?? Use()
    use.wrong &+= 1
    let mayComplain = use.complainedAt.map { now - $0 >= SimulatedKernel.wrongInterfacePause } ?? true
    if mayComplain { use.complainedAt = now }
    uses[key] = use
    return mayComplain ? Upcall(kind: .wrongVIF, table: key.table, vif: vif, flow: key.flow) : nil
  }

  private func forward(_ packet: Packet, by entry: KernelEntry) -> [Copy] {
    guard !entry.outbound.isEmpty, packet.hops > 1 else { return [] }
    var copies: [Copy] = []
    for vif in vifs
    where vif.table == entry.key.table && vif.family == entry.key.flow.family {
      let threshold = entry.outbound[vif.index]
      guard threshold != 0, packet.hops > threshold || vif.family == .ipv6 else { continue }
      var copy = packet
      copy.hops -= 1
      copies.append(Copy(link: vif.link, packet: copy))
    }
    return copies
  }
}

extension VIFCounters {
  fileprivate init(unused vif: VIF) {
    self.init(vif: vif, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0)
  }
}

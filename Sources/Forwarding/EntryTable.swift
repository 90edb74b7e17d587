public import Addressing
public import Kernel
public import Timing

/// Names a row of `EntryTable` while it exists; reused after.
public struct EntryID: Hashable, Comparable, Sendable, Codable {
  public let number: Int32

  init(_ number: Int32) { self.number = number }

  public static func < (left: EntryID, right: EntryID) -> Bool { left.number < right.number }
}

/// One (S,G) in one table: what the kernel holds, as far as we know, and what is known of its packets.
///
/// What is wanted is not kept: it is decided anew whenever something it depends on changes, and compared with
/// this.
public struct EntryRow: Sendable {
  /// Why the entry is there, and so when it goes.
  public enum Kind: UInt8, Sendable {
    /// A rule names source and group: the entry stays while the rule does.
    case full
    /// Made by a packet under a rule of a wider kind; goes when unused.
    case onDemand
    /// Made by a packet that no rule covers; goes when unused.
    case blocking
  }

  public var entry: KernelEntry
  /// The interface behind `entry.parent`.
  public var inbound: InterfaceID
  public var rule: RuleID?
  public var kind: Kind
  /// False while the kernel refuses it and a retry is due.
  public var isInstalled = true
  /// Found in the kernel at the start: it stays as it is, or grows, until those who may want it could say so.
  public var isHeld = false
  public var backoff = Backoff()
  public var since: Instant
  /// Which of the table's rows it was: earlier ones have lower numbers.
  public internal(set) var order: UInt64 = 0
  public var use = Use()

  public init(entry: KernelEntry, inbound: InterfaceID, rule: RuleID?, kind: Kind, since: Instant) {
    self.entry = entry
    self.inbound = inbound
    self.rule = rule
    self.kind = kind
    self.since = since
  }

  /// Readings of the kernel's counters.
  public struct Use: Sendable {
    public var packets: UInt64 = 0
    public var bytes: UInt64 = 0
    public var wrongInterface: UInt64 = 0
    /// Subtracted when shown, after `clear counters`.
    public var clearedPackets: UInt64 = 0
    public var clearedBytes: UInt64 = 0
    public var clearedWrong: UInt64 = 0
    /// The reading that the next rate is measured from; none: it was never read.
    private var baseAt = Use.none
    private var basePackets: UInt64 = 0
    private var baseBytes: UInt64 = 0
    /// Packets and bytes a second between the last two bases; negative: not known yet.
    public private(set) var packetRate: Float = -1
    public private(set) var byteRate: Float = -1
    private var usedAt = Use.none

    /// When packets were last seen to have come; nil: never.
    public var lastUsed: Instant? {
      get { usedAt == Use.none ? nil : usedAt }
      set { usedAt = newValue ?? Use.none }
    }

    // Of 100,000 rows each optional costs a byte with seven beside it.
    private static let none = Instant(nanoseconds: .min)

    public init() {}

    /// Takes a reading; a rate needs two of them at least a second apart.
    public mutating func read(_ counters: EntryCounters, at now: Instant) {
      // Wrong-interface packets count as packets in the kernel, but nothing was forwarded.
      let forwarded =
        counters.packets >= counters.wrongInterface ? counters.packets - counters.wrongInterface : 0
      if forwarded > packets { usedAt = now }
      packets = forwarded
      bytes = counters.bytes
      wrongInterface = counters.wrongInterface
      guard baseAt != Use.none else {
        (baseAt, basePackets, baseBytes) = (now, packets, bytes)
        return
      }
      let seconds = Float((now - baseAt).milliseconds) / 1000
      guard seconds >= 1 else { return }
      packetRate = Float(packets >= basePackets ? packets - basePackets : 0) / seconds
      byteRate = Float(bytes >= baseBytes ? bytes - baseBytes : 0) / seconds
      (baseAt, basePackets, baseBytes) = (now, packets, bytes)
    }

    /// Shows zero from here on; the kernel's counters cannot be reset.
    public mutating func clear() {
      clearedPackets = packets
      clearedBytes = bytes
      clearedWrong = wrongInterface
    }
  }
}

extension EntryRow {
  fileprivate mutating func apply(_ change: (inout EntryRow) -> Void) { change(&self) }
}

/// What a reading of the counters says of an entry.
public struct EntryReading: Hashable, Sendable {
  public var id: EntryID
  public var kind: EntryRow.Kind
  /// Whether a routing protocol, and no rule, is why it is there.
  public var isLearned: Bool
  /// When packets were last seen to have come; nil: never.
  public var lastUsed: Instant?
  public var since: Instant
}

/// The entries of all tables: dense rows, found by key through one index.
public struct EntryTable: Sendable {
  private var rows = RowBlocks<EntryRow?>()
  private var free: [Int32] = []
  private var index = HashIndex()
  private var perSource: [Address: Int32] = [:]
  private var flows: FlowIndex?
  private let seed: UInt64
  private var inserted: UInt64 = 0
  /// When an entry is next asked for its counters; by kind, so that the oldest of one kind needs no search.
  private var idleOnDemand = IdleQueue()
  private var idleBlocking = IdleQueue()
  public private(set) var fullCount = 0
  public private(set) var onDemandCount = 0
  public private(set) var blockingCount = 0
  /// Rows that the kernel does not hold: it refused them, and they wait for another try.
  public private(set) var refusedCount = 0

  /// - Parameter seed: of the hash function; the same in a replay.
  public init(seed: UInt64) { self.seed = seed }

  public var count: Int { rows.count - free.count }

  /// One past the highest number in use: where a walk in pages ends.
  public var end: Int { rows.count }

  /// Makes room for so many rows at once, before a bulk load.
  public mutating func reserve(_ count: Int) {
    let (rows, seed) = (rows, seed)
    index.reserve(count) { EntryTable.hash(rows[Int($0)], seed) }
  }

  /// The row of an (S,G) in a table; nil when there is none.
  public func find(_ key: KernelEntry.Key) -> EntryID? {
    index.find(EntryTable.hash(key, seed)) { rows[Int($0)]?.entry.key == key }.map { EntryID($0) }
  }

  /// The row with this number; nil when it is free.
  public func row(at number: Int) -> EntryRow? { rows.indices.contains(number) ? rows[number] : nil }

  /// The row at a place of the walk `0..<end`; nil where none is.
  public func id(at number: Int) -> EntryID? {
    guard rows.indices.contains(number), rows[number] != nil else { return nil }
    return EntryID(Int32(number))
  }

  public subscript(id: EntryID) -> EntryRow? {
    get { row(at: Int(id.number)) }
  }

  /// The keys of rows, in the order in which they are named.
  public func keys(of ids: [EntryID]) -> [KernelEntry.Key] {
    var keys: [KernelEntry.Key] = []
    keys.reserveCapacity(ids.count)
    for id in ids where rows.indices.contains(Int(id.number)) {
      if let key = rows[Int(id.number)]?.entry.key { keys.append(key) }
    }
    return keys
  }

  private func row(at number: Int, is key: KernelEntry.Key) -> Bool {
    rows.indices.contains(number) && rows[number]?.entry.key == key
  }

  /// Whether a row says just this; compared in place, as audits ask it of all.
  public func holds(_ entry: KernelEntry, _ id: EntryID) -> Bool {
    rows.indices.contains(Int(id.number)) && rows[Int(id.number)]?.entry == entry
  }

  /// Changes a row in place; its key must stay.
  public mutating func update(_ id: EntryID, _ change: (inout EntryRow) -> Void) {
    let number = Int(id.number)
    guard rows.indices.contains(number), let old = rows[number]?.kind else { return }
    countRefused(number, by: -1)
    rows[number]?.apply(change)
    countRefused(number, by: 1)
    guard let new = rows[number]?.kind, old != new, let source = rows[number]?.entry.key.flow.source else {
      return
    }
    count(old, source, by: -1)
    count(new, source, by: 1)
    cancelIdle(id)
  }

  /// Takes a reading of an entry's counters; nil when there is no such entry.
  ///
  /// - Parameter guess: the row that it is probably about, which spares the search.
  public mutating func read(
    _ counters: EntryCounters, at now: Instant, guess: EntryID? = nil
  ) -> EntryReading? {
    let isRight = guess.map { row(at: Int($0.number), is: counters.key) } ?? false
    guard let id = isRight ? guess : find(counters.key) else { return nil }
    let number = Int(id.number)
    rows[number]?.use.read(counters, at: now)
    guard let kind = rows[number]?.kind, let since = rows[number]?.since else { return nil }
    return EntryReading(
      id: id, kind: kind, isLearned: kind == .onDemand && rows[number]?.rule == nil,
      lastUsed: rows[number]?.use.lastUsed, since: since)
  }

  /// Adds a row whose key is new.
  public mutating func insert(_ row: EntryRow) -> EntryID {
    var row = row
    row.order = inserted
    inserted += 1
    let number: Int32
    if let reused = free.popLast() {
      number = reused
      rows[Int(number)] = row
    } else {
      number = Int32(rows.count)
      rows.append(row)
    }
    let seed = seed
    index.insert(number, hash: EntryTable.hash(row.entry.key, seed)) { [rows] in
      EntryTable.hash(rows[Int($0)], seed)
    }
    flows?.insert(number, row.entry.key.flow)
    countRefused(Int(number), by: 1)
    count(row.kind, row.entry.key.flow.source, by: 1)
    return EntryID(number)
  }

  /// Takes a row out; its id may name another row from then on.
  public mutating func remove(_ id: EntryID) {
    guard rows.indices.contains(Int(id.number)), let row = rows[Int(id.number)] else { return }
    let seed = seed
    index.remove(id.number) { [rows] in EntryTable.hash(rows[Int($0)], seed) }
    flows?.remove(id.number, row.entry.key.flow)
    countRefused(Int(id.number), by: -1)
    rows[Int(id.number)] = nil
    free.append(id.number)
    count(row.kind, row.entry.key.flow.source, by: -1)
    cancelIdle(id)
  }

  /// Whether flows are found by group and origin; without it none are.
  public var findsFlows: Bool {
    get { flows != nil }
    set {
      guard newValue != findsFlows else { return }
      flows = newValue ? FlowIndex() : nil
      guard newValue else { return }
      // In the order of the sources, so that each goes behind the others in the index.
      let present = rows.indices.compactMap { number in
        rows[number].map { (source: $0.entry.key.flow.source, number: Int32(number)) }
      }
      for (_, number) in present.sorted(by: { ($0.source, $0.number) < ($1.source, $1.number) }) {
        if let row = rows[Int(number)] { flows?.insert(number, row.entry.key.flow) }
      }
    }
  }

  /// The flows to a group; one that is in several tables comes several times.
  public func flows(to group: Group) -> [Flow] {
    flows?.rows(to: group).compactMap { rows[Int($0)]?.entry.key.flow } ?? []
  }

  /// The IPv4 flows of a block of sources; one that is in several tables comes several times.
  public func flows(from origin: Prefix) -> [Flow] {
    flows?.rows(from: origin).compactMap { rows[Int($0)]?.entry.key.flow } ?? []
  }

  /// The entry of a kind whose counters were asked for longest ago; nil when there is none.
  public func oldest(_ kind: EntryRow.Kind) -> EntryID? {
    switch kind {
    case .onDemand: idleOnDemand.first.map { EntryID($0) }
    case .blocking: idleBlocking.first.map { EntryID($0) }
    case .full: nil
    }
  }

  /// When the counters of an entry shall be read next.
  public var nextIdle: Instant? { idleOnDemand.next.orEarlier(idleBlocking.next) }

  /// Asks for an entry's counters at `instant`, or a little later with others; full ones are never asked for.
  public mutating func scheduleIdle(_ id: EntryID, at instant: Instant) {
    let early = instant.nanoseconds % EntryTable.idleGrain
    let due = early == 0 ? instant : instant + .nanoseconds(EntryTable.idleGrain - early)
    guard rows.indices.contains(Int(id.number)) else { return }
    switch rows[Int(id.number)]?.kind {
    case .onDemand: idleOnDemand.set(id.number, at: due)
    case .blocking: idleBlocking.set(id.number, at: due)
    case .full, .none: break
    }
  }

  /// Whether the row waits for its idle reading.
  public func isIdleScheduled(_ id: EntryID) -> Bool {
    idleOnDemand.contains(id.number) || idleBlocking.contains(id.number)
  }

  /// Takes out entries whose counters shall be read now; what is due beyond so many stays due.
  public mutating func expireIdle(at now: Instant) -> [EntryID] {
    var due: [EntryID] = []
    while due.count < EntryTable.idleBatch, let next = nextIdle, next <= now {
      guard let number = idleOnDemand.next == next ? idleOnDemand.first : idleBlocking.first else { break }
      cancelIdle(EntryID(number))
      due.append(EntryID(number))
    }
    return due
  }

  /// Lets no entry wait for its reading beyond `instant`, since that is due sooner from now on.
  public mutating func hastenIdle(to instant: Instant) {
    idleOnDemand.hasten(to: instant)
    idleBlocking.hasten(to: instant)
  }

  private mutating func cancelIdle(_ id: EntryID) {
    idleOnDemand.cancel(id.number)
    idleBlocking.cancel(id.number)
  }

  /// Readings fall due together: one turn of the process for all that came within a tenth of a second.
  private static let idleGrain: Int64 = 100_000_000
  /// Readings of one turn, between which packets are served: half a millisecond.
  private static let idleBatch = 500

  /// The most entries on demand that any source has caused.
  public var largestSource: Int { Int(perSource.values.max() ?? 0) }

  /// Entries on demand that one source has caused.
  public func onDemand(of source: Address) -> Int { Int(perSource[source] ?? 0) }

  /// The entries for which `isWanted` holds, in row order; one pass over dense rows.
  public func all(where isWanted: (EntryRow) -> Bool) -> [EntryID] {
    var result: [EntryID] = []
    for number in rows.indices {
      if let row = rows[number], isWanted(row) { result.append(EntryID(Int32(number))) }
    }
    return result
  }

  private mutating func countRefused(_ number: Int, by change: Int) {
    if rows[number]?.isInstalled == false { refusedCount += change }
  }

  private mutating func count(_ kind: EntryRow.Kind, _ source: Address, by change: Int) {
    switch kind {
    case .full: fullCount += change
    case .blocking: blockingCount += change
    case .onDemand:
      onDemandCount += change
      let count = (perSource[source] ?? 0) + Int32(change)
      perSource[source] = count == 0 ? nil : count
    }
  }

  private static func hash(_ row: EntryRow?, _ seed: UInt64) -> UInt64 {
    row.map { hash($0.entry.key, seed) } ?? 0
  }

  private static func hash(_ key: KernelEntry.Key, _ seed: UInt64) -> UInt64 {
    var hash = Generator.mix(seed ^ key.flow.source.low ^ UInt64(key.table.rawValue) << 32)
    hash = Generator.mix(hash ^ key.flow.group.address.low)
    return key.flow.family == .ipv4
      ? hash : Generator.mix(hash ^ key.flow.source.high ^ key.flow.group.address.high &* 31)
  }
}

public import Addressing
public import Kernel
public import Timing

/// The static routes in force, found by longest match without a scan.
///
/// Rules with the same two prefixes form a chain; a flow is looked up once for each pair of prefix lengths
/// that occurs, longest first. The cost follows the number of distinct lengths, not of rules.
public struct RuleTable: Sendable {
  struct Row: Sendable {
    var route: StaticRoute
    var inbound: Int32
    var outbound: Int32
    /// Earlier statements rank higher among equals.
    var order: UInt64
    /// The next rule with the same prefixes; -1 ends the chain.
    var next: Int32 = -1
    /// The pass of `Router` that last saw the rule stated; what an older pass saw is withdrawn.
    var pass: UInt32
    var since: Instant
    var isUsed = true
  }

  /// A pair of prefix lengths that some rules have, in the 128-bit form.
  private struct Lengths: Hashable, Sendable, Comparable {
    var groups: UInt8
    var sources: UInt8
    static func < (left: Lengths, right: Lengths) -> Bool {
      (left.groups, left.sources) > (right.groups, right.sources)
    }
  }

  private var rows: [Row] = []
  private var free: [Int32] = []
  private var chains = HashIndex()
  private var lengths = Tally<Lengths>()
  private var inboundLists: PatternLists<InterfacePattern, InboundBinding>
  private var outboundLists: PatternLists<StaticRoute.Outbound, OutboundBinding>
  private var pairs = Tally<Pair>()
  private var present: [NamedInterface] = []
  private let seed: UInt64
  /// Heads of chains with more than one rule that names one source and one group.
  private var contested: Set<Int32> = []

  /// Inbound list, outbound list and family of at least one rule: what decides who needs a VIF.
  private struct Pair: Hashable, Comparable, Sendable {
    var inbound: Int32
    var outbound: Int32
    var family: Family
    static func < (left: Pair, right: Pair) -> Bool {
      (left.inbound, left.outbound, left.family) < (right.inbound, right.outbound, right.family)
    }
  }

  /// - Parameter seed: of the hash function; the same in a replay.
  public init(seed: UInt64) {
    self.seed = seed
    inboundLists = PatternLists { InboundBinding($0, $1) }
    outboundLists = PatternLists { OutboundBinding($0, $1) }
  }

  public var count: Int { rows.count - free.count }

  /// Every rule, oldest number first.
  public var all: [RuleID] {
    rows.indices.filter { rows[$0].isUsed }.map { RuleID(Int32($0)) }
  }

  /// One past the highest number in use: where a walk in pages ends.
  public var end: Int { rows.count }

  /// The rule with this number; nil when it is free.
  public func rule(at number: Int) -> RuleID? {
    rows.indices.contains(number) && rows[number].isUsed ? RuleID(Int32(number)) : nil
  }

  /// When the rule was first stated; reloads and changes of its text leave it.
  public func since(_ id: RuleID) -> Instant { rows[Int(id.number)].since }

  /// Where the rule stands among the stated ones.
  public func order(_ id: RuleID) -> UInt64 { rows[Int(id.number)].order }

  /// The rule as it is written.
  public func route(_ id: RuleID) -> StaticRoute { rows[Int(id.number)].route }

  /// The inbound interfaces that exist for the rule now.
  public func inbound(_ id: RuleID) -> InboundBinding {
    inboundLists.bound[Int(rows[Int(id.number)].inbound)]
  }

  /// The outbound interfaces that exist for the rule now.
  public func outbound(_ id: RuleID) -> OutboundBinding {
    outboundLists.bound[Int(rows[Int(id.number)].outbound)]
  }
}

/// Adding, changing, removing.
extension RuleTable {
  /// Makes room for so many rules at once, before a bulk load.
  public mutating func reserve(_ count: Int) {
    rows.reserveCapacity(count)
    let (rows, seed) = (rows, seed)
    chains.reserve(count) { RuleTable.hash(rows[Int($0)].route.key, seed) }
  }

  /// The rule with this key; nil when there is none.
  public func find(_ key: StaticRoute.Key) -> RuleID? {
    var number = head(key.groups, key.sources) ?? -1
    while number >= 0 {
      if rows[Int(number)].route.key.inbound == key.inbound { return RuleID(number) }
      number = rows[Int(number)].next
    }
    return nil
  }

  /// Adds a rule whose key is new.
  public mutating func insert(
    _ route: StaticRoute, order: UInt64, pass: UInt32, since: Instant = .start
  ) -> RuleID {
    let row = Row(
      route: route, inbound: inboundLists.intern(route.key.inbound, present: present),
      outbound: outboundLists.intern(route.outbound, present: present), order: order, pass: pass,
      since: since)
    let number: Int32
    if let reused = free.popLast() {
      number = reused
      rows[Int(number)] = row
    } else {
      number = Int32(rows.count)
      rows.append(row)
    }
    link(number)
    count(row, by: 1)
    return RuleID(number)
  }

  /// Gives a rule another text with the same key; says whether what it does can differ.
  public mutating func update(_ id: RuleID, to route: StaticRoute, order: UInt64, pass: UInt32) -> Bool {
    let number = Int(id.number)
    let old = rows[number]
    rows[number].order = order
    rows[number].pass = pass
    rows[number].route = route
    if old.route.outbound != route.outbound {
      count(old, by: -1)
      rows[number].outbound = outboundLists.intern(route.outbound, present: present)
      count(rows[number], by: 1)
    }
    let isReordered =
      old.order != order && (old.next >= 0 || head(route.key.groups, route.key.sources) != id.number)
    return isReordered || old.route.outbound != route.outbound || old.route.preference != route.preference
      || old.route.isExclusive != route.isExclusive
  }

  /// Takes a rule out; its id may name another rule from then on.
  public mutating func remove(_ id: RuleID) {
    unlink(id.number)
    count(rows[Int(id.number)], by: -1)
    rows[Int(id.number)].isUsed = false
    rows[Int(id.number)].route.outbound = []
    free.append(id.number)
  }

  /// Marks the rule as stated in this pass without changing it.
  public mutating func keep(_ id: RuleID, order: UInt64, pass: UInt32) {
    rows[Int(id.number)].order = order
    rows[Int(id.number)].pass = pass
  }

  /// Rules that `pass` did not state.
  public func stale(_ pass: UInt32) -> [RuleID] {
    rows.indices.filter { rows[$0].isUsed && rows[$0].pass != pass }.map { RuleID(Int32($0)) }
  }

  private func head(_ groups: Prefix, _ sources: Prefix) -> Int32? {
    chains.find(RuleTable.hash(groups, sources, seed)) {
      rows[Int($0)].route.key.groups == groups && rows[Int($0)].route.key.sources == sources
    }
  }

  /// New rules go behind the head, so that the index names the head as long as the chain lives.
  private mutating func link(_ number: Int32) {
    let key = rows[Int(number)].route.key
    guard let head = head(key.groups, key.sources) else {
      rows[Int(number)].next = -1
      let seed = seed
      chains.insert(number, hash: RuleTable.hash(key, seed)) { [rows] in
        RuleTable.hash(rows[Int($0)].route.key, seed)
      }
      return addLengths(key, by: 1)
    }
    rows[Int(number)].next = rows[Int(head)].next
    rows[Int(head)].next = number
    if rows[Int(number)].route.isFull { contested.insert(head) }
  }

  private mutating func unlink(_ number: Int32) {
    let key = rows[Int(number)].route.key
    guard let head = head(key.groups, key.sources) else { return }
    let next = rows[Int(number)].next
    if head == number {
      let hash = RuleTable.hash(key, seed)
      if next >= 0 {
        chains.rename(number, to: next, hash: hash)
      } else {
        let seed = seed
        chains.remove(number) { [rows] in RuleTable.hash(rows[Int($0)].route.key, seed) }
        addLengths(key, by: -1)
      }
      if contested.remove(number) != nil, next >= 0, rows[Int(next)].next >= 0 { contested.insert(next) }
      return
    }
    var previous = head
    while rows[Int(previous)].next != number { previous = rows[Int(previous)].next }
    rows[Int(previous)].next = next
    if rows[Int(head)].next < 0 { contested.remove(head) }
  }

  private mutating func addLengths(_ key: StaticRoute.Key, by change: Int) {
    lengths.count(Lengths(groups: key.groups.bits, sources: key.sources.bits), by: change)
  }

  private mutating func count(_ row: Row, by change: Int) {
    pairs.count(Pair(inbound: row.inbound, outbound: row.outbound, family: row.route.family), by: change)
  }

  private static func hash(_ key: StaticRoute.Key, _ seed: UInt64) -> UInt64 {
    hash(key.groups, key.sources, seed)
  }

  private static func hash(_ groups: Prefix, _ sources: Prefix, _ seed: UInt64) -> UInt64 {
    var hash = Generator.mix(seed ^ groups.address.low)
    hash = Generator.mix(hash ^ sources.address.low ^ UInt64(groups.bits) << 40)
    return Generator.mix(hash ^ groups.address.high ^ sources.address.high &* 31 ^ UInt64(sources.bits))
  }
}

/// Asking.
extension RuleTable {
  /// The rule that decides a flow that came in by `arrival`; nil when none does.
  ///
  /// Precedence: longest group prefix, longest source prefix, a literal inbound name before a pattern, the
  /// higher preference, the earlier statement. A link-local IPv6 source needs a rule that names such sources
  /// (RFC 4291 2.5.6: not forwarded otherwise).
  public func match(_ flow: Flow, arrival: InterfaceID) -> RuleID? {
    let narrow = flow.family == .ipv6 && flow.source.isLinkLocalUnicast
    for pair in lengths.sorted {
      if narrow && pair.sources < 10 { continue }
      let groups = Prefix.masking(flow.group.address, bits: pair.groups)
      let sources = Prefix.masking(flow.source, bits: pair.sources)
      guard groups.family == flow.family, sources.family == flow.family else { continue }
      if let head = head(groups, sources), let best = best(in: head, arrival: arrival) { return best }
    }
    return nil
  }

  private func best(in head: Int32, arrival: InterfaceID) -> RuleID? {
    var best: Int32?
    var number = head
    while number >= 0 {
      if inboundLists.bound[Int(rows[Int(number)].inbound)].interfaces.contains(arrival),
        best.map({ ranks(number, before: $0, arrival) }) ?? true
      {
        best = number
      }
      number = rows[Int(number)].next
    }
    return best.map { RuleID($0) }
  }

  private func ranks(_ left: Int32, before right: Int32, _ arrival: InterfaceID) -> Bool {
    let (a, b) = (rows[Int(left)], rows[Int(right)])
    let (exactA, exactB) = (
      inboundLists.bound[Int(a.inbound)].exact.contains(arrival),
      inboundLists.bound[Int(b.inbound)].exact.contains(arrival)
    )
    if exactA != exactB { return exactA }
    if a.route.preference != b.route.preference { return a.route.preference > b.route.preference }
    return a.order < b.order
  }

  /// The first rule that names exactly this source and group; `next` gives the others.
  public func full(_ flow: Flow) -> RuleID? {
    head(Prefix(flow.group.address), Prefix(flow.source)).map { RuleID($0) }
  }

  /// Another rule with the same source and group.
  public func next(_ id: RuleID) -> RuleID? {
    let next = rows[Int(id.number)].next
    return next < 0 ? nil : RuleID(next)
  }

  /// The flow of a rule that names one source and one group; nil for another.
  public func flow(_ id: RuleID) -> Flow? {
    let sources = rows[Int(id.number)].route.key.sources
    let groups = rows[Int(id.number)].route.key.groups
    guard sources.isSingle, groups.isSingle, let group = Group(groups.address) else { return nil }
    return Flow(source: sources.address, group: group)
  }

  /// What a list of rules covers: flows of those that name one source and one group, keys of the others.
  ///
  /// In the order of the rules; one that is named twice counts once, one that is gone not at all.
  public func flows(of ids: [RuleID]) -> (flows: [Flow], wide: [StaticRoute.Key]) {
    var result: (flows: [Flow], wide: [StaticRoute.Key]) = ([], [])
    result.flows.reserveCapacity(ids.count)
    var last: RuleID?
    for id in ids.sorted() where id != last && rows[Int(id.number)].isUsed {
      last = id
      if let flow = flow(id) {
        result.flows.append(flow)
      } else {
        result.wide.append(rows[Int(id.number)].route.key)
      }
    }
    return result
  }

  /// Two rules with the same class treat every flow alike, but for boundaries.
  public func kind(_ id: RuleID) -> RuleKind {
    RuleKind(
      outbound: rows[Int(id.number)].outbound, isExclusive: rows[Int(id.number)].route.isExclusive,
      isFull: rows[Int(id.number)].route.isFull)
  }
}

/// Interfaces that come and go.
extension RuleTable {
  /// Binds to the interfaces that exist now and returns the rules whose binding changed.
  public mutating func rebind(to present: [NamedInterface]) -> [RuleID] {
    guard present != self.present else { return [] }
    self.present = present
    let inbound = inboundLists.rebind(to: present)
    let outbound = outboundLists.rebind(to: present)
    guard !inbound.isEmpty || !outbound.isEmpty else { return [] }
    return rows.indices.filter {
      rows[$0].isUsed && (inbound.contains(rows[$0].inbound) || outbound.contains(rows[$0].outbound))
    }.map { RuleID(Int32($0)) }
  }

  /// Rules whose bound interfaces include one of these.
  public func naming(_ interfaces: InterfaceSet) -> [RuleID] {
    let inbound = inboundLists.bound.map { !$0.interfaces.intersection(interfaces).isEmpty }
    let outbound = outboundLists.bound.map { !$0.interfaces.intersection(interfaces).isEmpty }
    return rows.indices.filter {
      rows[$0].isUsed && (inbound[Int(rows[$0].inbound)] || outbound[Int(rows[$0].outbound)])
    }.map { RuleID(Int32($0)) }
  }

  /// Every pattern that some rule states: an interface that one matches needs a slot.
  public var patterns: Set<InterfacePattern> {
    var patterns: Set<InterfacePattern> = []
    for pair in pairs.sorted {
      patterns.formUnion(inboundLists.lists[Int(pair.inbound)])
      patterns.formUnion(outboundLists.lists[Int(pair.outbound)].map(\.pattern))
    }
    return patterns
  }

  /// For each inbound interface of a family, the outbound ones that its rules name.
  public func usage(_ family: Family) -> [InterfaceID: InterfaceSet] {
    var usage: [InterfaceID: InterfaceSet] = [:]
    for pair in pairs.sorted where pair.family == family {
      let outbound = outboundLists.bound[Int(pair.outbound)].interfaces
      for inbound in inboundLists.bound[Int(pair.inbound)].interfaces {
        usage[inbound, default: InterfaceSet()].formUnion(outbound)
      }
    }
    return usage
  }

  /// Inbound interfaces that must leave the standard table: a lower one has a rule for the same source and
  /// group.
  public func conflicts(_ family: Family) -> InterfaceSet {
    var conflicts = InterfaceSet()
    for head in contested.sorted() where rows[Int(head)].route.family == family {
      var sets: [InterfaceSet] = []
      var number = head
      while number >= 0 {
        sets.append(inboundLists.bound[Int(rows[Int(number)].inbound)].interfaces)
        number = rows[Int(number)].next
      }
      guard
        let lowest = sets.filter({ !$0.isEmpty }).min(by: { ($0.first?.slot ?? 0) < ($1.first?.slot ?? 0) })
      else { continue }
      for set in sets { conflicts.formUnion(set.subtracting(lowest)) }
    }
    return conflicts
  }
}

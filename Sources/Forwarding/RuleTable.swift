import Addressing
import Kernel
public import Timing

/// The static routes in force, found by longest match without a scan.
///
/// Rules with the same two prefixes form a chain. A flow is looked up by its own addresses, then by the
/// blocks that hold them, longest first. The cost follows the number of lengths and of blocks around it, not
/// of rules.
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

  private(set) var rows = RowBlocks<Row>()
  private var free: [Int32] = []
  private var chains = HashIndex()
  /// The prefixes of chains that hold more than one flow.
  private(set) var blocks: PrefixBlocks
  var inboundLists: PatternLists<InterfacePattern, InboundBinding>
  var outboundLists: PatternLists<StaticRoute.Outbound, OutboundBinding>
  private(set) var pairs = Tally<Pair>()
  var present: [NamedInterface] = []
  private let seed: UInt64
  /// Heads of chains with more than one rule that names one source and one group.
  private(set) var contested: Set<Int32> = []
  /// Which of several rules for a flow decides; flows are to be decided anew after a change.
  public var precedence = Precedence.longest
  /// The highest former order among the rules that the present pass has updated.
  private var furthest: (pass: UInt32, order: UInt64) = (0, 0)

  /// What decides who needs a VIF, as at least one rule has it.
  struct Pair: Hashable, Comparable, Sendable {
    var inbound: Int32
    var outbound: Int32
    var family: Family
    var toMembers: Bool

    static func < (left: Pair, right: Pair) -> Bool {
      (left.inbound, left.outbound, left.family, left.toMembers ? 1 : 0)
        < (right.inbound, right.outbound, right.family, right.toMembers ? 1 : 0)
    }
  }

  /// - Parameter seed: of the hash function; the same in a replay.
  public init(seed: UInt64) {
    self.seed = seed
    blocks = PrefixBlocks(seed: seed)
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

  /// Which lists of names the rule has; rules that state the same ones share them.
  public func lists(_ id: RuleID) -> RuleLists {
    RuleLists(inbound: rows[Int(id.number)].inbound, outbound: rows[Int(id.number)].outbound)
  }

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
  ///
  /// A pass goes through the rules in their new order, so one that stood before a rule already seen has
  /// changed places with it; a rule that only moved up because others went has not.
  public mutating func update(_ id: RuleID, to route: StaticRoute, order: UInt64, pass: UInt32) -> Bool {
    let number = Int(id.number)
    let old = rows[number]
    if furthest.pass != pass { furthest = (pass, 0) }
    let isOvertaken = old.order != order && old.order < furthest.order
    furthest.order = max(furthest.order, old.order)
    rows[number].order = order
    rows[number].pass = pass
    rows[number].route = route
    if old.route.outbound != route.outbound || old.route.toMembers != route.toMembers {
      count(old, by: -1)
      rows[number].outbound = outboundLists.intern(route.outbound, present: present)
      count(rows[number], by: 1)
    }
    let isReordered = isOvertaken && (precedence == .stated ? !route.isFull : isChained(id.number))
    return isReordered || old.route.outbound != route.outbound || old.route.preference != route.preference
      || old.route.isExclusive != route.isExclusive || old.route.toMembers != route.toMembers
      || old.route.reflects != route.reflects
  }

  private func isChained(_ number: Int32) -> Bool {
    let key = rows[Int(number)].route.key
    return rows[Int(number)].next >= 0 || head(key.groups, key.sources) != number
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

  /// The first rule of the chain with these prefixes, in no order of note.
  func head(_ groups: Prefix, _ sources: Prefix) -> Int32? {
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
      return blocks.insert(key.groups, key.sources)
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
        blocks.remove(key.groups, key.sources)
      }
      if contested.remove(number) != nil, next >= 0, rows[Int(next)].next >= 0 { contested.insert(next) }
      return
    }
    var previous = head
    while rows[Int(previous)].next != number { previous = rows[Int(previous)].next }
    rows[Int(previous)].next = next
    if rows[Int(head)].next < 0 { contested.remove(head) }
  }

  private mutating func count(_ row: Row, by change: Int) {
    let pair = Pair(
      inbound: row.inbound, outbound: row.outbound, family: row.route.family,
      toMembers: row.route.toMembers)
    pairs.count(pair, by: change)
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

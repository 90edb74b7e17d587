import Addressing
import Timing

/// The trees by number, found by key, by route and by group.
struct TreeTable: Sendable {
  private var rows = RowBlocks<Tree?>()
  private var free: [Int32] = []
  private var index = HashIndex()
  /// Of the index: groups and sources are chosen by whoever sends packets.
  private let seed: UInt64
  private var firstOfGroup: [UInt32: Int32] = [:]
  private var deadlines = RowDeadlines()
  private var prunes: [Int] = []
  /// Prunes received, of all neighbors.
  private(set) var pruneCount = 0
  private(set) var flowCount = 0

  init(seed: UInt64) { self.seed = seed }

  var count: Int { rows.count - free.count }
  /// One past the highest number in use.
  var end: Int { rows.count }
  var next: Instant? { deadlines.next }

  subscript(number: Int32) -> Tree? { Int(number) < rows.count && number >= 0 ? rows[Int(number)] : nil }

  func find(_ key: Tree.Key) -> Int32? {
    index.find(TreeTable.hash(key, seed)) { rows[Int($0)]?.key == key }
  }

  private static func hash(_ key: Tree.Key, _ seed: UInt64) -> UInt64 {
    Generator.mix(Generator.mix(seed ^ key.origin.value) ^ UInt64(key.group))
  }

  private static func hash(_ tree: Tree?, _ seed: UInt64) -> UInt64 { tree.map { hash($0.key, seed) } ?? 0 }

  /// Prunes that one neighbor has sent.
  func pruneCount(of peer: UInt16) -> Int { Int(peer) < prunes.count ? prunes[Int(peer)] : 0 }

  /// The trees of one group, youngest first.
  func trees(to group: UInt32) -> [Int32] {
    chain(from: firstOfGroup[group] ?? -1) { $0.inGroup.next }
  }

  /// The trees of one route, youngest first.
  func trees(from first: Int32) -> [Int32] { chain(from: first) { $0.inRoute.next } }

  private func chain(from first: Int32, _ next: (Tree) -> Int32) -> [Int32] {
    var numbers: [Int32] = []
    var number = first
    while let tree = self[number] {
      numbers.append(number)
      number = next(tree)
    }
    return numbers
  }

  mutating func insert(_ key: Tree.Key, row: Int32, _ routes: inout RouteTable) -> Int32 {
    var tree = Tree(key: key, row: row)
    tree.inRoute.next = routes.rows[Int(row)].firstTree
    tree.inGroup.next = firstOfGroup[key.group] ?? -1
    let number = free.popLast() ?? Int32(rows.count)
    if Int(number) == rows.count { rows.append(tree) } else { rows[Int(number)] = tree }
    if tree.inRoute.next >= 0 { rows[Int(tree.inRoute.next)]?.inRoute.previous = number }
    if tree.inGroup.next >= 0 { rows[Int(tree.inGroup.next)]?.inGroup.previous = number }
    routes.setFirstTree(number, of: row)
    firstOfGroup[key.group] = number
    index.insert(number, hash: TreeTable.hash(key, seed)) { [rows, seed] in
      TreeTable.hash(rows[Int($0)], seed)
    }
    return number
  }

  /// Changes a tree in place, then counts and times it anew.
  mutating func update<Result>(_ number: Int32, _ change: (inout Tree) -> Result) -> Result? {
    guard Int(number) < rows.count, let old = rows[Int(number)] else { return nil }
    let (flows, received) = (old.flows.count, old.received.map(\.peer))
    guard let result = rows[Int(number)]?.changed(by: change), let tree = rows[Int(number)] else {
      return nil
    }
    flowCount += tree.flows.count - flows
    count(received, by: -1)
    count(tree.received.map(\.peer), by: 1)
    if let due = tree.due { deadlines.set(number, at: due) } else { deadlines.cancel(number) }
    return result
  }

  private mutating func count(_ peers: [UInt16], by change: Int) {
    for peer in peers {
      while prunes.count <= Int(peer) { prunes.append(0) }
      prunes[Int(peer)] += change
      pruneCount += change
    }
  }

  mutating func remove(_ number: Int32, _ routes: inout RouteTable) {
    guard let tree = self[number] else { return }
    flowCount -= tree.flows.count
    count(tree.received.map(\.peer), by: -1)
    if tree.inRoute.previous >= 0 {
      rows[Int(tree.inRoute.previous)]?.inRoute.next = tree.inRoute.next
    } else {
      routes.setFirstTree(tree.inRoute.next, of: tree.row)
    }
    if tree.inRoute.next >= 0 { rows[Int(tree.inRoute.next)]?.inRoute.previous = tree.inRoute.previous }
    if tree.inGroup.previous >= 0 {
      rows[Int(tree.inGroup.previous)]?.inGroup.next = tree.inGroup.next
    } else {
      firstOfGroup[tree.key.group] = tree.inGroup.next >= 0 ? tree.inGroup.next : nil
    }
    if tree.inGroup.next >= 0 { rows[Int(tree.inGroup.next)]?.inGroup.previous = tree.inGroup.previous }
    index.remove(number) { [rows, seed] in TreeTable.hash(rows[Int($0)], seed) }
    deadlines.cancel(number)
    rows[Int(number)] = nil
    free.append(number)
  }

  /// Takes out the first tree of which something is due; it is timed anew by its next change.
  mutating func takeDue(at now: Instant) -> Int32? {
    guard let next = deadlines.next, next <= now, let number = deadlines.first else { return nil }
    deadlines.cancel(number)
    return number
  }
}

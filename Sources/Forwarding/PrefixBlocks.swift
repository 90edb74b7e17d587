import Addressing
import Kernel
import Timing

/// The pairs of prefixes that rules name, found from the outside in: which blocks hold a flow.
///
/// For each block of groups the lengths of the sources that occur with it. A flow costs a lookup for each
/// length of groups that occurs at all, and one for each length of sources where its group lies in a block;
/// however many rules there are, and whatever lengths they have with other groups.
struct PrefixBlocks: Sendable {
  private struct Row {
    var groups: Prefix
    var sources: UInt8
    /// How many blocks of sources have this length here; 0: the row is free.
    var count: Int32
    /// The next shorter length of sources with these groups; -1 ends the list.
    var next: Int32
  }

  /// Whether a walk goes on.
  enum Step { case on, stop }

  private var rows: [Row] = []
  private var free: [Int32] = []
  private var index = HashIndex()
  /// By family; the longest first.
  private var lengths: [Tally<Longest>] = [Tally(), Tally()]
  private let seed: UInt64

  private struct Longest: Hashable, Comparable {
    var bits: UInt8
    static func < (left: Longest, right: Longest) -> Bool { left.bits > right.bits }
  }

  init(seed: UInt64) { self.seed = seed }

  /// Visits the pairs of blocks that hold the flow: the longest for the group first, then for the source.
  ///
  /// A pair need not be one that was inserted: other sources may have that length.
  func visit(_ flow: Flow, _ visit: (_ groups: Prefix, _ sources: Prefix) -> Step) {
    for length in lengths[PrefixBlocks.place(flow.family)].sorted {
      let groups = Prefix.masking(flow.group.address, bits: length.bits)
      var number = first(groups) ?? -1
      while number >= 0 {
        let row = rows[Int(number)]
        if visit(groups, Prefix.masking(flow.source, bits: row.sources)) == .stop { return }
        number = row.next
      }
    }
  }

  /// Adds a pair; one of single addresses is found without.
  mutating func insert(_ groups: Prefix, _ sources: Prefix) {
    guard !groups.isSingle || !sources.isSingle else { return }
    let (before, found) = place(groups, sources.bits)
    if let found { return rows[Int(found)].count += 1 }
    let next = before.map { rows[Int($0)].next } ?? first(groups) ?? -1
    let row = Row(groups: groups, sources: sources.bits, count: 1, next: next)
    let number = free.popLast() ?? Int32(rows.count)
    if Int(number) < rows.count { rows[Int(number)] = row } else { rows.append(row) }
    if let before {
      rows[Int(before)].next = number
    } else if next >= 0 {
      index.rename(next, to: number, hash: hash(groups))
    } else {
      let (rows, seed) = (rows, seed)
      index.insert(number, hash: hash(groups)) { PrefixBlocks.hash(rows[Int($0)].groups, seed) }
    }
    lengths[PrefixBlocks.place(groups.family)].count(Longest(bits: groups.bits), by: 1)
  }

  /// Takes out a pair that was inserted.
  mutating func remove(_ groups: Prefix, _ sources: Prefix) {
    guard !groups.isSingle || !sources.isSingle else { return }
    let (before, found) = place(groups, sources.bits)
    guard let number = found else { return }
    rows[Int(number)].count -= 1
    guard rows[Int(number)].count == 0 else { return }
    let next = rows[Int(number)].next
    if let before {
      rows[Int(before)].next = next
    } else if next >= 0 {
      index.rename(number, to: next, hash: hash(groups))
    } else {
      let (rows, seed) = (rows, seed)
      index.remove(number) { PrefixBlocks.hash(rows[Int($0)].groups, seed) }
    }
    free.append(number)
    lengths[PrefixBlocks.place(groups.family)].count(Longest(bits: groups.bits), by: -1)
  }

  /// The row of a length of sources, and the last one before its place.
  private func place(_ groups: Prefix, _ sources: UInt8) -> (before: Int32?, found: Int32?) {
    var before: Int32?
    var number = first(groups) ?? -1
    while number >= 0, rows[Int(number)].sources >= sources {
      if rows[Int(number)].sources == sources { return (before, number) }
      before = number
      number = rows[Int(number)].next
    }
    return (before, nil)
  }

  private func first(_ groups: Prefix) -> Int32? {
    index.find(hash(groups)) { rows[Int($0)].groups == groups }
  }

  private func hash(_ groups: Prefix) -> UInt64 { PrefixBlocks.hash(groups, seed) }

  private static func hash(_ groups: Prefix, _ seed: UInt64) -> UInt64 {
    Generator.mix(Generator.mix(seed ^ groups.address.low ^ UInt64(groups.bits) << 40) ^ groups.address.high)
  }

  private static func place(_ family: Family) -> Int { family == .ipv4 ? 0 : 1 }
}

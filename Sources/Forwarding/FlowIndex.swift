import Addressing
import Kernel
import Timing

/// Finds the rows of an entry table by group, and by a block of sources.
///
/// Kept only while members or a routing protocol can change what a flow needs.
struct FlowIndex: Sendable {
  private var groups = RowChains<Group>()
  private var sources = RowChains<Address>()
  /// The IPv4 sources of all rows, in order.
  private var ordered: [UInt32] = []

  mutating func insert(_ number: Int32, _ flow: Flow) {
    groups.insert(number, under: flow.group)
    guard let source = flow.source.ipv4 else { return }
    if sources.insert(number, under: flow.source) { ordered.insert(source, at: place(of: source)) }
  }

  mutating func remove(_ number: Int32, _ flow: Flow) {
    groups.remove(number, under: flow.group)
    guard let source = flow.source.ipv4 else { return }
    guard sources.remove(number, under: flow.source) else { return }
    let place = place(of: source)
    if place < ordered.count, ordered[place] == source { ordered.remove(at: place) }
  }

  func rows(to group: Group) -> [Int32] { groups.rows(under: group) }

  func rows(from origin: Prefix) -> [Int32] {
    guard let first = origin.address.ipv4, origin.length <= 32 else { return [] }
    let last = first | UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(32 - origin.length)) - 1)
    var rows: [Int32] = []
    var place = place(of: first)
    while place < ordered.count, ordered[place] <= last {
      rows += sources.rows(under: Address(ipv4: ordered[place]))
      place += 1
    }
    return rows
  }

  /// Where a source stands, or would stand.
  private func place(of source: UInt32) -> Int {
    var (low, high) = (0, ordered.count)
    while low < high {
      let middle = (low + high) / 2
      if ordered[middle] < source { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Rows of a table in one chain for each key: adding and taking out costs the same however long a chain is.
private struct RowChains<Key: Hashable & Sendable>: Sendable {
  private var heads: [Key: Int32] = [:]
  /// By row: the rows behind and before it in its chain; -1 for none.
  private var links = RowBlocks<(next: Int32, previous: Int32)>()

  /// - Returns: whether the key is new.
  @discardableResult
  mutating func insert(_ number: Int32, under key: Key) -> Bool {
    while links.count <= Int(number) { links.append((-1, -1)) }
    let head = heads[key]
    links[Int(number)] = (head ?? -1, -1)
    if let head { links[Int(head)].previous = number }
    heads[key] = number
    return head == nil
  }

  /// - Returns: whether the key has no row any more.
  @discardableResult
  mutating func remove(_ number: Int32, under key: Key) -> Bool {
    guard links.indices.contains(Int(number)) else { return false }
    let (next, previous) = links[Int(number)]
    if next >= 0 { links[Int(next)].previous = previous }
    if previous >= 0 {
      links[Int(previous)].next = next
    } else {
      heads[key] = next >= 0 ? next : nil
    }
    links[Int(number)] = (-1, -1)
    return heads[key] == nil
  }

  func rows(under key: Key) -> [Int32] {
    var rows: [Int32] = []
    var number = heads[key] ?? -1
    while number >= 0 {
      rows.append(number)
      number = links[Int(number)].next
    }
    return rows
  }
}

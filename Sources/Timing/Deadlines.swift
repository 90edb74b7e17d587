/// Timers as data: a key has at most one deadline; expired keys come in the order of instant, then key.
///
/// Inlinable, because each table has its own kind of key and an unspecialized heap costs more than an upcall.
/// A binary heap with lazy deletion: setting and cancelling cost O(log n), a replaced deadline leaves a stale
/// heap item behind, and the heap is rebuilt when stale items outnumber live ones.
public struct Deadlines<Key: Hashable & Comparable & Sendable>: Sendable {
  @usableFromInline struct Item: Sendable, Comparable {
    @usableFromInline var instant: Instant
    @usableFromInline var key: Key

    @inlinable init(instant: Instant, key: Key) {
      self.instant = instant
      self.key = key
    }

    @inlinable static func < (left: Item, right: Item) -> Bool {
      (left.instant, left.key) < (right.instant, right.key)
    }
  }

  @usableFromInline var heap: [Item] = []
  @usableFromInline var live: [Key: Instant] = [:]

  @inlinable public init() {}

  /// The earliest deadline; nil when there is none.
  @inlinable public var next: Instant? { heap.first?.instant }

  @inlinable public var count: Int { live.count }

  /// Every deadline, the earliest first; costs a sort of all of them.
  @inlinable public var sorted: [(key: Key, instant: Instant)] {
    live.map { Item(instant: $0.value, key: $0.key) }.sorted().map { ($0.key, $0.instant) }
  }

  /// When `key` is due; nil when it has no deadline.
  @inlinable public subscript(key: Key) -> Instant? { live[key] }

  /// Gives `key` the deadline `instant`, in place of one that it had.
  @inlinable public mutating func set(_ key: Key, at instant: Instant) {
    guard live.updateValue(instant, forKey: key) != instant else { return }
    heap.append(Item(instant: instant, key: key))
    siftUp(heap.count - 1)
    if heap.count > 2 * live.count + 64 { rebuild() }
  }

  /// Forgets the deadline of a key; one without a deadline changes nothing.
  @inlinable public mutating func cancel(_ key: Key) {
    guard live.removeValue(forKey: key) != nil else { return }
    dropStale()
  }

  /// The key with the earliest deadline.
  @inlinable public var first: Key? { heap.first?.key }

  /// Removes and returns what is due at `now`, earliest first.
  @inlinable public mutating func expire(at now: Instant) -> [Key] {
    var due: [Key] = []
    while let first = heap.first, first.instant <= now {
      due.append(first.key)
      live[first.key] = nil
      dropStale()
    }
    return due
  }

  /// Keeps the invariant that the top of the heap is live, so that `next` needs no search.
  @inlinable mutating func dropStale() {
    while let first = heap.first, live[first.key] != first.instant { removeTop() }
  }

  @inlinable mutating func rebuild() {
    heap = live.map { Item(instant: $0.value, key: $0.key) }.sorted()
  }

  @inlinable mutating func removeTop() {
    let last = heap.removeLast()
    guard !heap.isEmpty else { return }
    heap[0] = last
    var index = 0
    while true {
      var smallest = index
      for child in 2 * index + 1...2 * index + 2 where child < heap.count && heap[child] < heap[smallest] {
        smallest = child
      }
      guard smallest != index else { return }
      heap.swapAt(index, smallest)
      index = smallest
    }
  }

  @inlinable mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0, heap[index] < heap[(index - 1) / 2] {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
    dropStale()
  }
}

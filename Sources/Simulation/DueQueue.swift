import Timing

/// What is to happen, by time and then by the order of adding: a binary heap.
struct DueQueue: Sendable {
  private struct Item: Sendable {
    var at: Instant
    var order: UInt64
    /// Where the content is; it stays there while the heap moves its items.
    var slot: Int32

    func isBefore(_ other: Item) -> Bool { at != other.at ? at < other.at : order < other.order }
  }

  private var heap: [Item] = []
  private var contents: [Network.Due?] = []
  private var free: [Int32] = []
  private var lastOrder: UInt64 = 0

  var next: Instant? { heap.first?.at }

  mutating func add(_ due: Network.Due, at instant: Instant) {
    lastOrder += 1
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
      contents[Int(slot)] = due
    } else {
      slot = Int32(contents.count)
      contents.append(due)
    }
    heap.append(Item(at: instant, order: lastOrder, slot: slot))
    var index = heap.count - 1
    while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func take() -> Network.Due? {
    guard let top = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    free.append(top.slot)
    defer { contents[Int(top.slot)] = nil }
    return contents[Int(top.slot)]
  }

  private mutating func sink() {
    var index = 0
    while true {
      var smallest = index
      for child in 2 * index + 1...2 * index + 2
      where child < heap.count && heap[child].isBefore(heap[smallest]) {
        smallest = child
      }
      guard smallest != index else { return }
      heap.swapAt(index, smallest)
      index = smallest
    }
  }
}

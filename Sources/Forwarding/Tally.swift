/// How often each of a few values occurs, with the values in order.
struct Tally<Value: Hashable & Comparable & Sendable>: Sendable {
  /// The values that occur.
  private(set) var sorted: [Value] = []
  private var counts: [Value: Int] = [:]
  /// The value counted last and what to add to its count: bulk loads count one value over and over.
  private var last: (value: Value, pending: Int)?

  mutating func count(_ value: Value, by change: Int) {
    if let last, last.value == value, change > 0 {
      self.last = (value, last.pending + change)
      return
    }
    flush()
    let count = (counts[value] ?? 0) + change
    if count > 0 {
      if counts.updateValue(count, forKey: value) == nil { insert(value) }
      last = (value, 0)
    } else {
      counts[value] = nil
      sorted.removeAll { $0 == value }
    }
  }

  /// How often a value occurs.
  subscript(value: Value) -> Int {
    let pending = last.map { $0.value == value ? $0.pending : 0 } ?? 0
    return (counts[value] ?? 0) + pending
  }

  private mutating func flush() {
    if let last, last.pending > 0 { counts[last.value, default: 0] += last.pending }
    last = nil
  }

  private mutating func insert(_ value: Value) {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < value { low = middle + 1 } else { high = middle }
    }
    sorted.insert(value, at: low)
  }
}

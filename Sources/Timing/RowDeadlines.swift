/// Deadlines of the rows of a table, by number: as `Deadlines`, for keys that are dense.
///
/// A heap that knows where each row stands, so that nothing is searched for and no stale item stays behind:
/// 20 bytes for each row, where a heap beside a dictionary takes more than twice as many.
public struct RowDeadlines: Sendable {
  private var heap: [Int32] = []
  /// By row: its place in the heap; -1: it has no deadline.
  private var places = RowBlocks<Int32>()
  private var instants = RowBlocks<Instant>()

  public init() {}

  /// The row with the earliest deadline, of several the one with the lowest number.
  public var first: Int32? { heap.first }
  /// The earliest deadline; nil when there is none.
  public var next: Instant? { heap.first.map { instants[Int($0)] } }

  /// When a row is due; nil when it has no deadline.
  public subscript(row: Int32) -> Instant? {
    Int(row) < places.count && places[Int(row)] >= 0 ? instants[Int(row)] : nil
  }

  /// Gives a row the deadline `instant`, in place of one that it had.
  public mutating func set(_ row: Int32, at instant: Instant) {
    while places.count <= Int(row) {
      places.append(-1)
      instants.append(.start)
    }
    instants[Int(row)] = instant
    if places[Int(row)] < 0 {
      places[Int(row)] = Int32(heap.count)
      heap.append(row)
    }
    settle(Int(places[Int(row)]))
  }

  /// Forgets the deadline of a row; one without a deadline changes nothing.
  public mutating func cancel(_ row: Int32) {
    guard self[row] != nil, let last = heap.popLast() else { return }
    let gap = Int(places[Int(row)])
    places[Int(row)] = -1
    guard last != row else { return }
    put(last, at: gap)
    settle(gap)
  }

  private func isBefore(_ left: Int32, _ right: Int32) -> Bool {
    (instants[Int(left)], left) < (instants[Int(right)], right)
  }

  private mutating func put(_ row: Int32, at place: Int) {
    heap[place] = row
    places[Int(row)] = Int32(place)
  }

  /// Moves the row at a place up or down to where it belongs.
  private mutating func settle(_ start: Int) {
    let row = heap[start]
    var place = start
    while place > 0, isBefore(row, heap[(place - 1) / 2]) {
      put(heap[(place - 1) / 2], at: place)
      place = (place - 1) / 2
    }
    while 2 * place + 1 < heap.count {
      var child = 2 * place + 1
      if child + 1 < heap.count, isBefore(heap[child + 1], heap[child]) { child += 1 }
      guard isBefore(heap[child], row) else { break }
      put(heap[child], at: place)
      place = child
    }
    put(row, at: place)
  }
}

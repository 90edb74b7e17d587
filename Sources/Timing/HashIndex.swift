/// An open-addressing index from a hash to the number of a row in an array beside it.
///
/// It costs four bytes for each place and lets a table keep one dense array of rows, which is what makes
/// walking 100,000 of them cheap. The caller hashes with a seed of the process, since the keys are chosen
/// by whoever sends packets.
public struct HashIndex: Sendable {
  @usableFromInline var places: [Int32] = Array(repeating: -1, count: 16)
  @usableFromInline var count = 0

  public init() {}

  /// The row with this hash for which `isMatch` holds; nil when there is none.
  @inlinable public func find(_ hash: UInt64, isMatch: (Int32) -> Bool) -> Int32? {
    let mask = places.count - 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while true {
      let row = places[place]
      if row < 0 { return nil }
      if isMatch(row) { return row }
      place = (place + 1) & mask
    }
  }

  /// Makes room for `capacity` rows at once; `hash` gives the hash of a row that is in the index.
  @inlinable public mutating func reserve(_ capacity: Int, hash: (Int32) -> UInt64) {
    var size = places.count
    while size < capacity * 2 { size *= 2 }
    if size > places.count { grow(to: size, hash: hash) }
  }

  /// Adds a row that is not in the index; `rehash` gives the hash of the others when it must grow.
  @inlinable public mutating func insert(_ row: Int32, hash: UInt64, rehash: (Int32) -> UInt64) {
    if (count + 1) * 2 > places.count { grow(to: places.count * 2, hash: rehash) }
    place(row, hash)
    count += 1
  }

  /// Removes a row and closes the gap, so that no tombstones gather.
  @inlinable public mutating func remove(_ row: Int32, hash: (Int32) -> UInt64) {
    let mask = places.count - 1
    var gap = Int(truncatingIfNeeded: hash(row)) & mask
    while places[gap] != row {
      if places[gap] < 0 { return }
      gap = (gap + 1) & mask
    }
    count -= 1
    var next = (gap + 1) & mask
    while places[next] >= 0 {
      let home = Int(truncatingIfNeeded: hash(places[next])) & mask
      if (next - home) & mask >= (next - gap) & mask {
        places[gap] = places[next]
        gap = next
      }
      next = (next + 1) & mask
    }
    places[gap] = -1
  }

  /// Names a row anew that moved within its array.
  @inlinable public mutating func rename(_ row: Int32, to newRow: Int32, hash: UInt64) {
    let mask = places.count - 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while places[place] >= 0 {
      if places[place] == row {
        places[place] = newRow
        return
      }
      place = (place + 1) & mask
    }
  }

  @inlinable mutating func grow(to size: Int, hash: (Int32) -> UInt64) {
    let old = places
    places = Array(repeating: -1, count: size)
    for row in old where row >= 0 { place(row, hash(row)) }
  }

  @inlinable mutating func place(_ row: Int32, _ hash: UInt64) {
    let mask = places.count - 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while places[place] >= 0 { place = (place + 1) & mask }
    places[place] = row
  }
}

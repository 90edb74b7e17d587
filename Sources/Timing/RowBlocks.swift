/// The rows of a table by number, in blocks: it grows without moving what is there, and by one block at a
/// time.
///
/// So a table of 100,000 rows takes what they need, none of its additions costs more than another, and a copy
/// that is changed shares the blocks that stay.
public struct RowBlocks<Row: Sendable>: Sendable {
  @usableFromInline var blocks: [[Row]] = []
  /// How many rows there are; numbers begin at zero.
  @inlinable public var count: Int { used }
  @usableFromInline var used = 0

  @usableFromInline static var bits: Int { 8 }
  @usableFromInline static var mask: Int { 1 << bits - 1 }

  @inlinable public init() {}

  /// The row with a number that is in `indices`.
  @inlinable public subscript(number: Int) -> Row {
    _read { yield blocks[number >> RowBlocks.bits][number & RowBlocks.mask] }
    _modify { yield &blocks[number >> RowBlocks.bits][number & RowBlocks.mask] }
  }

  @inlinable public var indices: Range<Int> { 0..<count }

  /// Adds a row behind the others.
  @inlinable public mutating func append(_ row: Row) {
    if count & RowBlocks.mask == 0 {
      var block: [Row] = []
      // The first one grows as it is used: most tables are small.
      if count > 0 { block.reserveCapacity(1 << RowBlocks.bits) }
      blocks.append(block)
    }
    blocks[blocks.count - 1].append(row)
    used += 1
  }
}

/// Rows by number of which most may be missing: a block is made when one of its rows is first written.
///
/// So the first of 100,000 numbers costs what the last one costs.
public struct SparseRows<Row: Sendable>: Sendable {
  @usableFromInline var blocks: [[Row]] = []
  /// What every row is until it is written.
  @usableFromInline let absent: Row

  @inlinable public init(absent: Row) { self.absent = absent }

  /// The row with a number from zero on.
  @inlinable public subscript(number: Int) -> Row {
    get {
      let block = number >> RowBlocks<Row>.bits
      guard block < blocks.count, !blocks[block].isEmpty else { return absent }
      return blocks[block][number & RowBlocks<Row>.mask]
    }
    set {
      let block = number >> RowBlocks<Row>.bits
      while blocks.count <= block { blocks.append([]) }
      if blocks[block].isEmpty { blocks[block] = Array(repeating: absent, count: 1 << RowBlocks<Row>.bits) }
      blocks[block][number & RowBlocks<Row>.mask] = newValue
    }
  }
}

/// Which numbers of a rising sequence have come, and what that says about loss, order and duplicates.
///
/// The last 4,096 numbers are remembered one by one, in 512 bytes. A number older than that is taken as
/// reordered; whether it is also a duplicate is not known, so it stays counted as lost.
struct SequenceWindow: Hashable, Sendable {
  private(set) var duplicates: UInt64 = 0
  private(set) var reordered: UInt64 = 0
  private(set) var highest: UInt64?

  private(set) var lowest: UInt64 = 0
  private var unique: UInt64 = 0
  /// The bit of a number stands at its remainder by `size`.
  private var seen = [UInt64](repeating: 0, count: Int(size / 64))

  static let size: UInt64 = 4_096

  /// Numbers between the lowest and the highest that have not come.
  var lost: UInt64 {
    guard let highest else { return 0 }
    // The whole range of 64 bits has one number more than fits; unique is at least 1 here.
    return highest - lowest - (unique - 1)
  }

  /// - Returns: false for a duplicate.
  @discardableResult
  mutating func note(_ number: UInt64) -> Bool {
    guard let top = highest else {
      (lowest, highest) = (number, number)
      unique = 1
      mark(number)
      return true
    }
    if number > top {
      forget(from: top + 1, through: number)
      highest = number
    } else if top - number >= SequenceWindow.size {
      reordered += 1
      return true
    } else if isMarked(number) {
      duplicates += 1
      return false
    } else {
      reordered += 1
      lowest = min(lowest, number)
    }
    unique += 1
    mark(number)
    return true
  }

  /// Makes room for numbers that have not been: their bits belonged to older ones.
  private mutating func forget(from first: UInt64, through last: UInt64) {
    guard last - first < SequenceWindow.size else {
      seen = [UInt64](repeating: 0, count: seen.count)
      return
    }
    for number in first...last { seen[word(number)] &= ~bit(number) }
  }

  private mutating func mark(_ number: UInt64) { seen[word(number)] |= bit(number) }

  private func isMarked(_ number: UInt64) -> Bool { seen[word(number)] & bit(number) != 0 }

  private func word(_ number: UInt64) -> Int { Int(number % SequenceWindow.size / 64) }

  private func bit(_ number: UInt64) -> UInt64 { 1 << (number % 64) }
}

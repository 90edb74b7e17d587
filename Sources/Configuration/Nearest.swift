/// Which word was meant.
enum Nearest {
  /// The word at an edit distance of at most 2 and below the word's own length; the nearest, then the first.
  static func word(to text: String, among words: [String]) -> String? {
    let text = Array(text.utf8.prefix(64))
    var best: (word: String, distance: Int)?
    for word in words {
      let distance = editDistance(text, Array(word.utf8))
      guard distance <= 2, distance < max(text.count, 1), distance < (best?.distance ?? 3) else { continue }
      best = (word, distance)
    }
    return best?.word
  }

  /// Insertions, deletions, replacements and swaps of neighbours that make one of the other.
  static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard abs(left.count - right.count) <= 2 else { return 3 }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, byte) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var distance = min(last[column + 1] + 1, current[column] + 1, last[column] + (byte == other ? 0 : 1))
        if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
          distance = min(distance, beforeLast[column - 1] + 1)
        }
        current.append(distance)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}

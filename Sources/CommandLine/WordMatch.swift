import Diagnostics

/// Finds the word that a person meant: the word itself, or a beginning of it that only one begins with.
enum WordMatch<Value> {
  case one(Value)
  /// Several begin so; in the order of the list.
  case several([String])
  case none(nearest: String?)

  init(_ word: String, among choices: [(name: String, value: Value)]) {
    if let exact = choices.first(where: { $0.name == word }) {
      self = .one(exact.value)
      return
    }
    let candidates = word.isEmpty ? [] : choices.filter { $0.name.hasPrefix(word) }
    if candidates.count == 1 {
      self = .one(candidates[0].value)
    } else if candidates.isEmpty {
      self = .none(nearest: nearestWord(to: word, among: choices.map(\.name)))
    } else {
      self = .several(candidates.map(\.name))
    }
  }

  /// The value, or the refusal that a person can act on.
  ///
  /// - Parameter what: `verb`, `object`: what the word should have been.
  func value(of word: String, as what: String, help: String) throws(Failure) -> Value {
    switch self {
    case .one(let value): return value
    case .several(let names):
      throw .usage(
        "\"\(word)\" is ambiguous", code: .ambiguousWord, hint: "\(what): \(names.joined(separator: ", "))")
    case .none(let nearest):
      throw .usage(
        "unknown \(what) \"\(word)\"", code: .unknownWord,
        hint: nearest.map { "did you mean \($0)?" } ?? "see: \(help)")
    }
  }
}

/// The word with the fewest changed letters; nil when more than two, or half of them, would have to change.
func nearestWord(to word: String, among words: [String]) -> String? {
  let limit = min(2, max(1, word.utf8.count / 2))
  return
    words
    .map { (name: $0, distance: editDistance(word, $0)) }
    .filter { $0.distance <= limit }
    .min { $0.distance < $1.distance }?.name
}

/// How many letters must be changed, added or left out, or neighbors swapped, to make one of the other.
func editDistance(_ left: String, _ right: String) -> Int {
  let (a, b) = (Array(left.utf8), Array(right.utf8))
  guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
  var before: [Int] = []
  var row = Array(0...b.count)
  for i in 1...a.count {
    var next = [i]
    for j in 1...b.count {
      var best = min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, before[j - 2] + 1) }
      next.append(best)
    }
    (before, row) = (row, next)
  }
  return row[b.count]
}

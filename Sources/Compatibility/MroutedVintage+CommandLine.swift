import Configuration

/// Which vintage a command line is written for, where a letter means two things.
///
/// - `-f`: foreground, or the file that follows.
/// - `-p`: without pruning, or the pid file that follows.
/// - `-d`: words only attached, or the word that follows.
extension MroutedVintage {
  /// As the first of these says that says something.
  ///
  /// 1. a letter or name that only 4.x has,
  /// 2. one that only 3.9.8 has,
  /// 3. a word behind `-f`, `-p` or `-d`: 3.9.8 takes none,
  /// 4. nothing behind them, or letters that are options of 3.9.8,
  /// 5. else 4.x.
  init(of words: [String]) {
    var reading = Reading()
    reading.read(words)
    if reading.hasCurrentLetter {
      self = .current
    } else if reading.hasOlderLetter {
      self = .older
    } else {
      self = reading.hasWord || !reading.hasOlderForm ? .current : .older
    }
  }

  private struct Reading {
    var hasCurrentLetter = false
    var hasOlderLetter = false
    var hasWord = false
    var hasOlderForm = false

    mutating func read(_ words: [String]) {
      var rest = words[...]
      while let word = rest.popFirst(), word != "--" {
        if word.hasPrefix("--") {
          readName(word.dropFirst(2), &rest)
        } else if word.hasPrefix("-") {
          readLetters(word.dropFirst(), &rest)
        }
      }
    }

    private mutating func readName(_ word: Substring, _ rest: inout ArraySlice<String>) {
      let name = word.prefix { $0 != "=" }
      guard !name.isEmpty else { return }
      let isWhole = name.count == word.count
      if let found = Reading.currentNames.first(where: { $0.hasPrefix(name) }) {
        hasCurrentLetter = true
        if isWhole, found != "syslog" { _ = rest.popFirst() }
      } else if Reading.olderNames.contains(where: { $0.hasPrefix(name) }) {
        hasOlderLetter = true
      } else if isWhole, Reading.sharedNames.contains(where: { $0.hasPrefix(name) }) {
        _ = rest.popFirst()
      }
    }

    private static let currentNames = ["ident", "ipc", "loglevel", "pidfile", "syslog", "table-id"]
    private static let olderNames = ["missing-ok", "no-interfaces", "no-intefaces", "show-routes"]
    /// With a value in both.
    private static let sharedNames = ["config", "startup-delay"]

    private mutating func readLetters(_ word: Substring, _ rest: inout ArraySlice<String>) {
      var letters = word
      while let letter = letters.popFirst() {
        switch letter {
        case "n", "s": hasCurrentLetter = true
        case "M", "N", "r": hasOlderLetter = true
        case "i", "l", "t", "u", "w", "c", "D":
          if letter == "c" || letter == "D" { hasOlderLetter = true } else { hasCurrentLetter = true }
          if letters.isEmpty { _ = rest.popFirst() }
          return
        case "d" where !letters.isEmpty: return
        case "f" where !letters.isEmpty, "p" where !letters.isEmpty:
          guard isCluster(letters, before: rest.first) else { return }
          hasOlderForm = true
        case "d", "f", "p":
          guard let next = rest.first, !next.hasPrefix("-") else {
            hasOlderForm = true
            return
          }
          hasWord = true
          _ = rest.popFirst()
        default: break
        }
      }
    }

    /// Whether what stands behind `-f` or `-p` are more options of 3.9.8.
    ///
    /// `c` or `D` may be the last before a word, which to 4.x would be an operand; it takes none.
    private func isCluster(_ letters: Substring, before next: String?) -> Bool {
      var flags = letters
      if let last = letters.last, last == "c" || last == "D", let next, !next.hasPrefix("-") {
        flags = letters.dropLast()
      }
      return flags.allSatisfy { "fhprvMN".contains($0) }
    }
  }
}

extension Check {
  /// What others may use is explained where it is declared.
  ///
  /// Types and functions always; whether the name of a property carries its unit, its range and what nil
  /// means is left to review, as are initializers, operators and `description`.
  static let undocumented = Check(slug: "undocumented") { file in
    guard file.path.hasPrefix("Sources/") else { return [] }
    let declaration = /^\s*public (?:\w+(?:\(\w+\))? )*(func|struct|enum|protocol|typealias) (\w+|[^\w\s]+)/
    var findings: [Finding] = []
    for (index, line) in file.text.code.enumerated() {
      guard let match = line.firstMatch(of: declaration), match.2.first?.isLetter == true else { continue }
      // What a protocol demands is documented by the protocol.
      guard !["encode", "hash", "makeIterator", "next"].contains(match.2) else { continue }
      var above = index - 1
      while above >= 0, file.lines[above].contains(/^\s*@/) { above -= 1 }
      if above < 0 || !file.lines[above].contains(/^\s*\/\/\//) {
        findings.append(
          file.finding(line: index, "public \(match.1) \"\(match.2)\" has no ///", "undocumented"))
      }
    }
    return findings
  }

  /// A replay must not depend on the seed of a hash: what is walked is sorted.
  static let hashedOrder = Check(slug: "hashed-order") { file in
    guard let layer = file.layer, layer <= 5 else { return [] }
    var hashed: Set<String> = []
    for line in file.text.code where line.contains("var ") || line.contains("let ") {
      for match in line.matches(of: /\b(?:var|let) (\w+): (?:Set<|Dictionary<|\[[^\[\](]+: )/) {
        hashed.insert(String(match.1))
      }
      for match in line.matches(
        of: /\b(?:var|let) (\w+) = (?:Set[<(]|Dictionary[<(]|\[[^\[\]]*: ?[^\[\]]*\]\(|\[:\])/)
      {
        hashed.insert(String(match.1))
      }
    }
    return file.text.code.enumerated().compactMap { index, line in
      guard line.contains("for "),
        let match = line.firstMatch(of: /\bfor (?:case )?.+? in (.+?)(?: where .*)?\{/)
      else { return nil }
      let sequence = match.1
      guard !sequence.contains(".sorted("), !sequence.contains(".sorted {") else { return nil }
      guard let last = sequence.firstMatch(of: /(?:^|self\.)(\w+)(?:\.keys|\.values)?\s*$/),
        hashed.contains(String(last.1))
      else { return nil }
      return file.finding(line: index, "\"\(last.1)\" is walked in the order of its hash", "hashed-order")
    }
  }

  /// Messages do not talk down to the reader.
  static let prose = Check(slug: "prose") { file in
    // The room of other programs' words keeps them to the letter.
    guard file.path.hasPrefix("Sources/"), !file.path.hasPrefix("Sources/Compatibility/") else { return [] }
    return Words.findings(in: file.path, lines: file.text.literals)
  }

  /// The tree speaks of mcast alone.
  static let foreignWord = Check(slug: "foreign-word") { file in
    Words.foreign(in: file.path, lines: file.lines)
  }
}

enum Words {
  private static var banned: some RegexComponent<(Substring, Substring)> {
    /\b(simply|just|easy|easily|obviously|please|powerful)\b/.ignoresCase()
  }

  static func findings(in path: String, lines: [String]) -> [Finding] {
    lines.enumerated().compactMap { index, line in
      guard !line.isEmpty, let match = line.firstMatch(of: banned) else { return nil }
      return Finding(path: path, line: index + 1, message: "\"\(match.1)\" says nothing", slug: "prose")
    }
  }

  /// Folders of the machine it was written on have no place in it.
  ///
  /// The pattern is put together here so that
  /// this file does not find itself.
  static func foreign(in path: String, lines: [String]) -> [Finding] {
    let words = ["/wo" + "rk/", "/ro" + "ot/", "BRI" + "EF.md"]
    return lines.enumerated().compactMap { index, line in
      guard let word = words.first(where: line.contains) else { return nil }
      return Finding(path: path, line: index + 1, message: "\"\(word)\" is not ours", slug: "foreign-word")
    }
  }
}

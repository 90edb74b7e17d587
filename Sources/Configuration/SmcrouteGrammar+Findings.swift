import Diagnostics
import Kernel

/// Findings at a word.
extension SmcrouteGrammar {
  func location(of word: SmcrouteText.Word) -> SourceLocation {
    SourceLocation(
      file: file, line: text.line, column: word.lowerBound - text.lineStart + 1, length: word.count)
  }

  /// Keeps a finding; what it says is made only when there is room for it.
  mutating func warn(
    _ code: Code, as severity: Diagnostic.Severity = .warning, at word: SmcrouteText.Word,
    _ say: (SmcrouteText) -> (message: String, hint: String)
  ) {
    guard !findings.isFull(severity) else { return findings.count(severity) }
    let (message, hint) = say(text)
    findings.add(Diagnostic(severity, code, message, at: location(of: word), hint: hint))
  }

  /// SMCRoute passes over such words and says nothing.
  mutating func ignore(_ word: SmcrouteText.Word, known: String) {
    warn(.wordIgnored, as: .note, at: word) { text in
      ("\(text.shown(word)) has no meaning here and is ignored", "known are \(known)")
    }
  }

  /// SMCRoute says only that there is an error in the file.
  mutating func incomplete(
    _ first: SmcrouteText.Word, _ lacksInterface: Bool, _ statement: String, _ form: String
  ) {
    warn(.incompleteLine, at: first) { _ in
      ("\(statement): the line has no \"\(lacksInterface ? "from" : "group")\", skipping", form)
    }
  }

  mutating func matchesNone(_ statement: String, _ word: SmcrouteText.Word) {
    warn(.unknownInterface, at: word) { text in
      (
        "\(statement) from \(text.shown(word)) matches no valid phyint, skipping ...",
        "the name of an interface has 1 to 15 bytes without \"/\""
      )
    }
  }

  mutating func badLength(_ length: Int, _ width: Int, at word: SmcrouteText.Word, _ message: String) {
    warn(.valueRange, at: word) { _ in (message, "a prefix length is 1 to \(width)") }
  }

  mutating func tooMany(at word: SmcrouteText.Word) {
    warn(.limitReached, at: word) { _ in
      (
        "mroute: a route has at most \(Limits.interfacesInUse) outbound interfaces, skipping the others",
        "a pattern such as eth+ names many at once"
      )
    }
  }

  /// Keeps the first place that names an interface in this way.
  mutating func noteUse(
    _ use: Use, _ statement: String, at word: SmcrouteText.Word, _ severity: Diagnostic.Severity,
    _ absence: String
  ) {
    guard uses.count < configuration.limits.interfaces, usedPatterns.insert(use).inserted else { return }
    let location = location(of: word)
    let line = text.shownLine
    var note = InterfaceUse(
      pattern: use.pattern, statement: statement, location: location, sourceLine: line)
    note.absence = Diagnostic(severity, .unknownInterface, absence, at: location, sourceLine: line)
    uses.append(note)
    clauses.append(use.clause)
  }
}

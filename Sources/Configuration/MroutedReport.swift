public import Diagnostics

/// A line that mrouted writes to its log, or to standard error before it left the terminal.
public struct MroutedLine: Hashable, Sendable {
  /// What the program does after it.
  public enum Kind: Hashable, Sendable {
    /// The program ends; a running one keeps what it has.
    case fatal
    case warning
    case info
  }

  public var kind: Kind
  /// The file, and the line in which mrouted notices it, often the one behind; nil: about no place.
  public var place: SourceLocation?
  public var text: String

  public init(_ kind: Kind, _ text: String, at place: SourceLocation? = nil) {
    self.kind = kind
    self.text = text
    self.place = place
  }

  /// As it is written after the time: `FILE:LINE: TEXT`, of 3.9.8 `FILE: TEXT near line LINE`.
  public func written(by vintage: MroutedFileOptions.Vintage) -> String {
    let mark = kind == .warning ? "warning - " : ""
    guard let place else { return (mark + text).escapingControls }
    let line =
      switch vintage {
      case .older: "\(place.file): \(text) near line \(place.line)"
      case .current: "\(place.file):\(place.line): \(text)"
      }
    return (mark + line).escapingControls
  }
}

/// What is found in a mrouted.conf, in mrouted's words and as findings at their own places.
struct MroutedReport {
  /// Warnings that are kept.
  var kept = 100
  private(set) var lines: [MroutedLine] = []
  private(set) var suppressed = 0
  private(set) var isFatal = false
  var findings = Findings()
  private var warnings = 0

  mutating func add(_ line: MroutedLine) {
    if line.kind == .fatal { isFatal = true }
    if line.kind == .warning {
      warnings += 1
      guard warnings <= kept else {
        suppressed += 1
        return
      }
    }
    lines.append(line)
  }
}

/// Ends the reading of a file: the report says why.
struct MroutedStop: Error {}

/// Findings at a word.
extension MroutedGrammar {
  typealias Word = MroutedText.Word

  func location(of word: Word) -> SourceLocation {
    SourceLocation(
      file: file, line: word.line, column: word.range.lowerBound - word.lineStart + 1,
      length: word.range.count)
  }

  private mutating func say(_ kind: MroutedLine.Kind, _ text: String, at noticed: Word) {
    report.add(MroutedLine(kind, text, at: SourceLocation(file: file, line: noticed.counted)))
  }

  /// Says something about the word `place`; `noticed` is the word that mrouted has read by then.
  mutating func warn(
    _ code: Code, _ message: String, at place: Word, noticed: Word? = nil, hint: String
  ) {
    say(.warning, message, at: noticed ?? place)
    report.findings.add(Diagnostic(.warning, code, message, at: location(of: place), hint: hint))
  }

  /// What mrouted passes over without a word.
  mutating func note(_ code: Code, _ message: String, at place: Word, hint: String) {
    report.findings.add(Diagnostic(.warning, code, message, at: location(of: place), hint: hint))
  }

  /// What mrouted ends with.
  ///
  /// - Parameter meaning: the finding, where mrouted's words do not say it.
  mutating func fatal(
    _ code: Code, _ message: String, at place: Word, noticed: Word? = nil, meaning: String? = nil,
    hint: String
  ) -> MroutedStop {
    say(.fatal, message, at: noticed ?? place)
    report.findings.add(Diagnostic(.error, code, meaning ?? message, at: location(of: place), hint: hint))
    return MroutedStop()
  }

  /// The word cannot stand there.
  mutating func syntaxError(at word: Word, hint: String) -> MroutedStop {
    let isEnd = word.token == .end
    let meaning =
      isEnd ? "syntax error: the file ends" : "syntax error: \"\(text.shown(word))\" cannot stand here"
    return fatal(.expected, "syntax error", at: word, meaning: meaning, hint: hint)
  }

  /// `Expected … after K keyword, ignored`.
  mutating func missing(_ what: String, after keyword: MroutedKeyword, at place: Word, hint: String) {
    warn(
      .expected, "Expected \(what) after \(keyword.written(by: options.vintage)) keyword, ignored", at: place,
      noticed: word, hint: hint)
  }
}

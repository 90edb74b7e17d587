public import Diagnostics
public import Kernel

/// What a text states, and all that was found in it.
public struct ParsedConfiguration: Hashable, Sendable {
  /// Complete only when `hasErrors` is false; otherwise it must not be applied.
  public var configuration = Configuration()
  /// In file order; the first 100 errors and the first 100 warnings.
  public var diagnostics: [Diagnostic] = []
  /// Findings beyond those.
  public var suppressed = 0
  /// Whether one of the findings, kept or not, is an error.
  public var hasErrors = false
  /// Every file that was read, in the order of reading.
  public var files: [String] = []
  /// The first place of each interface name or pattern that routes and joins use; what `judge` looks at.
  public var uses: [InterfaceUse] = []

  public init() {}
}

/// The first place at which routes and joins name an interface.
public struct InterfaceUse: Hashable, Sendable {
  public var pattern: InterfacePattern
  /// `route`, `join` or `tunnel`; in a smcroute.conf `mroute`, `mgroup` or `phyint`.
  public var statement: String
  public var location: SourceLocation
  public var sourceLine: String
  /// What is found where no interface is so named; nil: the native warning (MC2104).
  public var absence: Diagnostic?

  public init(pattern: InterfacePattern, statement: String, location: SourceLocation, sourceLine: String) {
    self.pattern = pattern
    self.statement = statement
    self.location = location
    self.sourceLine = sourceLine
  }
}

/// What lines given at run time ask for, and all that was found in them.
public struct ParsedChanges: Hashable, Sendable {
  /// In the order of the lines; a line with an error gives none.
  public var changes: [Change] = []
  /// The place of each change; file `<command line>` unless named otherwise.
  public var locations: [SourceLocation] = []
  public var diagnostics: [Diagnostic] = []
  public var suppressed = 0
  public var hasErrors = false

  public init() {}
}

/// Reads and judges the file at `path` with all that it includes.
///
/// Total: whatever the bytes are, the result names what is wrong with them.
public func parse(file path: String, source: any ConfigurationSource) -> ParsedConfiguration {
  var grammar = NativeGrammar(source: source)
  grammar.configuration.file = path
  grammar.read(path)
  return ParsedConfiguration(judging: &grammar)
}

/// Reads and judges a text as if it were the file `name`.
public func parse(_ text: [UInt8], named name: String, source: any ConfigurationSource) -> ParsedConfiguration
{
  var grammar = NativeGrammar(source: source)
  grammar.configuration.file = name
  grammar.read(name, text)
  return ParsedConfiguration(judging: &grammar)
}

extension ParsedConfiguration {
  fileprivate init(judging grammar: inout NativeGrammar) {
    grammar.judge()
    configuration = grammar.configuration
    diagnostics = grammar.findings.sorted()
    suppressed = grammar.findings.suppressed
    hasErrors = grammar.findings.hasErrors
    files = grammar.files.names
    uses = grammar.uses
  }
}

/// Reads one line given at run time: a statement of the file, or a short form with its verb.
///
/// `add|replace [--pending] IIF [SRC] GROUP OIF...|none|members [of OIF...]`,
/// `add|replace [--pending] route from …`, `route from …`, `del IIF [SRC] GROUP`, `del route from …`,
/// `join [--pending] IF [SRC] GROUP`, `join on …`,
/// `leave …`, `set interface IF KEY VALUE`, `interface IF …`, `clear counters|routes|groups|neighbors`.
public func parseStatement(_ line: String) -> ParsedChanges {
  parseChanges(Array(line.utf8))
}

/// Reads many such lines as one transaction; diagnostics carry the number of each line.
public func parseChanges(_ text: [UInt8], named name: String = "<command line>") -> ParsedChanges {
  var grammar = NativeGrammar(source: nil)
  grammar.open(name, bytes: text)
  grammar.statements { grammar throws(Diagnostic) in try grammar.line() }
  var parsed = ParsedChanges()
  parsed.changes = grammar.changes
  parsed.locations = grammar.changePlaces
  parsed.diagnostics = grammar.findings.sorted()
  parsed.suppressed = grammar.findings.suppressed
  parsed.hasErrors = grammar.findings.hasErrors
  return parsed
}

/// What is worth a warning where these interfaces are: names and patterns that match none (MC2104).
///
/// One for each name, at its first place.
public func judge(_ parsed: ParsedConfiguration, present: [String]) -> [Diagnostic] {
  // A tunnel is made when the configuration is applied.
  let present = present + parsed.configuration.tunnels.map(\.name)
  let names = Set(present)
  return parsed.uses.compactMap { use in
    let isThere =
      use.pattern.isExact ? names.contains(use.pattern.text) : present.contains { use.pattern.matches($0) }
    guard !isThere else { return nil }
    if var absence = use.absence {
      absence.hint = presence(of: use.pattern, present)
      return absence
    }
    return Diagnostic(
      .warning, .unknownInterface,
      "no interface matches \"\(use.pattern)\"; the \(use.statement) waits for one",
      at: use.location, sourceLine: use.sourceLine, hint: presence(of: use.pattern, present))
  }
}

private func presence(of pattern: InterfacePattern, _ present: [String]) -> String {
  if let nearest = Nearest.word(to: pattern.text, among: present) { return "did you mean \(nearest)?" }
  guard let last = present.last else { return "this machine has no interfaces" }
  if present.count == 1 { return "present now is \(last)" }
  let shown = present.prefix(12)
  let more = present.count - shown.count
  return more > 0
    ? "present now are \(shown.joined(separator: ", ")) and \(more) more"
    : "present now are \(shown.dropLast().joined(separator: ", ")) and \(last)"
}

import Addressing
import Diagnostics
import Forwarding
import Kernel
import Membership

/// What the daemon was told beside the file.
public struct SmcrouteFileOptions: Hashable, Sendable {
  /// `-N`: interfaces take part only when a `phyint` line enables them.
  public var isStrict: Bool
  /// Findings of one severity that are kept; the rest is counted.
  public var findings: Int

  public init(isStrict: Bool = false, findings: Int = 100) {
    self.isStrict = isStrict
    self.findings = findings
  }
}

/// Reads a smcroute.conf of any age, with all that it includes.
///
/// A line that cannot be read is a warning and is skipped, as SMCRoute does; only when the file itself cannot
/// be read is there an error, and then nothing is stated. What SMCRoute says of a line is the finding's
/// message, to the letter where scripts look for it.
public func parseSmcroute(
  file path: String, source: any ConfigurationSource, options: SmcrouteFileOptions = SmcrouteFileOptions()
) -> ParsedConfiguration {
  var grammar = SmcrouteGrammar(source: source, options: options)
  grammar.configuration.file = path
  grammar.read(path)
  return grammar.parsed()
}

/// Reads a text as if it were the smcroute.conf `name`.
public func parseSmcroute(
  _ text: [UInt8], named name: String, source: any ConfigurationSource,
  options: SmcrouteFileOptions = SmcrouteFileOptions()
) -> ParsedConfiguration {
  var grammar = SmcrouteGrammar(source: source, options: options)
  grammar.configuration.file = name
  grammar.read(name, text)
  return grammar.parsed()
}

/// Reads the language of smcroute.conf; every age of it is a part of the latest.
struct SmcrouteGrammar {
  /// What makes two rules the same: one inbound interface or pattern, by its number.
  struct Place: Hashable {
    var sources: Prefix
    var groups: Prefix
    var inbound: Int32
  }

  /// An interface that a statement names.
  struct Use: Hashable {
    var pattern: InterfacePattern
    var clause: Clause
  }

  enum Clause: Hashable { case phyint, inbound, outbound, join }

  let source: any ConfigurationSource
  let options: SmcrouteFileOptions
  var configuration = Configuration()
  var findings = Findings()
  var uses: [InterfaceUse] = []
  /// How each of the uses names its interface.
  var clauses: [Clause] = []
  var usedPatterns: Set<Use> = []
  var files = FileStack()
  var text = SmcrouteText([])
  var file = ""

  var rules: [Place: Int] = [:]
  var inbound = SmcrouteNames()
  var outboundLists = Interner<StaticRoute.Outbound>()
  var joins: Set<StaticJoin.Key> = []
  /// Memberships that the joins ask for.
  var joined = 0
  /// The `phyint` statement of each pattern.
  var statements: [InterfacePattern: Int] = [:]
  /// Statements looked at because a wider pattern came behind them.
  var widened = 0

  init(source: any ConfigurationSource, options: SmcrouteFileOptions) {
    self.source = source
    self.options = options
    findings.kept = options.findings
    configuration.table.precedence = .stated
    configuration.table.selectsByRule = false
    configuration.table.takesAll = !options.isStrict
    configuration.table.followsSmcroute = true
    if options.isStrict {
      var others = InterfaceStatement(InterfacePattern("*"))
      others.mode = .disable
      configuration.interfaces.append(others)
    }
    configuration.keepsChanges = false
  }

  /// Reads a text as if it were the file `name`.
  mutating func read(_ name: String, _ bytes: [UInt8]) {
    findings.open(name, bytes: bytes)
    file = name
    text = SmcrouteText(bytes)
    forgetTexts()
    // A line of a route has some sixty bytes.
    let expected = configuration.routes.count + min(bytes.count / 60, configuration.limits.routes)
    rules.reserveCapacity(expected)
    configuration.routes.reserveCapacity(expected)
    var count = 0
    while text.advance() {
      statement()
      count += 1
      if count % statementsBetweenPauses == 0 { source.pause() }
    }
  }

  /// Places in a text that was read are no places in another one.
  mutating func forgetTexts() {
    inbound.latest = nil
    outboundLists.forgetTexts()
  }

  private mutating func statement() {
    guard let word = text.word() else { return }
    if text.begins(word, with: .mroute) {
      mroute(word)
    } else if text.begins(word, with: .mgroup) || text.begins(word, with: .ssmgroup) {
      mgroup(word)
    } else if text.begins(word, with: .phyint) {
      phyint(word)
    } else if text.begins(word, with: .include) {
      include(word)
    } else {
      warn(.unknownStatement, at: word) { text in
        let shown = text.shown(word)
        let known = ["phyint", "mgroup", "ssmgroup", "mroute", "include"]
        let nearest = Nearest.word(to: shown, among: known)
        return (
          "Unknown command \(shown), skipping.",
          nearest.map { "did you mean \"\($0)\"?" } ?? "known are \(known.joined(separator: ", "))"
        )
      }
    }
  }

  mutating func parsed() -> ParsedConfiguration {
    checkDisabled()
    var parsed = ParsedConfiguration()
    parsed.configuration = configuration
    parsed.diagnostics = findings.sorted()
    parsed.suppressed = findings.suppressed
    parsed.hasErrors = findings.hasErrors
    parsed.files = files.names
    parsed.uses = uses
    return parsed
  }
}

/// The inbound interfaces that routes name, each one list of one pattern that all its rules share.
struct SmcrouteNames {
  typealias Known = (number: Int32, word: SmcrouteText.Word)

  /// The latest one and where it stands in the text.
  var latest: Known?
  private(set) var lists: [[InterfacePattern]] = []
  private var numbers: [InterfacePattern: Int32] = [:]

  /// The number of the pattern; whether it is new.
  mutating func number(_ pattern: InterfacePattern) -> (number: Int32, isNew: Bool) {
    if let known = numbers[pattern] { return (known, false) }
    let number = Int32(clamping: lists.count)
    numbers[pattern] = number
    lists.append([pattern])
    return (number, true)
  }
}

import Diagnostics
import Forwarding
import Kernel

/// Reads the native language: files into a configuration, lines given at run time into changes.
///
/// One statement a line, and the line is where it recovers: a bad one gives one finding and the next is
/// read as if nothing had been.
struct NativeGrammar {
  /// Nil for lines given at run time, which include nothing.
  let source: (any ConfigurationSource)?
  var findings = Findings()
  var configuration = Configuration()
  var uses: [InterfaceUse] = []
  var usedPatterns: Set<InterfacePattern> = []
  /// What scalar settings were stated, and where: `log level`.
  var stated: [String: SourceLocation] = [:]
  /// Names of boundaries, those of faulty statements too, so that one mistake is one finding.
  var boundaryNames: Set<String> = []
  /// The places that refer to a boundary by name.
  var boundaryReferences: [(name: String, location: SourceLocation)] = []
  /// Where the timers of an interface statement stand that relate to each other, by its number.
  var timerPlaces: [Int: SourceLocation] = [:]
  /// The tunnel that is read.
  var ends = TunnelEndpoints()
  /// The `interface` statement that is read.
  var statement = InterfaceStatement(InterfacePattern(""))
  var files = FileStack()
  var inboundLists = Interner<InterfacePattern>()
  var outboundLists = Interner<StaticRoute.Outbound>()
  /// The tokens of the list of interfaces that is read.
  var places: [Token] = []

  /// The routes of each imported file.
  var importedRoutes: [Range<Int>] = []
  /// What imported files state of all queriers of IGMP; the native text wins, wherever it stands.
  var importedQueriers = InterfaceOptions()

  /// What lines given at run time ask for, and the place of each.
  var changes: [Change] = []
  var changePlaces: [SourceLocation] = []

  // The text that is read now.
  var lexer = Lexer([])
  var token = Token(kind: .end, start: 0, end: 0, line: 1, lineStart: 0)
  /// The end of the token before `token`, and its line.
  var lastEnd = 0
  var lastLine = 0
  var file = ""

  init(source: (any ConfigurationSource)?) { self.source = source }

  /// Begins a text.
  mutating func open(_ name: String, bytes: [UInt8]) {
    findings.open(name, bytes: bytes)
    file = name
    lexer = Lexer(bytes)
    inboundLists.forgetTexts()
    outboundLists.forgetTexts()
    token = Token(kind: .end, start: 0, end: 0, line: 1, lineStart: 0)
  }

  /// Reads statements until the end of the text, by `statement`.
  mutating func statements(_ statement: (inout NativeGrammar) throws(Diagnostic) -> Void) {
    var count = 0
    while token.kind != .endOfText {
      count += 1
      if count % (2 * statementsBetweenPauses) == 0 { source?.pause() }
      do throws(Diagnostic) {
        if token.kind == .end {
          try advance()
          continue
        }
        try statement(&self)
        guard token.kind == .end || token.kind == .endOfText else {
          throw expected("the end of the statement")
        }
      } catch {
        findings.add(error)
        // A block that was not closed ends before the statement that stands here.
        if error.code != .unclosedBlock { skipStatement(inBlock: false) }
      }
    }
  }

  static let statementWords = [
    "route", "join", "interface", "boundary", "include", "import", "version", "log", "control", "limits",
    "table", "cache", "hook", "lockdown", "igmp", "mld", "dvmrp", "tunnel",
  ]

  /// One statement of a file.
  mutating func fileStatement() throws(Diagnostic) {
    if at(.route) {
      configuration.routes.append(try route())
      return
    }
    if at(.join) {
      configuration.joins.append(try join())
      return
    }
    guard token.kind == .word else { throw expected("a statement") }
    switch text(of: token) {
    case "interface": configuration.interfaces.append(try interface())
    case "boundary": try boundary()
    case "include": try include()
    case "import": try importStatement()
    case "version": try version()
    case "hook": try hook()
    case "lockdown": try lockdown()
    case "log": try settings(.log)
    case "control": try settings(.control)
    case "limits": try settings(.limits)
    case "cache": try settings(.cache)
    case "table": try table()
    case "igmp": try queriers(.igmp, \.igmp)
    case "mld": try queriers(.mld, \.mld)
    case "dvmrp": try dvmrp()
    case "tunnel": try tunnel()
    default: throw unknown("statement", among: NativeGrammar.statementWords)
    }
  }

  /// `{ option; … }`, the token on the brace.
  mutating func block(_ section: Section) throws(Diagnostic) {
    let opening = token
    token.kind = .end
    while token.kind != .close {
      do throws(Diagnostic) {
        if token.kind == .end {
          try advance()
          continue
        }
        if token.kind == .endOfText { throw unclosed(opening) }
        guard token.kind == .word else { throw expected("an option of \"\(section.rawValue)\", or \"}\"") }
        let word = text(of: token)
        guard try option(word, in: section) else {
          if token.line > opening.line, NativeGrammar.statementWords.contains(word) {
            throw unclosed(opening)
          }
          throw unknown("option of \"\(section.rawValue)\"", among: section.words)
        }
        guard token.endsStatement else { throw expected("the end of \"\(word)\"") }
      } catch {
        if error.code == .unclosedBlock { throw error }
        findings.add(error)
        skipStatement(inBlock: true)
      }
    }
    try advance()
  }

  /// Goes on to the end of the statement, over the blocks in it.
  mutating func skipStatement(inBlock: Bool) {
    var opened: [Token] = []
    var depth = 0
    while true {
      switch token.kind {
      case .open:
        if depth == 0 { opened = [token] }
        depth += 1
      case .close:
        if depth == 0, inBlock { return }
        depth = max(0, depth - 1)
      case .end:
        if depth == 0 { return }
      case .endOfText:
        if depth > 0, let opening = opened.first { findings.add(unclosed(opening)) }
        return
      case .word, .quoted, .comma, .comment, .unterminated, .stray, .longLine, .notText:
        break
      }
      token = lexer.next()
      // What follows a byte that is no text is not read: that is said wherever it is.
      if token.kind == .notText { findings.add(lexicalFault()) }
    }
  }

  func unclosed(_ opening: Token) -> Diagnostic {
    fault(.unclosedBlock, "the block is not closed", at: opening, hint: "end it with \"}\"")
  }
}

/// Shares equal lists, so that a thousand routes to the same interfaces hold one array.
///
/// Generators write the same lists line after line: the latest is known by its bytes and not read again.
struct Interner<Element: Hashable> {
  typealias Known = (list: [Element], phrase: Range<Int>)

  /// The latest list and where it stands in the text; nil when its bytes alone do not say it.
  var latest: Known?
  /// Lists that end their line, by the hash of that rest of the line.
  var byText: [UInt64: Known] = [:]
  private var known: Set<[Element]> = []

  /// The list to keep in place of this one; whether it is the first of its kind.
  mutating func share(_ list: [Element]) -> (list: [Element], isNew: Bool) {
    let (isNew, member) = known.insert(list)
    return (member, isNew)
  }

  /// Another text begins.
  mutating func forgetTexts() {
    latest = nil
    byText.removeAll()
  }
}

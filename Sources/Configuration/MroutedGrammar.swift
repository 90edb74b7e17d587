import Addressing
import DVMRP
import Diagnostics
public import Kernel
import Membership

/// What the daemon was told beside the file, and the machine that the file is read for.
public struct MroutedFileOptions: Hashable, Sendable {
  /// Which mrouted the file is written for.
  public enum Vintage: Hashable, Sendable, CaseIterable {
    /// 3.9.8.
    case older
    /// 4.0 to 4.6.
    case current
  }

  public var vintage: Vintage
  /// `-M`: an interface that is not there costs a warning, not the start; of 3.9.8 alone.
  public var toleratesMissing = false
  /// `-N`: only interfaces that a `phyint … enable` names take part.
  public var takesNamedOnly = false
  /// The interfaces there are, in the kernel's order.
  public var interfaces: [Interface]
  /// Warnings that are kept; the rest is counted.
  public var warnings = 100

  public init(_ vintage: Vintage, interfaces: [Interface]) {
    self.vintage = vintage
    self.interfaces = interfaces
  }
}

/// What a mrouted.conf states where these interfaces are.
public struct MroutedReading: Hashable, Sendable {
  /// Nil when a line is fatal.
  public var configuration: Configuration?
  public var lines: [MroutedLine] = []
  /// Warnings beyond those that are kept.
  public var suppressed = 0
  /// The interfaces and tunnels in the order of mrouted's VIF numbers, disabled ones among them.
  public var vifs: [String] = []
}

/// Reads a mrouted.conf; one that is not there states nothing.
public func parseMrouted(
  file path: String, source: any ConfigurationSource, options: MroutedFileOptions
) -> MroutedReading {
  let file: SourceFile
  do throws(SourceFault) {
    file = try source.read(path)
  } catch {
    let reason: String
    switch error {
    case .missing: return parseMrouted([], named: path, source: source, options: options)
    case .tooLarge: reason = "more than 64 MiB"
    case .unreadable(let why): reason = why
    }
    return MroutedReading(lines: [MroutedLine(.fatal, "Cannot open \(path): \(reason)")])
  }
  return parseMrouted(file.bytes, named: path, source: source, options: options)
}

/// Reads a text as if it were the mrouted.conf `name`.
///
/// Total: whatever the bytes are, the lines say what is wrong with them.
public func parseMrouted(
  _ text: [UInt8], named name: String, source: any ConfigurationSource, options: MroutedFileOptions
) -> MroutedReading {
  var grammar = MroutedGrammar(source: source, options: options, isImport: false)
  grammar.configuration.file = name
  grammar.takeInterfaces()
  grammar.read(name, text)
  grammar.judge()
  var reading = MroutedReading()
  reading.lines = grammar.report.lines
  reading.suppressed = grammar.report.suppressed
  reading.vifs = grammar.vifs.map(\.name)
  if !grammar.report.isFatal {
    grammar.complete()
    reading.configuration = grammar.configuration
  }
  return reading
}

/// Reads the language of mrouted.conf, of either vintage.
struct MroutedGrammar {
  let source: any ConfigurationSource
  let options: MroutedFileOptions
  /// For a native file: interfaces are what they are called, there or not.
  let isImport: Bool
  var configuration = Configuration()
  var report = MroutedReport()
  var file = ""
  var text: MroutedText
  /// The next word; what stands before it is read.
  var word: Word

  /// What is stated of each interface and tunnel, in the order of their numbers.
  var vifs: [MroutedVIF] = []
  var names: [String: Int] = [:]
  var addresses: [Address: Int] = [:]
  /// What the statement that is read now is about; kept when it ends, unless there is no such interface.
  var vif = MroutedVIF("")
  /// What is stated of all of them.
  var base = InterfaceOptions()
  var takesNamedOnly: Bool
  var boundaries: [String: Prefix] = [:]
  var boundaryCount = 0
  var tunnelCount = 0
  /// The number in the name of the first tunnel; others come before those of an imported file.
  var tunnelOffset = 0
  var joined: Set<StaticJoin.Key> = []
  /// Where joins name their interfaces first.
  var uses: [InterfaceUse] = []

  init(source: any ConfigurationSource, options: MroutedFileOptions, isImport: Bool) {
    self.source = source
    self.options = options
    self.isImport = isImport
    takesNamedOnly = options.takesNamedOnly
    configuration.dvmrp.sendsRouterAlert = !isImport && options.vintage == .current
    report.kept = options.warnings
    report.findings.kept = options.warnings
    text = MroutedText([], options.vintage)
    word = text.next()
  }

  /// Reads a text as if it were the file `name`, up to what mrouted ends with; an import tells of all.
  mutating func read(_ name: String, _ bytes: [UInt8]) {
    report.findings.open(name, bytes: bytes)
    file = name
    text = MroutedText(bytes, options.vintage)
    guard readOn({ (grammar) throws(MroutedStop) in _ = try grammar.take() }) else { return }
    while word.token != .end {
      guard readOn({ (grammar) throws(MroutedStop) in try grammar.statement() }) else { return }
    }
  }

  /// - Returns: whether there is anything to read behind it.
  private mutating func readOn(_ read: (inout MroutedGrammar) throws(MroutedStop) -> Void) -> Bool {
    let first = word
    do throws(MroutedStop) {
      try read(&self)
      return true
    } catch {
      // The report says why.
      if isImport { skip(behind: first) }
      return isImport
    }
  }

  /// On to the next statement that begins a line: what stands before it belongs to the one with the error.
  private mutating func skip(behind first: Word) {
    if word.range == first.range { word = text.next() }
    while word.token != .end {
      if case .keyword(let keyword) = word.token, keyword.beginsStatement, text.beginsLine(word) { return }
      word = text.next()
    }
  }

  /// The next word, and on to the one behind it.
  mutating func take() throws(MroutedStop) -> Word {
    let taken = word
    word = text.next()
    if word.token == .badNetwork {
      // mrouted shifts by such a length and goes on with whatever comes out.
      throw fatal(
        .valueRange, "Invalid prefix length in \(text.shown(word))", at: word, hint: "a length is 0 to 32")
    }
    return taken
  }

  private static let statementHint =
    "a statement begins with phyint, tunnel, name, cache_lifetime, prune_lifetime, pruning, noflood, "
    + "rexmit_prunes, no, router-alert, router-timeout or igmp-…"

  private mutating func statement() throws(MroutedStop) {
    guard case .keyword(let keyword) = word.token else {
      throw syntaxError(at: word, hint: MroutedGrammar.statementHint)
    }
    let first = word
    switch keyword {
    case .phyint: try phyint()
    case .tunnel: try tunnel()
    case .name: try boundaryName()
    case .cacheLifetime: try cacheLifetime()
    case .pruneLifetime:
      if let lifetime = try pruneLifetime() { configuration.dvmrp.pruneLifetime = lifetime }
    case .pruning: try pruning()
    case .noflood:
      _ = try take()
      base.state(.noflood(true))
    case .rexmitPrunes: base.state(.rexmitPrunes(try flag()))
    case .no: try negation()
    case .routerAlert: configuration.dvmrp.sendsRouterAlert = try switched()
    case .routerTimeout, .queryInterval, .responseInterval, .lastMemberInterval, .robustness:
      try querier(keyword)
    case .threshold, .metric, .boundary, .passive, .notransit, .blaster, .accept, .deny, .exact, .bidir,
      .advertMetric, .rateLimit, .allowNonpruners, .disable, .enable, .igmpv1, .netmask, .altnet, .forceLeaf,
      .beside, .srcrt, .sourceroute, .igmpv2, .igmpv3, .staticGroup, .joinGroup:
      throw syntaxError(at: first, hint: "it belongs behind \"phyint IF\" or \"tunnel IF REMOTE\"")
    }
  }

  /// A number that must be there, behind the keyword.
  mutating func number() throws(MroutedStop) -> (value: Int, word: Word) {
    _ = try take()
    guard case .number(let value) = word.token else {
      throw syntaxError(at: word, hint: "a number belongs here")
    }
    return (value, try take())
  }

  /// The keyword, and perhaps whether it holds.
  mutating func flag() throws(MroutedStop) -> Bool {
    _ = try take()
    guard case .boolean(let value) = word.token else { return true }
    _ = try take()
    return value
  }

  /// The keyword, and whether it holds.
  private mutating func switched() throws(MroutedStop) -> Bool {
    _ = try take()
    switch word.token {
    case .boolean(let value):
      _ = try take()
      return value
    // mrouted 4 made a keyword of what was a value, and refuses what 3.9.8 took.
    case .keyword(.no):
      _ = try take()
      return false
    case .keyword, .network, .badNetwork, .address, .group, .number, .string, .end:
      throw syntaxError(at: word, hint: "\"on\" or \"off\" belongs here")
    }
  }

  private mutating func pruning() throws(MroutedStop) {
    let first = word
    guard try !switched() else { return }
    warn(
      .optionIgnored, "Disabling pruning is no longer supported", at: first, hint: "take the statement out")
  }

  /// `no phyint`, `no router-alert`.
  private mutating func negation() throws(MroutedStop) {
    _ = try take()
    switch word.token {
    case .keyword(.phyint):
      takesNamedOnly = true
      for index in vifs.indices where vifs[index].tunnel == nil { vifs[index].isEnabled = false }
    case .keyword(.routerAlert):
      configuration.dvmrp.sendsRouterAlert = false
    case .keyword, .boolean, .network, .badNetwork, .address, .group, .number, .string, .end:
      throw syntaxError(at: word, hint: "\"no phyint\" or \"no router-alert\"")
    }
    _ = try take()
  }

  private mutating func cacheLifetime() throws(MroutedStop) {
    let (value, place) = try number()
    guard value >= 60 else {
      let keyword = MroutedKeyword.cacheLifetime.written(by: options.vintage)
      return warn(
        .valueRange, "\(keyword) \(value) must be at least 60", at: place, hint: "300 is the default")
    }
    configuration.dvmrp.cacheLifetime = .seconds(bounded(value, at: place))
  }

  /// `prune_lifetime NUM`, of all or of one interface; nil when it is ignored.
  mutating func pruneLifetime() throws(MroutedStop) -> Duration? {
    let (value, place) = try number()
    guard value >= 120 else {
      let keyword = MroutedKeyword.pruneLifetime.written(by: options.vintage)
      warn(.valueRange, "\(keyword) \(value) must be at least 120", at: place, hint: "7200 is the default")
      return nil
    }
    return .seconds(bounded(value, at: place))
  }

  /// Seconds, at most a day.
  private mutating func bounded(_ value: Int, at place: Word) -> Int {
    guard value > 86_400 else { return value }
    note(.valueRange, "\(value) seconds are more than a day, and read as one", at: place, hint: "write 86400")
    return 86_400
  }

  private mutating func querier(_ keyword: MroutedKeyword) throws(MroutedStop) {
    let (value, place) = try number()
    let name: String
    let range = keyword == .robustness ? 2...10 : 1...1024
    let option: InterfaceOption
    switch keyword {
    case .responseInterval:
      (name, option) = ("IGMP query response interval", .responseInterval(.seconds(value)))
    case .lastMemberInterval: (name, option) = ("IGMP query interval", .lastMemberInterval(.seconds(value)))
    case .robustness: (name, option) = ("IGMP robustness value", .robustness(UInt8(clamping: value)))
    case .routerTimeout: (name, option) = ("multicast router timeout", .routerTimeout(.seconds(value)))
    default: (name, option) = ("IGMP query interval", .queryInterval(.seconds(value)))
    }
    guard range.contains(value) else {
      throw fatal(
        .valueRange, "Invalid \(name) [\(range.lowerBound),\(range.upperBound)]: \(value)", at: place,
        hint: "\(range.lowerBound) to \(range.upperBound)")
    }
    configuration.igmp.state(option)
  }
}

import Addressing
import Diagnostics
import Kernel

/// What later versions serve: read to its end, judged, and refused at its place.
extension NativeGrammar {
  /// Reads the option at the token if it is one of a later version; false when it is not.
  mutating func laterOption(_ word: String, in section: Section) throws(Diagnostic) -> Bool {
    guard let option = LaterOption.all(in: section).first(where: { $0.word == word }) else { return false }
    let first = token
    try advance()
    let passes = try laterArgument(of: option)
    // A tunnel is refused as a whole, at its name.
    if !passes, section != .tunnel {
      throw notServed("\"\(text(since: first))\"", from: first)
    }
    return true
  }

  /// Whether the value asks for nothing.
  private mutating func laterArgument(of option: LaterOption) throws(Diagnostic) -> Bool {
    switch option.argument {
    case .flag: return false
    case .choice(let words, let passing): return passing.contains(try choice(of: words))
    case .integer(let range, let passing): return try number(in: range, of: "a number") == passing
    case .metric(let range, let passing):
      return try number(in: range, of: "a metric", code: .metricRange) == passing
    case .duration(let range, let passing):
      let limits = [range.lowerBound, range.upperBound].map { Units.durationText(milliseconds: Int64($0)) }
      let value = try number(
        in: range, of: "a duration", limits: limits.joined(separator: " to "), read: Units.milliseconds)
      laterValues[option.word] = value
      return value == passing
    case .count(let passing):
      return try number(in: 1...10_000_000, of: "a limit", read: Units.count) == passing
    case .perSecond(let passing):
      return try number(in: 1...10_000_000, of: "a rate", read: Units.perSecond) == passing
    case .bits:
      return try number(in: 0...1_000_000_000_000, of: "a rate", limits: "0 to 1000gbit", read: Units.bits)
        == 0
    case .prefix: _ = try prefix("an address or a block")
    case .member:
      _ = try groupBlock()
      if try take(.source) { _ = try sourceBlock() }
    case .filter:
      _ = try choice(of: ["accept", "deny"])
      _ = try groupBlock()
    case .routes:
      _ = try prefix("an address or a block")
      while at(anyOf: ["exact", "bidir"]) { try advance() }
    case .sourceMap:
      _ = try groupBlock()
      _ = try sourceBlock()
    case .path: _ = try string("a path")
    case .address:
      let place = token
      let remote = try prefix("an address")
      guard remote.isSingle else { throw fault(.expected, "expected one address", at: place) }
      laterEnds[option.word] = remote.description
    case .end: laterEnds[option.word] = try string("an address or an interface", longest: 64)
    case .defaultRoute:
      try expect("metric", hint: "default-route metric N")
      _ = try number(in: 1...31, of: "a metric", code: .metricRange)
    }
    return false
  }

  private func text(since first: Token) -> String {
    let end = lastLine == first.line ? max(lastEnd, first.end) : first.end
    return String(decoding: lexer.bytes[first.start..<end], as: UTF8.self)
  }

  /// A query must be answered before the next is sent (RFC 9776 8.3).
  func checkTimers(of section: Section, at opening: Token) throws(Diagnostic) {
    let query = laterValues["query-interval"] ?? 125_000
    guard let response = laterValues["response-interval"], response >= query else { return }
    let texts = [response, query].map { Units.durationText(milliseconds: Int64($0)) }
    throw fault(
      .timerRelation, "response-interval \(texts[0]) is not shorter than query-interval \(texts[1])",
      at: opening,
      hint: "lower response-interval; 10s with 125s is the default")
  }

  /// `igmp { … }` and `mld { … }`: defaults that ask for nothing pass.
  mutating func querierDefaults() throws(Diagnostic) {
    let section = Section(rawValue: text(of: token)) ?? .igmp
    try settings(section)
  }

  /// `dvmrp [on|off] [{ … }]`.
  mutating func dvmrp() throws(Diagnostic) {
    let first = token
    try advance()
    let isOff = try take("off")
    if !isOff, at(.on) { try advance() }
    let refusal = notServed("\"dvmrp\"", from: first, hint: "write dvmrp off, or take it out")
    if token.kind == .open { try block(.dvmrp) }
    if !isOff { throw refusal }
  }

  /// `tunnel NAME { … }`: read, judged, refused.
  mutating func tunnel() throws(Diagnostic) {
    let first = token
    try advance()
    _ = try string("the name of a tunnel", longest: 15)
    let refusal = notServed("\"tunnel\"", from: first)
    guard token.kind == .open else { throw expected("\"{\" and the ends of the tunnel") }
    laterEnds = [:]
    try block(.tunnel)
    if let local = laterEnds["local"], local == laterEnds["remote"] {
      throw Diagnostic(
        .error, .tunnelEnds, "both ends of the tunnel are \(local)", at: location(of: first),
        hint: "remote is the address of the other router")
    }
    throw refusal
  }
}

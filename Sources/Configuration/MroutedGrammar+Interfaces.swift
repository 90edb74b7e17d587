import Addressing
import DVMRP
import Diagnostics
import Forwarding
import Kernel
import Membership

/// `phyint`, and what interfaces and tunnels have in common.
extension MroutedGrammar {
  /// Named boundaries, as many as mrouted has room for.
  private static let mostBoundaries = 20

  /// `phyint IF …`; what is stated of an interface that is not there is read and forgotten.
  mutating func phyint() throws(MroutedStop) {
    let first = try take()
    let index = try interface()
    guard tunnelCount == 0 else {
      throw fatal(
        .expected, "phyints must appear before tunnels", at: first, hint: "move it before the first tunnel")
    }
    vif = index.map { vifs[$0] } ?? MroutedVIF("")
    vif.location = vif.location ?? location(of: first)
    while case .keyword(let keyword) = word.token {
      if try option(keyword) { continue }
      guard try phyintOption(keyword) else { break }
    }
    if let index { vifs[index] = vif }
  }

  /// The interface that a name or an address stands for; nil when there is none.
  private mutating func interface() throws(MroutedStop) -> Int? {
    let place = word
    switch word.token {
    case .address(let address):
      _ = try take()
      if let index = addresses[address] { return index }
      if isImport, let name = importedName(of: address) { return index(of: name) }
      try unknown(place, older: "\(address) is not a configured interface")
    case .string:
      _ = try take()
      if let name = name(of: place), let index = isImport ? index(of: name) : names[name] { return index }
      try unknown(place, older: "Invalid interface name \(text.shown(place))")
    case .keyword, .boolean, .network, .badNetwork, .group, .number, .end:
      throw syntaxError(at: word, hint: "the name or the address of an interface belongs here")
    }
    return nil
  }

  private mutating func unknown(_ place: Word, older: String) throws(MroutedStop) {
    let hint = "ip address shows what is there"
    guard options.vintage == .older else {
      return warn(
        .unknownInterface, "phyint \(text.shown(place)) not available, continuing ...", at: place, hint: hint)
    }
    guard options.toleratesMissing else { throw fatal(.unknownInterface, older, at: place, hint: hint) }
    warn(.unknownInterface, "\(older), continuing", at: place, hint: hint)
  }

  /// The text as the name of an interface; nil when none can be named so.
  func name(of word: Word) -> String? {
    guard word.range.count <= 15, let name = String(validating: text.bytes[word.range], as: UTF8.self),
      InterfacePattern(name).isExact, name != ".", name != "..",
      name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") })
    else { return nil }
    return name
  }

  /// An option of both; false when the keyword is none.
  mutating func option(_ keyword: MroutedKeyword) throws(MroutedStop) -> Bool {
    let place = word
    switch keyword {
    case .threshold: try threshold()
    case .metric: try metric()
    case .advertMetric: try advertMetric()
    case .rateLimit: try rateLimit()
    case .boundary: try boundary()
    case .accept, .deny: try filter(keyword)
    case .bidir: try bidir()
    case .rexmitPrunes: state(.rexmitPrunes(try flag()))
    case .pruneLifetime: if let lifetime = try pruneLifetime() { state(.pruneLifetime(lifetime)) }
    case .passive: try state(.dvmrp(.passive), by: keyword)
    case .noflood: try state(.noflood(true), by: keyword)
    case .notransit: try state(.notransit(true), by: keyword)
    case .allowNonpruners: try state(.allowNonpruners(true), by: keyword)
    case .blaster:
      _ = try take()
      note(
        .optionIgnored, "\"blaster\" has no effect: reports are read as they come", at: place,
        hint: "take it out")
    case .phyint, .tunnel, .name, .pruning, .cacheLifetime, .exact, .disable, .enable, .igmpv1,
      .netmask, .altnet, .forceLeaf, .beside, .srcrt, .sourceroute, .no, .igmpv2, .igmpv3, .routerAlert,
      .routerTimeout, .queryInterval, .responseInterval, .lastMemberInterval, .robustness, .staticGroup,
      .joinGroup:
      return false
    }
    try checkCount(at: place)
    return true
  }

  func shownVIF() -> String { vif.name.isEmpty ? "an interface" : vif.name }

  /// A statement holds so many options, what is stated of all interfaces among them.
  mutating func checkCount(adding more: Int = 0, at place: Word) throws(MroutedStop) {
    guard vif.count + more > InterfaceOptions.most - 8 else { return }
    throw fatal(
      .limitReached, "Too many options for \(shownVIF()) (max \(InterfaceOptions.most))", at: place,
      hint: "state blocks as prefixes")
  }

  mutating func state(_ option: InterfaceOption) { vif.options.state(option) }

  mutating func state(_ option: InterfaceOption, by keyword: MroutedKeyword) throws(MroutedStop) {
    _ = try take()
    state(option)
  }

  /// The number behind a keyword; nil when none follows.
  private mutating func number(after keyword: MroutedKeyword) throws(MroutedStop) -> (Int, Word)? {
    let first = try take()
    guard case .number(let value) = word.token else {
      missing("number", after: keyword, at: first, hint: "a number belongs behind it")
      return nil
    }
    return (value, try take())
  }

  private mutating func threshold() throws(MroutedStop) {
    guard let (value, place) = try number(after: .threshold) else { return }
    guard (1...255).contains(value) else {
      throw fatal(.thresholdRange, "Invalid threshold \(value)", at: place, hint: "1 to 255")
    }
    state(.threshold(UInt8(clamping: value)))
  }

  private mutating func metric() throws(MroutedStop) {
    guard let (value, place) = try number(after: .metric) else { return }
    guard (1...32).contains(value) else {
      throw fatal(.metricRange, "Invalid metric \(value)", at: place, hint: "1 to 31; 32 is unreachable")
    }
    if value == 32, isImport {
      note(
        .metricRange, "metric 32 makes all unreachable; 31 is the highest here", at: place,
        hint: "write dvmrp off for the interface")
    }
    state(.metric(UInt8(clamping: isImport ? min(value, 31) : value)))
  }

  private mutating func advertMetric() throws(MroutedStop) {
    guard let (value, place) = try number(after: .advertMetric) else { return }
    guard (0...31).contains(value) else {
      let keyword = MroutedKeyword.advertMetric.written(by: options.vintage)
      throw fatal(.metricRange, "Invalid \(keyword) \(value)", at: place, hint: "0 to 31")
    }
    state(.advertMetric(UInt8(clamping: value)))
  }

  /// Kilobits a second; it holds on tunnels, while mrouted on Linux has none.
  private mutating func rateLimit() throws(MroutedStop) {
    guard let (value, place) = try number(after: .rateLimit) else { return }
    guard (0...100_000).contains(value) else {
      let keyword = MroutedKeyword.rateLimit.written(by: options.vintage)
      throw fatal(.valueRange, "Invalid \(keyword) \(value)", at: place, hint: "0 to 100000 kbit/s")
    }
    if vif.tunnel != nil {
      vif.tunnel?.rateLimit = UInt64(value) * 1000
    } else if value > 0 {
      note(
        .optionIgnored, "a rate limit holds on tunnels alone", at: place,
        hint: "limit the interface by its queueing discipline: tc qdisc add dev \(shownVIF()) root tbf …")
    }
  }

  /// `name NAME A/L`.
  mutating func boundaryName() throws(MroutedStop) {
    _ = try take()
    guard word.token == .string else {
      throw syntaxError(at: word, hint: "the name of a boundary belongs here")
    }
    let place = try take()
    guard case .network(let address, let length) = word.token else {
      throw syntaxError(at: word, hint: "groups belong here: 239.255/16")
    }
    let scope = try scope(address, length)
    guard boundaryCount < MroutedGrammar.mostBoundaries else {
      throw fatal(
        .limitReached, "Too many named boundaries (max \(MroutedGrammar.mostBoundaries))", at: place,
        hint: "write the groups where they are used: boundary 239.255/16")
    }
    boundaryCount += 1
    let name = text.string(place)
    guard boundaries[name] == nil else {
      return note(
        .duplicateRule, "boundary \(text.shown(place)) is named twice; the first counts", at: place,
        hint: "take one out")
    }
    boundaries[name] = scope
    if MroutedGrammar.isNativeName(text.bytes[place.range]) {
      configuration.boundaries.append(Boundary(name: name, groups: [scope]))
    }
  }

  /// Whether a native file can have a boundary so named.
  private static func isNativeName(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.count <= 64 && bytes.allSatisfy(Lexer.isWord)
  }

  /// `boundary A/L`, `boundary NAME`.
  private mutating func boundary() throws(MroutedStop) {
    let first = try take()
    switch word.token {
    case .network(let address, let length):
      state(boundary: .prefix(try scope(address, length)))
    case .string:
      let place = try take()
      guard let groups = boundaries[text.string(place)] else {
        throw fatal(
          .unknownBoundary, "Invalid boundary name \(text.shown(place))", at: place,
          hint: "name it before: name \(text.shown(place)) 239.255/16")
      }
      let isNative = MroutedGrammar.isNativeName(text.bytes[place.range])
      state(boundary: isNative ? .named(text.string(place)) : .prefix(groups))
    case .keyword, .boolean, .badNetwork, .address, .group, .number, .end:
      missing("boundary spec", after: .boundary, at: first, hint: "a name, or groups: 239.255/16")
    }
  }

  private mutating func state(boundary: InterfaceOption.BoundaryReference) {
    if !vif.boundaries.contains(boundary) { vif.boundaries.insert(boundary, at: 0) }
  }

  /// Groups of administrative scope, the token on them.
  ///
  /// mrouted looks at the first octet alone and so takes `239/4`, which is all groups there are.
  private mutating func scope(_ address: Address, _ length: Int) throws(MroutedStop) -> Prefix {
    let place = try take()
    let written = "\(address)/\(length)"
    guard let groups = Prefix(address, length: length), length >= 8, Prefix.scoped.contains(groups) else {
      throw fatal(
        .boundaryRange, "Boundaries must be 239.x.x.x, not \(written)", at: place,
        hint: "name groups of 239/8")
    }
    if groups.address != address {
      warn(.hostBits, "Boundary spec \(written) has host bits set", at: place, hint: "write \(groups)")
    }
    return groups
  }

  /// `accept A/L [exact] …`, `deny …`.
  private mutating func filter(_ keyword: MroutedKeyword) throws(MroutedStop) {
    let first = try take()
    if word.token == .string {
      throw fatal(
        .notServed, "named filters no implemented yet", at: word, hint: "write the networks: accept 10/8")
    }
    var lines: [RouteFilter.Line] = []
    while case .network(let address, let length) = word.token {
      let place = try take()
      guard let network = Prefix(address, length: length) else { break }
      if network.address != address {
        note(.hostBits, "\(address)/\(length) has host bits set", at: place, hint: "write \(network)")
      }
      var line = RouteFilter.Line(network)
      if word.token == .keyword(.exact) {
        line.isExact = true
        _ = try take()
      }
      lines.append(line)
      try checkCount(adding: lines.count, at: place)
    }
    guard !lines.isEmpty else {
      return missing("filter spec", after: keyword, at: first, hint: "networks belong behind it: 10/8")
    }
    let accepts = keyword == .accept
    guard vif.filter.map({ $0.accepts == accepts }) ?? true else {
      throw fatal(
        .duplicateRule, "Cannot accept and deny", at: first, noticed: word,
        hint: "what is not accepted is denied, and the other way round")
    }
    vif.filter = RouteFilter(
      accepts: accepts, isBothWays: vif.filter?.isBothWays ?? false, (vif.filter?.lines ?? []) + lines)
  }

  private mutating func bidir() throws(MroutedStop) {
    guard vif.filter != nil else {
      throw fatal(
        .expected, "bidir goes after filters", at: word,
        hint: "accept or deny networks before: accept 10/8 bidir")
    }
    _ = try take()
    vif.filter?.isBothWays = true
  }
}

extension Prefix {
  /// The groups of administrative scope (RFC 2365).
  fileprivate static let scoped = Prefix.masking(Address(ipv4: 0xef00_0000), bits: 104)
}

import Addressing
import DVMRP
import Diagnostics
import Kernel
import Membership

/// The options of interfaces, in blocks of `interface`, `tunnel`, `igmp` and `mld`.
extension NativeGrammar {
  static let hour = 3_600_000

  /// Reads the option at the token into the statement that is read.
  mutating func interfaceOption(_ word: OptionWord, in section: Section) throws(Diagnostic) {
    let place = token
    try advance()
    guard let option = try value(of: word, at: place) else { return }
    if !option.kind.isList, !statement.options[option.kind].isEmpty {
      throw fault(
        .expected, "\"\(word.rawValue)\" is stated twice in one statement", at: place,
        hint: "keep one of the two")
    }
    guard statement.options.all.count < InterfaceOptions.most else {
      throw fault(
        .limitReached, "the statement has more than \(InterfaceOptions.most) options", at: place,
        hint: "state blocks of addresses")
    }
    try check(option, in: section, at: place)
    if option.kind == .queryInterval || option.kind == .responseInterval {
      timerPlaces[statementNumber(in: section)] = location(since: place)
    }
    statement.options.state(option)
  }

  /// What the word states; nil for what has no effect.
  private mutating func value(of word: OptionWord, at place: Token) throws(Diagnostic) -> InterfaceOption? {
    switch word {
    case .threshold: return .threshold(try threshold())
    case .boundary: return .boundary(try boundaryReference(at: place))
    case .mrdisc: return .mrdisc(try choice(of: ["on", "off"]) == "on")
    case .altnet: return .altnet(try subnet())
    case .querier: return .querier(try choice(QuerierMode.self))
    case .igmpVersion: return .igmpVersion(try byte(1...3, "a version"))
    case .mldVersion: return .mldVersion(try byte(1...2, "a version"))
    case .queryInterval: return .queryInterval(try duration(1000...31_744_000))
    case .responseInterval: return .responseInterval(try duration(100...3_174_400))
    case .lastMemberInterval: return .lastMemberInterval(try duration(100...3_174_400))
    case .startupResponse: return .startupResponse(try duration(100...3_174_400))
    case .robustness: return .robustness(try byte(2...10, "a robustness"))
    case .routerTimeout: return .routerTimeout(try duration(1000...24 * NativeGrammar.hour))
    case .fastLeave: return .fastLeave(try choice(QuerierSettings.FastLeave.self))
    case .staticGroup: return try staticGroup()
    case .maxGroups: return .maxGroups(try count())
    case .maxSources: return .maxSources(try count())
    case .sourceOverflow: return .sourceOverflow(try choice(QuerierSettings.SourceOverflow.self))
    case .reportRate:
      return .reportRate(
        try number(in: 1...10_000_000, of: "a rate", limits: "1/s to 10000000/s", read: Units.perSecond))
    case .groupFilter:
      let accepts = try choice(of: ["accept", "deny"]) == "accept"
      return .groupFilter(GroupFilter(accepts: accepts, try groupBlock()))
    case .ssmMap: return try sourceMapping()
    case .ttlStrict: return .ttlStrict(try choice(of: ["on", "off"]) == "on")
    case .routerAlertStrict: return .routerAlertStrict(try choice(of: ["on", "off"]) == "on")
    case .dvmrp: return .dvmrp(try choice(DVMRPMode.self))
    case .passive: return .dvmrp(.passive)
    case .metric: return .metric(try metric(1...31))
    case .advertMetric: return .advertMetric(try metric(0...31))
    case .forceLeaf: return .forceLeaf(try flag())
    case .noflood: return .noflood(try flag())
    case .notransit: return .notransit(try flag())
    case .pruneLifetime: return .pruneLifetime(try pruneLifetime())
    case .rexmitPrunes: return .rexmitPrunes(try flag())
    case .allowNonpruners: return .allowNonpruners(try flag())
    case .acceptNeighbor: return .acceptNeighbor(try network("an address or a block of neighbors"))
    case .accept: return try routeFilter(accepts: true)
    case .deny: return try routeFilter(accepts: false)
    case .rateLimit:
      try idleRateLimit(at: place)
      return nil
    case .blaster:
      _ = try flag()
      return nil
    }
  }

  /// What an option must not state beside the others of its statement, or in this section.
  private func check(
    _ option: InterfaceOption, in section: Section, at place: Token
  ) throws(Diagnostic) {
    if case .routeFilter(let accepts, _, let isBothWays) = option {
      try checkFilter(accepts: accepts, isBothWays: isBothWays, at: place)
    }
    if case .staticGroup(let groups, _) = option { try checkStaticGroups(groups, at: place) }
    guard let groups = option.groups, section == .igmp || section == .mld else { return }
    guard (section == .igmp) != (groups.family == .ipv4) else { return }
    throw Diagnostic(
      .error, .familyMixed,
      "\"\(section.rawValue)\" is of IPv\(section == .igmp ? 4 : 6), and \(groups) is of the other family",
      at: location(since: place), hint: "write it in the block of \"\(section == .igmp ? "mld" : "igmp")\"")
  }

  private func checkFilter(accepts: Bool, isBothWays: Bool, at place: Token) throws(Diagnostic) {
    guard case .routeFilter(let before, _, let wasBothWays)? = statement.options[.routeFilter].first else {
      return
    }
    if before != accepts {
      throw Diagnostic(
        .error, .duplicateRule, "\"accept\" and \"deny\" stand in one statement", at: location(since: place),
        hint: "a filter takes only what it names, or all but that: use one of the two words")
    }
    if wasBothWays != isBothWays {
      throw Diagnostic(
        .error, .duplicateRule, "\"bidir\" stands behind some lines of the filter only",
        at: location(since: place), hint: "write it behind each of them, or behind none")
    }
  }

  private func checkStaticGroups(_ groups: Prefix, at place: Token) throws(Diagnostic) {
    var count = groups.count ?? .max
    for case .staticGroup(let others, _) in statement.options[.staticGroup] {
      count = count.addingReportingOverflow(others.count ?? .max).partialValue
      if count < 0 { count = .max }
    }
    guard count <= InterfaceOptions.most else {
      throw Diagnostic(
        .error, .limitReached,
        "with this block the static groups are more than the limit of \(InterfaceOptions.most)",
        at: location(since: place),
        hint: "forward a large block by a rule: route from IIF group \(groups) to OIF")
    }
  }

  /// The statement's place in the list of interfaces; below zero those that hold for a family.
  private func statementNumber(in section: Section) -> Int {
    switch section {
    case .igmp: NativeGrammar.igmpStatement
    case .mld: NativeGrammar.mldStatement
    case .interface, .tunnel, .log, .control, .limits, .table, .cache, .dvmrp:
      configuration.interfaces.count
    }
  }

  static let igmpStatement = -1
  static let mldStatement = -2
}

extension InterfaceOption {
  /// The groups of an option of the querier.
  fileprivate var groups: Prefix? {
    if case .staticGroup(let groups, _) = self { return groups }
    if case .groupFilter(let filter) = self { return filter.groups }
    if case .ssmMap(let mapping) = self { return mapping.groups }
    return nil
  }
}

/// Values of options.
extension NativeGrammar {
  /// One of the words of an enumeration.
  mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ type: Value.Type
  ) throws(Diagnostic) -> Value {
    let place = token
    let word = try choice(of: type.allCases.map(\.rawValue))
    guard let value = Value(rawValue: word) else {
      throw fault(.expected, "expected another word", at: place)
    }
    return value
  }

  /// `on` or `off`; the option alone is `on`.
  mutating func flag() throws(Diagnostic) -> Bool {
    token.endsStatement ? true : try choice(of: ["on", "off"]) == "on"
  }

  mutating func byte(_ range: ClosedRange<Int>, _ what: String) throws(Diagnostic) -> UInt8 {
    UInt8(clamping: try number(in: range, of: what))
  }

  mutating func metric(_ range: ClosedRange<Int>) throws(Diagnostic) -> UInt8 {
    UInt8(clamping: try number(in: range, of: "a metric", code: .metricRange))
  }

  mutating func count() throws(Diagnostic) -> Int {
    try number(in: 1...10_000_000, of: "a limit", read: Units.count)
  }

  /// - Parameter range: in milliseconds.
  mutating func duration(_ range: ClosedRange<Int>) throws(Diagnostic) -> Duration {
    let limits = [range.lowerBound, range.upperBound].map { Units.durationText(milliseconds: Int64($0)) }
    return .milliseconds(
      try number(
        in: range, of: "a duration", limits: limits.joined(separator: " to "), read: Units.milliseconds))
  }

  /// Shorter prunes are neither sent nor heard.
  mutating func pruneLifetime() throws(Diagnostic) -> Duration {
    try duration(6000...24 * NativeGrammar.hour)
  }

  mutating func rate() throws(Diagnostic) -> UInt64 {
    UInt64(
      clamping: try number(
        in: 0...1_000_000_000_000, of: "a rate", limits: "0 to 1000gbit", read: Units.bits))
  }

  /// A block of IPv4, which alone DVMRP knows.
  mutating func network(_ what: String) throws(Diagnostic) -> Prefix {
    let place = token
    let network = try prefix(what)
    guard network.family == .ipv4 else {
      throw fault(
        .familyMixed, "\"\(shown(place))\" is of IPv6, and DVMRP routes IPv4 alone", at: place,
        hint: "write addresses such as 10.0.0.0/8")
    }
    return network
  }

  /// One address that packets may come from.
  mutating func sender(_ what: String) throws(Diagnostic) -> Address {
    let place = token
    let block = try prefix(what)
    guard block.isSingle else {
      throw fault(
        .expected, "expected \(what), found \"\(shown(place))\"", at: place, hint: "write one address")
    }
    guard block.areSenders else {
      throw fault(
        .sourceNotUnicast, "\"\(shown(place))\" is not a unicast address", at: place, hint: "write \(what)")
    }
    return block.address
  }

  /// A further subnet of a link: addresses of hosts.
  private mutating func subnet() throws(Diagnostic) -> Prefix {
    let place = token
    let subnet = try prefix("a subnet")
    guard subnet.areSenders else {
      throw fault(
        .sourceNotUnicast, "\"\(shown(place))\" is not a block of unicast addresses", at: place,
        hint: "name the subnet of the hosts, such as 10.1.2.0/24")
    }
    return subnet
  }

  private mutating func staticGroup() throws(Diagnostic) -> InterfaceOption {
    let first = token
    let groups = try groupBlock()
    guard try take(.source) else { return .staticGroup(groups, source: nil) }
    let source = try sender("the address of a source")
    _ = try matching(Prefix(source), groups, at: first)
    return .staticGroup(groups, source: source)
  }

  private mutating func sourceMapping() throws(Diagnostic) -> InterfaceOption {
    let first = token
    let groups = try groupBlock()
    let source = try sender("the address of a source")
    _ = try matching(Prefix(source), groups, at: first)
    return .ssmMap(SourceMapping(groups, source: source))
  }

  private mutating func routeFilter(accepts: Bool) throws(Diagnostic) -> InterfaceOption {
    let network = try network("a network")
    var (isExact, isBothWays) = (false, false)
    while at(anyOf: ["exact", "bidir"]) {
      let word = text(of: token)
      guard word == "exact" ? !isExact : !isBothWays else { throw expected("one \"\(word)\" at most") }
      if word == "exact" { isExact = true } else { isBothWays = true }
      try advance()
    }
    return .routeFilter(
      accepts: accepts, RouteFilter.Line(network, isExact: isExact), isBothWays: isBothWays)
  }

  /// A rate limit where nobody limits: the kernel forwards, and counts no bits.
  private mutating func idleRateLimit(at place: Token) throws(Diagnostic) {
    guard try rate() > 0 else { return }
    findings.add(
      Diagnostic(
        .warning, .optionIgnored,
        "the kernel has no rate limit for multicast; \"rate-limit\" changes nothing here",
        at: location(since: place), hint: "a tunnel has one; for an interface see tc(8)"))
  }
}

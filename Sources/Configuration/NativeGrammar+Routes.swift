import Addressing
import Diagnostics
import Forwarding
import Kernel
import Membership

/// Routes and joins.
extension NativeGrammar {
  static let routeForm =
    "route from IIF... [source ADDR[/LEN]] group ADDR[/LEN] to OIF [ttl N]...|none|members [of OIF...]"
  static let joinForm = "join on IF [source ADDR[/LEN]] group ADDR[/LEN]"
  /// Interfaces in one list.
  static let longestList = Limits.interfacesInUse

  /// `route from … to …`, the token on `route`.
  mutating func route() throws(Diagnostic) -> StaticRoute {
    let first = token
    let key = try routeKey()
    try expect(.to, hint: NativeGrammar.routeForm)
    return try route(key, from: first)
  }

  /// `route from … group …`, the token on `route`, or on `from` behind a verb.
  mutating func routeKey() throws(Diagnostic) -> StaticRoute.Key {
    if at(.route) { try advance() }
    try expect(.from, hint: NativeGrammar.routeForm)
    let inbound = try inboundList()
    let (sources, groups) = try sourceAndGroup(hint: NativeGrammar.routeForm)
    return StaticRoute.Key(inbound: inbound, sources: sources ?? .all(groups.family), groups: groups)
  }

  /// The targets and options of a route that began at `first`.
  mutating func route(_ key: StaticRoute.Key, from first: Token) throws(Diagnostic) -> StaticRoute {
    let place = token
    let toMembers = try take(.members)
    let isListed = toMembers ? try take("of") : try !take(.none)
    let outbound = isListed ? try outboundList(of: key) : []
    var route = StaticRoute(key, outbound: outbound)
    route.toMembers = toMembers
    try routeOptions(&route)
    route.location = location(since: first)
    if route.reflects {
      warnOfIdleReflect(route)
    } else if key.inbound.count == 1, let inbound = key.inbound.first, inbound.isExact,
      outbound.contains(where: { $0.pattern == inbound })
    {
      throw fault(
        .inboundIsOutbound, "\"\(inbound)\" is the route's inbound interface and an outbound one", at: place,
        hint: "take \(inbound) out of the interfaces behind \"to\", or write \"reflect\" behind them")
    }
    return route
  }

  /// `reflect` where no inbound interface can be an outbound one.
  private mutating func warnOfIdleReflect(_ route: StaticRoute) {
    guard !route.canReflect, let location = route.location else { return }
    findings.add(
      Diagnostic(
        .warning, .optionIgnored,
        "\"reflect\" changes nothing here: no inbound interface stands behind \"to\"", at: location,
        hint: "take \"reflect\" out of this route"))
  }

  /// `[source SPEC] group SPEC`; nil sources are every source.
  private mutating func sourceAndGroup(hint: String) throws(Diagnostic) -> (Prefix?, Prefix) {
    var sources: Prefix?
    let place = token
    if try take(.source) { sources = try sourceBlock() }
    try expect(.group, hint: hint)
    let groups = try groupBlock()
    return (try matching(sources, groups, at: place), groups)
  }

  /// The sources, nil for all of them; throws when they are of another family than the groups.
  mutating func matching(_ sources: Prefix?, _ groups: Prefix, at place: Token) throws(Diagnostic) -> Prefix?
  {
    guard let sources else { return nil }
    guard sources.family == groups.family else {
      throw Diagnostic(
        .error, .familyMixed, "source \(sources) and group \(groups) are of different families",
        at: location(since: place), hint: "write one statement for IPv4 and one for IPv6")
    }
    return sources.isAll ? nil : sources
  }

  mutating func groupBlock() throws(Diagnostic) -> Prefix {
    let place = token
    let groups = try prefix("a group address")
    guard Prefix.allGroups(groups.family).contains(groups) else {
      throw fault(
        .notMulticast, "\"\(shown(place))\" is not a multicast address", at: place,
        hint: "multicast is 224.0.0.0-239.255.255.255 or ff00::/8")
    }
    if groups.isLinkLocalGroups {
      throw fault(
        .linkLocalGroup, "\"\(shown(place))\" is link-local: no router forwards it", at: place,
        hint: "224.0.0.0/24 and ff01::/16, ff02::/16 stay on their link; use a group outside of them")
    }
    return groups
  }

  mutating func sourceBlock() throws(Diagnostic) -> Prefix {
    let place = token
    let sources = try prefix("a source address")
    guard sources.areSenders else {
      throw fault(
        .sourceNotUnicast, "\"\(shown(place))\" is not a unicast address, so no packet comes from it",
        at: place,
        hint: "name the sender's own address, or leave \"source\" out for every sender")
    }
    return sources
  }

  /// At least one name or pattern, up to a keyword.
  private mutating func inboundList() throws(Diagnostic) -> [InterfacePattern] {
    let first = token
    if let known = inboundLists.latest, let end = lexer.end(of: known.phrase, at: token.start) {
      // The list may go on where the known one ended, on the next line even.
      let before = (lexer, token)
      try advance(to: end)
      if at(.source) || at(.group) { return known.list }
      (lexer, token) = before
    }
    var list: [InterfacePattern] = []
    places.removeAll(keepingCapacity: true)
    repeat {
      guard list.count < NativeGrammar.longestList else { throw listTooLong(at: first) }
      places.append(token)
      list.append(try pattern())
    } while isAtInterface
    let (shared, isNew) = inboundLists.share(list)
    if isNew { try noteUses(of: list, from: first) }
    inboundLists.latest = lastLine == first.line ? (shared, first.start..<lastEnd) : nil
    return shared
  }

  private mutating func outboundList(
    of key: StaticRoute.Key
  ) throws(Diagnostic) -> [StaticRoute.Outbound] {
    let first = token
    let rest = lexer.restOfLine(from: first.start)
    if let known = outboundLists.byText[rest.hash],
      lexer.end(of: known.phrase, at: first.start) == rest.range.upperBound
    {
      try advance(to: rest.range.upperBound)
      return known.list
    }
    var list: [StaticRoute.Outbound] = []
    var hasThreshold = false
    places.removeAll(keepingCapacity: true)
    repeat {
      guard list.count < NativeGrammar.longestList else { throw listTooLong(at: first) }
      places.append(token)
      let pattern = try pattern()
      var threshold: UInt8?
      let place = token
      if try take(.ttl) {
        threshold = try self.threshold()
        if key.groups.family == .ipv6, !hasThreshold {
          findings.add(
            Diagnostic(
              .warning, .optionIgnored,
              "IPv6 has no TTL thresholds in the kernel; \"ttl\" changes nothing here",
              at: location(since: place), hint: "take \"ttl\" out of this route"))
        }
        hasThreshold = true
      }
      list.append(StaticRoute.Outbound(pattern, threshold: threshold))
    } while isAtInterface
    let (shared, isNew) = outboundLists.share(list)
    if isNew { try noteUses(of: list.map(\.pattern), from: first) }
    if lastEnd == rest.range.upperBound, !hasThreshold {
      outboundLists.byText[rest.hash] = (shared, rest.range)
    }
    return shared
  }

  /// 1–255; 0 is read as 1, as every packet has a TTL of at least 1.
  mutating func threshold() throws(Diagnostic) -> UInt8 {
    let value = try number(
      in: 0...255, of: "a TTL threshold", code: .thresholdRange, limits: "1 to 255",
      hint: "a packet leaves when its TTL is greater; 255 lets nothing out")
    return UInt8(clamping: max(1, value))
  }

  private mutating func routeOptions(_ route: inout StaticRoute) throws(Diagnostic) {
    var seen: Set<String> = []
    while token.kind == .word, at(anyOf: Keyword.routeOptions) {
      let word = text(of: token)
      guard seen.insert(word).inserted else { throw expected("one \"\(word)\" at most") }
      try advance()
      switch word {
      case "only": route.isExclusive = true
      case "reflect": route.reflects = true
      case "prefer":
        let range = -1_000_000...1_000_000
        route.preference = Int32(clamping: try number(in: range, of: "a preference", read: Units.signed))
      case "name": route.name = try string("a name", longest: 64)
      default: route.comment = try string("a comment")
      }
    }
  }

  /// `join on …`, the token on `join`.
  mutating func join() throws(Diagnostic) -> StaticJoin {
    let first = token
    try advance()
    try expect(.on, hint: NativeGrammar.joinForm)
    let key = try joinKeyBehindOn()
    return StaticJoin(key, location: location(since: first))
  }

  mutating func joinKeyBehindOn() throws(Diagnostic) -> StaticJoin.Key {
    let place = token
    let interface = try pattern()
    noteUse(of: interface, at: place, in: "join")
    let (sources, groups) = try sourceAndGroup(hint: NativeGrammar.joinForm)
    return StaticJoin.Key(interface: interface, sources: sources, groups: groups)
  }
}

/// Interface names and patterns.
extension NativeGrammar {
  /// A name or pattern; a keyword, an address or what the kernel never names so is refused.
  mutating func pattern() throws(Diagnostic) -> InterfacePattern {
    guard isAtInterface else { throw expected("an interface") }
    let name = text(of: token)
    if let fault = nameFault(name) { throw fault }
    try advance()
    return InterfacePattern(name)
  }

  /// Whether a name or pattern may stand here: a quoted word, or one that is no keyword.
  var isAtInterface: Bool {
    token.kind == .quoted || token.kind == .word && !at(anyOf: Keyword.ofRoutes)
  }

  /// kernel: dev_valid_name: at most 15 bytes, no `/`, `:` or blank, neither `.` nor `..`.
  private func nameFault(_ name: String) -> Diagnostic? {
    var isAddress = false
    var letters = 0
    for byte in name.utf8 {
      if byte == UInt8(ascii: "/") || byte == UInt8(ascii: ":") || byte <= 0x20 { isAddress = true }
      if byte != UInt8(ascii: "*"), byte != UInt8(ascii: "?") { letters += 1 }
    }
    if token.kind == .word, let first = name.utf8.first, first >= 0x30, first <= 0x39 {
      isAddress = isAddress || Address(name) != nil
    }
    if isAddress { return expected("an interface") }
    guard name != ".", name != "..", !name.isEmpty, letters <= 15 + (name.utf8.last == 0x2b ? 1 : 0),
      name.utf8.count <= 64
    else {
      return fault(
        .valueRange, "\"\(name)\" is not an interface name, 1 to 15 bytes", at: token,
        hint: "ip -br link lists the interfaces of this machine")
    }
    return nil
  }

  /// Judges a list not met before, whose tokens are `places`; keeps the first place of each name.
  private mutating func noteUses(of list: [InterfacePattern], from first: Token) throws(Diagnostic) {
    for (pattern, place) in zip(list, places) { noteUse(of: pattern, at: place, in: "route") }
    var seen: Set<InterfacePattern> = []
    guard let twice = list.first(where: { !seen.insert($0).inserted }) else { return }
    throw Diagnostic(
      .error, .duplicateRule, "\"\(twice)\" stands twice in one list", at: location(since: first),
      hint: "write each interface once")
  }

  mutating func noteUse(of pattern: InterfacePattern, at place: Token, in statement: String) {
    guard source != nil, uses.count < Limits().interfaces, usedPatterns.insert(pattern).inserted else {
      return
    }
    var end = place.lineStart
    while end < lexer.bytes.count, lexer.bytes[end] != 0x0a, lexer.bytes[end] != 0x0d { end += 1 }
    uses.append(
      InterfaceUse(
        pattern: pattern, statement: statement, location: location(of: place),
        sourceLine: String(decoding: lexer.bytes[place.lineStart..<end], as: UTF8.self)))
  }

  private func listTooLong(at first: Token) -> Diagnostic {
    Diagnostic(
      .error, .limitReached, "the list has more than \(NativeGrammar.longestList) interfaces",
      at: location(of: first), hint: "a pattern such as eth* names many at once")
  }
}

import Addressing
import Diagnostics
import Forwarding
import Membership

/// Lines given at run time: statements of the file, and short forms with a verb.
extension NativeGrammar {
  static let verbs = ["add", "replace", "del", "join", "leave", "set", "clear", "route", "interface"]
  static let addForm = "add [--pending] IIF [SRC[/LEN]] GROUP[/LEN] OIF...|none|members [of OIF...]"
  static let delForm = "del IIF [SRC[/LEN]] GROUP[/LEN]"
  static let joinLineForm = "join IF [SRC] GROUP[/LEN]"
  /// Statements of one transaction.
  static let mostLines = 200_000

  /// One line; its change joins `changes`.
  mutating func line() throws(Diagnostic) {
    let first = token
    let change = try change()
    guard changes.count < NativeGrammar.mostLines else {
      // The rest would be refused with it.
      token.kind = .endOfText
      throw Diagnostic(
        .error, .messageTooLarge, "a transaction has at most \(NativeGrammar.mostLines) changes",
        at: location(of: first), hint: "split it; what a file states can be more: mcast config apply FILE")
    }
    changes.append(change)
    changePlaces.append(location(since: first))
  }

  private mutating func change() throws(Diagnostic) -> Change {
    guard token.kind == .word else { throw expected("a verb: \(NativeGrammar.list(NativeGrammar.verbs))") }
    switch text(of: token) {
    case "route": return .add(atRunTime(try route()), pending: false)
    case "add":
      let (route, pending) = try routeToAdd()
      return .add(route, pending: pending)
    case "replace":
      let (route, pending) = try routeToAdd()
      return .replace(route, pending: pending)
    case "del": return .delete(try keyToDelete())
    case "join":
      try advance()
      let pending = try take("--pending")
      return .join(StaticJoin(try joinKey()), pending: pending)
    case "leave":
      try advance()
      return .leave(try joinKey())
    case "set":
      try advance()
      guard at("interface") else { throw expected("\"interface\"", hint: "set interface IF threshold N") }
      return .set(try interfaceAtRunTime())
    case "interface": return .set(try interfaceAtRunTime())
    case "clear": return .clear(try subject())
    default: throw unknown("verb", among: NativeGrammar.verbs)
    }
  }

  /// Behind `add` or `replace`: `[--pending]` and the file's form or the short one.
  private mutating func routeToAdd() throws(Diagnostic) -> (StaticRoute, Bool) {
    try advance()
    let pending = try take("--pending")
    if at(.route) || at(.from) { return (atRunTime(try route()), pending) }
    let first = token
    let key = try shortKey(hint: NativeGrammar.addForm)
    if token.endsStatement {
      throw expected("an outbound interface, \"none\" or \"members\"", hint: NativeGrammar.addForm)
    }
    return (atRunTime(try route(key, from: first)), pending)
  }

  /// `route from … group … [to …]` or `IIF [SRC] GROUP`.
  ///
  /// The short form takes no outbound interfaces: it would look as if only those went.
  private mutating func keyToDelete() throws(Diagnostic) -> StaticRoute.Key {
    try advance()
    guard at(.route) || at(.from) else {
      let key = try shortKey(hint: NativeGrammar.delForm)
      guard token.endsStatement else {
        throw expected(
          "the end of the line",
          hint: "del takes the whole route out; replace changes its outbound interfaces")
      }
      return key
    }
    let first = token
    let key = try routeKey()
    if try take(.to) { _ = try route(key, from: first) }
    return key
  }

  private mutating func shortKey(hint: String) throws(Diagnostic) -> StaticRoute.Key {
    if token.endsStatement { throw expected("an inbound interface", hint: hint) }
    let inbound = inboundLists.share([try pattern()]).list
    let (sources, groups) = try shortSourceAndGroup(hint: hint)
    return StaticRoute.Key(inbound: inbound, sources: sources ?? .all(groups.family), groups: groups)
  }

  /// `[SRC] GROUP`: of two addresses the first is the source.
  private mutating func shortSourceAndGroup(hint: String) throws(Diagnostic) -> (Prefix?, Prefix) {
    guard isAddress(token) else { throw expected("an address", hint: hint) }
    var ahead = lexer
    guard isAddress(ahead.next()) else { return (nil, try groupBlock()) }
    let place = token
    let sources = try sourceBlock()
    let groups = try groupBlock()
    return (try matching(sources, groups, at: place), groups)
  }

  private func isAddress(_ token: Token) -> Bool {
    token.kind == .word && Prefix(ascii: lexer.bytes.span.extracting(token.start..<token.end)) != nil
  }

  /// `on IF [source S] group G`, or `IF [SRC] GROUP`.
  private mutating func joinKey() throws(Diagnostic) -> StaticJoin.Key {
    if try take(.on) { return try joinKeyBehindOn() }
    if token.endsStatement { throw expected("an interface", hint: NativeGrammar.joinLineForm) }
    let interface = try pattern()
    let (sources, groups) = try shortSourceAndGroup(hint: NativeGrammar.joinLineForm)
    return StaticJoin.Key(interface: interface, sources: sources, groups: groups)
  }

  private mutating func interfaceAtRunTime() throws(Diagnostic) -> InterfaceStatement {
    var statement = try interface()
    statement.location = nil
    return statement
  }

  private mutating func subject() throws(Diagnostic) -> Change.Subject {
    try advance()
    return try choice(Change.Subject.self)
  }

  private func atRunTime(_ route: StaticRoute) -> StaticRoute {
    var route = route
    route.location = nil
    return route
  }
}

import Addressing
import Diagnostics
import Forwarding
import Kernel

/// Interfaces and boundaries.
extension NativeGrammar {
  static let interfaceForm =
    "interface NAME|PATTERN [enable|disable] [{ threshold N; querier on; … }]"

  /// `interface PATTERN [enable|disable] [{ … }]`, or one option without braces; the token on `interface`.
  mutating func interface() throws(Diagnostic) -> InterfaceStatement {
    let first = token
    try advance()
    statement = InterfaceStatement(try pattern())
    if try take("enable") {
      statement.mode = .enable
    } else if try take("disable") {
      statement.mode = .disable
    }
    if token.kind == .open {
      try block(.interface)
    } else if token.kind == .word {
      let word = text(of: token)
      guard try option(word, in: .interface) else {
        throw unknown("option of \"interface\"", among: ["enable", "disable"] + Section.interface.words)
      }
    } else if statement.mode == nil {
      throw expected("\"enable\", \"disable\" or an option", hint: NativeGrammar.interfaceForm)
    }
    statement.location = location(since: first)
    return statement
  }

  /// A boundary's name, or a block of groups.
  mutating func boundaryReference(
    at place: Token
  ) throws(Diagnostic) -> InterfaceOption.BoundaryReference {
    if token.kind == .word, Prefix(ascii: lexer.bytes.span.extracting(token.start..<token.end)) != nil {
      return .prefix(try boundaryPrefix())
    }
    let name = try string("the name of a boundary", longest: 64)
    boundaryReferences.append((name, location(since: place)))
    return .named(name)
  }

  /// `boundary NAME PREFIX…`, the token on `boundary`.
  mutating func boundary() throws(Diagnostic) {
    let first = token
    try advance()
    let name = try string("the name of a boundary", longest: 64)
    boundaryNames.insert(name)
    try note("boundary \(name)", at: first)
    var groups: [Prefix] = []
    repeat { groups.append(try boundaryPrefix()) } while token.kind == .word
    configuration.boundaries.append(Boundary(name: name, groups: groups))
  }

  /// Groups; those of IPv4 outside 239.0.0.0/8 draw a warning (RFC 2365 6).
  private mutating func boundaryPrefix() throws(Diagnostic) -> Prefix {
    let place = token
    let groups = try groupBlock()
    if groups.family == .ipv4, !NativeGrammar.administrativeScope.contains(groups) {
      findings.add(
        fault(
          .boundaryRange, severity: .warning,
          "\"\(shown(place))\" is outside 239.0.0.0/8, the groups of administrative scope", at: place,
          hint: "groups elsewhere are global; the boundary blocks them all the same"))
    }
    return groups
  }

  private static let administrativeScope = Prefix.masking(Address(ipv4: 0xef00_0000), bits: 104)
}

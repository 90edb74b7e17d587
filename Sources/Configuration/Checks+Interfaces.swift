public import Addressing
import Diagnostics
import Forwarding
import Kernel
import Membership

/// What the statements of interfaces say together.
extension NativeGrammar {
  /// Patterns whose timers are looked at beside those of a name.
  private static let comparedPatterns = 64

  /// A query must be answered before the next is sent (RFC 9776 8.3), whichever statements say so.
  mutating func checkTimers() {
    // Only statements with timers of their own can break the relation.
    var model = Configuration()
    (model.igmp, model.mld) = (configuration.igmp, configuration.mld)
    for (number, family) in [(NativeGrammar.igmpStatement, Family.ipv4), (NativeGrammar.mldStatement, .ipv6)]
    {
      report(model.settings(of: "").timerFault(family), at: timerPlaces[number])
    }
    let numbers = timerPlaces.keys.filter { configuration.interfaces.indices.contains($0) }.sorted()
    let statements = numbers.map { configuration.interfaces[$0] }
    let patterns = statements.filter { !$0.pattern.isExact }.prefix(NativeGrammar.comparedPatterns)
    let names = Dictionary(grouping: statements.filter(\.pattern.isExact), by: \.pattern.text)
    for (number, statement) in zip(numbers, statements) {
      // A pattern matches its own text.
      let name = statement.pattern.text
      model.interfaces = (names[name] ?? [statement]) + patterns
      let settings = model.settings(of: name)
      report(settings.timerFault(.ipv4) ?? settings.timerFault(.ipv6), at: timerPlaces[number])
    }
  }

  private mutating func report(_ fault: String?, at location: SourceLocation?) {
    guard let fault, let location else { return }
    findings.add(
      Diagnostic(
        .error, .timerRelation, fault, at: location,
        hint: "lower response-interval; 10s with 125s is the default"))
  }

  /// A boundary of any scope is one of the local scope, 239.255.0.0/16, too (RFC 2365 6.1).
  mutating func checkLocalScope() {
    let named = Dictionary(
      configuration.boundaries.map { ($0.name ?? "", $0.groups) }, uniquingKeysWith: { first, _ in first })
    for statement in configuration.interfaces {
      let groups = statement.boundaries.flatMap { (reference) -> [Prefix] in
        switch reference {
        case .named(let name): named[name] ?? []
        case .prefix(let prefix): [prefix]
        }
      }.filter { $0.family == Family.ipv4 }
      guard let first = groups.first, let location = statement.location,
        !groups.contains(where: { $0.contains(NativeGrammar.localScope) })
      else { continue }
      findings.add(
        Diagnostic(
          .warning, .boundaryRange,
          "\"\(statement.pattern)\" is a boundary of \(first), and lets the local scope 239.255.0.0/16 pass",
          at: location, hint: "add: boundary 239.255.0.0/16; a boundary of any scope is one of it (RFC 2365)")
      )
    }
  }

  private static let localScope = Prefix.masking(Address(ipv4: 0xefff_0000), bits: 112)
}

extension InterfaceSettings {
  /// How the timers of a querier contradict each other; nil when they do not.
  public func timerFault(_ family: Family) -> String? {
    let querier = family == .ipv4 ? igmp : mld
    guard querier.responseInterval >= querier.queryInterval else { return nil }
    let texts = [querier.responseInterval, querier.queryInterval].map { Units.durationText($0) }
    return "response-interval \(texts[0]) is not shorter than query-interval \(texts[1])"
  }
}

import Addressing
import Diagnostics
import Forwarding
import Kernel
import Membership

/// What can only be judged when all statements are read.
extension NativeGrammar {
  mutating func judge() {
    configuration.igmp.complete(by: importedQueriers)
    if stated["limits memory"] == nil { configuration.limits.memory = configuration.limits.memoryWanted }
    for reference in boundaryReferences where !boundaryNames.contains(reference.name) {
      let nearest = Nearest.word(to: reference.name, among: boundaryNames.sorted())
      findings.add(
        Diagnostic(
          .error, .unknownBoundary, "no boundary is named \"\(reference.name)\"", at: reference.location,
          hint: nearest.map { "did you mean \"\($0)\"?" }
            ?? "state it: boundary \(reference.name) 239.255.0.0/16"))
    }
    checkLimits()
    checkJoins()
    checkDisabled()
    checkInterfaceStatements()
    checkTimers()
    checkLocalScope()
    checkImports()
    RouteChecks(configuration.routes, configuration.table.precedence).report(to: &findings)
  }

  private mutating func checkLimits() {
    let limits = configuration.limits
    if configuration.routes.count > limits.routes {
      findings.add(
        Diagnostic(
          .error, .limitReached,
          "\(configuration.routes.count) routes are more than the limit of \(limits.routes)",
          at: configuration.routes[limits.routes].location,
          hint: "raise it: limits { routes \(configuration.routes.count) }"))
    }
    if configuration.interfaces.count > limits.interfaces {
      findings.add(
        Diagnostic(
          .error, .limitReached,
          "\(configuration.interfaces.count) statements of interfaces are more than the limit of "
            + "\(limits.interfaces)",
          at: configuration.interfaces[limits.interfaces].location,
          hint: "a pattern such as eth* speaks of many at once"))
    }
    var held = 0
    for join in configuration.joins {
      let (product, tooMany) = (join.key.groups.count ?? .max).multipliedReportingOverflow(
        by: join.key.sources.map { $0.count ?? .max } ?? 1)
      let (sum, overflow) = held.addingReportingOverflow(tooMany ? .max : product)
      guard !tooMany, !overflow, sum <= limits.joins else {
        findings.add(
          Diagnostic(
            .error, .limitReached, "with this statement the joins are more than the limit of \(limits.joins)",
            at: join.location, hint: "join fewer groups, or raise it: limits { joins N }"))
        return
      }
      held = sum
    }
  }

  private mutating func checkJoins() {
    var first: [StaticJoin.Key: SourceLocation?] = [:]
    for join in configuration.joins {
      guard let before = first.updateValue(join.location, forKey: join.key) else { continue }
      first[join.key] = before
      findings.add(
        Diagnostic(
          .error, .duplicateRule,
          "the join is stated twice: the other is \(before?.description ?? "elsewhere")",
          at: join.location, hint: "take one of the two out"))
    }
  }

  /// Names that routes use though a statement disables them.
  private mutating func checkDisabled() {
    guard configuration.interfaces.contains(where: { $0.mode == .disable }) else { return }
    for use in uses where use.statement == "route" && use.pattern.isExact {
      guard configuration.settings(of: use.pattern.text).mode == .disable else { continue }
      findings.add(
        Diagnostic(
          .warning, .interfaceDisabled, "interface \"\(use.pattern)\" is disabled; the route waits",
          at: use.location, hint: "take out its disable, or take it out of the route"))
    }
  }

  /// The same option of the same pattern with two values; of different patterns the more specific wins.
  private mutating func checkInterfaceStatements() {
    var before: [InterfacePattern: InterfaceStatement] = [:]
    for statement in configuration.interfaces {
      guard var known = before[statement.pattern] else {
        before[statement.pattern] = statement
        continue
      }
      let location = known.location
      known.complete(by: statement)
      if !known.states(statement) {
        findings.add(
          Diagnostic(
            .error, .duplicateRule,
            "the statement contradicts the one at \(location?.description ?? "run time")",
            at: statement.location, hint: "state each option of \"\(statement.pattern)\" once"))
      }
      before[statement.pattern] = known
    }
  }
}

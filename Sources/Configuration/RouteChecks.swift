import Addressing
import Diagnostics
import Forwarding
import Kernel

/// What is wrong with routes taken together: duplicates, contradictions, rules that never decide.
///
/// The longest group prefix decides, then the longest source prefix; so only rules of the same two prefixes
/// compete, and looking them up costs one step a rule.
struct RouteChecks {
  /// Distinct patterns of competing rules that are compared with each other, pair by pair.
  private static let comparedPatterns = 64

  private struct Place: Hashable {
    var groups: Prefix
    var sources: Prefix
  }

  private let routes: [StaticRoute]
  private let precedence: Precedence

  init(_ routes: [StaticRoute], _ precedence: Precedence) {
    (self.routes, self.precedence) = (routes, precedence)
  }

  func report(to findings: inout Findings) {
    for rivals in competing() { check(rivals, &findings) }
  }

  /// Indexes of the routes of each pair of prefixes that more than one route has, in file order.
  private func competing() -> [[Int]] {
    var crowds: [[Int]] = []
    // The only route of a place, or, below zero, the complement of its crowd.
    var places: [Place: Int] = [:]
    places.reserveCapacity(routes.count)
    for index in routes.indices {
      let place = Place(groups: routes[index].key.groups, sources: routes[index].key.sources)
      guard let before = places.updateValue(index, forKey: place) else { continue }
      if before < 0 {
        crowds[~before].append(index)
        places[place] = before
      } else {
        crowds.append([before, index])
        places[place] = ~(crowds.count - 1)
      }
    }
    return crowds
  }

  private func check(_ rivals: [Int], _ findings: inout Findings) {
    let distinct = withoutDuplicates(rivals, &findings)
    // Where the order of statements decides, rules of the same prefixes add up.
    guard distinct.count > 1, precedence == .longest else { return }
    // Of each name or pattern the route that decides: the preferred one, else the first.
    var winners: [String: Int] = [:]
    var patterns: [String] = []
    for index in distinct {
      for inbound in routes[index].key.inbound {
        let name = RouteChecks.canonical(inbound)
        if let winner = winners[name] {
          if routes[index].preference > routes[winner].preference { winners[name] = index }
        } else {
          winners[name] = index
          if !inbound.isExact, patterns.count < RouteChecks.comparedPatterns { patterns.append(name) }
        }
      }
    }
    for index in distinct { judge(index, winners, patterns, &findings) }
  }

  private func judge(
    _ index: Int, _ winners: [String: Int], _ patterns: [String], _ findings: inout Findings
  ) {
    let route = routes[index]
    var beaten = 0
    var winner: Int?
    var overlap: Int?
    for inbound in route.key.inbound {
      let name = RouteChecks.canonical(inbound)
      let rivals = inbound.isExact ? [name] : [name] + patterns.filter { $0 != name }
      var isBeaten = false
      for rival in rivals {
        guard let other = winners[rival], other != index, precedes(other, index) else { continue }
        if RouteChecks.covers(rival, name) {
          isBeaten = true
          winner = winner ?? other
        }
        if routes[other].preference == route.preference, RouteChecks.meets(rival, name) {
          overlap = overlap ?? other
        }
      }
      if isBeaten { beaten += 1 }
    }
    if beaten == route.key.inbound.count, let winner {
      findings.add(
        finding(
          .shadowedRule, "this rule never decides: the one at \(place(of: winner)) is taken first", at: index,
          hint: "take one of the two out, or give this one a higher \"prefer\""))
    } else if let overlap {
      findings.add(
        finding(
          .overlappingRules, "this rule overlaps the one at \(place(of: overlap)); only their order decides",
          at: index, hint: "say which is meant with \"prefer 1\" at its end"))
    }
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    let (a, b) = (routes[left].preference, routes[right].preference)
    return a == b ? left < right : a > b
  }

  /// The routes without those that state what an earlier one of the same inbound interfaces states.
  private func withoutDuplicates(_ rivals: [Int], _ findings: inout Findings) -> [Int] {
    var first: [[String]: Int] = [:]
    return rivals.filter { index in
      let key = routes[index].key.inbound.map(RouteChecks.canonical).sorted()
      guard let before = first[key] else {
        first[key] = index
        return true
      }
      let isSame =
        routes[before].outbound == routes[index].outbound
        && routes[before].toMembers == routes[index].toMembers
      findings.add(
        finding(
          .duplicateRule,
          isSame
            ? "the route is stated twice: the other is \(place(of: before))"
            : "the route contradicts the one at \(place(of: before))", at: index,
          severity: .error,
          hint: isSame ? "take one of the two out" : "keep one of the two, with all its outbound interfaces"))
      return false
    }
  }

  private func place(of index: Int) -> String { routes[index].location?.description ?? "run time" }

  private func finding(
    _ code: Code, _ message: String, at index: Int, severity: Diagnostic.Severity = .warning, hint: String
  ) -> Diagnostic {
    Diagnostic(severity, code, message, at: routes[index].location, hint: hint)
  }

  /// `eth+` means `eth*`.
  private static func canonical(_ pattern: InterfacePattern) -> String {
    pattern.text.utf8.last == 0x2b ? pattern.text.dropLast() + "*" : pattern.text
  }

  /// Whether all names of `inner` are names of `outer`; sure for `text*` only, else when they are equal.
  private static func covers(_ outer: String, _ inner: String) -> Bool {
    if outer == inner { return true }
    guard let start = start(of: outer) else { return false }
    return inner.utf8.starts(with: start.utf8)
  }

  /// Whether both surely match a name: one `text*` begins with the other's text.
  private static func meets(_ left: String, _ right: String) -> Bool {
    if left == right { return true }
    guard let first = start(of: left), let second = start(of: right) else { return false }
    return first.utf8.starts(with: second.utf8) || second.utf8.starts(with: first.utf8)
  }

  /// The text before the asterisk of `text*`; nil for any other form.
  private static func start(of pattern: String) -> Substring? {
    guard pattern.utf8.last == 0x2a else { return nil }
    let start = pattern.dropLast()
    return start.utf8.contains { $0 == 0x2a || $0 == 0x3f } ? nil : start
  }
}

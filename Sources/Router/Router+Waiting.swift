import Addressing
import Configuration
import Control
import Forwarding
import Kernel
import Membership

/// Rules and joins that name interfaces which are not there: told when they begin to wait and when that ends.
extension Router {
  /// So many are told in a step; a link that a thousand rules name is one line more.
  private static let toldAtOnce = 100

  /// Looks at what was stated, changed or bound anew in this step.
  mutating func noteWaiting() {
    var told: [Notice.Change: Int] = [:]
    noteWaitingRules(&told)
    if dirty.names { noteWaitingJoins(&told) }
    for change in [Notice.Change.waiting, .activated] {
      let more = (told[change] ?? 0) - Router.toldAtOnce
      guard more > 0 else { continue }
      tell(.route, change, .notice, "\(more) more") { $0.hint = "mcast show pending lists all" }
    }
  }

  private mutating func noteWaitingRules(_ told: inout [Notice.Change: Int]) {
    // Thousands of rules share their lists of interfaces.
    var known: [RuleLists: Bool] = [:]
    for id in dirty.rules where rules.rule(at: Int(id.number)) != nil {
      let lists = rules.lists(id)
      let isMissing = known[lists] ?? isWaiting(id)
      known[lists] = isMissing
      if !isMissing, waitingRules.isEmpty { continue }
      let isNews = isMissing ? waitingRules.insert(id).inserted : waitingRules.remove(id) != nil
      guard isNews else { continue }
      let route = rules.route(id)
      let names = isMissing ? missingNames(of: id) : []
      note(.route, isMissing ? .waiting : .activated, route.statement, names, facts(route), &told)
    }
  }

  private mutating func noteWaitingJoins(_ told: inout [Notice.Change: Int]) {
    guard joins.statementCount > 0 || !waitingJoins.isEmpty else { return }
    for join in joins.all {
      let isMissing = !isThere(join.key.interface)
      let isNews =
        isMissing ? waitingJoins.insert(join.key).inserted : waitingJoins.remove(join.key) != nil
      guard isNews else { continue }
      let facts = Notice.RouteFacts(
        source: join.key.sources.map(\.description) ?? "*", group: join.key.groups.description,
        inbound: join.key.interface.text, outbound: [], table: plan.base.number(join.family))
      let names = isMissing ? [join.key.interface.text] : []
      note(.join, isMissing ? .waiting : .activated, join.statement, names, facts, &told)
    }
  }

  private func isWaiting(_ id: RuleID) -> Bool {
    let route = rules.route(id)
    return !(route.key.inbound.allSatisfy(isThere) && route.outbound.allSatisfy { isThere($0.pattern) })
  }

  private mutating func note(
    _ kind: Notice.Kind, _ change: Notice.Change, _ statement: String, _ missing: [String],
    _ facts: Notice.RouteFacts, _ told: inout [Notice.Change: Int]
  ) {
    told[change, default: 0] += 1
    guard told[change] ?? 0 <= Router.toldAtOnce else { return }
    tell(kind, change, .notice, statement) {
      $0.detail =
        missing.isEmpty
        ? "every interface that it names is there" : "no interface \(missing.joined(separator: ", ")) yet"
      $0.route = facts
    }
  }

  private func facts(_ route: StaticRoute) -> Notice.RouteFacts {
    let isAny = route.key.sources == .all(route.family)
    return Notice.RouteFacts(
      source: isAny ? "*" : route.key.sources.description, group: route.key.groups.description,
      inbound: route.key.inbound.map(\.text).joined(separator: " "),
      outbound: route.outbound.map(\.pattern.text), table: plan.base.number(route.family))
  }
}

import Addressing
import Configuration
import Control
import Diagnostics
import Forwarding
import Kernel
import Membership

/// Changes at run time: a transaction is judged whole before any of it is done.
extension Router {
  mutating func change(_ changes: [Change], bestEffort: Bool, request: RequestID) {
    guard isConfigured, !isStopping else {
      return refuse(request, .badRequest, "the daemon is not ready", hint: nil)
    }
    var transaction = Transaction()
    var results: [ChangeResult] = []
    var failed = false
    for (index, change) in changes.enumerated() {
      var result = ChangeResult(index: index, text: change.statement, outcome: .done)
      do throws(Diagnostic) {
        if try judge(change, &transaction) {
          transaction.changes.append(change)
        } else {
          result.outcome = .unchanged
        }
      } catch {
        result.outcome = .refused
        result.error = error
        failed = true
      }
      results.append(result)
      if failed && !bestEffort { break }
    }
    guard !failed || bestEffort else {
      return actions.append(.reply(request, .changes(results.filter { $0.outcome == .refused }, Summary())))
    }
    var summary = Summary()
    if !transaction.changes.isEmpty { generation += 1 }
    for change in transaction.changes { perform(change, &summary) }
    actions.append(.reply(request, .changes(results, summary)))
  }

  /// What the changes of one transaction so far make of the rules and joins.
  private struct Transaction {
    var changes: [Change] = []
    private(set) var routes: [StaticRoute.Key: StaticRoute?] = [:]
    /// The keys of `routes` in the order of the changes.
    private(set) var keys: [StaticRoute.Key] = []
    var joins: [StaticJoin.Key: Bool] = [:]
    var addedRoutes = 0
    var addedJoins = 0

    /// - Parameter route: nil: there is none from here on.
    mutating func put(_ route: StaticRoute?, at key: StaticRoute.Key) {
      if routes.updateValue(route, forKey: key) == nil { keys.append(key) }
    }
  }

  /// Whether the change can be done, and whether it changes anything.
  private func judge(_ change: Change, _ transaction: inout Transaction) throws(Diagnostic) -> Bool {
    switch change {
    case .add(let route, let pending):
      guard current(route.key, transaction) == nil else {
        throw Diagnostic(
          .duplicateRule, "there is a rule for this inbound interface, source and group already",
          hint: "change it with: mcast replace \(route.statement)")
      }
      try judgeNew(route, pending: pending, &transaction)
      return true
    case .replace(let route, let pending):
      guard let old = current(route.key, transaction) else {
        try judgeNew(route, pending: pending, &transaction)
        return true
      }
      if !pending { try judgePresence(route) }
      transaction.put(route, at: route.key)
      return !route.states(old)
    case .extend(let route):
      try judgePresence(route.key.inbound, "add", route.statement)
      try judgeUse(route.key.inbound)
      guard let old = current(route.key, transaction) else {
        try judgeNew(route, pending: true, &transaction)
        return true
      }
      transaction.put(old.extended(by: route), at: route.key)
      return !old.extended(by: route).states(old)
    case .reduce(let key, let patterns):
      guard let reduction = reduction(of: key, by: patterns, transaction) else { throw absence(of: key) }
      return try judge(reduction, &transaction)
    case .delete(let key):
      guard current(key, transaction) != nil else { throw absence(of: key) }
      transaction.put(nil, at: key)
      transaction.addedRoutes -= 1
      return true
    case .join(let join, let pending):
      guard !(transaction.joins[join.key] ?? joins.contains(join.key)) else { return false }
      try judgeNew(join, pending: pending, &transaction)
      return true
    case .leave(let key):
      guard transaction.joins[key] ?? joins.contains(key) else {
        throw Diagnostic(.noSuchObject, "there is no such join", hint: "mcast show joins lists them")
      }
      transaction.joins[key] = false
      transaction.addedJoins -= HostJoins.size(key)
      return true
    case .set(let statement):
      try judge(statement)
      return true
    case .clear: return true
    }
  }

  private func current(_ key: StaticRoute.Key, _ transaction: Transaction) -> StaticRoute? {
    if let changed = transaction.routes[key] { return changed }
    return rules.find(key).map { rules.route($0) }
  }

  /// What becomes of the rules with the prefixes of `key` when interfaces are taken out; nil: none has them.
  private func reduction(
    of key: StaticRoute.Key, by patterns: [InterfacePattern], _ transaction: Transaction
  ) -> Reduction? {
    let isAlike = { (other: StaticRoute.Key) in other.groups == key.groups && other.sources == key.sources }
    var former: [(route: StaticRoute, order: UInt64)] = []
    for id in rules.all(key.groups, key.sources) where transaction.routes[rules.route(id).key] == nil {
      former.append((rules.route(id), rules.order(id)))
    }
    for other in transaction.keys where isAlike(other) {
      guard let route = current(other, transaction) else { continue }
      former.append((route, rules.find(other).map { rules.order($0) } ?? .max))
    }
    return Reduction(of: former, from: key.inbound, by: patterns, present: domain.all.map(\.name))
  }

  private func judge(_ reduction: Reduction, _ transaction: inout Transaction) throws(Diagnostic) -> Bool {
    let new = reduction.put.count { current($0.route.key, transaction) == nil }
    try judgeRoom(for: new - reduction.gone.count, &transaction)
    for key in reduction.gone { transaction.put(nil, at: key) }
    for (route, _) in reduction.put { transaction.put(route, at: route.key) }
    return !reduction.gone.isEmpty || !reduction.put.isEmpty
  }

  private func judgeNew(
    _ route: StaticRoute, pending: Bool, _ transaction: inout Transaction
  ) throws(Diagnostic) {
    if !pending { try judgePresence(route) }
    try judgeRoom(for: 1, &transaction)
    transaction.put(route, at: route.key)
  }

  private func judgeRoom(for count: Int, _ transaction: inout Transaction) throws(Diagnostic) {
    let limit = intent.base.limits.routes
    guard count <= 0 || rules.count + transaction.addedRoutes + count <= limit else {
      throw Diagnostic(
        .limitReached, "the limit of \(limit) routes is reached",
        hint: "raise it in the file: limits { routes N }")
    }
    guard count <= 0 || !isMemoryFull else {
      throw Diagnostic(
        .limitReached, "the limit of \(intent.base.limits.memory >> 20) MiB of memory is reached",
        hint: "raise it in the file: limits { memory SIZE }")
    }
    transaction.addedRoutes += count
  }

  private func judgeNew(
    _ join: StaticJoin, pending: Bool, _ transaction: inout Transaction
  ) throws(Diagnostic) {
    if !pending { try judgePresence([join.key.interface], "join", join.statement) }
    let limit = intent.base.limits.joins
    let (total, overflow) = HostJoins.size(join.key).addingReportingOverflow(
      joins.expandedCount + transaction.addedJoins)
    guard !overflow, total <= limit else {
      throw Diagnostic(
        .limitReached, "the limit of \(limit) joins would be passed",
        hint: "raise it in the file: limits { joins N }")
    }
    transaction.addedJoins += HostJoins.size(join.key)
    transaction.joins[join.key] = true
  }

  private func judge(_ statement: InterfaceStatement) throws(Diagnostic) {
    for case .named(let name) in statement.boundaries
    where !intent.base.boundaries.contains(where: { $0.name == name }) {
      throw Diagnostic(
        .noSuchObject, "there is no boundary \"\(name)\"",
        hint: "state it in the file: boundary \(name) PREFIX")
    }
    if !(statement.options[.queryInterval] + statement.options[.responseInterval]).isEmpty {
      var configuration = intent.effectiveSettings
      configuration.interfaces.insert(statement, at: 0)
      let settings = configuration.settings(of: statement.pattern.text)
      if let fault = settings.timerFault(.ipv4) ?? settings.timerFault(.ipv6) {
        throw Diagnostic(
          .timerRelation, fault,
          hint: "lower it first: mcast set interface \(statement.pattern) response-interval 1s")
      }
    }
    guard !statement.pattern.isExact || domain.named(statement.pattern.text) != nil else {
      throw missing(statement.pattern.text, hint: "mcast show interfaces lists those that are there")
    }
  }

  private func judgePresence(_ route: StaticRoute) throws(Diagnostic) {
    try judgePresence(route.key.inbound + route.outbound.map(\.pattern), "add", route.statement)
  }

  /// An inbound interface that can never be one is refused at once; nobody would hear of it later.
  private func judgeUse(_ patterns: [InterfacePattern]) throws(Diagnostic) {
    let settings = intent.effectiveSettings
    let hidden = hiddenNames
    for pattern in patterns where pattern.isExact {
      let isDisabled = settings.settings(of: pattern.text).mode == .disable
      guard isDisabled || hidden.contains(pattern.text) else { continue }
      throw Diagnostic(
        .unknownInterface, "interface \"\(pattern)\" is \(isDisabled ? "disabled" : "not multicast-capable")",
        hint: "mcast show interfaces lists those that are there")
    }
  }

  /// A literal name must be there; patterns may wait for what comes.
  private func judgePresence(
    _ patterns: [InterfacePattern], _ verb: String, _ statement: String
  ) throws(Diagnostic) {
    for pattern in patterns where pattern.isExact && domain.named(pattern.text) == nil {
      let line = verb == "join" ? String(statement.dropFirst("join ".count)) : statement
      throw missing(pattern.text, hint: "it can wait for the interface: mcast \(verb) --pending \(line)")
    }
  }

  /// There is no rule with this key; a name that no interface bears is the likelier mistake.
  private func absence(of key: StaticRoute.Key) -> Diagnostic {
    let absent = key.inbound.first { $0.isExact && domain.named($0.text) == nil }
    if let absent { return missing(absent.text, hint: "mcast show interfaces lists those that are there") }
    return Diagnostic(.noSuchObject, "there is no such rule", hint: "mcast show routes lists them")
  }

  private func missing(_ name: String, hint: String) -> Diagnostic {
    let near = domain.all.map(\.name).filter { EditDistance.isNear($0, name) }.sorted()
    let guess = near.isEmpty ? "" : "did you mean \(near.joined(separator: " or "))? "
    return Diagnostic(.unknownInterface, "interface \"\(name)\" does not exist", hint: guess + hint)
  }

  private mutating func perform(_ change: Change, _ summary: inout Summary) {
    switch change {
    case .add(let route, _), .replace(let route, _): put(route, &summary)
    case .extend(let route):
      put(rules.find(route.key).map { rules.route($0).extended(by: route) } ?? route, &summary)
    case .reduce(let key, let patterns):
      guard let reduction = reduction(of: key, by: patterns, Transaction()) else { return }
      for key in reduction.gone {
        if let id = rules.find(key) { delete(id, &summary) }
      }
      for (route, order) in reduction.put { put(route, order: order, &summary) }
    case .delete(let key):
      if let id = rules.find(key) { delete(id, &summary) }
    case .join(let join, _):
      intent.put(join)
      dirty.names = dirty.names || joins.statementCount == 0 || !isThere(join.key.interface)
      actions += joins.add(StaticJoin(join.key)).map { .kernel($0) }
      summary.added += 1
      noteJoin(.join, join.key)
    case .leave(let key):
      guard let join = joins[key] else { return }
      intent.delete(join)
      waitingJoins.remove(key)
      actions += joins.remove(key).map { .kernel($0) }
      summary.removed += 1
      noteJoin(.leave, key)
    case .set(let statement):
      intent.put(statement)
      dirty.names = true
      dirty.settings = true
      summary.changed += 1
    case .clear(let subject): clear(subject)
    }
  }

  private mutating func delete(_ id: RuleID, _ summary: inout Summary) {
    intent.delete(rules.route(id))
    withdraw(id)
    dirty.names = true
    summary.removed += 1
  }

  /// - Parameter order: its place among the rules; nil: where it is, or behind all others.
  private mutating func put(_ route: StaticRoute, order: UInt64? = nil, _ summary: inout Summary) {
    var route = route
    route.location = nil
    let id = rules.find(route.key)
    let order = intent.put(
      route, over: id.map { rules.route($0) }, order: order ?? id.map { rules.order($0) })
    if let id {
      let isMoved = rules.order(id) != order
      let isChanged = rules.update(id, to: route, order: order, pass: counts.pass)
      if isChanged || isMoved { dirty.rules.append(id) }
      summary.changed += 1
    } else {
      let added = rules.insert(route, order: order, pass: counts.pass, since: now)
      dirty.rules.append(added)
      summary.added += 1
    }
    dirty.names = true
    dirty.plan = true
  }

  private mutating func noteJoin(_ change: Notice.Change, _ key: StaticJoin.Key) {
    tell(.join, change, .info, StaticJoin(key).statement)
  }

  private mutating func clear(_ subject: Change.Subject) {
    switch subject {
    case .counters:
      for number in 0..<entries.end {
        if let id = entries.id(at: number) { entries.update(id) { $0.use.clear() } }
      }
    case .routes:
      for id in entries.all(where: { $0.kind != .full }) { drop(id) }
    case .groups: clearGroups()
    case .neighbors: clearNeighbors()
    }
  }
}

/// How far two names are apart, for "did you mean".
enum EditDistance {
  /// At most two insertions, deletions or replacements; names are at most 15 bytes.
  static func isNear(_ left: String, _ right: String) -> Bool {
    let (a, b) = (Array(left.utf8.prefix(16)), Array(right.utf8.prefix(16)))
    guard abs(a.count - b.count) <= 2 else { return false }
    var row = Array(0...b.count)
    for i in a.indices {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1))
        diagonal = above
      }
    }
    return row[b.count] <= 2
  }
}

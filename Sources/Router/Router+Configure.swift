import Addressing
public import Configuration
import Control
public import Diagnostics
import Forwarding
import Kernel
import Membership
import Timing

/// Whole configurations: what they change is found by comparison, and only that is touched.
extension Router {
  mutating func configure(_ configuration: Configuration, isReload: Bool, request: RequestID?) {
    if isReload, refuses(configuration, request) { return }
    // A file that says nothing new is no step to undo, and needs no second copy in memory.
    if isReload, intent.unsavedCount > 0 || configuration != intent.base { remember() }
    settleConfirmation()
    let summary = load { $0.load(configuration, keepsChanges: !isReload || configuration.keepsChanges) }
    if !isReload { timers.set(.audit, at: now + Timer.auditInterval) }
    let text = Router.text(of: summary)
    noteConfiguration(
      configuration.file.isEmpty ? "no file" : configuration.file,
      "\(isReload ? "reloaded" : "loaded"): \(text)", isFirst: !isReload)
    if let request { actions.append(.reply(request, .changes([], summary))) }
  }

  mutating func apply(_ configuration: Configuration, confirmSeconds: Int?, request: RequestID) {
    guard !refuses(configuration, request) else { return }
    let before = intent
    remember()
    let summary = load { $0.load(configuration, keepsChanges: true) }
    if let seconds = confirmSeconds {
      unconfirmed = unconfirmed ?? before
      timers.set(.confirm, at: now + .seconds(max(1, seconds)))
    } else {
      settleConfirmation()
    }
    noteConfiguration(configuration.file, "applied: \(Router.text(of: summary))")
    actions.append(.reply(request, .changes([], summary)))
  }

  /// Why a configuration cannot take the place of the running one, though it is right by itself.
  ///
  /// The table is chosen at the start: a change would withdraw every entry before the first came back.
  public func refusal(of configuration: Configuration) -> Diagnostic? {
    guard isConfigured, !isTableFixed, configuration.table.id != intent.base.table.id else { return nil }
    let name = { (id: UInt32?) in id.map { "table \($0)" } ?? "the kernel's standard tables" }
    return Diagnostic(
      .tableFixed,
      "the daemon routes by \(name(intent.base.table.id)); a reload cannot move it to "
        + name(configuration.table.id), hint: "restart it: systemctl restart mcastd")
  }

  private mutating func refuses(_ configuration: Configuration, _ request: RequestID?) -> Bool {
    guard let refusal = refusal(of: configuration) else { return false }
    if let request {
      actions.append(.reply(request, .refused([refusal])))
    } else {
      raise(.configuration, refusal)
    }
    return true
  }

  mutating func confirm(_ request: RequestID) {
    guard unconfirmed != nil else {
      return refuse(request, .noSuchObject, "no configuration waits to be confirmed", hint: nil)
    }
    settleConfirmation()
    actions.append(.reply(request, .changes([], Summary())))
  }

  /// What is in force stays: somebody decided after the configuration that waited.
  private mutating func settleConfirmation() {
    unconfirmed = nil
    timers.cancel(.confirm)
  }

  /// Nobody confirmed in time: back to what was.
  mutating func revert() {
    guard let before = unconfirmed else { return }
    unconfirmed = nil
    let summary = load { $0 = before }
    noteConfiguration(
      before.base.file, "not confirmed in time, so the previous one is back: \(Router.text(of: summary))")
  }

  mutating func undo(_ request: RequestID) {
    guard let before = history.popLast() else {
      return refuse(
        request, .noSuchObject, "there is no previous configuration",
        hint: "the last 8 are kept while the daemon runs")
    }
    settleConfirmation()
    let summary = load { $0 = before }
    noteConfiguration(before.base.file, "undone: \(Router.text(of: summary))")
    actions.append(.reply(request, .changes([], summary)))
  }

  /// Keeps what is in force for `undo`.
  mutating func remember() {
    history.append(intent)
    if history.count > Limits.undoDepth { history.removeFirst() }
  }

  /// Changes the intent as a whole and brings rules, joins and settings in line.
  private mutating func load(_ change: (inout Intent) -> Void) -> Summary {
    change(&intent)
    if let additions = inheritance.additions {
      inheritance.additions = nil
      intent.restore(additions)
    }
    generation += 1
    clearProblem(.configuration)
    counts.loadedAt = now
    let idle = intent.base.cache.idleTimeout
    let check = idle > .zero ? idle / 2 : .seconds(30)
    if check < idleCheck { entries.hastenIdle(to: now + check) }
    idleCheck = check
    if rules.precedence != intent.base.table.precedence {
      rules.precedence = intent.base.table.precedence
      dirty.rules += rules.all
    }
    if !isTableFixed, !isConfigured {
      plan = TablePlan(base: intent.base.table.id.map { TableID(rawValue: $0) } ?? .standard)
    }
    let isFirst = !isConfigured
    if isFirst {
      beginProtocols()
      resumeLife()
    }
    isConfigured = true
    var summary = Summary()
    loadRoutes(&summary)
    if isFirst { takeOver() }
    let wanted = intent.allJoins
    let keys = Set(wanted.map(\.key))
    let gone = joins.all.filter { !keys.contains($0.key) }.count
    waitingJoins.formIntersection(keys)
    let fresh = keys.filter { !joins.contains($0) }.count
    summary.added += fresh
    summary.removed += gone
    summary.untouched += keys.count - fresh
    actions += joins.state(wanted).map { .kernel($0) }
    dirty.names = true
    dirty.settings = true
    dirty.plan = true
    return summary
  }

  private mutating func loadRoutes(_ summary: inout Summary) {
    counts.pass &+= 1
    let pass = counts.pass
    if rules.count == 0 {
      rules.reserve(intent.base.routes.count)
      dirty.rules.reserveCapacity(intent.base.routes.count)
    }
    // Not by a closure over each: it would copy the table for every route.
    let routes = intent.base.routes
    if intent.changedRoutes.isEmpty {
      for index in routes.indices { load(routes[index], order: UInt64(index), &summary) }
    } else {
      for (route, order) in intent.effectiveRoutes { load(route, order: order, &summary) }
    }
    for id in rules.stale(pass) {
      summary.removed += 1
      withdraw(id)
    }
  }

  private mutating func load(_ route: StaticRoute, order: UInt64, _ summary: inout Summary) {
    guard let id = rules.find(route.key) else {
      dirty.rules.append(rules.insert(route, order: order, pass: counts.pass, since: now))
      summary.added += 1
      return
    }
    if rules.update(id, to: route, order: order, pass: counts.pass) {
      dirty.rules.append(id)
      summary.changed += 1
    } else {
      summary.untouched += 1
    }
  }

  /// Takes a rule out of force; the entries it decided are decided by the next best, or go.
  mutating func withdraw(_ id: RuleID) {
    let key = rules.route(id).key
    waitingRules.remove(id)
    rules.remove(id)
    if key.sources.isSingle, key.groups.isSingle {
      if let group = Group(key.groups.address), let flow = Flow(source: key.sources.address, group: group) {
        dirty.flows.insert(flow)
      }
    } else {
      dirty.withdrawn.append(key)
    }
    dirty.plan = true
  }

  /// `mcast config plan`: a copy of the Router takes the configuration, and its actions are counted.
  mutating func plan(_ configuration: Configuration, request: RequestID) {
    guard !refuses(configuration, request) else { return }
    var copy = self
    copy.actions = []
    let summary = copy.load { $0.load(configuration, keepsChanges: configuration.keepsChanges) }
    copy.settle()
    let comparison = Comparison(from: intent.effective, to: copy.intent.effective)
    let changes = plannedChanges(comparison, after: copy)
    var result = summary
    result.kernelChanges = copy.actions.count {
      switch $0 {
      case .kernel(.addEntry), .kernel(.removeEntry): true
      case .kernel, .reply, .notice, .finished: false
      }
    }
    result.interrupted = changes.count { $0.effect == .stops }
    actions.append(.reply(request, .plan(changes, result)))
  }

  private func plannedChanges(_ comparison: Comparison, after: Router) -> [PlannedChange] {
    var changes: [PlannedChange] = []
    for change in comparison.changedRoutes {
      changes.append(
        PlannedChange(
          action: .change, kind: .route, before: change.before.statement, after: change.after.statement,
          effect: hasEntries(change.before.key) ? .continues : .none))
    }
    for route in comparison.addedRoutes {
      changes.append(
        PlannedChange(
          action: .add, kind: .route, before: nil, after: route.statement,
          effect: after.hasEntries(route.key) ? .starts : .none))
    }
    for route in comparison.removedRoutes {
      changes.append(
        PlannedChange(
          action: .remove, kind: .route, before: route.statement, after: nil,
          effect: hasEntries(route.key) ? .stops : .none))
    }
    for join in comparison.addedJoins {
      changes.append(
        PlannedChange(action: .add, kind: .join, before: nil, after: join.statement, effect: .none))
    }
    for join in comparison.removedJoins {
      changes.append(
        PlannedChange(action: .remove, kind: .join, before: join.statement, after: nil, effect: .none))
    }
    for (kind, list) in [
      (PlannedChange.Kind.interface, comparison.interfaces), (.setting, comparison.settings),
    ] {
      changes += list.map {
        PlannedChange(action: .set, kind: kind, before: $0.before, after: $0.after, effect: .none)
      }
    }
    return changes
  }

  /// Whether a rule has an entry in the kernel now.
  private func hasEntries(_ key: StaticRoute.Key) -> Bool {
    guard let id = rules.find(key) else { return false }
    if let flow = rules.flow(id) {
      return plan.tables(flow.family).contains { entries.find(.init(table: $0, flow: flow)) != nil }
    }
    return !entries.all { $0.rule == id }.isEmpty
  }

  /// `3 routes added …` without the noun: what a summary says in a line.
  static func text(of summary: Summary) -> String {
    "\(summary.added) added, \(summary.changed) changed, \(summary.removed) removed, "
      + "\(summary.untouched) untouched"
  }

  mutating func refuse(_ request: RequestID, _ code: Code, _ message: String, hint: String?) {
    actions.append(.reply(request, .refused([Diagnostic(code, message, hint: hint)])))
  }
}

import Addressing
import Configuration
import Control
import Diagnostics
import Forwarding
import Kernel
import Timing

/// The last notices, numbered; a ring, so that asking for events needs no log file.
struct NoticeLog: Sendable {
  private var ring: [Notice] = []
  private var oldest = 0
  var sequence: UInt64 = 0
  var limit: Int

  init(limit: Int) { self.limit = limit }

  mutating func append(_ notice: Notice) {
    if ring.count < limit {
      ring.append(notice)
    } else if limit > 0 {
      ring[oldest % ring.count] = notice
      oldest = (oldest + 1) % ring.count
    }
  }

  var count: Int { ring.count }

  /// The notice `offset` places after the oldest.
  subscript(offset: Int) -> Notice { ring[(oldest + offset) % ring.count] }
}

extension Router {
  /// Tells: to the log, the ring, and those who asked for this kind.
  mutating func tell(
    _ kind: Notice.Kind, _ change: Notice.Change, _ level: Notice.Level, _ subject: String,
    _ fill: (inout Notice) -> Void = { _ in }
  ) {
    log.sequence += 1
    var notice = Notice(
      sequence: log.sequence, at: now, kind: kind, change: change, level: level, subject: subject)
    fill(&notice)
    log.limit = intent.base.limits.events
    log.append(notice)
    let readers = subscriptions.keys.sorted().filter { subscriptions[$0]?.contains(kind) ?? false }
    actions.append(.notice(notice, subscribers: readers))
  }

  /// Whether the hook, the log or a subscriber asks for each entry.
  mutating func noteWhoListens() {
    tellsRoutes =
      intent.base.hook != nil || intent.base.log.level == "debug"
      || subscriptions.values.contains { $0.contains(.route) }
  }

  mutating func noteRoute(
    _ change: Notice.Change, _ entry: KernelEntry, _ inbound: InterfaceID, before: EntryRow?
  ) {
    guard tellsRoutes else { return }
    let outbound = outboundNames(entry)
    let path = { (from: String, to: [String]) in "\(from) → \(to.isEmpty ? "-" : to.joined(separator: " "))" }
    let name = domain.name(of: inbound)
    let flow = entry.key.flow
    let row = entries.find(entry.key).flatMap { entries[$0] }
    let rule = before?.rule ?? row?.rule
    let place = rule.flatMap { rules.rule(at: Int($0.number)) }.flatMap { rules.route($0).location }
    let isRemoval = change == .remove
    let old = before.map { row in path(domain.name(of: row.inbound), outboundTexts(row.entry, formerPlan)) }
    let new = path(name, outboundTexts(entry, nil))
    var facts = Notice.RouteFacts(
      source: flow.source.description, group: flow.group.description, inbound: name, outbound: outbound,
      table: entry.key.table.number(flow.family))
    facts.cause = Router.cause((row ?? before)?.kind ?? .full)
    tell(.route, change, .debug, flow.description) { notice in
      notice.after = isRemoval ? nil : new
      notice.before = old
      notice.detail = place.map { "rule \($0.file):\($0.line)" }
      notice.route = facts
    }
  }

  private static func cause(_ kind: EntryRow.Kind) -> Notice.RouteFacts.Cause {
    switch kind {
    case .full: .rule
    case .onDemand: .packet
    case .blocking: .noRule
    }
  }

  /// The names of an entry's outbound interfaces, as far as the plan knows them.
  func outboundNames(_ entry: KernelEntry) -> [String] {
    (0..<VIFIndex(Limits.vifsPerTable)).filter { entry.outbound[$0] != 0 }.compactMap {
      plan.interface(at: $0, in: entry.key.table, entry.key.flow.family).map { domain.name(of: $0) }
    }
  }

  /// `eth1 eth2(8)`: the names with the thresholds above 1, by the plan that the entry was written under.
  private func outboundTexts(_ entry: KernelEntry, _ former: TablePlan?) -> [String] {
    (0..<VIFIndex(Limits.vifsPerTable)).filter { entry.outbound[$0] != 0 }.compactMap { index in
      (former ?? plan).interface(at: index, in: entry.key.table, entry.key.flow.family).map {
        domain.name(of: $0) + (entry.outbound[index] > 1 ? "(\(entry.outbound[index]))" : "")
      }
    }
  }

  mutating func noteInterface(_ name: String, _ change: Notice.Change, _ state: String) {
    guard isConfigured else { return }
    tell(.interface, change, .info, name) { $0.after = state }
  }

  /// What packets cause is told twenty times a second at most.
  private mutating func mayTell() -> Bool { counts.noticeBucket.take(rate: 20, at: now) }

  mutating func noteUnmatched(_ flow: Flow, arrival: InterfaceID) {
    guard mayTell() else { return }
    var facts = arrivalFacts(flow, arrival)
    facts.cause = .noRule
    tell(.upcall, .unmatched, .info, flow.description) { [facts] in
      $0.detail = "came by \(facts.inbound), and no rule covers it"
      $0.route = facts
    }
  }

  mutating func noteWrongInterface(_ flow: Flow, arrival: InterfaceID, expected: InterfaceID) {
    guard mayTell() else { return }
    let (here, there) = (domain.name(of: arrival), domain.name(of: expected))
    let facts = arrivalFacts(flow, arrival)
    tell(.upcall, .wrongInterface, .info, flow.description) {
      $0.before = there
      $0.after = here
      $0.detail = "came by \(here), expected by \(there), and no rule allows \(here)"
      $0.hint = "mcast explain route \(flow.source) \(flow.group) \(here)"
      $0.route = facts
    }
  }

  mutating func noteMove(_ flow: Flow, to arrival: InterfaceID, from former: InterfaceID) {
    guard mayTell() else { return }
    let facts = arrivalFacts(flow, arrival)
    let name = domain.name(of: former)
    tell(.upcall, .move, .info, flow.description) {
      $0.before = name
      $0.after = facts.inbound
      $0.detail = "the source moved"
      $0.route = facts
    }
  }

  private func arrivalFacts(_ flow: Flow, _ arrival: InterfaceID) -> Notice.RouteFacts {
    let table = plan.table(of: arrival, flow.family)
    var facts = Notice.RouteFacts(
      source: flow.source.description, group: flow.group.description, inbound: domain.name(of: arrival),
      outbound: [], table: table.number(flow.family))
    facts.vif = plan.vif(of: arrival, in: table, flow.family)
    return facts
  }

  mutating func noteForeign(_ key: KernelEntry.Key, _ what: String) {
    counts.foreignRepairs += 1
    tell(.kernel, .resync, .warning, key.flow.description) {
      $0.code = .foreignEntry
      $0.detail = "table \(key.table.number(key.flow.family)): \(what)"
      $0.hint = "another program writes to this table; find it with: mcast show kernel routes"
    }
  }

  mutating func noteLostNotifications() {
    tell(.kernel, .resync, .warning, "netlink") {
      $0.code = .netlinkOverflow
      $0.detail = "the kernel told more than the buffer holds; links, addresses and entries are read anew"
      $0.hint = "nothing is to be done when this is rare; else: mcast explain MC3005"
    }
  }

  /// A limit that acts says so at most once a minute.
  mutating func noteLimit(_ name: String) {
    if let last = counts.limitNoted[name], now - last < .seconds(60) { return }
    counts.limitNoted[name] = now
    let hits = counts.limitHits[name] ?? 0
    tell(.limit, .limit, .warning, name) {
      $0.code = .tableFull
      $0.detail = "the limit acts, \(hits) times so far"
      $0.hint = "mcast show limits; raise it with: limits { \(name) N }"
    }
  }

  /// The first configuration is no reload: the hook is called for those.
  mutating func noteConfiguration(_ subject: String, _ detail: String, isFirst: Bool = false) {
    tell(.configuration, isFirst ? .install : .reload, .notice, subject) { $0.detail = detail }
  }

  // MARK: Problems

  mutating func raise(_ problem: Problem, _ diagnostic: Diagnostic) {
    guard problems.updateValue(diagnostic, forKey: problem) != diagnostic else { return }
    tell(.kernel, .refuse, diagnostic.severity == .error ? .error : .warning, diagnostic.message) {
      $0.code = diagnostic.code
      $0.hint = diagnostic.hint
    }
  }

  mutating func clearProblem(_ problem: Problem) { problems[problem] = nil }

  mutating func setProblem(_ problem: Problem, when isWrong: Bool, _ diagnostic: () -> Diagnostic) {
    if isWrong { raise(problem, diagnostic()) } else { clearProblem(problem) }
  }
}

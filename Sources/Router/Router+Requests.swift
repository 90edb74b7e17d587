import Addressing
import Configuration
import Control
import Forwarding
import Kernel
import Membership
import Timing

/// A page of rows that waits for the kernel's counters.
struct PendingPage: Sendable {
  var topic: Topic?
  var filter: RouteFilter
  var entries: [EntryID]
  /// Rows that need no counters, before those of the entries.
  var rows: [RouteRow]
  var next: Cursor?

  /// Routes of a piece of text, and rows that are looked at for a page: packets wait for no more at a time.
  static let slice = 200
}

/// Questions. None of them changes what is routed.
extension Router {
  mutating func answer(_ id: RequestID, _ request: Request) {
    switch request {
    case .status:
      pages[id] = PendingPage(topic: nil, filter: RouteFilter(), entries: [], rows: [], next: nil)
      actions.append(.kernel(.readCounters(id, entries: [], vifs: vifs.installed.sorted())))
    case .show(.routes, let filter, let cursor, let limit): showRoutes(id, filter, cursor, limit)
    case .show(.interfaces, let filter, _, _):
      pages[id] = PendingPage(topic: .interfaces, filter: filter, entries: [], rows: [], next: nil)
      actions.append(.kernel(.readCounters(id, entries: [], vifs: vifs.installed.sorted())))
    case .show(.joins, let filter, let cursor, let limit):
      reply(id, cursor, limit, joinRows(filter)) { .joins($0) }
    case .show(.pending, _, let cursor, let limit): reply(id, cursor, limit, pendingRows()) { .pending($0) }
    case .show(.limits, _, let cursor, let limit): reply(id, cursor, limit, limitRows()) { .limits($0) }
    case .show(.events, _, let cursor, let limit):
      let from = max(0, min(cursor.offset, log.count))
      let end = min(log.count, from + max(1, limit))
      let next = end < log.count ? Cursor(part: 0, offset: end) : nil
      actions.append(.reply(id, .rows(.events((from..<end).map { log[$0] }), next: next)))
    case .show(.groups, let filter, let cursor, let limit): showGroups(id, filter, cursor, limit)
    case .show(.neighbors, let filter, let cursor, let limit):
      reply(id, cursor, limit, neighborRows(filter)) { .neighbors($0) }
    case .show(.dvmrpRoutes, let filter, let cursor, let limit): showOrigins(id, filter, cursor, limit)
    case .show(.prunes, let filter, let cursor, let limit): showPrunes(id, filter, cursor, limit)
    case .show(.timers, _, let cursor, let limit): reply(id, cursor, limit, timerRows()) { .timers($0) }
    case .show(.tunnels, let filter, _, _):
      pages[id] = PendingPage(topic: .tunnels, filter: filter, entries: [], rows: [], next: nil)
      actions.append(.kernel(.readCounters(id, entries: [], vifs: vifs.installed.sorted())))
    case .rules(let cursor, let limit): showRules(id, cursor, limit)
    case .links: actions.append(.reply(id, .links(linkRows())))
    case .report(let parts): report(id, parts)
    case .configuration(let cursor): showConfiguration(id, cursor)
    case .explain(let flow, let inbound): explain(id, flow, inbound)
    case .subscribe(let kinds):
      subscriptions[id] = kinds
      actions.append(.reply(id, .subscribed))
    }
  }

  private mutating func reply<Row>(
    _ id: RequestID, _ cursor: Cursor, _ limit: Int, _ rows: [Row], _ wrap: ([Row]) -> Rows
  ) {
    let from = max(0, min(cursor.offset, rows.count))
    let end = min(rows.count, from + max(1, limit))
    let next = end < rows.count ? Cursor(part: 0, offset: end) : nil
    actions.append(.reply(id, .rows(wrap(Array(rows[from..<end])), next: next)))
  }

  /// What stands before the routes comes with the first piece, what stands behind them with the last.
  private mutating func showConfiguration(_ id: RequestID, _ cursor: Cursor) {
    let isFirst = cursor == .first
    let configuration = isFirst ? intent.effective : texts.removeValue(forKey: id) ?? intent.effective
    let from = max(0, min(cursor.offset, configuration.routes.count))
    let end = min(configuration.routes.count, from + PendingPage.slice)
    var text = isFirst ? configuration.opening : ""
    text += Configuration.lines(of: configuration.routes[from..<end])
    guard end == configuration.routes.count else {
      texts[id] = configuration
      return actions.append(.reply(id, .text(text, next: Cursor(part: 1, offset: end))))
    }
    actions.append(.reply(id, .text(text + configuration.closing, next: nil)))
  }

  /// Rules first (part 0), entries then (part 1); each page walks on from where the last one ended, and no
  /// further than packets can wait.
  private mutating func showRoutes(_ id: RequestID, _ filter: RouteFilter, _ cursor: Cursor, _ limit: Int) {
    let limit = max(1, min(limit, 1000))
    var page = PendingPage(topic: .routes, filter: filter, entries: [], rows: [], next: nil)
    var offset = max(0, cursor.offset)
    if cursor.part == 0 {
      let end = min(rules.end, offset + PendingPage.slice)
      while offset < end, page.rows.count < limit {
        if let rule = rules.rule(at: offset), let row = ruleRow(rule), matches(row, filter) {
          page.rows.append(row)
        }
        offset += 1
      }
      if offset < rules.end {
        page.next = Cursor(part: 0, offset: offset)
      } else {
        page.next = Cursor(part: 1, offset: 0)
        offset = 0
      }
    }
    if cursor.part == 1 || page.next == Cursor(part: 1, offset: 0) {
      let end = min(entries.end, offset + PendingPage.slice)
      while offset < end, page.rows.count + page.entries.count < limit {
        if let entry = entries.id(at: offset), mayMatch(entry, filter) { page.entries.append(entry) }
        offset += 1
      }
      page.next = offset < entries.end ? Cursor(part: 1, offset: offset) : nil
    }
    pages[id] = page
    let keys = page.entries.compactMap { entries[$0]?.entry.key }
    guard !keys.isEmpty else { return turnPage(id) }
    actions.append(.kernel(.readCounters(id, entries: keys, vifs: [])))
  }

  /// The counters are read: the page can go out.
  mutating func turnPage(_ id: RequestID) {
    guard let page = pages.removeValue(forKey: id) else { return continueReport(id) }
    switch page.topic {
    case .routes:
      let rows = page.rows + page.entries.compactMap { entryRow($0) }.filter { matches($0, page.filter) }
      actions.append(.reply(id, .rows(.routes(rows), next: page.next)))
    case .interfaces: actions.append(.reply(id, .rows(.interfaces(interfaceRows(page.filter)), next: nil)))
    case .tunnels: actions.append(.reply(id, .rows(.tunnels(tunnelRows(page.filter)), next: nil)))
    case .none: actions.append(.reply(id, .status(status())))
    case .joins, .pending, .limits, .events, .groups, .neighbors, .dvmrpRoutes, .prunes, .timers: break
    }
  }

  private func mayMatch(_ id: EntryID, _ filter: RouteFilter) -> Bool {
    guard let key = entries[id]?.entry.key else { return false }
    if let family = filter.family, family != key.flow.family { return false }
    if let table = filter.table, table != key.table.number(key.flow.family) { return false }
    if let source = filter.source, !source.contains(key.flow.source) { return false }
    if let group = filter.group, !group.contains(key.flow.group.address) { return false }
    return true
  }

  private func matches(_ row: RouteRow, _ filter: RouteFilter) -> Bool {
    if let family = filter.family, family != row.family { return false }
    if let table = filter.table, table != row.table { return false }
    if let source = filter.source, !source.overlaps(row.source) { return false }
    if let group = filter.group, !group.overlaps(row.group) { return false }
    if let inbound = filter.inbound, !row.inbound.contains(where: { InterfacePattern($0).matches(inbound) }) {
      return false
    }
    if let outbound = filter.outbound,
      !row.outbound.contains(where: { InterfacePattern($0.name).matches(outbound) })
    {
      return false
    }
    if let owner = filter.owner, owner != row.owner { return false }
    return filter.state == nil || filter.state == row.state
  }
}

import Addressing
public import Control
import Diagnostics

/// Collects what a `show` needs, a page at a time, and gives the bytes for the client.
///
/// Put `request` to the Router and its reply to `receive`, until `request` is nil; then take `next` until it
/// is nil. The finished lines of the rules and entries, some hundred bytes for each, are held meanwhile:
/// their order is known only at the end.
public struct SmcrouteShow: Sendable {
  /// What to ask next; nil when all is there.
  public private(set) var request: Request?

  private enum Part: Hashable, Sendable { case links, entries, rules, joins }

  private let table: SmcrouteTable
  private let format: SmcrouteFormat
  private var text: SmcrouteText
  /// Parts still to be asked for; the first is being asked.
  private var parts: [Part]
  private var counts: [CountKey: SmcrouteText.Count] = [:]
  private var sections: [SmcrouteSection]
  /// What the Router refused, instead of a table.
  private var refusal: SmcrouteRefusal?
  private var position = SmcrouteSection.Position()
  private var section = 0
  private var isFinished = false

  private static let pageLimit = 500
  static let pieceLimit = 16 << 10

  /// What a rule of one source and one group is counted by.
  private struct CountKey: Hashable, Sendable {
    var source: Address
    var group: Address
    var inbound: String

    init(_ source: Prefix, _ group: Prefix, _ inbound: String) {
      self.source = source.address
      self.group = group.address
      self.inbound = inbound
    }
  }

  public init(_ table: SmcrouteTable, _ format: SmcrouteFormat) {
    self.table = table
    self.format = format
    text = SmcrouteText(format)
    switch (table, format) {
    case (.routes, .json): parts = [.rules, .entries]
    // Rules show what their entries count.
    case (.routes, _): parts = [.links, .entries, .rules]
    case (.groups, _): parts = [.joins]
    case (.interfaces, _): parts = [.links]
    case (.pending, _): parts = [.rules, .joins]
    }
    sections = SmcrouteSection.empty(table, format)
    ask()
  }

  /// Asks for the first part that is left, from `cursor` or its beginning on.
  private mutating func ask(_ cursor: Cursor? = nil) {
    guard let part = parts.first else { return finish() }
    let limit = SmcrouteShow.pageLimit
    request =
      switch part {
      case .links: .links
      case .rules: .rules(from: cursor ?? .first, limit: limit)
      case .joins: .show(.joins, RouteFilter(), from: cursor ?? .first, limit: limit)
      // Part 0 would be rules without an entry, which the rules show already.
      case .entries: .show(.routes, RouteFilter(), from: cursor ?? Cursor(part: 1, offset: 0), limit: limit)
      }
  }

  /// The next page of this part, or the part behind it.
  private mutating func goOn(_ next: Cursor?) {
    if next == nil { parts.removeFirst() }
    ask(next)
  }

  /// Takes the answer to `request`.
  public mutating func receive(_ reply: Reply) {
    guard request != nil, let part = parts.first else { return }
    switch (part, reply) {
    case (.links, .links(let links)):
      text.measure(links)
      if table == .interfaces { for link in links { add(link) } }
      goOn(nil)
    case (.rules, .rules(let rules, let next)):
      for rule in rules { table == .pending ? addPending(rule) : add(rule) }
      goOn(next)
    case (.entries, .rows(.routes(let rows), let next)):
      for row in rows where row.state != .waiting { add(row) }
      goOn(next)
    case (.joins, .rows(.joins(let rows), let next)):
      for row in rows { add(row) }
      goOn(next)
    case (_, .refused(let diagnostics)):
      refuse(diagnostics.first?.message ?? "the request was refused")
    default: refuse("the router gave another answer than was asked for")
    }
  }

  private mutating func refuse(_ message: String) {
    refusal = SmcrouteRefusal("ipc: \(message)")
    parts = []
    finish()
  }

  private mutating func finish() {
    request = nil
    counts = [:]
    if table == .routes, format != .json {
      for (index, title) in SmcrouteSection.routeTitles.enumerated() {
        sections[index].head = text.routesHeading(title)
      }
    }
    if table == .interfaces, format != .json { sections[0].head = text.interfacesHeading }
    for index in sections.indices { sections[index].sort() }
  }

  /// The next piece of the answer, at most some 16 KiB, the NUL at its end included; nil after the last.
  public mutating func next() -> [UInt8]? {
    guard request == nil, !isFinished else { return nil }
    if let refusal {
      isFinished = true
      return refusal.bytes
    }
    var piece: [UInt8] = []
    while section < sections.count {
      sections[section].write(&piece, from: &position, text)
      guard position.isAtEnd else { return piece }
      section += 1
      position = SmcrouteSection.Position()
    }
    isFinished = true
    return piece + [0]
  }
}

/// Rows to lines.
extension SmcrouteShow {
  private mutating func add(_ link: LinkRow) {
    sections[0].add(format == .json ? SmcrouteJSON.interface(link) : text.interface(link), rank: 0)
  }

  /// One line for each inbound interface; a name or pattern that nothing bears has its own.
  private mutating func add(_ rule: RuleRow) {
    let (source, group) = names(of: rule)
    let flow = SmcrouteText.flow(source, group)
    let absent = rule.inboundPatterns.filter { rule.missing.contains($0) }
    for inbound in rule.inbound + absent {
      let line: [UInt8]
      if format == .json {
        line = SmcrouteJSON.route(source, group, inbound, rule.outbound)
      } else {
        let count = rule.isFull ? counts[CountKey(rule.source, rule.group, inbound)] : nil
        line = text.route(flow, inbound, rule.outbound, count ?? .init())
      }
      sections[rule.isFull ? 1 : 0].add(line, rank: rule.order)
    }
  }

  private mutating func add(_ entry: RouteRow) {
    let (source, group) = ("\(entry.source)", "\(entry.group)")
    let inbound = entry.inbound.first ?? "?"
    let outbound = entry.outbound.map(\.name)
    let line: [UInt8]
    if format == .json {
      line = SmcrouteJSON.route(source, group, inbound, outbound)
    } else {
      var count = SmcrouteText.Count()
      let (packets, overflow) = (entry.packets ?? 0).addingReportingOverflow(entry.wrongInterface ?? 0)
      count.packets = overflow ? .max : packets
      count.bytes = entry.bytes ?? 0
      if format == .detailed {
        counts[CountKey(entry.source, entry.group, inbound)] = count
      }
      line = text.route(SmcrouteText.flow(source, group), inbound, outbound, count)
    }
    // Those that forward come first, stop filters behind; each in the order of their installation.
    sections[2].add(line, rank: outbound.isEmpty ? entry.order | 1 << 63 : entry.order)
  }

  private mutating func addPending(_ rule: RuleRow) {
    guard !rule.missing.isEmpty else { return }
    let (source, group) = names(of: rule)
    let inbound = rule.inboundPatterns.joined(separator: " ")
    let line =
      format == .json
      ? SmcrouteJSON.pending(inbound, source, group, rule.outboundPatterns)
      : text.pending(inbound, source, group, rule.outboundPatterns)
    sections[0].add(line, rank: rule.order)
  }

  private mutating func add(_ join: JoinRow) {
    if table == .pending {
      guard join.state == .waiting else { return }
      let (source, group) = (join.source.map { "\($0)" }, "\(join.group)")
      let line =
        format == .json
        ? SmcrouteJSON.pending(join.pattern, source, group, nil)
        : text.pending(join.pattern, source, group, nil)
      return sections[0].add(line, rank: .max)
    }
    sections[0].add(statement: join)
    if sections.count > 1, join.state == .joined { sections[1].add(membership: join) }
  }

  /// Source, nil for any, and group as they were written.
  private func names(of rule: RuleRow) -> (source: String?, group: String) {
    guard rule.given.count == 2 else { return (rule.source.isAll ? nil : "\(rule.source)", "\(rule.group)") }
    func name(_ given: Address, _ prefix: Prefix) -> String {
      prefix.isSingle ? "\(given)" : "\(given)/\(prefix.length)"
    }
    return (rule.source.isAll ? nil : name(rule.given[0], rule.source), name(rule.given[1], rule.group))
  }
}

import Addressing
import Configuration
import Control
import DVMRP
import Diagnostics
import Forwarding
import Kernel
import Membership
import Timing

/// Rows: what is shown, made when it is asked for.
extension Router {
  /// A rule that has no entry of its own: one of a wide kind, or a full one that waits.
  func ruleRow(_ id: RuleID) -> RouteRow? {
    if let flow = rules.flow(id), hasEntry(flow) { return nil }
    let route = rules.route(id)
    let outbound = route.outbound.map { outbound in
      RouteRow.Outbound(
        name: outbound.pattern.text, ifindex: domain.named(outbound.pattern.text)?.index,
        threshold: route.family == .ipv4 ? outbound.threshold : nil, reason: "static")
    }
    let inbound = rules.inbound(id).interfaces
    let isDisabled = !inbound.isEmpty && inbound.allSatisfy { settingsOf[Int($0.slot)].mode == .disable }
    let waits = inbound.isEmpty || (!route.outbound.isEmpty && rules.outbound(id).interfaces.isEmpty)
    let state: RouteRow.State = isDisabled ? .disabled : waits || route.isFull ? .waiting : .rule
    var row = RouteRow(
      family: route.family, table: plan.base.number(route.family), source: route.key.sources,
      group: route.key.groups, inbound: route.key.inbound.map(\.text), outbound: outbound, owner: .static,
      state: state, since: rules.since(id))
    row.toMembers = route.toMembers
    row.missing = missingNames(of: id)
    row.rule = reference(id)
    row.name = route.name
    return row
  }

  private func hasEntry(_ flow: Flow) -> Bool {
    plan.tables(flow.family).contains { entries.find(.init(table: $0, flow: flow)) != nil }
  }

  /// Literal names that no interface bears, and patterns that match none.
  func missingNames(of id: RuleID) -> [String] {
    let route = rules.route(id)
    let patterns = route.key.inbound + route.outbound.map(\.pattern)
    var seen: Set<InterfacePattern> = []
    return patterns.filter { seen.insert($0).inserted && !isThere($0) }.map(\.text)
  }

  func isThere(_ pattern: InterfacePattern) -> Bool {
    pattern.isExact ? domain.named(pattern.text) != nil : domain.present.keys.contains { pattern.matches($0) }
  }

  func reference(_ id: RuleID) -> RuleReference {
    rules.route(id).location.map { RuleReference(file: $0.file, line: $0.line) }
      ?? RuleReference(file: "run time", line: 0)
  }

  func entryRow(_ id: EntryID) -> RouteRow? {
    guard let row = entries[id] else { return nil }
    let flow = row.entry.key.flow
    let rule = row.rule.flatMap { rules.rule(at: Int($0.number)) }
    let view = parts.isDynamic ? shownView(of: row) : nil
    let outbound = (0..<VIFIndex(Limits.vifsPerTable)).filter { row.entry.outbound[$0] != 0 }.map { vif in
      let interface = plan.interface(at: vif, in: row.entry.key.table, flow.family)
      return RouteRow.Outbound(
        name: interface.map { domain.name(of: $0) } ?? "?",
        ifindex: interface.flatMap { domain.interface($0)?.index },
        threshold: flow.family == .ipv4 ? row.entry.outbound[vif] : nil,
        reason: Router.reason(interface, view))
    }
    var result = RouteRow(
      family: flow.family, table: row.entry.key.table.number(flow.family), source: Prefix(flow.source),
      group: Prefix(flow.group.address), inbound: [domain.name(of: row.inbound)], outbound: outbound,
      owner: owner(of: row), state: state(of: row), since: row.since)
    if let rule {
      result.missing = missingNames(of: rule)
      result.rule = reference(rule)
      result.name = rules.route(rule).name
    }
    result.order = row.order
    let use = row.use
    result.packets = use.packets - min(use.packets, use.clearedPackets)
    result.bytes = use.bytes - min(use.bytes, use.clearedBytes)
    result.wrongInterface = use.wrongInterface - min(use.wrongInterface, use.clearedWrong)
    result.packetsPerSecond = use.packetRate < 0 ? nil : Double(use.packetRate)
    result.bitsPerSecond = use.byteRate < 0 ? nil : Double(use.byteRate) * 8
    result.lastUsed = use.lastUsed
    return result
  }

  func state(of row: EntryRow) -> RouteRow.State {
    if settingsOf[Int(row.inbound.slot)].mode == .disable { return .disabled }
    if !row.isInstalled { return .waiting }
    if row.kind == .blocking { return .blocked }
    if row.entry.outbound.isEmpty, let state = emptyState(of: row) { return state }
    return row.use.lastUsed.map { now - $0 < .seconds(10) } ?? false ? .active : .idle
  }

  /// Why a flow goes nowhere.
  private func emptyState(of row: EntryRow) -> RouteRow.State? {
    let rule = row.rule.flatMap { rules.rule(at: Int($0.number)) }.map { rules.route($0) }
    if let rule, rule.blocks { return .blocked }
    if parts.hasDVMRP, dvmrp.isPruned(row.entry.key.flow) { return .pruned }
    return rule?.toMembers ?? true ? .noMember : nil
  }

  private func owner(of row: EntryRow) -> RouteRow.Owner {
    row.kind == .blocking ? .block : row.rule == nil ? .dvmrp : .static
  }

  private func shownView(of row: EntryRow) -> FlowView {
    let flow = row.entry.key.flow
    return view(
      of: flow, arrival: row.inbound, match: rules.match(flow, arrival: row.inbound), path: path(of: flow))
  }

  private static func reason(_ interface: InterfaceID?, _ view: FlowView?) -> String {
    guard let interface, let view else { return "static" }
    return switch verdict(on: interface, in: view) {
    case .dependent: "dependent"
    case .listener: "member"
    case .rule, .inbound, .disabled, .boundary, .notNamed: "static"
    }
  }

  func interfaceRows(_ filter: Filter) -> [InterfaceRow] {
    var names = Set(domain.all.filter { !$0.flags.contains(.loopback) }.map(\.name))
    names.formUnion(rules.patterns.filter(\.isExact).map(\.text))
    names.formUnion(intent.interfaceStatements.filter { $0.pattern.isExact }.map(\.pattern.text))
    names.formUnion(joins.all.map(\.key.interface).filter(\.isExact).map(\.text))
    if let wanted = filter.inbound { names = names.filter { InterfacePattern(wanted).matches($0) } }
    let configuration = intent.effectiveSettings
    return names.sorted().map { interfaceRow($0, configuration.settings(of: $0)) }
  }

  func interfaceRow(_ name: String, _ settings: InterfaceSettings) -> InterfaceRow {
    let interface = domain.named(name)
    var row = InterfaceRow(name: name, state: .missing, threshold: settings.threshold ?? 1)
    guard let interface else { return row }
    row.ifindex = interface.index
    row.flags = flagNames(interface.flags)
    row.mtu = interface.mtu
    row.addresses = interface.addresses.map { "\($0.address)/\($0.length)" }
    for vif in vifs.installed.sorted() where vif.link == interface.index {
      row.places.append(
        .init(family: vif.family, table: vif.table.number(vif.family), index: vif.index))
      guard let use = vifUse[vif] else { continue }
      add(use, to: &row)
    }
    if let count = counts.packets[interface.index] {
      row.protocolPackets = count.seen
      row.protocolRejected = count.refused
    }
    if let id = domain.slot(of: name) {
      add(protocolsOf: id, to: &row)
      for counts in row.protocols { row.protocolRejected += counts.refused.reduce(0) { $0 + $1.count } }
    }
    let isRefused =
      refusedVIFs.keys.contains { $0.link == interface.index }
      || domain.slot(of: name).map { id in plan.unplaced.values.contains { $0.contains(id) } } ?? false
    row.state =
      settings.mode == .disable
      ? .disabled
      : isRefused ? .refused : row.places.isEmpty ? .unused : interface.flags.contains(.up) ? .up : .down
    return row
  }

  private func add(_ use: VIFUse, to row: inout InterfaceRow) {
    row.packetsIn = (row.packetsIn ?? 0) + use.latest.packetsIn
    row.packetsOut = (row.packetsOut ?? 0) + use.latest.packetsOut
    row.bytesIn = (row.bytesIn ?? 0) + use.latest.bytesIn
    row.bytesOut = (row.bytesOut ?? 0) + use.latest.bytesOut
    guard use.packetsIn >= 0 else { return }
    row.packetsInPerSecond = (row.packetsInPerSecond ?? 0) + use.packetsIn
    row.packetsOutPerSecond = (row.packetsOutPerSecond ?? 0) + use.packetsOut
    row.bitsInPerSecond = (row.bitsInPerSecond ?? 0) + use.bitsIn
    row.bitsOutPerSecond = (row.bitsOutPerSecond ?? 0) + use.bitsOut
  }

  private func flagNames(_ flags: Interface.Flags) -> [String] {
    let names: [(Interface.Flags, String)] = [
      (.up, "up"), (.running, "running"), (.multicast, "multicast"), (.loopback, "loopback"),
      (.pointToPoint, "point-to-point"),
    ]
    return names.filter { flags.contains($0.0) }.map(\.1)
  }

  func joinRows(_ filter: Filter) -> [JoinRow] {
    joins.all.filter { filter.family == nil || filter.family == $0.family }.flatMap { join in
      let key = join.key
      let reference =
        join.location.map { RuleReference(file: $0.file, line: $0.line) }
        ?? RuleReference(file: "run time", line: 0)
      let links: [Int32?] = joins.links(of: key)
      return (links.isEmpty ? [nil] : links).map { link in
        let state: JoinRow.State =
          link.map { joins.isRefused(key, on: $0) ? .refused : .joined } ?? .waiting
        return JoinRow(
          family: join.family, interface: link.flatMap { domain.links[$0]?.name } ?? key.interface.text,
          ifindex: link, source: key.sources, group: key.groups, rule: reference, state: state,
          pattern: key.interface.text)
      }
    }
  }

  func pendingRows() -> [PendingRow] {
    var rows: [PendingRow] = []
    for id in rules.all {
      let missing = missingNames(of: id)
      guard !missing.isEmpty else { continue }
      rows.append(
        PendingRow(
          kind: .route, text: rules.route(id).statement, missing: missing, rule: reference(id),
          since: rules.since(id)))
    }
    for join in joins.all where joins.links(of: join.key).isEmpty {
      let reference = join.location.map { RuleReference(file: $0.file, line: $0.line) }
      rows.append(
        PendingRow(
          kind: .join, text: join.statement, missing: [join.key.interface.text], rule: reference,
          since: counts.loadedAt))
    }
    for statement in intent.interfaceStatements
    where statement.mode == .enable && !isThere(statement.pattern) {
      let reference = statement.location.map { RuleReference(file: $0.file, line: $0.line) }
      rows.append(
        PendingRow(
          kind: .interface, text: statement.statement, missing: [statement.pattern.text], rule: reference,
          since: counts.loadedAt))
    }
    return rows
  }
}

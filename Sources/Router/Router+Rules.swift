import Addressing
import Control
import Forwarding
import Kernel

/// The rules and links as the personalities show them.
extension Router {
  mutating func showRules(_ id: RequestID, _ cursor: Cursor, _ limit: Int) {
    let limit = max(1, min(limit, 1000))
    var rows: [RuleRow] = []
    var offset = max(0, cursor.offset)
    while offset < rules.end, rows.count < limit {
      if let rule = rules.rule(at: offset) { rows.append(row(of: rule)) }
      offset += 1
    }
    let next = offset < rules.end ? Cursor(part: 0, offset: offset) : nil
    actions.append(.reply(id, .rules(rows, next: next)))
  }

  private func row(of id: RuleID) -> RuleRow {
    let route = rules.route(id)
    var row = RuleRow(
      source: route.key.sources, group: route.key.groups, inboundPatterns: route.key.inbound.map(\.text),
      outboundPatterns: route.outbound.map(\.pattern.text), order: rules.order(id))
    row.given = route.given
    row.inbound = names(rules.inbound(id).interfaces, route.family)
    row.outbound = names(rules.outbound(id).interfaces, route.family)
    row.missing = missingNames(of: id)
    return row
  }

  /// By VIF in the base table; interfaces without one behind, by name.
  private func names(_ interfaces: InterfaceSet, _ family: Family) -> [String] {
    let placed = interfaces.map { id in
      (vif: plan.vif(of: id, in: plan.base, family) ?? .max, name: domain.name(of: id))
    }
    return placed.sorted { ($0.vif, $0.name) < ($1.vif, $1.name) }.map(\.name)
  }

  /// The IPv4 VIF of an interface in the base table; nil when it has none.
  public func vif(ofInterface name: String) -> UInt8? {
    domain.slot(of: name).flatMap { plan.vif(of: $0, in: plan.base, .ipv4) }
  }

  func linkRows() -> [LinkRow] {
    domain.all.map { link in
      let slot = domain.slot(of: link.name)
      return LinkRow(
        index: link.index, name: link.name,
        vif4: slot.flatMap { plan.vif(of: $0, in: plan.base, .ipv4) },
        vif6: slot.flatMap { plan.vif(of: $0, in: plan.base, .ipv6) })
    }
  }
}

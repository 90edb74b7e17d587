public import Addressing
public import Kernel
import Timing

/// Asking.
extension RuleTable {
  /// The rules that decide a flow that came in by `arrival`; nil when none does.
  ///
  /// By `Precedence.longest`: longest group prefix, longest source prefix, a literal inbound name before a
  /// pattern, the higher preference, the earlier statement. By `.stated`: a rule that names source and group,
  /// then the earliest statement, with all rules of its prefixes that cover the arrival. A link-local IPv6
  /// source needs a rule that names such sources (RFC 4291 2.5.6: not forwarded otherwise).
  public func match(_ flow: Flow, arrival: InterfaceID) -> RuleMatch? {
    let narrow = flow.family == .ipv6 && flow.source.isLinkLocalUnicast
    var best: (head: Int32, rule: Int32)?
    if let head = head(Prefix(flow.group.address), Prefix(flow.source)),
      let rule = self.best(in: head, arrival: arrival)
    {
      best = (head, rule)
    } else {
      blocks.visit(flow) { groups, sources in
        guard !narrow || sources.bits >= 10, let head = head(groups, sources),
          let rule = self.best(in: head, arrival: arrival)
        else { return .on }
        if best.map({ rows[Int(rule)].order < rows[Int($0.rule)].order }) ?? true { best = (head, rule) }
        return precedence == .longest ? .stop : .on
      }
    }
    return best.map { best in
      RuleMatch(rule: RuleID(best.rule), others: others(in: best.head, than: best.rule, arrival: arrival))
    }
  }

  private func covers(_ number: Int32, _ arrival: InterfaceID) -> Bool {
    inboundLists.bound[Int(rows[Int(number)].inbound)].interfaces.contains(arrival)
  }

  private func best(in head: Int32, arrival: InterfaceID) -> Int32? {
    var best: Int32?
    var number = head
    while number >= 0 {
      if covers(number, arrival), best.map({ ranks(number, before: $0, arrival) }) ?? true { best = number }
      number = rows[Int(number)].next
    }
    return best
  }

  /// The rules that add to `chosen`, in the order of their statements.
  private func others(in head: Int32, than chosen: Int32, arrival: InterfaceID) -> [RuleID] {
    guard precedence == .stated, rows[Int(head)].next >= 0 else { return [] }
    var others: [Int32] = []
    var number = head
    while number >= 0 {
      if number != chosen, covers(number, arrival) { others.append(number) }
      number = rows[Int(number)].next
    }
    return others.sorted { rows[Int($0)].order < rows[Int($1)].order }.map { RuleID($0) }
  }

  private func ranks(_ left: Int32, before right: Int32, _ arrival: InterfaceID) -> Bool {
    let (a, b) = (rows[Int(left)], rows[Int(right)])
    guard precedence == .longest else { return a.order < b.order }
    let (exactA, exactB) = (
      inboundLists.bound[Int(a.inbound)].exact.contains(arrival),
      inboundLists.bound[Int(b.inbound)].exact.contains(arrival)
    )
    if exactA != exactB { return exactA }
    if a.route.preference != b.route.preference { return a.route.preference > b.route.preference }
    return a.order < b.order
  }

  /// The first rule that names exactly this source and group; `next` gives the others.
  public func full(_ flow: Flow) -> RuleID? {
    head(Prefix(flow.group.address), Prefix(flow.source)).map { RuleID($0) }
  }

  /// Every rule with these two prefixes, the earliest stated first.
  public func all(_ groups: Prefix, _ sources: Prefix) -> [RuleID] {
    var all: [RuleID] = []
    var next = head(groups, sources).map { RuleID($0) }
    while let id = next {
      all.append(id)
      next = self.next(id)
    }
    return all.sorted { (order($0), $0) < (order($1), $1) }
  }

  /// Another rule with the same source and group.
  public func next(_ id: RuleID) -> RuleID? {
    let next = rows[Int(id.number)].next
    return next < 0 ? nil : RuleID(next)
  }

  /// The flow of a rule that names one source and one group; nil for another.
  public func flow(_ id: RuleID) -> Flow? {
    let sources = rows[Int(id.number)].route.key.sources
    let groups = rows[Int(id.number)].route.key.groups
    guard sources.isSingle, groups.isSingle, let group = Group(groups.address) else { return nil }
    return Flow(source: sources.address, group: group)
  }

  /// What a list of rules covers: flows of those that name one source and one group, keys of the others.
  ///
  /// In the order of the rules; one that is named twice counts once, one that is gone not at all.
  public func flows(of ids: [RuleID]) -> (flows: [Flow], wide: [StaticRoute.Key]) {
    var result: (flows: [Flow], wide: [StaticRoute.Key]) = ([], [])
    result.flows.reserveCapacity(ids.count)
    var last: RuleID?
    for id in ids.sorted() where id != last && rows[Int(id.number)].isUsed {
      last = id
      if let flow = flow(id) {
        result.flows.append(flow)
      } else {
        result.wide.append(rows[Int(id.number)].route.key)
      }
    }
    return result
  }
}

/// What the matching rules say together.
extension RuleTable {
  /// Two matches of the same kind treat every flow alike, but for boundaries.
  public func kind(_ match: RuleMatch, arrival: InterfaceID) -> RuleKind {
    let row = rows[Int(match.rule.number)]
    return RuleKind(
      outbound: row.outbound, others: match.others.map { rows[Int($0.number)].outbound },
      isExclusive: isExclusive(match), reflects: reflects(match, arrival: arrival),
      toMembers: toMembers(match), isFull: row.route.isFull)
  }

  /// The outbound interfaces that exist for the rules now, those of rules `to members` included; of several
  /// thresholds the earliest stated holds.
  public func outbound(_ match: RuleMatch) -> OutboundBinding {
    var binding = outbound(match.rule)
    for other in match.others { binding.formUnion(outbound(other)) }
    return binding
  }

  /// The outbound interfaces whatever hosts say, and those that count while they are listened on.
  public func targets(_ match: RuleMatch) -> (stated: OutboundBinding, members: InterfaceSet) {
    guard toMembers(match) else { return (outbound(match), InterfaceSet()) }
    var result: (stated: OutboundBinding, members: InterfaceSet) = (OutboundBinding(), InterfaceSet())
    for rule in [match.rule] + match.others {
      let route = rows[Int(rule.number)].route
      if !route.toMembers {
        result.stated.formUnion(outbound(rule))
      } else {
        result.members.formUnion(route.outbound.isEmpty ? .all : outbound(rule).interfaces)
      }
    }
    return result
  }

  /// Whether one of the rules asks for members.
  public func toMembers(_ match: RuleMatch) -> Bool {
    rows[Int(match.rule.number)].route.toMembers
      || match.others.contains { rows[Int($0.number)].route.toMembers }
  }

  /// Whether one of the rules lets no other contributor add to its interfaces.
  public func isExclusive(_ match: RuleMatch) -> Bool {
    rows[Int(match.rule.number)].route.isExclusive
      || match.others.contains { rows[Int($0.number)].route.isExclusive }
  }

  /// Whether the rules block: none of them names an outbound interface.
  public func blocks(_ match: RuleMatch) -> Bool {
    rows[Int(match.rule.number)].route.blocks
      && match.others.allSatisfy { rows[Int($0.number)].route.blocks }
  }

  /// Whether one of the rules sends packets back out of the interface that they came in by.
  public func reflects(_ match: RuleMatch, arrival: InterfaceID) -> Bool {
    sendsBack(match.rule, arrival) || match.others.contains { sendsBack($0, arrival) }
  }

  private func sendsBack(_ id: RuleID, _ arrival: InterfaceID) -> Bool {
    rows[Int(id.number)].route.reflects
      && outboundLists.bound[Int(rows[Int(id.number)].outbound)].interfaces.contains(arrival)
  }

  /// Whether the rule names one source and one group; read in place, as loads ask for each rule.
  public func isFull(_ id: RuleID) -> Bool { rows[Int(id.number)].route.isFull }
}

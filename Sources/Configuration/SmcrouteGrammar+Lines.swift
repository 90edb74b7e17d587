import Addressing
import Diagnostics
import Forwarding
import Kernel
import Membership

/// The statements.
extension SmcrouteGrammar {
  static let routeForm = "mroute from IIF [source ADDR[/LEN]] group ADDR[/LEN] [to OIF...]"
  static let joinForm = "mgroup from IF [source ADDR[/LEN]] group ADDR[/LEN]"

  /// The words of a route or a join; `to` takes the rest of the line, wherever it stands.
  private struct Clauses {
    var from: SmcrouteText.Word?
    var source: SmcrouteText.Word?
    var group: SmcrouteText.Word?
    var hasTargets = false
  }

  /// The addresses of a route or a join.
  private struct Addresses {
    var sources: Prefix?
    var groups: Prefix
    /// Source and group as they are written.
    var source: Address
    var group: Address

    var areNetworks: Bool {
      group == groups.address && (sources.map { $0.address == source } ?? true)
    }
  }

  private mutating func words() -> Clauses {
    var clauses = Clauses()
    while let word = text.word() {
      if text.begins(word, with: .from) {
        clauses.from = text.word()
      } else if text.begins(word, with: .source) {
        clauses.source = text.word()
      } else if text.begins(word, with: .group) {
        clauses.group = text.word()
      } else if text.begins(word, with: .to) {
        clauses.hasTargets = true
        return clauses
      } else {
        ignore(word, known: "from, source, group and to")
      }
    }
    return clauses
  }

  mutating func mroute(_ first: SmcrouteText.Word) {
    let clauses = words()
    guard let from = clauses.from, let group = clauses.group else {
      return incomplete(first, clauses.from == nil, "mroute", SmcrouteGrammar.routeForm)
    }
    guard let inbound = inboundNumber(from, group: group),
      let addresses = addresses(source: clauses.source, group: group, of: "mroute")
    else { return }
    guard configuration.routes.count < configuration.limits.routes else {
      return warn(.limitReached, at: first) { [limit = configuration.limits.routes] _ in
        ("mroute: the file has more than \(limit) routes, skipping", "state groups as prefixes: 225.1.0.0/16")
      }
    }
    let outbound = clauses.hasTargets ? targets() : []
    noteLoop(self.inbound.lists[Int(inbound)][0], outbound, at: from)
    let sources = addresses.sources ?? .all(addresses.groups.family)
    let place = Place(sources: sources, groups: addresses.groups, inbound: inbound)
    let given = addresses.areNetworks ? [] : [addresses.source, addresses.group]
    if let before = rules[place] { return extend(before, by: outbound, given: given, at: first) }
    rules[place] = configuration.routes.count
    var route = StaticRoute(
      StaticRoute.Key(
        inbound: self.inbound.lists[Int(inbound)], sources: sources, groups: addresses.groups),
      outbound: outbound, location: location(of: first))
    route.reflects = true
    route.given = given
    configuration.routes.append(route)
  }

  /// A rule stated again: its outbound interfaces add up.
  private mutating func extend(
    _ index: Int, by outbound: [StaticRoute.Outbound], given: [Address], at first: SmcrouteText.Word
  ) {
    guard configuration.routes[index].given == given else {
      let before = configuration.routes[index].location?.description ?? "an earlier line"
      // Two rules to SMCRoute, of which the earlier decides every flow.
      return warn(.shadowedRule, as: .note, at: first) { _ in
        (
          "mroute: covers what \(before) covers, which decides alone, skipping", "take one of the two out"
        )
      }
    }
    let before = configuration.routes[index].outbound
    guard before != outbound else { return }
    // One interface a line is usual; for many a set is made.
    let known = outbound.count > 4 ? Set(before) : []
    let new = outbound.filter { known.isEmpty ? !before.contains($0) : !known.contains($0) }
    guard before.count + new.count <= Limits.interfacesInUse else { return tooMany(at: first) }
    if !new.isEmpty { configuration.routes[index].outbound += new }
  }

  /// The number of the inbound interface or pattern; nil when there can be none.
  private mutating func inboundNumber(
    _ word: SmcrouteText.Word, group: SmcrouteText.Word
  ) -> Int32? {
    if let latest = inbound.latest, text.areEqual(latest.word, word) { return latest.number }
    guard let pattern = text.pattern(word) else {
      matchesNone("mroute", word)
      return nil
    }
    let (number, isNew) = inbound.number(pattern)
    if isNew {
      let message = "mroute from \(pattern) group \(text.shown(group)) pending: interface not available"
      noteUse(Use(pattern: pattern, clause: .inbound), "mroute", at: word, .note, message)
    }
    inbound.latest = (number, word)
    return number
  }

  /// The interfaces behind `to`, up to the end of the line, each once.
  private mutating func targets() -> [StaticRoute.Outbound] {
    if let latest = outboundLists.latest, text.areEqual(latest.phrase, text.rest) { return latest.list }
    let rest = text.rest
    let hash = text.hash(of: rest)
    if let known = outboundLists.byText[hash], text.areEqual(known.phrase, rest) {
      outboundLists.latest = known
      return known.list
    }
    var list: [StaticRoute.Outbound] = []
    var stated: Set<InterfacePattern> = []
    var isWhole = true
    while let word = text.word() {
      guard let pattern = text.pattern(word) else {
        isWhole = false
        warn(.unknownInterface, at: word) { text in
          (
            "mroute: outbound \(text.shown(word)) is not a known phyint, skipping",
            "the name of an interface has 1 to 15 bytes without \"/\""
          )
        }
        continue
      }
      guard stated.insert(pattern).inserted else { continue }
      guard list.count < Limits.interfacesInUse else {
        tooMany(at: word)
        return list
      }
      list.append(StaticRoute.Outbound(pattern))
      noteUse(
        Use(pattern: pattern, clause: .outbound), "mroute", at: word, .note,
        "mroute: outbound \(pattern) is not a known phyint")
    }
    let shared = outboundLists.share(list).list
    if isWhole {
      outboundLists.byText[hash] = (shared, rest)
      outboundLists.latest = (shared, rest)
    }
    return shared
  }

  private mutating func noteLoop(
    _ inbound: InterfacePattern, _ outbound: [StaticRoute.Outbound], at from: SmcrouteText.Word
  ) {
    guard outbound.contains(where: { $0.pattern == inbound }), inbound.isExact else { return }
    warn(.inboundIsOutbound, as: .note, at: from) { _ in
      (
        "mroute: Same outbound interface (\(inbound)) as inbound (\(inbound)) may cause routing loops.",
        "take \(inbound) out behind \"to\" unless packets shall go back to where they came from"
      )
    }
  }

  mutating func mgroup(_ first: SmcrouteText.Word) {
    let clauses = words()
    guard let from = clauses.from, let group = clauses.group else {
      return incomplete(first, clauses.from == nil, "mgroup", SmcrouteGrammar.joinForm)
    }
    guard let pattern = text.pattern(from) else { return matchesNone("mgroup", from) }
    guard let addresses = addresses(source: clauses.source, group: group, of: "join") else { return }
    let absence = "mgroup from \(pattern) group \(text.shown(group)) pending: interface not available"
    noteUse(Use(pattern: pattern, clause: .join), "mgroup", at: from, .note, absence)
    let key = StaticJoin.Key(interface: pattern, sources: addresses.sources, groups: addresses.groups)
    guard joins.insert(key).inserted else {
      return warn(.duplicateRule, as: .note, at: first) { _ in
        let source = key.sources.map { "\($0)" } ?? "*"
        return ("Already joined (\(source),\(key.groups)) on \(pattern)", "take one of the two lines out")
      }
    }
    guard let held = joined(with: key) else {
      return warn(.limitReached, at: group) { [limit = configuration.limits.joins] text in
        (
          "join: \(text.shown(group)) makes more than the limit of \(limit) joins, skipping",
          "join the groups that are wanted only"
        )
      }
    }
    joined = held
    configuration.joins.append(StaticJoin(key, location: location(of: first)))
  }

  /// The memberships held with those of one more join; nil when they are too many.
  private func joined(with key: StaticJoin.Key) -> Int? {
    guard let groups = key.groups.count, let sources = key.sources.map(\.count) ?? 1 else { return nil }
    let (product, isLarge) = groups.multipliedReportingOverflow(by: sources)
    let (sum, isLarger) = joined.addingReportingOverflow(product)
    return isLarge || isLarger || sum > configuration.limits.joins ? nil : sum
  }

  /// Judged in the original's order: the group, its length, the source's length, the source.
  private mutating func addresses(
    source: SmcrouteText.Word?, group: SmcrouteText.Word, of what: String
  ) -> Addresses? {
    let isJoin = what == "join"
    let written = text.address(group)
    guard let groupAddress = written.address, groupAddress.isMulticast else {
      warn(.notMulticast, at: group) { text in
        (
          "\(what): Invalid multicast group: \(text.shown(group.lowerBound..<written.end))",
          "multicast is 224.0.0.0-239.255.255.255 or ff00::/8"
        )
      }
      return nil
    }
    let width = groupAddress.family.width
    guard var groups = SmcrouteGrammar.block(groupAddress, written.length) else {
      badLength(
        written.length, width, at: group,
        isJoin
          ? "join: Invalid group prefix length (0-\(width)): \(written.length)"
          : "mroute: Invalid multicast group prefix length, \(written.length)")
      return nil
    }
    // A wider block holds no more groups than there are.
    if groups.contains(.allGroups(groupAddress.family)) { groups = .allGroups(groupAddress.family) }
    guard let source else {
      return Addresses(groups: groups, source: .unspecified(groupAddress.family), group: groupAddress)
    }
    let sender = text.address(source)
    let family = sender.address?.family ?? groupAddress.family
    guard sender.length >= 0, sender.length <= family.width else {
      badLength(
        sender.length, family.width, at: source,
        isJoin
          ? "join: Invalid source prefix length (0-\(family.width)): \(sender.length)"
          : "mroute: invalid prefix length: \(sender.length)")
      return nil
    }
    guard let address = sender.address, let block = SmcrouteGrammar.block(address, sender.length) else {
      warn(.expected, at: source) { text in
        let shown = text.shown(source.lowerBound..<sender.end)
        return (
          isJoin ? "join: Invalid multicast source: \(shown)" : "mroute: Invalid source address: \(shown)",
          "an address is written 10.0.0.1 or 2001:db8::1"
        )
      }
      return nil
    }
    guard family == groupAddress.family else {
      warn(.familyMixed, at: source) { _ in
        (
          "\(what): source \(address) and group \(groupAddress) are of different families",
          "write one line for IPv4 and one for IPv6"
        )
      }
      return nil
    }
    // Whatever its length: no source is stated.
    let sources = address.isUnspecified ? nil : block
    return Addresses(sources: sources, groups: groups, source: address, group: groupAddress)
  }

  /// The block of that length, where 0 states none and is the whole address.
  private static func block(_ address: Address, _ length: Int) -> Prefix? {
    length == 0 ? Prefix(address) : Prefix(address, length: length)
  }
}

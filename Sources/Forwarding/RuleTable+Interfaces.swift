public import Addressing
public import Kernel
import Timing

/// Interfaces that come and go.
extension RuleTable {
  /// Binds to the interfaces that exist now and returns the rules whose binding changed.
  public mutating func rebind(to present: [NamedInterface]) -> [RuleID] {
    guard present != self.present else { return [] }
    self.present = present
    let inbound = inboundLists.rebind(to: present)
    let outbound = outboundLists.rebind(to: present)
    guard !inbound.isEmpty || !outbound.isEmpty else { return [] }
    return rows.indices.filter {
      rows[$0].isUsed && (inbound.contains(rows[$0].inbound) || outbound.contains(rows[$0].outbound))
    }.map { RuleID(Int32($0)) }
  }

  /// Rules whose bound interfaces include one of these.
  public func naming(_ interfaces: InterfaceSet) -> [RuleID] {
    let inbound = inboundLists.bound.map { !$0.interfaces.intersection(interfaces).isEmpty }
    let outbound = outboundLists.bound.map { !$0.interfaces.intersection(interfaces).isEmpty }
    return rows.indices.filter {
      rows[$0].isUsed && (inbound[Int(rows[$0].inbound)] || outbound[Int(rows[$0].outbound)])
    }.map { RuleID(Int32($0)) }
  }

  /// How many rules have no inbound interface that exists; costs the few lists of names, not the rules.
  public var waitingCount: Int {
    pairs.sorted.reduce(0) { count, pair in
      inboundLists.bound[Int(pair.inbound)].interfaces.isEmpty ? count + pairs[pair] : count
    }
  }

  /// Every pattern that some rule states: an interface that one matches needs a slot.
  public var patterns: Set<InterfacePattern> {
    var patterns: Set<InterfacePattern> = []
    for pair in pairs.sorted {
      patterns.formUnion(inboundLists.lists[Int(pair.inbound)])
      patterns.formUnion(outboundLists.lists[Int(pair.outbound)].map(\.pattern))
    }
    return patterns
  }

  /// Whether an interface of this name is one where rules `to members` look for them.
  public func memberTargets(_ family: Family) -> MemberTargets {
    var targets = MemberTargets()
    for pair in pairs.sorted where pair.family == family && pair.toMembers {
      let list = outboundLists.lists[Int(pair.outbound)]
      targets.isEvery = targets.isEvery || list.isEmpty
      targets.patterns.formUnion(list.map(\.pattern))
    }
    return targets
  }

  /// For each inbound interface of a family, the outbound ones that its rules name.
  ///
  /// - Parameter every: what a rule `to members` of all interfaces stands for.
  public func usage(_ family: Family, every: InterfaceSet = InterfaceSet()) -> [InterfaceID: InterfaceSet] {
    var usage: [InterfaceID: InterfaceSet] = [:]
    for pair in pairs.sorted where pair.family == family {
      let isEvery = pair.toMembers && outboundLists.lists[Int(pair.outbound)].isEmpty
      let outbound = isEvery ? every : outboundLists.bound[Int(pair.outbound)].interfaces
      for inbound in inboundLists.bound[Int(pair.inbound)].interfaces {
        usage[inbound, default: InterfaceSet()].formUnion(outbound)
      }
    }
    return usage
  }

  /// Inbound interfaces that must leave the standard table: a lower one has a rule for the same source and
  /// group.
  public func conflicts(_ family: Family) -> InterfaceSet {
    var conflicts = InterfaceSet()
    for head in contested.sorted() where rows[Int(head)].route.family == family {
      var sets: [InterfaceSet] = []
      var number = head
      while number >= 0 {
        sets.append(inboundLists.bound[Int(rows[Int(number)].inbound)].interfaces)
        number = rows[Int(number)].next
      }
      let rank = { (set: InterfaceSet) in (set.first?.slot ?? 0, -set.count) }
      guard let lowest = sets.filter({ !$0.isEmpty }).min(by: { rank($0) < rank($1) }) else { continue }
      for set in sets { conflicts.formUnion(set.subtracting(lowest)) }
    }
    return conflicts
  }
}

/// Where rules `to members` look for members.
public struct MemberTargets: Sendable {
  /// A rule names no interface, which stands for all of them.
  public internal(set) var isEvery = false
  var patterns: Set<InterfacePattern> = []

  /// Whether members are looked for on an interface of this name.
  public func matches(_ name: String) -> Bool { isEvery || patterns.contains { $0.matches(name) } }
}

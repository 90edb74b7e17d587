import Addressing
import Diagnostics
import Forwarding
import Kernel

/// Where the order of statements decides otherwise than the longest prefix.
///
/// SMCRoute takes the earliest rule that covers a flow, and rules of the same prefixes add up; here the
/// longest prefix decides, then a literal inbound name. The two differ where a later rule is narrower than an
/// earlier one that shares flows with it. Rules that name source and group go first in either, so they differ
/// only from rules of the same source and group.
struct StatementOrder {
  struct Difference {
    var message: String
    var location: SourceLocation?
    var hint: String
  }

  /// Rules of one crowd, and pairs of lengths, that are looked at; beyond, nothing is sure.
  private static let compared = 64

  /// Rules that a later one may share flows with: nil sources for all sources, an empty name for all patterns
  /// and nil for every inbound interface.
  private struct Crowd: Hashable {
    var groups: Prefix
    var sources: Prefix?
    var inbound: String?
  }

  private let routes: [StaticRoute]
  /// By the later rule, the first of each.
  private(set) var differences: [Difference] = []
  /// False when there may be more than those.
  private(set) var isComplete = true
  private var crowds: [Crowd: [Int]] = [:]
  /// The pairs of lengths of groups and sources that earlier rules have, the widest groups first.
  private var lengths: [(groups: UInt8, sources: UInt8)] = []

  /// The cost follows the number of distinct pairs of lengths, not of rules.
  init(_ routes: [StaticRoute], atMost most: Int) {
    self.routes = routes
    for index in routes.indices {
      if let winner = earlier(than: index) {
        differences.append(difference(of: index, from: winner))
        guard differences.count < most else { return }
      }
      add(index)
    }
  }

  private mutating func earlier(than index: Int) -> Int? {
    let key = routes[index].key
    let names: [String?] = key.inbound.contains { !$0.isExact } ? [nil] : key.inbound.map(\.text) + [""]
    if routes[index].isFull { return earlier(than: index, key.groups, key.sources, names) }
    for pair in lengths {
      guard pair.groups <= key.groups.bits else { return nil }
      let isWider = pair.sources <= key.sources.bits
      let sources = isWider ? Prefix.masking(key.sources.address, bits: pair.sources) : nil
      let groups = Prefix.masking(key.groups.address, bits: pair.groups)
      if let winner = earlier(than: index, groups, sources, names) { return winner }
    }
    return nil
  }

  private mutating func earlier(
    than index: Int, _ groups: Prefix, _ sources: Prefix?, _ names: [String?]
  ) -> Int? {
    for name in names {
      let rivals = crowds[Crowd(groups: groups, sources: sources, inbound: name)] ?? []
      if let winner = rivals.first(where: { differs(index, from: $0) }) { return winner }
      if rivals.count == StatementOrder.compared { isComplete = false }
    }
    return nil
  }

  private mutating func add(_ index: Int) {
    let key = routes[index].key
    for name in key.inbound.map({ $0.isExact ? $0.text : "" }) + [nil] {
      add(index, to: Crowd(groups: key.groups, sources: key.sources, inbound: name))
      if !routes[index].isFull { add(index, to: Crowd(groups: key.groups, sources: nil, inbound: name)) }
    }
    guard !routes[index].isFull else { return }
    let pair = (groups: key.groups.bits, sources: key.sources.bits)
    let place = lengths.firstIndex { $0 >= pair } ?? lengths.count
    guard place == lengths.count || lengths[place] != pair else { return }
    guard lengths.count < StatementOrder.compared else {
      isComplete = false
      return
    }
    lengths.insert(pair, at: place)
  }

  private mutating func add(_ index: Int, to crowd: Crowd) {
    if crowds[crowd, default: []].count < StatementOrder.compared { crowds[crowd, default: []].append(index) }
  }

  /// Whether a flow goes elsewhere by the longest prefix than by the earlier of the two rules.
  private func differs(_ index: Int, from earlier: Int) -> Bool {
    let (route, before) = (routes[index], routes[earlier])
    guard route.key.sources.overlaps(before.key.sources), route.outbound != before.outbound,
      route.key.inbound.contains(where: { one in before.key.inbound.contains { $0.meets(one) } })
    else { return false }
    // As wide groups and narrower sources lose in either.
    return route.key.groups.bits > before.key.groups.bits || route.key.sources.bits >= before.key.sources.bits
  }

  private func difference(of index: Int, from earlier: Int) -> Difference {
    let (route, before) = (routes[index], routes[earlier])
    let place = before.location?.description ?? "run time"
    guard route.key.sources != before.key.sources || route.key.groups != before.key.groups else {
      return Difference(
        message: "SMCRoute adds up the interfaces of this rule and of the one at \(place)",
        location: route.location, hint: "name all the interfaces in both rules")
    }
    return Difference(
      message: "the earlier rule at \(place) covers flows of this one, and SMCRoute takes it for them",
      location: route.location, hint: "take this rule out, or put it before the other one")
  }
}

import Addressing
import Forwarding
import Kernel

/// SMCRoute's rules as it keeps them, looked through one by one: a pattern is expanded when it is stated.
struct ExpandedRules {
  struct Rule {
    var inbound: String
    var sources: Prefix
    var groups: Prefix
    var outbound: Set<String>

    var isFull: Bool { sources.isSingle && groups.isSingle }
  }

  var present: [String]
  private(set) var rules: [Rule] = []

  init(present: [String]) { self.present = present }

  private func names(_ patterns: [InterfacePattern]) -> [String] {
    present.filter { name in patterns.contains { $0.matches(name) } }
  }

  private func index(_ name: String, _ key: StaticRoute.Key) -> Int? {
    rules.firstIndex { $0.inbound == name && $0.sources == key.sources && $0.groups == key.groups }
  }

  /// A rule that is there gets more outbound interfaces.
  mutating func add(_ route: StaticRoute) {
    let outbound = Set(names(route.outbound.map(\.pattern)))
    for name in names(route.key.inbound) {
      if let index = index(name, route.key) {
        rules[index].outbound.formUnion(outbound)
      } else {
        rules.append(
          Rule(
            inbound: name, sources: route.key.sources, groups: route.key.groups, outbound: outbound))
      }
    }
  }

  /// - Returns: whether any rule was concerned.
  mutating func remove(_ key: StaticRoute.Key, _ outbound: [InterfacePattern]) -> Bool {
    var isConcerned = false
    for name in names(key.inbound) {
      guard let index = index(name, key) else { continue }
      isConcerned = true
      if outbound.isEmpty {
        rules.remove(at: index)
      } else {
        rules[index].outbound.subtract(names(outbound))
      }
    }
    return isConcerned
  }

  /// The first that covers the flow, full rules before all; nil: none does.
  func outbound(_ flow: Flow, by name: String) -> Set<String>? {
    let covering = rules.filter {
      $0.inbound == name && $0.groups.contains(flow.group.address) && $0.sources.contains(flow.source)
    }
    return (covering.first { $0.isFull } ?? covering.first)?.outbound
  }
}

import Configuration
import Forwarding
import Kernel

/// What becomes of rules of the same prefixes when interfaces are taken out of them.
///
/// Each interface that a pattern stands for counts as stated by itself, so a rule may have to be replaced by
/// rules for the interfaces that stay; these take its place in the order.
struct Reduction {
  typealias Placed = (route: StaticRoute, order: UInt64)

  private(set) var gone: [StaticRoute.Key] = []
  /// Changed and new rules with their places.
  private(set) var put: [Placed] = []

  /// Nil when no rule has an interface that is concerned.
  ///
  /// - Parameter outbound: empty: the rules no longer hold for these inbound interfaces at all.
  init?(
    of former: [Placed], from inbound: [InterfacePattern], by outbound: [InterfacePattern], present: [String]
  ) {
    var rules = former
    var isConcerned = false
    for (old, order) in former {
      // An earlier one may have been added to it.
      guard let place = rules.firstIndex(where: { $0.route.key == old.key }),
        let parts = rules[place].route.reduced(from: inbound, by: outbound, present: present)
      else { continue }
      isConcerned = true
      let kept = min(order, rules.remove(at: place).order)
      for part in parts { Reduction.add((part, kept), to: &rules) }
    }
    guard isConcerned else { return nil }
    gone = former.map(\.route.key).filter { key in !rules.contains { $0.route.key == key } }
    put = rules.filter { new in
      !former.contains {
        $0.route.key == new.route.key && $0.order == new.order && $0.route.states(new.route)
      }
    }
  }

  private static func add(_ part: Placed, to rules: inout [Placed]) {
    guard let place = rules.firstIndex(where: { $0.route.key == part.route.key }) else {
      return rules.append(part)
    }
    rules[place] = (rules[place].route.extended(by: part.route), min(rules[place].order, part.order))
  }
}

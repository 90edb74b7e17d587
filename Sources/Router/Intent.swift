import Addressing
import Configuration
import Forwarding
import Kernel
import Membership

/// What the operator wants: the file's configuration and, over it, the changes made at run time.
///
/// Keyed like the rules: the overlay wins until it is deleted or the file states the same. A copy of it is
/// what
/// `undo` and an unconfirmed `apply` go back to.
struct Intent: Sendable {
  enum OverlayRoute: Hashable, Sendable {
    /// Added or changed at run time; `covers`: the file states another rule with this key.
    case present(StaticRoute, order: UInt64, covers: Bool)
    /// The file's rule is deleted until the next reload.
    case hidden
  }

  enum OverlayJoin: Hashable, Sendable {
    case present(StaticJoin)
    case hidden
  }

  /// Orders of run-time rules begin here: behind every file's.
  static let overlayOrder: UInt64 = 1 << 40

  var base = Configuration()
  private(set) var changedRoutes: [StaticRoute.Key: OverlayRoute] = [:]
  private(set) var changedJoins: [StaticJoin.Key: OverlayJoin] = [:]
  /// Interface options set at run time; they rank before the file's statements of the same pattern.
  private(set) var interfaces: [InterfaceStatement] = []
  private var nextOrder = Intent.overlayOrder

  /// Rules, joins and interface options that no file states.
  var unsavedCount: Int { changedRoutes.count + changedJoins.count + interfaces.count }

  /// The run-time rules with their orders.
  var overlayRoutes: [(StaticRoute, UInt64)] {
    changedRoutes.values.compactMap {
      if case .present(let route, let order, _) = $0 { (route, order) } else { nil }
    }.sorted { $0.1 < $1.1 }
  }

  var allJoins: [StaticJoin] {
    let fromFile = base.joins.filter { changedJoins[$0.key] == nil }
    let added: [StaticJoin] = changedJoins.keys.sorted().compactMap {
      if case .present(let join) = changedJoins[$0] { join } else { nil }
    }
    return fromFile + added
  }

  /// The file and the overlay as one configuration: what `config save` writes.
  var effective: Configuration {
    var result = base
    if !changedRoutes.isEmpty {
      result.routes = base.routes.filter { changedRoutes[$0.key] == nil } + overlayRoutes.map(\.0)
    }
    result.joins = allJoins
    result.interfaces = interfaceStatements
    return result
  }

  /// Every interface statement in force, the overlay's before the file's.
  var interfaceStatements: [InterfaceStatement] {
    let replaced = Set(interfaces.map(\.pattern))
    var merged = interfaces
    for statement in base.interfaces {
      guard replaced.contains(statement.pattern),
        let index = merged.firstIndex(where: { $0.pattern == statement.pattern })
      else {
        merged.append(statement)
        continue
      }
      merged[index].mode = merged[index].mode ?? statement.mode
      merged[index].threshold = merged[index].threshold ?? statement.threshold
      if merged[index].boundaries.isEmpty { merged[index].boundaries = statement.boundaries }
    }
    return merged
  }

  /// Takes a new file; what it states too leaves the overlay, and deleted rules of the old file may return.
  mutating func load(_ configuration: Configuration) {
    if base != configuration { base = configuration }
    if !changedRoutes.isEmpty {
      var covered: Set<StaticRoute.Key> = []
      for route in base.routes {
        guard case .present(let added, let order, _) = changedRoutes[route.key] else { continue }
        if route.states(added) {
          changedRoutes[route.key] = nil
        } else {
          changedRoutes[route.key] = .present(added, order: order, covers: true)
          covered.insert(route.key)
        }
      }
      changedRoutes = changedRoutes.filter { $0.value != .hidden }.mapValues { entry in
        guard case .present(let route, let order, _) = entry else { return entry }
        return .present(route, order: order, covers: covered.contains(route.key))
      }
    }
    let stated = Set(base.joins.map(\.key))
    changedJoins = changedJoins.filter { $0.value != .hidden && !stated.contains($0.key) }
    interfaces.removeAll { set in
      base.interfaces.contains {
        $0.pattern == set.pattern && (set.mode == nil || $0.mode == set.mode)
          && (set.threshold == nil || $0.threshold == set.threshold)
          && (set.boundaries.isEmpty || $0.boundaries == set.boundaries)
      }
    }
  }

  /// Adds or changes a rule; `current` is the one in force with this key.
  mutating func put(_ route: StaticRoute, over current: StaticRoute?) -> UInt64 {
    var route = route
    route.location = nil
    var order = nextOrder
    var covers = current?.location != nil
    if case .present(_, let kept, let covered) = changedRoutes[route.key] {
      (order, covers) = (kept, covered)
    }
    if order == nextOrder { nextOrder += 1 }
    changedRoutes[route.key] = .present(route, order: order, covers: covers)
    return order
  }

  mutating func delete(_ current: StaticRoute) {
    if case .present(_, _, let covers) = changedRoutes[current.key] {
      changedRoutes[current.key] = covers ? .hidden : nil
    } else {
      changedRoutes[current.key] = .hidden
    }
  }

  mutating func put(_ join: StaticJoin) {
    if changedJoins[join.key] == .hidden {
      changedJoins[join.key] = nil
    } else {
      changedJoins[join.key] = .present(StaticJoin(join.key))
    }
  }

  mutating func delete(_ current: StaticJoin) {
    changedJoins[current.key] = current.location == nil ? nil : .hidden
  }

  /// Sets the options that `statement` states, and leaves the pattern's others.
  mutating func put(_ statement: InterfaceStatement) {
    let index = interfaces.firstIndex { $0.pattern == statement.pattern } ?? interfaces.endIndex
    if index == interfaces.endIndex { interfaces.append(InterfaceStatement(statement.pattern)) }
    interfaces[index].mode = statement.mode ?? interfaces[index].mode
    interfaces[index].threshold = statement.threshold ?? interfaces[index].threshold
    if !statement.boundaries.isEmpty { interfaces[index].boundaries = statement.boundaries }
  }
}

extension Intent {
  /// The configuration with the interface statements in force, without its routes and joins: cheap to make.
  var effectiveSettings: Configuration {
    var result = base
    result.routes = []
    result.joins = []
    result.interfaces = interfaceStatements
    return result
  }
}

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
    /// Added or changed at run time; `covers`: the file states another rule with this key, in the same place.
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

  /// The rules of the file and of run time, in their order.
  var effectiveRoutes: [(StaticRoute, UInt64)] {
    let added: [(StaticRoute, UInt64)] = changedRoutes.values.compactMap {
      if case .present(let route, let order, _) = $0 { (route, order) } else { nil }
    }
    var overlay = added.sorted(by: Intent.precedes)[...]
    var result: [(StaticRoute, UInt64)] = []
    for (index, route) in base.routes.enumerated() {
      while let (next, order) = overlay.first, order <= index {
        result.append((next, order))
        overlay = overlay.dropFirst()
      }
      if changedRoutes[route.key] == nil { result.append((route, UInt64(index))) }
    }
    return result + overlay
  }

  /// Several parts of one former rule share its order.
  private static func precedes(_ left: (StaticRoute, UInt64), _ right: (StaticRoute, UInt64)) -> Bool {
    left.1 == right.1 ? left.0.statement < right.0.statement : left.1 < right.1
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
      result.routes = effectiveRoutes.map(\.0)
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
      merged[index].complete(by: statement)
    }
    return merged
  }

  /// Takes a new file; what it states too leaves the overlay, and deleted rules of the old file may return.
  ///
  /// - Parameter keepsChanges: false: nothing of the overlay stays.
  mutating func load(_ configuration: Configuration, keepsChanges: Bool) {
    if base != configuration { base = configuration }
    guard keepsChanges else {
      (changedRoutes, changedJoins, interfaces) = ([:], [:], [])
      return
    }
    if !changedRoutes.isEmpty { loadRoutes() }
    let stated = Set(base.joins.map(\.key))
    changedJoins = changedJoins.filter { $0.value != .hidden && !stated.contains($0.key) }
    interfaces.removeAll { set in
      base.interfaces.contains { $0.pattern == set.pattern && $0.states(set) }
    }
  }

  /// Rules that cover one of the file take its place there; those that no longer do go behind the file's.
  private mutating func loadRoutes() {
    var covered: Set<StaticRoute.Key> = []
    for (index, route) in base.routes.enumerated() {
      guard case .present(let added, _, _) = changedRoutes[route.key] else { continue }
      if route.states(added) {
        changedRoutes[route.key] = nil
      } else {
        changedRoutes[route.key] = .present(added, order: UInt64(index), covers: true)
        covered.insert(route.key)
      }
    }
    let kept: [(StaticRoute, UInt64)] = changedRoutes.values.compactMap {
      if case .present(let route, let order, _) = $0 { (route, order) } else { nil }
    }
    changedRoutes = changedRoutes.filter { covered.contains($0.key) }
    let free = kept.filter { !covered.contains($0.0.key) }
    for (route, order) in free.sorted(by: Intent.precedes) {
      let order = order < Intent.overlayOrder ? takeOrder() : order
      changedRoutes[route.key] = .present(route, order: order, covers: false)
    }
  }

  private mutating func takeOrder() -> UInt64 {
    defer { nextOrder += 1 }
    return nextOrder
  }

  /// Adds or changes a rule.
  ///
  /// - Parameters:
  ///   - current: the rule in force with this key.
  ///   - order: its place, or the one that a new rule shall take; nil: behind all others.
  mutating func put(_ route: StaticRoute, over current: StaticRoute?, order: UInt64?) -> UInt64 {
    var route = route
    route.location = nil
    var covers = current?.location != nil || changedRoutes[route.key] == .hidden
    if case .present(_, _, let covered) = changedRoutes[route.key] { covers = covered }
    let order = order ?? takeOrder()
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
    var statement = statement
    statement.location = nil
    if let index = interfaces.firstIndex(where: { $0.pattern == statement.pattern }) {
      statement.complete(by: interfaces[index])
      interfaces[index] = statement
    } else {
      interfaces.append(statement)
    }
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

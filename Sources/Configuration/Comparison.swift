public import Forwarding
import Kernel
public import Membership

/// What differs between two configurations, by object; linear in their sizes.
public struct Comparison: Hashable, Sendable {
  /// Something stated before and after, differently.
  public struct Changed<Statement: Hashable & Sendable>: Hashable, Sendable {
    public var before: Statement
    public var after: Statement
  }

  /// A statement of settings, of interfaces or of a boundary; nil where there is none.
  public struct SettingChange: Hashable, Sendable {
    public var before: String?
    public var after: String?
  }

  public var addedRoutes: [StaticRoute] = []
  public var changedRoutes: [Changed<StaticRoute>] = []
  public var removedRoutes: [StaticRoute] = []
  public var unchangedRoutes = 0
  public var addedJoins: [StaticJoin] = []
  public var removedJoins: [StaticJoin] = []
  public var unchangedJoins = 0
  /// `interface` statements, by pattern.
  public var interfaces: [SettingChange] = []
  /// All other statements, those of settings, boundaries and tunnels.
  public var settings: [SettingChange] = []

  /// Compares by what is stated; where it is stated, and in which order, is no difference.
  public init(from old: Configuration, to new: Configuration) {
    compareRoutes(old.routes, new.routes)
    compareJoins(old.joins, new.joins)
    interfaces = Comparison.changes(
      from: old.interfaces.map { ($0.pattern.text, $0.statement) },
      to: new.interfaces.map { ($0.pattern.text, $0.statement) })
    settings = Comparison.changes(
      from: old.settings + old.namedStatements, to: new.settings + new.namedStatements)
  }

  public var isEmpty: Bool {
    addedRoutes.isEmpty && changedRoutes.isEmpty && removedRoutes.isEmpty && addedJoins.isEmpty
      && removedJoins.isEmpty && interfaces.isEmpty && settings.isEmpty
  }

  private mutating func compareRoutes(_ old: [StaticRoute], _ new: [StaticRoute]) {
    var places: [StaticRoute.Key: Int] = [:]
    places.reserveCapacity(old.count)
    for (index, route) in old.enumerated() { places[route.key] = index }
    var isStated = Array(repeating: false, count: old.count)
    for route in new {
      guard let place = places[route.key] else {
        addedRoutes.append(route)
        continue
      }
      isStated[place] = true
      if old[place].states(route) {
        unchangedRoutes += 1
      } else {
        changedRoutes.append(Changed(before: old[place], after: route))
      }
    }
    if unchangedRoutes + changedRoutes.count < old.count {
      removedRoutes = zip(old, isStated).filter { !$0.1 }.map(\.0)
    }
  }

  private mutating func compareJoins(_ old: [StaticJoin], _ new: [StaticJoin]) {
    let before = Set(old.map(\.key))
    let after = Set(new.map(\.key))
    addedJoins = new.filter { !before.contains($0.key) }
    removedJoins = old.filter { !after.contains($0.key) }
    unchangedJoins = new.count - addedJoins.count
  }

  /// By their words, in the order of the new ones, then of those that are gone; several of one word are one.
  private static func changes(
    from old: [(word: String, text: String)], to new: [(word: String, text: String)]
  ) -> [SettingChange] {
    let before = Dictionary(old.map { ($0.word, $0.text) }, uniquingKeysWith: { $0 + "; " + $1 })
    let after = Dictionary(new.map { ($0.word, $0.text) }, uniquingKeysWith: { $0 + "; " + $1 })
    var seen: Set<String> = []
    return (new + old).compactMap { statement in
      let (was, now) = (before[statement.word], after[statement.word])
      guard seen.insert(statement.word).inserted, was != now else { return nil }
      return SettingChange(before: was, after: now)
    }
  }
}

public import Forwarding
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
  /// All other statements: `table`, `log`, `boundary` …
  public var settings: [SettingChange] = []

  public init(from old: Configuration, to new: Configuration) {}

  public var isEmpty: Bool {
    addedRoutes.isEmpty && changedRoutes.isEmpty && removedRoutes.isEmpty && addedJoins.isEmpty
      && removedJoins.isEmpty && interfaces.isEmpty && settings.isEmpty
  }
}

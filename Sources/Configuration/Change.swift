public import Forwarding
public import Kernel
public import Membership

/// One change at run time; several make a transaction.
public enum Change: Hashable, Sendable, Codable {
  /// Refused (6 already exists) when there is one with this key. `pending` accepts absent interfaces.
  case add(StaticRoute, pending: Bool)
  /// Adds, or changes the one with this key.
  case replace(StaticRoute, pending: Bool)
  /// Refused (5 no such object) when there is none.
  case delete(StaticRoute.Key)
  /// Adds the rule, or its outbound interfaces to the rule with this key; accepts absent outbound interfaces.
  case extend(StaticRoute)
  /// Takes outbound interfaces out of a rule, which blocks when none is left; an empty list deletes the rule.
  ///
  /// Refused (5 no such object) when there is none.
  case reduce(StaticRoute.Key, [InterfacePattern])
  case join(StaticJoin, pending: Bool)
  case leave(StaticJoin.Key)
  /// The options stated replace those of the same pattern.
  case set(InterfaceStatement)
  case clear(Subject)

  /// What `mcast clear` clears.
  public enum Subject: String, Hashable, Sendable, Codable, CaseIterable {
    /// Counters shown start again from zero.
    case counters
    /// Entries on demand and blocking ones are removed; the next packet decides anew.
    case routes
    /// What hosts reported is forgotten and asked for again.
    case groups
    /// DVMRP neighbors are forgotten, with the routes and prunes they gave, and looked for again.
    case neighbors
  }
}

public import Addressing
public import Diagnostics
public import Timing

/// The answer to a request or a change.
public enum Reply: Hashable, Sendable, Codable {
  case rows(Rows, next: Cursor?)
  case rules([RuleRow], next: Cursor?)
  case links([LinkRow])
  case status(Status)
  case report(MulticastReport)
  /// A piece of a text.
  case text(String, next: Cursor?)
  case explanation(Explanation)
  case changes([ChangeResult], Summary)
  case plan([PlannedChange], Summary)
  /// A subscription begins; notices follow.
  case subscribed
  /// Nothing was done.
  case refused([Diagnostic])
}

/// A page of one table.
public enum Rows: Hashable, Sendable, Codable {
  case routes([RouteRow])
  case interfaces([InterfaceRow])
  case joins([JoinRow])
  case pending([PendingRow])
  case limits([LimitRow])
  case events([Notice])
  case groups([MemberRow])
  case neighbors([NeighborRow])
  case dvmrpRoutes([OriginRow])
  case prunes([PruneRow])
  case timers([TimerRow])
  case tunnels([TunnelRow])
}

/// The screen of `mcast status`, as far as the Router knows it.
public struct Status: Hashable, Sendable, Codable {
  /// How many of a table's VIF slots are taken.
  public struct TableUse: Hashable, Sendable, Codable {
    public var family: Family
    public var table: UInt32
    /// VIFs in use, of 32.
    public var used: Int
    /// Whether the kernel gave us the table.
    public var open: Bool

    public init(family: Family, table: UInt32, used: Int, open: Bool) {
      self.family = family
      self.table = table
      self.used = used
      self.open = open
    }
  }

  /// How much DVMRP knows.
  public struct DVMRPUse: Hashable, Sendable, Codable {
    /// Routers that hear us and that we hear.
    public var neighbors: Int
    public var routes: Int
    /// Prunes received that hold.
    public var prunes: Int

    public init(neighbors: Int, routes: Int, prunes: Int) {
      self.neighbors = neighbors
      self.routes = routes
      self.prunes = prunes
    }
  }

  /// Rises with each change of the configuration or the overlay.
  public var generation: UInt64 = 0
  public var interfacesUp = 0
  public var interfacesDown = 0
  public var interfacesWaiting: [String] = []
  public var tables: [TableUse] = []
  public var rules = 0
  public var rulesWaiting = 0
  /// Entries in the kernel, blocking ones apart.
  public var entries = 0
  public var blocking = 0
  public var joins = 0
  public var joinsWaiting = 0
  /// Rules and joins added at run time that no file states.
  public var unsaved = 0
  /// Groups with members, on all interfaces; those of one that are on several count as often.
  public var groups = 0
  /// Interfaces with members.
  public var groupInterfaces = 0
  /// Nil where DVMRP is not spoken.
  public var dvmrp: DVMRPUse?
  public var upcalls: UInt64 = 0
  public var upcallsLost: UInt64 = 0
  public var foreignRepairs: UInt64 = 0
  public var resynchronizations: UInt64 = 0
  /// Summed over VIFs; nil before two readings.
  public var packetsInPerSecond: Double?
  public var packetsOutPerSecond: Double?
  public var bitsInPerSecond: Double?
  public var bitsOutPerSecond: Double?
  /// What is wrong now, the newest last.
  public var problems: [Diagnostic] = []

  public init() {}
}

/// What became of one change of a transaction.
public struct ChangeResult: Hashable, Sendable, Codable {
  /// What became of it.
  public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
    case done, unchanged, refused
  }

  /// Counts from 0 through the transaction.
  public var index: Int
  /// The change in the native grammar.
  public var text: String
  public var outcome: Outcome
  public var error: Diagnostic?

  public init(index: Int, text: String, outcome: Outcome, error: Diagnostic? = nil) {
    self.index = index
    self.text = text
    self.outcome = outcome
    self.error = error
  }
}

/// What a change of many parts amounts to.
public struct Summary: Hashable, Sendable, Codable {
  public var added = 0
  public var changed = 0
  public var removed = 0
  public var untouched = 0
  /// Entries of the kernel that were written or removed.
  public var kernelChanges = 0
  /// Flows that stop though the new state would forward them too: 0 but in a change of table.
  public var interrupted = 0

  public init() {}
}

/// One line of `mcast config plan`.
public struct PlannedChange: Hashable, Sendable, Codable {
  /// What the plan does to it.
  public enum Action: String, Hashable, Sendable, Codable, CaseIterable {
    case add, change, remove, set
  }

  /// What is planned for.
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case route, join, interface, setting
  }

  /// What packets notice.
  public enum Effect: String, Hashable, Sendable, Codable, CaseIterable {
    case continues, starts, stops, none
  }

  public var action: Action
  public var kind: Kind
  /// The statement before and after; nil where there is none.
  public var before: String?
  public var after: String?
  /// What it does to packets that flow now.
  public var effect: Effect

  public init(action: Action, kind: Kind, before: String?, after: String?, effect: Effect) {
    self.action = action
    self.kind = kind
    self.before = before
    self.after = after
    self.effect = effect
  }
}

/// Why an (S,G) is as it is.
public struct Explanation: Hashable, Sendable, Codable {
  /// One interface and why packets leave by it or not.
  public struct OutboundReason: Hashable, Sendable, Codable {
    public var interface: String
    /// Whether packets leave by it.
    public var forwards: Bool
    /// A phrase: `rule`, `is the inbound interface`, `boundary site`, `not there`.
    public var reason: String

    public init(interface: String, forwards: Bool, reason: String) {
      self.interface = interface
      self.forwards = forwards
      self.reason = reason
    }
  }

  /// The way back to the source, as DVMRP knows it.
  public struct ReversePath: Hashable, Sendable, Codable {
    public var origin: Prefix
    /// Nil for a default route of our making.
    public var interface: String?
    /// Nil where the source is on a link of ours.
    public var gateway: Address?
    public var metric: UInt8

    public init(origin: Prefix, interface: String?, gateway: Address?, metric: UInt8) {
      self.origin = origin
      self.interface = interface
      self.gateway = gateway
      self.metric = metric
    }
  }

  public var source: Address
  public var group: Address
  public var inbound: String?
  public var state: RouteRow.State
  public var owner: RouteRow.Owner?
  public var table: UInt32
  public var installed: Instant?
  public var packets: UInt64?
  /// The statement that decides, in the native grammar; nil when none does.
  public var ruleText: String?
  public var rule: RuleReference?
  public var outbound: [OutboundReason] = []
  /// Nil where DVMRP knows no way.
  public var reversePath: ReversePath?
  /// Prunes and grafts of the source's network and the group.
  public var prunes: [PruneRow] = []
  /// What happens next by itself to this flow, the earliest first.
  public var timers: [TimerRow] = []
  /// What would have to be different, or what happens next; sentences without a full stop.
  public var notes: [String] = []

  public init(source: Address, group: Address, state: RouteRow.State, table: UInt32) {
    self.source = source
    self.group = group
    self.state = state
    self.table = table
  }
}

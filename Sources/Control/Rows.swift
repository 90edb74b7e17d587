public import Addressing
public import Timing

/// A place that a rule was written at; `line` 0 and file `run time` for one added by a client.
public struct RuleReference: Hashable, Sendable, Codable {
  public var file: String
  public var line: Int32

  public init(file: String, line: Int32) {
    self.file = file
    self.line = line
  }
}

/// A line of `show routes`: a rule, or an entry of the kernel.
public struct RouteRow: Hashable, Sendable, Codable {
  /// Who wants the row.
  public enum Owner: String, Hashable, Sendable, Codable, CaseIterable {
    case `static`, dvmrp, igmp, block, foreign
  }

  /// What it does now.
  public enum State: String, Hashable, Sendable, Codable, CaseIterable {
    case rule, active, idle, blocked, pruned, waiting, disabled
    case noMember = "no-member"
  }

  /// One interface of the OIL.
  public struct Outbound: Hashable, Sendable, Codable {
    public var name: String
    /// Absent while no such interface exists.
    public var ifindex: Int32?
    /// The TTL threshold that holds; nil for IPv6, which has none.
    public var threshold: UInt8?
    /// Who wants it: `static`, `member`, `dependent`.
    public var reason: String

    public init(name: String, ifindex: Int32?, threshold: UInt8?, reason: String) {
      self.name = name
      self.ifindex = ifindex
      self.threshold = threshold
      self.reason = reason
    }
  }

  public var family: Family
  /// The kernel's number of the table.
  public var table: UInt32
  /// The whole family for a rule without a source.
  public var source: Prefix
  public var group: Prefix
  /// One name for an entry, the patterns as written for a rule.
  public var inbound: [String]
  public var outbound: [Outbound]
  public var owner: Owner
  public var state: State
  /// The rule sends to members: on its outbound interfaces, or on every one where it names none.
  public var toMembers = false
  /// Interfaces that it waits for.
  public var missing: [String] = []
  public var rule: RuleReference?
  /// The rule's `name`.
  public var name: String?
  /// Forwarded: the kernel's count less wrong-interface ones.
  ///
  /// Nil for a rule.
  public var packets: UInt64?
  public var bytes: UInt64?
  public var wrongInterface: UInt64?
  /// Since the previous reading, at least one second apart; nil when there is none.
  public var packetsPerSecond: Double?
  public var bitsPerSecond: Double?
  /// When it was installed, or the rule was stated.
  public var since: Instant
  /// Entries were installed in this order, which only the personalities ask for; 0 for a rule.
  public var order: UInt64 = 0
  public var lastUsed: Instant?

  public init(
    family: Family, table: UInt32, source: Prefix, group: Prefix, inbound: [String], outbound: [Outbound],
    owner: Owner, state: State, since: Instant
  ) {
    self.family = family
    self.table = table
    self.source = source
    self.group = group
    self.inbound = inbound
    self.outbound = outbound
    self.owner = owner
    self.state = state
    self.since = since
  }
}

/// A line of `show interfaces`.
public struct InterfaceRow: Hashable, Sendable, Codable {
  /// What it does now.
  public enum State: String, Hashable, Sendable, Codable, CaseIterable {
    case up, down, missing, disabled, unused
    /// Wanted, but without a VIF: the kernel's slots are used up or it refused.
    case refused
  }

  /// The interface's VIF in one table.
  public struct Place: Hashable, Sendable, Codable {
    public var family: Family
    public var table: UInt32
    public var index: UInt8

    public init(family: Family, table: UInt32, index: UInt8) {
      self.family = family
      self.table = table
      self.index = index
    }
  }

  public var name: String
  public var ifindex: Int32?
  public var state: State
  /// `up`, `running`, `multicast`, `loopback`, `point-to-point`.
  public var flags: [String] = []
  public var mtu: UInt32?
  /// `10.0.0.1/24`.
  public var addresses: [String] = []
  public var places: [Place] = []
  public var threshold: UInt8
  /// Summed over tables and families; nil without a VIF.
  public var packetsIn: UInt64?
  public var packetsOut: UInt64?
  public var bytesIn: UInt64?
  public var bytesOut: UInt64?
  public var packetsInPerSecond: Double?
  public var packetsOutPerSecond: Double?
  public var bitsInPerSecond: Double?
  public var bitsOutPerSecond: Double?
  /// IGMP and MLD packets seen, and those refused by a check.
  public var protocolPackets: UInt64 = 0
  public var protocolRejected: UInt64 = 0
  /// IPv4's before IPv6's; empty where nobody asks for members.
  public var queriers: [QuerierStatus] = []
  /// Groups with members here, reported or stated; nil where members are not asked for.
  public var groups: Int?
  /// DVMRP routers met here; nil where DVMRP is not spoken.
  public var neighbors: Int?
  /// What DVMRP adds for the interface; nil where it is not spoken.
  public var metric: UInt8?
  /// By protocol: what was heard, sent and refused.
  public var protocols: [ProtocolCounts] = []

  public init(name: String, state: State, threshold: UInt8) {
    self.name = name
    self.state = state
    self.threshold = threshold
  }
}

/// A line of `show joins`.
public struct JoinRow: Hashable, Sendable, Codable {
  /// What it does now.
  public enum State: String, Hashable, Sendable, Codable, CaseIterable {
    case joined, waiting, refused
  }

  public var family: Family
  /// The interface that holds it; while it waits, the name or pattern as written.
  public var interface: String
  /// The name or pattern as written.
  public var pattern: String
  /// The interface that holds it; nil while it waits.
  public var ifindex: Int32?
  public var source: Prefix?
  public var group: Prefix
  public var rule: RuleReference?
  public var state: State

  public init(
    family: Family, interface: String, ifindex: Int32?, source: Prefix?, group: Prefix, rule: RuleReference?,
    state: State, pattern: String? = nil
  ) {
    self.family = family
    self.interface = interface
    self.pattern = pattern ?? interface
    self.ifindex = ifindex
    self.source = source
    self.group = group
    self.rule = rule
    self.state = state
  }
}

/// A line of `show pending`: what is configured for an interface that is not there.
public struct PendingRow: Hashable, Sendable, Codable {
  /// What waits.
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case route, join, interface
  }

  public var kind: Kind
  /// The statement in the native grammar.
  public var text: String
  public var missing: [String]
  public var rule: RuleReference?
  public var since: Instant

  public init(kind: Kind, text: String, missing: [String], rule: RuleReference?, since: Instant) {
    self.kind = kind
    self.text = text
    self.missing = missing
    self.rule = rule
    self.since = since
  }
}

/// A line of `show limits`.
public struct LimitRow: Hashable, Sendable, Codable {
  public var name: String
  public var limit: Int
  public var used: Int
  /// How often the limit acted.
  public var hits: UInt64

  public init(name: String, limit: Int, used: Int, hits: UInt64) {
    self.name = name
    self.limit = limit
    self.used = used
    self.hits = hits
  }
}

public import Diagnostics
public import Timing

/// What happened that a person or a program may want to know: a line in the log, an event in `monitor`.
public struct Notice: Hashable, Sendable, Codable {
  /// The streams of `mcast monitor`.
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case route, join, interface, upcall, configuration, kernel, limit
    /// Hosts on an interface want a group, or no more.
    case group
    /// Another DVMRP router.
    case neighbor
    case querier
    /// A prune or a graft, either way.
    case prune
  }

  /// What happened to the subject; the hook's EVENT for those it knows.
  public enum Change: String, Hashable, Sendable, Codable, CaseIterable {
    case install, remove, move, change, reload, interface, join, leave, refuse, resync, wrongInterface, limit
    /// A rule or join names an interface that is not there; all that it names are there.
    case waiting, activated
    /// A flow came that no rule covers.
    case unmatched
    /// A neighbor is met, has begun anew, is gone.
    case up, restart, down
    /// A group is not wanted by or from a neighbor; it is wanted again.
    case prune, graft
  }

  /// Syslog's levels that mcast uses.
  public enum Level: String, Hashable, Sendable, Codable, CaseIterable {
    case error, warning, notice, info, debug
  }

  /// What the hook's environment carries, beside the text.
  public struct RouteFacts: Hashable, Sendable, Codable {
    /// Why an entry is there.
    public enum Cause: String, Hashable, Sendable, Codable {
      /// A rule that names source and group.
      case rule
      /// A packet under a wider rule.
      case packet
      /// A packet that no rule covers.
      case noRule
    }

    public var source: String
    public var group: String
    public var inbound: String
    public var outbound: [String]
    public var table: UInt32
    public var cause = Cause.rule
    /// The VIF of the inbound interface, where a packet came in by it.
    public var vif: UInt8?

    public init(source: String, group: String, inbound: String, outbound: [String], table: UInt32) {
      self.source = source
      self.group = group
      self.inbound = inbound
      self.outbound = outbound
      self.table = table
    }
  }

  /// Counts from 1 through the daemon's life.
  public var sequence: UInt64
  public var at: Instant
  public var kind: Kind
  public var change: Change
  public var level: Level
  public var code: Code?
  /// What it is about: `(10.1.0.7, 239.2.4.9)`, `eth0`.
  public var subject: String
  /// The state before and after, where it has one: `eth0 → eth1`.
  public var before: String?
  public var after: String?
  /// The rest of the sentence.
  public var detail: String?
  public var hint: String?
  public var route: RouteFacts?
  /// The interface, the neighbor or host, and the group that it is about, for a program to read.
  public var interface: String?
  public var address: String?
  public var group: String?

  public init(
    sequence: UInt64, at: Instant, kind: Kind, change: Change, level: Level, code: Code? = nil,
    subject: String
  ) {
    self.sequence = sequence
    self.at = at
    self.kind = kind
    self.change = change
    self.level = level
    self.code = code
    self.subject = subject
  }
}

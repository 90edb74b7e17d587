public import Timing

/// A line of `show timers`: what happens next by itself.
public struct TimerRow: Hashable, Sendable, Codable {
  /// What is due.
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    /// The kernel's tables are read back.
    case audit
    /// What was applied is taken back unless it is confirmed.
    case confirm
    /// Something that the kernel refused is asked for again.
    case retry
    /// Packets of DVMRP's flows are forwarded from then on; until then routes are only exchanged.
    case forwarding
    /// Entries that a former life of the daemon left stay until then, though nobody has asked for them yet.
    case adoption
    /// An announcement of this router.
    case announcement
    /// The counters of the longest unused entry are read.
    case idle
    /// Our next query.
    case query
    /// Another querier counts as gone.
    case querier
    /// The first of all groups to change without a report.
    case group
    /// Our next probe.
    case probe
    /// A neighbor counts as gone.
    case neighbor
    /// The next part of the routes is reported.
    case report
    /// The first of all routes to end without a report.
    case route
    /// The first of all prunes and grafts to end or to be repeated.
    case prune
  }

  public var kind: Kind
  /// What it is about: an interface, a neighbor; empty when the kind says it.
  public var subject: String
  public var due: Instant

  public init(kind: Kind, subject: String, due: Instant) {
    self.kind = kind
    self.subject = subject
    self.due = due
  }
}

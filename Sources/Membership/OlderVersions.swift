import Timing
import Wire

/// Hosts of older versions in one group (RFC 9776 7.3.2, RFC 9777 8.3.2): while they are there, nothing is
/// believed that they cannot answer.
struct OlderVersions: Hashable, Sendable {
  /// Until when an IGMPv1 host counts as present; nil: none.
  private var version1: Instant?
  /// The same for IGMPv2 and MLDv1.
  private var version2: Instant?

  /// The oldest version that a host of the group may have.
  var mode: GroupQuery.Version {
    version1 != nil ? .igmp1 : version2 != nil ? .groups : .sources
  }

  /// Until when a host of that version counts as present.
  func until(_ version: GroupQuery.Version) -> Instant? { version == .igmp1 ? version1 : version2 }

  var next: Instant? {
    guard let version1 else { return version2 }
    return version2.map { min($0, version1) } ?? version1
  }

  /// A host of `version` reported the group.
  mutating func note(_ version: GroupQuery.Version, until end: Instant) {
    switch version {
    case .igmp1: version1 = end
    case .groups: version2 = end
    case .sources: break
    }
  }

  mutating func expire(at now: Instant) {
    if let end = version1, end <= now { version1 = nil }
    if let end = version2, end <= now { version2 = nil }
  }

  /// What is left of a record in the group's mode; nil when it is ignored.
  ///
  /// Older hosts hear no group-and-source query, and version 1 hosts no group query that they would answer in
  /// time; so what would lead to one is not done.
  func admit(_ record: GroupRecord) -> GroupRecord? {
    switch (record.kind, mode) {
    case (_, .sources), (.isInclude, _), (.isExclude, _), (.allow, _), (.toInclude, .groups): record
    case (.toExclude, _): GroupRecord(.toExclude, record.group)
    case (.block, _), (.toInclude, .igmp1): nil
    }
  }
}

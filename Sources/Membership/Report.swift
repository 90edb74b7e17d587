import Addressing
import Timing
import Wire

/// One record of a host, with what the router still has room for.
struct Report: Sendable {
  /// Sources in order.
  var record: GroupRecord
  /// The version of the message that it came in.
  var version: GroupQuery.Version
  var source: Address
  var now: Instant
  /// Sources and tracked hosts that all groups together may still get.
  var sourceRoom: Int
  var hostRoom: Int
  var hostsPerGroup: Int
}

extension GroupRecord {
  /// Whether it can make a group that is not there; a leave of one cannot.
  var canBegin: Bool {
    switch kind {
    case .isExclude, .toExclude: true
    case .isInclude, .toInclude, .allow: !sources.isEmpty
    case .block: false
    }
  }
}

extension GroupState {
  /// Takes in a record, in the order of the texts: who is there, what may be believed, what changes.
  mutating func take(_ report: Report, _ querier: Querier) -> RecordOutcome {
    let intervals = querier.intervals
    if report.version != .sources, report.record.kind == .isExclude {
      older.note(report.version, until: report.now + intervals.olderHost)
    }
    guard var record = older.admit(report.record) else { return RecordOutcome() }
    if record.canBegin { lastReporter = report.source }
    let isTracking = track(record, report, querier)
    let limit = min(querier.settings.maximumSources, sources.count + max(0, report.sourceRoom))
    if querier.settings.sourceOverflow == .asm, sourceCount(after: record) > limit {
      record = GroupRecord(.isExclude, record.group)
    }
    var outcome = apply(
      record,
      RecordTerms(
        now: report.now, intervals: intervals, asking: asking(querier, at: report.now),
        namesSources: querier.version == .sources, sourceLimit: limit))
    outcome.isTrackingLost = !isTracking
    return outcome
  }

  /// Notes the host; false when the group has one too many and is tracked no more.
  private mutating func track(_ record: GroupRecord, _ report: Report, _ querier: Querier) -> Bool {
    guard querier.settings.fastLeave == .tracked else {
      // What is not tracked from its first report on is not known.
      hosts.giveUp()
      return true
    }
    // Hosts of older versions hold back their reports; as long as there may be one, hosts are asked.
    guard report.version == .sources else { return true }
    return hosts.note(
      record, from: report.source, at: report.now, until: report.now + querier.intervals.membership,
      room: min(report.hostsPerGroup, hosts.count + max(0, report.hostRoom)),
      limit: querier.settings.maximumSources)
  }

  /// How a leave is settled.
  private func asking(_ querier: Querier, at now: Instant) -> RecordTerms.Asking {
    guard querier.isQuerier, querier.version != .igmp1 else { return .never }
    return switch querier.settings.fastLeave {
    case .off: .byQuery
    case .on: .final
    case .tracked: older.mode == .sources && querier.knowsHosts(at: now) ? .finalIfLast : .byQuery
    }
  }
}

import Addressing
import Timing
import Wire

/// What a record met: the times that hold and how far the group may grow.
struct RecordTerms {
  /// What "hosts are asked" comes to.
  enum Asking {
    /// Not at all: another router asks, or our version has no such query.
    case never
    case byQuery
    /// Nobody needs to be asked: a leave is final.
    case final
    /// A leave is final unless a tracked host listens.
    case finalIfLast
  }

  var now: Instant
  var intervals: Intervals
  var asking: Asking
  /// Our queries can name sources.
  var namesSources: Bool
  /// Sources that the group may have; further ones are left out.
  var sourceLimit: Int
}

/// What came of a record.
struct RecordOutcome {
  /// Other sources are listened to than before.
  var isChange = false
  var refusedSources = 0
  /// The group has more hosts than can be tracked.
  var isTrackingLost = false
  /// The round of queries that is due at once.
  var round = QueryRound()
}

extension GroupState {
  /// Applies a record whose sources are in order (RFC 9776 6.4, RFC 9777 7.4).
  mutating func apply(_ record: GroupRecord, _ terms: RecordTerms) -> RecordOutcome {
    let row = FilterRow.row(excludes: excludes, record.kind)
    var change = Walk(terms: terms, groupExpiry: expiry, before: excludes, after: excludes || row.excludes)
    // An INCLUDE group that becomes an EXCLUDE one gets all the sources that nobody named.
    change.isChange = change.before != change.after
    let missing = walkKnown(record.sources, row, &change)
    if missing > 0, row.newListed != .keep { addMissing(record.sources, row, &change) }
    excludes = change.after
    if row.excludes { expiry = terms.now + terms.intervals.membership }
    var outcome = RecordOutcome(isChange: change.isChange, refusedSources: change.refused)
    let isGroupAsked = row.asksGroup && askGroup(terms, &outcome)
    if isGroupAsked || change.isAsked {
      nextRound = terms.now + terms.intervals.lastMember
      outcome.round = takeRound(
        group: isGroupAsked, sources: change.isAsked, at: terms.now, terms.intervals)
    }
    return outcome
  }

  /// How many sources the group would have after a record, were there no limit.
  func sourceCount(after record: GroupRecord) -> Int {
    let row = FilterRow.row(excludes: excludes, record.kind)
    if row.requestedOther == .delete { return record.sources.count }
    guard row.newListed != .keep else { return sources.count }
    return record.sources.count { index(of: $0) == nil } + sources.count
  }

  /// One pass of a record over the sources.
  private struct Walk {
    let terms: RecordTerms
    let groupExpiry: Instant?
    let before: Bool
    let after: Bool
    var isChange = false
    var isAsked = false
    var refused = 0
  }

  /// Decides the sources that the group has.
  ///
  /// - Returns: how many of `listed` it has not.
  private mutating func walkKnown(_ listed: [Address], _ row: FilterRow, _ walk: inout Walk) -> Int {
    var matched = 0
    var kept = 0
    var next = 0
    for index in sources.indices {
      var source = sources[index]
      while next < listed.count, listed[next] < source.address { next += 1 }
      let isListed = next < listed.count && listed[next] == source.address
      if isListed { matched += 1 }
      let fate =
        source.isBlocked
        ? (isListed ? row.blockedListed : row.blockedOther)
        : (isListed ? row.requestedListed : row.requestedOther)
      let wasWanted = !source.isBlocked
      if settle(&source, fate, &walk) {
        if source.isBlocked == wasWanted { walk.isChange = true }
        sources[kept] = source
        kept += 1
      } else if wasWanted != walk.after {
        walk.isChange = true
      }
    }
    sources.removeLast(sources.count - kept)
    return listed.count - matched
  }

  /// Adds what the record alone knows, as far as there is room.
  private mutating func addMissing(_ listed: [Address], _ row: FilterRow, _ walk: inout Walk) {
    var merged: [SourceState] = []
    merged.reserveCapacity(sources.count + listed.count)
    var room = max(0, walk.terms.sourceLimit - sources.count)
    var next = 0
    for address in listed {
      while next < sources.count, sources[next].address < address {
        merged.append(sources[next])
        next += 1
      }
      if next < sources.count, sources[next].address == address { continue }
      guard room > 0 else {
        walk.refused += 1
        continue
      }
      var source = SourceState(address: address)
      guard settle(&source, row.newListed, &walk) else { continue }
      room -= 1
      if walk.before == source.isBlocked { walk.isChange = true }
      merged.append(source)
    }
    merged += sources[next...]
    sources = merged
  }

  /// Does to a source what the row says; false when it goes.
  private func settle(_ source: inout SourceState, _ fate: FilterRow.Fate, _ walk: inout Walk) -> Bool {
    let terms = walk.terms
    switch fate {
    case .keep: return true
    case .delete: return false
    case .block:
      source.expiry = nil
      return true
    case .refresh:
      source.expiry = terms.now + terms.intervals.membership
      return true
    case .refreshForGroup:
      source.expiry = walk.groupExpiry
      return true
    case .refreshForGroupAndAsk:
      source.expiry = walk.groupExpiry
      return ask(&source, &walk)
    case .ask: return ask(&source, &walk)
    }
  }

  /// A host listens to the source no more: the others are asked, or it goes at once.
  private func ask(_ source: inout SourceState, _ walk: inout Walk) -> Bool {
    let terms = walk.terms
    let isFinal =
      switch terms.asking {
      case .never, .byQuery: false
      case .final: true
      case .finalIfLast: !hosts.wants(source.address, at: terms.now)
      }
    if isFinal {
      source.expiry = nil
      source.queries = 0
      // An INCLUDE group has no blocked sources.
      return walk.after
    }
    guard terms.asking != .never, terms.namesSources else { return true }
    let end = terms.now + terms.intervals.lastMemberTime
    // One that ends sooner is being asked for already.
    if let expiry = source.expiry, expiry > end {
      source.expiry = end
      source.queries = UInt8(clamping: terms.intervals.robustness)
      walk.isAsked = true
    }
    return true
  }

  /// A host listens to the group no more; true when the others are asked.
  private mutating func askGroup(_ terms: RecordTerms, _ outcome: inout RecordOutcome) -> Bool {
    let isFinal =
      switch terms.asking {
      case .never, .byQuery: false
      case .final: true
      case .finalIfLast: !hosts.wantsGroup(at: terms.now)
      }
    if isFinal {
      endGroup()
      outcome.isChange = true
      return false
    }
    guard terms.asking != .never, let expiry else { return false }
    self.expiry = min(expiry, terms.now + terms.intervals.lastMemberTime)
    queries = UInt8(clamping: terms.intervals.robustness)
    return true
  }
}

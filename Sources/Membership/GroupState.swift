import Addressing
import Timing
import Wire

/// A source of a group: requested while its timer runs, blocked without one.
struct SourceState: Hashable, Sendable {
  let address: Address
  /// Nil: blocked, which only the sources of an EXCLUDE group can be.
  var expiry: Instant?
  /// Queries about it that are still to be sent.
  var queries: UInt8 = 0

  var isBlocked: Bool { expiry == nil }

  fileprivate func isDue(at now: Instant) -> Bool { expiry.map { $0 <= now } ?? false }
}

/// What is known of the listeners of one group on one interface (RFC 9776 6.2, RFC 9777 7.2).
struct GroupState: Sendable {
  let place: GroupPlace
  /// EXCLUDE: listens to all sources but the blocked ones; INCLUDE: to the requested ones alone.
  var excludes = false
  /// The group timer of an EXCLUDE group; nil in INCLUDE.
  var expiry: Instant?
  /// In the order of their addresses.
  var sources: [SourceState] = []
  var older = OlderVersions()
  var hosts = TrackedHosts()
  /// 0.0.0.0 for a host without an address.
  var lastReporter: Address
  let since: Instant
  /// Group queries that are still to be sent.
  var queries: UInt8 = 0
  /// When the next round of queries is due.
  var nextRound: Instant?
  /// When the table looks at this group again; never later than `next`.
  var scheduled: Instant?

  init(_ place: GroupPlace, reporter: Address, at now: Instant) {
    self.place = place
    lastReporter = reporter
    since = now
  }

  /// Nobody listens: the group can go.
  var isEmpty: Bool { !excludes && sources.isEmpty }

  /// Listens to every source.
  var wantsAll: Bool { excludes && !sources.contains { $0.isBlocked } }

  func wants(_ source: Address) -> Bool {
    guard let index = index(of: source) else { return excludes }
    return !sources[index].isBlocked
  }

  /// The earliest of all its timers.
  var next: Instant? {
    var next = expiry
    func consider(_ instant: Instant?) {
      guard let instant else { return }
      next = next.map { min($0, instant) } ?? instant
    }
    for source in sources { consider(source.expiry) }
    consider(older.next)
    consider(nextRound)
    return next
  }

  func index(of address: Address) -> Int? {
    var range = sources.startIndex..<sources.endIndex
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      let found = sources[middle].address
      if found == address { return middle }
      range = found < address ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }
}

/// The queries about one group that leave at one moment; empty: none.
struct QueryRound: Sendable {
  /// The S bit of a query for the group; nil: none is sent.
  var groupSuppresses: Bool?
  /// Sources whose timers a report raised since they were first asked for: with the S bit.
  var raised: [Address] = []
  /// Sources that go unless somebody answers.
  var asked: [Address] = []

  var isEmpty: Bool { groupSuppresses == nil && raised.isEmpty && asked.isEmpty }
}

/// Time, and the queries that it brings.
extension GroupState {
  /// Ends what is due: sources first, then the group, then older hosts (RFC 9776 6.3, 6.5, 7.3.2).
  ///
  /// - Returns: whether other sources are listened to than before.
  mutating func expire(at now: Instant) -> Bool {
    var isChange = false
    for index in sources.indices where sources[index].isDue(at: now) {
      sources[index].expiry = nil
      sources[index].queries = 0
      isChange = true
    }
    if let end = expiry, end <= now {
      endGroup()
      isChange = true
    }
    if !excludes, isChange { sources.removeAll { $0.isBlocked } }
    older.expire(at: now)
    return isChange
  }

  /// The group timer ends: the requested sources are all that is left (RFC 9776 6.5).
  mutating func endGroup() {
    excludes = false
    expiry = nil
    queries = 0
    sources.removeAll { $0.isBlocked }
  }

  /// The queries that are due, if any (RFC 9776 6.6.3).
  mutating func dueRound(at now: Instant, _ intervals: Intervals) -> QueryRound? {
    guard let due = nextRound, due <= now else { return nil }
    nextRound = now + intervals.lastMember
    return takeRound(group: true, sources: true, at: now, intervals)
  }

  /// Counts the queries of a round as sent, and ends the rounds with the last of them.
  mutating func takeRound(
    group: Bool, sources isAboutSources: Bool, at now: Instant, _ intervals: Intervals
  ) -> QueryRound {
    var round = QueryRound()
    let end = now + intervals.lastMemberTime
    if group, queries > 0 {
      queries -= 1
      round.groupSuppresses = expiry.map { $0 > end } ?? false
    }
    var isLeft = queries > 0
    for index in sources.indices where sources[index].queries > 0 {
      let isRaised = sources[index].expiry.map { $0 > end } ?? false
      // A query for the group that goes out beside them says all that these would.
      if isAboutSources, !isRaised || round.groupSuppresses == nil {
        sources[index].queries -= 1
        if isRaised {
          round.raised.append(sources[index].address)
        } else {
          round.asked.append(sources[index].address)
        }
      }
      if sources[index].queries > 0 { isLeft = true }
    }
    if !isLeft { nextRound = nil }
    return round
  }

  /// Nobody asked for too long: hosts get the time to answer, but where they are being asked about the group.
  mutating func wait(until end: Instant) {
    guard nextRound == nil else { return }
    expiry = expiry.map { max($0, end) }
    for index in sources.indices { sources[index].expiry = sources[index].expiry.map { max($0, end) } }
  }

  /// Another querier asks: what nobody answers for ends with its last member query time (RFC 9776 6.6.1).
  ///
  /// - Parameter asked: in order; empty: the query is about the group.
  mutating func lower(_ asked: [Address], to end: Instant) {
    if asked.isEmpty {
      expiry = expiry.map { min($0, end) }
      return
    }
    for address in asked {
      guard let index = index(of: address), let expiry = sources[index].expiry else { continue }
      sources[index].expiry = min(expiry, end)
    }
  }
}

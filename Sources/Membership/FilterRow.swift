import Wire

/// One row of the tables of RFC 9776 6.4 and RFC 9777 7.4: what a record does to a group of a filter mode.
///
/// X are the requested sources of an EXCLUDE group, Y its blocked ones; the sources of an INCLUDE group are
/// all requested. B are the sources that the record lists.
struct FilterRow: Sendable {
  /// What becomes of one source.
  enum Fate: Sendable {
    /// Stays as it is.
    case keep
    /// Requested for a membership interval.
    case refresh
    /// Requested for as long as the group timer runs.
    case refreshForGroup
    /// Stays, and hosts are asked who still listens to it.
    case ask
    /// Both of the last two.
    case refreshForGroupAndAsk
    /// Blocked: only in an EXCLUDE group.
    case block
    case delete
  }

  /// Requested sources that the record lists, and those that it does not.
  var requestedListed = Fate.keep, requestedOther = Fate.keep
  /// Blocked sources, likewise.
  var blockedListed = Fate.keep, blockedOther = Fate.keep
  /// Sources that only the record knows; `keep` makes none.
  var newListed = Fate.keep
  /// The group is an EXCLUDE group from now on and its timer starts.
  var excludes = false
  /// Hosts are asked who still listens to the group.
  var asksGroup = false

  static func row(excludes: Bool, _ kind: GroupRecord.Kind) -> FilterRow {
    switch (excludes, kind) {
    // INCLUDE(A) + ALLOW(B), IS_IN(B): INCLUDE(A+B), (B)=GMI
    // EXCLUDE(X,Y) + ALLOW(B), IS_IN(B): EXCLUDE(X+B, Y-B), (B)=GMI
    case (_, .allow), (_, .isInclude):
      FilterRow(requestedListed: .refresh, blockedListed: .refresh, newListed: .refresh)
    // INCLUDE(A) + BLOCK(B): INCLUDE(A), Q(G,A*B)
    case (false, .block):
      FilterRow(requestedListed: .ask)
    // INCLUDE(A) + TO_IN(B): INCLUDE(A+B), (B)=GMI, Q(G,A-B)
    case (false, .toInclude):
      FilterRow(requestedListed: .refresh, requestedOther: .ask, newListed: .refresh)
    // INCLUDE(A) + IS_EX(B): EXCLUDE(A*B, B-A), (B-A)=0, GT=GMI
    case (false, .isExclude):
      FilterRow(requestedOther: .delete, newListed: .block, excludes: true)
    // INCLUDE(A) + TO_EX(B): the same, and Q(G,A*B)
    case (false, .toExclude):
      FilterRow(requestedListed: .ask, requestedOther: .delete, newListed: .block, excludes: true)
    // EXCLUDE(X,Y) + BLOCK(B): EXCLUDE(X+(B-Y), Y), (B-X-Y)=GT, Q(G,B-Y)
    case (true, .block):
      FilterRow(requestedListed: .ask, newListed: .refreshForGroupAndAsk)
    // EXCLUDE(X,Y) + TO_IN(B): EXCLUDE(X+B, Y-B), (B)=GMI, Q(G,X-B), Q(G)
    case (true, .toInclude):
      FilterRow(
        requestedListed: .refresh, requestedOther: .ask, blockedListed: .refresh, newListed: .refresh,
        asksGroup: true)
    // EXCLUDE(X,Y) + IS_EX(B): EXCLUDE(B-Y, Y*B), (B-X-Y)=GMI, GT=GMI
    case (true, .isExclude):
      FilterRow(
        requestedOther: .delete, blockedOther: .delete, newListed: .refresh, excludes: true)
    // EXCLUDE(X,Y) + TO_EX(B): EXCLUDE(B-Y, Y*B), (B-X-Y)=GT, Q(G,B-Y), GT=GMI
    case (true, .toExclude):
      FilterRow(
        requestedListed: .ask, requestedOther: .delete, blockedOther: .delete,
        newListed: .refreshForGroupAndAsk, excludes: true)
    }
  }
}

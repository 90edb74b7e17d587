/// A route of our own.
struct LocalRoute: Hashable, Sendable {
  /// Nil: the default route, which leads nowhere.
  var slot: UInt8?
  var metric: UInt8
}

/// What has changed since it was last taken: numbers of rows.
struct RouteChanges: Sendable {
  enum Kind: Sendable {
    /// Reachable, and was not.
    case appeared
    /// Unreachable, and was not.
    case lost
    /// Reachable by another neighbor or interface.
    case gateway
    /// Nearer or farther, and otherwise the same.
    case metric
  }

  /// Rows whose flows are to be decided anew, each once.
  var touched: [Int32] = []
  var moves: [(row: Int32, kind: Kind)] = []
  /// Neighbors that depended on us for a row, and do not any more.
  var desertions: [(row: Int32, peer: UInt16)] = []
  /// Rows that neighbors must hear of.
  var flash: [Int32] = []
  /// Routes that a gateway reports again since it began anew.
  var renewals: [Int32] = []
  /// Marks the rows in `touched`.
  var batch: UInt32 = 1

  mutating func forget(_ row: Int32) { flash.removeAll { $0 == row } }

  /// Takes all but the flash.
  mutating func take() -> RouteChanges {
    var taken = self
    taken.flash = []
    touched = []
    moves = []
    desertions = []
    renewals = []
    batch = batch == .max ? 1 : batch + 1
    return taken
  }
}

/// Reports in the order of their age, chained through their numbers: all lapse after the same time.
struct ReportLine: Sendable {
  private var first: Int32 = -1
  private var last: Int32 = -1

  var oldest: Int32? { first < 0 ? nil : first }

  mutating func append(_ number: Int32, _ reports: inout [RouteReport]) {
    reports[Int(number)].older = last
    reports[Int(number)].younger = -1
    if last >= 0 { reports[Int(last)].younger = number } else { first = number }
    last = number
  }

  mutating func remove(_ number: Int32, _ reports: inout [RouteReport]) {
    let (older, younger) = (reports[Int(number)].older, reports[Int(number)].younger)
    if older >= 0 { reports[Int(older)].younger = younger } else { first = younger }
    if younger >= 0 { reports[Int(younger)].older = older } else { last = older }
  }
}

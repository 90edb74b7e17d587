import Addressing
import Kernel
import Membership
import Testing
import Timing
import Wire

/// The tables of RFC 9776 6.4 and RFC 9777 7.4, a row at a time.
@Suite struct StateTableTests {
  /// A row of the tables: each kind of source stands in it once.
  struct Row: Sendable, CustomTestStringConvertible {
    let kind: GroupRecord.Kind
    let after: String
    let queries: String

    init(_ kind: GroupRecord.Kind, _ after: String, _ queries: String = "") {
      self.kind = kind
      self.after = after
      self.queries = queries
    }

    var testDescription: String { "\(kind)" }
  }

  static let includeRows = [
    Row(.isInclude, "IN a200 b270 c270"),
    Row(.allow, "IN a200 b270 c270"),
    Row(.block, "IN a200 b2", "Q(1;b)"),
    Row(.toInclude, "IN a2 b270 c270", "Q(1;a)"),
    Row(.isExclude, "EX 270 b200 c-"),
    Row(.toExclude, "EX 270 b2 c-", "Q(1;b)"),
  ]

  @Test("INCLUDE({a,b}) and a record of {b,c}", arguments: Family.allCases, includeRows)
  func include(_ family: Family, _ row: Row) throws {
    var link = Link(family)
    try link.report(.allow, "ab")
    link.advance(.seconds(70))
    #expect(try link.state() == "IN a200 b200")
    link.clear()
    try link.report(row.kind, "bc")
    #expect(try link.state() == row.after)
    #expect(try link.queries() == row.queries)
  }

  static let excludeRows = [
    Row(.isInclude, "EX 200 a200 b270 c- d270 e270"),
    Row(.allow, "EX 200 a200 b270 c- d270 e270"),
    Row(.block, "EX 200 a200 b2 c- d- e2", "Q(1;b e)"),
    Row(.toInclude, "EX 2 a2 b270 c- d270 e270", "Q(1) Q(1;a)"),
    Row(.isExclude, "EX 270 b200 d- e270"),
    Row(.toExclude, "EX 270 b2 d- e2", "Q(1;b e)"),
  ]

  @Test("EXCLUDE({a,b},{c,d}) and a record of {b,d,e}", arguments: Family.allCases, excludeRows)
  func exclude(_ family: Family, _ row: Row) throws {
    var link = Link(family)
    try link.report(.isExclude, "cd")
    try link.report(.allow, "ab")
    link.advance(.seconds(70))
    #expect(try link.state() == "EX 200 a200 b200 c- d-")
    link.clear()
    try link.report(row.kind, "bde")
    #expect(try link.state() == row.after)
    #expect(try link.queries() == row.queries)
  }

  @Test(
    "Records without sources", arguments: Family.allCases,
    [
      Row(.isInclude, "IN a200"), Row(.allow, "IN a200"), Row(.block, "IN a200"),
      Row(.toInclude, "IN a2", "Q(1;a)"), Row(.isExclude, "EX 270"), Row(.toExclude, "EX 270"),
    ])
  func empty(_ family: Family, _ row: Row) throws {
    var link = Link(family)
    try link.report(.allow, "a")
    link.advance(.seconds(70))
    link.clear()
    try link.report(row.kind)
    #expect(try link.state() == row.after)
    #expect(try link.queries() == row.queries)
  }

  @Test(
    "What a record makes of a group that nobody listened to", arguments: Family.allCases,
    [
      Row(.isInclude, "IN a270"), Row(.allow, "IN a270"), Row(.toInclude, "IN a270"), Row(.block, ""),
      Row(.isExclude, "EX 270 a-"), Row(.toExclude, "EX 270 a-"),
    ])
  func fromNothing(_ family: Family, _ row: Row) throws {
    var link = Link(family)
    try link.report(row.kind, "a")
    #expect(try link.state() == row.after)
    #expect(try link.queries() == "")
    #expect(link.changes.count == (row.after.isEmpty ? 0 : 1))
  }

  @Test(
    "IS_IN, TO_IN and ALLOW without sources, and BLOCK, make no group",
    arguments: Family.allCases, [GroupRecord.Kind.isInclude, .toInclude, .allow, .block])
  func nothing(_ family: Family, _ kind: GroupRecord.Kind) throws {
    var link = Link(family)
    try link.report(kind)
    #expect(link.membership.groupCount == 0)
    #expect(link.membership.nextDeadline.map { $0 > link.now } ?? false)
    #expect(link.changes.isEmpty && link.sent.isEmpty)
  }

  @Test(
    "The sources of an INCLUDE group end one by one, and the last ends the group", arguments: Family.allCases)
  func sourcesEnd(_ family: Family) throws {
    var link = Link(family)
    try link.report(.allow, "a")
    link.advance(.seconds(10))
    try link.report(.allow, "b")
    link.clear()
    link.advance(to: .start + .milliseconds(269_999))
    #expect(try link.listens("a"))
    link.advance(to: .start + .seconds(270))
    #expect(try link.state() == "IN b10")
    #expect(try !link.listens("a"))
    #expect(link.changes.count == 1)
    link.advance(to: .start + .seconds(280))
    #expect(try link.state() == "")
    #expect(link.changes.count == 2)
    #expect(link.membership.groupCount == 0 && link.membership.sourceCount == 0)
  }

  @Test("The requested sources of an EXCLUDE group become blocked ones", arguments: Family.allCases)
  func requestedEnd(_ family: Family) throws {
    var link = Link(family)
    try link.report(.allow, "a")
    link.advance(.seconds(100))
    try link.report(.isExclude, "ab")
    #expect(try link.state() == "EX 270 a170 b-")
    #expect(try link.listens("a") && !link.listens("b") && link.listens("c"))
    link.advance(.seconds(170))
    #expect(try link.state() == "EX 100 a- b-")
    #expect(try !link.listens("a"))
  }

  @Test("An EXCLUDE group that ends leaves its requested sources in INCLUDE", arguments: Family.allCases)
  func groupEnds(_ family: Family) throws {
    var link = Link(family)
    try link.report(.isExclude, "b")
    link.advance(.seconds(100))
    try link.report(.allow, "a")
    link.clear()
    link.advance(.seconds(170))
    #expect(try link.state() == "IN a100")
    #expect(try link.listens("a") && !link.listens("b") && !link.listens("c"))
    #expect(link.changes.count == 1)
  }

  @Test("An EXCLUDE group whose timers all end together is gone, not in INCLUDE", arguments: Family.allCases)
  func endsTogether(_ family: Family) throws {
    var link = Link(family)
    try link.report([
      GroupRecord(.isExclude, try link.group()),
      GroupRecord(.allow, try link.group(), sources: [link.source("a")]),
    ])
    #expect(try link.state() == "EX 270 a270")
    link.advance(.seconds(270))
    #expect(try link.state() == "")
  }

  @Test("A packet of the same instant comes before a timer", arguments: Family.allCases)
  func packetFirst(_ family: Family) throws {
    var link = Link(family)
    try link.report(.allow, "a")
    link.advance(to: .start + .milliseconds(269_999))
    link.now = .start + .seconds(270)
    try link.report(.allow, "a")
    link.advance(.zero)
    #expect(try link.state() == "IN a270")
  }

  @Test("A repeated report changes no listener", arguments: Family.allCases)
  func repeated(_ family: Family) throws {
    var link = Link(family)
    try link.report(.isExclude, "ab")
    try link.report(.allow, "c")
    link.clear()
    for _ in 0..<3 {
      link.advance(.seconds(5))
      try link.report(.isExclude, "abc", from: 11)
    }
    try link.report(.allow, "c")
    #expect(link.changes.isEmpty)
  }

  @Test("Sources that come unordered and twice count once", arguments: Family.allCases)
  func disorder(_ family: Family) throws {
    var link = Link(family)
    try link.report(.allow, "dacabd")
    #expect(try link.state() == "IN a270 b270 c270 d270")
    #expect(link.membership.sourceCount == 4)
  }
}

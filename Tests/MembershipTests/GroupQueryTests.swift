import Addressing
import Kernel
import Membership
import Testing
import Timing
import Wire

/// Queries after a leave: when they go out, what they lower, and how a report answers them.
@Suite struct GroupQueryTests {
  /// Steps from deadline to deadline and notes each query with its time in seconds.
  private func story(_ link: inout Link, for duration: Duration) throws -> String {
    let start = link.now
    let end = link.now + duration
    var lines: [String] = []
    func note(_ link: inout Link) throws {
      let text = try link.queries()
      if !text.isEmpty { lines.append("\(Link.seconds(link.now - start)) \(text)") }
    }
    try note(&link)
    while let next = link.membership.nextDeadline, next <= end {
      link.advance(to: next)
      try note(&link)
    }
    link.advance(to: end)
    return lines.joined(separator: ", ")
  }

  @Test("A leave is asked about twice, and two seconds later the group is gone", arguments: Family.allCases)
  func leave(_ family: Family) throws {
    var link = Link(family)
    try link.report(.toExclude)
    link.advance(.seconds(5))
    link.clear()
    try link.report(.toInclude)
    #expect(try link.listens("a"))
    #expect(try story(&link, for: .milliseconds(1999)) == "0 Q(1), 1 Q(1)")
    #expect(try link.state() == "EX 0.001")
    link.advance(.milliseconds(1))
    #expect(try link.state() == "")
    #expect(link.changes == [GroupPlace(Link.eth0, try link.group())])
  }

  @Test("The queries carry the times of the querier", arguments: Family.allCases)
  func times(_ family: Family) throws {
    var link = Link(family) {
      $0.lastMemberInterval = .milliseconds(300)
      $0.robustness = 3
      $0.queryInterval = .seconds(60)
    }
    try link.report(.toExclude)
    link.clear()
    try link.report(.toInclude)
    let query = try Link.query(in: try #require(link.sent.first))
    #expect(query.maximumResponse == .milliseconds(300))
    #expect(query.robustness == 3)
    #expect(query.interval == .seconds(60))
    #expect(try story(&link, for: .seconds(3)) == "0 Q(1), 0.3 Q(1), 0.6 Q(1)")
    #expect(try link.state() == "")
  }

  @Test("A report after the first query keeps the group, and the second query has the S bit")
  func answered() throws {
    var link = Link()
    try link.report(.toExclude)
    link.clear()
    try link.report(.toInclude)
    link.advance(.milliseconds(500))
    try link.report(.isExclude, from: 11)
    #expect(try link.state() == "EX 270")
    link.now = .start
    #expect(try story(&link, for: .seconds(5)) == "0 Q(1), 1 Q(1)!")
    #expect(link.changes.isEmpty)
  }

  @Test("A source that is blocked is asked about, and others are not", arguments: Family.allCases)
  func block(_ family: Family) throws {
    var link = Link(family)
    try link.report(.allow, "abc")
    link.clear()
    try link.report(.block, "b")
    #expect(try story(&link, for: .seconds(2)) == "0 Q(1;b), 1 Q(1;b)")
    #expect(try link.state() == "IN a268 c268")
  }

  @Test("BLOCK in EXCLUDE: the source is blocked two seconds later", arguments: Family.allCases)
  func blockInExclude(_ family: Family) throws {
    var link = Link(family)
    try link.report(.isExclude)
    link.advance(.seconds(70))
    link.clear()
    try link.report(.block, "a")
    #expect(try link.state() == "EX 200 a2")
    #expect(try link.listens("a"))
    #expect(try story(&link, for: .seconds(2)) == "0 Q(1;a), 1 Q(1;a)")
    #expect(try link.state() == "EX 198 a-")
    #expect(try !link.listens("a") && link.listens("b"))
  }

  @Test("TO_IN in EXCLUDE asks for the group and for its requested sources", arguments: Family.allCases)
  func toInclude(_ family: Family) throws {
    var link = Link(family)
    try link.report(.isExclude, "b")
    try link.report(.allow, "a")
    link.advance(.seconds(170))
    #expect(try link.state() == "EX 100 a100 b-")
    link.clear()
    try link.report(.toInclude, "b")
    #expect(try link.state() == "EX 2 a2 b270")
    #expect(try story(&link, for: .seconds(2)) == "0 Q(1) Q(1;a), 1 Q(1) Q(1;a)")
    #expect(try link.state() == "IN b268")
  }

  @Test("Sources that were answered for go out with the S bit, the others without")
  func raisedAndAsked() throws {
    var link = Link()
    try link.report(.allow, "abc")
    link.clear()
    try link.report(.block, "abc")
    try link.report(.isInclude, "b", from: 11)
    #expect(try story(&link, for: .seconds(3)) == "0 Q(1;a b c), 1 Q(1;b)! Q(1;a c)")
    #expect(try link.state() == "IN b267")
  }

  @Test("Beside a query for the group, the sources with the S bit are left out")
  func leftOut() throws {
    var link = Link()
    try link.report(.isExclude)
    try link.report(.allow, "ab")
    link.clear()
    try link.report(.toInclude)
    try link.report(.isInclude, "a", from: 11)
    #expect(try story(&link, for: .milliseconds(1000)) == "0 Q(1) Q(1;a b), 1 Q(1) Q(1;b)")
    // Without the group's query, what is left of a's goes out.
    #expect(try story(&link, for: .milliseconds(2000)) == "1 Q(1;a)!")
  }

  @Test("A second leave asks at once, takes older sources along and restarts the rounds")
  func merged() throws {
    var link = Link()
    try link.report(.allow, "ab")
    link.clear()
    try link.report(.block, "a")
    link.advance(.milliseconds(400))
    try link.report(.block, "b", from: 11)
    link.now = .start + .milliseconds(400)
    #expect(try link.queries() == "Q(1;a) Q(1;a b)")
    #expect(try story(&link, for: .seconds(3)) == "1 Q(1;b)")
    #expect(try link.state() == "")
  }

  @Test("A source that is being asked for is not asked for again by a repeated BLOCK")
  func repeated() throws {
    var link = Link()
    try link.report(.allow, "a")
    link.clear()
    for _ in 0..<2 { try link.report(.block, "a") }
    link.advance(.milliseconds(500))
    try link.report(.block, "a")
    link.now = .start
    #expect(try story(&link, for: .seconds(3)) == "0 Q(1;a), 1 Q(1;a)")
  }

  @Test(
    "Sources are split over packets that fit the link's MTU",
    arguments: [(Family.ipv4, UInt32(100), [16, 16, 3]), (.ipv6, 200, [7, 7, 7, 7, 7]), (.ipv4, 40, [])])
  func split(_ family: Family, _ mtu: UInt32, _ expected: [Int]) throws {
    var link = Link(family)
    link.take(link.membership.change(Link.eth0, to: Link.interface(1, mtu: mtu), at: link.now))
    link.advance(.seconds(200))
    let letters = String((0..<35).map { Character(UnicodeScalar(UInt8(65 + $0))) })
    try link.report(.allow, letters)
    link.clear()
    try link.report(.block, letters)
    let counts = try link.sent.map { try Link.query(in: $0).sources.count }
    #expect(counts == (expected.isEmpty ? Array(repeating: 1, count: 35) : expected))
    let header = family == .ipv4 ? 24 : 48
    if mtu > 60 { #expect(link.sent.allSatisfy { $0.payload.count + header <= Int(mtu) }) }
  }

  @Test("A leave of an older host is a leave, its report a join", arguments: Family.allCases)
  func olderLeave(_ family: Family) throws {
    var link = Link(family)
    try link.oldReport()
    #expect(try link.state() == "EX 270")
    link.clear()
    try link.oldLeave()
    #expect(try story(&link, for: .seconds(2)) == "0 Q(1), 1 Q(1)")
    #expect(try link.state() == "")
  }

  @Test("A leave of a group that nobody reported asks nothing", arguments: Family.allCases)
  func unknownLeave(_ family: Family) throws {
    var link = Link(family)
    try link.oldLeave()
    #expect(link.sent.isEmpty && link.changes.isEmpty)
    #expect(try link.counters().leaves == 1)
  }
}

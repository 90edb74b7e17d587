import Addressing
import Kernel
import Membership
import Testing
import Timing
import Wire

/// Leaves that need no query.
@Suite struct FastLeaveTests {
  private func hosts(_ link: Link) throws -> Int? {
    let row = try #require(link.membership.groupRow(at: GroupPlace(Link.eth0, link.group())))
    return row.isTracked ? row.hosts.count : nil
  }

  @Test("fast-leave on: a leave is final, whoever leaves", arguments: Family.allCases)
  func always(_ family: Family) throws {
    var link = Link(family) { $0.fastLeave = .on }
    try link.report(.isExclude, from: 10)
    try link.report(.isExclude, from: 11)
    link.clear()
    try link.report(.toInclude, from: 10)
    #expect(try link.state() == "")
    #expect(link.sent.isEmpty && link.changes.count == 1)
    try link.oldReport()
    try link.oldLeave()
    #expect(try link.state() == "")
    #expect(link.sent.isEmpty)
  }

  @Test(
    "fast-leave on: what would be asked about goes at once", arguments: Family.allCases,
    [
      (GroupRecord.Kind.block, "ad", "EX 200 a- b200 c- d-"), (.toInclude, "bc", "IN b270 c270"),
      (.toExclude, "bd", "EX 270 b- d-"), (.isExclude, "bd", "EX 270 b200 d270"),
    ])
  func exclude(_ family: Family, _ row: (GroupRecord.Kind, String, String)) throws {
    var link = Link(family) { $0.fastLeave = .on }
    try link.report(.isExclude, "c")
    try link.report(.allow, "ab")
    link.advance(.seconds(70))
    link.clear()
    try link.report(row.0, row.1)
    #expect(try link.state() == row.2)
    #expect(link.sent.isEmpty)
  }

  @Test(
    "fast-leave on, in INCLUDE", arguments: Family.allCases,
    [
      (GroupRecord.Kind.block, "a", "IN b200"), (.block, "ab", ""), (.toInclude, "bc", "IN b270 c270"),
      (.toExclude, "b", "EX 270 b-"),
    ])
  func include(_ family: Family, _ row: (GroupRecord.Kind, String, String)) throws {
    var link = Link(family) { $0.fastLeave = .on }
    try link.report(.allow, "ab")
    link.advance(.seconds(70))
    link.clear()
    try link.report(row.0, row.1)
    #expect(try link.state() == row.2)
    #expect(link.sent.isEmpty && link.changes.count == 1)
  }

  @Test("tracked: the last host's leave is final, another's is asked about", arguments: Family.allCases)
  func tracked(_ family: Family) throws {
    var link = Link(family) { $0.fastLeave = .tracked }
    try link.report(.isExclude, from: 10)
    try link.report(.toExclude, from: 11)
    try link.report(.isExclude, from: 11)
    #expect(try hosts(link) == 2)
    link.clear()
    try link.report(.toInclude, from: 10)
    #expect(try link.queries() == "Q(1)")
    #expect(try hosts(link) == 1)
    try link.report(.isExclude, from: 11)
    link.advance(.seconds(10))
    link.clear()
    try link.report(.toInclude, from: 11)
    #expect(try link.state() == "")
    #expect(link.sent.isEmpty && link.changes.count == 1)
    #expect(link.membership.trackedHostCount == 0)
  }

  @Test("tracked: a source goes with the last host that wants it", arguments: Family.allCases)
  func trackedSources(_ family: Family) throws {
    var link = Link(family) { $0.fastLeave = .tracked }
    try link.report(.allow, "ab", from: 10)
    try link.report(.allow, "bc", from: 11)
    link.clear()
    try link.report(.block, "ab", from: 10)
    #expect(try link.state() == "IN b2 c270")
    #expect(try link.queries() == "Q(1;b)")
    try link.report(.block, "bc", from: 11)
    #expect(try link.state() == "")
    #expect(link.sent.isEmpty)
  }

  @Test("tracked: a host in EXCLUDE wants every source that it does not name", arguments: Family.allCases)
  func trackedExclude(_ family: Family) throws {
    var link = Link(family) { $0.fastLeave = .tracked }
    try link.report(.allow, "ab", from: 10)
    try link.report(.isExclude, "a", from: 11)
    link.clear()
    try link.report(.block, "ab", from: 10)
    // b is wanted by host 11, a by nobody.
    #expect(try link.state() == "EX 270 a- b2")
    #expect(try link.queries() == "Q(1;b)")
    try link.report(.toInclude, "a", from: 11)
    #expect(try link.state() == "IN a270")
  }

  @Test(
    "tracked: a host of an older version holds its reports back, so hosts are asked",
    arguments: Family.allCases)
  func older(_ family: Family) throws {
    var link = Link(family) { $0.fastLeave = .tracked }
    try link.report(.isExclude, from: 10)
    try link.oldReport(from: 11)
    link.clear()
    try link.report(.toInclude, from: 10)
    #expect(try link.queries() == "Q(1)")
    #expect(try link.state() == "EX 2")
  }

  @Test("tracked: hosts without an address cannot be told apart")
  func nameless() throws {
    var link = Link { $0.fastLeave = .tracked }
    let record = GroupRecord(.isExclude, try link.group())
    var datagram = link.igmp(.reportV3([record]), from: 10, to: Address(ipv4: 0xe000_0016))
    datagram.source = .unspecified(.ipv4)
    link.receive(datagram)
    try link.report(.isExclude, from: 10)
    link.clear()
    try link.report(.toInclude, from: 10)
    #expect(try link.queries() == "Q(1)")
    #expect(try hosts(link) == nil)
  }

  @Test("tracked: a host that is silent for a membership interval does not count", arguments: Family.allCases)
  func silent(_ family: Family) throws {
    var link = Link(family) { $0.fastLeave = .tracked }
    try link.report(.isExclude, from: 10)
    link.advance(.seconds(200))
    try link.report(.isExclude, from: 11)
    link.advance(.seconds(70))
    link.clear()
    try link.report(.toInclude, from: 11)
    #expect(try link.state() == "")
  }

  @Test("tracked: nothing is final before the hosts could answer the first query", arguments: Family.allCases)
  func start(_ family: Family) throws {
    var link = Link(family, fresh: true) { $0.fastLeave = .tracked }
    try link.report(.isExclude)
    link.advance(.milliseconds(500))
    link.clear()
    try link.report(.toInclude)
    #expect(try link.queries() == "Q(1)")
    try link.report(.isExclude)
    link.advance(.milliseconds(1))
    try link.report(.toInclude)
    #expect(try link.state() == "")
  }

  @Test("tracked: groups from before it was configured are asked about")
  func configured() throws {
    var link = Link()
    try link.report(.isExclude)
    link.configure { $0.fastLeave = .tracked }
    link.clear()
    try link.report(.toInclude)
    #expect(try link.queries() == "Q(1)")
  }

  @Test("tracked: a BLOCK of a host that was not heard of leaves the group to be asked about")
  func unknownHost() throws {
    var link = Link { $0.fastLeave = .tracked }
    try link.report(.isExclude, from: 10)
    try link.report(.block, "a", from: 11)
    #expect(try hosts(link) == 2)
    link.clear()
    try link.report(.toInclude, from: 10)
    #expect(try link.queries() == "Q(1)")
  }

  @Test("tracked: a list that comes in two records counts whole", arguments: Family.allCases)
  func twoRecords(_ family: Family) throws {
    var link = Link(family) { $0.fastLeave = .tracked }
    try link.report(.isInclude, "ab", from: 10)
    try link.report(.isInclude, "cd", from: 10)
    try link.report(.isInclude, "abcd", from: 11)
    link.clear()
    try link.report(.block, "abcd", from: 11)
    #expect(try link.queries() == "Q(1;a b c d)")
  }

  @Test("Beside another querier nothing is final", arguments: Family.allCases)
  func elsewhere(_ family: Family) throws {
    var link = Link(family) { $0.fastLeave = .on }
    link.take(link.membership.change(Link.eth0, to: Link.interface(1, address: 5), at: link.now))
    link.query(GroupQuery(), from: 3)
    try link.report(.isExclude)
    try link.report(.toInclude)
    #expect(try link.state() == "EX 270")
  }
}

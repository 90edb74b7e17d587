import Addressing
import Kernel
import Membership
import Testing
import Timing
import Wire

/// What happens at each limit, and one beyond.
@Suite struct LimitTests {
  @Test("Groups of an interface: more are refused, those there are refreshed", arguments: Family.allCases)
  func groups(_ family: Family) throws {
    var link = Link(family) { $0.maximumGroups = 2 }
    for number in 1...3 { try link.report(.isExclude, group: number, from: 10 + number) }
    #expect(try link.state(2) == "EX 270" && link.state(3) == "")
    #expect(try link.counters()[.groupLimit] == 1)
    #expect(link.events == [.limit(Link.eth0, family, .groupLimit, from: link.host(13))])
    link.advance(.seconds(30))
    try link.report(.isExclude, group: 2)
    try link.report(.isExclude, group: 3)
    #expect(try link.state(2) == "EX 270" && link.state(3) == "")
    // Told once a minute, counted always.
    #expect(link.events.count == 1)
    #expect(try link.counters()[.groupLimit] == 2)
    link.advance(.seconds(240))
    #expect(try link.state(1) == "")
    try link.report(.isExclude, group: 3)
    #expect(try link.state(3) == "EX 270")
  }

  @Test("Groups in all")
  func allGroups() throws {
    var limits = Limits()
    limits.groups = 2
    var link = Link(limits: limits)
    link.take(link.membership.change(Link.eth1, to: Link.interface(2), at: link.now))
    link.take(link.membership.configure(QuerierSettings(), on: Link.eth1, at: link.now))
    try link.report(.isExclude, group: 1)
    try link.report(.isExclude, group: 1, on: Link.eth1)
    try link.report(.isExclude, group: 2, on: Link.eth1)
    #expect(link.membership.groupCount == 2)
    #expect(try link.counters(Link.eth1)[.groupLimit] == 1 && link.counters()[.groupLimit] == 0)
  }

  @Test("Sources of a group: those there stay, new ones are left out", arguments: Family.allCases)
  func sources(_ family: Family) throws {
    var link = Link(family) { $0.maximumSources = 3 }
    try link.report(.allow, "bd")
    try link.report(.allow, "abcde")
    #expect(try link.state() == "IN a270 b270 d270")
    #expect(try link.counters()[.sourceLimit] == 2)
    #expect(link.events == [.limit(Link.eth0, family, .sourceLimit, from: link.host(10))])
    // A blocked source that has no room is not blocked: more traffic, not less.
    try link.report(.isExclude, "abcde")
    #expect(try link.state() == "EX 270 a270 b270 d270")
    #expect(try link.listens("c"))
    // A list that takes the place of the old one needs no room beside it.
    try link.report(.isExclude, "xyz")
    #expect(try link.state() == "EX 270 x270 y270 z270")
  }

  @Test("A group whose only source has no room is not there")
  func noRoom() throws {
    var limits = Limits()
    limits.groupSources = 1
    var link = Link(limits: limits)
    try link.report(.allow, "a", group: 1)
    try link.report(.allow, "a", group: 2)
    #expect(link.membership.groupCount == 1 && link.membership.sourceCount == 1)
    #expect(try link.counters()[.sourceLimit] == 1)
    #expect(link.membership.querierRow(Link.eth0, .ipv4)?.groupCount == 1)
    link.advance(.seconds(270))
    try link.report(.allow, "a", group: 2)
    #expect(link.membership.sourceCount == 1)
  }

  @Test("source-overflow asm: a group with too many sources wants all", arguments: Family.allCases)
  func overflow(_ family: Family) throws {
    var link = Link(family) {
      $0.maximumSources = 3
      $0.sourceOverflow = .asm
    }
    try link.report(.allow, "abc")
    #expect(try link.state() == "IN a270 b270 c270")
    try link.report(.allow, "d")
    #expect(try link.state() == "EX 270")
    #expect(try link.counters()[.sourceLimit] == 0)
    try link.report(.isExclude, "abc")
    #expect(try link.state() == "EX 270 a270 b270 c270")
    try link.report(.toInclude, "abcd")
    #expect(try link.state() == "EX 270")
  }

  @Test("Hosts of a group: one more ends its tracking, and leaves are asked about")
  func hosts() throws {
    var limits = Limits()
    limits.reporters = 2
    var link = Link(limits: limits) { $0.fastLeave = .tracked }
    for host in 10...11 { try link.report(.isExclude, from: host) }
    #expect(link.membership.trackedHostCount == 2 && link.membership.mostTrackedHosts == 2)
    try link.report(.isExclude, from: 12)
    #expect(link.membership.trackedHostCount == 0 && link.membership.mostTrackedHosts == 0)
    #expect(try link.counters()[.groupHostLimit] == 1 && link.counters()[.hostLimit] == 0)
    for host in 10...12 { try link.report(.toInclude, from: host) }
    #expect(try link.state() == "EX 2")
    // Another group has its own; it tracks.
    try link.report(.isExclude, group: 2, from: 10)
    #expect(link.membership.trackedHostCount == 1)
  }

  @Test("A silent host makes room for another")
  func silentHost() throws {
    var limits = Limits()
    limits.reporters = 2
    var link = Link(limits: limits) { $0.fastLeave = .tracked }
    try link.report(.isExclude, from: 10)
    link.advance(.seconds(200))
    try link.report(.isExclude, from: 11)
    link.advance(.seconds(70))
    try link.report(.isExclude, from: 12)
    #expect(link.membership.trackedHostCount == 2)
    #expect(try link.counters()[.hostLimit] == 0)
  }

  @Test("Hosts in all")
  func allHosts() throws {
    var limits = Limits()
    limits.allReporters = 1
    var link = Link(limits: limits) { $0.fastLeave = .tracked }
    try link.report(.isExclude, group: 1, from: 10)
    try link.report(.isExclude, group: 2, from: 10)
    #expect(link.membership.trackedHostCount == 1)
    #expect(try link.counters()[.hostLimit] == 1)
  }

  @Test("report-rate: two seconds' worth at once, then so many a second; each record counts")
  func rate() throws {
    var link = Link { $0.reportRate = 10 }
    for number in 1...25 { try link.report(.isExclude, group: number) }
    #expect(link.membership.groupCount == 20)
    #expect(try link.counters()[.reportRate] == 5)
    link.advance(.milliseconds(500))
    for number in 21...30 { try link.report(.isExclude, group: number) }
    #expect(link.membership.groupCount == 25)
    link.advance(.seconds(60))
    // A long report passes while something is left, and is paid back.
    let records = try (31...80).map { GroupRecord(.isExclude, try link.group($0)) }
    try link.report(records)
    #expect(link.membership.groupCount == 75)
    link.advance(.milliseconds(3000))
    try link.report(.isExclude, group: 90)
    #expect(try link.state(90) == "")
    link.advance(.milliseconds(200))
    try link.report(.isExclude, group: 90)
    #expect(try link.state(90) == "EX 270")
  }

  @Test("A flood of reports leaves the querier at work")
  func flood() throws {
    var link = Link { $0.reportRate = 1 }
    for _ in 0..<100 { try link.report(.isExclude) }
    link.query(GroupQuery(), from: 9)
    #expect(try link.counters().queriesHeard == 1)
    link.advance(.seconds(125))
    #expect(link.sent.count == 2)
  }

  @Test("Twenty queries a second are heard")
  func queryRate() throws {
    var link = Link()
    for _ in 0..<30 { link.query(GroupQuery(), from: 9) }
    #expect(try link.counters().queriesHeard == 20 && link.counters()[.queryRate] == 10)
    link.advance(.seconds(1))
    link.query(GroupQuery(), from: 9)
    #expect(try link.counters().queriesHeard == 21)
  }

  @Test("Thousands of groups that end together end in several turns")
  func turns() throws {
    var link = Link {
      $0.maximumGroups = 5000
      $0.reportRate = 100_000
    }
    let records = try (0..<3000).map { number in
      GroupRecord(
        .isExclude, try #require(Group(Address(ipv4: 0xef02_0000 + UInt32(number)))))
    }
    try link.report(records)
    #expect(link.membership.groupCount == 3000)
    link.advance(.seconds(269))
    link.now = link.now + .seconds(1)
    let first = link.membership.expire(at: link.now)
    #expect(first.changes.count == 1024)
    #expect(link.membership.nextDeadline.map { $0 <= link.now } ?? false)
    link.advance(.zero)
    #expect(link.membership.groupCount == 0)
  }
}

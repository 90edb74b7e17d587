import Addressing
import Kernel
import Membership
import Testing
import Timing
import Wire

/// Who asks, and when.
@Suite struct ElectionTests {
  /// A link whose own address is number 5, so that others can be lower and higher.
  private func link(_ family: Family, _ adjust: (inout QuerierSettings) -> Void = { _ in }) -> Link {
    var link = Link(family, adjust)
    link.take(link.membership.change(Link.eth0, to: Link.interface(1, address: 5), at: link.now))
    link.advance(.seconds(1000))
    link.clear()
    return link
  }

  private func row(_ link: Link) throws -> QuerierRow {
    try #require(link.membership.querierRow(Link.eth0, link.family))
  }

  /// Seconds at which general queries went out.
  private func generalQueries(_ link: inout Link, for duration: Duration) throws -> [String] {
    let start = link.now
    let end = link.now + duration
    var times: [String] = []
    while true {
      for datagram in link.sent where try Link.query(in: datagram).group == nil {
        times.append(Link.seconds(link.now - start))
      }
      link.sent = link.sent.filter { $0.source.family != link.family }
      guard let next = link.membership.nextDeadline, next <= end else { break }
      link.advance(to: next)
      link.sent = link.sent.filter { $0.source.family == link.family }
    }
    link.advance(to: end)
    return times
  }

  @Test("The start: at once, a quarter interval later, then every interval", arguments: Family.allCases)
  func start(_ family: Family) throws {
    var link = Link(family, fresh: true)
    link.sent = link.sent.filter { $0.source.family == family }
    let first = try #require(link.sent.first)
    #expect(first.destination == (family == .ipv4 ? Address("224.0.0.1") : Address("ff02::1")))
    #expect(try Link.query(in: first).maximumResponse == .milliseconds(500))
    #expect(try generalQueries(&link, for: .seconds(300)) == ["0", "31.25", "156.25", "281.25"])
    #expect(try row(link).isSelf)
  }

  @Test("Only the first query asks for answers soon", arguments: Family.allCases)
  func startupResponse(_ family: Family) throws {
    var link = Link(family, fresh: true)
    link.clear()
    link.advance(.seconds(400))
    let own = link.sent.filter { $0.source.family == family }
    #expect(own.count == 3)
    for datagram in own {
      let query = try Link.query(in: datagram)
      #expect(query.maximumResponse == .seconds(10))
      #expect(query.interval == .seconds(125))
      #expect(query.robustness == 2)
      #expect(!query.suppressesTimers && query.sources.isEmpty)
    }
  }

  @Test("A query, as bytes")
  func bytes() throws {
    var link = Link()
    link.advance(.seconds(125))
    let sent = try #require(link.sent.first { $0.source.family == .ipv4 })
    // Type 11, 10 s as 64, checksum, no group; robustness 2, 125 s as 7d, no sources.
    #expect(sent.payload == [0x11, 0x64, 0xec, 0x1e, 0, 0, 0, 0, 2, 0x7d, 0, 0])
    let sent6 = try #require(link.sent.first { $0.source.family == .ipv6 })
    #expect(
      sent6.payload == [0x82, 0, 0x56, 0x96, 0x27, 0x10] + Array(repeating: 0, count: 18) + [2, 0x7d, 0, 0])
    #expect(sent6.source == Address("fe80::1"))
  }

  @Test("A lower address asks: it is the querier, for as long as it does", arguments: Family.allCases)
  func lower(_ family: Family) throws {
    var link = link(family)
    link.query(GroupQuery(robustness: 2, interval: .seconds(125)), from: 3)
    #expect(try !row(link).isSelf)
    #expect(try row(link).address == link.host(3))
    #expect(link.events == [.querier(Link.eth0, family, link.host(3))])
    // 2 x 125 + 10 / 2.
    #expect(try row(link).expiry == link.now + .seconds(255))
    #expect(try generalQueries(&link, for: .seconds(254)).isEmpty)
    link.query(GroupQuery(robustness: 2, interval: .seconds(125)), from: 3)
    #expect(try generalQueries(&link, for: .milliseconds(254_999)).isEmpty)
    link.events = []
    // Silent for too long: we ask at once, and then every interval, without the burst of a start.
    #expect(try generalQueries(&link, for: .seconds(300)) == ["0.001", "125.001", "250.001"])
    #expect(link.events == [.querier(Link.eth0, family, nil)])
    #expect(try row(link).isSelf)
  }

  @Test("After a standstill hosts are asked before they count as silent", arguments: Family.allCases)
  func standstill(_ family: Family) throws {
    var link = Link(family)
    for group in 1...3 { try link.report(.isExclude, group: group) }
    try link.report(.isInclude, "a", group: 4)
    try link.report(.toInclude, group: 3)
    link.clear()
    link.now = link.now + .seconds(400)
    link.take(link.membership.expire(at: link.now))
    let asked = try link.sent.filter { try $0.source.family == family && Link.query(in: $0).group == nil }
    #expect(asked.count == 1)
    #expect(try link.state(1) == "EX 10")
    #expect(try link.state(4) == "IN a10")
    #expect(try link.state(3) == "", "it had left")
    try link.report(.isExclude, group: 1)
    link.advance(.seconds(10))
    #expect(try link.state(1) == "EX 260")
    #expect(try link.state(2) == "")
    #expect(try link.state(4) == "")
  }

  @Test("Where a querier's silence is waited for longer than memberships last, its end costs none")
  func longTimeout() throws {
    var link = link(.ipv4) { $0.routerTimeout = .seconds(265) }
    link.query(GroupQuery(robustness: 2, interval: .seconds(125)), from: 3)
    try link.report(.isExclude)
    link.advance(.seconds(265))
    #expect(try row(link).isSelf)
    #expect(try link.state() == "EX 10")
  }

  @Test("A higher address asks: nothing changes", arguments: Family.allCases)
  func higher(_ family: Family) throws {
    var link = link(family)
    let next = link.membership.nextDeadline
    link.query(GroupQuery(), from: 9)
    #expect(try row(link).isSelf)
    #expect(link.membership.nextDeadline == next)
    #expect(link.events.isEmpty)
  }

  @Test("A still lower one replaces the querier; one in between does not", arguments: Family.allCases)
  func replaced(_ family: Family) throws {
    var link = link(family)
    link.query(GroupQuery(), from: 3)
    link.advance(.seconds(100))
    link.query(GroupQuery(), from: 4)
    #expect(try row(link).address == link.host(3))
    #expect(try row(link).expiry == link.now + .seconds(155))
    link.query(GroupQuery(), from: 2)
    #expect(try row(link).address == link.host(2))
    #expect(try row(link).expiry == link.now + .seconds(255))
  }

  @Test("A query for a group elects nobody", arguments: Family.allCases)
  func groupQuery(_ family: Family) throws {
    var link = link(family)
    link.query(GroupQuery(group: try link.group()), from: 3)
    #expect(try row(link).isSelf)
  }

  @Test(
    "The querier's robustness and interval are adopted, and given back with its end",
    arguments: Family.allCases)
  func adoption(_ family: Family) throws {
    var link = link(family)
    link.query(GroupQuery(robustness: 3, interval: .seconds(20)), from: 3)
    #expect(try row(link).robustness == 3)
    #expect(try row(link).queryInterval == .seconds(20))
    #expect(try row(link).expiry == link.now + .seconds(65))
    try link.report(.isExclude)
    // 3 x 20 + 2 x 10.
    #expect(try link.state() == "EX 80")
    // It tells none, as an older querier: our own count.
    link.query(GroupQuery(version: .groups), from: 3)
    #expect(try row(link).robustness == 2)
    #expect(try row(link).expiry == link.now + .seconds(255))
    link.query(GroupQuery(robustness: 7, interval: .seconds(1000)), from: 3)
    link.advance(.seconds(7005))
    #expect(try row(link).isSelf)
    #expect(try row(link).robustness == 2 && row(link).queryInterval == .seconds(125))
  }

  @Test("What is told by a router that is not the querier is not adopted", arguments: Family.allCases)
  func notAdopted(_ family: Family) throws {
    var link = link(family)
    link.query(GroupQuery(), from: 3)
    link.query(GroupQuery(robustness: 7, interval: .seconds(1)), from: 4)
    #expect(try row(link).robustness == 2 && row(link).queryInterval == .seconds(125))
  }

  @Test("Beside another querier a leave is its business", arguments: Family.allCases)
  func leaveElsewhere(_ family: Family) throws {
    var link = link(family)
    link.query(GroupQuery(), from: 3)
    try link.report(.isExclude, "b")
    try link.report(.toInclude, "a")
    #expect(try link.state() == "EX 270 a270 b-")
    try link.report(.block, "a")
    try link.oldLeave()
    #expect(try link.state() == "EX 270 a270 b-")
    #expect(link.sent.isEmpty)
  }

  @Test(
    "Its group queries lower our timers, never raise them, and not with the S bit", arguments: Family.allCases
  )
  func lowering(_ family: Family) throws {
    var link = link(family)
    link.query(GroupQuery(), from: 3)
    try link.report(.isExclude, "b")
    try link.report(.allow, "a")
    let group = try link.group()
    let fast = GroupQuery(group: group, maximumResponse: .seconds(2), suppressesTimers: true, robustness: 3)
    link.query(fast, from: 3)
    #expect(try link.state() == "EX 270 a270 b-")
    var asking = fast
    asking.suppressesTimers = false
    link.query(asking, from: 3)
    #expect(try link.state() == "EX 6 a270 b-")
    asking.maximumResponse = .seconds(3)
    asking.sources = [link.source("a"), link.source("b"), link.source("c")]
    link.query(asking, from: 4)
    #expect(try link.state() == "EX 6 a9 b-")
    asking.maximumResponse = .seconds(10)
    link.query(asking, from: 3)
    #expect(try link.state() == "EX 6 a9 b-")
    link.advance(.seconds(6))
    #expect(try link.state() == "IN a3")
    // Ours is the count where none is told; a time of zero counts as a tenth of a second.
    try link.report(.isExclude)
    link.query(GroupQuery(version: .groups, group: group, maximumResponse: .zero), from: 3)
    #expect(try link.state() == "EX 0.2")
  }

  @Test("The querier itself does not listen to others' group queries", arguments: Family.allCases)
  func querierKeeps(_ family: Family) throws {
    var link = link(family)
    try link.report(.isExclude)
    link.query(GroupQuery(group: try link.group(), maximumResponse: .seconds(1), robustness: 2), from: 3)
    #expect(try link.state() == "EX 270")
  }

  @Test("Losing the election does not stop the queries for a group that leaves", arguments: Family.allCases)
  func outstanding(_ family: Family) throws {
    var link = link(family)
    try link.report(.isExclude)
    link.clear()
    try link.report(.toInclude)
    link.query(GroupQuery(), from: 3)
    link.advance(.seconds(1))
    #expect(link.sent.count == 2)
    link.advance(.seconds(1))
    #expect(try link.state() == "")
  }

  @Test("router-timeout holds instead of the computed time")
  func routerTimeout() throws {
    var link = link(.ipv4) { $0.routerTimeout = .seconds(40) }
    link.query(GroupQuery(robustness: 2, interval: .seconds(125)), from: 3)
    #expect(try row(link).expiry == link.now + .seconds(40))
  }

  // MARK: Links

  @Test("Another address stands for election anew, and the groups stay", arguments: Family.allCases)
  func newAddress(_ family: Family) throws {
    var link = link(family)
    try link.report(.isExclude)
    link.query(GroupQuery(), from: 3)
    link.clear()
    link.take(link.membership.change(Link.eth0, to: Link.interface(1, address: 2), at: link.now))
    #expect(try row(link).isSelf)
    #expect(try row(link).address == link.host(2))
    #expect(link.sent.count == 2)
    #expect(try link.state() == "EX 270")
    #expect(link.changes.isEmpty)
  }

  @Test("A link that only tells its MTU anew goes on as it is")
  func sameAddress() throws {
    var link = link(.ipv4)
    let next = link.membership.nextDeadline
    link.take(link.membership.change(Link.eth0, to: Link.interface(1, address: 5, mtu: 9000), at: link.now))
    #expect(link.sent.isEmpty && link.membership.nextDeadline == next)
  }

  @Test("A link that goes down takes its groups with it", arguments: Family.allCases)
  func down(_ family: Family) throws {
    var link = link(family)
    try link.report(.isExclude, group: 2)
    try link.report(.allow, "a", group: 1)
    link.clear()
    link.take(link.membership.change(Link.eth0, to: Link.interface(1, flags: [.multicast]), at: link.now))
    #expect(
      link.changes == [GroupPlace(Link.eth0, try link.group(1)), GroupPlace(Link.eth0, try link.group(2))])
    #expect(link.membership.groupCount == 0 && link.membership.sourceCount == 0)
    #expect(link.membership.nextDeadline == nil)
    #expect(link.membership.querierRow(Link.eth0, family) == nil)
    try link.report(.isExclude)
    #expect(link.membership.groupCount == 0)
    link.take(link.membership.change(Link.eth0, to: Link.interface(1), at: link.now))
    #expect(link.sent.count == 2)
    link.take(link.membership.change(Link.eth0, to: nil, at: link.now))
    #expect(link.membership.nextDeadline == nil)
  }

  @Test("A carrier that comes back brings the queries of a start, and the groups stay")
  func carrier() throws {
    var link = link(.ipv4)
    try link.report(.isExclude)
    link.clear()
    link.take(
      link.membership.change(
        Link.eth0, to: Link.interface(1, address: 5, flags: [.up, .multicast]), at: link.now))
    #expect(try link.state() == "EX 270")
    link.take(link.membership.change(Link.eth0, to: Link.interface(1, address: 5), at: link.now))
    #expect(link.sent.count == 2)
    #expect(link.changes.isEmpty)
  }

  @Test("A family without an address asks nothing")
  func noAddress() throws {
    var link = link(.ipv4)
    var bare = Link.interface(1, address: 5)
    bare.addresses.removeAll { $0.address.family == .ipv4 || $0.address.isLinkLocalUnicast }
    link.take(link.membership.change(Link.eth0, to: bare, at: link.now))
    #expect(link.membership.nextDeadline == nil)
    bare.addresses.append(InterfaceAddress(link.host(7), length: 24))
    link.take(link.membership.change(Link.eth0, to: bare, at: link.now))
    #expect(link.sent.map(\.source) == [link.host(7)])
  }

  // MARK: Settings

  @Test("A shorter interval holds from the next query on")
  func shorter() throws {
    var link = link(.ipv4)
    let start = link.now
    link.configure { $0.queryInterval = .seconds(10) }
    link.sent = []
    link.advance(.seconds(30))
    #expect(link.sent.count { $0.source.family == .ipv4 } == 3)
    #expect(link.now == start + .seconds(30))
  }

  @Test("Settings beyond their range are read as the nearest inside it")
  func ranges() throws {
    var link = link(.ipv4) {
      $0.queryInterval = .zero
      $0.responseInterval = .seconds(100_000)
      $0.robustness = 0
      $0.lastMemberInterval = .seconds(-1)
      $0.reportRate = -1
      $0.maximumSources = 1
    }
    #expect(try row(link).queryInterval == .seconds(1) && row(link).robustness == 2)
    try link.report(.isExclude)
    // 2 x 1 + 2 x 0.9.
    #expect(try link.state() == "EX 3.8")
    link.configure {
      $0.queryInterval = .seconds(1_000_000)
      $0.robustness = 200
    }
    #expect(try row(link).queryInterval == .seconds(31_744) && row(link).robustness == 10)
  }

  @Test("An interval without a code of its own is the next lower one, for hosts and for us")
  func codes() throws {
    let link = link(.ipv4) { $0.queryInterval = .seconds(250) }
    #expect(try row(link).queryInterval == .seconds(248))
  }

  @Test("The membership interval of RFC 3376, where it is asked for")
  func formerInterval() throws {
    var link = link(.ipv4) { $0.membershipResponses = 1 }
    try link.report(.isExclude)
    #expect(try link.state() == "EX 260")
  }

  @Test("querier off: groups go, nothing is heard; on: it starts again")
  func off() throws {
    var link = link(.ipv4)
    try link.report(.isExclude)
    link.clear()
    link.configure { $0.isOn = false }
    #expect(link.changes.count == 1 && link.membership.nextDeadline == nil)
    try link.report(.isExclude)
    #expect(link.membership.groupCount == 0)
    link.configure { $0.isOn = true }
    #expect(link.sent.count == 2)
    link.clear()
    link.take(link.membership.configure(nil, on: Link.eth0, at: link.now))
    #expect(link.membership.nextDeadline == nil && link.sent.isEmpty)
  }
}

import Addressing
import Kernel
import Membership
import Testing
import Timing
import Wire

/// Hosts and queriers of older versions.
@Suite struct OlderVersionTests {
  private func version(_ link: Link) throws -> UInt8 {
    try #require(link.membership.groupRow(at: GroupPlace(Link.eth0, link.group()))).version
  }

  private func version1Report(_ link: inout Link) throws {
    let group = try link.group()
    link.receive(link.igmp(.reportV1(group), from: 12, to: group.address))
  }

  @Test("The oldest host of a group sets its version for 2 x 125 + 10 seconds")
  func modes() throws {
    var link = Link()
    try link.report(.isExclude)
    #expect(try version(link) == 3)
    try link.oldReport()
    #expect(try version(link) == 2)
    link.advance(.seconds(100))
    try version1Report(&link)
    #expect(try version(link) == 1)
    // Version 2 would end at 260; version 1 holds to 360.
    link.advance(.milliseconds(259_999))
    #expect(try version(link) == 1)
    try link.report(.isExclude)
    link.advance(.milliseconds(1))
    #expect(try version(link) == 3)
  }

  @Test("Behind a version 1 host comes what version 2 hosts are left")
  func stepByStep() throws {
    var link = Link()
    try version1Report(&link)
    link.advance(.seconds(100))
    try link.oldReport()
    link.advance(.seconds(160))
    #expect(try version(link) == 2)
    try link.report(.isExclude)
    link.advance(.seconds(100))
    #expect(try version(link) == 3)
  }

  @Test("MLD: a version 1 host for as long")
  func mld() throws {
    var link = Link(.ipv6)
    try link.oldReport()
    #expect(try version(link) == 1)
    link.advance(.milliseconds(259_999))
    try link.report(.isExclude)
    #expect(try version(link) == 1)
    link.advance(.milliseconds(1))
    #expect(try version(link) == 2)
  }

  @Test(
    "Records for EXCLUDE({a,b},{}) beside a host of IGMPv2 or MLDv1", arguments: Family.allCases,
    [
      (GroupRecord.Kind.block, "ac", "EX 200 a200 b200", ""),
      (.toExclude, "ac", "EX 270", ""),
      (.toInclude, "b", "EX 2 a2 b270", "Q(1) Q(1;a)"),
      (.isExclude, "ac", "EX 270 a200 c270", ""),
      (.allow, "b", "EX 200 a200 b270", ""),
      (.isInclude, "b", "EX 200 a200 b270", ""),
    ])
  func besideVersion2(_ family: Family, _ row: (GroupRecord.Kind, String, String, String)) throws {
    var link = Link(family)
    try link.oldReport()
    try link.report(.allow, "ab")
    link.advance(.seconds(70))
    link.clear()
    try link.report(row.0, row.1)
    #expect(try link.state() == row.2)
    #expect(try link.queries() == row.3)
  }

  @Test(
    "Records for EXCLUDE({a,b},{}) beside a host of IGMPv1",
    arguments: [
      (GroupRecord.Kind.block, "ac", "EX 200 a200 b200"), (.toExclude, "ac", "EX 270"),
      (.toInclude, "b", "EX 200 a200 b200"), (.toInclude, "", "EX 200 a200 b200"),
      (.isExclude, "ac", "EX 270 a200 c270"), (.allow, "b", "EX 200 a200 b270"),
      (.isInclude, "b", "EX 200 a200 b270"),
    ])
  func besideVersion1(_ row: (GroupRecord.Kind, String, String)) throws {
    var link = Link()
    try version1Report(&link)
    try link.report(.allow, "ab")
    link.advance(.seconds(70))
    link.clear()
    try link.report(row.0, row.1)
    #expect(try link.state() == row.2)
    #expect(link.sent.isEmpty)
    try link.oldLeave()
    #expect(try link.state() == row.2)
  }

  // MARK: Our version

  @Test(
    "Queries are of the configured version, whatever the hosts are",
    arguments: [
      (Family.ipv4, UInt8(1), [0x11, 0, 0xee, 0xff, 0, 0, 0, 0]),
      (.ipv4, 2, [0x11, 0x64, 0xee, 0x9b, 0, 0, 0, 0]),
      (.ipv6, 1, [0x82, 0, 0x59, 0x17, 0x27, 0x10] + Array(repeating: UInt8(0), count: 18)),
    ])
  func configured(_ family: Family, _ version: UInt8, _ bytes: [UInt8]) throws {
    var link = Link(family) {
      $0.igmpVersion = version
      $0.mldVersion = version
    }
    link.advance(.seconds(125))
    let query = try #require(link.sent.first { $0.source.family == family })
    #expect(query.payload == bytes)
    #expect(query.routerAlert == (version != 1 || family == .ipv6))
  }

  @Test("A version 2 querier asks for groups alone and lowers no source", arguments: Family.allCases)
  func withoutSources(_ family: Family) throws {
    var link = Link(family) {
      $0.igmpVersion = 2
      $0.mldVersion = 1
    }
    try link.report(.isExclude)
    try link.report(.allow, "a")
    link.clear()
    try link.report(.toInclude)
    #expect(try link.state() == "EX 2 a270")
    #expect(try link.queries() == "Q(1)")
    let group = try link.group()
    if family == .ipv4 {
      link.advance(.seconds(1))
      // 1 s as ten tenths.
      #expect(
        link.sent.map(\.payload) == [
          IGMPMessage.query(
            GroupQuery(version: .groups, group: group, maximumResponse: .seconds(1))
          ).encoded()
        ])
      #expect(link.sent.first?.payload[1] == 10)
    }
  }

  @Test("A version 1 querier asks for no group: leaves are ignored")
  func withoutLeaves() throws {
    var link = Link { $0.igmpVersion = 1 }
    try link.report(.isExclude)
    link.clear()
    try link.oldLeave()
    try link.report(.toInclude)
    #expect(try link.state() == "EX 270")
    #expect(link.sent.isEmpty)
  }

  @Test("IGMPv2 carries 25.5 s at most, and hosts and we agree on that")
  func linear() throws {
    var link = Link {
      $0.igmpVersion = 2
      $0.responseInterval = .seconds(60)
    }
    try link.report(.isExclude)
    #expect(try link.state() == "EX 301")
    link.advance(.seconds(125))
    #expect(link.sent.first { $0.source.family == .ipv4 }?.payload[1] == 255)
  }

  @Test("Another querier's version is told once a minute and changes nothing", arguments: Family.allCases)
  func foreign(_ family: Family) throws {
    var link = Link(family)
    for _ in 0..<3 { link.query(GroupQuery(version: .groups), from: 9) }
    #expect(link.events == [.version(Link.eth0, family, from: link.host(9))])
    link.advance(.seconds(60))
    link.query(GroupQuery(version: .groups), from: 9)
    #expect(link.events.count == 2)
    link.sent = []
    link.advance(.seconds(125))
    let query = try #require(link.sent.first { $0.source.family == family })
    #expect(try Link.query(in: query).version == .sources)
  }

  // MARK: Source-specific groups

  @Test(
    "In 232/8 and ff3x::/32 only what names sources is heard",
    arguments: [("232.1.1.1", true), ("233.1.1.1", false), ("231.255.255.255", false)]
      + [
        ("ff3e::8000:1", true), ("ff35::1", true), ("ff3e:0:1::1", true), ("ff3e:1::1", false),
        ("ff2e::1", false),
      ])
  func sourceSpecific(_ text: String, _ isSpecific: Bool) throws {
    let group = try #require(Address(text).flatMap { Group($0) })
    var link = Link(group.family)
    let place = GroupPlace(Link.eth0, group)
    try link.report([
      GroupRecord(.isExclude, group), GroupRecord(.toExclude, group, sources: [link.source("x")]),
    ])
    #expect((link.membership.groupRow(at: place) == nil) == isSpecific)
    link.receive(
      group.family == .ipv4
        ? link.igmp(.reportV2(group), from: 10, to: group.address)
        : link.mld(.reportV1(group), from: 10, to: group.address))
    #expect((link.membership.groupRow(at: place) == nil) == isSpecific)
    #expect(try link.counters()[.sourceSpecificGroup] == (isSpecific ? 3 : 0))
    guard isSpecific else { return }
    try link.report([GroupRecord(.allow, group, sources: [link.source("a"), link.source("b")])])
    let row = try #require(link.membership.groupRow(at: place))
    #expect(!row.excludes && row.sources.count == 2)
    #expect(row.version == (group.family == .ipv4 ? 3 : 2))
    link.clear()
    try link.report([GroupRecord(.toInclude, group)])
    link.advance(.seconds(2))
    #expect(link.membership.groupRow(at: place) == nil)
    #expect(link.sent.count == 2)
  }

  @Test("ssm-map gives sources to hosts that can name none", arguments: Family.allCases)
  func sourceMap(_ family: Family) throws {
    let group = try Link(family).group()
    var link = Link(family) {
      $0.sourceMap = ["b", "a"].map {
        SourceMapping(Prefix(group.address), source: Link.source($0, family))
      }
    }
    try link.oldReport()
    try link.oldReport(group: 2)
    #expect(try link.state() == "IN a270 b270")
    #expect(try link.state(2) == "EX 270")
    #expect(try version(link) == (family == .ipv4 ? 3 : 2))
    link.clear()
    try link.oldLeave()
    #expect(try link.queries() == "Q(1;a b)")
    link.advance(.seconds(2))
    #expect(try link.state() == "")
  }
}

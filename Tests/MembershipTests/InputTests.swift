import Addressing
import Kernel
import Membership
import Testing
import Timing
import Wire

/// What is not heard, and under which reason it is counted.
@Suite struct InputTests {
  /// A packet that is right but for one thing, as bytes.
  struct Broken: Sendable, CustomTestStringConvertible {
    var name: String
    var refusal: MembershipRefusal?
    var source = "10.0.0.10"
    var destination = "239.1.1.1"
    var hops: UInt8 = 1
    var routerAlert = true
    /// Without checksum, which is put in.
    var bytes: [UInt8]
    var hasChecksum = true

    var testDescription: String { name }

    func datagram() throws -> Datagram {
      let source = try #require(Address(source))
      let destination = try #require(Address(destination))
      var bytes = bytes
      if bytes.count >= 4, hasChecksum {
        var sum =
          source.family == .ipv4
          ? Checksum()
          : Checksum(from: source, to: destination, protocolNumber: 58, length: bytes.count)
        sum.add(bytes.span)
        bytes[2] = UInt8(sum.value >> 8)
        bytes[3] = UInt8(sum.value & 0xff)
      }
      return Datagram(
        link: 1, source: source, destination: destination, hops: hops, routerAlert: routerAlert,
        payload: bytes)
    }
  }

  static let report2: [UInt8] = [0x16, 0, 0, 0, 239, 1, 1, 1]
  static let leave: [UInt8] = [0x17, 0, 0, 0, 239, 1, 1, 1]
  /// One record: IS_EX, no auxiliary words, no sources.
  static let report3: [UInt8] = [0x22, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 239, 1, 1, 1]
  static let query3: [UInt8] = [0x11, 0x64, 0, 0, 0, 0, 0, 0, 2, 0x7d, 0, 0]

  static let igmpPackets: [Broken] = [
    Broken(name: "v2 report", bytes: report2),
    Broken(name: "v2 report to our address", destination: "10.0.0.1", bytes: report2),
    Broken(name: "v2 report of a host without address", source: "0.0.0.0", bytes: report2),
    Broken(name: "v2 report without Router Alert", routerAlert: false, bytes: report2),
    Broken(name: "v2 report with bytes behind it", bytes: report2 + [1, 2, 3]),
    Broken(name: "v3 report", destination: "224.0.0.22", bytes: report3),
    Broken(name: "leave", destination: "224.0.0.2", bytes: leave),
    Broken(name: "leave to the group", bytes: leave),
    Broken(name: "query", destination: "224.0.0.1", bytes: query3),
    Broken(name: "query to our address", destination: "10.0.0.1", bytes: query3),
    Broken(name: "query of a group", bytes: [0x11, 10, 0, 0, 239, 1, 1, 1]),
    Broken(
      name: "query without group, with code 0", destination: "224.0.0.1", bytes: [0x11, 0, 0, 0, 0, 0, 0, 0]),

    Broken(name: "empty", bytes: []),
    Broken(name: "DVMRP", destination: "224.0.0.4", bytes: [0x13, 1, 0, 0, 0, 0, 0, 3]),
    Broken(name: "router discovery", destination: "224.0.0.106", bytes: [0x30, 20, 0, 0, 0, 0, 0, 0]),

    Broken(
      name: "wrong checksum", refusal: .checksum, bytes: [0x16, 0, 1, 2, 239, 1, 1, 1], hasChecksum: false),
    Broken(name: "type alone", refusal: .truncated, bytes: [0x16], hasChecksum: false),
    Broken(name: "no group", refusal: .truncated, bytes: [0x16, 0, 0, 0]),
    Broken(name: "half a group", refusal: .truncated, bytes: [0x16, 0, 0, 0, 239, 1]),
    Broken(name: "record cut", refusal: .truncated, bytes: Array(report3.dropLast(4))),
    Broken(
      name: "sources claimed", refusal: .truncated,
      bytes: [0x22, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 1, 239, 1, 1, 1]),
    Broken(
      name: "auxiliary words claimed", refusal: .truncated,
      bytes: [0x22, 0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 239, 1, 1, 1]),
    Broken(
      name: "records claimed", refusal: .truncated,
      bytes: [0x22, 0, 0, 0, 0, 0, 0xff, 0xff, 2, 0, 0, 0, 239, 1, 1, 1]),
    Broken(
      name: "second record of a unicast group", refusal: .malformed, destination: "224.0.0.22",
      bytes: [0x22, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 239, 1, 1, 1, 2, 0, 0, 0, 10, 1, 1, 1]),
    Broken(name: "report of a unicast address", refusal: .malformed, bytes: [0x16, 0, 0, 0, 10, 1, 1, 1]),
    Broken(name: "report of all hosts", refusal: .malformed, bytes: [0x16, 0, 0, 0, 224, 0, 0, 1]),
    Broken(name: "query of 9 bytes", refusal: .malformed, bytes: [0x11, 1, 0, 0, 0, 0, 0, 0, 2]),
    Broken(name: "query of 11 bytes", refusal: .malformed, bytes: [0x11, 1, 0, 0, 0, 0, 0, 0, 2, 3, 4]),
    Broken(
      name: "general query with sources", refusal: .malformed, destination: "224.0.0.1",
      bytes: [0x11, 1, 0, 0, 0, 0, 0, 0, 2, 0x7d, 0, 1, 10, 1, 1, 1]),
    Broken(
      name: "query of a link-local group", refusal: .malformed, destination: "224.0.0.5",
      bytes: [0x11, 10, 0, 0, 224, 0, 0, 5]),
    Broken(name: "TTL 2", refusal: .hops, hops: 2, bytes: report2),
    Broken(name: "TTL 0", refusal: .hops, hops: 0, bytes: report2),
    Broken(name: "another subnet", refusal: .source, source: "10.0.1.10", bytes: report2),
    Broken(name: "the subnet itself", refusal: .source, source: "10.0.0.0", bytes: report2),
    Broken(name: "the broadcast address", refusal: .source, source: "10.0.0.255", bytes: report2),
    Broken(name: "multicast source", refusal: .source, source: "239.0.0.1", bytes: report2),
    Broken(name: "our own", refusal: .ownEcho, source: "10.0.0.1", bytes: report2),
    Broken(name: "report to another group", refusal: .destination, destination: "239.1.1.2", bytes: report2),
    Broken(name: "report to all routers", refusal: .destination, destination: "224.0.0.2", bytes: report2),
    Broken(name: "leave to all hosts", refusal: .destination, destination: "224.0.0.1", bytes: leave),
    Broken(name: "v3 report to another host", refusal: .destination, destination: "10.0.0.7", bytes: report3),
    Broken(name: "general query to a group", refusal: .destination, bytes: query3),
    Broken(
      name: "query of a group to all hosts", refusal: .destination, destination: "224.0.0.1",
      bytes: [0x11, 10, 0, 0, 239, 1, 1, 1]),
    Broken(
      name: "query from 0.0.0.0", refusal: .proxyQuery, source: "0.0.0.0", destination: "224.0.0.1",
      bytes: query3),
    Broken(
      name: "report of a link-local group", refusal: .linkLocalGroup, destination: "224.0.0.251",
      bytes: [0x16, 0, 0, 0, 224, 0, 0, 251]),
  ]

  @Test(
    "IGMP: each packet that is refused is counted once, and nothing is kept of it", arguments: igmpPackets)
  func igmp(_ broken: Broken) throws { try check(broken, .ipv4) }

  static let group6: [UInt8] = [0xff, 0x0e] + Array(repeating: 0, count: 13) + [1]
  static let report6: [UInt8] = [131, 0, 0, 0, 0, 0, 0, 0] + group6
  static let done6: [UInt8] = [132, 0, 0, 0, 0, 0, 0, 0] + group6
  static let report62: [UInt8] = [143, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0] + group6
  static let query6: [UInt8] =
    [130, 0, 0, 0, 0x27, 0x10, 0, 0] + Array(repeating: 0, count: 16) + [2, 0x7d, 0, 0]

  private static func six(
    _ name: String, refusal: MembershipRefusal? = nil, from source: String = "fe80::10",
    to destination: String = "ff0e::1", hops: UInt8 = 1, routerAlert: Bool = true, _ bytes: [UInt8],
    hasChecksum: Bool = true
  ) -> Broken {
    Broken(
      name: name, refusal: refusal, source: source, destination: destination, hops: hops,
      routerAlert: routerAlert, bytes: bytes, hasChecksum: hasChecksum)
  }

  private static func scoped(_ scope: UInt8) -> [UInt8] {
    Array(report6.prefix(8)) + [0xff, scope] + Array(group6.dropFirst(2))
  }

  static let mldPackets: [Broken] = [
    six("v1 report", report6), six("v2 report", to: "ff02::16", report62), six("done", to: "ff02::2", done6),
    six("query", to: "ff02::1", query6), six("query to our address", to: "fe80::1", query6),
    six("v1 report to our address", to: "2001:db8::1", report6),
    six("neighbor solicitation", [135, 0, 0, 0]), six("router discovery", to: "ff02::6a", [151, 20, 0, 0]),

    six("wrong checksum", refusal: .checksum, report6, hasChecksum: false),
    six("half a group", refusal: .truncated, Array(report6.dropLast(8))),
    six("sources claimed", refusal: .truncated, [143, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 1] + group6),
    six("query of 26 bytes", refusal: .malformed, to: "ff02::1", Array(query6.dropLast(2))),
    six(
      "IPv4-mapped group", refusal: .malformed,
      Array(report6.prefix(8)) + Array(repeating: 0, count: 10) + [0xff, 0xff, 239, 1, 1, 1]),
    six("interface-local group", refusal: .malformed, to: "ff01::1", scoped(1)),
    six("reserved scope", refusal: .malformed, to: "ff00::1", scoped(0)),
    six("link-local group", refusal: .linkLocalGroup, to: "ff02::5", Array(scoped(2).dropLast()) + [5]),
    six("all hosts", refusal: .malformed, to: "ff02::1", scoped(2)),
    six("hop limit 2", refusal: .hops, hops: 2, report6),
    six("hop limit 255", refusal: .hops, hops: 255, report6),
    six("no Router Alert", refusal: .routerAlert, routerAlert: false, report6),
    six("query without Router Alert", refusal: .routerAlert, to: "ff02::1", routerAlert: false, query6),
    six("from ::", refusal: .source, from: "::", report6),
    six("from a global address", refusal: .source, from: "2001:db8::10", report6),
    six("our own", refusal: .ownEcho, from: "fe80::1", report6),
    six("report to another group", refusal: .destination, to: "ff0e::2", report6),
    six("done to all hosts", refusal: .destination, to: "ff02::1", done6),
    six("general query to a group", refusal: .destination, query6),
  ]

  @Test("MLD: each packet that is refused is counted once, and nothing is kept of it", arguments: mldPackets)
  func mld(_ broken: Broken) throws { try check(broken, .ipv6) }

  private func check(_ broken: Broken, _ family: Family) throws {
    var link = Link(family)
    link.receive(try broken.datagram())
    let counters = try link.counters()
    for refusal in MembershipRefusal.allCases {
      #expect(counters[refusal] == (refusal == broken.refusal ? 1 : 0), "\(refusal)")
    }
    let heard =
      counters.queriesHeard + counters.version1Reports + counters.groupReports + counters.leaves
      + counters.sourceReports
    let isOther = broken.bytes.first.map { [0x13, 0x30, 135, 151].contains($0) } ?? true
    let isOfRecord = broken.refusal == .linkLocalGroup
    #expect(heard == (isOther || broken.refusal != nil && !isOfRecord ? 0 : 1))
    if broken.refusal != nil { #expect(link.membership.groupCount == 0 && link.changes.isEmpty) }
    #expect(link.sent.isEmpty)
    #expect(try #require(link.membership.querierRow(Link.eth0, family)).isSelf)
  }

  @Test("An unknown kind of record is passed over; the others count")
  func unknownKind() throws {
    var link = Link()
    let bytes: [UInt8] = [0x22, 0, 0, 0, 0, 0, 0, 2, 9, 1, 0, 1, 239, 1, 1, 2, 10, 1, 1, 1, 7, 7, 7, 7]
    link.receive(
      try Broken(
        name: "", destination: "224.0.0.22", bytes: bytes + [2, 0, 0, 0, 239, 1, 1, 1]
      ).datagram())
    #expect(try link.state(1) == "EX 270" && link.state(2) == "")
  }

  @Test("Every packet cut short at any byte is refused or leaves nothing", arguments: Family.allCases)
  func cut(_ family: Family) throws {
    let whole = family == .ipv4 ? InputTests.report3 : InputTests.report62
    for count in 0..<whole.count {
      var link = Link(family)
      let cut = Broken(
        name: "", source: family == .ipv4 ? "10.0.0.10" : "fe80::10",
        destination: family == .ipv4 ? "224.0.0.22" : "ff02::16", bytes: Array(whole.prefix(count)))
      link.receive(try cut.datagram())
      #expect(link.membership.groupCount == 0)
    }
  }

  @Test("ttl-strict off takes IGMP of any TTL, and MLD none the more")
  func ttl() throws {
    var link = Link { $0.isTTLStrict = false }
    link.receive(try Broken(name: "", hops: 64, bytes: InputTests.report2).datagram())
    #expect(try link.state() == "EX 270")
    var other = Link(.ipv6) { $0.isTTLStrict = false }
    other.receive(try InputTests.six("", hops: 64, InputTests.report6).datagram())
    #expect(try other.counters()[.hops] == 1)
  }

  @Test("router-alert-strict asks it of IGMPv2 and IGMPv3, not of IGMPv1")
  func routerAlert() throws {
    var link = Link { $0.isRouterAlertStrict = true }
    for bytes in [InputTests.report2, [0x12] + InputTests.report2.dropFirst()] {
      link.receive(try Broken(name: "", routerAlert: false, bytes: bytes).datagram())
    }
    #expect(try link.counters()[.routerAlert] == 1)
    #expect(try link.counters().version1Reports == 1)
  }

  @Test("altnet makes another subnet the link's own")
  func altnet() throws {
    let altnet = try #require(Prefix("10.0.1.0/24"))
    var link = Link { $0.altnets = [altnet] }
    link.receive(try Broken(name: "", source: "10.0.1.10", bytes: InputTests.report2).datagram())
    #expect(try link.state() == "EX 270")
  }

  @Test("group-filter: the first line that covers a group decides")
  func filter() throws {
    let all = try #require(Prefix("239.1.1.0/24"))
    let one = try #require(Prefix("239.1.1.1"))
    var link = Link { $0.groupFilters = [GroupFilter(accepts: false, one)] }
    for number in 1...2 { try link.report(.isExclude, group: number) }
    #expect(try link.state(1) == "" && link.state(2) == "EX 270")
    #expect(try link.counters()[.filtered] == 1)
    link = Link { $0.groupFilters = [GroupFilter(accepts: false, one), GroupFilter(accepts: true, all)] }
    let other = try #require(Address("239.2.1.1").flatMap { Group($0) })
    for number in 1...2 { try link.report(.isExclude, group: number) }
    try link.report([GroupRecord(.isExclude, other)])
    #expect(try link.state(1) == "" && link.state(2) == "EX 270")
    #expect(link.membership.groupCount == 1)
    // The lines of one family say nothing about the other.
    var other6 = Link(.ipv6) { $0.groupFilters = [GroupFilter(accepts: true, all)] }
    try other6.report(.isExclude)
    #expect(try other6.state() == "EX 270")
  }

  @Test("An interface that is not configured hears nothing")
  func notConfigured() throws {
    var link = Link()
    try link.report(.isExclude, on: InterfaceID(slot: 255))
    try link.report(.isExclude, on: Link.eth1)
    #expect(link.membership.groupCount == 0)
    #expect(link.membership.querierRow(InterfaceID(slot: 255), .ipv4) == nil)
  }
}

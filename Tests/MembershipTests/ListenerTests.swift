import Addressing
import Kernel
import Membership
import Testing
import Timing
import Wire

/// What Forwarding and an operator ask, over several interfaces.
@Suite struct ListenerTests {
  private func link(_ family: Family, interfaces: UInt8) -> Link {
    var link = Link(family)
    for slot in 1..<interfaces {
      let id = InterfaceID(slot: slot)
      link.take(link.membership.change(id, to: Link.interface(Int32(slot) + 1), at: link.now))
      link.take(link.membership.configure(QuerierSettings(), on: id, at: link.now))
    }
    link.clear()
    return link
  }

  private func listeners(_ link: Link, _ letter: Character, group: Int = 1) throws -> [UInt8] {
    let flow = try #require(Flow(source: link.source(letter), group: link.group(group)))
    return link.membership.listeners(of: flow).map(\.slot)
  }

  @Test("A flow has the interfaces that want its source", arguments: Family.allCases)
  func listeners(_ family: Family) throws {
    var link = link(family, interfaces: 5)
    try link.report(.isExclude, on: InterfaceID(slot: 0))
    try link.report(.allow, "a", on: InterfaceID(slot: 1))
    try link.report(.isExclude, "a", on: InterfaceID(slot: 2))
    try link.report(.isExclude, group: 2, on: InterfaceID(slot: 3))
    #expect(try listeners(link, "a") == [0, 1])
    #expect(try listeners(link, "b") == [0, 2])
    #expect(try listeners(link, "a", group: 2) == [3])
    #expect(try listeners(link, "a", group: 3) == [])
    link.advance(.seconds(270))
    #expect(try listeners(link, "a") == [] && listeners(link, "b") == [])
  }

  @Test("Families have nothing of each other")
  func families() throws {
    var link = link(.ipv4, interfaces: 1)
    try link.report(.isExclude)
    let six = Link(.ipv6)
    let flow = try #require(Flow(source: six.source("a"), group: six.group()))
    #expect(link.membership.listeners(of: flow).isEmpty)
    #expect(link.membership.querierRow(Link.eth0, .ipv6)?.groupCount == 0)
  }

  @Test("static-group is listened to without reports and whatever they say", arguments: Family.allCases)
  func statics(_ family: Family) throws {
    var link = link(family, interfaces: 1)
    let group = try link.group()
    link.configure { $0.staticGroups = [StaticGroup(group)] }
    #expect(link.changes == [GroupPlace(Link.eth0, group)])
    #expect(try link.listens("a"))
    link.clear()
    try link.report(.isExclude, "a")
    try link.report(.toInclude)
    link.advance(.seconds(300))
    #expect(try link.listens("a"))
    #expect(link.changes.isEmpty)
    #expect(link.membership.staticGroups.map(\.place) == [GroupPlace(Link.eth0, group)])
    link.configure { $0.staticGroups = [] }
    #expect(try !link.listens("a"))
    #expect(link.changes == [GroupPlace(Link.eth0, group)])
  }

  @Test("static-group with sources: these, and what is reported beside them", arguments: Family.allCases)
  func staticSources(_ family: Family) throws {
    var link = link(family, interfaces: 1)
    let group = try link.group()
    link.configure {
      $0.staticGroups = ["b", "a", "b"].map { StaticGroup(group, source: Link.source($0, family)) }
    }
    #expect(try link.listens("a") && link.listens("b") && !link.listens("c"))
    try link.report(.allow, "c")
    #expect(try link.listens("c"))
    link.clear()
    link.configure { $0.staticGroups.append(StaticGroup(group)) }
    #expect(link.changes.count == 1)
    #expect(try link.listens("x"))
    link.advance(.seconds(300))
    link.configure { $0.staticGroups = [] }
    #expect(try !link.listens("a"))
  }

  @Test("Static groups stay while the querier is off or its link down")
  func staticWithout() throws {
    var link = link(.ipv4, interfaces: 1)
    let group = try link.group()
    link.configure {
      $0.isOn = false
      $0.staticGroups = [StaticGroup(group)]
    }
    link.take(link.membership.change(Link.eth0, to: nil, at: link.now))
    #expect(try link.listens("a"))
    link.take(link.membership.configure(nil, on: Link.eth0, at: link.now))
    #expect(try !link.listens("a"))
  }

  @Test("Rows tell what a group is, who reported it last and until when")
  func rows() throws {
    var link = Link { $0.fastLeave = .tracked }
    try link.report(.isExclude, "b", from: 10)
    link.advance(.seconds(5))
    try link.report(.allow, "ab", from: 11)
    let row = try #require(link.membership.groupRow(number: 0))
    #expect(row.place == GroupPlace(Link.eth0, try link.group()))
    #expect(row.excludes && row.version == 3 && row.since == .start)
    #expect(row.lastReporter == link.host(11))
    #expect(row.expiry == .start + .seconds(270))
    #expect(row.sources.map(\.expiry) == [.start + .seconds(275), .start + .seconds(275)])
    #expect(row.isTracked && row.hosts.map(\.address) == [link.host(10), link.host(11)])
    #expect(row.hosts.first?.excludes == true && row.hosts.last?.sources.count == 2)
    #expect(link.membership.groupRowEnd == 1)
    #expect(link.membership.groupRow(number: 1) == nil && link.membership.groupRow(number: -1) == nil)
    link.advance(.seconds(300))
    #expect(link.membership.groupRow(number: 0) == nil)
    try link.report(.isExclude, group: 7)
    #expect(link.membership.groupRow(number: 0)?.place.group == (try link.group(7)))
  }

  @Test("A leave does not make its host the last reporter")
  func lastReporter() throws {
    var link = Link()
    try link.report(.isExclude, from: 10)
    try link.report(.toInclude, from: 11)
    #expect(link.membership.groupRow(number: 0)?.lastReporter == link.host(10))
  }

  @Test("The same events give the same effects, in another process too")
  func deterministic() throws {
    func run() throws -> [MembershipEffects] {
      var membership = Membership()
      var all: [MembershipEffects] = []
      for slot in 0..<8 as Range<UInt8> {
        all.append(
          membership.change(InterfaceID(slot: slot), to: Link.interface(Int32(slot) + 1), at: .start))
        all.append(membership.configure(QuerierSettings(), on: InterfaceID(slot: slot), at: .start))
        for number in 0..<20 {
          let group = try #require(Group(Address(ipv4: 0xef05_0000 + UInt32(number * 37 % 20))))
          let datagram = Link().igmp(.reportV2(group), from: 10, to: group.address)
          all.append(membership.receive(datagram, on: InterfaceID(slot: slot), at: .start))
        }
      }
      while let next = membership.nextDeadline, next <= .start + .seconds(280) {
        all.append(membership.expire(at: next))
      }
      return all
    }
    let effects = try run()
    #expect(try run() == effects)
    // All that ends at one instant does so interface by interface, group by group as they came.
    let ends = effects.flatMap(\.changes).suffix(160)
    #expect(ends.map(\.interface.slot) == (0..<8).flatMap { Array(repeating: UInt8($0), count: 20) })
  }
}

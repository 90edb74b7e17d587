import Addressing
import Kernel
import Membership
import Testing

@Suite struct HostJoinsTests {
  private func join(_ interface: String, _ source: String? = nil, _ groups: String) throws -> StaticJoin {
    let sources = try source.map { try #require(Prefix($0)) }
    return StaticJoin(
      .init(interface: InterfacePattern(interface), sources: sources, groups: try #require(Prefix(groups))))
  }

  @Test("Two statements that want one membership hold it once, and it is left with the second of them")
  func counted() throws {
    var joins = HostJoins()
    _ = joins.setLinks(["eth0": 2])
    let wide = try join("eth*", nil, "239.0.0.0/31")
    let one = try join("eth0", nil, "239.0.0.1")
    #expect(joins.add(wide).count == 2)
    #expect(joins.add(one).isEmpty)
    #expect(joins.remove(wide.key).count == 1)
    #expect(joins.heldCount == 1)
    #expect(joins.remove(one.key).count == 1)
    #expect(joins.heldCount == 0)
  }

  @Test("A new configuration joins before it leaves, so that what both want never goes")
  func replacement() throws {
    var joins = HostJoins()
    _ = joins.setLinks(["eth0": 2])
    _ = joins.state([try join("eth0", nil, "239.0.0.0/31")])
    let actions = joins.state([try join("eth0", nil, "239.0.0.1"), try join("eth0", nil, "239.0.0.2")])
    let groups = actions.map { action in
      switch action {
      case .join(let join): "+\(join.group)"
      case .leave(let join): "-\(join.group)"
      default: "?"
      }
    }
    #expect(groups == ["+239.0.0.2", "-239.0.0.0"])
  }

  @Test("A link that is made anew under its name gets its memberships again")
  func newLink() throws {
    var joins = HostJoins()
    _ = joins.add(try join("eth0", "10.0.0.1", "232.0.0.1"))
    #expect(joins.setLinks(["eth0": 2]).count == 1)
    let actions = joins.setLinks(["eth0": 9])
    #expect(actions.count == 2)
    guard case .leave(let left)? = actions.first, case .join(let joined)? = actions.last else {
      Issue.record("not a leave and a join")
      return
    }
    #expect(left.link == 2 && joined.link == 9)
  }

  @Test("The size of a statement saturates instead of overflowing")
  func size() throws {
    #expect(HostJoins.size(try join("eth0", nil, "239.0.0.0/28").key) == 16)
    #expect(HostJoins.size(try join("eth0", "10.0.0.0/30", "239.0.0.0/28").key) == 64)
    #expect(HostJoins.size(try join("eth0", "2001:db8::/16", "ff0e::/16").key) == .max)
  }
}

extension HostJoinsTests {
  @Test("What the router needs itself is joined once, counted nowhere, and outlives the statement beside it")
  func own() throws {
    var joins = HostJoins()
    _ = joins.setLinks(["eth0": 2])
    let routers = try #require(Group(Address(ipv4: 0xe000_0002)))
    let needed = HostJoin(link: 2, source: nil, group: routers)
    #expect(joins.setOwn([needed]) == [.join(needed)])
    #expect(joins.setOwn([needed]).isEmpty)
    #expect(joins.heldCount == 0)
    let stated = try join("eth0", nil, "224.0.0.2")
    #expect(joins.add(stated).isEmpty)
    #expect(joins.heldCount == 1)
    #expect(joins.remove(stated.key).isEmpty)
    #expect(joins.add(stated).isEmpty)
    #expect(joins.setOwn([]).isEmpty)
    #expect(joins.remove(stated.key) == [.leave(needed)])
  }

  @Test("With its link everything that was joined there goes, once, and may be needed again")
  func ownOnLostLink() throws {
    var joins = HostJoins()
    _ = joins.setLinks(["eth0": 2])
    let routers = try #require(Group(Address(ipv4: 0xe000_0002)))
    let needed = HostJoin(link: 2, source: nil, group: routers)
    _ = joins.add(try join("eth0", nil, "224.0.0.2"))
    _ = joins.setOwn([needed])
    #expect(joins.setLinks([:]) == [.leave(needed)])
    #expect(joins.setOwn([needed]) == [.join(needed)])
  }
}

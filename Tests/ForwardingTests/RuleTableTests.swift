import Addressing
import Forwarding
import Kernel
import Testing
import Timing

@Suite struct RuleTableTests {
  private static let present = (0..<6).map {
    NamedInterface(name: "eth\($0)", id: InterfaceID(slot: UInt8($0)))
  }

  /// What the documented precedence says, by looking at every rule.
  private func best(_ rules: [(route: StaticRoute, order: Int)], _ flow: Flow, _ arrival: InterfaceID)
    -> StaticRoute?
  {
    let name = "eth\(arrival.slot)"
    return rules.filter { rule in
      rule.route.key.groups.contains(flow.group.address) && rule.route.key.sources.contains(flow.source)
        && rule.route.key.inbound.contains { $0.matches(name) }
    }.min { left, right in
      let rank = { (rule: (route: StaticRoute, order: Int)) -> [Int] in
        let isExact = rule.route.key.inbound.contains { $0.isExact && $0.matches(name) }
        return [
          -Int(rule.route.key.groups.bits), -Int(rule.route.key.sources.bits), isExact ? 0 : 1,
          -Int(rule.route.preference), rule.order,
        ]
      }
      return rank(left).lexicographicallyPrecedes(rank(right))
    }?.route
  }

  private func randomRoute(_ generator: inout Generator) -> StaticRoute {
    let groupLength = [4, 8, 16, 24, 32].randomElement(using: &generator) ?? 32
    let sourceLength = [0, 8, 24, 32].randomElement(using: &generator) ?? 0
    let group = Address(ipv4: 0xe100_0000 | UInt32.random(in: 0..<4, using: &generator))
    let source = Address(ipv4: 0x0a00_0000 | UInt32.random(in: 0..<4, using: &generator))
    let names = ["eth0", "eth1", "eth*", "eth+", "eth?", "wg0"]
    let inbound = (0..<Int.random(in: 1...2, using: &generator)).map { _ in
      InterfacePattern(names.randomElement(using: &generator) ?? "eth0")
    }
    return StaticRoute(
      .init(
        inbound: inbound, sources: Prefix(source, length: sourceLength) ?? .all(.ipv4),
        groups: Prefix(group, length: groupLength) ?? .allGroups(.ipv4)),
      outbound: [.init(InterfacePattern("eth\(Int.random(in: 2..<6, using: &generator))"))],
      preference: Int32.random(in: 0..<2, using: &generator))
  }

  @Test("The table finds what a look at every rule finds, through additions and removals", arguments: 1...20)
  func againstScan(_ seed: UInt64) throws {
    var generator = Generator(seed: seed)
    var table = RuleTable(seed: seed)
    _ = table.rebind(to: RuleTableTests.present)
    var rules: [(route: StaticRoute, order: Int)] = []
    for order in 0..<120 {
      if rules.count > 20, Int.random(in: 0..<3, using: &generator) == 0 {
        let victim = Int.random(in: 0..<rules.count, using: &generator)
        let id = try #require(table.find(rules[victim].route.key))
        table.remove(id)
        rules.remove(at: victim)
      } else {
        let route = randomRoute(&generator)
        if table.find(route.key) != nil { continue }
        _ = table.insert(route, order: UInt64(order), pass: 1)
        rules.append((route, order))
      }
      #expect(table.count == rules.count)
      for _ in 0..<20 {
        let source = Address(ipv4: 0x0a00_0000 | UInt32.random(in: 0..<5, using: &generator))
        let last = UInt32.random(in: 0..<5, using: &generator)
        let group = try #require(Group(Address(ipv4: 0xe100_0000 | last)))
        let flow = try #require(Flow(source: source, group: group))
        let arrival = InterfaceID(slot: UInt8.random(in: 0..<3, using: &generator))
        let found = table.match(flow, arrival: arrival).map { table.route($0.rule) }
        #expect(found == best(rules, flow, arrival), "seed \(seed), \(flow) by eth\(arrival.slot)")
      }
    }
  }

  @Test("Rules of one list are bound together when an interface comes or goes")
  func rebinding() throws {
    var table = RuleTable(seed: 1)
    let out = [StaticRoute.Outbound(InterfacePattern("eth1")), .init(InterfacePattern("wg*"), threshold: 9)]
    let ids = try (0..<5).map { number in
      let source = try #require(Prefix("10.0.0.\(number)"))
      let group = try #require(Prefix("225.0.0.1"))
      return table.insert(
        StaticRoute(
          .init(inbound: [InterfacePattern("eth0")], sources: source, groups: group), outbound: out),
        order: UInt64(number), pass: 1)
    }
    #expect(table.rebind(to: RuleTableTests.present) == ids)
    #expect(table.rebind(to: RuleTableTests.present).isEmpty)
    let wg = NamedInterface(name: "wg3", id: InterfaceID(slot: 40))
    #expect(table.rebind(to: RuleTableTests.present + [wg]) == ids)
    #expect(table.outbound(ids[0]).threshold(of: wg.id) == 9)
    #expect(table.outbound(ids[0]).threshold(of: InterfaceID(slot: 1)) == nil)
  }
}

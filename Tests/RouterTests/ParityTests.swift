import Addressing
import Configuration
import Control
import Forwarding
import Kernel
import Router
import Testing
import Timing

/// Random rules and changes, as SMCRoute takes them, beside a model that looks through every rule.
@Suite struct ParityTests {
  private static let names = ["eth0", "eth1", "eth2", "lan0"]
  private static let patterns = ["eth0", "eth1", "eth2", "lan0", "eth+", "+", "lan+"]

  private func randomRoute(_ generator: inout Generator) -> StaticRoute {
    let isIPv4 = Int.random(in: 0..<4, using: &generator) != 0
    let low = UInt64.random(in: 0..<4, using: &generator)
    let host = UInt64.random(in: 0..<4, using: &generator)
    let group =
      isIPv4 ? Address(ipv4: 0xe101_0100 | UInt32(low)) : Address(high: 0xff0e << 48, low: low)
    let source =
      isIPv4 ? Address(ipv4: 0x0a00_0000 | UInt32(host)) : Address(high: 0x2001_0db8 << 32, low: host)
    let width = isIPv4 ? 32 : 128
    let groupLength = [width, width, width - 1, width - 2].randomElement(using: &generator) ?? width
    let sourceLength = [0, 0, width - 1, width].randomElement(using: &generator) ?? 0
    let outbound = (0..<Int.random(in: 0...2, using: &generator)).map { _ in
      StaticRoute.Outbound(InterfacePattern(ParityTests.patterns.randomElement(using: &generator) ?? "+"))
    }
    let inbound = InterfacePattern(ParityTests.patterns.randomElement(using: &generator) ?? "+")
    var route = StaticRoute(
      .init(
        inbound: [inbound], sources: Prefix(source, length: sourceLength) ?? .all(group.family),
        groups: Prefix(group, length: groupLength) ?? .allGroups(group.family)),
      outbound: outbound)
    route.reflects = true
    return route
  }

  /// A file states a rule once: the second of one key adds to the first, as the reader of the file does it.
  private func file(_ routes: [StaticRoute]) -> Configuration {
    var merged: [StaticRoute] = []
    for route in routes {
      if let index = merged.firstIndex(where: { $0.key == route.key }) {
        merged[index] = merged[index].extended(by: route)
      } else {
        merged.append(route)
      }
    }
    var file = configuration(merged)
    file.table.precedence = .stated
    file.table.takesAll = true
    file.table.selectsByRule = false
    file.keepsChanges = false
    file.cache.idleMilliseconds = 0
    return file
  }

  private func check(_ bench: inout Bench, _ model: ExpandedRules, _ what: String) {
    for number in 0..<20 {
      let name = ParityTests.names[number % 4]
      let (source, group) =
        number % 5 == 0
        ? ("2001:db8::\(number % 3)", "ff0e::\(number % 4)")
        : ("10.0.0.\(number % 3)", "225.1.1.\(number % 4)")
      guard let flow = Bench.flow(source, group) else { continue }
      let table = bench.table(of: name, flow.family)
      bench.packet(source, group, by: name, table: table)
      let path = bench.path(source, group, table: table)
      let wanted = model.outbound(flow, by: name)
      if let wanted {
        #expect(path == "\(name)>\(wanted.sorted().joined(separator: ","))", "\(what): \(flow) by \(name)")
      } else {
        // Another inbound interface may hold the entry; from here nothing is forwarded.
        let isOpen = path.map { $0.hasPrefix("\(name)>") && $0 != "\(name)>" } ?? false
        #expect(!isOpen, "\(what): \(flow) by \(name)")
      }
    }
  }

  @Test("A flow goes where the first expanded rule sends it, through changes and reloads", arguments: 1...40)
  func againstScan(_ seed: UInt64) {
    var generator = Generator(seed: seed)
    var lines = (0..<12).map { _ in randomRoute(&generator) }
    var bench = Bench("eth0", "eth1", "eth2", "lan0", configuration: file(lines))
    var model = ExpandedRules(present: ParityTests.names)
    for line in lines { model.add(line) }
    check(&bench, model, "seed \(seed), first file")
    for round in 0..<20 {
      let what = "seed \(seed), round \(round)"
      switch Int.random(in: 0..<8, using: &generator) {
      case 0:
        if Bool.random(using: &generator) { lines.shuffle(using: &generator) }
        lines[round % lines.count] = randomRoute(&generator)
        model = ExpandedRules(present: ParityTests.names)
        for line in lines { model.add(line) }
        bench.step([.configure(file(lines), isReload: true, request: nil)])
      case 1...4:
        let route = randomRoute(&generator)
        model.add(route)
        bench.ask { .change([.extend(route)], bestEffort: false, request: $0) }
      default:
        var route = randomRoute(&generator)
        if let stated = lines.randomElement(using: &generator) {
          route.key.groups = stated.key.groups
          route.key.sources = stated.key.sources
        }
        let (key, patterns) = (route.key, route.outbound.map(\.pattern))
        let isConcerned = model.remove(key, patterns)
        let reply = bench.ask { .change([.reduce(key, patterns)], bestEffort: false, request: $0) }
        guard case .changes(let results, _) = reply else { return #expect(Bool(false)) }
        #expect(results.contains { $0.outcome == .refused } == !isConcerned, "\(what): \(route.statement)")
      }
      // Entries that are there must be decided anew as well as new ones are.
      if round % 4 == 0 { bench.ask { .change([.clear(.routes)], bestEffort: false, request: $0) } }
      check(&bench, model, what)
    }
  }
}

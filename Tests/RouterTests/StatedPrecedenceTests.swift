import Addressing
import Configuration
import Control
import Forwarding
import Kernel
import Membership
import Router
import Testing
import Timing

/// `table { precedence stated }`, rules that reflect, and what goes with them.
@Suite struct StatedPrecedenceTests {
  private func stated(_ routes: StaticRoute...) -> Configuration {
    var file = configuration(routes)
    file.table.precedence = .stated
    return file
  }

  private func reflecting(_ route: StaticRoute) -> StaticRoute {
    var route = route
    route.reflects = true
    return route
  }

  @Test("The earliest statement that covers a flow decides, however wide; a full rule goes before all")
  func earliest() {
    var bench = Bench(
      "eth0", "eth1", "eth2",
      configuration: stated(
        route(from: "eth0", "225.6.0.0/16", to: "eth1"), route(from: "eth0", "225.6.6.6", to: "eth2"),
        route(from: "eth0", "10.0.0.1", "225.6.6.6", to: "eth2"),
        route(from: "eth1", "225.6.6.6", to: "eth2")))
    #expect(bench.path("10.0.0.1", "225.6.6.6") == "eth0>eth2")
    bench.packet("10.0.0.2", "225.6.6.6", by: "eth0")
    #expect(bench.path("10.0.0.2", "225.6.6.6") == "eth0>eth1")
    bench.packet("10.0.0.3", "225.6.6.6", by: "eth1")
    #expect(bench.path("10.0.0.3", "225.6.6.6") == "eth1>eth2")
  }

  @Test("Rules of the same prefixes add up for the interfaces that they share, full ones and others")
  func addUp() {
    var bench = Bench(
      "eth0", "eth1", "eth2", "eth3",
      configuration: stated(
        route(from: "eth+", "225.1.1.1", to: "eth1:9"), route(from: "eth0", "225.1.1.1", to: "eth2 eth1:3"),
        route(from: "eth+", "10.0.0.1", "226.1.1.1", to: "eth1"),
        route(from: "eth0", "10.0.0.1", "226.1.1.1", to: "eth3")))
    bench.packet("10.0.0.9", "225.1.1.1", by: "eth0")
    bench.packet("10.0.0.8", "225.1.1.1", by: "eth3")
    #expect(bench.path("10.0.0.9", "225.1.1.1") == "eth0>eth1(9),eth2")
    #expect(bench.path("10.0.0.8", "225.1.1.1") == "eth3>eth1(9)")
    #expect(bench.path("10.0.0.1", "226.1.1.1") == "eth0>eth1,eth3")
  }

  @Test("Lines that change places decide anew; a line that comes or goes in between changes nothing else")
  func reordered() {
    let wide = route(from: "eth0", "225.6.0.0/16", to: "eth1")
    let narrow = route(from: "eth0", "225.6.6.6", to: "eth2")
    let other = route(from: "eth0", "226.1.1.1", to: "eth2")
    var bench = Bench("eth0", "eth1", "eth2", configuration: stated(wide, narrow))
    bench.packet("10.0.0.2", "225.6.6.6", by: "eth0")
    let reload = { (file: Configuration) -> Event in .configure(file, isReload: true, request: nil) }
    bench.step([reload(stated(narrow, wide))])
    #expect(bench.path("10.0.0.2", "225.6.6.6") == "eth0>eth2")
    bench.step([reload(stated(other, wide, narrow))])
    #expect(bench.path("10.0.0.2", "225.6.6.6") == "eth0>eth1")
    for file in [stated(other, wide, narrow), stated(wide, narrow), stated(wide, other, narrow)] {
      bench.log = []
      let reply = bench.ask { .configure(file, isReload: true, request: $0) }
      #expect(bench.entryActions == 0)
      guard case .changes(_, let summary) = reply else { return #expect(Bool(false)) }
      #expect(summary.changed == 0)
    }
  }

  @Test("A reload that changes the precedence itself decides everything anew")
  func change() {
    let wide = route(from: "eth0", "225.6.0.0/16", to: "eth1")
    let narrow = route(from: "eth0", "225.6.6.6", to: "eth2")
    var bench = Bench("eth0", "eth1", "eth2", configuration: configuration(wide, narrow))
    bench.packet("10.0.0.2", "225.6.6.6", by: "eth0")
    #expect(bench.path("10.0.0.2", "225.6.6.6") == "eth0>eth2")
    bench.step([.configure(stated(wide, narrow), isReload: true, request: nil)])
    #expect(bench.path("10.0.0.2", "225.6.6.6") == "eth0>eth1")
  }

  @Test("A rule that reflects sends packets back out where they came in, when it names the interface")
  func reflects() throws {
    var bench = Bench(
      "eth0", "eth1",
      configuration: stated(
        reflecting(route(from: "eth0", "225.1.1.1", to: "eth0 eth1")),
        reflecting(route(from: "eth0", "225.1.1.2", to: "eth+")),
        reflecting(route(from: "eth0", "225.1.1.3", to: "eth1")),
        route(from: "eth?", "225.1.1.3", to: "eth0"),
        route(from: "eth0", "225.1.1.4", to: "eth+")))
    let paths = ["eth0>eth0,eth1", "eth0>eth0,eth1", "eth0>eth1", "eth0>eth1"]
    for (number, path) in paths.enumerated() {
      bench.packet("10.0.0.1", "225.1.1.\(number + 1)", by: "eth0")
      #expect(bench.path("10.0.0.1", "225.1.1.\(number + 1)") == path)
    }
    let flow = try #require(Bench.flow("10.0.0.1", "225.1.1.1"))
    let reply = bench.ask { .request($0, .explain(flow, inbound: nil)) }
    guard case .explanation(let explanation) = reply else { return #expect(Bool(false)) }
    #expect(explanation.outbound.filter(\.forwards).map(\.interface) == ["eth0", "eth1"])
  }

  @Test("The same (S,G) by two inbound interfaces is forwarded from both; one that goes leaves the other")
  func twoInbound() {
    var file = stated(
      route(from: "eth0", "10.0.0.1", "225.1.1.1", to: "eth2"),
      route(from: "eth1", "10.0.0.1", "225.1.1.1", to: "eth2"))
    file.table.selectsByRule = false
    file.table.takesAll = true
    var bench = Bench("eth0", "eth1", "eth2", configuration: file)
    #expect(bench.path("10.0.0.1", "225.1.1.1") == "eth0>eth2")
    #expect(bench.path("10.0.0.1", "225.1.1.1", table: 1001) == "eth1>eth2")
    #expect(bench.selections == ["eth1 1001"])
    // One that came before the rule of eth1 was in force.
    bench.packet("10.0.0.1", "225.1.1.1", by: "eth1", table: 0)
    #expect(bench.path("10.0.0.1", "225.1.1.1") == "eth0>eth2")
    bench.ask {
      .change(
        [.reduce(route(from: "eth0", "10.0.0.1", "225.1.1.1", to: "").key, [])], bestEffort: false,
        request: $0)
    }
    let left = [bench.path("10.0.0.1", "225.1.1.1"), bench.path("10.0.0.1", "225.1.1.1", table: 1001)]
    #expect(left.compactMap { $0 } == ["eth1>eth2"])
  }

  @Test("Without an idle timeout entries stay until they are cleared, which takes one call")
  func forEver() {
    var file = stated(route(from: "eth0", "225.1.1.1", to: "eth1"))
    file.cache.idleMilliseconds = 0
    var bench = Bench("eth0", "eth1", configuration: file)
    bench.packet("10.0.0.1", "225.1.1.1", by: "eth0")
    bench.packet("10.0.0.1", "226.1.1.1", by: "eth0")
    bench.advance(.seconds(100_000))
    #expect(bench.entries.count == 2)
    bench.ask { .change([.clear(.routes)], bestEffort: false, request: $0) }
    #expect(bench.entries.isEmpty)
  }

  @Test("A reload drops what was added at run time when the file says so, and touches nothing else")
  func drops() throws {
    var file = stated(
      route(from: "eth0", "10.0.0.1", "225.1.1.1", to: "eth1"), route(from: "eth0", "226.1.1.1", to: "eth1"))
    file.keepsChanges = false
    var bench = Bench("eth0", "eth1", "eth2", configuration: file)
    bench.packet("10.0.0.1", "226.1.1.1", by: "eth0")
    let before = bench.entries
    var statement = InterfaceStatement(InterfacePattern("eth1"))
    statement.threshold = 7
    let group = try #require(Prefix("225.9.9.9"))
    let join = StaticJoin(.init(interface: InterfacePattern("eth0"), sources: nil, groups: group))
    bench.ask { [statement] in
      .change(
        [
          .add(route(from: "eth0", "10.0.0.2", "225.1.1.1", to: "eth2"), pending: false),
          .extend(route(from: "eth0", "226.1.1.1", to: "eth2")), .join(join, pending: false),
          .set(statement),
        ], bestEffort: false, request: $0)
    }
    #expect(bench.entries.count == 3 && bench.joins.count == 1)
    #expect(bench.path("10.0.0.1", "226.1.1.1") == "eth0>eth1(7),eth2")
    bench.log = []
    bench.step([.configure(file, isReload: true, request: nil)])
    #expect(bench.entries == before)
    #expect(bench.joins.isEmpty)
    // One removal, and each of the two others back as it was by one replacement.
    #expect(bench.entryActions == 3)
    bench.log = []
    bench.step([.configure(file, isReload: true, request: nil)])
    #expect(bench.entryActions == 0)
  }
}

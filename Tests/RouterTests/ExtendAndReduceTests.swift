import Addressing
import Configuration
import Control
import Forwarding
import Kernel
import Router
import Testing
import Timing

/// `extend` and `reduce`: changes of single interfaces, as SMCRoute's clients make them.
@Suite struct ExtendAndReduceTests {
  private func file(_ routes: StaticRoute...) -> Configuration {
    var file = configuration(routes)
    file.table.precedence = .stated
    return file
  }

  private func outcome(_ bench: inout Bench, _ changes: Change...) -> ChangeResult.Outcome? {
    guard case .changes(let results, _) = bench.ask({ .change(changes, bestEffort: false, request: $0) })
    else {
      return nil
    }
    return results.last?.outcome
  }

  private func rows(_ bench: inout Bench) -> [String] {
    guard case .rules(let rows, _) = bench.ask({ .request($0, .rules(from: .first, limit: 100)) }) else {
      return []
    }
    return rows.sorted { $0.order < $1.order }.map {
      "\($0.inboundPatterns.joined()) \($0.group) \($0.outboundPatterns.joined(separator: ","))"
    }
  }

  @Test("A reduction of one interface splits a pattern; the parts keep the place of the whole")
  func split() {
    var bench = Bench(
      "eth0", "eth1", "eth2",
      configuration: file(
        route(from: "eth+", "225.1.0.0/16", to: "eth2"), route(from: "eth+", "225.1.1.1", to: "eth0")))
    for name in ["eth0", "eth1"] {
      bench.packet("10.0.0.\(name.last ?? "9")", "225.1.1.1", by: name)
    }
    #expect(bench.path("10.0.0.0", "225.1.1.1") == "eth0>eth2")
    let key = route(from: "eth0", "225.1.0.0/16", to: "").key
    bench.log = []
    #expect(outcome(&bench, .reduce(key, [])) == .done)
    #expect(
      rows(&bench) == [
        "eth1 225.1.0.0/16 eth2", "eth2 225.1.0.0/16 eth2", "eth+ 225.1.1.1 eth0",
      ])
    // eth0's flow falls to the next rule, which does not reflect; the other flow is not touched.
    #expect(bench.path("10.0.0.0", "225.1.1.1") == "eth0>")
    #expect(bench.path("10.0.0.1", "225.1.1.1") == "eth1>eth2")
    #expect(bench.entryActions == 1)
    bench.step([.configure(file(), isReload: true, request: nil)])
    bench.ask { .undo($0) }
    #expect(rows(&bench).count == 3)
  }

  @Test("Outbound interfaces are taken out of patterns; what is left of nothing blocks")
  func outbound() {
    var bench = Bench(
      "eth0", "eth1", "eth2", configuration: file(route(from: "eth0", "10.0.0.1", "225.1.1.1", to: "eth+")))
    let key = route(from: "eth0", "10.0.0.1", "225.1.1.1", to: "").key
    #expect(outcome(&bench, .reduce(key, [InterfacePattern("eth1")])) == .done)
    #expect(bench.path("10.0.0.1", "225.1.1.1") == "eth0>eth2")
    #expect(outcome(&bench, .reduce(key, [InterfacePattern("eth1")])) == .unchanged)
    #expect(outcome(&bench, .reduce(key, [InterfacePattern("eth+")])) == .done)
    #expect(bench.path("10.0.0.1", "225.1.1.1") == "eth0>")
    #expect(outcome(&bench, .reduce(key, [])) == .done)
    #expect(bench.path("10.0.0.1", "225.1.1.1") == nil)
  }

  @Test("What no rule covers is refused, and with it the whole transaction")
  func refused() {
    var bench = Bench(
      "eth0", "eth1", "wg0", configuration: file(route(from: "eth+", "225.1.1.1", to: "eth1")))
    let before = rows(&bench)
    for key in [
      route(from: "wg0", "225.1.1.1", to: "").key, route(from: "eth0", "225.1.1.0/24", to: "").key,
      route(from: "eth9", "225.1.1.1", to: "").key,
    ] {
      let covered = Change.reduce(route(from: "eth0", "225.1.1.1", to: "").key, [])
      #expect(outcome(&bench, covered, .reduce(key, [])) == .refused)
      #expect(rows(&bench) == before)
    }
    let absent = route(from: "eth9", "225.1.1.1", to: "eth1")
    #expect(outcome(&bench, .extend(absent)) == .refused)
  }

  @Test("An extension adds to the rule in its place and takes names of interfaces that are to come")
  func extended() {
    var bench = Bench(
      "eth0", "eth1",
      configuration: file(
        route(from: "eth0", "225.1.1.1", to: "eth1"), route(from: "eth0", "225.1.0.0/16", to: "")))
    bench.packet("10.0.0.1", "225.1.1.1", by: "eth0")
    #expect(outcome(&bench, .extend(route(from: "eth0", "225.1.1.1", to: "eth7"))) == .done)
    #expect(outcome(&bench, .extend(route(from: "eth0", "225.1.1.1", to: "eth7"))) == .unchanged)
    #expect(rows(&bench) == ["eth0 225.1.1.1 eth1,eth7", "eth0 225.1.0.0/16 "])
    bench.appear("eth7", index: 70)
    #expect(bench.path("10.0.0.1", "225.1.1.1") == "eth0>eth1,eth7")
    // One transaction that makes, splits and empties a rule ends where it began.
    let new = route(from: "eth+", "226.1.1.1", to: "eth1")
    let parts = ["eth0", "eth1", "eth7"].map { Change.reduce(route(from: $0, "226.1.1.1", to: "").key, []) }
    bench.ask { .change([.extend(new)] + parts, bestEffort: false, request: $0) }
    #expect(rows(&bench) == ["eth0 225.1.1.1 eth1,eth7", "eth0 225.1.0.0/16 "])
  }
}

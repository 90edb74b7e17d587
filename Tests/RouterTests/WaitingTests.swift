import Addressing
import Configuration
import Control
import Forwarding
import Kernel
import Membership
import Router
import Testing
import Timing

/// What is told of rules and joins that wait, of sources that move, and of flows that nobody wants.
@Suite struct WaitingTests {
  /// `change subject` of the notices of these kinds since the log was cleared.
  private func told(_ bench: Bench, _ changes: Notice.Change...) -> [String] {
    bench.log.compactMap { action in
      guard case .notice(let notice, _) = action, changes.contains(notice.change) else { return nil }
      let facts = notice.route.map { "\($0.inbound) \($0.source) \($0.group)" } ?? ""
      return "\(notice.kind.rawValue) \(notice.change.rawValue) \(facts)"
    }
  }

  @Test("A rule is told when it begins to wait and when its last missing interface is there")
  func rule() {
    let waiting = route(from: "wg0", "225.1.1.1", to: "wg1")
    var bench = Bench(
      "eth0", configuration: configuration(waiting, route(from: "eth0", "225.1.1.2", to: "eth0")))
    #expect(told(bench, .waiting, .activated) == ["route waiting wg0 * 225.1.1.1"])
    bench.log = []
    bench.step([
      .configure(
        configuration(waiting, route(from: "eth0", "225.1.1.2", to: "eth0")), isReload: true, request: nil)
    ])
    bench.appear("wg0", index: 20)
    #expect(told(bench, .waiting, .activated).isEmpty)
    bench.appear("wg1", index: 21)
    #expect(told(bench, .waiting, .activated) == ["route activated wg0 * 225.1.1.1"])
    bench.log = []
    bench.vanish("wg1")
    #expect(told(bench, .waiting, .activated) == ["route waiting wg0 * 225.1.1.1"])
    bench.log = []
    bench.ask { .change([.delete(waiting.key)], bestEffort: false, request: $0) }
    bench.appear("wg1", index: 22)
    #expect(told(bench, .waiting, .activated).isEmpty)
  }

  @Test("A change that names what is not there is told, and a join as a rule is")
  func change() throws {
    var bench = Bench("eth0", configuration: configuration(route(from: "eth0", "225.1.1.1", to: "eth0")))
    let group = try #require(Prefix("225.9.9.9"))
    let join = StaticJoin(.init(interface: InterfacePattern("wg0"), sources: nil, groups: group))
    bench.ask {
      .change(
        [.extend(route(from: "eth0", "225.1.1.1", to: "wg0")), .join(join, pending: true)], bestEffort: false,
        request: $0)
    }
    #expect(
      told(bench, .waiting, .activated) == ["route waiting eth0 * 225.1.1.1", "join waiting wg0 * 225.9.9.9"])
    bench.log = []
    bench.appear("wg0", index: 20)
    #expect(
      told(bench, .waiting, .activated) == [
        "route activated eth0 * 225.1.1.1", "join activated wg0 * 225.9.9.9",
      ])
  }

  @Test("Of thousands that wait for one interface a hundred are told and the others counted")
  func many() {
    var file = Configuration()
    file.routes = (0..<500).map {
      route(from: "wg0", "10.0.\($0 / 250).\($0 % 250)", "225.1.1.1", to: "eth0")
    }
    var bench = Bench("eth0", configuration: file)
    #expect(told(bench, .waiting).count == 101)
    bench.log = []
    bench.appear("wg0", index: 20)
    #expect(told(bench, .activated).count == 101)
  }

  @Test("A flow without a rule is told once with its facts, and a source that moved with both interfaces")
  func upcalls() throws {
    var bench = Bench(
      "eth0", "eth1", "eth2", configuration: configuration(route(from: "eth0 eth1", "225.1.1.1", to: "eth2")))
    bench.packet("10.0.0.1", "226.1.1.1", by: "eth0")
    bench.packet("10.0.0.1", "226.1.1.1", by: "eth0")
    #expect(told(bench, .unmatched) == ["upcall unmatched eth0 10.0.0.1 226.1.1.1"])
    bench.packet("10.0.0.1", "225.1.1.1", by: "eth0")
    bench.packet("10.0.0.1", "225.1.1.1", by: "eth1")
    #expect(told(bench, .move) == ["upcall move eth1 10.0.0.1 225.1.1.1"])
    bench.packet("10.0.0.1", "225.1.1.1", by: "eth2")
    #expect(told(bench, .wrongInterface) == ["upcall wrongInterface eth2 10.0.0.1 225.1.1.1"])
    bench.log = []
    for number in 0..<100 { bench.packet("10.0.1.\(number)", "226.1.1.1", by: "eth0") }
    #expect(told(bench, .unmatched).count < 21)
  }
}

import Addressing
import Configuration
import Control
import Forwarding
import Kernel
import Router
import Testing
import Timing

/// A step costs what changed: counted in actions, since a timed test would measure the machine.
@Suite struct StepCostTests {
  private func large(_ count: Int) -> Bench {
    var file = Configuration()
    file.routes = (0..<count).map { number in
      route(from: "eth0", "10.0.\(number / 250).\(number % 250 + 1)", "225.1.2.3", to: "eth1")
    }
    return Bench("eth0", "eth1", "eth2", configuration: file)
  }

  @Test("Adding, changing and deleting one rule among 5,000 writes one entry each")
  func oneRule() {
    var bench = large(5_000)
    #expect(bench.entries.count == 5_000)
    let added = route(from: "eth0", "10.200.0.1", "225.1.2.3", to: "eth1")
    let changes: [Change] = [
      .add(added, pending: false),
      .replace(route(from: "eth0", "10.200.0.1", "225.1.2.3", to: "eth2"), pending: false),
      .delete(added.key),
    ]
    for change in changes {
      bench.log = []
      bench.ask { .change([change], bestEffort: false, request: $0) }
      #expect(bench.entryActions == 1, "\(change.statement)")
    }
  }

  @Test("A new interface that no rule names, and a change of its state, write nothing")
  func bystander() {
    var bench = large(1_000)
    bench.log = []
    bench.appear("dummy7", index: 50)
    bench.step([.kernel(.interfaceChanged(Interface(index: 50, name: "dummy7", flags: [.multicast])))])
    bench.vanish("dummy7")
    let acts = bench.log.contains { if case .kernel = $0 { true } else { false } }
    #expect(!acts)
  }

  @Test("A wide rule touches the entries below it and no others")
  func wideRule() {
    var bench = large(100)
    bench.ask {
      .change(
        [.add(route(from: "eth0", "226.0.0.0/8", to: "eth1"), pending: false)], bestEffort: false, request: $0
      )
    }
    for number in 0..<50 {
      bench.packet("10.9.0.\(number)", number < 20 ? "226.1.0.1" : "226.2.0.1", by: "eth0")
    }
    bench.log = []
    bench.ask {
      .change(
        [.add(route(from: "eth0", "226.1.0.0/16", to: "eth1 eth2"), pending: false)], bestEffort: false,
        request: $0)
    }
    #expect(bench.entryActions == 20)
  }

  @Test("A reload of 5,000 rules with ten changed writes ten entries; one with none writes none")
  func reload() {
    var bench = large(5_000)
    var file = bench.router.settings
    for number in stride(from: 0, to: 5_000, by: 500) {
      file.routes[number].outbound = [.init(InterfacePattern("eth2"))]
    }
    for expected in [10, 0] {
      bench.log = []
      bench.step([.configure(file, isReload: true, request: nil)])
      #expect(bench.entryActions == expected)
    }
  }

  @Test("Counters of entries that came together are read together, in pieces that packets need not wait for")
  func idleReadings() {
    var bench = Bench(
      "eth0", "eth1", configuration: configuration(route(from: "eth0", "226.0.0.0/8", to: "eth1")))
    for number in 0..<1_200 {
      bench.packet("10.9.\(number / 200).\(number % 200 + 1)", "226.1.0.1", by: "eth0")
      bench.now = bench.now + .microseconds(50)
    }
    #expect(bench.entries.count == 1_200)
    bench.log = []
    bench.advance(.seconds(31))
    let readings = bench.log.compactMap { action -> Int? in
      guard case .kernel(.readCounters(_, let entries, _)) = action else { return nil }
      return entries.count
    }
    #expect(readings.reduce(0, +) == 1_200)
    #expect(readings.count <= 4)
    #expect(readings.max() ?? 0 <= 500)
    #expect(bench.entries.count == 1_200, "an entry goes though it was not unused for long")
    bench.advance(.seconds(31))
    #expect(bench.entries.isEmpty)
  }

  @Test("A shorter idle timeout holds for the entries that are there")
  func shorterTimeout() {
    var file = configuration(route(from: "eth0", "226.0.0.0/8", to: "eth1"))
    file.cache.idleMilliseconds = 3_600_000
    var bench = Bench("eth0", "eth1", configuration: file)
    bench.packet("10.9.0.1", "226.1.0.1", by: "eth0")
    file.cache.idleMilliseconds = 10_000
    bench.step([.configure(file, isReload: true, request: nil)])
    bench.advance(.seconds(11))
    #expect(bench.entries.isEmpty)
  }

  /// The rows of a table, a list for each page.
  private func pages(_ bench: inout Bench, _ filter: RouteFilter = RouteFilter()) -> [Int] {
    var counts: [Int] = []
    var cursor: Cursor? = .first
    while let from = cursor {
      guard
        case .rows(.routes(let rows), let next)? = bench.ask({
          .request($0, .show(.routes, filter, from: from, limit: 100))
        })
      else { return [] }
      counts.append(rows.count)
      cursor = next
    }
    return counts
  }

  @Test("A page of a table looks at 500 rows at most, however few of them are shown")
  func pages() {
    var bench = large(5_000)
    let all = pages(&bench)
    #expect(all.reduce(0, +) == 5_000)
    #expect(all.max() ?? 0 <= 100)
    var filter = RouteFilter()
    filter.source = Prefix("10.0.19.250")
    let few = pages(&bench, filter)
    #expect(few.reduce(0, +) == 1)
    #expect(few.count >= 2 * 5_000 / 500 - 1)
  }

  @Test("The configuration comes in pieces, all of them as it was when the first was asked for")
  func textPieces() {
    var bench = large(1_300)
    let whole = bench.router.settings.text
    var text = ""
    var count = 0
    var cursor: Cursor? = .first
    while let from = cursor {
      bench.log = []
      bench.step([.request(77, .configuration(from: from))])
      var reply: Reply?
      for case .reply(77, let found) in bench.log { reply = found }
      guard case .text(let piece, let next)? = reply else { break }
      text += piece
      count += 1
      cursor = next
      bench.ask {
        .change(
          [.add(route(from: "eth0", "10.99.0.\(count)", "225.9.9.9", to: "eth1"), pending: false)],
          bestEffort: false, request: $0)
      }
    }
    #expect(text == whole)
    #expect(count == 7)
  }
}

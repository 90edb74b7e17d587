import Addressing
import Configuration
import Control
import Diagnostics
import Forwarding
import Kernel
import Router
import Testing
import Timing

@Suite struct ResilienceTests {
  private func bench() -> Bench {
    Bench(
      "eth0", "eth1", "eth2",
      configuration: configuration(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1")))
  }

  @Test("An entry that somebody removes, changes or adds is put right at once, and told")
  func foreign() throws {
    var bench = bench()
    let key = try #require(bench.entries.keys.first)
    let entry = try #require(bench.entries[key])
    bench.entries[key] = nil
    bench.step([.kernel(.entryRemoved(key))])
    #expect(bench.entries[key] == entry)
    bench.now = bench.now + .seconds(2)
    bench.entries[key]?.outbound = OutboundList()
    bench.step([.kernel(.entryChanged(try #require(bench.entries[key])))])
    #expect(bench.entries[key] == entry)
    let stranger = try #require(Bench.flow("10.9.9.9", "225.1.2.3"))
    let added = KernelEntry(key: .init(table: .standard, flow: stranger), parent: 0, outbound: entry.outbound)
    bench.entries[added.key] = added
    bench.step([.kernel(.entryChanged(added))])
    #expect(bench.entries[added.key] == nil)
    let told = bench.log.count {
      if case .notice(let notice, _) = $0 { notice.code == .foreignEntry } else { false }
    }
    #expect(told == 3)
  }

  private func problems(_ bench: inout Bench) -> [Code] {
    guard case .status(let status)? = bench.ask({ .request($0, .status) }) else { return [.internalDefect] }
    return status.problems.map(\.code)
  }

  @Test("A problem ends with its cause: a retried entry, interfaces that found no place")
  func endOfProblems() throws {
    var bench = bench()
    let entry = try #require(bench.entries.values.first)
    bench.step([.kernel(.failed(.addEntry(entry), errno: 12))])
    #expect(problems(&bench) == [.entryRefused])
    bench.advance(.seconds(61))
    #expect(problems(&bench).isEmpty)
    bench.ask {
      .change(
        [.add(route(from: "x*", "225.9.0.0/16", to: "y*"), pending: false)], bestEffort: false, request: $0)
    }
    for index in 0..<40 {
      bench.appear("x\(index)", index: Int32(100 + index))
      bench.appear("y\(index)", index: Int32(200 + index))
    }
    #expect(problems(&bench).contains(.vifSlotsUsed))
    for index in 0..<40 {
      bench.vanish("x\(index)")
      bench.vanish("y\(index)")
    }
    #expect(problems(&bench).isEmpty)
  }

  @Test("What an entry was is told by the interfaces and thresholds that it had")
  func formerPaths() {
    var wanted = configuration(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1 eth2"))
    wanted.hook = "/hook"
    var bench = Bench("eth0", "eth1", "eth2", configuration: wanted)
    bench.log = []
    bench.vanish("eth2")
    bench.ask {
      .change(
        [.replace(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1:9"), pending: false)],
        bestEffort: false, request: $0)
    }
    let told = bench.log.compactMap { action -> String? in
      guard case .notice(let notice, _) = action, notice.change == .change else { return nil }
      return "\(notice.before ?? "-"), \(notice.after ?? "-")"
    }
    #expect(told == ["eth0 → eth1 eth2, eth0 → eth1", "eth0 → eth1, eth0 → eth1(9)"])
  }

  @Test("The late echo of our own change is not taken for somebody else's")
  func echo() throws {
    var bench = bench()
    let old = try #require(bench.entries.values.first)
    bench.ask {
      .change(
        [.replace(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth2"), pending: false)],
        bestEffort: false, request: $0)
    }
    bench.log = []
    bench.step([.kernel(.entryChanged(old))])
    #expect(bench.entryActions == 0)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth2")
  }

  @Test("The audit finds what no notification told")
  func audit() {
    var bench = bench()
    bench.entries = [:]
    bench.advance(.seconds(61))
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
  }

  @Test("A refused entry is tried again with growing waits until the kernel takes it")
  func refusedEntry() throws {
    var bench = bench()
    let entry = try #require(bench.entries.values.first)
    bench.entries = [:]
    bench.log = []
    bench.step([.kernel(.failed(.addEntry(entry), errno: 12))])
    #expect(bench.entries.isEmpty)
    bench.advance(.seconds(1))
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
  }

  @Test("Blocking entries are bounded: the oldest makes room")
  func blockingLimit() {
    var file = configuration(route(from: "eth0", "225.1.2.3", to: "eth1"))
    file.limits.blocking = 10
    var bench = Bench("eth0", "eth1", configuration: file)
    for number in 0..<30 { bench.packet("10.0.1.\(number)", "226.0.0.1", by: "eth0") }
    #expect(bench.entries.count == 10)
    #expect(bench.path("10.0.1.29", "226.0.0.1") == "eth0>")
    #expect(bench.path("10.0.1.0", "226.0.0.1") == nil)
  }

  @Test("One source cannot fill the table, and a full table keeps what is in use")
  func onDemandLimits() {
    var file = configuration(route(from: "eth0", "225.0.0.0/8", to: "eth1"))
    file.limits.entriesPerSource = 5
    file.limits.entries = 8
    var bench = Bench("eth0", "eth1", configuration: file)
    for number in 0..<10 { bench.packet("10.0.0.1", "225.0.0.\(number)", by: "eth0") }
    #expect(bench.entries.count == 5)
    for number in 0..<10 { bench.packet("10.0.1.\(number)", "225.0.0.1", by: "eth0") }
    #expect(bench.entries.count == 8)
    bench.now = bench.now + .seconds(11)
    bench.packet("10.0.2.1", "225.0.0.1", by: "eth0")
    #expect(bench.path("10.0.2.1", "225.0.0.1") == "eth0>eth1")
    #expect(bench.entries.count == 8)
  }

  @Test("At the memory limit the tables stop growing, and what is there goes on")
  func memoryLimit() {
    var file = configuration(route(from: "eth0", "225.0.0.0/8", to: "eth1"))
    file.limits.memory = 8_000
    var bench = Bench("eth0", "eth1", configuration: file)
    for number in 0..<40 { bench.packet("10.0.0.\(number)", "225.0.0.1", by: "eth0") }
    #expect(bench.entries.count > 0 && bench.entries.count < 20)
    #expect(bench.path("10.0.0.0", "225.0.0.1") == "eth0>eth1")
    let reply = bench.ask {
      .change(
        [.add(route(from: "eth1", "226.0.0.1", to: "eth0"), pending: false)], bestEffort: false, request: $0)
    }
    guard case .changes(let results, _)? = reply else {
      Issue.record("no results")
      return
    }
    #expect(results.first?.error?.code == .limitReached)
  }

  @Test("More upcalls than the limit are dropped and counted, and served again a second later")
  func upcallLimit() {
    var file = configuration(route(from: "eth0", "225.0.0.0/8", to: "eth1"))
    file.limits.upcalls = 20
    var bench = Bench("eth0", "eth1", configuration: file)
    for number in 0..<40 { bench.packet("10.0.0.\(number)", "225.0.0.1", by: "eth0") }
    #expect(bench.entries.count == 20)
    bench.now = bench.now + .seconds(1)
    bench.packet("10.0.0.39", "225.0.0.1", by: "eth0")
    #expect(bench.entries.count == 21)
  }

  @Test("Upcalls that no sane kernel makes are counted and change nothing", arguments: Upcall.Kind.allCases)
  func strangeUpcalls(_ kind: Upcall.Kind) throws {
    var bench = bench()
    bench.log = []
    for (source, vif) in [("10.0.0.7", 31), ("127.0.0.1", 0), ("224.0.0.9", 0), ("0.0.0.0", 0)]
      as [(String, VIFIndex)]
    {
      let flow = try #require(Bench.flow(source, "225.7.7.7"))
      bench.step([.kernel(.upcall(Upcall(kind: kind, table: .standard, vif: vif, flow: flow)))])
    }
    let local = try #require(Bench.flow("10.0.0.7", "224.0.0.5"))
    bench.step([.kernel(.upcall(Upcall(kind: kind, table: .standard, vif: 0, flow: local)))])
    #expect(bench.entryActions == 0)
  }

  @Test("Stopping withdraws every join, entry, VIF, rule and table, then says so")
  func stop() {
    var bench = Bench(
      "eth0", "eth1", "eth2", "eth3",
      configuration: configuration(
        route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth2"),
        route(from: "eth1", "10.0.0.1", "225.1.2.3", to: "eth3")))
    bench.step([.stop])
    #expect(bench.entries.isEmpty && bench.vifs.isEmpty && bench.selections.isEmpty && bench.tables.isEmpty)
    #expect(bench.log.last == .finished)
  }

  @Test("The same seed and steps give the same actions, whatever order hash tables have")
  func determinism() {
    let run = { () -> [Action] in
      var bench = Bench("a0", "a1", "b0", "b1", seed: 99)
      var generator = Generator(seed: 5)
      for _ in 0..<300 {
        let number = Int.random(in: 0..<20, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0:
          bench.ask {
            .change(
              [
                .replace(
                  route(from: "a\(number % 2)", "10.0.0.\(number)", "225.0.0.1", to: "b*"), pending: true)
              ],
              bestEffort: true, request: $0)
          }
        case 1:
          bench.ask {
            .change(
              [.add(route(from: "a*", "225.0.0.0/\(8 + number)", to: "b0 b1"), pending: true)],
              bestEffort: true, request: $0)
          }
        case 2: bench.packet("10.0.0.\(number)", "225.0.0.1", by: "a\(number % 2)")
        case 3: bench.vanish("b\(number % 2)")
        case 4:
          let name = "b\(number % 2)"
          if bench.index(of: name) == nil { bench.appear(name, index: Int32(20 + number)) }
        default: bench.advance(.seconds(7))
        }
      }
      return bench.log
    }
    #expect(run() == run())
  }
}

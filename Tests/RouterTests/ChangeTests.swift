import Addressing
import Configuration
import Control
import Diagnostics
import Forwarding
import Kernel
import Membership
import Router
import Testing
import Timing

@Suite struct ChangeTests {
  private static let rule = route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1")

  private func add(_ route: StaticRoute, to bench: inout Bench) -> Reply? {
    bench.ask { .change([.add(route, pending: false)], bestEffort: false, request: $0) }
  }

  private func code(_ reply: Reply?) -> Code? {
    switch reply {
    case .changes(let results, _): results.first { $0.outcome == .refused }?.error?.code
    case .refused(let diagnostics): diagnostics.first?.code
    default: nil
    }
  }

  @Test("A rule added at run time survives a reload, stands in the saved text and goes when it is deleted")
  func overlay() {
    var bench = Bench("eth0", "eth1", "eth2", configuration: configuration())
    #expect(code(add(ChangeTests.rule, to: &bench)) == nil)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
    bench.step([
      .configure(
        configuration(route(from: "eth0", "10.0.0.2", "225.1.2.3", to: "eth1")), isReload: true, request: nil)
    ])
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
    guard case .text(let text, nil)? = bench.ask({ .request($0, .configuration(from: .first)) }) else {
      Issue.record("no text")
      return
    }
    #expect(text.contains("10.0.0.1") && text.contains("10.0.0.2"))
    bench.ask { .change([.delete(ChangeTests.rule.key)], bestEffort: false, request: $0) }
    #expect(bench.path("10.0.0.1", "225.1.2.3") == nil)
  }

  @Test("A restart tells what its file changes: what was added and deleted at run time is no change of it")
  func changesAtRestart() {
    let other = route(from: "eth0", "10.0.0.2", "225.1.2.3", to: "eth1")
    let hidden = route(from: "eth0", "10.0.0.3", "225.1.2.3", to: "eth1")
    let file = configuration(ChangeTests.rule, hidden)
    var bench = Bench("eth0", "eth1", "eth2", configuration: file)
    bench.ask { .change([.delete(hidden.key)], bestEffort: false, request: $0) }
    #expect(code(add(other, to: &bench)) == nil)
    func changes(_ configuration: Configuration) -> [Int] {
      let summary = bench.router.changes(atRestartWith: configuration)
      return [summary.added, summary.changed, summary.removed, summary.untouched]
    }
    #expect(changes(file) == [0, 0, 0, 2])
    #expect(changes(configuration(hidden)) == [0, 0, 1, 1])
    let moved = route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth2")
    let fresh = route(from: "eth0", "10.0.0.4", "225.1.2.3", to: "eth2")
    #expect(changes(configuration(moved, fresh, other)) == [1, 1, 0, 1])
    // And so it comes.
    let bytes = bench.router.snapshot(.whole)
    bench.restart(configuration(moved, fresh, other), snapshot: bytes)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth2")
    #expect(bench.path("10.0.0.2", "225.1.2.3") == "eth0>eth1")
    #expect(bench.path("10.0.0.3", "225.1.2.3") == nil)
    #expect(bench.path("10.0.0.4", "225.1.2.3") == "eth0>eth2")
  }

  @Test("A file's rule that is deleted stays away until the next reload")
  func hidden() {
    let file = configuration(ChangeTests.rule)
    var bench = Bench("eth0", "eth1", configuration: file)
    bench.ask { .change([.delete(ChangeTests.rule.key)], bestEffort: false, request: $0) }
    #expect(bench.path("10.0.0.1", "225.1.2.3") == nil)
    bench.step([.configure(file, isReload: true, request: nil)])
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
  }

  @Test(
    "A rule changed at run time wins over the file's through a reload; its deletion uncovers nothing before"
  )
  func covering() {
    let file = configuration(ChangeTests.rule)
    var bench = Bench("eth0", "eth1", "eth2", configuration: file)
    let other = route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth2")
    bench.ask { .change([.replace(other, pending: false)], bestEffort: false, request: $0) }
    bench.step([.configure(file, isReload: true, request: nil)])
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth2")
    bench.ask { .change([.delete(other.key)], bestEffort: false, request: $0) }
    #expect(bench.path("10.0.0.1", "225.1.2.3") == nil)
    bench.step([.configure(file, isReload: true, request: nil)])
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
  }

  @Test("A transaction is done whole or not at all; best effort does what can be done")
  func transactions() {
    var bench = Bench("eth0", "eth1", configuration: configuration())
    let second = route(from: "eth0", "10.0.0.2", "225.1.2.3", to: "eth1")
    let changes: [Change] = [
      .add(ChangeTests.rule, pending: false), .add(ChangeTests.rule, pending: false),
      .add(second, pending: false),
    ]
    let refused = bench.ask { .change(changes, bestEffort: false, request: $0) }
    #expect(code(refused) == .duplicateRule)
    #expect(bench.entries.isEmpty)
    bench.ask { .change(changes, bestEffort: true, request: $0) }
    #expect(bench.entries.count == 2)
  }

  @Test("What cannot be is refused with its code and changes nothing")
  func refusals() {
    var bench = Bench("eth0", "eth1", configuration: configuration(ChangeTests.rule))
    bench.log = []
    #expect(code(add(ChangeTests.rule, to: &bench)) == .duplicateRule)
    #expect(code(add(route(from: "eth9", "225.1.1.1", to: "eth1"), to: &bench)) == .unknownInterface)
    #expect(
      code(
        bench.ask {
          .change([.delete(route(from: "eth0", "225.1.1.1", to: "").key)], bestEffort: false, request: $0)
        })
        == .noSuchObject)
    #expect(code(bench.ask { .undo($0) }) == .noSuchObject)
    #expect(code(bench.ask { .confirm($0) }) == .noSuchObject)
    #expect(bench.entryActions == 0)
    bench.ask {
      .change(
        [.add(route(from: "eth9", "10.0.0.5", "225.1.1.1", to: "eth1"), pending: true)], bestEffort: false,
        request: $0)
    }
    bench.appear("eth9", index: 9)
    #expect(bench.path("10.0.0.5", "225.1.1.1") == "eth9>eth1")
  }

  @Test("An applied configuration that nobody confirms is taken back; undo goes back one")
  func confirmation() {
    let first = configuration(ChangeTests.rule)
    let second = configuration(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth2"))
    var bench = Bench("eth0", "eth1", "eth2", configuration: first)
    bench.ask { .apply(second, confirmSeconds: 10, request: $0) }
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth2")
    bench.advance(.seconds(11))
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
    bench.ask { .apply(second, confirmSeconds: 10, request: $0) }
    bench.ask { .confirm($0) }
    bench.advance(.seconds(11))
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth2")
    bench.ask { .undo($0) }
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
  }

  @Test("A table cannot be changed by a reload or an apply: nothing happens, and the refusal says why")
  func tableFixed() {
    var bench = Bench("eth0", "eth1", configuration: configuration(ChangeTests.rule))
    var other = configuration()
    other.table.id = 100
    let reload = bench.ask { [other] in .configure(other, isReload: true, request: $0) }
    let apply = bench.ask { [other] in .apply(other, confirmSeconds: nil, request: $0) }
    let plan = bench.ask { [other] in .plan(other, request: $0) }
    #expect([reload, apply, plan].map { code($0) } == [.tableFixed, .tableFixed, .tableFixed])
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
  }

  @Test("What is decided after an unconfirmed configuration stays")
  func laterDecision() {
    let first = configuration(ChangeTests.rule)
    let second = configuration(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth2"))
    let third = configuration(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1 eth2"))
    var bench = Bench("eth0", "eth1", "eth2", configuration: first)
    bench.ask { .apply(second, confirmSeconds: 10, request: $0) }
    bench.ask { .apply(third, confirmSeconds: nil, request: $0) }
    bench.advance(.seconds(11))
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1,eth2")
    bench.ask { .apply(second, confirmSeconds: 10, request: $0) }
    bench.ask { .undo($0) }
    bench.ask {
      .change(
        [.add(route(from: "eth0", "10.0.0.1", "225.4.4.4", to: "eth2"), pending: false)],
        bestEffort: false, request: $0)
    }
    bench.advance(.seconds(11))
    #expect(bench.path("10.0.0.1", "225.4.4.4") == "eth0>eth2")
  }

  @Test("A plan counts the flows that it stops")
  func interruptions() {
    var bench = Bench("eth0", "eth1", configuration: configuration(ChangeTests.rule))
    guard case .plan(_, let summary)? = bench.ask({ .plan(configuration(), request: $0) }) else {
      Issue.record("no plan")
      return
    }
    #expect(summary.interrupted == 1)
  }

  @Test("A reload of the same file is no step to undo")
  func nothingToUndo() {
    let file = configuration(ChangeTests.rule)
    var bench = Bench("eth0", "eth1", configuration: file)
    bench.step([.configure(file, isReload: true, request: nil)])
    #expect(code(bench.ask { .undo($0) }) == .noSuchObject)
    bench.step([.configure(configuration(), isReload: true, request: nil)])
    bench.ask { .undo($0) }
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
  }

  @Test("A plan says what a configuration would do and does nothing")
  func planning() {
    var bench = Bench("eth0", "eth1", "eth2", configuration: configuration(ChangeTests.rule))
    bench.log = []
    let new = configuration(
      route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1 eth2"),
      route(from: "eth0", "225.9.0.0/16", to: "eth1"))
    guard case .plan(let changes, let summary)? = bench.ask({ .plan(new, request: $0) }) else {
      Issue.record("no plan")
      return
    }
    #expect(changes.map(\.action) == [.change, .add])
    #expect(changes.first?.effect == .continues)
    #expect(summary.kernelChanges == 1)
    #expect(bench.entryActions == 0)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
  }

  @Test(
    "Joins follow the links, are held once however often they are stated, and left when nobody states them"
  )
  func joins() throws {
    let groups = try #require(Prefix("239.1.0.0/30"))
    let wide = StaticJoin(.init(interface: InterfacePattern("eth*"), sources: nil, groups: groups))
    let one = StaticJoin(
      .init(interface: InterfacePattern("eth0"), sources: nil, groups: try #require(Prefix("239.1.0.1"))))
    var file = configuration()
    file.joins = [wide, one]
    var bench = Bench("eth0", "x1", configuration: file)
    #expect(bench.joins.count == 4)
    bench.appear("eth1", index: 8)
    #expect(bench.joins.count == 8)
    bench.vanish("eth0")
    #expect(bench.joins.count == 4)
    bench.appear("eth0", index: 9)
    bench.ask { .change([.leave(wide.key)], bestEffort: false, request: $0) }
    #expect(bench.joins.map(\.group.description) == ["239.1.0.1"])
    bench.log = []
    #expect(code(bench.ask { .change([.leave(wide.key)], bestEffort: false, request: $0) }) == .noSuchObject)
  }
}

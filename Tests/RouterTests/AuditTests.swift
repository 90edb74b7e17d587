import Addressing
import Configuration
import Control
import Diagnostics
import Forwarding
import Kernel
import Router
import Testing
import Timing

/// Reading the kernel's tables back, some entries at a time.
@Suite struct AuditTests {
  private static let count = 350

  /// `10.1.H.L` to `225.1.H.L`, in at eth0 and out at eth1.
  private static func rule(_ number: Int, to outbound: String = "eth1") -> StaticRoute {
    route(from: "eth0", source(number), group(number), to: outbound)
  }

  private static func source(_ number: Int) -> String { "10.1.\(number / 100).\(1 + number % 100)" }
  private static func group(_ number: Int) -> String { "225.1.\(number / 100).\(1 + number % 100)" }

  private static func key(_ number: Int) throws -> KernelEntry.Key {
    KernelEntry.Key(table: .standard, flow: try #require(Bench.flow(source(number), group(number))))
  }

  private static func bench() -> Bench {
    Bench("eth0", "eth1", "eth2", configuration: configuration((0..<count).map { rule($0) }))
  }

  /// What somebody does to some of them, in every slice, and entries of strangers.
  private static func tamper(_ bench: inout Bench) throws {
    for number in stride(from: 0, to: count, by: 37) { bench.entries[try key(number)] = nil }
    for number in stride(from: 5, to: count, by: 41) {
      bench.entries[try key(number)]?.outbound = OutboundList()
    }
    let model = try #require(bench.entries[try key(1)])
    for number in 0..<20 {
      let flow = try #require(Bench.flow("10.9.9.\(number + 1)", "225.9.9.9"))
      var entry = model
      entry.key.flow = flow
      bench.entries[entry.key] = entry
    }
  }

  /// Repairs, in no order.
  private static func repairs(_ actions: [Action]) -> Set<KernelAction> {
    Set(
      actions.compactMap { action in
        switch action {
        case .kernel(.addEntry(let entry)): .addEntry(entry)
        case .kernel(.removeEntry(let key)): .removeEntry(key)
        default: nil
        }
      })
  }

  private static func foreign(_ bench: Bench) -> [String] {
    bench.log.compactMap { action in
      guard case .notice(let notice, _) = action, notice.code == .foreignEntry else { return nil }
      return notice.detail
    }
  }

  @Test("Slices find what one look at everything finds, and no slice is large")
  func sameDifferences() throws {
    var bench = AuditTests.bench()
    let wanted = bench.entries
    try AuditTests.tamper(&bench)
    // The same Router is told everything at once.
    var other = bench.router
    let absent = other.installedKeys.filter { bench.entries[$0] == nil }
    let atOnce = other.step(
      [.kernel(.entriesRead(present: Array(bench.entries.values), absent: absent))], at: bench.now)
    bench.log = []
    bench.advance(.seconds(61))
    #expect(AuditTests.repairs(bench.log) == AuditTests.repairs(atOnce))
    #expect(AuditTests.repairs(bench.log).count == 10 + 8 + 20)
    #expect(bench.entries == wanted)
    let slices = bench.log.compactMap { action -> Int? in
      if case .kernel(.readEntries(let keys)) = action { keys.count } else { nil }
    }

    #expect(slices.count >= 7 && slices.filter { $0 <= 50 }.count >= 6)
    #expect(slices.reduce(0, +) < 2 * AuditTests.count)
  }

  @Test("Every row is asked for once a minute, with time for packets between two slices")
  func pace() {
    var bench = AuditTests.bench()
    bench.now = bench.now + .seconds(60)
    var keys: [KernelEntry.Key] = []
    var instants: Set<Instant> = []
    bench.log = []
    while let due = bench.router.nextDeadline, due <= .start + .seconds(119) {
      bench.now = max(bench.now, due)
      bench.log = []
      bench.step([])
      for case .kernel(.readEntries(let asked)) in bench.log {
        keys += asked
        instants.insert(bench.now)
      }
    }
    #expect(keys.count == AuditTests.count && Set(keys).count == AuditTests.count)
    #expect(instants.count == 7)
  }

  @Test("What changes between two slices is not put back to what was read before")
  func changesBetween() throws {
    var bench = AuditTests.bench()
    bench.log = []
    bench.now = bench.now + .seconds(60)
    // The first slice is read; the search has told everything as it was.
    bench.step([])
    let stale = bench.entries.keys.sorted().compactMap { bench.entries[$0] }
    bench.ask {
      .change(
        [
          .replace(AuditTests.rule(3, to: "eth2"), pending: false),
          .replace(AuditTests.rule(300, to: "eth2"), pending: false), .delete(AuditTests.rule(2).key),
          .delete(AuditTests.rule(301).key),
        ], bestEffort: false, request: $0)
    }
    let wanted = bench.entries
    #expect(wanted.count == AuditTests.count - 2)
    bench.log = []
    // A piece that was read before the change comes after it.
    bench.step([.kernel(.entriesFound(stale, isLast: true))])
    bench.advance(.seconds(30))
    #expect(AuditTests.repairs(bench.log).isEmpty)
    #expect(AuditTests.foreign(bench) == [])
    #expect(bench.entries == wanted)
    #expect(bench.path(AuditTests.source(300), AuditTests.group(300)) == "eth0>eth2")
  }

  @Test("An answer from before what the same step does is no deed of a stranger's")
  func answerOfTheStep() throws {
    var bench = AuditTests.bench()
    let (first, second) = (try AuditTests.key(0), try AuditTests.key(1))
    let old = try #require(bench.entries[first])
    bench.log = []
    bench.step([
      .kernel(.failed(.addEntry(old), errno: 12)),
      .kernel(.entriesRead(present: [], absent: [first, second, second])),
    ])
    // The refused one waits for its retry; the other is put right, once.
    #expect(AuditTests.repairs(bench.log) == [.addEntry(try #require(bench.entries[second]))])
    #expect(AuditTests.foreign(bench).count == 1)
  }

  @Test("An entry that an idle reading has just removed is not a stranger's")
  func idleMeanwhile() throws {
    var file = configuration(route(from: "eth0", "225.2.0.0/16", to: "eth1"))
    file.cache.idleMilliseconds = 60_000
    var bench = Bench("eth0", "eth1", configuration: file)
    bench.packet("10.0.0.9", "225.2.0.7", by: "eth0")
    #expect(bench.entries.count == 1)
    bench.log = []
    // The reading of the counters and the audit fall due in one step.
    bench.advance(.seconds(130))
    #expect(bench.entries.isEmpty)
    #expect(AuditTests.foreign(bench) == [])
  }

  // MARK: A life that could not read everything

  @Test("Entries that a broken reading left out are taken over when a search finds them, and not removed")
  func unread() throws {
    let file = configuration(
      route(from: "eth0", "225.2.0.0/16", to: "eth1"), route(from: "eth2", "225.3.0.0/16", to: "eth1"))
    var bench = Bench("eth0", "eth1", "eth2", configuration: file)
    for number in 1...40 { bench.packet("10.0.0.\(number)", "225.2.0.7", by: "eth0") }
    bench.packet("10.0.0.8", "225.9.0.7", by: "eth2")
    let wanted = bench.entries
    #expect(wanted.count == 41)
    var adoption = bench.adoption
    adoption.entries = Array(adoption.entries.prefix(10))
    adoption.isPartial = true
    bench.restart(file, adoption)
    #expect(bench.entries == wanted)
    bench.log = []
    let all = wanted.keys.sorted().compactMap { wanted[$0] }
    bench.step([.kernel(.entriesFound(Array(all[..<25]), isLast: false))])
    bench.step([.kernel(.entriesFound(Array(all[25...]), isLast: true))])
    #expect(bench.entries == wanted)
    #expect(AuditTests.foreign(bench) == [])
    #expect(Set(bench.router.installedKeys) == Set(wanted.keys))
    // From then on what nobody knows is a stranger's.
    let flow = try #require(Bench.flow("10.9.9.9", "225.2.9.9"))
    var stranger = try #require(all.first)
    stranger.key.flow = flow
    bench.entries[stranger.key] = stranger
    bench.step([.kernel(.entriesFound([stranger], isLast: true))])
    #expect(bench.entries == wanted)
    #expect(AuditTests.foreign(bench).count == 1)
    // And they go as others do, when nothing uses them.
    bench.advance(.seconds(400))
    #expect(bench.entries.isEmpty)
  }

  @Test("An entry found late that no rule wants any more goes, and one that is to be otherwise is written")
  func unreadAndUnwanted() {
    var bench = Bench(
      "eth0", "eth1", "eth2",
      configuration: configuration(
        route(from: "eth0", "225.2.0.0/16", to: "eth1"), route(from: "eth0", "225.3.0.0/16", to: "eth1"),
        route(from: "eth0", "225.4.0.0/16", to: "eth1")))
    bench.packet("10.0.0.9", "225.2.0.7", by: "eth0")
    bench.packet("10.0.0.9", "225.3.0.7", by: "eth0")
    var adoption = bench.adoption
    let all = adoption.entries
    adoption.entries = []
    adoption.isPartial = true
    bench.restart(
      configuration(
        route(from: "eth0", "225.3.0.0/16", to: "eth2"), route(from: "eth0", "225.4.0.0/16", to: "eth1")),
      adoption)
    bench.step([.kernel(.entriesFound(all, isLast: true))])
    #expect(bench.path("10.0.0.9", "225.2.0.7") == nil)
    #expect(bench.path("10.0.0.9", "225.3.0.7") == "eth0>eth2")
  }

  @Test("No interface gets the number of a VIF that entries may still name which nobody has read")
  func unreadNumbers() {
    let rules = [route(from: "eth0", "225.2.0.0/16", to: "eth1")]
    var bench = Bench("eth0", "eth1", "eth2", configuration: configuration(rules))
    bench.packet("10.0.0.9", "225.2.0.7", by: "eth0")
    var adoption = bench.adoption
    adoption.vifs = adoption.vifs.map {
      VIF(table: $0.table, family: $0.family, index: $0.index, link: $0.link == 2 ? 0 : $0.link)
    }
    var shown = bench.entries
    for key in shown.keys { shown[key]?.outbound = OutboundList() }
    adoption.entries = []
    adoption.isPartial = true
    bench.links[2] = nil
    bench.vifs = bench.vifs.filter { $0.link != 2 }
    bench.entries = shown
    bench.restart(configuration(rules + [route(from: "eth0", "225.5.0.0/16", to: "eth2")]), adoption)
    // A plan that is made again must not give it away either.
    bench.ask {
      .change(
        [.add(route(from: "eth0", "225.6.0.0/16", to: "eth2"), pending: false)], bestEffort: false,
        request: $0)
    }
    bench.appear("eth3", index: 9)
    bench.ask {
      .change(
        [.add(route(from: "eth0", "225.7.0.0/16", to: "eth3"), pending: false)], bestEffort: false,
        request: $0)
    }
    #expect(bench.vifs.count >= 3)
    #expect(!bench.vifs.contains { $0.index == 1 && $0.family == .ipv4 })
    bench.log = []
    bench.step([.kernel(.entriesFound(Array(shown.values), isLast: true))])
    // Once written, it says nothing of the VIF that is gone.
    #expect(AuditTests.repairs(bench.log) == Set(shown.values.map { .addEntry($0) }))
    bench.appear("eth4", index: 10)
    bench.ask {
      .change(
        [.add(route(from: "eth0", "225.8.0.0/16", to: "eth4"), pending: false)], bestEffort: false,
        request: $0)
    }
    #expect(bench.vifs.contains { $0.index == 1 && $0.family == .ipv4 })
  }
}

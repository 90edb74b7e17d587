import Addressing
import Configuration
import Control
import Diagnostics
import Forwarding
import Kernel
import Router
import Testing
import Timing

/// `table { interfaces all }`: every multicast-capable interface has a VIF while there is room.
@Suite struct EveryInterfaceTests {
  private func file(_ routes: StaticRoute...) -> Configuration {
    var file = Configuration()
    file.table.takesAll = true
    file.routes = routes
    return file
  }

  /// The names by VIF index.
  private func names(_ bench: Bench, _ family: Family = .ipv4) -> [String] {
    bench.vifs.filter { $0.family == family && $0.table == .standard }.sorted { $0.index < $1.index }
      .compactMap { bench.links[$0.link]?.name }
  }

  private func problems(_ bench: inout Bench) -> Int {
    guard case .status(let status) = bench.ask({ .request($0, .status) }) else { return -1 }
    return status.problems.count
  }

  @Test("They are numbered from 0 in the order of their links, used or not, for both families")
  func numbered() {
    let bench = Bench(
      "eth0", "eth1", "eth2", "eth3", configuration: file(route(from: "eth2", "225.1.1.1", to: "eth1")))
    for family in Family.allCases { #expect(names(bench, family) == ["eth0", "eth1", "eth2", "eth3"]) }
  }

  @Test("One without the multicast flag has none until it gets it, and a disabled one has none")
  func capable() {
    var configured = file()
    var statement = InterfaceStatement(InterfacePattern("eth1"))
    statement.mode = .disable
    configured.interfaces = [statement]
    var bench = Bench("eth0", "eth1", "eth2", configuration: configured)
    #expect(names(bench) == ["eth0", "eth2"])
    let lo = Interface(index: 9, name: "lo", flags: [.up, .running, .loopback])
    bench.links[9] = lo
    bench.step([.kernel(.interfaceChanged(lo))])
    #expect(names(bench) == ["eth0", "eth2"])
    bench.appear("lo", index: 9)
    #expect(names(bench) == ["eth0", "eth2", "lo"])
    bench.links[9] = lo
    bench.step([.kernel(.interfaceChanged(lo))])
    #expect(names(bench) == ["eth0", "eth2"])
  }

  @Test("Of 40 the first 32 have a VIF; a rule for a later one takes the place of one that nobody uses")
  func crowded() {
    var bench = Bench("eth0", configuration: file())
    for index in 2...40 as ClosedRange<Int32> { bench.appear("eth\(index - 1)", index: index) }
    #expect(names(bench) == (0..<32).map { "eth\($0)" })
    #expect(problems(&bench) == 0)
    bench.ask {
      .change(
        [.add(route(from: "eth0", "10.0.0.1", "225.1.1.1", to: "eth35 eth36"), pending: false)],
        bestEffort: false, request: $0)
    }
    bench.step([])
    #expect(bench.path("10.0.0.1", "225.1.1.1") == "eth0>eth35,eth36")
    #expect(names(bench) == (0..<30).map { "eth\($0)" } + ["eth35", "eth36"])
    #expect(bench.selections.isEmpty)
    #expect(problems(&bench) == 0)
  }

  @Test("Spare interfaces never send an inbound interface to a table of its own")
  func noSplit() {
    var bench = Bench("eth0", configuration: file())
    for index in 2...40 as ClosedRange<Int32> { bench.appear("eth\(index - 1)", index: index) }
    let out = (1..<32).map { "eth\($0 + 8)" }.joined(separator: " ")
    bench.ask {
      .change(
        [.add(route(from: "eth0", "10.0.0.1", "225.1.1.1", to: out), pending: false)], bestEffort: false,
        request: $0)
    }
    #expect(bench.selections.isEmpty)
    #expect(bench.path("10.0.0.1", "225.1.1.1")?.split(separator: ",").count == 31)
    #expect(problems(&bench) == 0)
  }

  @Test("Of more interfaces than have slots, used ones push out spare ones")
  func slots() {
    var bench = Bench("eth0", configuration: file())
    let listed = (1...300 as ClosedRange<Int32>).map { Bench.link($0, "eth\($0 - 1)") }
    for link in listed { bench.links[link.index] = link }
    bench.step([.kernel(.interfacesListed(listed))])
    let out = (40..<290).map { "eth\($0)" }.joined(separator: " ")
    bench.ask {
      .change(
        [.add(route(from: "eth299", "225.1.1.1", to: out), pending: false)], bestEffort: false, request: $0)
    }
    guard case .status(let status) = bench.ask({ .request($0, .status) }) else { return #expect(Bool(false)) }
    #expect(!status.problems.contains { $0.message.contains("256") })
  }

  @Test("A spare interface that the kernel refuses is nobody's problem")
  func refused() {
    var bench = Bench("eth0", configuration: file())
    let gone = Bench.link(70_000, "wg0")
    bench.step([.kernel(.interfaceChanged(gone))])
    #expect(bench.refused.map(\.link) == [70_000, 70_000])
    #expect(problems(&bench) == 0)
  }
}

import Addressing
import Configuration
import Control
import Forwarding
import Kernel
import Membership
import Router
import Testing
import Timing

/// What an interface is under SMCRoute's settings.
@Suite struct SmcrouteInterfacesTests {
  private func settings(_ routes: StaticRoute...) -> Configuration {
    var settings = Configuration()
    settings.table.followsSmcroute = true
    settings.table.precedence = .stated
    settings.keepsChanges = false
    settings.routes = routes
    return settings
  }

  private func extend(_ route: StaticRoute, _ bench: inout Bench) -> Bool {
    let reply = bench.ask { .change([.extend(route)], bestEffort: false, request: $0) }
    guard case .changes(let results, _) = reply else { return false }
    return results.allSatisfy { $0.outcome != .refused }
  }

  @Test func anInterfaceWithoutTheMulticastFlagIsNone() {
    var bench = Bench(
      "eth0", "eth1", configuration: settings(route(from: "eth0", "225.1.1.1", to: "lo eth1")))
    bench.links[9] = Interface(index: 9, name: "lo", flags: [.up, .running, .loopback])
    bench.step([.kernel(.interfaceChanged(bench.links[9] ?? Bench.link(9, "lo")))])
    bench.packet("10.0.0.2", "225.1.1.1", by: "eth0")
    #expect(bench.path("10.0.0.2", "225.1.1.1") == "eth0>eth1")
    #expect(!bench.vifs.contains { $0.link == 9 })
    #expect(!extend(route(from: "lo", "225.1.1.2", to: "eth1"), &bench))
  }

  @Test func aDisabledInterfaceTakesNoRuleAndKeepsItsJoins() throws {
    var wanted = settings(route(from: "eth0", "225.1.1.1", to: "eth1"))
    var disabled = InterfaceStatement(InterfacePattern("*"))
    disabled.mode = .disable
    var enabled = InterfaceStatement(InterfacePattern("eth0"))
    enabled.mode = .enable
    wanted.interfaces = [disabled, enabled]
    let group = try #require(Prefix("225.1.1.9"))
    wanted.joins = [StaticJoin(.init(interface: InterfacePattern("eth1"), sources: nil, groups: group))]
    var bench = Bench("eth0", "eth1", configuration: wanted)
    #expect(bench.joins.map(\.link) == [2])
    #expect(!extend(route(from: "eth1", "225.1.1.2", to: "eth0"), &bench))
    #expect(extend(route(from: "eth0", "225.1.1.3", to: "eth1"), &bench))
  }

  /// Linux loops what it forwards back to itself where it is a member; IPv6 tells that as a wrong interface.
  @Test func theOwnCopyOfAPacketMovesNothing() throws {
    var wanted = settings(
      route(from: "eth0", "fd00::9", "ff05::2", to: "eth1"), route(from: "eth1", "ff05::/16", to: ""))
    let group = try #require(Prefix("ff05::2"))
    wanted.joins = [StaticJoin(.init(interface: InterfacePattern("eth1"), sources: nil, groups: group))]
    var bench = Bench("eth0", "eth1", configuration: wanted)
    #expect(bench.path("fd00::9", "ff05::2") == "eth0>eth1")
    bench.packet("fd00::9", "ff05::2", by: "eth1")
    #expect(bench.path("fd00::9", "ff05::2") == "eth0>eth1")
    // Nothing came by eth0 for long: then it is the source that moved.
    bench.advance(.seconds(300))
    bench.packet("fd00::9", "ff05::2", by: "eth1")
    #expect(bench.path("fd00::9", "ff05::2") == "eth1>")
  }
}

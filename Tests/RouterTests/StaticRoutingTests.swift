import Addressing
import Configuration
import Control
import Forwarding
import Kernel
import Router
import Testing
import Timing

@Suite struct StaticRoutingTests {
  @Test("A rule that names source and group is installed before any packet comes")
  func full() {
    let bench = Bench(
      "eth0", "eth1", "eth2",
      configuration: configuration(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1 eth2")))
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1,eth2")
  }

  @Test("The first packet of a flow under a group rule installs its entry; a flow without a rule is blocked")
  func onDemand() {
    var bench = Bench(
      "eth0", "eth1", configuration: configuration(route(from: "eth0", "225.1.0.0/16", to: "eth1")))
    #expect(bench.entries.isEmpty)
    bench.packet("10.0.0.1", "225.1.2.3", by: "eth0")
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
    bench.packet("10.0.0.1", "226.1.1.1", by: "eth0")
    #expect(bench.path("10.0.0.1", "226.1.1.1") == "eth0>")
    bench.packet("10.0.0.1", "225.9.9.9", by: "eth1")
    #expect(bench.path("10.0.0.1", "225.9.9.9") == "eth1>")
  }

  @Test("IPv6 works as IPv4, and a link-local source is not forwarded without a rule that names such")
  func ipv6() {
    var bench = Bench(
      "eth0", "eth1", configuration: configuration(route(from: "eth0", "ff0e::1:0/112", to: "eth1")))
    bench.packet("2001:db8::1", "ff0e::1:5", by: "eth0")
    #expect(bench.path("2001:db8::1", "ff0e::1:5") == "eth0>eth1")
    bench.packet("fe80::1", "ff0e::1:5", by: "eth0")
    #expect(bench.path("fe80::1", "ff0e::1:5") == "eth0>")
  }

  @Test("The longest group prefix decides, then the longest source prefix, then a name before a pattern")
  func precedence() {
    var bench = Bench(
      "eth0", "eth1", "eth2", "eth3", "eth4",
      configuration: configuration(
        route(from: "eth0", "225.0.0.0/8", to: "eth1"), route(from: "eth0", "225.1.0.0/16", to: "eth2"),
        route(from: "eth0", "10.0.0.0/8", "225.1.0.0/16", to: "eth3"),
        route(from: "eth*", "226.0.0.0/8", to: "eth1"), route(from: "eth0", "226.0.0.0/8", to: "eth4")))
    bench.packet("192.168.0.1", "225.2.0.1", by: "eth0")
    bench.packet("192.168.0.1", "225.1.0.1", by: "eth0")
    bench.packet("10.0.0.1", "225.1.0.1", by: "eth0")
    bench.packet("10.0.0.1", "226.1.0.1", by: "eth0")
    #expect(bench.path("192.168.0.1", "225.2.0.1") == "eth0>eth1")
    #expect(bench.path("192.168.0.1", "225.1.0.1") == "eth0>eth2")
    #expect(bench.path("10.0.0.1", "225.1.0.1") == "eth0>eth3")
    #expect(bench.path("10.0.0.1", "226.1.0.1") == "eth0>eth4")
  }

  @Test("A source that moves to another allowed inbound interface is followed; to another it is not")
  func moves() {
    var bench = Bench(
      "eth0", "eth1", "eth2", "eth3",
      configuration: configuration(route(from: "eth0 eth1", "225.1.2.3", to: "eth2")))
    // An interface gets a VIF when a rule uses it, so eth3 is made one here.
    bench.step([.configure(withEnabled(bench, "eth3"), isReload: true, request: nil)])
    bench.packet("10.0.0.1", "225.1.2.3", by: "eth0")
    bench.packet("10.0.0.1", "225.1.2.3", by: "eth1")
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth1>eth2")
    bench.packet("10.0.0.1", "225.1.2.3", by: "eth3")
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth1>eth2")
  }

  private func withEnabled(_ bench: Bench, _ name: String) -> Configuration {
    var configuration = configuration(route(from: "eth0 eth1", "225.1.2.3", to: "eth2"))
    var statement = InterfaceStatement(InterfacePattern(name))
    statement.mode = .enable
    configuration.interfaces = [statement]
    return configuration
  }

  @Test("An unused entry goes after the idle timeout, a used one and a full one stay")
  func idle() {
    var bench = Bench(
      "eth0", "eth1",
      configuration: configuration(
        route(from: "eth0", "225.1.0.0/16", to: "eth1"),
        route(from: "eth0", "10.0.0.1", "226.1.1.1", to: "eth1")))
    bench.packet("10.0.0.1", "225.1.0.1", by: "eth0")
    bench.packet("10.0.0.1", "225.1.0.2", by: "eth0")
    bench.packet("10.0.0.1", "227.1.0.2", by: "eth0")
    for _ in 0..<12 {
      bench.packet("10.0.0.1", "225.1.0.1", by: "eth0")
      bench.advance(.seconds(10))
    }
    #expect(bench.path("10.0.0.1", "225.1.0.1") == "eth0>eth1")
    #expect(bench.path("10.0.0.1", "225.1.0.2") == nil)
    #expect(bench.path("10.0.0.1", "227.1.0.2") == nil)
    #expect(bench.path("10.0.0.1", "226.1.1.1") == "eth0>eth1")
  }

  @Test("A reload re-decides the entries whose rule changed and writes no other")
  func reload() {
    let same = (0..<50).map { route(from: "eth0", "10.0.1.\($0)", "225.1.2.3", to: "eth1") }
    var before = configuration(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1"))
    before.routes += same
    var after = configuration(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth2"))
    after.routes += same
    var bench = Bench("eth0", "eth1", "eth2", configuration: before)
    #expect(bench.entries.count == 51)
    bench.log = []
    bench.step([.configure(after, isReload: true, request: nil)])
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth2")
    #expect(bench.entryActions == 1)
    bench.log = []
    bench.step([.configure(after, isReload: true, request: nil)])
    #expect(
      bench.log.allSatisfy { if case .kernel = $0 { false } else { true } }, "a reload without a change acts")
  }

  @Test("An outbound interface joins and leaves an entry by one replacement, never by removing it")
  func changeOfOutbound() {
    var bench = Bench(
      "eth0", "eth1", "eth2", "eth3",
      configuration: configuration(route(from: "eth0", "225.1.2.3", to: "eth1 eth2")))
    bench.packet("10.0.0.1", "225.1.2.3", by: "eth0")
    bench.log = []
    bench.step([
      .configure(
        configuration(route(from: "eth0", "225.1.2.3", to: "eth1 eth3")), isReload: true, request: nil)
    ])
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1,eth3")
    let removed = bench.log.contains { if case .kernel(.removeEntry) = $0 { true } else { false } }
    #expect(!removed)
    // eth2 freed VIF 2 in this step, so eth3 must not have got it while an entry still named it.
    #expect(bench.vifs.filter { $0.family == .ipv4 }.count == 3)
  }

  @Test("A rule for a flow that is blocked opens it at once; the removal of a rule takes its entries away")
  func openAndClose() {
    var bench = Bench(
      "eth0", "eth1", configuration: configuration(route(from: "eth0", "225.9.9.9", to: "eth1")))
    bench.packet("10.0.0.1", "225.1.2.3", by: "eth0")
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>")
    bench.ask {
      .change(
        [.add(route(from: "eth0", "225.1.0.0/16", to: "eth1"), pending: false)], bestEffort: false,
        request: $0)
    }
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
    bench.ask {
      .change([.delete(route(from: "eth0", "225.1.0.0/16", to: "eth1").key)], bestEffort: false, request: $0)
    }
    #expect(bench.path("10.0.0.1", "225.1.2.3") == nil)
  }

  @Test(
    "Thresholds of the rule and of the interface are written into the entries, and rewritten when they change"
  )
  func thresholds() {
    var configured = configuration(
      route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1:8 eth2"),
      route(from: "eth0", "2001:db8::1", "ff0e::1", to: "eth2"))
    var statement = InterfaceStatement(InterfacePattern("eth2"))
    statement.threshold = 16
    configured.interfaces = [statement]
    var bench = Bench("eth0", "eth1", "eth2", configuration: configured)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1(8),eth2(16)")
    #expect(bench.path("2001:db8::1", "ff0e::1") == "eth0>eth2")
    statement.threshold = 4
    bench.log = []
    bench.ask { [statement] in .change([.set(statement)], bestEffort: false, request: $0) }
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1(8),eth2(4)")
    #expect(bench.entryActions == 1)
    statement.threshold = 255
    bench.ask { [statement] in .change([.set(statement)], bestEffort: false, request: $0) }
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1(8)")
  }
}

import Addressing
import Configuration
import Control
import Diagnostics
import Kernel
import Router
import Testing
import Timing

@Suite struct InterfaceTests {
  @Test("A rule for an interface that is not there waits and starts when it comes")
  func waits() {
    var bench = Bench(
      "eth0", "eth1",
      configuration: configuration(
        route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1 wg0"),
        route(from: "wg0", "10.0.0.2", "225.1.2.3", to: "eth1")))
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
    #expect(bench.path("10.0.0.2", "225.1.2.3") == nil)
    let reply = bench.ask { .request($0, .show(.pending, RouteFilter(), from: .first, limit: 10)) }
    guard case .rows(.pending(let rows), _)? = reply else {
      Issue.record("no rows: \(String(describing: reply))")
      return
    }
    #expect(rows.map(\.missing) == [["wg0"], ["wg0"]])
    bench.appear("wg0", index: 9)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1,wg0")
    #expect(bench.path("10.0.0.2", "225.1.2.3") == "wg0>eth1")
  }

  @Test("A deleted interface leaves the entries, and joins them again when it is made anew")
  func deletedAndBack() {
    var bench = Bench(
      "eth0", "eth1", "eth2", configuration: configuration(route(from: "eth0", "225.1.2.3", to: "eth1 eth2")))
    bench.packet("10.0.0.1", "225.1.2.3", by: "eth0")
    bench.vanish("eth2")
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
    bench.appear("eth2", index: 77)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1,eth2")
    bench.vanish("eth0")
    #expect(bench.path("10.0.0.1", "225.1.2.3") == nil)
    bench.appear("eth0", index: 78)
    bench.packet("10.0.0.1", "225.1.2.3", by: "eth0")
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1,eth2")
  }

  @Test("Patterns take in interfaces that come later, inbound and outbound")
  func patterns() {
    var bench = Bench("in0", configuration: configuration(route(from: "in*", "225.1.2.3", to: "out+")))
    bench.packet("10.0.0.1", "225.1.2.3", by: "in0")
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "in0>")
    bench.appear("out0", index: 10)
    bench.appear("out1", index: 11)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "in0>out0,out1")
    bench.appear("in1", index: 12)
    bench.packet("10.0.0.2", "225.1.2.3", by: "in1")
    #expect(bench.path("10.0.0.2", "225.1.2.3") == "in1>out0,out1")
  }

  @Test("A rename within a pattern keeps the VIF and writes nothing; out of a rule's name it ends the entry")
  func renames() {
    var bench = Bench(
      "in0", "out0", "x0",
      configuration: configuration(
        route(from: "in0", "10.0.0.1", "225.1.2.3", to: "out*"),
        route(from: "x0", "10.0.0.2", "225.1.2.3", to: "in0")))
    let vifs = bench.vifs
    bench.log = []
    bench.rename("out0", to: "out9")
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "in0>out9")
    #expect(bench.vifs == vifs)
    #expect(bench.entryActions == 0)
    bench.rename("x0", to: "y0")
    #expect(bench.path("10.0.0.2", "225.1.2.3") == nil)
    bench.rename("y0", to: "x0")
    #expect(bench.path("10.0.0.2", "225.1.2.3") == "x0>in0")
  }

  @Test(
    "A name that two links bore in a reading in the middle of changes is the other's when one loses it",
    arguments: [true, false])
  func twin(_ vanishes: Bool) {
    let rule = route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1")
    var bench = Bench("eth0", "eth1", configuration: configuration(rule))
    let vifs = bench.vifs
    bench.log = []
    bench.step([
      .kernel(.interfaceChanged(Bench.link(7, "eth1"))),
      .kernel(vanishes ? .interfaceRemoved(link: 7) : .interfaceChanged(Bench.link(7, "eth9"))),
    ])
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
    #expect(bench.vifs == vifs && bench.kernelActions == [], "nothing is done for it")
  }

  @Test("The same source and group from two inbound interfaces get a table each, chosen without being asked")
  func twoInbound() {
    let both = configuration(
      route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth2"),
      route(from: "eth1", "10.0.0.1", "225.1.2.3", to: "eth3"))
    var bench = Bench("eth0", "eth1", "eth2", "eth3", configuration: both)
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth2")
    #expect(bench.path("10.0.0.1", "225.1.2.3", table: 1001) == "eth1>eth3")
    #expect(bench.selections == ["eth1 1001"])
    bench.step([
      .configure(
        configuration(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth2")), isReload: true, request: nil)
    ])
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth2")
    #expect(bench.selections.isEmpty)
    #expect(bench.tables.allSatisfy { $0.table == .standard })
  }

  @Test("A kernel without several tables gets a warning and one entry")
  func withoutTables() {
    var bench = Bench("eth0", "eth1", "eth2")
    bench.refusesOwnTables = true
    bench.step([
      .configure(
        configuration(
          route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth2"),
          route(from: "eth1", "10.0.0.1", "225.1.2.3", to: "eth2")), isReload: true, request: nil)
    ])
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth2")
    guard case .status(let status)? = bench.ask({ .request($0, .status) }) else {
      Issue.record("no status")
      return
    }
    #expect(status.problems.map(\.code) == [.noTables])
    bench.packet("10.0.0.1", "225.1.2.3", by: "eth1")
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth1>eth2")
  }

  @Test("Forty interfaces work: those that find no room in the first table get tables of their own")
  func forty() {
    var all = Configuration()
    all.routes = (0..<20).map { route(from: "in\($0)", "10.0.0.\($0 + 1)", "225.1.2.3", to: "out\($0)") }
    var bench = Bench(configuration: all)
    var links: [Event] = []
    for number in 0..<20 as Range<Int32> {
      for (name, index) in [("in\(number)", number + 10), ("out\(number)", number + 50)] {
        bench.links[index] = Bench.link(index, name)
        links.append(.kernel(.interfaceChanged(Bench.link(index, name))))
      }
    }
    bench.step(links)
    #expect(bench.entries.count == 20)
    #expect(bench.vifs.filter { $0.family == .ipv4 }.count == 40)
    #expect(Set(bench.entries.keys.map(\.table)).count == 5)
  }

  @Test("A refused VIF is left out of the entries, told, and tried again")
  func refusedVIF() {
    var bench = Bench(
      "eth0", "eth1", "eth2",
      configuration: configuration(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1")))
    bench.links[3] = nil
    bench.step([
      .configure(
        configuration(route(from: "eth0", "10.0.0.1", "225.1.2.3", to: "eth1 eth2")), isReload: true,
        request: nil)
    ])
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1")
    bench.log = []
    bench.advance(.seconds(300))
    let tries = bench.log.count {
      if case .kernel(.addVIF(let vif)) = $0 { vif.family == .ipv4 } else { false }
    }
    #expect((5...9).contains(tries), "\(tries) tries in five minutes: the waits must grow to a minute")
    bench.links[3] = Bench.link(3, "eth2")
    bench.advance(.seconds(90))
    guard case .status(let status)? = bench.ask({ .request($0, .status) }) else {
      Issue.record("no status")
      return
    }
    #expect(status.problems.isEmpty, "the problem ends with its cause")
    #expect(bench.path("10.0.0.1", "225.1.2.3") == "eth0>eth1,eth2")
  }
}

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
}

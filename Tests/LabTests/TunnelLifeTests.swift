import Foundation
import Glibc
import Testing

extension HitlessTests {
  @Suite struct TunnelLives {
    @Test(
      "A stream through a tunnel loses nothing while the daemons at its ends are restarted and killed",
      arguments: Keeping.allCases)
    func tunnel(_ keeping: Keeping) throws {
      try Lab.run { lab in
        let network = try TunnelNetwork(lab)
        let group = "239.1.1.1"
        let entrance = try Lives(
          network.r1,
          """
          tunnel lab { local 10.0.1.1; remote 10.0.2.1 }
          route from in source 10.1.0.2 group \(group) to lab
          route from in source 10.1.0.2 group 239.1.1.2 to r1m

          """, keeping)
        let exit = try Lives(
          network.r2,
          """
          tunnel lab { local 10.0.2.1; remote 10.0.1.1 }
          route from lab source 10.1.0.2 group \(group) to out

          """, keeping)
        let counter = try Counter(network.d, "d0", group)
        let sender = try Sender(network.s, "s0", source: "10.1.0.2")
        try eventually("the tunnel carries") {
          try sender.burst(group)
          return try counter.count().last > 0
        }
        sender.stream(group, every: 500)
        try counter.get(200)
        for router in [entrance, exit] {
          try router.survives(counter, "restart", pace: 500) { try router.restart() }
          // What it has read and not yet written goes with it: at most one reading of the socket.
          try router.survives(counter, "kill -9", pace: 500, inHand: 16) {
            try router.end(by: SIGKILL)
            try router.start()
          }
        }
        // What the next configuration does not name goes.
        try entrance.end(by: SIGKILL)
        try "route from in source 10.1.0.2 group 239.1.1.2 to r1m\n".write(
          toFile: entrance.configuration, atomically: true, encoding: .utf8)
        try entrance.start()
        try eventually("the device goes") {
          try !network.r1.show("link show").contains { $0.contains(" lab:") }
        }
        let tables = try KernelTables(network.r1)
        #expect(!tables.vifs.contains("lab"))
        #expect(tables.entries.values.allSatisfy { ($0.group == "239.1.1.2") == !$0.outbound.isEmpty })
        let difference = try entrance.attempt("config", "diff", "running", "kernel")
        #expect(difference.status == 0 && difference.output.isEmpty, "\(difference)")
      }
    }
  }
}

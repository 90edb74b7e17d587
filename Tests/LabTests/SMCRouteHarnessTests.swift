import Foundation
import Testing

extension KernelTests {
  /// The stock daemon alone: what the other tests of the personality lean on.
  @Suite struct SMCRouteHarness {
    @Test("The stock daemon routes injected packets, and the kernel's tables tell of it")
    func stock() throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let router = try SMCRouted(
          .stock, board.r,
          """
          mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1 eth2
          mroute from eth0 group ff05:2::/32 to eth1
          """)
        let (injector, watcher) = (try board.injector(), try board.watcher())
        try router.logged("Ready, waiting for client request or kernel event.")
        #expect(router.log.first == "SMCRoute v2.5.6")
        #expect(try router.tables().states == ["(10.0.0.10,225.1.2.3) eth0 -> eth1 eth2"])
        try injector.send("eth0", "10.0.0.10", "225.1.2.3", 5)
        try injector.send("eth0", "fc00::10", "ff05:2::3", 3)
        try injector.send("eth0", "10.0.0.10", "225.1.2.4")
        for name in ["eth1", "eth2"] {
          try watcher.line("packet") { $0 == "10.0.0.10 225.1.2.3 5 15 \(board.far(name))" }
        }
        try watcher.line("packet") { $0 == "fc00::10 ff05:2::3 3 15 \(board.far("eth1"))" }
        try eventually("the stop filter") { try router.tables().entries.count == 3 }
        let tables = try router.tables()
        #expect(tables["10.0.0.10", "225.1.2.3"]?.packets == 5)
        #expect(tables["10.0.0.10", "225.1.2.3"]?.bytes == 320)
        #expect(
          tables.open == ["(10.0.0.10,225.1.2.3) eth0 -> eth1 eth2", "(fc00::10,ff05:2::3) eth0 -> eth1"])
        #expect(try router.ctl("-p show").contains("(10.0.0.10, 225.1.2.4)                     eth0 "))
        try router.reload("mroute from eth0 group 225.1.1.1 to eth1")
        #expect(try router.tables().states == ["(10.0.0.10,225.1.2.4) eth0 -> "])
        #expect(try router.stop() == 0)
      }
    }
  }
}

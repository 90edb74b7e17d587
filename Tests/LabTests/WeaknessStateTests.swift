import Foundation
import Testing

extension KernelTests {
  /// Numbers 10 to 16 and 18 of the table in `WeaknessCrashTests`: the kernel holds what was asked for.
  @Suite struct WeaknessState {
    @Test("10: A reload takes an interface away from the entries too", arguments: Make.allCases)
    func reloadNarrows(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let before = """
          mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1 eth2
          mroute from eth0 group 225.1.2.4 to eth1 eth2
          """
        let router = try SMCRouted(make, board.r, before)
        let (injector, watcher) = (try board.injector(), try board.watcher())
        for group in ["225.1.2.3", "225.1.2.4"] {
          try injector.send("eth0", "10.0.0.10", group)
          try watcher.get(group)
        }
        try router.reload(before.replacingOccurrences(of: " eth2", with: ""))
        let outbound = make == .stock ? "eth1 eth2" : "eth1"
        #expect(
          try router.tables().states == [
            "(10.0.0.10,225.1.2.3) eth0 -> \(outbound)", "(10.0.0.10,225.1.2.4) eth0 -> \(outbound)",
          ])
        // The configured route has lost it in both: the tables of the stock daemon disagree with each other.
        #expect(try router.ctl("-pt show").first == "(*, 225.1.2.4)                             eth0  eth1")
      }
    }

    @Test("11: A flush is done when it is said to be", arguments: Make.allCases)
    func flush(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let router = try SMCRouted(make, board.r, "mroute from eth0 group 225.1.2.0/24 to eth1")
        let (injector, watcher) = (try board.injector(), try board.watcher())
        try injector.send("eth0", "10.0.0.10", "225.1.2.4")
        try watcher.get("225.1.2.4")
        try router.ctl("flush")
        #expect(try router.tables().entries.count == (make == .stock ? 1 : 0))
        guard make == .stock else { return }
        try router.ctl("flush")
        #expect(try router.tables().entries.isEmpty)
      }
    }

    @Test(
      "12: A source that comes by another interface is followed",
      arguments: Make.allCases, [["10.0.0.10", "225.1.2.4"], ["fc00::10", "ff05::4"]])
    func movedSource(_ make: Make, _ flow: [String]) throws {
      let (source, group) = (flow[0], flow[1])
      try Lab.run { lab in
        let board = try Board(lab)
        let router = try SMCRouted(
          make, board.r, "mroute from eth0 group \(group) to eth2\nmroute from eth1 group \(group) to eth2")
        let (injector, watcher) = (try board.injector(), try board.watcher())
        try injector.send("eth0", source, group)
        try watcher.get(group)
        let last = try injector.send("eth1", source, group)
        func stands(_ inbound: String) throws -> Bool {
          try router.tables().states == ["(\(source),\(group)) \(inbound) -> eth2"]
        }
        if make == .stock {
          try injector.send("eth1", source, group)
          try eventually("the packets are counted as wrong") {
            try router.tables()[source, group]?.wrong == last
          }
          // All messages of the kernel are read before a client is answered.
          try router.ctl("show")
          #expect(try stands("eth0"))
          #expect(watcher.numbers(of: group) == [1])
        } else {
          try eventually("the entry has moved") { try stands("eth1") }
          let after = try injector.send("eth1", source, group)
          try watcher.get(group, after)
          #expect(try router.ctl("-pt show").filter { $0.hasPrefix("(\(source), \(group))") }.count == 1)
        }
      }
    }

    @Test("13: A pattern takes interfaces in that come later", arguments: Make.allCases)
    func latePattern(_ make: Make) throws {
      try Lab.run { lab in
        var board = try Board(lab)
        let router = try SMCRouted(
          make, board.r,
          "mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth+\n"
            + "mroute from eth+ group 225.1.2.4 to eth2"
        )
        let both = try router.tables().states
        #expect(both == ["(10.0.0.10,225.1.2.3) eth0 -> eth0 eth1 eth2"])
        try board.add(["eth3"])
        let grown = ["(10.0.0.10,225.1.2.3) eth0 -> eth0 eth1 eth2 eth3"]
        let (injector, watcher) = (try board.injector(), try board.watcher())
        if make == .stock {
          try router.reload()
          #expect(try router.tables().states == both)
          return
        }
        try eventually("the route has the new interface") { try router.tables().states == grown }
        try injector.send("eth3", "10.0.0.11", "225.1.2.4")
        try watcher.get("225.1.2.4")
        try board.remove("eth3")
        try eventually("the route is without it") { try router.tables().open == both }
      }
    }

    @Test("14: An interface may come late, go and come again", arguments: Make.allCases)
    func lateInterface(_ make: Make) throws {
      try Lab.run { lab in
        var board = try Board(lab)
        let router = try SMCRouted(
          make, board.r,
          "mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1 eth7\nmgroup from eth7 group 225.1.2.3")
        let without = "(10.0.0.10,225.1.2.3) eth0 -> eth1"
        let with = without + " eth7"
        #expect(try router.tables().states == [without])
        try board.add(["eth7"])
        func joined() throws -> Bool {
          try board.r.show("maddr show dev eth7").contains { $0.contains("225.1.2.3") }
        }
        if make == .stock {
          try router.ctl("show")
          #expect(try router.tables().states == [without])
          #expect(try !joined())
          try board.remove("eth2")
          #expect(try router.ctl("-pt show interfaces").contains { $0.contains(" eth2 ") })
          return
        }
        for _ in 1...2 {
          try eventually("the interface has its route") { try router.tables().states == [with] }
          try eventually("the group is joined") { try joined() }
          try board.remove("eth7")
          try eventually("the route is without it") { try router.tables().states == [without] }
          #expect(try !router.ctl("-pt show interfaces").contains { $0.contains(" eth7 ") })
          try board.add(["eth7"])
        }
        let (injector, watcher) = (try board.injector(), try board.watcher(["eth7"]))
        try eventually("the interface has its route") { try router.tables().states == [with] }
        try injector.send("eth0", "10.0.0.10", "225.1.2.3")
        try watcher.get("225.1.2.3")
      }
    }

    @Test(
      "15: One (S,G) by two interfaces: the removal of one route leaves the other", arguments: Make.allCases)
    func twoInbound(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let router = try SMCRouted(make, board.r)
        for inbound in ["eth0", "eth1"] { try router.ctl("add \(inbound) 10.0.0.10 225.1.2.3 eth2") }
        try router.ctl("remove eth1 10.0.0.10 225.1.2.3")
        #expect(
          try router.ctl("-pt show").contains {
            $0.hasPrefix("(10.0.0.10, 225.1.2.3)") && $0.contains("eth0")
          })
        let (injector, watcher) = (try board.injector(), try board.watcher())
        let states = try router.tables().states
        if make == .stock {
          #expect(states == [])
        } else {
          #expect(states == ["(10.0.0.10,225.1.2.3) eth0 -> eth2"])
          try injector.send("eth0", "10.0.0.10", "225.1.2.3")
          try watcher.get("225.1.2.3")
        }
      }
    }

    @Test("16: Of more than 32 interfaces every one can be used", arguments: Make.allCases)
    func manyInterfaces(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab, ["eth0"] + (1...40).map { "w\($0)" })
        let router = try SMCRouted(make, board.r)
        let outcome = try router.ctl(["add", "w40", "10.0.0.10", "225.1.2.3", "w39"])
        if make == .stock {
          #expect(outcome.status == 1)
          #expect(outcome.errors.contains { $0.contains("ipc: mroute: inbound w40 is not a known phyint") })
        } else {
          try outcome.check("add")
          let (injector, watcher) = (try board.injector(), try board.watcher(["w39"]))
          try injector.send("w40", "10.0.0.10", "225.1.2.3")
          try watcher.get("225.1.2.3")
        }
      }
    }

    @Test("18: A file that cannot be read leaves everything as it is", arguments: Make.allCases)
    func missingFile(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let router = try SMCRouted(make, board.r, "mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1")
        let before = try router.tables().states
        try FileManager.default.removeItem(atPath: router.configuration)
        let mark = router.daemon.seen(.errors).count
        try router.reload()
        #expect(try router.tables().states == (make == .stock ? [] : before))
        try router.logged(from: mark, router.configuration)
        // A line that cannot be understood takes no other line with it.
        try router.reload(
          "mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1\n"
            + "mroute from eth0 source 10.0.0.10 group 225.1.2.300 to eth1"
        )
        #expect(try router.tables().states == before)
      }
    }
  }
}

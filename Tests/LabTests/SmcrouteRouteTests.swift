import Foundation
import Glibc
import Testing

extension KernelTests {
  /// What a route means, on packets: the stock daemon and ours alike.
  @Suite struct SmcrouteRoutes {
    private func with(
      _ make: Make, _ text: String, _ options: [String] = [],
      _ body: (SMCRouted, Injector, Receiver) throws -> Void
    ) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let router = try SMCRouted(make, board.r, text, options)
        try body(router, try board.injector(), try board.watcher())
      }
    }

    @Test(
      "Of the rules without a source or with a prefix the first that fits counts", arguments: Make.allCases)
    func firstMatch(_ make: Make) throws {
      let text = """
        mroute from eth0 group 225.6.0.0/16 to eth1
        mroute from eth0 group 225.6.6.6 to eth2
        mroute from eth0 group ff05:6::/32 to eth1
        mroute from eth0 group ff05:6::6 to eth2
        """
      try with(make, text) { router, injector, watcher in
        for (source, group) in [("10.0.0.10", "225.6.6.6"), ("fc00::10", "ff05:6::6")] {
          try injector.send("eth0", source, group)
          try watcher.get(group)
          #expect(try router.tables()[source, group]?.state == "(\(source),\(group)) eth0 -> eth1")
        }
        // Without the first, the traffic that goes on finds the second.
        try router.ctl("remove eth0 225.6.0.0/16")
        try router.ctl("remove eth0 ff05:6::/32")
        for (source, group) in [("10.0.0.10", "225.6.6.6"), ("fc00::10", "ff05:6::6")] {
          let last = try injector.send("eth0", source, group)
          try watcher.get(group, last)
          #expect(try router.tables()[source, group]?.state == "(\(source),\(group)) eth0 -> eth2")
        }
      }
    }

    @Test("A packet goes out where it came in, if that is asked for", arguments: Make.allCases)
    func sameInterface(_ make: Make) throws {
      try with(make, "mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth0 eth1") {
        router, injector, watcher in
        try injector.send("eth0", "10.0.0.10", "225.1.2.3", 3)
        for name in ["eth0", "eth1"] {
          try watcher.line("packet") { $0 == "10.0.0.10 225.1.2.3 3 15 r.\(name)" }
        }
        #expect(try router.tables().states == ["(10.0.0.10,225.1.2.3) eth0 -> eth0 eth1"])
      }
    }

    @Test("Patterns stand for all interfaces that begin so, inbound and outbound", arguments: Make.allCases)
    func patterns(_ make: Make) throws {
      let text =
        "mroute from eth+ group 225.1.2.4 to eth2\nmroute from eth0 source 10.0.0.9 group 225.1.2.5 to e+"
      try with(make, text) { router, injector, watcher in
        try injector.send("eth0", "10.0.0.10", "225.1.2.4")
        try injector.send("eth1", "10.0.1.10", "225.1.2.4")
        for source in ["10.0.0.10", "10.0.1.10"] { try watcher.get("225.1.2.4", from: source) }
        #expect(
          try router.tables().states == [
            "(10.0.0.10,225.1.2.4) eth0 -> eth2", "(10.0.0.9,225.1.2.5) eth0 -> eth0 eth1 eth2",
            "(10.0.1.10,225.1.2.4) eth1 -> eth2",
          ])
        #expect(try router.ctl("-pt show").filter { $0.hasPrefix("(*, 225.1.2.4)") }.count == 3)
      }
    }

    @Test(
      "A threshold stops what has not more hops left, and IPv6 does not know it", arguments: Make.allCases)
    func thresholds(_ make: Make) throws {
      let text = """
        phyint eth1 ttl-threshold 5
        mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1 eth2
        mroute from eth0 source fc00::10 group ff05::3 to eth1 eth2
        """
      try with(make, text) { router, injector, watcher in
        #expect(try router.tables()["10.0.0.10", "225.1.2.3"]?.outbound == ["eth1": 5, "eth2": 1])
        for (source, group) in [("10.0.0.10", "225.1.2.3"), ("fc00::10", "ff05::3")] {
          for ttl in [1, 2, 4, 6, 10] { try injector.send("eth0", source, group, ttl: ttl) }
          try watcher.get(group, 5)
        }
        func ttls(_ interface: String, _ group: String) -> [Int] {
          watcher.packets.filter { $0.interface == "r.\(interface)" && $0.group == group }.map(\.ttl)
        }
        try eventually("all have come") {
          ttls("eth2", "ff05::3").count == 4 && ttls("eth1", "ff05::3").count == 4
        }
        #expect(ttls("eth1", "225.1.2.3") == [5, 9])
        #expect(ttls("eth2", "225.1.2.3") == [1, 3, 5, 9])
      }
    }

    @Test("What no route wants is stopped, and goes on as soon as one comes", arguments: Make.allCases)
    func stopped(_ make: Make) throws {
      try with(make, "mroute from eth0 group 225.1.2.3 to eth1") { router, injector, watcher in
        for (source, group, other) in [
          ("10.0.0.10", "225.1.9.9", "225.1.9.0/24"), ("fc00::10", "ff05::9", "ff05::/16"),
        ] {
          try injector.send("eth0", source, group)
          guard make == .stock || !group.contains(":") else { continue }
          try eventually("it is stopped") { try router.tables()[source, group] != nil }
          #expect(try router.tables()[source, group]?.outbound == [:])
          try router.ctl("add eth0 \(other) eth2")
          #expect(try router.tables()[source, group]?.state == "(\(source),\(group)) eth0 -> eth2")
          let last = try injector.send("eth0", source, group)
          try watcher.get(group, last)
          #expect(watcher.numbers(of: group) == [last])
        }
      }
    }

    @Test(
      "A route that is added again gains interfaces; removed by name it loses them", arguments: Make.allCases)
    func unite(_ make: Make) throws {
      try with(make, "mroute from eth0 group 225.1.2.0/24 to eth2") { router, injector, watcher in
        try router.ctl("add eth0 10.0.0.10 225.1.2.3 eth1")
        try router.ctl("add eth0 10.0.0.10 225.1.2.3 eth0")
        #expect(try router.tables().states == ["(10.0.0.10,225.1.2.3) eth0 -> eth0 eth1"])
        try router.ctl("remove eth0 10.0.0.10 225.1.2.3 eth0 eth2")
        #expect(try router.tables().states == ["(10.0.0.10,225.1.2.3) eth0 -> eth1"])
        // Then the rule for all sources serves it: at once, or with the next packet.
        try router.ctl("remove eth0 10.0.0.10 225.1.2.3")
        let next = try router.tables().states
        #expect(next == (make == .stock ? [] : ["(10.0.0.10,225.1.2.3) eth0 -> eth2"]))
        try injector.send("eth0", "10.0.0.10", "225.1.2.3")
        try watcher.get("225.1.2.3")
        #expect(try router.tables().states == ["(10.0.0.10,225.1.2.3) eth0 -> eth2"])
        try router.ctl("remove eth0 225.1.2.0/24")
        let left = try router.tables().states
        #expect(left == [])
        try router.ctl("add eth0 0.0.0.0 225.1.3.0/24 eth1")
        #expect(try router.ctl("-pt show").first == "(*, 225.1.3.0/24)                          eth0  eth1")
      }
    }

    @Test("Entries made for traffic go when it ends, those of whole routes stay", arguments: Make.allCases)
    func expiry(_ make: Make) throws {
      let text =
        "mroute from eth0 group 225.1.2.0/24 to eth1\n"
        + "mroute from eth0 source 10.0.0.9 group 225.1.3.3 to eth1"
      try with(make, text, ["-c", "1"]) { router, injector, watcher in
        try injector.send("eth0", "10.0.0.10", "225.1.2.3", 2)
        try injector.send("eth0", "10.0.0.10", "225.9.9.9")
        try watcher.get("225.1.2.3")
        #expect(try router.tables()["10.0.0.10", "225.1.2.3"] != nil)
        try eventually("they are gone", within: 6) { try router.tables().entries.count == 1 }
        #expect(try router.tables().states == ["(10.0.0.9,225.1.3.3) eth0 -> eth1"])
        let last = try injector.send("eth0", "10.0.0.10", "225.1.2.3")
        try watcher.get("225.1.2.3", last)
      }
    }

    @Test("A reload changes what is different, under traffic; the rest counts on", arguments: Make.allCases)
    func reload(_ make: Make) throws {
      let kept =
        "mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1\n"
        + "mroute from eth0 group 225.2.0.0/16 to eth1\n"
      let text =
        kept + "mroute from eth0 source 10.0.0.10 group 225.1.2.4 to eth1\nmgroup from eth0 group 225.1.2.4\n"
      try with(make, text) { router, injector, watcher in
        try router.ctl("add eth0 10.0.0.10 225.1.2.5 eth1")
        try router.ctl("join eth0 225.1.2.5")
        for group in ["225.1.2.3", "225.2.0.1"] {
          // The kernel keeps four packets of a flow that it does not know.
          try injector.send("eth0", "10.0.0.10", group)
          try watcher.get(group)
          try injector.send("eth0", "10.0.0.10", group, 99)
          try watcher.get(group, 100)
        }
        try router.reload(
          kept + "mroute from eth0 source 10.0.0.10 group 225.1.2.6 to eth2\nmgroup from eth1 group 225.1.2.4"
        )
        #expect(
          try router.tables().states == [
            "(10.0.0.10,225.1.2.3) eth0 -> eth1", "(10.0.0.10,225.1.2.6) eth0 -> eth2",
            "(10.0.0.10,225.2.0.1) eth0 -> eth1",
          ])
        for group in ["225.1.2.3", "225.2.0.1"] {
          #expect(try router.tables()["10.0.0.10", group]?.packets == 100)
          let last = try injector.send("eth0", "10.0.0.10", group, 10)
          try watcher.get(group, last)
          #expect(watcher.numbers(of: group) == Array(1...110))
        }
        func joined(_ interface: String) throws -> [String] {
          try router.namespace.show("maddr show dev \(interface)").filter { $0.contains("225.") }
            .map { String($0.split(separator: " ").last ?? "") }
        }
        #expect(try joined("eth0") == [])
        #expect(try joined("eth1") == ["225.1.2.4"])
        // The signal is the same as the command.
        let touched = try router.touched()
        router.daemon.signal(SIGHUP)
        try eventually("reloaded") { try router.touched() != touched }
        #expect(try router.tables()["10.0.0.10", "225.1.2.3"]?.packets == 110)
      }
    }

    @Test(
      "Joins of more groups and sources than one socket takes, and none is left at the end",
      arguments: Make.allCases)
    func joins(_ make: Make) throws {
      let text = """
        mgroup from eth0 group 225.5.0.0/26
        mgroup from eth1 group ff05:5::/122
        mgroup from eth+ group 225.6.0.1
        mgroup from eth0 source 10.0.0.0/27 group 232.1.1.1
        """
      try with(make, text) { router, _, _ in
        func joined(_ interface: String, _ mark: String) throws -> Int {
          try router.namespace.show("maddr show dev \(interface)").filter { $0.contains(mark) }.count
        }
        #expect(try joined("eth0", "225.5.0.") == 64)
        #expect(try joined("eth0", "232.1.1.1") == 1)
        #expect(try joined("eth1", "ff05:5::") == 64)
        for name in ["eth0", "eth1", "eth2"] { #expect(try joined(name, "225.6.0.1") == 1) }
        // The kernel lists only the sources of an interface's latest group.
        let filter = try Namespace.read(["mcfilter"], in: router.namespace.name).first ?? ""
        #expect(filter.split(separator: "\n").filter { $0.contains("0xe8010101") }.count == 32)
        // A join is no route, and a range is left as it was joined.
        #expect(try router.tables().states == [])
        #expect(try router.ctl(["leave", "eth0", "225.5.0.1"]).status == 1)
        try router.ctl("leave eth0 225.5.0.0/26")
        #expect(try joined("eth0", "225.5.0.") == 0)
        #expect(try router.stop() == 0)
        for name in ["eth0", "eth1"] { #expect(try joined(name, "225.") == 0) }
        #expect(try joined("eth1", "ff05:") == 0)
      }
    }
  }
}

import Foundation
import Testing

extension KernelTests {
  /// Numbers 22 to 30, 32 and 33 of the table in `WeaknessCrashTests`: what the tools say is so.
  @Suite struct WeaknessTools {
    private func with(_ make: Make, _ text: String = "", _ body: (SMCRouted) throws -> Void) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        try body(try SMCRouted(make, board.r, text))
      }
    }

    @Test("22: A comment after to is one", arguments: Make.allCases)
    func comment(_ make: Make) throws {
      try with(make, "mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1 # eth2\n") { router in
        let outbound = make == .stock ? "eth1 eth2" : "eth1"
        let states = try router.tables().states
        #expect(states == ["(10.0.0.10,225.1.2.3) eth0 -> \(outbound)"])
        if make == .stock { try router.logged("known phyint") }
        try router.stop()
        #expect(router.log.contains { $0.contains("known phyint") } == (make == .stock))
      }
    }

    @Test("23: What is refused ends with status 1 and says why", arguments: Make.allCases)
    func refusals(_ make: Make) throws {
      let many = (1...40).map { _ in "eth1" }.joined(separator: " ")
      let table = [
        ("add eth0 225.1.2.0/33 eth1", "ipc: mroute: Invalid multicast group prefix length, 33"),
        ("add eth0 10.0.0.0/33 225.1.2.0 eth1", "ipc: mroute: invalid prefix length: 33"),
        ("join eth0 225.1.2.0/33", "ipc: join: Invalid group prefix length (0-32): 33"),
        ("join eth0 1.2.3.4", "ipc: join: Invalid multicast group: 1.2.3.4"),
      ]
      try with(make) { router in
        for (command, text) in table {
          let outcome = try router.ctl(command.split(separator: " ").map(String.init))
          #expect(outcome.status == (make == .stock ? 0 : 1), "\(command)")
          #expect(outcome.errors == (make == .stock ? [] : ["smcroutectl: " + text]))
          try router.logged(text)
        }
        let wide = try router.ctl(
          ["add", "eth0", "10.0.0.10", "225.1.2.4"] + many.split(separator: " ").map(String.init))
        #expect(wide.status == 0)
        // More than the other can take is nothing there, and one interface here.
        let held = try router.tables().states
        #expect(held == (make == .stock ? [] : ["(10.0.0.10,225.1.2.4) eth0 -> eth1"]))
      }
    }

    @Test("24: A join that is refused leaves nothing behind", arguments: Make.allCases)
    func refusedJoin(_ make: Make) throws {
      try with(make) { router in
        let outcome = try router.ctl(["join", "nope", "225.1.2.3"])
        #expect(outcome.status == 1)
        #expect(outcome.errors == ["smcroutectl: unknown interface nope"])
        #expect(try router.ctl("-pt show groups").contains { $0.contains("nope") } == (make == .stock))
      }
    }

    @Test(
      "25: A word that is no command does nothing, nor does one that could be two", arguments: Make.allCases)
    func words(_ make: Make) throws {
      try with(make) { router in
        try router.ctl("add eth0 10.0.0.10 225.1.2.3 eth1")
        let before = try router.tables().states
        let unknown = try router.ctl(["bogus"])
        #expect(unknown.status == (make == .stock ? 0 : 1))
        #expect(unknown.output.isEmpty == (make == .ours))
        for word in ["re", "r"] {
          let touched = try router.touched()
          let outcome = try router.ctl([word])
          #expect(outcome.status == (make == .stock ? 0 : 1))
          if make == .stock {
            try eventually("reloaded") { try router.touched() != touched }
            #expect(try router.tables().states == [])
          } else {
            #expect(outcome.errors.joined().contains("Ambiguous command"))
            #expect(try router.tables().states == before)
          }
        }
      }
    }

    @Test("26: A batch runs every line of it, whatever stands between", arguments: Make.allCases)
    func batch(_ make: Make) throws {
      let lines = """
        # a comment
        add eth0 10.0.0.10 225.1.2.1 eth1

          add  eth0 10.0.0.10 225.1.2.2   eth1
        add eth0 10.0.0.10 225.1.2.3 eth1 eth1 eth1 eth1 eth1 eth1 eth2
        """
      try with(make) { router in
        let outcome = try router.ctl(["-b"], input: lines + "\n")
        #expect(outcome.status == 0)
        let first = "(10.0.0.10,225.1.2.1) eth0 -> eth1"
        if make == .stock {
          #expect(outcome.text.contains("Usage:") || outcome.text.contains("Help:"), "\(outcome.text)")
          #expect(try router.tables().states == [first])
          let ninth = try router.ctl(["-b"], input: String(lines.split(separator: "\n").last ?? "") + "\n")
          #expect(ninth.status == 0)
          #expect(try router.tables().states.last == "(10.0.0.10,225.1.2.3) eth0 -> eth1")
          return
        }
        #expect(outcome.output == [])
        #expect(
          try router.tables().states == [
            first, "(10.0.0.10,225.1.2.2) eth0 -> eth1", "(10.0.0.10,225.1.2.3) eth0 -> eth1 eth2",
          ])
      }
    }

    @Test("27: JSON is JSON, however long")
    func json() throws {
      let routes = (1...300).map {
        "mroute from eth0 source 10.0.0.10 group 225.1.\($0 / 250).\($0 % 250 + 1) to eth1"
      }
      try with(.ours, routes.joined(separator: "\n") + "\nmgroup from eth1 group 225.1.1.1") { router in
        for object in ["routes", "groups", "interfaces", "pending"] {
          let outcome = try router.ctl(["-j", "show", object]).check("show \(object)")
          let value = try JSONSerialization.jsonObject(with: Data(outcome.text.utf8)) as? [String: Any]
          let rows = value?[object]
          #expect(rows != nil)
          guard object == "routes" else { continue }
          let routes = rows as? [String: [[String: Any]]]
          #expect(routes?["ssm"]?.count == 300)
          #expect(routes?["kernel"]?.count == 300)
          #expect(routes?["asm"]?.count == 0)
          #expect(routes?["ssm"]?.first?["oifs"] as? [String] == ["eth1"])
        }
      }
    }

    @Test("28: What waits can be taken back, and only it is shown")
    func pending() throws {
      try Lab.run { lab in
        var board = try Board(lab)
        let router = try SMCRouted(.ours, board.r)
        #expect(try router.ctl("show pending") == ["No pending routes or groups", ""])
        try router.ctl("add eth0 10.0.0.10 225.1.1.1 eth1")
        _ = try router.ctl(["remove", "eth0", "225.9.9.9"])
        #expect(try router.ctl("show pending") == ["No pending routes or groups", ""])
        try router.reload("mroute from eth9 source 10.0.0.10 group 225.1.1.2 to eth1\n")
        let waiting = try router.ctl("-t show pending")
        #expect(
          waiting == [
            "PENDING ROUTES AND GROUPS", "mroute  from eth9 source 10.0.0.10 group 225.1.1.2 to eth1", "",
          ])
        try router.ctl("remove eth9 10.0.0.10 225.1.1.2")
        #expect(try router.ctl("show pending") == ["No pending routes or groups", ""])
        try board.add(["eth9"])
        try eventually("the interface is known") {
          try router.ctl("-pt show interfaces").contains { $0.contains("eth9") }
        }
        #expect(try router.tables().states == [])
      }
    }

    @Test(
      "29: A log level of none logs nothing, and one that does not exist is told", arguments: Make.allCases)
    func levels(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let router = try SMCRouted(make, board.r, "nonsense\n", level: "none")
        try router.ctl("add eth0 10.0.0.10 225.1.1.1 eth1")
        try router.stop()
        #expect(router.log.isEmpty == (make == .ours), "\(router.log)")
        let program = try make.program("smcrouted", in: lab)
        let check = try Lab.command(board.r.entry + [program, "-l", "bogus", "-F", router.configuration])
        #expect(check.status == 78)
        #expect(check.errors.contains { $0.contains("bogus") } == (make == .ours), "\(check)")
      }
    }

    @Test("30: The answer is about the request, whatever is logged", arguments: Make.allCases)
    func answerOfItsOwn(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let router = try SMCRouted(make, board.r, level: "debug")
        // The words of the stock daemon are those of its log; they are what scripts look for.
        let outcome = try router.ctl(["remove", "eth0", "10.0.0.10", "225.1.2.3"])
        #expect(outcome.status == 1)
        #expect(
          outcome.errors == ["smcroutectl: mroute: deleting route from eth0 (10.0.0.10/32,225.1.2.3/32)"])
        let flush = try router.ctl(["join", "eth0", "224.1.1.300"])
        #expect(
          flush.errors
            == (make == .stock ? [] : ["smcroutectl: ipc: join: Invalid multicast group: 224.1.1.300"]))
      }
    }

    @Test("32: A file is checked without a phyint line for each interface", arguments: Make.allCases)
    func check(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let path = try lab.write(
          "mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1\n", to: "check.conf")
        let outcome = try Lab.command(board.r.entry + [try make.program("smcrouted", in: lab), "-F", path])
        #expect(outcome.status == (make == .stock ? 78 : 0))
        #expect(outcome.output.first == "Verifying configuration file \(path) ...")
        #expect(outcome.text.contains("known phyint") == (make == .stock), "\(outcome.text)")
      }
    }

    @Test("33: A table for a pipe has no control characters and does not wait", arguments: Make.allCases)
    func pipe(_ make: Make) throws {
      try with(make, "mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1\n") { router in
        let program = try make.program("smcroutectl", in: router.namespace.lab)
        // The fastest of some calls: others may have had to wait for the machine.
        var fastest = Double.infinity
        for _ in 1...5 where fastest > 0.5 {
          let start = Date()
          // Standard input stays open and says nothing.
          let child = try router.namespace.lab.start(
            "show", router.namespace.entry + [program, "-u", router.socket])
          #expect(try child.exit() == 0)
          fastest = min(fastest, Date().timeIntervalSince(start))
          let escape = (child.seen() + child.seen(.errors)).contains { $0.contains("\u{1b}") }
          #expect(escape == (make == .stock))
        }
        #expect((fastest > 0.5) == (make == .stock), "\(fastest) s")
      }
    }
  }
}

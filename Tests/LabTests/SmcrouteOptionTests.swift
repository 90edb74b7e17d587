import Foundation
import Glibc
import Testing

extension KernelTests {
  /// What the options of smcrouted do, the stock one's and ours alike.
  @Suite struct SmcrouteOptions {
    /// What a start with these words ends with.
    private static let ends: [String: Int32] = [
      "-h": 0, "-v": 0, "-Q": 64, "-m 3": 1, "-m 181": 1, "-t -1": 64, "-p nobody-of-that-name": 1,
      "-c": 64, "-F GOOD": 0, "-F BAD": 78,
    ]

    @Test("Words end it with the status that scripts know", arguments: ends.keys.sorted())
    func statuses(_ sentence: String) throws {
      let status = try #require(SmcrouteOptions.ends[sentence])
      let words = sentence.split(separator: " ").map(String.init)
      try Lab.run { lab in
        let board = try Board(lab)
        let good = try lab.write("phyint eth0 enable\nphyint eth1 enable\n", to: "good.conf")
        let bad = try lab.write("phyint eth0 enable\nnonsense\n", to: "bad.conf")
        let words = words.map { $0 == "GOOD" ? good : $0 == "BAD" ? bad : $0 }
        for make in Make.allCases {
          let outcome = try Lab.command(board.r.entry + [try make.program("smcrouted", in: lab)] + words)
          #expect(outcome.status == status, "\(make) smcrouted \(words)")
        }
      }
    }

    @Test("A kernel without multicast routing ends the start with 76")
    func noRouting() throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let file = try lab.write("", to: "smcroute.conf")
        let outcome = try Lab.command(
          board.r.entry + [
            try Lab.refuse.get(), "mroute", "92", try Make.ours.program("smcrouted", in: lab), "-n", "-f",
            file,
          ])
        #expect(outcome.status == 76, "\(outcome.errors)")
        #expect(outcome.errors.contains { $0.contains("Kernel does not support multicast routing") })
      }
    }

    @Test("A file that a shell hands over as a descriptor is read once", arguments: Make.allCases)
    func handedFile(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let (pidfile, socket) = (lab.folder + "/handed.pid", lab.folder + "/handed.sock")
        let program = try make.program("smcrouted", in: lab)
        let script = """
          exec \(program) -i \(lab.id) -P \(pidfile) -u \(socket) -s \\
            -f <(echo mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1)
          """
        try Lab.command(board.r.entry + ["bash", "-c", script]).check("start")
        try eventually("\(make) has a pid file") { FileManager.default.fileExists(atPath: pidfile) }
        let pid = try #require(
          pid_t(try String(contentsOfFile: pidfile, encoding: .utf8).trimmingCharacters(in: .newlines)))
        defer { kill(pid, SIGKILL) }
        let route = ["(10.0.0.10,225.1.2.3) eth0 -> eth1"]
        #expect(try KernelTables(board.r).states == route)
        guard make == .ours else { return }
        // The stock daemon reads what is left of it, which is nothing, and drops its routes.
        let reload = try Lab.command(
          Lab.programs + "/mcast", "--socket", socket + ".mcast", "reload", "--wait")
        #expect(reload.errors.contains { $0.contains("read once") }, "\(reload)")
        let restart = try Lab.command(Lab.programs + "/mcast", "--socket", socket + ".mcast", "restart")
        #expect(restart.text.hasSuffix("0 added, 0 changed, 0 removed, 1 untouched"), "\(restart)")
        #expect(try KernelTables(board.r).states == route)
        #expect(try Lab.command(Lab.programs + "/mcast", "--socket", socket + ".mcast", "stop").status == 0)
      }
    }

    @Test("-t routes in another table, beside a daemon of the standard one", arguments: Make.allCases)
    func table(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let route = "mroute from eth0 source 10.0.0.10 group"
        let first = try SMCRouted(make, board.r, "\(route) 225.1.2.3 to eth1")
        let second = try SMCRouted(make, board.r, "\(route) 225.9.9.9 to eth2", ["-t", "77"], ident: "two")
        let shown = try board.r.show("mroute show table 77")
        #expect(shown.contains { $0.contains("225.9.9.9") && $0.contains("Oifs: eth2") }, "\(shown)")
        #expect(try first.tables().states == ["(10.0.0.10,225.1.2.3) eth0 -> eth1"])
        #expect(try board.r.show("rule").allSatisfy { !$0.contains("iif") })
        try second.stop()
        #expect(try first.tables().states == ["(10.0.0.10,225.1.2.3) eth0 -> eth1"])
      }
    }

    @Test("-N takes the interfaces that a line enables, and no other", arguments: Make.allCases)
    func named(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let text = """
          phyint eth0 enable
          phyint eth1 enable
          mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1 eth2
          """
        let router = try SMCRouted(make, board.r, text, ["-N"])
        #expect(try router.tables().states == ["(10.0.0.10,225.1.2.3) eth0 -> eth1"])
        #expect(try router.tables().vifs.subtracting(["eth0", "eth1"]).isEmpty)
        let refused = try router.ctl(["add", "eth2", "225.1.2.4", "eth0"])
        #expect(refused.status == 1)
        #expect(refused.errors.contains { $0.contains("mroute: inbound eth2 is not a known phyint") })
      }
    }

    @Test("-p routes as another user", arguments: Make.allCases)
    func user(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let router = try SMCRouted(make, board.r, "", ["-p", "nobody"])
        let pid = try String(contentsOfFile: router.pidfile, encoding: .utf8)
          .trimmingCharacters(in: .whitespacesAndNewlines)
        try eventually("it is nobody's") {
          let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
          return status.split(separator: "\n").contains { $0.hasPrefix("Uid:\t65534\t65534") }
        }
        try router.ctl("add eth0 10.0.0.10 225.1.2.3 eth1")
        #expect(try router.tables().states == ["(10.0.0.10,225.1.2.3) eth0 -> eth1"])
      }
    }

    @Test("-d starts later, -D ends by itself", arguments: Make.allCases)
    func delays(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let began = Date()
        let router = try SMCRouted(make, board.r, "", ["-d", "1", "-D", "2"])
        #expect(Date().timeIntervalSince(began) >= 0.9)
        #expect(try router.daemon.exit(within: 20) == 0)
      }
    }

    @Test("Announcements come at their interval, and at once for who asks")
    func announcements() throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let (watcher, injector) = (try board.watcher(["eth0"]), try board.injector())
        _ = try SMCRouted(.ours, board.r, "phyint eth0 mrdisc\n", ["-m", "4"])
        func count() -> Int { watcher.lines.count { $0.hasPrefix("mrdisc") && $0.contains("3004") } }
        try eventually("the first announcement") { count() >= 1 }
        let began = Date()
        // RFC 4286 4: a solicitation to all routers of the link.
        try injector.raw("eth0", "4600001c000040000102fad00a000009e0000002940400003100ceff")
        try eventually("the answer") { count() >= 2 }
        #expect(Date().timeIntervalSince(began) < 3)
        try eventually("the next at its time") { count() >= 3 }
        #expect(Date().timeIntervalSince(began) > 2)
      }
    }
  }
}

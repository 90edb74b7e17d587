import Foundation
import Glibc
import Testing

/// What the stock daemon is known to do wrong and ours must not.
///
/// Each test runs both: where the stock one no longer fails, the test proves nothing and says so.
///
/// | number | what | where |
/// | --- | --- | --- |
/// | 1 … 8 | ended or stopped by a client, a line or a file | `WeaknessCrashTests` |
/// | 9 | two commands on one line of `smcroute` | `LegacyTests` |
/// | 10 … 16, 18 | forwards what it should not, or does not what it should | `WeaknessStateTests` |
/// | 17, 20, 31, 34 | second daemon, router discovery, hook, socket | `WeaknessLifeTests` |
/// | 22 … 30, 32, 33 | answers and texts of the tools | `WeaknessToolTests` |
/// | 21 | the first rule that fits counts, as stated: kept | `SmcrouteRouteTests` |
extension KernelTests {
  @Suite struct WeaknessCrashes {
    /// Answers a question on a connection of its own: within a second, where it should not.
    private func answers(_ router: SMCRouted) throws -> Bool {
      guard router.daemon.isRunning else { return false }
      let client = try Client(router.socket)
      client.write(Message.bytes("s"))
      return client.readBytes(within: router.make == .stock ? 1 : 10).last == 0
    }

    @Test("1: A client that leaves before its answer ends nobody", arguments: Make.allCases)
    func earlyLeave(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab, ["eth0", "eth1"])
        let routes = (0..<300).map {
          "mroute from eth0 source 10.0.0.10 group 225.1.\($0 / 250).\($0 % 250) to eth1"
        }
        let router = try SMCRouted(make, board.r, routes.joined(separator: "\n"), level: "err")
        for _ in 1...200 where router.daemon.isRunning {
          guard let client = try? Client(router.socket) else { break }
          client.write(Message.bytes("s"))
          client.close()
        }
        if make == .stock {
          #expect(try router.daemon.exit(within: 5) == -SIGPIPE)
        } else {
          #expect(try answers(router))
        }
      }
    }

    @Test("2: A client that says nothing stops neither clients nor new flows", arguments: Make.allCases)
    func silent(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab, ["eth0", "eth1"])
        let router = try SMCRouted(make, board.r, "mroute from eth0 group 225.1.1.0/24 to eth1")
        let (injector, watcher) = (try board.injector(), try board.watcher(["eth1"]))
        try injector.send("eth0", "10.0.0.10", "225.1.1.1")
        try watcher.get("225.1.1.1")
        let client = try Client(router.socket)
        try injector.send("eth0", "10.0.0.10", "225.1.1.2")
        if make == .stock {
          #expect(try !answers(router))
          #expect(watcher.numbers(of: "225.1.1.2") == [])
        } else {
          #expect(try answers(router))
          try watcher.get("225.1.1.2")
        }
        client.close()
      }
    }

    @Test("3: A message may come in pieces", arguments: Make.allCases)
    func pieces(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab, ["eth0", "eth1"])
        let router = try SMCRouted(make, board.r)
        let message = Message.bytes("a", ["eth0", "225.1.1.1", "eth1"])
        let client = try Client(router.socket)
        client.write(Array(message[..<20]))
        // The answer to another client tells that the daemon has been through with the first piece.
        #expect(try answers(router))
        client.write(Array(message[20...]))
        #expect(client.readBytes(within: 2) == (make == .stock ? [] : [0]))
        guard make == .ours else { return }
        for header in [16, 8] {
          let client = try Client(router.socket)
          for byte in Message.bytes("r", ["eth0", "225.1.1.\(header)", "eth1"], header: header) {
            client.write([byte])
            #expect(try answers(router))
          }
          #expect(client.readBytes(within: 2).count > 1)
        }
        #expect(try router.ctl("-pt show").first?.hasPrefix("(*, 225.1.1.1)") == true)
      }
    }

    @Test("4: A length of nothing is refused once", arguments: Make.allCases)
    func noLength(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab, ["eth0", "eth1"])
        let router = try SMCRouted(make, board.r, level: "none")
        let client = try Client(router.socket)
        client.write([UInt8](repeating: 0, count: 8) + Message.bytes("s")[8...])
        let answer = client.readBytes(within: make == .stock ? 10 : 0.3) { $0.count > 1000 }
        client.close()
        if make == .stock {
          #expect(answer.count > 1000)
          #expect(try router.daemon.exit(within: 5) == -SIGPIPE)
        } else {
          #expect(answer.count < 200)
          #expect(try answers(router))
        }
      }
    }

    @Test("5: A source and a group of different families are refused", arguments: Make.allCases)
    func mixedFamilies(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab, ["eth0", "eth1"])
        let router = try SMCRouted(make, board.r)
        let outcome = try router.ctl(["add", "eth0", "fc00::10", "225.1.2.8", "eth1"])
        let line = "mroute from eth0 source fc00::10 group 225.1.2.8 to eth1\n"
        if make == .stock {
          #expect(try router.daemon.exit(within: 5) == -SIGABRT)
          #expect(throws: LabError.self) { try SMCRouted(make, board.r, line, ident: "two") }
          return
        }
        #expect(outcome.status == 1)
        #expect(outcome.errors.count == 1)
        try router.ctl("add eth0 225.1.2.9 eth1")
        try router.stop()
        let second = try SMCRouted(
          make, board.r, line + "mroute from eth0 group 225.1.1.1 to eth1", ident: "two")
        try second.logged("line 1:")
        #expect(try second.ctl("-pt show").count == 2)
      }
    }

    @Test("6: Any number of words may follow to", arguments: Make.allCases)
    func manyOutbound(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab, ["eth0", "eth1"])
        // A line of the file has 511 bytes in the stock daemon.
        let words = Array(repeating: "eth1", count: 90).joined(separator: " ")
        let text = "mroute from eth0 source 10.0.0.10 group 225.1.1.1 to " + words
        if make == .stock {
          #expect(throws: LabError.self) { try SMCRouted(make, board.r, text) }
        } else {
          let router = try SMCRouted(make, board.r, text)
          #expect(try router.tables().states == ["(10.0.0.10,225.1.1.1) eth0 -> eth1"])
        }
      }
    }

    @Test("7: A file that includes itself is read once", arguments: Make.allCases)
    func selfInclude(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab, ["eth0", "eth1"])
        let path = lab.folder + "/" + board.r.short + "-smc.conf"
        let text = "mroute from eth0 source 10.0.0.10 group 225.1.1.1 to eth1\ninclude \(path)\n"
        if make == .stock {
          #expect(throws: LabError.self) { try SMCRouted(make, board.r, text) }
        } else {
          let router = try SMCRouted(make, board.r, text)
          #expect(try router.tables().states == ["(10.0.0.10,225.1.1.1) eth0 -> eth1"])
          try router.logged("line 2:")
        }
      }
    }

    @Test("8: A join of a huge range is refused at once", arguments: Make.allCases)
    func hugeJoin(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab, ["eth0", "eth1"])
        let router = try SMCRouted(make, board.r, level: "err")
        let six = try router.ctl(["join", "eth0", "ff05::/64"])
        #expect(six.status == (make == .stock ? 0 : 1), "\(six.errors)")
        let client = try Client(router.socket)
        client.write(Message.bytes("j", ["eth0", "225.0.0.0/8"]))
        if make == .stock {
          #expect(try !answers(router))
          router.daemon.signal(SIGKILL)
        } else {
          #expect(try answers(router))
          #expect(client.readBytes(within: 10) { $0.count > 1 }.count > 1)
          #expect(try router.ctl("-pt show groups").isEmpty)
        }
      }
    }
  }
}

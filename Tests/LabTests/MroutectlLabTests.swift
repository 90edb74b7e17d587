import Foundation
import Glibc
import Testing

extension KernelTests {
  /// mroutectl with the running daemon, and clients that keep to no rule.
  @Suite struct MroutedClients {
    @Test("Every command is answered, plain and decorated")
    func commands() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let left = try MRouted(pair.left).ready()
        let right = try MRouted(pair.right).ready()
        try eventually("they are neighbors, and routes have come", within: 20) {
          try left.ctl("-t show routes").text.contains("10.3.0/24")
        }
        #expect(
          try left.ctl("-p show interfaces").output.prefix(4) == [
            "", "Interface Table ===============================================================",
            "Address         Interface       State Cost TTL    Uptime Flags",
            "===============================================================================",
          ])
        #expect(try left.ctl("show neighbor").output.contains("\u{1b}[1mNeighbor Table\u{1b}[0m"))
        for table in [
          "status", "compat", "routes", "igmp", "igmp interface", "interfaces", "neighbor", "version",
        ] {
          for options in ["", "-p ", "-d ", "-t "] {
            let outcome = try left.ctl("\(options)show \(table)")
            #expect(
              outcome.status == 0 && !outcome.output.isEmpty && outcome.errors.isEmpty, "\(options)\(table)")
          }
        }
        #expect(try left.ctl("-t show neighbor").text.contains("10.2.0.2"))
        #expect(try left.ctl("-p -d show version").output[0].hasPrefix("mrouted version 4.6 up  0:"))
        #expect(try left.ctl("show mfc").output.isEmpty, "an empty table prints nothing")
        #expect(try left.ctl("restart").status == 0)
        #expect(try right.stop() == 0)
      }
    }

    @Test("debug keeps all words of a list, log is set and told, and both act on the log")
    func logging() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let router = try MRouted(pair.left).ready()
        #expect(try router.ctl("debug").output == ["none"])
        #expect(try router.ctl("debug igmp,route").output == ["routing, igmp"])
        #expect(try router.ctl("debug").output == ["routing, igmp"])
        #expect(try router.ctl("debug none").output == ["none"])
        #expect(try router.ctl("log").output == ["notice"])
        #expect(try router.ctl("log info").output == ["info"])
        #expect(try router.ctl("log").output == ["info"])
        let refused = try router.ctl("log nosuch")
        #expect(refused.status == 1 && refused.errors == ["Unknown log level: nosuch"])
        router.daemon.signal(SIGUSR2)
        try router.logged("SIGUSR2 is no longer supported, use mroutectl instead.")
      }
    }

    @Test("By the bytes of the protocol, lines are 768 bytes with an end")
    func bytes() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let router = try MRouted(pair.left).ready()
        let lines = try router.ask(20)
        #expect(lines.first == "0 Interface Table_\n" && lines.last == "254 ")
        #expect(lines.count == 5)
        #expect(try router.ask(5) == ["0 mrouted version 4.6 \n", "254 "])
        #expect(try router.ask(4) == ["254 notice"])
        #expect(try router.ask(3, "bogus") == ["255 Unknown debug level: bogus"])
        #expect(try router.ask(99) == [] && router.ask(0) == [] && router.ask(254) == [])
      }
    }

    /// Weakness 3 of the original: one such client stops it, or ends it.
    @Test("Silent, short, half-open and vanished clients hold up and end nobody")
    func strangers() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let router = try MRouted(pair.left).ready()
        var idle: [Client] = []
        for _ in 0..<40 { idle.append(try router.client()) }
        let short = try router.client()
        short.write([2])
        try eventually("a short message is garbage") { short.isEnded }
        for count in [1, 767] {
          let gone = try router.client()
          gone.write(Array(repeating: 2, count: count))
          gone.close()
        }
        // It asks for a table and leaves before the answer.
        for _ in 0..<10 {
          let gone = try router.client()
          gone.write([2] + Array(repeating: 0, count: 767))
          gone.close()
        }
        let half = try router.client()
        half.write([2] + Array(repeating: 0, count: 767))
        half.closeSending()
        #expect(half.readBytes(within: 5).count >= 768, "who says no more is answered")
        let begin = Date()
        #expect(try router.ctl("show version").output == ["mrouted version 4.6 "])
        #expect(Date().timeIntervalSince(begin) < 5)
        #expect(router.daemon.isRunning)
        for client in idle { client.close() }
      }
    }

    /// Weakness 14 of the original: kill has no effect.
    @Test("kill ends the daemon with 0, and who asks hears of the end")
    func kill() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let router = try MRouted(pair.left).ready()
        #expect(try router.ctl("kill").status == 0)
        #expect(try router.daemon.exit() == 0)
      }
    }

    /// Weakness 5 of the original: it ends, and drops everything where nothing changed.
    @Test("A file that is refused at SIGHUP leaves what runs, and a good one drops no neighbor")
    func reload() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let left = try MRouted(pair.left).ready()
        let right = try MRouted(pair.right).ready()
        try eventually("they are neighbors", within: 20) {
          try right.ctl("-t show neighbor").text.contains("10.2.0.1")
            && left.ctl("-t show routes").text.contains("10.3.0/24")
        }
        let generation = try left.text("/var/lib/misc/mrouted.genid")
        try left.rewrite("phyint mid metric 3\nbogus\n")
        try left.hangUp()
        try left.logged("left-mrouted.conf:2: syntax error")
        try left.logged("is not loaded; what ran before runs on")
        #expect(try left.ctl("-t show routes").text.contains("10.3.0/24"))
        let refused = try left.ctl("restart")
        #expect(refused.status == 1 && refused.errors.count == 1)
        #expect(refused.errors.first?.hasSuffix("/left-mrouted.conf:2: syntax error") == true)
        try left.rewrite("phyint mid metric 3\n")
        try left.hangUp()
        try eventually("the metric is another") {
          try left.ctl("-p show interfaces").text.contains("   3   1 ")
        }
        #expect(try left.ctl("-t show neighbor").text.contains("10.2.0.2"), "the neighbor stays")
        #expect(try left.text("/var/lib/misc/mrouted.genid") == generation)
        #expect(!right.log.contains { $0.contains("begun anew") })
      }
    }

    @Test("mcastd answers mroutectl where its configuration says so")
    func native() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let socket = lab.folder + "/native.sock"
        let file = try lab.write(
          "version 1\ndvmrp on\ncontrol {\n  mrouted-socket \(socket)\n}\n", to: "native.conf")
        let daemon = try lab.start(
          "mcastd",
          pair.left.entry + [
            Lab.programs + "/mcastd", "--foreground", "--privileged", "--config", file, "--socket",
            lab.folder + "/native.control", "--pidfile", lab.folder + "/native.pid",
          ])
        try eventually("it answers") { FileManager.default.fileExists(atPath: socket) }
        let ctl = try MRouted.program("mroutectl", in: lab)
        let shown = try Lab.command(ctl, "-u", socket, "-t", "show", "interfaces")
        #expect(shown.status == 0 && shown.text.contains("10.1.0.1"), "\(shown.text)")
        #expect(try Lab.command(ctl, "-u", socket, "kill").status == 0)
        #expect(try daemon.exit() == 0)
      }
    }
  }
}

import Foundation
import Glibc
import Testing

extension KernelTests {
  /// The daemon as mrouted: its options, files and signals.
  @Suite struct MroutedLife {
    /// Words, the vintage that they mean, and the file of the generation id.
    private static let vintages: [(name: String, words: [String], version: String, generation: String)] = [
      ("3.9.8", ["-f", "-c", "FILE"], "3.9.8", "/run/mrouted/mrouted.genid"),
      ("4.6", ["-n", "-f", "FILE"], "4.6", "/var/lib/misc/mrouted.genid"),
    ]

    @Test(
      "It has its files, ends by SIGTERM with 0, and takes away what is of no use afterwards",
      arguments: 0..<2)
    func files(_ index: Int) throws {
      let vintage = MroutedLife.vintages[index]
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let router = try MRouted(pair.left, "", vintage.words).ready()
        #expect(router.exists("/run/mrouted.sock"))
        let generation = try router.text(vintage.generation)
        #expect(UInt32(generation.prefix { $0 != "\n" }) != nil)
        #expect(generation.hasSuffix("\n") == (vintage.version == "4.6"))
        // Another that shares the files finds them when the first is gone.
        let other = try MRouted(pair.right, "", vintage.words, beside: router)
        try other.logged("running already")
        #expect(try other.daemon.exit() == 1)
        #expect(try router.text(vintage.generation) != generation, "each start has its own")
        #expect(try router.ctl("show version").output == ["mrouted version 4.6 "])
        let keeper = try lab.start("keeper", ["nsenter", "--mount=/proc/\(router.daemon.pid)/ns/mnt", "cat"])
        let root = "/proc/\(keeper.pid)/root"
        try eventually("the files outlive the daemon") {
          FileManager.default.fileExists(atPath: root + "/run/mrouted.pid")
        }
        #expect(try router.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: root + "/run/mrouted.pid"))
        #expect(!FileManager.default.fileExists(atPath: root + "/run/mrouted.sock"))
        if vintage.version == "4.6" { try router.logged("mrouted version 4.6 exiting") }
      }
    }

    @Test("SIGUSR1 and SIGUSR2 write the tables, -r prints them, at every call", arguments: 0..<2)
    func tables(_ index: Int) throws {
      let vintage = MroutedLife.vintages[index]
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let router = try MRouted(pair.left, "", vintage.words).ready()
        router.daemon.signal(SIGUSR1)
        router.daemon.signal(SIGUSR2)
        try eventually("both files are there") {
          router.exists("/run/mrouted/mrouted.dump") && router.exists("/run/mrouted/mrouted.cache")
        }
        let dump = try router.text("/run/mrouted/mrouted.dump")
        #expect(dump.hasPrefix("Virtual Interface Table\n Vif  Local-Address "))
        #expect(dump.contains("10.1.0.1") && dump.contains("10.2.0.1"))
        #expect(dump.contains("Multicast Routing Table (2 entries)\n Origin-Subnet "))
        #expect(
          try router.text("/run/mrouted/mrouted.cache").hasPrefix(
            "Multicast Routing Cache Table (0 entries)\n"))
        for _ in 0..<20 {
          let shown = try router.run("mrouted", ["-r"])
          #expect(shown.status == 0 && shown.output.first == "Virtual Interface Table")
          #expect(shown.errors.isEmpty)
        }
        if index == 1 { #expect(try router.ctl("log info").output == ["info"]) }
      }
    }

    @Test("MROUTED_DUMP=program gives the columns of the program; -D waits with forwarding")
    func programLayout() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let router = try MRouted(
          pair.left, "", ["-f", "-c", "FILE", "-D", "3"], environment: ["MROUTED_DUMP": "program"]
        ).ready()
        let first = try router.run("mrouted", ["-r"]).output
        #expect(first.first?.hasPrefix("mrouted version 3.9.8 (not yet initialized) ") == true)
        #expect(first.contains("Vif  Name  Local-Address                               M  Thr  Rate   Flags"))
        try eventually("it forwards", within: 10) {
          try router.run("mrouted", ["-r"]).output.first?.hasPrefix("mrouted version 3.9.8 up  0:00:0")
            == true
        }
      }
    }

    @Test("SIGQUIT shows the tables where debugging was asked for")
    func quit() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let router = try MRouted(pair.left, "", ["-c", "FILE", "-d"]).ready()
        try router.logged("debug level 0x2de (pruning,routing,peers,cache,interface,membership,igmp)")
        router.daemon.signal(SIGQUIT)
        try router.logged("Virtual Interface Table")
        try router.logged("Multicast Routing Cache Table (0 entries)")
        #expect(try router.stop() == 0)
      }
    }

    @Test("4.x says in the log that the signal is not its own, and writes the file all the same")
    func unsupported() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let router = try MRouted(pair.left, "", ["-n", "-l", "info", "-f", "FILE"]).ready()
        router.daemon.signal(SIGUSR1)
        try router.logged("SIGUSR1 is no longer supported, use mroutectl instead.")
        try eventually("the file is there") { router.exists("/run/mrouted/mrouted.dump") }
        let time = #/^mrouted: \d\d:\d\d:\d\d\.\d\d\d \S/#
        #expect(router.log.allSatisfy { $0.contains(time) }, "\(router.log)")
      }
    }

    @Test(
      "A file that mrouted refuses ends the start with its line and 1, in the background too",
      arguments: [
        "-n -f FILE|:1: syntax error", "-f FILE|:1: syntax error", "-f -c FILE|: syntax error near line 1",
        "-c FILE|: syntax error near line 1",
      ])
    func refused(_ line: String) throws {
      let parts = line.split(separator: "|").map(String.init)
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let words = parts[0].split(separator: " ").map(String.init)
        let router = try MRouted(pair.left, "bogus\n", words)
        #expect(try router.daemon.exit() == 1)
        #expect(router.log.count == 1 && router.log[0].hasSuffix(".conf" + parts[1]), "\(router.log)")
        #expect(router.log[0].hasPrefix("mrouted: "))
      }
    }

    @Test("Who is not root is told so; a table that is taken ends the start, with the line of both vintages")
    func rights() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let program = try MRouted.program("mrouted", in: lab)
        for words in [["-n"], ["-f"], ["-r"]] {
          let outcome = try Lab.command(
            pair.left.entry + ["setpriv", "--reuid=65534", "--bounding-set=-all", program] + words)
          #expect(outcome.status == 1 && outcome.errors == ["mrouted: must be root"], "\(words)")
        }
        let first = try MRouted(pair.left).ready()
        let second = try MRouted(pair.left)
        #expect(try second.daemon.exit() == 1)
        #expect(
          second.log.contains { $0.hasSuffix(" Another multicast routing application is already running.") })
        #expect(try first.ctl("show version").status == 0)
      }
    }

    @Test(
      "A kernel without multicast routing ends the start, with the line of both vintages and 1",
      arguments: [["-n", "-f"], ["-c"]])
    func noRouting(_ words: [String]) throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let file = try lab.write("", to: "m.conf")
        let outcome = try Lab.command(
          pair.left.entry + [try Lab.refuse.get(), "mroute", "92", try MRouted.program("mrouted", in: lab)]
            + words + [file])
        #expect(outcome.status == 1)
        let line = "Cannot enable multicast routing in kernel: Protocol not available"
        #expect(outcome.errors.contains { $0.hasSuffix(line) }, "\(outcome.errors)")
      }
    }

    @Test("static-group forwards without a member, join-group makes the router one, -t is another table")
    func groups() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let text = "phyint in0 join-group 239.1.1.9\nphyint out1 static-group 239.1.1.8\n"
        let router = try MRouted(star.r, text, ["-n", "-t", "100", "-f", "FILE"]).ready()
        // As of old, who gives a table leads packets to it.
        try Lab.command("ip", "-4", "-n", star.r.name, "mrule", "add", "iif", "in0", "lookup", "100")
          .check("ip mrule")
        try eventually("the router is a member") {
          try Lab.command("ip", "-n", star.r.name, "maddress", "show", "dev", "in0").text
            .contains("239.1.1.9")
        }
        let routes = { (table: String) in
          try Lab.command("ip", "-4", "-n", star.r.name, "mroute", "show", "table", table).text
        }
        let sender = try Sender(star.s, "s0", source: "10.1.0.2")
        sender.stream("239.1.1.8", every: 100)
        try eventually("the stream goes out by out1, in table 100") {
          try routes("100").contains(/10\.1\.0\.2,\s*239\.1\.1\.8\)\s+Iif: in0\s+Oifs: out1\s/)
        }
        #expect(try !routes("default").contains("239.1.1.8"))
        #expect(try router.stop() == 0)
      }
    }

    @Test("Two daemons with names share a machine")
    func identities() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let red = try MRouted(pair.left, "", ["-n", "-i", "red", "-f", "FILE"], identity: "red").ready()
        let blue = try MRouted(
          pair.right, "", ["-n", "-i", "blue", "-f", "FILE"], identity: "blue", beside: red
        ).ready()
        for (router, address) in [(red, "10.2.0.1"), (blue, "10.2.0.2")] {
          #expect(try router.ctl("-p show interfaces").text.contains(address))
          #expect(router.exists("/run/\(router.identity).sock"))
          #expect(router.exists("/var/lib/misc/\(router.identity).genid"))
          router.daemon.signal(SIGUSR1)
          let file = "/run/\(router.identity)/\(router.identity).dump"
          try eventually("\(file) is there") { router.exists(file) }
        }
        try eventually("they are neighbors", within: 20) {
          try red.ctl("-t show neighbor").text.contains("10.2.0.2")
            && blue.ctl("-t show neighbor").text.contains("10.2.0.1")
        }
        try red.logged("red: ")
        #expect(try blue.stop() == 0)
        #expect(try red.ctl("show version").status == 0)
      }
    }

    @Test("In the background the starter ends when the daemon works")
    func background() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let file = try lab.write("", to: "m.conf")
        let (pidfile, socket) = (lab.folder + "/m.pid", lab.folder + "/m.sock")
        let program = try MRouted.program("mrouted", in: lab)
        let ident = lab.id
        let started = try Lab.command(
          pair.left.entry + [program, "-i", ident, "-f", file, "-p", pidfile, "-u", socket])
        #expect(started.status == 0 && started.errors.isEmpty, "\(started.errors)")
        let pid = try #require(
          Int32(String(contentsOfFile: pidfile, encoding: .utf8).trimmingCharacters(in: .newlines)))
        defer {
          kill(pid, SIGTERM)
          try? FileManager.default.removeItem(atPath: "/var/lib/misc/\(ident).genid")
        }
        let ctl = try MRouted.program("mroutectl", in: lab)
        #expect(try Lab.command(ctl, "-u", socket, "kill").status == 0)
        #expect(!FileManager.default.fileExists(atPath: pidfile), "kill waits for the end")
      }
    }
  }
}

import Foundation
import Glibc
import Testing

extension KernelTests {
  /// Command lines of SMCRoute 0.9x to 2.2, daemon and client in one, as start scripts have them.
  ///
  /// The paths are fixed there, so each test has a `/run` of its own.
  @Suite struct Legacy {
    /// Our `smcroute` in a namespace with a private `/run`.
    private struct Program {
      let board: Board
      let run: String
      let entry: [String]
      let path: String

      init(_ lab: Lab) throws {
        board = try Board(lab)
        run = lab.folder + "/run"
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
        let script =
          "mount --bind \(run) /run && { ! [ -e $conf ] || mount --bind /dev/null $conf; }"
        entry = [
          "ip", "netns", "exec", board.r.name, "sh", "-c",
          "conf=/etc/smcroute.conf; " + script + " && exec \"$@\"", "sh",
        ]
        path = try Make.ours.program("smcroute", in: lab)
        // What it starts is our daemon under the name that it has itself.
        _ = try Make.ours.program("smcrouted", in: lab)
      }

      func run(_ sentence: String, within seconds: Double = 20) throws -> Outcome {
        try Lab.command(entry + [path] + sentence.split(separator: " ").map(String.init), within: seconds)
      }

      /// A line that must be done, and says so as 2.1 and 2.2 did.
      func done(_ sentence: String) throws {
        let outcome = try run(sentence)
        #expect(outcome.status == 0, "\(sentence): \(outcome.errors)")
        #expect(outcome.errors == ["Sending command(s) ... OK!"], "\(sentence)")
        #expect(outcome.output == [])
      }

      /// The daemon in the background, or nil.
      var pid: pid_t? {
        let text = try? String(contentsOfFile: run + "/smcroute.pid", encoding: .utf8)
        return text.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
      }

      func tables() throws -> KernelTables { try KernelTables(board.r) }
    }

    /// Starts the daemon, and ends it however the test ends.
    private func session(_ start: String = "-d", _ body: (Program) throws -> Void) throws {
      try Lab.run { lab in
        let program = try Program(lab)
        let outcome = try program.run(start)
        defer { if let pid = program.pid, kill(pid, 0) == 0 { kill(pid, SIGKILL) } }
        #expect(outcome.status == 0, "\(outcome.errors)")
        try eventually("the daemon has a pid file") { program.pid != nil }
        #expect(FileManager.default.fileExists(atPath: program.run + "/smcroute"))
        try body(program)
      }
    }

    private static let flows = [["10.0.0.10", "225.1.2.3"], ["fc00::10", "ff05::3"]]

    @Test("Start, add, replace, remove, end", arguments: flows)
    func routes(_ flow: [String]) throws {
      let (source, group) = (flow[0], flow[1])
      try session { program in
        let (injector, watcher) = (try program.board.injector(), try program.board.watcher())
        try program.done("-a eth0 \(source) \(group) eth1 eth2")
        #expect(try program.tables().states == ["(\(source),\(group)) eth0 -> eth1 eth2"])
        try injector.send("eth0", source, group, 10)
        for name in ["eth1", "eth2"] {
          try watcher.line("packet") { $0 == "\(source) \(group) 10 15 \(program.board.far(name))" }
        }
        // Before 2.5 the same route again took the place of the first.
        try program.done("-add eth0 \(source) \(group) eth2")
        #expect(try program.tables().states == ["(\(source),\(group)) eth0 -> eth2"])
        try program.done("-r eth0 \(source) \(group) eth9")
        #expect(try program.tables().states == [])
        let pid = try #require(program.pid)
        try program.done("-k")
        try eventually("the daemon has ended") { kill(pid, 0) != 0 }
        #expect(program.pid == nil)
        #expect(!FileManager.default.fileExists(atPath: program.run + "/smcroute"))
      }
    }

    @Test("A source of 0.0.0.0 is every source")
    func anySource() throws {
      try session { program in
        let (injector, watcher) = (try program.board.injector(), try program.board.watcher())
        try program.done("-a eth0 0.0.0.0 225.1.2.4 eth1")
        for host in 1...3 { try injector.send("eth0", "10.0.0.\(host)", "225.1.2.4") }
        for host in 1...3 { try watcher.get("225.1.2.4", from: "10.0.0.\(host)") }
        try program.done("-F")
        #expect(try program.tables().states == [])
        try program.done("-r eth0 0.0.0.0 225.1.2.4")
      }
    }

    @Test("9: Commands on one line are all done, with -d too", arguments: flows)
    func severalCommands(_ flow: [String]) throws {
      let (source, group) = (flow[0], flow[1])
      try session("-d -j eth0 \(group) -a eth0 \(source) \(group) eth1") { program in
        #expect(try program.tables().states == ["(\(source),\(group)) eth0 -> eth1"])
        #expect(try program.board.r.show("maddr show dev eth0").contains { $0.contains(group) })
        try program.done(
          "-a eth0 \(source) \(group)4 eth1 -a eth0 \(source) \(group)5 eth2 -r eth0 \(source) \(group)")
        #expect(
          try program.tables().states == [
            "(\(source),\(group)4) eth0 -> eth1", "(\(source),\(group)5) eth0 -> eth2",
          ])
        try program.done("-l eth0 \(group) -j eth1 \(group)")
        #expect(try !program.board.r.show("maddr show dev eth0").contains { $0.contains(group) })
        #expect(try program.board.r.show("maddr show dev eth1").contains { $0.contains(group) })
      }
    }

    @Test("250 routes and 30 joins, sixteen commands a line", arguments: flows)
    func many(_ flow: [String]) throws {
      let source = flow[0]
      let isSix = source.contains(":")
      func group(_ number: Int) -> String {
        isSix ? "ff05::" + String(number, radix: 16) : "225.9.0.\(number)"
      }
      try session { program in
        let routes = (1...250).map { "-a eth0 \(source) \(group($0)) eth1 eth2" }
        let joins = (1...30).map { "-j eth0 \(group($0))" }
        let commands = routes + joins
        for start in stride(from: 0, to: commands.count, by: 16) {
          try program.done(commands[start..<min(start + 16, commands.count)].joined(separator: " "))
        }
        let wanted = (1...250).map { "(\(source),\(group($0))) eth0 -> eth1 eth2" }.sorted()
        let held = try program.tables().states
        #expect(held == wanted, "lost: \(wanted.filter { !held.contains($0) })")
        let joined = try program.board.r.show("maddr show dev eth0")
        #expect((1...30).allSatisfy { number in joined.contains { $0.hasSuffix(" " + group(number)) } })
        let (injector, watcher) = (try program.board.injector(), try program.board.watcher(["eth2"]))
        for number in 1...250 { try injector.send("eth0", source, group(number)) }
        for number in 1...250 { try watcher.get(group(number), 1) }
        for start in stride(from: 1, through: 250, by: 16) {
          let line = (start..<min(start + 16, 251)).map { "-r eth0 \(source) \(group($0))" }
          try program.done(line.joined(separator: " "))
        }
        #expect(try program.tables().states == [])
      }
    }

    @Test("What is refused is refused in the words of 2.2")
    func refusals() throws {
      let table = [
        ("-a nope 10.0.0.10 225.1.2.3 eth1", "Invalid input interface"),
        ("-a eth0 10.0.0.10 225.1.2.3 nope", "Invalid output interface"),
        ("-a eth0 10.0.0.300 225.1.2.3 eth1", "Invalid origin IPv4 address"),
        ("-a eth0 10.0.0.10 1.2.3.4 eth1", "Invalid multicast group"),
        ("-r eth0 10.0.0.10 225.1.2.9", "Failed removing IPv4 multicast route: No such file or directory"),
        ("-j eth0 1.1.1.1", "Invalid IPv4 multicast group: 1.1.1.1"),
        ("-j nope 225.1.2.3", "Join multicast group, unknown interface nope"),
      ]
      try session { program in
        for (line, text) in table {
          let outcome = try program.run(line)
          #expect(outcome.status == 1, "\(line)")
          #expect(outcome.errors == ["Sending command(s) ... Daemon error: " + text], "\(line)")
        }
        // What comes after it on the line is not done.
        _ = try program.run("-a nope 10.0.0.10 225.1.2.3 eth1 -a eth0 10.0.0.10 225.1.2.3 eth1")
        #expect(try program.tables().states == [])
        let long = try program.run(Array(repeating: "-F", count: 17).joined(separator: " "))
        #expect(long.status == 1)
        #expect(long.errors.contains("Too many command options"))
      }
    }

    @Test("Without a daemon it is said after three seconds")
    func nobody() throws {
      try Lab.run { lab in
        let program = try Program(lab)
        let start = Date()
        let outcome = try program.run("-a eth0 10.0.0.10 225.1.2.3 eth1")
        #expect(outcome.status == 1)
        #expect(outcome.errors.last?.hasSuffix("Daemon not running: No such file or directory") == true)
        #expect(Date().timeIntervalSince(start) < 5)
        for line in ["", "-Q", "add", "-a eth0", "-k now"] {
          let outcome = try program.run(line)
          #expect(outcome.status == 1, "\(line)")
          #expect(outcome.text.lowercased().contains("usage"), "\(line)")
        }
        #expect(try program.run("-v").errors.first?.hasPrefix("SMCRoute version 2.") == true)
        #expect(try program.run("-h").status == 0)
      }
    }

    @Test("A client of 0.9x, with its short header, is served on the old socket")
    func shortHeader() throws {
      try session { program in
        func ask(_ letter: Character, _ words: String...) throws -> String {
          let client = try Client(program.run + "/smcroute")
          client.write(Message.bytes(letter, words, header: 8))
          return client.read(within: 5)
        }
        #expect(try ask("a", "eth0", "10.0.0.10", "225.1.2.3", "eth1") == "\0")
        #expect(try program.tables().states == ["(10.0.0.10,225.1.2.3) eth0 -> eth1"])
        #expect(try ask("j", "eth0", "225.1.2.3") == "\0")
        #expect(try ask("l", "eth0", "225.1.2.3") == "\0")
        #expect(try ask("a", "nope", "10.0.0.10", "225.1.2.3", "eth1") == "Invalid input interface\0")
        #expect(try ask("r", "eth0", "10.0.0.10", "225.1.2.3") == "\0")
        #expect(try program.tables().states == [])
        let pid = try #require(program.pid)
        #expect(try ask("k") == "\0")
        try eventually("the daemon has ended") { kill(pid, 0) != 0 }
      }
    }

    @Test("Used as the wrapper of 2.4 and 2.5, it drives any smcrouted", arguments: Make.allCases)
    func wrapper(_ make: Make) throws {
      try Lab.run { lab in
        let program = try Program(lab)
        let daemon = try lab.start(
          "\(make) smcrouted", program.entry + [try make.program("smcrouted", in: lab), "-n", "-l", "info"])
        try eventually("it is ready") { program.pid != nil && daemon.isRunning }
        try program.done("-a eth0 225.1.2.0/24 eth1")
        try program.done("-a eth0 10.0.0.10 225.1.3.3 eth1 eth2")
        try program.done("-r eth0 10.0.0.10 225.1.3.3 eth1")
        #expect(try program.tables().states == ["(10.0.0.10,225.1.3.3) eth0 -> eth2"])
        try program.done("-j eth0 225.1.2.3")
        #expect(try program.board.r.show("maddr show dev eth0").contains { $0.contains("225.1.2.3") })
        #expect(try program.run("-l eth0 225.1.2.9").status == 1)
        try program.done("-k")
        #expect(try daemon.exit() == 0)
      }
    }
  }
}

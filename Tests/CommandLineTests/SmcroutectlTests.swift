import Compatibility
import Testing

@testable import CommandLine

@Suite("smcroutectl") struct SmcroutectlTests {
  // MARK: What is sent

  @Test(
    "Each command sends its letter and words",
    arguments: [
      ("", "s"), ("show", "s"), ("show routes", "s routes"), ("show groups", "s groups"),
      ("show interfaces", "s interfaces"), ("show pending", "s pending"), ("-d show", "S"),
      ("-d show groups", "S groups"), ("-j show", "J"), ("-jd show groups", "J groups"),
      ("add eth0 225.1.2.3 eth1", "a eth0 225.1.2.3 eth1"),
      ("add eth0 10.0.0.10/24 225.1.2.3/16 eth1 eth+", "a eth0 10.0.0.10/24 225.1.2.3/16 eth1 eth+"),
      ("remove eth0 225.1.2.3", "r eth0 225.1.2.3"), ("del eth0 ff05::1 eth1", "r eth0 ff05::1 eth1"),
      ("join eth0 225.1.2.3", "j eth0 225.1.2.3"),
      ("join eth0 10.0.0.1 232.1.1.1", "j eth0 10.0.0.1 232.1.1.1"),
      ("leave eth0 225.1.2.3", "l eth0 225.1.2.3"),
      ("flush", "F"), ("reload", "H"), ("restart", "H"), ("kill", "k"),
    ])
  func messages(_ line: String, _ expected: String) {
    let stage = SmcrouteStage()
    stage.answer = { $0.command == UInt8(ascii: "J") ? .text("{}\n") : .done }
    let outcome = stage.smcroutectl(line)
    #expect(stage.sent.map(\.message.text) == [expected])
    #expect(stage.sent.map(\.path) == ["/run/smcroute.sock"])
    #expect(outcome == .init(out: line.hasPrefix("-j") ? "{}\n" : ""))
  }

  @Test(
    "A beginning is the first command that has it",
    arguments: [
      ("a eth0 225.1.2.3 eth1", "a"), ("d eth0 225.1.2.3", "r"), ("rem eth0 225.1.2.3", "r"), ("f", "F"),
      ("j eth0 225.1.2.3", "j"), ("l eth0 225.1.2.3", "l"), ("k", "k"), ("rel", "H"), ("res", "H"),
      ("s", "s"),
      ("sh g", "s"), ("shows", "s"), ("remover eth0 225.1.2.3", "r"),
    ])
  func abbreviations(_ line: String, _ letter: String) {
    let stage = SmcrouteStage()
    #expect(stage.smcroutectl(line) == .init())
    #expect(stage.letters == letter)
  }

  @Test(
    "What might wipe the routes, and what is no command, is refused",
    arguments: ["r", "re", "bogus", "routes"])
  func refusedWords(_ line: String) {
    let stage = SmcrouteStage()
    let outcome = stage.smcroutectl(line)
    #expect(outcome.status == 1)
    #expect(outcome.error.hasPrefix("smcroutectl: "))
    #expect(outcome.error.hasPrefix("smcroutectl: Ambiguous command") == line.hasPrefix("re") || line == "r")
    #expect(stage.sent.isEmpty)
  }

  @Test(
    "Options stand anywhere, alone or joined",
    arguments: [
      ("-d -u /s show groups", "S groups", "/s"), ("show groups -du /s", "S groups", "/s"),
      ("-i two show", "s", "/run/two.sock"), ("-Itwo show", "s", "/run/two.sock"),
      ("show -i two -u/s", "s", "/s"), ("-u /s -i two", "s", "/s"), ("-td", "S", "/run/smcroute.sock"),
    ])
  func options(_ line: String, _ message: String, _ path: String) {
    let stage = SmcrouteStage()
    stage.attempts = [path: [0]]
    #expect(stage.smcroutectl(line) == .init())
    #expect(stage.sent.map(\.message.text) == [message])
    #expect(stage.sent.map(\.path) == [path])
  }

  @Test("With POSIXLY_CORRECT a word ends the options")
  func strictOrder() {
    let stage = SmcrouteStage()
    stage.environment["POSIXLY_CORRECT"] = ""
    _ = stage.smcroutectl("show -d")
    #expect(stage.sent.map(\.message.text) == ["s -d"])
  }

  // MARK: What is printed without a daemon

  @Test(
    "Help, version and wrong options ask nobody", arguments: ["-h", "help", "help add", "-v", "version", "v"])
  func alone(_ line: String) {
    let stage = SmcrouteStage()
    stage.attempts = [:]
    let outcome = stage.smcroutectl(line)
    #expect(outcome.status == 0 && outcome.error.isEmpty && !outcome.out.isEmpty)
  }

  @Test("An unknown option is told as getopt tells it, with the usage")
  func unknownOption() {
    let outcome = SmcrouteStage().smcroutectl("-Q show")
    #expect(outcome.status == 1)
    #expect(outcome.error == "smcroutectl: invalid option -- 'Q'\n")
    #expect(outcome.out.hasPrefix("Usage:\n  smcroutectl "))
  }

  @Test(
    "Too few words are told, with an example",
    arguments: [
      ("add eth0 225.1.2.3", "add"), ("remove eth0", "remove"), ("del eth0", "del"), ("join eth0", "join"),
      ("leave eth0", "leave"),
    ])
  func tooFew(_ line: String, _ command: String) {
    let stage = SmcrouteStage()
    let outcome = stage.smcroutectl(line)
    #expect(outcome.status == 1 && stage.sent.isEmpty)
    #expect(outcome.error == "smcroutectl: Not enough arguments to command \(command)\n")
    #expect(outcome.out.hasPrefix("Help:\n  ") && outcome.out.contains("\nExample:\n  smcroutectl "))
  }

  // MARK: No daemon

  @Test(
    "Why the daemon cannot be reached",
    arguments: [
      (
        "show", 2,
        "smcroutectl: Cannot find IPC socket /run/smcroute.sock\n"
          + "smcroutectl: Daemon may be running with another -i NAME\n", 0
      ),
      (
        "-u /s show", 2,
        "smcroutectl: Cannot find IPC socket /s\n"
          + "smcroutectl: Failed connecting to daemon: No such file or directory\n", 0
      ),
      ("show", 111, "smcroutectl: Daemon not running\n", 29),
      ("show", 13, "smcroutectl: Need root privileges to connect to daemon\n", 0),
      ("show", 20, "smcroutectl: Failed connecting to daemon: Not a directory\n", 0),
    ] as [(String, Int32, String, Int)])
  func unreachable(_ line: String, _ errno: Int32, _ error: String, _ pauses: Int) {
    let stage = SmcrouteStage()
    stage.attempts = ["/run/smcroute.sock": [errno], "/s": [errno]]
    #expect(stage.smcroutectl(line) == .init(status: 1, error: error))
    #expect(stage.pauses == pauses)
  }

  @Test("A daemon that comes, and one that is busy, are waited for")
  func waits() {
    let stage = SmcrouteStage()
    stage.attempts = ["/run/smcroute.sock": [111, 111, 0]]
    #expect(stage.smcroutectl("flush") == .init())
    #expect(stage.pauses == 2)
    stage.attempts = ["/run/smcroute.sock": Array(repeating: 11, count: 100) + [0]]
    #expect(stage.smcroutectl("flush") == .init())
    #expect(stage.letters == "FF")
  }

  @Test("A daemon that takes no connection for two minutes is given up")
  func busy() {
    let stage = SmcrouteStage()
    stage.attempts = ["/run/smcroute.sock": [11]]
    let error = "smcroutectl: Failed connecting to daemon: Resource temporarily unavailable\n"
    #expect(stage.smcroutectl("flush") == .init(status: 1, error: error))
    #expect(stage.pauses == 1200)
  }

  @Test("A message that no daemon reads is not sent")
  func tooLong() {
    let stage = SmcrouteStage()
    let line = "add eth0 225.1.2.3 " + Array(repeating: "eth1", count: 200).joined(separator: " ")
    let error = "smcroutectl: Failed constructing IPC command: Message too long\n"
    #expect(stage.smcroutectl(line) == .init(status: 1, error: error))
    #expect(stage.sent.isEmpty)
  }

  // MARK: Answers

  @Test("A refusal is the first line of the answer, on standard error", arguments: [1, 7, 500])
  func refusal(_ size: Int) {
    let stage = SmcrouteStage()
    let text = "ipc: mroute: inbound nope is not a known phyint\nmore\0"
    stage.answer = { _ in .pieces(Array(text.utf8).pieces(of: size)) }
    let error = "smcroutectl: ipc: mroute: inbound nope is not a known phyint\n"
    #expect(stage.smcroutectl("add nope 225.1.2.3 eth1") == .init(status: 1, error: error))
  }

  @Test("A daemon that is silent, or gone before its answer, is told", arguments: ["flush", "show"])
  func noAnswer(_ line: String) {
    let stage = SmcrouteStage()
    stage.answer = { _ in .nothing }
    var error = "smcroutectl: Communication with daemon failed: Connection timed out\n"
    #expect(stage.smcroutectl(line) == .init(status: 1, error: error))
    stage.answer = { _ in .closed }
    error = "smcroutectl: Communication with daemon failed: Connection reset by peer\n"
    #expect(stage.smcroutectl(line) == .init(status: 1, error: error))
  }

  @Test("A daemon that ends need not answer, and its socket is gone afterwards")
  func kill() {
    let stage = SmcrouteStage()
    stage.answer = { _ in .closed }
    stage.lingering = 3
    #expect(stage.smcroutectl("kill") == .init())
    #expect(stage.pauses == 3 && stage.attempts.isEmpty)
  }

  // MARK: Tables

  private static let table =
    "(*,G) Template Rules_\nROUTE (S,G)                                IIF   OIFS=\n"
    + "(*, 225.1.2.4)                             eth0  eth1\n"

  @Test("Headings are plain in a file, and lines come as they are", arguments: [1, 50, 4096])
  func plain(_ size: Int) {
    let stage = SmcrouteStage()
    stage.answer = { _ in .pieces(Array((Self.table + "\0").utf8).pieces(of: size)) }
    let line = String(repeating: "=", count: 79)
    let expected = """
      \(String(repeating: "_", count: 79))
      (*,G) Template Rules
      \(line)
      ROUTE (S,G)                                IIF   OIFS
      \(line)
      (*, 225.1.2.4)                             eth0  eth1


      """
    #expect(stage.smcroutectl("show") == .init(out: expected))
    #expect(stage.smcroutectl("-p show") == .init(out: expected))
    #expect(stage.smcroutectl("-t show").out == "(*, 225.1.2.4)                             eth0  eth1\n\n")
  }

  @Test("Headings fill the width of a terminal, unless it is a dumb one")
  func terminal() {
    let stage = SmcrouteStage()
    stage.answer = { _ in .text(Self.table) }
    stage.terminalWidth = 60
    let out = stage.smcroutectl("show").out
    let blank = String(repeating: " ", count: 60)
    #expect(out.hasPrefix("\u{1b}[4m\(blank)\u{1b}[0m\n(*,G) Template Rules\n\u{1b}[7mROUTE (S,G)"))
    #expect(!stage.smcroutectl("-p show").out.contains("\u{1b}"))
    stage.environment["TERM"] = "dumb"
    #expect(!stage.smcroutectl("show").out.contains("\u{1b}"))
  }

  @Test("An empty table prints nothing")
  func empty() {
    #expect(SmcrouteStage().smcroutectl("-p show") == .init())
  }

  @Test(
    "Output that nobody takes is no success, and the answer is heard all the same", arguments: ["", "-j "])
  func fullDisk(_ option: String) {
    let stage = SmcrouteStage()
    let text = option.isEmpty ? Self.table : "{\(Self.table)}"
    stage.answer = { _ in .pieces(Array(text.utf8).pieces(of: 10)) }
    stage.room = 5
    #expect(stage.smcroutectl(option + "show").status == 1)
    #expect(stage.heard == 1)
  }

  @Test("JSON of any length is one line, and a daemon that has none says so")
  func json() {
    let stage = SmcrouteStage()
    let text = #"{"groups":["# + String(repeating: "1,", count: 20_000) + "1]}"
    stage.answer = { _ in .pieces(Array((text + "\n\0").utf8).pieces(of: 1023)) }
    #expect(stage.smcroutectl("-j show groups") == .init(out: text + "\n"))
    stage.answer = { _ in .text("Unknown or malformed IPC message 'J' from client.") }
    let error = "smcroutectl: Unknown or malformed IPC message 'J' from client.\n"
    #expect(stage.smcroutectl("-j show") == .init(status: 1, error: error))
  }

  // MARK: Batch

  @Test("A batch does every line, and its status counts those that were refused")
  func batch() {
    let stage = SmcrouteStage()
    stage.input = [
      "# comment", "", "join eth0 225.1.2.3", "  add  eth0\t225.1.2.3  eth1 ", "leave", "bogus",
      "add nope 225.1.2.3 " + (1...20).map { "eth\($0)" }.joined(separator: " "), "show groups",
    ]
    stage.answer = { $0.arguments.first == "nope" ? .text("no") : .done }
    let outcome = stage.smcroutectl("-b")
    #expect(stage.letters == "jaas")
    #expect(stage.sent[2].message.arguments.count == 22)
    #expect(outcome.status == 3)
    #expect(outcome.error.contains("smcroutectl: no\n"))
  }

  @Test("A batch without a daemon waits once, and its status stays below 256")
  func batchWithoutDaemon() {
    let stage = SmcrouteStage()
    stage.attempts = ["/run/smcroute.sock": [111]]
    stage.input = Array(repeating: "flush", count: 256)
    #expect(stage.smcroutectl("-b").status == 255)
    #expect(stage.pauses == 29)
  }
}

extension SmcrouteMessage {
  /// The letter and the words.
  var text: String { ([String(UnicodeScalar(command))] + arguments).joined(separator: " ") }
}

extension [UInt8] {
  func pieces(of size: Int) -> [[UInt8]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}

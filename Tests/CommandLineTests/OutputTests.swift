import Addressing
import Control
import Diagnostics
import Encoding
import LinuxKernel
import Schemas
import Testing
import Timing

@testable import CommandLine

@Suite("Quantities") struct QuantityTests {
  @Test(
    "Ages",
    arguments: [
      (0.0, "0s"), (3.9, "3s"), (59, "59s"), (60, "1m00s"), (130, "2m10s"), (3_599, "59m59s"),
      (14_520, "4h02m"),
      (273_600, "3d04h"), (-5, "0s"), (1e18, "11574074074074d01h"),
    ])
  func ages(_ seconds: Double, _ text: String) { #expect(Quantity().age(seconds: seconds) == text) }

  @Test(
    "Rates",
    arguments: [
      (0.0, "0"), (12, "12 bit/s"), (999, "999 bit/s"), (999.96, "1.0 kbit/s"), (8_200_000, "8.2 Mbit/s"),
      (1_234_567_890, "1.2 Gbit/s"), (4e15, "4000.0 Tbit/s"),
    ])
  func rates(_ bits: Double, _ text: String) { #expect(Quantity().bits(perSecond: bits) == text) }

  @Test("Numbers without units are plain integers")
  func plain() {
    let quantity = Quantity(isPlain: true)
    #expect(quantity.bits(perSecond: 8_200_000.4) == "8200000")
    #expect(quantity.packets(perSecond: 1_204) == "1204")
    #expect(quantity.age(seconds: 3_599.9) == "3599")
    #expect(quantity.count(UInt64.max) == "18446744073709551615")
    #expect(Quantity().count(-1_234_567) == "-1,234,567")
  }
}

@Suite("Tables") struct TableTests {
  @Test("A terminal cuts the last column, a pipe nothing")
  func cut() {
    let columns: [TextTable.Column] = [.left("NAME"), .right("N"), .left("REST")]
    let row: [Cell] = ["eth0", "12", "a long text at the end"]
    #expect(Layout(width: 20).text(columns, [row]) { $0 } == "NAME   N  REST\neth0  12  a long te…\n")
    #expect(Layout().text(columns, [row]) { $0 } == "NAME   N  REST\neth0  12  a long text at the end\n")
  }

  @Test("A row without a table's columns, and a table without rows, print nothing more")
  func empty() {
    #expect(Layout().text([.left("NAME")], [[Cell]]()) { $0 } == "")
  }

  @Test("Widths are those of the first thousand rows; later ones are written at once")
  func streaming() {
    var table = TextTable([.left("A"), .left("B")])
    var text = ""
    for _ in 0..<999 { table.add(["x", "y"], to: &text) }
    #expect(text.isEmpty)
    table.add(["x", "y"], to: &text)
    #expect(text.hasPrefix("A  B\nx  y\n"))
    text = ""
    table.add(["wider", "y"], to: &text)
    #expect(text == "wider  y\n")
  }

  @Test("What an interface is called moves no cursor")
  func controls() {
    #expect(Layout().text([.left("A")], [[Cell("\u{1b}[2J")]]) { $0 } == "A\n\\x1b[2J\n")
  }

  @Test("More rows than are sorted come in the daemon's order, all of them")
  func many() {
    let daemon = FakeDaemon { body in
      if body == Requests.status { return Fixtures.answer(body) }
      var answer = FakeDaemon.Answer()
      let row = Fixtures.routes[0]
      answer.rows = (0..<12_000).map { index in
        var copy = row
        copy.group = Prefix(Address(ipv4: 0xefff_ffff - UInt32(index)))
        return { $0.write(copy, to: &$1) }
      }
      return answer
    }
    let lines = Stage(daemon).run("show routes").out.split(separator: "\n")
    #expect(lines.count == 12_001)
    #expect(lines[1].contains("239.255.255.255"))
    let top = Stage(daemon).run("show routes sort group top 2").out.split(separator: "\n")
    #expect(top.map { $0.contains("239.255.209.32") } == [false, true, false])
  }
}

@Suite("JSON") struct JSONOutputTests {
  @Test("On a terminal it is laid out, and says the same")
  func terminal() throws {
    let stage = Stage(Fixtures.daemon)
    stage.terminalWidth = 80
    try Golden.check("json-terminal", stage.run("show pending --json").out)
  }

  @Test("Brackets and commas in strings are no structure")
  func strings() {
    var indenter = JSONIndenter()
    let text = #"{"a":"[{\",:\\","b":[],"c":{}}"#
    let laidOut = String(decoding: indenter.indent(Array(text.utf8)), as: UTF8.self)
    #expect(laidOut == "{\n  \"a\": \"[{\\\",:\\\\\",\n  \"b\": [],\n  \"c\": {}\n}")
  }

  @Test("One object per line has no envelope")
  func lines() {
    let outcome = Stage(Fixtures.daemon).run("show limits --json-lines")
    #expect(outcome.out.split(separator: "\n").count == 2)
    #expect(outcome.out.hasPrefix(#"{"name":"routes""#))
  }

  @Test("Every shipped schema names itself, and an output against it is found out")
  func schemas() throws {
    for name in try Schema.names where name != "error" && name != "event" { _ = try Schema(name) }
    #expect(try Schema.names.count == 26)
    let row = #"{"name":1,"limit":-1,"extra":2}"#
    let found = try Schema.findings(
      #"{"schema":"mcast.limits/1","host":"r","time":"now","generation":1,"data":["# + row + "]}")
    #expect(
      found.sorted() == [
        ".data[0].extra: not in the schema", ".data[0].limit: below 0",
        ".data[0].name: not string(\"string\")",
        ".data[0]: hits is missing", ".data[0]: used is missing", ".time: \"now\" is no date-time",
        ": warnings is missing",
      ])
  }
}

@Suite("Terminal") struct TerminalTests {
  private func run(_ line: String, _ environment: [String: String] = [:], width: Int? = 200) -> String {
    let stage = Stage(Fixtures.daemon)
    stage.terminalWidth = width
    stage.environment = environment
    return stage.run(line).out
  }

  @Test("Colors are for terminals, unless NO_COLOR or a dumb one says otherwise")
  func colors() {
    #expect(run("show interfaces").contains("\u{1b}[32mup\u{1b}[0m"))
    #expect(!run("show interfaces", ["NO_COLOR": "1"]).contains("\u{1b}"))
    #expect(!run("show interfaces", ["TERM": "dumb"]).contains("\u{1b}"))
    #expect(!run("show interfaces", width: nil).contains("\u{1b}"))
    #expect(run("show interfaces --color always", width: nil).contains("\u{1b}"))
    #expect(!run("show interfaces --color never").contains("\u{1b}"))
  }

  @Test("Colored and plain tables have the same text")
  func sameText() {
    #expect(run("show routes").replacing(/\u{1b}\[\d+m/, with: "") == run("show routes", width: nil))
  }

  @Test("--watch redraws on a terminal and appends elsewhere")
  func watch() {
    #expect(run("show pending --watch").components(by: "\u{1b}[H\u{1b}[2J") == 2)
    #expect(run("show pending --watch 1", width: nil).components(by: "WAITS FOR") == 2)
  }
}

extension String {
  fileprivate func components(by separator: String) -> Int { ranges(of: separator).count }
}

@Suite("Conversation with the daemon") struct ConversationTests {
  @Test("A daemon that does not answer in time is exit 7, MC0004")
  func silence() {
    var answer = FakeDaemon.Answer()
    answer.sleeps = true
    let outcome = Stage(FakeDaemon(answer)).run("show routes")
    #expect(outcome.exit == .timedOut)
    #expect(outcome.error.contains("[MC0004]"))
  }

  @Test("A daemon that goes away in the middle is exit 3")
  func death() {
    var answer = FakeDaemon.Answer()
    answer.dies = true
    let outcome = Stage(FakeDaemon(answer)).run("add eth0 239.1.1.1 eth1")
    #expect(outcome.exit == .notReachable)
    #expect(outcome.error.contains("before its answer was complete"))
  }

  @Test(
    "A refusal has the daemon's words and its exit code",
    arguments: [
      (Code.duplicateRule, ExitCode.alreadyExists, "add eth0 239.1.1.1 eth1"),
      (.noSuchObject, .noSuchObject, "del eth0 239.1.1.1"),
      (.unknownInterface, .failed, "add eth9 239.1.1.1 eth1"),
      (.noSuchObject, .noSuchObject, "config undo"), (.noSuchObject, .noSuchObject, "config confirm"),
      (.limitReached, .failed, "join eth0 239.1.1.1"), (.notPermitted, .notPermitted, "stop"),
      (.unknownStatement, .configuration, "reload"),
      (.thresholdRange, .failed, "set interface eth0 threshold 999"),
    ])
  func refusal(_ code: Code, _ exit: ExitCode, _ line: String) throws {
    var answer = FakeDaemon.Answer()
    answer.exit = exit
    answer.errors = [Diagnostic(.error, code, "the reason", hint: "the cure")]
    let outcome = Stage(FakeDaemon(answer)).run(line)
    #expect(outcome.exit == exit)
    #expect(outcome.out.isEmpty)
    #expect(outcome.error == "mcast: error: the reason [\(code)]\nhint: the cure\n")
    let json = Stage(FakeDaemon(answer)).run(line + " -j")
    #expect(json.exit == exit)
    #expect(try Schema.findings(json.out.trimmingNewline) == [])
  }

  @Test("A text longer than a line goes in parts and arrives whole")
  func parts() {
    let daemon = Fixtures.daemon
    let stage = Stage(daemon)
    let text = (0..<5_000).map { "add eth0 239.1.\($0 / 250).\($0 % 250) eth1 # é\n" }.joined()
    stage.files["many"] = text
    _ = stage.run("batch many")
    #expect(daemon.text == text)
    #expect(daemon.requests.count == 1)
  }

  @Test("A file that includes others is sent as one canonical text")
  func includes() {
    let daemon = Fixtures.daemon
    let stage = Stage(daemon)
    stage.files = [
      "/a.conf": "include \"/b.conf\"\nroute from eth0 group 239.1.1.1 to eth1\n",
      "/b.conf": "route from eth0 group 239.1.1.2 to eth1\n",
    ]
    #expect(stage.run("config apply /a.conf").exit == .done)
    #expect(!daemon.text.contains("include"))
    #expect(daemon.text.contains("route from eth0 group 239.1.1.2 to eth1"))
  }

  @Test(
    "A file with an error never reaches the daemon", arguments: ["config apply x.conf", "config plan x.conf"])
  func judged(_ line: String) {
    let daemon = Fixtures.daemon
    let stage = Stage(daemon)
    stage.files["x.conf"] = "route from eth0 group 1.2.3.4 to eth1\n"
    #expect(stage.run(line).exit == .configuration)
    #expect(daemon.requests.isEmpty)
  }

  @Test("Saving the daemon's own file writes what runs and has it read again")
  func save() {
    let daemon = Fixtures.daemon
    let stage = Stage(daemon)
    #expect(stage.run("config save").exit == .done)
    #expect(stage.written == ["/etc/mcast/mcast.conf": Fixtures.running])
    #expect(daemon.requests.last?.body == Requests.reload)
  }

  @Test(
    "The smcroute.conf of a daemon is never written over",
    arguments: ["config save", "config save /etc/smcroute.conf"])
  func saveOverSmcroute(_ line: String) {
    let daemon = FakeDaemon { body in
      guard case .verb("status", _, _) = body else { return Fixtures.answer(body) }
      let status = Fixtures.status.0
      var facts = Fixtures.status.1
      facts.configFile = "/etc/smcroute.conf"
      facts.configLanguage = "smcroute.conf"
      var answer = FakeDaemon.Answer()
      answer.rows = [{ [facts] in $0.write(status, facts, to: &$1) }]
      return answer
    }
    let stage = Stage(daemon)
    let outcome = stage.run(line)
    #expect(outcome.exit == .failed)
    #expect(outcome.error.contains("mcast config save FILE"))
    #expect(stage.written.isEmpty)
    #expect(stage.run("config save /etc/mcast/mcast.conf").exit == .done)
    #expect(stage.written == ["/etc/mcast/mcast.conf": Fixtures.running])
  }

  @Test("A file that cannot be written leaves the old one and says so")
  func readOnly() {
    let outcome = Stage(Fixtures.daemon).run("config save /read-only/x.conf")
    #expect(outcome.exit == .failed)
    #expect(outcome.error.contains("EROFS"))
  }

  @Test("--quiet silences warnings and notes, not errors")
  func quiet() {
    let stage = VerbTests.stage
    #expect(stage.run("replace eth0 239.1.1.1 eth1 -q").error.isEmpty)
    #expect(stage.run("config check broken.conf -q").error.contains("MC2110"))
    #expect(!stage.run("config check broken.conf -q").error.contains("MC2104"))
  }

  @Test("Nothing to show is said, and is no failure")
  func nothing() throws {
    let stage = Stage(FakeDaemon(FakeDaemon.Answer()))
    let objects = [
      "routes", "interfaces", "joins", "pending", "events", "config", "kernel", "groups", "neighbors",
      "dvmrp",
      "prunes", "timers", "tunnels",
    ]
    for object in objects {
      let outcome = stage.run("show \(object)")
      #expect(outcome.exit == .done)
      #expect(outcome.out.isEmpty)
      try Golden.check("nothing-\(object)", outcome.transcript)
    }
    #expect(stage.run("show routes to eth1").error == "no such routes\n")
  }

  @Test("An interface that is not there is exit 5")
  func noInterface() {
    #expect(Stage(Fixtures.daemon).run("show interfaces eth9").exit == .noSuchObject)
  }

  @Test("A code that does not exist is exit 5 with the nearest")
  func noCode() {
    let outcome = Stage().run("explain unknown-interfaces")
    #expect(outcome.exit == .noSuchObject)
    #expect(outcome.error.contains("did you mean unknown-interface?"))
  }

  @Test("Every code is explained", arguments: Code.allCases)
  func explained(_ code: Code) { #expect(Explanations.of(code).cause != "not described") }
}

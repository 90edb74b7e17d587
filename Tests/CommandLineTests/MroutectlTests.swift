import Compatibility
import Foundation
import Testing
import Timing

@testable import CommandLine
@testable import LinuxKernel

@Suite("mroutectl") struct MroutectlTests {
  // MARK: Recorded sessions

  @Test("What 4.6 printed for its daemon's answers is printed to the byte")
  func recorded() throws {
    let sessions = try Session.recorded()
    #expect(sessions.count >= 26)
    for session in sessions {
      let stage = MroutectlStage()
      stage.answers = session.answers
      let outcome = stage.run(session.words)
      #expect(outcome.out + outcome.error == session.printed, "mroutectl \(session.words)")
      #expect(outcome.status == session.status, "mroutectl \(session.words)")
      #expect(stage.sent.count == (session.answers.isEmpty && session.isLocal ? 0 : 1))
    }
  }

  @Test("Answers that come in pieces of any length are the same answers", arguments: [1, 7, 767, 769, 5000])
  func pieces(_ count: Int) throws {
    let session = try #require(Session.recorded().first { $0.words == "-p show status" })
    let stage = MroutectlStage()
    stage.answers = session.answers
    stage.pieceCount = count
    #expect(stage.run(session.words).out == session.printed)
  }

  // MARK: What is sent

  @Test(
    "Each command sends its number, its detail and its word",
    arguments: [
      ("", "2"), ("show", "2"), ("show status", "2"), ("show compat", "250"), ("show routes", "23"),
      ("show igmp", "12"), ("show igmp groups", "10"), ("show igmp interface", "11"),
      ("show igmp ifaces", "11"), ("show interfaces", "20"), ("show ifaces", "20"), ("show mfc", "21"),
      ("show neighbor", "22"), ("show neighbors", "22"), ("show version", "5"), ("-d show version", "5 d"),
      ("--detail show routes", "23 d"), ("show compat detail", "250"), ("kill", "9"), ("restart", "1"),
      ("log", "4"), ("log info", "4 info"), ("log bogus", "4 bogus"), ("debug", "3"),
      ("debug none", "3 none"),
      ("debug igmp,route", "3 igmp,route"),
    ])
  func messages(_ line: String, _ expected: String) {
    let stage = MroutectlStage()
    #expect(stage.run(line).status == 0)
    #expect(stage.sent == [expected])
    #expect(stage.paths == ["/var/run/mrouted.sock"])
  }

  @Test(
    "A word is the first command that equals it over the shorter of the two, in either case",
    arguments: [
      ("s", "2"), ("sh ro", "23"), ("s v", "5"), ("S V", "5"), ("show i", "12"), ("show in", "20"),
      ("show if", "20"), ("show ig g", "10"), ("show ig i", "11"), ("show m", "21"), ("show n", "22"),
      ("show c", "250"), ("k", "9"), ("r", "1"), ("restarted", "1"), ("l", "4"), ("d", "3"),
    ])
  func abbreviations(_ line: String, _ expected: String) {
    let stage = MroutectlStage()
    _ = stage.run(line)
    #expect(stage.sent == [expected])
  }

  @Test("An empty word is the first command of its place")
  func emptyWords() {
    let stage = MroutectlStage()
    _ = stage.run(words: ["show", ""])
    _ = stage.run(words: [""])
    _ = stage.run(words: ["show", "igmp", ""])
    #expect(stage.sent == ["250", "3", "10"])
  }

  @Test(
    "Options name the socket",
    arguments: [
      ("-u /s", "/s"), ("-i two", "/var/run/two.sock"), ("--ipc=/s", "/s"),
      ("--ident two", "/var/run/two.sock"), ("show status -i two -u/s", "/s"),
      ("--id=two", "/var/run/two.sock"),
    ])
  func sockets(_ line: String, _ path: String) {
    let stage = MroutectlStage()
    stage.path = path
    #expect(stage.run(line).status == 0)
    #expect(stage.paths == [path])
  }

  // MARK: What is said

  @Test(
    "Help has status 0 when it is asked for",
    arguments: [
      ("-h", 0), ("--help", 0), ("-?", 0), ("help", 0), ("h x", 0), ("bogus", 1), ("show bogus", 1),
      ("show igmp bogus", 1), ("-x", 1), ("--bogus", 1), ("-u", 1),
    ])
  func help(_ line: String, _ status: Int32) {
    let stage = MroutectlStage()
    let outcome = stage.run(line)
    #expect(outcome.status == status)
    #expect(outcome.out.hasPrefix("Usage: mroutectl [OPTIONS] [COMMAND]\n"))
    #expect(outcome.out.hasSuffix(MroutedDebug.list))
    #expect(outcome.error.hasSuffix("\nValid debug subsystems:\n"))
    #expect(stage.sent.isEmpty)
  }

  @Test("The version is that of 4.6", arguments: ["-v", "--version", "--ver", "-dv"])
  func version(_ line: String) {
    #expect(MroutectlStage().run(line) == .init(out: "mrouted version 4.6\n"))
  }

  @Test("An unknown word among those of debug is refused, and nothing is sent")
  func unknownDebug() {
    let stage = MroutectlStage()
    #expect(stage.run("debug igmp,nosuch") == .init(status: 1, error: "Unknown debug level: nosuch\n"))
    #expect(stage.sent.isEmpty)
  }

  @Test(
    "Without a daemon the status tells, as in 4.6",
    arguments: [("show status", 255), ("", 255), ("kill", 255), ("restart", 255), ("log", 1), ("debug", 1)])
  func nobody(_ line: String, _ status: Int32) {
    let stage = MroutectlStage()
    stage.errno = 2
    #expect(
      stage.run(line)
        == .init(status: status, error: "Cannot connect to mrouted, verify it has started.\n"))
    stage.errno = 111
    #expect(
      stage.run(line) == .init(status: status, error: "Failed connecting to mrouted: Connection refused\n"))
  }

  @Test("A silent daemon is waited for two seconds, and one that ends for five")
  func silence() {
    let stage = MroutectlStage()
    stage.isSilent = true
    #expect(stage.run("show routes") == .init(error: "mroutectl: no answer within 2.0 seconds\n"))
    #expect(stage.now == .start + .seconds(2))
    _ = stage.run("kill")
    #expect(stage.now == .start + .seconds(7))
  }

  @Test("What the daemon refuses goes to standard error, with status 1")
  func refusal() {
    let stage = MroutectlStage()
    stage.answers = [MroutedMessage(MroutedMessage.Answer.error, Array("Unknown log level: x".utf8))]
    #expect(stage.run("log x") == .init(status: 1, error: "Unknown log level: x\n"))
  }

  @Test("Lines before a connection that breaks are printed")
  func broken() {
    let stage = MroutectlStage()
    stage.answers = [MroutedMessage(MroutedMessage.Answer.line, Array("one\n".utf8))]
    #expect(stage.run("show routes") == .init(out: "one\n"))
  }

  @Test("The width is the terminal's, else COLUMNS, else 79; what cannot be a width is none")
  func widths() {
    let stage = MroutectlStage()
    stage.answers = [MroutedMessage(MroutedMessage.Answer.line, Array("ab=".utf8))]
    func width() -> Int { (stage.run("-p show mfc").out.split(separator: "\n").last ?? "").count }
    #expect(width() == 79)
    stage.environment["COLUMNS"] = "100"
    #expect(width() == 100)
    stage.terminalWidth = 40
    #expect(width() == 40)
    stage.terminalWidth = nil
    stage.environment["COLUMNS"] = "999999999999"
    #expect(width() == 1000)
    stage.environment["COLUMNS"] = "-3"
    #expect(width() == 1)
    stage.environment["COLUMNS"] = "wide"
    #expect(width() == 79)
  }
}

/// A command, what the daemon answered and what the client printed, as recorded of 4.6.
private struct Session {
  var words = ""
  var answers: [MroutedMessage] = []
  var printed = ""
  var status: Int32 = 0
  var isLocal: Bool { words.hasSuffix(" ?") || words == "debug nosuch" }

  /// `$ WORDS`, `<LINE` or `!TEXT` of the daemon, `>LINE` that is printed, `exit STATUS`; `^[` is an escape.
  static func recorded() throws -> [Session] {
    let file = Golden.root.appending(path: "Golden/mroutectl-sessions.txt")
    var sessions: [Session] = []
    var session = Session()
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      let text = line.dropFirst().replacingOccurrences(of: "^[", with: "\u{1b}")
      switch line.first {
      case "$": session = Session(words: String(line.dropFirst(2)))
      case "<": session.answers.append(MroutedMessage(MroutedMessage.Answer.line, Array((text + "\n").utf8)))
      case "!": session.answers.append(MroutedMessage(MroutedMessage.Answer.end, Array(text.utf8)))
      case ">": session.printed += text + "\n"
      default:
        session.status = Int32(line.dropFirst(5)) ?? -1
        if !session.isLocal, session.answers.last?.code != MroutedMessage.Answer.end {
          session.answers.append(MroutedMessage(MroutedMessage.Answer.end))
        }
        sessions.append(session)
      }
    }
    return sessions
  }
}

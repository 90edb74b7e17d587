import Addressing
import Compatibility
import Encoding
import Foundation
import Probing
import Schemas
import Testing
import Wire

@testable import CommandLine

@Suite("mrinfo, mtrace, map-mbone") struct ProbingToolTests {
  private struct Session: CustomStringConvertible {
    var kind: RouterLine.Kind
    var command: String
    var said: String
    var status: Int32

    var description: String { "\(kind): \(command)" }
  }

  /// Sessions of the originals: `##### routers that answer`, `$ command`, what was said, `[exit status]`.
  private static func sessions() throws -> [Session] {
    let file = Golden.root.appending(path: "Golden/routers.txt")
    var sessions: [Session] = []
    var kind = RouterLine.Kind.none
    for line in try String(contentsOf: file, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      if line.hasPrefix("##### ") {
        kind = RouterLine.Kind(rawValue: String(line.dropFirst(6))) ?? .none
      } else if line.hasPrefix("$ ") {
        sessions.append(Session(kind: kind, command: String(line.dropFirst(2)), said: "", status: 0))
      } else if let status = line.wholeMatch(of: /\[exit (\d+)\]/), !sessions.isEmpty {
        sessions[sessions.count - 1].status = Int32(status.1) ?? -1
      } else if !sessions.isEmpty {
        sessions[sessions.count - 1].said += line + "\n"
      }
    }
    return sessions
  }

  @Test("What the originals were recorded saying, ours say, line by line")
  func recorded() throws {
    let sessions = try Self.sessions()
    #expect(sessions.count > 30)
    for session in sessions {
      let line = RouterLine()
      line.kind = session.kind
      let (text, status) = line.run(session.command)
      #expect(text == session.said.dropLast(session.said.hasSuffix("\n\n\n") ? 1 : 0), "\(session)")
      #expect(status == session.status, "\(session)")
    }
  }

  @Test("Unicast questions have TTL 255, those to all routers of the link TTL 1, to a group 64 or -t")
  func hops() {
    let line = RouterLine()
    _ = line.run("mrinfo -n 10.77.12.1")
    #expect(line.sent.map(\.hops) == [255])
    _ = line.run("mtrace -n -s 10.77.1.2")
    #expect(line.sent.last?.hops == 1 && line.sent.last?.target.description == "224.0.0.2")
    line.kind = .none
    _ = line.run("mtrace -n -s 10.77.1.2 10.55.0.9 239.1.1.1")
    #expect(line.sent.last?.hops == 64 && line.sent.last?.target.description == "239.1.1.1")
    _ = line.run("mtrace -n -s -t 9 10.77.1.2 239.1.1.1 10.55.0.9")
    #expect(line.sent.last?.hops == 9 && line.sent.last?.target.description == "239.1.1.1")
  }

  /// What each question of the last run asked for: hops, where the answer goes, and its TTL.
  private func questions(_ line: RouterLine) -> [String] {
    line.sent.compactMap { try? TraceMessage(decoding: $0.payload.span) }.map {
      "\($0.maximumHops) \($0.answerTo) \($0.answerTimeToLive)"
    }
  }

  @Test("The second half of the tries asks for answers to the group, the last quarter with a longer reach")
  func answers() {
    var line = RouterLine()
    line.kind = .none
    _ = line.run("mtrace -n -s 10.77.1.2")
    #expect(
      questions(line) == [
        "32 10.77.3.2 255", "1 10.77.3.2 255", "1 224.0.1.32 64", "1 224.0.1.32 96",
      ])
    #expect(line.joined.map(\.description) == ["224.0.1.32"])
    line = RouterLine()
    line.kind = .none
    _ = line.run("mtrace -n -s -M -q 5 10.77.1.2")
    #expect(questions(line).dropFirst().map { $0.suffix(3) } == [" 64", " 64", " 64", " 96", "128"])
    line = RouterLine()
    line.kind = .none
    _ = line.run("mtrace -n -s -r 224.9.9.9 10.77.1.2")
    #expect(questions(line).allSatisfy { $0.contains(" 224.9.9.9 ") } && line.joined.count == 1)
  }

  @Test("Source and receiver on one link have no path")
  func connected() {
    let line = RouterLine()
    let (text, status) = line.run("mtrace -n 10.77.3.9 10.77.3.2 239.77.1.1")
    #expect(
      text == """
        Mtrace from 10.77.3.9 to 10.77.3.2 via group 239.77.1.1
        Source & receiver are directly connected, no path to trace

        """)
    #expect(status == 0 && line.sent.isEmpty)
  }

  @Test("Names stand before addresses, and cannot forge lines")
  func names() {
    let line = RouterLine()
    line.names = ["10.77.3.1": "r3.example", "10.77.23.2": "evil\nname"]
    #expect(line.run("mrinfo 10.77.3.1").text.hasPrefix("10.77.3.1 (r3.example) [DVMRPv3 compliant]:\n"))
    #expect(line.run("mrinfo 10.77.3.1").text.contains("-> 10.77.23.2 (evil\\x0aname) [1/1/querier]\n"))
    #expect(line.run("mrinfo 10.77.12.1").text.hasPrefix("10.77.12.1 (N/A)"))
    line.environment["MROUTED_COMPAT"] = "3"
    #expect(line.run("mrinfo 10.77.12.1").text.hasPrefix("10.77.12.1 (10.77.12.1)"))
    let trace = line.run("mtrace -s 10.77.1.2").text
    #expect(trace.contains(" -1  r3.example (10.77.3.1)  DVMRP  thresh^ 1  \n"))
    #expect(trace.contains(" -3  ? (10.77.12.1)  DVMRP"))
    #expect(line.run("map-mbone 10.77.3.1").text.contains("\n10.77.3.1 (r3.example): <v3.255>\n"))
  }

  @Test("Usage is the original's: on standard output from 4.x on, an error before")
  func usage() {
    for tool in ProbingArguments.Tool.allCases {
      let line = RouterLine()
      var (text, status) = line.run("\(tool.rawValue) -Q")
      #expect(text == "\(tool.rawValue): invalid option -- 'Q'\n\(tool.usage)" && status == 1)
      (text, status) = line.run("\(tool.rawValue) -h")
      #expect(text == tool.usage && status == 0 && line.error.isEmpty)
      (text, status) = line.run("\(tool.rawValue) a b c d")
      #expect(text == tool.usage && status == 1)
      line.environment["MROUTED_COMPAT"] = "3"
      (text, status) = line.run("\(tool.rawValue) -h")
      #expect(line.error == tool.usage && status == 1)
    }
    for words in [
      "mtrace", "mtrace 239.1.1.1", "mtrace 10.0.0.1 239.1.1.1 239.1.1.2", "mtrace -m 0 10.0.0.1",
      "mtrace -w x 10.0.0.1", "mrinfo -t 0", "map-mbone -r -1",
    ] {
      let (text, status) = RouterLine().run(words)
      #expect(text.hasPrefix("Usage: ") && status == 1, "\(words)")
    }
  }

  @Test("Without the right to a raw socket nothing is asked")
  func root() {
    let line = RouterLine()
    line.isRoot = false
    #expect(line.run("mrinfo 10.77.3.1") == ("mrinfo: must be root\n", 1))
    #expect(line.run("mtrace 10.77.1.2") == ("mtrace: must be root\n", 1))
    #expect(line.run("map-mbone") == ("map-mbone: must be root\n", 1))
    line.isRoot = true
    #expect(line.run("mrinfo nowhere.example") == ("mrinfo: nowhere.example: no such host\n", 1))
  }

  // MARK: Native

  @Test("mcast trace shows each router, and explains why one does not forward")
  func trace() throws {
    let stage = Stage()
    let complete = stage.run("trace 10.77.1.2 239.77.1.1")
    #expect(complete.exit == .done)
    try Golden.check("trace", complete.transcript)
    stage.line.problem = .outputPruned
    try Golden.check("trace-pruned", stage.run("trace 10.77.1.2 239.77.1.1 --from 10.77.3.1").transcript)
    stage.line.kind = .none
    let silent = stage.run("trace 10.77.1.2")
    #expect(silent.exit == .timedOut)
    try Golden.check("trace-silent", silent.transcript)
    stage.line.isRoot = false
    #expect(stage.run("trace 10.77.1.2").exit == .notPermitted)
    for words in ["trace", "trace 239.1.1.1", "trace 10.0.0.1 10.0.0.2", "trace 10.0.0.1 ff0e::1", "info"] {
      #expect(stage.run(words).exit == .usage, "\(words)")
    }
  }

  @Test("mcast info shows a router's interfaces")
  func info() throws {
    let stage = Stage()
    try Golden.check("info", stage.run("info 10.77.23.2").transcript)
    stage.line.kind = .none
    #expect(stage.run("info 10.77.23.2").exit == .timedOut)
    #expect(stage.run("info nowhere.example").exit == .noSuchObject)
  }

  @Test("The JSON of trace and info is as the schemas say")
  func schemas() throws {
    let stage = Stage()
    stage.line.names["10.77.3.1"] = "r3"
    for line in ["trace 10.77.1.2 239.77.1.1 --json", "info 10.77.3.1 --json", "info 10.77.3.1 -n --json"] {
      let outcome = stage.run(line)
      #expect(outcome.exit == .done)
      #expect(try Schema.findings(String(outcome.out.dropLast())) == [], "\(line)")
    }
    stage.line.problem = .noRoute
    let outcome = stage.run("trace 10.77.1.2 --json")
    #expect(try Schema.findings(String(outcome.out.dropLast())) == [])
    #expect(outcome.out.contains("\"problem\":\"no-route\""))
  }
}

import Configuration
import Control
import Diagnostics
import Encoding
import Router
import Testing
import Timing

@testable import Daemon

/// A server with its clock, and what a client reads of it.
struct Bench {
  var server = ControlServer(version: "0.1.0", pid: 812)
  var now = Instant.start

  var clock: WallClock { WallClock(now: now, wall: 1_795_243_500_000_000_000) }

  mutating func connect(uid: UInt32 = 0, rights: ControlRights = .admin) throws -> UInt32 {
    try server.connect(uid: uid, rights: rights, at: now).get()
  }

  mutating func say(_ text: String, _ id: UInt32) {
    server.receive(Array(text.utf8), from: id, at: now, clock: clock)
  }

  /// Takes everything that waits for a client, and reads it line by line.
  mutating func hear(_ id: UInt32) throws -> [NativeAnswer] {
    let bytes = Array(server.clients[id]?.pending ?? [])
    server.sent(bytes.count, to: id, at: now)
    return try bytes.split(separator: 0x0a).map { try NativeAnswer(decoding: $0) }
  }

  mutating func answer(_ command: ControlCommand?, _ reply: Reply) {
    let request: RequestID
    switch command {
    case .event(.request(let id, _)), .event(.change(_, _, let id)), .event(.plan(_, let id)): request = id
    case .reload(let id), .planFile(let id), .stop(let id): request = id
    default:
      Issue.record("no request in \(String(describing: command))")
      return
    }
    let facts = DaemonFacts(version: "0.1.0", pid: 812, identity: "mcast", host: "r1", started: .start)
    server.answer(request, reply, facts: facts, at: now, clock: clock)
  }
}

func reply(_ answer: NativeAnswer?) throws -> NativeReply {
  guard case .reply(let reply) = answer else { throw JSONError.missing("reply") }
  return reply
}

@Suite("Control clients")
struct ControlServerTests {
  @Test("A greeting is answered with the daemon's, another protocol refused and closed")
  func hello() throws {
    var bench = Bench()
    bench.server.generation = 412
    let id = try bench.connect()
    bench.say("{\"hello\":{\"protocol\":1}}\n", id)
    #expect(try bench.hear(id) == [.hello(NativeHello(version: "0.1.0", pid: 812, generation: 412))])
    bench.say("{\"hello\":{\"protocol\":2}}\n", id)
    #expect(try reply(bench.hear(id).last).errors.map(\.code) == [.protocolVersion])
    #expect(bench.server.clients[id]?.isDone == true)
  }

  @Test("A request split at any byte is one request")
  func splits() throws {
    let line = "{\"id\":7,\"verb\":\"show\",\"object\":\"joins\",\"args\":{\"family\":\"ipv6\"}}\n"
    for split in 1..<line.utf8.count {
      var bench = Bench()
      let id = try bench.connect()
      let bytes = Array(line.utf8)
      bench.server.receive(Array(bytes[..<split]), from: id, at: bench.now, clock: bench.clock)
      #expect(bench.server.hasCommands == false)
      bench.server.receive(Array(bytes[split...]), from: id, at: bench.now, clock: bench.clock)
      #expect(bench.server.takeCommands().count == 1)
    }
  }

  @Test("A refusal of a batch says where in its text the change stands")
  func batchPlaces() throws {
    var bench = Bench()
    let id = try bench.connect()
    bench.say(
      "{\"id\":1,\"verb\":\"batch\",\"args\":{\"file\":\"b\"},"
        + "\"part\":\"add eth0 239.1.1.1 eth1\\n\\n del eth0 239.9.9.9\",\"last\":true}\n", id)
    let refused = ChangeResult(
      index: 1, text: "del", outcome: .refused, error: Diagnostic(.noSuchObject, "there is no such rule"))
    bench.answer(bench.server.takeCommands().first, .changes([refused], Summary()))
    let errors = try bench.hear(id).flatMap { try reply($0).errors }
    #expect(errors.map { $0.location?.description } == ["b:3:2"])
  }

  @Test("Requests of one connection are answered in order, one at a time")
  func order() throws {
    var bench = Bench()
    let id = try bench.connect()
    bench.say("{\"id\":1,\"verb\":\"status\"}\n{\"id\":2,\"verb\":\"reload\"}\n", id)
    var commands = bench.server.takeCommands()
    #expect(commands.count == 1)
    bench.answer(commands.first, .status(Status()))
    commands = bench.server.takeCommands()
    #expect(commands.count == 1)
    bench.answer(commands.first, .changes([], Summary()))
    let ids = try bench.hear(id).map { try reply($0).id }
    #expect(ids == [1, 1, 2])
  }

  @Test(
    "Garbage is answered once and the connection closed",
    arguments: [
      "hello\n", "\u{0}\n", "{\"id\":1\n", "[]\n", "{\"id\":1,\"verb\":\"a\",\"verb\":\"b\"}\n",
      "\u{1b}[2J\n",
    ])
  func garbage(text: String) throws {
    var bench = Bench()
    let id = try bench.connect()
    bench.say(text + "{\"id\":2,\"verb\":\"status\"}\n", id)
    let answers = try bench.hear(id)
    #expect(answers.count == 1)
    #expect(try reply(answers.first).errors.map(\.code) == [.badRequest])
    #expect(bench.server.takeCommands().isEmpty)
    #expect(bench.server.clients[id]?.isDone == true)
  }

  @Test("A verb or argument that is not known is refused and the connection goes on")
  func unknown() throws {
    var bench = Bench()
    let id = try bench.connect()
    for (text, code) in [
      ("{\"id\":1,\"verb\":\"dance\"}\n", Code.unknownWord),
      ("{\"id\":1,\"verb\":\"show\",\"object\":\"unicorns\"}\n", .unknownWord),
      ("{\"id\":1,\"verb\":\"show\",\"object\":\"routes\",\"args\":{\"color\":\"red\"}}\n", .badRequest),
      ("{\"id\":1,\"verb\":\"show\",\"object\":\"routes\",\"args\":{\"group\":\"x\"}}\n", .badRequest),
      ("{\"id\":1,\"verb\":\"subscribe\",\"args\":{\"kinds\":[\"x\"]}}\n", .unknownWord),
      (
        "{\"id\":1,\"verb\":\"explain\",\"args\":{\"source\":\"10.0.0.1\",\"group\":\"10.0.0.2\"}}\n",
        .notMulticast
      ),
      ("{\"id\":1,\"verb\":\"batch\"}\n", .badRequest),
      ("{\"id\":1,\"line\":\"\"}\n", .badRequest),
    ] {
      bench.say(text, id)
      let answer = try reply(bench.hear(id).last)
      #expect(answer.errors.map(\.code) == [code], "\(text)")
      #expect(answer.exit != 0)
    }
    #expect(bench.server.clients[id]?.isClosing == false)
  }

  @Test("A line of 64 KiB is refused whether or not it ends")
  func longLine() throws {
    for end in ["", "\n"] {
      var bench = Bench()
      let id = try bench.connect()
      bench.say(String(repeating: "x", count: 65_536) + end, id)
      #expect(try reply(bench.hear(id).last).errors.map(\.code) == [.messageTooLarge])
      #expect(bench.server.clients[id]?.isDone == true)
    }
  }

  @Test(
    "The view socket may ask and not change", arguments: ["stop", "reload", "config", "batch", "nonsense"])
  func view(verb: String) throws {
    var bench = Bench()
    let id = try bench.connect(uid: 1000, rights: .view)
    bench.say("{\"id\":1,\"verb\":\"\(verb)\"}\n{\"id\":2,\"line\":\"add eth0 239.1.1.1 eth1\"}\n", id)
    let answers = try bench.hear(id)
    #expect(try answers.map { try reply($0).errors.first?.code } == [.notPermitted, .notPermitted])
    #expect(try reply(answers.first).exit == 4)
    bench.say("{\"id\":3,\"verb\":\"status\"}\n", id)
    #expect(bench.server.takeCommands().count == 1)
  }

  @Test("A change becomes the Router's transaction, with its results and exit code in the answer")
  func change() throws {
    var bench = Bench()
    let id = try bench.connect()
    bench.say("{\"id\":1,\"line\":\"add eth0 239.1.1.1 eth1\"}\n", id)
    let commands = bench.server.takeCommands()
    guard case .event(.change(let changes, false, _)) = commands.first else {
      Issue.record("no change in \(commands)")
      return
    }
    #expect(changes.count == 1)
    #expect(bench.server.takeRequested() == ["uid 0, pid 0: add eth0 239.1.1.1 eth1"])
    let error = Diagnostic(.error, .duplicateRule, "there is one")
    bench.answer(
      commands.first, .changes([.init(index: 0, text: "x", outcome: .refused, error: error)], Summary()))
    let last = try reply(bench.hear(id).last)
    #expect(last.exit == 6)
    #expect(last.errors.map(\.code) == [.duplicateRule])
  }

  @Test("A text in parts is one transaction; parts of two requests do not mix")
  func parts() throws {
    var bench = Bench()
    let id = try bench.connect()
    bench.say(
      "{\"id\":1,\"verb\":\"batch\",\"part\":\"add eth0 239.1.1.1 eth1\\nadd eth0 239.1.\",\"last\":false}\n",
      id)
    #expect(bench.server.hasCommands == false)
    bench.say("{\"id\":1,\"verb\":\"batch\",\"part\":\"1.2 eth1\",\"last\":true}\n", id)
    let commands = bench.server.takeCommands()
    guard case .event(.change(let changes, _, _)) = commands.first else {
      Issue.record("no change in \(commands)")
      return
    }
    #expect(changes.count == 2)
    bench.answer(commands.first, .changes([], Summary()))
    _ = try bench.hear(id)
    bench.say(
      "{\"id\":1,\"verb\":\"batch\",\"part\":\"\",\"last\":false}\n{\"id\":2,\"verb\":\"status\"}\n", id)
    #expect(try reply(bench.hear(id).last).errors.map(\.code) == [.badRequest])
  }

  @Test("A client that goes before its last part changes nothing")
  func abandoned() throws {
    var bench = Bench()
    let id = try bench.connect()
    bench.say("{\"id\":1,\"verb\":\"batch\",\"part\":\"add eth0 239.1.1.1 eth1\\n\",\"last\":false}\n", id)
    bench.server.disconnect(id)
    #expect(bench.server.takeCommands().isEmpty)
  }

  @Test("A configuration that a client sends includes no file of the machine")
  func noInclude() throws {
    var bench = Bench()
    let id = try bench.connect()
    let text =
      "{\"id\":1,\"verb\":\"config\",\"object\":\"plan\",\"last\":true,"
      + "\"part\":\"include \\\"/etc/passwd\\\"\"}\n"
    bench.say(text, id)
    let answer = try reply(bench.hear(id).last)
    #expect(answer.exit == 65)
    #expect(!answer.errors.isEmpty)
    #expect(
      !answer.errors.contains { $0.message.contains("root:") || $0.sourceLine?.contains("root:") == true })
  }

  @Test("Texts are bounded, one and all together")
  func textLimit() throws {
    var bench = Bench()
    let id = try bench.connect()
    bench.server.textLimit = 100_000
    let piece = String(repeating: "#", count: 30_000)
    let line = "{\"id\":1,\"verb\":\"batch\",\"part\":\"\(piece)\",\"last\":false}\n"
    for _ in 0..<4 where bench.server.clients[id]?.isClosing == false { bench.say(line, id) }
    #expect(try reply(bench.hear(id).last).errors.map(\.code) == [.messageTooLarge])
    var ids: [UInt32] = []
    for _ in 0..<3 {
      let id = try bench.connect()
      for _ in 0..<3 { bench.say(line, id) }
      ids.append(id)
    }
    #expect(bench.server.clients[ids[2]]?.isClosing == true)
  }

  @Test("64 clients are served, four places of them for root, eight for any other user")
  func limits() throws {
    var bench = Bench()
    for uid in 1..<8 as Range<UInt32> {
      for _ in 0..<8 { _ = try bench.connect(uid: uid) }
      #expect(throws: Diagnostic.self) { _ = try bench.connect(uid: uid) }
    }
    for _ in 0..<4 { _ = try bench.connect(uid: 100) }
    #expect(throws: Diagnostic.self) { _ = try bench.connect(uid: 101) }
    for _ in 0..<4 { _ = try bench.connect(uid: 0) }
    let refusal = #expect(throws: Diagnostic.self) { _ = try bench.connect(uid: 0) }
    #expect(refusal?.code == .connectionLimit)
  }
}

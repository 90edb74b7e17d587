import Addressing
import Compatibility
import Configuration
import Control
import Diagnostics
import Encoding
import Forwarding
import Kernel
import Router
import Testing
import Timing

@testable import Daemon

/// A server of SMCRoute's clients with its clock, and what a client reads of it.
struct SmcrouteBench {
  var server = SmcrouteServer()
  var now = Instant.start

  var clock: WallClock { WallClock(now: now, wall: 1_795_243_500_000_000_000) }

  mutating func connect(rights: ControlRights = .admin, path: String = "/run/smcroute.sock") throws -> UInt32
  {
    switch server.admit(Caller(uid: 0, pid: 812, rights: rights, path: path), clock) {
    case .client(let id): return id
    case .refused(let words): throw BenchError(words: String(decoding: words, as: UTF8.self))
    }
  }

  struct BenchError: Error { var words: String }

  mutating func say(_ bytes: [UInt8], _ id: UInt32) {
    server.receive(bytes, from: id, at: now, clock: clock)
  }

  mutating func hear(_ id: UInt32) -> [UInt8] {
    let bytes = Array(server.clients[id]?.pending ?? [])
    server.sent(bytes.count, to: id, at: now)
    return bytes
  }

  /// Answers every request once with what the Router would say of a change that is done.
  mutating func settle() -> [ControlCommand] {
    let commands = server.takeCommands()
    for command in commands {
      if let request = SmcrouteBench.request(of: command) {
        server.answer(request, .changes([], Summary()), at: now)
      }
    }
    return commands
  }

  static func request(of command: ControlCommand?) -> RequestID? {
    switch command {
    case .event(.request(let id, _)), .event(.change(_, _, let id)): id
    case .stop(let id): id
    default: nil
    }
  }

  func isDone(_ id: UInt32) -> Bool { server.clients[id]?.isDone ?? true }
}

@Suite("Clients of SMCRoute")
struct SmcrouteServerTests {
  /// `smcroutectl add eth0 10.0.0.10 225.1.2.3 eth1 eth2`, as 2.5.6 sends it.
  static let add: [UInt8] =
    [0x34, 0, 0, 0, 0, 0, 0, 0, 0x61, 0, 5, 0, 0, 0, 0, 0]
    + Array("eth0\u{0}10.0.0.10\u{0}225.1.2.3\u{0}eth1\u{0}eth2\u{0}\u{0}".utf8)
  static let show: [UInt8] = [0x11, 0, 0, 0, 0, 0, 0, 0, 0x73, 0, 0, 0, 0, 0, 0, 0, 0]
  static let showInterfaces: [UInt8] =
    [0x1c, 0, 0, 0, 0, 0, 0, 0, 0x73, 0, 1, 0, 0, 0, 0, 0] + Array("interfaces\u{0}\u{0}".utf8)

  static func bare(_ letter: Character) -> [UInt8] {
    [0x11, 0, 0, 0, 0, 0, 0, 0, letter.asciiValue ?? 0, 0, 0, 0, 0, 0, 0, 0, 0]
  }

  @Test("A change becomes the Router's, is answered with a NUL, and the connection ends")
  func change() throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    bench.say(SmcrouteServerTests.add, id)
    #expect(!bench.isDone(id))
    let commands = bench.settle()
    guard case .event(.change(let changes, false, let request))? = commands.first,
      case .extend(let route)? = changes.first
    else {
      Issue.record("no change in \(commands)")
      return
    }
    #expect(changes.count == 1 && route.outbound.map(\.pattern.text) == ["eth1", "eth2"])
    #expect(request >= SmcrouteServer.firstRequest, "the numbers of our own clients are others")
    #expect(bench.hear(id) == [0])
    #expect(bench.isDone(id))
  }

  @Test("A message split at any byte is one message")
  func splits() throws {
    let message = SmcrouteServerTests.add
    for split in 1..<message.count {
      var bench = SmcrouteBench()
      let id = try bench.connect()
      bench.say(Array(message[..<split]), id)
      #expect(!bench.server.hasCommands && !bench.isDone(id))
      bench.say(Array(message[split...]), id)
      #expect(bench.settle().count == 1)
      #expect(bench.hear(id) == [0])
    }
  }

  @Test("Messages that come back to back are done one after the other and answered in order")
  func pipelined() throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    bench.say(SmcrouteServerTests.add + SmcrouteServerTests.bare("z") + SmcrouteServerTests.add, id)
    #expect(bench.settle().count == 1)
    #expect(!bench.isDone(id))
    #expect(bench.settle().count == 1)
    let said = String(decoding: bench.hear(id), as: UTF8.self)
    #expect(said == "\u{0}Unknown or malformed IPC message 'z' from client.\u{0}\u{0}")
    #expect(bench.isDone(id))
  }

  @Test("A refusal of the Router is a line of text and a NUL, and stands in the log")
  func refusal() throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    bench.say(SmcrouteServerTests.add, id)
    let request = try #require(SmcrouteBench.request(of: bench.server.takeCommands().first))
    _ = bench.server.takeLines()
    let error = Diagnostic(.error, .unknownInterface, "interface \"eth0\" does not exist")
    let result = ChangeResult(index: 0, text: "x", outcome: .refused, error: error)
    bench.server.answer(request, .changes([result], Summary()), at: bench.now)
    let text = "ipc: mroute: inbound eth0 is not a known phyint"
    #expect(String(decoding: bench.hear(id), as: UTF8.self) == text + "\u{0}")
    #expect(bench.server.takeLines() == [LogLine(.warning, text)])
    #expect(bench.isDone(id))
  }

  @Test("A reload is answered before it is done, and what many ask for at once is done once")
  func reload() throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    bench.say(Array([SmcrouteServerTests.bare("H")].joined()), id)
    let other = try bench.connect()
    bench.say(Array(repeating: SmcrouteServerTests.bare("H"), count: 1000).flatMap { $0 }, other)
    #expect(bench.hear(id) == [0])
    #expect(bench.hear(other) == Array(repeating: 0, count: 1000))
    let commands = bench.server.takeCommands()
    #expect(commands.count == 1)
    guard case .reload? = commands.first else {
      Issue.record("\(commands)")
      return
    }
  }

  @Test("The end is answered when it is done")
  func kill() throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    bench.say(SmcrouteServerTests.bare("k"), id)
    guard case .stop(let request)? = bench.server.takeCommands().first else {
      Issue.record("no stop")
      return
    }
    #expect(bench.hear(id).isEmpty && !bench.isDone(id))
    bench.server.answer(request, .changes([], Summary()), at: bench.now)
    #expect(bench.hear(id) == [0])
  }

  @Test("A table is asked for page by page and shown as 2.5.6 shows it")
  func interfaces() throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    bench.say(SmcrouteServerTests.showInterfaces, id)
    let links = [
      LinkRow(index: 1, name: "lo", vif4: nil, vif6: nil), LinkRow(index: 2, name: "eth0", vif4: 0, vif6: 0),
    ]
    while let request = SmcrouteBench.request(of: bench.server.takeCommands().first) {
      bench.server.answer(request, .links(links), at: bench.now)
    }
    let text = " INDEX PHYINT  VIF  MIF=\n     1 lo      N/A  N/A\n     2 eth0      0    0\n\u{0}"
    #expect(String(decoding: bench.hear(id), as: UTF8.self) == text)
    #expect(bench.isDone(id))
  }

  /// A table that does not fit into what may wait for a client.
  private func answerLongTable(_ bench: inout SmcrouteBench) throws {
    let all: Prefix = try #require(Prefix("0.0.0.0/0"))
    while let command = bench.server.takeCommands().first,
      case .event(.request(let id, let request)) = command
    {
      switch request {
      case .links: bench.server.answer(id, .links([]), at: bench.now)
      case .rules(let cursor, let limit):
        let rows = (0..<limit).compactMap { number -> RuleRow? in
          guard let group = Prefix("239.\(cursor.offset / 256).\(cursor.offset % 256).\(number % 256)/32")
          else {
            return nil
          }
          var row = RuleRow(
            source: all, group: group, inboundPatterns: ["eth0"], outboundPatterns: ["eth1"],
            order: UInt64(cursor.offset * 1000 + number))
          row.inbound = ["eth0"]
          row.outbound = ["eth1"]
          return row
        }
        let next = cursor.offset < 20 ? Cursor(part: 0, offset: cursor.offset + 1) : nil
        bench.server.answer(id, .rules(rows, next: next), at: bench.now)
      default: bench.server.answer(id, .rows(.routes([]), next: nil), at: bench.now)
      }
    }
  }

  @Test("A long table waits for its reader in pieces, and all of it comes")
  func slices() throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    bench.say(SmcrouteServerTests.show, id)
    try answerLongTable(&bench)
    var total = 0
    var last: UInt8?
    for _ in 0..<1000 {
      let waiting = bench.server.clients[id]?.pending.count ?? 0
      #expect(waiting <= SmcrouteServer.pieceThreshold + 32_768)
      let bytes = bench.hear(id)
      guard !bytes.isEmpty else { break }
      total += bytes.count
      last = bytes.last
    }
    #expect(total > 4 * SmcrouteServer.pieceThreshold)
    #expect(last == 0)
    #expect(bench.isDone(id))
  }

  @Test("A client that is gone is asked for no more; what it asked for is done")
  func gone() throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    bench.say(SmcrouteServerTests.add, id)
    bench.server.disconnect(id)
    #expect(bench.settle().count == 2, "the change, and that nobody waits for its answer")
    #expect(bench.server.clients.isEmpty)
    let other = try bench.connect()
    bench.say(SmcrouteServerTests.show, other)
    bench.server.disconnect(other)
    _ = bench.settle()
    #expect(!bench.server.hasCommands)
  }

  @Test("Half a message and an end is a client that is done")
  func halfClosed() throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    bench.say(Array(SmcrouteServerTests.add.prefix(20)), id)
    bench.server.endInput(of: id)
    #expect(bench.isDone(id))
  }

  @Test(
    "A length that cannot be ends the connection with one answer",
    arguments: [[UInt8](repeating: 0, count: 17), [UInt8](repeating: 0xff, count: 64)])
  func impossible(bytes: [UInt8]) throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    bench.say(bytes + SmcrouteServerTests.add, id)
    #expect(!bench.server.hasCommands)
    #expect(bench.hear(id).last == 0)
    #expect(bench.isDone(id))
  }

  @Test("Who has no right to command hears so")
  func admission() throws {
    var bench = SmcrouteBench()
    #expect(throws: SmcrouteBench.BenchError.self) { try bench.connect(rights: .view) }
    #expect(bench.server.clients.isEmpty)
  }

  @Test("When there are many, who waits longest without a word makes room; who is served does not")
  func room() throws {
    var bench = SmcrouteBench()
    let first = try bench.connect()
    bench.now = .start + .seconds(1)
    let served = try (1..<SmcrouteServer.clientLimit).map { _ in
      let id = try bench.connect()
      bench.say(SmcrouteServerTests.show, id)
      return id
    }
    #expect(!bench.isDone(first))
    _ = try bench.connect()
    #expect(bench.isDone(first) && !served.contains { bench.isDone($0) })
    bench.server.disconnect(first)
    for _ in 0..<3 { _ = try bench.connect() }
    #expect(bench.server.clients.count <= SmcrouteServer.clientLimit + 3)
    let busy = try bench.connect()
    bench.say(SmcrouteServerTests.show, busy)
    #expect(throws: SmcrouteBench.BenchError.self) { try bench.connect() }
  }
}

@Suite("Patience with clients of SMCRoute")
struct SmcroutePatienceTests {
  @Test("Who says nothing is closed after 5 s")
  func silent() throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    #expect(bench.server.nextDeadline == .start + .seconds(5))
    #expect(bench.server.expire(at: .start + .milliseconds(4_999), clock: bench.clock).isEmpty)
    #expect(bench.server.expire(at: .start + .seconds(5), clock: bench.clock) == [id])
  }

  @Test("One byte a second does not keep a connection: a message has 10 s")
  func slowWriter() throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    bench.now = .start + .seconds(2)
    for byte in SmcrouteServerTests.add.prefix(9) {
      bench.say([byte], id)
      bench.now = bench.now + .seconds(1)
      #expect(bench.server.expire(at: bench.now, clock: bench.clock).isEmpty)
    }
    #expect(bench.server.expire(at: .start + .seconds(12), clock: bench.clock) == [id])
  }

  @Test("Who sends on and takes no answer is not read any more, and closed after 60 s")
  func answersLeft() throws {
    var bench = SmcrouteBench()
    let id = try bench.connect()
    var reads = 0
    while bench.server.clients[id]?.wantsInput == true, reads < 100 {
      for _ in 0..<1000 { bench.say(SmcrouteServerTests.bare("z"), id) }
      reads += 1
    }
    #expect(reads == 2)
    bench.now = bench.now + .seconds(60)
    #expect(bench.server.expire(at: bench.now, clock: bench.clock) == [id])
    _ = bench.hear(id)
    #expect(bench.server.clients[id]?.wantsInput == true)
  }

  @Test("Who does not take the answer is closed after 60 s, and nobody waits for it")
  func slowReader() throws {
    var bench = SmcrouteBench()
    let slow = try bench.connect()
    bench.say(SmcrouteServerTests.bare("H"), slow)
    bench.now = .start + .seconds(59)
    let quick = try bench.connect()
    bench.say(SmcrouteServerTests.bare("H"), quick)
    #expect(bench.hear(quick) == [0])
    #expect(bench.server.expire(at: bench.now, clock: bench.clock).isEmpty)
    bench.now = .start + .seconds(60)
    #expect(bench.server.expire(at: bench.now, clock: bench.clock) == [slow])
  }
}

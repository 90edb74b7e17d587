import Addressing
import Compatibility
import Configuration
import Control
import Diagnostics
import Encoding
import LinuxKernel
import Router
import Testing
import Timing

@testable import Daemon

/// A server of mrouted's clients with its clock, and what a client reads of it.
private struct MroutedBench {
  var server = MroutedServer()
  var now = Instant.start

  private var clock: WallClock { WallClock(now: now, wall: 1_795_243_500_000_000_000) }

  mutating func connect(rights: ControlRights = .admin) throws -> UInt32 {
    let caller = Caller(uid: 0, pid: 812, rights: rights, path: "/var/run/mrouted.sock")
    switch server.admit(caller, clock) {
    case .client(let id): return id
    case .refused(let words):
      throw Refused(words: String(decoding: words.dropFirst(2).prefix { $0 != 0 }, as: UTF8.self))
    }
  }

  struct Refused: Error { var words: String }

  mutating func say(_ bytes: [UInt8], _ id: UInt32) {
    server.receive(bytes, from: id, at: now, clock: clock)
  }

  mutating func ask(_ code: UInt8, _ text: String = "", detail: UInt8 = 0) throws -> UInt32 {
    let id = try connect()
    let head = [code, detail] + Array(text.utf8)
    say(head + Array(repeating: 0, count: 768 - head.count), id)
    return id
  }

  /// The messages that wait for a client, as `CODE TEXT`, while it takes them.
  mutating func hear(_ id: UInt32) -> [String] {
    var messages: [String] = []
    while let bytes = server.clients[id].map({ Array($0.pending) }), !bytes.isEmpty {
      for start in stride(from: 0, to: bytes.count, by: 768) {
        let text = bytes[(start + 2)..<(start + 767)].prefix { $0 != 0 }
        messages.append("\(bytes[start]) \(String(decoding: text, as: UTF8.self))")
      }
      server.sent(bytes.count, to: id, at: now)
    }
    return messages
  }

  mutating func answer(_ command: ControlCommand?, _ reply: Reply) {
    let request: RequestID? =
      switch command {
      case .event(.request(let id, _)), .stop(let id), .reload(let id): id
      default: nil
      }
    if let request { server.answer(request, reply, date: "Sat Nov 21 04:54:00 2026", at: now) }
  }

  func isDone(_ id: UInt32) -> Bool { server.clients[id]?.isDone ?? true }
  mutating func expired(after seconds: Int) -> [UInt32] {
    server.expire(at: now + .seconds(Int64(seconds)), clock: clock)
  }
}

@Suite("Clients of mrouted")
struct MroutedServerTests {
  @Test(
    "Each show command asks for the parts of the report that it shows",
    arguments: [(2, 3), (5, 0), (10, 4), (11, 4), (12, 4), (20, 0), (21, 2), (22, 0), (23, 1), (250, 7)])
  func questions(_ code: UInt8, _ parts: UInt8) throws {
    var bench = MroutedBench()
    _ = try bench.ask(code)
    guard case .event(.request(_, .report(let asked)))? = bench.server.takeCommands().first else {
      Issue.record("\(code) asks for no report")
      return
    }
    #expect(asked.rawValue == parts)
  }

  @Test("A table goes out a line a message, with an end, and the connection closes")
  func table() throws {
    var bench = MroutedBench()
    let id = try bench.ask(5, detail: 1)
    var report = MulticastReport()
    report.uptime = .seconds(36)
    #expect(!bench.isDone(id))
    bench.answer(bench.server.takeCommands().first, .report(report))
    #expect(bench.server.clients[id]?.pending.count == 2 * 768)
    #expect(bench.server.clients[id]?.pending.dropFirst(1).first == 1, "the detail is told back")
    #expect(
      bench.hear(id) == ["0 mrouted version 4.6 up  0:00:36 Sat Nov 21 04:54:00 2026\n", "254 "])
    #expect(bench.isDone(id))
  }

  @Test("A long table waits for its reader, and is whole at last")
  func longTable() throws {
    var bench = MroutedBench()
    let id = try bench.ask(23)
    var report = MulticastReport()
    report.interfaces = [
      .init(
        number: 0, name: "eth0", address: Address(ipv4: 0x0a00_0001),
        reach: .subnet(try network(0x0a00_0000)))
    ]
    report.routes = try (0..<5000).map { number in
      MulticastReport.Route(try network(0x0b00_0000 + UInt32(number) << 8), metric: 1)
    }
    bench.answer(bench.server.takeCommands().first, .report(report))
    #expect((bench.server.clients[id]?.pending.count ?? 0) < 2 * MroutedServer.pieceThreshold)
    let messages = bench.hear(id)
    #expect(messages.count == 5003 && messages.last == "254 ")
    #expect(bench.isDone(id))
  }

  private func network(_ bits: UInt32) throws -> Prefix {
    try #require(Prefix(Address(ipv4: bits), length: 24))
  }

  @Test("debug and log answer at once with one message, and keep what was set")
  func logging() throws {
    var bench = MroutedBench()
    func reply(_ code: UInt8, _ text: String = "") throws -> [String] {
      let id = try bench.ask(code, text)
      defer { #expect(bench.isDone(id)) }
      return bench.hear(id)
    }
    #expect(try reply(3) == ["254 none"])
    #expect(try reply(3, "igmp,route") == ["254 routing, igmp"])
    #expect(bench.server.logging.debug == [.igmp, .routing])
    #expect(try reply(3) == ["254 routing, igmp"])
    #expect(try reply(3, "nosuch") == ["255 Unknown debug level: nosuch"])
    #expect(bench.server.logging.debug == [.igmp, .routing], "what is refused changes nothing")
    #expect(try reply(3, "none") == ["254 none"])
    #expect(try reply(4) == ["254 notice"])
    #expect(try reply(4, "info") == ["254 info"])
    #expect(try reply(4) == ["254 info"])
    #expect(try reply(4, "nosuch") == ["255 Unknown log level: nosuch"])
    #expect(try reply(4, "?") == ["254 none, crit, alert, panic, error, warning, notice, info, debug"])
    #expect(bench.server.takeCommands().isEmpty)
  }

  @Test("kill ends the daemon, restart reads the file; who asked hears of the end")
  func actions() throws {
    var bench = MroutedBench()
    let killer = try bench.ask(9)
    let restarter = try bench.ask(1)
    let second = try bench.ask(1)
    let commands = bench.server.takeCommands()
    #expect(commands.count == 2, "what two ask for is done once")
    #expect(bench.isDone(second) && !bench.isDone(killer) && !bench.isDone(restarter))
    for command in commands { bench.answer(command, .changes([], Summary())) }
    #expect(bench.hear(killer).isEmpty && bench.hear(restarter).isEmpty)
    #expect(bench.isDone(killer) && bench.isDone(restarter))
    #expect(bench.server.takeLines().map(\.text) == ["uid 0, pid 812: kill", "uid 0, pid 812: restart"])
  }

  @Test("A restart that is refused tells why")
  func refused() throws {
    var bench = MroutedBench()
    let id = try bench.ask(1)
    bench.answer(
      bench.server.takeCommands().first, .refused([Diagnostic(.error, .expected, "syntax error")]))
    #expect(bench.hear(id) == ["255 syntax error"])
    #expect(bench.isDone(id))
  }

  @Test("A first read of another length, and an unknown number, are garbage", arguments: [1, 767])
  func garbage(_ count: Int) throws {
    var bench = MroutedBench()
    let id = try bench.connect()
    bench.say(Array(repeating: 2, count: count), id)
    let other = try bench.ask(99)
    #expect(bench.isDone(id) && bench.isDone(other))
    #expect(bench.server.takeCommands().isEmpty && bench.hear(id).isEmpty && bench.hear(other).isEmpty)
  }

  @Test("A silent client is sent away after five seconds, a slow reader after a minute")
  func patience() throws {
    var bench = MroutedBench()
    let silent = try bench.connect()
    let slow = try bench.ask(4)
    #expect(bench.expired(after: 4).isEmpty)
    #expect(bench.expired(after: 5) == [silent])
    #expect(bench.server.nextDeadline == .start + .seconds(5))
    #expect(bench.expired(after: 60) == [silent, slow].sorted())
  }

  @Test("A client that goes before its answer takes the question with it")
  func gone() throws {
    var bench = MroutedBench()
    let id = try bench.ask(2)
    let question = bench.server.takeCommands().first
    bench.server.disconnect(id)
    guard case .event(.cancel)? = bench.server.takeCommands().first else {
      Issue.record("the question is not taken back")
      return
    }
    bench.answer(question, .report(MulticastReport()))
    #expect(bench.server.clients.isEmpty)
    let early = try bench.connect()
    bench.server.endInput(of: early)
    #expect(bench.isDone(early))
  }

  @Test("The most silent client makes room for the next; those who asked stay")
  func limit() throws {
    var bench = MroutedBench()
    let first = try bench.ask(2)
    let second = try bench.connect()
    for _ in 2..<MroutedServer.clientLimit { _ = try bench.ask(2) }
    _ = try bench.ask(2)
    #expect(bench.isDone(second) && !bench.isDone(first))
    bench.server.disconnect(second)
    #expect(throws: MroutedBench.Refused.self) { try bench.connect() }
  }

  @Test("Who may not command the daemon hears so")
  func rights() {
    var bench = MroutedBench()
    #expect { try bench.connect(rights: .view) } throws: {
      ($0 as? MroutedBench.Refused)?.words == "Permission denied"
    }
    #expect(bench.server.takeLines().count == 1)
  }
}

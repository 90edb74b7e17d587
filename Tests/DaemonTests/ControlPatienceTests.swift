import Addressing
import Control
import Diagnostics
import Encoding
import Router
import Testing
import Timing

@testable import Daemon

@Suite("Patience with control clients")
struct ControlPatienceTests {
  private func expire(_ bench: inout Bench) -> [UInt32] {
    bench.server.expire(at: bench.now, clock: bench.clock)
  }

  @Test("A client that says nothing is told so after 5 s and closed")
  func silent() throws {
    var bench = Bench()
    let id = try bench.connect()
    #expect(bench.server.nextDeadline == .start + .seconds(5))
    bench.now = .start + .milliseconds(4_999)
    #expect(expire(&bench).isEmpty)
    #expect(bench.server.clients[id]?.isClosing == false)
    bench.now = .start + .seconds(5)
    _ = expire(&bench)
    #expect(try reply(bench.hear(id).last).errors.map(\.code) == [.timedOut])
    #expect(bench.server.clients[id]?.isDone == true)
  }

  @Test("One byte a second does not keep a connection: a line has 10 s")
  func slowWriter() throws {
    var bench = Bench()
    let id = try bench.connect()
    var closedAt: Int64?
    for second in 0..<30 as Range<Int64> where closedAt == nil {
      bench.now = .start + .seconds(second)
      _ = expire(&bench)
      if bench.server.clients[id]?.isClosing == true { closedAt = second }
      bench.say(" ", id)
    }
    #expect(closedAt == 10)
  }

  @Test("An idle connection ends after 60 s; a request begins them again")
  func idle() throws {
    var bench = Bench()
    let id = try bench.connect()
    bench.say("{\"hello\":{\"protocol\":1}}\n", id)
    _ = try bench.hear(id)
    bench.now = .start + .seconds(59)
    _ = expire(&bench)
    bench.say("{\"hello\":{\"protocol\":1}}\n", id)
    _ = try bench.hear(id)
    bench.now = .start + .seconds(118)
    _ = expire(&bench)
    #expect(bench.server.clients[id]?.isClosing == false)
    bench.now = .start + .seconds(119)
    _ = expire(&bench)
    #expect(bench.server.clients[id]?.isClosing == true)
  }

  @Test("A closed client that takes nothing of its farewell is dropped after 5 s")
  func deadFarewell() throws {
    var bench = Bench()
    let id = try bench.connect()
    bench.now = .start + .seconds(5)
    #expect(expire(&bench).isEmpty)
    bench.now = .start + .seconds(10)
    #expect(expire(&bench) == [id])
  }

  private func rows(_ count: Int) -> Rows {
    .limits(
      (0..<count).map { LimitRow(name: String(repeating: "n", count: 200), limit: $0, used: 0, hits: 0) })
  }

  @Test("A slow reader of a long table makes it wait, not grow; it gets all of it in the end")
  func slowReader() throws {
    var bench = Bench()
    let id = try bench.connect()
    bench.say("{\"id\":1,\"verb\":\"show\",\"object\":\"routes\"}\n", id)
    var read: [UInt8] = []
    var pages = 0
    var most = 0
    var quiet = 0
    while quiet < 10_000 {
      quiet += 1
      for command in bench.server.takeCommands() {
        pages += 1
        quiet = 0
        bench.answer(command, .rows(rows(500), next: pages < 40 ? Cursor(part: 1, offset: pages) : nil))
      }
      let waiting = bench.server.clients[id]?.pending ?? []
      most = max(most, waiting.count)
      guard !waiting.isEmpty else { break }
      // Some bytes at a time, as a modem would.
      let taken = Array(waiting.prefix(30_000))
      read += taken
      bench.now = bench.now + .seconds(1)
      bench.server.sent(taken.count, to: id, at: bench.now)
      #expect(expire(&bench).isEmpty)
    }
    #expect(pages == 40)
    #expect(most < 1 << 20)
    let answers = try read.split(separator: 0x0a).map { try NativeAnswer(decoding: $0) }
    #expect(try answers.reduce(0) { try $0 + reply($1).data.count } == 20_000)
  }

  @Test("A reader that stops reading an answer is dropped after 60 s")
  func deadReader() throws {
    var bench = Bench()
    let id = try bench.connect()
    bench.say("{\"id\":1,\"verb\":\"show\",\"object\":\"routes\"}\n", id)
    var pages = 0
    while let command = bench.server.takeCommands().first {
      pages += 1
      bench.answer(command, .rows(rows(500), next: Cursor(part: 1, offset: pages)))
    }
    #expect(pages < 10)
    bench.now = .start + .seconds(60)
    #expect(expire(&bench) == [id])
    bench.server.disconnect(id)
    #expect(bench.server.takeCommands().count == 1)
  }

  private func subscribe(_ bench: inout Bench) throws -> (client: UInt32, request: RequestID) {
    let id = try bench.connect()
    bench.say("{\"id\":1,\"verb\":\"subscribe\"}\n", id)
    guard case .event(.request(let request, _)) = bench.server.takeCommands().first else {
      throw JSONError.missing("subscribe")
    }
    bench.answer(.event(.request(request, .status)), Reply.subscribed)
    #expect(try reply(bench.hear(id).first).more)
    return (id, request)
  }

  private var notice: Notice {
    Notice(
      sequence: 1, at: .start, kind: .route, change: .install, level: .info, subject: "(10.0.0.1, 239.1.1.1)")
  }

  @Test("A subscriber hears events, and a sign of life when there are none for 30 s")
  func subscriber() throws {
    var bench = Bench()
    let (id, request) = try subscribe(&bench)
    bench.server.publish(notice, to: [request], clock: bench.clock)
    guard case .event = try bench.hear(id).first else {
      Issue.record("no event")
      return
    }
    bench.now = .start + .seconds(30)
    #expect(expire(&bench).isEmpty)
    #expect(try bench.hear(id) == [.ping])
  }

  @Test("A subscriber that does not read loses events, is told how many, and is dropped after 30 s")
  func deafSubscriber() throws {
    var bench = Bench()
    let (id, request) = try subscribe(&bench)
    for _ in 0..<60_000 { bench.server.publish(notice, to: [request], clock: bench.clock) }
    let waiting = bench.server.clients[id]?.pending.count ?? 0
    #expect(waiting <= ControlServer.outputLimit)
    let lost = bench.server.clients[id]?.lost ?? 0
    #expect(lost > 0)
    _ = try bench.hear(id)
    bench.server.publish(notice, to: [request], clock: bench.clock)
    let answers = try bench.hear(id)
    #expect(answers.count == 2)
    guard case .event(let json) = answers.first else {
      Issue.record("no event")
      return
    }
    #expect(try RowReader(clock: bench.clock).notice(json).detail?.hasPrefix("lost \(lost) ") == true)
    for _ in 0..<60_000 { bench.server.publish(notice, to: [request], clock: bench.clock) }
    bench.now = bench.now + .seconds(30)
    #expect(expire(&bench) == [id])
  }
}

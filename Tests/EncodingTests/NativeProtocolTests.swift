import Addressing
import Control
import Diagnostics
import Encoding
import Testing
import Timing

@Suite("Native control protocol")
struct NativeProtocolTests {
  private func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] { bytes.split(separator: 0x0a) }

  @Test("Requests come back as they were")
  func requests() throws {
    let requests: [NativeMessage] = [
      .hello(version: 1),
      .request(NativeRequest(id: 7, .line("route from eth0 group 239.1.1.1 to eth1"))),
      .request(
        NativeRequest(
          id: .max,
          .verb("show", object: "routes", arguments: ["group": .string("239.0.0.0/8"), "table": .integer(5)])
        )),
      .request(
        NativeRequest(
          id: 1, .verb("batch", object: nil, arguments: [:]), part: .init(text: "a\nb", isLast: false))),
    ]
    for request in requests {
      #expect(try NativeMessage(decoding: request.encoded.dropLast()) == request)
    }
  }

  @Test(
    "A request that cannot be understood whole is refused",
    arguments: [
      "{}", "[]", "{\"id\":1}", "{\"id\":-1,\"verb\":\"show\"}", "{\"verb\":\"show\",\"line\":\"x\"}",
      "{\"verb\":\"batch\",\"part\":\"x\"}", "{\"verb\":\"show\",\"dryRun\":true}", "{\"hello\":{}}",
      "{\"verb\":7}",
    ])
  func refused(text: String) {
    #expect(throws: JSONError.self) { _ = try NativeMessage(decoding: Array(text.utf8)[...]) }
  }

  @Test("A long text goes in pieces that each fit a line, whatever its characters")
  func pieces() throws {
    let text = String(repeating: "é\u{1}😀", count: 20_000)
    let lines = NativeRequest.lines(id: 1, .verb("batch", object: nil, arguments: [:]), text: text)
    #expect(lines.count > 1)
    var joined = ""
    for (index, line) in lines.enumerated() {
      #expect(line.count <= NativeProtocol.lineLimit)
      guard case .request(let request) = try NativeMessage(decoding: line.dropLast()) else {
        Issue.record("no request")
        return
      }
      let part = try #require(request.part)
      #expect(part.isLast == (index == lines.count - 1))
      joined += part.text
    }
    #expect(joined == text)
  }

  @Test("Rows are spread over lines of at most 64 KiB and none is lost")
  func rows() throws {
    var writer = ReplyWriter(id: 5, clock: clock)
    let rows = (0..<2_000).map {
      LimitRow(name: "limit-\($0)-" + String(repeating: "x", count: 80), limit: $0, used: 0, hits: 0)
    }
    writer.add(.limits(rows))
    writer.finish(exit: .done, generation: 412)
    var read: [LimitRow] = []
    let lines = lines(writer.lines)
    for (index, line) in lines.enumerated() {
      #expect(line.count < NativeProtocol.lineLimit)
      guard case .reply(let reply) = try NativeAnswer(decoding: line) else {
        Issue.record("no reply")
        return
      }
      #expect(reply.id == 5)
      #expect(reply.more == (index < lines.count - 1))
      for row in reply.data { read.append(try RowReader(clock: clock).limit(row)) }
    }
    #expect(read == rows)
  }

  @Test("A hundred findings with the longest lines arrive whole in lines of at most 64 KiB")
  func findings() throws {
    let line = String(repeating: "\u{1}", count: 4_096)
    let findings = (0..<100).map {
      Diagnostic(
        .error, .expected, "a word \($0)", at: SourceLocation(file: line, line: $0), sourceLine: line,
        hint: line)
    }
    var writer = ReplyWriter(id: 5, clock: clock)
    writer.finish(exit: .configuration, generation: 1, errors: findings)
    var messages: [String] = []
    for line in lines(writer.lines) {
      #expect(line.count < NativeProtocol.lineLimit)
      guard case .reply(let reply) = try NativeAnswer(decoding: line) else { continue }
      messages += reply.errors.map(\.message)
      if !reply.more { #expect(reply.exit == 65) }
    }
    #expect(messages == findings.map(\.message))
  }

  @Test("Events, greetings and signs of life are told apart")
  func answers() throws {
    let hello = NativeHello(version: "0.1.0", pid: 812, generation: 4)
    #expect(try NativeAnswer(decoding: hello.encoded.dropLast()) == .hello(hello))
    #expect(try NativeAnswer(decoding: []) == .ping)
    #expect(try NativeAnswer(decoding: Array("{\"ping\":true}".utf8)[...]) == .ping)
    let notice = Notice(sequence: 1, at: .start, kind: .route, change: .install, level: .info, subject: "x")
    let event = json { $0.write(notice, to: &$1) }
    #expect(try NativeAnswer(decoding: event[...]) == .event(event[...]))
  }

  @Test("Exit codes follow the finding")
  func exits() {
    #expect(ExitCode(refusal: .notPermitted) == .notPermitted)
    #expect(ExitCode(refusal: .noSuchObject) == .noSuchObject)
    #expect(ExitCode(refusal: .duplicateRule) == .alreadyExists)
    #expect(ExitCode(refusal: .unknownInterface) == .failed)
  }
}

import Configuration
import Control
import Diagnostics
import Encoding
import Timing

@testable import CommandLine
@testable import LinuxKernel

/// Runs a command of the tool without a machine around it, and keeps what it says.
final class Stage {
  struct Outcome {
    var exit: ExitCode
    var out: String
    var error: String

    /// What a terminal's user sees, for a golden file.
    var transcript: String {
      out + (error.isEmpty ? "" : "--- standard error\n" + error)
        + (exit == .done ? "" : "--- exit \(exit.rawValue)\n")
    }
  }

  /// A day after the machine started, on a day in 2026.
  static let clock = WallClock(now: .start + .seconds(86_400), wall: 1_790_000_000_000_000_000)

  var daemon: FakeDaemon?
  /// Why the socket cannot be reached; nil with a daemon.
  var refusal = SystemError("connect", "/run/mcast/control.sock", errno: 2)
  var files: [String: String] = [:]
  var written: [String: String] = [:]
  var terminalWidth: Int?
  var environment: [String: String] = [:]
  var interfaceNames: [String]?
  var kernel = KernelView(
    routes: { _ in [] }, vifs: { _ in [] }, rules: { _ in [] }, memberships: { _ in [] })
  /// The routers that can be asked.
  var line = RouterLine()
  /// Readings that `--watch` makes before it is interrupted.
  var watches = 2

  init(_ daemon: FakeDaemon? = nil) { self.daemon = daemon }

  func run(_ line: String) -> Outcome {
    run(line.split(separator: " ").map(String.init))
  }

  func run(_ arguments: [String]) -> Outcome {
    var out: [UInt8] = []
    var error: [UInt8] = []
    var readings = 1
    let surroundings = Surroundings(
      write: {
        out += $0
        return true
      },
      complain: { error += $0 },
      terminalWidth: terminalWidth,
      environment: { self.environment[$0] },
      host: "r1",
      clock: { Stage.clock },
      connect: { (path) throws(SystemError) in
        guard let daemon = self.daemon else {
          throw SystemError(self.refusal.operation, path, errno: self.refusal.errno)
        }
        return FakeChannel(daemon)
      },
      pause: { _ in
        readings += 1
        return readings <= self.watches
      },
      readFile: { (path) throws(SystemError) in
        guard let text = self.files[path] else { throw SystemError("open", path, errno: 2) }
        return Array(text.utf8)
      },
      replaceFile: { (path, bytes) throws(SystemError) in
        guard !path.hasPrefix("/read-only") else { throw SystemError("write", path, errno: 30) }
        self.written[path] = String(decoding: bytes, as: UTF8.self)
      },
      source: TextSource(files),
      interfaceNames: { self.interfaceNames },
      kernel: kernel,
      probing: { self.line.surroundings })
    let exit = Mcast.run(arguments, in: surroundings)
    return Outcome(
      exit: exit, out: String(decoding: out, as: UTF8.self), error: String(decoding: error, as: UTF8.self))
  }
}

/// What a daemon would answer: rows and an end for each request.
final class FakeDaemon {
  struct Answer {
    var exit = ExitCode.done
    var rows: [(RowWriter, inout JSONWriter) -> Void] = []
    var text: String?
    var warnings: [Diagnostic] = []
    var errors: [Diagnostic] = []
    var summary: Summary?
    /// Events of a subscription, after which the connection ends.
    var events: [(RowWriter, inout JSONWriter) -> Void] = []
    /// The connection ends instead of an answer.
    var dies = false
    /// No answer comes.
    var sleeps = false
  }

  /// The requests that came, in their order.
  private(set) var requests: [NativeRequest] = []
  /// The text of the last request in parts.
  private(set) var text = ""
  private let answer: (NativeRequest.Body) -> Answer

  init(_ answer: @escaping (NativeRequest.Body) -> Answer) { self.answer = answer }

  /// The same answer to whatever is asked.
  convenience init(_ answer: Answer) { self.init { _ in answer } }

  /// The lines that answer one line; nil: the connection ends.
  func lines(for line: [UInt8]) throws(JSONError) -> [[UInt8]]? {
    switch try NativeMessage(decoding: line[...]) {
    case .hello: return [NativeHello(version: "0.1.0", pid: 812, generation: 412).encoded]
    case .request(let request):
      if let part = request.part {
        text += part.text
        guard part.isLast else { return [] }
      }
      requests.append(request)
      return lines(for: request)
    }
  }

  private func lines(for request: NativeRequest) -> [[UInt8]]? {
    let answer = answer(request.body)
    if answer.dies { return nil }
    if answer.sleeps { return [] }
    var writer = ReplyWriter(id: request.id, clock: Stage.clock)
    for row in answer.rows { writer.add(row) }
    if let text = answer.text { writer.add(text: text, file: nil) }
    var lines = writer.take()
    for event in answer.events {
      var json = JSONWriter()
      event(RowWriter(clock: Stage.clock), &json)
      lines += json.bytes + [0x0a]
    }
    if answer.events.isEmpty {
      writer.finish(
        exit: answer.exit, generation: 412, warnings: answer.warnings, errors: answer.errors,
        summary: answer.summary)
      lines += writer.take()
    }
    return lines.split(separator: 0x0a).map { Array($0) }
  }
}

/// A connection to the fake: each line sent is answered at once.
private final class FakeChannel: ControlChannel {
  private let daemon: FakeDaemon
  private var waiting: [[UInt8]] = []
  private var hasEnded = false

  init(_ daemon: FakeDaemon) { self.daemon = daemon }

  func send(_ bytes: [UInt8], until deadline: Instant) throws(SystemError) {
    for line in bytes.split(separator: 0x0a) {
      guard let answer = try? daemon.lines(for: Array(line)) else {
        hasEnded = true
        return
      }
      waiting += answer.flatMap { $0.split(separator: 0x0a).map { Array($0) } }
    }
  }

  func line(until deadline: Instant?) throws(SystemError) -> [UInt8]? {
    guard waiting.isEmpty else { return waiting.removeFirst() }
    if !hasEnded, deadline != nil { throw SystemError("read", errno: 110) }
    return nil
  }
}

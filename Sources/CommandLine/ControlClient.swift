import Addressing
import Control
import Diagnostics
import Encoding
import LinuxKernel
import Timing

/// Asks the daemon and reads its answers.
final class ControlClient {
  /// What the last line of an answer says.
  struct Ending {
    var exit: ExitCode
    var generation: UInt64?
    var summary: Summary?
    var warnings: [Diagnostic] = []
    var errors: [Diagnostic] = []
  }

  /// How the daemon introduced itself.
  let hello: NativeHello
  private let channel: any ControlChannel
  private let surroundings: Surroundings
  private let path: String
  /// Of one answer line; nil: as long as it takes.
  private let patience: Duration?
  private var lastID: UInt64 = 0

  /// Connects and says hello.
  ///
  /// - Parameter waits: the answer may take as long as it takes, unless `--timeout` says otherwise.
  init(_ settings: Settings, _ surroundings: Surroundings, waits: Bool = false) throws(Failure) {
    self.surroundings = surroundings
    path = settings.socketPath
    let seconds = settings.timeoutSeconds ?? (waits ? nil : 5)
    patience = seconds.map { .milliseconds(Int64($0 * 1000)) }
    do throws(SystemError) {
      channel = try surroundings.connect(path)
    } catch {
      throw ControlClient.failure(error, path)
    }
    let greeting = NativeMessage.hello(version: Int64(NativeProtocol.version)).encoded
    let deadline = surroundings.clock().now + (patience ?? .seconds(5))
    hello = try ControlClient.greet(channel, greeting, deadline, path)
  }

  private static func greet(
    _ channel: any ControlChannel, _ greeting: [UInt8], _ deadline: Instant, _ path: String
  ) throws(Failure) -> NativeHello {
    var line: [UInt8]?
    do throws(SystemError) {
      try channel.send(greeting, until: deadline)
      line = try channel.line(until: deadline)
    } catch {
      throw failure(error, path)
    }
    guard let line else { throw ended(path) }
    switch try answer(line) {
    case .hello(let hello): return hello
    case .reply(let reply) where !reply.errors.isEmpty:
      throw Failure(ExitCode(refusal: reply.errors[0].code), reply.errors)
    default: throw Failure(.failed, .protocolVersion, "what answers at \(path) is not mcastd", hint: nil)
    }
  }

  /// Sends one request and hands the rows on as they come.
  func ask(_ body: NativeRequest.Body, each row: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure)
    -> Ending
  {
    lastID += 1
    try send(NativeMessage.request(NativeRequest(id: lastID, body)).encoded)
    return try answers(row)
  }

  /// Sends one request that carries a text of any length.
  func ask(
    _ body: NativeRequest.Body, text: String, each row: (ArraySlice<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Ending {
    lastID += 1
    for line in NativeRequest.lines(id: lastID, body, text: text) { try send(line) }
    return try answers(row)
  }

  /// Begins a subscription and hands each event on, until `each` returns false or the daemon ends.
  func follow(_ body: NativeRequest.Body, each event: (ArraySlice<UInt8>) throws(Failure) -> Bool)
    throws(Failure)
  {
    lastID += 1
    try send(NativeMessage.request(NativeRequest(id: lastID, body)).encoded)
    while true {
      switch try next(forever: true) {
      case .event(let json): guard try event(json) else { return }
      case .reply(let reply):
        for json in reply.data { guard try event(json) else { return } }
        guard reply.errors.isEmpty else { throw Failure(ControlClient.exit(reply), reply.errors) }
      case .ping, .hello: continue
      }
    }
  }

  /// Waits until the daemon closes the connection; not longer than for an answer.
  func awaitEnd() {
    let deadline = surroundings.clock().now + (patience ?? .seconds(5))
    while (try? channel.line(until: deadline)) != nil {}
  }

  private func answers(_ row: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) -> Ending {
    var ending = Ending(exit: .done)
    while true {
      guard case .reply(let reply) = try next(forever: false) else { continue }
      // What concerns no request, as a line that is not understood, ends the connection.
      if reply.id == 0, !reply.errors.isEmpty { throw Failure(ControlClient.exit(reply), reply.errors) }
      guard reply.id == lastID else { continue }
      for json in reply.data { try row(json) }
      ending.warnings += reply.warnings
      ending.errors += reply.errors
      guard reply.more else {
        ending.exit = ControlClient.exit(reply)
        ending.generation = reply.generation
        ending.summary = reply.summary
        return ending
      }
    }
  }

  private func send(_ line: [UInt8]) throws(Failure) {
    do throws(SystemError) {
      try channel.send(line, until: surroundings.clock().now + (patience ?? .seconds(60)))
    } catch {
      throw ControlClient.failure(error, path)
    }
  }

  private func next(forever: Bool) throws(Failure) -> NativeAnswer {
    let deadline = forever ? nil : patience.map { surroundings.clock().now + $0 }
    var line: [UInt8]?
    do throws(SystemError) {
      line = try channel.line(until: deadline)
    } catch {
      throw ControlClient.failure(error, path)
    }
    guard let line else { throw forever ? ControlClient.gone(path) : ControlClient.ended(path) }
    return try ControlClient.answer(line)
  }

  // MARK: What can go wrong

  private static func exit(_ reply: NativeReply) -> ExitCode {
    ExitCode(rawValue: reply.exit) ?? .failed
  }

  private static func answer(_ line: [UInt8]) throws(Failure) -> NativeAnswer {
    do throws(JSONError) {
      return try NativeAnswer(decoding: line[...])
    } catch {
      throw Failure(
        .failed, .protocolVersion, "the daemon's answer is not understood: \(error)",
        hint: "mcast and mcastd may be of different versions: mcast version")
    }
  }

  private static func ended(_ path: String) -> Failure {
    Failure(
      .notReachable, .daemonNotRunning,
      "the daemon at \(path) closed the connection before its answer was complete",
      hint: "its log may say why: journalctl -u mcastd")
  }

  private static func gone(_ path: String) -> Failure {
    Failure(
      .notReachable, .daemonNotRunning, "the daemon at \(path) ended, and its events with it",
      hint: "its log may say why: journalctl -u mcastd")
  }

  private static func failure(_ error: SystemError, _ path: String) -> Failure {
    switch error.name {
    case "ENOENT", "ECONNREFUSED":
      return Failure(
        .notReachable, .daemonNotRunning, "no daemon answers at \(path)",
        hint: "start it: systemctl start mcastd, or mcastd --foreground; another socket: mcast --socket PATH")
    case "EACCES", "EPERM":
      return Failure(
        .notPermitted, .notPermitted, "\(path) is not open to you",
        hint: "use sudo, or join the group mcast-admin: usermod -aG mcast-admin $USER")
    case "ETIMEDOUT", "EAGAIN":
      return Failure(
        .timedOut, .timedOut, "the daemon at \(path) did not answer in time",
        hint: "give it longer with --timeout 30")
    case "EPIPE", "ECONNRESET":
      return ended(path)
    case "EMSGSIZE":
      return Failure(.failed, .messageTooLarge, "the daemon's answer has a line beyond 64 KiB", hint: nil)
    default:
      return Failure(.notReachable, .daemonNotRunning, "\(error)", hint: "is \(path) the socket of mcastd?")
    }
  }
}

/// Rows as values.
extension ControlClient {
  /// Reads a row that the daemon wrote.
  static func row<Row>(
    _ json: ArraySlice<UInt8>, _ reader: RowReader,
    _ read: (RowReader, ArraySlice<UInt8>) throws(JSONError) -> Row
  ) throws(Failure) -> Row {
    do throws(JSONError) {
      return try read(reader, json)
    } catch {
      throw Failure(
        .failed, .protocolVersion, "a row of the daemon is not understood: \(error)",
        hint: "mcast and mcastd may be of different versions: mcast version")
    }
  }

  /// The `text` of a row that carries a piece of one.
  static func text(_ json: ArraySlice<UInt8>) throws(Failure) -> String {
    let reader = RowReader(clock: WallClock(now: .start, wall: 0))
    return try row(json, reader) { (_, json) throws(JSONError) in
      var reader = try JSONReader(json)
      return try reader.object()["text"]?.string ?? ""
    }
  }
}

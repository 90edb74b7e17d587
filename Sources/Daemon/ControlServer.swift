import Control
import Diagnostics
import Encoding
import Router
import Timing

/// The control clients as one value: bytes in, commands and bytes out.
///
/// Knows no socket.
///
/// No client can hold up another or the routing: everything has a bound and a time (`docs/control.md`).
struct ControlServer {
  typealias ClientID = UInt32

  /// Rows that are made and written in one piece, for which packets wait: half a millisecond.
  static let pageSize = 50
  /// A table's next page is asked for when less than this waits to be sent.
  static let pageThreshold = 262_144
  /// What may wait for a subscriber; beyond, events are dropped and counted.
  static let outputLimit = 4 << 20
  static let clientsOfOneUser = 8
  static let clientsOfRoot = 4

  var clientLimit = 64
  /// Bytes of the text of one batch or configuration; of all that are coming in at a time, twice as many.
  var textLimit = 16 << 20
  /// The Router's, for the last line of each answer.
  var generation: UInt64 = 0
  private(set) var clients: [ClientID: ControlClient] = [:]
  /// What clients asked for since it was taken last.
  private(set) var commands: [ControlCommand] = []
  /// Who asked for which change, for the log, since it was taken last.
  private var requested: [String] = []
  private var owners: [RequestID: ClientID] = [:]
  private var lastClient: ClientID = 0
  private var lastRequest: RequestID = 0
  private let identity: (version: String, pid: Int32)

  init(version: String, pid: Int32) { identity = (version, pid) }

  var hasCommands: Bool { !commands.isEmpty }

  mutating func takeCommands() -> [ControlCommand] {
    defer { commands.removeAll(keepingCapacity: true) }
    return commands
  }

  mutating func takeRequested() -> [String] {
    defer { requested.removeAll(keepingCapacity: true) }
    return requested
  }

  // MARK: Connections

  /// Takes a client in, or says why not.
  mutating func connect(
    uid: UInt32, pid: Int32 = 0, rights: ControlRights, at now: Instant
  ) -> Result<ClientID, Diagnostic> {
    let ofUser = clients.values.count { $0.uid == uid }
    let isFull = clients.count >= (uid == 0 ? clientLimit : clientLimit - ControlServer.clientsOfRoot)
    guard !isFull, uid == 0 || ofUser < ControlServer.clientsOfOneUser else {
      return .failure(
        Diagnostic(
          .error, .connectionLimit, "the daemon has as many control clients as it takes, \(clients.count)",
          hint: "end some, or raise control { clients }"))
    }
    repeat { lastClient &+= 1 } while clients[lastClient] != nil
    clients[lastClient] = ControlClient(rights: rights, uid: uid, pid: pid, at: now)
    return .success(lastClient)
  }

  /// The connection is gone.
  mutating func disconnect(_ id: ClientID) {
    guard let client = clients.removeValue(forKey: id) else { return }
    switch client.phase {
    case .answering(let answer): cancel(answer.request)
    case .subscribed(let request): cancel(request)
    case .idle, .closing: break
    }
  }

  private mutating func cancel(_ request: RequestID) {
    owners[request] = nil
    commands.append(.event(.cancel(request)))
  }

  /// The client will say no more.
  mutating func endInput(of id: ClientID) { clients[id]?.hasEnded = true }

  // MARK: In

  mutating func receive(_ bytes: [UInt8], from id: ClientID, at now: Instant, clock: WallClock) {
    clients[id]?.received(bytes, at: now)
    advance(id, at: now, clock: clock)
  }

  /// Serves complete lines until one must be waited for.
  private mutating func advance(_ id: ClientID, at now: Instant, clock: WallClock) {
    while let client = clients[id], case .idle = client.phase {
      guard let line = clients[id]?.nextLine(at: now) else { break }
      guard line.count < NativeProtocol.lineLimit else { return refuseLength(id, clock) }
      if !line.isEmpty { serve(line, id, clock) }
    }
    guard let client = clients[id] else { return }
    switch client.phase {
    case .idle where client.input.count >= NativeProtocol.lineLimit: refuseLength(id, clock)
    case .subscribed, .closing: clients[id]?.input.removeAll()
    default: break
    }
  }

  private mutating func refuseLength(_ id: ClientID, _ clock: WallClock) {
    let limit = NativeProtocol.lineLimit
    end(id, Refusal(.messageTooLarge, "a line has more than \(limit) bytes"), clock)
  }

  private mutating func serve(_ line: [UInt8], _ id: ClientID, _ clock: WallClock) {
    let message: NativeMessage
    do throws(JSONError) {
      message = try NativeMessage(decoding: line[...])
    } catch {
      // What follows a line that is no request cannot be trusted either.
      let hint = "one JSON object per line: {\"id\":1,\"verb\":\"status\"}"
      return end(id, Refusal(.badRequest, "the request is not understood: \(error)", hint: hint), clock)
    }
    switch message {
    case .hello(let version) where version == NativeProtocol.version:
      let hello = NativeHello(version: identity.version, pid: identity.pid, generation: generation)
      clients[id]?.send(hello.encoded, at: clock.now)
    case .hello(let version):
      let refusal = Refusal(.protocolVersion, "the daemon speaks protocol 1, not \(version)")
      end(id, refusal, clock)
    case .request(let request): collect(request, id, clock)
    }
  }

  /// Puts the pieces of a text together.
  private mutating func collect(_ request: NativeRequest, _ id: ClientID, _ clock: WallClock) {
    guard let part = request.part else {
      guard clients[id]?.upload == nil else {
        return end(id, Refusal(.badRequest, "another request came before the last part"), clock)
      }
      return run(request, text: nil, id, clock)
    }
    var upload = clients[id]?.upload ?? ControlClient.Upload(request: request, text: [])
    guard upload.request.id == request.id, upload.request.body == request.body else {
      return end(id, Refusal(.badRequest, "the parts of two requests are mixed"), clock)
    }
    let all = clients.values.reduce(0) { $0 + ($1.upload?.text.count ?? 0) }
    let size = part.text.utf8.count
    guard upload.text.count + size <= textLimit, all + size <= 2 * textLimit else {
      return end(id, Refusal(.messageTooLarge, "the text has more than \(textLimit) bytes"), clock)
    }
    // The array must be owned once only, or each part would copy all before it.
    clients[id]?.upload = nil
    upload.text.append(contentsOf: part.text.utf8)
    guard part.isLast else {
      clients[id]?.upload = upload
      return
    }
    run(upload.request, text: upload.text, id, clock)
  }

  private mutating func run(_ request: NativeRequest, text: [UInt8]?, _ id: ClientID, _ clock: WallClock) {
    lastRequest += 1
    var translation = RequestTranslation(request, text: text, id: lastRequest)
    var writer = ReplyWriter(id: request.id, clock: clock)
    do throws(Refusal) {
      guard translation.isQuestion || clients[id]?.rights == .admin else {
        throw Refusal(
          .notPermitted, "this connection may look and not change",
          hint: "use the control socket, as root or a member of its group")
      }
      let command = try translation.command()
      var answer = ControlClient.Answer(
        request: lastRequest, writer: writer, warnings: translation.warnings,
        isConfiguration: translation.isConfiguration, places: translation.places)
      if case .event(.request(_, let question)) = command { answer.question = question }
      owners[lastRequest] = id
      clients[id]?.phase = .answering(answer)
      if !translation.isQuestion, let client = clients[id] {
        requested.append("uid \(client.uid), pid \(client.pid): \(translation.words)")
      }
      commands.append(command)
    } catch {
      writer.finish(
        exit: error.exit, generation: generation, warnings: error.warnings, errors: error.errors)
      clients[id]?.send(writer.take(), at: clock.now)
    }
  }

  /// Says why, and closes when it is sent.
  private mutating func end(_ id: ClientID, _ refusal: Refusal, _ clock: WallClock) {
    var writer = ReplyWriter(id: 0, clock: clock)
    writer.finish(exit: refusal.exit, generation: generation, errors: refusal.errors)
    guard var client = clients.removeValue(forKey: id) else { return }
    switch client.phase {
    case .answering(let answer): cancel(answer.request)
    case .subscribed(let request): cancel(request)
    case .idle, .closing: break
    }
    client.send(writer.take(), at: clock.now)
    client.phase = .closing
    client.upload = nil
    client.input = []
    clients[id] = client
  }
}

/// Out.
extension ControlServer {
  /// Passes the Router's answer on; one for a client that is gone is dropped.
  mutating func answer(
    _ request: RequestID, _ reply: Reply, facts: @autoclosure () -> DaemonFacts, at now: Instant,
    clock: WallClock
  ) {
    guard let id = owners[request], let client = clients[id], case .answering(var answer) = client.phase
    else { return }
    // The writer must be owned once only while it grows.
    clients[id]?.phase = .idle
    switch reply {
    case .rows(let rows, let next):
      answer.writer.add(rows)
      if let next { return turn(id, answer, to: next, clock) }
      finish(id, answer, .done, at: now, clock: clock)
    case .status(let status):
      let facts = facts()
      answer.writer.add { $0.write(status, facts, to: &$1) }
      finish(id, answer, .done, at: now, clock: clock)
    case .text(let text, let next):
      answer.writer.add(text: text, file: facts().configFile)
      if let next { return turn(id, answer, to: next, clock) }
      finish(id, answer, .done, at: now, clock: clock)
    case .explanation(let explanation):
      answer.writer.add { $0.write(explanation, to: &$1) }
      finish(id, answer, .done, at: now, clock: clock)
    case .changes(let results, let summary): finish(id, answer, results, summary, at: now, clock: clock)
    case .plan(let changes, let summary):
      for change in changes { answer.writer.add { $0.write(change, to: &$1) } }
      finish(id, answer, .done, summary: summary, at: now, clock: clock)
    case .rules, .links, .report: break  // Only personalities ask for these.
    case .subscribed:
      answer.writer.begin()
      clients[id]?.send(answer.writer.take(), at: clock.now)
      clients[id]?.phase = .subscribed(request)
    case .refused(let findings):
      let refusal = Refusal(exit: exit(of: findings, answer), findings: findings)
      answer.warnings += refusal.warnings
      finish(id, answer, refusal.exit, errors: refusal.errors, at: now, clock: clock)
    }
  }

  /// Adds to what the last line of an answer warns of.
  mutating func warn(_ request: RequestID, _ findings: [Diagnostic]) {
    guard let id = owners[request], case .answering(var answer) = clients[id]?.phase else { return }
    clients[id]?.phase = .idle
    answer.warnings += findings
    clients[id]?.phase = .answering(answer)
  }

  private func exit(of findings: [Diagnostic], _ answer: ControlClient.Answer) -> ExitCode {
    guard let first = findings.first(where: { $0.severity == .error }) ?? findings.first else {
      return .failed
    }
    let own = ExitCode(refusal: first.code)
    // A restart judges the file, but may be refused for other reasons.
    guard first.code != .handOverRefused else { return own }
    return answer.isConfiguration && own == .failed ? .configuration : own
  }

  /// Changes that were refused are errors of the request too, so that they are seen without looking at rows.
  private mutating func finish(
    _ id: ClientID, _ answer: ControlClient.Answer, _ results: [ChangeResult], _ summary: Summary,
    at now: Instant, clock: WallClock
  ) {
    var answer = answer
    var results = results
    for (number, result) in results.enumerated() where answer.places.indices.contains(result.index) {
      results[number].error?.location = answer.places[result.index]
    }
    for result in results { answer.writer.add { $0.write(result, to: &$1) } }
    let refused = results.filter { $0.outcome == .refused }
    let errors = refused.compactMap(\.error)
    var exit = ExitCode.done
    if !refused.isEmpty {
      exit =
        results.contains { $0.outcome == .done }
        ? .partly : errors.first.map { ExitCode(refusal: $0.code) } ?? .failed
    }
    finish(id, answer, exit, errors: Array(errors.prefix(100)), summary: summary, at: now, clock: clock)
  }

  private mutating func turn(
    _ id: ClientID, _ answer: ControlClient.Answer, to next: Cursor, _ clock: WallClock
  ) {
    var answer = answer
    answer.writer.flush()
    clients[id]?.send(answer.writer.take(), at: clock.now)
    let isSlow = (clients[id]?.pending.count ?? 0) > ControlServer.pageThreshold
    answer.waitingCursor = isSlow ? next : nil
    clients[id]?.phase = .answering(answer)
    if !isSlow { ask(answer, from: next) }
  }

  private mutating func ask(_ answer: ControlClient.Answer, from cursor: Cursor) {
    guard let next = answer.question?.continued(from: cursor) else { return }
    commands.append(.event(.request(answer.request, next)))
  }

  private mutating func finish(
    _ id: ClientID, _ answer: ControlClient.Answer, _ exit: ExitCode, errors: [Diagnostic] = [],
    summary: Summary? = nil, at now: Instant, clock: WallClock
  ) {
    var answer = answer
    owners[answer.request] = nil
    answer.writer.finish(
      exit: exit, generation: generation, warnings: answer.warnings, errors: errors, summary: summary)
    clients[id]?.send(answer.writer.take(), at: clock.now)
    clients[id]?.phase = .idle
    clients[id]?.lastProgress = now
    advance(id, at: now, clock: clock)
  }

  /// Sends an event to those who subscribed; whoever does not keep up loses events, and is told how many.
  mutating func publish(_ notice: Notice, to requests: [RequestID], clock: WallClock) {
    var writer = JSONWriter()
    RowWriter(clock: clock).write(notice, to: &writer)
    let line = writer.bytes + [0x0a]
    for request in requests {
      guard let id = owners[request], let client = clients[id] else { continue }
      guard client.pending.count + line.count <= ControlServer.outputLimit else {
        clients[id]?.lost += 1
        continue
      }
      if client.lost > 0 { tellLost(id, client.lost, clock) }
      clients[id]?.send(line, at: clock.now)
    }
  }

  private mutating func tellLost(_ id: ClientID, _ count: UInt64, _ clock: WallClock) {
    var notice = Notice(
      sequence: 0, at: clock.now, kind: .limit, change: .limit, level: .warning, subject: "subscription")
    notice.detail = "lost \(count) events: the client reads too slowly"
    var writer = JSONWriter()
    RowWriter(clock: clock).write(notice, to: &writer)
    clients[id]?.send(writer.bytes + [0x0a], at: clock.now)
    clients[id]?.lost = 0
  }

  /// `count` bytes of a client have gone out.
  mutating func sent(_ count: Int, to id: ClientID, at now: Instant) {
    clients[id]?.took(count, at: now)
    guard let client = clients[id], case .answering(var answer) = client.phase,
      let cursor = answer.waitingCursor,
      client.pending.count <= ControlServer.pageThreshold
    else { return }
    answer.waitingCursor = nil
    clients[id]?.phase = .answering(answer)
    ask(answer, from: cursor)
  }

  /// The next moment at which patience with a client ends.
  var nextDeadline: Instant? { clients.isEmpty ? nil : clients.values.lazy.compactMap(\.deadline).min() }

  /// Ends what took too long.
  ///
  /// - Returns: the clients to be closed without another word.
  mutating func expire(at now: Instant, clock: WallClock) -> [ClientID] {
    var dead: [ClientID] = []
    for id in clients.keys.sorted() {
      guard let client = clients[id], let deadline = client.deadline, deadline <= now else { continue }
      switch client.phase {
      case .closing: dead.append(id)
      case .subscribed where client.pending.isEmpty:
        clients[id]?.send(Array("{\"ping\":true}\n".utf8), at: clock.now)
        clients[id]?.lastProgress = now
      case .subscribed, .answering: dead.append(id)
      case .idle:
        end(id, Refusal(.timedOut, "the connection was silent for too long"), clock)
        clients[id]?.lastProgress = now
      }
    }
    return dead
  }
}

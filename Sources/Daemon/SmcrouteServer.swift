import Compatibility
import Configuration
import Control
import Encoding
import Router
import Timing

/// The clients of SMCRoute as one value: their messages in, commands and answers out.
///
/// Knows no socket. Each request becomes the same change or question that our own clients make.
struct SmcrouteServer: ClientServer {
  static let clientLimit = 32
  /// The next piece of a table is made when less than this waits to be sent.
  static let pieceThreshold = 65_536
  /// The numbers of our requests: those of `ControlServer` count from 1.
  static let firstRequest: RequestID = 1 << 62

  /// What those speak who come to a path, where it is not the latest.
  var dialects: [String: SmcrouteDialect] = [:]
  private(set) var clients: [UInt32: SmcrouteClient] = [:]
  private(set) var commands: [ControlCommand] = []
  private var lines: [LogLine] = []
  private var owners: [RequestID: UInt32] = [:]
  private var lastClient: UInt32 = 0
  private var lastRequest = SmcrouteServer.firstRequest

  var hasCommands: Bool { !commands.isEmpty }

  /// What clients asked for since it was taken last.
  mutating func takeCommands() -> [ControlCommand] {
    defer { commands.removeAll(keepingCapacity: true) }
    return commands
  }

  mutating func takeLines() -> [LogLine] {
    defer { lines.removeAll(keepingCapacity: true) }
    return lines
  }

  // MARK: Connections

  /// The modes of a socket keep others out; should one let them in, they get no further.
  mutating func admit(_ caller: Caller, _ clock: WallClock) -> Admission {
    guard caller.rights == .admin else {
      lines.append(LogLine(.warning, "uid \(caller.uid), pid \(caller.pid) may not command the daemon"))
      return .refused(saying: SmcrouteRefusal("Need root privileges to connect to daemon").bytes)
    }
    guard clients.count < SmcrouteServer.clientLimit || makeRoom() else {
      return .refused(saying: SmcrouteRefusal("the daemon has as many clients as it takes").bytes)
    }
    repeat { lastClient &+= 1 } while clients[lastClient] != nil
    clients[lastClient] = SmcrouteClient(
      caller, dialects[caller.path] ?? .current, at: clock.now)
    return .client(lastClient)
  }

  /// Who has waited longest without a word makes room for who may have something to say.
  private mutating func makeRoom() -> Bool {
    let silent = clients.filter { $0.value.isSilent }
    guard let longest = silent.min(by: { ($0.value.lastProgress, $0.key) < ($1.value.lastProgress, $1.key) })
    else { return false }
    clients[longest.key]?.phase = .closing
    return true
  }

  mutating func disconnect(_ id: UInt32) {
    guard let client = clients.removeValue(forKey: id) else { return }
    switch client.phase {
    case .waiting(let request, _), .collecting(let request, _):
      owners[request] = nil
      commands.append(.event(.cancel(request)))
    case .idle, .showing, .closing: break
    }
  }

  mutating func endInput(of id: UInt32) { clients[id]?.hasEnded = true }

  var nextDeadline: Instant? { clients.values.lazy.compactMap(\.deadline).min() }

  mutating func expire(at now: Instant, clock: WallClock) -> [UInt32] {
    clients.keys.sorted().filter { id in clients[id]?.deadline.map { $0 <= now } ?? false }
  }

  // MARK: In

  mutating func receive(_ bytes: [UInt8], from id: UInt32, at now: Instant, clock: WallClock) {
    clients[id]?.received(bytes, at: now)
    advance(id, at: now)
  }

  /// Serves complete messages until one must be waited for.
  private mutating func advance(_ id: UInt32, at now: Instant) {
    while case .idle? = clients[id]?.phase {
      guard let frame = clients[id]?.nextFrame(at: now) else { return }
      switch frame {
      case .message(let message): serve(message, id, at: now)
      case .refused(let refusal): refuse(refusal, id, at: now)
      case .broken(let refusal):
        refuse(refusal, id, at: now)
        clients[id]?.phase = .closing
      }
    }
  }

  private mutating func refuse(_ refusal: SmcrouteRefusal, _ id: UInt32, at now: Instant) {
    lines.append(LogLine(.warning, refusal.text))
    clients[id]?.send(refusal.bytes, at: now)
  }

  private mutating func serve(_ message: SmcrouteMessage, _ id: UInt32, at now: Instant) {
    // Not the client itself: a second owner would have each message copy all that waits behind it.
    guard let caller = clients[id]?.caller, let dialect = clients[id]?.dialect else { return }
    let command: SmcrouteCommand
    do throws(SmcrouteRefusal) {
      command = try SmcrouteCommand(message, dialect)
    } catch {
      return refuse(error, id, at: now)
    }
    lastRequest += 1
    switch command.action {
    case .change(let change):
      ask(.event(.change([change], bestEffort: false, request: lastRequest)), command, id)
    case .flush:
      ask(.event(.change([.clear(.routes)], bestEffort: false, request: lastRequest)), command, id)
    case .kill: ask(.stop(lastRequest), command, id)
    case .reload:
      // Whoever asks for it does not wait for it; what several ask for is done once.
      clients[id]?.send([0], at: now)
      guard !commands.contains(where: { if case .reload = $0 { true } else { false } }) else { return }
      commands.append(.reload(lastRequest))
    case .show(let table, let format): return collect(SmcrouteShow(table, format), id, at: now)
    }
    lines.append(
      LogLine(.info, "uid \(caller.uid), pid \(caller.pid): \(SmcrouteServer.words(of: message))"))
  }

  private static func words(of message: SmcrouteMessage) -> String {
    ([String(Unicode.Scalar(message.command))] + message.arguments).joined(separator: " ")
  }

  private mutating func ask(_ request: ControlCommand, _ command: SmcrouteCommand, _ id: UInt32) {
    owners[lastRequest] = id
    clients[id]?.phase = .waiting(lastRequest, command)
    commands.append(request)
  }

  // MARK: Out

  /// Passes an answer on; one for a client that is gone is dropped.
  mutating func answer(_ request: RequestID, _ reply: Reply, at now: Instant) {
    guard let id = owners.removeValue(forKey: request), let phase = clients[id]?.phase else { return }
    // What grows must be owned once only.
    clients[id]?.phase = .idle
    switch consume phase {
    case .waiting(_, let command):
      if let refusal = command.refusal(in: reply) { lines.append(LogLine(.warning, refusal.text)) }
      clients[id]?.send(command.answer(to: reply), at: now)
      advance(id, at: now)
    case .collecting(_, var show):
      show.receive(reply)
      collect(show, id, at: now)
    case .idle, .showing, .closing: assertionFailure("only who waits is answered")
    }
  }

  private mutating func collect(_ show: SmcrouteShow, _ id: UInt32, at now: Instant) {
    guard let question = show.request else {
      clients[id]?.phase = .showing(show)
      return pump(id, at: now)
    }
    lastRequest += 1
    owners[lastRequest] = id
    clients[id]?.phase = .collecting(lastRequest, show)
    commands.append(.event(.request(lastRequest, question)))
  }

  /// Gives a client as much of its table as it has room for.
  private mutating func pump(_ id: UInt32, at now: Instant) {
    guard case .showing(var show)? = clients[id]?.phase else { return }
    clients[id]?.phase = .idle
    while (clients[id]?.pending.count ?? 0) < SmcrouteServer.pieceThreshold {
      guard let piece = show.next() else { return advance(id, at: now) }
      clients[id]?.send(piece, at: now)
    }
    clients[id]?.phase = .showing(show)
  }

  mutating func sent(_ count: Int, to id: UInt32, at now: Instant) {
    clients[id]?.took(count, at: now)
    pump(id, at: now)
  }
}

typealias SmcrouteSockets = ClientSockets<SmcrouteServer>

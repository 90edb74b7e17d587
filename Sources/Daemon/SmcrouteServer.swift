import Compatibility
import Configuration
import Control
import Encoding
import Router
import Timing

/// The clients of SMCRoute as one value: their messages in, commands and answers out.
///
/// Knows no socket. Each request becomes the same change or question that our own clients make.
struct SmcrouteServer: PersonalityServer {
  typealias Client = SmcrouteClient

  /// The numbers of our requests: those of `ControlServer` count from 1.
  static let firstRequest: RequestID = 1 << 62

  /// What those speak who come to a path, where it is not the latest.
  var dialects: [String: SmcrouteDialect] = [:]
  var table = ClientTable<SmcrouteClient>(requestsFrom: SmcrouteServer.firstRequest)

  // MARK: Connections

  /// The modes of a socket keep others out; should one let them in, they get no further.
  mutating func admit(_ caller: Caller, _ clock: WallClock) -> Admission {
    table.admit(
      caller, as: SmcrouteClient(caller, dialects[caller.path] ?? .current, at: clock.now),
      forbidden: SmcrouteRefusal("Need root privileges to connect to daemon").bytes,
      full: SmcrouteRefusal("the daemon has as many clients as it takes").bytes)
  }

  mutating func endInput(of id: UInt32) { table.clients[id]?.hasEnded = true }

  // MARK: In

  mutating func receive(_ bytes: [UInt8], from id: UInt32, at now: Instant, clock: WallClock) {
    table.clients[id]?.received(bytes, at: now)
    advance(id, at: now)
  }

  /// Serves complete messages until one must be waited for.
  private mutating func advance(_ id: UInt32, at now: Instant) {
    while case .idle? = clients[id]?.phase {
      guard let frame = table.clients[id]?.nextFrame(at: now) else { return }
      switch frame {
      case .message(let message): serve(message, id, at: now)
      case .refused(let refusal): refuse(refusal, id, at: now)
      case .broken(let refusal):
        refuse(refusal, id, at: now)
        table.clients[id]?.phase = .closing
      }
    }
  }

  private mutating func refuse(_ refusal: SmcrouteRefusal, _ id: UInt32, at now: Instant) {
    table.log(.warning, refusal.text)
    table.clients[id]?.send(refusal.bytes, at: now)
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
    switch command.action {
    case .change(let change):
      ask(command, id) { .event(.change([change], bestEffort: false, request: $0)) }
    case .flush:
      ask(command, id) { .event(.change([.clear(.routes)], bestEffort: false, request: $0)) }
    case .kill: ask(command, id) { .stop($0) }
    case .reload:
      // Whoever asks for it does not wait for it.
      table.clients[id]?.send([0], at: now)
      guard !table.isReloadDue else { return }
      table.command(for: nil) { .reload($0) }
    case .show(let subject, let format): return collect(SmcrouteShow(subject, format), id, at: now)
    }
    table.log(.info, "uid \(caller.uid), pid \(caller.pid): \(SmcrouteServer.words(of: message))")
  }

  private static func words(of message: SmcrouteMessage) -> String {
    ([String(Unicode.Scalar(message.command))] + message.arguments).joined(separator: " ")
  }

  private mutating func ask(
    _ command: SmcrouteCommand, _ id: UInt32, _ make: (RequestID) -> ControlCommand
  ) {
    let request = table.command(for: id, make)
    table.clients[id]?.phase = .waiting(request, command)
  }

  // MARK: Out

  /// Passes an answer on; one for a client that is gone is dropped.
  mutating func answer(_ request: RequestID, _ reply: Reply, at now: Instant) {
    guard let id = table.takeOwner(of: request), let phase = clients[id]?.phase else { return }
    // What grows must be owned once only.
    table.clients[id]?.phase = .idle
    switch consume phase {
    case .waiting(_, let command):
      if let refusal = command.refusal(in: reply) { table.log(.warning, refusal.text) }
      table.clients[id]?.send(command.answer(to: reply), at: now)
      advance(id, at: now)
    case .collecting(_, var show):
      show.receive(reply)
      collect(show, id, at: now)
    case .idle, .showing, .closing: assertionFailure("only who waits is answered")
    }
  }

  private mutating func collect(_ show: SmcrouteShow, _ id: UInt32, at now: Instant) {
    guard let question = show.request else {
      table.clients[id]?.phase = .showing(show)
      return pump(id, at: now)
    }
    let request = table.command(for: id) { .event(.request($0, question)) }
    table.clients[id]?.phase = .collecting(request, show)
  }

  /// Gives a client as much of its table as it has room for.
  private mutating func pump(_ id: UInt32, at now: Instant) {
    guard case .showing(var show)? = clients[id]?.phase else { return }
    table.clients[id]?.phase = .idle
    while (clients[id]?.pending.count ?? 0) < SmcrouteServer.pieceThreshold {
      guard let piece = show.next() else { return advance(id, at: now) }
      table.clients[id]?.send(piece, at: now)
    }
    table.clients[id]?.phase = .showing(show)
  }

  mutating func sent(_ count: Int, to id: UInt32, at now: Instant) {
    table.clients[id]?.took(count, at: now)
    pump(id, at: now)
  }
}

typealias SmcrouteSockets = ClientSockets<SmcrouteServer>

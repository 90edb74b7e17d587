import Compatibility
import Configuration
import Control
import Diagnostics
import Encoding
import LinuxKernel
import Router
import Timing

/// What a client of mrouted may set of the log.
struct MroutedLogging: Hashable {
  var level = MroutedLevel.notice
  var debug: MroutedDebug = []
}

/// The clients of mrouted as one value: their messages in, commands and answers out.
///
/// Knows no socket. Each connection has one message; none can make another wait.
struct MroutedServer: PersonalityServer {
  typealias Client = MroutedClient

  /// The numbers of our requests, below those of `SmcrouteServer`.
  static let firstRequest: RequestID = 1 << 61

  /// What clients set; the daemon does it.
  var logging = MroutedLogging()
  var table = ClientTable<MroutedClient>(requestsFrom: MroutedServer.firstRequest)

  // MARK: Connections

  mutating func admit(_ caller: Caller, _ clock: WallClock) -> Admission {
    table.admit(
      caller, as: MroutedClient(caller, at: clock.now),
      forbidden: MroutedServer.refusal("Permission denied").encoded,
      full: MroutedServer.refusal("The daemon has as many clients as it takes").encoded)
  }

  /// Who has not asked by now will not; who has is answered.
  mutating func endInput(of id: UInt32) {
    if clients[id]?.isListening == true { table.clients[id]?.phase = .closing }
  }

  // MARK: In

  /// A client writes its message at once, so what is shorter is none, and what is longer has one at its
  /// beginning.
  mutating func receive(_ bytes: [UInt8], from id: UInt32, at now: Instant, clock: WallClock) {
    guard clients[id]?.isListening == true else { return }
    guard let message = MroutedMessage(bytes.prefix(MroutedMessage.count)), let command = message.command
    else {
      table.clients[id]?.phase = .closing
      return
    }
    table.clients[id]?.isDetailed = message.isDetailed
    serve(command, String(decoding: message.text, as: UTF8.self), id, at: now)
  }

  private mutating func serve(_ command: MroutedCommand, _ text: String, _ id: UInt32, at now: Instant) {
    switch command {
    case .restart:
      guard !table.isReloadDue else {
        table.clients[id]?.phase = .closing
        return
      }
      ask(command, id) { .reload($0) }
    case .kill: ask(command, id) { .stop($0) }
    case .debug: return finish(id, setDebug(text), at: now)
    case .log: return finish(id, setLevel(text), at: now)
    default:
      guard let table = command.table else { return }
      return ask(command, id) { .event(.request($0, .report(table.parts))) }
    }
    guard let caller = clients[id]?.caller else { return }
    table.log(.info, "uid \(caller.uid), pid \(caller.pid): \(command)")
  }

  private mutating func ask(_ command: MroutedCommand, _ id: UInt32, _ make: (RequestID) -> ControlCommand) {
    let request = table.command(for: id, make)
    table.clients[id]?.phase = .waiting(request, command)
  }

  private mutating func setDebug(_ text: String) -> MroutedMessage {
    if text == "?" { return MroutedServer.end(MroutedDebug.list) }
    do throws(MroutedDebug.Unknown) {
      if !text.isEmpty { logging.debug = try MroutedDebug(text, .current) }
      return MroutedServer.end(logging.debug.text)
    } catch {
      return MroutedServer.refusal(error.text)
    }
  }

  private mutating func setLevel(_ text: String) -> MroutedMessage {
    if text == "?" { return MroutedServer.end(MroutedLevel.list) }
    if text.isEmpty { return MroutedServer.end(logging.level.name) }
    guard let level = MroutedLevel(text) else {
      return MroutedServer.refusal("Unknown log level: \(text.escapingControls)")
    }
    logging.level = level
    return MroutedServer.end(text)
  }

  private static func end(_ text: String) -> MroutedMessage {
    MroutedMessage(MroutedMessage.Answer.end, Array(text.utf8))
  }

  private static func refusal(_ text: String) -> MroutedMessage {
    MroutedMessage(MroutedMessage.Answer.error, Array(text.utf8))
  }

  private mutating func finish(_ id: UInt32, _ message: MroutedMessage, at now: Instant) {
    table.clients[id]?.send(message, at: now)
    table.clients[id]?.phase = .closing
  }

  // MARK: Out

  /// Passes an answer on; one for a client that is gone is dropped.
  ///
  /// - Parameter date: the time of day, for tables that tell it.
  mutating func answer(_ request: RequestID, _ reply: Reply, date: String, at now: Instant) {
    guard let id = table.takeOwner(of: request),
      case .waiting(_, let command)? = clients[id]?.phase
    else { return }
    switch reply {
    case .report(let report):
      let heading = MroutedHeading(version: MroutedVintage.current.version, date: date)
      let isDetailed = clients[id]?.isDetailed ?? false
      let lines = command.table.map { MroutedTables(report, heading).lines(of: $0, detailed: isDetailed) }
      table.clients[id]?.phase = .showing(lines ?? [], next: 0)
      pump(id, at: now)
    case .refused(let findings):
      let first = findings.first { $0.severity == .error } ?? findings.first
      let place = first?.location.map { "\($0.file):\($0.line): " } ?? ""
      finish(id, MroutedServer.refusal(place + (first?.message ?? "The request was refused")), at: now)
    default: table.clients[id]?.phase = .closing
    }
  }

  /// Gives a client as much of its table as it has room for.
  private mutating func pump(_ id: UInt32, at now: Instant) {
    guard case .showing(let lines, var next)? = clients[id]?.phase else { return }
    while (clients[id]?.pending.count ?? 0) < MroutedServer.pieceThreshold {
      guard next < lines.count else { return finish(id, MroutedServer.end(""), at: now) }
      table.clients[id]?.send(MroutedMessage(line: lines[next]), at: now)
      next += 1
    }
    table.clients[id]?.phase = .showing(lines, next: next)
  }

  mutating func sent(_ count: Int, to id: UInt32, at now: Instant) {
    table.clients[id]?.took(count, at: now)
    pump(id, at: now)
  }
}

extension MroutedCommand {
  /// What is shown; nil for what is done.
  var table: MroutedTable? {
    switch self {
    case .restart, .debug, .log, .kill: nil
    case .showStatus: .status
    case .version: .version
    case .showGroups: .igmpGroups
    case .showIGMPInterfaces: .igmpInterfaces
    case .showIGMP: .igmp
    case .showInterfaces: .interfaces
    case .showMFC: .cache
    case .showNeighbors: .neighbors
    case .showRoutes: .routes
    case .showCompat: .compat
    }
  }
}

extension MroutedMessage {
  /// A line of a table; one that is too long is cut.
  fileprivate init(line: String) {
    var text = Array(line.utf8)
    if text.count >= MroutedMessage.textLimit { text.removeSubrange((MroutedMessage.textLimit - 1)...) }
    self.init(MroutedMessage.Answer.line, text + [UInt8(ascii: "\n")])
  }
}

typealias MroutedSockets = ClientSockets<MroutedServer>

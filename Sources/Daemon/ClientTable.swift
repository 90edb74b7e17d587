import Control
import Encoding
import Router
import Timing

/// The server of an original's tools: each client asks, and is answered in the original's words.
protocol PersonalityServer: ClientServer where Client: PersonalityClient {
  var table: ClientTable<Client> { get set }
}

/// One client of an original's server, as far as `ClientTable` minds it.
protocol PersonalityClient: ServedClient {
  /// Since when it has been silent; nil: it has said something, or is being served.
  var silentSince: Instant? { get }
  /// The request whose answer it waits for.
  var request: RequestID? { get }
  /// When patience with it ends.
  var deadline: Instant? { get }
  /// What is left goes out; then the connection ends.
  mutating func close()
}

/// Who is connected to such a server, what they asked for, and whose each request is.
struct ClientTable<Client: PersonalityClient> {
  static var limit: Int { 32 }

  var clients: [UInt32: Client] = [:]
  fileprivate var commands: [ControlCommand] = []
  private var lines: [LogLine] = []
  private var owners: [RequestID: UInt32] = [:]
  private var lastClient: UInt32 = 0
  private var lastRequest: RequestID

  /// - Parameter first: requests are numbered from here on.
  init(requestsFrom first: RequestID) { lastRequest = first }

  /// Lets a caller in as `client`.
  ///
  /// - Parameters:
  ///   - forbidden: what it hears that may not command the daemon.
  ///   - full: what it hears when there are too many.
  mutating func admit(
    _ caller: Caller, as client: Client, forbidden: [UInt8], full: [UInt8]
  ) -> Admission {
    guard caller.rights == .admin else {
      log(.warning, "uid \(caller.uid), pid \(caller.pid) may not command the daemon")
      return .refused(saying: forbidden)
    }
    guard clients.count < Self.limit || makeRoom() else { return .refused(saying: full) }
    repeat { lastClient &+= 1 } while clients[lastClient] != nil
    clients[lastClient] = client
    return .client(lastClient)
  }

  /// Who has waited longest without a word makes room for who may have something to say.
  private mutating func makeRoom() -> Bool {
    let silent = clients.compactMap { id, client in client.silentSince.map { (since: $0, id: id) } }
    guard let longest = silent.min(by: { ($0.since, $0.id) < ($1.since, $1.id) }) else { return false }
    clients[longest.id]?.close()
    return true
  }

  /// Gives the daemon a command.
  ///
  /// - Parameter id: who is to hear the answer; nil: nobody waits for it.
  /// - Returns: the number of its request.
  @discardableResult
  mutating func command(for id: UInt32?, _ make: (RequestID) -> ControlCommand) -> RequestID {
    lastRequest += 1
    if let id { owners[lastRequest] = id }
    commands.append(make(lastRequest))
    return lastRequest
  }

  /// Whether the file will be read again already: what several ask for is done once.
  var isReloadDue: Bool { commands.contains { if case .reload = $0 { true } else { false } } }

  /// Who asked; each request is answered once.
  mutating func takeOwner(of request: RequestID) -> UInt32? { owners.removeValue(forKey: request) }

  mutating func log(_ level: Notice.Level, _ text: String) { lines.append(LogLine(level, text)) }

  fileprivate mutating func takeLines() -> [LogLine] {
    defer { lines.removeAll(keepingCapacity: true) }
    return lines
  }

  fileprivate mutating func disconnect(_ id: UInt32) {
    guard let request = clients.removeValue(forKey: id)?.request else { return }
    owners[request] = nil
    commands.append(.event(.cancel(request)))
  }
}

extension PersonalityServer {
  static var clientLimit: Int { ClientTable<Client>.limit }
  /// The next piece of a table is made when less than this waits to be sent.
  static var pieceThreshold: Int { 65_536 }

  var clients: [UInt32: Client] { table.clients }
  var hasCommands: Bool { !table.commands.isEmpty }

  /// What clients asked for since it was taken last.
  mutating func takeCommands() -> [ControlCommand] {
    defer { table.commands.removeAll(keepingCapacity: true) }
    return table.commands
  }

  mutating func takeLines() -> [LogLine] { table.takeLines() }
  mutating func disconnect(_ id: UInt32) { table.disconnect(id) }

  var nextDeadline: Instant? { clients.values.lazy.compactMap(\.deadline).min() }

  mutating func expire(at now: Instant, clock: WallClock) -> [UInt32] {
    clients.keys.sorted().filter { id in clients[id]?.deadline.map { $0 <= now } ?? false }
  }
}

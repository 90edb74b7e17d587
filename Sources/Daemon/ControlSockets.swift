import Control
import Diagnostics
import Encoding
import LinuxKernel
import Timing

/// The sockets of the control clients: moves bytes between them and `ControlServer`.
final class ControlSockets {
  static let owner: UInt32 = 1
  private static let firstClient: UInt32 = 16
  private static let acceptsPerTurn = 16

  var server: ControlServer
  private let loop: EventLoop
  private let log: Log
  private var listeners: [(listener: ControlListener, rights: ControlRights)] = []
  private var connections: [ControlServer.ClientID: Connection] = [:]
  /// Who besides root may change things: our own user, and the members of this group.
  var ownUID: UInt32 = 0
  var adminGroup: UInt32?
  /// A listener whose accept failed is left alone until then, so that the loop does not spin.
  private var resumesAt: Instant?

  private struct Connection {
    let stream: StreamConnection
    var interest: EventLoop.Interest
  }

  init(loop: EventLoop, server: ControlServer, log: Log) {
    self.loop = loop
    self.server = server
    self.log = log
  }

  func add(_ listener: ControlListener, rights: ControlRights) throws(SystemError) {
    listeners.append((listener, rights))
    try loop.watch(listener.descriptor, as: token(UInt32(listeners.count - 1)))
  }

  /// The names go; connections end with the process.
  func removePaths() {
    for (listener, _) in listeners { listener.removePath() }
  }

  private func token(_ number: UInt32) -> EventLoop.Token {
    EventLoop.Token(owner: ControlSockets.owner, number: number)
  }

  private func token(of client: ControlServer.ClientID) -> EventLoop.Token {
    token(client &+ ControlSockets.firstClient)
  }

  var nextDeadline: Instant? {
    guard let resumesAt else { return server.nextDeadline }
    return server.nextDeadline.map { min($0, resumesAt) } ?? resumesAt
  }

  /// Serves what is ready; what clients ask for is in `server.takeCommands()` afterwards.
  func receive(_ ready: [EventLoop.Ready], _ clock: WallClock) {
    for entry in ready where entry.token.owner == ControlSockets.owner {
      if entry.token.number < ControlSockets.firstClient {
        accept(Int(entry.token.number), clock)
      } else {
        serve(entry, client: entry.token.number &- ControlSockets.firstClient, clock)
      }
    }
    for request in server.takeRequested() { log.say(.info, nil, request) }
    if let resumesAt, resumesAt <= clock.now { resume() }
    guard !connections.isEmpty else { return }
    for id in server.expire(at: clock.now, clock: clock) { close(id) }
  }

  private func accept(_ index: Int, _ clock: WallClock) {
    guard index < listeners.count else { return }
    let (listener, rights) = listeners[index]
    for _ in 0..<ControlSockets.acceptsPerTurn {
      switch listener.accept() {
      case .connection(let stream): admit(stream, rights, clock)
      case .nobody: return
      case .turnedAway(let errno):
        log.say(
          .warning, .connectionLimit,
          "a control client was turned away: \(SystemError.meaning(errno)) (\(SystemError.name(errno)))")
      case .failed(let errno):
        log.say(
          .warning, .systemCallFailed,
          "accept \(listener.path): \(SystemError.meaning(errno)) (\(SystemError.name(errno)))")
        for (listener, _) in listeners { loop.forget(listener.descriptor) }
        resumesAt = clock.now + .seconds(1)
        return
      }
    }
  }

  private func resume() {
    resumesAt = nil
    for (index, entry) in listeners.enumerated() {
      do throws(SystemError) {
        try loop.watch(entry.listener.descriptor, as: token(UInt32(index)))
      } catch {
        // A listener that is not watched would be deaf for good.
        log.say(.warning, .systemCallFailed, "\(entry.listener.path): \(error)")
        for (listener, _) in listeners { loop.forget(listener.descriptor) }
        resumesAt = Clock.now + .seconds(1)
        return
      }
    }
  }

  private func admit(_ stream: StreamConnection, _ socketRights: ControlRights, _ clock: WallClock) {
    let uid = stream.peer?.uid ?? .max
    let rights = socketRights == .admin && isAdmin(stream.peer) ? ControlRights.admin : .view
    switch server.connect(uid: uid, pid: stream.peer?.pid ?? 0, rights: rights, at: clock.now) {
    case .failure(let finding):
      var writer = ReplyWriter(id: 0, clock: clock)
      writer.finish(exit: ExitCode(refusal: finding.code), generation: server.generation, errors: [finding])
      _ = stream.write(writer.take()[...])
    case .success(let id):
      do throws(SystemError) {
        try loop.watch(stream.descriptor, as: token(of: id))
        connections[id] = Connection(stream: stream, interest: .read)
      } catch {
        server.disconnect(id)
      }
    }
  }

  private func isAdmin(_ peer: StreamConnection.Peer?) -> Bool {
    guard let peer else { return false }
    if peer.uid == 0 || peer.uid == ownUID { return true }
    guard let adminGroup else { return false }
    return peer.gid == adminGroup || peer.groups.contains(adminGroup)
  }

  private func serve(_ entry: EventLoop.Ready, client id: ControlServer.ClientID, _ clock: WallClock) {
    guard let connection = connections[id] else { return }
    if entry.isReadable, server.clients[id]?.wantsInput == true {
      var bytes: [UInt8] = []
      switch connection.stream.read(into: &bytes) {
      case .moved: server.receive(bytes, from: id, at: clock.now, clock: clock)
      case .blocked: break
      case .ended: server.endInput(of: id)
      case .failed: return close(id)
      }
    }
    // What it said before it went is served; there is nobody to answer.
    if entry.isClosed { close(id) }
  }

  /// Sends what waits, closes what is done and settles what each client is watched for.
  func flush(_ clock: WallClock) {
    guard !connections.isEmpty else { return }
    for id in connections.keys.sorted() { flush(id, clock) }
  }

  private func flush(_ id: ControlServer.ClientID, _ clock: WallClock) {
    guard let connection = connections[id], let client = server.clients[id] else { return }
    if !client.pending.isEmpty {
      switch connection.stream.write(client.pending.prefix(262_144)) {
      case .moved(let count): server.sent(count, to: id, at: clock.now)
      case .blocked: break
      case .ended, .failed: return close(id)
      }
    }
    guard let client = server.clients[id], !client.isDone else { return close(id) }
    var interest = EventLoop.Interest()
    if client.wantsInput { interest.insert(.read) }
    if !client.pending.isEmpty { interest.insert(.write) }
    guard interest != connection.interest else { return }
    connections[id]?.interest = interest
    do throws(SystemError) {
      try loop.change(connection.stream.descriptor, as: token(of: id), to: interest)
    } catch {
      close(id)
    }
  }

  private func close(_ id: ControlServer.ClientID) {
    server.disconnect(id)
    if let connection = connections.removeValue(forKey: id) { loop.forget(connection.stream.descriptor) }
  }
}

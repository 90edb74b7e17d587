import Control
import Diagnostics
import Encoding
import LinuxKernel
import Timing

/// The sockets of the clients of one protocol: moves bytes between them and their server.
final class ClientSockets<Server: ClientServer> {
  var server: Server
  private let owner: UInt32
  private let loop: EventLoop
  private let log: Log
  /// The number of a listener in its token is its place; a place that was given up is used again.
  private var listeners: [Listener?] = []
  private var connections: [UInt32: Connection] = [:]
  /// Who besides root may change things: our own user, and the members of this group.
  var ownUID: UInt32 = 0
  var adminGroup: UInt32?
  /// A listener whose accept failed is left alone until then, so that the loop does not spin.
  private var resumesAt: Instant?

  private struct Listener {
    let listener: ControlListener
    let rights: ControlRights
  }

  private struct Connection {
    let stream: StreamConnection
    var interest: EventLoop.Interest
  }

  /// - Parameter owner: whose descriptors these are in the loop.
  init(loop: EventLoop, server: Server, log: Log, owner: UInt32) {
    self.loop = loop
    self.server = server
    self.log = log
    self.owner = owner
  }

  /// Listens at a path unless it does so already.
  func listen(
    at path: String, rights: ControlRights = .admin,
    by make: (String) throws(SystemError) -> ControlListener
  ) throws(SystemError) {
    guard !paths.contains(path) else { return }
    try add(make(path), rights: rights)
  }

  func add(_ listener: ControlListener, rights: ControlRights) throws(SystemError) {
    let place = listeners.firstIndex { $0 == nil } ?? listeners.count
    try loop.watch(listener.descriptor, as: token(UInt32(place)))
    if place == listeners.count { listeners.append(nil) }
    listeners[place] = Listener(listener: listener, rights: rights)
  }

  /// Where clients find the daemon.
  var paths: [String] { listeners.compactMap { $0?.listener.path } }

  /// Ends the listening at a path; those who are connected stay.
  func remove(_ path: String) {
    for (place, entry) in listeners.enumerated() where entry?.listener.path == path {
      entry?.listener.removePath()
      if let entry { loop.forget(entry.listener.descriptor) }
      listeners[place] = nil
    }
  }

  /// The names go; connections end with the process.
  func removePaths() {
    for entry in listeners { entry?.listener.removePath() }
  }

  private func token(_ number: UInt32) -> EventLoop.Token {
    EventLoop.Token(owner: owner, number: number)
  }

  private func token(of client: UInt32) -> EventLoop.Token {
    token(client &+ ClientLimits.firstClient)
  }

  var nextDeadline: Instant? { server.nextDeadline.orEarlier(resumesAt) }

  /// Serves what is ready; what clients ask for is in `server.takeCommands()` afterwards.
  func receive(_ ready: [EventLoop.Ready], _ clock: WallClock) {
    for entry in ready where entry.token.owner == owner {
      if entry.token.number < ClientLimits.firstClient {
        accept(Int(entry.token.number), clock)
      } else {
        serve(entry, client: entry.token.number &- ClientLimits.firstClient, clock)
      }
    }
    for line in server.takeLines() { log.say(line) }
    if let resumesAt, resumesAt <= clock.now { resume() }
    guard !connections.isEmpty else { return }
    for id in server.expire(at: clock.now, clock: clock) { close(id) }
  }

  private func accept(_ index: Int, _ clock: WallClock) {
    guard listeners.indices.contains(index), let entry = listeners[index] else { return }
    let listener = entry.listener
    for _ in 0..<ClientLimits.acceptsPerTurn {
      switch listener.accept() {
      case .connection(let stream): admit(stream, entry, clock)
      case .nobody: return
      case .turnedAway(let errno):
        log.say(
          .warning, .connectionLimit,
          "a control client was turned away: \(SystemError.meaning(errno)) (\(SystemError.name(errno)))")
      case .failed(let errno):
        log.say(
          .warning, .systemCallFailed,
          "accept \(listener.path): \(SystemError.meaning(errno)) (\(SystemError.name(errno)))")
        return pause(at: clock.now)
      }
    }
  }

  private func pause(at now: Instant) {
    for case let entry? in listeners { loop.forget(entry.listener.descriptor) }
    resumesAt = now + .seconds(1)
  }

  private func resume() {
    resumesAt = nil
    for case (let index, let entry?) in listeners.enumerated() {
      do throws(SystemError) {
        try loop.watch(entry.listener.descriptor, as: token(UInt32(index)))
      } catch {
        // A listener that is not watched would be deaf for good.
        log.say(.warning, .systemCallFailed, "\(entry.listener.path): \(error)")
        return pause(at: Clock.now)
      }
    }
  }

  private func admit(_ stream: StreamConnection, _ entry: Listener, _ clock: WallClock) {
    let rights = entry.rights == .admin && isAdmin(stream.peer) ? ControlRights.admin : .view
    let caller = Caller(
      uid: stream.peer?.uid ?? .max, pid: stream.peer?.pid ?? 0, rights: rights, path: entry.listener.path)
    switch server.admit(caller, clock) {
    case .refused(let words): _ = stream.write(words[...])
    case .client(let id):
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

  private func serve(_ entry: EventLoop.Ready, client id: UInt32, _ clock: WallClock) {
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

  private func flush(_ id: UInt32, _ clock: WallClock) {
    guard let connection = connections[id], let client = server.clients[id] else { return }
    if !client.pending.isEmpty {
      switch connection.stream.write(client.pending.prefix(262_144)) {
      case .moved(let count): server.sent(count, to: id, at: clock.now)
      case .blocked: break
      case .ended, .failed: return close(id)
      }
    }
    if server.clients[id]?.isDone == true { readLast(id, connection.stream, clock) }
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

  /// Takes what came while the answer was made: bytes that are left unread would tear the answer away.
  private func readLast(_ id: UInt32, _ stream: StreamConnection, _ clock: WallClock) {
    guard server.clients[id]?.wantsInput == true else { return }
    var bytes: [UInt8] = []
    if case .moved = stream.read(into: &bytes) {
      server.receive(bytes, from: id, at: clock.now, clock: clock)
    }
  }

  private func close(_ id: UInt32) {
    server.disconnect(id)
    if let connection = connections.removeValue(forKey: id) { loop.forget(connection.stream.descriptor) }
  }
}

typealias ControlSockets = ClientSockets<ControlServer>

/// Bounds of a turn, and how tokens tell listeners from clients.
private enum ClientLimits {
  static let firstClient: UInt32 = 16
  static let acceptsPerTurn = 16
}

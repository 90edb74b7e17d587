import Control
import Diagnostics
import Encoding
import Timing

/// The clients of one protocol as a value: bytes in, commands and bytes out.
///
/// Knows no socket; `ClientSockets` moves the bytes. No client can hold up another or the routing: everything
/// has a bound and a time.
protocol ClientServer {
  associatedtype Client: ServedClient

  var clients: [UInt32: Client] { get }
  /// The next moment at which patience with a client ends.
  var nextDeadline: Instant? { get }

  mutating func admit(_ caller: Caller, _ clock: WallClock) -> Admission
  mutating func receive(_ bytes: [UInt8], from id: UInt32, at now: Instant, clock: WallClock)
  /// The client will say no more.
  mutating func endInput(of id: UInt32)
  /// `count` bytes of a client have gone out.
  mutating func sent(_ count: Int, to id: UInt32, at now: Instant)
  /// The connection is gone.
  mutating func disconnect(_ id: UInt32)
  /// Ends what took too long; the clients to be closed without another word.
  mutating func expire(at now: Instant, clock: WallClock) -> [UInt32]
  /// What the log is told of them, since it was taken last: who asked for which change, who was refused.
  mutating func takeLines() -> [LogLine]
}

/// What the sockets ask of one client.
protocol ServedClient {
  /// Bytes that wait to be sent.
  var pending: ArraySlice<UInt8> { get }
  /// Whether bytes may be read from it.
  var wantsInput: Bool { get }
  /// Whether nothing more will come of it.
  var isDone: Bool { get }
}

/// Who connected, as the kernel vouches for it.
struct Caller {
  var uid: UInt32
  var pid: Int32
  var rights: ControlRights
  /// The socket that it came to.
  var path: String
}

/// Whether a caller becomes a client.
enum Admission {
  case client(UInt32)
  /// It hears this, and the connection ends.
  case refused(saying: [UInt8])
}

extension ControlServer: ClientServer {
  mutating func admit(_ caller: Caller, _ clock: WallClock) -> Admission {
    switch connect(uid: caller.uid, pid: caller.pid, rights: caller.rights, at: clock.now) {
    case .success(let id): return .client(id)
    case .failure(let finding):
      var writer = ReplyWriter(id: 0, clock: clock)
      writer.finish(exit: ExitCode(refusal: finding.code), generation: generation, errors: [finding])
      return .refused(saying: writer.take())
    }
  }

  mutating func takeLines() -> [LogLine] { takeRequested().map { LogLine(.info, $0) } }
}

extension ControlClient: ServedClient {}

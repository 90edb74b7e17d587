import Control
import Diagnostics
import Encoding
import Timing

/// What a control client may do.
public enum ControlRights: Hashable, Sendable {
  /// Questions only.
  case view
  case admin
}

/// One control client as a state: what came in and was not served, what is to go out, how long it may take.
struct ControlClient {
  /// A text that comes in pieces.
  struct Upload {
    var request: NativeRequest
    var text: [UInt8]
  }

  /// The request that is being answered.
  struct Answer {
    var request: RequestID
    var writer: ReplyWriter
    /// What it asks, for the pages that follow the first.
    var question: Request?
    /// Where the next page begins, while the client is slow to take the last one.
    var waitingCursor: Cursor?
    var warnings: [Diagnostic]
    /// Whether a whole configuration is judged, so that a refusal ends with 65.
    var isConfiguration: Bool
    /// Where the changes of a batch stand in its text.
    var places: [SourceLocation] = []
  }

  enum Phase {
    case idle
    case answering(Answer)
    case subscribed(RequestID)
    /// What is left goes out; then the connection ends.
    case closing
  }

  let rights: ControlRights
  let uid: UInt32
  let pid: Int32
  var phase = Phase.idle
  var upload: Upload?
  var input: [UInt8] = []
  private var output = OutgoingBytes()
  /// The client has said all that it will say; it is answered to the end.
  var hasEnded = false
  /// Events that found no room.
  var lost: UInt64 = 0
  private var heardAnything = false
  /// The last moment at which the client did something: connected, completed a line, took bytes.
  var lastProgress: Instant
  /// When the line that is coming in began.
  var lineBegan: Instant?

  init(rights: ControlRights, uid: UInt32, pid: Int32, at now: Instant) {
    self.rights = rights
    self.uid = uid
    self.pid = pid
    lastProgress = now
  }

  /// Bytes that wait to be sent.
  var pending: ArraySlice<UInt8> { output.waiting }

  var isClosing: Bool {
    if case .closing = phase { true } else { false }
  }

  /// Whether bytes may be read from it: no more than two lines wait unserved.
  var wantsInput: Bool { !isClosing && !hasEnded && input.count < 2 * NativeProtocol.lineLimit }

  /// Whether nothing more will come of it.
  var isDone: Bool {
    guard pending.isEmpty else { return false }
    switch phase {
    case .closing: return true
    case .idle: return hasEnded
    case .answering, .subscribed: return false
    }
  }

  mutating func send(_ bytes: [UInt8], at now: Instant) {
    // Patience with a slow reader begins with the first byte that waits.
    if pending.isEmpty { lastProgress = now }
    output.append(bytes)
  }

  /// `count` bytes have gone out.
  mutating func took(_ count: Int, at now: Instant) {
    output.took(count)
    lastProgress = now
  }

  mutating func received(_ bytes: [UInt8], at now: Instant) {
    if input.isEmpty { lineBegan = now }
    heardAnything = true
    input.append(contentsOf: bytes)
  }

  /// The first complete line, without its end; nil when there is none yet.
  mutating func nextLine(at now: Instant) -> [UInt8]? {
    guard let end = input.firstIndex(of: 0x0a) else { return nil }
    var line = Array(input[..<end])
    if line.last == 0x0d { line.removeLast() }
    input.removeFirst(end + 1)
    lastProgress = now
    lineBegan = input.isEmpty ? nil : now
    return line
  }

  /// When patience with it ends.
  var deadline: Instant? {
    switch phase {
    case .closing: return lastProgress + .seconds(5)
    case .subscribed: return lastProgress + .seconds(30)
    case .answering: return pending.isEmpty ? nil : lastProgress + .seconds(60)
    case .idle:
      if !heardAnything { return lastProgress + .seconds(5) }
      if let lineBegan { return lineBegan + .seconds(10) }
      return lastProgress + (upload == nil ? .seconds(60) : .seconds(10))
    }
  }
}

import Compatibility
import Control
import Timing

/// One client of SMCRoute as a state: what came in and was not served, what is to go out, how long it may
/// take.
struct SmcrouteClient: PersonalityClient {
  enum Phase {
    case idle
    /// The Router, or the daemon, has the request.
    case waiting(RequestID, SmcrouteCommand)
    /// Pages of a table are asked for one after the other.
    case collecting(RequestID, SmcrouteShow)
    /// The table is complete; pieces of it follow as the client takes them.
    case showing(SmcrouteShow)
    /// What is left goes out; then the connection ends.
    case closing
  }

  static let patienceWithSilence = Duration.seconds(5)
  static let patienceWithMessage = Duration.seconds(10)
  static let patienceWithReader = Duration.seconds(60)

  let caller: Caller
  let dialect: SmcrouteDialect
  var phase = Phase.idle
  var frames = SmcrouteFrames()
  private var output = OutgoingBytes()
  /// The client has said all that it will say; it is answered to the end.
  var hasEnded = false
  private var heardMessage = false
  /// The last moment at which the client did something: connected, completed a message, took bytes.
  private var lastProgress: Instant
  /// When the message that is coming in began.
  private var messageBegan: Instant?

  init(_ caller: Caller, _ dialect: SmcrouteDialect, at now: Instant) {
    self.caller = caller
    self.dialect = dialect
    lastProgress = now
  }

  var pending: ArraySlice<UInt8> { output.waiting }

  /// Nothing more is read while a request is served, nor from one that leaves its answers: what follows waits
  /// in the client's own socket.
  var wantsInput: Bool {
    guard case .idle = phase else { return false }
    return !hasEnded && pending.count < SmcrouteServer.pieceThreshold
  }

  /// A client waits for the end of the connection to know that its answer is complete.
  var isDone: Bool {
    guard pending.isEmpty else { return false }
    switch phase {
    case .closing: return true
    case .idle: return hasEnded || (heardMessage && !frames.isPartial)
    case .waiting, .collecting, .showing: return false
    }
  }

  /// Nil as soon as it has said something that could be answered.
  var silentSince: Instant? {
    if case .idle = phase, !heardMessage { lastProgress } else { nil }
  }

  var request: RequestID? {
    switch phase {
    case .waiting(let request, _), .collecting(let request, _): request
    case .idle, .showing, .closing: nil
    }
  }

  mutating func close() { phase = .closing }

  mutating func received(_ bytes: [UInt8], at now: Instant) {
    if !frames.isPartial { messageBegan = now }
    frames.append(bytes)
  }

  mutating func nextFrame(at now: Instant) -> SmcrouteFrames.Frame? {
    guard let frame = frames.next() else { return nil }
    heardMessage = true
    lastProgress = now
    messageBegan = now
    return frame
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

  /// When patience with it ends.
  var deadline: Instant? {
    if !pending.isEmpty { return lastProgress + SmcrouteClient.patienceWithReader }
    switch phase {
    case .idle where frames.isPartial:
      return (messageBegan ?? lastProgress) + SmcrouteClient.patienceWithMessage
    case .idle: return lastProgress + SmcrouteClient.patienceWithSilence
    case .waiting, .collecting, .showing, .closing: return nil
    }
  }
}

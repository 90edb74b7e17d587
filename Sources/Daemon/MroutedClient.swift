import Compatibility
import Control
import Timing

/// One client of mrouted as a state: its one message, what is to go out, how long it may take.
struct MroutedClient: PersonalityClient {
  enum Phase {
    /// Its message is waited for.
    case listening
    /// The Router, or the daemon, has the request.
    case waiting(RequestID, MroutedCommand)
    /// Lines that follow as the client takes them, from the number on.
    case showing([String], next: Int)
    /// What is left goes out; then the connection ends.
    case closing
  }

  static let patienceWithSilence = Duration.seconds(5)
  static let patienceWithReader = Duration.seconds(60)

  let caller: Caller
  var phase = Phase.listening
  var isDetailed = false
  private var output = OutgoingBytes()
  /// The last moment at which the client did something: connected, asked, took bytes.
  private var lastProgress: Instant

  init(_ caller: Caller, at now: Instant) {
    self.caller = caller
    lastProgress = now
  }

  var pending: ArraySlice<UInt8> { output.waiting }

  var wantsInput: Bool { isListening }

  var isListening: Bool {
    if case .listening = phase { true } else { false }
  }

  /// A client waits for the end of the connection, or for a last message, to know that its answer is
  /// complete.
  var isDone: Bool {
    if case .closing = phase { pending.isEmpty } else { false }
  }

  var silentSince: Instant? { isListening ? lastProgress : nil }

  var request: RequestID? {
    if case .waiting(let request, _) = phase { request } else { nil }
  }

  mutating func close() { phase = .closing }

  mutating func send(_ message: MroutedMessage, at now: Instant) {
    // Patience with a slow reader begins with the first byte that waits.
    if pending.isEmpty { lastProgress = now }
    var message = message
    message.isDetailed = isDetailed
    output.append(message.encoded)
  }

  /// `count` bytes have gone out.
  mutating func took(_ count: Int, at now: Instant) {
    output.took(count)
    lastProgress = now
  }

  /// When patience with it ends.
  var deadline: Instant? {
    if !pending.isEmpty { return lastProgress + MroutedClient.patienceWithReader }
    return isListening ? lastProgress + MroutedClient.patienceWithSilence : nil
  }
}

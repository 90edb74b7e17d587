/// Cuts what a client sends into messages: total over any bytes, however they are split.
///
/// It holds one unfinished message, at most `messageLimit` bytes, beside what was appended last.
public struct SmcrouteFrames: Sendable {
  /// One message, or what is wrong with it.
  public enum Frame: Hashable, Sendable {
    case message(SmcrouteMessage)
    /// Where the next message begins is still known.
    case refused(SmcrouteRefusal)
    /// Nothing more can be read from this client: answer, then close.
    case broken(SmcrouteRefusal)
  }

  /// The longest message that is read; stock clients send up to 1024 bytes.
  public static let messageLimit = 4096

  private var bytes: [UInt8] = []
  private var start = 0
  private var isBroken = false

  public init() {}

  /// Whether a message has begun and not ended: its client must not keep us waiting.
  public var isPartial: Bool { !isBroken && start < bytes.count }

  /// Takes what the client sent; after `broken`, nothing is kept.
  public mutating func append(_ more: some Collection<UInt8>) {}

  /// The next message; nil until more bytes come.
  public mutating func next() -> Frame? { nil }
}

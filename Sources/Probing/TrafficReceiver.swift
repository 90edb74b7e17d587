public import Addressing
public import Timing

/// What `mcast receive` has counted.
public struct TrafficReceiver: Sendable {
  /// Packets of all streams, and those that found no room among them.
  public private(set) var packets: UInt64 = 0
  /// Packets of senders beyond the limit of streams: counted here and nowhere else.
  public private(set) var untracked: UInt64 = 0

  private let start: Instant
  private let limit: Int
  private var indices: [TrafficStream.Key: Int] = [:]
  private var all: [TrafficStream] = []

  /// - Parameters:
  ///   - start: when the groups were joined.
  ///   - limit: streams that are told apart; a host that sends with random sources fills no more memory.
  public init(from start: Instant, limit: Int = 1_024) {
    self.start = start
    self.limit = limit
  }

  /// Every stream seen, by group, source and stream number.
  public var streams: [TrafficStream] { all.sorted { $0.key < $1.key } }

  /// Counts a datagram of `flow` with this UDP payload.
  public mutating func receive(_ payload: Span<UInt8>, of flow: Flow, at now: Instant) {
    packets += 1
    let content = TestPayload(payload)
    let key = TrafficStream.Key(flow, content)
    if let index = indices[key] {
      all[index].receive(content, byteCount: payload.count, at: now)
    } else if all.count < limit {
      indices[key] = all.count
      var stream = TrafficStream(key: key, content: content, firstAfter: now - start)
      stream.receive(content, byteCount: payload.count, at: now)
      all.append(stream)
    } else {
      untracked += 1
    }
  }
}

/// The statistics of one stream: one run of a sender to a group.
public struct TrafficStream: Hashable, Sendable {
  /// What the payload was recognized as.
  public enum Content: String, Hashable, Comparable, Sendable {
    /// Test packets of `mcast send`, whatever they are wrapped in.
    case test
    /// RTP of another sender: its numbers tell loss and order, but nothing tells its clock.
    case rtp
    /// A transport stream of another sender: packets and rate alone.
    case ts
    /// Anything else: packets and rate alone.
    case foreign

    public static func < (left: Content, right: Content) -> Bool { left.rawValue < right.rawValue }
  }

  public var flow: Flow { key.flow }
  public var content: Content { key.content }
  /// How the test packets are wrapped; nil for another sender's.
  public let kind: TrafficKind?
  /// From the join to the first packet.
  public let firstAfter: Duration
  /// All that came, duplicates too.
  public private(set) var packets: UInt64 = 0
  /// Of UDP payload.
  public private(set) var bytes: UInt64 = 0
  /// Interarrival jitter (RFC 3550 6.4.1); zero where the packets do not tell when they were sent.
  public var jitter: Duration { .nanoseconds(Int64(jitterSixteenths / 16)) }

  let key: Key
  private var window = SequenceWindow()
  private var first: Instant?
  private var last: Instant?
  private var firstBytes: UInt64 = 0
  private var transit: Int64?
  private var jitterSixteenths: UInt64 = 0

  /// Packets that were sent and have not come.
  public var lost: UInt64 { window.lost }
  /// Packets that came after a later one.
  public var reordered: UInt64 { window.reordered }
  /// Packets that came again.
  public var duplicates: UInt64 { window.duplicates }
  /// The lowest number that came; nil for packets without numbers.
  public var lowestSequence: UInt64? { window.highest.map { _ in written(window.lowest) } }
  /// The highest number that came; nil for packets without numbers.
  public var highestSequence: UInt64? { window.highest.map(written) }
  /// Whether the packets are numbered, so that `lost`, `reordered` and `duplicates` mean something.
  public var isNumbered: Bool { content == .test || content == .rtp }

  /// Between the first and the last packet; zero with one packet.
  public var duration: Duration {
    guard let first, let last else { return .zero }
    return last - first
  }

  /// Of UDP payload, over the time between the first and the last packet; 0 with one packet.
  public var bitsPerSecond: Double { rate(of: bytes - firstBytes) * 8 }

  /// Over the time between the first and the last packet; 0 with one packet.
  public var packetsPerSecond: Double { rate(of: packets - min(packets, 1)) }

  /// The part of the sent packets that is lost, in percent.
  public var lossPercent: Double {
    let came = packets - duplicates
    return lost == 0 ? 0 : Double(lost) / (Double(lost) + Double(came)) * 100
  }
}

extension TrafficStream {
  struct Key: Hashable, Comparable, Sendable {
    let flow: Flow
    let content: Content
    let number: UInt32

    init(_ flow: Flow, _ payload: TestPayload) {
      self.flow = flow
      (content, number) =
        switch payload {
        case .test(let header, _): (.test, header.stream)
        case .rtp(let header): (.rtp, header.source)
        case .ts: (.ts, 0)
        case .foreign: (.foreign, 0)
        }
    }

    static func < (left: Key, right: Key) -> Bool {
      (left.flow, left.content, left.number) < (right.flow, right.content, right.number)
    }
  }

  init(key: Key, content: TestPayload, firstAfter: Duration) {
    self.key = key
    self.firstAfter = firstAfter
    kind = if case .test(_, let kind) = content { kind } else { nil }
  }

  mutating func receive(_ payload: TestPayload, byteCount: Int, at now: Instant) {
    packets += 1
    bytes += UInt64(byteCount)
    if first == nil { (first, firstBytes) = (now, bytes) }
    last = now
    switch payload {
    case .test(let header, _):
      if window.note(header.sequence) { noteTransit(sent: header.sentNanoseconds, at: now) }
    case .rtp(let header): window.note(extended(header.sequence))
    case .ts, .foreign: break
    }
  }

  /// The number as the packet carried it.
  private func written(_ number: UInt64) -> UInt64 { content == .rtp ? number & 0xffff : number }

  /// The 16-bit number counted on across its turns: the one nearest to the highest so far.
  private func extended(_ number: UInt16) -> UInt64 {
    // The first turn starts away from 0, so that a packet from before the first has room below it.
    guard let highest = window.highest else { return 0x10000 + UInt64(number) }
    let step = Int16(bitPattern: number &- UInt16(truncatingIfNeeded: highest))
    return highest &+ UInt64(bitPattern: Int64(step))
  }

  /// RFC 3550 A.8: the estimate moves a sixteenth of the way to each difference in transit time.
  ///
  /// The clocks of sender and receiver need not agree, as only differences count.
  private mutating func noteTransit(sent: Int64, at now: Instant) {
    let current = now.nanoseconds &- sent
    defer { transit = current }
    guard let transit else { return }
    // A sender whose clock is set moves its packets by hours; an hour is more than any jitter.
    let difference = min((current &- transit).magnitude, 3_600_000_000_000)
    jitterSixteenths = jitterSixteenths - (jitterSixteenths + 8) / 16 + difference
  }

  private func rate(of amount: UInt64) -> Double {
    let nanoseconds = duration.nanoseconds
    return nanoseconds > 0 ? Double(amount) * 1e9 / Double(nanoseconds) : 0
  }
}

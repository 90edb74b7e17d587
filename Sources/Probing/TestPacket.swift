public import Wire

/// How a test packet looks to what stands between its sender and its receiver.
public enum TrafficKind: String, Hashable, Comparable, Sendable, CaseIterable {
  /// The test header alone.
  case seq
  /// Behind an RTP header (RFC 3550) of a dynamic payload type.
  case rtp
  /// In MPEG transport stream packets of one PID, with their continuity counter.
  case ts

  public static func < (left: TrafficKind, right: TrafficKind) -> Bool { left.rawValue < right.rawValue }

  /// Bytes before the test header.
  var offset: Int {
    switch self {
    case .seq: 0
    case .rtp: RTPHeader.length
    case .ts: TransportStream.headerLength
    }
  }
}

/// What a test packet says: 28 bytes in network order.
///
/// ```
/// magic 4 | version 1 | flags 1 | reserved 2 | stream 4 | sequence 8 | sent 8
/// ```
public struct TestHeader: Hashable, Sendable {
  /// Tells one run of a sender from another.
  public var stream: UInt32
  /// From 0, one more for each packet.
  public var sequence: UInt64
  /// Nanoseconds since 1970 on the sender's clock.
  public var sentNanoseconds: Int64

  /// Bytes of the header.
  public static let length = 28
  private static let magic: UInt32 = 0x6d43_7374
  private static let version: UInt8 = 1

  public init(stream: UInt32, sequence: UInt64, sentNanoseconds: Int64) {
    self.stream = stream
    self.sequence = sequence
    self.sentNanoseconds = sentNanoseconds
  }

  /// Reads the header at the start of `bytes`; throws `version` for what is no test packet of this version.
  public init(decoding bytes: Span<UInt8>) throws(WireError) {
    var reader = Reader(bytes)
    guard try reader.u32() == TestHeader.magic, try reader.u8() == TestHeader.version else { throw .version }
    try reader.skip(3)
    stream = try reader.u32()
    sequence = try reader.u64()
    sentNanoseconds = Int64(bitPattern: try reader.u64())
  }

  /// The header's bytes.
  public func encoded() -> [UInt8] {
    var writer = Writer(capacity: TestHeader.length)
    writer.u32(TestHeader.magic)
    writer.u8(TestHeader.version)
    writer.fill(0, count: 3)
    writer.u32(stream)
    writer.u64(sequence)
    writer.u64(UInt64(bitPattern: sentNanoseconds))
    return writer.bytes
  }
}

/// The fixed part of an RTP header (RFC 3550 5.1).
public struct RTPHeader: Hashable, Sendable {
  public var payloadType: UInt8
  public var sequence: UInt16
  public var timestamp: UInt32
  /// The synchronization source (SSRC).
  public var source: UInt32

  static let length = 12

  /// Reads the header at the start of `bytes`; throws `version` for what does not look like RTP.
  public init(decoding bytes: Span<UInt8>) throws(WireError) {
    var reader = Reader(bytes)
    guard try reader.u8() >> 6 == 2 else { throw .version }
    payloadType = try reader.u8() & 0x7f
    // 35–95 are unassigned or would be read as RTCP (RFC 3551 6).
    guard payloadType < 35 || payloadType > 95 else { throw .version }
    sequence = try reader.u16()
    timestamp = try reader.u32()
    source = try reader.u32()
  }

  init(sequence: UInt16, timestamp: UInt32, source: UInt32) {
    payloadType = 96
    self.sequence = sequence
    self.timestamp = timestamp
    self.source = source
  }

  /// The header's bytes, without marker, extension and contributing sources.
  public func encoded() -> [UInt8] {
    var writer = Writer(capacity: RTPHeader.length)
    writer.u8(2 << 6)
    writer.u8(payloadType & 0x7f)
    writer.u16(sequence)
    writer.u32(timestamp)
    writer.u32(source)
    return writer.bytes
  }
}

/// MPEG transport stream packets (ISO/IEC 13818-1 2.4.3): 188 bytes each, from a sync byte on.
enum TransportStream {
  static let packetLength = 188
  static let headerLength = 4
  static let sync: UInt8 = 0x47

  /// Whether `bytes` are whole packets, each with its sync byte.
  static func isRecognized(_ bytes: Span<UInt8>) -> Bool {
    guard !bytes.isEmpty, bytes.count.isMultiple(of: packetLength) else { return false }
    var place = 0
    while place < bytes.count {
      guard bytes[place] == sync else { return false }
      place += packetLength
    }
    return true
  }
}

/// A datagram's payload as the receiver recognizes it.
public enum TestPayload: Hashable, Sendable {
  /// From `mcast send`.
  case test(TestHeader, TrafficKind)
  /// From another RTP sender.
  case rtp(RTPHeader)
  /// From another sender of a transport stream.
  case ts
  case foreign

  /// Total: what is not recognized is foreign.
  public init(_ bytes: Span<UInt8>) {
    if let header = try? TestHeader(decoding: bytes) {
      self = .test(header, .seq)
    } else if TransportStream.isRecognized(bytes) {
      let header = try? TestHeader(decoding: bytes.extracting(droppingFirst: TrafficKind.ts.offset))
      self = header.map { .test($0, .ts) } ?? .ts
    } else if let outer = try? RTPHeader(decoding: bytes) {
      let header = try? TestHeader(decoding: bytes.extracting(droppingFirst: TrafficKind.rtp.offset))
      self = header.map { .test($0, .rtp) } ?? .rtp(outer)
    } else {
      self = .foreign
    }
  }
}

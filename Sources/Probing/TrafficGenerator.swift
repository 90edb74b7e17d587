public import Timing

/// Makes the packets of `mcast send`, one after the other, in one buffer.
public struct TrafficGenerator: Sendable {
  /// The UDP payload of the last packet that `advance` made; empty before the first.
  public private(set) var packet: [UInt8] = []
  /// Packets made.
  public private(set) var count: UInt64 = 0

  private let kind: TrafficKind
  private let stream: UInt32
  private let size: Int

  /// - Parameters:
  ///   - stream: a number of chance, that tells this run from others.
  ///   - size: bytes of UDP payload; raised to what the headers need, and for a transport stream lowered to
  ///     whole packets of 188 bytes.
  public init(kind: TrafficKind, stream: UInt32, size: Int) {
    self.kind = kind
    self.stream = stream
    switch kind {
    case .seq, .rtp: self.size = max(size, kind.offset + TestHeader.length)
    case .ts: self.size = max(1, size / TransportStream.packetLength) * TransportStream.packetLength
    }
  }

  /// Makes the next packet, which says that it is sent at this moment (nanoseconds since 1970).
  public mutating func advance(sentNanoseconds: Int64) {
    if packet.isEmpty { packet = [UInt8](repeating: 0xff, count: size) }
    switch kind {
    case .seq: break
    case .rtp: put(rtpHeader(sentNanoseconds).encoded(), at: 0)
    case .ts: putTransportHeaders()
    }
    let header = TestHeader(stream: stream, sequence: count, sentNanoseconds: sentNanoseconds)
    put(header.encoded(), at: kind.offset)
    count += 1
  }

  private func rtpHeader(_ sentNanoseconds: Int64) -> RTPHeader {
    // 90 kHz, the clock of video payloads: 9 ticks in 100 µs. RTP lets the clock wrap.
    let ticks = sentNanoseconds / 100_000 * 9
    return RTPHeader(
      sequence: UInt16(truncatingIfNeeded: count), timestamp: UInt32(truncatingIfNeeded: ticks),
      source: stream)
  }

  private mutating func putTransportHeaders() {
    let each = UInt64(size / TransportStream.packetLength)
    for index in 0..<each {
      // PID 0x100, payload without adaptation field, and the continuity counter in the last four bits.
      let continuity = UInt8(truncatingIfNeeded: (count &* each &+ index) & 0xf)
      put(
        [TransportStream.sync, 0x01, 0x00, 0x10 | continuity], at: Int(index) * TransportStream.packetLength)
    }
  }

  private mutating func put(_ bytes: [UInt8], at offset: Int) {
    packet.replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }
}

/// When each packet of a steady rate is due, without drift: the n-th at start + n / rate.
public struct Pace: Sendable {
  private let start: Instant
  private let nanosecondsPerPacket: Double

  /// - Parameter packetsPerSecond: more than 0.
  public init(from start: Instant, packetsPerSecond: Double) {
    self.start = start
    nanosecondsPerPacket = 1e9 / max(packetsPerSecond, 1e-9)
  }

  /// When packet `index`, from 0, is due.
  public func instant(of index: UInt64) -> Instant {
    let offset = (Double(index) * nanosecondsPerPacket).rounded()
    return start + .nanoseconds(Int64(exactly: offset) ?? .max)
  }
}

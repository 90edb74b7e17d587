import Probing
import Testing
import Wire

@Suite struct TestPacketTests {
  /// Magic, version, flags, reserved; stream 7; sequence 258; sent one second after 1970.
  static let header: [UInt8] = [
    0x6d, 0x43, 0x73, 0x74, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x07,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02,
    0x00, 0x00, 0x00, 0x00, 0x3b, 0x9a, 0xca, 0x00,
  ]
  static let meant = TestHeader(stream: 7, sequence: 258, sentNanoseconds: 1_000_000_000)

  @Test("The test header is read and written")
  func header() throws {
    #expect(try TestHeader(decoding: TestPacketTests.header.span) == TestPacketTests.meant)
    #expect(TestPacketTests.meant.encoded() == TestPacketTests.header)
    #expect(TestPacketTests.header.count == TestHeader.length)
    let past = TestHeader(stream: .max, sequence: .max, sentNanoseconds: .min)
    #expect(try TestHeader(decoding: past.encoded().span) == past)
  }

  @Test("A header that is cut, of another version or without the magic is refused")
  func refused() {
    for count in 0..<TestHeader.length {
      #expect(throws: WireError.truncated) {
        try TestHeader(decoding: TestPacketTests.header.span.extracting(first: count))
      }
    }
    for offset in 0..<5 {
      var bytes = TestPacketTests.header
      bytes[offset] ^= 0x80
      #expect(throws: WireError.version) { try TestHeader(decoding: bytes.span) }
    }
  }

  @Test("An RTP header is read; RTCP and other versions are not RTP")
  func rtp() throws {
    // Version 2 with marker, payload type 33, sequence 0x1234, timestamp, SSRC.
    let bytes: [UInt8] = [0x80, 0xa1, 0x12, 0x34, 0, 0, 0, 9, 0xde, 0xad, 0xbe, 0xef, 0x47]
    let header = try RTPHeader(decoding: bytes.span)
    #expect(header.payloadType == 33 && header.sequence == 0x1234 && header.timestamp == 9)
    #expect(header.source == 0xdead_beef)
    #expect(TestPayload(bytes.span) == .rtp(header))
    for (offset, byte) in [(0, 0x40), (0, 0x00), (0, 0xc0), (1, 200), (1, 72)] as [(Int, UInt8)] {
      var other = bytes
      other[offset] = byte
      #expect(throws: WireError.version) { try RTPHeader(decoding: other.span) }
      #expect(TestPayload(other.span) == .foreign)
    }
  }

  @Test("A transport stream is recognized by its sync bytes")
  func transportStream() {
    var bytes = [UInt8](repeating: 0, count: 7 * 188)
    for packet in 0..<7 { bytes[packet * 188] = 0x47 }
    #expect(TestPayload(bytes.span) == .ts)
    #expect(TestPayload(bytes.span.extracting(first: 188)) == .ts)
    #expect(TestPayload(bytes.span.extracting(first: 187)) == .foreign)
    bytes[188] = 0x46
    #expect(TestPayload(bytes.span) == .foreign)
    #expect(TestPayload([UInt8]().span) == .foreign)
  }

  @Test("What the generator makes is recognized, at every size", arguments: TrafficKind.allCases)
  func generated(_ kind: TrafficKind) throws {
    for size in [0, 1, 39, 40, 187, 188, 189, 1_000, 1_316, 1_328, 65_000] {
      var generator = TrafficGenerator(kind: kind, stream: 0xfeed, size: size)
      for sequence in 0..<20 as Range<UInt64> {
        generator.advance(sentNanoseconds: Int64(sequence) * 1_000_000)
        let expected = TestHeader(
          stream: 0xfeed, sequence: sequence, sentNanoseconds: Int64(sequence) * 1_000_000)
        #expect(TestPayload(generator.packet.span) == .test(expected, kind))
      }
      #expect(generator.count == 20)
      switch kind {
      case .seq: #expect(generator.packet.count == max(size, 28))
      case .rtp: #expect(generator.packet.count == max(size, 40))
      case .ts: #expect(generator.packet.count == max(1, size / 188) * 188)
      }
    }
  }

  @Test("Generated RTP counts on in its own header, at 90 kHz")
  func generatedRTP() throws {
    var generator = TrafficGenerator(kind: .rtp, stream: 5, size: 100)
    generator.advance(sentNanoseconds: 1_000_000_000)
    let first = try RTPHeader(decoding: generator.packet.span)
    generator.advance(sentNanoseconds: 2_000_000_000)
    let second = try RTPHeader(decoding: generator.packet.span)
    #expect(first.sequence == 0 && second.sequence == 1)
    #expect(second.timestamp - first.timestamp == 90_000)
    #expect(first.source == 5 && first.payloadType == 96)
  }

  @Test("The continuity counter of a generated transport stream rises by one from packet to packet")
  func continuity() {
    var generator = TrafficGenerator(kind: .ts, stream: 5, size: 1_316)
    var expected: UInt8 = 0
    for _ in 0..<5 {
      generator.advance(sentNanoseconds: 0)
      for packet in 0..<7 {
        let header = generator.packet[packet * 188..<packet * 188 + 4]
        #expect(Array(header) == [0x47, 0x01, 0x00, 0x10 | expected])
        expected = (expected + 1) & 0xf
      }
    }
  }
}

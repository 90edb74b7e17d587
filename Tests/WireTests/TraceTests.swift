import Addressing
import Testing
import Wire

@Suite struct TraceTests {
  @Test("A query is read and written")
  func query() throws {
    let bytes = hex("1f20a853 ef4d0101 0a4d0102 0a4d0302 e0000120 343e1a40")
    let query = TraceMessage(
      maximumHops: 32, group: try group("239.77.1.1"), source: try address("10.77.1.2"),
      receiver: try address("10.77.3.2"), answerTo: try address("224.0.1.32"),
      tag: TraceTag(rawValue: 0x343e_1a40))
    #expect(try TraceMessage(decoding: bytes.span) == query)
    #expect(query.encoded() == bytes)
    #expect(query.answerTimeToLive == 64)
  }

  @Test("A response with three hops is read and written")
  func response() throws {
    let bytes = hex(
      """
      1e20604f ef4d0101 0a4d0102 0a4d0302 0a4d0302 2fed11ff
      a35f64a2 0a4d1703 0a4d0301 0a4d1702 000000a9 000000a8 000000a9 01 01 18 00
      a35f64a5 0a4d0c02 0a4d1702 0a4d0c01 000000a9 000000a9 000000a9 01 01 18 00
      a35f64a8 0a4d0101 0a4d0c01 00000000 00000121 000000a9 00000121 01 01 18 00
      """)
    let message = try TraceMessage(decoding: bytes.span)
    #expect(message.isResponse)
    #expect(message.hops.count == 3)
    #expect(
      message.hops[1]
        == TraceHop(
          arrival: 0xa35f_64a5, incoming: try address("10.77.12.2"), outgoing: try address("10.77.23.2"),
          previous: try address("10.77.12.1"), packetsIn: 169, packetsOut: 169, flowPackets: 169,
          threshold: 1, sourceLength: 24))
    #expect(message.hops[2].previous.isUnspecified)
    #expect(message.encoded() == bytes)
    #expect(message.answerTimeToLive == 255)
  }

  @Test("Counters that a router does not have, its flags and its problem are kept")
  func block() throws {
    let bytes = withChecksum(
      hex(
        """
        1fff0000 00000000 ffffffff 0a4d0302 0a4d0302 00000000
        6f808000 0a4d1703 0a4d0301 0a4d1702 ffffffff ffffffff ffffffff 03 10 7f 81
        """))
    let message = try TraceMessage(decoding: bytes.span)
    #expect(message.group == nil)
    #expect(message.source == nil)
    let hop = try #require(message.hops.first)
    #expect(hop.packetsIn == nil && hop.packetsOut == nil && hop.flowPackets == nil)
    #expect(hop.countsNetwork)
    #expect(hop.sourceLength == 63)
    #expect(hop.routingProtocol == 3)
    #expect(hop.threshold == 16)
    #expect(hop.problem == .noSpace)
    #expect(message.encoded() == bytes)
  }

  @Test("A path of 32 hops fits; one more does not")
  func limit() throws {
    let hop = TraceHop(
      arrival: 1, incoming: try address("10.0.0.1"), outgoing: try address("10.0.0.2"),
      previous: try address("10.0.0.3"), threshold: 1, sourceLength: 24)
    var message = TraceMessage(
      maximumHops: 255, group: nil, source: try address("10.0.0.9"), receiver: try address("10.1.0.9"),
      answerTo: try address("10.1.0.9"), tag: TraceTag(number: 7, timeToLive: 64),
      hops: Array(repeating: hop, count: 32))
    #expect(message.encoded().count == 24 + 32 * 32)
    #expect(try TraceMessage(decoding: message.encoded().span) == message)
    message.hops.append(hop)
    let bytes = message.encoded()
    #expect(throws: WireError.count) { try TraceMessage(decoding: bytes.span) }
  }

  @Test(
    "The TTL of a multicast answer is read from either end of the tag",
    arguments: [
      (0x343e_1a40, 64),  // mrouted on a little-endian machine
      (0x4012_3456, 64),  // the draft's order
      (0x4000_0140, 64),  // ours
      (0x6012_34ff, 192),  // both ends are usual values: the last, and no more than 192
      (0xc012_3401, 192), (0x0012_3480, 128),
      (0x0112_3403, 3),  // neither is usual: the last
      (0x0112_3400, 1),
    ] as [(UInt32, UInt8)])
  func timeToLive(_ tag: UInt32, _ expected: UInt8) {
    #expect(TraceTag(rawValue: tag).timeToLive == expected)
  }

  @Test("Our tag holds the TTL at both ends")
  func tag() {
    #expect(TraceTag(number: 0x1234, timeToLive: 96).rawValue == 0x6012_3460)
  }

  @Test("The arrival time is the middle of the NTP time")
  func arrival() {
    #expect(TraceHop.arrival(seconds: 1_700_000_000, microseconds: 500_000) == 0x6f80_8000)
    #expect(TraceHop.arrival(seconds: 0, microseconds: 0) == 0x7e80_0000)
    #expect(TraceHop.arrival(seconds: 0, microseconds: 999_999) == 0x7e80_ffff)
    #expect(TraceHop.arrival(seconds: .max, microseconds: .max) & 0xffff == 0xffff)
  }

  @Test(
    "A message that breaks its format is refused with its reason",
    arguments: [
      ("", WireError.truncated),
      ("1f200000 ef4d0101 0a4d0102 0a4d0302 e0000120 343e1a", .truncated),
      ("1f200000 ef4d0101 0a4d0102 0a4d0302 e0000120 343e1a40 00", .length),
      ("1f200000 ef4d0101 0a4d0102 0a4d0302 e0000120 343e1a40 a35f64a2 0a4d1703", .length),
      ("1d200000 ef4d0101 0a4d0102 0a4d0302 e0000120 343e1a40", .kind),
      ("1f000000 ef4d0101 0a4d0102 0a4d0302 e0000120 343e1a40", .count),
      ("1f200000 0a4d0101 0a4d0102 0a4d0302 e0000120 343e1a40", .group),
      ("1f200000 ef4d0101 ef4d0102 0a4d0302 e0000120 343e1a40", .source),
    ])
  func refused(_ text: String, _ error: WireError) {
    let bytes = hex(text).count >= 4 ? withChecksum(hex(text)) : hex(text)
    #expect(throws: error) { try TraceMessage(decoding: bytes.span) }
  }
}

import Testing
import Wire

@Suite struct IPv6HeaderTests {
  /// An MLDv2 report to all MLDv2 routers.
  static let report = hex(
    """
    60000000           # version 6, class 0, label 0
    0034 00 01         # 52 bytes behind, hop-by-hop, hop limit 1
    fe800000000000000000000000000002
    ff020000000000000000000000000016
    3a 00 0502 0000 0100  # then ICMPv6; 8 bytes; Router Alert value 0; PadN of 2
    8f00 c100 0000 0001   # report, one record
    05 00 0001            # ALLOW, one source
    ff3e0000000000000000000080000001
    20010db8000000000000000000000001
    """)

  @Test("A header with a hop-by-hop Router Alert is read and its payload found")
  func routerAlert() throws {
    let header = try IPv6Header(decoding: IPv6HeaderTests.report.span)
    #expect(header.source == (try address("fe80::2")))
    #expect(header.destination == (try address("ff02::16")))
    #expect(header.hopLimit == 1)
    #expect(header.nextHeader == 58)
    #expect(header.routerAlert)
    #expect(header.payload == 48..<92)
    #expect(
      try MLDMessage(
        decoding: IPv6HeaderTests.report.span.extracting(header.payload), from: header.source,
        to: header.destination)
        == .reportV2([
          GroupRecord(.allow, group("ff3e::8000:1"), sources: [address("2001:db8::1")])
        ]))
  }

  @Test("An encoded header has the bytes of the captured form")
  func encoded() throws {
    let header = IPv6Header(
      source: try address("fe80::2"), destination: try address("ff02::16"), nextHeader: 58, hopLimit: 1,
      routerAlert: true, payloadLength: 44)
    #expect(header.encoded() == Array(IPv6HeaderTests.report.prefix(48)))
    let plain = IPv6Header(
      source: try address("2001:db8::1"), destination: try address("ff0e::1"), nextHeader: 17, hopLimit: 16,
      trafficClass: 0xc0, flowLabel: 0x12345, routerAlert: false, payloadLength: 4)
    #expect(plain.encoded().prefix(8) == hex("6c012345 0004 11 10")[...])
    let packet = plain.encoded() + [1, 2, 3, 4]
    #expect(try IPv6Header(decoding: packet.span) == plain)
  }

  @Test(
    "A broken header is refused",
    arguments: [
      (0, 0x40, WireError.version), (5, 53, .truncated), (4, 1, .truncated), (8, 0xff, .source),
      (6, 44, .fragment), (40, 44, .fragment), (41, 7, .truncated), (43, 3, .option), (42, 0xc2, .option),
      (42, 0x40, .option), (47, 1, .option),
    ] as [(Int, UInt8, WireError)])
  func broken(_ offset: Int, _ byte: UInt8, _ error: WireError) {
    var packet = IPv6HeaderTests.report
    packet[offset] = byte
    #expect(throws: error) { try IPv6Header(decoding: packet.span) }
  }

  @Test("An IPv4-mapped source or destination and a loopback source are refused")
  func addresses() {
    let mapped = hex("00000000000000000000ffff0a000001")
    for offset in [8, 24] {
      var packet = IPv6HeaderTests.report
      packet.replaceSubrange(offset..<offset + 16, with: mapped)
      #expect(throws: WireError.mappedAddress) { try IPv6Header(decoding: packet.span) }
    }
    var packet = IPv6HeaderTests.report
    packet.replaceSubrange(8..<24, with: hex("00000000000000000000000000000001"))
    #expect(throws: WireError.source) { try IPv6Header(decoding: packet.span) }
  }

  @Test("A header cut anywhere is truncated", arguments: 0..<92)
  func cut(_ count: Int) {
    #expect(throws: WireError.truncated) {
      try IPv6Header(decoding: IPv6HeaderTests.report.span.extracting(first: count))
    }
  }

  @Test(
    "Hop-by-hop options are walked, and only Router Alert with value 0 counts",
    arguments: [
      ("3a00 0502 0000 0100", true), ("3a00 0502 0001 0100", false), ("3a00 0104 00000000", false),
      ("3a00 0000 0502 0000", true), ("3a00 1e02 ffff 0000", false),
      ("3a01 0502 0000 0108 0000000000000000", true),
    ])
  func hopByHop(_ text: String, _ expected: Bool) throws {
    let bytes = hex(text)
    let header = try HopByHopHeader(decoding: bytes.span)
    #expect(header.routerAlert == expected)
    #expect(header.nextHeader == 58)
    #expect(header.length == bytes.count)
    #expect(try HopByHopHeader(decoding: header.encoded().span) == header)
  }

  @Test("The longest hop-by-hop header comes back from its own encoding")
  func longest() throws {
    let bytes = hex("3a ff 0502 0000") + [UInt8](repeating: 0, count: 2042)
    let header = try HopByHopHeader(decoding: bytes.span)
    #expect(header.encoded().count == 2048)
    #expect(try HopByHopHeader(decoding: header.encoded().span) == header)
  }
}

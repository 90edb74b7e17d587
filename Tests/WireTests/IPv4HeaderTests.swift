import Addressing
import Testing
import Wire

@Suite struct IPv4HeaderTests {
  /// A leave of 239.77.1.1 with Router Alert, as a host sends it.
  static let leave = hex(
    """
    46 c0 0020  # version 4, header of 6 words, class 0xc0, 32 bytes in all
    0000 4000   # identification 0, do not fragment
    01 02 f617  # TTL 1, IGMP, checksum
    0a4d0302    # 10.77.3.2
    e0000002    # 224.0.0.2
    94040000    # Router Alert, value 0
    1700 f8b0 ef4d0101
    """)

  @Test("A header with Router Alert is read and its payload found")
  func routerAlert() throws {
    let header = try IPv4Header(decoding: IPv4HeaderTests.leave.span)
    #expect(header.source == (try address("10.77.3.2")))
    #expect(header.destination == (try address("224.0.0.2")))
    #expect(header.protocolNumber == 2)
    #expect(header.timeToLive == 1)
    #expect(header.trafficClass == 0xc0)
    #expect(header.routerAlert)
    #expect(header.headerLength == 24)
    #expect(header.payload == 24..<32)
    #expect(
      try IGMPMessage(decoding: IPv4HeaderTests.leave.span.extracting(header.payload))
        == .leave(group("239.77.1.1")))
  }

  @Test("What was received beyond the total length is no payload")
  func padding() throws {
    let header = try IPv4Header(decoding: (IPv4HeaderTests.leave + [0, 0, 0, 0]).span)
    #expect(header.payload == 24..<32)
  }

  @Test("An encoded header has the fields and a right checksum")
  func encoded() throws {
    let header = IPv4Header(
      source: try address("10.77.3.1"), destination: try address("224.0.0.1"), protocolNumber: 2,
      timeToLive: 1, identification: 0x1234, routerAlert: true, payloadLength: 12)
    let bytes = header.encoded()
    #expect(
      bytes.prefix(10) + bytes.dropFirst(12)
        == hex("46 c0 0024 1234 0000 01 02 0a4d0301 e0000001 94040000")[...])
    #expect(Checksum.of(bytes.span) == 0)
    let packet = bytes + [UInt8](repeating: 0, count: 12)
    #expect(try IPv4Header(decoding: packet.span) == header)
  }

  @Test(
    "Options are walked, and only Router Alert with value 0 counts",
    arguments: [
      ("01010101", false), ("94040000", true), ("94040001", false), ("00ffffff", false),
      ("0194040000010101", true), ("0704000094040000", true), ("0094040000000000", false),
    ])
  func options(_ options: String, _ expected: Bool) throws {
    let packet = try packet(options: hex(options))
    let header = try IPv4Header(decoding: packet.span)
    #expect(header.routerAlert == expected)
    #expect(header.headerLength == 20 + hex(options).count)
    let again = header.encoded()
    #expect(try IPv4Header(decoding: again.span) == header)
  }

  @Test(
    "Options that end beyond the header are refused",
    arguments: ["01010194", "01019404", "94050000", "94020000", "07000000", "07010000", "010107ff"])
  func brokenOptions(_ options: String) throws {
    let packet = try packet(options: hex(options))
    #expect(throws: WireError.option) { try IPv4Header(decoding: packet.span) }
  }

  /// One field of a good packet is broken at a time: (offset, byte, what is wrong).
  @Test(
    "A broken header is refused",
    arguments: [
      (0, 0x66, WireError.version), (0, 0x44, .length), (0, 0x40, .length), (3, 23, .length),
      (3, 33, .truncated), (2, 0xff, .truncated), (6, 0x20, .fragment), (7, 0x01, .fragment),
      (6, 0x1f, .fragment), (12, 224, .source), (12, 127, .source), (12, 0, .source),
    ] as [(Int, UInt8, WireError)])
  func broken(_ offset: Int, _ byte: UInt8, _ error: WireError) {
    var packet = IPv4HeaderTests.leave
    packet[offset] = byte
    #expect(throws: error) { try IPv4Header(decoding: packet.span) }
  }

  @Test("The limited broadcast address is no source, and 0.0.0.0 is a host without an address")
  func sources() throws {
    var packet = IPv4HeaderTests.leave
    packet.replaceSubrange(12..<16, with: [255, 255, 255, 255])
    #expect(throws: WireError.source) { try IPv4Header(decoding: packet.span) }
    packet.replaceSubrange(12..<16, with: [0, 0, 0, 0])
    #expect(try IPv4Header(decoding: packet.span).source == .unspecified(.ipv4))
  }

  @Test("A header cut anywhere is truncated", arguments: 0..<24)
  func cut(_ count: Int) {
    #expect(throws: WireError.truncated) {
      try IPv4Header(decoding: IPv4HeaderTests.leave.span.extracting(first: count))
    }
  }

  @Test("A header of six words in a packet of 21 bytes is refused")
  func shorterThanItsHeader() {
    var packet = Array(IPv4HeaderTests.leave.prefix(21))
    packet[3] = 21
    #expect(throws: WireError.length) { try IPv4Header(decoding: packet.span) }
  }

  private func packet(options: [UInt8]) throws -> [UInt8] {
    let length = 20 + options.count
    return [0x40 | UInt8(length / 4), 0, 0, UInt8(length)] + hex("0000 0000 01 02 0000 0a4d0302 e0000002")
      + options
  }
}

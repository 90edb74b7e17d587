import Addressing
import Testing
import Wire

@Suite struct MLDTests {
  /// Each as meaning, bytes, source, destination and message.
  static func vectors() throws -> [(String, [UInt8], Address, Address, MLDMessage)] {
    let router = try address("fe80::1")
    let host = try address("fe80::2")
    let ssm = try group("ff3e::8000:1")
    let source = try address("2001:db8::1")
    return [
      (
        "MLDv2 general query, 10 s, QRV 2, 125 s",
        hex("82005696 2710 0000 00000000000000000000000000000000 02 7d 0000"),
        router, try address("ff02::1"), .query(GroupQuery(robustness: 2, interval: .seconds(125)))
      ),
      (
        "MLDv1 general query, 10 s", hex("82005917 2710 0000 00000000000000000000000000000000"),
        router, try address("ff02::1"), .query(GroupQuery(version: .groups))
      ),
      (
        "MLDv2 query of one source, 1 s",
        hex(
          """
          82004c76 03e8 0000
          ff3e0000000000000000000080000001
          02 7d 0001
          20010db8000000000000000000000001
          """),
        router, ssm.address,
        .query(
          GroupQuery(
            group: ssm, sources: [source], maximumResponse: .seconds(1), robustness: 2,
            interval: .seconds(125)))
      ),
      (
        "MLDv2 report: ALLOW one source",
        hex(
          """
          8f00c100 0000 0001
          05 00 0001 ff3e0000000000000000000080000001
          20010db8000000000000000000000001
          """),
        host, try address("ff02::16"), .reportV2([GroupRecord(.allow, ssm, sources: [source])])
      ),
      (
        "MLDv1 done", hex("84007f1e 0000 0000 ff050000000000000000000000000001"),
        host, try address("ff02::2"), .done(try group("ff05::1"))
      ),
    ]
  }

  @Test("The known messages are read and written with their checksum")
  func known() throws {
    for (meaning, bytes, source, destination, message) in try MLDTests.vectors() {
      #expect(try MLDMessage(decoding: bytes.span, from: source, to: destination) == message, "\(meaning)")
      #expect(try MLDMessage(decoding: bytes.span) == message, "\(meaning)")
      #expect(message.encoded(from: source, to: destination) == bytes, "\(meaning)")
    }
  }

  @Test("An MLDv1 report is read and written")
  func report() throws {
    let message = MLDMessage.reportV1(try group("ff05::1"))
    let bytes = message.encoded(from: try address("fe80::2"), to: try address("ff05::1"))
    #expect(
      bytes.prefix(2) + bytes.dropFirst(4) == hex("8300 00000000 ff050000000000000000000000000001")[...])
    #expect(try MLDMessage(decoding: bytes.span) == message)
  }

  @Test("A turned bit, another source and another length are refused for the checksum")
  func checksum() throws {
    for (_, good, source, destination, _) in try MLDTests.vectors() {
      for bit in 0..<good.count * 8 {
        var bytes = good
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(throws: WireError.checksum) {
          try MLDMessage(decoding: bytes.span, from: source, to: destination)
        }
      }
      let stranger = try address("fe80::77")
      #expect(throws: WireError.checksum) {
        try MLDMessage(decoding: good.span, from: stranger, to: destination)
      }
      #expect(throws: WireError.checksum) {
        try MLDMessage(decoding: (good + [0, 0]).span, from: source, to: destination)
      }
    }
  }

  static let unspecified = "00000000000000000000000000000000"
  static let wide = "ff0e0000000000000000000000000001"
  static let source = "20010db8000000000000000000000001"

  @Test(
    "A message whose fields are not right is refused",
    arguments: [
      ("", WireError.truncated), ("8200", .truncated), ("8200 0000 2710 0000", .truncated),
      ("8200 0000 2710 0000 \(unspecified) 02", .length),  // 25 bytes
      ("8200 0000 2710 0000 \(unspecified) 027d00", .length),  // 27 bytes
      ("8200 0000 2710 0000 \(source) 027d0000", .group),
      ("8200 0000 2710 0000 ff010000000000000000000000000001", .group),  // interface-local
      ("8200 0000 2710 0000 \(unspecified) 027d0001 \(source)", .group),  // a source, and no group
      ("8200 0000 2710 0000 \(wide) 027d0002 \(source)", .truncated),
      ("8200 0000 2710 0000 00000000000000000000ffffe0010101", .mappedAddress),
      ("8300 0000 0000 0000 \(source)", .group),
      ("8300 0000 0000 0000 ff020000000000000000000000000001", .group),  // all nodes
      ("8300 0000 0000 0000 ff000000000000000000000000000001", .group),  // reserved scope
      ("8300 0000 0000 0000 00000000000000000000ffffef010101", .mappedAddress),
      ("8400 0000 0000 0000 ff0e", .truncated), ("8f00 0000 0000", .truncated),
      ("8f00 0000 0000 ffff 04000000 \(wide)", .truncated),
      ("8f00 0000 0000 0001 04000001 \(wide)", .truncated),
      ("8f00 0000 0000 0001 04010000 \(wide)", .truncated),
      ("8f00 0000 0000 0001 04000000 \(source)", .group),
      ("8f00 0000 0000 0001 04000000 00000000000000000000ffffef010101", .mappedAddress),
      ("8f00 0000 0000 0002 04000000 \(wide) 04000000 ff010000000000000000000000000001", .group),
    ])
  func refused(_ text: String, _ error: WireError) {
    let bytes = hex(text)
    #expect(throws: error) { try MLDMessage(decoding: bytes.span) }
  }

  @Test("A source that can be none is left out, a record of unknown kind is skipped")
  func skipped() throws {
    let bytes = hex(
      """
      8f00 0000 0000 0003
      07 00 0000 \(MLDTests.wide)   # kind 7
      01 01 0004 \(MLDTests.wide)   # IS_IN, four sources, one word of auxiliary data
      \(MLDTests.unspecified)
      00000000000000000000ffff0a000001  # IPv4-mapped
      \(MLDTests.wide)
      \(MLDTests.source)
      deadbeef
      02 00 0000 \(MLDTests.wide)   # IS_EX
      """)
    #expect(
      try MLDMessage(decoding: bytes.span)
        == .reportV2([
          GroupRecord(.isInclude, group("ff0e::1"), sources: [address("2001:db8::1")]),
          GroupRecord(.isExclude, group("ff0e::1")),
        ]))
  }

  @Test("Other ICMPv6 messages are named by their type")
  func other() throws {
    let solicitation: [UInt8] = [152, 0, 0, 0]
    #expect(try MLDMessage(decoding: solicitation.span) == .other(type: 152))
  }

  /// (milliseconds, code, what the code says), from RFC 9777 5.1.3 and its neighbours.
  @Test(
    "A time is sent as the largest code that is not above it",
    arguments: [
      (10000, 0x2710, 10000), (32767, 0x7fff, 32767), (32768, 0x8000, 32768), (32775, 0x8000, 32768),
      (32776, 0x8001, 32776), (65535, 0x8fff, 65528), (65536, 0x9000, 65536), (100_000, 0x986a, 100_000),
      (8_387_583, 0xfffe, 8_386_560), (8_387_584, 0xffff, 8_387_584), (9_000_000, 0xffff, 8_387_584),
    ] as [(Int64, UInt16, Int64)])
  func codes(_ value: Int64, _ code: UInt16, _ meant: Int64) throws {
    let source = try address("fe80::1")
    let destination = try address("ff02::1")
    let bytes = MLDMessage.query(GroupQuery(maximumResponse: .milliseconds(value)))
      .encoded(from: source, to: destination)
    #expect(UInt16(bytes[4]) << 8 | UInt16(bytes[5]) == code)
    guard case .query(let read) = try MLDMessage(decoding: bytes.span) else { return }
    #expect(read.maximumResponse == .milliseconds(meant))
  }
}

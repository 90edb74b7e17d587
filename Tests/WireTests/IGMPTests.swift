import Addressing
import Testing
import Wire

@Suite struct IGMPTests {
  @Test(
    "A query is read and written",
    arguments: [
      ("1100eeff 00000000", GroupQuery(version: .igmp1)),
      ("1164ee9b 00000000", GroupQuery(version: .groups)),
      (
        "110afea6 ef4d0101",
        GroupQuery(version: .groups, group: Group(Address(ipv4: 0xef4d_0101)), maximumResponse: .seconds(1))
      ),
      (
        "1164ec1e 00000000 02 7d 0000  # QRV 2, QQIC 125",
        GroupQuery(robustness: 2, interval: .seconds(125))
      ),
      (
        "110afc29 ef4d0101 02 7d 0000",
        GroupQuery(
          group: Group(Address(ipv4: 0xef4d_0101)), maximumResponse: .seconds(1), robustness: 2,
          interval: .seconds(125))
      ),
      (
        "110af025 e8010101 0a 7d 0001 0a4d0102  # S, QRV 2",
        GroupQuery(
          group: Group(Address(ipv4: 0xe801_0101)), sources: [Address(ipv4: 0x0a4d_0102)],
          maximumResponse: .seconds(1), suppressesTimers: true, robustness: 2, interval: .seconds(125))
      ),
      (
        "1189ede7 00000000 00 8f 0000  # code 0x89 is 200 tenths, QQIC 0x8f is 248",
        GroupQuery(maximumResponse: .seconds(20), interval: .seconds(248))
      ),
    ])
  func query(_ text: String, _ expected: GroupQuery) throws {
    let bytes = hex(text)
    #expect(try IGMPMessage(decoding: bytes.span) == .query(expected))
    #expect(IGMPMessage.query(expected).encoded() == bytes)
  }

  @Test("A message about one group is read and written")
  func groups() throws {
    let cases: [(String, IGMPMessage)] = [
      ("1200fdb0 ef4d0101", .reportV1(try group("239.77.1.1"))),
      ("1600f9b0 ef4d0101", .reportV2(try group("239.77.1.1"))),
      ("1700f8b0 ef4d0101", .leave(try group("239.77.1.1"))),
    ]
    for (text, message) in cases {
      let bytes = hex(text)
      #expect(try IGMPMessage(decoding: bytes.span) == message)
      #expect(message.encoded() == bytes)
    }
  }

  @Test("A version 3 report is read and written")
  func reports() throws {
    let ssm = try group("232.1.1.1")
    let source = try address("10.77.1.2")
    let cases: [(String, [GroupRecord])] = [
      (
        "220031de 00000003 04000000 e0000016 04000000 e0000002 04000000 e0000004",
        [
          GroupRecord(.toExclude, try group("224.0.0.22")),
          GroupRecord(.toExclude, try group("224.0.0.2")),
          GroupRecord(.toExclude, try group("224.0.0.4")),
        ]
      ),
      ("2200e4ab 00000001 05000001 e8010101 0a4d0102", [GroupRecord(.allow, ssm, sources: [source])]),
      (
        "2200ec9f 00000002 03000000 ef050505 06000001 e8010101 0a4d0102",
        [
          GroupRecord(.toInclude, try group("239.5.5.5")),
          GroupRecord(.block, ssm, sources: [source]),
        ]
      ),
      (
        "2200daa3 00000001 04000001 ef050505 0a4d0102",
        [GroupRecord(.toExclude, try group("239.5.5.5"), sources: [source])]
      ),
      ("2200ddff 00000000", []),
    ]
    for (text, records) in cases {
      let bytes = hex(text)
      #expect(try IGMPMessage(decoding: bytes.span) == .reportV3(records), "\(text)")
      #expect(IGMPMessage.reportV3(records).encoded() == bytes)
    }
  }

  @Test(
    "Messages of other protocols are named by their type",
    arguments: [
      ("1302e700 00000000", 0x13),  // DVMRP, without a version
      ("3100ceff", 0x31),  // router solicitation: four bytes
      ("1f000000 00000000", 0x1f),  // mtrace
    ] as [(String, UInt8)])
  func other(_ text: String, _ type: UInt8) throws {
    let bytes = withChecksum(hex(text))
    #expect(try IGMPMessage(decoding: bytes.span) == .other(type: type))
    let again = IGMPMessage.other(type: type).encoded()
    #expect(try IGMPMessage(decoding: again.span) == .other(type: type))
  }

  @Test("A message with one bit turned is refused for its checksum")
  func checksum() {
    let good = hex("2200e4ab 00000001 05000001 e8010101 0a4d0102")
    for bit in 0..<good.count * 8 {
      var bytes = good
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: WireError.checksum) { try IGMPMessage(decoding: bytes.span) }
    }
  }

  @Test(
    "A message whose checksum is right and whose fields are not is refused",
    arguments: [
      ("", WireError.truncated), ("1164", .truncated),
      ("1164 0000 000000", .truncated),  // 7 bytes
      ("1164 0000 00000000 02", .length),  // 9 bytes
      ("1164 0000 00000000 027d", .length),  // 10 bytes
      ("1164 0000 00000000 027d00", .length),  // 11 bytes
      ("1164 0000 0a000001", .group),  // a query of a unicast address
      ("1164 0000 e0000005 027d0000", .group),  // a query of a link-local group
      ("1164 0000 00000000 027d0001 0a4d0102", .group),  // a source, and no group
      ("1164 0000 ef010101 027d0002 0a4d0102", .truncated),  // one source of two
      ("1164 0000 ef010101 027dffff 0a4d0102", .truncated),
      ("1600 0000 0a000001", .group), ("1200 0000 00000000", .group), ("1600 0000 e0000001", .group),
      ("1700 0000 0a000001", .group), ("1600 0000 ef0101", .truncated),
      ("2200 0000 0000", .truncated), ("2200 0000 00000001", .truncated),
      ("2200 0000 0000ffff 04000000 ef010101", .truncated),  // more records than bytes
      ("2200 0000 00000001 04000001 ef010101", .truncated),  // a source is missing
      ("2200 0000 00000001 04010000 ef010101", .truncated),  // auxiliary data is missing
      ("2200 0000 00000001 0400ffff ef010101 0a4d0102", .truncated),
      ("2200 0000 00000001 04000000 0a000001", .group),
      // A good record does not save a broken one behind it.
      ("2200 0000 00000002 04000000 ef010101 04000001 ef010102", .truncated),
      ("2200 0000 00000002 04000000 ef010101 04000000 0a000001", .group),
    ])
  func refused(_ text: String, _ error: WireError) {
    let bytes = hex(text)
    let message = bytes.count >= 4 ? withChecksum(bytes) : bytes
    #expect(throws: error) { try IGMPMessage(decoding: message.span) }
  }

  @Test("A source that can be none is left out, a record of unknown kind is skipped")
  func skipped() throws {
    let bytes = withChecksum(
      hex(
        """
        2200 0000 0000 0003     # report, three records
        09 01 0001 ef010101     # kind 9: one source, one word of auxiliary data
          0a4d0102 deadbeef
        01 01 0004 ef010102     # IS_IN with four sources, one word of auxiliary data
          00000000 e0000001 7f000001 0a4d0102 deadbeef
        02 00 0000 ef010103     # IS_EX
        ff                      # one byte more
        """))
    #expect(
      try IGMPMessage(decoding: bytes.span)
        == .reportV3([
          GroupRecord(.isInclude, group("239.1.1.2"), sources: [address("10.77.1.2")]),
          GroupRecord(.isExclude, group("239.1.1.3")),
        ]))
  }

  @Test("The largest reports are read: 183 records, 365 sources, and a packet of 64 KiB")
  func largest() throws {
    let record = GroupRecord(.isExclude, try group("239.1.1.1"))
    let many = IGMPMessage.reportV3(Array(repeating: record, count: 183))
    #expect(many.encoded().count == 8 + 183 * 8)
    #expect(try IGMPMessage(decoding: many.encoded().span) == many)
    let sources = (1...16_000).map { Address(ipv4: 0x0a00_0000 + $0) }
    let long = IGMPMessage.reportV3([GroupRecord(.isInclude, try group("239.1.1.1"), sources: sources)])
    #expect(try IGMPMessage(decoding: long.encoded().span) == long)
  }

  @Test("Response time 0 counts as a tenth of a second in version 3")
  func noTime() throws {
    let bytes = withChecksum(hex("1100 0000 00000000 027d0000"))
    guard case .query(let query) = try IGMPMessage(decoding: bytes.span) else {
      Issue.record("not a query")
      return
    }
    #expect(query.maximumResponse == .milliseconds(100))
  }

  /// (value, code, what the code says), from RFC 9776 4.1.1 and its neighbours.
  @Test(
    "A time is sent as the largest code that is not above it",
    arguments: [
      (127, 0x7f, 127), (128, 0x80, 128), (135, 0x80, 128), (136, 0x81, 136), (250, 0x8f, 248),
      (255, 0x8f, 248), (256, 0x90, 256), (1000, 0xaf, 992), (3600, 0xcc, 3584), (31743, 0xfe, 30720),
      (31744, 0xff, 31744), (40000, 0xff, 31744), (Int64.max / 1_000_000_000, 0xff, 31744),
    ] as [(Int64, UInt8, Int64)])
  func codes(_ value: Int64, _ code: UInt8, _ meant: Int64) throws {
    let query = GroupQuery(maximumResponse: .seconds(1), interval: .seconds(value))
    let bytes = IGMPMessage.query(query).encoded()
    #expect(bytes[9] == code)
    guard case .query(let read) = try IGMPMessage(decoding: bytes.span) else { return }
    #expect(read.interval == .seconds(meant))
    let tenths = IGMPMessage.query(GroupQuery(maximumResponse: .milliseconds(value * 100))).encoded()
    #expect(tenths[1] == code)
  }

  @Test("All codes rise, and each is sent for the value that it means")
  func allCodes() throws {
    var last = Duration.zero
    for code in 1...255 as ClosedRange<UInt8> {
      let bytes = withChecksum([0x11, code, 0, 0, 0, 0, 0, 0, 0, code, 0, 0])
      guard case .query(let query) = try IGMPMessage(decoding: bytes.span) else { return }
      #expect(query.interval > last)
      #expect(query.maximumResponse * 10 == query.interval)
      #expect(IGMPMessage.query(query).encoded() == bytes)
      last = query.interval
    }
  }
}

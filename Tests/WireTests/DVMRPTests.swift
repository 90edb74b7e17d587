import Addressing
import Diagnostics
import Testing
import Wire

@Suite struct DVMRPTests {
  @Test("A probe is read and written")
  func probe() throws {
    let cases: [(String, DVMRPProbe)] = [
      ("1301e6e6 000eff03 07060000", DVMRPProbe(generation: 0x0706_0000)),
      (
        "130158a1 000eff03 12345678 0a4d0c02 0a4d0c03",
        DVMRPProbe(
          generation: 0x1234_5678, neighbors: [try address("10.77.12.2"), try address("10.77.12.3")])
      ),
    ]
    for (text, probe) in cases { try expect(text, DVMRPPacket(.probe(probe))) }
  }

  @Test("Which versions have a generation id, and what the others' probes say: nothing")
  func versions() throws {
    for (version, has) in [
      ("00ff03", true), ("000303", true), ("000203", false), ("000003", false), ("000002", false),
      ("000004", true), ("000009", true), ("00000a", false), ("00000b", false), ("00000c", false),
    ] {
      // Capabilities, minor, major.
      let bytes = withChecksum(hex("13010000 00 \(version) 12345678 0a4d0c02"))
      let packet = try DVMRPPacket(decoding: bytes.span)
      #expect(packet.version.hasGeneration == has)
      let generation: UInt32? = has ? 0x1234_5678 : nil
      #expect(
        packet.message
          == .probe(DVMRPProbe(generation: generation, neighbors: has ? [try address("10.77.12.2")] : [])))
      #expect(try DVMRPPacket(decoding: packet.encoded().span) == packet)
    }
    #expect(DVMRPVersion(major: 3, minor: 8) < .current)
    #expect("\(DVMRPVersion.current)" == "3.255")
  }

  @Test("A route report is read and written")
  func reports() throws {
    let one = try prefix("10.77.1.0/24")
    let two = try prefix("10.77.3.0/24")
    let three = try prefix("10.77.23.0/24")
    let leaf: DVMRPCapabilities = [.ours, .leaf]
    try expect("13021fe0 000eff03 ffff00 0a4d01 81", report([(one, .hops(1))]))
    try expect(
      "1302d0bc 000eff03 ffff00 0a4d03 02 0a4d17 81", report([(two, .hops(2)), (three, .hops(1))]))
    try expect(
      "13028ebb 000fff03 ffff00 0a4d03 23 0a4d17 a2",
      report([(two, .poisoned(3)), (three, .poisoned(2))], leaf))
    try expect(
      "130226b0 000fff03 ffff00 0a4d01 20 0a4d03 20 0a4d17 a0",
      report([(one, .unreachable), (two, .unreachable), (three, .unreachable)], leaf))
    try expect(
      """
      1302db81 000eff03
      000000 00 83                       # default 3
      000000 0a 81                       # 10/8 1
      f00000 ac10 a2                     # 172.16/12 poisoned 2
      ffff00 0a4d01 01 0a4d02 a0         # 1, unreachable
      ffffff c0000281 85                 # a host, 5
      """,
      report([
        (.all(.ipv4), .hops(3)), (try prefix("10.0.0.0/8"), .hops(1)),
        (try prefix("172.16.0.0/12"), .poisoned(2)), (one, .hops(1)),
        (try prefix("10.77.2.0/24"), .unreachable), (try prefix("192.0.2.129/32"), .hops(5)),
      ]))
  }

  @Test("Reports that we never write are read: one group for two lengths, a netmask that returns, no routes")
  func oddReports() throws {
    #expect(
      try routes("000000 00 03 0a 81") == [
        ReportedRoute(.all(.ipv4), .hops(3)), ReportedRoute(try prefix("10.0.0.0/8"), .hops(1)),
      ])
    #expect(
      try routes("000000 0a 01 00 83").map(\.origin) == [try prefix("10.0.0.0/8"), .all(.ipv4)])
    #expect(try routes("ffff00 0a4d01 81 ff0000 0a4d 81 ffff00 0a4d02 81").count == 3)
    #expect(try routes("") == [])
    // Every length that can be expressed takes the bytes that its netmask covers.
    for length in 8...32 {
      let origin = try #require(Prefix(address("203.255.255.255"), length: length))
      let packet = DVMRPPacket(.report(DVMRPReport([ReportedRoute(origin, .hops(1))])))
      let bytes = packet.encoded()
      #expect(bytes.count == 8 + 3 + (length + 7) / 8 + 1)
      #expect(try DVMRPPacket(decoding: bytes.span) == packet)
    }
  }

  @Test(
    "A route that nobody can mean is skipped with its reason; the rest of the report stands",
    arguments: [
      ("ffff00 0a4d01 00", WireError.metric), ("ffff00 0a4d01 40", .metric), ("ffff00 0a4d01 7f", .metric),
      ("fff000 0a4d01 01", .hostBits), ("ffffc0 0a4d0120 01", .hostBits),
      ("ff0000 0000 01", .network), ("ffff00 00004d 01", .network),
      ("000000 7f 01", .network), ("ffff00 7f0000 01", .network), ("000000 e0 01", .network),
      ("ffffff ef4d0101 01", .network), ("000000 f0 01", .network), ("ffffff ffffffff 01", .network),
    ])
  func skipped(_ text: String, _ reason: WireError) throws {
    // The route is the last of its group, and another group follows.
    var bytes = hex("13020000 000eff03 \(text)")
    bytes[bytes.count - 1] |= 0x80
    bytes = withChecksum(bytes + hex("ffff00 0a4d09 81"))
    guard case .report(let report) = try DVMRPPacket(decoding: bytes.span).message else {
      Issue.record("no report")
      return
    }
    #expect(report.routes == [ReportedRoute(try prefix("10.77.9.0/24"), .hops(1))])
    #expect(report.skipped == 1)
    #expect(report.firstSkip == reason)
  }

  @Test(
    "A metric says how far, or that there is no way, or that the sender depends on us",
    arguments: [
      (1, true, false), (31, true, false), (32, false, false), (33, false, true), (63, false, true),
    ])
  func metrics(_ value: UInt8, _ reachable: Bool, _ poisoned: Bool) throws {
    let metric = try #require(DVMRPMetric(rawValue: value))
    #expect(metric.isReachable == reachable)
    #expect(metric.isPoisoned == poisoned)
    #expect(DVMRPMetric(rawValue: 0) == nil)
    #expect(DVMRPMetric(rawValue: 64) == nil)
    // The borders: 31 hops upstream are 0x3f, and what is farther is unreachable.
    #expect(DVMRPMetric.poisoned(31).rawValue == 0x3f)
    #expect(DVMRPMetric.hops(31).rawValue == 0x1f)
    #expect(DVMRPMetric.hops(32) == .unreachable)
    #expect(DVMRPMetric.hops(.max) == .unreachable)
    #expect(try routes("ffff00 0a4d01 bf")[0].metric == .poisoned(31))
  }

  @Test("Reports are packed up to 508 bytes, and every packet can be read alone")
  func packing() throws {
    var packer = ReportPacker()
    var packets: [[UInt8]] = []
    var sent: [ReportedRoute] = []
    for length in [0, 8, 12, 24, 30] {
      for index in 0..<(length == 0 ? 1 : 150) {
        let network = UInt32(index + 1) << UInt32(length == 8 ? 24 : 32 - length)
        let route = ReportedRoute(
          try #require(Prefix(Address(ipv4: network | 0x0100_0000), length: length)), .hops(index % 40 + 1))
        guard (try? routes([route])) == [route] else { continue }
        if !packer.hasRoom(for: route) { packets.append(packer.takePacket()) }
        packer.append(route)
        sent.append(route)
      }
    }
    packets.append(packer.takePacket())
    #expect(packer.isEmpty)
    var received: [ReportedRoute] = []
    for packet in packets {
      #expect(packet.count <= 8 + 508)
      guard case .report(let report) = try DVMRPPacket(decoding: packet.span).message else { continue }
      received += report.routes
    }
    #expect(received == sent)
    // None but the last has room for one more route of any length.
    #expect(packets.dropLast().allSatisfy { $0.count > 8 + 508 - 8 })
  }

  @Test("An origin that a report cannot express is left out of it")
  func inexpressible() throws {
    var packer = ReportPacker()
    packer.append(ReportedRoute(try #require(Prefix(Address(ipv4: 0x8000_0000), length: 1)), .hops(1)))
    packer.append(ReportedRoute(try prefix("2001:db8::/32"), .hops(1)))
    #expect(packer.isEmpty)
  }

  @Test("Prunes, grafts and their acks are read and written, with and without netmask")
  func prunes() throws {
    let source = try address("10.77.1.0")
    let group = try group("239.77.1.1")
    let graft = DVMRPGraft(source: source, group: group)
    try expect(
      "1307ced3 000eff03 0a4d0100 ef4d0101 00002377",
      DVMRPPacket(.prune(DVMRPPrune(source: source, group: group, lifetime: 9079))))
    try expect(
      "1307d709 002eff03 0a4d0100 ef4d0101 00001c20 ffffff00",
      DVMRPPacket(
        .prune(DVMRPPrune(source: source, sourceLength: 24, group: group, lifetime: 7200)),
        capabilities: [.ours, .netmask]))
    try expect("1308f249 000eff03 0a4d0100 ef4d0101", DVMRPPacket(.graft(graft)))
    try expect(
      "1309f247 000fff03 0a4d0100 ef4d0101", DVMRPPacket(.graftAck(graft), capabilities: [.ours, .leaf]))
    for code in ["08", "09"] {
      let bytes = withChecksum(hex("13\(code)0000 000eff03 0a4d0100 ef4d0101 ffffff00"))
      let packet = try DVMRPPacket(decoding: bytes.span)
      #expect(packet.encoded() == bytes)
    }
    // The default route's prune, and what may stand behind a prune.
    let long = withChecksum(hex("13070000 000eff03 00000000 ef4d0101 00001c20 00000000 ffff"))
    #expect(
      try DVMRPPacket(decoding: long.span).message
        == .prune(
          DVMRPPrune(source: .unspecified(.ipv4), sourceLength: 0, group: group, lifetime: 7200)))
  }

  @Test("Neighbor lists of both forms are read and written")
  func neighbors() throws {
    let nobody = Address.unspecified(.ipv4)
    try expect("1303edea 000eff03", DVMRPPacket(.askNeighbors(.plain)))
    try expect("1305ede8 000eff03", DVMRPPacket(.askNeighbors(.flagged)))
    try expect(
      "1306dbf5 000eff03  0a4d1703 01 01 00 01 0a4d1702  0a4d0301 01 01 c0 01 00000000",
      DVMRPPacket(
        .neighbors(
          NeighborList(
            .flagged,
            [
              .init(
                local: try address("10.77.23.3"), metric: 1, threshold: 1,
                neighbors: [try address("10.77.23.2")]),
              .init(
                local: try address("10.77.3.1"), metric: 1, threshold: 1, flags: [.querier, .leaf],
                neighbors: [nobody]),
            ]))))
    try expect(
      "13048684 000eff03  0a4d0c01 01 01 01 0a4d0c02",
      DVMRPPacket(
        .neighbors(
          NeighborList(
            .plain,
            [
              .init(
                local: try address("10.77.12.1"), metric: 1, threshold: 1,
                neighbors: [try address("10.77.12.2")])
            ]))))
  }

  @Test("Attributes are read and written: asked for, and a version")
  func attributes() throws {
    try expect("130ae8e3 000eff03 01000000 04000000", nil)
    let asked = withChecksum(hex("130a0000 000eff03 01000000 02000000"))
    #expect(
      try DVMRPPacket(decoding: asked.span).message
        == .askAttributes([RouterAttribute(type: 1), RouterAttribute(type: 2)]))
    let reply = DVMRPPacket(.attributes([.version("mcast"), RouterAttribute(type: 2)]))
    let bytes = reply.encoded()
    #expect(Array(bytes[8...]) == hex("01020000 6d636173 74000000 02000000"))
    #expect(try DVMRPPacket(decoding: bytes.span) == reply)
  }

  @Test("A code without meaning is told, not refused")
  func others() throws {
    for code in [0, 12, 0xff] as [UInt8] {
      let packet = DVMRPPacket(.other(code: code))
      #expect(try DVMRPPacket(decoding: packet.encoded().span) == packet)
    }
  }

  @Test(
    "A message that breaks its format is refused with its reason",
    arguments: [
      ("", WireError.truncated), ("13010000 000eff", .truncated),
      ("11010000 000eff03", .kind),
      ("13010000 000eff03", .truncated),  // no generation id
      ("13010000 000eff03 123456", .truncated),
      ("13010000 000eff03 12345678 0a4d0c", .length),
      ("13020000 000eff03 ffff", .truncated),  // half a netmask
      ("13020000 000eff03 ffff00", .truncated),  // a netmask without a route
      ("13020000 000eff03 ffff00 0a4d", .truncated),
      ("13020000 000eff03 ffff00 0a4d01", .truncated),
      ("13020000 000eff03 ffff00 0a4d01 01", .truncated),  // its last route is not marked
      ("13020000 000eff03 ffff00 0a4d01 81 ff", .truncated),
      ("13020000 000eff03 ff00ff 0a4d0100 81", .mask),
      ("13020000 000eff03 ffff00 0a4d01 81 00ff00 0a 81", .mask),
      ("13070000 000eff03 0a4d0100 ef4d0101 0000", .truncated),
      ("13070000 000eff03 0a4d0100 0a4d0101 00001c20", .group),
      ("13070000 000eff03 0a4d0100 e0000001 00001c20", .group),  // never forwarded, so never pruned
      ("13070000 000eff03 ef4d0101 ef4d0101 00001c20", .source),
      ("13070000 000eff03 7f000001 ef4d0101 00001c20", .source),
      ("13070000 000eff03 0a4d0100 ef4d0101 00001c20 ff00ff00", .mask),
      ("13080000 000eff03 0a4d0100 ef4d", .truncated),
      ("13080000 000eff03 0a4d0100 0a4d0101", .group),
      ("13080000 000eff03 ffffffff ef4d0101", .source),
      ("13080000 000eff03 0a4d0100 ef4d0101 00ffffff", .mask),
      ("13090000 000eff03 0a4d0100", .length),
      ("13090000 000eff03 0a4d0100 ef4d0101 ff", .length),
      ("13090000 000eff03 0a4d0100 ef4d0101 ffffff00 00", .length),
      ("13060000 000eff03 0a4d1703 010100", .truncated),  // no count
      ("13060000 000eff03 0a4d1703 010100 02 0a4d1702", .truncated),  // two claimed, one there
      ("13040000 000eff03 0a4d1703 0101 01 0a4d17", .truncated),
      ("130a0000 000eff03 01010000", .truncated),  // an item that is longer than the packet
      ("130a0000 000eff03 01ff0000 00000000", .truncated),
      ("130b0000 000eff03 010000", .truncated),
    ])
  func refused(_ text: String, _ error: WireError) {
    let bytes = hex(text).count >= 4 ? withChecksum(hex(text)) : hex(text)
    #expect(throws: error) { try DVMRPPacket(decoding: bytes.span) }
  }

  @Test("More neighbors than share a link are refused")
  func neighborLimit() throws {
    let neighbors = Array(repeating: try address("10.77.12.2"), count: 257)
    let bytes = DVMRPPacket(.probe(DVMRPProbe(generation: 1, neighbors: neighbors))).encoded()
    #expect(throws: WireError.count) { try DVMRPPacket(decoding: bytes.span) }
    let fewer = DVMRPPacket(.probe(DVMRPProbe(generation: 1, neighbors: neighbors.dropLast()))).encoded()
    #expect(throws: Never.self) { try DVMRPPacket(decoding: fewer.span) }
  }

  @Test("A message with one bit turned is refused for its checksum")
  func checksum() {
    let good = hex("1307ced3 000eff03 0a4d0100 ef4d0101 00002377")
    for bit in 0..<good.count * 8 {
      var bytes = good
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: WireError.checksum) { try DVMRPPacket(decoding: bytes.span) }
    }
  }

  @Test("Every reason has a code that counters and logs name")
  func codes() {
    for error in WireError.allCases {
      #expect([Code.truncated, .checksum, .version, .malformed].contains(error.code))
    }
  }

  /// The text's bytes are the packet's, both ways; without a packet, the bytes are read and written the same.
  private func expect(_ text: String, _ packet: DVMRPPacket?) throws {
    let bytes = packet == nil ? withChecksum(hex(text)) : hex(text)
    let decoded = try DVMRPPacket(decoding: bytes.span)
    if let packet { #expect(decoded == packet, "\(text)") }
    #expect(decoded.encoded() == bytes, "\(text)")
  }

  private func report(
    _ routes: [(Prefix, DVMRPMetric)], _ capabilities: DVMRPCapabilities = .ours
  ) -> DVMRPPacket {
    DVMRPPacket(.report(DVMRPReport(routes.map { ReportedRoute($0, $1) })), capabilities: capabilities)
  }

  private func routes(_ text: String) throws -> [ReportedRoute] {
    let bytes = withChecksum(hex("13020000 000eff03 \(text)"))
    guard case .report(let report) = try DVMRPPacket(decoding: bytes.span).message else { return [] }
    return report.routes
  }

  private func routes(_ routes: [ReportedRoute]) throws -> [ReportedRoute] {
    let bytes = DVMRPPacket(.report(DVMRPReport(routes))).encoded()
    guard case .report(let report) = try DVMRPPacket(decoding: bytes.span).message else { return [] }
    return report.routes
  }

  private func prefix(_ text: String) throws -> Prefix { try #require(Prefix(text)) }
}

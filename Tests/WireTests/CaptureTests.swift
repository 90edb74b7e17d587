import Addressing
import Foundation
import Testing
import Wire

/// Every packet of captures taken in a lab of three routers in a row, S – R1 – R2 – R3 – D.
///
/// `mrouted-4.6-lan` and `mrouted-4.6-routers` are the links R3 – D and R1 – R2 with mrouted 4.6 on each
/// router; in `mrouted-3.9.8-lan` R3 runs mrouted 3.9.8 (IGMPv2, no Router Alert). D is a Linux host that
/// joins and leaves as IGMPv3, IGMPv2 and IGMPv1 host. The filter was IGMP and IP in IP.
@Suite struct CaptureTests {
  @Test(
    "Every captured packet is accepted, and its encoding is read as the same message",
    arguments: [("mrouted-4.6-lan", 69), ("mrouted-3.9.8-lan", 68), ("mrouted-4.6-routers", 79)])
  func accepted(_ name: String, _ count: Int) throws {
    let packets = try Capture(named: name).packets
    #expect(packets.count == count)
    for packet in packets {
      let header = try IPv4Header(decoding: packet.span)
      #expect(header.protocolNumber == 2)
      #expect(Checksum.of(packet.span.extracting(first: header.headerLength)) == 0)
      #expect(header.encoded() == Array(packet.prefix(header.headerLength)) || packet[6] == 0x40)
      let message = try IGMPMessage(decoding: packet.span.extracting(header.payload))
      let again = message.encoded()
      #expect(try IGMPMessage(decoding: again.span) == message)
      // Ours are the same bytes as theirs, where the message is all that the packet holds.
      if case .other = message { continue }
      #expect(again == Array(packet[header.payload]), "\(message)")
    }
  }

  @Test("The host's side of the story is read: joins and leaves of three versions")
  func story() throws {
    let host = try address("10.77.3.2")
    var said: [IGMPMessage] = []
    for packet in try Capture(named: "mrouted-4.6-lan").packets {
      let header = try IPv4Header(decoding: packet.span)
      guard header.source == host else { continue }
      let message = try IGMPMessage(decoding: packet.span.extracting(header.payload))
      if case .other = message { continue }
      #expect(header.timeToLive == 1)
      if !said.contains(message) { said.append(message) }
    }
    let watched = try group("239.77.1.1")
    let ssm = try group("232.1.1.1")
    let source = try address("10.77.1.2")
    #expect(said.contains(.reportV3([GroupRecord(.toExclude, watched)])))
    #expect(
      said.contains(
        .reportV3([GroupRecord(.toInclude, watched), GroupRecord(.toInclude, try group("224.0.1.32"))])))
    #expect(said.contains(.reportV3([GroupRecord(.allow, ssm, sources: [source])])))
    #expect(said.contains(.reportV2(watched)))
    #expect(said.contains(.leave(watched)))
    #expect(said.contains(.reportV1(watched)))
  }

  @Test("mrouted 4.6 asks in version 3 with Router Alert, 3.9.8 in version 2 without")
  func queries() throws {
    for (name, version, alert) in [
      ("mrouted-4.6-lan", GroupQuery.Version.sources, true), ("mrouted-3.9.8-lan", .groups, false),
    ] {
      var count = 0
      for packet in try Capture(named: name).packets {
        let header = try IPv4Header(decoding: packet.span)
        let message = try IGMPMessage(decoding: packet.span.extracting(header.payload))
        guard case .query(let query) = message else { continue }
        #expect(query.version == version)
        #expect(header.routerAlert == alert)
        count += 1
      }
      #expect(count > 0)
    }
  }
}

/// The packets of a capture file (little-endian pcap), each from its IPv4 header on.
struct Capture {
  var packets: [[UInt8]] = []

  init(named name: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Captures")
    let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name + ".pcap")))
    try #require(bytes.count >= 24 && Array(bytes[0..<4]) == [0xd4, 0xc3, 0xb2, 0xa1], "not a capture")
    // Link type 1: an Ethernet header of 14 bytes stands before each packet.
    try #require(bytes[20] == 1)
    var position = 24
    while position + 16 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 | Int(bytes[position + 8 + $1]) << (8 * $1) }
      packets.append(Array(bytes[position + 30..<position + 16 + length]))
      position += 16 + length
    }
  }
}

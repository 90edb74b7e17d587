import Addressing
import Testing
import Wire

/// Every packet of captures taken in a lab of three routers in a row, S – R1 – R2 – R3 – D.
///
/// `Captures/README.md` tells the story of the files.
@Suite struct CaptureTests {
  @Test(
    "Every captured packet is accepted, and its encoding is read as the same message",
    arguments: Capture.counts)
  func accepted(_ name: String, _ count: Int) throws {
    let frames = try Capture(named: name).frames
    #expect(frames.count == count)
    for packet in frames.map(\.packet) {
      let header = try IPv4Header(decoding: packet.span)
      #expect(header.protocolNumber == 2)
      #expect(Checksum.of(packet.span.extracting(first: header.headerLength)) == 0)
      #expect(header.encoded() == Array(packet.prefix(header.headerLength)) || packet[6] == 0x40)
      if Array(packet[header.payload]) == CaptureTests.queryOfRouters {
        #expect(throws: WireError.group) {
          try IGMPMessage(decoding: packet.span.extracting(header.payload))
        }
        continue
      }
      let message = try IGMPMessage(decoding: packet.span.extracting(header.payload))
      let again = message.encoded()
      #expect(try IGMPMessage(decoding: again.span) == message)
      // Ours are the same bytes as theirs, where the message is all that the packet holds.
      if case .other = message { continue }
      #expect(again == Array(packet[header.payload]), "\(message)")
    }
  }

  /// mrouted 3.9.8 asks after a leave for 224.0.0.4, a group that nobody reports; it is the one refused.
  private static let queryOfRouters = hex("110a0ef1 e0000004")

  @Test("The host's side of the story is read: joins and leaves of three versions")
  func story() throws {
    let host = try address("10.77.3.2")
    var said: [IGMPMessage] = []
    for packet in try Capture(named: "mrouted-4.6-lan-d").frames.map(\.packet) {
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
      ("mrouted-4.6-lan-d", GroupQuery.Version.sources, true), ("mrouted-3.9.8-lan-d", .groups, false),
    ] {
      var count = 0
      for packet in try Capture(named: name).frames.map(\.packet) {
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

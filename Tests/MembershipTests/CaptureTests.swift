import Addressing
import Foundation
import Kernel
import Membership
import Testing
import Timing
import Wire

/// The link R3 – D of a lab with mrouted, with us in R3's place or beside it; D is a Linux host.
///
/// D joins 239.77.1.1 and leaves it, then listens to (10.77.1.2, 232.1.1.1) and to 239.5.5.5 without that
/// source, and then plays an IGMPv2 and an IGMPv1 host.
@Suite struct CaptureTests {
  @Test("In the place of mrouted: D is heard, asked, and gone two seconds after it leaves")
  func inPlace() throws {
    let story = try Story(capture: "mrouted-4.6-lan-d", as: "10.77.3.1")
    #expect(
      story.edges == [
        "30.004 239.77.1.1 any", "70.476 239.77.1.1 none", "75.5 232.1.1.1 10.77.1.2",
        "77.5 239.5.5.5 but 10.77.1.2", "82.508 239.5.5.5 none", "82.508 232.1.1.1 none",
        "83.52 239.77.1.1 any", "88.514 239.77.1.1 none", "90.528 239.77.1.1 any",
      ])
    // The same bytes as mrouted sends, and the query for a source, which it does not know.
    let sent = Set(story.sent.map { Story.hex($0.payload) })
    #expect(sent.contains("110afc29ef4d0101027d0000"))
    #expect(sent.contains("1164ec1e00000000027d0000"))
    #expect(sent.contains("110af825e8010101027d00010a4d0102"))
    #expect(story.row.isSelf)
  }

  @Test("Beside mrouted, whose address is lower: it asks, and we follow its queries")
  func beside() throws {
    let story = try Story(capture: "mrouted-4.6-lan-d", as: "10.77.3.9")
    #expect(
      story.edges == [
        "30.004 239.77.1.1 any", "70.476 239.77.1.1 none", "75.5 232.1.1.1 10.77.1.2",
        "77.5 239.5.5.5 but 10.77.1.2", "83.52 239.77.1.1 any", "88.514 239.77.1.1 none",
        "90.528 239.77.1.1 any",
      ])
    #expect(story.sent.filter { $0.source.family == .ipv4 }.count == 1)
    #expect(story.row.address == Address("10.77.3.1") && story.row.robustness == 2)
  }

  @Test("Beside mrouted 3.9.8, which asks in version 2; a version 2 report of an SSM group is no join")
  func besideVersion2() throws {
    let story = try Story(capture: "mrouted-3.9.8-lan-d", as: "10.77.3.9")
    #expect(
      story.edges == [
        "30.004 239.77.1.1 any", "73.21 239.77.1.1 none", "82.672 239.5.5.5 any", "87.66 239.5.5.5 none",
        "88.676 239.77.1.1 any", "93.665 239.77.1.1 none", "95.68 239.77.1.1 any",
      ])
    #expect(story.row.counters[.sourceSpecificGroup] == 2)
  }
}

/// What a querier with an address of the captured link makes of the packets, at their times.
private struct Story {
  var edges: [String] = []
  var sent: [Datagram] = []
  var row: QuerierRow

  init(capture name: String, as address: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appending(path: "WireTests/Captures/\(name).pcap")
    let bytes = [UInt8](try Data(contentsOf: file))
    let own = try #require(Address(address))
    let id = InterfaceID(slot: 3)
    var membership = Membership()
    let link = Interface(
      index: 4, name: "lan", flags: [.up, .running, .multicast],
      addresses: [InterfaceAddress(own, length: 24)])
    _ = membership.configure(QuerierSettings(), on: id, at: .start)
    var shown: [String: String] = [:]
    var edges: [String] = []
    var sent: [Datagram] = []
    func note(_ effects: MembershipEffects, _ now: Instant) {
      sent += effects.datagrams
      for place in effects.changes {
        let text = Story.text(membership.groupRow(at: place))
        if shown.updateValue(text, forKey: "\(place.group)") != text, place.group != Story.noise {
          edges.append("\(Link.seconds(now - .start)) \(place.group) \(text)")
        }
      }
    }
    note(membership.change(id, to: link, at: .start), .start)
    var position = 24
    var first: Duration?
    while position + 16 <= bytes.count {
      let words = (0..<3).map { word in
        (0..<4).reduce(0) { $0 | Int(bytes[position + 4 * word + $1]) << (8 * $1) }
      }
      // Whole milliseconds are enough to tell the story.
      let time = Duration.milliseconds(words[0] * 1000 + words[1] / 1000)
      let packet = Array(bytes[position + 30..<position + 16 + words[2]])
      position += 16 + words[2]
      first = first ?? time
      let now = Instant.start + (time - (first ?? .zero))
      while let next = membership.nextDeadline, next <= now { note(membership.expire(at: next), next) }
      let header = try IPv4Header(decoding: packet.span)
      guard header.protocolNumber == 2 else { continue }
      note(
        membership.receive(
          Datagram(
            link: 4, source: header.source, destination: header.destination, hops: header.timeToLive,
            routerAlert: header.routerAlert, payload: Array(packet[header.payload])), on: id, at: now), now)
    }
    self.edges = edges
    self.sent = sent
    row = try #require(membership.querierRow(id, .ipv4))
  }

  /// What every Linux host joins besides.
  private static let noise = Group(Address(ipv4: 0xe000_0120))

  private static func text(_ row: GroupRow?) -> String {
    guard let row else { return "none" }
    let sources = row.sources.filter { ($0.expiry == nil) == row.excludes }.map { "\($0.address)" }
    if row.excludes { return sources.isEmpty ? "any" : "but " + sources.joined(separator: " ") }
    return sources.joined(separator: " ")
  }

  static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }
}

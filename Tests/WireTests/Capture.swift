import Foundation
import Testing
import Wire

/// The packets of a capture file (little-endian pcap) in `Captures/`.
struct Capture {
  /// One packet from its IPv4 header on, and when it was seen: microseconds since 1970.
  struct Frame {
    var at: Int64
    var packet: [UInt8]
  }

  var frames: [Frame] = []

  /// How many packets each file holds.
  static let counts: [(String, Int)] = [
    ("mrouted-4.6-lan-s", 26), ("mrouted-4.6-r1-r2", 79), ("mrouted-4.6-r2-r3", 81),
    ("mrouted-4.6-lan-d", 69),
    ("mrouted-3.9.8-lan-s", 26), ("mrouted-3.9.8-r1-r2", 79), ("mrouted-3.9.8-r2-r3", 86),
    ("mrouted-3.9.8-lan-d", 68), ("mrouted-4.6-plain-lan-s", 23), ("mrouted-4.6-plain-r1-r2", 109),
    ("mrouted-4.6-plain-r2-r3", 136), ("mrouted-4.6-plain-lan-d", 191),
  ]

  init(named name: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Captures")
    let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name + ".pcap")))
    try #require(bytes.count >= 24 && Array(bytes[0..<4]) == [0xd4, 0xc3, 0xb2, 0xa1], "not a capture")
    // Link type 1: an Ethernet header of 14 bytes stands before each packet.
    try #require(bytes[20] == 1)
    func number(at place: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) } }
    var position = 24
    while position + 16 <= bytes.count {
      let length = number(at: position + 8)
      frames.append(
        Frame(
          at: Int64(number(at: position)) * 1_000_000 + Int64(number(at: position + 4)),
          packet: Array(bytes[position + 30..<position + 16 + length])))
      position += 16 + length
    }
  }
}

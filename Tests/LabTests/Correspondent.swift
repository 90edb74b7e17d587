import Addressing
import Foundation
import Testing
import Wire

/// A router or host at the end of a cable that says what the test has it say, byte by byte, and writes down
/// what it hears.
///
/// Its kernel has the address and nothing else: it answers when somebody looks for its link address.
final class Correspondent {
  let namespace: Namespace
  let interface: String
  private let injector: Child
  private let watcher: Child

  /// - Parameter interface: its end of the cable, which is up.
  init(_ namespace: Namespace, _ interface: String) throws {
    (self.namespace, self.interface) = (namespace, interface)
    injector = try namespace.lab.wire(["inject"], in: namespace)
    watcher = try namespace.lab.wire(["watch", interface], in: namespace)
    for child in [injector, watcher] { try child.line(within: 10, "wire") { $0 == "ready" } }
  }

  /// Puts whole IPv4 packets on the wire, in hexadecimal or as they were captured.
  func say(_ packets: String...) throws { try say(packets) }

  func say(_ packets: [String]) throws {
    let before = injector.seen().count
    injector.write(packets.map { "raw \(interface) \($0)\n" }.joined())
    try injector.wait(until: "\(packets.count) packets sent", within: 60) {
      $0.count >= before + packets.count
    }
  }

  func say(_ frame: Capture.Frame) throws { try say(Correspondent.hex(frame.packet)) }

  /// Sends numbered packets of a stream; the number of the last.
  @discardableResult
  func stream(_ source: String, _ group: String, _ count: Int = 1) throws -> Int {
    let before = injector.seen().count
    injector.write("send \(interface) \(source) \(group) 16 \(count)\n")
    let line = try injector.line(from: before, "answer") { $0.hasPrefix("sent ") }
    return Int(line.dropFirst(5)) ?? 0
  }

  /// The numbers of a stream that came, the smallest first.
  func numbers(of group: String) -> [Int] {
    watcher.seen().compactMap(Packet.init).filter { $0.group == group }.map(\.number).sorted()
  }

  /// Waits for a packet of the stream with this number.
  func get(_ group: String, _ number: Int) throws {
    try watcher.line(within: 10, "packet \(number) of \(group)") { line in
      Packet(line).map { $0.group == group && $0.number == number } ?? false
    }
  }

  /// What came of IGMP, DVMRP among it, in order.
  var heard: [Capture.Frame] {
    watcher.seen().compactMap { line in
      guard line.hasPrefix("igmp "), let text = line.split(separator: " ").last else { return nil }
      return Capture.Frame(Correspondent.bytes(text))
    }
  }

  /// The first packet behind a place that the condition accepts, which may still have to come.
  @discardableResult
  func hear(
    from place: Int = 0, within seconds: Double = 10, _ what: String, where accept: (Capture.Frame) -> Bool
  ) throws -> Capture.Frame {
    var found: Capture.Frame?
    do {
      try eventually(what, within: seconds, every: 0.005) {
        found = heard.dropFirst(place).first(where: accept)
        return found != nil
      }
    } catch {
      let last = heard.suffix(12).map { "\($0.source) > \($0.destination) \(Correspondent.hex($0.payload))" }
      throw LabError(description: "\(error); \(interface) heard:\n" + last.joined(separator: "\n"))
    }
    return try #require(found)
  }

  static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func bytes(_ text: Substring) -> [UInt8] {
    stride(from: 0, to: text.utf8.count - 1, by: 2).compactMap { place in
      let start = text.index(text.startIndex, offsetBy: place)
      return UInt8(text[start..<text.index(start, offsetBy: 2)], radix: 16)
    }
  }
}

/// The packets of a capture of `Tests/WireTests/Captures`.
struct Capture {
  /// A packet of IPv4.
  struct Frame {
    let packet: [UInt8]
    let source: String
    let destination: String
    let hops: UInt8
    let hasRouterAlert: Bool
    let payload: [UInt8]

    init?(_ packet: [UInt8]) {
      guard let header = try? IPv4Header(decoding: packet.span), header.protocolNumber == 2 else {
        return nil
      }
      self.packet = packet
      source = "\(header.source)"
      destination = "\(header.destination)"
      (hops, hasRouterAlert) = (header.timeToLive, header.routerAlert)
      payload = Array(packet[header.payload])
    }

    /// The message, where it is one of DVMRP.
    var message: DVMRPMessage? {
      payload.first == DVMRPPacket.type ? try? DVMRPPacket(decoding: payload.span).message : nil
    }

    var code: UInt8? { payload.first == DVMRPPacket.type ? payload[1] : nil }

    /// The routes of a report, each `10.77.1.0/24 34`.
    var routes: [String] {
      guard case .report(let report) = message else { return [] }
      return report.routes.map { "\($0.origin) \($0.metric.rawValue)" }
    }

    /// The neighbors that a probe names; nil: it is none.
    var named: [String]? {
      guard case .probe(let probe) = message else { return nil }
      return probe.neighbors.map { "\($0)" }
    }
  }

  let frames: [Frame]

  init(_ name: String) throws {
    let file = URL(filePath: Lab.top).appending(path: "Tests/WireTests/Captures/\(name).pcap")
    let bytes = [UInt8](try Data(contentsOf: file))
    var frames: [Frame] = []
    var position = 24
    while position + 16 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 | Int(bytes[position + 8 + $1]) << (8 * $1) }
      // An Ethernet header of 14 bytes stands before each packet.
      let frame = Frame(Array(bytes[position + 30..<position + 16 + length]))
      if let frame { frames.append(frame) }
      position += 16 + length
    }
    self.frames = frames
  }

  /// The first packet of a sender that the condition accepts.
  func first(from source: String, where accept: (Frame) -> Bool) throws -> Frame {
    try #require(frames.first { $0.source == source && accept($0) }, "no such packet of \(source)")
  }

  /// The first DVMRP packet of a sender with this code.
  func first(from source: String, code: UInt8) throws -> Frame {
    try first(from: source) { $0.code == code }
  }
}

import Addressing
import DVMRP
import Foundation
import Kernel
import Testing
import Timing
import Wire

/// What mrouted said to a router of the line S – R1 – R2 – R3 – D, said to ours in its place, at its time.
@Suite struct ReplayTests {
  @Test(
    "In R2's place our router answers as R2 did: routes, poison reverse, prune, graft, acks",
    arguments: ["mrouted-4.6", "mrouted-3.9.8", "mrouted-4.6-plain"])
  func middle(_ run: String) throws {
    var replay = try Replay(["10.77.12.2/24", "10.77.23.2/24"])
    let upstream = try Replay.lines(run + "-r1-r2")
    let downstream = try Replay.lines(run + "-r2-r3", clockOf: run + "-r1-r2")
    let (r1, r2, r3) = (try address("10.77.12.1"), try address("10.77.12.2"), try address("10.77.23.3"))
    let farewell = try #require(
      upstream.first { $0.source == r1 && Replay.routes([$0]).contains("10.77.1.0/24 32") })
    try replay.play(
      upstream.filter { $0.source == r1 }.map { ($0, 0) }
        + downstream.filter { $0.source == r3 }.map { ($0, 1) },
      until: farewell.at - .start)
    // The three networks, as R2 reported them to R1, and the poison that makes R1 forward to us.
    let told = Set(replay.said.routes(on: 0))
    #expect(told.isSuperset(of: ["10.77.1.0/24 34", "10.77.3.0/24 2", "10.77.23.0/24 1"]), "\(told)")
    #expect(told.isSubset(of: Replay.routes(upstream.filter { $0.source == r2 })), "\(told)")
    // The same messages for the tree, in the same order, each within moments of the original's.
    let tree = { (line: Replay.Line) in line.source == r2 && [7, 8, 9].contains(line.packet.message.code) }
    let theirs = upstream.filter { tree($0) && $0.at < farewell.at }
    let ours = replay.said.filter { $0.slot == 0 && [7, 8, 9].contains($0.message.code) }
    #expect(ours.map(\.message.code) == theirs.map(\.packet.message.code))
    for (mine, other) in zip(ours, theirs) {
      #expect(abs((mine.at - other.at).milliseconds) <= 40, "\(mine.message) \(other.at)")
      if case .prune(let prune) = mine.message, case .prune(let original) = other.packet.message {
        #expect(prune.source == original.source && prune.group == original.group)
      } else {
        #expect(mine.datagram.payload == other.datagram.payload)
      }
      #expect(mine.datagram.destination == other.datagram.destination)
    }
    // Every graft of R3, a repeated one too, was answered with the bytes of the original's answer.
    let acks = downstream.filter { $0.packet.message.code == 9 && $0.at < farewell.at }
    #expect(
      replay.said.filter { $0.slot == 1 && $0.message.code == 9 }.map(\.datagram.payload)
        == acks.map(\.datagram.payload))
    #expect(replay.refused() == 0)
  }

  @Test("In R1's place our router hears R2's prune and graft, and in the end says farewell as R1 did")
  func first() throws {
    var replay = try Replay(["10.77.1.1/24", "10.77.12.1/24"])
    let lines = try Replay.lines("mrouted-4.6-r1-r2")
    let (r1, r2) = (try address("10.77.12.1"), try address("10.77.12.2"))
    try replay.play(lines.filter { $0.source == r2 }.map { ($0, 1) }, until: .seconds(93))
    // On and off as in the capture: flood, prune, graft …
    #expect(replay.wishes == [true, false, true, false, true, false, true])
    #expect(
      replay.said.filter { $0.message.code == 9 }.map(\.datagram.payload)
        == lines.filter { $0.packet.message.code == 9 }.map(\.datagram.payload))
    let effects = replay.bench.dvmrp.stop(at: replay.bench.now)
    let farewell = try #require(
      lines.last { line in
        guard line.source == r1, case .report = line.packet.message else { return false }
        return true
      })
    #expect(effects.datagrams.map(\.payload) == [farewell.datagram.payload])
    #expect(replay.refused() == 0)
  }

  @Test("In R3's place our router learns of R1's end, and tells it on")
  func last() throws {
    var replay = try Replay(["10.77.23.3/24", "10.77.3.1/24"])
    let lines = try Replay.lines("mrouted-4.6-r2-r3")
    let r2 = try address("10.77.23.2")
    try replay.play(lines.filter { $0.source == r2 }.map { ($0, 0) }, until: .seconds(93))
    let stream = replay.stream
    #expect(replay.bench.dvmrp.view(of: stream, at: replay.bench.now)?.metric == 3)
    #expect(replay.bench.dvmrp.view(of: stream, at: replay.bench.now)?.gateway == r2)
    try replay.play(lines.filter { $0.source == r2 }.map { ($0, 0) }, until: .seconds(95))
    #expect(replay.bench.dvmrp.view(of: stream, at: replay.bench.now) == nil)
  }
}

/// A router among captured packets, and the stream of the captures through it.
private struct Replay {
  struct Line {
    var at: Instant
    var source: Address
    var datagram: Datagram
    var packet: DVMRPPacket
  }

  let stream: Flow
  var bench: Bench
  var said: [Bench.Sent] = []
  /// Every change of whether the stream goes on from here.
  var wishes: [Bool] = []

  init(_ links: [String]) throws {
    stream = try flow("10.77.1.2", "239.77.1.1")
    bench = try Bench(links)
    said = bench.said()
  }

  /// What routers say to each other in a capture, its times counted from the first packet, or from that
  /// of another one.
  static func lines(_ name: String, clockOf other: String? = nil) throws -> [Line] {
    let start = try bytes(of: other ?? name).time(at: 24)
    let bytes = try bytes(of: name)
    var lines: [Line] = []
    var position = 24
    while position + 16 <= bytes.count {
      let time = bytes.time(at: position)
      let length = bytes.number(at: position + 8)
      let frame = Array(bytes[position + 30..<position + 16 + length])
      position += 16 + length
      let header = try IPv4Header(decoding: frame.span)
      let payload = Array(frame[header.payload])
      guard payload.first == DVMRPPacket.type, [1, 2, 7, 8, 9].contains(payload[1]) else { continue }
      lines.append(
        Line(
          at: .start + .microseconds(time - start), source: header.source,
          datagram: Datagram(
            link: 1, source: header.source, destination: header.destination, hops: header.timeToLive,
            routerAlert: header.routerAlert, payload: payload),
          packet: try DVMRPPacket(decoding: payload.span)))
    }
    return lines
  }

  private static func bytes(of name: String) throws -> [UInt8] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return [UInt8](try Data(contentsOf: tests.appending(path: "WireTests/Captures/\(name).pcap")))
  }

  static func routes(_ lines: [Line]) -> Set<String> {
    Set(
      lines.flatMap { line -> [String] in
        guard case .report(let report) = line.packet.message else { return [] }
        return report.routes.map { "\($0.origin) \($0.metric.rawValue)" }
      })
  }

  /// Says the packets, each at its time; those before now were said already.
  mutating func play(_ lines: [(Line, UInt8)], until end: Duration) throws {
    let begin = bench.now
    for (line, slot) in lines.sorted(by: { $0.0.at < $1.0.at })
    where line.at >= begin && line.at < .start + end {
      try pass(until: line.at)
      // The stream begins 23.98 s after the routers.
      follow(bench.take(bench.dvmrp.receive(line.datagram, on: InterfaceID(slot: slot), at: bench.now)))
    }
    try pass(until: .start + end)
  }

  private static let streamStart = Instant.start + .milliseconds(23_980)

  private mutating func pass(until end: Instant) throws {
    if bench.now < Replay.streamStart, end >= Replay.streamStart {
      for effects in try bench.advance(Replay.streamStart - bench.now) { follow(effects) }
      decide()
    }
    for effects in try bench.advance(end - bench.now) { follow(effects) }
    said += bench.said()
  }

  private mutating func follow(_ effects: DVMRPEffects) {
    let isNamed =
      effects.flows.contains(stream) || !effects.interfaces.isEmpty
      || effects.origins.contains { $0.contains(stream.source) }
    if isNamed, !wishes.isEmpty { decide() }
    said += bench.said()
  }

  private mutating func decide() {
    guard let view = bench.dvmrp.view(of: stream, at: bench.now) else { return }
    let isWanted = !view.dependents.isEmpty
    if wishes.last != isWanted { wishes.append(isWanted) }
    follow(bench.take(bench.dvmrp.setWanted(isWanted, for: stream, at: bench.now)))
  }

  /// Everything that was not heard, on both interfaces.
  func refused() -> UInt64 {
    (0..<2).reduce(0) { sum, slot in
      sum + DVMRPRefusal.allCases.reduce(0) { $0 + bench.refused($1, on: slot) }
    }
  }
}

extension [UInt8] {
  fileprivate func number(at place: Int) -> Int {
    (0..<4).reduce(0) { $0 | Int(self[place + $1]) << (8 * $1) }
  }

  /// Microseconds of a packet's record in a little-endian capture.
  fileprivate func time(at place: Int) -> Int64 {
    Int64(number(at: place)) * 1_000_000 + Int64(number(at: place + 4))
  }
}

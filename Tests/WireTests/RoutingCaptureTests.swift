import Addressing
import Testing
import Wire

/// What the captured routers say to each other: DVMRP and mtrace, to the byte and to the moment.
@Suite struct RoutingCaptureTests {
  @Test("Every captured DVMRP and mtrace packet is read, and written as the same bytes")
  func all() throws {
    var messages = 0
    var traces = 0
    for (name, _) in Capture.counts {
      for frame in try Capture(named: name).frames {
        let header = try IPv4Header(decoding: frame.packet.span)
        let bytes = Array(frame.packet[header.payload])
        switch bytes.first {
        case DVMRPPacket.type:
          let packet = try DVMRPPacket(decoding: bytes.span)
          #expect(packet.encoded() == bytes, "\(name): \(packet)")
          #expect(packet.version == .current)
          #expect(packet.capabilities.subtracting(.leaf) == .ours)
          if case .report(let report) = packet.message { #expect(report.skipped == 0) }
          #expect(header.timeToLive == 1 || !header.destination.isMulticast)
          messages += 1
        case TraceMessage.queryType, TraceMessage.responseType:
          let trace = try TraceMessage(decoding: bytes.span)
          #expect(trace.encoded() == bytes, "\(name): \(trace)")
          // A response to one host may have come through both other routers.
          if trace.isResponse, header.timeToLive != trace.answerTimeToLive {
            #expect(!trace.answerTo.isMulticast && header.timeToLive >= 253)
          }
          traces += 1
        default: continue
        }
      }
    }
    #expect(messages == 529)
    #expect(traces == 212)
  }

  @Test("Who says what and when between R1 and R2: start, routes, prune, graft, farewell")
  func story() throws {
    let said = try Said.all(in: "mrouted-4.6-r1-r2")
    let group = try group("239.77.1.1")
    let network = try address("10.77.1.0")
    // Three probes of each within 3 ms, then a neighbor in the list, at 10 s.
    #expect(said.prefix(6).allSatisfy { $0.message == .probe(DVMRPProbe(generation: 0x0706_0000)) })
    let second = try #require(said.first { $0.milliseconds >= 10_000 })
    #expect(second.from == (try address("10.77.12.1")))
    #expect(
      second.message
        == .probe(DVMRPProbe(generation: 0x0706_0000, neighbors: [try address("10.77.12.2")])))
    // R1 tells its network; R2 poisons it and tells what is behind it.
    let reports = said.compactMap { line -> Line? in
      guard case .report(let report) = line.message else { return nil }
      return Line(line.milliseconds, line.from, report.routes)
    }
    let (one, two) = (try address("10.77.12.1"), try address("10.77.12.2"))
    #expect(
      Array(reports.prefix(6)) == [
        Line(10_000, one, try routes([("10.77.1.0/24", 1)])),
        Line(10_000, two, try routes([("10.77.23.0/24", 1)])),
        Line(10_000, one, try routes([("10.77.23.0/24", 34)])),
        Line(10_002, two, try routes([("10.77.1.0/24", 34), ("10.77.3.0/24", 2)])),
        Line(15_000, one, try routes([("10.77.3.0/24", 35)])),
        Line(15_001, one, try routes([("10.77.1.0/24", 1), ("10.77.3.0/24", 35), ("10.77.23.0/24", 34)])),
      ])
    // At the end R1 reaches nothing any more, and R2 answers within a millisecond.
    #expect(
      reports.suffix(3).prefix(2) == [
        Line(
          93_526, one, try routes([("10.77.1.0/24", 32), ("10.77.3.0/24", 32), ("10.77.23.0/24", 32)])),
        Line(93_526, two, try routes([("10.77.1.0/24", 32)])),
      ])
    // The flood's prune, and the graft of D's join with its ack.
    let tree = said.filter { [7, 8, 9].contains($0.message.code) }
    let graft = DVMRPGraft(source: network, group: group)
    #expect(
      tree.prefix(3).map(\.message) == [
        .prune(DVMRPPrune(source: network, group: group, lifetime: 9079)), .graft(graft), .graftAck(graft),
      ])
    #expect(tree.prefix(3).map(\.milliseconds) == [23_997, 30_006, 30_006])
    #expect(tree.prefix(3).map(\.from) == [two, two, one])
    #expect(tree.count == 9)
  }

  @Test("mrouted 3.9.8 sends a graft twice, and both are acknowledged")
  func twice() throws {
    let tree = try Said.all(in: "mrouted-3.9.8-r2-r3").filter { [8, 9].contains($0.message.code) }
    #expect(tree.map(\.message.code) == [8, 8, 9, 9, 8, 9, 8, 9])
  }

  @Test("mtrace's full path comes back with a block for each router")
  func trace() throws {
    var paths: [[Address]] = []
    for frame in try Capture(named: "mrouted-4.6-plain-lan-d").frames {
      let header = try IPv4Header(decoding: frame.packet.span)
      let bytes = Array(frame.packet[header.payload])
      guard let trace = try? TraceMessage(decoding: bytes.span), trace.isResponse else { continue }
      paths.append(trace.hops.map(\.outgoing))
    }
    let whole = [try address("10.77.3.1"), try address("10.77.23.2"), try address("10.77.12.1")]
    #expect(paths.contains(whole))
    #expect(paths.count == 14)
  }

  private struct Line: Equatable {
    var milliseconds: Int64
    var from: Address
    var routes: [ReportedRoute]

    init(_ milliseconds: Int64, _ from: Address, _ routes: [ReportedRoute]) {
      self.milliseconds = milliseconds
      self.from = from
      self.routes = routes
    }
  }

  private func routes(_ list: [(String, UInt8)]) throws -> [ReportedRoute] {
    try list.map {
      ReportedRoute(try #require(Prefix($0.0)), try #require(DVMRPMetric(rawValue: $0.1)))
    }
  }
}

/// One DVMRP message of a capture, its time counted from the capture's first packet.
private struct Said {
  var milliseconds: Int64
  var from: Address
  var message: DVMRPMessage

  static func all(in name: String) throws -> [Said] {
    let frames = try Capture(named: name).frames
    let start = try #require(frames.first).at
    return try frames.compactMap { frame in
      let header = try IPv4Header(decoding: frame.packet.span)
      let bytes = Array(frame.packet[header.payload])
      guard bytes.first == DVMRPPacket.type else { return nil }
      return Said(
        milliseconds: (frame.at - start) / 1000, from: header.source,
        message: try DVMRPPacket(decoding: bytes.span).message)
    }
  }
}

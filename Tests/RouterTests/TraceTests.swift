import Addressing
import Configuration
import DVMRP
import Kernel
import Router
import Testing
import Timing
import Wire

/// mtrace as our Router answers it: the line 10.77.1.2 – R1 – R2 – R3 – 10.77.3.2, of which a test plays one
/// router; the messages are those that three routers of mrouted 4.6 sent.
@Suite("Tracing") struct TraceTests {
  /// 32 hops from 10.77.1.2 to 10.77.3.2 by 239.77.1.1, answers to 10.77.3.2, number f99264, TTL 255.
  private static let head = "ef4d0101 0a4d0102 0a4d0302 0a4d0302 f99264ff"
  /// Arrival, in, out, previous; packets in, out, of the flow; DVMRP, threshold 1, /24, no error.
  private static let r3 = "a35f5362 0a4d1703 0a4d0301 0a4d1702 000000a8 000000a7 000000a8 01011800"
  private static let r2 = "a35f541a 0a4d0c02 0a4d1702 0a4d0c01 000000a8 000000a8 000000a8 01011800"
  private static let r1 = "a35f541e 0a4d0101 0a4d0c01 00000000 00000120 000000a8 00000120 01011800"
  private static let query = "1f206c11" + head
  private static let fromR3 = "1f200a6a" + head + r3
  private static let fromR2 = "1f20aa0a" + head + r3 + r2
  private static let fromR1 = "1e207607" + head + r3 + r2 + r1

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }.map { UInt8($0) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  private static func address(_ text: String) -> Address { Address(text) ?? .unspecified(.ipv4) }

  /// The instant whose arrival field is this one.
  private static func wall(_ arrival: UInt32) -> Int64 {
    let seconds = Int64(arrival >> 16) - 32_384
    let microseconds = (Int64(arrival & 0xffff) * 15_625 + 1023) / 1024
    return seconds * 1_000_000_000 + microseconds * 1000
  }

  /// A router with two links: upstream its source or neighbor, downstream another router or hosts.
  private struct Line {
    var bench: Bench
    let flow: KernelEntry.Key

    /// - Parameters:
    ///   - links: our addresses, the upstream link's first.
    ///   - upstream: the router toward the source; nil: the source is on the link.
    ///   - downstream: a router that wants all flows; nil: a host that wants the group.
    init(
      _ links: [String], upstream: String?, downstream: String?,
      _ change: (inout Configuration) -> Void = { _ in }
    ) throws {
      var configuration = DynamicTests.dynamic
      change(&configuration)
      bench = Bench(configuration: configuration)
      flow = try .init(table: .standard, flow: #require(Bench.flow("10.77.1.2", "239.77.1.1")))
      for (index, text) in links.enumerated() {
        var link = Bench.link(Int32(index + 1), "eth\(index)")
        link.addresses = [InterfaceAddress(TraceTests.address(text), length: 24)]
        bench.links[Int32(index + 1)] = link
      }
      bench.step([.kernel(.interfacesListed(bench.links.keys.sorted().compactMap { bench.links[$0] }))])
      let origin = try #require(Prefix("10.77.1.0/24"))
      let poisoned = try #require(DVMRPMetric(rawValue: 34))
      if let upstream {
        say(.probe(DVMRPProbe(generation: 5, neighbors: [TraceTests.address(links[0])])), upstream, 1)
        let metric = try #require(DVMRPMetric(rawValue: 1))
        say(.report(DVMRPReport([ReportedRoute(origin, metric)])), upstream, 1)
      }
      if let downstream {
        say(.probe(DVMRPProbe(generation: 5, neighbors: [TraceTests.address(links[1])])), downstream, 2)
        say(.report(DVMRPReport([ReportedRoute(origin, poisoned)])), downstream, 2)
      } else if links.count > 1 {
        let group = try #require(Group(TraceTests.address("239.77.1.1")))
        hear(
          IGMPMessage.reportV3([GroupRecord(.toExclude, group)]).encoded(), from: "10.77.3.2",
          to: "224.0.0.22",
          link: 2, hops: 1)
      }
      bench.advance(.seconds(15))
      bench.packet("10.77.1.2", "239.77.1.1", by: "eth0")
    }

    private mutating func say(_ message: DVMRPMessage, _ source: String, _ link: Int32) {
      hear(DVMRPPacket(message).encoded(), from: source, to: "224.0.0.4", link: link, hops: 1)
    }

    mutating func hear(
      _ payload: [UInt8], from source: String, to target: String, link: Int32, hops: UInt8 = 255,
      at arrival: UInt32? = nil
    ) {
      let datagram = Datagram(
        link: link, source: TraceTests.address(source), destination: TraceTests.address(target), hops: hops,
        routerAlert: false, payload: payload, wallNanoseconds: arrival.map(TraceTests.wall))
      bench.log = []
      bench.step([.kernel(.received(datagram))])
    }

    /// The traces sent since the last packet came.
    var sent: [Datagram] {
      bench.log.compactMap { action in
        guard case .kernel(.send(let datagram)) = action, [0x1e, 0x1f].contains(datagram.payload.first) else {
          return nil
        }
        return datagram
      }
    }

    /// The problem that the answer names last.
    var problem: TraceProblem? {
      sent.first.flatMap { try? TraceMessage(decoding: $0.payload.span) }?.hops.last?.problem
    }
  }

  private static func last(_ change: (inout Configuration) -> Void = { _ in }) throws -> Line {
    var line = try Line(["10.77.23.3", "10.77.3.1"], upstream: "10.77.23.2", downstream: nil, change)
    line.bench.packets[line.flow] = 0xa8
    line.bench.passed = [1: (0xa8, 0), 2: (0, 0xa7)]
    return line
  }

  private static func middle() throws -> Line {
    var line = try Line(["10.77.12.2", "10.77.23.2"], upstream: "10.77.12.1", downstream: "10.77.23.3")
    line.bench.packets[line.flow] = 0xa8
    line.bench.passed = [1: (0xa8, 0), 2: (0, 0xa8)]
    return line
  }

  private static func first() throws -> Line {
    var line = try Line(["10.77.1.1", "10.77.12.1"], upstream: nil, downstream: "10.77.12.2")
    line.bench.packets[line.flow] = 0x120
    line.bench.passed = [1: (0x120, 0), 2: (0, 0xa8)]
    return line
  }

  // MARK: The path

  @Test("The receiver's router, one in the middle and the source's say what three routers of mrouted said")
  func capturedPath() throws {
    var line = try Self.last()
    line.hear(Self.bytes(Self.query), from: "10.77.3.2", to: "224.0.0.2", link: 2, hops: 1, at: 0xa35f_5362)
    var sent = try #require(line.sent.first)
    #expect(sent.payload == Self.bytes(Self.fromR3))
    #expect(
      "\(sent.link) \(sent.source) \(sent.destination)" == "1 10.77.23.3 10.77.23.2" && !sent.routerAlert)
    line = try Self.middle()
    line.hear(Self.bytes(Self.fromR3), from: "10.77.23.3", to: "10.77.23.2", link: 2, at: 0xa35f_541a)
    sent = try #require(line.sent.first)
    #expect(sent.payload == Self.bytes(Self.fromR2))
    #expect("\(sent.link) \(sent.source) \(sent.destination)" == "1 10.77.12.2 10.77.12.1")
    line = try Self.first()
    line.hear(Self.bytes(Self.fromR2), from: "10.77.12.2", to: "10.77.12.1", link: 2, at: 0xa35f_541e)
    sent = try #require(line.sent.first)
    #expect(sent.payload == Self.bytes(Self.fromR1))
    #expect("\(sent.link) \(sent.source) \(sent.destination)" == "0 10.77.1.1 10.77.3.2" && sent.hops == 255)
  }

  @Test("A router that is asked about a receiver on none of its links says so, as mrouted did")
  func capturedAstray() throws {
    var line = try Self.first()
    line.bench.packets[line.flow] = 0x32a
    line.bench.passed = [1: (0x32a, 0), 2: (0, 7)]
    let head = "ef4d0101 0a4d0102 0a4d0302 0a4d0302 0c5836ff"
    line.hear(
      Self.bytes("1f20874c" + head), from: "10.77.3.2", to: "10.77.12.1", link: 2, at: 0xa379_6bda)
    let block = "a3796bda 0a4d0101 0a4d0c01 00000000 0000032a ffffffff 0000032a 01001801"
    #expect(line.sent.map(\.payload) == [Self.bytes("1e203807" + head + block)])
  }

  private static func message(_ change: (inout TraceMessage) -> Void) throws -> [UInt8] {
    var message = try TraceMessage(decoding: bytes(query).span)
    change(&message)
    return message.encoded()
  }

  @Test("The number of hops that was asked for ends the trace")
  func hopLimit() throws {
    var line = try Self.last()
    line.hear(try Self.message { $0.maximumHops = 1 }, from: "10.77.3.2", to: "224.0.0.2", link: 2)
    #expect(line.sent.map(\.destination.description) == ["10.77.3.2"])
    #expect(line.sent.first?.payload.first == 0x1e)
    line = try Self.middle()
    let full = try Self.message {
      $0.maximumHops = 255
      $0.hops = Array(
        repeating: TraceHop(
          arrival: 0, incoming: $0.receiver, outgoing: $0.receiver, previous: $0.receiver, threshold: 1,
          sourceLength: 24), count: 32)
    }
    line.hear(full, from: "10.77.23.3", to: "10.77.23.2", link: 2)
    let payload = try #require(line.sent.first).payload
    let answer = try TraceMessage(decoding: payload.span)
    #expect(answer.isResponse && answer.hops.count == 32 && answer.hops[31].problem == .noSpace)
  }

  @Test("A multicast answer goes out toward the receiver with the TTL that was asked for")
  func multicastAnswer() throws {
    var line = try Self.last()
    let query = try Self.message {
      $0.maximumHops = 1
      $0.answerTo = Self.address("224.0.1.32")
      $0.tag = TraceTag(number: 9, timeToLive: 96)
    }
    line.hear(query, from: "10.77.3.2", to: "239.77.1.1", link: 2)
    let sent = try #require(line.sent.first)
    #expect("\(sent.link) \(sent.source) \(sent.destination) \(sent.hops)" == "2 10.77.3.1 224.0.1.32 96")
  }

  // MARK: Why packets do not pass

  @Test("What keeps a flow from passing is named")
  func problems() throws {
    let ask = Self.bytes(Self.query)
    // Nobody wants the group: we pruned.
    var line = try Line(["10.77.23.3", "10.77.3.1"], upstream: "10.77.23.2", downstream: nil)
    line.hear(
      IGMPMessage.reportV3([GroupRecord(.toInclude, try #require(Group(Self.address("239.77.1.1"))))])
        .encoded(),
      from: "10.77.3.2", to: "224.0.0.22", link: 2, hops: 1)
    line.bench.advance(.seconds(3))
    line.bench.packet("10.77.1.2", "239.77.1.1", by: "eth0")
    line.hear(ask, from: "10.77.3.2", to: "224.0.0.2", link: 2, hops: 1)
    #expect(line.problem == .pruneSent)
    // A boundary.
    line = try Self.last { configuration in
      guard let prefix = Prefix("239.77.0.0/16") else { return }
      configuration.interfaces.append(
        InterfaceStatement(InterfacePattern("eth1"), [.boundary(.prefix(prefix))]))
    }
    line.hear(ask, from: "10.77.3.2", to: "224.0.0.2", link: 2, hops: 1)
    #expect(line.problem == .scopeBoundary)
    // No route: asked by all, another router will know; asked alone, it says so.
    line = try Self.last()
    let lost = try Self.message { $0.source = Self.address("10.99.1.2") }
    line.hear(lost, from: "10.77.3.2", to: "224.0.0.2", link: 2, hops: 1)
    #expect(line.sent.isEmpty)
    line.hear(lost, from: "10.77.3.2", to: "10.77.3.1", link: 2)
    #expect(line.problem == .noRoute)
    // A neighbor asks by the interface that leads to the source.
    line = try Self.middle()
    line.hear(Self.bytes(Self.fromR3), from: "10.77.12.1", to: "10.77.12.2", link: 1)
    #expect(line.problem == .wrongInterface)
    // Without a flow nothing is pruned, and without a group nothing is scoped.
    line = try Self.last()
    line.hear(
      try Self.message { $0.group = Group(Self.address("224.2.0.1")) }, from: "10.77.3.2", to: "224.0.0.2",
      link: 2, hops: 1)
    #expect(line.problem == TraceProblem.none)
  }

  // MARK: Bad input

  @Test("What is not well formed, not for us, or of a stranger is not heard")
  func refusals() throws {
    let cases: [(name: String, payload: [UInt8], source: String, target: String, link: Int32)] = [
      ("truncated", Array(Self.bytes(Self.query).dropLast()), "10.77.3.2", "224.0.0.2", 2),
      ("checksum", Self.bytes("1f206c12" + Self.head), "10.77.3.2", "224.0.0.2", 2),
      ("part of a block", Self.bytes(Self.fromR3).dropLast(4).map { $0 }, "10.77.23.2", "10.77.23.3", 1),
      ("no hops", try Self.message { $0.maximumHops = 0 }, "10.77.3.2", "224.0.0.2", 2),
      ("an answer", Self.bytes(Self.fromR1), "10.77.3.2", "10.77.3.1", 2),
      ("another group", Self.bytes(Self.query), "10.77.3.2", "239.1.1.1", 2),
      ("another router", Self.bytes(Self.query), "10.77.3.2", "10.77.9.9", 2),
      (
        "a loopback source", try Self.message { $0.source = Self.address("127.0.0.1") }, "10.77.3.2",
        "224.0.0.2", 2
      ),
      (
        "a group as receiver", try Self.message { $0.receiver = Self.address("239.1.1.1") }, "10.77.3.2",
        "224.0.0.2", 2
      ),
      (
        "answers to nobody", try Self.message { $0.answerTo = Self.address("0.0.0.0") }, "10.77.3.2",
        "224.0.0.2", 2
      ),
      (
        "answers to a link's group", try Self.message { $0.answerTo = Self.address("224.0.0.5") },
        "10.77.3.2",
        "224.0.0.2", 2
      ),
      (
        "another link's receiver", try Self.message { $0.receiver = Self.address("10.77.8.8") }, "10.77.3.2",
        "224.0.0.2", 2
      ),
      ("a stranger's request", Self.bytes(Self.fromR3), "10.77.3.9", "10.77.3.1", 2),
      ("a request to a group", Self.bytes(Self.fromR3), "10.77.23.2", "224.0.0.2", 1),
    ]
    var line = try Self.last()
    for item in cases {
      line.hear(item.payload, from: item.source, to: item.target, link: item.link)
      #expect(line.sent.isEmpty, "\(item.name)")
    }
    line.hear(Self.bytes(Self.query), from: "10.77.3.2", to: "224.0.0.2", link: 2)
    #expect(line.sent.count == 1, "all was well with the line")
  }

  @Test("A query that comes again is answered once, a request each time, and five a second in all")
  func limits() throws {
    var line = try Self.last()
    line.hear(Self.bytes(Self.query), from: "10.77.3.2", to: "224.0.0.2", link: 2)
    #expect(line.sent.count == 1)
    line.hear(Self.bytes(Self.query), from: "10.77.3.2", to: "224.0.0.2", link: 2)
    #expect(line.sent.isEmpty)
    line = try Self.middle()
    var answered = 0
    for _ in 0..<1000 {
      line.hear(Self.bytes(Self.fromR3), from: "10.77.23.3", to: "10.77.23.2", link: 2)
      answered += line.sent.count
    }
    #expect(answered == 5)
    line.bench.advance(.seconds(1))
    line.hear(Self.bytes(Self.fromR3), from: "10.77.23.3", to: "10.77.23.2", link: 2)
    #expect(line.sent.count == 1)
  }

  @Test("trace off answers nobody; on-link only who asks, links of ours and a neighbor's receiver")
  func policy() throws {
    let far = try Self.message { $0.answerTo = Self.address("192.0.2.9") }
    var line = try Self.last { $0.dvmrp.trace = .off }
    line.hear(Self.bytes(Self.query), from: "10.77.3.2", to: "224.0.0.2", link: 2)
    #expect(line.sent.isEmpty)
    line = try Self.last()
    line.hear(far, from: "10.77.3.2", to: "224.0.0.2", link: 2)
    #expect(line.sent.count == 1)
    line = try Self.last { $0.dvmrp.trace = .onLink }
    line.hear(far, from: "10.77.3.2", to: "224.0.0.2", link: 2)
    #expect(line.sent.isEmpty)
    line.hear(Self.bytes(Self.query), from: "10.77.3.2", to: "224.0.0.2", link: 2)
    #expect(line.sent.count == 1)
  }

  // MARK: mrinfo

  @Test("A question to an address of this machine, from it or from anywhere, is answered for all interfaces")
  func questions() throws {
    var line = try Self.last()
    var loopback = Bench.link(9, "lo")
    loopback.flags = [.up, .running, .loopback]
    loopback.addresses = [InterfaceAddress(Self.address("127.0.0.1"), length: 8)]
    line.bench.links[9] = loopback
    line.bench.step([.kernel(.interfaceChanged(loopback))])
    let question = DVMRPPacket(.askNeighbors(.flagged)).encoded()
    for (source, target) in [("127.0.0.1", "127.0.0.1"), ("10.77.3.1", "10.77.3.1")] {
      line.hear(question, from: source, to: target, link: 9)
      let answers = line.bench.log.compactMap { action -> Datagram? in
        if case .kernel(.send(let datagram)) = action { datagram } else { nil }
      }
      #expect(answers.map { "\($0.source) \($0.destination)" } == ["\(target) \(source)"])
      #expect(answers.first?.payload.prefix(2) == [0x13, 6])
    }
  }
}

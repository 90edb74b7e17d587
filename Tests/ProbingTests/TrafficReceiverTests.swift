import Addressing
import Probing
import Testing
import Timing

@Suite struct TrafficReceiverTests {
  /// Packets of one stream, a millisecond apart on both sides, received in the order of `sequences`.
  private func received(_ sequences: [UInt64], kind: TrafficKind = .seq) throws -> TrafficStream {
    var receiver = TrafficReceiver(from: .start)
    let flow = try flow("10.0.0.1", "239.1.1.1")
    for (index, sequence) in sequences.enumerated() {
      let header = TestHeader(stream: 1, sequence: sequence, sentNanoseconds: Int64(index) * 1_000_000)
      receiver.receive(header.encoded().span, of: flow, at: .start + .milliseconds(Int64(index)))
    }
    #expect(receiver.packets == UInt64(sequences.count))
    return try #require(receiver.streams.first)
  }

  private func flow(_ source: String, _ group: String) throws -> Flow {
    let source = try #require(Address(source))
    let group = try #require(Address(group).flatMap(Group.init))
    return try #require(Flow(source: source, group: group))
  }

  struct Case: Sendable {
    var sequences: [UInt64]
    var lost: UInt64 = 0
    var reordered: UInt64 = 0
    var duplicates: UInt64 = 0
  }

  @Test(
    "Loss, order and duplicates are told apart",
    arguments: [
      Case(sequences: [0]), Case(sequences: [0, 1, 2]), Case(sequences: [1_000_000, 1_000_001]),
      Case(sequences: [0, 2], lost: 1), Case(sequences: [0, 5, 6], lost: 4),
      Case(sequences: [0, 2, 1, 3], reordered: 1), Case(sequences: [0, 1, 1, 1, 2], duplicates: 2),
      // A late packet that comes twice; and one from before the first that came.
      Case(sequences: [0, 2, 1, 1], reordered: 1, duplicates: 1), Case(sequences: [5, 4, 6], reordered: 1),
      Case(sequences: [5, 3], lost: 1, reordered: 1),
      // The window's edge: 4,095 back is known, 4,096 back is not.
      Case(sequences: [1, 4_096, 1], lost: 4_094, duplicates: 1),
      Case(sequences: [1, 4_097, 1], lost: 4_095, reordered: 1),
      Case(sequences: [1, 4_097, 2], lost: 4_094, reordered: 1),
      // Numbers whose bits are those of older ones.
      Case(sequences: [0, 4_096, 8_192, 4_097], lost: 8_189, reordered: 1),
      // Nothing a sender writes makes the counts overflow.
      Case(sequences: [0, .max], lost: .max - 1), Case(sequences: [.max, 0], reordered: 1),
      Case(sequences: [.max, .max], duplicates: 1),
    ])
  func sequences(_ expected: Case) throws {
    let stream = try received(expected.sequences)
    #expect(stream.lost == expected.lost)
    #expect(stream.reordered == expected.reordered)
    #expect(stream.duplicates == expected.duplicates)
    #expect(stream.packets == UInt64(expected.sequences.count))
  }

  @Test("The window agrees with a set of all that came", arguments: 0..<16 as Range<UInt64>)
  func model(_ seed: UInt64) throws {
    var generator = Generator(seed: seed)
    var base: UInt64 = 10_000
    var sequences: [UInt64] = []
    for _ in 0..<3_000 {
      base += generator.next() % 4
      sequences.append(base - generator.next() % 1_000)
    }
    let stream = try received(sequences)
    let came = Set(sequences)
    let range = try #require(came.max()) - #require(came.min()) + 1
    #expect(stream.lost == range - UInt64(came.count))
    #expect(stream.duplicates == UInt64(sequences.count - came.count))
    var highest: UInt64 = 0
    var seen: Set<UInt64> = []
    var reordered: UInt64 = 0
    for sequence in sequences {
      if seen.insert(sequence).inserted, sequence < highest { reordered += 1 }
      highest = max(highest, sequence)
    }
    #expect(stream.reordered == reordered)
  }

  @Test("Streams are told apart by group, source and the sender's run, and listed in that order")
  func streams() throws {
    var receiver = TrafficReceiver(from: .start)
    let first = TestHeader(stream: 2, sequence: 0, sentNanoseconds: 0).encoded()
    let again = TestHeader(stream: 1, sequence: 9, sentNanoseconds: 0).encoded()
    for (source, group, bytes) in [
      ("10.0.0.2", "239.1.1.1", first), ("10.0.0.1", "239.1.1.2", first), ("10.0.0.1", "239.1.1.1", first),
      ("10.0.0.1", "239.1.1.1", again),
    ] {
      receiver.receive(bytes.span, of: try flow(source, group), at: .start)
    }
    #expect(
      receiver.streams.map(\.flow.description) == [
        "(10.0.0.1, 239.1.1.1)", "(10.0.0.1, 239.1.1.1)", "(10.0.0.2, 239.1.1.1)", "(10.0.0.1, 239.1.1.2)",
      ])
    #expect(receiver.streams.allSatisfy { $0.lost == 0 && $0.packets == 1 })
  }

  @Test("Streams beyond the limit are counted and not kept")
  func limit() throws {
    var receiver = TrafficReceiver(from: .start, limit: 2)
    let bytes = TestHeader(stream: 2, sequence: 0, sentNanoseconds: 0).encoded()
    for host in 1...5 {
      receiver.receive(bytes.span, of: try flow("10.0.0.\(host)", "239.1.1.1"), at: .start)
      receiver.receive(bytes.span, of: try flow("10.0.0.1", "239.1.1.1"), at: .start)
    }
    #expect(receiver.streams.count == 2)
    #expect(receiver.packets == 10)
    #expect(receiver.untracked == 3)
  }

  @Test("Rates are over the time between the first and the last packet")
  func rates() throws {
    var receiver = TrafficReceiver(from: .start)
    let flow = try flow("10.0.0.1", "239.1.1.1")
    var generator = TrafficGenerator(kind: .seq, stream: 1, size: 1_000)
    for index in 0...100 {
      generator.advance(sentNanoseconds: 0)
      receiver.receive(generator.packet.span, of: flow, at: .start + .milliseconds(12 + 10 * Int64(index)))
    }
    let stream = try #require(receiver.streams.first)
    #expect(stream.firstAfter == .milliseconds(12))
    #expect(stream.duration == .seconds(1))
    #expect(stream.bytes == 101_000)
    #expect(stream.packetsPerSecond == 100)
    #expect(stream.bitsPerSecond == 800_000)
    #expect(stream.kind == .seq && stream.content == .test && stream.isNumbered)
    let single = try received([7])
    #expect(single.bitsPerSecond == 0 && single.packetsPerSecond == 0 && single.lossPercent == 0)
  }

  @Test("Loss is given in percent of what was sent")
  func loss() throws {
    #expect(try received([0, 1, 2, 4, 4]).lossPercent == 20)
  }

  @Test("Jitter is that of RFC 3550, whatever the two clocks say of each other")
  func jitter() throws {
    for offset in [0, 5_000_000_000, -5_000_000_000] as [Int64] {
      var receiver = TrafficReceiver(from: .start)
      let flow = try flow("10.0.0.1", "239.1.1.1")
      var expected = 0.0
      var last: Int64?
      for index in 0..<200 as Range<Int64> {
        // Every third packet is 0.6 ms late.
        let delay = index.isMultiple(of: 3) ? 600_000 : 0 as Int64
        let sent = index * 20_000_000
        let header = TestHeader(stream: 1, sequence: UInt64(index), sentNanoseconds: sent + offset)
        receiver.receive(header.encoded().span, of: flow, at: Instant(nanoseconds: sent + delay))
        if let last { expected += (Double((delay - last).magnitude) - expected) / 16 }
        last = delay
      }
      let stream = try #require(receiver.streams.first)
      #expect(abs(Double(stream.jitter.nanoseconds) - expected) < 2)
      #expect(stream.jitter > .microseconds(300))
    }
  }

  @Test("Steady packets have no jitter, and a sender's clock that jumps does not break the count")
  func clocks() throws {
    #expect(try received([0, 1, 2, 3]).jitter == .zero)
    var receiver = TrafficReceiver(from: .start)
    let flow = try flow("10.0.0.1", "239.1.1.1")
    for (index, sent) in [0, Int64.max, .min, 0, .max].enumerated() {
      let header = TestHeader(stream: 1, sequence: UInt64(index), sentNanoseconds: sent)
      receiver.receive(header.encoded().span, of: flow, at: Instant(nanoseconds: .max))
      receiver.receive(header.encoded().span, of: flow, at: Instant(nanoseconds: .min))
    }
    let stream = try #require(receiver.streams.first)
    #expect(stream.jitter < .seconds(3_600))
    #expect(stream.bitsPerSecond == 0)
  }

  @Test("RTP of another sender is numbered across the turn of its 16 bits")
  func foreignRTP() throws {
    var receiver = TrafficReceiver(from: .start)
    let flow = try flow("10.0.0.1", "239.1.1.1")
    for sequence in [0xfffe, 0xfffd, 0xffff, 0x0001, 0x0000, 0x0004, 0x0004] as [UInt16] {
      let bytes = [0x80, 33, UInt8(sequence >> 8), UInt8(sequence & 0xff), 0, 0, 0, 0, 0, 0, 0, 9]
      receiver.receive(bytes.span, of: flow, at: .start)
    }
    let stream = try #require(receiver.streams.first)
    #expect(stream.content == .rtp && stream.kind == nil && stream.isNumbered)
    #expect(stream.lost == 2 && stream.reordered == 2 && stream.duplicates == 1)
    #expect(receiver.streams.count == 1)
  }

  @Test("Foreign payloads are counted, and nothing is said about their loss")
  func foreign() throws {
    var receiver = TrafficReceiver(from: .start)
    let flow = try flow("2001:db8::1", "ff0e::1")
    receiver.receive([1, 2, 3].span, of: flow, at: .start)
    receiver.receive([UInt8]().span, of: flow, at: .start + .seconds(1))
    let stream = try #require(receiver.streams.first)
    #expect(stream.content == .foreign && !stream.isNumbered)
    #expect(stream.packets == 2 && stream.bytes == 3 && stream.lost == 0)
  }

  @Test("A pace is exact after a billion packets, and never reached when it cannot be expressed")
  func pace() {
    let pace = Pace(from: .start + .seconds(1), packetsPerSecond: 3)
    #expect(pace.instant(of: 0) == .start + .seconds(1))
    #expect(pace.instant(of: 1) == .start + .nanoseconds(1_333_333_333))
    #expect(pace.instant(of: 3_000_000) == .start + .seconds(1_000_001))
    #expect(Pace(from: .start, packetsPerSecond: 0).instant(of: .max) == Instant(nanoseconds: .max))
  }
}

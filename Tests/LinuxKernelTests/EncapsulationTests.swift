import Testing

@testable import LinuxKernel

@Suite struct EncapsulationTests {
  /// 10.1.0.2 to 239.1.2.3, UDP, 28 bytes, TTL 9, type of service 0x48, "do not fragment".
  static let inner = hex("4548001c 00074000 09110000 0a010002 ef010203 1388138800080000")
  /// 192.0.2.9 to 198.51.100.1, protocol 4, with Router Alert (24 bytes).
  static let outer = hex("46000034 00000000 40040000 c0000209 c6336401 94040000")
  static let ends = Encapsulation.Ends(local: 0xc633_6401, remote: 0xc000_0209)

  private func changed(_ place: Int, _ bytes: String) -> [UInt8] {
    let new = hex(bytes)
    var packet = Self.inner
    packet.replaceSubrange(place..<place + new.count, with: new)
    return packet
  }

  private func judge(_ bytes: [UInt8], own: UInt32 = 0) -> Result<InnerPacket, Encapsulation.Refusal> {
    Result { () throws(Encapsulation.Refusal) in
      try Encapsulation.leaving(bytes.raw, at: 0, isOwn: { $0 == own })
    }
  }

  private func refusal(entering bytes: [UInt8]) -> Encapsulation.Refusal? {
    do throws(Encapsulation.Refusal) {
      _ = try Encapsulation.entering(bytes.raw, at: 0)
      return nil
    } catch {
      return error
    }
  }

  @Test("The outer header copies type of service and DF, has 64 hops, and names both ends")
  func header() throws {
    let packet = try Encapsulation.entering(Self.inner.raw, at: 0)
    #expect(packet.length == 28)
    var bytes = [UInt8](repeating: 0xff, count: 20)
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    Encapsulation.writeHeader(around: packet, Self.ends, to: &raw)
    #expect(bytes == hex("45480030 00004000 40040000 c6336401 c0000209"))
  }

  @Test("Without DF inside there is none outside")
  func fragmentable() throws {
    let packet = try Encapsulation.entering(changed(6, "0000").raw, at: 0)
    var bytes = [UInt8](repeating: 0, count: 20)
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    Encapsulation.writeHeader(around: packet, Self.ends, to: &raw)
    #expect(bytes[6] == 0)
  }

  @Test("An outer packet tells its ends and where its content begins, options or not")
  func outerEnds() throws {
    let read = Encapsulation.outer((Self.outer + Self.inner).raw)
    let (ends, content) = try #require(read)
    #expect(ends == Self.ends)
    #expect(content == 24)
    for count in 0...24 { #expect(Encapsulation.outer(Array(Self.outer.prefix(count)).raw) == nil) }
    var other = Self.outer + Self.inner
    other[9] = 17
    #expect(Encapsulation.outer(other.raw) == nil)
  }

  @Test("What is behind the inner packet's end is not carried")
  func trailer() throws {
    #expect(try judge(Self.inner + [1, 2, 3]).get().length == 28)
  }

  @Test("A shortened packet is refused at every length")
  func truncated() {
    for count in 0..<28 {
      #expect(judge(Array(Self.inner.prefix(count))) == .failure(.malformed))
    }
  }

  @Test(
    "Bad content is refused in both directions",
    arguments: [
      (0, "65", Encapsulation.Refusal.malformed),  // not version 4
      (0, "44", .malformed),  // header of 16 bytes
      (2, "0013", .malformed),  // shorter than its header
      (2, "001d", .malformed),  // longer than what came
      (8, "00", .hops),
      (9, "04", .nested),
      (16, "0a020202", .destination),  // to a host
      (16, "e0000001", .destination),
      (16, "e0000016", .destination),
      (16, "f0000001", .destination),
    ])
  func badContent(place: Int, bytes: String, expected: Encapsulation.Refusal) {
    #expect(judge(changed(place, bytes)) == .failure(expected))
    #expect(refusal(entering: changed(place, bytes)) == expected)
  }

  @Test("Of the groups of one link only that of the DVMRP routers passes")
  func routers() throws {
    #expect(try judge(changed(16, "e0000004")).get().destination == 0xe000_0004)
    #expect(try judge(changed(16, "e0000101")).get().destination == 0xe000_0101)
  }

  @Test(
    "A source that no host has, or that is this machine's, does not leave the tunnel",
    arguments: ["00000001", "7f000001", "e0000005", "ffffffff", "c6336401"])
  func badSource(_ source: String) {
    #expect(judge(changed(12, source), own: 0xc633_6401) == .failure(.source))
    #expect(refusal(entering: changed(12, source)) == nil)
  }

  @Test("Over any time no more passes than the rate and one burst, and no less")
  func rate() {
    var rate = BitRate(1_000_000, at: 0)
    var passed = 0
    // 10 Mbit/s are offered for ten seconds: 1250 bytes every millisecond.
    for millisecond in 0..<10_000 as Range<Int64> {
      if rate.admits(bytes: 1250, at: millisecond * 1_000_000) { passed += 1250 * 8 }
    }
    #expect((10_000_000...10_250_000).contains(passed))
  }

  @Test("A packet larger than a burst passes when the bucket is full, and is paid for")
  func largePacket() {
    var rate = BitRate(8000, at: 0)
    let asked: [(Int, Int64)] = [(9000, 0), (100, 5_900_000_000), (100, 6_200_000_000)]
    #expect(asked.map { rate.admits(bytes: $0.0, at: $0.1) } == [true, false, true])
    var unlimited = BitRate(0, at: 0)
    for _ in 0..<1000 {
      let admits = unlimited.admits(bytes: 65_000, at: 0)
      #expect(admits)
    }
  }

  @Test("Only a unicast packet with options can be one that was stopped on its way")
  func transit() {
    let alert = hex("46c00020 00000000 40020000 0a010002 0a020002 94040000 1305000000000000")
    #expect(TransitHeader(alert.raw)?.destination == 0x0a02_0002)
    #expect(TransitHeader(alert.raw)?.hops == 64)
    var plain = alert
    plain[0] = 0x45
    #expect(TransitHeader(plain.raw) == nil)
    var group = alert
    group[16] = 0xe1
    #expect(TransitHeader(group.raw) == nil)
    for count in 0..<20 { #expect(TransitHeader(Array(alert.prefix(count)).raw) == nil) }
  }

  @Test(
    "A name that the kernel or a path would not take is none",
    arguments: ["", ".", "..", "a/b", "a b", "a:b", "sixteen-bytes-xx", "ä"])
  func badName(_ name: String) {
    #expect(!TunnelDevice.isName(name))
  }
}

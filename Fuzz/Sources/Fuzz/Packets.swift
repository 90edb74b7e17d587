import Addressing
import Kernel
import Probing
import Timing
import Wire

/// The decoders of packets: what they accept, their encoders write so that it is read as the same.
extension Fuzz {
  static func ipv4Header(_ bytes: [UInt8]) {
    guard let header = try? IPv4Header(decoding: bytes.span) else { return }
    expect(header.payload.upperBound <= bytes.count, "the payload is in the packet")
    let packet = header.encoded() + bytes[header.payload]
    expect((try? IPv4Header(decoding: packet.span)) == header, "the header comes back from its encoding")
    expect(Checksum.of(packet.span.extracting(first: header.headerLength)) == 0, "the checksum is right")
  }

  static func ipv6Header(_ bytes: [UInt8]) {
    if let options = try? HopByHopHeader(decoding: bytes.span) {
      let again = options.encoded()
      expect(again.count == options.length, "the options keep their length")
      expect((try? HopByHopHeader(decoding: again.span)) == options, "the options come back")
    }
    guard let header = try? IPv6Header(decoding: bytes.span) else { return }
    expect(header.payload.upperBound <= bytes.count, "the payload is in the packet")
    let packet = header.encoded() + bytes[header.payload]
    expect((try? IPv6Header(decoding: packet.span)) == header, "the header comes back from its encoding")
  }

  /// The bytes as they are, and once more with their checksum set right: few inputs pass it by chance.
  static func igmp(_ bytes: [UInt8]) {
    checkIGMP(bytes)
    guard bytes.count >= 4 else { return }
    var right = Writer(capacity: bytes.count)
    right.append(contentsOf: [bytes[0], bytes[1], 0, 0])
    right.append(contentsOf: bytes[4...])
    right.setChecksum(at: 2)
    checkIGMP(right.bytes)
  }

  private static func checkIGMP(_ bytes: [UInt8]) {
    guard let message = try? IGMPMessage(decoding: bytes.span) else { return }
    let again = message.encoded()
    expect((try? IGMPMessage(decoding: again.span)) == message, "\(message) comes back from its encoding")
    switch message {
    case .query(let query):
      expect(query.group?.family != .ipv6, "a group is of the packet's family")
      expect(query.sources.allSatisfy { $0.family == .ipv4 && $0.isUnicastSource }, "sources are unicast")
    case .reportV3(let records): expect(isSound(records, .ipv4), "records are of the packet's family")
    case .reportV1, .reportV2, .leave, .other: break
    }
  }

  /// As IGMP, as ICMPv6, and once more as IGMP with the checksum set right.
  static func routerDiscovery(_ bytes: [UInt8]) {
    checkRouterDiscovery(bytes, .ipv4)
    checkRouterDiscovery(bytes, .ipv6)
    guard bytes.count >= 4 else { return }
    var right = Writer(capacity: bytes.count)
    right.append(contentsOf: [bytes[0], bytes[1], 0, 0])
    right.append(contentsOf: bytes[4...])
    right.setChecksum(at: 2)
    checkRouterDiscovery(right.bytes, .ipv4)
  }

  private static func checkRouterDiscovery(_ bytes: [UInt8], _ family: Family) {
    guard let message = try? RouterDiscoveryMessage(decoding: bytes.span, family: family) else { return }
    let again = message.encoded(from: .unspecified(family), to: RouterDiscoveryMessage.snoopers(family))
    let decoded = try? RouterDiscoveryMessage(decoding: again.span, family: family)
    expect(decoded == message, "\(message) comes back from its encoding")
  }

  static func mld(_ bytes: [UInt8]) {
    let source = Address(high: 0xfe80 << 48, low: 1)
    let destination = Address(high: 0xff02 << 48, low: 0x16)
    _ = try? MLDMessage(decoding: bytes.span, from: source, to: destination)
    guard let message = try? MLDMessage(decoding: bytes.span) else { return }
    let again = message.encoded(from: source, to: destination)
    expect(
      (try? MLDMessage(decoding: again.span, from: source, to: destination)) == message,
      "\(message) comes back from its encoding")
    switch message {
    case .query(let query):
      expect(query.group?.family != .ipv4, "a group is of the packet's family")
      expect(query.sources.allSatisfy { $0.family == .ipv6 && $0.isUnicastSource }, "sources are unicast")
    case .reportV2(let records): expect(isSound(records, .ipv6), "records are of the packet's family")
    case .reportV1(let group), .done(let group): expect(group.family == .ipv6, "a group is of IPv6")
    case .other: break
    }
  }

  private static func isSound(_ records: [GroupRecord], _ family: Family) -> Bool {
    records.allSatisfy { record in
      record.group.family == family
        && record.sources.allSatisfy { $0.family == family && $0.isUnicastSource }
    }
  }

  static func addressText(_ bytes: [UInt8]) {
    if let address = Address(ascii: bytes.span) {
      expect(Address(address.description) == address, "\(address) comes back from its text")
    }
    if let prefix = Prefix(ascii: bytes.span) {
      expect(Prefix(prefix.description) == prefix, "\(prefix) comes back from its text")
      expect(prefix.contains(prefix.address), "\(prefix) holds its own address")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let pattern = InterfacePattern(text)
    if pattern.isExact { expect(pattern.matches(text), "a name matches itself") }
  }

  /// The input is a run of packets, each behind a byte with its length; one receiver counts them all.
  static func testTraffic(_ bytes: [UInt8]) {
    if let header = try? TestHeader(decoding: bytes.span) {
      let again = header.encoded()
      expect((try? TestHeader(decoding: again.span)) == header, "the test header comes back")
    }
    guard let group = Group(Address(ipv4: 0xef01_0101)) else { return }
    var receiver = TrafficReceiver(from: .start, limit: 4)
    var reader = Reader(bytes.span)
    var now = Instant.start
    var sent: UInt64 = 0
    while let length = try? reader.u8(), let packet = try? reader.take(min(Int(length), reader.remaining)) {
      let source = Address(ipv4: 0x0a00_0000 | UInt32(length & 3))
      guard let flow = Flow(source: source, group: group) else { return }
      receiver.receive(packet, of: flow, at: now)
      now = now + .microseconds(Int64(length) - 16)
      sent += 1
    }
    let streams = receiver.streams
    expect(streams.count <= 4, "no more streams than the limit")
    expect(streams.reduce(receiver.untracked) { $0 + $1.packets } == sent, "every packet is counted once")
    for stream in streams {
      expect(stream.reordered + stream.duplicates < stream.packets || stream.packets == 0, "a first one")
      expect(stream.jitter >= .zero && stream.lossPercent >= 0 && stream.lossPercent <= 100, "in range")
      _ = stream.bitsPerSecond
      _ = stream.packetsPerSecond
    }
  }
}

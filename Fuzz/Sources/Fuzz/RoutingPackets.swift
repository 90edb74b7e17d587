import Addressing
import Wire

/// The decoders of DVMRP and mtrace, which share IGMP's number and checksum.
extension Fuzz {
  static func dvmrp(_ bytes: [UInt8]) {
    checkDVMRP(bytes)
    if let right = repaired(bytes, types: [DVMRPPacket.type]) { checkDVMRP(right) }
  }

  private static func checkDVMRP(_ bytes: [UInt8]) {
    guard let packet = try? DVMRPPacket(decoding: bytes.span) else { return }
    let encoded = packet.encoded()
    guard let again = try? DVMRPPacket(decoding: encoded.span) else {
      return expect(false, "\(packet) is read from its encoding")
    }
    switch (packet.message, again.message) {
    case (.report(let report), .report(let repeated)):
      // What was skipped is not written.
      expect(report.routes == repeated.routes && repeated.skipped == 0, "the routes come back")
      expect(report.routes.count + report.skipped <= bytes.count / 2, "each route takes two bytes")
      expect((report.firstSkip == nil) == (report.skipped == 0), "a skipped route has a reason")
      expect(report.routes.allSatisfy(isSound), "origins and metrics are in range")
    case (.prune(let prune), _): expect(!prune.group.isLinkLocal, "the group can be forwarded")
    case (.graft(let graft), _), (.graftAck(let graft), _):
      expect(!graft.group.isLinkLocal, "the group can be forwarded")
    default: break
    }
    if case .report = packet.message {
      expect(again.version == packet.version && again.capabilities == packet.capabilities, "its header too")
    } else {
      expect(again == packet, "\(packet) comes back from its encoding")
    }
  }

  private static func isSound(_ route: ReportedRoute) -> Bool {
    let origin = route.origin
    guard (1...63).contains(route.metric.rawValue), origin.family == .ipv4 else { return false }
    return origin.isAll || origin.length >= 8 && origin.address.isUnicastSource
  }

  static func trace(_ bytes: [UInt8]) {
    checkTrace(bytes)
    if let right = repaired(bytes, types: [TraceMessage.queryType, TraceMessage.responseType]) {
      checkTrace(right)
    }
  }

  private static func checkTrace(_ bytes: [UInt8]) {
    guard let message = try? TraceMessage(decoding: bytes.span) else { return }
    let again = message.encoded()
    expect(again.count == bytes.count, "every byte has a meaning")
    expect((try? TraceMessage(decoding: again.span)) == message, "\(message) comes back from its encoding")
    expect(message.hops.count <= TraceMessage.hopLimit, "no more blocks than the limit")
    expect(message.answerTimeToLive > 0, "the answer can leave")
    expect(message.group?.family != .ipv6, "the group is of the packet's family")
  }

  /// The bytes with one of the types and the right checksum, which few inputs have by chance.
  private static func repaired(_ bytes: [UInt8], types: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 4 else { return nil }
    var right = Writer(capacity: bytes.count)
    right.append(contentsOf: [types[Int(bytes[0]) % types.count], bytes[1], 0, 0])
    right.append(contentsOf: bytes[4...])
    right.setChecksum(at: 2)
    return right.bytes
  }
}

import Addressing
import Testing
import Wire

/// Packets of routers and hosts that do not exist, in hexadecimal.
enum Forged {
  static func packet(
    _ message: DVMRPMessage, _ source: String, to destination: String = "224.0.0.4", hops: UInt8 = 1
  ) throws -> String {
    try packet(DVMRPPacket(message).encoded(), source, to: destination, hops: hops)
  }

  /// - Parameter alert: the Router Alert option, or nothing.
  static func packet(
    _ payload: [UInt8], _ source: String, to destination: String = "224.0.0.4", hops: UInt8 = 1,
    alert: String = ""
  ) throws -> String {
    try Packets.ipv4(
      2, hex(source), hex(destination), alert: alert, hops: hops, Correspondent.hex(payload))
  }

  /// A DVMRP message of version 3.255 with any bytes behind its header.
  static func message(_ code: UInt8, _ rest: [UInt8] = []) -> [UInt8] {
    summed([0x13, code, 0, 0, 0, 0x0e, 0xff, 3] + rest)
  }

  static func probe(naming ours: String, generation: UInt32 = 7) -> DVMRPMessage {
    .probe(DVMRPProbe(generation: generation, neighbors: [ours].compactMap { Address($0) }))
  }

  static func report(_ origins: [String], _ metric: UInt8 = 1) throws -> DVMRPMessage {
    .report(
      DVMRPReport(
        try origins.map {
          ReportedRoute(try #require(Prefix($0)), try #require(DVMRPMetric(rawValue: metric)))
        }))
  }

  static func prune(_ source: String, _ group: String, lifetime: UInt32 = 7200) throws -> DVMRPMessage {
    .prune(
      DVMRPPrune(
        source: try #require(Address(source)), group: try #require(Address(group).flatMap { Group($0) }),
        lifetime: lifetime))
  }

  /// A report of IGMPv3 with one record.
  static func record(_ kind: GroupRecord.Kind, _ group: String, _ sources: [String] = []) throws -> [UInt8] {
    let group = try #require(Address(group).flatMap { Group($0) })
    return IGMPMessage.reportV3([GroupRecord(kind, group, sources: sources.compactMap { Address($0) })])
      .encoded()
  }

  /// With the checksum of IGMP.
  static func summed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var sum = Checksum()
    sum.add(bytes.span)
    (bytes[2], bytes[3]) = (UInt8(sum.value >> 8), UInt8(sum.value & 0xff))
    return bytes
  }

  private static func hex(_ address: String) throws -> String {
    let bits = try #require(Address(address)?.ipv4)
    return Correspondent.hex((0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)) })
  }
}

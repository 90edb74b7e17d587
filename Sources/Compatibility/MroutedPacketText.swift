import Addressing
public import Kernel

/// The debug lines of packets: what mrouted tells of each under the words of `-d`.
public enum MroutedPacketText {
  /// `RECV probe from 10.2.0.2 to 224.0.0.4`; nil: nobody asked for packets of this kind.
  ///
  /// A packet is of the subsystem that it concerns, and all are of `packet`.
  public static func line(_ datagram: Datagram, isSent: Bool, _ debug: MroutedDebug) -> String? {
    guard datagram.source.family == .ipv4, let (name, subsystem) = kind(datagram.payload),
      !debug.isDisjoint(with: [.packet, subsystem])
    else { return nil }
    return "\(isSent ? "SENT" : "RECV") \(name) from \(datagram.source) to \(datagram.destination)"
  }

  /// The subsystems of which each packet is told.
  public static let subsystems: MroutedDebug = [
    .packet, .igmp, .neighbors, .routeDetail, .pruning, .traceroute,
  ]

  private static func kind(_ payload: [UInt8]) -> (name: String, MroutedDebug)? {
    guard payload.count >= 2 else { return nil }
    return switch payload[0] {
    case 0x11: ("membership query", .igmp)
    case 0x12: ("v1 membership report", .igmp)
    case 0x16: ("v2 membership report", .igmp)
    case 0x17: ("leave", .igmp)
    case 0x22: ("v3 membership report", .igmp)
    case 0x1e: ("mtrace answer", .traceroute)
    case 0x1f: ("mtrace question", .traceroute)
    case 0x13: message(payload[1])
    default: nil
    }
  }

  private static func message(_ code: UInt8) -> (name: String, MroutedDebug) {
    switch code {
    case 1: ("probe", .neighbors)
    case 2: ("route report", .routeDetail)
    case 3, 5: ("neighbor question", .neighbors)
    case 4, 6: ("neighbor list", .neighbors)
    case 7: ("prune", .pruning)
    case 8: ("graft", .pruning)
    case 9: ("graft ack", .pruning)
    default: ("DVMRP message \(code)", .packet)
    }
  }
}

public import Diagnostics
import Wire

/// Why a packet, or one record of a report, was not heard.
public enum MembershipRefusal: UInt8, Hashable, Sendable, CaseIterable {
  /// The packet ends before its message does.
  case truncated
  case checksum
  /// A length, group or source that the message cannot have.
  case malformed
  /// TTL or hop limit is not 1: it may come from another link.
  case hops
  case routerAlert
  /// The source is on none of the link's subnets; for MLD, not link-local.
  case source
  /// The destination is none that such a message is sent to.
  case destination
  /// One of our own packets.
  case ownEcho
  /// A query from 0.0.0.0, as snooping switches send it: it asks hosts, and elects nobody.
  case proxyQuery
  /// More records a second than `report-rate`.
  case reportRate
  case queryRate
  /// A group that never leaves its link, so nobody routes it.
  case linkLocalGroup
  /// A report that names no source, for a group of source-specific multicast (RFC 4604).
  case sourceSpecificGroup
  /// `group-filter` denies the group.
  case filtered
  /// The interface, or the router, has as many groups as it may have.
  case groupLimit
  /// The group, or the router, has as many sources as it may have; counts each source.
  case sourceLimit
  /// The router has as many tracked hosts as it may have; the group is tracked no more.
  case hostLimit
  /// The group has as many tracked hosts as it may have, and is tracked no more.
  case groupHostLimit

  /// What the packet is counted under.
  public var code: Code {
    switch self {
    case .truncated: .truncated
    case .checksum: .checksum
    case .source: .notThisSubnet
    case .reportRate, .queryRate: .rate
    case .groupLimit, .sourceLimit, .hostLimit, .groupHostLimit: .tableFull
    case .malformed, .hops, .routerAlert, .destination, .ownEcho, .proxyQuery, .linkLocalGroup,
      .sourceSpecificGroup, .filtered:
      .malformed
    }
  }

  init(_ error: WireError) {
    self = error == .truncated ? .truncated : error == .checksum ? .checksum : .malformed
  }
}

/// What one querier heard and sent since it was configured.
public struct MembershipCounters: Hashable, Sendable {
  public internal(set) var queriesHeard: UInt64 = 0
  /// Reports of IGMPv1.
  public internal(set) var version1Reports: UInt64 = 0
  /// Reports of IGMPv2 and MLDv1.
  public internal(set) var groupReports: UInt64 = 0
  /// Leaves of IGMPv2, done messages of MLDv1.
  public internal(set) var leaves: UInt64 = 0
  /// Reports of IGMPv3 and MLDv2.
  public internal(set) var sourceReports: UInt64 = 0
  public internal(set) var generalQueriesSent: UInt64 = 0
  public internal(set) var groupQueriesSent: UInt64 = 0
  public internal(set) var sourceQueriesSent: UInt64 = 0
  private var refused = Array(repeating: UInt64(0), count: MembershipRefusal.allCases.count)

  /// Packets, records or sources that were not heard, by reason.
  public subscript(refusal: MembershipRefusal) -> UInt64 { refused[Int(refusal.rawValue)] }

  mutating func refuse(_ refusal: MembershipRefusal, count: Int = 1) {
    refused[Int(refusal.rawValue)] &+= UInt64(clamping: count)
  }
}

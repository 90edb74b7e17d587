import Control
import DVMRP
import Membership

/// What was heard, sent and refused on an interface, by reasons that a person and a program can read.
extension Router {
  /// A word as it stands in JSON: `group-limit`.
  static func reason(_ refusal: MembershipRefusal) -> String {
    switch refusal {
    case .truncated: "truncated"
    case .checksum: "checksum"
    case .malformed: "malformed"
    case .hops: "ttl"
    case .routerAlert: "router-alert"
    case .source: "source"
    case .destination: "destination"
    case .ownEcho: "own-echo"
    case .proxyQuery: "proxy-query"
    case .reportRate: "report-rate"
    case .queryRate: "query-rate"
    case .linkLocalGroup: "link-local-group"
    case .sourceSpecificGroup: "source-specific-group"
    case .filtered: "filtered"
    case .groupLimit: "group-limit"
    case .sourceLimit: "source-limit"
    case .hostLimit: "host-limit"
    case .groupHostLimit: "group-host-limit"
    }
  }

  /// A word as it stands in JSON: `route-limit`.
  static func reason(_ refusal: DVMRPRefusal) -> String {
    switch refusal {
    case .truncated: "truncated"
    case .checksum: "checksum"
    case .malformed: "malformed"
    case .version: "version"
    case .hops: "ttl"
    case .destination: "destination"
    case .source: "source"
    case .ownEcho: "own-echo"
    case .notAccepted: "not-accepted"
    case .forcedLeaf: "forced-leaf"
    case .notNeighbor: "not-neighbor"
    case .cannotPrune: "cannot-prune"
    case .neighborLimit: "neighbor-limit"
    case .interfaceNeighborLimit: "interface-neighbor-limit"
    case .rate: "rate"
    case .unasked: "unasked"
    case .unknownCode: "unknown-code"
    case .routeLimit: "route-limit"
    case .neighborRouteLimit: "neighbor-route-limit"
    case .routeMalformed: "route-malformed"
    case .routeRepeated: "route-repeated"
    case .routeFiltered: "route-filtered"
    case .shortLifetime: "short-lifetime"
    case .noRoute: "no-route"
    case .wrongInterface: "wrong-interface"
    case .mask: "netmask"
    case .scoped: "scoped"
    case .pruneLimit: "prune-limit"
    case .neighborPruneLimit: "neighbor-prune-limit"
    case .unmatchedAck: "unmatched-ack"
    }
  }

  static func counts(_ counters: MembershipCounters, _ name: ProtocolCounts.Name) -> ProtocolCounts {
    let isIGMP = name == .igmp
    return ProtocolCounts(
      name: name,
      heard: present([
        ("query", counters.queriesHeard), ("v1-report", counters.version1Reports),
        (isIGMP ? "v2-report" : "v1-report", counters.groupReports),
        (isIGMP ? "leave" : "done", counters.leaves),
        (isIGMP ? "v3-report" : "v2-report", counters.sourceReports),
      ]),
      sent: present([
        ("general-query", counters.generalQueriesSent), ("group-query", counters.groupQueriesSent),
        ("source-query", counters.sourceQueriesSent),
      ]),
      refused: MembershipRefusal.allCases.filter { counters[$0] > 0 }.map {
        .init(reason: reason($0), code: $0.code, count: counters[$0])
      })
  }

  static func counts(_ counters: DVMRPCounters) -> ProtocolCounts {
    let names: [(UInt8, String)] = [
      (1, "probe"), (2, "report"), (3, "ask-neighbors"), (4, "neighbors"), (5, "ask-neighbors-2"),
      (6, "neighbors-2"), (7, "prune"), (8, "graft"), (9, "graft-ack"), (10, "ask-attributes"),
      (11, "attributes"),
    ]
    return ProtocolCounts(
      name: .dvmrp, heard: present(names.map { ($0.1, counters.heard(code: $0.0)) }),
      sent: present(names.map { ($0.1, counters.sent(code: $0.0)) }),
      refused: DVMRPRefusal.allCases.filter { counters[$0] > 0 }.map {
        .init(reason: reason($0), code: $0.code, count: counters[$0])
      })
  }

  private static func present(_ counts: [(String, UInt64)]) -> [ProtocolCounts.Count] {
    counts.filter { $0.1 > 0 }.map { .init(type: $0.0, count: $0.1) }
  }
}

import Addressing
import Configuration
import Control
import DVMRP
import Forwarding
import Kernel
import Membership

/// Every bound, how near it is, and how often it acted.
extension Router {
  func limitRows() -> [LimitRow] {
    let limits = intent.base.limits
    let values: [(String, Int, Int)] = [
      ("routes", limits.routes, rules.count), ("entries", limits.entries, entries.onDemandCount),
      ("blocking", limits.blocking, entries.blockingCount),
      ("entries-per-source", limits.entriesPerSource, entries.largestSource),
      ("upcalls", limits.upcalls, 0), ("upcalls-per-interface", limits.upcallsPerInterface, 0),
      ("joins", limits.joins, joins.heldCount), ("interfaces", limits.interfaces, domain.links.count),
      ("events", limits.events, log.count), ("memory", limits.memory, memoryUsed),
    ]
    return values.map { LimitRow(name: $0.0, limit: $0.1, used: $0.2, hits: counts.limitHits[$0.0] ?? 0) }
      + memberLimits(limits) + neighborLimits(limits)
  }

  /// A refusal does not say which of two bounds it met: the wider one has the hits of both.
  private func memberLimits(_ limits: Limits) -> [LimitRow] {
    var (groups, sources, hosts): (UInt64, UInt64, UInt64) = (0, 0, 0)
    for id in parts.igmp.union(parts.mld) {
      for family in Family.allCases {
        guard let counters = membership.querierRow(id, family)?.counters else { continue }
        groups += counters[.groupLimit]
        sources += counters[.sourceLimit]
        hosts += counters[.hostLimit]
      }
    }
    return [
      LimitRow(name: "groups", limit: limits.groups, used: membership.groupCount, hits: groups),
      LimitRow(
        name: "group-sources", limit: limits.groupSources, used: membership.sourceCount, hits: sources),
      LimitRow(name: "reporters", limit: limits.reporters, used: 0, hits: 0),
      LimitRow(
        name: "all-reporters", limit: limits.allReporters, used: membership.trackedHostCount, hits: hosts),
    ]
  }

  private func neighborLimits(_ limits: Limits) -> [LimitRow] {
    var (neighbors, routes, prunes): (UInt64, UInt64, UInt64) = (0, 0, 0)
    var most = 0
    for id in parts.dvmrp {
      guard let counters = dvmrp.counters(of: id) else { continue }
      neighbors += counters[.neighborLimit]
      routes += counters[.routeLimit]
      prunes += counters[.pruneLimit]
      most = max(most, dvmrp.neighborCount(on: id) ?? 0)
    }
    let rows = dvmrp.neighborRows
    return [
      LimitRow(name: "neighbors", limit: limits.neighbors, used: dvmrp.neighborCount, hits: neighbors),
      LimitRow(name: "neighbors-per-interface", limit: limits.neighborsPerInterface, used: most, hits: 0),
      LimitRow(name: "dvmrp-routes", limit: limits.dvmrpRoutes, used: dvmrp.routeCount, hits: routes),
      LimitRow(
        name: "dvmrp-routes-per-neighbor", limit: limits.dvmrpRoutesPerNeighbor,
        used: rows.map(\.routes).max() ?? 0, hits: 0),
      LimitRow(name: "prunes", limit: limits.prunes, used: dvmrp.pruneCount, hits: prunes),
      LimitRow(
        name: "prunes-per-neighbor", limit: limits.prunesPerNeighbor, used: rows.map(\.prunes).max() ?? 0,
        hits: 0),
    ]
  }
}

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

  private func memberLimits(_ limits: Limits) -> [LimitRow] {
    let counters = parts.igmp.union(parts.mld).flatMap { id in
      Family.allCases.compactMap { membership.querierRow(id, $0)?.counters }
    }
    let values: [(String, Int, Int, MembershipRefusal)] = [
      ("groups", limits.groups, membership.groupCount, .groupLimit),
      ("group-sources", limits.groupSources, membership.sourceCount, .sourceLimit),
      ("reporters", limits.reporters, membership.mostTrackedHosts, .groupHostLimit),
      ("all-reporters", limits.allReporters, membership.trackedHostCount, .hostLimit),
    ]
    return values.map { name, limit, used, refusal in
      LimitRow(name: name, limit: limit, used: used, hits: counters.reduce(0) { $0 + $1[refusal] })
    }
  }

  private func neighborLimits(_ limits: Limits) -> [LimitRow] {
    let counters = parts.dvmrp.compactMap { dvmrp.counters(of: $0) }
    let most = parts.dvmrp.map { dvmrp.neighborCount(on: $0) ?? 0 }.max() ?? 0
    let neighbors = dvmrp.neighborRows
    let values: [(String, Int, Int, DVMRPRefusal)] = [
      ("neighbors", limits.neighbors, dvmrp.neighborCount, .neighborLimit),
      ("neighbors-per-interface", limits.neighborsPerInterface, most, .interfaceNeighborLimit),
      ("dvmrp-routes", limits.dvmrpRoutes, dvmrp.routeCount, .routeLimit),
      (
        "dvmrp-routes-per-neighbor", limits.dvmrpRoutesPerNeighbor, neighbors.map(\.routes).max() ?? 0,
        .neighborRouteLimit
      ),
      ("prunes", limits.prunes, dvmrp.pruneCount, .pruneLimit),
      (
        "prunes-per-neighbor", limits.prunesPerNeighbor, neighbors.map(\.prunes).max() ?? 0,
        .neighborPruneLimit
      ),
    ]
    return values.map { name, limit, used, refusal in
      LimitRow(name: name, limit: limit, used: used, hits: counters.reduce(0) { $0 + $1[refusal] })
    }
  }
}

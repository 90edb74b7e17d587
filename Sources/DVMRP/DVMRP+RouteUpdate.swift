import Addressing
import Kernel
import Timing
import Wire

/// A neighbor's route report, applied (DVMRPv3 3.4).
extension DVMRP {
  mutating func receive(
    _ report: DVMRPReport, _ packet: DVMRPPacket, from source: Address, on slot: UInt8, at now: Instant,
    _ effects: inout DVMRPEffects
  ) -> DVMRPRefusal? {
    var known = find(source, on: slot)
    if known == nil, !Neighbor.needsHandshake(packet.version) {
      let peer = meet(packet, nil, hearsUs: true, from: source, on: slot, at: now, &effects)
      guard let peer else { return neighborRefusal(on: slot) }
      becomeTwoWay(peer, at: now, &effects)
      known = peer
    }
    guard let peer = known, neighbors.isTwoWay(peer) else { return .notNeighbor }
    keep(peer, at: now)
    let cost = report.routes.count + report.skipped
    guard neighbors[peer]?.routeBucket.take(cost, rate: 2_000, burst: 50_000, at: now) ?? false else {
      tellLimit(.rate, peer, at: now, &effects)
      return .rate
    }
    if neighbors[peer]?.isAwaited ?? false {
      neighbors[peer]?.isAwaited = false
      updateWaiting(slot, &effects)
    }
    packetNumber &+= 1
    let filter = links[Int(slot)]?.settings.filter
    var refused: [DVMRPRefusal] = []
    for route in report.routes {
      // What depends on us does so whatever the filter says.
      if let filter, !route.metric.isPoisoned, !filter.passes(route.origin) {
        refused.append(.routeFiltered)
        continue
      }
      let refusal = routes.apply(
        OriginKey(route.origin), route.metric.rawValue, from: peer, packet: packetNumber, at: now)
      if let refusal { refused.append(refusal) }
    }
    if let limit = refused.first(where: { $0 == .routeLimit || $0 == .neighborRouteLimit }) {
      tellLimit(limit, peer, at: now, &effects)
    }
    for refusal in refused { links[Int(slot)]?.counters.refuse(refusal) }
    if report.skipped > 0 { links[Int(slot)]?.counters.refuse(.routeMalformed, count: report.skipped) }
    return nil
  }
}

public import Addressing
public import Kernel
public import Timing

/// What DVMRP does next by itself, as it is shown.
public struct DVMRPTimerRow: Hashable, Sendable {
  /// What is due.
  public enum Kind: Hashable, Sendable {
    /// Our next probe on an interface.
    case probe(InterfaceID)
    /// A neighbor is gone, if it stays silent.
    case neighbor(Address, InterfaceID)
    /// The next part of the routes is reported, or a change of them.
    case report
    /// The first of all routes to end without a report.
    case route
    /// The first of all prunes and grafts to end or to be repeated.
    case prune
  }

  public var kind: Kind
  public var due: Instant
}

extension DVMRP {
  /// The probes and the neighbors one by one, of routes and trees the earliest.
  public var timerRows: [DVMRPTimerRow] {
    var rows: [DVMRPTimerRow] = []
    for link in links.compactMap({ $0 }) {
      if let due = timers[DVMRPTimer(.probe, UInt16(link.id.slot))] {
        rows.append(DVMRPTimerRow(kind: .probe(link.id), due: due))
      }
      for peer in link.peers {
        guard let neighbor = neighbors[peer] else { continue }
        rows.append(
          DVMRPTimerRow(
            kind: .neighbor(neighbor.address, neighbor.interface), due: neighbor.heardAt + neighbor.hold))
      }
    }
    let rest: [(DVMRPTimerRow.Kind, Instant?)] = [
      (.report, schedule.next), (.route, routes.next), (.prune, trees.next),
    ]
    return rows + rest.compactMap { kind, due in due.map { DVMRPTimerRow(kind: kind, due: $0) } }
  }

  /// Neighbors on an interface that depend on us for a flow, those that pruned it left out.
  public func dependents(of flow: Flow, on interface: InterfaceID, at now: Instant) -> [Address] {
    guard links.indices.contains(Int(interface.slot)), let link = links[Int(interface.slot)],
      let source = flow.source.ipv4, let number = routes.match(source)
    else { return [] }
    let row = routes.rows[Int(number)]
    let pruned = treeRow(of: flow)?.received.filter { $0.until > now }.map(\.neighbor) ?? []
    return link.peers.filter { neighbors.isTwoWay($0) && routes.depends($0, on: row, at: now) }
      .compactMap { neighbors[$0]?.address }.filter { !pruned.contains($0) }
  }

  /// Routers on an interface that hear us and that we hear; nil where DVMRP is not spoken.
  public func neighborCount(on interface: InterfaceID) -> Int? {
    guard links.indices.contains(Int(interface.slot)), let link = links[Int(interface.slot)] else {
      return nil
    }
    return link.peers.count { neighbors.isTwoWay($0) }
  }

  /// What an interface adds to a route; nil where DVMRP is not spoken.
  public func metric(of interface: InterfaceID) -> UInt8? {
    guard links.indices.contains(Int(interface.slot)) else { return nil }
    return links[Int(interface.slot)]?.settings.metric
  }
}

public import Addressing
public import Kernel
public import Timing
public import Wire

/// A neighbor as it is shown.
public struct DVMRPNeighborRow: Hashable, Sendable {
  /// How far the two have met.
  public enum State: String, Hashable, Sendable, CaseIterable {
    case waiting
    case oneWay = "one-way"
    case twoWay = "two-way"
  }

  public var address: Address
  public var interface: InterfaceID
  public var state: State
  public var version: DVMRPVersion
  public var capabilities: DVMRPCapabilities
  /// Nil from versions without.
  public var generation: UInt32?
  /// Since when it is two-way; nil while it is not.
  public var upSince: Instant?
  /// When it is gone, if it stays silent.
  public var expiresAt: Instant
  /// Origins that it reports as reachable.
  public var routes: Int
  /// Prunes of it that have not ended.
  public var prunes: Int
}

/// A route as it is shown.
public struct DVMRPRouteRow: Hashable, Sendable {
  public var origin: Prefix
  /// Nil on a link of ours, and when the neighbor is gone.
  public var gateway: Address?
  /// Nil for the default route of our making.
  public var interface: InterfaceID?
  /// 1–31; 32: unreachable, and told so for some time.
  public var metric: UInt8
  public var isLocal: Bool
  /// Waits for a flash update.
  public var isChanged: Bool
  /// Since when it is as reachable as it is.
  public var since: Instant
  /// When the gateway last reported it; nil for our own and for what is unreachable.
  public var reportedAt: Instant?
  /// When it ends, or is told as unreachable no more; nil for our own.
  public var expiresAt: Instant?
  public var children: InterfaceSet
  /// Neighbors that depend on us.
  public var dependents: [Address]
}

/// One origin and group with a prune or graft, as it is shown.
public struct DVMRPTreeRow: Hashable, Sendable {
  /// What the gateway believes that we want.
  public enum Upstream: Hashable, Sendable {
    case open
    case pruned(until: Instant)
    /// Waits for an ack; asks again then.
    case grafting(repeatAt: Instant)
  }

  /// A prune of a neighbor below.
  public struct Prune: Hashable, Sendable {
    public var neighbor: Address
    public var interface: InterfaceID
    public var until: Instant
  }

  public var origin: Prefix
  public var group: Group
  public var upstream: Upstream
  /// The router that was pruned or grafted; nil while it is open.
  public var gateway: Address?
  public var gatewayInterface: InterfaceID?
  public var received: [Prune]
  public var sources: [Address]
}

extension DVMRP {
  /// The neighbors, by interface and address.
  public var neighborRows: [DVMRPNeighborRow] {
    links.compactMap { $0 }.flatMap(\.peers).compactMap { peer in
      guard let neighbor = neighbors[peer] else { return nil }
      let state: DVMRPNeighborRow.State =
        switch neighbor.state {
        case .waiting: .waiting
        case .oneWay: .oneWay
        case .twoWay: .twoWay
        }
      return DVMRPNeighborRow(
        address: neighbor.address, interface: neighbor.interface, state: state, version: neighbor.version,
        capabilities: neighbor.capabilities, generation: neighbor.generation, upSince: neighbor.upSince,
        expiresAt: neighbor.heardAt + neighbor.hold, routes: routes.reachable(by: peer),
        prunes: trees.pruneCount(of: peer))
    }
  }

  /// Up to `limit` routes behind an origin, or from the first, in the order of reports.
  public mutating func routeRows(
    after origin: Prefix? = nil, limit: Int = .max, at now: Instant
  ) -> [DVMRPRouteRow] {
    routes.putInOrder()
    let start = routes.place(after: origin.map { OriginKey($0) })
    return routes.order[start...].prefix(limit).map { routeRow(routes.rows[Int($0)], at: now) }
  }

  private func routeRow(_ row: RouteRow, at now: Instant) -> DVMRPRouteRow {
    let children = routes.children(of: row)
    let dependents = children.flatMap { interface in
      (links[Int(interface.slot)]?.peers ?? []).filter {
        neighbors.isTwoWay($0) && routes.depends($0, on: row, at: now)
      }
    }
    let reportedAt = row.isReachable ? routes.reportedAt(row, by: row.gateway) : nil
    return DVMRPRouteRow(
      origin: row.key.origin, gateway: row.isLocal ? nil : neighbors[row.gateway]?.address,
      interface: row.flags.contains(.detached) ? nil : InterfaceID(slot: row.upstream), metric: row.metric,
      isLocal: row.isLocal, isChanged: row.flags.contains(.changed), since: row.since,
      reportedAt: reportedAt,
      expiresAt: row.isReachable
        ? reportedAt.map { $0 + DVMRPTimes.routeExpiry } : row.since + DVMRPTimes.unreachableHold,
      children: children,
      dependents: dependents.compactMap { neighbors[$0]?.address })
  }

  /// The trees with a prune or graft, by origin and group.
  public var treeRows: [DVMRPTreeRow] {
    (0..<treeRowEnd).compactMap { treeRow(number: $0) }
      .sorted { ($0.origin, $0.group) < ($1.origin, $1.group) }
  }

  /// Rows that `treeRow` knows are numbered from 0 to below this, for one page after another.
  public var treeRowEnd: Int { trees.end }

  /// The tree with a number; nil for one without prune or graft, and for a number that is free now.
  public func treeRow(number: Int) -> DVMRPTreeRow? {
    guard let tree = Int32(exactly: number).flatMap({ trees[$0] }) else { return nil }
    return tree.received.isEmpty && tree.gateway == nil ? nil : treeRow(tree)
  }

  /// The tree of a source and a group; nil where nothing was pruned or grafted.
  public func treeRow(of flow: Flow) -> DVMRPTreeRow? {
    guard let source = flow.source.ipv4, let group = flow.group.address.ipv4,
      let row = routes.match(source),
      let number = trees.find(Tree.Key(origin: routes.rows[Int(row)].key, group: group))
    else { return nil }
    return treeRow(number: Int(number))
  }

  private func treeRow(_ tree: Tree) -> DVMRPTreeRow? {
    guard let group = Group(Address(ipv4: tree.key.group)) else { return nil }
    let upstream: DVMRPTreeRow.Upstream =
      switch tree.upstream {
      case .open, .left: .open
      case .pruned(let prune): .pruned(until: prune.until)
      case .grafting(let graft): .grafting(repeatAt: graft.repeatAt)
      }
    let received = tree.received.compactMap { prune in
      neighbors[prune.peer].map {
        DVMRPTreeRow.Prune(neighbor: $0.address, interface: $0.interface, until: prune.until)
      }
    }
    let gateway = tree.gateway.flatMap { neighbors[$0] }
    return DVMRPTreeRow(
      origin: tree.key.origin.origin, group: group, upstream: upstream, gateway: gateway?.address,
      gatewayInterface: gateway?.interface, received: received,
      sources: tree.flows.map { Address(ipv4: $0.source) }.sorted())
  }
}

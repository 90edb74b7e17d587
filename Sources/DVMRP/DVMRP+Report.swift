public import Addressing
public import Kernel
public import Timing

/// An interface as it is shown.
public struct DVMRPLinkRow: Hashable, Sendable {
  /// Ours; unspecified while there is none.
  public var address: Address
  /// Where neighbors are, the first the one of `address`.
  public var subnets: [Prefix]
  /// Since when it is up, and with this address; nil while it is not.
  public var upSince: Instant?
  /// No router has been here for some time.
  public var isLeaf: Bool
  public var repeatsPrunes: Bool
}

/// What a route's row does not tell.
public struct DVMRPRouteDetail: Hashable, Sendable {
  /// A neighbor that depends on us.
  public struct Dependent: Hashable, Sendable {
    public var interface: InterfaceID
    /// See `DVMRP.number(of:on:)`.
    public var number: Int
  }

  /// Toward the origin; nil for the default route of our making.
  public var interface: InterfaceID?
  /// By interface and address.
  public var dependents: [Dependent]
  /// Unreachable, and its gateway is gone or says nothing of it.
  public var isHeld: Bool
}

/// What only those ask for who show everything there is.
extension DVMRP {
  /// An interface that takes part; nil for one that does not.
  public func linkRow(_ interface: InterfaceID, at now: Instant) -> DVMRPLinkRow? {
    guard links.indices.contains(Int(interface.slot)), let link = links[Int(interface.slot)] else {
      return nil
    }
    return DVMRPLinkRow(
      address: link.address, subnets: link.subnets, upSince: link.isActive ? link.upSince : nil,
      isLeaf: link.isActive && link.isLeaf(hasNeighbor: hasNeighbor(interface.slot), at: now),
      repeatsPrunes: link.repeatsPrunes)
  }

  /// The number of a neighbor among those of all interfaces; another may have it when it is gone.
  public func number(of neighbor: Address, on interface: InterfaceID) -> Int? {
    guard links.indices.contains(Int(interface.slot)) else { return nil }
    return find(neighbor, on: interface.slot).map { Int($0) }
  }

  /// Whether a neighbor's first report is waited for.
  public func isAwaited(_ neighbor: Address, on interface: InterfaceID) -> Bool {
    number(of: neighbor, on: interface).flatMap { neighbors[UInt16($0)] }?.isAwaited ?? false
  }

  /// The origin that a source belongs to; nil when no route leads to it.
  public func origin(of source: Address) -> Prefix? {
    source.ipv4.flatMap { routes.match($0) }.map { routes.rows[Int($0)].key.origin }
  }

  /// Nil for an origin without a route.
  public func detail(of origin: Prefix, at now: Instant) -> DVMRPRouteDetail? {
    guard let row = routes.find(OriginKey(origin)).map({ routes.rows[Int($0)] }) else { return nil }
    var dependents: [DVMRPRouteDetail.Dependent] = []
    for interface in routes.children(of: row) {
      for peer in links[Int(interface.slot)]?.peers ?? []
      where neighbors.isTwoWay(peer) && routes.depends(peer, on: row, at: now) {
        dependents.append(.init(interface: interface, number: Int(peer)))
      }
    }
    return DVMRPRouteDetail(
      interface: row.flags.contains(.detached) ? nil : InterfaceID(slot: row.upstream),
      dependents: dependents,
      isHeld: !row.isReachable && routes.reportedAt(row, by: row.gateway) == nil)
  }

  /// How often the prune that we sent was sent again; 0 where there is none.
  public func pruneRepeats(_ origin: Prefix, _ group: Group) -> Int {
    guard let bits = group.address.ipv4,
      let tree = trees.find(Tree.Key(origin: OriginKey(origin), group: bits)).flatMap({ trees[$0] }),
      case .pruned(let prune) = tree.upstream
    else { return 0 }
    var (wait, repeats) = (DVMRPTimes.pruneRepeat, 0)
    // It doubles with each.
    while wait < prune.repeatWait, repeats < 32 { (wait, repeats) = (wait * 2, repeats + 1) }
    return repeats
  }
}

import Addressing
import Configuration
import Control
import DVMRP
import Kernel
import Membership
import Timing
import Wire

/// Rows of what is learned from hosts and other routers, made when they are asked for, a page at a time.
extension Router {
  typealias Filter = Control.RouteFilter

  /// What hosts report first (part 0), then what is stated and not reported (part 1).
  mutating func showGroups(_ id: RequestID, _ filter: Filter, _ cursor: Cursor, _ limit: Int) {
    let limit = max(1, min(limit, 1000))
    var rows: [MemberRow] = []
    var offset = max(0, cursor.offset)
    if cursor.part == 0 {
      while offset < membership.groupRowEnd, rows.count < limit {
        if let row = membership.groupRow(number: offset).map({ memberRow($0) }), matches(row, filter) {
          rows.append(row)
        }
        offset += 1
      }
      if offset < membership.groupRowEnd {
        return page(id, .groups(rows), Cursor(part: 0, offset: offset))
      }
      offset = 0
    }
    let statics = membership.staticGroups
    while offset < statics.count, rows.count < limit {
      let (place, sources) = statics[offset]
      if membership.groupRow(at: place) == nil {
        let row = memberRow(place, stated: sources)
        if matches(row, filter) { rows.append(row) }
      }
      offset += 1
    }
    page(id, .groups(rows), offset < statics.count ? Cursor(part: 1, offset: offset) : nil)
  }

  private mutating func page(_ id: RequestID, _ rows: Rows, _ next: Cursor?) {
    actions.append(.reply(id, .rows(rows, next: next)))
  }

  private func memberRow(_ group: GroupRow) -> MemberRow {
    var row = memberRow(group.place, excludes: group.excludes)
    row.sources = group.sources.prefix(MemberRow.listed).map {
      .init(address: $0.address, expires: $0.expiry, isForwarded: $0.expiry != nil)
    }
    row.sourceCount = group.sources.count
    row.version = group.version
    row.lastReporter = group.lastReporter.isUnspecified ? nil : group.lastReporter
    row.expires = group.expiry
    row.since = group.since
    row.isStatic = membership.isStatic(group.place)
    row.isTracked = group.isTracked
    row.hosts = group.hosts.prefix(MemberRow.listed).map {
      .init(address: $0.address, mode: $0.excludes ? .exclude : .include, expires: $0.expiry)
    }
    row.hostCount = group.hosts.count
    return row
  }

  private func memberRow(_ place: GroupPlace, stated sources: [Address]) -> MemberRow {
    var row = memberRow(place, excludes: sources.isEmpty)
    row.sources = sources.prefix(MemberRow.listed).map {
      .init(address: $0, expires: nil, isForwarded: true)
    }
    row.sourceCount = sources.count
    row.isStatic = true
    return row
  }

  private func memberRow(_ place: GroupPlace, excludes: Bool) -> MemberRow {
    MemberRow(
      interface: domain.name(of: place.interface), ifindex: domain.interface(place.interface)?.index,
      group: place.group.address, mode: excludes ? .exclude : .include)
  }

  private func matches(_ row: MemberRow, _ filter: Filter) -> Bool {
    if let family = filter.family, family != row.family { return false }
    if let group = filter.group, !group.contains(row.group) { return false }
    if let source = filter.source, !row.sources.contains(where: { source.contains($0.address) }) {
      return false
    }
    return isOn(row.interface, filter)
  }

  private func isOn(_ interface: String?, _ filter: Filter) -> Bool {
    guard let wanted = filter.inbound else { return true }
    return interface.map { InterfacePattern(wanted).matches($0) } ?? false
  }

  func neighborRows(_ filter: Filter) -> [NeighborRow] {
    guard filter.family != .ipv6 else { return [] }
    return dvmrp.neighborRows.map { neighborRow($0) }.filter { row in
      isOn(row.interface, filter) && (filter.source?.contains(row.address) ?? true)
    }
  }

  private func neighborRow(_ row: DVMRPNeighborRow) -> NeighborRow {
    let state: NeighborRow.State =
      switch row.state {
      case .waiting: .waiting
      case .oneWay: .oneWay
      case .twoWay: .twoWay
      }
    return NeighborRow(
      address: row.address, interface: domain.name(of: row.interface),
      ifindex: domain.interface(row.interface)?.index, state: state, major: row.version.major,
      minor: row.version.minor, capabilities: Router.capabilities(row.capabilities.rawValue),
      generation: row.generation, since: row.upSince, expires: row.expiresAt, routes: row.routes,
      prunes: row.prunes)
  }

  /// The bits of a DVMRP header (DVMRPv3 3.2.1), lowest first.
  private static func capabilities(_ bits: UInt8) -> [NeighborRow.Capability] {
    let all: [NeighborRow.Capability] = [.leaf, .prune, .generation, .mtrace, .snmp, .netmask]
    return all.enumerated().filter { bits & (1 << UInt8($0.offset)) != 0 }.map(\.element)
  }

  /// The cursor names the last origin: its length and one, and its address.
  mutating func showOrigins(_ id: RequestID, _ filter: Filter, _ cursor: Cursor, _ limit: Int) {
    let limit = max(1, min(limit, 1000))
    var last: Prefix?
    if cursor.part > 0, let bits = UInt32(exactly: cursor.offset) {
      last = Prefix(Address(ipv4: bits), length: cursor.part - 1)
    }
    guard filter.family != .ipv6 else { return page(id, .dvmrpRoutes([]), nil) }
    let routes = dvmrp.routeRows(after: last, limit: limit, at: now)
    let rows = routes.map { originRow($0) }.filter { row in
      (filter.source?.overlaps(row.origin) ?? true) && isOn(row.interface, filter)
    }
    var next: Cursor?
    if routes.count == limit, let origin = routes.last?.origin, let bits = origin.address.ipv4 {
      next = Cursor(part: origin.length + 1, offset: Int(bits))
    }
    page(id, .dvmrpRoutes(rows), next)
  }

  private func originRow(_ row: DVMRPRouteRow) -> OriginRow {
    OriginRow(
      origin: row.origin, gateway: row.gateway, interface: row.interface.map { domain.name(of: $0) },
      ifindex: row.interface.flatMap { domain.interface($0)?.index }, metric: row.metric,
      state: row.isLocal ? .local : row.metric < 32 ? .valid : .holddown, isChanged: row.isChanged,
      since: row.since, expires: row.expiresAt, children: row.children.map { domain.name(of: $0) },
      dependents: row.dependents)
  }

  mutating func showPrunes(_ id: RequestID, _ filter: Filter, _ cursor: Cursor, _ limit: Int) {
    let limit = max(1, min(limit, 1000))
    var rows: [PruneRow] = []
    var offset = max(0, cursor.offset)
    while offset < dvmrp.treeRowEnd, rows.count < limit {
      if let tree = dvmrp.treeRow(number: offset) {
        rows += pruneRows(tree).filter { row in
          filter.family != .ipv6 && (filter.source?.overlaps(row.origin) ?? true)
            && (filter.group?.contains(row.group) ?? true) && isOn(row.interface, filter)
        }
      }
      offset += 1
    }
    page(id, .prunes(rows), offset < dvmrp.treeRowEnd ? Cursor(part: 0, offset: offset) : nil)
  }

  /// What was pruned below, then what we pruned or grafted above.
  func pruneRows(_ tree: DVMRPTreeRow) -> [PruneRow] {
    var rows = tree.received.map {
      pruneRow(.received, tree, $0.neighbor, $0.interface, $0.until)
    }
    switch tree.upstream {
    case .open: break
    case .pruned(let until): rows.append(pruneRow(.sent, tree, tree.gateway, tree.gatewayInterface, until))
    case .grafting(let due): rows.append(pruneRow(.graft, tree, tree.gateway, tree.gatewayInterface, due))
    }
    return rows
  }

  private func pruneRow(
    _ kind: PruneRow.Kind, _ tree: DVMRPTreeRow, _ neighbor: Address?, _ interface: InterfaceID?,
    _ until: Instant
  ) -> PruneRow {
    PruneRow(
      kind: kind, origin: tree.origin, group: tree.group.address, neighbor: neighbor,
      interface: interface.map { domain.name(of: $0) },
      ifindex: interface.flatMap { domain.interface($0)?.index }, expires: until,
      sources: tree.sources.count)
  }

  func tunnelRows(_ filter: Filter) -> [TunnelRow] {
    guard filter.family != .ipv6 else { return [] }
    let configuration = intent.effectiveSettings
    return intent.base.tunnels.filter { isOn($0.name, filter) }.map { statement in
      let tunnel = parts.tunnels[statement.name]
      let settings = configuration.settings(of: statement.name)
      let link = interfaceRow(statement.name, settings)
      let state: TunnelRow.State =
        switch link.state {
        case .missing: .missing
        case .refused: .refused
        case .up: .up
        case .down, .disabled, .unused: .down
        }
      var row = TunnelRow(
        name: statement.name, local: tunnel?.local ?? .unspecified(.ipv4), remote: statement.remote,
        state: state, metric: settings.dvmrp.metric, threshold: settings.threshold ?? 1,
        rateLimit: statement.rateLimit)
      row.ifindex = link.ifindex
      row.neighbor = neighborRows(Filter()).first { $0.interface == statement.name }?.state
      (row.packetsIn, row.packetsOut) = (link.packetsIn, link.packetsOut)
      (row.bitsInPerSecond, row.bitsOutPerSecond) = (link.bitsInPerSecond, link.bitsOutPerSecond)
      return row
    }
  }

  // MARK: Parts of other rows

  /// What IGMP, MLD and DVMRP know of an interface.
  func add(protocolsOf id: InterfaceID, to row: inout InterfaceRow) {
    for family in Family.allCases where (family == .ipv4 ? parts.igmp : parts.mld).contains(id) {
      guard let querier = membership.querierRow(id, family) else { continue }
      row.queriers.append(
        QuerierStatus(
          family: family, address: querier.address, isSelf: querier.isSelf, version: querier.version,
          expires: querier.expiry, nextQuery: querier.nextQuery, groups: querier.groupCount))
      row.groups = (row.groups ?? 0) + querier.groupCount
      row.protocols.append(Router.counts(querier.counters, family == .ipv4 ? .igmp : .mld))
    }
    let stated = membership.staticGroups.count {
      $0.place.interface == id && membership.groupRow(at: $0.place) == nil
    }
    if stated > 0 { row.groups = (row.groups ?? 0) + stated }
    guard parts.dvmrp.contains(id), let counters = dvmrp.counters(of: id) else { return }
    row.neighbors = dvmrp.neighborCount(on: id)
    row.metric = dvmrp.metric(of: id)
    row.protocols.append(Router.counts(counters))
  }
}

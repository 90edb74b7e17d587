import Addressing
import Configuration
import Control
import DVMRP
import Forwarding
import Kernel
import Timing

/// Routes and trees of a report.
extension Router {
  mutating func reportedRoutes(_ numbers: [InterfaceID: Int]) -> [MulticastReport.Route] {
    let rows = dvmrp.routeRows(at: now)
    let (dvmrp, now) = (dvmrp, now)
    return rows.map { row in
      var route = MulticastReport.Route(row.origin, metric: row.metric < 32 ? Int(row.metric) : nil)
      let detail = dvmrp.detail(of: row.origin, at: now)
      route.gateway = row.gateway
      route.interface = row.interface.flatMap { numbers[$0] }
      route.isLocal = row.isLocal
      route.isChanged = row.isChanged
      route.isHeld = detail?.isHeld ?? false
      route.age = now - (row.reportedAt ?? row.since)
      route.expiry = row.expiresAt.map { $0 - now }
      route.children = row.children.compactMap { child in
        numbers[child].map { number in
          let dependents = detail?.dependents.filter { $0.interface == child } ?? []
          return MulticastReport.Route.Child(number, dependents: dependents.map(\.number))
        }
      }.sorted { $0.interface < $1.interface }
      return route
    }
  }

  /// What one tree is found by.
  private struct TreePlace: Hashable {
    var origin: Prefix
    var group: Address
    var inbound: InterfaceID?
  }

  /// The entries by origin and group, then what is pruned without one.
  mutating func reportedTrees(
    _ numbers: [InterfaceID: Int]
  ) -> (trees: [MulticastReport.Tree], strays: [MulticastReport.Stray]) {
    var pruned: [TreePlace: DVMRPTreeRow] = [:]
    let rows = parts.hasDVMRP ? dvmrp.treeRows : []
    for row in rows { pruned[TreePlace(origin: row.origin, group: row.group.address)] = row }
    var trees: [MulticastReport.Tree] = []
    var places: [TreePlace: Int] = [:]
    var strays: [MulticastReport.Stray] = []
    for offset in 0..<entries.end {
      guard let row = entries.row(at: offset), row.entry.key.flow.family == .ipv4 else { continue }
      let flow = row.entry.key.flow
      let known = parts.hasDVMRP ? dvmrp.origin(of: flow.source) : nil
      guard let origin = known ?? row.rule.map({ _ in Prefix(flow.source) }) else {
        strays.append(.init(flow.source, flow.group.address, age: now - row.since, left: timeLeft(row)))
        continue
      }
      var place = TreePlace(origin: origin, group: flow.group.address)
      let prunes = pruned[place]
      place.inbound = row.inbound
      let number = places[place] ?? trees.count
      if number == trees.count {
        places[place] = number
        var tree = MulticastReport.Tree(origin, flow.group.address, inbound: numbers[row.inbound] ?? -1)
        tree.isBounded = settingsOf[Int(row.inbound.slot)].boundaries.contains { $0.blocks(flow.group) }
        if let prunes { fill(&tree, prunes, numbers) }
        trees.append(tree)
      }
      add(row, to: &trees[number], numbers)
    }
    for row in rows {
      let inbound = dvmrp.detail(of: row.origin, at: now)?.interface
      let place = TreePlace(origin: row.origin, group: row.group.address, inbound: inbound)
      if let number = places[place] {
        addSleepers(row, to: &trees[number])
      } else {
        var tree = MulticastReport.Tree(
          row.origin, row.group.address, inbound: inbound.flatMap { numbers[$0] } ?? -1)
        fill(&tree, row, numbers)
        addSleepers(row, to: &tree)
        trees.append(tree)
      }
    }
    return (trees, strays)
  }

  /// What is pruned, above and below.
  private func fill(
    _ tree: inout MulticastReport.Tree, _ row: DVMRPTreeRow, _ numbers: [InterfaceID: Int]
  ) {
    switch row.upstream {
    case .open: tree.upstream = .open
    case .grafting: tree.upstream = .grafting
    case .pruned(let until):
      tree.upstream = .pruned(until - now, repeats: dvmrp.pruneRepeats(row.origin, row.group))
    }
    for prune in row.received {
      guard let interface = numbers[prune.interface],
        let index = dvmrp.number(of: prune.neighbor, on: prune.interface)
      else { continue }
      tree.prunes.append(
        .init(prune.neighbor, interface: interface, index: index, left: prune.until - now))
      if !tree.outbound.contains(where: { $0.interface == interface }) {
        tree.outbound.append(.init(interface, .pruned))
      }
    }
  }

  private func addSleepers(_ row: DVMRPTreeRow, to tree: inout MulticastReport.Tree) {
    let known = Set(tree.sources.map(\.address))
    tree.sources += row.sources.filter { !known.contains($0) }.map { .init($0, age: nil) }
  }

  /// One more source of the tree; what its packets go out by counts for all.
  private func add(
    _ row: EntryRow, to tree: inout MulticastReport.Tree, _ numbers: [InterfaceID: Int]
  ) {
    let flow = row.entry.key.flow
    var source = MulticastReport.Tree.Source(flow.source, age: row.isInstalled ? now - row.since : nil)
    let use = row.use
    source.count = .init(
      packets: use.packets - min(use.packets, use.clearedPackets),
      bytes: use.bytes - min(use.bytes, use.clearedBytes),
      wrongInterface: use.wrongInterface - min(use.wrongInterface, use.clearedWrong))
    tree.sources.append(source)
    tree.age = max(tree.age, now - row.since)
    tree.left = max(tree.left, timeLeft(row))
    var outbound = Dictionary(tree.outbound.map { ($0.interface, $0.state) }) { first, _ in first }
    for (interface, state) in states(of: row) {
      guard let number = numbers[interface] else { continue }
      if outbound[number] != .forwards { outbound[number] = state }
    }
    tree.outbound = outbound.keys.sorted().compactMap { number in outbound[number].map { .init(number, $0) } }
  }

  /// Where an entry's packets go out, and where they would but for a boundary or the kernel.
  private func states(of row: EntryRow) -> [(InterfaceID, MulticastReport.Tree.Outbound.State)] {
    let key = row.entry.key
    var forwards = InterfaceSet()
    for vif in 0..<VIFIndex(Limits.vifsPerTable) where row.entry.outbound[vif] != 0 {
      if let interface = plan.interface(at: vif, in: key.table, .ipv4) { forwards.insert(interface) }
    }
    if !row.isInstalled { return forwards.map { ($0, .missing) } }
    var states = forwards.map { ($0, MulticastReport.Tree.Outbound.State.forwards) }
    guard hasBoundaries else { return states }
    let match = rules.match(key.flow, arrival: row.inbound)
    var view = view(of: key.flow, arrival: row.inbound, match: match, path: path(of: key.flow))
    let closed = view.blocked
    view.blocked = InterfaceSet()
    let open = decide(view).entry?.outbound ?? InterfaceSet()
    for interface in open.intersection(closed) { states.append((interface, .boundary)) }
    return states
  }

  /// Until it is asked whether packets still come; zero for an entry that stays while its rule does.
  private func timeLeft(_ row: EntryRow) -> Duration {
    guard row.kind != .full else { return .zero }
    return max(.zero, idleTimeout(of: row) - (now - (row.use.lastUsed ?? row.since)))
  }
}

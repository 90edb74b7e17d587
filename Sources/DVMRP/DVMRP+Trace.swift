public import Addressing
public import Kernel
import Wire

/// What a trace asks beside `view`.
extension DVMRP {
  /// Whether a two-way neighbor on an interface carries traces on; nil: there is no such neighbor.
  public func carriesTraces(_ neighbor: Address, on interface: InterfaceID) -> Bool? {
    guard links.indices.contains(Int(interface.slot)), let peer = find(neighbor, on: interface.slot),
      neighbors.isTwoWay(peer)
    else { return nil }
    return neighbors[peer]?.capabilities.contains(.trace)
  }

  /// Whether a router is there that hears us.
  public func hasNeighbor(on interface: InterfaceID) -> Bool {
    guard links.indices.contains(Int(interface.slot)) else { return false }
    return links[Int(interface.slot)]?.peers.contains { neighbors.isTwoWay($0) } ?? false
  }

  /// Whether the router upstream was told that nobody here wants the flow.
  public func isPruned(_ flow: Flow) -> Bool { tree(of: flow)?.isPruned ?? false }

  /// Whether the flow's entry is gone, and a prune of ours may be why: it comes back only by a graft.
  public func isAsleep(_ flow: Flow) -> Bool {
    tree(of: flow)?.flows.contains { $0.isAsleep && $0.source == flow.source.ipv4 } ?? false
  }

  private func tree(of flow: Flow) -> Tree? {
    guard let source = flow.source.ipv4, let group = flow.group.address.ipv4,
      let number = routes.match(source)
    else { return nil }
    let key = Tree.Key(origin: routes.rows[Int(number)].key, group: group)
    return trees.find(key).flatMap { trees[$0] }
  }
}

import Addressing
import Kernel
import Timing
import Wire

/// Grafts, their acks and their repetition (DVMRPv3 3.6).
extension DVMRP {
  /// Takes a prune of ours back.
  mutating func graft(
    _ number: Int32, _ gateway: UInt16, at now: Instant, _ effects: inout DVMRPEffects
  ) {
    guard let tree = trees[number] else { return }
    let pending = PendingGraft(gateway: gateway, repeatAt: now + DVMRPTimes.graftRepeat)
    _ = trees.update(number) { $0.upstream = .grafting(pending) }
    sendGraft(tree, to: gateway, at: now, &effects)
    tell(.graftSent, tree, gateway, &effects)
  }

  /// No ack has come.
  mutating func repeatGraft(
    _ number: Int32, _ tree: Tree, _ graft: PendingGraft, at now: Instant, _ effects: inout DVMRPEffects
  ) {
    // Timed anew in any case: the deadline that brought us here may have been another of the tree.
    guard graft.repeatAt <= now else { return }
    var graft = graft
    graft.wait = min(graft.wait * 2, DVMRPTimes.longestGraftRepeat)
    graft.repeatAt = now + graft.wait
    let state = UpstreamState.grafting(graft)
    _ = trees.update(number) { $0.upstream = state }
    sendGraft(tree, to: graft.gateway, at: now, &effects)
  }

  private mutating func sendGraft(
    _ tree: Tree, to gateway: UInt16, at now: Instant, _ effects: inout DVMRPEffects
  ) {
    guard let neighbor = neighbors[gateway], let group = Group(Address(ipv4: tree.key.group)) else { return }
    let graft = DVMRPGraft(source: Address(ipv4: tree.key.origin.network), group: group)
    send(
      DVMRPPacket(.graft(graft), capabilities: capabilities(on: neighbor.interface.slot, at: now)).encoded(),
      to: neighbor.address, on: neighbor.interface.slot, &effects)
  }

  /// A neighbor below wants a group again, or for the first time.
  ///
  /// It is answered whatever we know of the group: without an answer it would ask for ever.
  mutating func receive(
    _ graft: DVMRPGraft, from peer: UInt16, on slot: UInt8, at now: Instant, _ effects: inout DVMRPEffects
  ) -> DVMRPRefusal? {
    guard let neighbor = neighbors[peer] else { return .notNeighbor }
    let answer = DVMRPPacket(
      .graftAck(DVMRPGraft(source: graft.source, group: graft.group)),
      capabilities: capabilities(on: slot, at: now))
    send(answer.encoded(), to: neighbor.address, on: slot, &effects)
    guard let source = graft.source.ipv4, let group = graft.group.address.ipv4, let row = routes.match(source)
    else { return .noRoute }
    let route = routes.rows[Int(row)]
    if let length = graft.sourceLength, length != 32, length != route.key.length { return .mask }
    guard let link = links[Int(slot)], !link.isScoped(graft.group) else { return .scoped }
    guard let number = trees.find(Tree.Key(origin: route.key, group: group)) else { return nil }
    if let tree = trees[number] { tell(.graftHeard, tree, peer, &effects) }
    _ = trees.update(number) { tree in tree.received.removeAll { $0.peer == peer } }
    name(number, &effects)
    dropIfEmpty(number)
    return nil
  }

  mutating func acknowledge(_ graft: DVMRPGraft, from peer: UInt16) -> DVMRPRefusal? {
    guard let source = graft.source.ipv4, let group = graft.group.address.ipv4,
      let row = routes.match(source),
      let number = trees.find(Tree.Key(origin: routes.rows[Int(row)].key, group: group)),
      let tree = trees[number], case .grafting(let pending) = tree.upstream, pending.gateway == peer
    else { return .unmatchedAck }
    _ = trees.update(number) { $0.open() }
    dropIfEmpty(number)
    return nil
  }
}

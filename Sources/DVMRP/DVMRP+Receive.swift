import Addressing
public import Kernel
public import Timing
import Wire

/// What came in, and whether it is heard.
extension DVMRP {
  /// A packet with IGMP type 0x13, received on an interface.
  public mutating func receive(
    _ datagram: Datagram, on interface: InterfaceID, at now: Instant
  ) -> DVMRPEffects {
    var effects = DVMRPEffects()
    let slot = Int(interface.slot)
    guard links.indices.contains(slot), let link = links[slot], link.isActive else { return effects }
    do throws(WireError) {
      let packet = try DVMRPPacket(decoding: datagram.payload.span)
      if let refusal = handle(packet, datagram, link, at: now, &effects) {
        links[slot]?.counters.refuse(refusal)
      } else {
        links[slot]?.counters.hear(code: packet.message.code)
      }
    } catch {
      links[slot]?.counters.refuse(DVMRPRefusal(error))
    }
    finish(at: now, &effects)
    return effects
  }

  /// What an interface heard, sent and refused; nil without settings.
  public func counters(of interface: InterfaceID) -> DVMRPCounters? {
    links.indices.contains(Int(interface.slot)) ? links[Int(interface.slot)]?.counters : nil
  }

  private mutating func handle(
    _ packet: DVMRPPacket, _ datagram: Datagram, _ link: DVMRPLink, at now: Instant,
    _ effects: inout DVMRPEffects
  ) -> DVMRPRefusal? {
    if link.settings.isForcedLeaf { return .forcedLeaf }
    let slot = link.id.slot
    switch packet.message {
    case .askNeighbors(let form): return answer(form, to: datagram, on: slot, at: now, &effects)
    case .askAttributes(let asked): return answer(asked, to: datagram, on: slot, at: now, &effects)
    case .neighbors, .attributes: return .unasked
    case .other: return .unknownCode
    case .probe, .report, .prune, .graft, .graftAck: break
    }
    if isOwn(datagram.source) { return .ownEcho }
    if let refusal = check(packet, datagram, link) { return refusal }
    switch packet.message {
    case .probe(let probe): return hear(probe, packet, from: datagram.source, on: slot, at: now, &effects)
    case .report(let report):
      return receive(report, packet, from: datagram.source, on: slot, at: now, &effects)
    default: break
    }
    guard let peer = find(datagram.source, on: slot), neighbors.isTwoWay(peer) else { return .notNeighbor }
    guard neighbors[peer]?.treeBucket.take(1, rate: 100, burst: 100, at: now) ?? false else {
      tellLimit(.rate, peer, at: now, &effects)
      return .rate
    }
    switch packet.message {
    case .prune(let prune): return receive(prune, from: peer, on: slot, at: now, &effects)
    case .graft(let graft): return receive(graft, from: peer, on: slot, at: now, &effects)
    case .graftAck(let graft): return acknowledge(graft, from: peer)
    default: return nil
    }
  }

  /// Where the packet may come from and go to, and who may have sent it.
  private func check(_ packet: DVMRPPacket, _ datagram: Datagram, _ link: DVMRPLink) -> DVMRPRefusal? {
    if datagram.destination.isMulticast {
      switch packet.message {
      case .probe, .report:
        // mrouted hears them sent to all systems as well.
        guard [DVMRPLink.allRouters, DVMRPLink.allSystems].contains(datagram.destination) else {
          return .destination
        }
      default: guard datagram.destination == DVMRPLink.allRouters else { return .destination }
      }
      if link.settings.isTTLStrict, !link.isTunnel, datagram.hops != 1 { return .hops }
    } else if !isOwn(datagram.destination) {
      return .destination
    }
    guard link.canHost(datagram.source) else { return .source }
    let prefixes = link.settings.neighborPrefixes
    guard prefixes.isEmpty || prefixes.contains(where: { $0.contains(datagram.source) }) else {
      return .notAccepted
    }
    guard Neighbor.isKnown(packet.version) else { return .version }
    guard link.settings.acceptsNonpruners || Neighbor.canPrune(packet.version, packet.capabilities) else {
      return .cannotPrune
    }
    return nil
  }

  /// Whether it is an address of an interface of ours.
  func isOwn(_ address: Address) -> Bool {
    links.contains { link in
      guard let link else { return false }
      return link.isActive && link.address == address
        || link.interface?.addresses.contains { $0.address == address } ?? false
    }
  }

  /// Says once in five minutes that a neighbor met a limit.
  mutating func tellLimit(
    _ refusal: DVMRPRefusal, _ peer: UInt16, at now: Instant, _ effects: inout DVMRPEffects
  ) {
    guard let neighbor = neighbors[peer] else { return }
    if let last = neighbor.limitedAt, now < last + .seconds(300) { return }
    neighbors[peer]?.limitedAt = now
    effects.events.append(.limit(refusal, neighbor.address, neighbor.interface))
  }
}

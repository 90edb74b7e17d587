import Addressing
import Kernel
import Timing
import Wire

/// Probes and the two-way check (DVMRPv3 3.2).
extension DVMRP {
  /// A neighbor's probe; the packet's addresses and version have been checked.
  mutating func hear(
    _ probe: DVMRPProbe, _ packet: DVMRPPacket, from source: Address, on slot: UInt8, at now: Instant,
    _ effects: inout DVMRPEffects
  ) -> DVMRPRefusal? {
    guard let link = links[Int(slot)] else { return .notNeighbor }
    let namesUs = probe.neighbors.contains(link.address) || !Neighbor.needsHandshake(packet.version)
    guard let peer = find(source, on: slot) else {
      let peer = meet(
        packet, probe.generation, hearsUs: namesUs, from: source, on: slot, at: now, &effects)
      guard let peer else { return neighborRefusal(on: slot) }
      updateWaiting(slot, &effects)
      // Named at once, the other side need not wait for our next probe.
      if namesUs { becomeTwoWay(peer, at: now, &effects) } else { probeSoon(slot, at: now, &effects) }
      return nil
    }
    guard let neighbor = neighbors[peer] else { return nil }
    let isNew = neighbor.generation != probe.generation || neighbor.version != packet.version
    // A restart costs us the whole table: nobody starts that often.
    if isNew, neighbor.state == .twoWay, now < neighbor.since + DVMRPTimes.restartSpacing { return .rate }
    keep(peer, at: now)
    neighbors[peer]?.capabilities = packet.capabilities
    neighbors[peer]?.generation = probe.generation
    neighbors[peer]?.version = packet.version
    switch (neighbor.state, namesUs) {
    case (.waiting, true), (.oneWay, true): becomeTwoWay(peer, at: now, &effects)
    case (.waiting, false):
      neighbors[peer]?.state = .oneWay
      effects.events.append(.neighborOneWay(source, neighbor.interface))
      probeSoon(slot, at: now, &effects)
    case (.oneWay, false): break
    case (.twoWay, _) where isNew: restart(peer, at: now, &effects)
    case (.twoWay, true): break
    case (.twoWay, false):
      if now - neighbor.since > DVMRPTimes.handshakeGrace { becomeOneWay(peer, at: now, &effects) }
    }
    return nil
  }

  /// The number of a neighbor with this address on the interface.
  func find(_ address: Address, on slot: UInt8) -> UInt16? {
    links[Int(slot)]?.peers.first { neighbors[$0]?.address == address }
  }

  /// A neighbor of an old version may be met by its report, too.
  ///
  /// Where there is no room, one that hears us takes the place of the one that was silent for longest of
  /// those that do not: nobody is kept out by many who only send.
  mutating func meet(
    _ packet: DVMRPPacket, _ generation: UInt32?, hearsUs: Bool, from source: Address, on slot: UInt8,
    at now: Instant, _ effects: inout DVMRPEffects
  ) -> UInt16? {
    if !hasRoom(on: slot), hearsUs, let former = mostSilent(on: slot) { drop(former, at: now, &effects) }
    guard hasRoom(on: slot), let link = links[Int(slot)] else { return nil }
    let peer = neighbors.insert(
      Neighbor(
        address: source, interface: link.id, version: packet.version, capabilities: packet.capabilities,
        generation: generation, since: now, heardAt: now,
        isAwaited: now < link.upSince + DVMRPTimes.claimDelay))
    let place = link.peers.firstIndex { neighbors[$0].map { source < $0.address } ?? false }
    links[Int(slot)]?.peers.insert(peer, at: place ?? link.peers.count)
    links[Int(slot)]?.hasHeard = true
    keep(peer, at: now)
    timers.set(DVMRPTimer(.claim, peer), at: now + DVMRPTimes.claimDelay)
    return peer
  }

  private func hasRoom(on slot: UInt8) -> Bool {
    guard let link = links[Int(slot)] else { return false }
    return link.peers.count < limits.neighborsPerInterface
      && neighbors.count < min(limits.neighbors, Int(UInt16.max) - 1)
  }

  /// The neighbor that was last heard before all others that do not hear us; nil: all do.
  private func mostSilent(on slot: UInt8) -> UInt16? {
    let deaf = links[Int(slot)]?.peers.filter { !neighbors.isTwoWay($0) } ?? []
    return deaf.min { (neighbors[$0]?.heardAt ?? .start) < (neighbors[$1]?.heardAt ?? .start) }
  }

  /// Why nobody can be met.
  func neighborRefusal(on slot: UInt8) -> DVMRPRefusal {
    let count = links[Int(slot)]?.peers.count ?? 0
    return count < limits.neighborsPerInterface ? .neighborLimit : .interfaceNeighborLimit
  }

  /// Starts the hold timer anew.
  mutating func keep(_ peer: UInt16, at now: Instant) {
    guard let hold = neighbors[peer]?.hold else { return }
    neighbors[peer]?.heardAt = now
    timers.set(DVMRPTimer(.hold, peer), at: now + hold)
  }

  mutating func becomeTwoWay(_ peer: UInt16, at now: Instant, _ effects: inout DVMRPEffects) {
    guard let neighbor = neighbors[peer], let bits = neighbor.address.ipv4 else { return }
    let slot = neighbor.interface.slot
    let isFirst = !hasNeighbor(slot)
    neighbors[peer]?.state = .twoWay
    neighbors[peer]?.upSince = now
    routes.setPeer(peer, PeerFacts(address: bits, slot: slot, since: now))
    timers.set(DVMRPTimer(.assume, peer), at: now + DVMRPTimes.dependentExpiry)
    effects.interfaces.insert(neighbor.interface)
    effects.events.append(.neighborUp(neighbor.address, neighbor.interface))
    updateWaiting(slot, &effects)
    probeSoon(slot, at: now, &effects)
    transfer(to: isFirst ? nil : peer, on: slot, at: now)
  }

  /// It lost its state: nothing that either of us told the other about prunes holds any more.
  private mutating func restart(_ peer: UInt16, at now: Instant, _ effects: inout DVMRPEffects) {
    guard let neighbor = neighbors[peer] else { return }
    neighbors[peer]?.since = now
    routes.renewPeer(peer, at: now)
    timers.set(DVMRPTimer(.claim, peer), at: now + DVMRPTimes.claimDelay)
    forgetTrees(of: peer, &effects)
    effects.interfaces.insert(neighbor.interface)
    effects.events.append(.neighborRestarted(neighbor.address, neighbor.interface))
    probeSoon(neighbor.interface.slot, at: now, &effects)
    transfer(
      to: hasOtherNeighbor(than: peer, neighbor.interface.slot) ? peer : nil,
      on: neighbor.interface.slot, at: now)
  }

  private mutating func becomeOneWay(_ peer: UInt16, at now: Instant, _ effects: inout DVMRPEffects) {
    guard let neighbor = neighbors[peer] else { return }
    neighbors[peer]?.state = .oneWay
    neighbors[peer]?.upSince = nil
    leave(peer, neighbor, at: now, &effects)
    effects.events.append(.neighborOneWay(neighbor.address, neighbor.interface))
  }

  /// Forgets a neighbor and all that depends on it.
  mutating func drop(
    _ peer: UInt16, at now: Instant, _ effects: inout DVMRPEffects
  ) {
    guard let neighbor = neighbors[peer] else { return }
    if neighbor.state == .twoWay {
      neighbors[peer]?.state = .oneWay
      leave(peer, neighbor, at: now, &effects)
      effects.events.append(.neighborLost(neighbor.address, neighbor.interface))
    }
    for kind in [DVMRPTimer.Kind.hold, .claim, .assume] { timers.cancel(DVMRPTimer(kind, peer)) }
    links[Int(neighbor.interface.slot)]?.peers.removeAll { $0 == peer }
    neighbors[peer] = nil
    updateWaiting(neighbor.interface.slot, &effects)
  }

  /// What follows when a two-way neighbor is one no more.
  private mutating func leave(
    _ peer: UInt16, _ neighbor: Neighbor, at now: Instant, _ effects: inout DVMRPEffects
  ) {
    timers.cancel(DVMRPTimer(.assume, peer))
    routes.removePeer(peer, at: now)
    forgetTrees(of: peer, &effects)
    schedule.cancel(peer)
    if !hasNeighbor(neighbor.interface.slot) { links[Int(neighbor.interface.slot)]?.lonelySince = now }
    effects.interfaces.insert(neighbor.interface)
  }

  func hasNeighbor(_ slot: UInt8) -> Bool {
    links[Int(slot)]?.peers.contains { neighbors.isTwoWay($0) } ?? false
  }

  private func hasOtherNeighbor(than peer: UInt16, _ slot: UInt8) -> Bool {
    links[Int(slot)]?.peers.contains { $0 != peer && neighbors.isTwoWay($0) } ?? false
  }

  /// An interface that just came up forwards nothing while a router there has not said what it forwards.
  mutating func updateWaiting(_ slot: UInt8, _ effects: inout DVMRPEffects) {
    guard let link = links[Int(slot)] else { return }
    let isWaiting = link.peers.contains { neighbors[$0]?.isAwaited ?? false }
    guard link.isWaiting != isWaiting else { return }
    links[Int(slot)]?.isWaiting = isWaiting
    effects.interfaces.insert(link.id)
  }

  // MARK: Our probes

  /// Sends a probe and sets the time of the next.
  mutating func probe(_ slot: UInt8, at now: Instant, _ effects: inout DVMRPEffects) {
    guard let link = links[Int(slot)], link.isSpeaking else { return }
    let heard = link.peers.compactMap { neighbors[$0]?.address }
    let probe = DVMRPProbe(generation: link.generation, neighbors: heard)
    let packet = DVMRPPacket(.probe(probe), capabilities: capabilities(on: slot, at: now))
    send(packet.encoded(), to: DVMRPLink.allRouters, on: slot, &effects)
    links[Int(slot)]?.probedAt = now
    var wait = options.probeInterval
    if link.earlyProbes > 0 {
      links[Int(slot)]?.earlyProbes -= 1
      wait = min(wait, .seconds(1))
    }
    timers.set(DVMRPTimer(.probe, UInt16(slot)), at: now + max(wait, DVMRPTimes.probeSpacing))
  }

  /// A probe that an event asks for; those who send us many such events get few probes.
  mutating func probeSoon(_ slot: UInt8, at now: Instant, _ effects: inout DVMRPEffects) {
    guard let link = links[Int(slot)] else { return }
    let soonest = link.probedAt.map { $0 + DVMRPTimes.probeSpacing } ?? now
    if soonest <= now { return probe(slot, at: now, &effects) }
    let timer = DVMRPTimer(.probe, UInt16(slot))
    timers.set(timer, at: min(soonest, timers[timer] ?? soonest))
  }

  /// The leaf bit as mrouted sets it: neighbors on one interface, and not on one that is a leaf.
  func capabilities(on slot: UInt8, at now: Instant) -> DVMRPCapabilities {
    var busy = 0
    for link in links { if let link, hasNeighbor(link.id.slot) { busy += 1 } }
    let isLeaf = busy == 1 && !(links[Int(slot)]?.isLeaf(hasNeighbor: hasNeighbor(slot), at: now) ?? true)
    return isLeaf ? [.ours, .leaf] : .ours
  }

  mutating func send(
    _ payload: [UInt8], to destination: Address, on slot: UInt8, _ effects: inout DVMRPEffects
  ) {
    // Of a former life's interface the link is not known before it is found again.
    guard let link = links[Int(slot)], link.interface != nil, payload.count > 1 else { return }
    links[Int(slot)]?.counters.send(code: payload[1])
    effects.datagrams.append(link.datagram(to: destination, payload))
  }
}

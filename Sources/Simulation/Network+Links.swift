import Addressing
import Kernel
import Router
import Timing

/// Segments and tunnels: how frames get from one node to others.
extension Network {
  func plug(of node: Int, link: Int32) -> Int? {
    plugsOf[node].first { plugs[$0].link == link && plugs[$0].exists }
  }

  func carries(_ plug: Int) -> Bool {
    plugs[plug].isConnected && plugs[plug].exists && !isDown[plugs[plug].segment]
  }

  // MARK: Routers send

  /// A Router forwards a copy: the place to find loops, crossed boundaries and waste.
  mutating func pass(_ packet: Packet, _ router: Int, by link: Int32) {
    let node = routers[router].node
    var packet = packet
    if packet.path & routers[router].bit != 0, isSettled {
      violate(.loop, "\(packet.flow) passes \(scenario.nodes[node].name) twice")
    }
    packet.path |= routers[router].bit
    counts.forwarded += 1
    guard let plug = plug(of: node, link: link) else {
      if let tunnel = routers[router].kernel.tunnels[link] { enter(tunnel, .packet(packet), from: node) }
      return
    }
    if !scenario.boundaries.isEmpty {
      let segment = scenario.segments[plugs[plug].segment].name
      for boundary in scenario.boundaries
      where boundary.segment == segment && boundary.groups.contains(packet.flow.group.address) {
        violate(.boundary, "\(packet.flow) crosses the boundary on \(segment)")
      }
    }
    judgeWaste(packet.flow, from: plug)
    transmit(.packet(packet), from: plug)
  }

  /// A Router sends a protocol packet; link 0: to wherever its destination is.
  mutating func post(_ datagram: Datagram, _ router: Int, by link: Int32) {
    if routers[router].defects.contains(.ungrafted), datagram.isGraft { return }
    let node = routers[router].node
    let frame = Frame.datagram(datagram)
    if let plug = plug(of: node, link: link) { return transmit(frame, from: plug) }
    if let tunnel = routers[router].kernel.tunnels[link] { return enter(tunnel, frame, from: node) }
    guard link == 0, let way = way(from: node, to: datagram.destination), survives(way) else { return }
    queue.add(.arrival(frame, at: way.plug), at: now + way.latency)
  }

  // MARK: Segments

  /// Puts a frame on a plug's segment: every other plug gets it, or the one that it is addressed to.
  mutating func transmit(_ frame: Frame, from plug: Int) {
    let segment = plugs[plug].segment
    guard carries(plug) else { return }
    if case .datagram(let datagram) = frame, !datagram.destination.isMulticast {
      guard let target = plugWith[datagram.destination], plugs[target].segment == segment else { return }
      return schedule(frame, from: plug, to: target, on: segment)
    }
    if impairments[segment].isNone, secluded.isEmpty {
      return queue.add(.broadcast(frame, from: plug), at: now + scenario.segments[segment].latency)
    }
    for other in plugsOn[segment] where other != plug { schedule(frame, from: plug, to: other, on: segment) }
  }

  private mutating func schedule(_ frame: Frame, from plug: Int, to other: Int, on segment: Int) {
    guard carries(other), !isCut(plugs[plug].node, plugs[other].node) else { return }
    let latency = scenario.segments[segment].latency + impairments[segment].delay
    let impairment = impairments[segment]
    guard !impairment.isNone else { return queue.add(.arrival(frame, at: other), at: now + latency) }
    guard !happens(impairment.loss) else { return counts.lost += 1 }
    let late = happens(impairment.reordering) ? Int64.random(in: 1...20, using: &chance) : 1
    queue.add(.arrival(frame, at: other), at: now + latency * late)
    if happens(impairment.duplication) { queue.add(.arrival(frame, at: other), at: now + latency * 2) }
  }

  private mutating func happens(_ share: UInt16) -> Bool {
    share > 0 && UInt16.random(in: 0..<1000, using: &chance) < share
  }

  func isCut(_ node: Int, _ other: Int) -> Bool {
    !secluded.isEmpty && secluded.contains(node) != secluded.contains(other)
  }

  mutating func spread(_ frame: Frame, from plug: Int) {
    for other in plugsOn[plugs[plug].segment] where other != plug { arrive(frame, at: other) }
  }

  mutating func arrive(_ frame: Frame, at plug: Int) {
    guard carries(plug) else { return }
    switch places[plugs[plug].node] {
    case .host(let host): arrive(frame, atHost: host, by: plug)
    case .router(let router): arrive(frame, at: router, by: plugs[plug].link)
    }
  }

  private mutating func arrive(_ frame: Frame, at router: Int, by link: Int32) {
    guard routers[router].forwards else { return }
    switch frame {
    case .packet(let packet):
      let result = routers[router].receive(packet, by: link, at: now)
      for copy in result.copies {
        if chronicle != nil { tell(.packet(copy.packet), from: router, by: copy.link) }
        pass(copy.packet, router, by: copy.link)
      }
      if let upcall = result.upcall {
        if chronicle != nil {
          tell("\(routers[router].name) \(routers[router].name(of: link)) → \(upcall.kind) \(upcall.flow)")
        }
        step(router, [.kernel(.upcall(upcall))])
      }
    case .datagram(var datagram):
      guard routers[router].hears(datagram, by: link) else { return }
      datagram.link = link
      step(router, [.kernel(.received(datagram))])
    }
  }

  // MARK: Tunnels

  /// Wraps a frame: it goes the underlay's way to the tunnel's other end.
  private mutating func enter(_ tunnel: Tunnel, _ frame: Frame, from node: Int) {
    guard let way = way(from: node, to: tunnel.remote), survives(way),
      case .router(let router) = places[plugs[way.plug].node]
    else { return }
    queue.add(.emergence(frame, router: router, from: tunnel.local), at: now + way.latency)
  }

  mutating func emerge(_ frame: Frame, at router: Int, from source: Address) {
    let tunnels = routers[router].kernel.tunnels
    guard let link = tunnels.keys.sorted().first(where: { tunnels[$0]?.remote == source }) else { return }
    arrive(frame, at: router, by: link)
  }

  /// Whether a packet comes through all impaired segments of its way.
  private mutating func survives(_ way: Underlay.Way) -> Bool {
    for segment in way.segments where !impairments[segment].isNone {
      guard !happens(impairments[segment].loss) else {
        counts.lost += 1
        return false
      }
    }
    return true
  }

  /// The way of unicast packets, which we take as given: the shortest over segments that carry.
  mutating func way(from node: Int, to address: Address) -> Underlay.Way? {
    guard let target = plugWith[address], plugs[target].exists else { return nil }
    let key = Underlay.Key(node: node, plug: target)
    if let known = underlay.ways[key] { return known }
    let way = search(from: node, to: target)
    underlay.ways[key] = .some(way)
    return way
  }

  private func search(from start: Int, to target: Int) -> Underlay.Way? {
    guard carries(target) else { return nil }
    var open = [Underlay.Way.Step(node: start)]
    var seen: Set<Int> = [start]
    var next = 0
    while next < open.count {
      let step = open[next]
      next += 1
      for plug in plugsOf[step.node] where carries(plug) {
        let segment = plugs[plug].segment
        let (latency, segments) = (
          step.latency + scenario.segments[segment].latency + impairments[segment].delay,
          step.segments + [segment]
        )
        for other in plugsOn[segment] where carries(other) && !isCut(step.node, plugs[other].node) {
          if other == target { return .init(plug: target, latency: latency, segments: segments) }
          guard case .router = places[plugs[other].node], seen.insert(plugs[other].node).inserted else {
            continue
          }
          open.append(.init(node: plugs[other].node, latency: latency, segments: segments))
        }
      }
    }
    return nil
  }
}

/// Ways of unicast packets, as found; forgotten with each disturbance.
struct Underlay: Sendable {
  struct Key: Hashable, Sendable {
    var node: Int
    var plug: Int
  }

  struct Way: Sendable {
    struct Step: Sendable {
      var node: Int
      var latency = Duration.zero
      var segments: [Int] = []
    }

    var plug: Int
    var latency: Duration
    var segments: [Int]
  }

  var ways: [Key: Way?] = [:]
}

extension Datagram {
  /// The code of a DVMRP message; nil for others.
  var dvmrpCode: UInt8? { payload.count > 1 && payload[0] == 0x13 ? payload[1] : nil }
  var isPrune: Bool { dvmrpCode == 7 }
  var isGraft: Bool { dvmrpCode == 8 }
  var isHostReport: Bool { dvmrpCode == nil && payload.first.map { $0 != 0x11 && $0 != 130 } ?? false }
}

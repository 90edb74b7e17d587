import Addressing
import Kernel
import Timing
import Wire

/// Hosts: what they send, want and get.
extension Network {
  mutating func begin(_ name: String, _ group: Address, _ every: Duration, _ count: Int) {
    guard let node = nodeNamed[name], hosts[node] != nil, let group = Group(group),
      let source = address(of: node, group.family), let flow = Flow(source: source, group: group), count > 0
    else { return violate(.scenario, "\(name) cannot send to \(group)") }
    streams += 1
    send(Stream(number: streams, node: node, flow: flow, every: every, left: count))
  }

  /// The address that a host sends from: the routable one.
  private func address(of node: Int, _ family: Family) -> Address? {
    plugsOf[node].first.flatMap { plug in
      plugs[plug].addresses.last { $0.family == family }
    }
  }

  mutating func send(_ stream: Stream) {
    var stream = stream
    guard stream.left > 0, let plug = plugsOf[stream.node].first else { return }
    stream.left -= 1
    stream.sequence += 1
    let packet = Packet(
      flow: stream.flow, hops: 64, stream: stream.number, sequence: stream.sequence)
    expect(packet, from: plug)
    transmit(.packet(packet), from: plug)
    if stream.left > 0 { queue.add(.sending(stream), at: now + stream.every) }
  }

  mutating func member(_ name: String, _ group: Address, _ source: Address?, joins: Bool) {
    guard let node = nodeNamed[name], hosts[node] != nil, let group = Group(group) else {
      return violate(.scenario, "\(name) is no host that could join \(group)")
    }
    joinedAt[node, default: [:]][group] = now
    let messages =
      joins
      ? hosts[node]?.join(group, source: source, at: now, &chance)
      : hosts[node]?.leave(group, source: source, at: now, &chance)
    tell(messages ?? [], from: node)
  }

  /// Sends a host's messages and notes when its next timer is due.
  mutating func tell(_ messages: [SimulatedHost.Message], from node: Int) {
    if let next = hosts[node]?.timers.next { queue.add(.host(node), at: max(next, now)) }
    guard let plug = plugsOf[node].first else { return }
    let addresses = plugs[plug].addresses
    for message in messages {
      let datagram: Datagram
      switch message {
      case .igmp(let igmp, let destination):
        guard let source = addresses.first(where: { $0.family == .ipv4 }) else { continue }
        datagram = Datagram(
          link: 0, source: source, destination: destination, hops: 1, routerAlert: true,
          payload: igmp.encoded())
      case .mld(let mld, let destination):
        guard let source = addresses.first(where: { $0.isLinkLocalUnicast }) else { continue }
        datagram = Datagram(
          link: 0, source: source, destination: destination, hops: 1, routerAlert: true,
          payload: mld.encoded(from: source, to: destination))
      }
      transmit(.datagram(datagram), from: plug)
    }
  }

  mutating func arrive(_ frame: Frame, atHost node: Int, by plug: Int) {
    switch frame {
    case .packet(let packet):
      guard hosts[node]?.wants(packet.flow) ?? false else { return }
      counts.delivered += 1
      received(packet, at: node)
    case .datagram(let datagram):
      hear(datagram, at: node)
    }
  }

  /// Nothing on the links spoils bytes, so what a host cannot read was sent wrong.
  private mutating func hear(_ datagram: Datagram, at node: Int) {
    do throws(WireError) {
      if datagram.source.family == .ipv4 {
        switch try IGMPMessage(decoding: datagram.payload.span) {
        case .query(let query): hosts[node]?.hear(query, .ipv4, at: now, &chance)
        case .reportV1(let group), .reportV2(let group): hosts[node]?.overhear(group)
        case .leave, .reportV3, .other: break
        }
      } else {
        switch try MLDMessage(decoding: datagram.payload.span) {
        case .query(let query): hosts[node]?.hear(query, .ipv6, at: now, &chance)
        case .reportV1(let group): hosts[node]?.overhear(group)
        case .done, .reportV2, .other: break
        }
      }
    } catch {
      violate(
        .nonsense, "\(scenario.nodes[node].name) hears from \(datagram.source) what it cannot read: \(error)")
    }
    tell([], from: node)
  }
}

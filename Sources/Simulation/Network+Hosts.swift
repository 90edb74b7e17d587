import Addressing
import Kernel
import Timing
import Wire

/// Hosts: what they send, want and get.
extension Network {
  private func host(named name: String) -> (node: Int, host: Int)? {
    guard let node = nodeNamed[name], case .host(let host) = places[node] else { return nil }
    return (node, host)
  }

  mutating func begin(_ name: String, _ group: Address, _ every: Duration, _ count: Int) {
    guard let (node, _) = host(named: name), let group = Group(group),
      let source = address(of: node, group.family), let flow = Flow(source: source, group: group), count > 0
    else { return violate(.scenario, "\(name) cannot send to \(group)") }
    streams += 1
    send(Stream(number: streams, node: node, flow: flow, every: every, left: count, since: now))
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
    lastDataAt = now
    if chronicle != nil {
      tell("\(scenario.nodes[stream.node].name) sends \(packet.flow) number \(packet.sequence)")
    }
    expect(packet, of: stream, from: plug)
    transmit(.packet(packet), from: plug)
    if stream.left > 0 { queue.add(.sending(stream), at: now + stream.every) }
  }

  mutating func member(_ name: String, _ group: Address, _ source: Address?, joins: Bool) {
    guard let (node, host) = host(named: name), let group = Group(group) else {
      return violate(.scenario, "\(name) is no host that could join \(group)")
    }
    joinedAt[node, default: [:]][group] = now
    let messages =
      joins
      ? hosts[host].join(group, source: source, at: now, &chance)
      : hosts[host].leave(group, source: source, at: now, &chance)
    tell(messages, from: host, node)
  }

  /// Sends a host's messages and notes when its next timer is due.
  mutating func tell(_ messages: [SimulatedHost.Message], from host: Int, _ node: Int) {
    callAt[node] = hosts[host].next.map { max($0, now) } ?? Network.never
    guard !messages.isEmpty, let plug = plugsOf[node].first else { return }
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

  mutating func arrive(_ frame: Frame, atHost host: Int, by plug: Int) {
    switch frame {
    case .packet(let packet):
      guard hosts[host].wants(packet.flow) else { return }
      counts.delivered += 1
      if chronicle != nil {
        tell("\(scenario.nodes[plugs[plug].node].name) gets \(packet.flow) number \(packet.sequence)")
      }
      received(packet, at: host, plugs[plug].node)
    case .datagram(let datagram):
      // What routers tell each other is not for hosts.
      if datagram.dvmrpCode == nil { hear(datagram, at: host, plugs[plug].node) }
    }
  }

  /// Nothing on the links spoils bytes, so what a host cannot read was sent wrong.
  private mutating func hear(_ datagram: Datagram, at host: Int, _ node: Int) {
    do throws(WireError) {
      if datagram.source.family == .ipv4 {
        switch try IGMPMessage(decoding: datagram.payload.span) {
        case .query(let query): hosts[host].hear(query, .ipv4, at: now, &chance)
        case .reportV1(let group), .reportV2(let group): hosts[host].overhear(group)
        case .leave, .reportV3, .other: break
        }
      } else {
        switch try MLDMessage(decoding: datagram.payload.span) {
        case .query(let query): hosts[host].hear(query, .ipv6, at: now, &chance)
        case .reportV1(let group): hosts[host].overhear(group)
        case .done, .reportV2, .other: break
        }
      }
    } catch {
      violate(
        .nonsense, "\(scenario.nodes[node].name) hears from \(datagram.source) what it cannot read: \(error)")
    }
    tell([], from: host, node)
  }
}

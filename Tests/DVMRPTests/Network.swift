import Addressing
import DVMRP
import Kernel
import Testing
import Timing

/// Routers on links, with packets that take a millisecond, may get lost, and a stand-in for what forwards.
struct Network {
  struct Node {
    var dvmrp: DVMRP
    /// The link on each slot.
    var links: [Int]
    /// Source and group of what came by, and where it was last sent on to.
    var flows: [Flow: InterfaceSet] = [:]
    var isUp = true
  }

  private struct Packet {
    var at: Instant
    var serial: Int
    var link: Int
    var from: Int
    var datagram: Datagram
  }

  var nodes: [Node] = []
  var now = Instant.start
  /// Links with a member, of any group.
  var members: Set<Int> = []
  /// One packet in so many is lost; 0: none.
  var loss: UInt64 = 0
  private(set) var sent = 0
  private var linkCount: Int
  private var queue: [Packet] = []
  private var generator: Generator

  /// - Parameter routers: the links of each; link n is 10.0.n.0/24, and router r has the address r + 1.
  init(_ routers: [[Int]], seed: UInt64, settings: DVMRPSettings = DVMRPSettings()) throws {
    generator = Generator(seed: seed)
    linkCount = (routers.flatMap { $0 }.max() ?? 0) + 1
    for (number, links) in routers.enumerated() {
      nodes.append(Node(dvmrp: DVMRP(generation: 1, seed: seed &+ UInt64(number)), links: links))
      try start(number, generation: 1, settings: settings)
    }
  }

  /// A router begins, or begins anew, without memory.
  mutating func start(
    _ number: Int, generation: UInt32, settings: DVMRPSettings = DVMRPSettings()
  ) throws {
    nodes[number].isUp = true
    nodes[number].flows = [:]
    nodes[number].dvmrp = DVMRP(generation: generation, seed: generator.next())
    for (slot, link) in nodes[number].links.enumerated() {
      let id = InterfaceID(slot: UInt8(slot))
      let device = try device(slot, "10.0.\(link).\(number + 1)/24")
      follow(number, nodes[number].dvmrp.configure(settings, on: id, at: now))
      follow(number, nodes[number].dvmrp.change(id, to: device, at: now))
    }
  }

  mutating func kill(_ number: Int) { nodes[number].isUp = false }

  /// Puts a router's packets on their way and its flows right.
  private mutating func follow(_ number: Int, _ effects: DVMRPEffects) {
    for datagram in effects.datagrams {
      sent += 1
      let link = nodes[number].links[Int(datagram.link) - 1]
      if loss > 0, generator.next() % loss == 0 { continue }
      queue.append(
        Packet(at: now + .milliseconds(1), serial: sent, link: link, from: number, datagram: datagram))
    }
    for flow in effects.stale { nodes[number].flows[flow] = nil }
    var again = Set(effects.flows)
    for flow in nodes[number].flows.keys
    where !effects.interfaces.isEmpty || effects.origins.contains(where: { $0.contains(flow.source) }) {
      again.insert(flow)
    }
    for flow in again.sorted() { decide(flow, at: number) }
  }

  private mutating func decide(_ flow: Flow, at number: Int) {
    let outbound = outbound(flow, at: number)
    nodes[number].flows[flow] = outbound
    follow(number, nodes[number].dvmrp.setWanted(!outbound.isEmpty, for: flow, at: now))
  }

  private func outbound(_ flow: Flow, at number: Int) -> InterfaceSet {
    guard let view = nodes[number].dvmrp.view(of: flow, at: now) else { return InterfaceSet() }
    var outbound = view.dependents
    for (slot, link) in nodes[number].links.enumerated() where members.contains(link) {
      let id = InterfaceID(slot: UInt8(slot))
      if view.children.contains(id) { outbound.insert(id) }
    }
    return outbound
  }

  /// Members came or went: every flow is decided anew.
  mutating func changeMembers(_ links: Set<Int>) {
    members = links
    for number in nodes.indices where nodes[number].isUp {
      for flow in nodes[number].flows.keys.sorted() { decide(flow, at: number) }
    }
  }

  mutating func run(_ time: Duration) {
    let end = now + time
    while true {
      let packet = queue.indices.min { (queue[$0].at, queue[$0].serial) < (queue[$1].at, queue[$1].serial) }
      let due = nodes.indices.filter { nodes[$0].isUp }
        .compactMap { number in nodes[number].dvmrp.nextDeadline.map { ($0, number) } }.min { $0 < $1 }
      if let packet, queue[packet].at <= end, due.map({ queue[packet].at <= $0.0 }) ?? true {
        let taken = queue.remove(at: packet)
        now = max(now, taken.at)
        arrive(taken)
      } else if let due, due.0 <= end {
        now = max(now, due.0)
        follow(due.1, nodes[due.1].dvmrp.expire(at: now))
      } else {
        break
      }
    }
    now = end
  }

  private mutating func arrive(_ packet: Packet) {
    for number in nodes.indices where number != packet.from && nodes[number].isUp {
      guard let slot = nodes[number].links.firstIndex(of: packet.link) else { continue }
      let destination = packet.datagram.destination
      let own = Address(ipv4: 0x0a00_0000 | UInt32(packet.link) << 8 | UInt32(number + 1))
      guard destination.isMulticast || destination == own else { continue }
      let id = InterfaceID(slot: UInt8(slot))
      follow(number, nodes[number].dvmrp.receive(packet.datagram, on: id, at: now))
    }
  }

  /// Sends one packet of a flow from a link and counts how often each link carries it.
  mutating func stream(_ flow: Flow, from link: Int) -> [Int: Int] {
    var carried = [link: 1]
    var waiting = [(link: link, from: -1)]
    var hops = 0
    while let next = waiting.popLast(), hops < 1000 {
      hops += 1
      for number in nodes.indices where number != next.from && nodes[number].isUp {
        guard let slot = nodes[number].links.firstIndex(of: next.link) else { continue }
        guard nodes[number].dvmrp.view(of: flow, at: now)?.reversePath == InterfaceID(slot: UInt8(slot))
        else {
          continue
        }
        if nodes[number].flows[flow] == nil { decide(flow, at: number) }
        for outbound in nodes[number].flows[flow] ?? InterfaceSet() {
          let onto = nodes[number].links[Int(outbound.slot)]
          carried[onto, default: 0] += 1
          waiting.append((onto, number))
        }
      }
    }
    return carried
  }

  /// The links that hold together with `link` by routers that are up.
  func reach(of link: Int) -> Set<Int> {
    var reached: Set = [link]
    var grew = true
    while grew {
      grew = false
      for node in nodes where node.isUp && node.links.contains(where: { reached.contains($0) }) {
        for link in node.links where reached.insert(link).inserted { grew = true }
      }
    }
    return reached
  }
}

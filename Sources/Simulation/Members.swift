import Addressing
import Kernel
import Timing

/// A packet, and who must have got it when its time is up.
struct Expectation: Sendable {
  var packet: Packet
  /// Hosts, by number and node.
  var members: [(host: Int, node: Int)]
  var sentAt: Instant
}

/// Who got which packet, as long as its time runs.
struct Receipts: Sendable {
  private struct Key: Hashable { var stream, sequence: Int }
  private var got: [Key: [Int: Int]] = [:]

  mutating func open(_ packet: Packet) { got[Key(stream: packet.stream, sequence: packet.sequence)] = [:] }

  /// How often the host has it now; 0 when its time is up.
  mutating func add(_ packet: Packet, _ host: Int) -> Int {
    let key = Key(stream: packet.stream, sequence: packet.sequence)
    guard got[key] != nil else { return 0 }
    let count = (got[key]?[host] ?? 0) + 1
    got[key]?[host] = count
    return count
  }

  /// Who has it, and forgets it.
  mutating func close(_ packet: Packet) -> [Int: Int] {
    got.removeValue(forKey: Key(stream: packet.stream, sequence: packet.sequence)) ?? [:]
  }
}

/// From where, and of which group.
struct ReachKey: Hashable, Sendable {
  var segment: Int
  var group: Group
}

/// Every member that has a path gets every packet, once.
extension Network {
  /// A host sends a packet: notes who must get it.
  mutating func expect(_ packet: Packet, of stream: Stream, from plug: Int) {
    receipts.open(packet)
    var members: [(host: Int, node: Int)] = []
    if scenario.servesMembers, isSettled, calm.serves(streamSince: stream.since, at: now) {
      let segments = reach(from: plugs[plug].segment, packet.flow.group)
      for node in places.indices where node != plugs[plug].node {
        guard case .host(let host) = places[node], hosts[host].wants(packet.flow),
          isOld(node, packet.flow.group), let own = plugsOf[node].first, carries(own),
          segments.contains(plugs[own].segment)
        else { continue }
        members.append((host, node))
      }
    }
    queue.add(
      .judgement(Expectation(packet: packet, members: members, sentAt: now)), at: now + scenario.travel)
  }

  private func isOld(_ node: Int, _ group: Group) -> Bool {
    joinedAt[node]?[group].map { calm.judgesMember(since: $0, at: now) } ?? true
  }

  mutating func received(_ packet: Packet, at host: Int, _ node: Int) {
    if receipts.add(packet, host) > 1, isSettled, scenario.servesMembers {
      violate(.duplicate, "\(scenario.nodes[node].name) gets \(packet.flow) number \(packet.sequence) twice")
    }
  }

  mutating func judge(_ expectation: Expectation) {
    let got = receipts.close(expectation.packet)
    // What was disturbed on its way is not judged.
    guard calm.losses == 0, calm.disturbedAt <= expectation.sentAt, !expectation.members.isEmpty else {
      return
    }
    counts.judged += 1
    for (host, node) in expectation.members where got[host] == nil && isStill(node, expectation) {
      let packet = expectation.packet
      violate(
        .missing, "\(scenario.nodes[node].name) does not get \(packet.flow) number \(packet.sequence)")
    }
  }

  private func isStill(_ node: Int, _ expectation: Expectation) -> Bool {
    let changed = joinedAt[node]?[expectation.packet.flow.group]
    return changed.map { $0 < expectation.sentAt } ?? true
  }

  /// The segments that packets of a group can come to from one, over routers that live.
  private mutating func reach(from segment: Int, _ group: Group) -> Set<Int> {
    let key = ReachKey(segment: segment, group: group)
    if let known = reachable[key] { return known }
    var found: Set<Int> = [segment]
    // Routes know of no boundary: where one lies between routers, who is served depends on them.
    let isOpen = !isClosed(segment, group)
    if isOpen, !scenario.boundaries.contains(where: { isClosed($0, group) && isBetweenRouters($0.segment) }) {
      var open = [segment]
      var nodes: Set<Int> = []
      while let next = open.popLast() {
        for plug in plugsOn[next] where carries(plug) {
          for target in segments(through: plugs[plug].node, &nodes)
          where !isClosed(target, group) && found.insert(target).inserted {
            open.append(target)
          }
        }
      }
    }
    reachable[key] = found
    return found
  }

  /// Where a living router leads, and those at the other ends of its tunnels; each router once.
  private mutating func segments(through first: Int, _ seen: inout Set<Int>) -> [Int] {
    var segments: [Int] = []
    var open = [first]
    while let node = open.popLast() {
      guard case .router(let router) = places[node], routers[router].forwards, seen.insert(node).inserted
      else { continue }
      segments += plugsOf[node].filter { carries($0) }.map { plugs[$0].segment }
      let tunnels = routers[router].kernel.tunnels
      for link in tunnels.keys.sorted() {
        guard let tunnel = tunnels[link], let way = way(from: node, to: tunnel.remote),
          case .router(let other) = places[plugs[way.plug].node],
          routers[other].kernel.tunnels.values.contains(where: { $0.remote == tunnel.local })
        else { continue }
        open.append(plugs[way.plug].node)
      }
    }
    return segments
  }

  private func isClosed(_ boundary: Scenario.Boundary, _ group: Group) -> Bool {
    boundary.groups.contains(group.address)
  }

  private func isClosed(_ segment: Int, _ group: Group) -> Bool {
    scenario.boundaries.contains {
      $0.segment == scenario.segments[segment].name && isClosed($0, group)
    }
  }

  private func isBetweenRouters(_ segment: String) -> Bool {
    guard let number = segmentNamed[segment] else { return false }
    return plugsOn[number].count { if case .router = places[plugs[$0].node] { true } else { false } } > 1
  }
}

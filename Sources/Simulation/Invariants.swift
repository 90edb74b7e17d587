import Addressing
import Configuration
import Kernel
public import Timing

/// Something that must hold and did not.
public struct Violation: Hashable, Sendable {
  /// What kind; a shrunk scenario fails with the same.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// A packet passes one router twice.
    case loop
    /// A member gets one packet twice.
    case duplicate
    /// A member that has a path does not get a packet.
    case missing
    /// A packet crosses a boundary.
    case boundary
    /// The kernel's tables are not what the Router would decide now.
    case table
    /// A table is larger than its limit.
    case unbounded
    /// The Router asks the kernel for what no kernel does.
    case nonsense
    /// A Router that never comes to rest.
    case unrest
    /// The scenario asks for what cannot be.
    case scenario
  }

  public var kind: Kind
  public var at: Instant
  public var text: String
}

/// A packet, and who must have got it when its time is up.
struct Expectation: Sendable {
  var packet: Packet
  var members: [Int]
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

extension Network {
  static let inspectionInterval = Duration.seconds(60)

  /// Whether the network had its time since the last disturbance, and no fault lasts.
  var isSettled: Bool { openFaults == 0 && now - disturbedAt >= scenario.settling }

  mutating func violate(_ kind: Violation.Kind, _ text: String) {
    guard violations.count < 20 else { return }
    violations.append(Violation(kind: kind, at: now, text: text))
  }

  /// After every step of a Router.
  mutating func check(_ node: Int) {
    guard let router = routers[node] else { return }
    if let nonsense = router.kernel.nonsense { violate(.nonsense, "\(router.name): \(nonsense)") }
    if !router.rests { violate(.unrest, "\(router.name) never comes to rest") }
    let limits = router.configuration.limits
    if router.kernel.entries.count > limits.entries + limits.blocking + limits.routes {
      violate(.unbounded, "\(router.name) holds \(router.kernel.entries.count) entries")
    }
  }

  /// Once a minute, where nothing is under way: what every Router would still do must be nothing.
  mutating func inspect() {
    queue.add(.inspection, at: now + Network.inspectionInterval)
    guard isSettled else { return }
    for router in routers {
      guard let router, router.isAlive, let action = router.differences(at: now).first else { continue }
      violate(.table, "\(router.name) would still do: \(action)")
    }
  }

  // MARK: Members

  /// A host sends a packet: notes who must get it.
  mutating func expect(_ packet: Packet, from plug: Int) {
    receipts.open(packet)
    var members: [Int] = []
    if scenario.servesMembers, isSettled {
      let segments = reach(from: plugs[plug].segment, packet.flow.group)
      for (host, state) in hosts.enumerated() where host != plugs[plug].node && state != nil {
        guard state?.wants(packet.flow) ?? false, isOld(host, packet.flow.group),
          let own = plugsOf[host].first, carries(own), segments.contains(plugs[own].segment)
        else { continue }
        members.append(host)
      }
    }
    queue.add(
      .judgement(Expectation(packet: packet, members: members, sentAt: now)), at: now + scenario.travel)
  }

  private func isOld(_ host: Int, _ group: Group) -> Bool {
    joinedAt[host]?[group].map { now - $0 >= scenario.settling } ?? true
  }

  mutating func received(_ packet: Packet, at host: Int) {
    if receipts.add(packet, host) > 1, isSettled, scenario.servesMembers {
      violate(.duplicate, "\(scenario.nodes[host].name) gets \(packet.flow) number \(packet.sequence) twice")
    }
  }

  mutating func judge(_ expectation: Expectation) {
    let got = receipts.close(expectation.packet)
    // What was disturbed on its way is not judged.
    guard openFaults == 0, disturbedAt <= expectation.sentAt, !expectation.members.isEmpty else { return }
    counts.judged += 1
    for host in expectation.members where got[host] == nil && isStill(host, expectation) {
      let packet = expectation.packet
      violate(
        .missing, "\(scenario.nodes[host].name) does not get \(packet.flow) number \(packet.sequence)")
    }
  }

  private func isStill(_ host: Int, _ expectation: Expectation) -> Bool {
    let changed = joinedAt[host]?[expectation.packet.flow.group]
    return changed.map { $0 < expectation.sentAt } ?? true
  }

  /// The segments that packets of a group can come to from one, over routers that live.
  private mutating func reach(from segment: Int, _ group: Group) -> Set<Int> {
    let key = ReachKey(segment: segment, group: group)
    if let known = reachable[key] { return known }
    var found: Set<Int> = [segment]
    var open = [segment]
    while let next = open.popLast() {
      for plug in plugsOn[next] where carries(plug) && routers[plugs[plug].node]?.isAlive ?? false {
        for other in plugsOf[plugs[plug].node] where carries(other) {
          let target = plugs[other].segment
          guard !isClosed(target, group), found.insert(target).inserted else { continue }
          open.append(target)
        }
      }
    }
    reachable[key] = found
    return found
  }

  private func isClosed(_ segment: Int, _ group: Group) -> Bool {
    scenario.boundaries.contains {
      $0.segment == scenario.segments[segment].name && $0.groups.contains(group.address)
    }
  }
}

/// From where, and of which group.
struct ReachKey: Hashable, Sendable {
  var segment: Int
  var group: Group
}

import Addressing
import Kernel
import Timing

/// Packets on links where nobody wants them: how long they go on without a pause.
struct Waste: Sendable {
  struct Place: Hashable, Sendable {
    var flow: Flow
    var segment: Int
  }

  private struct Run: Sendable {
    var since: Instant
    var last: Instant
  }

  /// Packets that are further apart belong to different causes: each prune that ends lets some through.
  private static let pause = Duration.seconds(1)
  private var runs: [Place: Run] = [:]

  /// - Returns: how long it goes on by now.
  mutating func add(_ place: Place, at now: Instant) -> Duration {
    var run = runs[place] ?? Run(since: now, last: now)
    if now - run.last > Waste.pause { run.since = now }
    run.last = now
    runs[place] = run
    return now - run.since
  }

  mutating func forgetOld(at now: Instant) {
    if !runs.isEmpty { runs = runs.filter { now - $0.value.last < Waste.pause } }
  }
}

extension Network {
  /// A member that leaves is asked for during 2 s (the last member query time), and prunes go from router to
  /// router within milliseconds; so what goes on for longer than this has no end.
  private static let wasteTime = Duration.seconds(6)

  /// A router has put a packet on a segment: somebody there must want it, or soon nothing more may come.
  mutating func judgeWaste(_ flow: Flow, from plug: Int) {
    guard scenario.servesMembers, scenario.judgesWaste, calm.isPruned(at: now, within: scenario.pruning),
      !isWanted(flow, besides: plug)
    else { return }
    let segment = plugs[plug].segment
    guard waste.add(Waste.Place(flow: flow, segment: segment), at: now) > Network.wasteTime else { return }
    let name = scenario.nodes[plugs[plug].node].name
    violate(.waste, "\(name) sends \(flow) onto \(scenario.segments[segment].name), and nobody wants it")
  }

  /// Whether a host wants the flow here, or another router takes it from here to somewhere.
  private func isWanted(_ flow: Flow, besides plug: Int) -> Bool {
    plugsOn[plugs[plug].segment].contains { other in
      guard other != plug, carries(other) else { return false }
      switch places[plugs[other].node] {
      case .host(let host): return hosts[host].wants(flow)
      case .router(let router): return routers[router].kernel.takes(flow, by: plugs[other].link)
      }
    } || isWantedForNeighbor(flow)
  }

  /// Whether a host anywhere listens to another source on the source's link.
  ///
  /// A prune names a network and no source in it, so such a host may keep the flow from being pruned.
  private func isWantedForNeighbor(_ flow: Flow) -> Bool {
    hosts.contains { host in host.wantsAnother(than: flow) }
  }
}

extension SimulatedHost {
  /// Whether it listens to another source of the same /24, which is a link here, in the same group.
  func wantsAnother(than flow: Flow) -> Bool {
    guard case .only(let sources) = groups[flow.group] else { return false }
    return sources.contains { $0 != flow.source && $0.low >> 8 == flow.source.low >> 8 }
  }
}

extension SimulatedKernel {
  /// Whether packets of a flow that come in by a link leave by others.
  func takes(_ flow: Flow, by link: Int32) -> Bool {
    vifs.contains { vif in
      guard vif.link == link, vif.family == flow.family,
        let entry = entries[KernelEntry.Key(table: vif.table, flow: flow)]
      else { return false }
      return entry.parent == vif.index && !entry.outbound.isEmpty
    }
  }
}

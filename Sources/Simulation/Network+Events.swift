import Addressing
import Diagnostics
import Kernel
import Router
import Timing

/// What the scenario makes happen.
extension Network {
  mutating func happen(_ happening: Scenario.Happening) {
    switch happening {
    case .send(let host, let group, let every, let count): begin(host, group, every, count)
    case .join(let host, let group, let source): member(host, group, source, joins: true)
    case .leave(let host, let group, let source): member(host, group, source, joins: false)
    case .down(let segment, let node): setCarrier(segment, node, false)
    case .up(let segment, let node): setCarrier(segment, node, true)
    case .impair(let segment, let impairment): impair(segment, impairment)
    case .partition(let nodes): part(nodes)
    case .fail(let name, let share): fail(name, share)
    case .remove(let segment, let node): setExists(segment, node, false)
    case .restore(let segment, let node): setExists(segment, node, true)
    case .stop(let name): end(name, politely: true)
    case .kill(let name): end(name, politely: false)
    case .start(let name): revive(name)
    case .restart(let name, let away): replace(name, .whole, away)
    case .crash(let name, let away): replace(name, .additions, away)
    case .configure(let name, let statements): configure(name, statements)
    }
  }

  /// Routing has something to settle from.
  ///
  /// - Parameter losses: faults that lose something and last: one more, or one less.
  private mutating func disturb(_ kind: Disturbance, losses: Int = 0) {
    // The way of a tunnel may be broken, and its ends do not know.
    calm.disturb(scenario.hasTunnels ? .lossy : kind, losses: losses, at: now)
    reachable = [:]
    underlay.ways = [:]
  }

  private func router(named name: String) -> Int? {
    guard let node = nodeNamed[name], case .router(let router) = places[node] else { return nil }
    return router
  }

  // MARK: Routers

  mutating func boot(_ node: Int) {
    guard case .router(let router) = places[node] else { return }
    let links = plugsOf[node].filter { plugs[$0].exists }.map { interface($0) }
    routers[router].boot(seed: scenario.seed, links)
    let configuration = routers[router].configuration
    step(
      router,
      [.kernel(.interfacesListed(links)), .configure(configuration, isReload: false, request: nil)])
  }

  private mutating func end(_ name: String, politely: Bool) {
    guard let router = router(named: name), routers[router].forwards else { return }
    if politely { step(router, [.stop]) }
    routers[router].die()
    callAt[routers[router].node] = Network.never
    disturb(politely ? .told : .silent)
  }

  private mutating func revive(_ name: String) {
    guard let router = router(named: name), !routers[router].isAlive else { return }
    if routers[router].forwards { return succeed(router, routers[router].lives) }
    disturb(.told)
    boot(routers[router].node)
  }

  /// The process ends, and somebody holds its sockets until the next one takes over.
  private mutating func replace(_ name: String, _ extent: Router.SnapshotExtent, _ away: Duration) {
    guard let router = router(named: name), routers[router].isAlive else { return }
    routers[router].leave(extent)
    callAt[routers[router].node] = Network.never
    calm.replace(until: now + away, isPlanned: extent == .whole, at: now)
    queue.add(.successor(router: router, life: routers[router].lives), at: now + away)
  }

  mutating func succeed(_ router: Int, _ life: UInt32) {
    guard !routers[router].isAlive, routers[router].forwards, routers[router].lives == life else { return }
    let links = plugsOf[routers[router].node].filter { plugs[$0].exists }.map { interface($0) }
    let (events, unread) = routers[router].succeed(seed: scenario.seed, links)
    step(router, events)
    step(router, unread)
  }

  private mutating func configure(_ name: String, _ statements: [String]) {
    guard let router = router(named: name) else {
      return violate(.scenario, "\(name) is no router that could be configured")
    }
    do throws(Diagnostic) {
      let configuration = try SimulatedRouter.configuration(self.statements(of: statements), of: name)
      routers[router].take(configuration)
      disturb(.told)
      step(router, [.configure(routers[router].configuration, isReload: true, request: nil)])
    } catch {
      violate(.scenario, "\(name) refuses its configuration: \(error.message)")
    }
  }

  private mutating func fail(_ name: String, _ share: UInt16) {
    guard let router = router(named: name) else { return }
    let change = (routers[router].failingCalls > 0 ? -1 : 0) + (share > 0 ? 1 : 0)
    routers[router].failingCalls = share
    disturb(.lossy, losses: change)
  }

  // MARK: Links

  /// What the kernel tells of a plug.
  func interface(_ index: Int) -> Interface {
    let plug = plugs[index]
    let flags: Interface.Flags = carries(index) ? [.up, .running, .multicast] : [.up, .multicast]
    return Interface(
      index: plug.link, name: scenario.segments[plug.segment].name, flags: flags,
      addresses: plug.addresses.map { InterfaceAddress($0, length: $0.family == .ipv4 ? 24 : 64) })
  }

  private mutating func tell(_ event: KernelEvent, to node: Int) {
    if case .router(let router) = places[node] { step(router, [.kernel(event)]) }
  }

  private func plugs(_ segment: String, _ node: String?) -> [Int] {
    guard let number = segmentNamed[segment] else { return [] }
    return plugsOn[number].filter { node == nil || scenario.nodes[plugs[$0].node].name == node }
  }

  /// A whole segment, or one node's plug, loses or gets its carrier; the others hear of one plug by silence.
  private mutating func setCarrier(_ segment: String, _ node: String?, _ isUp: Bool) {
    guard let number = segmentNamed[segment] else { return }
    if node == nil {
      guard isDown[number] == isUp else { return }
      isDown[number] = !isUp
      disturb(.told)
    }
    for plug in plugs(segment, node) {
      if node != nil {
        guard plugs[plug].isConnected != isUp else { continue }
        plugs[plug].isConnected = isUp
        disturb(isUp ? .told : .silent)
      }
      if plugs[plug].exists { tell(.interfaceChanged(interface(plug)), to: plugs[plug].node) }
    }
  }

  private mutating func setExists(_ segment: String, _ node: String, _ exists: Bool) {
    for plug in plugs(segment, node) where plugs[plug].exists != exists {
      guard case .router(let router) = places[plugs[plug].node] else { continue }
      plugs[plug].exists = exists
      disturb(exists ? .told : .silent)
      if exists {
        plugs[plug].link += 100
        routers[router].kernel.add(link: plugs[plug].link, name: segment)
        step(router, [.kernel(.interfaceChanged(interface(plug)))])
      } else {
        routers[router].kernel.remove(name: segment)
        step(router, [.kernel(.interfaceRemoved(link: plugs[plug].link))])
      }
    }
  }

  private mutating func impair(_ segment: String, _ impairment: Scenario.Impairment) {
    guard let number = segmentNamed[segment] else { return }
    let change = (impairments[number].isNone ? 0 : -1) + (impairment.isNone ? 0 : 1)
    impairments[number] = impairment
    disturb(.lossy, losses: change)
  }

  private mutating func part(_ names: [String]) {
    let change = (secluded.isEmpty ? 0 : -1) + (names.isEmpty ? 0 : 1)
    secluded = Set(names.compactMap { nodeNamed[$0] })
    disturb(.lossy, losses: change)
  }
}

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
    case .remove(let segment, let node): setExists(segment, node, false)
    case .restore(let segment, let node): setExists(segment, node, true)
    case .stop(let name): end(name, politely: true)
    case .kill(let name): end(name, politely: false)
    case .start(let name): revive(name)
    case .configure(let name, let statements): configure(name, statements)
    }
  }

  /// Routing has something to settle from; `faults` more of what lasts.
  private mutating func disturb(faults: Int = 0) {
    disturbedAt = now
    openFaults += faults
    reachable = [:]
  }

  // MARK: Routers

  mutating func boot(_ node: Int) {
    let links = plugsOf[node].filter { plugs[$0].exists }.map { interface($0) }
    routers[node]?.boot(seed: scenario.seed, links)
    guard let configuration = routers[node]?.configuration else { return }
    callAt[node] = Instant(nanoseconds: .max)
    step(
      node,
      [
        .kernel(.interfacesListed(links)), .configure(configuration, isReload: false, request: nil),
      ])
  }

  private mutating func end(_ name: String, politely: Bool) {
    guard let node = nodeNamed[name], routers[node]?.isAlive ?? false else { return }
    if politely { step(node, [.stop]) }
    routers[node]?.die()
    disturb(faults: 1)
  }

  private mutating func revive(_ name: String) {
    guard let node = nodeNamed[name], let router = routers[node], !router.isAlive else { return }
    disturb(faults: -1)
    boot(node)
  }

  private mutating func configure(_ name: String, _ statements: [String]) {
    guard let node = nodeNamed[name], routers[node] != nil else {
      return violate(.scenario, "\(name) is no router that could be configured")
    }
    do throws(Diagnostic) {
      let configuration = try SimulatedRouter.configuration(statements, of: name)
      routers[node]?.configuration = configuration
      disturb()
      step(node, [.configure(configuration, isReload: true, request: nil)])
    } catch {
      violate(.scenario, "\(name) refuses its configuration: \(error.message)")
    }
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

  private func plugs(_ segment: String, _ node: String?) -> [Int] {
    guard let number = segmentNamed[segment] else { return [] }
    return plugsOn[number].filter { node == nil || scenario.nodes[plugs[$0].node].name == node }
  }

  /// A whole segment, or one node's plug, loses or gets its carrier.
  private mutating func setCarrier(_ segment: String, _ node: String?, _ isUp: Bool) {
    guard let number = segmentNamed[segment] else { return }
    if node == nil {
      guard isDown[number] == isUp else { return }
      isDown[number] = !isUp
      disturb(faults: isUp ? -1 : 1)
    }
    for plug in plugs(segment, node) {
      if node != nil {
        guard plugs[plug].isConnected != isUp else { continue }
        plugs[plug].isConnected = isUp
        disturb(faults: isUp ? -1 : 1)
      }
      if plugs[plug].exists { step(plugs[plug].node, [.kernel(.interfaceChanged(interface(plug)))]) }
    }
  }

  private mutating func setExists(_ segment: String, _ node: String, _ exists: Bool) {
    for plug in plugs(segment, node) where plugs[plug].exists != exists {
      let owner = plugs[plug].node
      guard routers[owner] != nil else { continue }
      plugs[plug].exists = exists
      disturb(faults: exists ? -1 : 1)
      if exists {
        plugs[plug].link += 100
        routers[owner]?.kernel.add(link: plugs[plug].link, name: segment)
        step(owner, [.kernel(.interfaceChanged(interface(plug)))])
      } else {
        routers[owner]?.kernel.remove(name: segment)
        step(owner, [.kernel(.interfaceRemoved(link: plugs[plug].link))])
      }
    }
  }

  private mutating func impair(_ segment: String, _ impairment: Scenario.Impairment) {
    guard let number = segmentNamed[segment] else { return }
    let change = (impairments[number].isNone ? 0 : -1) + (impairment.isNone ? 0 : 1)
    impairments[number] = impairment
    disturb(faults: change)
  }
}

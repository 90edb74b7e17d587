import Addressing
import Configuration
import DVMRP
import Diagnostics
import Forwarding
import Kernel
import Membership
import Timing
import Wire

/// Which interface takes part in which protocol.
struct Parts: Sendable {
  /// What one interface was last told.
  struct Part: Equatable, Sendable {
    var igmp: QuerierSettings?
    var mld: QuerierSettings?
    var dvmrp: DVMRPSettings?
    var link: Interface?
    /// It goes on from a former life, which was told something.
    var isResumed = false

    var isEmpty: Bool { igmp == nil && mld == nil && dvmrp == nil }
    static let resumed = Part(isResumed: true)
  }

  /// By slot; what nobody takes part in is not there.
  var told: [InterfaceID: Part] = [:]
  /// Interfaces with a querier of IGMP, or of MLD, or with a neighbor to be.
  var igmp = InterfaceSet()
  var mld = InterfaceSet()
  var dvmrp = InterfaceSet()
  /// Tunnels made, by the name of their device.
  var tunnels: [String: Tunnel] = [:]
  /// Until then routes are exchanged and no packet is forwarded for a tree.
  var isHolding = false
  /// The first configuration.
  var startedAt = Instant.start
  var options = DVMRPOptions()
  /// Pruned flows whose packets should have stopped.
  var suspects: Set<Flow> = []

  var all: InterfaceSet { igmp.union(mld).union(dvmrp) }
  var hasDVMRP: Bool { !dvmrp.isEmpty }
  var isDynamic: Bool { !told.isEmpty }
}

/// Who takes part in what: computed from statements and links, and told to the rooms where it differs.
extension Router {
  private struct Roles {
    var igmp = false
    var mld = false
    var dvmrp = false
    var isTunnel = false
    var isNone: Bool { !igmp && !mld && !dvmrp }
  }

  private struct Demand {
    var igmp: MemberTargets
    var mld: MemberTargets
    var tunnels: [String: TunnelStatement]
    var isOn: Bool
  }

  private func demand(_ configuration: Configuration) -> Demand {
    Demand(
      igmp: rules.memberTargets(.ipv4), mld: rules.memberTargets(.ipv6),
      tunnels: Dictionary(configuration.tunnels.map { ($0.name, $0) }) { first, _ in first },
      isOn: configuration.dvmrp.isOn)
  }

  private func roles(_ link: Interface, _ settings: InterfaceSettings, _ demand: Demand) -> Roles {
    var roles = Roles()
    guard settings.mode != .disable else { return roles }
    roles.isTunnel = demand.tunnels[link.name] != nil
    let canMulticast = link.flags.contains(.multicast) && !link.flags.contains(.loopback)
    let hasIPv4 = link.addresses.contains { $0.address.family == .ipv4 }
    roles.dvmrp =
      (roles.isTunnel || canMulticast && hasIPv4) && (settings.dvmrpMode.map { $0 != .off } ?? demand.isOn)
    guard !roles.isTunnel, canMulticast else { return roles }
    let isUsed = roles.dvmrp || demand.igmp.matches(link.name)
    roles.igmp = settings.igmpMode == .on || settings.igmpMode == .auto && isUsed
    roles.mld = settings.mldMode == .on || settings.mldMode == .auto && demand.mld.matches(link.name)
    return roles
  }

  /// The interfaces that a protocol uses, though no rule may name them.
  func namesTakingPart(_ configuration: Configuration) -> Set<String> {
    let demand = demand(configuration)
    let hidden = hiddenNames
    return Set(
      domain.all.filter { link in
        let settings = configuration.settings(of: link.name)
        return !hidden.contains(link.name)
          && (!roles(link, settings, demand).isNone || !settings.igmp.staticGroups.isEmpty
            || !settings.mld.staticGroups.isEmpty)
      }.map(\.name))
  }

  /// Tells the rooms what changed: settings, links, tunnels.
  mutating func bindParts(_ configuration: Configuration) {
    let demand = demand(configuration)
    bindTunnels(configuration)
    membership.limits = configuration.limits
    dvmrp.limit(configuration.limits)
    if parts.options != configuration.dvmrp.options {
      parts.options = configuration.dvmrp.options
      absorb(dvmrp.configure(configuration.dvmrp.options, at: now))
    }
    (parts.igmp, parts.mld, parts.dvmrp) = (InterfaceSet(), InterfaceSet(), InterfaceSet())
    var present: [(InterfaceID, Parts.Part)] = []
    for slot in 0..<Limits.interfacesInUse {
      let id = InterfaceID(slot: UInt8(slot))
      guard let link = domain.interface(id) else { continue }
      let part = part(of: id, link, settingsOf[slot], demand)
      if !part.isEmpty { present.append((id, part)) }
    }
    entries.findsFlows = !present.isEmpty
    // A neighbor answers our first probe at once, to a group that we must be a member of by then.
    holdOwnJoins()
    resumeParts(present)
    let ids = Set(present.map(\.0))
    for id in parts.told.keys.sorted() where !ids.contains(id) { tell(Parts.Part(), to: id) }
    for (id, part) in present where parts.told[id] != part { tell(part, to: id) }
  }

  private mutating func part(
    of id: InterfaceID, _ link: Interface, _ settings: InterfaceSettings, _ demand: Demand
  ) -> Parts.Part {
    var roles = roles(link, settings, demand)
    // Nothing can be sent or heard before the family's table is ours.
    if !vifs.isOpen(.init(table: plan.base, family: .ipv4)) { (roles.igmp, roles.dvmrp) = (false, false) }
    if !vifs.isOpen(.init(table: plan.base, family: .ipv6)) { roles.mld = false }
    var part = Parts.Part(link: link)
    part.igmp = Router.querier(settings.igmp, isOn: roles.igmp)
    part.mld = Router.querier(settings.mld, isOn: roles.mld)
    if roles.igmp { parts.igmp.insert(id) }
    if roles.mld { parts.mld.insert(id) }
    guard roles.dvmrp else { return part }
    var own = settings.dvmrp
    own.isPassive = own.isPassive || settings.dvmrpMode == .passive
    if roles.isTunnel {
      guard let tunnel = parts.tunnels[link.name] else { return part }
      own.tunnel = TunnelEnds(local: tunnel.local, remote: tunnel.remote)
    }
    parts.dvmrp.insert(id)
    part.dvmrp = own
    return part
  }

  /// Static groups are members though nobody asks.
  private static func querier(_ settings: QuerierSettings, isOn: Bool) -> QuerierSettings? {
    guard isOn || !settings.staticGroups.isEmpty else { return nil }
    var settings = settings
    settings.isOn = isOn
    return settings
  }

  private mutating func tell(_ part: Parts.Part, to id: InterfaceID) {
    let old = parts.told[id] ?? Parts.Part()
    parts.told[id] = part.isEmpty ? nil : part
    let isResumed = old.isResumed
    if isResumed || old.link != part.link { absorb(membership.change(id, to: part.link, at: now)) }
    if isResumed || old.igmp != part.igmp || old.mld != part.mld {
      absorb(membership.configure(igmp: part.igmp, mld: part.mld, on: id, at: now))
    }
    if isResumed || old.dvmrp != part.dvmrp {
      absorb(dvmrp.configure(part.dvmrp, on: id, at: now))
      dirty.trees = true
    }
    if part.dvmrp != nil, isResumed || old.dvmrp == nil || old.link != part.link {
      absorb(dvmrp.change(id, to: part.link, at: now))
    }
    dvmrp.setQuerier(membership.querierRow(id, .ipv4)?.isSelf ?? false, on: id)
  }

  // MARK: Tunnels

  /// Makes and removes tunnels; one whose local interface has no address yet waits for it.
  private mutating func bindTunnels(_ configuration: Configuration) {
    var wanted: [String: Tunnel] = [:]
    for statement in configuration.tunnels where wanted[statement.name] == nil {
      guard let local = localEnd(of: statement) else { continue }
      wanted[statement.name] = Tunnel(
        name: statement.name, local: local, remote: statement.remote, mode: statement.mode,
        rateLimit: statement.rateLimit)
    }
    for name in parts.tunnels.keys.sorted() where wanted[name] == nil {
      actions.append(.kernel(.removeTunnel(name: name)))
      clearProblem(.tunnel(name))
    }
    for name in wanted.keys.sorted() where domain.named(name) != nil { clearProblem(.tunnel(name)) }
    for name in wanted.keys.sorted() where parts.tunnels[name] != wanted[name] {
      if let tunnel = wanted[name] { actions.append(.kernel(.createTunnel(tunnel))) }
    }
    parts.tunnels = wanted
  }

  private func localEnd(of statement: TunnelStatement) -> Address? {
    switch statement.local {
    case .address(let address): address
    case .interface(let name):
      domain.named(name)?.addresses.map(\.address).first { $0.family == .ipv4 && $0.isUnicastSource }
    }
  }

  /// Its device could not be made, or somebody has deleted it.
  mutating func refused(_ tunnel: Tunnel, errno: Int32) {
    guard parts.tunnels[tunnel.name] == tunnel else { return }
    timers.set(.tunnel(tunnel.name), at: now + .seconds(5))
    raise(
      .tunnel(tunnel.name),
      Diagnostic(
        .warning, .vifRefused, "the kernel refuses to make the tunnel \(tunnel.name) (\(Errno(errno)))",
        hint: "it is tried again every 5 s; /dev/net/tun, or the kernel's ipip module, must be there"))
  }

  mutating func retryTunnel(_ name: String) {
    guard let tunnel = parts.tunnels[name] else { return }
    actions.append(.kernel(.createTunnel(tunnel)))
  }

  mutating func removeTunnels() {
    for name in parts.tunnels.keys.sorted() { actions.append(.kernel(.removeTunnel(name: name))) }
    parts.tunnels = [:]
  }

  // MARK: Memberships of our own

  /// The groups that routers are members of, and the announcements' solicitations: who is no host of a
  /// link-local group does not hear it.
  mutating func holdOwnJoins() {
    var wanted: Set<HostJoin> = []
    for place in discovery.sent.keys {
      hold([RouterDiscoveryMessage.routers(place.family)], on: place.link, &wanted)
    }
    for id in parts.all {
      guard let link = domain.interface(id)?.index else { continue }
      if parts.igmp.contains(id) { hold([Router.allRouters, Router.reports], on: link, &wanted) }
      if parts.mld.contains(id) { hold([Router.allRouters6, Router.reports6], on: link, &wanted) }
      // A tunnel's messages come by the network around it.
      if parts.dvmrp.contains(id), parts.tunnels[domain.name(of: id)] == nil {
        hold([Router.allRouters, Router.dvmrpRouters], on: link, &wanted)
      }
    }
    actions += joins.setOwn(wanted).map { .kernel($0) }
  }

  private func hold(_ groups: [Address], on link: Int32, _ wanted: inout Set<HostJoin>) {
    for address in groups {
      if let group = Group(address) { wanted.insert(HostJoin(link: link, source: nil, group: group)) }
    }
  }

  private static let allRouters = Address(ipv4: 0xe000_0002)
  private static let dvmrpRouters = Address(ipv4: 0xe000_0004)
  private static let reports = Address(ipv4: 0xe000_0016)
  private static let allRouters6 = Address(high: 0xff02_0000_0000_0000, low: 2)
  private static let reports6 = Address(high: 0xff02_0000_0000_0000, low: 0x16)
}

import Addressing
import DVMRP
import Diagnostics
import Kernel

/// What a file states of one interface or tunnel, all its statements together.
struct MroutedVIF {
  let name: String
  /// Its first address, and the subnets of the link, that of the first address first; empty where not known.
  var address: InterfaceAddress?
  var subnets: [Prefix] = []
  /// What the file says of `disable` and `enable`, the later; nil: nothing.
  var mode: InterfaceStatement.Mode?
  var isEnabled = true
  /// Those that have one value.
  var options = InterfaceOptions()
  // The latest comes first, as mrouted lists them.
  var boundaries: [InterfaceOption.BoundaryReference] = []
  var altnets: [Prefix] = []
  var staticGroups: [Group] = []
  var filter: RouteFilter?
  var tunnel: TunnelStatement?
  var location: SourceLocation?

  init(_ name: String) { self.name = name }

  /// Options that a statement will hold.
  var count: Int {
    options.all.count + boundaries.count + altnets.count + staticGroups.count + (filter?.lines.count ?? 0)
  }

  /// The link's subnet that an address without a mask lies in the way of.
  var length: Int? { subnets.first?.length ?? address.map { Int($0.length) } }

  func covers(_ address: Address) -> Bool { subnets.contains { $0.contains(address) } }

  /// - Parameter isNamedOnly: what is not enabled by the file takes no part.
  func statement(takesNamedOnly: Bool) -> InterfaceStatement? {
    var statement = InterfaceStatement(InterfacePattern(name), location: location)
    statement.mode = mode
    statement.options = options
    for boundary in boundaries { statement.options.state(.boundary(boundary)) }
    for altnet in altnets { statement.options.state(.altnet(altnet)) }
    for group in staticGroups { statement.options.state(.staticGroup(Prefix(group.address), source: nil)) }
    for line in filter?.lines ?? [] {
      statement.options.state(
        .routeFilter(
          accepts: filter?.accepts ?? true, line, isBothWays: filter?.isBothWays ?? false))
    }
    if takesNamedOnly, isEnabled, options[.dvmrp].isEmpty { statement.options.state(.dvmrp(.on)) }
    return statement.mode == nil && statement.options.isEmpty ? nil : statement
  }
}

extension MroutedGrammar {
  /// The interfaces that mrouted would take: with an IPv4 address, for multicast, not loopback.
  ///
  /// One has one number here, whatever its addresses: they are subnets of its link. (3.9.8 gives each address
  /// a number, 4.x makes altnets of the further ones.)
  mutating func takeInterfaces() {
    for interface in options.interfaces
    where interface.flags.contains(.multicast) && !interface.flags.contains(.loopback) {
      // Our own tunnels, of the configuration that runs.
      if MroutedGrammar.isTunnelName(interface.name) { continue }
      let ipv4 = interface.addresses.filter { $0.address.family == .ipv4 }
      guard let first = ipv4.first else { continue }
      var vif = MroutedVIF(interface.name)
      vif.address = first
      vif.subnets = ipv4.map(\.subnet)
      vif.isEnabled = !takesNamedOnly
      // mrouted 3.9.8 looks before it reads the file, and knows no others there.
      if options.vintage == .older, let fault = fault(of: vif, among: vifs) {
        ignore(vif, fault)
        continue
      }
      names[vif.name] = vifs.count
      for address in ipv4 where addresses[address.address] == nil {
        addresses[address.address] = vifs.count
      }
      vifs.append(vif)
    }
  }

  /// What mrouted says when the file is read and the interfaces stand.
  mutating func judge() {
    guard !report.isFatal else { return }
    if options.vintage == .current { ignoreFaulty() }
    let enabled = vifs.filter(\.isEnabled)
    guard enabled.count > 1 else {
      let what = enabled.isEmpty ? "no enabled vifs" : "only one enabled vif"
      return report.add(MroutedLine(.fatal, "Cannot forward: \(what)"))
    }
    if enabled.allSatisfy({ $0.tunnel != nil }) {
      report.add(MroutedLine(.warning, "No enabled interfaces, forwarding via tunnels only"))
    }
  }

  private mutating func ignoreFaulty() {
    var fit: [MroutedVIF] = []
    var enabled: [MroutedVIF] = []
    for vif in vifs {
      if vif.tunnel != nil {
        fit.append(vif)
      } else if !vif.isEnabled {
        report.add(MroutedLine(.info, "\(vif.name) is disabled; skipping"))
        fit.append(vif)
      } else if let fault = fault(of: vif, among: enabled) {
        ignore(vif, fault)
      } else {
        fit.append(vif)
        enabled.append(vif)
      }
    }
    vifs = fit
  }

  /// Why an interface cannot take part beside others; nil when it can.
  private func fault(of vif: MroutedVIF, among others: [MroutedVIF]) -> String? {
    guard let address = vif.address, let subnet = vif.subnets.first else { return nil }
    guard address.address.isUnicastSource, !address.address.isLoopback, subnet.length >= 8 else {
      return "ignoring \(vif.name), has invalid address (\(address.address)) and/or mask "
        + "(\(MroutedGrammar.mask(subnet.length)))"
    }
    if let other = others.first(where: { $0.subnets.contains { $0.overlaps(subnet) } }) {
      return "ignoring \(vif.name), same subnet as \(other.name)"
    }
    // mrouted has 32; here tables are added (`split`).
    return others.count < Limits.interfacesInUse ? nil : "Too many vifs, ignoring \(vif.name)"
  }

  private mutating func ignore(_ vif: MroutedVIF, _ fault: String) {
    report.add(MroutedLine(.warning, fault))
    var statement = InterfaceStatement(InterfacePattern(vif.name))
    statement.mode = .disable
    configuration.interfaces.append(statement)
  }

  /// Puts what was read into the configuration.
  mutating func complete() {
    configuration.dvmrp.isOn = true
    if takesNamedOnly { base.state(.dvmrp(.off)) }
    if !base.isEmpty {
      var all = InterfaceStatement(InterfacePattern("*"))
      all.options = base
      configuration.interfaces.append(all)
    }
    configuration.interfaces += vifs.compactMap { $0.statement(takesNamedOnly: takesNamedOnly) }
    configuration.tunnels = vifs.compactMap(\.tunnel)
    guard !isImport else { return }
    // mrouted serves IPv4 alone.
    configuration.mld.state(.querier(.off))
    configuration.membershipResponses = 1
    if options.vintage == .older { configuration.igmp.state(.igmpVersion(2)) }
  }

  private static func mask(_ length: Int) -> Address {
    Address(ipv4: length == 0 ? 0 : UInt32.max << UInt32(32 - length))
  }
}

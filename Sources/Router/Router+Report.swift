import Addressing
import Configuration
import Control
import DVMRP
import Forwarding
import Kernel
import Membership
import Timing
import Wire

/// A report that waits for the kernel's counters.
struct PendingReport: Sendable {
  var parts: MulticastReport.Parts
  /// Entries before this one have been asked for.
  var offset = 0
  var hasTraffic = false

  /// Entries whose counters are asked for at once; packets are served between two askings.
  static let slice = 1000
}

/// The whole of IPv4 multicast routing as one value.
extension Router {
  mutating func report(_ id: RequestID, _ parts: MulticastReport.Parts) {
    reports[id] = PendingReport(parts: parts)
    continueReport(id)
  }

  /// Asks for the next counters; when all are read, the report goes out.
  mutating func continueReport(_ id: RequestID) {
    guard var pending = reports[id] else { return }
    let uses = pending.hasTraffic ? [] : vifs.installed.sorted().filter { $0.family == .ipv4 }
    pending.hasTraffic = true
    var keys: [KernelEntry.Key] = []
    while pending.parts.contains(.trees), pending.offset < entries.end, keys.count < PendingReport.slice {
      if let key = entries.row(at: pending.offset)?.entry.key, key.flow.family == .ipv4 { keys.append(key) }
      pending.offset += 1
    }
    if keys.isEmpty, uses.isEmpty {
      reports[id] = nil
      return actions.append(.reply(id, .report(makeReport(pending.parts))))
    }
    reports[id] = pending
    actions.append(.kernel(.readCounters(id, entries: keys, vifs: uses)))
  }

  private mutating func makeReport(_ parts: MulticastReport.Parts) -> MulticastReport {
    var report = MulticastReport()
    report.uptime = !isConfigured || self.parts.isHolding ? nil : now - self.parts.startedAt
    var numbers: [InterfaceID: Int] = [:]
    let places = reportedPlaces()
    for place in places { if let id = place.id { numbers[id] = place.number } }
    let neighbors = reportedNeighbors()
    let groups = parts.contains(.groups) ? reportedGroups() : [:]
    report.interfaces = places.map { place in
      var interface = reported(place)
      if let id = place.id {
        interface.neighbors = neighbors[id] ?? []
        interface.groups = groups[id] ?? []
        if interface.neighbors.contains(where: { $0.flags.contains(.oneWay) }) {
          interface.flags.insert(.oneWay)
        }
      }
      return interface
    }
    if parts.contains(.routes) { report.routes = reportedRoutes(numbers) }
    if parts.contains(.trees) { (report.trees, report.strays) = reportedTrees(numbers) }
    return report
  }
}

/// Interfaces.
extension Router {
  private struct ReportedPlace {
    var number: Int
    var link: Interface
    var settings: InterfaceSettings
    /// Nil where the interface takes part in nothing.
    var id: InterfaceID?
    var vif: VIF?
  }

  /// The interfaces that IPv4 multicast is or could be routed on, by number.
  private func reportedPlaces() -> [ReportedPlace] {
    let configuration = intent.effectiveSettings
    let installed = vifs.installed.sorted().filter { $0.family == .ipv4 && $0.table == plan.base }
    let hidden = hiddenNames
    var places: [ReportedPlace] = []
    for link in domain.all where !hidden.contains(link.name) {
      let vif = installed.first { $0.link == link.index }
      let hasIPv4 = link.addresses.contains { $0.address.family == .ipv4 }
      let isFit = link.flags.contains(.multicast) && !link.flags.contains(.loopback) && hasIPv4
      let id = domain.slot(of: link.name)
      let isUsed = id.map { parts.all.contains($0) } ?? false
      guard vif != nil || isUsed || isFit && parts.hasDVMRP else { continue }
      places.append(
        ReportedPlace(
          number: vif.map { Int($0.index) } ?? -1, link: link,
          settings: configuration.settings(of: link.name), id: id, vif: vif))
    }
    // Those without a VIF get the numbers that are free.
    var taken = Set(places.map(\.number))
    var free = 0
    for index in places.indices where places[index].vif == nil {
      while taken.contains(free) { free += 1 }
      places[index].number = free
      taken.insert(free)
    }
    return places.sorted { $0.number < $1.number }
  }

  private func reported(_ place: ReportedPlace) -> MulticastReport.Interface {
    let settings = place.settings
    let row = place.id.flatMap { dvmrp.linkRow($0, at: now) }
    let own = place.link.addresses.first { $0.address.family == .ipv4 }
    let address = row.flatMap { $0.address.isUnspecified ? nil : $0.address } ?? own?.address
    let ends = place.id.flatMap { parts.told[$0]?.dvmrp?.tunnel }
    var interface = MulticastReport.Interface(
      number: place.number, name: place.link.name, address: ends?.local ?? address ?? .unspecified(.ipv4),
      reach: ends.map { .remote($0.remote) } ?? .subnet(own?.subnet ?? Prefix(.unspecified(.ipv4))))
    let isUsed = place.vif != nil || place.id.map { parts.all.contains($0) } ?? false
    let isUp = place.link.flags.isSuperset(of: [.up, .running])
    interface.state = settings.mode == .disable || !isUsed ? .disabled : isUp ? .up : .down
    if interface.state == .up, let since = row?.upSince { interface.uptime = now - since }
    interface.metric = Int(settings.dvmrp.metric)
    interface.threshold = Int(settings.threshold ?? 1)
    let tunnel = intent.base.tunnels.first { $0.name == place.link.name }
    interface.rateLimit = Int(clamping: (tunnel?.rateLimit ?? 0) / 1000)
    interface.advertMetric = Int(settings.dvmrp.advertMetric)
    interface.altnets = Array(row?.subnets.dropFirst() ?? settings.dvmrp.altnets[...])
    interface.boundaries = settings.dvmrp.boundaries
    interface.filter = settings.dvmrp.filter.map { filter in
      .init(
        accepts: filter.accepts, isBothWays: filter.isBothWays,
        lines: filter.lines.map { .init($0.network, isExact: $0.isExact) })
    }
    interface.igmpVersion = Int(settings.igmp.igmpVersion)
    interface.querier = place.id.flatMap { reportedQuerier($0) }
    let lifetime = settings.dvmrp.pruneLifetime
    interface.pruneLifetime = lifetime == DVMRPSettings().pruneLifetime ? nil : lifetime
    interface.flags = flags(of: settings, row)
    interface.traffic = place.vif.flatMap { vifUse[$0]?.latest }.map { counters in
      .init(
        packetsIn: counters.packetsIn, bytesIn: counters.bytesIn, packetsOut: counters.packetsOut,
        bytesOut: counters.bytesOut)
    }
    return interface
  }

  private func flags(
    of settings: InterfaceSettings, _ row: DVMRPLinkRow?
  ) -> MulticastReport.Interface.Flags {
    let all: [(MulticastReport.Interface.Flags, Bool)] = [
      (.leaf, row?.isLeaf ?? false), (.repeatsPrunes, row?.repeatsPrunes ?? false),
      (.passive, settings.dvmrpMode == .passive), (.acceptsNonpruners, settings.dvmrp.acceptsNonpruners),
      (.noFlood, !settings.dvmrp.floods), (.noTransit, !settings.dvmrp.isTransit),
      (.forcedLeaf, settings.dvmrp.isForcedLeaf),
    ]
    return all.reduce(into: []) { flags, flag in if flag.1 { flags.insert(flag.0) } }
  }

  private func reportedQuerier(_ id: InterfaceID) -> MulticastReport.Interface.Querier? {
    guard parts.igmp.contains(id), let row = membership.querierRow(id, .ipv4) else { return nil }
    guard !row.isSelf, let since = row.since, let heard = row.heardAt, let end = row.expiry else {
      return .ours
    }
    return .other(row.address, uptime: now - since, silence: now - heard, expiry: end - now)
  }

  private func reportedNeighbors() -> [InterfaceID: [MulticastReport.Neighbor]] {
    var neighbors: [InterfaceID: [MulticastReport.Neighbor]] = [:]
    for row in dvmrp.neighborRows {
      guard let number = dvmrp.number(of: row.address, on: row.interface) else { continue }
      var neighbor = MulticastReport.Neighbor(
        row.address, index: number, major: row.version.major, minor: row.version.minor)
      let isAwaited = row.state == .waiting || dvmrp.isAwaited(row.address, on: row.interface)
      let all: [(MulticastReport.Neighbor.Flags, Bool)] = [
        (.leaf, row.capabilities.contains(.leaf)), (.hasGeneration, row.generation != nil),
        (.waiting, isAwaited), (.oneWay, row.state == .oneWay),
        (.tooManyRoutes, row.routes >= intent.base.limits.dvmrpRoutesPerNeighbor),
        (.cannotPrune, !row.capabilities.contains(.prune)),
      ]
      neighbor.flags = all.reduce(into: []) { flags, flag in if flag.1 { flags.insert(flag.0) } }
      if let since = row.upSince { neighbor.uptime = now - since }
      neighbor.expiry = row.expiresAt - now
      neighbors[row.interface, default: []].append(neighbor)
    }
    return neighbors
  }

  /// Static groups and those that hosts report, by group.
  private func reportedGroups() -> [InterfaceID: [MulticastReport.Group]] {
    var rows: [GroupPlace: MulticastReport.Group] = [:]
    for number in 0..<membership.groupRowEnd {
      guard let row = membership.groupRow(number: number), row.place.group.family == .ipv4 else { continue }
      let end = row.expiry ?? row.sources.compactMap(\.expiry).max()
      var group = MulticastReport.Group(
        row.place.group.address, lastReporter: row.lastReporter, expiry: end.map { $0 - now })
      group.version = Int(row.version)
      rows[row.place] = group
    }
    for (place, _) in membership.staticGroups where place.group.family == .ipv4 {
      var group =
        rows[place]
        ?? MulticastReport.Group(place.group.address, lastReporter: .unspecified(.ipv4), expiry: nil)
      group.isStatic = true
      group.expiry = nil
      if rows[place] == nil { group.version = 2 }
      rows[place] = group
    }
    var groups: [InterfaceID: [MulticastReport.Group]] = [:]
    for place in rows.keys.sorted() {
      if let row = rows[place] { groups[place.interface, default: []].append(row) }
    }
    return groups
  }
}

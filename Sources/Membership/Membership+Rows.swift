public import Addressing
public import Kernel
public import Timing
import Wire

/// Questions.
extension Membership {
  /// The interfaces that a flow is listened to on.
  ///
  /// One look-up, and one for each interface whose hosts name sources; nothing is allocated.
  public func listeners(of flow: Flow) -> InterfaceSet { groups.listeners(of: flow) }

  /// Whether hosts on `interface` listen to `source` sending to `group`.
  public func listens(_ interface: InterfaceID, source: Address, group: Group) -> Bool {
    groups.wants(source, GroupPlace(interface, group))
  }

  /// Groups that reports made, on all interfaces.
  public var groupCount: Int { groups.count }

  /// Interfaces with members, in order: by reports, and static ones.
  public var groupInterfaces: InterfaceSet {
    var interfaces = InterfaceSet()
    for querier in queriers.compactMap({ $0 }) where querier.groupCount > 0 {
      interfaces.insert(querier.interface)
    }
    for place in groups.staticPlaces { interfaces.insert(place.interface) }
    return interfaces
  }

  /// When the first of all groups changes without a report; nil: never.
  public var nextGroupChange: Instant? { groups.next }

  /// Sources that reports named, in all groups.
  public var sourceCount: Int { groups.sourceCount }

  /// Hosts that are tracked, in all groups.
  public var trackedHostCount: Int { groups.hostCount }

  /// Those of the group that has most of them; looks at every group.
  public var mostTrackedHosts: Int {
    (0..<groups.end).reduce(0) { max($0, groups.row(number: $1)?.hosts.count ?? 0) }
  }

  /// Rows that `groupRow` knows are numbered from 0 to below this, for one page after another.
  public var groupRowEnd: Int { groups.end }

  /// The group with a number; nil for a number that is free now.
  public func groupRow(number: Int) -> GroupRow? { groups.row(number: number).map { row($0) } }

  /// What reports made of a group on an interface; nil when there were none.
  public func groupRow(at place: GroupPlace) -> GroupRow? { groups.row(at: place).map { row($0) } }

  /// Whether a group is static, whoever reports it.
  public func isStatic(_ place: GroupPlace) -> Bool { groups.staticSources(place) != nil }

  /// The static groups, in order.
  ///
  /// A group can be static and reported at once.
  public var staticGroups: [(place: GroupPlace, sources: [Address])] {
    groups.staticPlaces.map { ($0, groups.staticSources($0) ?? []) }
  }

  /// The querier of a family on an interface; nil where none serves.
  public func querierRow(_ interface: InterfaceID, _ family: Family) -> QuerierRow? {
    let number = Membership.number(interface, family)
    guard queriers.indices.contains(number), let querier = queriers[number],
      let address = querier.address
    else { return nil }
    return QuerierRow(
      address: querier.elected?.address ?? address, isSelf: querier.elected == nil,
      version: querier.protocolVersion, since: querier.elected?.since, heardAt: querier.elected?.heardAt,
      expiry: querier.elected?.expiry, nextQuery: querier.nextQuery,
      groupCount: querier.groupCount, queryInterval: querier.intervals.query,
      robustness: querier.intervals.robustness, counters: querier.counters)
  }

  private func row(_ state: GroupState) -> GroupRow {
    let querier = queriers[Membership.number(state.place.interface, state.place.group.family)]
    return GroupRow(
      place: state.place, excludes: state.excludes, expiry: state.expiry,
      sources: state.sources.map { GroupRow.Source(address: $0.address, expiry: $0.expiry) },
      version: state.place.group.family.protocolVersion(state.older.mode),
      lastReporter: state.lastReporter, since: state.since,
      isTracked: querier?.settings.fastLeave == .tracked && state.hosts.isComplete,
      hosts: state.hosts.hosts)
  }
}

/// A group as hosts on one interface report it.
public struct GroupRow: Hashable, Sendable {
  /// A source of the group.
  public struct Source: Hashable, Sendable {
    public var address: Address
    /// Nil: blocked, until the group's own expiry.
    public var expiry: Instant?

    public init(address: Address, expiry: Instant?) {
      self.address = address
      self.expiry = expiry
    }
  }

  public var place: GroupPlace
  /// EXCLUDE: every source but the blocked ones is listened to; INCLUDE: the sources alone.
  public var excludes: Bool
  /// When an EXCLUDE group ends without another report; nil in INCLUDE.
  public var expiry: Instant?
  /// In order.
  public var sources: [Source]
  /// The oldest version of its hosts: IGMP 1–3, MLD 1–2.
  public var version: UInt8
  /// 0.0.0.0 for a host without an address.
  public var lastReporter: Address
  public var since: Instant
  /// False: `hosts` is not complete.
  public var isTracked: Bool
  /// In order.
  public var hosts: [TrackedHost]
}

/// The querier of one family on one interface.
public struct QuerierRow: Hashable, Sendable {
  /// Of the querier: ours, or the other router's.
  public var address: Address
  public var isSelf: Bool
  /// Of our queries: IGMP 1–3, MLD 1–2.
  public var version: UInt8
  /// Since when another is the querier; nil when we are.
  public var since: Instant?
  /// When the other querier last asked; nil when we are the querier.
  public var heardAt: Instant?
  /// When another querier counts as gone; nil when we are the querier.
  public var expiry: Instant?
  /// When we ask next, if we are the querier.
  public var nextQuery: Instant?
  /// Groups that reports made on the interface.
  public var groupCount: Int
  /// In use: another querier's where it tells one.
  public var queryInterval: Duration
  /// In use, as `queryInterval`.
  public var robustness: Int
  public var counters: MembershipCounters
}

extension Querier {
  fileprivate var protocolVersion: UInt8 { family.protocolVersion(version) }
}

extension Family {
  fileprivate func protocolVersion(_ version: GroupQuery.Version) -> UInt8 {
    switch version {
    case .igmp1: 1
    case .groups: self == .ipv4 ? 2 : 1
    case .sources: self == .ipv4 ? 3 : 2
    }
  }
}

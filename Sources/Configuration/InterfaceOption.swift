public import Addressing
public import DVMRP
public import Membership

/// One option of an interface, as it is stated.
///
/// The cases stand in the order in which they are written. Values outside their range are read as the nearest
/// one inside it by the rooms that they are for; the grammars refuse them.
public enum InterfaceOption: Hashable, Sendable, Codable {
  /// A boundary by its name, or the block itself.
  public enum BoundaryReference: Hashable, Sendable, Codable {
    case named(String)
    case prefix(Prefix)
  }

  case threshold(UInt8)
  case boundary(BoundaryReference)
  /// Whether the router announces itself on the interface (RFC 4286).
  case mrdisc(Bool)
  /// A further subnet of the link.
  case altnet(Prefix)

  // The querier's; those of both families, but for the versions.
  case querier(QuerierMode)
  case igmpVersion(UInt8)
  case mldVersion(UInt8)
  case queryInterval(Duration)
  case responseInterval(Duration)
  case lastMemberInterval(Duration)
  case startupResponse(Duration)
  case robustness(UInt8)
  case routerTimeout(Duration)
  case fastLeave(QuerierSettings.FastLeave)
  /// Members of each group of the block, without a timer; nil: of every source.
  case staticGroup(Prefix, source: Address?)
  case maxGroups(Int)
  case maxSources(Int)
  case sourceOverflow(QuerierSettings.SourceOverflow)
  /// Records a second.
  case reportRate(Int)
  case groupFilter(GroupFilter)
  case ssmMap(SourceMapping)
  case ttlStrict(Bool)
  case routerAlertStrict(Bool)

  // DVMRP's.
  case dvmrp(DVMRPMode)
  case metric(UInt8)
  case advertMetric(UInt8)
  case forceLeaf(Bool)
  case noflood(Bool)
  case notransit(Bool)
  case pruneLifetime(Duration)
  case rexmitPrunes(Bool)
  case allowNonpruners(Bool)
  case acceptNeighbor(Prefix)
  /// A line of the route filter: `accept` lines or `deny` lines, all with `bidir` or none.
  case routeFilter(accepts: Bool, RouteFilter.Line, isBothWays: Bool)

  /// What two options are of that take each other's place.
  public enum Kind: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    case threshold, boundary, mrdisc, altnet
    case querier, igmpVersion, mldVersion, queryInterval, responseInterval, lastMemberInterval
    case startupResponse, robustness, routerTimeout, fastLeave, staticGroup, maxGroups, maxSources
    case sourceOverflow, reportRate, groupFilter, ssmMap, ttlStrict, routerAlertStrict
    case dvmrp, metric, advertMetric, forceLeaf, noflood, notransit, pruneLifetime, rexmitPrunes
    case allowNonpruners, acceptNeighbor, routeFilter

    /// Whether several may be stated, which then hold together.
    public var isList: Bool { Kind.lists.contains(self) }

    private static let lists: Set<Kind> = [
      .boundary, .altnet, .staticGroup, .groupFilter, .ssmMap, .acceptNeighbor, .routeFilter,
    ]

    public static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
  }

  public var kind: Kind {
    switch self {
    case .threshold: .threshold
    case .boundary: .boundary
    case .mrdisc: .mrdisc
    case .altnet: .altnet
    case .querier: .querier
    case .igmpVersion: .igmpVersion
    case .mldVersion: .mldVersion
    case .queryInterval: .queryInterval
    case .responseInterval: .responseInterval
    case .lastMemberInterval: .lastMemberInterval
    case .startupResponse: .startupResponse
    case .robustness: .robustness
    case .routerTimeout: .routerTimeout
    case .fastLeave: .fastLeave
    case .staticGroup: .staticGroup
    case .maxGroups: .maxGroups
    case .maxSources: .maxSources
    case .sourceOverflow: .sourceOverflow
    case .reportRate: .reportRate
    case .groupFilter: .groupFilter
    case .ssmMap: .ssmMap
    case .ttlStrict: .ttlStrict
    case .routerAlertStrict: .routerAlertStrict
    case .dvmrp: .dvmrp
    case .metric: .metric
    case .advertMetric: .advertMetric
    case .forceLeaf: .forceLeaf
    case .noflood: .noflood
    case .notransit: .notransit
    case .pruneLifetime: .pruneLifetime
    case .rexmitPrunes: .rexmitPrunes
    case .allowNonpruners: .allowNonpruners
    case .acceptNeighbor: .acceptNeighbor
    case .routeFilter: .routeFilter
    }
  }
}

/// The options that one statement states, by kind; those of a list in their order.
public struct InterfaceOptions: Hashable, Sendable, Codable {
  /// Options of one statement; the grammars refuse more.
  public static let most = 1_024

  public private(set) var all: [InterfaceOption] = []

  public init(_ options: [InterfaceOption] = []) {
    for option in options { state(option) }
  }

  public var isEmpty: Bool { all.isEmpty }

  /// Adds an option to its list, or puts it in the place of the one there is.
  public mutating func state(_ option: InterfaceOption) {
    let kind = option.kind
    if !kind.isList { remove(kind) }
    let place = all.lastIndex { $0.kind <= kind }.map { $0 + 1 } ?? 0
    all.insert(option, at: place)
  }

  /// Takes out all that is stated of the kind.
  public mutating func remove(_ kind: InterfaceOption.Kind) { all.removeAll { $0.kind == kind } }

  /// The options of a kind, more than one of lists alone.
  public subscript(kind: InterfaceOption.Kind) -> [InterfaceOption] { all.filter { $0.kind == kind } }

  /// Takes what others state of the kinds that are not stated here.
  public mutating func complete(by others: InterfaceOptions) {
    guard !others.isEmpty else { return }
    let kinds = Set(all.map(\.kind))
    all = (all + others.all.filter { !kinds.contains($0.kind) }).inOrder()
  }

  /// Whether all that `others` state is stated here, too, and in the same words.
  public func states(_ others: InterfaceOptions) -> Bool {
    others.all.allSatisfy { self[$0.kind] == others[$0.kind] }
  }
}

extension [InterfaceOption] {
  /// By kind; those of one kind keep their order.
  fileprivate func inOrder() -> [InterfaceOption] {
    enumerated().sorted { ($0.element.kind, $0.offset) < ($1.element.kind, $1.offset) }.map(\.element)
  }
}

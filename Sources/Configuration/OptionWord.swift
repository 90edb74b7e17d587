/// The words of an interface's options, in the order in which they are told.
enum OptionWord: String, CaseIterable {
  case threshold, boundary, mrdisc, altnet, querier
  case igmpVersion = "igmp-version"
  case mldVersion = "mld-version"
  case queryInterval = "query-interval"
  case responseInterval = "response-interval"
  case lastMemberInterval = "last-member-interval"
  case startupResponse = "startup-response"
  case robustness
  case routerTimeout = "router-timeout"
  case fastLeave = "fast-leave"
  case staticGroup = "static-group"
  case maxGroups = "max-groups"
  case maxSources = "max-sources"
  case sourceOverflow = "source-overflow"
  case reportRate = "report-rate"
  case groupFilter = "group-filter"
  case ssmMap = "ssm-map"
  case ttlStrict = "ttl-strict"
  case routerAlertStrict = "router-alert-strict"
  case dvmrp, metric
  case advertMetric = "advert-metric"
  case forceLeaf = "force-leaf"
  case noflood, notransit
  case pruneLifetime = "prune-lifetime"
  case rexmitPrunes = "rexmit-prunes"
  case allowNonpruners = "allow-nonpruners"
  case acceptNeighbor = "accept-neighbor"
  case accept, deny
  case rateLimit = "rate-limit"
  case blaster
  /// `dvmrp passive`, in the block of a tunnel.
  case passive

  /// The words of a section's block that are options of interfaces.
  static func all(in section: Section) -> [OptionWord] {
    switch section {
    case .interface: allCases.filter { $0 != .passive }
    case .igmp: queriers.filter { $0 != .mldVersion }
    case .mld: queriers.filter { $0 != .igmpVersion }
    case .tunnel: tunnels
    case .log, .control, .limits, .table, .cache, .dvmrp: []
    }
  }

  /// What `igmp` and `mld` hold defaults of.
  private static let queriers: [OptionWord] = [
    .querier, .igmpVersion, .mldVersion, .queryInterval, .responseInterval, .lastMemberInterval,
    .startupResponse, .robustness, .routerTimeout, .fastLeave, .staticGroup, .maxGroups, .maxSources,
    .sourceOverflow, .reportRate, .groupFilter, .ssmMap, .ttlStrict, .routerAlertStrict,
  ]

  /// What a tunnel's block may state beside its ends; its rate limit is the tunnel's own.
  private static let tunnels: [OptionWord] = [
    .threshold, .boundary, .metric, .advertMetric, .noflood, .notransit, .passive, .pruneLifetime,
    .rexmitPrunes, .allowNonpruners, .accept, .deny, .blaster,
  ]
}

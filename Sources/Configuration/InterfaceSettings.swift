import Addressing
import DVMRP
import Forwarding
import Kernel
import Membership

extension Configuration {
  /// What the statements say of one interface: the most specific wins for each option, then the earlier.
  ///
  /// A list that one statement states takes the place of the whole list of another. `igmp`, `mld` and `dvmrp`
  /// come after all statements of interfaces.
  public func settings(of name: String) -> InterfaceSettings {
    let stated = statement(of: name)
    var settings = InterfaceSettings()
    settings.mode = stated.mode
    settings.dvmrp.pruneLifetime = dvmrp.pruneLifetime
    settings.dvmrp.sendsRouterAlert = dvmrp.sendsRouterAlert
    for option in stated.options.all { settings.apply(option, resolve) }
    settings.dvmrp.threshold = settings.threshold ?? 1
    settings.dvmrp.boundaries = settings.boundaries.flatMap(\.groups).filter { $0.family == .ipv4 }
    (settings.igmpMode, settings.igmp) = querier(.ipv4, stated.options, igmp)
    (settings.mldMode, settings.mld) = querier(.ipv6, stated.options, mld)
    return settings
  }

  /// Everything that the matching statements state, as one.
  private func statement(of name: String) -> InterfaceStatement {
    let matching = interfaces.enumerated().filter { $0.element.pattern.matches(name) }
      .sorted { left, right in
        let (a, b) = (left.element.pattern, right.element.pattern)
        if a.isExact != b.isExact { return a.isExact }
        if a.literalCount != b.literalCount { return a.literalCount > b.literalCount }
        return left.offset < right.offset
      }
    var stated = InterfaceStatement(InterfacePattern(name))
    for (_, statement) in matching { stated.complete(by: statement) }
    return stated
  }

  private func resolve(_ reference: InterfaceOption.BoundaryReference) -> Boundary {
    switch reference {
    case .named(let name):
      boundaries.first { $0.name == name } ?? Boundary(name: name, groups: [])
    case .prefix(let prefix):
      Boundary(name: nil, groups: [prefix])
    }
  }

  private func querier(
    _ family: Family, _ stated: InterfaceOptions, _ defaults: InterfaceOptions
  ) -> (QuerierMode, QuerierSettings) {
    var options = stated
    options.complete(by: defaults)
    var mode = QuerierMode.auto
    var settings = QuerierSettings()
    settings.membershipResponses = membershipResponses
    for option in options.all {
      if case .querier(let value) = option { mode = value }
      settings.apply(option, family)
    }
    settings.isOn = mode != .off
    return (mode, settings)
  }
}

extension InterfaceSettings {
  /// What is not the querier's.
  fileprivate mutating func apply(
    _ option: InterfaceOption, _ resolve: (InterfaceOption.BoundaryReference) -> Boundary
  ) {
    switch option {
    case .threshold(let value): threshold = value
    case .boundary(let reference): boundaries.append(resolve(reference))
    case .mrdisc(let value): announces = value
    case .altnet(let prefix): if prefix.family == .ipv4 { dvmrp.altnets.append(prefix) }
    case .ttlStrict(let value): dvmrp.isTTLStrict = value
    case .dvmrp(let value): dvmrpMode = value
    case .metric(let value): dvmrp.metric = value
    case .advertMetric(let value): dvmrp.advertMetric = value
    case .forceLeaf(let value): dvmrp.isForcedLeaf = value
    case .noflood(let value): dvmrp.floods = !value
    case .notransit(let value): dvmrp.isTransit = !value
    case .pruneLifetime(let value): dvmrp.pruneLifetime = value
    case .rexmitPrunes(let value): dvmrp.repeatsPrunes = value
    case .allowNonpruners(let value): dvmrp.acceptsNonpruners = value
    case .acceptNeighbor(let prefix): dvmrp.neighborPrefixes.append(prefix)
    case .routeFilter(let accepts, let line, let isBothWays):
      var filter = dvmrp.filter ?? RouteFilter(accepts: accepts, isBothWays: isBothWays, [])
      filter.lines.append(line)
      dvmrp.filter = filter
    case .querier, .igmpVersion, .mldVersion, .queryInterval, .responseInterval, .lastMemberInterval,
      .startupResponse, .robustness, .routerTimeout, .fastLeave, .staticGroup, .maxGroups, .maxSources,
      .sourceOverflow, .reportRate, .groupFilter, .ssmMap, .routerAlertStrict:
      break
    }
  }
}

extension QuerierSettings {
  /// What an option says of the querier of one family.
  fileprivate mutating func apply(_ option: InterfaceOption, _ family: Family) {
    switch option {
    case .altnet(let prefix): if prefix.family == family { altnets.append(prefix) }
    case .igmpVersion(let value): igmpVersion = value
    case .mldVersion(let value): mldVersion = value
    case .queryInterval(let value): queryInterval = value
    case .responseInterval(let value): responseInterval = value
    case .lastMemberInterval(let value): lastMemberInterval = value
    case .startupResponse(let value): startupResponse = value
    case .robustness(let value): robustness = value
    case .routerTimeout(let value): routerTimeout = value
    case .fastLeave(let value): fastLeave = value
    case .staticGroup(let groups, let source):
      if groups.family == family { add(groups, source) }
    case .maxGroups(let value): maximumGroups = value
    case .maxSources(let value): maximumSources = value
    case .sourceOverflow(let value): sourceOverflow = value
    case .reportRate(let value): reportRate = value
    case .groupFilter(let filter): if filter.groups.family == family { groupFilters.append(filter) }
    case .ssmMap(let mapping): if mapping.groups.family == family { sourceMap.append(mapping) }
    case .ttlStrict(let value): isTTLStrict = value
    case .routerAlertStrict(let value): isRouterAlertStrict = value
    case .querier, .threshold, .boundary, .mrdisc, .dvmrp, .metric, .advertMetric, .forceLeaf, .noflood,
      .notransit, .pruneLifetime, .rexmitPrunes, .allowNonpruners, .acceptNeighbor, .routeFilter:
      break
    }
  }

  /// Each group of a block, as far as the bound goes.
  private mutating func add(_ groups: Prefix, _ source: Address?) {
    let room = max(0, InterfaceOptions.most - staticGroups.count)
    for place in 0..<min(groups.count ?? room, room) {
      guard let group = groups.member(place).flatMap({ Group($0) }) else { return }
      staticGroups.append(StaticGroup(group, source: source))
    }
  }
}

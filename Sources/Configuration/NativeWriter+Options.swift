import Addressing
import DVMRP
import Kernel
import Membership

extension InterfaceOption {
  /// The option as a file has it: `threshold 16`.
  var text: String {
    switch self {
    case .threshold(let value): "threshold \(value)"
    case .boundary(.named(let name)): "boundary \(NativeWriter.word(name))"
    case .boundary(.prefix(let prefix)): "boundary \(prefix)"
    case .mrdisc(let value): "mrdisc \(value.word)"
    case .altnet(let prefix): "altnet \(prefix)"
    case .querier(let mode): "querier \(mode.rawValue)"
    case .igmpVersion(let value): "igmp-version \(value)"
    case .mldVersion(let value): "mld-version \(value)"
    case .queryInterval(let value): "query-interval \(Units.durationText(value))"
    case .responseInterval(let value): "response-interval \(Units.durationText(value))"
    case .lastMemberInterval(let value): "last-member-interval \(Units.durationText(value))"
    case .startupResponse(let value): "startup-response \(Units.durationText(value))"
    case .robustness(let value): "robustness \(value)"
    case .routerTimeout(let value): "router-timeout \(Units.durationText(value))"
    case .fastLeave(let value): "fast-leave \(value.rawValue)"
    case .staticGroup(let groups, let source):
      "static-group \(groups)" + (source.map { " source \($0)" } ?? "")
    case .maxGroups(let value): "max-groups \(Units.countText(value))"
    case .maxSources(let value): "max-sources \(Units.countText(value))"
    case .sourceOverflow(let value): "source-overflow \(value.rawValue)"
    case .reportRate(let value): "report-rate \(value)/s"
    case .groupFilter(let filter): "group-filter \(filter.accepts ? "accept" : "deny") \(filter.groups)"
    case .ssmMap(let mapping): "ssm-map \(mapping.groups) \(mapping.source)"
    case .ttlStrict(let value): "ttl-strict \(value.word)"
    case .routerAlertStrict(let value): "router-alert-strict \(value.word)"
    case .dvmrp(let mode): "dvmrp \(mode.rawValue)"
    case .metric(let value): "metric \(value)"
    case .advertMetric(let value): "advert-metric \(value)"
    case .forceLeaf(let value): value.flag("force-leaf")
    case .noflood(let value): value.flag("noflood")
    case .notransit(let value): value.flag("notransit")
    case .pruneLifetime(let value): "prune-lifetime \(Units.durationText(value))"
    case .rexmitPrunes(let value): "rexmit-prunes \(value.word)"
    case .allowNonpruners(let value): value.flag("allow-nonpruners")
    case .acceptNeighbor(let prefix): "accept-neighbor \(prefix)"
    case .routeFilter(let accepts, let line, let isBothWays):
      "\(accepts ? "accept" : "deny") \(line.network)\(line.isExact ? " exact" : "")"
        + (isBothWays ? " bidir" : "")
    }
  }
}

extension Bool {
  fileprivate var word: String { self ? "on" : "off" }

  /// An option that is on by its name alone.
  fileprivate func flag(_ name: String) -> String { self ? name : "\(name) off" }
}

extension DVMRPStatement {
  /// What stands behind `dvmrp`; nil where nothing is stated.
  var word: String? { isOn ? "on" : statements.isEmpty ? nil : "off" }

  /// The options that have not their default.
  var statements: [String] {
    let standard = DVMRPStatement()
    var statements: [String] = []
    let durations: [(String, KeyPath<DVMRPStatement, Duration>)] = [
      ("startup-delay", \.startupDelay), ("prune-lifetime", \.pruneLifetime),
      ("cache-lifetime", \.cacheLifetime), ("report-interval", \.options.reportInterval),
      ("probe-interval", \.options.probeInterval),
    ]
    for (word, path) in durations where self[keyPath: path] != standard[keyPath: path] {
      statements.append("\(word) \(Units.durationText(self[keyPath: path]))")
    }
    if trace != standard.trace { statements.append("trace \(trace.rawValue)") }
    if let metric = options.defaultRouteMetric { statements.append("default-route metric \(metric)") }
    if sendsRouterAlert { statements.append("router-alert on") }
    return statements
  }
}

extension TunnelStatement {
  /// The statement as a file has it; what it says of the interface is a statement of its own.
  public var statement: String {
    let end =
      switch local {
      case .address(let address): address.description
      case .interface(let name): NativeWriter.word(name)
      }
    var options = ["local \(end)", "remote \(remote)"]
    if mode != .auto { options.append("mode \(mode.rawValue)") }
    if rateLimit > 0 { options.append("rate-limit \(Units.bitsText(rateLimit))") }
    return "tunnel \(NativeWriter.word(name)) { \(options.joined(separator: "; ")) }"
  }
}

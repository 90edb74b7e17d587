import Addressing
import Configuration
import DVMRP
import Membership
import Timing

/// Draws options of interfaces that a file may state together.
struct RandomOptions {
  var generator: Generator

  init(seed: UInt64) { generator = Generator(seed: seed) }

  /// States one more option; with a family one of those that `igmp` or `mld` hold.
  mutating func state(in options: inout InterfaceOptions, of family: Family? = nil) {
    let kinds = InterfaceOption.Kind.allCases
    let all = family == nil ? kinds : kinds.filter { (.querier)...(.routerAlertStrict) ~= $0 }
    let kind = pick(all)
    guard kind.isList || options[kind].isEmpty, kind != .boundary, let option = option(kind, family) else {
      return
    }
    // A filter accepts or denies, and holds for one way or for both.
    if case .routeFilter(let accepts, _, let both)? = options[.routeFilter].first,
      case .routeFilter(_, let line, _) = option
    {
      return options.state(.routeFilter(accepts: accepts, line, isBothWays: both))
    }
    options.state(option)
  }

  private mutating func option(_ kind: InterfaceOption.Kind, _ family: Family?) -> InterfaceOption? {
    switch kind {
    case .threshold, .boundary: nil
    case .mrdisc: .mrdisc(chance())
    case .altnet: .altnet(senders(pick([.ipv4, .ipv6])))
    case .querier: .querier(pick(QuerierMode.allCases))
    case .igmpVersion: family == .ipv6 ? nil : .igmpVersion(UInt8(number(3)))
    case .mldVersion: family == .ipv4 ? nil : .mldVersion(UInt8(number(2)))
    case .queryInterval: .queryInterval(.milliseconds(100_000 + number(1_000_000)))
    case .responseInterval: .responseInterval(.milliseconds(100 + number(90_000)))
    case .lastMemberInterval: .lastMemberInterval(.milliseconds(100 + number(3_000_000)))
    case .startupResponse: .startupResponse(.milliseconds(100 + number(3_000_000)))
    case .robustness: .robustness(UInt8(1 + number(9)))
    case .routerTimeout: .routerTimeout(.milliseconds(1000 + number(80_000_000)))
    case .fastLeave: .fastLeave(pick(QuerierSettings.FastLeave.allCases))
    case .staticGroup: staticGroup(family ?? pick([.ipv4, .ipv6]))
    case .maxGroups: .maxGroups(number(10_000_000))
    case .maxSources: .maxSources(number(10_000_000))
    case .sourceOverflow: .sourceOverflow(pick(QuerierSettings.SourceOverflow.allCases))
    case .reportRate: .reportRate(number(10_000_000))
    case .groupFilter: .groupFilter(GroupFilter(accepts: chance(), groups(family ?? pick([.ipv4, .ipv6]))))
    case .ssmMap: mapping(family ?? pick([.ipv4, .ipv6]))
    case .ttlStrict: .ttlStrict(chance())
    case .routerAlertStrict: .routerAlertStrict(chance())
    case .dvmrp: .dvmrp(pick(DVMRPMode.allCases))
    case .metric: .metric(UInt8(number(31)))
    case .advertMetric: .advertMetric(UInt8(number(32) - 1))
    case .forceLeaf: .forceLeaf(chance())
    case .noflood: .noflood(chance())
    case .notransit: .notransit(chance())
    case .pruneLifetime: .pruneLifetime(.milliseconds(6000 + number(80_000_000)))
    case .rexmitPrunes: .rexmitPrunes(chance())
    case .allowNonpruners: .allowNonpruners(chance())
    case .acceptNeighbor: .acceptNeighbor(senders(.ipv4))
    case .routeFilter:
      .routeFilter(
        accepts: chance(), RouteFilter.Line(senders(.ipv4), isExact: chance()), isBothWays: chance())
    }
  }

  private mutating func staticGroup(_ family: Family) -> InterfaceOption {
    .staticGroup(
      Prefix.masking(groups(family).address, bits: UInt8(122 + number(6))),
      source: chance() ? senders(family).address : nil)
  }

  private mutating func mapping(_ family: Family) -> InterfaceOption {
    .ssmMap(SourceMapping(groups(family), source: senders(family).address))
  }

  private mutating func groups(_ family: Family) -> Prefix {
    family == .ipv4
      ? Prefix.masking(Address(ipv4: 0xef00_0000 | UInt32(number(0xff_ffff))), bits: UInt8(104 + number(24)))
      : Prefix.masking(
        Address(high: 0xff1e_0000_0000_0000, low: UInt64(number(1 << 40))), bits: UInt8(16 + number(112)))
  }

  private mutating func senders(_ family: Family) -> Prefix {
    family == .ipv4
      ? Prefix.masking(Address(ipv4: 0x0a00_0100 | UInt32(number(0xff_ffff))), bits: UInt8(104 + number(24)))
      : Prefix.masking(
        Address(high: 0x2001_0db8_0000_0000, low: UInt64(number(1 << 40))), bits: UInt8(32 + number(96)))
  }

  /// 1…bound.
  private mutating func number(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) + 1 }
  private mutating func chance() -> Bool { number(2) == 1 }
  private mutating func pick<Value>(_ values: [Value]) -> Value { values[number(values.count) - 1] }
}

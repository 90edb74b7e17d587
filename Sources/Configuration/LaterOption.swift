/// An option of the language that no part of this version serves.
///
/// It is read and its range is checked as ever; a value that asks for nothing passes, any other is refused
/// (MC2122).
struct LaterOption {
  enum Argument {
    /// None: the word alone asks.
    case flag
    case choice([String], passes: [String])
    case integer(ClosedRange<Int>, passes: Int?)
    case metric(ClosedRange<Int>, passes: Int)
    /// Milliseconds.
    case duration(ClosedRange<Int>, passes: Int?)
    case count(passes: Int)
    case perSecond(passes: Int)
    case bits
    case prefix
    /// `G [source S]`.
    case member
    /// `accept|deny SPEC`.
    case filter
    /// `PREFIX [exact] [bidir]`.
    case routes
    /// `GROUP/L SRC`.
    case sourceMap
    case path
    case address
    /// An address or an interface.
    case end
    /// `metric N`.
    case defaultRoute
  }

  let word: String
  let argument: Argument

  init(_ word: String, _ argument: Argument) {
    self.word = word
    self.argument = argument
  }

  static func all(in section: Section) -> [LaterOption] {
    switch section {
    case .interface: querier + links + interfaceOnly
    case .igmp, .mld: querier + [LaterOption("mrdisc", .choice(onOff, passes: ["off"]))]
    case .tunnel: tunnel + links
    case .dvmrp: dvmrp
    case .limits: limits
    case .control: control
    case .log, .table, .cache: []
    }
  }

  private static let hour = 3_600_000
  private static let onOff = ["on", "off"]

  private static let querier: [LaterOption] = [
    LaterOption("querier", .choice(["auto", "on", "off"], passes: ["auto", "off"])),
    LaterOption("igmp-version", .integer(1...3, passes: 3)),
    LaterOption("mld-version", .integer(1...2, passes: 2)),
    LaterOption("query-interval", .duration(1000...31_744_000, passes: 125_000)),
    LaterOption("response-interval", .duration(100...3_174_400, passes: 10_000)),
    LaterOption("last-member-interval", .duration(100...3_174_400, passes: 1000)),
    LaterOption("robustness", .integer(2...10, passes: 2)),
    LaterOption("router-timeout", .duration(1000...24 * hour, passes: nil)),
    LaterOption("startup-response", .duration(100...3_174_400, passes: 500)),
    LaterOption("fast-leave", .choice(["off", "on", "tracked"], passes: ["off"])),
    LaterOption("static-group", .member),
    LaterOption("max-groups", .count(passes: 1024)),
    LaterOption("max-sources", .count(passes: 64)),
    LaterOption("report-rate", .perSecond(passes: 1000)),
    LaterOption("group-filter", .filter),
    LaterOption("ssm-map", .sourceMap),
    LaterOption("ttl-strict", .choice(onOff, passes: ["on"])),
    LaterOption("router-alert-strict", .choice(onOff, passes: ["off"])),
    LaterOption("source-overflow", .choice(["refuse", "asm"], passes: ["refuse"])),
  ]

  private static let links: [LaterOption] = [
    LaterOption("metric", .metric(1...31, passes: 1)),
    LaterOption("noflood", .flag),
    LaterOption("accept", .routes),
    LaterOption("deny", .routes),
    LaterOption("rate-limit", .bits),
  ]

  private static let interfaceOnly: [LaterOption] = [
    LaterOption("advert-metric", .metric(0...31, passes: 0)),
    LaterOption("altnet", .prefix),
    LaterOption("dvmrp", .choice(["on", "off", "passive"], passes: ["off"])),
    LaterOption("force-leaf", .flag),
    LaterOption("notransit", .flag),
    LaterOption("prune-lifetime", .duration(6000...24 * hour, passes: 2 * hour)),
    LaterOption("rexmit-prunes", .choice(onOff, passes: ["off"])),
    LaterOption("allow-nonpruners", .flag),
    LaterOption("blaster", .flag),
    LaterOption("accept-neighbor", .prefix),
  ]

  private static let tunnel: [LaterOption] = [
    LaterOption("local", .end),
    LaterOption("remote", .address),
    LaterOption("mode", .choice(["auto", "kernel", "user"], passes: ["auto"])),
    LaterOption("threshold", .integer(0...255, passes: 1)),
    LaterOption("boundary", .path),
    LaterOption("passive", .flag),
  ]

  private static let dvmrp: [LaterOption] = [
    LaterOption("startup-delay", .duration(0...hour, passes: 0)),
    LaterOption("trace", .choice(["any", "on-link", "off"], passes: ["any", "off"])),
    LaterOption("prune-lifetime", .duration(6000...24 * hour, passes: 2 * hour)),
    LaterOption("cache-lifetime", .duration(1000...24 * hour, passes: 300_000)),
    LaterOption("report-interval", .duration(1000...hour, passes: 60_000)),
    LaterOption("probe-interval", .duration(1000...hour, passes: 10_000)),
    LaterOption("default-route", .defaultRoute),
  ]

  private static let limits: [LaterOption] = [
    LaterOption("groups", .count(passes: 65_536)),
    LaterOption("reporters", .count(passes: 256)),
    LaterOption("neighbors", .count(passes: 256)),
    LaterOption("neighbors-per-interface", .count(passes: 32)),
    LaterOption("dvmrp-routes", .count(passes: 100_000)),
    LaterOption("dvmrp-routes-per-neighbor", .count(passes: 50_000)),
    LaterOption("prunes", .count(passes: 100_000)),
    LaterOption("prunes-per-neighbor", .count(passes: 20_000)),
  ]

  private static let control: [LaterOption] = [
    LaterOption("hold-time", .duration(0...24 * hour, passes: 120_000)),
    LaterOption("mrouted-socket", .path),
  ]
}

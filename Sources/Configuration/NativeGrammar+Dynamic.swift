import Addressing
import DVMRP
import Diagnostics
import Forwarding
import Kernel

/// The block of a tunnel, as far as it is read.
struct TunnelEndpoints {
  var local: TunnelStatement.Local?
  var remote: Address?
  var mode = Tunnel.Mode.auto
  var rateLimit: UInt64 = 0
  /// Options that were begun.
  var stated: Set<String> = []
}

/// Queriers, DVMRP and tunnels.
extension NativeGrammar {
  static let tunnelForm = "tunnel NAME { local ADDRESS|INTERFACE; remote ADDRESS }"

  /// `igmp { … }` or `mld { … }`: options of all interfaces; several blocks add up.
  mutating func queriers(
    _ section: Section, _ path: WritableKeyPath<Configuration, InterfaceOptions>
  ) throws(Diagnostic) {
    statement = InterfaceStatement(InterfacePattern(""))
    statement.options = configuration[keyPath: path]
    defer { configuration[keyPath: path] = statement.options }
    try settings(section)
  }

  /// `dvmrp [on|off] [{ … }]`; without a word it is on.
  mutating func dvmrp() throws(Diagnostic) {
    let first = token
    try advance()
    let isOff = try take("off")
    if !isOff, at(.on) { try advance() }
    if let before = stated["dvmrp"], configuration.dvmrp.isOn == isOff {
      throw Diagnostic(
        .error, .duplicateRule, "the statement contradicts the one at \(before)", at: location(since: first),
        hint: "say once whether dvmrp is on")
    }
    stated["dvmrp"] = location(since: first)
    configuration.dvmrp.isOn = !isOff
    if token.kind == .open { try block(.dvmrp) }
  }

  mutating func dvmrpOption(_ word: String, at place: Token) throws(Diagnostic) {
    let hour = NativeGrammar.hour
    switch word {
    case "startup-delay": configuration.dvmrp.startupDelay = try duration(0...hour)
    case "trace": configuration.dvmrp.trace = try choice(DVMRPStatement.Trace.self)
    case "prune-lifetime": configuration.dvmrp.pruneLifetime = try pruneLifetime()
    case "cache-lifetime": configuration.dvmrp.cacheLifetime = try duration(1000...24 * hour)
    case "report-interval":
      let value = try duration(1000...hour)
      try check(value, isBelow: .seconds(140), "a route that is not reported again is gone", at: place)
      configuration.dvmrp.options.reportInterval = value
    case "probe-interval":
      let value = try duration(1000...hour)
      try check(value, isBelow: .seconds(35), "a silent neighbor is gone", at: place)
      configuration.dvmrp.options.probeInterval = value
    case "router-alert": configuration.dvmrp.sendsRouterAlert = try choice(of: ["on", "off"]) == "on"
    default:
      try expect("metric", hint: "default-route metric N")
      configuration.dvmrp.options.defaultRouteMetric = try metric(1...31)
    }
  }

  /// Other routers go by fixed times, which the draft states (DVMRPv3 appendix).
  private func check(
    _ value: Duration, isBelow bound: Duration, _ consequence: String, at place: Token
  ) throws(Diagnostic) {
    guard value >= bound else { return }
    let word = text(of: place)
    throw Diagnostic(
      .error, .timerRelation,
      "\(word) \(Units.durationText(value)): after \(Units.durationText(bound)) \(consequence)",
      at: location(since: place), hint: "stay well below, so that one may be lost")
  }

  /// `tunnel NAME { … }`; what is said of it as an interface becomes a statement of its name.
  mutating func tunnel() throws(Diagnostic) {
    let first = token
    try advance()
    let place = token
    let pattern = try pattern()
    guard pattern.isExact else {
      throw fault(.expected, "expected the name of a tunnel, found \"\(pattern)\"", at: place, hint: nil)
    }
    guard token.kind == .open else {
      throw expected("\"{\" and the ends of the tunnel", hint: NativeGrammar.tunnelForm)
    }
    (ends, statement) = (TunnelEndpoints(), InterfaceStatement(pattern))
    let name = location(since: first)
    let errors = findings.errorCount
    try block(.tunnel)
    statement.location = name
    // What is faulty is not missing, too.
    guard findings.errorCount == errors else { return }
    for word in ["local", "remote"] where !ends.stated.contains(word) {
      throw Diagnostic(
        .error, .expected, "the tunnel has no \"\(word)\" end", at: name, hint: NativeGrammar.tunnelForm)
    }
    guard let local = ends.local, let remote = ends.remote else { return }
    var tunnel = TunnelStatement(pattern.text, local: local, remote: remote)
    (tunnel.mode, tunnel.rateLimit, tunnel.location) = (ends.mode, ends.rateLimit, name)
    try judge(tunnel)
    configuration.tunnels.append(tunnel)
    if !statement.options.isEmpty { configuration.interfaces.append(statement) }
  }

  mutating func tunnelOption(_ word: String, at place: Token) throws(Diagnostic) {
    guard ends.stated.insert(word).inserted else {
      throw fault(
        .expected, "\"\(word)\" is stated twice in one statement", at: place, hint: "keep one of the two")
    }
    switch word {
    case "local": ends.local = try localEnd()
    case "remote": ends.remote = try endAddress("the address of the other router")
    case "mode": ends.mode = try choice(Tunnel.Mode.self)
    default: ends.rateLimit = try rate()
    }
  }

  private mutating func localEnd() throws(Diagnostic) -> TunnelStatement.Local {
    if token.kind == .word, Prefix(ascii: lexer.bytes.span.extracting(token.start..<token.end)) != nil {
      return .address(try endAddress("an address of this router"))
    }
    let place = token
    let pattern = try pattern()
    guard pattern.isExact else {
      throw fault(.expected, "expected one interface, found \"\(pattern)\"", at: place)
    }
    noteUse(of: pattern, at: place, in: "tunnel")
    return .interface(pattern.text)
  }

  private mutating func endAddress(_ what: String) throws(Diagnostic) -> Address {
    let place = token
    let address = try sender(what)
    guard address.family == .ipv4 else {
      throw fault(
        .familyMixed, "\"\(shown(place))\" is of IPv6, and tunnels go over IPv4", at: place,
        hint: "write an address such as 192.0.2.9")
    }
    return address
  }

  /// Two tunnels of one name, or between the same ends, cannot be.
  mutating func judge(_ tunnel: TunnelStatement) throws(Diagnostic) {
    if case .address(tunnel.remote) = tunnel.local {
      throw Diagnostic(
        .error, .tunnelEnds, "both ends of the tunnel are \(tunnel.remote)", at: tunnel.location,
        hint: "remote is the address of the other router")
    }
    if let other = configuration.tunnels.first(where: {
      $0.name == tunnel.name || $0.local == tunnel.local && $0.remote == tunnel.remote
    }) {
      let what = other.name == tunnel.name ? "of this name" : "between these ends"
      throw Diagnostic(
        .error, .duplicateRule, "there is a tunnel \(what) at \(other.location?.description ?? "run time")",
        at: tunnel.location, hint: "take one of the two out")
    }
    guard configuration.tunnels.count < Limits.interfacesInUse else {
      throw Diagnostic(
        .error, .limitReached, "there are more than \(Limits.interfacesInUse) tunnels", at: tunnel.location,
        hint: "so many interfaces can be in use")
    }
    if tunnel.mode == .kernel, tunnel.rateLimit > 0 {
      findings.add(
        Diagnostic(
          .warning, .optionIgnored,
          "the kernel's tunnels have no rate limit; \"rate-limit\" changes nothing here",
          at: tunnel.location, hint: "write mode user, or leave mode out"))
    }
  }
}

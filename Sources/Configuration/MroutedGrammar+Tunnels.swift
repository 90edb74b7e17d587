import Addressing
import Diagnostics
import Kernel

/// `tunnel LOCAL REMOTE …`.
extension MroutedGrammar {
  private static let devices = "dvmrp"

  /// Whether a device is called as our tunnels are, `dvmrp0`.
  static func isTunnelName(_ name: String) -> Bool {
    let number = name.utf8.dropFirst(devices.utf8.count)
    return name.hasPrefix(devices) && !number.isEmpty && number.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
  }

  mutating func tunnel() throws(MroutedStop) {
    let first = try take()
    let local = try localEnd()
    let remote = try remoteEnd(local.address)
    guard tunnelOffset + tunnelCount < Limits.interfacesInUse else {
      throw fatal(.limitReached, "too many vifs", at: first, hint: "256 tunnels are as many as there can be")
    }
    let name = "\(MroutedGrammar.devices)\(tunnelOffset + tunnelCount)"
    tunnelCount += 1
    var tunnel = TunnelStatement(name, local: local.end, remote: remote)
    tunnel.location = location(of: first)
    vif = MroutedVIF(name)
    vif.location = tunnel.location
    vif.tunnel = tunnel
    while case .keyword(let keyword) = word.token {
      if try option(keyword) { continue }
      guard try tunnelOption(keyword) else { break }
    }
    vifs.append(vif)
  }

  private mutating func tunnelOption(_ keyword: MroutedKeyword) throws(MroutedStop) -> Bool {
    let place = word
    switch keyword {
    case .beside:
      guard try !flag() else { return true }
      note(
        .optionIgnored, "DVMRP is always sent beside the tunnel", at: place,
        hint: "the other end must take it so; take \"beside off\" out")
    case .srcrt, .sourceroute:
      throw fatal(
        .notServed, "Source-route tunnels not supported", at: word,
        hint: "take it out: the tunnel is IP in IP")
    case .phyint, .tunnel, .name, .pruning, .noflood, .cacheLifetime, .pruneLifetime, .rexmitPrunes,
      .threshold, .metric, .boundary, .passive, .notransit, .blaster, .accept, .deny, .exact, .bidir,
      .advertMetric, .rateLimit, .allowNonpruners, .disable, .enable, .igmpv1, .netmask, .altnet, .forceLeaf,
      .no, .igmpv2, .igmpv3, .routerAlert, .routerTimeout, .queryInterval, .responseInterval,
      .lastMemberInterval, .robustness, .staticGroup, .joinGroup:
      return false
    }
    return true
  }

  /// The end on this side; its address where it is known.
  private mutating func localEnd() throws(MroutedStop) -> (
    end: TunnelStatement.Local, address: Address?, place: Word
  ) {
    let place = word
    switch word.token {
    case .address(let address):
      _ = try take()
      // Without the machine's interfaces at hand, what is known of the address itself.
      if isImport, address.isLoopback { throw loopback(address, at: place) }
      guard address.isUnicastSource || address.isLoopback else { throw notMine("\(address)", at: place) }
      return (.address(address), address, place)
    case .string:
      _ = try take()
      guard let name = name(of: place) else { throw notMine(text.shown(place), at: place) }
      if isImport { return (.interface(name), nil, place) }
      let own = options.interfaces.first { $0.name == name }?.addresses.first { $0.address.family == .ipv4 }
      guard let own else {
        guard options.vintage == .older else { throw notMine(name, at: place) }
        throw fatal(
          .unknownInterface, "Invalid interface name \(name)", at: place,
          hint: "ip address shows what is there")
      }
      return (.interface(name), own.address, place)
    case .keyword, .boolean, .network, .badNetwork, .group, .number, .end:
      throw syntaxError(at: word, hint: "the name or the address of an interface belongs here")
    }
  }

  private mutating func notMine(_ shown: String, at place: Word) -> MroutedStop {
    fatal(
      .unknownInterface, "Tunnel local address \(shown) is not mine", at: place,
      hint: "ip address shows what is there")
  }

  private mutating func loopback(_ address: Address, at place: Word) -> MroutedStop {
    fatal(
      .tunnelEnds, "Tunnel local address \(address) is a loopback address", at: place,
      hint: "name an address by which the other router is reached")
  }

  /// The other end, once both ends are judged as mrouted does: when the second is read.
  private mutating func remoteEnd(_ local: Address?) throws(MroutedStop) -> Address {
    let place = word
    let remote: Address
    switch word.token {
    case .address(let address): remote = address
    case .string: remote = try resolve(word)
    case .keyword, .boolean, .network, .badNetwork, .group, .number, .end:
      throw syntaxError(at: word, hint: "the address of the other router belongs here")
    }
    _ = try take()
    if let local, !isImport { try check(local, remote, at: place) }
    guard remote.isUnicastSource, remote != local else {
      throw fatal(
        .tunnelEnds, "Tunnel remote address \(remote) is no other host's", at: place,
        hint: "name the other router")
    }
    if vifs.contains(where: { $0.tunnel?.remote == remote }) {
      throw fatal(
        .duplicateRule, "Duplicate tunnel to \(remote)", at: place, hint: "one tunnel leads to a router")
    }
    return remote
  }

  private mutating func check(_ local: Address, _ remote: Address, at place: Word) throws(MroutedStop) {
    func owner(of address: Address) -> Interface? {
      options.interfaces.first { $0.addresses.contains { $0.address == address } }
    }
    guard let link = owner(of: local) else { throw notMine("\(local)", at: place) }
    if link.flags.contains(.loopback) {
      throw loopback(local, at: place)
    }
    if owner(of: remote) != nil {
      throw fatal(
        .tunnelEnds, "Tunnel remote address \(remote) is one of mine", at: place,
        hint: "name the other router")
    }
    guard let near = vifs.firstIndex(where: { $0.tunnel == nil && $0.isEnabled && $0.covers(remote) }) else {
      return
    }
    let name = vifs[near].name
    let hint = "\(name) leads there without a tunnel"
    guard options.vintage == .current else {
      throw fatal(
        .tunnelEnds, "Unnecessary tunnel to \(remote), same subnet as vif \(near) (\(name))", at: place,
        hint: hint)
    }
    // mrouted 4 tells why in a line without a place, and ends with a place without a text.
    let reason = "Unnecessary tunnel to \(remote), same subnet as interface \(name)"
    report.add(MroutedLine(.info, reason))
    throw fatal(.tunnelEnds, "", at: place, meaning: reason, hint: hint)
  }

  /// The one address that a name has.
  mutating func resolve(_ place: Word) throws(MroutedStop) -> Address {
    let name = text.shown(place)
    let found = place.range.count <= 255 ? source.addresses(of: text.string(place)) : []
    let addresses = Set(found.filter { $0.family == .ipv4 })
    guard let address = addresses.first else {
      throw fatal(.noSuchObject, "No such host \(name)", at: place, hint: "write its address")
    }
    guard addresses.count == 1 else {
      throw fatal(
        .valueRange, "Hostname \(name) does not map to a unique address", at: place,
        hint: "write one of its addresses")
    }
    return address
  }
}

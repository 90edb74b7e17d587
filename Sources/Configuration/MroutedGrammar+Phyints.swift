import Addressing
import Diagnostics
import Forwarding
import Kernel
import Membership

/// What interfaces alone have.
extension MroutedGrammar {
  /// An option of `phyint`; false when the keyword is none.
  mutating func phyintOption(_ keyword: MroutedKeyword) throws(MroutedStop) -> Bool {
    let place = word
    switch keyword {
    case .disable: try enable(.disable)
    case .enable: try enable(.enable)
    case .igmpv1: try state(.igmpVersion(1), by: keyword)
    case .igmpv2: try state(.igmpVersion(2), by: keyword)
    case .igmpv3: try state(.igmpVersion(3), by: keyword)
    case .forceLeaf: state(.forceLeaf(try flag()))
    case .netmask: try netmask()
    case .altnet: try altnet()
    case .staticGroup:
      let (group, _) = try group()
      if !vif.staticGroups.contains(group) { vif.staticGroups.append(group) }
    case .joinGroup: try join()
    case .phyint, .tunnel, .name, .pruning, .noflood, .cacheLifetime, .pruneLifetime, .rexmitPrunes,
      .threshold, .metric, .boundary, .passive, .notransit, .blaster, .accept, .deny, .exact, .bidir,
      .advertMetric, .rateLimit, .allowNonpruners, .beside, .srcrt, .sourceroute, .no, .routerAlert,
      .routerTimeout, .queryInterval, .responseInterval, .lastMemberInterval, .robustness:
      return false
    }
    try checkCount(at: place)
    return true
  }

  private mutating func enable(_ mode: InterfaceStatement.Mode) throws(MroutedStop) {
    _ = try take()
    vif.mode = mode
    vif.isEnabled = mode == .enable
  }

  /// A group behind a keyword, and its word.
  private mutating func group() throws(MroutedStop) -> (Group, Word) {
    _ = try take()
    guard case .group(let group) = word.token else {
      throw syntaxError(at: word, hint: "a group belongs here")
    }
    return (group, try take())
  }

  /// `join-group G`: the daemon itself is a member, so that switches that snoop send it here.
  private mutating func join() throws(MroutedStop) {
    let (group, place) = try group()
    guard !vif.name.isEmpty else { return }
    guard configuration.joins.count < configuration.limits.joins else {
      throw fatal(.limitReached, "Too many groups to join", at: place, hint: "join fewer")
    }
    let key = StaticJoin.Key(
      interface: InterfacePattern(vif.name), sources: nil, groups: Prefix(group.address))
    guard joined.insert(key).inserted else { return }
    configuration.joins.append(StaticJoin(key, location: location(of: place)))
    if !uses.contains(where: { $0.pattern == key.interface }) {
      uses.append(
        InterfaceUse(
          pattern: key.interface, statement: "join", location: location(of: place),
          sourceLine: text.line(of: place)))
    }
  }

  /// `netmask M`: the subnet is wider than the kernel says.
  private mutating func netmask() throws(MroutedStop) {
    let first = try take()
    let place = word
    let mask: Address
    switch word.token {
    case .address(let address): mask = address
    case .string: mask = try resolve(word)
    case .keyword, .boolean, .network, .badNetwork, .group, .number, .end:
      return missing("address", after: .netmask, at: first, hint: "a mask belongs behind it: 255.255.0.0")
    }
    _ = try take()
    let bits = mask.ipv4 ?? 0
    let length = (~bits).leadingZeroBitCount
    guard bits.nonzeroBitCount == length, length > 0 else {
      throw fatal(.valueRange, "Invalid netmask", at: place, hint: "a mask is 255.255.0.0 or the like")
    }
    guard let address = vif.address, let subnet = Prefix(address.address, length: length) else {
      if isImport {
        note(
          .optionIgnored, "the address of \(shownVIF()) is not known, and so no subnet", at: place,
          hint: "write the subnet: altnet A/L")
      }
      return
    }
    if subnet.length > Int(address.length) {
      note(
        .optionIgnored, "the netmask is longer than that of \(shownVIF()), and is ignored", at: place,
        hint: "set the interface's own: ip address")
      return
    }
    vif.subnets = [subnet] + vif.subnets.filter { $0 != subnet }
    // Neighbors and hosts of the wider subnet are on the link; the route is reported beside the interface's
    // own.
    if subnet.length < Int(address.length), !vif.altnets.contains(subnet) { vif.altnets.append(subnet) }
  }

  /// `altnet A/L`, `altnet A`.
  private mutating func altnet() throws(MroutedStop) {
    let first = try take()
    let place = word
    let address: Address
    let length: Int?
    switch word.token {
    case .network(let network, let bits): (address, length) = (network, bits)
    case .address(let network): (address, length) = (network, vif.length)
    case .keyword, .boolean, .badNetwork, .group, .number, .string, .end:
      return missing("address", after: .altnet, at: first, hint: "a network belongs behind it: 10.1/16")
    }
    _ = try take()
    guard let length else {
      if isImport {
        note(
          .optionIgnored, "the netmask of \(shownVIF()) is not known; the altnet is left out", at: place,
          hint: "write its length: altnet \(address)/24")
      }
      return
    }
    guard let subnet = Prefix(address, length: length) else { return }
    if subnet.address != address {
      warn(
        .hostBits, "Extra subnet \(address)/\(length) has host bits set", at: place, hint: "write \(subnet)")
    }
    guard subnet.areSenders else {
      return note(
        .sourceNotUnicast, "no host is in \(subnet); the altnet is left out", at: place,
        hint: "name the subnet of the hosts: 10.1.2/24")
    }
    if !vif.altnets.contains(subnet) { vif.altnets.insert(subnet, at: 0) }
  }
}

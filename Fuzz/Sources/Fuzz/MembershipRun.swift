import Addressing
import Kernel
import Membership
import Timing
import Wire

/// A life of the queriers of three links: the input says what happens to them, a byte at a time.
///
/// Whatever happens, what is sent is a query that its link can carry, a listener that comes or goes is told,
/// the limits hold, time goes on, and silence ends every group.
extension Fuzz {
  static func membership(_ bytes: [UInt8]) {
    var run = MembershipRun()
    var reader = Reader(bytes.span)
    while let code = try? reader.u8(), let argument = try? reader.u8() { run.happen(code, argument, &reader) }
    run.end()
  }
}

struct MembershipRun {
  private enum Act {
    case configure(QuerierSettings?, InterfaceID)
    case change(InterfaceID, Interface?)
    case receive(Datagram, InterfaceID)
    case expire
  }

  private var membership = Membership(limits: MembershipRun.limits)
  private var now = Instant.start
  private var steps: [(at: Instant, act: Act, effects: MembershipEffects)] = []
  private var links: [Interface?] = [nil, nil, nil]

  private static let limits: Limits = {
    var limits = Limits()
    limits.groups = 12
    limits.groupSources = 40
    limits.reporters = 3
    limits.allReporters = 8
    return limits
  }()

  private static func settings(_ choice: Int) -> QuerierSettings {
    var settings = QuerierSettings()
    settings.maximumGroups = 6
    settings.maximumSources = 7
    settings.fastLeave = QuerierSettings.FastLeave.allCases[choice % 3]
    settings.igmpVersion = UInt8(3 - choice / 3 % 3)
    settings.mldVersion = UInt8(choice / 3 % 3 == 0 ? 2 : 1)
    settings.sourceOverflow = choice & 16 == 0 ? .refuse : .asm
    settings.isTTLStrict = choice & 32 == 0
    if choice & 64 != 0 {
      settings.staticGroups = [group(1), group(2)].compactMap { $0.map { StaticGroup($0) } }
      settings.staticGroups += group(3).map { [StaticGroup($0, source: source(1, .ipv4))] } ?? []
    }
    if choice & 128 != 0 {
      settings.queryInterval = .seconds(2)
      settings.robustness = UInt8(choice & 15)
      settings.reportRate = 3
    }
    return settings
  }

  private static func group(_ number: Int, _ family: Family = .ipv4) -> Group? {
    let number = UInt32(number & 15)
    // One in eight is source-specific.
    let base: UInt32 = number & 7 == 7 ? 0xe801_0100 : 0xef01_0100
    return Group(
      family == .ipv4
        ? Address(ipv4: base | number)
        : Address(high: (number & 7 == 7 ? 0xff3e : 0xff0e) << 48, low: UInt64(number)))
  }

  private static func source(_ number: Int, _ family: Family) -> Address {
    family == .ipv4
      ? Address(ipv4: 0xc000_0200 | UInt32(number & 15))
      : Address(high: 0x2001_0db8 << 32, low: UInt64(number & 15))
  }

  // MARK: What can happen

  mutating func happen(_ code: UInt8, _ argument: UInt8, _ reader: inout Reader) {
    let low = Int(argument & 0xf)
    let high = Int(argument >> 4)
    let interface = InterfaceID(slot: UInt8(low % 3))
    let family: Family = high & 1 == 0 ? .ipv4 : .ipv6
    switch code % 12 {
    case 0: act(.configure(low == 15 ? nil : MembershipRun.settings(Int(code) ^ Int(argument)), interface))
    case 1: change(interface, high)
    case 2, 3: time(.milliseconds(1 << Int64(argument % 18)))
    case 4: act(.expire)
    case 5, 6: raw(interface, family, length: high * 4, &reader)
    case 7: query(interface, family, Int(code) / 12)
    default: report(interface, family, kind: Int(code) / 12, number: high >> 1, &reader)
    }
  }

  private mutating func change(_ interface: InterfaceID, _ choice: Int) {
    let slot = Int(interface.slot)
    guard choice > 1 else {
      links[slot] = nil
      act(.change(interface, nil))
      return
    }
    var flags: Interface.Flags = [.up, .running, .multicast]
    if choice == 2 { flags.remove(.up) }
    if choice == 3 { flags.remove(.running) }
    var addresses = [
      InterfaceAddress(Address(ipv4: 0x0a00_0000 | UInt32(choice)), length: 24),
      InterfaceAddress(Address(high: 0xfe80 << 48, low: UInt64(choice)), length: 64),
    ]
    if choice == 4 { addresses.removeFirst() }
    if choice == 5 { addresses.removeLast() }
    let link = Interface(
      index: Int32(slot + 1), name: "eth\(slot)", flags: flags, mtu: choice > 12 ? 100 : 1500,
      addresses: addresses)
    links[slot] = link
    act(.change(interface, link))
  }

  private func host(_ number: Int, _ family: Family) -> Address {
    family == .ipv4
      ? Address(ipv4: number == 0 ? 0 : 0x0a00_0000 | UInt32(number))
      : Address(high: 0xfe80 << 48, low: UInt64(number))
  }

  private mutating func report(
    _ interface: InterfaceID, _ family: Family, kind: Int, number: Int, _ reader: inout Reader
  ) {
    guard let group = MembershipRun.group(number, family) else { return }
    let host = host(kind % 5 * 7, family)
    let toRouters = family == .ipv4 ? Address(ipv4: 0xe000_0002) : Address(high: 0xff02 << 48, low: 2)
    switch kind % 10 {
    case 7: send(.reportV1(group), .reportV1(group), from: host, to: group.address, interface)
    case 8: send(.reportV2(group), .reportV1(group), from: host, to: group.address, interface)
    case 9: send(.leave(group), .done(group), from: host, to: toRouters, interface)
    default:
      let kinds = GroupRecord.Kind.allCases
      let count = Int((try? reader.u8()) ?? 0) % 10
      let sources = (0..<count).map { _ in
        MembershipRun.source(Int((try? reader.u8()) ?? 0), family)
      }
      let records = [GroupRecord(kinds[kind % kinds.count], group, sources: sources)]
      let to = family == .ipv4 ? Address(ipv4: 0xe000_0016) : Address(high: 0xff02 << 48, low: 0x16)
      send(.reportV3(records), .reportV2(records), from: host, to: to, interface)
    }
  }

  private mutating func query(_ interface: InterfaceID, _ family: Family, _ choice: Int) {
    var query = GroupQuery(
      version: choice & 1 == 0 ? .sources : .groups, maximumResponse: .milliseconds(100 * Int64(choice)),
      suppressesTimers: choice & 2 != 0, robustness: UInt8(choice & 7), interval: .seconds(choice))
    var to = family == .ipv4 ? Address(ipv4: 0xe000_0001) : Address(high: 0xff02 << 48, low: 1)
    if choice & 4 != 0, let group = MembershipRun.group(choice, family) {
      query.group = group
      to = group.address
      if choice & 8 != 0 { query.sources = (0..<3).map { MembershipRun.source(choice + $0, family) } }
    }
    send(.query(query), .query(query), from: host(choice % 20, family), to: to, interface)
  }

  /// Bytes as they come, under a right checksum.
  private mutating func raw(
    _ interface: InterfaceID, _ family: Family, length: Int, _ reader: inout Reader
  ) {
    var bytes: [UInt8] = []
    while bytes.count < length, let byte = try? reader.u8() { bytes.append(byte) }
    let to = family == .ipv4 ? Address(ipv4: 0xe000_0016) : Address(high: 0xff02 << 48, low: 0x16)
    let from = host(9, family)
    if bytes.count >= 4 {
      bytes[2] = 0
      bytes[3] = 0
      var sum =
        family == .ipv4
        ? Checksum() : Checksum(from: from, to: to, protocolNumber: 58, length: bytes.count)
      sum.add(bytes.span)
      bytes[2] = UInt8(sum.value >> 8)
      bytes[3] = UInt8(sum.value & 0xff)
    }
    receive(bytes, from: from, to: to, interface)
  }

  private mutating func send(
    _ igmp: IGMPMessage, _ mld: MLDMessage, from: Address, to: Address, _ interface: InterfaceID
  ) {
    receive(
      to.family == .ipv4 ? igmp.encoded() : mld.encoded(from: from, to: to), from: from, to: to, interface)
  }

  private mutating func receive(
    _ payload: [UInt8], from: Address, to: Address, _ interface: InterfaceID
  ) {
    act(
      .receive(
        Datagram(link: 1, source: from, destination: to, hops: 1, routerAlert: true, payload: payload),
        interface))
  }

  // MARK: What must hold

  private mutating func act(_ act: Act) {
    let before = listeners
    let effects = MembershipRun.perform(act, on: &membership, at: now)
    steps.append((now, act, effects))
    for datagram in effects.datagrams { judge(datagram) }
    let after = listeners
    for (index, flow) in MembershipRun.flows.enumerated() where before[index] != after[index] {
      let changed = before[index].subtracting(after[index]).union(after[index].subtracting(before[index]))
      for interface in changed {
        Fuzz.expect(
          effects.changes.contains(GroupPlace(interface, flow.group)), "a change of \(flow) is told: \(act)")
      }
    }
    judgeCounts()
  }

  private static func perform(
    _ act: Act, on membership: inout Membership, at now: Instant
  ) -> MembershipEffects {
    switch act {
    case .configure(let settings, let interface): membership.configure(settings, on: interface, at: now)
    case .change(let interface, let link): membership.change(interface, to: link, at: now)
    case .receive(let datagram, let interface): membership.receive(datagram, on: interface, at: now)
    case .expire: membership.expire(at: now)
    }
  }

  private static let flows: [Flow] = Family.allCases.flatMap { family in
    (0..<8).flatMap { number in
      [1, 6].compactMap { letter in
        group(number, family).flatMap { Flow(source: source(letter, family), group: $0) }
      }
    }
  }

  private var listeners: [InterfaceSet] { MembershipRun.flows.map { membership.listeners(of: $0) } }

  private func judge(_ datagram: Datagram) {
    let link = links.compactMap { $0 }.first { $0.index == datagram.link }
    Fuzz.expect(link?.addresses.contains { $0.address == datagram.source } ?? false, "it comes from us")
    Fuzz.expect(datagram.hops == 1, "it stays on the link")
    let header = datagram.source.family == .ipv4 ? 24 : 48
    Fuzz.expect(datagram.payload.count + header <= Int(link?.mtu ?? 0), "the link can carry it")
    if datagram.source.family == .ipv4 {
      guard case .query? = try? IGMPMessage(decoding: datagram.payload.span) else {
        return Fuzz.expect(false, "only queries are sent")
      }
    } else {
      let message = try? MLDMessage(
        decoding: datagram.payload.span, from: datagram.source, to: datagram.destination)
      guard case .query? = message else { return Fuzz.expect(false, "only queries are sent") }
    }
  }

  private func judgeCounts() {
    let rows = (0..<membership.groupRowEnd).compactMap { membership.groupRow(number: $0) }
    Fuzz.expect(rows.count == membership.groupCount && rows.count <= 12, "groups are counted")
    let sources = rows.reduce(0) { $0 + $1.sources.count }
    Fuzz.expect(sources == membership.sourceCount && sources <= 40, "sources are counted")
    let hosts = rows.reduce(0) { $0 + $1.hosts.count }
    Fuzz.expect(hosts == membership.trackedHostCount && hosts <= 8, "hosts are counted")
    var counts: [GroupPlace: Int] = [:]
    for row in rows {
      counts[row.place, default: 0] += 1
      Fuzz.expect(row.sources.count <= 7 && row.hosts.count <= 3, "a group keeps its limits")
      Fuzz.expect(row.excludes || !row.sources.isEmpty, "no group is empty")
      Fuzz.expect(row.excludes == (row.expiry != nil), "an EXCLUDE group has its timer")
      Fuzz.expect(row.excludes || !row.sources.contains { $0.expiry == nil }, "INCLUDE blocks nothing")
      Fuzz.expect(
        zip(row.sources, row.sources.dropFirst()).allSatisfy { $0.address < $1.address }, "sources in order")
    }
    Fuzz.expect(counts.values.allSatisfy { $0 == 1 }, "a group has one row")
    for slot in 0..<3 as Range<UInt8> {
      for family in Family.allCases {
        let interface = InterfaceID(slot: slot)
        let count = rows.count { $0.place.interface == interface && $0.place.group.family == family }
        let row = membership.querierRow(interface, family)
        Fuzz.expect((row?.groupCount ?? 0) == count && count <= 6, "groups of a link are counted")
      }
    }
  }

  // MARK: Time

  private mutating func time(_ duration: Duration) {
    let end = now + duration
    var rounds = 0
    while let next = membership.nextDeadline, next <= end, rounds < 20_000 {
      now = max(now, next)
      act(.expire)
      rounds += 1
    }
    Fuzz.expect(rounds < 20_000, "deadlines do not come thousands of times in \(duration)")
    now = max(now, end)
  }

  mutating func end() {
    // Ten times 31,744 s is the longest that a querier can make a listener last; here it is 2,000 s.
    for slot in 0..<3 as Range<UInt8> {
      act(.configure(MembershipRun.settings(Int(slot)), InterfaceID(slot: slot)))
    }
    time(.seconds(4000))
    Fuzz.expect(membership.groupCount == 0, "silence ends every group")
    Fuzz.expect(listeners.allSatisfy(\.isEmpty), "nobody listens")
    var again = Membership(limits: MembershipRun.limits)
    for step in steps {
      let effects = MembershipRun.perform(step.act, on: &again, at: step.at)
      Fuzz.expect(effects == step.effects, "the same events have the same effects")
    }
  }
}

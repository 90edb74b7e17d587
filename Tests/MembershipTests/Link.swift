import Addressing
import Kernel
import Membership
import Testing
import Timing
import Wire

/// A link with a querier of one family on it, and hosts that speak in real packets.
///
/// Its addresses are 10.0.0.1/24 and fe80::1; hosts and other routers are numbered. Groups and sources are
/// letters in what it says: `EX 270 a200 b-` is an EXCLUDE group with 270 s left, a source with 200 s and a
/// blocked one.
struct Link {
  let family: Family
  var membership: Membership
  var now = Instant.start
  var settings: QuerierSettings
  /// What was sent since it was last looked at.
  var sent: [Datagram] = []
  var changes: [GroupPlace] = []
  var events: [MembershipEvent] = []

  static let eth0 = InterfaceID(slot: 0)
  static let eth1 = InterfaceID(slot: 1)

  /// A querier behind its start-up queries, at the time zero of a test, unless `fresh`.
  init(
    _ family: Family = .ipv4, limits: Limits = Limits(), fresh: Bool = false,
    _ adjust: (inout QuerierSettings) -> Void = { _ in }
  ) {
    self.family = family
    membership = Membership(limits: limits)
    settings = QuerierSettings()
    adjust(&settings)
    now = fresh ? .start : Instant.start + .seconds(-1000)
    take(membership.change(Link.eth0, to: Link.interface(1), at: now))
    take(membership.configure(settings, on: Link.eth0, at: now))
    guard !fresh else { return }
    advance(.seconds(1000))
    clear()
  }

  static func interface(
    _ index: Int32, address: UInt8 = 1, flags: Interface.Flags = [.up, .running, .multicast],
    mtu: UInt32 = 1500
  ) -> Interface {
    Interface(
      index: index, name: "eth\(index - 1)", flags: flags, mtu: mtu,
      addresses: [
        InterfaceAddress(Address(ipv4: 0x0a00_0000 | UInt32(address)), length: 24),
        InterfaceAddress(Address(high: 0x2001_0db8 << 32, low: UInt64(address)), length: 64),
        InterfaceAddress(Address(high: 0xfe80 << 48, low: UInt64(address)), length: 64),
      ])
  }

  // MARK: Names

  /// The numbered host or router of the link.
  func host(_ number: Int) -> Address {
    family == .ipv4
      ? Address(ipv4: 0x0a00_0000 | UInt32(number)) : Address(high: 0xfe80 << 48, low: UInt64(number))
  }

  static func source(_ letter: Character, _ family: Family) -> Address {
    let number = UInt64(letter.asciiValue ?? 0)
    return family == .ipv4
      ? Address(ipv4: 0xc000_0200 | UInt32(number)) : Address(high: 0x2001_0db8_0001 << 16, low: number)
  }

  func source(_ letter: Character) -> Address { Link.source(letter, family) }

  static func letter(_ address: Address) -> Character {
    Character(UnicodeScalar(UInt8(truncatingIfNeeded: address.low)))
  }

  /// 239.1.1.n or ff0e::n.
  func group(_ number: Int = 1) throws -> Group {
    try #require(
      Group(
        family == .ipv4
          ? Address(ipv4: 0xef01_0100 | UInt32(number)) : Address(high: 0xff0e << 48, low: UInt64(number))))
  }

  // MARK: What happens

  mutating func advance(_ duration: Duration) { advance(to: now + duration) }

  /// Steps from deadline to deadline, as a loop would.
  mutating func advance(to end: Instant) {
    var steps = 0
    while let next = membership.nextDeadline, next <= end, steps < 100_000 {
      now = max(now, next)
      take(membership.expire(at: now))
      steps += 1
    }
    #expect(steps < 100_000, "time stands still")
    now = max(now, end)
  }

  mutating func take(_ effects: MembershipEffects) {
    sent += effects.datagrams
    changes += effects.changes
    events += effects.events
  }

  mutating func clear() { (sent, changes, events) = ([], [], []) }

  mutating func configure(_ adjust: (inout QuerierSettings) -> Void) {
    adjust(&settings)
    take(membership.configure(settings, on: Link.eth0, at: now))
  }

  mutating func receive(_ datagram: Datagram, on interface: InterfaceID = Link.eth0) {
    take(membership.receive(datagram, on: interface, at: now))
  }

  /// A report of the newest version with one record.
  mutating func report(
    _ kind: GroupRecord.Kind, _ letters: String = "", group number: Int = 1, from host: Int = 10,
    on interface: InterfaceID = Link.eth0
  ) throws {
    try report(
      [GroupRecord(kind, group(number), sources: letters.map { source($0) })], from: host, on: interface)
  }

  mutating func report(
    _ records: [GroupRecord], from host: Int = 10, on interface: InterfaceID = Link.eth0
  ) throws {
    switch family {
    case .ipv4:
      receive(igmp(.reportV3(records), from: host, to: Address(ipv4: 0xe000_0016)), on: interface)
    case .ipv6:
      receive(
        mld(.reportV2(records), from: host, to: Address(high: 0xff02 << 48, low: 0x16)), on: interface)
    }
  }

  /// A report of IGMPv2 or MLDv1.
  mutating func oldReport(group number: Int = 1, from host: Int = 10) throws {
    let group = try group(number)
    receive(
      family == .ipv4
        ? igmp(.reportV2(group), from: host, to: group.address)
        : mld(.reportV1(group), from: host, to: group.address))
  }

  mutating func oldLeave(group number: Int = 1, from host: Int = 10) throws {
    let group = try group(number)
    receive(
      family == .ipv4
        ? igmp(.leave(group), from: host, to: Address(ipv4: 0xe000_0002))
        : mld(.done(group), from: host, to: Address(high: 0xff02 << 48, low: 2)))
  }

  mutating func query(_ query: GroupQuery, from router: Int) {
    let all = family == .ipv4 ? Address(ipv4: 0xe000_0001) : Address(high: 0xff02 << 48, low: 1)
    let to = query.group?.address ?? all
    receive(
      family == .ipv4
        ? igmp(.query(query), from: router, to: to) : mld(.query(query), from: router, to: to))
  }

  func igmp(_ message: IGMPMessage, from host: Int, to destination: Address) -> Datagram {
    Datagram(
      link: 1, source: self.host(host), destination: destination, hops: 1, routerAlert: true,
      payload: message.encoded())
  }

  func mld(_ message: MLDMessage, from host: Int, to destination: Address) -> Datagram {
    let source = self.host(host)
    return Datagram(
      link: 1, source: source, destination: destination, hops: 1, routerAlert: true,
      payload: message.encoded(from: source, to: destination))
  }

  // MARK: What came of it

  /// The group's state; empty when there is none.
  func state(_ number: Int = 1, on interface: InterfaceID = Link.eth0) throws -> String {
    guard let row = membership.groupRow(at: GroupPlace(interface, try group(number))) else { return "" }
    var words = [row.excludes ? "EX" : "IN"]
    if let expiry = row.expiry { words.append(Link.seconds(expiry - now)) }
    words += row.sources.map { source in
      "\(Link.letter(source.address))" + (source.expiry.map { Link.seconds($0 - now) } ?? "-")
    }
    return words.joined(separator: " ")
  }

  static func seconds(_ duration: Duration) -> String {
    let milliseconds = duration.milliseconds
    return milliseconds % 1000 == 0
      ? "\(milliseconds / 1000)" : "\(Double(milliseconds) / 1000)"
  }

  /// The queries sent since the last call: `Q` a general one, `Q(1)` for group 1, `Q(1;a b)` for sources;
  /// `!` behind it is the S bit.
  mutating func queries() throws -> String {
    defer { sent = [] }
    return try sent.map { datagram in
      let query = try Link.query(in: datagram)
      #expect(datagram.hops == 1)
      #expect(datagram.routerAlert == (query.version != .igmp1))
      #expect(datagram.source == host(1))
      #expect(datagram.destination.isMulticast)
      guard let group = query.group else { return "Q" }
      #expect(datagram.destination == group.address)
      let sources = query.sources.map { String(Link.letter($0)) }.joined(separator: " ")
      let about = "\(group.address.low & 0xff)" + (sources.isEmpty ? "" : ";" + sources)
      return "Q(\(about))" + (query.suppressesTimers ? "!" : "")
    }.joined(separator: " ")
  }

  static func query(in datagram: Datagram) throws -> GroupQuery {
    if datagram.source.family == .ipv4 {
      guard case .query(let query) = try IGMPMessage(decoding: datagram.payload.span) else {
        throw WireError.length
      }
      return query
    }
    let message = try MLDMessage(
      decoding: datagram.payload.span, from: datagram.source, to: datagram.destination)
    guard case .query(let query) = message else { throw WireError.length }
    return query
  }

  func listens(_ letter: Character, group number: Int = 1, on interface: InterfaceID = Link.eth0) throws
    -> Bool
  {
    let group = try group(number)
    let answer = membership.listens(interface, source: source(letter), group: group)
    let flow = try #require(Flow(source: source(letter), group: group))
    #expect(membership.listeners(of: flow).contains(interface) == answer)
    return answer
  }

  func counters(_ interface: InterfaceID = Link.eth0) throws -> MembershipCounters {
    try #require(membership.querierRow(interface, family)).counters
  }
}

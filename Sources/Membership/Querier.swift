import Addressing
import Kernel
import Timing
import Wire

/// The querier of one family on one interface: who asks, when, and how (RFC 9776 6.6.2, 7.1; RFC 9777 7.6.2).
struct Querier: Sendable {
  /// A router with a lower address that asks in our place.
  struct Elected: Hashable, Sendable {
    var address: Address
    /// Its first query, and the last.
    var since: Instant
    var heardAt: Instant
    /// It counts as gone from then on.
    var expiry: Instant
    var robustness: UInt8
    var interval: Duration
  }

  let interface: InterfaceID
  let family: Family
  private(set) var settings: QuerierSettings
  private(set) var intervals: Intervals
  private(set) var link: Interface?
  /// What our queries come from; nil: the family is not served here now.
  private(set) var address: Address?
  /// Nil: we are the querier.
  private(set) var elected: Elected?
  /// Queries of the start that are still to be sent.
  private var startupQueries = 0
  private(set) var nextQuery: Instant?
  private var startedAt = Instant.start
  private var isFirst = false
  var reports = RateBucket()
  var queries = RateBucket()
  var counters = MembershipCounters()
  /// Groups that reports made here.
  var groupCount = 0
  private var warned = Warned()

  init(_ interface: InterfaceID, _ family: Family, _ settings: QuerierSettings) {
    self.interface = interface
    self.family = family
    self.settings = settings
    intervals = Intervals(settings, family)
  }

  var isServing: Bool { address != nil }
  var isQuerier: Bool { isServing && elected == nil }
  var version: GroupQuery.Version { settings.version(family) }

  /// The earliest of its timers.
  var next: Instant? { isServing ? elected?.expiry ?? nextQuery : nil }

  // MARK: What it runs on

  /// Takes new settings; running timers go on, but the next query never comes later than these say.
  mutating func configure(_ new: QuerierSettings, at now: Instant) {
    settings = new
    adopt()
    nextQuery = nextQuery.map { min($0, now + intervals.query) }
    serve(at: now)
  }

  /// Takes the link as it is now; nil: it is gone.
  mutating func change(to new: Interface?, at now: Instant) {
    let wasRunning = link?.flags.contains(.running) ?? false
    link = new
    let isBack = !wasRunning && new?.flags.contains(.running) ?? false
    serve(at: now, anew: isBack)
  }

  /// Starts and stops with the address that queries come from; another address is another router, which
  /// stands for election anew.
  private mutating func serve(at now: Instant, anew isBack: Bool = false) {
    let isUp = settings.isOn && link?.flags.contains(.up) ?? false
    let new = isUp ? link?.querierAddress(family) : nil
    guard new != address || isBack else { return }
    address = new
    elected = nil
    adopt()
    guard new != nil else { return }
    startupQueries = intervals.robustness
    isFirst = true
    nextQuery = now
    startedAt = now
  }

  private mutating func adopt() {
    intervals = Intervals(settings, family, elected: elected.map { ($0.robustness, $0.interval) })
  }

  /// The hosts have had time to answer the first query: who has not been heard of is not there.
  func knowsHosts(at now: Instant) -> Bool { now - startedAt > intervals.startupResponse }

  // MARK: Another life

  /// All but the settings, the link and the counters.
  func encode(to writer: inout Writer) {
    writer.optional(address) { $0.tagged($1) }
    writer.optional(elected) { writer, elected in
      writer.tagged(elected.address)
      writer.instant(elected.since)
      writer.instant(elected.heardAt)
      writer.instant(elected.expiry)
      writer.u8(elected.robustness)
      writer.duration(elected.interval)
    }
    writer.u8(UInt8(clamping: startupQueries))
    writer.instant(orNil: nextQuery)
    writer.instant(startedAt)
    writer.bool(isFirst)
  }

  init(_ interface: InterfaceID, _ family: Family, decoding reader: inout Reader) throws(WireError) {
    self.init(interface, family, QuerierSettings())
    if try reader.hasValue() { address = try reader.tagged() }
    if try reader.hasValue() {
      let other = try reader.tagged()
      let (since, heardAt, expiry) = (try reader.instant(), try reader.instant(), try reader.instant())
      let robustness = try reader.u8()
      // The longest that a query can tell.
      let interval = min(try reader.duration(), .seconds(31_744))
      elected = Elected(
        address: other, since: since, heardAt: heardAt, expiry: expiry, robustness: robustness,
        interval: interval)
    }
    startupQueries = Int(try reader.u8())
    nextQuery = try reader.instantOrNil()
    startedAt = try reader.instant()
    isFirst = try reader.bool()
  }

  /// Goes on where the link still has the address that queries came from; elsewhere it begins anew.
  mutating func resume(on new: Interface, _ stated: QuerierSettings?) {
    settings = stated ?? settings
    adopt()
    if let address, new.querierAddress(family) == address { link = new }
  }

  // MARK: Election

  /// Takes in a general query; true when another router is the querier now.
  ///
  /// Group queries do not take part, of MLD neither. Deviation: RFC 9777 7.6.2 lets every query elect; RFC
  /// 9776 6.6.2 says why only general ones should, and the families are one here.
  mutating func hear(_ query: GroupQuery, from other: Address, at now: Instant) -> Bool {
    guard let address, query.group == nil else { return false }
    let rival = elected?.address ?? address
    guard other < rival || other == elected?.address else { return false }
    let isNew = other != elected?.address
    let isTelling = query.version == .sources
    let robustness = isTelling ? query.robustness : 0
    let interval = isTelling ? query.interval : .zero
    if isNew || elected?.robustness != robustness || elected?.interval != interval {
      elected = Elected(
        address: other, since: isNew ? now : elected?.since ?? now, heardAt: now, expiry: now,
        robustness: robustness, interval: interval)
      adopt()
    }
    elected?.heardAt = now
    elected?.expiry = now + intervals.otherQuerier
    return isNew
  }

  /// Ends the election of a router that fell silent; true when we are the querier again.
  mutating func expireElected(at now: Instant) -> Bool {
    guard isServing, let elected, elected.expiry <= now else { return false }
    self.elected = nil
    adopt()
    startupQueries = 0
    nextQuery = now
    return true
  }

  // MARK: Queries

  /// The hosts have not been asked for longer than their answers hold, since the process or the machine stood
  /// still.
  func isLate(at now: Instant) -> Bool {
    guard isQuerier, let due = nextQuery else { return false }
    return now - due > intervals.query * (intervals.robustness - 1)
  }

  /// The general query, if it is due.
  mutating func dueQuery(at now: Instant) -> Datagram? {
    guard isQuerier, let due = nextQuery, due <= now else { return nil }
    startupQueries = max(0, startupQueries - 1)
    nextQuery = now + (startupQueries > 0 ? intervals.startupQuery : intervals.query)
    let response = isFirst ? intervals.startupResponse : intervals.response
    isFirst = false
    counters.generalQueriesSent += 1
    return datagram(GroupQuery(maximumResponse: response))
  }

  /// The packets of a round of queries about `group`.
  mutating func datagrams(_ round: QueryRound, about group: Group) -> [Datagram] {
    var packets: [Datagram] = []
    func query(_ sources: ArraySlice<Address>, suppresses: Bool) -> Datagram? {
      datagram(
        GroupQuery(
          group: group, sources: Array(sources), maximumResponse: intervals.lastMember,
          suppressesTimers: suppresses))
    }
    if let suppresses = round.groupSuppresses, let packet = query([], suppresses: suppresses) {
      counters.groupQueriesSent += 1
      packets.append(packet)
    }
    for (sources, suppresses) in [(round.raised, true), (round.asked, false)] {
      var rest = sources[...]
      while !rest.isEmpty, let packet = query(rest.prefix(sourcesPerPacket), suppresses: suppresses) {
        rest = rest.dropFirst(sourcesPerPacket)
        counters.sourceQueriesSent += 1
        packets.append(packet)
      }
    }
    return packets
  }

  /// What fits beside the headers: IPv4 24 + 12 bytes, IPv6 40 + 8 + 28.
  private var sourcesPerPacket: Int {
    let room = Int(link?.mtu ?? 0) - (family == .ipv4 ? 36 : 76)
    return min(max(1, room / (family.width / 8)), 16_000)
  }

  /// A query of our version, with what every one of ours carries.
  private func datagram(_ query: GroupQuery) -> Datagram? {
    guard let address, let link else { return nil }
    var query = query
    query.version = version
    query.robustness = UInt8(clamping: intervals.robustness)
    query.interval = intervals.query
    let destination = query.group?.address ?? Querier.allHosts(family)
    let payload =
      switch family {
      case .ipv4: IGMPMessage.query(query).encoded()
      case .ipv6: MLDMessage.query(query).encoded(from: address, to: destination)
      }
    return Datagram(
      link: link.index, source: address, destination: destination, hops: 1,
      routerAlert: query.version != .igmp1, payload: payload)
  }

  /// How long what another querier asks for has to be answered (RFC 9776 6.6.1), at least 0.1 s a query.
  func lastMemberTime(of query: GroupQuery) -> Duration {
    let isTelling = query.version == .sources && query.robustness > 0
    let count = isTelling ? Int(query.robustness) : Intervals(settings, family).robustness
    // A version 1 query names no time, and none of them should name a group.
    let response = query.version == .igmp1 ? .zero : query.maximumResponse
    return max(response, .milliseconds(100)) * count
  }

  // MARK: Warnings

  /// When each kind of warning was last given.
  private struct Warned: Sendable {
    var version: Instant?
    var groups: Instant?
    var sources: Instant?
    var hosts: Instant?
  }

  /// Whether a query of another version is worth a line; at most once a minute.
  mutating func mayWarnOfVersion(at now: Instant) -> Bool { Querier.may(&warned.version, at: now) }

  /// Whether a limit is worth a line; at most once a minute.
  mutating func mayWarn(of limit: MembershipRefusal, at now: Instant) -> Bool {
    switch limit {
    case .groupLimit: Querier.may(&warned.groups, at: now)
    case .sourceLimit: Querier.may(&warned.sources, at: now)
    default: Querier.may(&warned.hosts, at: now)
    }
  }

  private static func may(_ last: inout Instant?, at now: Instant) -> Bool {
    if let last, now - last < .seconds(60) { return false }
    last = now
    return true
  }

  /// 224.0.0.1 or ff02::1.
  static func allHosts(_ family: Family) -> Address {
    family == .ipv4 ? Address(ipv4: 0xe000_0001) : Address(high: 0xff02 << 48, low: 1)
  }
}

extension Interface {
  /// What queries come from: the first IPv4 address, the first link-local one of IPv6.
  ///
  /// Addresses whose uniqueness is not yet certain are not among the addresses.
  fileprivate func querierAddress(_ family: Family) -> Address? {
    addresses.lazy.map(\.address).first {
      $0.family == family && (family == .ipv4 ? $0.isUnicastSource : $0.isLinkLocalUnicast)
    }
  }
}

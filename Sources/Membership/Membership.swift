import Addressing
public import Kernel
public import Timing
import Wire

/// Who listens to what: the queriers of IGMP and MLD on all interfaces, and the groups that hosts report.
///
/// A value on the time that it is given. An event returns what follows from it; `nextDeadline` says when
/// `expire` must be called again.
public struct Membership: Sendable {
  /// What there is beyond a lower one stays.
  public var limits: Limits
  /// Two for each slot that was ever configured: IPv4, IPv6.
  var queriers: [Querier?] = []
  private var links: [InterfaceID: Interface] = [:]
  var groups = GroupTable()
  private var deadlines = Deadlines<Int>()

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// The earliest instant at which something happens by itself; nil: never.
  public var nextDeadline: Instant? { deadlines.next.orEarlier(groups.next) }

  // MARK: Interfaces

  /// Gives both families of an interface the same settings, or takes them away (nil).
  public mutating func configure(
    _ settings: QuerierSettings?, on interface: InterfaceID, at now: Instant
  ) -> MembershipEffects {
    configure(igmp: settings, mld: settings, on: interface, at: now)
  }

  /// Gives an interface its settings, or takes a family's away (nil) with all that was heard there.
  ///
  /// Timers that run go on as they are.
  public mutating func configure(
    igmp: QuerierSettings?, mld: QuerierSettings?, on interface: InterfaceID, at now: Instant
  ) -> MembershipEffects {
    var effects = MembershipEffects()
    for family in Family.allCases {
      let settings = family == .ipv4 ? igmp : mld
      let number = Membership.number(interface, family)
      if queriers.count <= number {
        queriers += Array(repeating: nil, count: number + 1 - queriers.count)
      }
      if let settings {
        var querier = queriers[number].take() ?? Querier(interface, family, settings)
        querier.configure(settings, at: now)
        querier.change(to: links[interface], at: now)
        queriers[number] = querier
      } else {
        queriers[number] = nil
      }
      serve(number, interface, family, at: now, &effects)
    }
    let statics =
      (igmp?.staticGroups ?? []).filter { $0.group.family == .ipv4 }
      + (mld?.staticGroups ?? []).filter { $0.group.family == .ipv6 }
    setStatics(statics, on: interface, &effects)
    return effects
  }

  /// Tells what an interface is now; nil: it is gone.
  ///
  /// A link that goes down takes its groups with it; one that comes back, or has another address, starts
  /// with the queries of a start.
  public mutating func change(
    _ interface: InterfaceID, to link: Interface?, at now: Instant
  ) -> MembershipEffects {
    var effects = MembershipEffects()
    links[interface] = link
    for family in Family.allCases {
      let number = Membership.number(interface, family)
      guard queriers.indices.contains(number), queriers[number] != nil else { continue }
      queriers[number]?.change(to: link, at: now)
      serve(number, interface, family, at: now, &effects)
    }
    return effects
  }

  /// After a change: groups of a querier that serves no more go, and what is due is done.
  private mutating func serve(
    _ number: Int, _ interface: InterfaceID, _ family: Family, at now: Instant,
    _ effects: inout MembershipEffects
  ) {
    if queriers[number]?.isServing != true {
      for place in groups.places(on: interface, family) {
        groups.remove(place)
        effects.news.append(GroupNews(place: place, isJoined: false, reporter: nil))
        if !groups.isStatic(place) { effects.changes.append(place) }
      }
      queriers[number]?.groupCount = 0
      deadlines.cancel(number)
    }
    expire(number, at: now, &effects)
  }

  private mutating func setStatics(
    _ wanted: [StaticGroup], on interface: InterfaceID, _ effects: inout MembershipEffects
  ) {
    var sources: [GroupPlace: [Address]] = [:]
    for item in wanted.sorted() {
      let place = GroupPlace(interface, item.group)
      // The one for every source comes first and covers the others.
      guard let source = item.source else {
        sources[place] = []
        continue
      }
      if sources[place]?.isEmpty ?? false { continue }
      sources[place, default: []].append(source)
    }
    let present = groups.staticPlaces.filter { $0.interface == interface }
    for place in Set(present).union(sources.keys).sorted() {
      let new = sources[place].map { $0.inOrder() }
      guard groups.staticSources(place) != new else { continue }
      groups.setStatic(new, place)
      effects.changes.append(place)
    }
  }

  static func number(_ interface: InterfaceID, _ family: Family) -> Int {
    Int(interface.slot) * 2 + (family == .ipv4 ? 0 : 1)
  }

  // MARK: Time

  /// Does what is due at `now`, the queriers before the groups: who has not been asked has not been silent.
  ///
  /// One call handles a bounded number of groups; while more are due, `nextDeadline` is not after `now`.
  public mutating func expire(at now: Instant) -> MembershipEffects {
    var effects = MembershipEffects()
    for number in deadlines.expire(at: now) { expire(number, at: now, &effects) }
    for _ in 0..<Membership.groupsPerTurn {
      guard let place = groups.takeDue(at: now) else { break }
      expire(place, at: now, &effects)
    }
    return effects
  }

  static let groupsPerTurn = 1024

  private mutating func expire(_ place: GroupPlace, at now: Instant, _ effects: inout MembershipEffects) {
    let number = Membership.number(place.interface, place.group.family)
    guard let intervals = queriers[number]?.intervals else { return }
    let due = groups.update(place) { row in (row.expire(at: now), row.dueRound(at: now, intervals)) }
    guard let (isChange, round) = due else { return }
    settle(place, number, isChange, &effects)
    if !groups.contains(place) {
      effects.news.append(GroupNews(place: place, isJoined: false, reporter: nil))
    }
    if let round { send(round, place, number, &effects) }
  }

  private mutating func expire(_ number: Int, at now: Instant, _ effects: inout MembershipEffects) {
    guard let querier = queriers[number] else { return }
    let isTakeover = queriers[number]?.expireElected(at: now) ?? false
    if isTakeover { effects.events.append(.querier(querier.interface, querier.family, nil)) }
    if isTakeover || querier.isLate(at: now) {
      let end = now + (queriers[number]?.intervals.response ?? .zero)
      for place in groups.places(on: querier.interface, querier.family) {
        _ = groups.update(place) { $0.wait(until: end) }
      }
    }
    if let query = queriers[number]?.dueQuery(at: now) { effects.datagrams.append(query) }
    schedule(number)
  }

  private mutating func schedule(_ number: Int) {
    if let next = queriers[number]?.next {
      deadlines.set(number, at: next)
    } else {
      deadlines.cancel(number)
    }
  }

  // MARK: Packets

  /// Takes in a packet that came in by an interface.
  ///
  /// One that is neither IGMP nor MLD is left alone; one that a check refuses is counted.
  public mutating func receive(
    _ datagram: Datagram, on interface: InterfaceID, at now: Instant
  ) -> MembershipEffects {
    var effects = MembershipEffects()
    let number = Membership.number(interface, datagram.source.family)
    guard queriers.indices.contains(number), let heard = queriers[number]?.admit(datagram, at: now) else {
      return effects
    }
    switch heard {
    case .query(let query): hear(query, from: datagram.source, number, at: now, &effects)
    case .records(let records, let version):
      for record in records {
        hear(record, version, from: datagram.source, number, at: now, &effects)
      }
    }
    return effects
  }

  private mutating func hear(
    _ query: GroupQuery, from source: Address, _ number: Int, at now: Instant,
    _ effects: inout MembershipEffects
  ) {
    guard let querier = queriers[number] else { return }
    if query.version != querier.version, queriers[number]?.mayWarnOfVersion(at: now) ?? false {
      effects.events.append(.version(querier.interface, querier.family, from: source))
    }
    if queriers[number]?.hear(query, from: source, at: now) ?? false {
      effects.events.append(.querier(querier.interface, querier.family, source))
    }
    schedule(number)
    guard let group = query.group, !querier.isQuerier, !query.suppressesTimers else { return }
    let end = now + querier.lastMemberTime(of: query)
    _ = groups.update(GroupPlace(querier.interface, group)) { $0.lower(query.sources, to: end) }
  }

  private mutating func hear(
    _ record: GroupRecord, _ version: GroupQuery.Version, from source: Address, _ number: Int,
    at now: Instant, _ effects: inout MembershipEffects
  ) {
    guard let querier = queriers[number] else { return }
    var record = record
    do throws(MembershipRefusal) {
      record = try querier.judge(record, version)
    } catch {
      queriers[number]?.counters.refuse(error)
      return
    }
    record.sources = record.sources.inOrder()
    let place = GroupPlace(querier.interface, record.group)
    var initial: GroupState?
    if !groups.contains(place) {
      guard record.canBegin else { return }
      guard querier.groupCount < querier.settings.maximumGroups, groups.count < limits.groups else {
        refuse(.groupLimit, from: source, number, at: now, &effects)
        return
      }
      initial = GroupState(place, reporter: source, at: now)
      queriers[number]?.groupCount += 1
    }
    let report = Report(
      record: record, version: version, source: source, now: now,
      sourceRoom: limits.groupSources - groups.sourceCount,
      hostRoom: limits.allReporters - groups.hostCount, hostsPerGroup: limits.reporters)
    guard let outcome = groups.update(place, orInsert: initial, { $0.take(report, querier) }) else { return }
    settle(place, number, outcome.isChange, &effects)
    // One that was refused all its sources came and went at once, which is no news.
    let isThere = groups.contains(place)
    if isThere == (initial != nil) {
      effects.news.append(GroupNews(place: place, isJoined: isThere, reporter: source))
    }
    send(outcome.round, place, number, &effects)
    if outcome.refusedSources > 0 {
      refuse(.sourceLimit, count: outcome.refusedSources, from: source, number, at: now, &effects)
    }
    if outcome.isTrackingLost {
      refuse(report.hostRoom > 0 ? .groupHostLimit : .hostLimit, from: source, number, at: now, &effects)
    }
  }

  /// After a row changed: the index, the count and the list of changes.
  private mutating func settle(
    _ place: GroupPlace, _ number: Int, _ isChange: Bool, _ effects: inout MembershipEffects
  ) {
    let isGone = !groups.contains(place)
    guard isChange || isGone else { return }
    if isGone { queriers[number]?.groupCount -= 1 }
    groups.note(place)
    if isChange, !groups.isStatic(place) { effects.changes.append(place) }
  }

  private mutating func send(
    _ round: QueryRound, _ place: GroupPlace, _ number: Int, _ effects: inout MembershipEffects
  ) {
    guard !round.isEmpty else { return }
    effects.datagrams += queriers[number]?.datagrams(round, about: place.group) ?? []
  }

  private mutating func refuse(
    _ refusal: MembershipRefusal, count: Int = 1, from source: Address, _ number: Int, at now: Instant,
    _ effects: inout MembershipEffects
  ) {
    queriers[number]?.counters.refuse(refusal, count: count)
    guard let querier = queriers[number], queriers[number]?.mayWarn(of: refusal, at: now) ?? false else {
      return
    }
    effects.events.append(.limit(querier.interface, querier.family, refusal, from: source))
  }
}

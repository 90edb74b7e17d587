import Addressing
import Kernel
import Timing
import Wire

/// What a valid packet says.
enum Heard: Sendable {
  case query(GroupQuery)
  /// What hosts say; reports and leaves of the older versions as the records that they amount to.
  case records([GroupRecord], GroupQuery.Version)
}

/// The input checks (RFC 9776 4, 9.1; RFC 9777 5.1.14, 7.4): every packet that is refused is counted once.
extension Querier {
  /// Judges a packet of the interface; nil: it is refused and counted, or is none of IGMP or MLD.
  mutating func admit(_ datagram: Datagram, at now: Instant) -> Heard? {
    guard isServing, let kind = Kind(datagram) else { return nil }
    if let refusal = refusal(of: datagram, kind, at: now) {
      counters.refuse(refusal)
      return nil
    }
    do throws(WireError) {
      let heard = try decode(datagram)
      if let refusal = refusal(of: heard, in: datagram) {
        counters.refuse(refusal)
        return nil
      }
      count(heard, isLeave: kind == .leave)
      return heard
    } catch {
      counters.refuse(MembershipRefusal(error))
      return nil
    }
  }

  /// The kinds of message that the first byte tells.
  private enum Kind {
    case query, report, leave

    init?(_ datagram: Datagram) {
      switch (datagram.source.family, datagram.payload.first) {
      case (.ipv4, 0x11), (.ipv6, 130): self = .query
      case (.ipv4, 0x12), (.ipv4, 0x16), (.ipv4, 0x22), (.ipv6, 131), (.ipv6, 143): self = .report
      case (.ipv4, 0x17), (.ipv6, 132): self = .leave
      default: return nil
      }
    }
  }

  /// What the header alone tells, and then the rates, so that nothing more is done for a flood.
  private mutating func refusal(of datagram: Datagram, _ kind: Kind, at now: Instant) -> MembershipRefusal? {
    if isOurs(datagram.source) { return .ownEcho }
    if datagram.hops != 1, family == .ipv6 || settings.isTTLStrict { return .hops }
    if !isOnLink(datagram.source) { return .source }
    if kind == .query {
      return queries.take(rate: 20, burst: 20, at: now) ? nil : .queryRate
    }
    let rate = max(1, settings.reportRate)
    let burst = rate.multipliedReportingOverflow(by: 2).partialValue
    return reports.take(datagram.claimedRecords, rate: rate, burst: max(rate, burst), at: now)
      ? nil : .reportRate
  }

  private func isOurs(_ source: Address) -> Bool {
    link?.addresses.contains { $0.address == source } ?? false
  }

  /// On a subnet of the link, or for MLD link-local.
  ///
  /// A host that has no address yet reports from 0.0.0.0; :: is refused (RFC 9777 5.2.13).
  private func isOnLink(_ source: Address) -> Bool {
    if family == .ipv6 { return source.isLinkLocalUnicast }
    if source.isUnspecified { return true }
    return source.isUnicastSource
      && (link?.addresses.contains { $0.subnet.hasHost(source) } ?? false
        || settings.altnets.contains { $0.hasHost(source) })
  }

  private func decode(_ datagram: Datagram) throws(WireError) -> Heard {
    switch family {
    case .ipv4:
      switch try IGMPMessage(decoding: datagram.payload.span) {
      case .query(let query): .query(query)
      case .reportV1(let group): .records([GroupRecord(.isExclude, group)], .igmp1)
      case .reportV2(let group): .records([GroupRecord(.isExclude, group)], .groups)
      case .leave(let group): .records([GroupRecord(.toInclude, group)], .groups)
      case .reportV3(let records): .records(records, .sources)
      case .other: throw .length
      }
    case .ipv6:
      switch try MLDMessage(
        decoding: datagram.payload.span, from: datagram.source, to: datagram.destination)
      {
      case .query(let query): .query(query)
      case .reportV1(let group): .records([GroupRecord(.isExclude, group)], .groups)
      case .done(let group): .records([GroupRecord(.toInclude, group)], .groups)
      case .reportV2(let records): .records(records, .sources)
      case .other: throw .length
      }
    }
  }

  private func refusal(of heard: Heard, in datagram: Datagram) -> MembershipRefusal? {
    let destination = datagram.destination
    let isAlertNeeded: Bool
    let isAddressed: Bool
    switch heard {
    case .query(let query):
      isAlertNeeded = query.version != .igmp1
      isAddressed = destination == query.group?.address ?? Querier.allHosts(family) || isOurs(destination)
    case .records(_, .sources):
      isAlertNeeded = true
      isAddressed = destination.isMulticast || isOurs(destination)
    case .records(let records, let version):
      isAlertNeeded = version != .igmp1
      isAddressed = records.allSatisfy {
        destination == $0.group.address
          || ($0.kind == .toInclude ? destination == Querier.allRouters(family) : isOurs(destination))
      }
    }
    if isAlertNeeded, !datagram.routerAlert, family == .ipv6 || settings.isRouterAlertStrict {
      return .routerAlert
    }
    if !isAddressed { return .destination }
    if case .query = heard, datagram.source.isUnspecified { return .proxyQuery }
    return nil
  }

  /// 224.0.0.2 or ff02::2.
  static func allRouters(_ family: Family) -> Address {
    family == .ipv4 ? Address(ipv4: 0xe000_0002) : Address(high: 0xff02 << 48, low: 2)
  }

  private mutating func count(_ heard: Heard, isLeave: Bool) {
    switch heard {
    case .query: counters.queriesHeard += 1
    case .records(_, .sources): counters.sourceReports += 1
    case .records(_, .groups) where isLeave: counters.leaves += 1
    case .records(_, .groups): counters.groupReports += 1
    case .records(_, .igmp1): counters.version1Reports += 1
    }
  }
}

/// Records, one by one.
extension Querier {
  /// What a record of a host of `version` comes to; the reason where it is not heard.
  func judge(
    _ record: GroupRecord, _ version: GroupQuery.Version
  ) throws(MembershipRefusal) -> GroupRecord {
    let group = record.group
    if group.isLinkLocal { throw .linkLocalGroup }
    if !settings.accepts(group) { throw .filtered }
    if version != .sources {
      let sources = settings.mappedSources(group)
      if !sources.isEmpty {
        return GroupRecord(record.kind == .isExclude ? .allow : .block, group, sources: sources)
      }
    }
    if group.isSourceSpecific {
      let namesSources =
        switch record.kind {
        case .isInclude, .toInclude, .allow, .block: true
        case .isExclude, .toExclude: false
        }
      if version != .sources || !namesSources { throw .sourceSpecificGroup }
    }
    return record
  }
}

extension MembershipRefusal: Error {}

extension Group {
  /// 232.0.0.0/8 or ff3x::/32 (RFC 4607 1): hosts must name their sources.
  var isSourceSpecific: Bool {
    if let ipv4 = address.ipv4 { return ipv4 >> 24 == 232 }
    return address.high >> 32 & 0xfff0_ffff == 0xff30_0000
  }
}

extension Datagram {
  /// How many records a report says that it holds, as far as its length allows; 1 for older reports.
  fileprivate var claimedRecords: Int {
    guard payload.first == 0x22 || payload.first == 143, payload.count >= 8 else { return 1 }
    let claim = Int(payload[6]) << 8 | Int(payload[7])
    return max(1, min(claim, payload.count / 8))
  }
}

import Addressing
import Wire

/// The times of one querier (RFC 9776 8, RFC 9777 9), from its settings and what the elected querier tells.
///
/// A time that goes out in a packet is the one that the packet's code can express, so that hosts and this
/// router count alike.
struct Intervals: Hashable, Sendable {
  /// Robustness, and with it the number of start-up and last-member queries.
  let robustness: Int
  let query: Duration
  let response: Duration
  let startupResponse: Duration
  let startupQuery: Duration
  let lastMember: Duration
  /// How long hosts have to answer after a leave, over all its queries.
  let lastMemberTime: Duration
  /// A listener that is not heard of again is gone after this.
  let membership: Duration
  let otherQuerier: Duration
  /// A host of an older version holds its group in that version for this long.
  let olderHost: Duration

  /// - Parameter elected: what another querier told in its last query; 0 and zero where it told nothing.
  init(
    _ settings: QuerierSettings, _ family: Family, elected: (robustness: UInt8, interval: Duration)? = nil
  ) {
    let version = settings.version(family)
    let own = GroupQuery(
      version: version, maximumResponse: settings.responseInterval.within(shortest, longestResponse),
      interval: settings.queryInterval.within(.seconds(1), .seconds(31_744)))
    let query = Intervals.asSent(own, family)
    let adopted = elected.map(\.interval) ?? .zero
    self.query = adopted > .zero ? adopted : query.interval
    let told = elected.map { Int($0.robustness) } ?? 0
    robustness = told > 0 ? told : min(max(Int(settings.robustness), 2), 10)
    // Shorter than the time to the next query, which the elected querier may have made short.
    response = min(query.maximumResponse, self.query - shortest)
    startupResponse = min(
      response, Intervals.asSent(own.answered(within: settings.startupResponse), family).maximumResponse)
    startupQuery = self.query / 4
    lastMember = Intervals.asSent(own.answered(within: settings.lastMemberInterval), family).maximumResponse
    lastMemberTime = lastMember * robustness
    let covered = self.query * robustness
    membership = covered + response * (settings.membershipResponses == 1 ? 1 : 2)
    olderHost = covered + response
    otherQuerier =
      settings.routerTimeout?.within(.seconds(1), .seconds(86_400)) ?? covered + response / 2
  }

  /// What hosts will read in `query`.
  private static func asSent(_ query: GroupQuery, _ family: Family) -> GroupQuery {
    // The older versions carry no interval, and version 1 no response time either.
    var sent = query
    sent.version = .sources
    let unspecified = Address.unspecified(.ipv6)
    let decoded: GroupQuery? =
      switch family {
      case .ipv4:
        if case .query(let query)? = try? IGMPMessage(decoding: IGMPMessage.query(sent).encoded().span) {
          query
        } else {
          nil
        }
      case .ipv6:
        if case .query(let query)? = try? MLDMessage(
          decoding: MLDMessage.query(sent).encoded(from: unspecified, to: unspecified).span)
        {
          query
        } else {
          nil
        }
      }
    sent = decoded ?? sent
    if query.version != .sources {
      sent.interval = query.interval
      // IGMPv2 has one byte of tenths, MLDv1 two of milliseconds, both linear.
      let longest = family == .ipv4 ? Duration.milliseconds(25_500) : .milliseconds(65_535)
      sent.maximumResponse = min(query.maximumResponse, longest)
    }
    return sent
  }
}

private let shortest = Duration.milliseconds(100)
private let longestResponse = Duration.milliseconds(3_174_400)

extension GroupQuery {
  fileprivate func answered(within response: Duration) -> GroupQuery {
    var query = self
    query.maximumResponse = response.within(shortest, longestResponse)
    return query
  }
}

extension Duration {
  fileprivate func within(_ least: Duration, _ most: Duration) -> Duration { min(max(self, least), most) }
}

extension QuerierSettings {
  /// The version of our queries.
  func version(_ family: Family) -> GroupQuery.Version {
    switch (family, family == .ipv4 ? igmpVersion : mldVersion) {
    case (.ipv4, ...1): .igmp1
    case (.ipv4, 2), (.ipv6, ...1): .groups
    default: .sources
    }
  }
}

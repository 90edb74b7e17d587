import Addressing
import Configuration
import Forwarding
import Kernel
import Membership
import Timing
import Wire

/// One family of one link, where the router says that it forwards multicast.
struct AnnouncedLink: Hashable, Comparable, Sendable {
  var link: Int32
  var family: Family

  static func < (left: AnnouncedLink, right: AnnouncedLink) -> Bool {
    (left.link, left.family) < (right.link, right.family)
  }
}

/// Multicast Router Discovery (RFC 4286), the router's side: switches that snoop learn where routers are.
struct Discovery: Sendable {
  /// Links whose settings say so, up or not.
  var links: Set<Int32> = []
  /// When each was announced last.
  var sent: [AnnouncedLink: Instant] = [:]
  /// Seconds; what the last announcements said.
  var interval: UInt8 = 0
  /// For the jitter, which keeps routers of one link from speaking in step.
  var chance: Generator

  init(seed: UInt64) { chance = Generator(seed: seed) }
}

extension Router {
  /// Finds the links that announce; names, modes or statements have changed.
  mutating func bindDiscovery(_ configuration: Configuration) {
    guard configuration.interfaces.contains(where: { $0.announces == true }) else {
      return discovery.links = []
    }
    let announcing = domain.all.filter {
      let settings = configuration.settings(of: $0.name)
      return settings.announces == true && settings.mode != .disable
    }
    discovery.links = Set(announcing.map(\.index))
  }

  /// Begins to announce where that is possible now, and says where it ends.
  mutating func settleDiscovery() {
    guard !discovery.links.isEmpty || !discovery.sent.isEmpty else { return }
    let interval = min(max(intent.base.discovery.interval, 4), 180)
    let wanted = discovery.links.sorted().flatMap { link in
      Family.allCases.map { AnnouncedLink(link: link, family: $0) }.filter(canAnnounce)
    }
    for place in discovery.sent.keys.sorted() where !wanted.contains(place) { cease(place) }
    let isChanged = interval != discovery.interval
    discovery.interval = interval
    for place in wanted where isChanged || discovery.sent[place] == nil { announce(place) }
  }

  /// Where the link is up and the kernel gave us the family's table.
  private func canAnnounce(_ place: AnnouncedLink) -> Bool {
    guard let interface = domain.links[place.link], interface.flags.contains(.up) else { return false }
    return vifs.isOpen(.init(table: plan.base, family: place.family))
      && Router.source(interface, place.family) != nil
  }

  /// IPv6 needs an address of the link; for IPv4 the kernel finds one where the link has none.
  private static func source(_ interface: Interface, _ family: Family) -> Address? {
    let addresses = interface.addresses.map(\.address).filter { $0.family == family }
    return family == .ipv4
      ? addresses.first ?? .unspecified(.ipv4) : addresses.first(where: \.isLinkLocalUnicast)
  }

  /// Says that the router forwards here, now and again after the interval (RFC 4286 3.1).
  mutating func announce(_ place: AnnouncedLink) {
    let interval = discovery.interval
    let querier = slot(ofLink: place.link).flatMap { membership.querierRow($0, place.family) }
    send(
      .announcement(
        interval: interval,
        queryInterval: UInt16(clamping: querier?.queryInterval.components.seconds ?? 0),
        robustness: UInt16(clamping: querier?.robustness ?? 0)), on: place)
    discovery.sent[place] = now
    // A fortieth at most, as the RFC has it; later, so that no two are closer than the interval.
    let jitter = Int64(discovery.chance.next() % (UInt64(interval) * 25 + 1))
    timers.set(.announcement(place), at: now + .seconds(Int64(interval)) + .milliseconds(jitter))
  }

  /// The interface is no longer announced; a termination says so where the link still takes one.
  private mutating func cease(_ place: AnnouncedLink) {
    discovery.sent[place] = nil
    timers.cancel(.announcement(place))
    if canAnnounce(place) { send(.termination, on: place) }
  }

  /// The router stops.
  mutating func ceaseAnnouncing() {
    for place in discovery.sent.keys.sorted() { cease(place) }
    actions += joins.setOwn([]).map { .kernel($0) }
  }

  private mutating func send(_ message: RouterDiscoveryMessage, on place: AnnouncedLink) {
    guard let interface = domain.links[place.link], let source = Router.source(interface, place.family) else {
      return
    }
    let destination = RouterDiscoveryMessage.snoopers(place.family)
    actions.append(
      .kernel(
        .send(
          Datagram(
            link: place.link, source: source, destination: destination, hops: 1, routerAlert: true,
            payload: message.encoded(from: source, to: destination)))))
  }

  /// Answers a solicitation, at once unless the last announcement is less than a second old.
  ///
  /// Deviation: RFC 4286 3.2 lets a router wait up to two seconds; hosts are served at once, and a flood of
  /// solicitations causes one announcement a second.
  mutating func solicited(by datagram: Datagram) {
    let family = datagram.source.family
    let place = AnnouncedLink(link: datagram.link, family: family)
    guard let last = discovery.sent[place], datagram.hops == 1,
      datagram.destination == RouterDiscoveryMessage.routers(family),
      family == .ipv4 || datagram.source.isLinkLocalUnicast
    else { return }
    let earliest = last + .seconds(1)
    if earliest <= now {
      announce(place)
    } else if let due = timers[.announcement(place)], earliest < due {
      timers.set(.announcement(place), at: earliest)
    }
  }
}

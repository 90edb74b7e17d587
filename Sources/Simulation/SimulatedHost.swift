import Addressing
import Kernel
import Timing
import Wire

/// A host's memberships on one link, as a kernel holds them: in the version of the link's querier.
struct SimulatedHost: Sendable {
  enum Version: UInt8, Comparable, Sendable {
    case first = 1, second, third
    static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
  }

  /// What its timers are for.
  enum Timer: Hashable, Comparable, Sendable {
    /// A change is told once more.
    case again(Group)
    /// The answer to a query about this group.
    case answer(Group)
    /// The answer to a general query.
    case answerAll(Family)
    /// The older querier is forgotten.
    case forget(Family)
  }

  /// Which sources of a group are wanted.
  enum Filter: Hashable, Sendable {
    case any
    case only(Set<Address>)
  }

  private(set) var groups: [Group: Filter] = [:]
  /// The newest that it knows.
  private let newest: Version
  private var versions: [Family: Version] = [:]
  private var timers = Deadlines<Timer>()

  init(newest: UInt8) { self.newest = Version(rawValue: newest) ?? .third }

  var next: Instant? { timers.next }

  func wants(_ flow: Flow) -> Bool {
    switch groups[flow.group] {
    case nil: false
    case .any: true
    case .only(let sources): sources.contains(flow.source)
    }
  }

  private func version(_ family: Family) -> Version { min(newest, versions[family] ?? .third) }

  // MARK: The host's programs

  /// - Returns: messages to send.
  mutating func join(
    _ group: Group, source: Address?, at now: Instant, _ chance: inout Generator
  ) -> [Message] {
    var filter = Filter.any
    if let source {
      switch groups[group] {
      case .any: return []
      case .only(let known): filter = .only(known.union([source]))
      case nil: filter = .only([source])
      }
    }
    groups[group] = filter
    return tell(group, now, &chance)
  }

  mutating func leave(
    _ group: Group, source: Address?, at now: Instant, _ chance: inout Generator
  ) -> [Message] {
    guard let filter = groups[group] else { return [] }
    groups[group] = nil
    if let source, case .only(let known) = filter, known != [source] {
      groups[group] = .only(known.subtracting([source]))
      return tell(group, now, &chance, left: [source])
    }
    return tell(group, now, &chance)
  }

  /// A message and where it goes.
  enum Message: Hashable, Sendable {
    case igmp(IGMPMessage, to: Address)
    case mld(MLDMessage, to: Address)
  }

  private mutating func tell(
    _ group: Group, _ now: Instant, _ chance: inout Generator, left: [Address]? = nil
  ) -> [Message] {
    timers.set(.again(group), at: now + .milliseconds(Int64.random(in: 1...1000, using: &chance)))
    return change(group, left: left)
  }

  private func change(_ group: Group, left: [Address]? = nil) -> [Message] {
    if let left { return report([GroupRecord(.block, group, sources: left)], leaving: nil) }
    switch groups[group] {
    case nil: return report([GroupRecord(.toInclude, group)], leaving: group)
    case .any: return report([GroupRecord(.toExclude, group)], leaving: nil)
    case .only(let sources):
      return report([GroupRecord(.allow, group, sources: sources.sorted())], leaving: nil)
    }
  }

  private func state(_ group: Group) -> GroupRecord? {
    switch groups[group] {
    case nil: nil
    case .any: GroupRecord(.isExclude, group)
    case .only(let sources): GroupRecord(.isInclude, group, sources: sources.sorted())
    }
  }

  /// Records in the version of the link's querier.
  private func report(_ records: [GroupRecord], leaving: Group?) -> [Message] {
    guard let family = records.first?.group.family else { return [] }
    if version(family) == .third {
      return [
        family == .ipv4
          ? .igmp(.reportV3(records), to: Address(ipv4: 0xe000_0016))
          : .mld(.reportV2(records), to: Address(high: 0xff02 << 48, low: 0x16))
      ]
    }
    return records.compactMap { record in
      let group = record.group
      if group == leaving {
        guard version(family) == .second || family == .ipv6 else { return nil }
        return family == .ipv4
          ? .igmp(.leave(group), to: Address(ipv4: 0xe000_0002))
          : .mld(.done(group), to: Address(high: 0xff02 << 48, low: 2))
      }
      if family == .ipv6 { return .mld(.reportV1(group), to: group.address) }
      return .igmp(version(family) == .first ? .reportV1(group) : .reportV2(group), to: group.address)
    }
  }

  // MARK: The link

  mutating func hear(_ query: GroupQuery, _ family: Family, at now: Instant, _ chance: inout Generator) {
    let asked: Version =
      switch query.version {
      case .igmp1: .first
      case .groups: .second
      case .sources: .third
      }
    if asked < .third {
      versions[family] = asked
      timers.set(.forget(family), at: now + .seconds(400))
    }
    let longest = max(1, query.maximumResponse.milliseconds)
    let delay = Duration.milliseconds(Int64.random(in: 0..<longest, using: &chance))
    guard let group = query.group else {
      guard !groups.isEmpty else { return }
      return timers.set(.answerAll(family), at: sooner(.answerAll(family), now + delay))
    }
    if groups[group] != nil { timers.set(.answer(group), at: sooner(.answer(group), now + delay)) }
  }

  /// Another host of the link said it already; only the old versions keep quiet then.
  mutating func overhear(_ group: Group) {
    if version(group.family) < .third { timers.cancel(.answer(group)) }
  }

  private func sooner(_ timer: Timer, _ instant: Instant) -> Instant {
    timers[timer].map { min($0, instant) } ?? instant
  }

  mutating func expire(at now: Instant) -> [Message] {
    var messages: [Message] = []
    for timer in timers.expire(at: now) {
      switch timer {
      case .again(let group): messages += change(group)
      case .answer(let group): messages += state(group).map { report([$0], leaving: nil) } ?? []
      case .answerAll(let family):
        let records = groups.keys.filter { $0.family == family }.sorted().compactMap { state($0) }
        messages += report(records, leaving: nil)
      case .forget(let family): versions[family] = nil
      }
    }
    return messages
  }
}

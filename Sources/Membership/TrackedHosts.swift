public import Addressing
public import Timing
import Wire

/// A host and what it last said about a group.
public struct TrackedHost: Hashable, Sendable {
  public let address: Address
  /// Listens to all but `sources`; false: to `sources` alone.
  public fileprivate(set) var excludes: Bool
  /// In order.
  public fileprivate(set) var sources: [Address]
  /// Counts no more from then on, if it is not heard of again.
  public fileprivate(set) var expiry: Instant

  fileprivate func wants(_ source: Address) -> Bool { sources.binaryContains(source) != excludes }
}

/// The hosts of a group, one by one (RFC 6636): who leaves, and whether somebody stays.
///
/// What is not known for certain counts as listening, so that a mistake costs a query and no packet.
struct TrackedHosts: Hashable, Sendable {
  /// In the order of addresses.
  private(set) var hosts: [TrackedHost] = []
  /// False: hosts are missing, and the group is not tracked for the rest of its life.
  private(set) var isComplete = true

  var count: Int { hosts.count }

  /// Whether a host listens to `source`; true when that is not known.
  func wants(_ source: Address, at now: Instant) -> Bool {
    !isComplete || hosts.contains { $0.expiry > now && $0.wants(source) }
  }

  /// Whether a host listens to more than sources that it named; true when that is not known.
  func wantsGroup(at now: Instant) -> Bool {
    !isComplete || hosts.contains { $0.expiry > now && $0.excludes }
  }

  /// The group has more hosts than can be told apart, or hosts that tracking cannot see.
  mutating func giveUp() {
    hosts = []
    isComplete = false
  }

  /// Takes in what a host says.
  ///
  /// - Parameters:
  ///   - record: sources in order.
  ///   - room: hosts that the group may have; one more ends its tracking, once silent ones made room.
  ///   - limit: sources kept of one host; one that names more counts as listening to all.
  /// - Returns: false when tracking ended by this.
  mutating func note(
    _ record: GroupRecord, from address: Address, at now: Instant, until expiry: Instant, room: Int,
    limit: Int
  ) -> Bool {
    guard isComplete else { return true }
    // Hosts without an address cannot be told apart.
    guard !address.isUnspecified else {
      giveUp()
      return true
    }
    if hosts.count >= room { hosts.removeAll { $0.expiry <= now } }
    let place = hosts.firstIndex { $0.address >= address } ?? hosts.count
    let isKnown = place < hosts.count && hosts[place].address == address
    if !isKnown {
      // A host that leaves was one of the group, though it was not heard of; it is no more.
      if record.kind == .toInclude, record.sources.isEmpty { return true }
      guard hosts.count < room else {
        giveUp()
        return false
      }
      let blocks = record.kind == .block
      hosts.insert(
        TrackedHost(address: address, excludes: blocks, sources: [], expiry: expiry), at: place)
    }
    hosts[place].take(record, limit: limit)
    hosts[place].expiry = expiry
    if !hosts[place].excludes, hosts[place].sources.isEmpty { hosts.remove(at: place) }
    return true
  }
}

extension TrackedHost {
  fileprivate mutating func take(_ record: GroupRecord, limit: Int) {
    switch record.kind {
    case .isExclude, .toExclude:
      (excludes, sources) = (true, record.sources)
    case .isInclude, .toInclude:
      // A long list comes in several records, so a second one adds to the first.
      sources = excludes ? record.sources : sources.union(inOrder: record.sources)
      if record.sources.isEmpty { sources = [] }
      excludes = false
    case .allow:
      sources = excludes ? sources.subtracting(record.sources) : sources.union(inOrder: record.sources)
    case .block:
      sources = excludes ? sources.union(inOrder: record.sources) : sources.subtracting(record.sources)
    }
    if sources.count > limit { (excludes, sources) = (true, []) }
  }
}

extension Array<Address> {
  /// Sorted, each once.
  func inOrder() -> [Address] {
    var isOrdered = true
    for index in indices.dropFirst() where self[index - 1] >= self[index] {
      isOrdered = false
      break
    }
    if isOrdered { return self }
    var ordered: [Address] = []
    ordered.reserveCapacity(count)
    for address in sorted() where ordered.last != address { ordered.append(address) }
    return ordered
  }

  /// Both arrays are in order.
  func binaryContains(_ address: Address) -> Bool {
    var range = startIndex..<endIndex
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      if self[middle] == address { return true }
      range = self[middle] < address ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return false
  }

  fileprivate func union(inOrder other: [Address]) -> [Address] { (self + other).inOrder() }

  fileprivate func subtracting(_ other: [Address]) -> [Address] { filter { !other.binaryContains($0) } }
}

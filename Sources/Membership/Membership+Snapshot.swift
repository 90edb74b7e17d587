import Addressing
public import Kernel
import Timing
public import Wire

/// What is known of hosts and other queriers, for the next life of the daemon.
///
/// Settings and links are not part of it: they are told anew, and what no longer fits them goes as it would
/// have gone before.
extension Membership {
  /// Writes queriers, groups, sources and all their timers.
  public func encode(to writer: inout Writer) {
    let present = queriers.indices.filter { queriers[$0] != nil }
    writer.count(present.count)
    for number in present {
      writer.u8(UInt8(clamping: number / 2))
      writer.bool(number % 2 == 1)
      queriers[number]?.encode(to: &writer)
    }
    let rows = (0..<groups.end).compactMap { groups.row(number: $0) }
    writer.count(rows.count)
    for row in rows { row.encode(to: &writer) }
  }

  /// Reads what `encode` wrote; `resume` and the ordinary settings must follow.
  public init(decoding reader: inout Reader) throws(WireError) {
    self.init()
    for _ in 0..<(try reader.count()) {
      let interface = InterfaceID(slot: try reader.u8())
      let family: Family = try reader.bool() ? .ipv6 : .ipv4
      let number = Membership.number(interface, family)
      while queriers.count <= number { queriers.append(nil) }
      queriers[number] = try Querier(interface, family, decoding: &reader)
    }
    for _ in 0..<(try reader.count()) {
      let row = try GroupState(decoding: &reader)
      let number = Membership.number(row.place.interface, row.place.group.family)
      guard queriers.indices.contains(number), queriers[number]?.isServing ?? false,
        !groups.contains(row.place), !row.isEmpty
      else { continue }
      _ = groups.update(row.place, orInsert: row) { _ in }
      groups.note(row.place)
      queriers[number]?.groupCount += 1
    }
  }

  /// The interfaces of which something is known.
  public var interfaces: InterfaceSet { InterfaceSet(queriers.compactMap { $0?.interface }) }

  /// Goes on with what was known of an interface that is as it was; `configure` and `change` follow.
  public mutating func resume(
    _ interface: InterfaceID, on link: Interface, igmp: QuerierSettings?, mld: QuerierSettings?
  ) {
    for (family, settings) in [(Family.ipv4, igmp), (.ipv6, mld)] {
      let number = Membership.number(interface, family)
      guard queriers.indices.contains(number) else { continue }
      queriers[number]?.resume(on: link, settings)
    }
  }
}

extension GroupState {
  fileprivate func encode(to writer: inout Writer) {
    writer.u8(place.interface.slot)
    writer.tagged(place.group.address)
    writer.tagged(lastReporter)
    writer.instant(since)
    writer.bool(excludes)
    writer.instant(orNil: expiry)
    writer.instant(orNil: nextRound)
    writer.u8(queries)
    writer.instant(orNil: older.until(.igmp1))
    writer.instant(orNil: older.until(.groups))
    writer.count(sources.count)
    for source in sources {
      writer.tagged(source.address)
      writer.instant(orNil: source.expiry)
      writer.u8(source.queries)
    }
    writer.bool(hosts.isComplete)
    writer.count(hosts.count)
    for host in hosts.hosts {
      writer.tagged(host.address)
      writer.bool(host.excludes)
      writer.instant(host.expiry)
      writer.count(host.sources.count)
      for source in host.sources { writer.tagged(source) }
    }
  }

  fileprivate init(decoding reader: inout Reader) throws(WireError) {
    let interface = InterfaceID(slot: try reader.u8())
    let place = GroupPlace(interface, try reader.group())
    let reporter = try reader.tagged()
    self.init(place, reporter: reporter, at: try reader.instant())
    excludes = try reader.bool()
    expiry = try reader.instantOrNil()
    guard excludes == (expiry != nil) else { throw .kind }
    nextRound = try reader.instantOrNil()
    queries = try reader.u8()
    for version in [GroupQuery.Version.igmp1, .groups] {
      if let end = try reader.instantOrNil() { older.note(version, until: end) }
    }
    for _ in 0..<(try reader.count()) {
      var source = SourceState(address: try reader.tagged(), expiry: try reader.instantOrNil())
      source.queries = try reader.u8()
      guard sources.last.map({ $0.address < source.address }) ?? true, excludes || !source.isBlocked else {
        throw .source
      }
      sources.append(source)
    }
    hosts = try TrackedHosts(decoding: &reader)
  }
}

extension TrackedHosts {
  fileprivate init(decoding reader: inout Reader) throws(WireError) {
    var hosts: [TrackedHost] = []
    let isComplete = try reader.bool()
    for _ in 0..<(try reader.count()) {
      let address = try reader.tagged()
      let excludes = try reader.bool()
      let expiry = try reader.instant()
      var sources: [Address] = []
      for _ in 0..<(try reader.count()) { sources.append(try reader.tagged()) }
      guard hosts.last.map({ $0.address < address }) ?? true else { throw .source }
      hosts.append(
        TrackedHost(address: address, excludes: excludes, sources: sources.inOrder(), expiry: expiry))
    }
    self.init(hosts: hosts, isComplete: isComplete)
  }
}

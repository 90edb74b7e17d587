import Addressing
public import Control
import Timing

/// Reads the rows that `RowWriter` wrote back into values; total over any bytes.
///
/// Keys it does not know are skipped, so that an older tool reads a newer daemon.
public struct RowReader: Sendable {
  public let clock: WallClock

  public init(clock: WallClock) { self.clock = clock }

  /// Reads a row of `routes`.
  public func route(_ json: ArraySlice<UInt8>) throws(JSONError) -> RouteRow {
    var reader = try JSONReader(json)
    var (family, table, owner, state) = (Family?.none, UInt32(0), RouteRow.Owner?.none, RouteRow.State?.none)
    var (source, group) = (PrefixParts(), PrefixParts())
    var (iif, iifs) = (String?.none, [String]?.none)
    var outbound: [RouteRow.Outbound] = []
    var since: Instant?
    var row = RouteRow(
      family: .ipv4, table: 0, source: .all(.ipv4), group: .all(.ipv4), inbound: [], outbound: [],
      owner: .static, state: .rule, since: clock.now)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "family": family = try reader.word(Family.self)
      case "table": table = try reader.integer()
      case "source": source.address = try reader.address()
      case "sourceLength": source.length = try reader.integer()
      case "group": group.address = try reader.address()
      case "groupLength": group.length = try reader.integer()
      case "iif": iif = try reader.string()
      case "iifs": iifs = try reader.strings()
      case "oifs":
        try reader.elements { (reader) throws(JSONError) in outbound.append(try self.outbound(&reader)) }
      case "toMembers": row.toMembers = try reader.bool()
      case "owner": owner = try reader.word(RouteRow.Owner.self)
      case "state": state = try reader.word(RouteRow.State.self)
      case "missing": row.missing = try reader.strings()
      case "ruleRef": row.rule = try rule(&reader)
      case "name": row.name = try reader.string()
      case "packets": row.packets = try reader.integer()
      case "bytes": row.bytes = try reader.integer()
      case "wrongIf": row.wrongInterface = try reader.integer()
      case "packetsPerSecond": row.packetsPerSecond = try reader.number()
      case "bitsPerSecond": row.bitsPerSecond = try reader.number()
      case "installedAt": since = try time(&reader)
      case "lastUsedSeconds": row.lastUsed = try ago(&reader)
      default: try reader.skip()
      }
    }
    row.family = try required(family, "family")
    row.table = table
    row.source = try source.prefix("source")
    row.group = try group.prefix("group")
    row.inbound = iifs ?? iif.map { [$0] } ?? []
    row.outbound = outbound
    row.owner = try required(owner, "owner")
    row.state = try required(state, "state")
    row.since = since ?? clock.now
    return row
  }

  private func outbound(_ reader: inout JSONReader) throws(JSONError) -> RouteRow.Outbound {
    var outbound = RouteRow.Outbound(name: "", ifindex: nil, threshold: nil, reason: "")
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "name": outbound.name = try reader.string()
      case "ifindex": outbound.ifindex = try reader.integer()
      case "threshold": outbound.threshold = try reader.integer()
      case "reason": outbound.reason = try reader.string()
      default: try reader.skip()
      }
    }
    return outbound
  }

  /// Reads a row of `interfaces`.
  public func interface(_ json: ArraySlice<UInt8>) throws(JSONError) -> InterfaceRow {
    var reader = try JSONReader(json)
    var name: String?
    var state: InterfaceRow.State?
    var row = InterfaceRow(name: "", state: .unused, threshold: 1)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "name": name = try reader.string()
      case "ifindex": row.ifindex = try reader.integer()
      case "state": state = try reader.word(InterfaceRow.State.self)
      case "flags": row.flags = try reader.strings()
      case "mtu": row.mtu = try reader.integer()
      case "addresses": row.addresses = try reader.strings()
      case "threshold": row.threshold = try reader.integer()
      case "querier": row.queriers.append(try querier(.ipv4, &reader))
      case "mldQuerier": row.queriers.append(try querier(.ipv6, &reader))
      case "groups": row.groups = try reader.integer()
      case "neighbors": row.neighbors = try reader.integer()
      case "metric": row.metric = try reader.integer()
      case "protocols":
        try reader.elements { (reader) throws(JSONError) in row.protocols.append(try protocolCounts(&reader))
        }
      case "places":
        try reader.elements { (reader) throws(JSONError) in row.places.append(try place(&reader)) }
      case "counters": try counters(&reader, into: &row)
      default: try reader.skip()
      }
    }
    row.name = try required(name, "name")
    row.state = try required(state, "state")
    return row
  }

  private func place(_ reader: inout JSONReader) throws(JSONError) -> InterfaceRow.Place {
    var place = InterfaceRow.Place(family: .ipv4, table: 0, index: 0)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "family": place.family = try reader.word(Family.self)
      case "table": place.table = try reader.integer()
      case "index": place.index = try reader.integer()
      default: try reader.skip()
      }
    }
    return place
  }

  private func counters(_ reader: inout JSONReader, into row: inout InterfaceRow) throws(JSONError) {
    var copy = row
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "packetsIn": copy.packetsIn = try reader.integer()
      case "packetsOut": copy.packetsOut = try reader.integer()
      case "bytesIn": copy.bytesIn = try reader.integer()
      case "bytesOut": copy.bytesOut = try reader.integer()
      case "packetsInPerSecond": copy.packetsInPerSecond = try reader.number()
      case "packetsOutPerSecond": copy.packetsOutPerSecond = try reader.number()
      case "bitsInPerSecond": copy.bitsInPerSecond = try reader.number()
      case "bitsOutPerSecond": copy.bitsOutPerSecond = try reader.number()
      case "protocolPackets": copy.protocolPackets = try reader.integer()
      case "protocolRejected": copy.protocolRejected = try reader.integer()
      default: try reader.skip()
      }
    }
    row = copy
  }

  /// Reads a row of `joins`.
  public func join(_ json: ArraySlice<UInt8>) throws(JSONError) -> JoinRow {
    var reader = try JSONReader(json)
    var (family, state) = (Family?.none, JoinRow.State?.none)
    var interface: String?
    var (source, group) = (PrefixParts(), PrefixParts())
    var ifindex: Int32?
    var reference: RuleReference?
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "family": family = try reader.word(Family.self)
      case "interface": interface = try reader.string()
      case "ifindex": ifindex = try reader.integer()
      case "source": source.address = try reader.address()
      case "sourceLength": source.length = try reader.integer()
      case "group": group.address = try reader.address()
      case "groupLength": group.length = try reader.integer()
      case "ruleRef": reference = try rule(&reader)
      case "state": state = try reader.word(JoinRow.State.self)
      default: try reader.skip()
      }
    }
    return JoinRow(
      family: try required(family, "family"), interface: try required(interface, "interface"),
      ifindex: ifindex,
      source: source.address == nil ? nil : try source.prefix("source"), group: try group.prefix("group"),
      rule: reference, state: try required(state, "state"))
  }

  /// Reads a row of `pending`.
  public func pending(_ json: ArraySlice<UInt8>) throws(JSONError) -> PendingRow {
    var reader = try JSONReader(json)
    var kind: PendingRow.Kind?
    var row = PendingRow(kind: .route, text: "", missing: [], rule: nil, since: clock.now)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "kind": kind = try reader.word(PendingRow.Kind.self)
      case "text": row.text = try reader.string()
      case "missing": row.missing = try reader.strings()
      case "ruleRef": row.rule = try rule(&reader)
      case "sinceSeconds": row.since = try ago(&reader)
      default: try reader.skip()
      }
    }
    row.kind = try required(kind, "kind")
    return row
  }

  /// Reads a row of `limits`.
  public func limit(_ json: ArraySlice<UInt8>) throws(JSONError) -> LimitRow {
    var reader = try JSONReader(json)
    var name: String?
    var row = LimitRow(name: "", limit: 0, used: 0, hits: 0)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "name": name = try reader.string()
      case "limit": row.limit = try reader.integer()
      case "used": row.used = try reader.integer()
      case "hits": row.hits = try reader.integer()
      default: try reader.skip()
      }
    }
    row.name = try required(name, "name")
    return row
  }
}

/// An address and a length that come as two members.
struct PrefixParts {
  var address: Address?
  var length: Int?

  func prefix(_ key: String) throws(JSONError) -> Prefix {
    guard let address else { throw .missing(key) }
    guard let prefix = Prefix(address, length: length ?? address.family.width) else {
      throw .missing("\(key)Length")
    }
    return prefix
  }
}

import Addressing
public import Control
import Diagnostics
import Timing

/// The rows of what is learned: members, neighbors, routes, prunes.
extension RowReader {
  /// Reads a row of `groups`.
  public func member(_ json: ArraySlice<UInt8>) throws(JSONError) -> MemberRow {
    var reader = try JSONReader(json)
    var (interface, group, mode) = (String?.none, Address?.none, MemberRow.Mode?.none)
    var row = MemberRow(interface: "", ifindex: nil, group: .unspecified(.ipv4), mode: .include)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "interface": interface = try reader.string()
      case "ifindex": row.ifindex = try reader.integer()
      case "group": group = try reader.address()
      case "mode": mode = try reader.word(MemberRow.Mode.self)
      case "sources":
        try reader.elements { (reader) throws(JSONError) in row.sources.append(try source(&reader)) }
      case "sourceCount": row.sourceCount = try reader.integer()
      case "version": row.version = try reader.integer()
      case "lastReporter": row.lastReporter = try reader.address()
      case "expiresSeconds": row.expires = try ahead(&reader)
      case "sinceSeconds": row.since = try ago(&reader)
      case "static": row.isStatic = try reader.bool()
      case "tracked": row.isTracked = try reader.bool()
      case "hosts": try reader.elements { (reader) throws(JSONError) in row.hosts.append(try host(&reader)) }
      case "hostCount": row.hostCount = try reader.integer()
      default: try reader.skip()
      }
    }
    row.interface = try required(interface, "interface")
    row.group = try required(group, "group")
    row.mode = try required(mode, "mode")
    return row
  }

  private func source(_ reader: inout JSONReader) throws(JSONError) -> MemberRow.Source {
    var address: Address?
    var source = MemberRow.Source(address: .unspecified(.ipv4), expires: nil, isForwarded: false)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "address": address = try reader.address()
      case "expiresSeconds": source.expires = try ahead(&reader)
      case "forward": source.isForwarded = try reader.bool()
      default: try reader.skip()
      }
    }
    source.address = try required(address, "address")
    return source
  }

  private func host(_ reader: inout JSONReader) throws(JSONError) -> MemberRow.Host {
    var address: Address?
    var host = MemberRow.Host(address: .unspecified(.ipv4), mode: .include, expires: clock.now)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "address": address = try reader.address()
      case "mode": host.mode = try reader.word(MemberRow.Mode.self)
      case "expiresSeconds": host.expires = try ahead(&reader)
      default: try reader.skip()
      }
    }
    host.address = try required(address, "address")
    return host
  }

  /// Reads a row of `neighbors`.
  public func neighbor(_ json: ArraySlice<UInt8>) throws(JSONError) -> NeighborRow {
    var reader = try JSONReader(json)
    var (address, interface, state) = (Address?.none, String?.none, NeighborRow.State?.none)
    var row = NeighborRow(
      address: .unspecified(.ipv4), interface: "", ifindex: nil, state: .waiting, major: 0, minor: 0,
      capabilities: [], generation: nil, since: nil, expires: clock.now, routes: 0, prunes: 0)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "address": address = try reader.address()
      case "interface": interface = try reader.string()
      case "ifindex": row.ifindex = try reader.integer()
      case "state": state = try reader.word(NeighborRow.State.self)
      case "major": row.major = try reader.integer()
      case "minor": row.minor = try reader.integer()
      case "flags":
        try reader.elements { (reader) throws(JSONError) in
          // One that this reader does not know says nothing to it.
          if let flag = NeighborRow.Capability(rawValue: try reader.string()) {
            row.capabilities.append(flag)
          }
        }
      case "generation": row.generation = try reader.integer()
      case "sinceSeconds": row.since = try ago(&reader)
      case "expiresSeconds": row.expires = try ahead(&reader)
      case "routes": row.routes = try reader.integer()
      case "prunes": row.prunes = try reader.integer()
      default: try reader.skip()
      }
    }
    row.address = try required(address, "address")
    row.interface = try required(interface, "interface")
    row.state = try required(state, "state")
    return row
  }

  /// Reads a row of `dvmrpRoutes`.
  public func origin(_ json: ArraySlice<UInt8>) throws(JSONError) -> OriginRow {
    var reader = try JSONReader(json)
    var (origin, state) = (PrefixParts(), OriginRow.State?.none)
    var row = OriginRow(
      origin: .all(.ipv4), gateway: nil, interface: nil, ifindex: nil, metric: 32, state: .valid,
      isChanged: false, since: clock.now, expires: nil, children: [], dependents: [])
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "origin": origin.address = try reader.address()
      case "originLength": origin.length = try reader.integer()
      case "gateway": row.gateway = try reader.address()
      case "interface": row.interface = try reader.string()
      case "ifindex": row.ifindex = try reader.integer()
      case "metric": row.metric = try reader.integer()
      case "state": state = try reader.word(OriginRow.State.self)
      case "changed": row.isChanged = try reader.bool()
      case "sinceSeconds": row.since = try ago(&reader)
      case "expiresSeconds": row.expires = try ahead(&reader)
      case "children": row.children = try reader.strings()
      case "dependents":
        try reader.elements { (reader) throws(JSONError) in row.dependents.append(try reader.address()) }
      default: try reader.skip()
      }
    }
    row.origin = try origin.prefix("origin")
    row.state = try required(state, "state")
    return row
  }

  /// Reads a row of `prunes`.
  public func prune(_ json: ArraySlice<UInt8>) throws(JSONError) -> PruneRow {
    var reader = try JSONReader(json)
    var (origin, kind, group) = (PrefixParts(), PruneRow.Kind?.none, Address?.none)
    var row = PruneRow(
      kind: .received, origin: .all(.ipv4), group: .unspecified(.ipv4), neighbor: nil, interface: nil,
      ifindex: nil, expires: nil, sources: 0)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "kind": kind = try reader.word(PruneRow.Kind.self)
      case "origin": origin.address = try reader.address()
      case "originLength": origin.length = try reader.integer()
      case "group": group = try reader.address()
      case "neighbor": row.neighbor = try reader.address()
      case "interface": row.interface = try reader.string()
      case "ifindex": row.ifindex = try reader.integer()
      case "expiresSeconds": row.expires = try ahead(&reader)
      case "sources": row.sources = try reader.integer()
      default: try reader.skip()
      }
    }
    row.kind = try required(kind, "kind")
    row.origin = try origin.prefix("origin")
    row.group = try required(group, "group")
    return row
  }

  /// Reads a row of `timers`.
  public func timer(_ json: ArraySlice<UInt8>) throws(JSONError) -> TimerRow {
    var reader = try JSONReader(json)
    var kind: TimerRow.Kind?
    var row = TimerRow(kind: .audit, subject: "", due: clock.now)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "kind": kind = try reader.word(TimerRow.Kind.self)
      case "subject": row.subject = try reader.string()
      case "dueSeconds": row.due = try ahead(&reader)
      default: try reader.skip()
      }
    }
    row.kind = try required(kind, "kind")
    return row
  }

  /// Reads a row of `tunnels`.
  public func tunnel(_ json: ArraySlice<UInt8>) throws(JSONError) -> TunnelRow {
    var reader = try JSONReader(json)
    var (name, state) = (String?.none, TunnelRow.State?.none)
    var (local, remote) = (Address?.none, Address?.none)
    var row = TunnelRow(
      name: "", local: .unspecified(.ipv4), remote: .unspecified(.ipv4), state: .down, metric: 1,
      threshold: 1, rateLimit: 0)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "name": name = try reader.string()
      case "ifindex": row.ifindex = try reader.integer()
      case "local": local = try reader.address()
      case "remote": remote = try reader.address()
      case "state": state = try reader.word(TunnelRow.State.self)
      case "carrier": row.carrier = try reader.word(TunnelRow.Carrier.self)
      case "metric": row.metric = try reader.integer()
      case "threshold": row.threshold = try reader.integer()
      case "rateLimit": row.rateLimit = try reader.integer()
      case "neighbor": row.neighbor = try reader.word(NeighborRow.State.self)
      case "counters": try counters(&reader, into: &row)
      case "dropped": row.dropped = try counts(&reader)
      default: try reader.skip()
      }
    }
    row.name = try required(name, "name")
    row.local = try required(local, "local")
    row.remote = try required(remote, "remote")
    row.state = try required(state, "state")
    return row
  }

  private func counters(_ reader: inout JSONReader, into row: inout TunnelRow) throws(JSONError) {
    var copy = row
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "packetsIn": copy.packetsIn = try reader.integer()
      case "packetsOut": copy.packetsOut = try reader.integer()
      case "bitsInPerSecond": copy.bitsInPerSecond = try reader.number()
      case "bitsOutPerSecond": copy.bitsOutPerSecond = try reader.number()
      default: try reader.skip()
      }
    }
    row = copy
  }
}

/// Parts of other rows.
extension RowReader {
  func querier(_ family: Family, _ reader: inout JSONReader) throws(JSONError) -> QuerierStatus {
    var (address, isSelf) = (Address?.none, Bool?.none)
    var querier = QuerierStatus(
      family: family, address: .unspecified(family), isSelf: true, version: 0, expires: nil, nextQuery: nil,
      groups: 0)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "address": address = try reader.address()
      case "self": isSelf = try reader.bool()
      case "version": querier.version = try reader.integer()
      case "expiresSeconds": querier.expires = try ahead(&reader)
      case "nextQuerySeconds": querier.nextQuery = try ahead(&reader)
      case "groups": querier.groups = try reader.integer()
      default: try reader.skip()
      }
    }
    querier.address = try required(address, "address")
    querier.isSelf = try required(isSelf, "self")
    return querier
  }

  func protocolCounts(_ reader: inout JSONReader) throws(JSONError) -> ProtocolCounts {
    var name: ProtocolCounts.Name?
    var (heard, sent): ([ProtocolCounts.Count], [ProtocolCounts.Count]) = ([], [])
    var refused: [ProtocolCounts.Refusal] = []
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "name": name = try reader.word(ProtocolCounts.Name.self)
      case "heard": heard = try counts(&reader)
      case "sent": sent = try counts(&reader)
      case "refused":
        try reader.elements { (reader) throws(JSONError) in refused.append(try refusal(&reader)) }
      default: try reader.skip()
      }
    }
    return ProtocolCounts(name: try required(name, "name"), heard: heard, sent: sent, refused: refused)
  }

  private func counts(_ reader: inout JSONReader) throws(JSONError) -> [ProtocolCounts.Count] {
    var counts: [ProtocolCounts.Count] = []
    try reader.elements { (reader) throws(JSONError) in
      var count = ProtocolCounts.Count(type: "", count: 0)
      try reader.members { (key, reader) throws(JSONError) in
        switch key {
        case "type": count.type = try reader.string()
        case "count": count.count = try reader.integer()
        default: try reader.skip()
        }
      }
      counts.append(count)
    }
    return counts
  }

  private func refusal(_ reader: inout JSONReader) throws(JSONError) -> ProtocolCounts.Refusal {
    var (reason, code, count) = (String?.none, Code?.none, UInt64(0))
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "reason": reason = try reader.string()
      case "code": code = Code(text: try reader.string())
      case "count": count = try reader.integer()
      default: try reader.skip()
      }
    }
    return ProtocolCounts.Refusal(
      reason: try required(reason, "reason"), code: try required(code, "code"), count: count)
  }

  func reversePath(_ reader: inout JSONReader) throws(JSONError) -> Explanation.ReversePath {
    var origin = PrefixParts()
    var path = Explanation.ReversePath(origin: .all(.ipv4), interface: nil, gateway: nil, metric: 32)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "origin": origin.address = try reader.address()
      case "originLength": origin.length = try reader.integer()
      case "interface": path.interface = try reader.string()
      case "gateway": path.gateway = try reader.address()
      case "metric": path.metric = try reader.integer()
      default: try reader.skip()
      }
    }
    path.origin = try origin.prefix("origin")
    return path
  }

  func dvmrpUse(_ reader: inout JSONReader) throws(JSONError) -> Status.DVMRPUse {
    var use = Status.DVMRPUse(neighbors: 0, routes: 0, prunes: 0)
    try reader.members { (key, reader) throws(JSONError) in
      switch key {
      case "neighbors": use.neighbors = try reader.integer()
      case "routes": use.routes = try reader.integer()
      case "prunes": use.prunes = try reader.integer()
      default: try reader.skip()
      }
    }
    return use
  }

  func ahead(_ reader: inout JSONReader) throws(JSONError) -> Instant {
    let seconds = try reader.number()
    return clock.now + .milliseconds(Int64((min(max(0, seconds), 1e9) * 1000).rounded()))
  }
}

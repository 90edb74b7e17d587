import Addressing
public import Control
import Diagnostics
import Timing

/// The rows of what is learned: members, neighbors, routes, prunes.
extension RowWriter {
  /// Writes a row of `groups`.
  public func write(_ row: MemberRow, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("family", row.family.rawValue)
      writer.member("interface", row.interface)
      writer.member("ifindex", row.ifindex)
      writer.member("group", row.group)
      writer.member("mode", row.mode.rawValue)
      writer.array("sources") { writer in
        for source in row.sources {
          writer.object { writer in
            writer.member("address", source.address)
            write(until: source.expires, "expiresSeconds", to: &writer)
            writer.member("forward", source.isForwarded)
          }
        }
      }
      writer.member("sourceCount", row.sourceCount)
      writer.member("version", row.version)
      writer.member("lastReporter", row.lastReporter)
      write(until: row.expires, "expiresSeconds", to: &writer)
      write(since: row.since, "sinceSeconds", to: &writer)
      writer.member("static", row.isStatic)
      writer.member("tracked", row.isTracked)
      writer.array("hosts") { writer in
        for host in row.hosts {
          writer.object { writer in
            writer.member("address", host.address)
            writer.member("mode", host.mode.rawValue)
            write(until: host.expires, "expiresSeconds", to: &writer)
          }
        }
      }
      writer.member("hostCount", row.hostCount)
    }
  }

  /// Writes a row of `neighbors`.
  public func write(_ row: NeighborRow, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("address", row.address)
      writer.member("interface", row.interface)
      writer.member("ifindex", row.ifindex)
      writer.member("state", row.state.rawValue)
      writer.member("major", row.major)
      writer.member("minor", row.minor)
      writer.member("flags", row.capabilities.map(\.rawValue))
      writer.member("generation", row.generation)
      write(since: row.since, "sinceSeconds", to: &writer)
      write(until: row.expires, "expiresSeconds", to: &writer)
      writer.member("routes", row.routes)
      writer.member("prunes", row.prunes)
    }
  }

  /// Writes a row of `dvmrpRoutes`.
  public func write(_ row: OriginRow, to writer: inout JSONWriter) {
    writer.object { writer in
      write(prefix: row.origin, "origin", "originLength", to: &writer)
      writer.member("gateway", row.gateway)
      writer.member("interface", row.interface)
      writer.member("ifindex", row.ifindex)
      writer.member("metric", row.metric)
      writer.member("state", row.state.rawValue)
      writer.member("changed", row.isChanged)
      write(since: row.since, "sinceSeconds", to: &writer)
      write(until: row.expires, "expiresSeconds", to: &writer)
      writer.member("children", row.children)
      writer.array("dependents") { writer in for address in row.dependents { writer.address(address) } }
    }
  }

  /// Writes a row of `prunes`.
  public func write(_ row: PruneRow, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("kind", row.kind.rawValue)
      write(prefix: row.origin, "origin", "originLength", to: &writer)
      writer.member("group", row.group)
      writer.member("neighbor", row.neighbor)
      writer.member("interface", row.interface)
      writer.member("ifindex", row.ifindex)
      write(until: row.expires, "expiresSeconds", to: &writer)
      writer.member("sources", row.sources)
    }
  }

  /// Writes a row of `timers`.
  public func write(_ row: TimerRow, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("kind", row.kind.rawValue)
      writer.member("subject", row.subject)
      write(until: row.due, "dueSeconds", to: &writer)
    }
  }

  /// Writes a row of `tunnels`.
  public func write(_ row: TunnelRow, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("name", row.name)
      writer.member("ifindex", row.ifindex)
      writer.member("local", row.local)
      writer.member("remote", row.remote)
      writer.member("state", row.state.rawValue)
      writer.member("carrier", row.carrier?.rawValue)
      writer.member("metric", row.metric)
      writer.member("threshold", row.threshold)
      writer.member("rateLimit", row.rateLimit)
      writer.member("neighbor", row.neighbor?.rawValue)
      writer.object("counters") { writer in
        writer.member("packetsIn", row.packetsIn)
        writer.member("packetsOut", row.packetsOut)
        writer.member("bitsInPerSecond", number: row.bitsInPerSecond)
        writer.member("bitsOutPerSecond", number: row.bitsOutPerSecond)
      }
      if let dropped = row.dropped { write(dropped, "dropped", to: &writer) }
    }
  }

  func write(querier: QuerierStatus?, _ key: String, to writer: inout JSONWriter) {
    guard let querier else { return }
    writer.object(key) { writer in
      writer.member("address", querier.address)
      writer.member("self", querier.isSelf)
      writer.member("version", querier.version)
      write(until: querier.expires, "expiresSeconds", to: &writer)
      write(until: querier.nextQuery, "nextQuerySeconds", to: &writer)
      writer.member("groups", querier.groups)
    }
  }

  func write(_ counts: ProtocolCounts, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("name", counts.name.rawValue)
      write(counts.heard, "heard", to: &writer)
      write(counts.sent, "sent", to: &writer)
      writer.array("refused") { writer in
        for refusal in counts.refused {
          writer.object { writer in
            writer.member("reason", refusal.reason)
            writer.member("code", refusal.code.description)
            writer.member("count", refusal.count)
          }
        }
      }
    }
  }

  private func write(_ counts: [ProtocolCounts.Count], _ key: String, to writer: inout JSONWriter) {
    writer.array(key) { writer in
      for count in counts {
        writer.object { writer in
          writer.member("type", count.type)
          writer.member("count", count.count)
        }
      }
    }
  }

  /// The way back to a source, and what keeps it open or shut.
  func write(dynamic explanation: Explanation, to writer: inout JSONWriter) {
    if let path = explanation.reversePath {
      writer.object("rpf") { writer in
        write(prefix: path.origin, "origin", "originLength", to: &writer)
        writer.member("interface", path.interface)
        writer.member("gateway", path.gateway)
        writer.member("metric", path.metric)
      }
    }
    writer.array("prunes") { writer in for row in explanation.prunes { write(row, to: &writer) } }
    writer.array("timers") { writer in for row in explanation.timers { write(row, to: &writer) } }
  }

  func write(since instant: Instant?, _ key: String, to writer: inout JSONWriter) {
    guard let instant else { return }
    writer.member(key, number: clock.seconds(since: instant))
  }

  func write(until instant: Instant?, _ key: String, to writer: inout JSONWriter) {
    guard let instant else { return }
    writer.member(key, number: clock.seconds(until: instant))
  }
}

public import Diagnostics
import Wire

/// Why a packet, or one route of a report, was not heard.
public enum DVMRPRefusal: UInt8, Hashable, Sendable, CaseIterable {
  case truncated
  case checksum
  /// A length, address or field that the message cannot have.
  case malformed
  /// A version that is too old, or that nobody has defined.
  case version
  /// TTL is not 1 on a packet to 224.0.0.4: it may come from another link.
  case hops
  case destination
  /// The source is on none of the link's subnets, or not the tunnel's other end.
  case source
  /// One of our own packets.
  case ownEcho
  /// `accept-neighbor` does not name the sender.
  case notAccepted
  /// The interface hears no routers.
  case forcedLeaf
  /// The sender is no neighbor, or does not hear us.
  case notNeighbor
  case cannotPrune
  /// The router has as many neighbors as it may have.
  case neighborLimit
  /// The interface has as many neighbors as it may have.
  case interfaceNeighborLimit
  /// Routes a second, prunes and grafts a second, or questions a second.
  case rate
  /// An answer to nothing that was asked.
  case unasked
  /// A code that nobody has given a meaning.
  case unknownCode
  /// The router has as many routes as it may have; counts each route.
  case routeLimit
  /// The neighbor has as many routes as it may have; counts each route.
  case neighborRouteLimit
  /// A route that nobody can mean; counts each route.
  case routeMalformed
  /// A second report of one origin in a packet; counts each route.
  case routeRepeated
  /// A filter denies the route; counts each route.
  case routeFiltered
  /// A prune of five seconds or less.
  case shortLifetime
  /// A prune or graft of a source that no route covers.
  case noRoute
  /// A prune from where its flow does not go.
  case wrongInterface
  /// A netmask that is neither a host's nor the route's.
  case mask
  /// A group that a boundary stops on this interface.
  case scoped
  /// The router has as many prunes as it may have.
  case pruneLimit
  /// The neighbor has as many prunes as it may have.
  case neighborPruneLimit
  /// A graft ack that no graft waits for.
  case unmatchedAck

  /// What the packet is counted under.
  public var code: Code {
    switch self {
    case .truncated: .truncated
    case .checksum: .checksum
    case .version: .version
    case .source: .notThisSubnet
    case .rate: .rate
    case .neighborLimit, .interfaceNeighborLimit, .routeLimit, .neighborRouteLimit, .pruneLimit,
      .neighborPruneLimit:
      .tableFull
    case .malformed, .hops, .destination, .ownEcho, .notAccepted, .forcedLeaf, .notNeighbor, .cannotPrune,
      .unasked, .unknownCode, .routeMalformed, .routeRepeated, .routeFiltered, .shortLifetime, .noRoute,
      .wrongInterface, .mask, .scoped, .unmatchedAck:
      .malformed
    }
  }

  init(_ error: WireError) {
    switch error.code {
    case .truncated: self = .truncated
    case .checksum: self = .checksum
    case .version: self = .version
    default: self = .malformed
    }
  }
}

/// What one interface heard and sent since it was configured, by the message's code.
public struct DVMRPCounters: Hashable, Sendable {
  private var refused = Array(repeating: UInt64(0), count: DVMRPRefusal.allCases.count)
  private var heard = Array(repeating: UInt64(0), count: 12)
  private var sent = Array(repeating: UInt64(0), count: 12)

  /// Packets or routes that were not heard, by reason.
  public subscript(refusal: DVMRPRefusal) -> UInt64 { refused[Int(refusal.rawValue)] }

  /// Packets with this code, 1–11, that were taken.
  public func heard(code: UInt8) -> UInt64 { code < 12 ? heard[Int(code)] : 0 }

  /// Packets with this code, 1–11, that were sent.
  public func sent(code: UInt8) -> UInt64 { code < 12 ? sent[Int(code)] : 0 }

  mutating func refuse(_ refusal: DVMRPRefusal, count: Int = 1) {
    refused[Int(refusal.rawValue)] &+= UInt64(clamping: count)
  }

  mutating func hear(code: UInt8) { if code < 12 { heard[Int(code)] &+= 1 } }

  mutating func send(code: UInt8) { if code < 12 { sent[Int(code)] &+= 1 } }
}

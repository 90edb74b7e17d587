public import Addressing

/// Names one question of one client; the Daemon knows whose it is.
public typealias RequestID = UInt64

/// What can be asked without changing anything.
///
/// Changes and whole configurations are Router events of their own.
public enum Request: Hashable, Sendable, Codable {
  case status
  /// At most `limit` rows from `cursor` on; the reply says where the next page begins.
  case show(Topic, RouteFilter, from: Cursor, limit: Int)
  /// At most `limit` static rules from `cursor` on, as they are written.
  case rules(from: Cursor, limit: Int)
  /// Every link there is, with its VIFs.
  case links
  /// The running configuration in the native grammar, a piece of it from `cursor` on.
  ///
  /// All pieces of one request show the configuration as it was when the first was asked for.
  case configuration(from: Cursor)
  /// Why this (S,G) is as it is, as if a packet came in by `inbound` (nil: where it is, or was last).
  case explain(Flow, inbound: String?)
  /// All that is known of IPv4 multicast routing, in one answer.
  case report(MulticastReport.Parts)
  /// Notices of these kinds from now on, until `Event.cancel`.
  case subscribe([Notice.Kind])

  /// The same question for the next page; nil where the answer has one page only.
  public func continued(from cursor: Cursor) -> Request? {
    switch self {
    case .show(let topic, let filter, _, let limit): .show(topic, filter, from: cursor, limit: limit)
    case .rules(_, let limit): .rules(from: cursor, limit: limit)
    case .configuration: .configuration(from: cursor)
    case .status, .links, .explain, .report, .subscribe: nil
    }
  }
}

/// The tables that can be shown.
public enum Topic: String, Hashable, Sendable, Codable, CaseIterable {
  case routes, interfaces, joins, pending, limits, events
  case groups, neighbors, dvmrpRoutes, prunes, timers, tunnels
}

/// Where a page of rows begins; opaque to clients.
///
/// `.first` is the beginning.
public struct Cursor: Hashable, Sendable, Codable {
  public var part: Int
  public var offset: Int

  public init(part: Int, offset: Int) {
    self.part = part
    self.offset = offset
  }

  public static let first = Cursor(part: 0, offset: 0)
}

/// Which rows are wanted; nil fields do not restrict, nor do those that a table has no use for.
public struct RouteFilter: Hashable, Sendable, Codable {
  public var family: Family?
  /// The kernel's number; nil: every table.
  public var table: UInt32?
  /// Of neighbors the address, of DVMRP routes the network.
  public var source: Prefix?
  public var group: Prefix?
  /// The inbound interface; of a table that has only one, that one.
  public var inbound: String?
  public var outbound: String?
  public var owner: RouteRow.Owner?
  public var state: RouteRow.State?

  public init() {}
}

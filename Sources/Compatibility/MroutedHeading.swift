public import Control

/// What mrouted's outputs begin with: which program speaks, since when, and what the time is.
public struct MroutedHeading: Hashable, Sendable {
  /// `3.9.8`.
  public var version: String
  /// The time of day as ctime(3) writes it, without its newline: `Sat Nov 21 04:54:00 2026`.
  public var date: String

  public init(version: String, date: String) {
    self.version = version
    self.date = date
  }
}

/// What a client of mrouted 4 can be shown.
public enum MroutedTable: Hashable, Sendable, CaseIterable {
  case interfaces, neighbors, routes, cache
  case igmpInterfaces, igmpGroups
  /// `igmpInterfaces` and `igmpGroups`.
  case igmp
  /// Interfaces, neighbors, routes and cache.
  case status
  /// The tables of mrouted 3.
  case compat
  case version

  /// What the report must hold.
  public var parts: MulticastReport.Parts {
    switch self {
    case .interfaces, .neighbors, .version: []
    case .igmpInterfaces, .igmpGroups, .igmp: .groups
    case .routes: .routes
    case .cache: .trees
    case .status: [.routes, .trees]
    case .compat: .all
    }
  }
}

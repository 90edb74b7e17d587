/// Every bound of the router, with its default; `limits { }` changes those with an option.
///
/// What happens at each is written beside it. Nothing but the kernel's own bounds is fixed by a type.
public struct Limits: Hashable, Sendable, Codable {
  /// Static rules; more are refused (MC2119).
  public var routes = 200_000
  /// Entries on demand in each table; beyond, the longest idle one makes room, else the flow waits.
  public var entries = 100_000
  /// Blocking entries for flows without a rule; beyond, the oldest makes room.
  public var blocking = 10_000
  /// Entries on demand of one source address; more are refused.
  public var entriesPerSource = 50_000
  /// Upcalls handled in a second, burst one second's worth; the rest is read, counted and dropped.
  public var upcalls = 40_000
  /// The same for one inbound interface.
  public var upcallsPerInterface = 20_000
  /// Memberships held as a host; more are refused (MC2119).
  public var joins = 100_000
  /// Groups that hosts report, on all interfaces; more are refused, those that are there stay.
  public var groups = 65_536
  /// Sources of all groups together; new ones are refused.
  public var groupSources = 262_144
  /// Tracked hosts of a group; beyond, the group is not tracked.
  public var reporters = 256
  /// Tracked hosts of all groups together; beyond, the next group is not tracked.
  public var allReporters = 262_144
  /// DVMRP neighbors; new ones are ignored.
  public var neighbors = 256
  /// The same on one interface.
  public var neighborsPerInterface = 32
  /// DVMRP routes; further ones are ignored.
  ///
  /// A quarter is kept for the first ones of each neighbor.
  public var dvmrpRoutes = 100_000
  /// Routes that one neighbor reports as reachable.
  public var dvmrpRoutesPerNeighbor = 50_000
  /// Prunes received; more are refused, and traffic flows.
  public var prunes = 100_000
  /// The same of one neighbor.
  public var prunesPerNeighbor = 20_000
  /// Interfaces known; of them 256 can be in use in one routing domain.
  public var interfaces = 4_096
  /// Notices kept for `mcast show events`; the oldest goes.
  public var events = 10_000
  /// Soft bound on the process, bytes; growth is refused beyond.
  public var memory = 256 << 20

  public init() {}

  /// Interfaces that one routing domain can use: the width of `InterfaceSet`.
  public static let interfacesInUse = 256
  /// Traces that are answered or passed on; others are dropped.
  public static let tracesPerSecond = 5
  /// VIFs in a table (kernel: MAXVIFS).
  public static let vifsPerTable = 32
  /// Configurations kept for `config undo`.
  public static let undoDepth = 8
}

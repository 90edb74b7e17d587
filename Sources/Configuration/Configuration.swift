public import Addressing
public import DVMRP
public import Diagnostics
public import Forwarding
public import Kernel
public import Membership

/// All that a file states, parsed and judged; what the Router is configured with.
public struct Configuration: Hashable, Sendable, Codable {
  /// The file it came from; empty for none.
  public var file: String = ""
  public var table = TableSettings()
  public var interfaces: [InterfaceStatement] = []
  public var routes: [StaticRoute] = []
  public var joins: [StaticJoin] = []
  /// The named boundaries; interface statements refer to them by name.
  public var boundaries: [Boundary] = []
  public var log = LogSettings()
  public var control = ControlSettings()
  public var limits = Limits()
  public var cache = CacheSettings()
  /// Absolute path of the hook program.
  public var hook: String?
  public var discovery = DiscoverySettings()
  public var dvmrp = DVMRPStatement()
  public var tunnels: [TunnelStatement] = []
  /// `igmp { … }`: what holds where no interface statement says otherwise.
  public var igmp = InterfaceOptions()
  /// `mld { … }`: the same.
  public var mld = InterfaceOptions()
  /// Response intervals in the time that a member holds without a report: 2 (RFC 9776 8.4), or 1 (RFC 3376).
  ///
  /// No native file states it.
  public var membershipResponses: UInt8 = 2
  /// Whether a reload keeps what was added at run time; SMCRoute's drops it.
  public var keepsChanges = true

  public init() {}
}

/// `table ID { … }`.
public struct TableSettings: Hashable, Sendable, Codable {
  /// When an inbound interface gets a table of its own.
  public enum Split: String, Hashable, Sendable, Codable, CaseIterable {
    /// Inbound interfaces that need a table of their own get one.
    case auto
    /// Every inbound interface gets one.
    case on
    case off
  }

  /// Nil: the kernel's standard tables.
  public var id: UInt32?
  /// `rule auto`: an `ip mrule` leads the packets of our interfaces to a table other than the standard one.
  public var selectsByRule = true
  public var split = Split.auto
  /// The table of inbound slot n is this + n, under the standard table.
  public var splitBase: UInt32 = 1000
  public var waitsForTable = false
  /// Which of several rules decides a flow.
  public var precedence = Precedence.longest
  /// Whether every multicast-capable interface gets a VIF while there is room, used or not.
  public var takesAll = false
  /// SMCRoute's interfaces: one without the multicast flag is none, and `disable` leaves its joins alone.
  public var followsSmcroute = false

  public init() {}
}

/// `log { … }`.
public struct LogSettings: Hashable, Sendable, Codable {
  /// Where lines go.
  public enum Destination: Hashable, Sendable, Codable {
    case journal, syslog, standardError
    case file(String)
  }

  /// `error`, `warning`, `notice`, `info` or `debug`.
  public var level = "info"
  /// Nil: the journal, else syslog.
  public var destination: Destination?
  /// Lines a second of one kind of message.
  public var rate = 20
  /// Areas whose debug messages are wanted.
  public var debug: [String] = []

  public init() {}
}

/// Multicast router discovery (RFC 4286).
public struct DiscoverySettings: Hashable, Sendable, Codable {
  /// Seconds between two announcements, 4 to 180.
  public var interval: UInt8 = 20

  public init() {}
}

/// `dvmrp on|off { … }`.
public struct DVMRPStatement: Hashable, Sendable, Codable {
  /// Whose traces are answered.
  public enum Trace: String, Hashable, Sendable, Codable, CaseIterable {
    case any
    /// Only those whose answer goes to a neighbor on a link of ours, or to who asks.
    case onLink = "on-link"
    case off
  }

  /// Every fit interface takes part, unless it says otherwise.
  public var isOn = false
  /// How long routes are exchanged before packets are forwarded.
  public var startupDelay = Duration.zero
  public var trace = Trace.any
  /// How long a flow's entry may be unused where DVMRP alone wants it.
  public var cacheLifetime = Duration.seconds(300)
  /// Of our prunes, where no interface statement says otherwise.
  public var pruneLifetime = Duration.seconds(7200)
  /// Puts Router Alert into packets to all routers, as mrouted 4 does.
  public var sendsRouterAlert = false
  public var options = DVMRPOptions()
  /// The generation id of this start; no file states it, the Daemon does.
  public var generation: UInt32 = 1

  public init() {}
}

/// `tunnel NAME { … }`: where its ends are.
///
/// What else is said of it stands in an interface statement of its name.
public struct TunnelStatement: Hashable, Sendable, Codable {
  /// The end on this side.
  public enum Local: Hashable, Sendable, Codable {
    case address(Address)
    /// The interface's first IPv4 address.
    case interface(String)
  }

  public var name: String
  public var local: Local
  public var remote: Address
  public var mode = Tunnel.Mode.auto
  /// Bits a second; 0: no limit.
  public var rateLimit: UInt64 = 0
  public var location: SourceLocation?

  public init(_ name: String, local: Local, remote: Address) {
    self.name = name
    self.local = local
    self.remote = remote
  }
}

/// `control { … }`.
public struct ControlSettings: Hashable, Sendable, Codable {
  /// Nil: by the identity.
  public var socket: String?
  public var group = "mcast-admin"
  public var viewGroup = "mcast-view"
  public var clients = 64
  /// Where the clients of SMCRoute find the daemon; nil: nowhere.
  public var smcrouteSocket: String?
  /// Where the clients of mrouted find the daemon; nil: nowhere.
  public var mroutedSocket: String?
  /// How long a keeper holds the sockets of a daemon that died for the next one.
  public var holdSeconds: Int64 = 120

  public init() {}
}

/// `cache { … }`.
public struct CacheSettings: Hashable, Sendable, Codable {
  /// How long an entry on demand or a blocking one may be unused; 0: for ever.
  public var idleMilliseconds: Int64 = 60_000

  public init() {}

  public var idleTimeout: Duration { .milliseconds(idleMilliseconds) }
}

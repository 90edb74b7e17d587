public import Addressing

/// All that is known of IPv4 multicast routing at one moment, for those who show it whole.
///
/// Names no instant: ages and times left are durations, so that a text follows from the report alone.
public struct MulticastReport: Hashable, Sendable, Codable {
  /// What a report can be asked to hold beside its interfaces.
  public struct Parts: OptionSet, Hashable, Sendable, Codable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let routes = Parts(rawValue: 1)
    /// Costs a reading of the kernel's counters for each entry.
    public static let trees = Parts(rawValue: 2)
    /// Groups with members, of all interfaces.
    public static let groups = Parts(rawValue: 4)
    public static let all: Parts = [.routes, .trees, .groups]
  }

  /// How long packets have been forwarded; nil: not yet.
  public var uptime: Duration?
  /// By number.
  public var interfaces: [Interface] = []
  /// In no order that matters.
  public var routes: [Route] = []
  /// In no order that matters.
  public var trees: [Tree] = []
  /// Flows that no route leads to.
  public var strays: [Stray] = []

  public init() {}
}

/// Interfaces and who is on them.
extension MulticastReport {
  /// An interface or tunnel that multicast can be routed on.
  public struct Interface: Hashable, Sendable, Codable {
    /// Whether packets can be forwarded here.
    public enum State: String, Hashable, Sendable, Codable, CaseIterable {
      case up, down, disabled
    }

    /// Where it leads.
    public enum Reach: Hashable, Sendable, Codable {
      case subnet(Prefix)
      /// To a tunnel's other end.
      case remote(Address)
    }

    /// What is set for it, or true of it, beside its state.
    public struct Flags: OptionSet, Hashable, Sendable, Codable {
      public let rawValue: UInt16
      public init(rawValue: UInt16) { self.rawValue = rawValue }

      /// A neighbor does not hear us.
      public static let oneWay = Flags(rawValue: 1)
      /// No router below.
      public static let leaf = Flags(rawValue: 2)
      public static let repeatsPrunes = Flags(rawValue: 4)
      public static let passive = Flags(rawValue: 8)
      public static let acceptsNonpruners = Flags(rawValue: 16)
      public static let noFlood = Flags(rawValue: 32)
      public static let noTransit = Flags(rawValue: 64)
      public static let paced = Flags(rawValue: 128)
      public static let forcedLeaf = Flags(rawValue: 256)
      /// A tunnel whose routing messages go inside it.
      public static let enclosed = Flags(rawValue: 512)
    }

    /// Who asks the hosts.
    public enum Querier: Hashable, Sendable, Codable {
      case ours
      case other(Address, uptime: Duration, silence: Duration, expiry: Duration)
    }

    /// Its VIF where it has one, else a number that no VIF has.
    public var number: Int
    public var name: String
    public var address: Address
    public var reach: Reach
    public var state = State.up
    /// How long it has been as `state` says.
    public var uptime = Duration.zero
    public var flags: Flags = []
    public var metric = 1
    public var threshold = 1
    /// 1000 bits a second; 0: no limit.
    public var rateLimit = 0
    public var advertMetric = 0
    public var altnets: [Prefix] = []
    public var boundaries: [Prefix] = []
    public var filter: Filter?
    /// Nil where hosts are not asked at all.
    public var querier: Querier?
    /// Of our queries.
    public var igmpVersion = 3
    /// By address.
    public var neighbors: [Neighbor] = []
    /// By group.
    public var groups: [Group] = []
    /// Where it differs from the default.
    public var pruneLifetime: Duration?
    /// Of received routing messages, 1024 bytes; nil where none is set.
    public var bufferSize: Int?
    /// Nil where the kernel counts nothing.
    public var traffic: Traffic?

    public init(number: Int, name: String, address: Address, reach: Reach) {
      self.number = number
      self.name = name
      self.address = address
      self.reach = reach
    }

    public var isTunnel: Bool {
      if case .remote = reach { true } else { false }
    }
  }

  /// What the kernel counted on an interface.
  public struct Traffic: Hashable, Sendable, Codable {
    public var packetsIn: UInt64
    public var bytesIn: UInt64
    public var packetsOut: UInt64
    public var bytesOut: UInt64

    public init(packetsIn: UInt64, bytesIn: UInt64, packetsOut: UInt64, bytesOut: UInt64) {
      self.packetsIn = packetsIn
      self.bytesIn = bytesIn
      self.packetsOut = packetsOut
      self.bytesOut = bytesOut
    }
  }

  /// Which origins an interface takes.
  public struct Filter: Hashable, Sendable, Codable {
    /// One network of a filter.
    public struct Line: Hashable, Sendable, Codable {
      public var network: Prefix
      public var isExact: Bool

      public init(_ network: Prefix, isExact: Bool = false) {
        self.network = network
        self.isExact = isExact
      }
    }

    /// True: only what a line names passes; false: all but that.
    public var accepts: Bool
    /// Holds for what is reported, too.
    public var isBothWays: Bool
    public var lines: [Line]

    public init(accepts: Bool, isBothWays: Bool, lines: [Line]) {
      self.accepts = accepts
      self.isBothWays = isBothWays
      self.lines = lines
    }
  }

  /// Another router on an interface.
  public struct Neighbor: Hashable, Sendable, Codable {
    /// What is known of it.
    public struct Flags: OptionSet, Hashable, Sendable, Codable {
      public let rawValue: UInt8
      public init(rawValue: UInt8) { self.rawValue = rawValue }

      public static let leaf = Flags(rawValue: 1)
      public static let hasGeneration = Flags(rawValue: 2)
      /// Its first report is waited for.
      public static let waiting = Flags(rawValue: 4)
      /// It does not hear us.
      public static let oneWay = Flags(rawValue: 8)
      public static let tooOld = Flags(rawValue: 16)
      public static let tooManyRoutes = Flags(rawValue: 32)
      public static let cannotPrune = Flags(rawValue: 64)
    }

    public var address: Address
    /// Counts through the neighbors of all interfaces.
    public var index: Int
    public var major: UInt8
    public var minor: UInt8
    public var flags: Flags = .hasGeneration
    public var uptime = Duration.zero
    /// How long it may yet be silent.
    public var expiry = Duration.zero

    public init(_ address: Address, index: Int, major: UInt8, minor: UInt8) {
      self.address = address
      self.index = index
      self.major = major
      self.minor = minor
    }
  }

  /// A group with members on an interface.
  public struct Group: Hashable, Sendable, Codable {
    public var group: Address
    /// 0.0.0.0 for a host without an address, and where there is none.
    public var lastReporter: Address
    /// Nil: never.
    public var expiry: Duration?
    /// The oldest version of its hosts.
    public var version = 3
    public var isStatic = false

    public init(_ group: Address, lastReporter: Address, expiry: Duration?) {
      self.group = group
      self.lastReporter = lastReporter
      self.expiry = expiry
    }
  }
}

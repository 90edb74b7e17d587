public import Addressing

/// Where packets come from and where they go.
extension MulticastReport {
  /// How an origin is reached.
  public struct Route: Hashable, Sendable, Codable {
    /// An interface that the origin's packets are sent on by.
    public struct Child: Hashable, Sendable, Codable {
      public var interface: Int
      /// Indices of the neighbors there that depend on us; none: only hosts are served.
      public var dependents: [Int]

      public init(_ interface: Int, dependents: [Int] = []) {
        self.interface = interface
        self.dependents = dependents
      }
    }

    public var origin: Prefix
    /// Nil for one of our own, and where the neighbor is gone.
    public var gateway: Address?
    /// Toward the origin; nil for the default route of our making.
    public var interface: Int?
    /// Nil: unreachable, and told so for some time.
    public var metric: Int?
    public var isLocal = false
    /// Waits to be told.
    public var isChanged = false
    /// Unreachable, and no neighbor reports it any more.
    public var isHeld = false
    /// Since it was last reported, or became what it is.
    public var age = Duration.zero
    /// Until it ends without another report; nil: never.
    public var expiry: Duration?
    /// By interface.
    public var children: [Child] = []

    public init(_ origin: Prefix, metric: Int?) {
      self.origin = origin
      self.metric = metric
    }
  }

  /// One origin and group: where its packets go, and what was pruned.
  public struct Tree: Hashable, Sendable, Codable {
    /// What the gateway believes that we want.
    public enum Upstream: Hashable, Sendable, Codable {
      case open
      /// The prune has been repeated so many times.
      case pruned(Duration, repeats: Int)
      case grafting
    }

    /// An interface that packets go out by, or would.
    public struct Outbound: Hashable, Sendable, Codable {
      /// What becomes of the packets.
      public enum State: String, Hashable, Sendable, Codable, CaseIterable {
        case forwards, boundary, pruned
        /// Wanted, but the kernel's entry does not have it.
        case missing
      }

      public var interface: Int
      public var state: State

      public init(_ interface: Int, _ state: State) {
        self.interface = interface
        self.state = state
      }
    }

    /// A prune of a neighbor below.
    public struct Prune: Hashable, Sendable, Codable {
      public var neighbor: Address
      public var interface: Int
      /// Of the neighbor.
      public var index: Int
      /// Until it ends.
      public var left: Duration

      public init(_ neighbor: Address, interface: Int, index: Int, left: Duration) {
        self.neighbor = neighbor
        self.interface = interface
        self.index = index
        self.left = left
      }
    }

    /// A sender within the origin.
    public struct Source: Hashable, Sendable, Codable {
      public var address: Address
      /// How long the kernel has had its entry; nil: it has none.
      public var age: Duration?
      /// Nil where the kernel counts nothing.
      public var count: Count?

      public init(_ address: Address, age: Duration?) {
        self.address = address
        self.age = age
      }
    }

    /// What the kernel counted of an (S,G).
    public struct Count: Hashable, Sendable, Codable {
      public var packets: UInt64
      public var bytes: UInt64
      public var wrongInterface: UInt64

      public init(packets: UInt64, bytes: UInt64, wrongInterface: UInt64) {
        self.packets = packets
        self.bytes = bytes
        self.wrongInterface = wrongInterface
      }
    }

    public var origin: Prefix
    public var group: Address
    public var inbound: Int
    public var age = Duration.zero
    /// Until it is looked at whether packets still come.
    public var left = Duration.zero
    public var upstream = Upstream.open
    /// A boundary on the inbound interface keeps the group out.
    public var isBounded = false
    /// By interface.
    public var outbound: [Outbound] = []
    public var prunes: [Prune] = []
    public var sources: [Source] = []

    public init(_ origin: Prefix, _ group: Address, inbound: Int) {
      self.origin = origin
      self.group = group
      self.inbound = inbound
    }
  }

  /// A flow whose source no route leads to.
  public struct Stray: Hashable, Sendable, Codable {
    public var source: Address
    public var group: Address
    public var age: Duration
    public var left: Duration

    public init(_ source: Address, _ group: Address, age: Duration, left: Duration) {
      self.source = source
      self.group = group
      self.age = age
      self.left = left
    }
  }
}

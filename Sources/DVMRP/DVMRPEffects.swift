public import Addressing
public import Kernel
public import Timing

/// What follows from an event: packets to send, what to decide anew, and what an operator should know.
public struct DVMRPEffects: Hashable, Sendable {
  /// In the order in which they are to leave; link 0: the kernel's routes decide.
  public internal(set) var datagrams: [Datagram] = []
  /// Origins whose upstream or downstream changed: all flows of their sources are to be decided anew.
  public internal(set) var origins: [Prefix] = []
  /// Interfaces whose part in every flow may have changed.
  public internal(set) var interfaces = InterfaceSet()
  /// Flows whose dependents changed.
  ///
  /// Those that were forgotten while pruned are among them: they get no kernel entry before a packet asks
  /// for one, but `setWanted`. One flow may be named more than once.
  public internal(set) var flows: [Flow] = []
  /// Flows whose prune has ended: their kernel entries are to go, so that the next packet asks anew.
  public internal(set) var stale: [Flow] = []
  /// Pruned flows that ought to have stopped: if packets still come, `stillArriving` is to be called.
  public internal(set) var suspects: [Flow] = []
  public internal(set) var events: [DVMRPEvent] = []
  /// Prunes and grafts, in the order in which they were heard and sent.
  public internal(set) var news: [PruneNews] = []

  public init() {}
}

/// A prune or a graft that was heard or sent.
public struct PruneNews: Hashable, Sendable {
  /// Who said what to whom.
  public enum Kind: Hashable, Sendable {
    /// The neighbor does not want the group from us.
    case pruneHeard(until: Instant)
    case graftHeard
    /// We do not want the group from the neighbor.
    case pruneSent(until: Instant)
    case graftSent
  }

  public var kind: Kind
  public var origin: Prefix
  public var group: Group
  public var neighbor: Address
  public var interface: InterfaceID
}

/// Something about neighbors that is worth a line in a log.
public enum DVMRPEvent: Hashable, Sendable {
  /// Both routers hear each other.
  case neighborUp(Address, InterfaceID)
  /// It does not hear us, or no more.
  case neighborOneWay(Address, InterfaceID)
  /// It has started anew, or with another version.
  case neighborRestarted(Address, InterfaceID)
  /// It is silent, or its interface is gone.
  case neighborLost(Address, InterfaceID)
  /// Something of this neighbor met a limit; told once until it has been quiet for five minutes.
  case limit(DVMRPRefusal, Address, InterfaceID)
}

/// What DVMRP says about one flow: the inputs for its decision.
public struct DVMRPView: Hashable, Sendable {
  /// The route that covers the source.
  public var origin: Prefix
  /// The interface toward the source; nil for a default route of our own making.
  public var reversePath: InterfaceID?
  /// The router toward the source; nil when it is on a link of ours.
  public var gateway: Address?
  /// Own distance, 1–31.
  public var metric: UInt8
  /// Interfaces that we forward onto for this source; members of others are served by another router.
  public var children: InterfaceSet
  /// Those of `children` with a router that depends on us and has not pruned the group.
  public var dependents: InterfaceSet
}

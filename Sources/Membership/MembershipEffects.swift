public import Addressing
public import Kernel

/// A group on one interface.
public struct GroupPlace: Hashable, Comparable, Sendable {
  public var interface: InterfaceID
  public var group: Group

  public init(_ interface: InterfaceID, _ group: Group) {
    self.interface = interface
    self.group = group
  }

  public static func < (left: GroupPlace, right: GroupPlace) -> Bool {
    (left.interface, left.group) < (right.interface, right.group)
  }
}

/// What follows from an event: packets to send, groups to decide anew, and what an operator should know.
public struct MembershipEffects: Hashable, Sendable {
  /// In the order in which they are to leave.
  public internal(set) var datagrams: [Datagram] = []
  /// Where other sources are listened to than before; one group may be named twice.
  public internal(set) var changes: [GroupPlace] = []
  public internal(set) var events: [MembershipEvent] = []
  /// Groups that hosts began to report, and that none reports any more.
  public internal(set) var news: [GroupNews] = []

  public init() {}
}

/// A group that came to an interface, or went.
public struct GroupNews: Hashable, Sendable {
  public var place: GroupPlace
  /// False: it went.
  public var isJoined: Bool
  /// Whose report was the cause, 0.0.0.0 for a host without an address; nil: its time was over.
  public var reporter: Address?

  public init(place: GroupPlace, isJoined: Bool, reporter: Address?) {
    self.place = place
    self.isJoined = isJoined
    self.reporter = reporter
  }
}

/// Something about a querier that is worth a line in a log.
///
/// What a packet can bring about again and again is told once a minute for each interface and family.
public enum MembershipEvent: Hashable, Sendable {
  /// Another router is the querier now; nil: we are.
  case querier(InterfaceID, Family, Address?)
  /// A querier asks in another version than ours: hosts may not understand one of the two.
  case version(InterfaceID, Family, from: Address)
  /// A report met a limit.
  case limit(InterfaceID, Family, MembershipRefusal, from: Address)
}

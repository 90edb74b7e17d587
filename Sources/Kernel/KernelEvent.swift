public import Addressing

/// The kernel's message about a packet that no entry covers, or that came by the wrong interface.
public struct Upcall: Hashable, Sendable, Codable {
  /// Why the kernel asks; the numbers are its own.
  public enum Kind: UInt8, Hashable, Sendable, Codable, CaseIterable {
    case noCache = 1
    case wrongVIF = 2
    case wholePacket = 3
    case wrongVIFWhole = 4
  }

  public var kind: Kind
  public var table: TableID
  public var vif: VIFIndex
  public var flow: Flow

  public init(kind: Kind, table: TableID, vif: VIFIndex, flow: Flow) {
    self.kind = kind
    self.table = table
    self.vif = vif
    self.flow = flow
  }
}

/// A protocol packet as it came in or shall go out: IGMP with its IPv4 header, MLD without an IPv6 one.
public struct Datagram: Hashable, Sendable, Codable {
  /// The ifindex of the link.
  public var link: Int32
  public var source: Address
  public var destination: Address
  /// TTL or hop limit.
  public var hops: UInt8
  /// Whether it carried the Router Alert option.
  public var routerAlert: Bool
  /// The bytes from the IGMP or ICMPv6 header on.
  public var payload: [UInt8]
  /// When it came in, in nanoseconds since 1970; told of traces alone, whose answers name the time.
  public var wallNanoseconds: Int64?

  public init(
    link: Int32, source: Address, destination: Address, hops: UInt8, routerAlert: Bool, payload: [UInt8],
    wallNanoseconds: Int64? = nil
  ) {
    self.link = link
    self.source = source
    self.destination = destination
    self.hops = hops
    self.routerAlert = routerAlert
    self.payload = payload
    self.wallNanoseconds = wallNanoseconds
  }
}

/// A group membership that the router holds as a host.
public struct HostJoin: Hashable, Comparable, Sendable, Codable {
  public var link: Int32
  /// Nil: from any source.
  public var source: Address?
  public var group: Group

  public init(link: Int32, source: Address?, group: Group) {
    self.link = link
    self.source = source
    self.group = group
  }

  public static func < (left: HostJoin, right: HostJoin) -> Bool {
    (left.link, left.group, left.source ?? .unspecified(left.group.family))
      < (right.link, right.group, right.source ?? .unspecified(right.group.family))
  }
}

/// Tells which request asked the kernel, so that the answer finds it; 0 when it was the Router itself.
public typealias Ticket = UInt64

/// What the kernel tells.
public enum KernelEvent: Hashable, Sendable, Codable {
  /// A link appeared or changed; carries all of it.
  case interfaceChanged(Interface)
  /// A link is gone. The kernel has already removed its VIFs and memberships.
  case interfaceRemoved(link: Int32)
  /// Every link there is: after start and after lost messages. What is not named is gone.
  case interfacesListed([Interface])
  case upcall(Upcall)
  case received(Datagram)
  /// The answer to `readCounters`. What the kernel does not hold is left out.
  case counters(Ticket, entries: [EntryCounters], vifs: [VIFCounters])
  /// Sockets of a former life were handed over, with all that the kernel holds by them.
  ///
  /// Comes once, behind the first `interfacesListed` and before the first configuration; its tables are open.
  case adopted(Adoption)
  /// A table was opened and is ours.
  case tableOpened(TableID, Family)
  /// A table cannot be had: no such routing in the kernel, another owner, or no several tables.
  case tableRefused(TableID, Family, errno: Int32)
  /// A notification: the kernel added or replaced this entry, by our doing or somebody else's.
  case entryChanged(KernelEntry)
  /// A notification: the kernel removed this entry, by our doing or somebody else's.
  case entryRemoved(KernelEntry.Key)
  /// The answer to `readEntries`: what the kernel holds at this moment, and of which keys nothing.
  ///
  /// A key that could not be asked for is in neither.
  case entriesRead(present: [KernelEntry], absent: [KernelEntry.Key])
  /// The answer to `audit`: the VIFs of our tables; those that cannot be read back as they were added.
  case audited(vifs: [VIF])
  /// Some of what a search of all our tables found; each entry may have changed since.
  ///
  /// Follows `audit`, or comes unasked, where notifications about entries were lost. With `isLast` all have
  /// been told.
  case entriesFound([KernelEntry], isLast: Bool)
  /// Notifications about entries were lost: an audit is due.
  case notificationsLost
  /// An action was refused.
  case failed(KernelAction, errno: Int32)
  /// The receive buffer of a table's socket overflowed: this many upcalls are lost since the last report.
  case upcallsLost(TableID, Family, count: UInt64)
}

/// What the kernel is asked to do.
///
/// Actions of one step are done in their order.
public enum KernelAction: Hashable, Sendable, Codable {
  case openTable(TableID, Family)
  case closeTable(TableID, Family)
  case addVIF(VIF)
  case removeVIF(VIF)
  /// Also replaces; a replaced entry keeps its counters and loses no packet.
  case addEntry(KernelEntry)
  case removeEntry(KernelEntry.Key)
  /// Packets that come in by this interface are routed by this table (`ip mrule iif NAME lookup TABLE`).
  case selectTable(TableID, Family, interface: String)
  case deselectTable(TableID, Family, interface: String)
  case join(HostJoin)
  case leave(HostJoin)
  case readCounters(Ticket, entries: [KernelEntry.Key], vifs: [VIF])
  case readEntries([KernelEntry.Key])
  /// Tells the VIFs, and searches the tables where others may have added entries without our being told.
  case audit
  /// Link 0: the kernel's routes decide, for a unicast destination.
  case send(Datagram)
  /// Also changes the one of that name; its device then comes and goes as any interface.
  case createTunnel(Tunnel)
  case removeTunnel(name: String)
}

public import Addressing
import CLinux
import Kernel

/// What the kernel holds of multicast routing, whoever put it there; needs no daemon and no rights.
public enum KernelTables {
  /// A row of a forwarding cache.
  public struct Route: Hashable, Sendable {
    public var family: Family
    public var table: UInt32
    public var source: Address
    public var group: Address
    /// Nil: its VIF is gone, or the row waits for a decision.
    public var inbound: String?
    public var outbound: [Outbound]
    public var isUnresolved: Bool
    /// Made by a process that does not own the table.
    public var isStatic: Bool
    public var packets: UInt64
    public var bytes: UInt64
    public var wrongInterface: UInt64
    /// Since the last packet; nil: not told.
    public var idle: Duration?
  }

  /// An interface that packets leave by, and the TTL they must exceed.
  public struct Outbound: Hashable, Sendable {
    public var interface: String
    public var threshold: UInt8
  }

  /// A virtual interface.
  public struct VirtualInterface: Hashable, Sendable {
    public var family: Family
    public var table: UInt32
    public var index: UInt8
    public var interface: String
    public var packetsIn: UInt64
    public var packetsOut: UInt64
    public var bytesIn: UInt64
    public var bytesOut: UInt64
  }

  /// A rule that selects a table.
  public struct Rule: Hashable, Sendable {
    public var family: Family
    public var priority: UInt32
    /// Nil: any.
    public var inbound: String?
    public var outbound: String?
    public var mark: UInt32?
    public var table: UInt32
  }

  /// A group that this machine has joined on an interface.
  public struct Membership: Hashable, Sendable {
    public var interface: String
    public var group: Address
    public var users: Int
  }

  /// The rows of every table, in the order of table, group, source.
  public static func routes(_ family: Family) throws(SystemError) -> [Route] {
    let socket = try NetlinkSocket()
    let names = try interfaceNames(socket)
    var routes: [Route] = []
    try socket.dump(.rows(family, table: nil), begin: { routes = [] }) { bytes, message in
      if let row = MFCMessage(bytes, message) { routes.append(Route(row, names: names)) }
    }
    return routes.sorted { ($0.table, $0.group, $0.source) < ($1.table, $1.group, $1.source) }
  }

  /// The VIFs of every IPv4 table; of IPv6 the standard table's, as the kernel shows no other.
  public static func virtualInterfaces(_ family: Family) throws(SystemError) -> [VirtualInterface] {
    guard family == .ipv4 else {
      return ProcTables.virtualInterfaces(try Files.readVirtual("/proc/net/ip6_mr_vif"))
    }
    let socket = try NetlinkSocket()
    let names = try interfaceNames(socket)
    var tables: [VIFTableMessage] = []
    try socket.dump(.vifs, begin: { tables = [] }) { bytes, message in
      if let table = VIFTableMessage(bytes, message) { tables.append(table) }
    }
    return tables.flatMap { table in
      table.vifs.map {
        VirtualInterface(
          family: .ipv4, table: table.table, index: $0.index, interface: names[$0.link] ?? "\($0.link)",
          packetsIn: $0.packetsIn, packetsOut: $0.packetsOut, bytesIn: $0.bytesIn, bytesOut: $0.bytesOut)
      }
    }.sorted { ($0.table, $0.index) < ($1.table, $1.index) }
  }

  /// The rules of a family, the first to be asked first.
  public static func rules(_ family: Family) throws(SystemError) -> [Rule] {
    let socket = try NetlinkSocket()
    var rules: [Rule] = []
    try socket.dump(.rules(family), begin: { rules = [] }) { bytes, message in
      guard let rule = RuleMessage(bytes, message) else { return }
      rules.append(
        Rule(
          family: family, priority: rule.priority, inbound: rule.inbound, outbound: rule.outbound,
          mark: rule.mark, table: rule.table))
    }
    return rules
  }

  /// The groups joined by programs of this machine, in the order of interface and group.
  public static func memberships(_ family: Family) -> [Membership] {
    let path = family == .ipv4 ? "/proc/net/igmp" : "/proc/net/igmp6"
    let bytes = (try? Files.readVirtual(path)) ?? []
    let found = family == .ipv4 ? ProcTables.igmp(bytes) : ProcTables.igmp6(bytes)
    return found.sorted { ($0.interface, $0.group) < ($1.interface, $1.group) }
  }

  private static func interfaceNames(_ socket: NetlinkSocket) throws(SystemError) -> [Int32: String] {
    var names: [Int32: String] = [:]
    let request = NetlinkRequest(
      type: RTM_GETLINK, flags: NLM_F_REQUEST | NLM_F_DUMP, header: [UInt8](repeating: 0, count: 16))
    try socket.dump(request, begin: { names = [:] }) { bytes, message in
      if case .link(let interface)? = LinkMessage(bytes, message) { names[interface.index] = interface.name }
    }
    return names
  }
}

extension KernelTables.Route {
  init(_ row: MFCMessage, names: [Int32: String]) {
    func name(_ link: Int32) -> String { names[link] ?? "\(link)" }
    self.init(
      family: row.family, table: row.table, source: row.source, group: row.group,
      inbound: row.inbound.map(name),
      outbound: row.outbound.map { KernelTables.Outbound(interface: name($0.link), threshold: $0.threshold) },
      isUnresolved: row.isUnresolved, isStatic: row.isStatic, packets: row.packets, bytes: row.bytes,
      wrongInterface: row.wrongInterface,
      idle: row.idleTicks.map { .milliseconds(Int64(clamping: min($0, .max / 10) * 10)) })
  }
}

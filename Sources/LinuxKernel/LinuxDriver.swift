import Addressing
import CLinux
public import Kernel
public import Timing

/// Turns actions into system calls, and what the kernel tells into events.
///
/// Owns every socket of the routing. Its descriptors are registered with the loop under
/// `EventLoop.Token.kernelOwner`; what is ready there is given to `receive`.
public final class LinuxDriver {
  let loop: EventLoop
  let requests: NetlinkSocket
  let monitor: NetlinkMonitor
  let entryMonitor: EntryMonitor
  let search: TableSearch
  let rules: TableRules
  let members: MembershipSockets
  /// Nil: nothing outlives this process.
  let succession: Succession?
  let tunnels: Tunnels
  let buffer = ReceiveBuffer()
  private let passage: Passage?
  /// The IPv4 addresses of this machine.
  private var ownAddresses: Set<UInt32> = []
  /// Few: found by a walk.
  ///
  /// The token number of each is its place plus `Tokens.firstTable`.
  var tables: [RoutingSocket?] = []

  enum Tokens {
    static let monitor: UInt32 = 0
    static let entryMonitor: UInt32 = 1
    static let search: UInt32 = 2
    static let tunnels: UInt32 = 3
    static let firstTable: UInt32 = 16
    static let firstTunnel: UInt32 = 1 << 16

    static func kernel(_ number: UInt32) -> EventLoop.Token {
      EventLoop.Token(owner: EventLoop.Token.kernelOwner, number: number)
    }

    static func tunnel(_ number: UInt32) -> EventLoop.Token { kernel(firstTunnel &+ number) }
  }

  /// - Parameter store: what a former life left, and keeps what this one leaves; nil: nobody keeps anything.
  public init(loop: EventLoop, store: FileDescriptorStore? = nil) throws(SystemError) {
    ThisProcess.raiseDescriptorLimit()
    self.loop = loop
    succession = store.map(Succession.init)
    members = MembershipSockets(succession)
    requests = try NetlinkSocket()
    monitor = try NetlinkMonitor()
    entryMonitor = try EntryMonitor()
    search = try TableSearch()
    rules = TableRules(asking: requests)
    tunnels = Tunnels(loop, asking: requests)
    passage = try? Passage()
    try loop.watch(monitor.socket.descriptor, as: Tokens.kernel(Tokens.monitor))
    try loop.watch(entryMonitor.socket.descriptor, as: Tokens.kernel(Tokens.entryMonitor))
    try loop.watch(search.socket.descriptor, as: Tokens.kernel(Tokens.search))
  }

  /// Lists the links, takes over what a former life left in our hands, and clears what it left behind.
  ///
  /// - Parameter expected: entries that the former life has probably left.
  /// - Returns: `interfacesListed`, and `adopted` where there is something.
  public func start(expecting expected: [KernelEntry.Key] = []) throws(SystemError) -> [KernelEvent] {
    let listed = try monitor.list(asking: requests)
    defer { linksChanged() }
    guard case .interfacesListed(let interfaces) = listed else { return [listed] }
    let adoption = adopt(interfaces, expected)
    for family in Family.allCases {
      rules.removeStale(family) { number in
        do throws(SystemError) {
          _ = try RoutingSocket(table: TableID(rawValue: number), family: family)
          return false
        } catch {
          return true
        }
      }
    }
    return [listed] + (adoption.map { [.adopted($0)] } ?? [])
  }

  /// What went wrong between this life and those around it, since it was asked for last.
  public func takeShortcomings() -> [Shortcoming] { succession?.takeShortcomings() ?? [] }

  /// What was handed over and is of no use, with the reason.
  public var refused: [(name: String, reason: String)] { succession?.refused ?? [] }

  /// The first configuration is in force: what a former life left and nobody wanted is closed.
  public func closeUnclaimed() {
    tunnels.closeUnclaimed()
    for name in succession?.store.names ?? [] { succession?.refuse(name, "its name stands for nothing") }
  }

  /// When `receive` must be called though nothing is ready; nil: not needed.
  public var nextDeadline: Instant? {
    monitor.nextDeadline.orEarlier(search.isRunning ? nil : entryMonitor.searches.due)
  }

  /// Reads what is ready: upcalls first; changes that others made only when no upcall is waiting.
  ///
  /// - Parameter ready: all that the loop reported; what belongs to others is ignored.
  public func receive(_ ready: [EventLoop.Ready], at now: Instant, into events: inout [KernelEvent]) {
    var sawUpcall = false
    var (hasLinks, hasEntries, hasFound) = (false, false, false)
    var tunnelsReady: [UInt32] = []
    var hasTunnels = false
    for entry in ready where entry.token.owner == EventLoop.Token.kernelOwner {
      switch entry.token.number {
      case Tokens.monitor: hasLinks = true
      case Tokens.entryMonitor: hasEntries = true
      case Tokens.search: hasFound = true
      case Tokens.tunnels: hasTunnels = true
      case Tokens.firstTunnel...: tunnelsReady.append(entry.token.number - Tokens.firstTunnel)
      case let number:
        let place = Int(number - Tokens.firstTable)
        guard place < tables.count, let table = tables[place] else { continue }
        if receive(from: table, into: &events) { sawUpcall = true }
      }
    }
    for number in tunnelsReady {
      if let tunnel = tunnels.sendOut(number) { events.append(.failed(.createTunnel(tunnel), errno: ENODEV)) }
    }
    if hasTunnels { tunnels.takeIn(buffer, isOwn: isOwn) }
    if hasLinks { receiveLinks(at: now, into: &events) }
    makeLinksGood(at: now, into: &events)
    guard !sawUpcall else { return }
    if hasEntries {
      entryMonitor.receive(at: now, table: { self.socket(number: $0, $1) }, into: &events)
    }
    if hasFound, let piece = search.receive() {
      events.append(.entriesFound(piece.entries, isLast: piece.end == .whole))
      if piece.end == .broken { entryMonitor.distrust(at: now) }
    }
    if !search.isRunning, entryMonitor.isSearchDue(at: now) { startSearch(at: now) }
  }

  /// Whether there was an upcall.
  private func receive(from table: RoutingSocket, into events: inout [KernelEvent]) -> Bool {
    table.receive(
      buffer, accepts: { self.accepts($0, table) },
      passesOn: { self.passage?.send($0, isOwn: self.isOwn) ?? false }, into: &events)
  }

  private func receiveLinks(at now: Instant, into events: inout [KernelEvent]) {
    let first = events.count
    monitor.receive(at: now, into: &events)
    guard events.count > first else { return }
    for case .interfaceRemoved(let link) in events[first...] {
      forget(link: link)
      if let tunnel = tunnels.lose(link: link) {
        events.append(.failed(.createTunnel(tunnel), errno: ENODEV))
      }
    }
    linksChanged()
  }

  private func linksChanged() {
    ownAddresses = Set(monitor.links.sorted.lazy.flatMap(\.addresses).compactMap(\.address.ipv4))
    if !tunnels.isEmpty { tunnels.adjustMTUs() }
  }

  private func isOwn(_ address: UInt32) -> Bool { address >> 24 == 127 || ownAddresses.contains(address) }

  /// After lost messages: what is not listed is gone.
  private func makeLinksGood(at now: Instant, into events: inout [KernelEvent]) {
    let first = events.count
    monitor.makeGood(asking: requests, at: now, into: &events)
    guard case .interfacesListed(let interfaces)? = events[first...].last else { return }
    let present = Set(interfaces.map(\.index))
    let held = Set(tables.lazy.compactMap { $0 }.flatMap(\.links)).union(members.links)
    for link in held.subtracting(present) where link != 0 { forget(link: link) }
    for tunnel in tunnels.loseAll(but: present) {
      events.append(.failed(.createTunnel(tunnel), errno: ENODEV))
    }
    linksChanged()
  }

  /// The kernel has dropped VIFs and memberships of a link that is gone.
  private func forget(link: Int32) {
    for case let table? in tables {
      for vif in table.vifs where vif.link == link { succession?.note(.vif(vif), holds: false) }
      table.forget(link: link)
    }
    members.forget(link: link)
  }

  /// Whether a packet of a link is taken from this table's socket: every socket of the family gets a copy.
  private func accepts(_ link: Int32, _ socket: RoutingSocket) -> Bool {
    guard !rules.isEmpty, let name = monitor.links.name(of: link),
      let selected = rules.table(socket.family, interface: name), table(selected, socket.family) != nil
    else { return ordinary(socket.family) === socket }
    return selected == socket.table
  }

  /// The table of all links that no rule leads elsewhere: the standard one where it is ours.
  func ordinary(_ family: Family) -> RoutingSocket? {
    tables.lazy.compactMap { $0 }.filter { $0.family == family }.min { $0.table < $1.table }
  }

  func table(_ table: TableID, _ family: Family) -> RoutingSocket? {
    for case let socket? in tables where socket.table == table && socket.family == family { return socket }
    return nil
  }

  private func socket(number: UInt32, _ family: Family) -> RoutingSocket? {
    for case let socket? in tables where socket.number == number && socket.family == family { return socket }
    return nil
  }

  func startSearch(at now: Instant) {
    let open = tables.compactMap { $0 }
    guard !open.isEmpty else { return }
    search.start(open)
    if !search.isRunning { entryMonitor.distrust(at: now) }
  }

  /// Gives everything back to the kernel: rules first, so that no packet is swallowed.
  public func close() {
    for place in tables.indices { closeTable(at: place) }
    tunnels.removeAll()
    members.leaveAll()
  }

  func closeTable(at place: Int) {
    guard let socket = tables[place] else { return }
    rules.deselectAll(socket.table, socket.family)
    for vif in socket.vifs { succession?.note(.vif(vif), holds: false) }
    socket.release()
    FaultPoint.reach(.tableClosed)
    succession?.store.drop(Succession.tableName(socket.number, socket.family))
    loop.forget(socket.descriptor)
    tables[place] = nil
  }
}

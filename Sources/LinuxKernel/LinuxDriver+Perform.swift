import Addressing
import CLinux
public import Kernel

extension LinuxDriver {
  /// Does the actions in their order.
  ///
  /// - Returns: the refusals and answers, for the next step. What a search finds comes by `receive`.
  public func perform(_ actions: [KernelAction]) -> [KernelEvent] {
    var events: [KernelEvent] = []
    // Removals are the only thing of ours that the entry monitor would tell back: thousands overflow it.
    let removals =
      actions.count > 64 ? actions.count { if case .removeEntry = $0 { true } else { false } } : 0
    if removals > 64 { entryMonitor.pause() }
    defer { if removals > 64 { entryMonitor.resume() } }
    // Thousands of entries in a row are of one table.
    var recent: RoutingSocket?
    for action in actions {
      let failure: Int32
      switch action {
      case .addEntry(let entry):
        if recent?.table != entry.key.table || recent?.family != entry.key.flow.family {
          recent = table(entry.key.table, entry.key.flow.family)
        }
        failure = recent?.add(entry) ?? ENOTCONN
        FaultPoint.reach(.added)
      case .removeEntry(let key):
        if recent?.table != key.table || recent?.family != key.flow.family {
          recent = table(key.table, key.flow.family)
        }
        failure = recent?.remove(key) ?? 0
        if failure == 0, search.isRunning { search.noteRemoval(key) }
        FaultPoint.reach(.removed)
      default:
        recent = nil
        failure = perform(action, into: &events)
      }
      if failure != 0 { events.append(.failed(action, errno: failure)) }
    }
    return events
  }

  /// Everything that is not done by the thousand; the errno, or 0.
  private func perform(_ action: KernelAction, into events: inout [KernelEvent]) -> Int32 {
    switch action {
    case .addEntry, .removeEntry: break
    case .openTable(let table, let family): events.append(open(table, family))
    case .closeTable(let table, let family):
      if let place = tables.firstIndex(where: { $0?.table == table && $0?.family == family }) {
        closeTable(at: place)
      }
    case .addVIF(let vif): return add(vif)
    case .removeVIF(let vif): return remove(vif)
    case .selectTable(let table, let family, let interface): return rules.select(table, family, interface)
    case .deselectTable(let table, let family, let interface):
      return rules.deselect(table, family, interface)
    case .join(let join): return members.join(join)
    case .leave(let join): return members.leave(join)
    case .readCounters(let ticket, let entries, let vifs):
      events.append(
        .counters(
          ticket, entries: counters(of: entries),
          vifs: vifs.compactMap { table($0.table, $0.family)?.counters($0) }))
    case .readEntries(let keys): events.append(read(keys))
    case .audit:
      events.append(.audited(vifs: heldVIFs))
      if entryMonitor.takePause() { startSearch(at: Clock.now) }
    case .send(let datagram): return send(datagram)
    case .createTunnel(let tunnel): return tunnels.create(tunnel)
    case .removeTunnel(let name): tunnels.remove(name)
    }
    return 0
  }

  private func counters(of keys: [KernelEntry.Key]) -> [EntryCounters] {
    var counters: [EntryCounters] = []
    counters.reserveCapacity(keys.count)
    // As those that are written: of one table for the most part.
    var recent: RoutingSocket?
    for key in keys {
      if recent?.table != key.table || recent?.family != key.flow.family {
        recent = table(key.table, key.flow.family)
      }
      if let reading = recent?.counters(key) { counters.append(reading) }
    }
    return counters
  }

  private func open(_ table: TableID, _ family: Family) -> KernelEvent {
    if self.table(table, family) != nil { return .tableOpened(table, family) }
    do throws(SystemError) {
      let socket = try RoutingSocket(table: table, family: family)
      if let failure = watch(socket) { throw failure }
      succession?.store.keep(socket.descriptor, as: Succession.tableName(socket.number, family))
      return .tableOpened(table, family)
    } catch {
      return .tableRefused(table, family, errno: error.errno)
    }
  }

  /// Takes a table's socket among ours; why it could not be.
  func watch(_ socket: RoutingSocket) -> SystemError? {
    let place = tables.firstIndex { $0 == nil } ?? tables.count
    do throws(SystemError) {
      try loop.watch(socket.descriptor, as: Tokens.kernel(Tokens.firstTable + UInt32(place)))
    } catch {
      return error
    }
    if place == tables.count { tables.append(socket) } else { tables[place] = socket }
    return nil
  }

  /// The plan first: a VIF of which it knows nothing would be lost to the next life.
  private func add(_ vif: VIF) -> Int32 {
    guard let socket = table(vif.table, vif.family) else { return ENOTCONN }
    succession?.note(.vif(vif), holds: true)
    let failure = socket.add(vif)
    if failure != 0 { succession?.note(.vif(vif), holds: false) }
    FaultPoint.reach(.vifAdded)
    return failure
  }

  private func remove(_ vif: VIF) -> Int32 {
    guard let socket = table(vif.table, vif.family) else { return 0 }
    let failure = socket.remove(vif: vif.index)
    succession?.note(.vif(vif), holds: false)
    FaultPoint.reach(.vifRemoved)
    return failure
  }

  /// By any table of the family: the link is given with the packet.
  private func send(_ datagram: Datagram) -> Int32 {
    ordinary(datagram.destination.family)?.send(datagram) ?? ENOTCONN
  }
}

import Addressing
import Configuration
import Control
import Diagnostics
import Forwarding
import Kernel
import Membership
import Timing

/// What the kernel tells.
extension Router {
  mutating func handle(_ event: KernelEvent) {
    switch event {
    case .interfaceChanged(let interface): changed(interface)
    case .interfaceRemoved(let link): removed(link: link)
    case .interfacesListed(let interfaces): listed(interfaces)
    case .upcall(let upcall): admit(upcall)
    case .adopted(let adoption): adopt(adoption)
    case .received(let datagram): received(datagram)
    case .counters(let ticket, let entries, let vifs): read(entries, vifs, for: ticket)
    case .tableOpened(let table, let family): opened(.init(table: table, family: family))
    case .tableRefused(let table, let family, let errno):
      refused(.init(table: table, family: family), errno: errno)
    case .entryChanged(let entry): suspect(entry.key, unless: entry)
    case .entryRemoved(let key): suspect(key, unless: nil)
    case .entriesRead(let present, let absent): judge(present, absent)
    case .audited(let vifs): audited(vifs)
    case .entriesFound(let found, let isLast): search(found, isLast: isLast)
    case .notificationsLost:
      counts.resynchronizations += 1
      if reading.next == 0 { timers.set(.audit, at: now + .seconds(1)) }
      noteLostNotifications()
    case .failed(let action, let errno): failed(action, errno: errno)
    case .upcallsLost(_, _, let count): counts.upcallsLost += count
    }
  }

  private func name(ofLink link: Int32) -> String { domain.links[link]?.name ?? "a link that is gone" }

  func slot(ofLink link: Int32) -> InterfaceID? {
    domain.links[link].flatMap { domain.slot(of: $0.name) }
  }

  // MARK: Links

  private mutating func changed(_ interface: Interface) {
    let old = domain.links[interface.index]
    switch domain.changed(interface, limit: intent.base.limits.interfaces) {
    case .nothing: return
    case .refused: return hit("interfaces")
    case .state:
      // What the VIF was refused for may be cured by the new state.
      for vif in refusedVIFs.keys.sorted() where vif.link == interface.index { retry(vif) }
      if discovery.links.contains(interface.index) { dirty.links = true }
      guard let old else { return }
      let isCapable = { (link: Interface) in link.flags.contains(.multicast) }
      // Who speaks a protocol there, and from which address.
      if old.flags != interface.flags || old.addresses != interface.addresses { dirty.names = true }
      if intent.base.table.takesAll, isCapable(old) != isCapable(interface) { dirty.names = true }
      guard old.flags != interface.flags else { return }
      noteInterface(interface.name, .change, interface.flags.contains(.up) ? "up" : "down")
    case .appeared:
      dirty.names = true
      noteInterface(interface.name, .interface, "is there")
    case .renamed(let name):
      dirty.names = true
      if let id = domain.slot(of: name) { dirty.interfaces.insert(id) }
      noteInterface(interface.name, .interface, "was \(name)")
    }
  }

  private mutating func removed(link: Int32) {
    guard let old = domain.removed(link: link) else { return }
    for vif in vifs.forget(link: link) { vifUse[vif] = nil }
    for vif in refusedVIFs.keys.sorted() where vif.link == link { retry(vif) }
    counts.packets[link] = nil
    if let id = domain.slot(of: old.name) { dirty.interfaces.insert(id) }
    dirty.names = true
    noteInterface(old.name, .interface, "is gone")
  }

  private mutating func listed(_ interfaces: [Interface]) {
    let present = Set(interfaces.map(\.index))
    for link in domain.links.keys.sorted() where !present.contains(link) { removed(link: link) }
    for interface in interfaces { changed(interface) }
  }

  // MARK: Tables

  private mutating func opened(_ place: TablePlan.Place) {
    vifs.opened(place)
    refusedTables.remove(place)
    clearProblem(.table(place))
    dirty.plan = true
    dirty.names = true
    // What could not be projected onto the table until now.
    let owner = plan.owners[place].map { InterfaceSet([$0]) }
    markRules(naming: owner ?? plan.interfaces(in: .init(table: plan.base, family: place.family)))
  }

  private mutating func refused(_ place: TablePlan.Place, errno: Int32) {
    vifs.refused(place)
    guard place.table == plan.base else {
      // Without several tables the domain falls back to one; conflicts are said once.
      isWithoutTables = true
      dirty.plan = true
      markRules(naming: plan.owners[place].map { InterfaceSet([$0]) } ?? InterfaceSet())
      return raise(
        .noTables,
        Diagnostic(
          .warning, .noTables,
          "the kernel refuses another \(place.family.rawValue) table (\(Errno(errno))); one table serves "
            + "all, so an (S,G) has one inbound interface at a time and at most 32 interfaces are used",
          hint: "a kernel with IP_MROUTE_MULTIPLE_TABLES and CAP_NET_ADMIN allow several"))
    }
    refusedTables.insert(place)
    timers.set(.table(place), at: now + .seconds(5))
    raise(
      .table(place),
      Diagnostic(
        place.family == .ipv6 ? .warning : .error, .routingRefused,
        "table \(place.table.number(place.family)): the kernel refuses \(place.family.rawValue) multicast "
          + "routing (\(Errno(errno)))", hint: "mcast show kernel vifs tells who holds it"))
  }

  mutating func retryTable(_ place: TablePlan.Place) {
    guard refusedTables.contains(place) else { return }
    dirty.plan = true
  }

  // MARK: Counters

  private mutating func read(_ counters: [EntryCounters], _ readings: [VIFCounters], for ticket: Ticket) {
    // The answer keeps the order of the question.
    var asked = ticket == 0 ? counts.awaited[...] : []
    for counter in counters {
      let guess = asked.popFirst()
      guard let reading = entries.read(counter, at: now, guess: guess) else { continue }
      if let guess, guess != reading.id { asked = asked.drop { $0 != reading.id }.dropFirst() }
      if !parts.suspects.isEmpty { judgeSuspect(counter.key.flow, reading) }
      // Those that an idle reading was asked for wait for nothing else.
      if ticket == 0, reading.kind != .full, !entries.isIdleScheduled(reading.id) { judgeIdle(reading) }
    }
    for reading in readings {
      if vifUse[reading.vif]?.read(reading, at: now) == nil {
        vifUse[reading.vif] = VIFUse(reading, at: now)
      }
    }
    if answerTrace(ticket, counters, readings) { return }
    guard ticket == 0 else { return turnPage(ticket) }
    // What the answer leaves out the kernel no longer holds, so it is not ours to keep.
    for id in counts.awaited where !entries.isIdleScheduled(id) {
      if let row = entries[id], row.kind != .full { drop(id) }
    }
    counts.awaited = []
  }

  private mutating func judgeIdle(_ reading: EntryReading) {
    let timeout = idleTimeout(isLearned: reading.isLearned)
    if timeout > .zero, now - (reading.lastUsed ?? reading.since) >= timeout {
      drop(reading.id)
    } else {
      entries.scheduleIdle(reading.id, at: now + idleCheck)
    }
  }

  /// How long an entry may be unused; zero: for ever.
  func idleTimeout(of row: EntryRow) -> Duration {
    idleTimeout(isLearned: row.rule == nil && row.kind == .onDemand)
  }

  private func idleTimeout(isLearned: Bool) -> Duration {
    isLearned ? intent.base.dvmrp.cacheLifetime : intent.base.cache.idleTimeout
  }

  /// Removes an entry at once, outside of `settle`.
  mutating func drop(_ id: EntryID) {
    var removals: [KernelAction] = []
    remove(id, &removals)
    actions += removals.map { .kernel($0) }
  }

  // MARK: Failures

  private mutating func failed(_ action: KernelAction, errno: Int32) {
    switch action {
    case .addVIF(let vif): refused(vif, errno: errno)
    case .addEntry(let entry): refused(entry, errno: errno)
    case .join(let join):
      joins.refuse(join, errno: errno)
      timers.set(.join(join), at: now + .seconds(10))
      raise(
        .joins,
        Diagnostic(
          .warning, .joinRefused,
          "the kernel refuses to join \(join.group) on \(name(ofLink: join.link)) (\(Errno(errno)))",
          hint: "mcast show joins lists them; it is tried again every 10 s"))
    case .selectTable(let table, let family, let interface):
      vifs.forget(VIFReconciler.Selection(place: .init(table: table, family: family), interface: interface))
      raise(
        .selection(interface),
        Diagnostic(
          .tableRuleRefused,
          "the kernel refuses the rule that leads packets of \(interface) to table \(table.number(family)) "
            + "(\(Errno(errno)))",
          hint: "it needs CAP_NET_ADMIN: ip mrule shows the rules"))
    case .createTunnel(let tunnel): refused(tunnel, errno: errno)
    case .openTable, .closeTable, .removeVIF, .removeEntry, .deselectTable, .leave, .readCounters,
      .readEntries,
      .audit, .send, .removeTunnel:
      // What was to go is gone, and what was asked is asked again by the next audit.
      break
    }
  }

  private mutating func refused(_ vif: VIF, errno: Int32) {
    vifs.forget(vif)
    var refused = refusedVIFs[vif] ?? RefusedVIF()
    refused.isWaiting = true
    timers.set(.vif(vif), at: now + refused.backoff.next())
    refusedVIFs[vif] = refused
    dirty.plan = true
    let place = TablePlan.Place(table: vif.table, family: vif.family)
    if let id = slot(ofLink: vif.link), plan.spare[place]?.contains(id) ?? false { return }
    raise(
      .vif(vif),
      Diagnostic(
        .vifRefused,
        "the kernel refuses \(name(ofLink: vif.link)) as an interface of table "
          + "\(vif.table.number(vif.family)) (\(Errno(errno)))",
        hint: "it is tried again, and when the interface changes"))
  }

  /// The wait is over: the VIF is asked for again, and when no refusal came back a second later, all is well.
  mutating func retryOrSettle(_ vif: VIF) {
    guard refusedVIFs[vif]?.isWaiting ?? false else { return retry(vif) }
    refusedVIFs[vif]?.isWaiting = false
    timers.set(.vif(vif), at: now + .seconds(1))
    dirty.plan = true
  }

  private mutating func retry(_ vif: VIF) {
    refusedVIFs[vif] = nil
    timers.cancel(.vif(vif))
    clearProblem(.vif(vif))
    dirty.plan = true
  }

  private mutating func refused(_ entry: KernelEntry, errno: Int32) {
    guard let id = entries.find(entry.key) else { return }
    var wait = Duration.seconds(1)
    entries.update(id) { row in
      row.isInstalled = false
      wait = row.backoff.next()
    }
    timers.set(.entry(id), at: now + wait)
    raise(
      .entries,
      Diagnostic(
        .entryRefused, "the kernel refuses the entry \(entry.key.flow) (\(Errno(errno)))",
        hint: "it is tried again with growing waits, up to a minute"))
  }
}

import Addressing
import Kernel
public import Timing
import Wire

/// When which routes are reported, and where a walk through them stands.
struct ReportSchedule: Sendable {
  /// A new neighbor gets the whole table.
  struct Transfer: Sendable {
    var slot: UInt8
    /// Nil: all routers of the link.
    var peer: UInt16?
    var after: OriginKey?
    var at: Instant
  }

  /// The next part of the round in which every route is reported.
  var periodicAt: Instant?
  var periodicAfter: OriginKey?
  var flashAt: Instant?
  var flashedAt: Instant?
  var transfers: [Transfer] = []
  /// Nothing is reported before this.
  var silentUntil = Instant.start

  var next: Instant? {
    ([periodicAt, flashAt] + transfers.map(\.at)).compactMap { $0 }.min().map { max($0, silentUntil) }
  }

  /// Sets the time of the flash update for a change.
  mutating func noteChange(at now: Instant) {
    if flashAt != nil { return }
    let soonest = now + DVMRPTimes.flashDelay
    flashAt = flashedAt.map { max(soonest, $0 + DVMRPTimes.flashInterval) } ?? soonest
  }

  mutating func noteFlash(sent: Bool, at now: Instant) {
    flashAt = nil
    if sent { flashedAt = now }
  }

  mutating func cancel(_ peer: UInt16) { transfers.removeAll { $0.peer == peer } }
}

extension DVMRP {
  /// Begins to send the whole table to a neighbor, or to all of a link.
  mutating func transfer(to peer: UInt16?, on slot: UInt8, at now: Instant) {
    schedule.transfers.removeAll { $0.slot == slot && ($0.peer == peer || peer == nil) }
    // Behind the probe that tells the neighbor that we hear it: before, it takes no report from us.
    schedule.transfers.append(
      .init(slot: slot, peer: peer, after: nil, at: timerOfProbe(slot, notAfter: now) ?? now))
    if schedule.periodicAt == nil {
      schedule.periodicAt = now + options.reportInterval
      schedule.periodicAfter = nil
    }
  }

  /// When the probe goes out that an event has just asked for; nil when it has gone.
  private func timerOfProbe(_ slot: UInt8, notAfter now: Instant) -> Instant? {
    guard let probed = links[Int(slot)]?.probedAt, probed < now else { return nil }
    return timers[DVMRPTimer(.probe, UInt16(slot))].map { min($0, now + DVMRPTimes.probeSpacing) }
  }

  /// Reports nothing for a time after a life that ended without a snapshot.
  ///
  /// What it reported still stands with the neighbors. To tell a route as some of them know it, before the
  /// others have spoken, would take us out of the trees of those that really lead to the origin.
  public mutating func listen(until end: Instant) { schedule.silentUntil = end }

  /// Sends the reports that are due.
  mutating func report(at now: Instant, _ effects: inout DVMRPEffects) {
    guard now >= schedule.silentUntil else { return }
    continueTransfers(at: now, &effects)
    if let flash = schedule.flashAt, flash <= now {
      let count = effects.datagrams.count
      reportEverywhere(routes.takeFlash()[...], at: now, &effects)
      schedule.noteFlash(sent: effects.datagrams.count > count, at: now)
    }
    if let periodic = schedule.periodicAt, periodic <= now { continueRound(at: now, &effects) }
  }

  /// A part of the round: whole packets if there is more than one, so that they spread over the interval.
  private mutating func continueRound(at now: Instant, _ effects: inout DVMRPEffects) {
    guard links.contains(where: { $0.map { hasNeighbor($0.id.slot) } ?? false }) else {
      schedule.periodicAt = nil
      return
    }
    routes.putInOrder()
    let count = routes.order.count
    let interval = max(options.reportInterval.milliseconds, 1_000)
    let packets = max(1, (Int64(count) + DVMRP.routesPerPacket - 1) / DVMRP.routesPerPacket)
    let step = min(interval, max(1_000, interval / packets))
    let part = (Int64(count) * step + interval - 1) / interval
    let start = routes.place(after: schedule.periodicAfter)
    let end = min(count, start + Int(part))
    reportEverywhere(routes.order[start..<end], at: now, &effects)
    schedule.periodicAfter = end < count ? routes.rows[Int(routes.order[end - 1])].key : nil
    schedule.periodicAt = now + .milliseconds(step)
  }

  private static let routesPerPacket: Int64 = 100

  private mutating func continueTransfers(at now: Instant, _ effects: inout DVMRPEffects) {
    guard schedule.transfers.contains(where: { $0.at <= now }) else { return }
    routes.putInOrder()
    var going: [ReportSchedule.Transfer] = []
    for var transfer in schedule.transfers {
      guard transfer.at <= now else {
        going.append(transfer)
        continue
      }
      probeIfDue(transfer.slot, at: now, &effects)
      let start = routes.place(after: transfer.after)
      let end = min(routes.order.count, start + DVMRP.transferPart)
      let target = transfer.peer.flatMap { neighbors[$0]?.address } ?? DVMRPLink.allRouters
      report(routes.order[start..<end], to: target, on: transfer.slot, at: now, &effects)
      guard end < routes.order.count else { continue }
      transfer.after = routes.rows[Int(routes.order[end - 1])].key
      transfer.at = now + DVMRPTimes.transferInterval
      going.append(transfer)
    }
    schedule.transfers = going
  }

  /// A packet that came in at the very time of both must not bring the table out before the probe.
  private mutating func probeIfDue(_ slot: UInt8, at now: Instant, _ effects: inout DVMRPEffects) {
    guard let due = timers[DVMRPTimer(.probe, UInt16(slot))], due <= now else { return }
    probe(slot, at: now, &effects)
  }

  /// Routes of a table that are sent at once; the rest follows.
  private static let transferPart = 6_400

  private mutating func reportEverywhere(
    _ rows: ArraySlice<Int32>, at now: Instant, _ effects: inout DVMRPEffects
  ) {
    for link in links {
      guard let link, link.isSpeaking, hasNeighbor(link.id.slot) else { continue }
      report(rows, to: DVMRPLink.allRouters, on: link.id.slot, at: now, &effects)
    }
  }

  private mutating func report(
    _ rows: ArraySlice<Int32>, to target: Address, on slot: UInt8, at now: Instant,
    _ effects: inout DVMRPEffects, metric: DVMRPMetric? = nil
  ) {
    var packer = ReportPacker()
    let capabilities = capabilities(on: slot, at: now)
    for number in rows {
      let row = routes.rows[Int(number)]
      guard let exported = routes.exported(row, on: slot) else { continue }
      let route = ReportedRoute(row.key.origin, metric ?? exported)
      if !packer.hasRoom(for: route) {
        send(packer.takePacket(capabilities: capabilities), to: target, on: slot, &effects)
      }
      packer.append(route)
    }
    if !packer.isEmpty { send(packer.takePacket(capabilities: capabilities), to: target, on: slot, &effects) }
  }

  /// Says farewell: every route is unreachable by us from now on.
  public mutating func stop(at now: Instant) -> DVMRPEffects {
    var effects = DVMRPEffects()
    routes.putInOrder()
    for link in links {
      guard let link, link.isSpeaking, hasNeighbor(link.id.slot) else { continue }
      report(
        routes.order[...], to: DVMRPLink.allRouters, on: link.id.slot, at: now, &effects, metric: .unreachable
      )
    }
    return effects
  }
}

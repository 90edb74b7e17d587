import Addressing
public import Configuration
public import Control
import DVMRP
import Diagnostics
import Forwarding
import Kernel
import Membership
import Timing
import Wire

/// The state as bytes, for a life to come.
///
/// Instants are of the boot clock, so they stay valid; who keeps the bytes sees to it that the machine was
/// not booted in between.
extension Router {
  /// How much of the Router a snapshot holds.
  public enum SnapshotExtent: Hashable, Sendable, Codable {
    /// All: neighbors, routes, prunes, members, flows, what was added at run time, the generation id.
    case whole
    /// What was added at run time, and the generation ids that are used up: they must survive a crash, too.
    case additions
  }

  /// The state as bytes, for the `restore` event of the next life; walks all of it.
  public func snapshot(_ extent: SnapshotExtent) -> [UInt8] {
    var writer = Writer(capacity: 256 + (extent == .whole ? entries.count * 64 : 0))
    intent.encodeAdditions(to: &writer)
    writer.u32(dvmrp.nextGeneration)
    if extent == .whole { encode(to: &writer) }
    return SnapshotFrame.seal(writer.bytes, extent)
  }

  /// Differs when a snapshot of the additions would.
  public var additionsVersion: UInt64 { generation &+ UInt64(dvmrp.nextGeneration) << 32 }

  /// What a life that begins with this configuration, and with what was added in this one, does otherwise.
  ///
  /// Linear in the rules of both.
  public func changes(atRestartWith configuration: Configuration) -> Summary {
    let comparison = Comparison(
      from: intent.effective, to: intent.successor(with: configuration).effective)
    var summary = Summary()
    summary.added = comparison.addedRoutes.count + comparison.addedJoins.count
    summary.changed = comparison.changedRoutes.count
    summary.removed = comparison.removedRoutes.count + comparison.removedJoins.count
    summary.untouched = comparison.unchangedRoutes + comparison.unchangedJoins
    return summary
  }

  private func encode(to writer: inout Writer) {
    writer.instant(now)
    writer.u64(generation)
    writer.bool(parts.isHolding)
    let slots = domain.slots
    writer.count(slots.count)
    for (slot, name, link) in slots {
      writer.u8(slot)
      writer.text(name)
      writer.u32(UInt32(bitPattern: link))
    }
    writer.count(entries.count)
    let numbers = (0..<entries.end).compactMap { number in
      entries.row(at: number).map { (order: $0.order, number: number) }
    }
    for (_, number) in numbers.sorted(by: { $0.order < $1.order }) {
      if let row = entries.row(at: number) { FormerFlow(row).encode(to: &writer) }
    }
    membership.encode(to: &writer)
    dvmrp.encode(to: &writer)
    writer.u8(discovery.interval)
    writer.u64(discovery.chance.seed)
    let announced = discovery.sent.keys.sorted()
    writer.count(announced.count)
    for place in announced {
      writer.u32(UInt32(bitPattern: place.link))
      writer.bool(place.family == .ipv6)
      writer.instant(discovery.sent[place] ?? now)
      writer.instant(timers[.announcement(place)] ?? now)
    }
  }

  mutating func restore(_ snapshot: [UInt8]) {
    guard !isConfigured else { return }
    do throws(WireError) {
      let extent = try SnapshotFrame.open(snapshot)
      var reader = Reader(snapshot.span)
      try reader.skip(SnapshotFrame.headerBytes)
      let additions = try Intent.Additions(decoding: &reader)
      let nextGeneration = try reader.u32()
      let life = extent == .whole ? try FormerLife(decoding: &reader) : nil
      guard reader.remaining == 0 else { throw .length }
      inheritance.additions = additions
      inheritance.nextGeneration = nextGeneration
      guard let life else { return }
      // By instants to come nothing learned would ever grow old.
      guard life.at <= now else { return noteRefusedSnapshot("the clock that counts since boot went back") }
      guard now - life.at < Router.longPause else {
        return noteRefusedSnapshot("it is \((now - life.at).milliseconds / 1000) s old")
      }
      inheritance.life = life
    } catch {
      noteRefusedSnapshot(error)
    }
  }

  /// By then neighbors have given us up (DVMRP: 35 s), and tell all they know to who comes with another
  /// generation id alone.
  private static let longPause = Duration.seconds(35)

  private mutating func noteRefusedSnapshot(_ error: WireError) {
    let reason =
      switch error {
      case .version: "another version of mcast wrote it"
      case .truncated: "it ends too early"
      case .checksum: "some of its bytes are not those that were written"
      default: "it states what cannot be"
      }
    noteRefusedSnapshot(reason, "; routes added at run time are lost")
  }

  private mutating func noteRefusedSnapshot(_ reason: String, _ loss: String = "") {
    tell(.kernel, .refuse, .warning, "the state of the former daemon is not taken over: \(reason)") {
      $0.code = .staleState
      $0.hint = "entries stay while hosts and neighbors are asked anew" + loss
    }
  }

  // MARK: Taking over

  /// The first configuration is there: what it does not say itself is as it was.
  mutating func resumeLife() {
    guard let life = inheritance.life else { return }
    generation = max(generation, life.generation)
    for (slot, name, _) in life.slots { _ = domain.reserve(name, at: Int(slot)) }
    dvmrp = life.dvmrp
    dvmrp.resume(intent.base.limits, intent.base.dvmrp.options, generation: intent.base.dvmrp.generation)
    membership = life.membership
    membership.limits = intent.base.limits
    if parts.isHolding, !life.isHolding {
      parts.isHolding = false
      timers.cancel(.forwarding)
    }
    discovery.interval = life.announcedInterval
    discovery.chance = life.chance
    for (place, sent, due) in life.announced where domain.links[place.link] != nil {
      discovery.sent[place] = sent
      timers.set(.announcement(place), at: due)
    }
  }

  /// Goes on on the interfaces that are as they were; of the others is forgotten what was learned there.
  mutating func resumeParts(_ present: [(InterfaceID, Parts.Part)]) {
    guard let life = inheritance.life else { return }
    inheritance.life = nil
    inheritance.endedAt = life.at
    let told = Dictionary(present) { first, _ in first }
    let links = Dictionary(life.slots.map { ($0.slot, $0.link) }) { first, _ in first }
    let known = membership.interfaces.union(dvmrp.interfaces)
    var changed: [InterfaceID] = []
    for id in known {
      parts.told[id] = .resumed
      guard let link = domain.interface(id), link.index == links[id.slot] else {
        changed.append(id)
        continue
      }
      membership.resume(id, on: link, igmp: told[id]?.igmp, mld: told[id]?.mld)
      dvmrp.resume(id, on: link, told[id]?.dvmrp)
    }
    for id in changed {
      absorb(membership.change(id, to: nil, at: now))
      absorb(dvmrp.change(id, to: nil, at: now))
    }
  }

  /// In the order of the former life's table, with what it knew of each entry.
  mutating func visit(_ found: [KernelEntry], _ body: (inout Router, KernelEntry, FormerFlow?) -> Void) {
    let flows = inheritance.life?.flows ?? []
    // The kernel's order is the same, but for entries that took a free place in the former life's table.
    var alike = 0
    while alike < min(flows.count, found.count), flows[alike].key == found[alike].key {
      body(&self, found[alike], flows[alike])
      alike += 1
    }
    var places: [KernelEntry.Key: Int] = [:]
    if alike < flows.count { for place in alike..<found.count { places[found[place].key] = place } }
    for flow in flows[alike...] {
      if let place = places.removeValue(forKey: flow.key) { body(&self, found[place], flow) }
    }
    for entry in found[alike...] where alike == flows.count || places[entry.key] != nil {
      body(&self, entry, nil)
    }
  }
}

import Addressing
import Kernel
import Timing
import Wire

/// How often whom is answered.
struct Responder: Sendable {
  private var all = RateBucket()
  private var askers: [(address: Address, bucket: RateBucket, at: Instant)] = []

  /// Ten answers a second, and two to one asker, who may ask ten times at once.
  mutating func mayAnswer(_ asker: Address, at now: Instant) -> Bool {
    let place: Int
    if let known = askers.firstIndex(where: { $0.address == asker }) {
      place = known
    } else if askers.count < 64 {
      place = askers.count
      askers.append((asker, RateBucket(), now))
    } else {
      // The one that was silent for longest makes room.
      place = askers.indices.min { (askers[$0].at, $0) < (askers[$1].at, $1) } ?? 0
      askers[place] = (asker, RateBucket(), now)
    }
    askers[place].at = now
    return askers[place].bucket.take(1, rate: 2, burst: 10, at: now)
      && all.take(1, rate: 10, burst: 10, at: now)
  }
}

/// Answers to mrinfo, map-mbone and their like.
extension DVMRP {
  mutating func answer(
    _ form: NeighborListForm, to datagram: Datagram, on slot: UInt8, at now: Instant,
    _ effects: inout DVMRPEffects
  ) -> DVMRPRefusal? {
    if let refusal = judge(datagram, at: now) { return refusal }
    let entries = links.compactMap { $0.flatMap { entry(for: $0, form, at: now) } }
    for packet in DVMRP.packets(form, entries) {
      reply(DVMRPPacket(.neighbors(packet)), to: datagram, on: slot, &effects)
    }
    return nil
  }

  mutating func answer(
    _ asked: [RouterAttribute], to datagram: Datagram, on slot: UInt8, at now: Instant,
    _ effects: inout DVMRPEffects
  ) -> DVMRPRefusal? {
    if let refusal = judge(datagram, at: now) { return refusal }
    guard asked.contains(where: { $0.type == 1 }) else { return nil }
    reply(DVMRPPacket(.attributes([.version(options.versionText)])), to: datagram, on: slot, &effects)
    return nil
  }

  /// Asked must be we, or the routers of the link; the asker may be anywhere, and on this machine, too.
  private mutating func judge(_ datagram: Datagram, at now: Instant) -> DVMRPRefusal? {
    let target = datagram.destination
    let isForUs = Group(target)?.isLinkLocal ?? (isOwn(target) || target.isLoopback)
    guard isForUs else { return .destination }
    guard datagram.source.isUnicastSource || datagram.source.isLoopback else { return .source }
    return responder.mayAnswer(datagram.source, at: now) ? nil : .rate
  }

  /// From the address that was asked; the way to the asker is the kernel's matter.
  private mutating func reply(
    _ packet: DVMRPPacket, to datagram: Datagram, on slot: UInt8, _ effects: inout DVMRPEffects
  ) {
    let count = effects.datagrams.count
    send(packet.encoded(), to: datagram.source, on: slot, &effects)
    if effects.datagrams.count > count, !datagram.destination.isMulticast {
      effects.datagrams[count].source = datagram.destination
    }
  }

  private func entry(for link: DVMRPLink, _ form: NeighborListForm, at now: Instant) -> NeighborList.Entry? {
    guard !link.address.isUnspecified else { return nil }
    var heard = link.peers.filter { neighbors.isTwoWay($0) }.compactMap { neighbors[$0]?.address }
    var flags: NeighborList.Flags = []
    if link.isTunnel { flags.insert(.tunnel) }
    if !link.isActive || link.isTunnel && heard.isEmpty { flags.insert(.down) }
    if link.isQuerier, link.isActive { flags.insert(.querier) }
    if link.isActive, link.isLeaf(hasNeighbor: !heard.isEmpty, at: now) { flags.insert(.leaf) }
    if heard.isEmpty {
      if form == .plain { return nil }
      heard = [link.settings.tunnel?.remote ?? .unspecified(.ipv4)]
    }
    return NeighborList.Entry(
      local: link.address, metric: link.settings.metric, threshold: link.settings.threshold,
      flags: form == .flagged ? flags : [], neighbors: heard)
  }

  /// Entries in as many packets as they need; one that does not fit whole goes on with its head repeated.
  static func packets(_ form: NeighborListForm, _ entries: [NeighborList.Entry]) -> [NeighborList] {
    let head = form == .flagged ? 8 : 7
    var packets: [NeighborList] = []
    var current = NeighborList(form)
    var used = 0
    for entry in entries {
      var rest = entry.neighbors[...]
      while !rest.isEmpty {
        let room = (DVMRPPacket.capacity - used - head) / 4
        if room < min(rest.count, 1) {
          packets.append(current)
          current = NeighborList(form)
          used = 0
          continue
        }
        var part = entry
        part.neighbors = Array(rest.prefix(min(room, 255)))
        rest = rest.dropFirst(part.neighbors.count)
        current.interfaces.append(part)
        used += head + 4 * part.neighbors.count
      }
    }
    packets.append(current)
    return Array(packets.prefix(16))
  }
}

import Addressing
public import Kernel
import Timing
public import Wire

/// Neighbors, routes, trees and timers, for the next life of the daemon, which neighbors take for the same.
///
/// Settings and interfaces are not part of it: they are told anew, and what no longer fits them goes as it
/// would have gone before.
extension DVMRP {
  /// Writes all that was learned, with its timers.
  public func encode(to writer: inout Writer) {
    writer.u32(nextGeneration)
    writer.u32(packetNumber)
    writer.u64(generator.seed)
    let present = links.compactMap { $0 }
    writer.count(present.count)
    for link in present { link.encode(to: &writer) }
    let peers = neighbors.rows.indices.filter { neighbors.rows[$0] != nil }
    writer.count(peers.count)
    for number in peers {
      writer.u16(UInt16(number))
      neighbors.rows[number]?.encode(to: &writer)
    }
    routes.encode(to: &writer)
    let rows = (0..<Int32(trees.end)).compactMap { trees[$0] }
    writer.count(rows.count)
    for tree in rows { tree.encode(to: &writer) }
    schedule.encode(to: &writer)
    writer.count(timers.count)
    for (timer, instant) in timers.sorted {
      writer.u8(timer.kind.rawValue)
      writer.u16(timer.number)
      writer.instant(instant)
    }
  }

  /// Reads what `encode` wrote; `resume` and the ordinary settings must follow.
  public init(decoding reader: inout Reader) throws(WireError) {
    let (generation, packet) = (try reader.u32(), try reader.u32())
    self.init(generation: generation, seed: try reader.u64())
    packetNumber = packet
    for _ in 0..<(try reader.count()) {
      let link = try DVMRPLink(decoding: &reader)
      while links.count <= Int(link.id.slot) { links.append(nil) }
      guard links[Int(link.id.slot)] == nil else { throw .count }
      links[Int(link.id.slot)] = link
    }
    try decodeNeighbors(&reader)
    try routes.decode(&reader, neighbors)
    for _ in 0..<(try reader.count()) { try decodeTree(&reader) }
    schedule = try ReportSchedule(decoding: &reader)
    // What is about somebody who is gone may be left in the lists.
    let transfers = schedule.transfers.filter { transfer in
      isKnown(slot: transfer.slot) && transfer.peer.map { isKnown(peer: $0) } ?? true
    }
    schedule.transfers = transfers
    for _ in 0..<(try reader.count()) {
      guard let kind = DVMRPTimer.Kind(rawValue: try reader.u8()) else { throw .kind }
      let number = try reader.u16()
      let at = try reader.instant()
      let isOfLink = number < 256 && isKnown(slot: UInt8(clamping: number))
      guard kind == .probe ? isOfLink : isKnown(peer: number) else { continue }
      timers.set(DVMRPTimer(kind, number), at: at)
    }
  }

  private func isKnown(slot: UInt8) -> Bool { Int(slot) < links.count && links[Int(slot)] != nil }
  private func isKnown(peer: UInt16) -> Bool { neighbors[peer] != nil }

  private mutating func decodeNeighbors(_ reader: inout Reader) throws(WireError) {
    var rows: [Neighbor?] = []
    for _ in 0..<(try reader.count()) {
      let number = try reader.u16()
      let neighbor = try Neighbor(decoding: &reader)
      let slot = neighbor.interface.slot
      guard number >= rows.count, number < UInt16.max, isKnown(slot: slot), let bits = neighbor.address.ipv4
      else { throw .source }
      rows += Array(repeating: nil, count: Int(number) - rows.count) + [neighbor]
      var peers = links[Int(slot)]?.peers ?? []
      let place = peers.firstIndex { rows[Int($0)].map { neighbor.address < $0.address } ?? false }
      peers.insert(number, at: place ?? peers.count)
      links[Int(slot)]?.peers = peers
      if neighbor.state == .twoWay, let since = neighbor.upSince {
        routes.setPeer(number, PeerFacts(address: bits, slot: slot, since: since))
      }
    }
    neighbors = NeighborTable(rows: rows)
  }

  private mutating func decodeTree(_ reader: inout Reader) throws(WireError) {
    let tree = try Tree(decoding: &reader)
    guard let row = routes.find(tree.key.origin), trees.find(tree.key) == nil else { throw .network }
    let number = trees.insert(tree.key, row: row, &routes)
    let neighbors = neighbors
    _ = trees.update(number) { new in
      (new.flows, new.upstream, new.isCrowded) = (tree.flows, tree.upstream, tree.isCrowded)
      new.received = tree.received.filter { neighbors[$0.peer] != nil }
    }
  }

  /// Goes on under what the new configuration says.
  ///
  /// - Parameter generation: as of a start; greater than any that the former life used.
  public mutating func resume(_ limits: Limits, _ options: DVMRPOptions, generation: UInt32) {
    limit(limits)
    self.options = options
    nextGeneration = max(nextGeneration, generation)
  }

  /// The interfaces of which something is known.
  public var interfaces: InterfaceSet { InterfaceSet(links.compactMap { $0?.id }) }

  /// Goes on with what was known of an interface that is as it was; `configure` and `change` follow.
  public mutating func resume(_ interface: InterfaceID, on device: Interface, _ settings: DVMRPSettings?) {
    let slot = Int(interface.slot)
    guard links.indices.contains(slot), let former = links[slot] else { return }
    var link = former
    link.settings = settings ?? link.settings
    link.interface = device
    link.derive()
    // With another address it is met as another router, by the ordinary way.
    guard link.isActive == former.isActive, link.address == former.address else { return }
    links[slot] = link
    routes.setLink(interface.slot, LinkFacts(link))
  }
}

extension DVMRPLink {
  fileprivate func encode(to writer: inout Writer) {
    writer.u8(id.slot)
    writer.bool(isActive)
    writer.tagged(address)
    writer.u32(generation)
    writer.instant(upSince)
    writer.bool(hasHeard)
    writer.bool(isWaiting)
    writer.instant(lonelySince)
    writer.instant(orNil: probedAt)
    writer.u8(UInt8(clamping: earlyProbes))
  }

  fileprivate init(decoding reader: inout Reader) throws(WireError) {
    let id = InterfaceID(slot: try reader.u8())
    self.init(id, isActive: try reader.bool(), address: try reader.tagged())
    generation = try reader.u32()
    upSince = try reader.instant()
    hasHeard = try reader.bool()
    isWaiting = try reader.bool()
    lonelySince = try reader.instant()
    probedAt = try reader.instantOrNil()
    earlyProbes = Int(try reader.u8())
  }
}

extension Neighbor {
  fileprivate func encode(to writer: inout Writer) {
    writer.tagged(address)
    writer.u8(interface.slot)
    writer.u8(state == .waiting ? 0 : state == .oneWay ? 1 : 2)
    writer.u8(version.major)
    writer.u8(version.minor)
    writer.u8(capabilities.rawValue)
    writer.optional(generation) { $0.u32($1) }
    writer.instant(since)
    writer.instant(orNil: upSince)
    writer.instant(heardAt)
    writer.bool(isAwaited)
  }

  fileprivate init(decoding reader: inout Reader) throws(WireError) {
    let address = try reader.tagged()
    let interface = InterfaceID(slot: try reader.u8())
    let number = try reader.u8()
    guard number <= 2 else { throw .kind }
    let version = DVMRPVersion(major: try reader.u8(), minor: try reader.u8())
    let capabilities = DVMRPCapabilities(rawValue: try reader.u8())
    let generation = try reader.hasValue() ? try reader.u32() : nil
    let since = try reader.instant()
    let upSince = try reader.instantOrNil()
    self.init(
      address: address, interface: interface, version: version, capabilities: capabilities,
      generation: generation, since: since, upSince: upSince, heardAt: try reader.instant(),
      isAwaited: try reader.bool())
    state = number == 0 ? .waiting : number == 1 ? .oneWay : .twoWay
    guard (state == .twoWay) == (upSince != nil) else { throw .kind }
  }
}

extension Tree {
  fileprivate func encode(to writer: inout Writer) {
    writer.u32(key.origin.network)
    writer.u8(UInt8(clamping: key.origin.length))
    writer.u32(key.group)
    writer.bool(isCrowded)
    writer.count(flows.count)
    for flow in flows {
      writer.u32(flow.source)
      writer.u8((flow.isWanted ? 1 : 0) | (flow.isAsleep ? 2 : 0))
    }
    writer.count(received.count)
    for prune in received {
      writer.u16(prune.peer)
      writer.instant(prune.until)
    }
    switch upstream {
    case .open: writer.u8(0)
    case .left(let until):
      writer.u8(3)
      writer.instant(until)
    case .pruned(let prune):
      writer.u8(1)
      writer.u16(prune.gateway)
      writer.instant(prune.until)
      writer.instant(orNil: prune.repeatAt)
      writer.duration(prune.repeatWait)
    case .grafting(let graft):
      writer.u8(2)
      writer.u16(graft.gateway)
      writer.instant(graft.repeatAt)
      writer.duration(graft.wait)
    }
  }

  fileprivate init(decoding reader: inout Reader) throws(WireError) {
    let origin = try OriginKey(decoding: &reader)
    self.init(key: Key(origin: origin, group: try reader.u32()), row: 0)
    guard Address(ipv4: key.group).isMulticast else { throw .group }
    isCrowded = try reader.bool()
    for _ in 0..<(try reader.count()) {
      let source = try reader.u32()
      let flags = try reader.u8()
      flows.append(TreeFlow(source: source, isWanted: flags & 1 != 0, isAsleep: flags & 2 != 0))
    }
    for _ in 0..<(try reader.count()) {
      received.append(ReceivedPrune(peer: try reader.u16(), until: try reader.instant()))
    }
    guard flows.count <= Tree.flowLimit, Set(received.map(\.peer)).count == received.count else {
      throw .count
    }
    // Waits double with each repetition.
    let longest = Duration.seconds(86_400)
    switch try reader.u8() {
    case 0: break
    case 3: upstream = .left(until: try reader.instant())
    case 1:
      upstream = .pruned(
        SentPrune(
          gateway: try reader.u16(), until: try reader.instant(), repeatAt: try reader.instantOrNil(),
          repeatWait: min(try reader.duration(), longest)))
    case 2:
      upstream = .grafting(
        PendingGraft(
          gateway: try reader.u16(), repeatAt: try reader.instant(), wait: min(try reader.duration(), longest)
        ))
    default: throw .kind
    }
  }
}

extension OriginKey {
  init(decoding reader: inout Reader) throws(WireError) {
    let network = try reader.u32()
    let length = Int(try reader.u8())
    guard length <= 32 else { throw .mask }
    self.init(network, length: length)
  }

  func encode(to writer: inout Writer) {
    writer.u32(network)
    writer.u8(UInt8(clamping: length))
  }
}

extension ReportSchedule {
  fileprivate func encode(to writer: inout Writer) {
    writer.instant(orNil: periodicAt)
    writer.optional(periodicAfter) { $1.encode(to: &$0) }
    writer.instant(orNil: flashAt)
    writer.instant(orNil: flashedAt)
    writer.instant(silentUntil)
    writer.count(transfers.count)
    for transfer in transfers {
      writer.u8(transfer.slot)
      writer.optional(transfer.peer) { $0.u16($1) }
      writer.optional(transfer.after) { $1.encode(to: &$0) }
      writer.instant(transfer.at)
    }
  }

  fileprivate init(decoding reader: inout Reader) throws(WireError) {
    periodicAt = try reader.instantOrNil()
    periodicAfter = try reader.hasValue() ? try OriginKey(decoding: &reader) : nil
    flashAt = try reader.instantOrNil()
    flashedAt = try reader.instantOrNil()
    silentUntil = try reader.instant()
    for _ in 0..<(try reader.count()) {
      let slot = try reader.u8()
      let peer = try reader.hasValue() ? try reader.u16() : nil
      let after = try reader.hasValue() ? try OriginKey(decoding: &reader) : nil
      transfers.append(Transfer(slot: slot, peer: peer, after: after, at: try reader.instant()))
    }
  }
}

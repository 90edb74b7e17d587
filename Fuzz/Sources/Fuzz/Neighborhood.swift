import Addressing
import DVMRP
import Kernel
import Timing
import Wire

/// Lives of a DVMRP router whose neighbors say whatever the input says.
extension Fuzz {
  static func neighborhood(_ bytes: [UInt8]) {
    guard var first = Neighborhood(), var second = Neighborhood() else { return }
    first.live(bytes)
    second.live(bytes)
    expect(first.sent == second.sent, "a second life sends the same")
  }
}

private struct Neighborhood {
  var dvmrp: DVMRP
  var now = Instant.start
  var sent: [Datagram] = []
  var limits = Limits()

  init?() {
    limits.neighborsPerInterface = 3
    limits.neighbors = 5
    limits.dvmrpRoutes = 12
    limits.dvmrpRoutesPerNeighbor = 8
    limits.prunes = 6
    limits.prunesPerNeighbor = 4
    dvmrp = DVMRP(limits: limits, generation: 1, seed: 1)
    for slot in 0..<3 as Range<UInt8> {
      var settings = DVMRPSettings()
      settings.metric = slot + 1
      settings.repeatsPrunes = slot == 1
      settings.floods = slot != 2
      take(dvmrp.configure(settings, on: InterfaceID(slot: slot), at: now))
      change(slot, isUp: true)
    }
  }

  /// Each step is a byte for what happens, one for whom, and what that needs.
  mutating func live(_ bytes: [UInt8]) {
    var reader = Reader(bytes.span)
    var steps = 0
    while steps < 200, let kind = try? reader.u8(), let who = try? reader.u8() {
      steps += 1
      switch kind % 8 {
      case 0: pass(.milliseconds(Int64(who) * 4))
      case 1: pass(.seconds(Int64(who)))
      case 2: change(who % 3, isUp: who & 4 == 0)
      case 3: probe(who)
      case 4: want(who)
      case 5: tree(who, (try? reader.u8()) ?? 7)
      case 6: report(who, &reader)
      default: packet(who, &reader)
      }
      check()
    }
    pass(.seconds(400))
    take(dvmrp.stop(at: now))
    check()
  }

  private mutating func take(_ effects: DVMRPEffects) {
    for datagram in effects.datagrams {
      Fuzz.expect((try? DVMRPPacket(decoding: datagram.payload.span)) != nil, "what is sent can be read")
      Fuzz.expect(datagram.payload.count <= 516, "what is sent fits into its packet")
    }
    sent += effects.datagrams
    for flow in effects.flows { decide(flow) }
    for flow in effects.stale { take(dvmrp.forget(flow, at: now)) }
    for flow in effects.suspects { take(dvmrp.stillArriving(flow, at: now)) }
  }

  private mutating func decide(_ flow: Flow) {
    guard let view = dvmrp.view(of: flow, at: now) else { return }
    Fuzz.expect(
      view.dependents.subtracting(view.children).isEmpty && (1...31).contains(view.metric), "a sound view")
    if let upstream = view.reversePath {
      Fuzz.expect(!view.children.contains(upstream), "nothing goes back where it came from")
    }
    take(dvmrp.setWanted(!view.dependents.isEmpty, for: flow, at: now))
  }

  private func check() {
    Fuzz.expect(dvmrp.neighborCount <= limits.neighbors, "neighbors within the limit")
    // Three subnets are always let in.
    Fuzz.expect(dvmrp.routeCount <= limits.dvmrpRoutes + 3, "routes within the limit")
    Fuzz.expect(dvmrp.pruneCount <= limits.prunes, "prunes within the limit")
    Fuzz.expect(dvmrp.treeCount <= 2 * limits.prunes, "trees within the limit")
  }

  private mutating func pass(_ time: Duration) {
    let end = now + time
    var turns = 0
    while let next = dvmrp.nextDeadline, next <= end {
      now = max(now, next)
      take(dvmrp.expire(at: now))
      turns += 1
      Fuzz.expect(turns < 20_000, "deadlines pass")
    }
    now = end
  }

  private mutating func change(_ slot: UInt8, isUp: Bool) {
    let device = Interface(
      index: Int32(slot) + 1, name: "eth\(slot)", flags: [.up, .running, .multicast],
      addresses: [InterfaceAddress(own(slot), length: 24)])
    take(dvmrp.change(InterfaceID(slot: slot), to: isUp ? device : nil, at: now))
  }

  private func own(_ slot: UInt8) -> Address { Address(ipv4: 0x0a00_0001 | UInt32(slot) << 8) }

  private func neighbor(_ who: UInt8) -> Address {
    Address(ipv4: 0x0a00_0002 | UInt32(who % 3) << 8 | UInt32(who >> 2 & 7))
  }

  private mutating func hear(_ payload: [UInt8], _ who: UInt8, to destination: Address) {
    let datagram = Datagram(
      link: Int32(who % 3) + 1, source: neighbor(who), destination: destination, hops: 1, routerAlert: false,
      payload: payload)
    take(dvmrp.receive(datagram, on: InterfaceID(slot: who % 3), at: now))
  }

  private static let allRouters = Address(ipv4: 0xe000_0004)

  private mutating func probe(_ who: UInt8) {
    let probe = DVMRPProbe(
      generation: UInt32(who >> 6), neighbors: who & 0x20 == 0 ? [own(who % 3)] : [])
    hear(DVMRPPacket(.probe(probe)).encoded(), who, to: Neighborhood.allRouters)
  }

  private func flow(_ who: UInt8) -> Flow? {
    Group(Address(ipv4: 0xef01_0100 | UInt32(who >> 6))).flatMap {
      Flow(source: Address(ipv4: 0x1400_0001 | UInt32(who & 15) << 8), group: $0)
    }
  }

  private mutating func want(_ who: UInt8) {
    guard let flow = flow(who) else { return }
    if who & 0x20 == 0 { decide(flow) } else { take(dvmrp.forget(flow, at: now)) }
  }

  private mutating func tree(_ who: UInt8, _ what: UInt8) {
    guard let flow = flow(what) else { return }
    let graft = DVMRPGraft(source: flow.source, group: flow.group)
    let message: DVMRPMessage =
      switch who >> 6 {
      case 0: .graft(graft)
      case 1: .graftAck(graft)
      default: .prune(DVMRPPrune(source: flow.source, group: flow.group, lifetime: UInt32(who) * 3))
      }
    hear(DVMRPPacket(message).encoded(), who, to: own(who % 3))
  }

  /// Up to eight routes: a byte for the origin, one for the metric.
  private mutating func report(_ who: UInt8, _ reader: inout Reader) {
    var routes: [ReportedRoute] = []
    for _ in 0..<8 {
      guard let origin = try? reader.u8(), let value = try? reader.u8(), origin != 255,
        let metric = DVMRPMetric(rawValue: value & 63),
        let prefix = Prefix(
          Address(ipv4: 0x1400_0000 | UInt32(origin & 15) << 8), length: 16 + Int(origin >> 5))
      else { break }
      routes.append(ReportedRoute(prefix, metric))
    }
    hear(DVMRPPacket(.report(DVMRPReport(routes))).encoded(), who, to: Neighborhood.allRouters)
  }

  /// Anything, with a right checksum.
  private mutating func packet(_ who: UInt8, _ reader: inout Reader) {
    let count = min(reader.remaining, Int(who & 31) + 1)
    guard let part = try? reader.take(count) else { return }
    var writer = Writer()
    writer.append(contentsOf: [DVMRPPacket.type, who >> 4, 0, 0, 0, 0x0e, 0xff, 3])
    for index in 0..<part.count { writer.u8(part[index]) }
    writer.setChecksum(at: 2)
    hear(writer.bytes, who, to: who & 0x40 == 0 ? Neighborhood.allRouters : own(who % 3))
  }
}

import Addressing
import DVMRP
import Kernel
import Testing
import Timing
import Wire

/// One router under test; its neighbors are the test's own words.
struct Bench {
  struct Sent {
    var at: Instant
    var slot: UInt8
    var datagram: Datagram
    var packet: DVMRPPacket
    var message: DVMRPMessage { packet.message }
  }

  var dvmrp: DVMRP
  var now = Instant.start
  var sent: [Sent] = []
  var events: [DVMRPEvent] = []

  /// - Parameter links: our address with its length on each slot.
  init(
    _ links: [String], limits: Limits = Limits(), options: DVMRPOptions = DVMRPOptions(),
    settings: (UInt8, inout DVMRPSettings) -> Void = { _, _ in }
  ) throws {
    dvmrp = DVMRP(limits: limits, options: options, generation: 1000, seed: 1)
    for (slot, text) in links.enumerated() {
      var of = DVMRPSettings()
      settings(UInt8(slot), &of)
      take(dvmrp.configure(of, on: InterfaceID(slot: UInt8(slot)), at: now))
      _ = up(UInt8(slot), try device(slot, text))
    }
  }

  mutating func up(_ slot: UInt8, _ device: Interface?) -> DVMRPEffects {
    take(dvmrp.change(InterfaceID(slot: slot), to: device, at: now))
  }

  @discardableResult
  mutating func take(_ effects: DVMRPEffects) -> DVMRPEffects {
    for datagram in effects.datagrams {
      guard let packet = try? DVMRPPacket(decoding: datagram.payload.span) else {
        Issue.record("sent what cannot be read")
        continue
      }
      let slot = UInt8(truncatingIfNeeded: max(0, datagram.link - 1))
      sent.append(Sent(at: now, slot: slot, datagram: datagram, packet: packet))
    }
    events += effects.events
    return effects
  }

  /// What was sent since the last call.
  mutating func said() -> [Sent] {
    defer { sent = [] }
    return sent
  }

  @discardableResult
  mutating func hear(
    _ message: DVMRPMessage, from source: String, to destination: String? = nil, on slot: UInt8,
    version: DVMRPVersion = .current, capabilities: DVMRPCapabilities = .ours, hops: UInt8 = 1
  ) throws -> DVMRPEffects {
    let isForAll = message.code <= 2
    let datagram = Datagram(
      link: Int32(slot) + 1, source: try address(source),
      destination: try address(destination ?? (isForAll ? "224.0.0.4" : own[Int(slot)])),
      hops: hops, routerAlert: false,
      payload: DVMRPPacket(message, version: version, capabilities: capabilities).encoded())
    return take(dvmrp.receive(datagram, on: InterfaceID(slot: slot), at: now))
  }

  var own: [String] = ["10.0.0.1", "10.0.1.1", "10.0.2.1", "10.0.3.1"]

  /// Makes a neighbor two-way; what is said meanwhile is dropped.
  mutating func meet(_ source: String, on slot: UInt8, generation: UInt32 = 7) throws {
    try probe(source, on: slot, generation: generation)
    try advance(.milliseconds(200))
    _ = said()
  }

  @discardableResult
  mutating func probe(
    _ source: String, on slot: UInt8, generation: UInt32 = 7, namingUs: Bool = true
  ) throws -> DVMRPEffects {
    let named = namingUs ? [try address(own[Int(slot)])] : []
    return try hear(.probe(DVMRPProbe(generation: generation, neighbors: named)), from: source, on: slot)
  }

  @discardableResult
  mutating func report(
    _ routes: [(String, UInt8)], from source: String, on slot: UInt8
  ) throws -> DVMRPEffects {
    let list = try routes.map { ReportedRoute(try prefix($0.0), try #require(DVMRPMetric(rawValue: $0.1))) }
    return try hear(.report(DVMRPReport(list)), from: source, on: slot)
  }

  /// Lets time pass; every deadline on the way is met to the nanosecond.
  ///
  /// - Returns: what every one of them had as result.
  @discardableResult
  mutating func advance(_ time: Duration) throws -> [DVMRPEffects] {
    let end = now + time
    var all: [DVMRPEffects] = []
    var turns = 0
    while let next = dvmrp.nextDeadline, next <= end {
      now = max(now, next)
      all.append(take(dvmrp.expire(at: now)))
      turns += 1
      try #require(turns < 100_000, "deadlines do not pass")
    }
    now = end
    return all
  }

  func view(_ source: String, _ group: String = "239.1.1.1") throws -> DVMRPView? {
    dvmrp.view(of: try flow(source, group), at: now)
  }

  @discardableResult
  mutating func want(
    _ wanted: Bool, _ source: String, _ group: String = "239.1.1.1", hasEntry: Bool = true
  ) throws -> DVMRPEffects {
    take(dvmrp.setWanted(wanted, for: try flow(source, group), hasEntry: hasEntry, at: now))
  }

  func refused(_ refusal: DVMRPRefusal, on slot: UInt8) -> UInt64 {
    dvmrp.counters(of: InterfaceID(slot: slot))?[refusal] ?? 0
  }
}

extension [Bench.Sent] {
  func messages(_ code: UInt8) -> [Bench.Sent] { filter { $0.message.code == code } }

  /// All routes of the reports on a slot, in the order in which they were sent.
  func routes(on slot: UInt8) -> [String] {
    filter { $0.slot == slot }.flatMap { sent -> [String] in
      guard case .report(let report) = sent.message else { return [] }
      return report.routes.map { "\($0.origin) \($0.metric.rawValue)" }
    }
  }
}

func device(_ slot: Int, _ text: String, flags: Interface.Flags = [.up, .running, .multicast]) throws
  -> Interface
{
  let parts = text.split(separator: "/")
  return Interface(
    index: Int32(slot) + 1, name: "eth\(slot)", flags: flags,
    addresses: [
      InterfaceAddress(try address(String(parts[0])), length: try #require(UInt8(parts[1])))
    ])
}

func address(_ text: String) throws -> Address { try #require(Address(text)) }

func prefix(_ text: String) throws -> Prefix { try #require(Prefix(text)) }

func group(_ text: String) throws -> Group { try #require(Group(address(text))) }

func flow(_ source: String, _ to: String = "239.1.1.1") throws -> Flow {
  try #require(Flow(source: address(source), group: group(to)))
}

func slots(_ numbers: UInt8...) -> InterfaceSet { InterfaceSet(numbers.map { InterfaceID(slot: $0) }) }

import Addressing
import Configuration
import Diagnostics
import Kernel
import Router
import Timing

/// A Router with its kernel and its own clock.
struct SimulatedRouter: Sendable {
  /// What leaves by a link.
  struct Outgoing: Sendable {
    var link: Int32
    var frame: Frame
  }

  let name: String
  /// The node's number.
  let node: Int
  /// Its own bit in the path of a packet.
  let bit: UInt64
  let defects: Set<Scenario.Defect>
  var kernel = SimulatedKernel()
  var configuration: Configuration
  private(set) var router: Router
  private(set) var isAlive = false
  /// What the last process left, while somebody holds its sockets.
  private var legacy: Legacy?
  /// Whether the last step came to an end by itself.
  private(set) var rests = true
  /// More entries than this are too many.
  private(set) var entryLimit = 0
  /// Of a thousand system calls, so many fail.
  var failingCalls: UInt16 = 0
  /// What its kernel was asked for, where that is told.
  private var deeds: [String] = []
  var tellsDeeds = false
  private let clock: SkewedClock
  private(set) var lives: UInt32 = 0

  init(_ node: Scenario.Node, number: Int, bit: Int, _ statements: [String]) throws(Diagnostic) {
    name = node.name
    self.node = number
    self.bit = 1 << UInt64(bit & 63)
    defects = node.defects
    clock = SkewedClock(skew: node.skew, offset: node.offset.nanoseconds)
    configuration = try SimulatedRouter.configuration(statements, of: node.name)
    router = Router(seed: 0)
  }

  static func configuration(_ statements: [String], of name: String) throws(Diagnostic) -> Configuration {
    let text = Array(statements.joined(separator: "\n").utf8)
    let parsed = parse(text, named: name, source: TextSource())
    if let error = parsed.diagnostics.first(where: { $0.severity == .error }) { throw error }
    return parsed.configuration
  }

  /// Another file, of the same start.
  mutating func take(_ configuration: Configuration) {
    let generation = self.configuration.dvmrp.generation
    self.configuration = configuration
    self.configuration.dvmrp.generation = generation
  }

  // MARK: Life

  /// A new process; the kernel's tables went with the last one.
  mutating func boot(seed: UInt64, _ links: [Interface]) {
    kernel = SimulatedKernel(defects)
    for link in links { kernel.add(link: link.index, name: link.name) }
    live(seed: seed)
  }

  mutating func live(seed: UInt64) {
    lives += 1
    legacy = nil
    router = Router(seed: Generator.mix(seed &+ bit &+ UInt64(lives) << 32))
    configuration.dvmrp.generation = lives
    let limits = configuration.limits
    entryLimit = limits.entries + limits.blocking + limits.routes
    isAlive = true
  }

  /// The process is gone, and with its sockets all that the kernel held for it.
  mutating func die() {
    isAlive = false
    legacy = nil
    kernel = SimulatedKernel(defects)
  }

  /// Whether its kernel has its tables.
  var forwards: Bool { isAlive || legacy != nil }

  /// The process is gone, and somebody holds its sockets.
  mutating func leave(_ extent: Router.SnapshotExtent) {
    legacy = Legacy(snapshot: router.snapshot(extent), vifs: kernel.vifs)
    isAlive = false
  }

  /// What sockets keep for the next process; it asks anew how links are.
  mutating func buffer(_ events: [Event]) {
    legacy?.buffer(events)
  }

  /// The next process, which takes over.
  ///
  /// - Returns: what begins its life, and what came meanwhile.
  mutating func succeed(seed: UInt64, _ links: [Interface]) -> (first: [Event], unread: [Event]) {
    guard let legacy else { return ([], []) }
    live(seed: seed)
    let first: [Event] = [
      .kernel(.interfacesListed(links + kernel.tunnelInterfaces)),
      .kernel(.adopted(kernel.adoption(of: legacy.vifs))), .restore(legacy.snapshot),
      .configure(configuration, isReload: false, request: nil),
    ]
    return (first, legacy.unread)
  }

  // MARK: Time

  /// When it wants to be called, in true time.
  var deadline: Instant? {
    guard isAlive, let next = router.nextDeadline else { return nil }
    return clock.truth(next)
  }

  func isDue(at now: Instant) -> Bool {
    guard isAlive, let next = router.nextDeadline else { return false }
    return next <= clock.local(now)
  }

  // MARK: Work

  /// Whether its sockets get a protocol packet.
  func hears(_ datagram: Datagram, by link: Int32) -> Bool {
    if !defects.isEmpty {
      if defects.contains(.unpruned), datagram.isPrune { return false }
      if defects.contains(.deaf), datagram.isHostReport { return false }
    }
    return kernel.listens(on: link, to: datagram.destination)
  }

  mutating func receive(
    _ packet: Packet, by link: Int32, at now: Instant
  ) -> (upcall: Upcall?, copies: [SimulatedKernel.Copy]) {
    kernel.receive(packet, by: link, at: now)
  }

  /// Steps until nothing follows, and collects what it sends.
  ///
  /// - Returns: how often the Router was stepped.
  mutating func step(
    _ events: [Event], at now: Instant, _ chance: inout Generator, _ outgoing: inout [Outgoing]
  ) -> Int {
    var events = events
    let local = clock.local(now)
    for round in 1...50 {
      let actions = router.step(events, at: local)
      events.removeAll(keepingCapacity: true)
      for case .kernel(let action) in actions {
        if case .send(let datagram) = action {
          outgoing.append(Outgoing(link: datagram.link, frame: .datagram(datagram)))
          continue
        }
        if failingCalls > 0, UInt16.random(in: 0..<1000, using: &chance) < failingCalls,
          let failure = SimulatedKernel.failure(of: action)
        {
          events.append(.kernel(failure))
          continue
        }
        if tellsDeeds { note(action) }
        let result = kernel.perform(action, at: now)
        for event in result.events { events.append(.kernel(event)) }
        for copy in result.copies { outgoing.append(Outgoing(link: copy.link, frame: .packet(copy.packet))) }
      }
      if events.isEmpty, router.nextDeadline.map({ $0 > local }) ?? true { return round }
    }
    rests = false
    return 50
  }

  private mutating func note(_ action: KernelAction) {
    switch action {
    case .addEntry(let entry): deeds.append("installs \(text(entry))")
    case .removeEntry(let key): deeds.append("removes \(kernel.entries[key].map(text) ?? "\(key.flow)")")
    default: break
    }
  }

  /// What it did since the last call.
  mutating func takeDeeds() -> [String] {
    tellsDeeds = true
    defer { deeds = [] }
    return deeds
  }

  func name(of link: Int32) -> String {
    kernel.links.keys.sorted().first { kernel.links[$0] == link } ?? "link \(link)"
  }

  /// What the Router would still do if it read its tables back, and its configuration again; empty when the
  /// kernel is as it wants it.
  func differences(at now: Instant) -> [String] {
    var copy = router
    var events = kernel.audit(of: router.installedKeys).map { Event.kernel($0) }
    events.append(.configure(configuration, isReload: true, request: nil))
    return copy.step(events, at: clock.local(now)).compactMap { action in
      switch action {
      case .kernel(.addEntry(let entry)):
        let present = kernel.entries[entry.key].map(text) ?? "nothing"
        return "install \(text(entry)) in place of \(present)"
      case .kernel(.removeEntry(let key)): return "remove \(kernel.entries[key].map(text) ?? "\(key.flow)")"
      case .kernel(.addVIF(let vif)): return "add VIF \(vif.index) of link \(vif.link)"
      case .kernel(.removeVIF(let vif)): return "remove VIF \(vif.index) of link \(vif.link)"
      case .kernel(.join(let join)): return "join \(join.group) on link \(join.link)"
      case .kernel(.leave(let join)): return "leave \(join.group) on link \(join.link)"
      case .kernel, .reply, .notice, .finished: return nil
      }
    }
  }

  /// `(S,G) n1 → n2 n3`.
  private func text(_ entry: KernelEntry) -> String {
    func name(_ index: VIFIndex) -> String {
      let vif = kernel.vifs.first {
        $0.index == index && $0.table == entry.key.table && $0.family == entry.key.flow.family
      }
      return kernel.links.keys.sorted().first { kernel.links[$0] == vif?.link } ?? "VIF \(index)"
    }
    let out = (0..<VIFIndex(32)).filter { entry.outbound[$0] != 0 }.map { " " + name($0) }.joined()
    return "\(entry.key.flow) \(name(entry.parent)) →\(out.isEmpty ? " nothing" : out)"
  }
}

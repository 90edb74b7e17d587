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
  /// Its own bit in the path of a packet.
  let bit: UInt64
  var kernel = SimulatedKernel()
  var configuration: Configuration
  private(set) var router: Router
  private(set) var isAlive = false
  /// Whether the last step came to an end by itself.
  private(set) var rests = true
  private let skew: Int64
  private var lives: UInt64 = 0

  init(_ node: Scenario.Node, bit: Int) throws(Diagnostic) {
    name = node.name
    self.bit = 1 << UInt64(bit & 63)
    skew = node.skew
    configuration = try SimulatedRouter.configuration(node.statements, of: node.name)
    router = Router(seed: 0)
  }

  static func configuration(_ statements: [String], of name: String) throws(Diagnostic) -> Configuration {
    let text = Array(statements.joined(separator: "\n").utf8)
    let parsed = parse(text, named: name, source: TextSource())
    if let error = parsed.diagnostics.first(where: { $0.severity == .error }) { throw error }
    return parsed.configuration
  }

  // MARK: Life

  /// A new process; the kernel's tables went with the last one.
  mutating func boot(seed: UInt64, _ links: [Interface]) {
    lives += 1
    kernel = SimulatedKernel()
    for link in links { kernel.add(link: link.index, name: link.name) }
    router = Router(seed: Generator.mix(seed &+ bit &+ lives << 32))
    isAlive = true
  }

  /// The process is gone, and with its sockets all that the kernel held for it.
  mutating func die() {
    isAlive = false
    kernel = SimulatedKernel()
  }

  // MARK: Time

  /// What its clock shows at a true instant.
  private func local(_ now: Instant) -> Instant {
    skew == 0 ? now : Instant(nanoseconds: now.nanoseconds + now.nanoseconds / 1_000_000 * skew)
  }

  /// The first true instant at which its clock shows `local` or later.
  private func true_(_ local: Instant) -> Instant {
    guard skew != 0 else { return local }
    let (scaled, overflow) = (local.nanoseconds / 1000).multipliedReportingOverflow(by: 1_000_000)
    // A deadline of never stays one.
    return Instant(nanoseconds: overflow ? local.nanoseconds : scaled / (1_000_000 + skew) * 1000 + 2_000_000)
  }

  /// When it wants to be called, in true time.
  var deadline: Instant? { isAlive ? router.nextDeadline.map { true_($0) } : nil }

  func isDue(at now: Instant) -> Bool { isAlive && router.nextDeadline.map { $0 <= local(now) } ?? false }

  // MARK: Work

  mutating func receive(
    _ packet: Packet, by link: Int32, at now: Instant
  ) -> (upcall: Upcall?, copies: [SimulatedKernel.Copy]) {
    kernel.receive(packet, by: link, at: now)
  }

  /// Steps until nothing follows, and collects what it sends.
  ///
  /// - Returns: how often the Router was stepped.
  mutating func step(_ events: [Event], at now: Instant, _ outgoing: inout [Outgoing]) -> Int {
    var events = events
    let clock = local(now)
    for round in 1...50 {
      let actions = router.step(events, at: clock)
      events.removeAll(keepingCapacity: true)
      for case .kernel(let action) in actions {
        if case .send(let datagram) = action {
          outgoing.append(Outgoing(link: datagram.link, frame: .datagram(datagram)))
          continue
        }
        let result = kernel.perform(action, at: now)
        for event in result.events { events.append(.kernel(event)) }
        for copy in result.copies { outgoing.append(Outgoing(link: copy.link, frame: .packet(copy.packet))) }
      }
      if events.isEmpty, router.nextDeadline.map({ $0 > clock }) ?? true { return round }
    }
    rests = false
    return 50
  }

  /// What the Router would still do if it read its tables back now; empty when they are as it wants them.
  func differences(at now: Instant) -> [KernelAction] {
    var copy = router
    return copy.step([.kernel(kernel.audit)], at: local(now)).compactMap { action in
      switch action {
      case .kernel(.addEntry(let entry)): .addEntry(entry)
      case .kernel(.removeEntry(let key)): .removeEntry(key)
      case .kernel(.addVIF(let vif)): .addVIF(vif)
      case .kernel, .reply, .notice, .finished: nil
      }
    }
  }
}

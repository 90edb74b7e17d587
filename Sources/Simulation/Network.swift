import Addressing
import Configuration
public import Diagnostics
import Kernel
import Router
public import Timing
import Wire

/// Many Routers, hosts and links in one value on one virtual clock.
///
/// It always does the earliest thing; what happens at one instant happens in the order of its cause. The same
/// scenario gives the same run, to the byte.
public struct Network: Sendable {
  /// What waits for its time.
  enum Due: Sendable {
    case arrival(Frame, at: Int)
    case event(Int)
    case sending(Stream)
    case host(Int)
    case router(Int)
    case judgement(Expectation)
    case inspection
  }

  /// A host that sends numbered packets.
  struct Stream: Sendable {
    var number: Int
    var node: Int
    var flow: Flow
    var every: Duration
    var left: Int
    var sequence = 0
  }

  /// A node's plug into a segment.
  struct Plug: Sendable {
    var node: Int
    var segment: Int
    /// The ifindex; another one when the interface is made anew.
    var link: Int32
    var addresses: [Address]
    var isConnected = true
    var exists = true
  }

  public let scenario: Scenario
  public internal(set) var now = Instant.start
  /// What did not hold, in the order of finding; at most 20.
  public internal(set) var violations: [Violation] = []
  public internal(set) var counts = NetworkCounts()

  var queue = DueQueue()
  var chance: Generator
  /// By the node's number; nil where it is of the other kind.
  var routers: [SimulatedRouter?]
  var hosts: [SimulatedHost?]
  /// The next call that the queue holds for each router.
  var callAt: [Instant]
  var plugs: [Plug] = []
  var plugsOf: [[Int]]
  var plugsOn: [[Int]]
  var impairments: [Scenario.Impairment]
  var isDown: [Bool]
  var nodeNamed: [String: Int] = [:]
  var segmentNamed: [String: Int] = [:]
  var streams = 0
  var receipts = Receipts()
  /// When something last changed that routing must settle from; `.max` while a fault lasts.
  var disturbedAt = Instant.start
  var openFaults = 0
  /// Where packets can come to; forgotten with each disturbance.
  var reachable: [ReachKey: Set<Int>] = [:]
  /// When a host last joined or left, by node and group.
  var joinedAt: [Int: [Group: Instant]] = [:]

  /// Refuses a configuration that the native grammar refuses.
  public init(_ scenario: Scenario) throws(Diagnostic) {
    self.scenario = scenario
    chance = Generator(seed: scenario.seed)
    routers = Array(repeating: nil, count: scenario.nodes.count)
    hosts = Array(repeating: nil, count: scenario.nodes.count)
    callAt = Array(repeating: Instant(nanoseconds: .max), count: scenario.nodes.count)
    plugsOf = Array(repeating: [], count: scenario.nodes.count)
    plugsOn = Array(repeating: [], count: scenario.segments.count)
    impairments = Array(repeating: .init(), count: scenario.segments.count)
    isDown = Array(repeating: false, count: scenario.segments.count)
    for (index, segment) in scenario.segments.enumerated() { segmentNamed[segment.name] = index }
    for (index, node) in scenario.nodes.enumerated() {
      nodeNamed[node.name] = index
      for name in node.segments { plug(index, into: segmentNamed[name] ?? 0) }
    }
    var bit = 0
    for (index, node) in scenario.nodes.enumerated() {
      if node.isRouter {
        routers[index] = try SimulatedRouter(node, bit: bit)
        bit += 1
      } else {
        hosts[index] = SimulatedHost()
      }
    }
    for index in routers.indices where routers[index] != nil { boot(index) }
    for (index, event) in scenario.events.enumerated() { queue.add(.event(index), at: event.at) }
    queue.add(.inspection, at: .start + Network.inspectionInterval)
  }

  private mutating func plug(_ node: Int, into segment: Int) {
    let place = UInt32(plugsOn[segment].count + 1)
    let (number, index) = (UInt32(segment + 1), plugs.count)
    let addresses = [
      Address(ipv4: 10 << 24 | number << 8 | place),
      Address(high: 0xfe80 << 48, low: UInt64(number) << 16 | UInt64(place)),
      Address(high: 0xfd00 << 48 | UInt64(number), low: UInt64(place)),
    ]
    let link = Int32(plugsOf[node].count + 2)
    plugs.append(Plug(node: node, segment: segment, link: link, addresses: addresses))
    plugsOf[node].append(index)
    plugsOn[segment].append(index)
  }

  /// Runs to the scenario's end, or to the first violation.
  ///
  /// - Returns: whether all held.
  @discardableResult
  public mutating func run() -> Bool {
    while violations.isEmpty, advance(to: scenario.end) {}
    now = max(now, violations.isEmpty ? scenario.end : now)
    return violations.isEmpty
  }

  /// Does the next thing that is due up to `end`; false when there is none.
  public mutating func advance(to end: Instant) -> Bool {
    guard let next = queue.next, next <= end, let due = queue.take() else { return false }
    now = next
    counts.happenings += 1
    switch due {
    case .arrival(let frame, let plug): arrive(frame, at: plug)
    case .event(let index): happen(scenario.events[index].what)
    case .sending(let stream): send(stream)
    case .host(let node):
      guard hosts[node]?.timers.next.map({ $0 <= now }) ?? false else { break }
      let messages = hosts[node]?.expire(at: now) ?? []
      tell(messages, from: node)
    case .router(let node):
      if callAt[node] <= now { callAt[node] = Instant(nanoseconds: .max) }
      if routers[node]?.isDue(at: now) ?? false { step(node, []) }
    case .judgement(let expectation): judge(expectation)
    case .inspection: inspect()
    }
    return true
  }

  // MARK: Nodes

  /// Steps a Router until it rests, and carries out what it wants.
  mutating func step(_ node: Int, _ events: [Event]) {
    guard routers[node]?.isAlive ?? false else { return }
    var outgoing: [SimulatedRouter.Outgoing] = []
    counts.steps += routers[node]?.step(events, at: now, &outgoing) ?? 0
    check(node)
    if let deadline = routers[node]?.deadline, deadline < callAt[node] {
      callAt[node] = max(deadline, now)
      queue.add(.router(node), at: callAt[node])
    }
    let bit = routers[node]?.bit ?? 0
    for item in outgoing {
      guard let plug = plug(of: node, link: item.link) else { continue }
      switch item.frame {
      case .packet(let packet): pass(packet, by: bit, to: plug)
      case .datagram: transmit(item.frame, from: plug)
      }
    }
  }

  /// A Router forwards a copy: the place to find loops and crossed boundaries.
  private mutating func pass(_ packet: Packet, by bit: UInt64, to plug: Int) {
    var packet = packet
    if packet.path & bit != 0, isSettled {
      violate(.loop, "\(packet.flow) passes \(scenario.nodes[plugs[plug].node].name) twice")
    }
    packet.path |= bit
    let segment = scenario.segments[plugs[plug].segment].name
    for boundary in scenario.boundaries
    where boundary.segment == segment && boundary.groups.contains(packet.flow.group.address) {
      violate(.boundary, "\(packet.flow) crosses the boundary on \(segment)")
    }
    counts.forwarded += 1
    transmit(.packet(packet), from: plug)
  }

  func plug(of node: Int, link: Int32) -> Int? {
    plugsOf[node].first { plugs[$0].link == link && plugs[$0].exists }
  }

  // MARK: Links

  /// Puts a frame on a plug's segment: every other plug gets it, or the one that it is addressed to.
  mutating func transmit(_ frame: Frame, from plug: Int) {
    let segment = plugs[plug].segment
    guard carries(plug) else { return }
    for other in plugsOn[segment] where other != plug && carries(other) {
      if case .datagram(let datagram) = frame, !datagram.destination.isMulticast,
        !plugs[other].addresses.contains(datagram.destination)
      {
        continue
      }
      schedule(frame, to: other, on: segment)
    }
  }

  func carries(_ plug: Int) -> Bool {
    plugs[plug].isConnected && plugs[plug].exists && !isDown[plugs[plug].segment]
  }

  private mutating func schedule(_ frame: Frame, to plug: Int, on segment: Int) {
    let latency = scenario.segments[segment].latency
    let impairment = impairments[segment]
    guard !impairment.isNone else { return queue.add(.arrival(frame, at: plug), at: now + latency) }
    guard !happens(impairment.loss) else { return counts.lost += 1 }
    let late = happens(impairment.reordering) ? Int64.random(in: 1...20, using: &chance) : 1
    queue.add(.arrival(frame, at: plug), at: now + latency * late)
    if happens(impairment.duplication) { queue.add(.arrival(frame, at: plug), at: now + latency * 2) }
  }

  private mutating func happens(_ share: UInt16) -> Bool {
    share > 0 && UInt16.random(in: 0..<1000, using: &chance) < share
  }

  private mutating func arrive(_ frame: Frame, at plug: Int) {
    guard carries(plug) else { return }
    let node = plugs[plug].node
    if hosts[node] != nil { return arrive(frame, atHost: node, by: plug) }
    guard routers[node]?.isAlive ?? false else { return }
    switch frame {
    case .packet(let packet):
      guard let result = routers[node]?.receive(packet, by: plugs[plug].link, at: now) else { return }
      let bit = routers[node]?.bit ?? 0
      for copy in result.copies {
        if let out = self.plug(of: node, link: copy.link) { pass(copy.packet, by: bit, to: out) }
      }
      if let upcall = result.upcall { step(node, [.kernel(.upcall(upcall))]) }
    case .datagram(var datagram):
      guard routers[node]?.kernel.listens(on: plugs[plug].link, datagram.source.family) ?? false else {
        return
      }
      datagram.link = plugs[plug].link
      step(node, [.kernel(.received(datagram))])
    }
  }
}

/// What a run did.
public struct NetworkCounts: Hashable, Sendable {
  public var happenings = 0
  /// Calls of a Router's `step`.
  public var steps = 0
  public var forwarded = 0
  public var delivered = 0
  public var lost = 0
  /// Packets of which it was judged whether every member got them.
  public var judged = 0

  public init() {}
}

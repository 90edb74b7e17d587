import Addressing
import Configuration
public import Diagnostics
import Kernel
import Router
public import Timing
import Wire

/// Many Routers, hosts and links in one value on one virtual clock.
///
/// It always does the earliest thing; what happens at one instant happens in the order of its cause. Time in
/// which nothing happens costs nothing. The same scenario gives the same run, to the byte.
public struct Network: Sendable {
  /// What waits for its time; timers of routers and hosts stand in `callAt`.
  enum Due: Sendable {
    /// To all other plugs of a plug's segment.
    case broadcast(Frame, from: Int)
    case arrival(Frame, at: Int)
    /// Out of a router's end of a tunnel, from the other end's address.
    case emergence(Frame, router: Int, from: Address)
    case event(Int)
    /// The next process of a router, unless another came before.
    case successor(router: Int, life: UInt32)
    case sending(Stream)
    case judgement(Expectation)
    case inspection
  }

  /// Where the state of a node is.
  enum Place: Sendable {
    case router(Int)
    case host(Int)
  }

  /// A host that sends numbered packets.
  struct Stream: Sendable {
    var number: Int
    var node: Int
    var flow: Flow
    var every: Duration
    var left: Int
    var sequence = 0
    var since = Instant.start
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
  var places: [Place] = []
  var routers: [SimulatedRouter] = []
  var hosts: [SimulatedHost] = []
  /// When each node wants to be called; `.max`: never.
  var callAt: [Instant]

  var plugs: [Plug] = []
  var plugsOf: [[Int]]
  var plugsOn: [[Int]]
  var plugWith: [Address: Int] = [:]
  var impairments: [Scenario.Impairment]
  var isDown: [Bool]
  /// The nodes on one side of a partition; empty: there is none.
  var secluded: Set<Int> = []
  var nodeNamed: [String: Int] = [:]
  var segmentNamed: [String: Int] = [:]
  var underlay = Underlay()

  var streams = 0
  var receipts = Receipts()
  var waste = Waste()
  var calm = Calm()
  /// Where packets can come to; forgotten with each disturbance.
  var reachable: [ReachKey: Set<Int>] = [:]
  /// What happens, where somebody wants to read it.
  public var chronicle: Chronicle?
  /// When a host last joined or left, by node and group.
  var joinedAt: [Int: [Group: Instant]] = [:]
  var lastDataAt = Instant.start

  static let never = Instant(nanoseconds: .max)

  /// Refuses a configuration that the native grammar refuses.
  public init(_ scenario: Scenario) throws(Diagnostic) {
    self.scenario = scenario
    chance = Generator(seed: scenario.seed)
    callAt = Array(repeating: Network.never, count: scenario.nodes.count)
    plugsOf = Array(repeating: [], count: scenario.nodes.count)
    plugsOn = Array(repeating: [], count: scenario.segments.count)
    impairments = Array(repeating: .init(), count: scenario.segments.count)
    isDown = Array(repeating: false, count: scenario.segments.count)
    for (index, segment) in scenario.segments.enumerated() { segmentNamed[segment.name] = index }
    for (index, node) in scenario.nodes.enumerated() {
      nodeNamed[node.name] = index
      for name in node.segments { plug(index, into: segmentNamed[name] ?? 0) }
    }
    for (index, node) in scenario.nodes.enumerated() {
      if node.isRouter {
        places.append(.router(routers.count))
        let statements = try statements(of: node.statements)
        routers.append(try SimulatedRouter(node, number: index, bit: routers.count, statements))
      } else {
        places.append(.host(hosts.count))
        hosts.append(SimulatedHost(newest: node.version))
      }
    }
    calm.begin(scenario.settling)
    for index in places.indices { boot(index) }
    for (index, event) in scenario.events.enumerated() { queue.add(.event(index), at: event.at) }
    queue.add(.inspection, at: .start + Network.inspectionInterval)
  }

  private mutating func plug(_ node: Int, into segment: Int) {
    let place = plugsOn[segment].count + 1
    let (number, index) = (segment + 1, plugs.count)
    let addresses = [
      Scenario.address(segment, place),
      Address(high: 0xfe80 << 48, low: UInt64(number) << 16 | UInt64(place)),
      Address(high: 0xfd00 << 48 | UInt64(number), low: UInt64(place)),
    ]
    let link = Int32(plugsOf[node].count + 2)
    plugs.append(Plug(node: node, segment: segment, link: link, addresses: addresses))
    plugsOf[node].append(index)
    plugsOn[segment].append(index)
    for address in addresses { plugWith[address] = index }
  }

  /// Statements with `@NODE/SEGMENT` replaced by that node's address.
  func statements(of texts: [String]) throws(Diagnostic) -> [String] {
    var result: [String] = []
    for text in texts {
      let parts = text.split(separator: "@", omittingEmptySubsequences: false)
      var line = String(parts.first ?? "")
      for part in parts.dropFirst() {
        let name = part.prefix { $0.isLetter || $0.isNumber || $0 == "/" || $0 == "-" || $0 == "_" }
        let words = name.split(separator: "/").map(String.init)
        guard words.count == 2, let node = nodeNamed[words[0]], let segment = segmentNamed[words[1]],
          let plug = plugsOf[node].first(where: { plugs[$0].segment == segment })
        else { throw Diagnostic(.error, .expected, "\"@\(name)\" is no node on a segment") }
        line += "\(plugs[plug].addresses[0])" + part.dropFirst(name.count)
      }
      result.append(line)
    }
    return result
  }

  // MARK: Time

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
    var (earliest, node) = (Network.never, -1)
    for index in callAt.indices where callAt[index] < earliest { (earliest, node) = (callAt[index], index) }
    if let next = queue.next, next <= earliest {
      guard next <= end, let due = queue.take() else { return false }
      now = next
      counts.happenings += 1
      perform(due)
      return true
    }
    guard node >= 0, earliest <= end else { return false }
    now = earliest
    counts.happenings += 1
    call(node)
    return true
  }

  private mutating func perform(_ due: Due) {
    switch due {
    case .broadcast(let frame, let plug): spread(frame, from: plug)
    case .arrival(let frame, let plug): arrive(frame, at: plug)
    case .emergence(let frame, let router, let source): emerge(frame, at: router, from: source)
    case .event(let index):
      if chronicle != nil { tell("\(scenario.events[index].what)") }
      happen(scenario.events[index].what)
    case .successor(let router, let life): succeed(router, life)
    case .sending(let stream): send(stream)
    case .judgement(let expectation): judge(expectation)
    case .inspection: inspect()
    }
  }

  /// A node's timer has come.
  private mutating func call(_ node: Int) {
    callAt[node] = Network.never
    switch places[node] {
    case .router(let router):
      guard routers[router].isDue(at: now) else { return schedule(router, node) }
      step(router, [])
    case .host(let host):
      let messages = hosts[host].expire(at: now)
      tell(messages, from: host, node)
    }
  }

  // MARK: Routers

  private mutating func schedule(_ router: Int, _ node: Int) {
    let deadline = routers[router].deadline ?? Network.never
    // One that never rests is reported, and must not stop the clock.
    callAt[node] = routers[router].rests ? max(deadline, now) : now + .seconds(1)
  }

  /// Steps a Router until it rests, and carries out what it wants.
  mutating func step(_ router: Int, _ events: [Event]) {
    guard routers[router].isAlive else { return routers[router].buffer(events) }
    var outgoing: [SimulatedRouter.Outgoing] = []
    counts.steps += routers[router].step(events, at: now, &chance, &outgoing)
    if chronicle != nil { tell(routers[router].takeDeeds(), of: router) }
    check(router)
    let node = routers[router].node
    schedule(router, node)
    for item in outgoing {
      if chronicle != nil { tell(item.frame, from: router, by: item.link) }
      switch item.frame {
      case .packet(let packet): pass(packet, router, by: item.link)
      case .datagram(let datagram): post(datagram, router, by: item.link)
      }
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

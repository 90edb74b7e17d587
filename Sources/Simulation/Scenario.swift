public import Addressing
public import Timing

/// A network, what happens in it and what must hold: what `mcsim run` reads and a failing seed prints.
public struct Scenario: Hashable, Sendable {
  /// A link that any number of nodes share.
  public struct Segment: Hashable, Sendable {
    public var name: String
    public var latency: Duration

    public init(_ name: String, latency: Duration = .milliseconds(1)) {
      self.name = name
      self.latency = latency
    }
  }

  /// A router or a host and the segments that it is on; its interfaces bear their names.
  public struct Node: Hashable, Sendable {
    public var name: String
    public var isRouter: Bool
    public var segments: [String]
    /// Statements of a router's configuration, in the native grammar.
    ///
    /// `@NODE/SEGMENT` in them stands for that node's IPv4 address there.
    public var statements: [String] = []
    /// How fast its clock runs beside true time, parts per million.
    public var skew: Int64 = 0
    /// What its clock showed at the start.
    public var offset = Duration.zero
    /// What a router does wrong, to see that it is found.
    public var defects: Set<Defect> = []
    /// The newest version of IGMP that a host speaks, 1–3; of MLD it speaks one less.
    public var version: UInt8 = 3

    public init(_ name: String, isRouter: Bool, on segments: [String], statements: [String] = []) {
      self.name = name
      self.isRouter = isRouter
      self.segments = segments
      self.statements = statements
    }
  }

  /// What a segment does to packets beside carrying them; each in parts of a thousand.
  public struct Impairment: Hashable, Sendable {
    public var loss: UInt16 = 0
    public var duplication: UInt16 = 0
    /// Packets that take up to twenty times as long, and so are overtaken.
    public var reordering: UInt16 = 0
    /// Beside the segment's own; it is no part of a thousand.
    public var delay = Duration.zero

    public init(
      loss: UInt16 = 0, duplication: UInt16 = 0, reordering: UInt16 = 0, delay: Duration = .zero
    ) {
      self.loss = loss
      self.duplication = duplication
      self.reordering = reordering
      self.delay = delay
    }

    public var isNone: Bool { loss == 0 && duplication == 0 && reordering == 0 && delay == .zero }
  }

  /// One thing that happens.
  public enum Happening: Hashable, Sendable {
    /// A host sends `count` packets to a group, one each `every`.
    case send(String, Address, every: Duration, count: Int)
    case join(String, Address, source: Address?)
    case leave(String, Address, source: Address?)
    /// A segment, or one node's plug into it, carries nothing; the carrier is gone.
    case down(segment: String, node: String?)
    case up(segment: String, node: String?)
    case impair(segment: String, Impairment)
    /// Nothing passes between these nodes and the others, and no carrier tells; no nodes: that is over.
    case partition([String])
    /// So many of a thousand system calls of a router fail.
    case fail(String, share: UInt16)
    /// A router's interface is deleted, or made anew with another index.
    case remove(segment: String, node: String)
    case restore(segment: String, node: String)
    /// A router ends: with its farewells, or at once.
    case stop(String)
    case kill(String)
    case start(String)
    /// A router's process is replaced, and its kernel forwards on for so long: with all that it knew
    /// (planned), or after a crash.
    case restart(String, away: Duration)
    case crash(String, away: Duration)
    /// A router reads other statements.
    case configure(String, [String])
  }

  /// A happening and its time.
  public struct Event: Hashable, Sendable {
    public var at: Instant
    public var what: Happening

    public init(_ at: Instant, _ what: Happening) {
      self.at = at
      self.what = what
    }
  }

  /// Groups that no router may send onto a segment.
  public struct Boundary: Hashable, Sendable {
    public var segment: String
    public var groups: Prefix

    public init(segment: String, groups: Prefix) {
      self.segment = segment
      self.groups = groups
    }
  }

  public var seed: UInt64 = 1
  public var segments: [Segment] = []
  public var nodes: [Node] = []
  public var events: [Event] = []
  public var boundaries: [Boundary] = []
  /// How long after the last disturbance the network must serve every member again.
  public var settling = Settling(.seconds(5))
  /// How long after a loss a prune may be in force that one side has forgotten.
  public var pruning: Duration = .seconds(3 * 3600)
  /// How long a packet may be on its way.
  public var travel: Duration = .seconds(1)
  public var end: Instant = .start + .seconds(60)
  /// Whether every member that has a path must get every packet, once.
  public var servesMembers = true
  /// Whether no packet may go for long where nobody wants it; static routes that lead anywhere do not ask.
  public var judgesWaste = false

  public init() {}
}

extension Scenario {
  /// Whether a router has a tunnel.
  var hasTunnels: Bool {
    nodes.contains { node in node.statements.contains { $0.hasPrefix("tunnel ") } }
  }

  /// The IPv4 address of a node on its first segment; nil when it is on none.
  public func address(of name: String) -> Address? {
    guard let node = nodes.first(where: { $0.name == name }), let segment = node.segments.first,
      let number = segments.firstIndex(where: { $0.name == segment })
    else { return nil }
    return Scenario.address(number, place(of: name, on: segment))
  }

  /// Which of the nodes on a segment it is, from 1.
  private func place(of name: String, on segment: String) -> Int {
    1 + (nodes.filter { $0.segments.contains(segment) }.firstIndex { $0.name == name } ?? 0)
  }

  /// The address of a segment's n-th node.
  static func address(_ segment: Int, _ place: Int) -> Address {
    Address(ipv4: 10 << 24 | UInt32(segment + 1) << 8 | UInt32(place))
  }
}

/// Taking parts out, for pictures of what matters and for shrinking.
extension Scenario {
  /// The scenario without a node and all that names it.
  public func without(node name: String) -> Scenario {
    var copy = self
    copy.nodes.removeAll { $0.name == name }
    copy.events.removeAll { $0.what.names(node: name) }
    for index in copy.events.indices {
      guard case .partition(let names) = copy.events[index].what else { continue }
      copy.events[index].what = .partition(names.filter { $0 != name })
    }
    return copy
  }

  /// The scenario without a segment and all that names it.
  public func without(segment name: String) -> Scenario {
    var copy = self
    copy.segments.removeAll { $0.name == name }
    for index in copy.nodes.indices { copy.nodes[index].segments.removeAll { $0 == name } }
    copy.events.removeAll { $0.what.names(segment: name) }
    copy.boundaries.removeAll { $0.segment == name }
    return copy
  }
}

extension Scenario.Happening {
  func names(node: String) -> Bool {
    switch self {
    case .send(let name, _, _, _), .join(let name, _, _), .leave(let name, _, _), .stop(let name),
      .kill(let name), .start(let name), .configure(let name, _), .remove(_, let name),
      .restore(_, let name), .fail(let name, _), .restart(let name, _), .crash(let name, _):
      name == node
    case .down(_, let name), .up(_, let name): name == node
    case .partition, .impair: false
    }
  }

  func names(segment: String) -> Bool {
    switch self {
    case .down(let name, _), .up(let name, _), .impair(let name, _), .remove(let name, _),
      .restore(let name, _):
      name == segment
    case .send, .join, .leave, .stop, .kill, .start, .restart, .crash, .configure, .partition, .fail: false
    }
  }
}

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
    public var statements: [String] = []
    /// How fast its clock runs beside true time, parts per million.
    public var skew: Int64 = 0

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

    public init(loss: UInt16 = 0, duplication: UInt16 = 0, reordering: UInt16 = 0) {
      self.loss = loss
      self.duplication = duplication
      self.reordering = reordering
    }

    public var isNone: Bool { loss == 0 && duplication == 0 && reordering == 0 }
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
    /// A router's interface is deleted, or made anew with another index.
    case remove(segment: String, node: String)
    case restore(segment: String, node: String)
    /// A router ends: with its farewells, or at once.
    case stop(String)
    case kill(String)
    case start(String)
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
  public var settling: Duration = .seconds(5)
  /// How long a packet may be on its way.
  public var travel: Duration = .seconds(1)
  public var end: Instant = .start + .seconds(60)
  /// Whether every member that has a path must get every packet, once.
  public var servesMembers = true

  public init() {}
}

/// Taking parts out, for pictures of what matters and for shrinking.
extension Scenario {
  /// The scenario without a node and all that names it.
  public func without(node name: String) -> Scenario {
    var copy = self
    copy.nodes.removeAll { $0.name == name }
    copy.events.removeAll { $0.what.names(node: name) }
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
      .restore(_, let name):
      name == node
    case .down(_, let name), .up(_, let name): name == node
    case .impair: false
    }
  }

  func names(segment: String) -> Bool {
    switch self {
    case .down(let name, _), .up(let name, _), .impair(let name, _), .remove(let name, _),
      .restore(let name, _):
      name == segment
    case .send, .join, .leave, .stop, .kill, .start, .configure: false
    }
  }
}

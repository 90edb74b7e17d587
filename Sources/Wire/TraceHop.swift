public import Addressing

/// What one router on a traced path says of itself.
public struct TraceHop: Hashable, Sendable {
  /// When the query arrived: the middle 32 bits of an NTP time.
  public var arrival: UInt32
  /// The interface by which the source's packets come in.
  public var incoming: Address
  /// The interface by which they leave toward the receiver.
  public var outgoing: Address
  /// The router before it on the way from the source; 0.0.0.0 at the first.
  public var previous: Address
  /// Packets by the incoming interface; nil when not counted.
  public var packetsIn: UInt32?
  /// Packets by the outgoing interface; nil when not counted.
  public var packetsOut: UInt32?
  /// Packets of the flow; nil when not counted.
  public var flowPackets: UInt32?
  /// 1 is DVMRP, 2 MOSPF, 3 PIM, 4 CBT; 5–11 are variants of these.
  public var routingProtocol: UInt8
  /// The TTL that packets need to leave.
  public var threshold: UInt8
  /// The S bit: `flowPackets` counts the whole source network.
  public var countsNetwork: Bool
  /// The length of the source network, 0–32; 63: there is state for the group only.
  public var sourceLength: UInt8
  public var problem: TraceProblem

  public init(
    arrival: UInt32, incoming: Address, outgoing: Address, previous: Address, packetsIn: UInt32? = nil,
    packetsOut: UInt32? = nil, flowPackets: UInt32? = nil, routingProtocol: UInt8 = 1, threshold: UInt8,
    countsNetwork: Bool = false, sourceLength: UInt8, problem: TraceProblem = .none
  ) {
    self.arrival = arrival
    self.incoming = incoming
    self.outgoing = outgoing
    self.previous = previous
    self.packetsIn = packetsIn
    self.packetsOut = packetsOut
    self.flowPackets = flowPackets
    self.routingProtocol = routingProtocol
    self.threshold = threshold
    self.countsNetwork = countsNetwork
    self.sourceLength = sourceLength
    self.problem = problem
  }

  init(_ reader: inout Reader) throws(WireError) {
    arrival = try reader.u32()
    incoming = try reader.ipv4()
    outgoing = try reader.ipv4()
    previous = try reader.ipv4()
    packetsIn = try reader.counter()
    packetsOut = try reader.counter()
    flowPackets = try reader.counter()
    routingProtocol = try reader.u8()
    threshold = try reader.u8()
    let mask = try reader.u8()
    countsNetwork = mask & 0x40 != 0
    sourceLength = mask & 0x3f
    problem = TraceProblem(rawValue: try reader.u8())
  }

  func encode(to writer: inout Writer) {
    writer.u32(arrival)
    writer.address(incoming)
    writer.address(outgoing)
    writer.address(previous)
    writer.u32(packetsIn ?? .max)
    writer.u32(packetsOut ?? .max)
    writer.u32(flowPackets ?? .max)
    writer.u8(routingProtocol)
    writer.u8(threshold)
    writer.u8((countsNetwork ? 0x40 : 0) | sourceLength & 0x3f)
    writer.u8(problem.rawValue)
  }

  /// The arrival field for a wall-clock time: seconds since 1970, and microseconds below a million.
  public static func arrival(seconds: Int64, microseconds: UInt32) -> UInt32 {
    // The 32,384 are what NTP's epoch of 1900 leaves of the difference in 16 bits.
    let whole = UInt32(truncatingIfNeeded: seconds &+ 32_384) << 16
    return whole | UInt32(UInt64(min(microseconds, 999_999)) * 1024 / 15_625)
  }

  static let length = 32
}

/// Why a router did not carry the trace or the packets on; codes without a name are kept as they came.
public struct TraceProblem: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let none = TraceProblem(rawValue: 0)
  /// The query came by an interface that the flow does not leave by.
  public static let wrongInterface = TraceProblem(rawValue: 1)
  /// We sent a prune upstream.
  public static let pruneSent = TraceProblem(rawValue: 2)
  /// The routers downstream pruned.
  public static let outputPruned = TraceProblem(rawValue: 3)
  public static let scopeBoundary = TraceProblem(rawValue: 4)
  public static let noRoute = TraceProblem(rawValue: 5)
  public static let wrongLastHop = TraceProblem(rawValue: 6)
  public static let notForwarding = TraceProblem(rawValue: 7)
  public static let reachedRendezvousPoint = TraceProblem(rawValue: 8)
  public static let reversePathInterface = TraceProblem(rawValue: 9)
  public static let noMulticast = TraceProblem(rawValue: 10)
  public static let hidden = TraceProblem(rawValue: 11)
  /// Stands in the last block that found room.
  public static let noSpace = TraceProblem(rawValue: 0x81)
  public static let oldRouter = TraceProblem(rawValue: 0x82)
  public static let prohibited = TraceProblem(rawValue: 0x83)
}

extension Reader {
  /// Nil for a counter that the router does not have.
  fileprivate mutating func counter() throws(WireError) -> UInt32? {
    let value = try u32()
    return value == .max ? nil : value
  }
}

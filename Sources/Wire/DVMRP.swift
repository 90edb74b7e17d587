/// A DVMRP message (IGMP type 0x13; DVMRPv3 3 and appendix) with what its header says of the sender.
public struct DVMRPPacket: Hashable, Sendable {
  public var version: DVMRPVersion
  public var capabilities: DVMRPCapabilities
  public var message: DVMRPMessage

  public init(
    _ message: DVMRPMessage, version: DVMRPVersion = .current, capabilities: DVMRPCapabilities = .ours
  ) {
    self.message = message
    self.version = version
    self.capabilities = capabilities
  }

  /// Reads the bytes behind the IPv4 header, all of which are under the checksum.
  ///
  /// Whether a sender of this version is listened to is not decided here: who asks for neighbors may be old.
  public init(decoding bytes: Span<UInt8>) throws(WireError) {
    var reader = Reader(bytes)
    guard reader.remaining >= 8 else { throw .truncated }
    guard Checksum.of(bytes) == 0 else { throw .checksum }
    guard try reader.u8() == DVMRPPacket.type else { throw .kind }
    let code = try reader.u8()
    try reader.skip(3)
    capabilities = DVMRPCapabilities(rawValue: try reader.u8())
    let minor = try reader.u8()
    version = DVMRPVersion(major: try reader.u8(), minor: minor)
    message = try DVMRPMessage(code: code, version: version, &reader)
  }

  /// The message with its checksum.
  ///
  /// What does not fit into one packet is the caller's to split.
  public func encoded() -> [UInt8] {
    var writer = Writer()
    DVMRPPacket.encodeHeader(
      code: message.code, version: version, capabilities: capabilities, to: &writer)
    message.encode(to: &writer)
    writer.setChecksum(at: 2)
    return writer.bytes
  }

  static func encodeHeader(
    code: UInt8, version: DVMRPVersion, capabilities: DVMRPCapabilities, to writer: inout Writer
  ) {
    writer.u8(type)
    writer.u8(code)
    writer.fill(0, count: 3)
    writer.u8(capabilities.rawValue)
    writer.u8(version.minor)
    writer.u8(version.major)
  }

  /// The IGMP type of every DVMRP message.
  public static let type: UInt8 = 0x13
  /// Bytes of the IGMP message before a message's own.
  public static let headerLength = 8
  /// Bytes behind the header that mrouted fills at most; a packet of 576 with options stays whole.
  public static let capacity = 508
}

/// The protocol version in a DVMRP header; mrouted puts its own there, and 3.255 follows the draft.
public struct DVMRPVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var major: UInt8
  public var minor: UInt8

  public init(major: UInt8, minor: UInt8) {
    self.major = major
    self.minor = minor
  }

  /// 3.255, which we speak.
  public static let current = DVMRPVersion(major: 3, minor: 255)

  /// Whether probes begin with a generation id: from 3.3 on, but not from the old Cisco routers (10, 11).
  public var hasGeneration: Bool {
    switch major {
    case 3: minor >= 3
    case 4...9: true
    default: false
    }
  }

  public var description: String { "\(major).\(minor)" }

  public static func < (left: DVMRPVersion, right: DVMRPVersion) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}

/// What the sender can do (DVMRPv3 3.2.1); the bits without a name are kept as they came.
public struct DVMRPCapabilities: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Has neighbors on one interface only; set by mrouted against the draft, and ignored.
  public static let leaf = DVMRPCapabilities(rawValue: 0x01)
  public static let prune = DVMRPCapabilities(rawValue: 0x02)
  /// Probes carry a generation id.
  public static let generation = DVMRPCapabilities(rawValue: 0x04)
  public static let trace = DVMRPCapabilities(rawValue: 0x08)
  /// Answers SNMP.
  public static let management = DVMRPCapabilities(rawValue: 0x10)
  /// Accepts netmasks in prunes, grafts and graft acks.
  public static let netmask = DVMRPCapabilities(rawValue: 0x20)

  /// What every message of ours says.
  public static let ours: DVMRPCapabilities = [.prune, .generation, .trace]
}

/// The content of a DVMRP packet, by its code.
public enum DVMRPMessage: Hashable, Sendable {
  case probe(DVMRPProbe)
  case report(DVMRPReport)
  /// Codes 3 and 5: what mrinfo asks.
  case askNeighbors(NeighborListForm)
  /// Codes 4 and 6: the answer.
  case neighbors(NeighborList)
  case prune(DVMRPPrune)
  case graft(DVMRPGraft)
  case graftAck(DVMRPGraft)
  /// Codes 10 and 11.
  case askAttributes([RouterAttribute])
  case attributes([RouterAttribute])
  /// A code that nobody has given a meaning.
  case other(code: UInt8)

  init(code: UInt8, version: DVMRPVersion, _ reader: inout Reader) throws(WireError) {
    switch code {
    case 1: self = .probe(try DVMRPProbe(version: version, &reader))
    case 2: self = .report(try DVMRPReport(&reader))
    case 3: self = .askNeighbors(.plain)
    case 4: self = .neighbors(try NeighborList(.plain, &reader))
    case 5: self = .askNeighbors(.flagged)
    case 6: self = .neighbors(try NeighborList(.flagged, &reader))
    case 7: self = .prune(try DVMRPPrune(&reader))
    case 8: self = .graft(try DVMRPGraft(&reader))
    case 9:
      // An ack that is neither is no answer to anything that was ever sent.
      guard reader.remaining == 8 || reader.remaining == 12 else { throw .length }
      self = .graftAck(try DVMRPGraft(&reader))
    case 10: self = .askAttributes(try RouterAttribute.decodeAll(&reader))
    case 11: self = .attributes(try RouterAttribute.decodeAll(&reader))
    default: self = .other(code: code)
    }
  }

  /// The second byte of the message.
  public var code: UInt8 {
    switch self {
    case .probe: 1
    case .report: 2
    case .askNeighbors(let form): form == .plain ? 3 : 5
    case .neighbors(let list): list.form == .plain ? 4 : 6
    case .prune: 7
    case .graft: 8
    case .graftAck: 9
    case .askAttributes: 10
    case .attributes: 11
    case .other(let code): code
    }
  }

  func encode(to writer: inout Writer) {
    switch self {
    case .probe(let probe): probe.encode(to: &writer)
    case .report(let report): report.encode(to: &writer)
    case .neighbors(let list): list.encode(to: &writer)
    case .prune(let prune): prune.encode(to: &writer)
    case .graft(let graft), .graftAck(let graft): graft.encode(to: &writer)
    case .askAttributes(let attributes), .attributes(let attributes):
      RouterAttribute.encode(attributes, to: &writer)
    case .askNeighbors, .other: break
    }
  }
}

public import Addressing

/// A multicast routing table of the kernel.
public struct TableID: Hashable, Comparable, Sendable, Codable {
  /// 1–999,999,999, or 0 for the family's standard table.
  public let rawValue: UInt32

  /// The table the kernel uses without MRT_TABLE.
  public static let standard = TableID(rawValue: 0)

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The kernel's number: the standard table is 253 for IPv4 and 254 for IPv6.
  public func number(_ family: Family) -> UInt32 {
    rawValue != 0 ? rawValue : family == .ipv4 ? 253 : 254
  }

  public static func < (left: TableID, right: TableID) -> Bool { left.rawValue < right.rawValue }

  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(UInt32.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

/// The kernel's number of a virtual interface in one table: VIF for IPv4, MIF for IPv6; 0–31.
public typealias VIFIndex = UInt8

/// A virtual interface of the kernel: a link's place in a table.
public struct VIF: Hashable, Comparable, Sendable, Codable {
  public var table: TableID
  public var family: Family
  public var index: VIFIndex
  /// The kernel's ifindex of the link behind it.
  public var link: Int32

  public init(table: TableID, family: Family, index: VIFIndex, link: Int32) {
    self.table = table
    self.family = family
    self.index = index
    self.link = link
  }

  public static func < (left: VIF, right: VIF) -> Bool {
    (left.table, left.family, left.index, left.link) < (right.table, right.family, right.index, right.link)
  }
}

/// The outbound VIFs of an entry with the TTL threshold of each; 0: not outbound.
///
/// IPv6 has no thresholds in the kernel: a member carries 1.
public struct OutboundList: Hashable, Sendable, Codable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  public init() {}

  /// The thresholds of VIF 0–7, 8–15, 16–23 and 24–31; the lowest byte is the lowest VIF's.
  public init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// The thresholds of VIF 0–7, 8–15, 16–23 and 24–31; the lowest byte is the lowest VIF's.
  ///
  /// What writes thousands of entries into kernel structures reads them by this.
  public var thresholdWords: (UInt64, UInt64, UInt64, UInt64) { words }

  /// No VIF is outbound.
  public var isEmpty: Bool { words.0 | words.1 | words.2 | words.3 == 0 }

  /// The threshold of a VIF; 0 for one that is not outbound, and beyond 31.
  public subscript(vif: VIFIndex) -> UInt8 {
    get {
      let shift = UInt64(vif & 7) * 8
      return switch vif >> 3 {
      case 0: UInt8(truncatingIfNeeded: words.0 >> shift)
      case 1: UInt8(truncatingIfNeeded: words.1 >> shift)
      case 2: UInt8(truncatingIfNeeded: words.2 >> shift)
      case 3: UInt8(truncatingIfNeeded: words.3 >> shift)
      default: 0
      }
    }
    set {
      let shift = UInt64(vif & 7) * 8
      let clear = ~(UInt64(0xff) << shift)
      let value = UInt64(newValue) << shift
      switch vif >> 3 {
      case 0: words.0 = words.0 & clear | value
      case 1: words.1 = words.1 & clear | value
      case 2: words.2 = words.2 & clear | value
      case 3: words.3 = words.3 & clear | value
      default: break
      }
    }
  }

  /// Bit n: VIF n is outbound.
  public var mask: UInt32 {
    var mask: UInt32 = 0
    guard !isEmpty else { return mask }
    for vif in 0..<32 as Range<VIFIndex> where self[vif] != 0 { mask |= 1 << UInt32(vif) }
    return mask
  }

  public static func == (left: OutboundList, right: OutboundList) -> Bool { left.words == right.words }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }

  /// JSON: an array of [VIF, threshold] pairs.
  public init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    while !container.isAtEnd {
      let pair = try container.decode([UInt8].self)
      guard pair.count == 2, pair[0] < 32 else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "an outbound VIF is a pair"))
      }
      self[pair[0]] = pair[1]
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    for vif in 0..<32 as Range<VIFIndex> where self[vif] != 0 { try container.encode([vif, self[vif]]) }
  }
}

/// One row of the kernel's multicast forwarding cache (MFC).
public struct KernelEntry: Hashable, Sendable, Codable {
  /// What the kernel finds a row by.
  public struct Key: Hashable, Comparable, Sendable, Codable {
    public var table: TableID
    public var flow: Flow

    public init(table: TableID, flow: Flow) {
      self.table = table
      self.flow = flow
    }

    public static func < (left: Key, right: Key) -> Bool {
      (left.table, left.flow) < (right.table, right.flow)
    }
  }

  /// The `parent` of an entry read back whose inbound VIF is gone.
  public static let noParent: VIFIndex = 255

  public var key: Key
  /// The inbound VIF (IIF).
  public var parent: VIFIndex
  public var outbound: OutboundList

  public init(key: Key, parent: VIFIndex, outbound: OutboundList) {
    self.key = key
    self.parent = parent
    self.outbound = outbound
  }
}

/// The kernel's counts for one entry.
public struct EntryCounters: Hashable, Sendable, Codable {
  public var key: KernelEntry.Key
  /// As the kernel counts: wrong-interface packets included.
  public var packets: UInt64
  public var bytes: UInt64
  public var wrongInterface: UInt64

  public init(key: KernelEntry.Key, packets: UInt64, bytes: UInt64, wrongInterface: UInt64) {
    self.key = key
    self.packets = packets
    self.bytes = bytes
    self.wrongInterface = wrongInterface
  }
}

/// The kernel's counts for one VIF.
public struct VIFCounters: Hashable, Sendable, Codable {
  public var vif: VIF
  public var packetsIn: UInt64
  public var packetsOut: UInt64
  public var bytesIn: UInt64
  public var bytesOut: UInt64

  public init(vif: VIF, packetsIn: UInt64, packetsOut: UInt64, bytesIn: UInt64, bytesOut: UInt64) {
    self.vif = vif
    self.packetsIn = packetsIn
    self.packetsOut = packetsOut
    self.bytesIn = bytesIn
    self.bytesOut = bytesOut
  }
}

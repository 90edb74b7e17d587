public import Addressing

/// Whether the list of neighbors is the first form (codes 3 and 4) or the one with flags (5 and 6).
public enum NeighborListForm: Hashable, Sendable {
  case plain, flagged
}

/// A router's interfaces and who is heard there: what mrinfo shows.
public struct NeighborList: Hashable, Sendable {
  public var form: NeighborListForm
  public var interfaces: [Entry]

  public init(_ form: NeighborListForm, _ interfaces: [Entry] = []) {
    self.form = form
    self.interfaces = interfaces
  }

  /// One interface; one with many neighbors may have several entries.
  public struct Entry: Hashable, Sendable {
    public var local: Address
    public var metric: UInt8
    public var threshold: UInt8
    /// Empty in the plain form, which has none.
    public var flags: Flags
    /// 0.0.0.0 alone: nobody is there.
    public var neighbors: [Address]

    public init(
      local: Address, metric: UInt8, threshold: UInt8, flags: Flags = [], neighbors: [Address]
    ) {
      self.local = local
      self.metric = metric
      self.threshold = threshold
      self.flags = flags
      self.neighbors = neighbors
    }
  }

  /// What kind of interface it is and how it is.
  public struct Flags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let tunnel = Flags(rawValue: 0x01)
    public static let sourceRoute = Flags(rawValue: 0x02)
    public static let pim = Flags(rawValue: 0x04)
    public static let down = Flags(rawValue: 0x10)
    public static let disabled = Flags(rawValue: 0x20)
    public static let querier = Flags(rawValue: 0x40)
    public static let leaf = Flags(rawValue: 0x80)
  }

  init(_ form: NeighborListForm, _ reader: inout Reader) throws(WireError) {
    self.init(form)
    while reader.remaining > 0 {
      let local = try reader.ipv4()
      var entry = Entry(
        local: local, metric: try reader.u8(), threshold: try reader.u8(), neighbors: [])
      if form == .flagged { entry.flags = Flags(rawValue: try reader.u8()) }
      let count = Int(try reader.u8())
      guard reader.remaining / 4 >= count else { throw .truncated }
      entry.neighbors.reserveCapacity(count)
      for _ in 0..<count { entry.neighbors.append(try reader.ipv4()) }
      interfaces.append(entry)
    }
  }

  func encode(to writer: inout Writer) {
    for entry in interfaces {
      writer.address(entry.local)
      writer.u8(entry.metric)
      writer.u8(entry.threshold)
      if form == .flagged { writer.u8(entry.flags.rawValue) }
      writer.u8(UInt8(clamping: entry.neighbors.count))
      for neighbor in entry.neighbors.prefix(255) { writer.address(neighbor) }
    }
  }
}

/// One item of an information request or reply (codes 10 and 11), which newer routers ask each other.
public struct RouterAttribute: Hashable, Sendable {
  /// 1 is the version as text, 2 the neighbors.
  public var type: UInt8
  /// A multiple of four bytes, at most 1,020; empty in a request.
  public var content: [UInt8]

  public init(type: UInt8, content: [UInt8] = []) {
    self.type = type
    self.content = content
  }

  /// The version item: the text, filled up with zeros.
  public static func version(_ text: String) -> RouterAttribute {
    var content = Array(text.utf8.prefix(1_020))
    while content.count % 4 != 0 { content.append(0) }
    return RouterAttribute(type: 1, content: content)
  }

  /// Each item says its own length in words of four bytes, its first word not counted.
  static func decodeAll(_ reader: inout Reader) throws(WireError) -> [RouterAttribute] {
    var attributes: [RouterAttribute] = []
    while reader.remaining > 0 {
      let type = try reader.u8()
      let words = Int(try reader.u8())
      try reader.skip(2)
      var content = Reader(try reader.take(words * 4))
      var bytes: [UInt8] = []
      bytes.reserveCapacity(words * 4)
      while content.remaining > 0 { bytes.append(try content.u8()) }
      attributes.append(RouterAttribute(type: type, content: bytes))
    }
    return attributes
  }

  static func encode(_ attributes: [RouterAttribute], to writer: inout Writer) {
    for attribute in attributes {
      let words = min(255, (attribute.content.count + 3) / 4)
      writer.u8(attribute.type)
      writer.u8(UInt8(truncatingIfNeeded: words))
      writer.u16(0)
      writer.append(contentsOf: attribute.content.prefix(words * 4))
      writer.fill(0, count: words * 4 - attribute.content.count)
    }
  }
}

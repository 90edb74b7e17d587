public import Addressing

/// What a host says about one group in an IGMPv3 or MLDv2 report (RFC 9776 4.2.12, RFC 9777 5.2.12).
public struct GroupRecord: Hashable, Sendable {
  /// Whether it tells a state or a change, and how its sources are meant.
  public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
    /// Current state: listens to these sources only (IS_IN).
    case isInclude = 1
    /// Current state: listens to all but these (IS_EX).
    case isExclude = 2
    /// Change: from now on these only; none means that it has left (TO_IN).
    case toInclude = 3
    /// Change: from now on all but these (TO_EX).
    case toExclude = 4
    /// Change: these too (ALLOW).
    case allow = 5
    /// Change: these no more (BLOCK).
    case block = 6
  }

  public var kind: Kind
  public var group: Group
  public var sources: [Address]

  public init(_ kind: Kind, _ group: Group, sources: [Address] = []) {
    self.kind = kind
    self.group = group
    self.sources = sources
  }
}

extension GroupRecord {
  /// Reads a report behind its checksum: flags, the number of records, the records.
  ///
  /// Records of unknown kind are skipped, auxiliary data too; what follows the last record is ignored.
  static func decodeAll(_ reader: inout Reader, family: Family) throws(WireError) -> [GroupRecord] {
    try reader.skip(2)
    let count = Int(try reader.u16())
    let smallest = 4 + family.width / 8
    guard reader.remaining / smallest >= count else { throw .truncated }
    var records: [GroupRecord] = []
    records.reserveCapacity(count)
    for _ in 0..<count {
      if let record = try GroupRecord(decoding: &reader, family: family) { records.append(record) }
    }
    return records
  }

  /// Nil for a kind that is not known.
  private init?(decoding reader: inout Reader, family: Family) throws(WireError) {
    let code = try reader.u8()
    let auxiliary = Int(try reader.u8()) * 4
    let count = Int(try reader.u16())
    let address = try reader.address(family)
    let sources = try reader.sources(count, family: family)
    try reader.skip(auxiliary)
    guard let kind = Kind(rawValue: code) else { return nil }
    guard let group = Group(address), family == .ipv4 || group.scope > 1 else { throw .group }
    self.init(kind, group, sources: sources)
  }

  static func encode(_ records: [GroupRecord], to writer: inout Writer) {
    writer.u16(0)
    writer.u16(UInt16(clamping: records.count))
    for record in records {
      writer.u8(record.kind.rawValue)
      writer.u8(0)
      writer.u16(UInt16(clamping: record.sources.count))
      writer.address(record.group.address)
      for source in record.sources { writer.address(source) }
    }
  }
}

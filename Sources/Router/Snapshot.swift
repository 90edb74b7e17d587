import Addressing
import Configuration
import DVMRP
import Forwarding
import Kernel
import Membership
import Timing
import Wire

/// The bytes around the state of a former life: what they are, and whether all of them are there.
///
/// | bytes | |
/// | --- | --- |
/// | 4 | `mcst` |
/// | 2 | version of the format; another one is not read |
/// | 1 | extent: 0 whole, 1 additions |
/// | 1 | 0 |
/// | 8 | checksum of the rest |
struct SnapshotFrame {
  static let magic: UInt32 = 0x6d63_7374
  /// Rises with each change of what is written.
  static let version: UInt16 = 2
  static let headerBytes = 16

  static func seal(_ body: [UInt8], _ extent: Router.SnapshotExtent) -> [UInt8] {
    var writer = Writer(capacity: body.count + headerBytes)
    writer.u32(magic)
    writer.u16(version)
    writer.u8(extent == .whole ? 0 : 1)
    writer.u8(0)
    writer.u64(checksum(body[...], extent))
    writer.append(contentsOf: body)
    return writer.bytes
  }

  /// The extent of bytes that are whole and of this version.
  static func open(_ bytes: [UInt8]) throws(WireError) -> Router.SnapshotExtent {
    var reader = Reader(bytes.span)
    guard try reader.u32() == magic else { throw .kind }
    guard try reader.u16() == version else { throw .version }
    let number = try reader.u8()
    guard number <= 1, try reader.u8() == 0 else { throw .kind }
    let extent: Router.SnapshotExtent = number == 0 ? .whole : .additions
    guard try reader.u64() == checksum(bytes[headerBytes...], extent) else { throw .checksum }
    return extent
  }

  /// Differs for any two bodies of one length that differ in eight bytes or less.
  private static func checksum(_ body: ArraySlice<UInt8>, _ extent: Router.SnapshotExtent) -> UInt64 {
    var sum = Generator.mix(UInt64(body.count) &+ (extent == .whole ? 1 << 40 : 2 << 40))
    var (word, filled) = (UInt64(0), 0)
    for byte in body {
      word = word << 8 | UInt64(byte)
      filled += 1
      guard filled == 8 else { continue }
      sum = (sum ^ word) &* 0x9e37_79b9_7f4a_7c15
      sum = sum << 29 | sum >> 35
      (word, filled) = (0, 0)
    }
    return Generator.mix((sum ^ word) &* 0x9e37_79b9_7f4a_7c15)
  }
}

/// What a snapshot told, until the first configuration uses it.
struct FormerLife: Sendable {
  /// When the snapshot was made.
  var at = Instant.start
  var generation: UInt64 = 0
  var isHolding = false
  /// By slot: the name, and the link that bore it; 0 for none.
  var slots: [(slot: UInt8, name: String, link: Int32)] = []
  var flows: [FormerFlow] = []
  var membership = Membership()
  var dvmrp: DVMRP
  var announced: [(place: AnnouncedLink, sent: Instant, due: Instant)] = []
  var announcedInterval: UInt8 = 0
  var chance = Generator(seed: 0)
}

extension FormerLife {
  init(decoding reader: inout Reader) throws(WireError) {
    let (at, generation, isHolding) = (try reader.instant(), try reader.u64(), try reader.bool())
    var slots: [(slot: UInt8, name: String, link: Int32)] = []
    for _ in 0..<(try reader.count()) {
      slots.append((try reader.u8(), try reader.text(), Int32(bitPattern: try reader.u32())))
    }
    var flows: [FormerFlow] = []
    for _ in 0..<(try reader.count()) { flows.append(try FormerFlow(decoding: &reader)) }
    let membership = try Membership(decoding: &reader)
    let dvmrp = try DVMRP(decoding: &reader)
    self.init(
      at: at, generation: generation, isHolding: isHolding, slots: slots, flows: flows,
      membership: membership, dvmrp: dvmrp)
    announcedInterval = try reader.u8()
    chance = Generator(seed: try reader.u64())
    for _ in 0..<(try reader.count()) {
      let link = Int32(bitPattern: try reader.u32())
      let place = AnnouncedLink(link: link, family: try reader.bool() ? .ipv6 : .ipv4)
      announced.append((place, try reader.instant(), try reader.instant()))
    }
  }
}

/// What is known of an entry beside what the kernel holds.
struct FormerFlow: Sendable {
  var key: KernelEntry.Key
  var kind: EntryRow.Kind
  var since: Instant
  var use = EntryRow.Use()
}

extension FormerFlow {
  init(_ row: EntryRow) {
    self.init(key: row.entry.key, kind: row.kind, since: row.since, use: row.use)
  }

  func encode(to writer: inout Writer) {
    writer.u32(key.table.rawValue)
    writer.tagged(key.flow.source)
    writer.tagged(key.flow.group.address)
    let isCleared = use.clearedPackets | use.clearedBytes | use.clearedWrong != 0
    writer.u8(kind.rawValue | (isCleared ? 4 : 0))
    writer.instant(since)
    writer.instant(orNil: use.lastUsed)
    for number in [use.packets, use.bytes, use.wrongInterface] { writer.u64(number) }
    guard isCleared else { return }
    for number in [use.clearedPackets, use.clearedBytes, use.clearedWrong] { writer.u64(number) }
  }

  init(decoding reader: inout Reader) throws(WireError) {
    let table = TableID(rawValue: try reader.u32())
    guard let flow = Flow(source: try reader.tagged(), group: try reader.group()) else { throw .group }
    let flags = try reader.u8()
    guard let kind = EntryRow.Kind(rawValue: flags & 3), flags < 8 else { throw .kind }
    self.init(key: .init(table: table, flow: flow), kind: kind, since: try reader.instant())
    use.lastUsed = try reader.instantOrNil()
    (use.packets, use.bytes, use.wrongInterface) = (try reader.u64(), try reader.u64(), try reader.u64())
    guard flags & 4 != 0 else { return }
    use.clearedPackets = try reader.u64()
    use.clearedBytes = try reader.u64()
    use.clearedWrong = try reader.u64()
  }
}

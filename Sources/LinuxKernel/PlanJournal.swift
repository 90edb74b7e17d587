import Addressing
import Kernel

/// One line of the plan: a place of an interface in a table, or a group that a socket has joined.
struct PlanRecord: Hashable {
  /// What the kernel tells of neither in full: IPv6 has no list of MIFs, and no socket lists its groups.
  enum Content: Hashable {
    case vif(VIF)
    /// The socket by its number among those of the family.
    case member(HostJoin, socket: UInt32)
  }

  var content: Content
  /// False: it is no more.
  var holds: Bool

  static let length = 64

  /// In the machine's own order: it never leaves it.
  func bytes(generation: UInt32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 4) + NetlinkRequest.native(generation)
    bytes[0] = holds ? 1 : 2
    switch content {
    case .vif(let vif):
      bytes[1] = 1
      bytes[2] = vif.family == .ipv4 ? 4 : 6
      bytes[3] = vif.index
      bytes += NetlinkRequest.native(vif.link) + NetlinkRequest.native(vif.table.rawValue)
    case .member(let join, let socket):
      bytes[1] = 2
      bytes[2] = join.group.family == .ipv4 ? 4 : 6
      bytes[3] = join.source == nil ? 0 : 1
      bytes += NetlinkRequest.native(join.link) + NetlinkRequest.native(socket)
      for address in [join.group.address, join.source ?? .unspecified(join.group.family)] {
        bytes += NetlinkRequest.native(address.high) + NetlinkRequest.native(address.low)
      }
    }
    return bytes + [UInt8](repeating: 0, count: PlanRecord.length - bytes.count)
  }

  /// Nil for what is of another generation, and for what makes no sense.
  init?(_ bytes: RawSpan, at place: Int, generation: UInt32) {
    guard let sign = bytes.u8(place), sign == 1 || sign == 2, bytes.u32(place + 4) == generation,
      let kind = bytes.u8(place + 1), let number = bytes.u8(place + 2), number == 4 || number == 6,
      let index = bytes.u8(place + 3), let link = bytes.i32(place + 8), let word = bytes.u32(place + 12)
    else { return nil }
    let family: Family = number == 4 ? .ipv4 : .ipv6
    holds = sign == 1
    switch kind {
    case 1:
      guard index < 32 else { return nil }
      content = .vif(VIF(table: TableID(rawValue: word), family: family, index: index, link: link))
    case 2:
      guard let address = PlanRecord.address(bytes, at: place + 16), address.family == family,
        let group = Group(address), let source = PlanRecord.address(bytes, at: place + 32)
      else { return nil }
      content = .member(HostJoin(link: link, source: index == 0 ? nil : source, group: group), socket: word)
    default: return nil
    }
  }

  private static func address(_ bytes: RawSpan, at place: Int) -> Address? {
    guard let high = bytes.u64(place), let low = bytes.u64(place + 8) else { return nil }
    return Address(high: high, low: low)
  }

  init(_ content: Content, holds: Bool = true) {
    self.content = content
    self.holds = holds
  }
}

/// The plan as it is written: each change a line behind the others, so that it costs what it is.
///
/// A line is written before the kernel is asked to add, and after it was asked to remove: what the plan says
/// and the kernel does not have is passed over. Lines that have become void are cleared out when they are
/// the greater part.
final class PlanJournal {
  let file: MemoryFile
  private var generation: UInt32 = 0
  private var start = PlanRecord.length
  private var count = 0
  private var room = 1024
  /// Lines that found no memory since the last one that did.
  private var missed: UInt64 = 0

  private static let magic: UInt64 = 0x6d63_6173_7470_6c01

  init(_ file: MemoryFile) { self.file = file }

  /// What holds by the lines of a former life; nil when there are none that can be read.
  static func read(_ file: MemoryFile) -> [PlanRecord.Content]? {
    guard let head = file.read(24, at: 0) else { return nil }
    let header = unsafe head.span.bytes
    guard header.u64(0) == magic, let start = header.u64(8), let generation = header.u32(16),
      start >= UInt64(PlanRecord.length), start < 1 << 31, let lines = file.rest(from: Int(start))
    else { return nil }
    let bytes = unsafe lines.span.bytes
    var places: [PlanRecord.Content: Int] = [:]
    var place = 0
    while let record = PlanRecord(bytes, at: place, generation: generation) {
      places[record.content] = record.holds ? place : nil
      place += PlanRecord.length
    }
    return places.sorted { $0.value < $1.value }.map(\.key)
  }

  /// Adds a line.
  ///
  /// - Parameter all: everything that holds, asked for when the void lines are to go.
  /// - Returns: false when there is no memory for it; one of the next tries again with everything.
  func note(_ record: PlanRecord, all: () -> [PlanRecord.Content]) -> Bool {
    if missed > 0 {
      missed += 1
      // Less and less often: everything is much to try with.
      guard missed.nonzeroBitCount == 1 else { return false }
    }
    if missed > 0 || count >= room { return rewrite(all() + (record.holds ? [record.content] : [])) }
    guard file.write(record.bytes(generation: generation), at: start + count * PlanRecord.length) else {
      missed = 1
      return false
    }
    count += 1
    FaultPoint.reach(.planned)
    return true
  }

  /// Writes everything anew, beside what stands there until it is complete; false: there is no memory for it.
  func rewrite(_ contents: [PlanRecord.Content]) -> Bool {
    let end = start + count * PlanRecord.length
    let next = generation &+ 1
    let place = PlanRecord.length * (contents.count + 2) <= start ? PlanRecord.length : end
    var bytes: [UInt8] = []
    bytes.reserveCapacity((contents.count + 1) * PlanRecord.length)
    for content in contents { bytes += PlanRecord(content).bytes(generation: next) }
    // A line of nothing ends it, whatever stood there.
    bytes += [UInt8](repeating: 0, count: PlanRecord.length)
    let header =
      NetlinkRequest.native(PlanJournal.magic) + NetlinkRequest.native(UInt64(place))
      + NetlinkRequest.native(next)
    guard file.write(bytes, at: place), file.write(header, at: 0) else {
      missed = max(missed, 1)
      return false
    }
    missed = 0
    (generation, start, count) = (next, place, contents.count)
    room = max(1024, contents.count * 2)
    FaultPoint.reach(.planned)
    return true
  }

  /// Goes on where a former life stopped.
  func resume() {
    guard let head = file.read(24, at: 0) else { return }
    let header = unsafe head.span.bytes
    guard header.u64(0) == PlanJournal.magic, let former = header.u32(16), let place = header.u64(8) else {
      return
    }
    generation = former
    let size = file.size
    start = place < UInt64(size) ? Int(place) : PlanRecord.length
    count = max(0, (size - start) / PlanRecord.length)
  }
}

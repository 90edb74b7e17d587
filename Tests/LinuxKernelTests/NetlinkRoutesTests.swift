import Addressing
import Kernel
import Testing

@testable import LinuxKernel

@Suite struct NetlinkRoutesTests {
  /// RTM_NEWROUTE of the IPv4 cache: table 1000, (10.0.1.5, 225.2.3.4), in by ifindex 2, out by 3 (TTL 1) and
  /// 4 (TTL 16), 9 packets, 900 bytes, 2 wrong, idle for 1.5 s.
  static let row = hex(
    """
    78000000 1800 0200 01000000 00000000
    80 20 20 00 fc 11 00 05 00000000
    0800 0f00 e8030000  0800 0200 0a000105  0800 0100 e1020304  0800 0300 02000000
    1400 0900  0800 00 01 03000000  0800 00 10 04000000
    1c00 1100 0900000000000000 8403000000000000 0200000000000000
    0c00 1700 9600000000000000
    """)
  static let links: [Int32: VIFIndex] = [2: 0, 3: 1, 4: 31]

  private func parse(_ bytes: [UInt8]) -> MFCMessage? {
    var cursor = NetlinkMessageCursor()
    guard let message = cursor.next(bytes.raw) else { return nil }
    return MFCMessage(bytes.raw, message)
  }

  @Test("A row gives table, flow, links, thresholds and counters")
  func row() throws {
    let read = parse(Self.row)
    let row = try #require(read)
    #expect(row.table == 1000)
    #expect(row.inbound == 2)
    #expect(row.outbound == [.init(link: 3, threshold: 1), .init(link: 4, threshold: 16)])
    #expect(row.packets == 9)
    #expect(row.bytes == 900)
    #expect(row.wrongInterface == 2)
    #expect(row.idleTicks == 150)
    #expect(!row.isStatic)
    #expect(!row.isRemoval)
  }

  @Test("Links become the VIFs of the table")
  func entry() throws {
    let read = parse(Self.row)
    let row = try #require(read)
    let entry = try #require(row.entry(table: TableID(rawValue: 1000)) { Self.links[$0] })
    #expect(entry.parent == 0)
    #expect(entry.outbound[1] == 1)
    #expect(entry.outbound[31] == 16)
    #expect(entry.outbound.mask == 1 << 1 | 1 << 31)
    #expect(entry.key.flow.description == "(10.0.1.5, 225.2.3.4)")
  }

  @Test("Links without a VIF are left out; an inbound one leaves the entry without a parent")
  func unknownLinks() throws {
    let read = parse(Self.row)?.entry(table: .standard) { $0 == 3 ? 7 : nil }
    let entry = try #require(read)
    #expect(entry.parent == KernelEntry.noParent)
    #expect(entry.outbound.mask == 1 << 7)
  }

  @Test("A row that waits for a decision is no entry")
  func unresolved() throws {
    var bytes = Self.row
    bytes[24] = 32
    let read = parse(bytes)
    let row = try #require(read)
    #expect(row.isUnresolved)
    #expect(row.entry(table: .standard) { Self.links[$0] } == nil)
  }

  @Test("A row of another process is marked, and a removal is told from a change")
  func marks() throws {
    var bytes = Self.row
    bytes[21] = 4
    bytes[4] = 25
    let read = parse(bytes)
    let row = try #require(read)
    #expect(row.isStatic)
    #expect(row.isRemoval)
  }

  @Test("A unicast route is none of ours", arguments: [16, 23])
  func unicast(place: Int) {
    var bytes = Self.row
    bytes[place] = place == 16 ? 2 : 1
    #expect(parse(bytes) == nil)
  }

  @Test("No cut of a message, and no nexthop length, is read beyond its end")
  func truncations() {
    for count in 0..<Self.row.count {
      var cut = Array(Self.row.prefix(count))
      if count >= 4 { cut[0] = UInt8(count) }
      _ = parse(cut)
    }
    for length in [0, 4, 7, 9, 255] as [UInt8] {
      var bytes = Self.row
      bytes[64] = length
      #expect(parse(bytes)?.outbound.count ?? 0 <= 1)
    }
  }

  /// One table with VIF 1: link 3, 5 packets and 500 bytes in; and a VIF without an index.
  static let vifs = hex(
    """
    78000000 1000 0200 01000000 00000000
    80 00 0000 00000000 00000000 00000000
    5800 1a00
      0800 0100 fd000000
      4c00 0600
        3400 0100  0800 0100 03000000  0800 0200 01000000  0600 0300 0800 0000
                   0c00 0400 f401000000000000  0c00 0600 0500000000000000
        1400 0100  0800 0100 04000000  0800 0300 00000000
    """)

  @Test("The VIFs of an IPv4 table are read with their counters; one without a number is left out")
  func vifTable() throws {
    var bytes = Self.vifs
    bytes[0] = UInt8(bytes.count)
    var cursor = NetlinkMessageCursor()
    let read = cursor.next(bytes.raw)
    let message = try #require(read)
    let found = VIFTableMessage(bytes.raw, message)
    let table = try #require(found)
    #expect(table.table == 253)
    #expect(table.vifs.count == 1)
    #expect(table.vifs.first?.link == 3)
    #expect(table.vifs.first?.index == 1)
    #expect(table.vifs.first?.bytesIn == 500)
    #expect(table.vifs.first?.packetsIn == 5)
  }
}

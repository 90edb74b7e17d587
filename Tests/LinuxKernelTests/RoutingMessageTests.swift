import Addressing
import Kernel
import Testing

@testable import LinuxKernel

@Suite struct RoutingMessageTests {
  /// A NOCACHE as the kernel gives it: the head of an IP packet, protocol 0, eight bytes of anything behind.
  static let noCache = hex("4500001c 0000 4000 01 00 02 00 0a000105 e1020304 deadbeefdeadbeef")
  /// struct mrt6msg: zero, WRONGVIF, MIF 3 in the machine's order, padding, source, group.
  static let wrongMIF = hex(
    "00 02 0300 00000000 20010db8000000000000000000000007 ff0e0000000000000000000000000101")

  private func upcall(_ bytes: [UInt8], _ family: Family) -> Upcall? {
    RoutingMessage.upcall(bytes.raw, family, table: TableID(rawValue: 7))
  }

  private func isUpcall(_ bytes: [UInt8], _ family: Family) -> Bool {
    RoutingMessage.isUpcall(bytes.raw, family)
  }

  private func igmp(_ bytes: [UInt8]) -> Datagram? { RoutingMessage.igmp(bytes.raw, link: 4) }

  @Test("An IPv4 upcall tells its kind, VIF, source and group")
  func ipv4Upcall() throws {
    #expect(isUpcall(Self.noCache, .ipv4))
    let read = upcall(Self.noCache, .ipv4)
    let upcall = try #require(read)
    #expect(upcall.kind == .noCache)
    #expect(upcall.vif == 2)
    #expect(upcall.table == TableID(rawValue: 7))
    #expect(upcall.flow.description == "(10.0.1.5, 225.2.3.4)")
  }

  @Test("An IPv6 upcall tells its kind, MIF, source and group")
  func ipv6Upcall() throws {
    #expect(isUpcall(Self.wrongMIF, .ipv6))
    let read = upcall(Self.wrongMIF, .ipv6)
    let upcall = try #require(read)
    #expect(upcall.kind == .wrongVIF)
    #expect(upcall.vif == 3)
    #expect(upcall.flow.description == "(2001:db8::7, ff0e::101)")
  }

  @Test("A shortened upcall is refused at every length, and never read beyond its end")
  func truncated() {
    for count in 0..<20 { #expect(upcall(Array(Self.noCache.prefix(count)), .ipv4) == nil) }
    #expect(upcall(Array(Self.noCache.prefix(20)), .ipv4) != nil)
    for count in 0..<40 { #expect(upcall(Array(Self.wrongMIF.prefix(count)), .ipv6) == nil) }
  }

  @Test(
    "An upcall of an unknown kind, for a VIF beyond 31 or for a unicast group is refused",
    arguments: [(8, UInt8(9)), (10, 32), (11, 1), (16, 10)])
  func strange(place: Int, value: UInt8) {
    var bytes = Self.noCache
    bytes[place] = value
    #expect(upcall(bytes, .ipv4) == nil)
  }

  @Test("An IPv6 upcall that carries an IPv4-mapped source is refused")
  func mappedSource() {
    var bytes = Self.wrongMIF
    bytes.replaceSubrange(8..<24, with: hex("00000000000000000000ffff0a000001"))
    #expect(upcall(bytes, .ipv6) == nil)
  }

  /// Version 4, a header of 24 bytes with Router Alert, 32 in all, TTL 1, an IGMPv2 report; 2 bytes too many.
  static let report = hex(
    "46c0 0020 0000 4000 01 02 0000 0a000105 e1020304 94040000 16000af7e1020304 ffff")

  @Test("An IGMP packet is given from behind its IP header to the header's total length")
  func report() throws {
    #expect(!isUpcall(Self.report, .ipv4))
    let datagram = try #require(igmp(Self.report))
    #expect(datagram.link == 4)
    #expect(datagram.source.description == "10.0.1.5")
    #expect(datagram.destination.description == "225.2.3.4")
    #expect(datagram.hops == 1)
    #expect(datagram.routerAlert)
    #expect(datagram.payload == hex("16000af7e1020304"))
  }

  @Test(
    "An IP header that contradicts what was received is refused",
    arguments: [
      (0, UInt8(0x66)),  // not version 4
      (0, 0x44),  // header of 16 bytes
      (3, 0x40),  // longer than what came in
      (3, 0x10),  // shorter than its header
      (9, 0x11),  // not IGMP
    ])
  func badHeader(place: Int, value: UInt8) {
    var bytes = Self.report
    bytes[place] = value
    #expect(igmp(bytes) == nil)
  }

  @Test("No shortened IGMP packet is accepted whose IP header claims more")
  func truncatedReport() {
    for count in 0..<32 {
      #expect(igmp(Array(Self.report.prefix(count))) == nil)
    }
  }

  @Test("Options that do not end within the header are refused with the packet")
  func endlessOption() {
    var bytes = Self.report
    bytes.replaceSubrange(20..<24, with: hex("07ff0000"))
    #expect(igmp(bytes) == nil)
  }
}

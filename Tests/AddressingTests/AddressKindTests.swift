import Addressing
import Foundation
import Testing

@Suite struct AddressKindTests {
  struct Kinds: Sendable {
    var text: String
    var multicast = false
    var unspecified = false
    var loopback = false
    var linkLocal = false
    var source = false
  }

  @Test(
    "What kind an address is of",
    arguments: [
      Kinds(text: "10.0.0.1", source: true), Kinds(text: "0.0.0.0", unspecified: true),
      Kinds(text: "255.255.255.255"), Kinds(text: "127.1.2.3", loopback: true),
      Kinds(text: "126.255.255.255", source: true), Kinds(text: "128.0.0.0", source: true),
      Kinds(text: "169.254.9.9", linkLocal: true, source: true), Kinds(text: "169.255.0.0", source: true),
      Kinds(text: "223.255.255.255", source: true), Kinds(text: "224.0.0.0", multicast: true),
      Kinds(text: "239.255.255.255", multicast: true), Kinds(text: "240.0.0.0", source: true),
      Kinds(text: "::", unspecified: true), Kinds(text: "::1", loopback: true),
      Kinds(text: "::2", source: true), Kinds(text: "fe80::1", linkLocal: true, source: true),
      Kinds(text: "febf:ffff::1", linkLocal: true, source: true), Kinds(text: "fec0::1", source: true),
      Kinds(text: "ff00::", multicast: true), Kinds(text: "ffff::1", multicast: true),
      Kinds(text: "feff::1", source: true),
    ])
  func kinds(_ expected: Kinds) throws {
    let address = try #require(Address(expected.text))
    #expect(address.isMulticast == expected.multicast)
    #expect(address.isUnspecified == expected.unspecified)
    #expect(address.isLoopback == expected.loopback)
    #expect(address.isLinkLocalUnicast == expected.linkLocal)
    #expect(address.isUnicastSource == expected.source)
    #expect((Group(address) != nil) == expected.multicast)
  }

  @Test("An IPv4 address is its 32 bits, an IPv6 address has none")
  func bits() throws {
    #expect(Address("10.0.0.1")?.ipv4 == 0x0a00_0001)
    #expect(Address("2001:db8::1")?.ipv4 == nil)
    #expect(Address(high: 0, low: 0x0000_ffff_0a00_0001) == Address("10.0.0.1"))
    #expect(Address("::")?.family == .ipv6)
    #expect(Address("0.0.0.0")?.family == .ipv4)
    #expect(Address("::ffff:0:0:1")?.family == .ipv6, "not the mapped prefix")
  }

  @Test("Addresses sort as their numbers do, within each family")
  func order() throws {
    let texts = ["2001:db8::1", "10.0.0.2", "9.255.255.255", "2001:db8::", "10.0.0.1", "ff0e::1"]
    let sorted = try texts.map { try #require(Address($0)) }.sorted().map(\.description)
    #expect(sorted.filter { $0.contains(".") } == ["9.255.255.255", "10.0.0.1", "10.0.0.2"])
    #expect(sorted.filter { $0.contains(":") } == ["2001:db8::", "2001:db8::1", "ff0e::1"])
  }

  @Test(
    "A group knows its scope and whether routers keep it on the link",
    arguments: [
      ("224.0.0.255", 14, true), ("224.0.1.0", 14, false), ("239.1.1.1", 14, false), ("ff01::1", 1, true),
      ("ff02::16", 2, true), ("ff12::1", 2, true), ("ff00::1", 0, true), ("ff03::1", 3, false),
      ("ff3e::8000:1", 14, false), ("ff05::2", 5, false),
    ] as [(String, UInt8, Bool)])
  func scope(_ text: String, _ scope: UInt8, _ linkLocal: Bool) throws {
    let group = try #require(Address(text).flatMap(Group.init))
    #expect(group.scope == scope)
    #expect(group.isLinkLocal == linkLocal)
  }

  @Test("A flow has one family, and flows sort by group, then source")
  func flows() throws {
    let group = try #require(Address("239.1.1.1").flatMap(Group.init))
    let next = try #require(Address("239.1.1.2").flatMap(Group.init))
    let low = try #require(Address("10.0.0.1"))
    let high = try #require(Address("10.0.0.2"))
    #expect(Flow(source: try #require(Address("2001:db8::1")), group: group) == nil)
    let flows = [(high, next), (low, next), (high, group), (low, group)].compactMap {
      Flow(source: $0.0, group: $0.1)
    }
    #expect(flows.sorted() == flows.reversed())
    #expect(flows.last?.description == "(10.0.0.1, 239.1.1.1)")
  }

  @Test("Values are written to JSON as their text and read back; other text is refused")
  func codable() throws {
    let address = try #require(Address("2001:db8::1"))
    let prefix = try #require(Prefix("10.0.0.0/8"))
    let group = try #require(Address("ff0e::1").flatMap(Group.init))
    #expect(try roundTrip(address, as: #""2001:db8::1""#) == address)
    #expect(try roundTrip(prefix, as: #""10.0.0.0\/8""#) == prefix)
    #expect(try roundTrip(group, as: #""ff0e::1""#) == group)
    let decoder = JSONDecoder()
    #expect(throws: DecodingError.self) { try decoder.decode(Address.self, from: Data(#""x""#.utf8)) }
    #expect(throws: DecodingError.self) { try decoder.decode(Group.self, from: Data(#""10.0.0.1""#.utf8)) }
    #expect(throws: DecodingError.self) {
      try decoder.decode(Prefix.self, from: Data(#""10.0.0.0/33""#.utf8))
    }
  }

  private func roundTrip<Value: Codable>(_ value: Value, as text: String) throws -> Value {
    let encoded = try JSONEncoder().encode(value)
    #expect(String(decoding: encoded, as: UTF8.self) == text)
    return try JSONDecoder().decode(Value.self, from: encoded)
  }
}

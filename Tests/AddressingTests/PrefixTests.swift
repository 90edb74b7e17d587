import Addressing
import Testing

@Suite struct PrefixTests {
  @Test(
    "A prefix holds what it should",
    arguments: [
      ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
      ("0.0.0.0/0", "255.1.2.3", true), ("0.0.0.0/0", "::1", false), ("::/0", "10.0.0.1", false),
      ("::/0", "ff0e::1", true), ("2001:db8::/33", "2001:db8:7fff::", true),
      ("2001:db8::/33", "2001:db8:8000::", false), ("2001:db8::/64", "2001:db8::1", true),
      ("2001:db8::/65", "2001:db8::8000:0:0:1", false), ("10.0.0.1", "10.0.0.1", true),
      ("10.0.0.1", "10.0.0.2", false), ("::1/128", "::1", true), ("10.1.1.0/31", "10.1.1.2", false),
    ])
  func contains(_ block: String, _ address: String, _ expected: Bool) throws {
    let prefix = try #require(Prefix(block))
    #expect(prefix.contains(try #require(Address(address))) == expected)
  }

  @Test(
    "Blocks overlap when one holds the other",
    arguments: [
      ("10.0.0.0/8", "10.1.0.0/16", true), ("10.1.0.0/16", "10.0.0.0/8", true),
      ("10.1.0.0/16", "10.2.0.0/16", false), ("0.0.0.0/0", "::/0", false), ("::/0", "ff0e::/16", true),
      ("10.0.0.1", "10.0.0.1", true),
    ])
  func overlaps(_ left: String, _ right: String, _ expected: Bool) throws {
    #expect(try #require(Prefix(left)).overlaps(try #require(Prefix(right))) == expected)
  }

  @Test(
    "What is not a prefix is refused",
    arguments: [
      "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/0x8", "10.0.0.0/8 ",
      "::/129", "::/1000", "10.0.0.0/255.0.0.0", "10.0.0/8", "::ffff:1.2.3.4/128",
    ])
  func refused(_ text: String) { #expect(Prefix(text) == nil) }

  @Test("Length, count and members are those of the family")
  func members() throws {
    let block = try #require(Prefix("10.1.1.0/30"))
    #expect(block.length == 30)
    #expect(block.bits == 126)
    #expect(block.count == 4)
    #expect(
      (0..<5).map { block.member($0)?.description } == ["10.1.1.0", "10.1.1.1", "10.1.1.2", "10.1.1.3", nil])
    #expect(block.member(-1) == nil)
    #expect(Prefix.all(.ipv4).count == 1 << 32)
    #expect(Prefix.all(.ipv6).count == nil)
    #expect(Prefix.all(.ipv6).isAll && Prefix.all(.ipv4).isAll && !block.isAll)
    #expect(Prefix("10.0.0.1/32")?.isSingle == true)
    #expect(Prefix("10.0.0.1/32")?.description == "10.0.0.1")
    #expect(Prefix("10.0.0.1", as: -1) == nil && Prefix("10.0.0.1", as: 33) == nil)
    #expect(Prefix("2001:db8::1", as: 128)?.isSingle == true)
  }

  @Test("Every length clears exactly the bits behind it", arguments: 0...128)
  func lengths(_ length: Int) throws {
    let ones = Address(high: .max, low: .max)
    let prefix = try #require(Prefix(ones, length: length))
    #expect(prefix.address.high.nonzeroBitCount + prefix.address.low.nonzeroBitCount == length)
    #expect(prefix.address.high.leadingZeroBitCount == (length == 0 ? 64 : 0))
    #expect(prefix.contains(ones))
    #expect(prefix.length == length)
  }
}

extension Prefix {
  fileprivate init?(_ text: String, as length: Int) {
    guard let address = Address(text) else { return nil }
    self.init(address, length: length)
  }
}

import Addressing
import Testing

@Suite struct AddressTests {
  @Test(
    "An address prints as RFC 5952 says and parses back",
    arguments: [
      ("10.0.0.1", "10.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
      ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
      ("2001:0db8:0000:0001:0001:0001:0001:0001", "2001:db8:0:1:1:1:1:1"), ("ff0e::1:0", "ff0e::1:0"),
      ("64:ff9b::1.2.3.4", "64:ff9b::102:304"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
      ("FE80::ABCD", "fe80::abcd"),
    ])
  func text(_ pair: (String, String)) throws {
    let address = try #require(Address(pair.0))
    #expect(address.description == pair.1)
    #expect(Address(address.description) == address)
  }

  @Test(
    "What is not an address is refused",
    arguments: [
      "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1..2.3", ":", ":::", "1:2",
      "1:2:3:4:5:6:7:8:9", "::1::2", "12345::", "g::", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8::", "fe80::1%eth0",
      "1:", "1.2.3.4::", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4",
    ])
  func refused(_ text: String) { #expect(Address(text) == nil) }

  @Test("A prefix clears its host bits and holds what it should")
  func prefix() throws {
    let block = try #require(Prefix("10.1.2.3/8"))
    #expect(block.description == "10.0.0.0/8")
    #expect(block.contains(try #require(Address("10.255.0.1"))))
    #expect(!block.contains(try #require(Address("11.0.0.1"))))
    #expect(!Prefix.all(.ipv6).contains(try #require(Address("10.0.0.1"))))
    #expect(Prefix.all(.ipv4).description == "0.0.0.0/0")
    #expect(Prefix.all(.ipv6).description == "::/0")
    #expect(Prefix.allGroups(.ipv4).description == "224.0.0.0/4")
    #expect(Prefix.allGroups(.ipv6).description == "ff00::/8")
    #expect(Prefix("ff0e::1:0/112")?.count == 65536)
    #expect(Prefix("1.2.3.4/33") == nil)
    #expect(Prefix("1.2.3.4/") == nil)
  }
}

import Addressing
import Diagnostics
import Testing
import Wire

@Suite("Name servers") struct NameMessageTests {
  private let address = Address(ipv4: 0x0a4d_0301)

  @Test("A question names the address backward, or the host by its labels")
  func questions() throws {
    let name = try #require(NameMessage.encoded(.name(address), number: 0x1234))
    #expect(
      name
        == hex(
          "1234 0100 0001 0000 0000 0000 01 31 01 33 02 3737 02 3130 07 696e2d61646472 04 "
            + "61727061 00 000c 0001"
        ))
    let host = try #require(NameMessage.encoded(.addresses("r3.lab."), number: 1))
    #expect(host == hex("0001 0100 0001 0000 0000 0000 02 7233 03 6c6162 00 0001 0001"))
    #expect(NameMessage.encoded(.addresses("a..b"), number: 1) == nil)
    #expect(NameMessage.encoded(.addresses(String(repeating: "a", count: 64)), number: 1) == nil)
    #expect(
      NameMessage.encoded(.addresses(Array(repeating: "abc", count: 80).joined(separator: ".")), number: 1)
        == nil)
  }

  private let question = "04 686f7374 03 6c6162 00 0001 0001"

  @Test("An answer's addresses, and names with pointers, are read")
  func answers() throws {
    let addresses = hex(
      "0007 8180 0001 0002 0000 0000 \(question) c00c 0001 0001 0000003c 0004 0a4d0301"
        + " c00c 0005 0001 0000003c 0002 c00c")
    #expect(try NameMessage.answers(addresses.span, to: .addresses("host.lab"), number: 7) == ["10.77.3.1"])
    #expect(try NameMessage.answers(addresses.span, to: .addresses("host.lab"), number: 8) == nil)
    let name = hex("0007 8180 0000 0001 0000 0000 00 000c 0001 0000003c 0008 02 7233 03 6c6162 00")
    #expect(try NameMessage.answers(name.span, to: .name(address), number: 7) == ["r3.lab"])
    let nobody = hex("0007 8183 0000 0000 0000 0000")
    #expect(try NameMessage.answers(nobody.span, to: .name(address), number: 7) == [])
  }

  @Test("A pointer forward or to itself, and a message that is cut, are refused")
  func refused() {
    let head = "0007 8180 0000 0001 0000 0000"
    for text in [
      "\(head) c00c 000c 0001 00000000 0000", "\(head) c020 000c 0001 00000000 0000", "\(head) 05 6162",
      "\(head) 00 000c 0001 00000000 00ff 00", "\(head) 80",
    ] {
      let bytes = hex(text)
      #expect(throws: WireError.self, "\(text)") {
        try NameMessage.answers(bytes.span, to: .name(address), number: 7)
      }
    }
    let whole = hex("0007 8180 0001 0001 0000 0000 \(question) c00c 0001 0001 0000003c 0004 0a4d0301")
    for count in whole.indices {
      let cut = Array(whole.prefix(count))
      #expect(throws: WireError.self) {
        try NameMessage.answers(cut.span, to: .addresses("host.lab"), number: 7)
      }
    }
  }
}

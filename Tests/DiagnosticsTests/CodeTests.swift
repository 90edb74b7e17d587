import Diagnostics
import Testing

@Suite struct CodeTests {
  @Test(
    "Every code has a number of four digits and a slug of its own, and each names it",
    arguments: Code.allCases)
  func names(_ code: Code) {
    #expect(code.description.utf8.count == 6)
    #expect(code.slug.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (0x61...0x7a).contains($0) })
    #expect(Code(text: code.description) == code)
    #expect(Code(text: code.description.lowercased()) == code)
    #expect(Code(text: String(code.rawValue)) == code)
    #expect(Code(text: code.slug) == code)
  }

  @Test("A code reads as its number and its words")
  func example() {
    #expect(Code.unknownInterface.description == "MC2104")
    #expect(Code.unknownInterface.slug == "unknown-interface")
    #expect(Code.daemonNotRunning.description == "MC0001")
    #expect(Code(text: "MC9999") == nil)
    #expect(Code(text: "") == nil)
  }
}

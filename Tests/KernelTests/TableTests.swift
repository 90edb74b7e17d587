import Addressing
import Foundation
import Kernel
import Testing

@Suite struct TableTests {
  @Test("A list of outbound VIFs keeps each threshold apart")
  func thresholds() {
    var list = OutboundList()
    #expect(list.isEmpty && list.mask == 0)
    for vif in 0..<32 as Range<VIFIndex> { list[vif] = vif + 1 }
    #expect((0..<32).allSatisfy { list[VIFIndex($0)] == UInt8($0 + 1) })
    #expect(list.mask == .max)
    list[31] = 255
    list[0] = 0
    list[7] = 0
    list[8] = 0
    #expect(list.mask == 0xffff_fe7e)
    #expect(list[31] == 255 && list[30] == 31 && list[9] == 10 && list[6] == 7)
  }

  @Test("A VIF beyond the kernel's 32 is not outbound and cannot be made so")
  func beyond() {
    var list = OutboundList()
    list[32] = 1
    list[255] = 1
    #expect(list.isEmpty && list[32] == 0 && list[255] == 0)
    #expect(list == OutboundList())
  }

  @Test("Outbound VIFs are pairs in JSON; a VIF beyond 31 and half a pair are refused")
  func codable() throws {
    var list = OutboundList()
    list[0] = 1
    list[31] = 64
    let text = try JSONEncoder().encode(list)
    #expect(String(decoding: text, as: UTF8.self) == "[[0,1],[31,64]]")
    #expect(try JSONDecoder().decode(OutboundList.self, from: text) == list)
    for broken in ["[[32,1]]", "[[1]]", "[[1,2,3]]", "[[0,256]]", "[[-1,1]]", "[1]"] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(OutboundList.self, from: Data(broken.utf8))
      }
    }
  }

  @Test("Two VIFs that differ have an order, also where one took the other's index")
  func order() {
    let first = VIF(table: .standard, family: .ipv4, index: 0, link: 1)
    let second = VIF(table: .standard, family: .ipv4, index: 0, link: 3)
    #expect(first < second && !(second < first))
    #expect(second < VIF(table: .standard, family: .ipv4, index: 1, link: 1))
    #expect(second < VIF(table: .standard, family: .ipv6, index: 0, link: 1))
  }

  @Test("The standard table has the kernel's number of each family")
  func numbers() {
    #expect(TableID.standard.number(.ipv4) == 253)
    #expect(TableID.standard.number(.ipv6) == 254)
    #expect(TableID(rawValue: 100).number(.ipv6) == 100)
  }
}

import Addressing
import Testing

@testable import LinuxKernel

@Suite struct ControlMessageTests {
  /// What a socket gives beside an MLD report: IPV6_PKTINFO (ff02::16 on ifindex 3), IPV6_HOPLIMIT 1,
  /// IPV6_HOPOPTS with Router Alert, SO_RXQ_OVFL 5.
  static let control = hex(
    """
    2400000000000000 29000000 32000000 ff020000000000000000000000000016 03000000 00000000
    1400000000000000 29000000 34000000 01000000 00000000
    1800000000000000 29000000 36000000 3a00050200000100
    1400000000000000 01000000 28000000 05000000 00000000
    """)

  private func facts(_ bytes: [UInt8]) -> ReceiveBuffer.Facts {
    var facts = ReceiveBuffer.Facts()
    var cursor = ControlMessageCursor()
    while let message = cursor.next(bytes.raw) { facts.read(message, bytes.raw) }
    return facts
  }

  private func hasRouterAlert(_ options: String) -> Bool {
    let bytes = hex(options)
    return ReceiveBuffer.Facts.hasRouterAlert(0..<bytes.count, bytes.raw)
  }

  @Test("Link, destination, hop limit, Router Alert and losses are told beside a datagram")
  func whole() {
    let facts = facts(Self.control)
    #expect(facts.link == 3)
    #expect(facts.destination?.description == "ff02::16")
    #expect(facts.hops == 1)
    #expect(facts.routerAlert)
    #expect(facts.drops == 5)
  }

  @Test("No cut of ancillary messages is read beyond its end")
  func truncations() {
    for count in 0..<Self.control.count { _ = facts(Array(Self.control.prefix(count))) }
    #expect(facts(Array(Self.control.prefix(35))).link == 0)
  }

  @Test(
    "A length that contradicts the buffer ends the walk",
    arguments: ["0f00000000000000", "ffffffffffffffff", "ffffffffffffff7f", "0000000000000000"])
  func badLength(length: String) {
    var bytes = Self.control
    bytes.replaceSubrange(0..<8, with: hex(length))
    #expect(facts(bytes).link == 0)
  }

  @Test("Router Alert is found behind padding, and not beyond options that do not end")
  func hopOptions() {
    #expect(hasRouterAlert("3a00 01020000 05020000"))
    #expect(hasRouterAlert("3a00 00 00 05020000"))
    #expect(!hasRouterAlert("3a00 01040000 0000"))
    #expect(!hasRouterAlert("3a00 01ff0000"))
    #expect(!hasRouterAlert("3a00 01"))
    #expect(!hasRouterAlert(""))
  }
}

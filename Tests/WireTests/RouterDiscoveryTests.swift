import Addressing
import Testing
import Wire

@Suite struct RouterDiscoveryTests {
  private let source4 = Address(ipv4: 0x0a00_0001)
  private let source6 = Address(high: 0xfe80 << 48, low: 1)

  @Test(
    "IGMP messages are read and written",
    arguments: [
      (
        "3014 cfeb 0000 0000  # interval 20 s",
        RouterDiscoveryMessage.announcement(interval: 20, queryInterval: 0, robustness: 0)
      ),
      (
        "3004 cf7c 007d 0002  # interval 4 s, queries every 125 s, robustness 2",
        .announcement(interval: 4, queryInterval: 125, robustness: 2)
      ),
      ("3100 ceff", .solicitation), ("3200 cdff", .termination),
    ])
  func igmp(_ text: String, _ message: RouterDiscoveryMessage) throws {
    let bytes = hex(text)
    #expect(try RouterDiscoveryMessage(decoding: bytes.span, family: .ipv4) == message)
    #expect(message.encoded(from: source4, to: RouterDiscoveryMessage.snoopers(.ipv4)) == bytes)
  }

  @Test(
    "ICMPv6 messages are read and written, with the checksum over the addresses",
    arguments: [
      (
        "9714 6aba 0000 0000",
        RouterDiscoveryMessage.announcement(interval: 20, queryInterval: 0, robustness: 0)
      ),
      ("9800 69d2", .solicitation), ("9900 68d2", .termination),
    ])
  func icmpv6(_ text: String, _ message: RouterDiscoveryMessage) throws {
    let bytes = hex(text)
    #expect(try RouterDiscoveryMessage(decoding: bytes.span, family: .ipv6) == message)
    let snoopers = RouterDiscoveryMessage.snoopers(.ipv6)
    let encoded = message.encoded(from: source6, to: snoopers)
    #expect(encoded == bytes)
    var sum = Checksum(from: source6, to: snoopers, protocolNumber: 58, length: encoded.count)
    sum.add(encoded.span)
    #expect(sum.value == 0)
  }

  @Test("What is cut short or summed wrong is refused; another protocol's message is none")
  func refused() throws {
    for text in ["", "30", "3014 cf", "3014 cfeb 0000 00"] {
      let bytes = hex(text)
      #expect(throws: WireError.self) { try RouterDiscoveryMessage(decoding: bytes.span, family: .ipv4) }
    }
    let wrong = hex("3014 cfea 0000 0000")
    #expect(throws: WireError.checksum) { try RouterDiscoveryMessage(decoding: wrong.span, family: .ipv4) }
    let query = hex("1164ee9b 00000000")
    #expect(try RouterDiscoveryMessage(decoding: query.span, family: .ipv4) == nil)
    let solicitation = hex("3100 ceff")
    #expect(try RouterDiscoveryMessage(decoding: solicitation.span, family: .ipv6) == nil)
  }
}

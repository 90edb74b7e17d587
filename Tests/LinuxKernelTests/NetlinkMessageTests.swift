import Addressing
import Kernel
import Testing

@testable import LinuxKernel

@Suite struct NetlinkMessageTests {
  private func messages(_ bytes: [UInt8]) -> [NetlinkMessage] {
    var cursor = NetlinkMessageCursor()
    var found: [NetlinkMessage] = []
    while let message = cursor.next(bytes.raw) { found.append(message) }
    return found
  }

  private func attributes(_ bytes: [UInt8]) -> [NetlinkAttribute] {
    var cursor = NetlinkAttributeCursor(0..<bytes.count)
    var found: [NetlinkAttribute] = []
    while let attribute = cursor.next(bytes.raw) { found.append(attribute) }
    return found
  }

  private func status(_ message: NetlinkMessage, _ bytes: [UInt8]) -> Int32? { message.status(bytes.raw) }

  @Test("Messages are walked by their lengths, rounded up to four")
  func walk() {
    let bytes = hex(
      """
      11000000 1000 0200 05000000 00000000 aa000000
      14000000 0300 0200 05000000 00000000 00000000
      """)
    let found = messages(bytes)
    #expect(found.map(\.type) == [16, 3])
    #expect(found.map(\.payload) == [16..<17, 36..<40])
    #expect(status(found[0], bytes) == nil)
    #expect(status(found[1], bytes) == 0)
  }

  @Test(
    "A length that is too small or beyond the end ends the walk",
    arguments: ["00000000", "0f000000", "15000000", "ffffffff"])
  func badLength(length: String) {
    #expect(messages(hex(length + "1000 0200 05000000 00000000 00000000")).isEmpty)
  }

  @Test("An error message gives its errno, an acknowledgement 0")
  func status() {
    let refused = hex("14000000 0200 0000 05000000 00000000 efffffff")
    let acknowledged = hex("14000000 0200 0000 05000000 00000000 00000000")
    let empty = hex("10000000 0200 0000 05000000 00000000")
    #expect(status(messages(refused)[0], refused) == 17)
    #expect(status(messages(acknowledged)[0], acknowledged) == 0)
    #expect(status(messages(empty)[0], empty) != 0)
  }

  @Test("Attributes are walked inside their message; one that does not fit ends the walk")
  func attributeWalk() {
    let bytes = hex("0500 0300 61000000 0800 0480 05000000 0900 0100 00000000")
    // The nested mark is no part of the type.
    #expect(
      attributes(bytes) == [
        NetlinkAttribute(type: 3, value: 4..<5), NetlinkAttribute(type: 4, value: 12..<16),
      ])
  }

  @Test("An attribute shorter than its own head ends the walk")
  func shortAttribute() {
    #expect(attributes(hex("0300 0100 00000000")).isEmpty)
  }

  @Test("A request has its length, sequence and padded attributes")
  func request() {
    var request = NetlinkRequest(type: 32, flags: 5, header: hex("80000000"))
    request.attribute(3, "eth0")
    request.attribute(15, 100)
    #expect(
      request.sealed(sequence: 9)
        == hex(
          """
          28000000 2000 0500 09000000 00000000 80000000
          0900 0300 6574683000 000000 0800 0f00 64000000
          """))
  }

  @Test("A rule is asked for by interface, priority and table, marked as a routing daemon's")
  func rule() {
    #expect(
      NetlinkRequest.rule(.ipv4, table: 1000, interface: "e0", adding: true).sealed(sequence: 1)
        == hex(
          """
          3c000000 2000 0506 01000000 00000000
          80000000fc0000 01 00000000
          0800 0600 64000000  0800 0f00 e8030000  0700 0300 653000 00  0500 1500 11 000000
          """))
  }

  @Test("A rule that is told is read back")
  func ruleMessage() throws {
    let bytes = hex(
      """
      3c000000 2000 0200 01000000 00000000
      80000000fc0000 01 00000000
      0800 0600 64000000  0800 0f00 e8030000  0700 0300 653000 00  0500 1500 11 000000
      """)
    let message = try #require(messages(bytes).first)
    let read = RuleMessage(bytes.raw, message)
    let rule = try #require(read)
    #expect(rule.family == .ipv4)
    #expect(rule.table == 1000)
    #expect(rule.inbound == "e0")
    #expect(rule.isOurs)
  }
}

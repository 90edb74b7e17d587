import Configuration
import Diagnostics
import Forwarding
import Kernel
import Membership
import Testing

/// Texts that no person wrote.
@Suite struct SmcrouteHostileTests {
  private func read(_ bytes: [UInt8]) -> ParsedConfiguration {
    parseSmcroute(bytes, named: "c", source: TextSource())
  }

  @Test("Every byte, alone, between words and in a word, is read")
  func bytes() {
    for byte in UInt8.min...UInt8.max {
      _ = read([byte])
      let parsed = read(Array("mroute from eth0".utf8) + [byte] + Array("group 225.1.1.1 to x".utf8) + [byte])
      #expect(!parsed.hasErrors)
    }
  }

  @Test("NUL separates words, as do tab, VT, FF, CR; a byte order mark and a missing newline change nothing")
  func blanks() {
    for byte: UInt8 in [0, 9, 11, 12, 13, 32] {
      let parsed = read(
        [0xef, 0xbb, 0xbf]
          + Array("mroute from eth0 group 225.1.1.1 to eth1".utf8).map { $0 == 32 ? byte : $0 })
      #expect(parsed.diagnostics == [])
      #expect(parsed.configuration.routes.first?.outbound.map(\.pattern.text) == ["eth1"])
    }
  }

  @Test("A name that is no UTF-8 names no interface")
  func badName() {
    let parsed = read(Array("mroute from e".utf8) + [0xff] + Array(" group 225.1.1.1".utf8))
    #expect(parsed.diagnostics.map(\.code) == [.unknownInterface])
  }

  @Test("A line of 10 MB is read: 256 interfaces of it are taken, the rest is told")
  func longLine() {
    let names = (0..<1_200_000).map { "e\($0)" }.joined(separator: " ")
    let parsed = read(
      Array("mroute from eth0 group 225.1.1.1 to \(names)\nmgroup from eth0 group 225.1.1.1".utf8))
    #expect(parsed.configuration.routes.first?.outbound.count == 256)
    #expect(parsed.diagnostics.map(\.code) == [.limitReached])
    #expect((parsed.diagnostics.first?.sourceLine?.utf8.count ?? 0) <= 4_096)
    #expect(parsed.configuration.joins.count == 1)
  }

  @Test("A word of 10 MB is told in short")
  func longWord() throws {
    let parsed = read(Array(repeating: 0x61, count: 10 << 20))
    #expect(try #require(parsed.diagnostics.first).message.utf8.count < 200)
  }

  @Test("More than 32 interfaces behind to, and longer lines than 511 bytes, are nothing special")
  func manyInterfaces() {
    let names = (0..<200).map { "eth\($0)" }.joined(separator: " ")
    let parsed = read(Array("mroute from in0 group 225.1.1.1 to \(names)\n".utf8))
    #expect(parsed.diagnostics == [])
    #expect(parsed.configuration.routes[0].outbound.count == 200)
    let same = String(repeating: "eth1 ", count: 120)
    #expect(
      read(Array("mroute from in0 group 225.1.1.1 to \(same)".utf8)).configuration.routes[0].outbound.count
        == 1)
  }

  @Test(
    "One rule stated a hundred thousand times, with other interfaces each time, costs no more than that"
  )
  func oneRule() {
    let text = (0..<100_000).map { "mroute from eth0 group 225.1.1.1 to e\($0 % 300)\n" }.joined()
    let parsed = read(Array(text.utf8))
    #expect(parsed.configuration.routes.count == 1)
    #expect(parsed.configuration.routes[0].outbound.count == 256)
  }

  @Test("Interface lines beyond the limit, wide ones too, are skipped and told")
  func manyPhyints() {
    let text = (0..<5_000).map { "phyint e\($0)+ enable\n" }.joined()
    let parsed = read(Array(text.utf8))
    #expect(parsed.configuration.interfaces.count <= 4_096)
    #expect(parsed.diagnostics.contains { $0.code == .limitReached })
  }

  @Test("Joins are counted together, ranges by their groups")
  func manyJoins() {
    let parsed = read(
      Array(
        "mgroup from a group 225.0.0.0/16\nmgroup from b group 225.0.0.0/16\nmgroup from c group 225.0.0.0/20"
          .utf8))
    #expect(parsed.configuration.joins.map(\.key.interface.text) == ["a", "c"])
    #expect(parsed.diagnostics.map(\.code) == [.limitReached])
  }

  @Test("Routes beyond the limit are skipped and told")
  func manyRoutes() {
    let text = (0..<200_010).map {
      "mroute from e source 10.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255) group 225.1.1.1\n"
    }
    let parsed = read(Array(text.joined().utf8))
    #expect(parsed.configuration.routes.count == 200_000)
    #expect(parsed.diagnostics.count == 10)
  }

  @Test("Every cut and every changed byte of a file is read without an error")
  func mutations() {
    let text = Array(
      """
      phyint eth0 enable mrdisc ttl-threshold 11 # c
      mgroup from eth0 source 10.0.0.1/31 group 232.1.1.1
      mroute from eth+ source fc00::/7 group ff05::1/64 to eth1:1 + x
      include /d/*.conf
      """.utf8)
    for end in text.indices { check(Array(text[..<end])) }
    for index in text.indices {
      for byte: UInt8 in [0, 0x0a, 0x20, 0x23, 0x2b, 0x2f, 0x30, 0x3a, 0x80, 0xff] {
        var changed = text
        changed[index] = byte
        check(changed)
      }
    }
  }

  private func check(_ bytes: [UInt8]) {
    let parsed = read(bytes)
    #expect(!parsed.hasErrors)
    #expect(parsed.diagnostics.allSatisfy { (1...6).contains($0.location?.line ?? 0) })
  }
}

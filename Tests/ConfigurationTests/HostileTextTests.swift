import Configuration
import Diagnostics
import Testing

/// Texts that nobody writes on purpose; each must end with findings, none with a trap.
@Suite struct HostileTextTests {
  private func read(_ bytes: [UInt8]) -> ParsedConfiguration {
    parse(bytes, named: "t", source: TextSource())
  }

  @Test("A binary file is one finding, at its first byte that is no text")
  func binary() {
    for bytes in [
      [0x7f, 0x45, 0x4c, 0x46, 0, 1, 2] + Array(repeating: 0xfe, count: 5000), [0xff], [0xc3],
      [0xed, 0xa0, 0x80],
    ] {
      let parsed = read(bytes.map { UInt8($0) })
      #expect(parsed.diagnostics.map(\.code) == [.notText])
      #expect(parsed.hasErrors)
    }
  }

  @Test("A file in UTF-16 is named as such")
  func utf16() {
    for mark: [UInt8] in [[0xff, 0xfe], [0xfe, 0xff]] {
      let parsed = read(mark + Array("v\0e\0r\0".utf8))
      #expect(parsed.diagnostics.map(\.message) == ["the file is in UTF-16, not in UTF-8"])
    }
  }

  @Test("A byte order mark of UTF-8, CRLF and a missing last newline change nothing")
  func harmlessForms() {
    let parsed = read([0xef, 0xbb, 0xbf] + Array("version 1\r\nlog { level debug }\r\n# end".utf8))
    #expect(parsed.diagnostics == [])
    #expect(parsed.configuration.log.level == "debug")
  }

  @Test("A line of 10 MiB is one finding, and the next line is read")
  func longLine() throws {
    let parsed = read(Array(repeating: 0x61, count: 10 << 20) + Array("\nlog { level debug }\n".utf8))
    #expect(parsed.diagnostics.map(\.code) == [.lineTooLong])
    #expect(parsed.diagnostics[0].message == "the line has 10485760 bytes; at most 4096 are read")
    #expect(parsed.configuration.log.level == "debug")
    #expect(try #require(parsed.diagnostics[0].sourceLine).utf8.count == 4096)
  }

  @Test("The longest line is read, one byte more is not")
  func lineLimit() {
    let comment = { (count: Int) in Array(repeating: UInt8(ascii: "#"), count: count) }
    #expect(read(comment(4096)).diagnostics == [])
    #expect(read(comment(4097)).diagnostics.map(\.code) == [.lineTooLong])
  }

  @Test(
    "Masses of braces, opened or closed, on one line or on many",
    arguments: [
      ("{", 1_000_000), ("{\n", 1_000_000), ("}\n", 5_000), ("log {\n", 5_000), ("log {}}\n", 5_000),
    ])
  func braces(piece: String, count: Int) {
    // Each error that is thrown costs a test a backtrace; those in one block are skipped and thrown once.
    let parsed = read(Array(String(repeating: piece, count: count).utf8))
    #expect(parsed.hasErrors)
    #expect(parsed.diagnostics.count <= 100)
  }

  @Test("Of five thousand errors the first hundred are told and the rest is counted")
  func manyErrors() {
    let parsed = read(Array(String(repeating: "x\n", count: 5_000).utf8))
    #expect(parsed.diagnostics.count == 100)
    #expect(parsed.suppressed == 4_900)
    #expect(parsed.diagnostics.map { $0.location?.line } == (1...100).map { Int32($0) })
  }

  @Test("Warnings do not push an error out")
  func errorBehindWarnings() {
    let warnings = (0..<500).map { "route from a group ff0e::\(String($0, radix: 16)) to b ttl 1\n" }.joined()
    let parsed = read(Array((warnings + "x\n").utf8))
    #expect(parsed.hasErrors)
    #expect(parsed.diagnostics.count == 101)
    #expect(parsed.diagnostics.last?.severity == .error)
  }

  @Test(
    "Every cut and every changed byte of a text is read without a trap; what is accepted is written back",
    arguments: [
      """
      log { level info; to file "/x\\"y"; debug route,join } # c
      interface eth0 enable { threshold 5; boundary 239.255.0.0/16 }
      table 7 { split on }
      route from eth0 "g" source 10.0.0.0/8 group 239.1.0.0/16 \\
        to eth1 ttl 3 eth2 only prefer -2 name x comment "y"
      join on eth+ group ff0e::/120
      """,
      """
      tunnel t { local a; remote 1.2.3.4 }
      igmp { query-interval 60s }
      include "/x*"; dvmrp { default-route metric 3 }
      """,
    ])
  func mutations(of source: String) {
    let text = Array(source.utf8)
    for end in text.indices {
      let parsed = read(Array(text[..<end]))
      check(parsed)
    }
    for index in text.indices {
      for byte: UInt8 in [0, 0x0a, 0x0d, 0x22, 0x5c, 0x7b, 0x7d, 0x80, 0xff, 0x3b, 0x20] {
        var changed = text
        changed[index] = byte
        check(read(changed))
      }
    }
  }

  private func check(_ parsed: ParsedConfiguration) {
    #expect(parsed.diagnostics.allSatisfy { ($0.location?.line ?? 0) >= 1 && ($0.location?.line ?? 0) <= 9 })
    #expect(parsed.hasErrors == parsed.diagnostics.contains { $0.severity == .error })
    if !parsed.hasErrors {
      let again = HostileTextTests.readAgain(parsed)
      #expect(again.hasErrors == false)
      #expect(Comparison(from: parsed.configuration, to: again.configuration).isEmpty)
    }
  }

  private static func readAgain(_ parsed: ParsedConfiguration) -> ParsedConfiguration {
    parse(Array(parsed.configuration.text.utf8), named: "t", source: TextSource())
  }

  @Test("Twenty thousand rivals of one (*,G) are checked, not each against each")
  func manyRivals() {
    let text = (0..<20_000).map { "route from e\($0) group 239.1.1.1 to x\n" }.joined()
    let parsed = read(Array(text.utf8))
    #expect(parsed.configuration.routes.count == 20_000)
    #expect(parsed.diagnostics == [])
    let patterns = (0..<2_000).map { "route from e\($0)* group 239.1.1.1 to x\n" }.joined()
    #expect(!read(Array(patterns.utf8)).hasErrors)
  }

  @Test("A list of a million interfaces on continued lines is refused at the 257th")
  func longList() {
    let parsed = read(Array(("route from" + String(repeating: " \\\n e", count: 300_000)).utf8))
    #expect(parsed.diagnostics.map(\.code) == [.limitReached])
  }
}

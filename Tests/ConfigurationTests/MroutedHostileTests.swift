import Configuration
import DVMRP
import Diagnostics
import Kernel
import Testing

/// Texts that no person wrote, and those on which the original trips.
@Suite struct MroutedHostileTests {
  private func read(_ bytes: [UInt8], _ vintage: MroutedFileOptions.Vintage = .current) -> MroutedReading {
    parseMrouted(
      bytes, named: "c", source: TextSource(),
      options: MroutedFileOptions(vintage, interfaces: MroutedMachine.interfaces))
  }

  @Test("A last line without a newline is read as with one, whatever stands before it")
  func missingNewline() {
    for text in [
      "phyint e0 metric 2 threshold 9\nphyint e1 metric 4",
      "phyint e0 disable # comment\n# whole\n phyint\n e1",
      "name LOCAL 239.255/16 phyint e0 boundary LOCAL threshold 8\ncache_lifetime 600",
      "# a long comment\n\n#",
    ] {
      for vintage in MroutedFileOptions.Vintage.allCases {
        let (without, with) = (read(Array(text.utf8), vintage), read(Array((text + "\n").utf8), vintage))
        #expect(without == with)
        #expect(without.lines.filter { $0.kind != .info } == [])
        #expect(without.configuration?.settings(of: "e1").threshold == nil)
      }
    }
  }

  @Test("Every cut of a file, and every byte in it, is read")
  func cuts() {
    let rich = Array(MroutedTests.rich.utf8)
    for end in rich.indices { _ = read(Array(rich[..<end])) }
    for byte in UInt8.min...UInt8.max {
      _ = read([byte])
      let reading = read(Array("phyint e0 metric".utf8) + [byte] + Array("2 threshold 3".utf8) + [byte])
      let isBlank = [0x20, 0x09, 0x0a].contains(byte)
      #expect((reading.configuration?.settings(of: "e0").dvmrp.metric == 2) == isBlank)
    }
  }

  @Test("A prefix longer than 32 is refused, which the original shifts by")
  func lengths() {
    for word in ["10/33", "10.1.2.3/99", "239.255/300", "10/4294967296"] {
      for statement in ["phyint e0 altnet", "phyint e0 accept", "name A", "phyint e0 boundary"] {
        let reading = read(Array("\(statement) \(word)".utf8))
        #expect(reading.configuration == nil)
        #expect(reading.lines.first?.kind == .fatal)
      }
    }
    #expect(
      read(Array("phyint e0 altnet 10/33".utf8)).lines.map(\.text) == ["Invalid prefix length in 10/33"])
    #expect(read(Array("phyint e0 boundary 239/4".utf8)).configuration == nil)
    #expect(read(Array("phyint e0 altnet 10.8/32".utf8)).configuration != nil)
  }

  @Test("Numbers of any length are out of range, not something else", arguments: ["threshold", "metric"])
  func numbers(keyword: String) {
    for number in ["256", "4294967297", "18446744073709551617", String(repeating: "9", count: 1000)] {
      let reading = read(Array("phyint e0 \(keyword) \(number)".utf8))
      #expect(reading.configuration == nil)
      #expect(reading.lines.first?.text.hasPrefix("Invalid \(keyword) ") == true)
    }
  }

  @Test("Numbers in hexadecimal are addresses, the same ones on every machine")
  func hexadecimal() {
    #expect(
      read(Array("phyint 0x0a050101 metric 7".utf8)).configuration?.settings(of: "e1").dvmrp.metric == 7)
    #expect(read(Array("phyint 0x metric 7".utf8)).lines.map(\.kind) == [.warning])
  }

  @Test("A word of a megabyte is told in short, and of warnings the first hundred")
  func long() throws {
    let word = read(Array("phyint e0 boundary ".utf8) + Array(repeating: 0x61, count: 1 << 20))
    #expect(try #require(word.lines.first).text.utf8.count < 200)
    let many = read(Array(String(repeating: "phyint nosuch0 metric 2\n", count: 50_000).utf8))
    #expect(many.lines.count == 100)
    #expect(many.suppressed == 49_900)
    #expect(many.configuration != nil)
  }

  @Test("What a file states without end is refused at a bound")
  func bounds() {
    func text(_ count: Int, _ line: (Int) -> String) -> [UInt8] {
      Array("phyint e0 ".utf8) + Array((0..<count).map(line).joined(separator: " ").utf8)
    }
    for bytes in [
      text(5_000) { "altnet 10.\($0 >> 8 & 255).\($0 & 255)/24" },
      text(5_000) { "boundary 239.\($0 >> 8 & 255).\($0 & 255)/24" },
      text(5_000) { "static-group 239.1.\($0 >> 8 & 255).\($0 & 255)" },
      text(5_000) { "accept 10.\($0 >> 8 & 255).\($0 & 255)/24" },
      text(1) { _ in
        "accept " + (0..<5_000).map { "10.\($0 >> 8 & 255).\($0 & 255)/24" }.joined(separator: " ")
      },
    ] {
      let reading = read(bytes)
      #expect(reading.configuration == nil)
      #expect(reading.lines.map(\.text) == ["Too many options for e0 (max 1024)"])
    }
    let tunnels = (0..<300).map { "tunnel e0 192.0.\(2 + $0 / 200).\(1 + $0 % 200)" }.joined(separator: "\n")
    #expect(read(Array(tunnels.utf8)).lines.map(\.text) == ["too many vifs"])
  }
}

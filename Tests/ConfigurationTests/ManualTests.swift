import Configuration
import Diagnostics
import Foundation
import Testing

/// The manual page and the language state the same.
@Suite struct ManualTests {
  static let page =
    (try? String(contentsOf: ExampleTests.root.appending(path: "docs/man/mcast.conf.5"), encoding: .utf8))
    ?? ""

  /// The words that the parser knows at a place: it lists them for one that it does not know.
  private func words(_ text: String) -> [String] {
    let hint = read(text).diagnostics.first?.hint ?? ""
    return hint.replacing("known are ", with: "").split(separator: ", ").map(String.init)
  }

  @Test("Every statement and every option is in the manual page")
  func words() {
    #expect(words("qqqqqqqq").count > 15)
    for word in words("qqqqqqqq") { #expect(mentions(word), "\(word)") }
    let blocks = [
      "log", "control", "limits", "table", "cache", "interface a", "igmp", "mld", "dvmrp", "tunnel a",
    ]
    for block in blocks {
      let known = words("\(block) { qqqqqqqq }")
      #expect(known.count >= 1)
      for word in known { #expect(mentions(word), "\(block): \(word)") }
    }
  }

  private func mentions(_ word: String) -> Bool {
    ManualTests.page.split(separator: "\n").contains { line in
      line.split(whereSeparator: { " ,".contains($0) }).dropFirst().contains { $0 == word }
    }
  }

  @Test("The examples of the manual page are read without a finding")
  func examples() throws {
    let blocks = try examples(of: ManualTests.page)
    #expect(blocks.count == 5)
    for block in blocks { #expect(read(block).diagnostics == []) }
  }

  /// The literal blocks of the section, without the lines that are commands.
  private func examples(of page: String) throws -> [String] {
    let examples = try #require(page.range(of: ".Sh EXAMPLES"))
    let end = try #require(page.range(of: ".Sh DIAGNOSTICS"))
    var blocks: [String] = []
    var isInBlock = false
    for line in page[examples.upperBound..<end.lowerBound].split(separator: "\n") {
      if line.hasPrefix(".Bd") {
        isInBlock = true
        blocks.append("")
      } else if line.hasPrefix(".Ed") {
        isInBlock = false
      } else if isInBlock, !line.hasPrefix("mcast ") {
        blocks[blocks.count - 1] += line + "\n"
      }
    }
    return blocks
  }

  static let smcroutePage =
    (try? String(contentsOf: ExampleTests.root.appending(path: "docs/man/smcroute.conf.5"), encoding: .utf8))
    ?? ""

  @Test("The examples of smcroute.conf(5) are read without a finding, but for files that are not here")
  func smcrouteExamples() throws {
    let blocks = try examples(of: ManualTests.smcroutePage)
    #expect(blocks.count == 4)
    for block in blocks {
      #expect(smcroute(block).diagnostics.filter { $0.code != .includeEmpty } == [])
      #expect(smcroute(block + "bogus").diagnostics.contains { $0.code == .unknownStatement })
    }
  }

  @Test("Every word that the grammar of smcroute.conf names is in its manual page")
  func smcrouteWords() {
    let hints = [
      "x", "phyint eth0 x", "mroute from eth0 group 225.1.1.1 x", "mroute from eth0", "mgroup", "phyint",
    ].compactMap { smcroute($0).diagnostics.first?.hint }
    #expect(hints.count == 6)
    let words = hints.joined(separator: " ").split { !$0.isLetter && $0 != "-" }
      .filter { $0.first?.isLowercase == true && !["known", "are", "and"].contains($0) }
    #expect(words.count > 20)
    for word in words {
      #expect(ManualTests.smcroutePage.split { " \n".contains($0) }.contains(word), "\(word)")
    }
  }
}

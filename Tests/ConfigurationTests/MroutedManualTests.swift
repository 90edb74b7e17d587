import Foundation
import Testing

@testable import Configuration

/// The manual page against the grammar.
@Suite struct MroutedManualTests {
  private static let page =
    (try? String(contentsOf: ExampleTests.root.appending(path: "docs/man/mrouted.conf.5"), encoding: .utf8))
    ?? ""

  /// Texts between `.Bd -literal` and `.Ed`.
  private static var examples: [String] {
    var blocks: [String] = []
    var isInBlock = false
    for line in page.split(separator: "\n") {
      if line.hasPrefix(".Bd -literal") {
        isInBlock = true
        blocks.append("")
      } else if line.hasPrefix(".Ed") {
        isInBlock = false
      } else if isInBlock {
        blocks[blocks.count - 1] += line + "\n"
      }
    }
    return blocks.filter { !$0.hasPrefix("mcast ") }
  }

  @Test("The examples of mrouted.conf(5) are read by both vintages without a warning")
  func examples() {
    #expect(MroutedManualTests.examples.count == 3)
    let interfaces = (0..<3).map { MroutedMachine.interface(Int32($0 + 2), "eth\($0)", "10.5.\($0).1/24") }
    for example in MroutedManualTests.examples {
      for vintage in MroutedFileOptions.Vintage.allCases {
        let reading = MroutedMachine.read(example, vintage, interfaces: interfaces)
        #expect(reading.lines.filter { $0.kind != .info } == [], "\(example)")
        #expect(reading.configuration?.interfaces.isEmpty == false)
      }
      #expect(MroutedMachine.read(example + "bogus", interfaces: interfaces).configuration == nil)
    }
  }

  @Test("Every keyword of the grammar is in the manual page")
  func keywords() {
    let words = Set(MroutedManualTests.page.split { " \n".contains($0) }.map(String.init))
    for keyword in MroutedKeyword.allCases {
      #expect(words.contains(keyword.rawValue), "\(keyword.rawValue)")
    }
    #expect(words.contains("igmp-query-reponse-interval"))
  }
}

import Foundation
import Testing

@testable import Daemon

@Suite("Manual of mcastd")
struct ManualTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The long options that a page documents as items, without their dashes.
  private func documented(in page: String) throws -> Set<String> {
    let url = ManualTests.root.appendingPathComponent("docs/man/\(page)")
    let text = try String(contentsOf: url, encoding: .utf8)
    return Set(text.matches(of: /(?m)^\.It Fl -([a-z]+)/).map { String($0.1) })
  }

  @Test("Every option of --help is in the manual, and the reverse")
  func options() throws {
    let offered = Set(Options.help.matches(of: /--([a-z]+)/).map { String($0.1) })
    #expect(try documented(in: "mcastd.8") == offered)
  }

  @Test("Every exit code of the daemon is in the manual")
  func exits() throws {
    let url = ManualTests.root.appendingPathComponent("docs/man/mcastd.8")
    let text = try String(contentsOf: url, encoding: .utf8)
    for code in [0, 64, 65, 69, 70, 71, 76, 77] { #expect(text.contains("\n.It \(code)\n")) }
  }

  @Test("The unit starts the daemon with options that it has")
  func unit() throws {
    let url = ManualTests.root.appendingPathComponent("packaging/systemd/mcastd.service")
    let text = try String(contentsOf: url, encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
    let words = line.dropFirst("ExecStart=".count).split(separator: " ").dropFirst().map(String.init)
    guard case .run(let options) = Options.parse(words) else {
      Issue.record("refused: \(line)")
      return
    }
    #expect(options.isForeground)
  }
}

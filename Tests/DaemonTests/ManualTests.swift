import Compatibility
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

  static func page(_ name: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
  }

  @Test("Every option of smcrouted is in its page, and the reverse")
  func smcroutedOptions() throws {
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    let accepted = letters.filter { letter in
      guard case .end(let result) = SmcroutedArguments(["-\(letter)", "5"]) else { return true }
      return !result.complaint.contains("invalid option")
    }
    let items = try ManualTests.page("docs/man/smcrouted.8").split(separator: "\n")
      .filter { $0.hasPrefix(".It Fl ") }
    let documented = items.flatMap { $0.matches(of: /\bFl (\w)(?!\w)/).map { Character(String($0.1)) } }
    #expect(Set(documented) == Set(accepted))
  }

  @Test("Every exit code of smcrouted is in its page, and every line that it explains is said")
  func smcroutedExits() throws {
    let text = try ManualTests.page("docs/man/smcrouted.8")
    for code in [0, 1, 64, 69, 71, 76, 77, 78] { #expect(text.contains("\n.It \(code)\n")) }
    for line in [
      SmcrouteLogText.occupied, SmcrouteLogText.inUse("IPv4", "Address already in use"),
      SmcrouteLogText.unsupported, SmcrouteLogText.needsRoot("smcrouted"),
      SmcrouteLogText.missing("/etc/smcroute.conf"),
    ] {
      #expect(text.contains("\n.It \"\(line)\"\n"))
    }
    let settings = SmcroutedSettings()
    for path in [settings.configurationFile, settings.pidFile, settings.socket] {
      #expect(text.contains("\n.It Pa \(path)\n"))
    }
  }

  @Test("The unit of smcrouted starts it with options that it has, in the foreground")
  func smcroutedUnit() throws {
    let text = try ManualTests.page("packaging/systemd/smcroute.service")
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
    let words = line.split(separator: " ").dropFirst().map(String.init).filter { !$0.hasPrefix("$") }
    guard case .run(let settings) = SmcroutedArguments(words) else {
      Issue.record("refused: \(line)")
      return
    }
    #expect(settings.staysInForeground && settings.usesSyslog)
  }
}

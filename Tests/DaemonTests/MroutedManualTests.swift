import Compatibility
import Configuration
import Foundation
import Testing

@testable import Daemon

@Suite("Manual of mrouted")
struct MroutedManualTests {
  private static let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

  /// The letters that a vintage takes, by what it says of the others.
  private func accepted(_ vintage: String) -> Set<Character> {
    Set(
      MroutedManualTests.letters.filter { letter in
        guard
          case .end(let result) = MroutedArguments(
            ["-\(letter)"], MroutedArguments.Wishes(vintage: vintage))
        else { return true }
        return !result.complaint.contains("invalid option")
      })
  }

  private func documented(_ pattern: Regex<(Substring, Substring)>) throws -> Set<String> {
    let items = try ManualTests.page("docs/man/mrouted.8").split(separator: "\n")
      .filter { $0.hasPrefix(".It Fl ") }
    return Set(items.flatMap { $0.matches(of: pattern).map { String($0.1) } })
  }

  @Test("Every letter of both vintages is in the page, and the reverse")
  func options() throws {
    let letters = accepted("3").union(accepted("4"))
    #expect(try documented(/Fl (\w)(?!\w)/) == Set(letters.map(String.init)))
    #expect(accepted("3") == Set("DMNcdfhprv"))
    #expect(accepted("4").isSuperset(of: "dfhilnpstuvw"))
  }

  @Test("Every long name in the page is taken")
  func longNames() throws {
    let names = try documented(/Fl -([a-z-]+)/)
    #expect(names.count == 15)
    for name in names {
      let taken = ["3", "4"].contains { vintage in
        guard
          case .end(let result) = MroutedArguments(
            ["--\(name)"], MroutedArguments.Wishes(vintage: vintage))
        else { return true }
        return !result.complaint.contains("unrecognized option")
      }
      #expect(taken, "--\(name)")
    }
  }

  @Test("Every file and text that the page names is the daemon's")
  func texts() throws {
    let page = try ManualTests.page("docs/man/mrouted.8")
    var settings = MroutedSettings()
    var paths = [settings.configurationFile, settings.pidFile, settings.socket]
    paths += [settings.dumpFile, settings.cacheFile] + settings.generationFiles
    settings.vintage = .older
    for path in paths + settings.generationFiles { #expect(page.contains("\n.It Pa \(path)\n"), "\(path)") }
    for line in [
      "mrouted: \(MroutedLogText.mustBeRoot)", MroutedLogText.occupied, MroutedLogText.refused("..."),
      MroutedLogText.oneWay("ADDRESS", vif: "N"), "Table ID too large!",
    ] {
      #expect(page.contains("\n.It \"\(line)\"\n"), "\(line)")
    }
  }

  @Test("The unit starts mrouted with options that it has, in the foreground")
  func unit() throws {
    let text = try ManualTests.page("packaging/systemd/mrouted.service")
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
    let words = line.split(separator: " ").dropFirst().map(String.init).filter { !$0.hasPrefix("$") }
    guard case .run(let settings) = MroutedArguments(words) else {
      Issue.record("refused: \(line)")
      return
    }
    #expect(settings.staysInForeground && settings.usesSyslog && settings.vintage == .current)
  }
}

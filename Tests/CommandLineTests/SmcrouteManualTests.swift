import Foundation
import Testing

@testable import CommandLine

@Suite("Manual pages of smcroutectl and smcroute") struct SmcrouteManualTests {
  private static let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".map(String.init)

  private static func page(_ program: String) throws -> String {
    try String(contentsOf: Golden.repository.appending(path: "docs/man/\(program).8"), encoding: .utf8)
  }

  /// The letters that the lists of a page explain.
  private static func options(_ page: String) -> Set<String> {
    Set(
      page.split(separator: "\n").filter { $0.hasPrefix(".It Fl ") }
        .flatMap { $0.matches(of: /\bFl (\w)(?!\w)/).map { String($0.1) } })
  }

  @Test("Every option of smcroutectl is in its page, and the reverse")
  func smcroutectlOptions() throws {
    let accepted = Self.letters.filter { letter in
      let outcome = SmcrouteStage().smcroutectl("-\(letter) /s version")
      return !outcome.error.contains("invalid option")
    }
    #expect(try Self.options(Self.page("smcroutectl")) == Set(accepted))
  }

  @Test("Every command of smcroutectl is in its page, and is understood")
  func smcroutectlCommands() throws {
    let described = try Self.page("smcroutectl").matches(of: /(?m)^\.It Cm (\w+)/).map { String($0.1) }
    let commands = [
      "help", "version", "flush", "kill", "reload", "restart", "show", "add", "remove", "del", "join",
      "leave",
    ]
    #expect(described.sorted() == commands.sorted())
    for command in commands.dropFirst() {
      let outcome = SmcrouteStage().smcroutectl("\(command) eth0 225.1.2.3 eth1")
      #expect(outcome.status == 0, "\(command): \(outcome.error)")
    }
  }

  @Test("Every option and command of smcroute is in its page, and the reverse")
  func smcrouteOptions() throws {
    let words = ["eth0", "10.0.0.1", "225.1.2.3", "eth1"]
    let accepted = Self.letters.filter { letter in
      ["", "-d "].contains { start in
        (0...4).contains { count in
          let line = ([start + "-" + letter] + words.prefix(count)).joined(separator: " ")
          let stage = SmcrouteStage()
          // The words of smcrouted, which the script of 2.4 passed on, are in its own page.
          return stage.smcroute(line).status == 0 || stage.started.contains { $0.words[1] == "smcroute" }
        }
      }
    }
    #expect(try Self.options(Self.page("smcroute")) == Set(accepted))
  }

  @Test("The files and texts that the pages name are those of the programs")
  func texts() throws {
    let stage = SmcrouteStage()
    stage.attempts = [:]
    let page = try Self.page("smcroutectl")
    #expect(page.contains(stage.smcroutectl("show").error.split(separator: "\n")[0].dropFirst(13)))
    #expect(try Self.page("smcroute").contains(" Pa /var/run/smcroute\n"))
    #expect(try Self.page("smcroute").contains(stage.smcroute("-F").error.split(separator: ":")[0]))
  }

  @Test("Every example of the pages is understood", arguments: ["smcroutectl", "smcroute"])
  func examples(_ program: String) throws {
    let lines = try Self.page(program).split(separator: "\n").filter { $0.hasPrefix(program + " ") }
    #expect(lines.count >= 4)
    for line in lines where !line.contains("<<") {
      let stage = SmcrouteStage()
      let words = String(line.dropFirst(program.count + 1))
      let outcome = program == "smcroute" ? stage.smcroute(words) : stage.smcroutectl(words)
      #expect(outcome.status == 0 || stage.started.map(\.isReplaced) == [true], "\(line): \(outcome.error)")
    }
  }
}

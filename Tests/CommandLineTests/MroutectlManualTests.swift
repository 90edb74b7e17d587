import Foundation
import Testing

@testable import CommandLine

@Suite("Manual page of mroutectl") struct MroutectlManualTests {
  private func page() throws -> String {
    try String(contentsOf: Golden.repository.appending(path: "docs/man/mroutectl.8"), encoding: .utf8)
  }

  @Test("Every option is in the page, short and long, and the reverse")
  func options() throws {
    let items = try page().split(separator: "\n").filter { $0.hasPrefix(".It Fl ") }
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".filter {
      !MroutectlStage().run("-\($0) x").error.contains("invalid option")
    }
    let documented = items.flatMap { $0.matches(of: /\bFl (\w)(?!\w)/).map { String($0.1) } }
    #expect(Set(documented) == Set(letters.map(String.init)))
    let names = items.flatMap { $0.matches(of: /\bFl -([a-z-]+)/).map { String($0.1) } }
    #expect(names.count == letters.count)
    for name in names {
      #expect(!MroutectlStage().run("--\(name)").error.contains("unrecognized"), "--\(name)")
    }
  }

  @Test("Every command is in the page and in the help, and is understood")
  func commands() throws {
    let described = try page().matches(of: /(?m)^\.It Cm (\w+)/).map { String($0.1) }
    #expect(Set(described) == ["show", "debug", "log", "restart", "kill", "help"])
    let tables = try page().matches(of: /(?m)^\.It Cm show (?:Op Cm )?(\w+)/).map { "show \($0.1)" }
    #expect(tables.count == 8)
    let help = MroutectlStage().run("help").out
    for command in Set(described).union(tables) {
      #expect(MroutectlStage().run(command).status == 0, "\(command)")
      #expect(help.contains("\n  \(command) "), "\(command)")
    }
  }

  @Test("The texts that the page explains are said, and its examples understood")
  func texts() throws {
    let stage = MroutectlStage()
    stage.isSilent = true
    let silence = stage.run("show status").error.dropLast()
    stage.errno = 2
    let absence = stage.run("show status").error.dropLast()
    for text in [silence, absence] { #expect(try page().contains("\n.It \"\(text)\"\n"), "\(text)") }
    let examples = try page().split(separator: "\n").filter { $0.hasPrefix("mroutectl ") }
    #expect(examples.count == 5)
    for example in examples { #expect(MroutectlStage().run(String(example.dropFirst(10))).status == 0) }
  }
}

import Foundation
import Testing

@testable import CommandLine

@Suite("Help and manual") struct HelpTests {
  @Test(
    "Help fits 24 lines of 100 columns and ends with two examples and the manual",
    arguments: [nil] + Verb.allCases)
  func size(_ verb: Verb?) throws {
    let line = verb.map { "help \($0.rawValue)" } ?? "help"
    let text = Stage().run(line).out
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect(lines.count <= 24)
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(
      lines.suffix(4).map { $0.prefix(8) } == ["Examples", "  mcast ", "  mcast ", "Manual: "]
        || verb == .batch)
    if let verb { #expect(Stage().run("\(verb.rawValue) --help").out == text) }
    try Golden.check("help-\(verb?.rawValue ?? "overview")", text)
  }

  @Test("Every example of the help is understood", arguments: Verb.allCases)
  func examples(_ verb: Verb) throws {
    for example in verb.examples {
      let command = example.split(separator: "|").last { $0.contains("mcast") } ?? ""
      let words = command.split(separator: " ").dropFirst().map(String.init)
      #expect(throws: Never.self) { try Resolver.resolve(words) }
    }
  }

  private static var manual: String {
    get throws {
      try String(contentsOf: Golden.repository.appending(path: "docs/man/mcast.8"), encoding: .utf8)
    }
  }

  @Test("Every verb of the help is in the manual page, and the reverse")
  func verbs() throws {
    let lines = try HelpTests.manual.split(separator: "\n")
    let described = lines.compactMap { line in
      line.hasPrefix(".It Cm ") ? line.dropFirst(7).prefix { $0 != " " } : nil
    }
    let verbs = Verb.allCases.map { Substring($0.rawValue) }
    #expect(Set(described).isSuperset(of: verbs), "missing: \(Set(verbs).subtracting(described))")
    let parts = Set(
      ["check", "plan", "diff", "apply", "confirm", "undo", "save", "format", "import"].map { Substring($0) })
    let objects = Set(Object.allCases.map { Substring($0.rawValue) })
    #expect(Set(described).subtracting(verbs).subtracting(parts).subtracting(objects).isEmpty)
  }

  @Test("Every option of the help is in the manual page, and the reverse")
  func options() throws {
    let text = try HelpTests.manual
    let described = Set(
      text.matches(of: /(?m)^\.It (?:Fl \w(?: Ar \S+)? , )?Fl -([a-z0-9-]+)/).map { String($0.1) })
    let options = Set(Option.allCases.map(\.long))
    #expect(described == options, "differ: \(described.symmetricDifference(options).sorted())")
    for option in Option.allCases {
      guard let letter = option.letter else { continue }
      #expect(text.contains(".It Fl \(letter)"), "-\(letter) is missing")
    }
  }

  @Test("Every exit code of the tool is in the manual page")
  func exits() throws {
    let text = try HelpTests.manual
    for code in [0, 1, 2, 3, 4, 5, 6, 7, 64, 65, 70, 130] { #expect(text.contains("\n.It \(code)\n")) }
  }
}

import Foundation
import Testing

/// The manual pages against the programs, and the programs against the shipped files.
@Suite struct ManualTests {
  /// The programs as built for this test run, or those of `make test`.
  private static let programs =
    ProcessInfo.processInfo.environment["MCAST_BIN"] ?? Tree.top + "/.build/debug"

  private func run(_ words: [String]) throws -> (status: Int32, text: String) {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: Self.programs + "/" + words[0])
    process.arguments = Array(words.dropFirst())
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  /// `--word` as help texts write it.
  private func options(inHelp text: String) -> Set<String> {
    Set(text.matches(of: /(?:^|[^\w-])--([a-z][a-z-]*)/).map { String($0.1) })
  }

  /// `Fl -word` as mdoc writes it.
  private func options(inPage text: String) -> Set<String> {
    Set(text.matches(of: /\bFl -([a-z][a-z-]*)/).map { String($0.1) })
  }

  @Test("Options are found in help texts and pages")
  func finds() {
    #expect(
      options(inHelp: "  --log LEVEL  x\n  -j, --json  [--to-file F] a--b") == ["log", "json", "to-file"])
    #expect(options(inPage: ".It Fl -log Ar LEVEL\n.Op Fl j | Fl -json\n.Fl t") == ["log", "json"])
  }

  @Test(
    "Every option of --help is in the manual page, and the reverse", arguments: ["mcastd", "mcast", "mcsim"])
  func pages(_ program: String) throws {
    let section = program == "mcsim" ? "1" : "8"
    let page = Tree.read("docs/man/\(program).\(section)")
    guard !(program == "mcsim" && page.isEmpty) else { return }
    try #require(!page.isEmpty, "docs/man/\(program).\(section) is missing")
    var help = try run([program, "--help"]).text
    if program == "mcast" {
      for verb in try verbs() { help += try run(["mcast", "help", verb]).text }
    }
    let (inHelp, inPage) = (options(inHelp: help), options(inPage: page))
    #expect(inHelp.subtracting(inPage).isEmpty, "not in the page")
    #expect(inPage.subtracting(inHelp).isEmpty, "not in the help")
  }

  /// The verbs that `mcast --help` lists and `mcast help VERB` explains.
  private func verbs() throws -> [String] {
    let words = try run(["mcast", "--help"]).text.matches(of: /(?m)^ {2,4}([a-z]+(?: [a-z]+)*)\b/)
      .flatMap { $0.1.split(separator: " ").map(String.init) }
    return try words.filter { try run(["mcast", "help", $0]).status == 0 }
  }

  @Test("Help fits a terminal")
  func helpIsShort() throws {
    for words in [["mcastd", "--help"], ["mcast", "--help"]] {
      let (status, text) = try run(words)
      #expect(status == 0)
      #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 40, "\(words)")
      #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(words)")
    }
    for verb in try verbs() {
      let text = try run(["mcast", "help", verb]).text
      #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 26, "mcast help \(verb)")
    }
  }

  @Test("Every shipped example is accepted", arguments: Tree.paths(below: "examples", ending: ".conf"))
  func examples(_ path: String) throws {
    // That in the language of SMCRoute is read as such.
    let verb = path.hasSuffix("/smcroute.conf") ? ["import", "smcroute"] : ["check"]
    let (status, text) = try run(["mcast", "config"] + verb + [Tree.top + "/" + path])
    #expect(status == 0, "\(path): \(text)")
    #expect(!text.contains("error:"), "\(text)")
  }

  @Test("The pages satisfy mandoc", arguments: Tree.paths(below: "docs/man", ending: ""))
  func mandoc(_ path: String) throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["mandoc", "-T", "lint", "-W", "warning", Tree.top + "/" + path]
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(data.isEmpty, "\(String(decoding: data, as: UTF8.self))")
  }
}

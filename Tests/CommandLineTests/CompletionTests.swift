import Foundation
import Testing

@testable import CommandLine

@Suite("Completion in bash") struct CompletionTests {
  /// What bash offers for the last word.
  private func offered(_ words: [String], by program: String = "mcast") throws -> [String] {
    let script = Golden.repository.appending(path: "packaging/completion/\(program).bash").path
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      [
        "bash", "-c",
        #"source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _"$1"; printf '%s\n' "${COMPREPLY[@]}""#,
        script, program,
      ] + words
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(separator: "\n").map(String.init)
  }

  @Test("Every verb, and every object of show, is offered")
  func words() throws {
    #expect(try Set(offered([""])) == Set(Verb.allCases.map(\.rawValue)))
    #expect(try Set(offered(["show", ""])) == Set(Object.allCases.map(\.rawValue)))
    #expect(try offered(["rel"]) == ["reload"])
    #expect(try offered(["-j", "show", "ro"]) == ["routes"])
    #expect(try offered(["show", "routes", "sort", "r"]) == ["rate"])
    #expect(try offered(["config", "ap"]) == ["apply"])
  }

  @Test("Every option of every verb is offered", arguments: Verb.allCases)
  func options(_ verb: Verb) throws {
    let expected = (Option.global + verb.options).map { "--" + $0.long }
    #expect(try Set(offered([verb.rawValue, "--"])) == Set(expected))
  }

  @Test("The words of smcroutectl are offered")
  func smcroutectl() throws {
    #expect(try offered(["re"], by: "smcroutectl") == ["reload", "restart", "remove"])
    #expect(try offered(["-u", "/s", "show", "p"], by: "smcroutectl") == ["pending"])
    #expect(try offered(["add", "l"], by: "smcroutectl").contains("lo"))
    #expect(try offered(["show", "-"], by: "smcroutectl").contains("-j"))
  }
}

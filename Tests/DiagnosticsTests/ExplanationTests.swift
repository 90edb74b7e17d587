import Diagnostics
import Foundation
import Testing

@Suite struct ExplanationTests {
  @Test(
    "Every code is explained in full, once, and its number and slug lead back to it", arguments: Code.allCases
  )
  func explained(code: Code) {
    let explanation = Explanations.of(code)
    #expect(explanation.cause != "not described")
    #expect(explanation.meaning.hasSuffix("."))
    #expect(!explanation.cause.hasSuffix("."))
    #expect(!explanation.cure.hasSuffix("."))
    #expect(!explanation.example.isEmpty)
    #expect(Code(text: code.description) == code)
    #expect(Code(text: code.slug) == code)
  }

  @Test("The document holds what explain prints")
  func document() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/diagnostics.md")
    if ProcessInfo.processInfo.environment["MCAST_UPDATE_GOLDEN"] != nil {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Explanations.document.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == Explanations.document)
  }
}

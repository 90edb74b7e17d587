import Testing

@Suite struct TidyTests {
  @Test("The tree keeps the rule", arguments: Check.all)
  func tree(_ check: Check) {
    #expect(Tree.swift.count > 30, "the sources were not found")
    let findings = Tree.swift.flatMap(check.look)
    report(findings)
  }

  @Test("Guides and manual pages keep to plain words")
  func prose() {
    let findings = Tree.prose.flatMap { path in
      let lines = Tree.read(path).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      return Words.findings(in: path, lines: lines) + Words.foreign(in: path, lines: lines)
    }
    report(findings)
  }

  private func report(_ findings: [Finding]) {
    guard !findings.isEmpty else { return }
    Issue.record("\n\(findings.map(\.description).joined(separator: "\n"))")
  }
}

import Testing

/// A check that cannot fail is no check: each has text that it must refuse, and text that it must let pass.
@Suite struct SampleTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    var check: Check
    var path = "Sources/Router/Sample.swift"
    var source: String
    /// The lines found, from 1; empty: the check is content.
    var lines: [Int]

    var testDescription: String { "\(check.slug): \(source.prefix(40).split(separator: "\n").first ?? "")" }
  }

  static let samples: [Sample] = [
    Sample(check: .layer, source: "import Kernel\npublic import Membership\n", lines: []),
    Sample(check: .layer, source: "import Kernel\nimport Foundation\n", lines: [2]),
    Sample(
      check: .layer, path: "Sources/Forwarding/A.swift", source: "public import Membership\n", lines: [1]),
    Sample(check: .layer, path: "Sources/Timing/A.swift", source: "import Addressing\n", lines: [1]),
    Sample(check: .layer, path: "Sources/Parlour/A.swift", source: "\n", lines: [1]),
    Sample(check: .pureCore, source: "// A class of flows.\nlet text = \"print\"\n", lines: []),
    Sample(check: .pureCore, source: "final class Box {}\nactor A {}\nprint(1)\n", lines: [1, 2, 3]),
    Sample(check: .pureCore, source: "func f() async {}\nlet x = Int.random(in: 0..<2)\n", lines: [1, 2]),
    Sample(check: .pureCore, path: "Sources/Daemon/A.swift", source: "final class Box {}\n", lines: []),
    Sample(check: .unsafe, source: "let x = unsafe read(pointer)\n", lines: [1]),
    Sample(check: .unsafe, path: "Sources/LinuxKernel/A.swift", source: "let x = unsafe f()\n", lines: []),
    Sample(
      check: .trap, source: "let a = try! f()\nlet b = x as! Int\nlet c = list.first!\n", lines: [1, 2, 3]),
    Sample(check: .trap, source: "fatalError()\n@unchecked Sendable\nlet d = f()!.x\n", lines: [1, 2, 3]),
    Sample(check: .trap, source: "if a != b, !c { return \"try!\" }\nlet s = x! + 1\n", lines: [2]),
    Sample(check: .longFile, source: String(repeating: "let x = 1\n", count: 400), lines: []),
    Sample(check: .longFile, source: String(repeating: "let x = 1\n", count: 401), lines: [401]),
    Sample(check: .longLine, source: String(repeating: "x", count: 111) + "\n", lines: [1]),
    Sample(check: .longLine, source: String(repeating: "x", count: 110) + "\n", lines: []),
    Sample(check: .longFunction, source: function(lines: 70), lines: []),
    Sample(check: .longFunction, source: function(lines: 71), lines: [2]),
    Sample(check: .longFunction, source: "protocol P {\n  func f()\n}\n" + function(lines: 71), lines: [5]),
    Sample(check: .bannedName, source: "struct FlowManager {}\nenum InterfaceInfo {}\n", lines: [1, 2]),
    Sample(check: .bannedName, source: "struct Database {}\nstruct Datagram {}\n", lines: []),
    Sample(check: .bannedName, path: "Sources/Router/Helpers.swift", source: "\n", lines: [1]),
    Sample(check: .openMatter, source: "let a = 1  // TO" + "DO: later\n/* FIX" + "ME */\n", lines: [1, 2]),
    Sample(check: .openMatter, source: "let todo = \"TO" + "DO\"\n", lines: []),
    Sample(
      check: .undocumented, source: "public func f() {}\n/// A.\n@inlinable\npublic struct A {}\n", lines: [1]
    ),
    Sample(
      check: .undocumented, source: "func f() {}\npublic static func == (a: A, b: A) -> Bool\n", lines: []),
    Sample(
      check: .hashedOrder,
      source: "var a: Set<Int>\nlet b: [Int: String] = [:]\nfor x in a {}\nfor (k, v) in b {}\n",
      lines: [3, 4]),
    Sample(
      check: .hashedOrder,
      source: "var b = [Int: String]()\nfor k in self.b.keys {}\nfor k in b.keys.sorted() {}\n",
      lines: [2]),
    Sample(check: .hashedOrder, source: "var a: [Int]\nfor x in a {}\n", lines: []),
    Sample(check: .hashedOrder, source: "var a: [(x: Int, y: Int)]\nfor b in a {}\n", lines: []),
    Sample(check: .prose, source: "let m = \"just do it\"\n// just a comment\nlet just = 1\n", lines: [1]),
    Sample(
      check: .prose, source: "let m = #\"Please\"#\nlet n = \"\"\"\n  so easy\n  \"\"\"\n", lines: [1, 3]),
    Sample(check: .foreignWord, source: "// see /wo" + "rk/notes\n// framework/a\n", lines: [1]),
  ]

  @Test("A check finds what it is for and nothing else", arguments: samples)
  func sample(_ sample: Sample) {
    let findings = sample.check.look(SourceFile(path: sample.path, source: sample.source))
    #expect(findings.map(\.line) == sample.lines)
    #expect(findings.allSatisfy { $0.slug == sample.check.slug })
  }

  @Test("Every check has a sample that it refuses", arguments: Check.all)
  func covered(_ check: Check) {
    #expect(Self.samples.contains { $0.check.slug == check.slug && !$0.lines.isEmpty })
  }

  @Test("Comments and literals are told from code")
  func text() {
    let text = SwiftText(
      "let a = \"x // \\\"y\" // z\n/* b /* c */ d */ e\n"
        + "#\"f\"g\"# + \"\\(h(\"i\"))j\"\n\"\"\"\nk\n\"\"\" + l\n"
    )
    #expect(text.code[0].filter { $0 != " " } == "leta=\"\"")
    #expect(text.comments[0] == "// z")
    #expect(text.code[1].filter { $0 != " " } == "e")
    #expect(text.code[2].filter { $0 != " " } == "#\"\"#+\"\"")
    #expect(text.code[4].filter { $0 != " " } == "")
    #expect(text.literals[4] == "k")
    #expect(text.code[5].filter { $0 != " " } == "\"\"\"+l")
  }

  private static func function(lines: Int) -> String {
    "struct A {\n  func f() {\n" + String(repeating: "    g()\n", count: lines - 2) + "  }\n}\n"
  }
}

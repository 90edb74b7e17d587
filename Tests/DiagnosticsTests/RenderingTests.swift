import Diagnostics
import Testing

@Suite("Rendering of a finding")
struct RenderingTests {
  @Test("A finding with a place shows the line, a caret and the hint")
  func place() {
    let finding = Diagnostic(
      .error, .notMulticast, "\"240.1.1.1\" is not a multicast address",
      at: SourceLocation(file: "/etc/mcast/mcast.conf", line: 14, column: 39, length: 9),
      sourceLine: "route from eth0 source 10.1.0.2 group 240.1.1.1 to eth1",
      hint: "multicast is 224.0.0.0-239.255.255.255 or ff00::/8")
    #expect(
      finding.text(program: "mcast") == """
        /etc/mcast/mcast.conf:14:39: error: "240.1.1.1" is not a multicast address [MC2110]
           14 | route from eth0 source 10.1.0.2 group 240.1.1.1 to eth1
              |                                       ^~~~~~~~~
        hint: multicast is 224.0.0.0-239.255.255.255 or ff00::/8

        """)
  }

  @Test("A finding without a place begins with the program's name")
  func noPlace() {
    let finding = Diagnostic(.warning, .joinRefused, "eth0 refuses the join")
    #expect(finding.lines(program: "mcastd") == ["mcastd: warning: eth0 refuses the join [MC3006]"])
  }

  @Test("Control characters from a file or a name are shown, not obeyed")
  func controls() {
    let finding = Diagnostic(
      .error, .unknownStatement, "unknown statement \"\u{1b}[2J\"",
      at: SourceLocation(file: "f", line: 1, column: 3, length: 2), sourceLine: "\u{1b}\täx")
    #expect(
      finding.lines(program: "m") == [
        "f:1:3: error: unknown statement \"\\x1b[2J\" [MC2005]", "    1 | \\x1b\täx",
        "      |     \t^",
      ])
  }

  @Test("A column beyond the line still has its caret")
  func beyond() {
    let finding = Diagnostic(
      .error, .expected, "expected a group", at: SourceLocation(file: "f", line: 2, column: 11),
      sourceLine: "route from")
    #expect(finding.lines(program: "m").last == "      |           ^")
  }

  @Test("Of a long line the part around the finding is shown")
  func longLine() {
    let line = String(repeating: "a", count: 2000) + " bad " + String(repeating: "b", count: 2000)
    let finding = Diagnostic(
      .error, .expected, "m", at: SourceLocation(file: "f", line: 1, column: 2002, length: 3),
      sourceLine: line)
    let lines = finding.lines(program: "m")
    let excerpt = String(repeating: "a", count: 52) + " bad " + String(repeating: "b", count: 103)
    #expect(lines[1] == "    1 | …" + excerpt + "…")
    #expect(lines[2] == "      | " + String(repeating: " ", count: 54) + "^~~")
  }

  @Test("Characters that turn the direction of reading are shown, not obeyed")
  func direction() {
    let finding = Diagnostic(.warning, .joinRefused, "\"\u{202e}x\u{2066}\u{2028}\"")
    #expect(finding.line(program: "m") == "m: warning: \"\\x202ex\\x2066\\x2028\" [MC3006]")
  }
}

import Compatibility
import Testing

@Suite("What smcroutectl prints of a table")
struct SmcrouteRenderingTests {
  private static let table = "Kernel MFC Table_\nROUTE (S,G)  OIFS=\n(*, 225.1.2.3)  eth0\n\0"
  private static let underscores = String(repeating: "_", count: 79)
  private static let rule = String(repeating: "=", count: 79)

  private func print(_ text: String, _ headings: SmcrouteRendering.Headings, pieces: Int = 1_000_000)
    -> String
  {
    var rendering = SmcrouteRendering(headings)
    var output: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      output += rendering.receive(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
    }
    return String(decoding: output + rendering.finish(), as: UTF8.self)
  }

  @Test("Plain headings are rules of 79 characters, and an empty line ends the table")
  func plain() {
    let expected =
      "\(Self.underscores)\nKernel MFC Table\n\(Self.rule)\n"
      + "ROUTE (S,G)  OIFS\n\(Self.rule)\n(*, 225.1.2.3)  eth0\n\n"
    #expect(print(Self.table, .plain) == expected)
    #expect(print(Self.table, .plain, pieces: 1) == expected, "however the bytes come")
    let wide = String(repeating: "x", count: 90)
    let longRule = String(repeating: "=", count: 90)
    #expect(print("\(wide)=\n\0", .plain) == "\(longRule)\n\(wide)\n\(longRule)\n\n")
  }

  @Test("Without headings the lines and the empty one are left")
  func none() { #expect(print(Self.table, .none) == "(*, 225.1.2.3)  eth0\n\n") }

  @Test("On a terminal titles are underlined and headings reversed over its width")
  func terminal() {
    #expect(
      print(Self.table, .terminal(width: 20))
        == "\u{1b}[4m\(String(repeating: " ", count: 20))\u{1b}[0m\nKernel MFC Table\n"
        + "\u{1b}[7mROUTE (S,G)  OIFS   \u{1b}[0m\n(*, 225.1.2.3)  eth0\n\n")
    for width in [Int.min, -1, 0, 1, Int.max] {
      #expect(print(Self.table, .terminal(width: width)).utf8.count < 8192)
    }
  }

  @Test("Success prints nothing", arguments: ["", "\0", "\n", "x"])
  func nothing(_ text: String) { #expect(print(text, .plain).isEmpty) }

  @Test(
    "What is no table is printed as it is",
    arguments: [
      ("No pending routes or groups\n\0", "No pending routes or groups\n\n"), ("text\0", "text\n"),
      ("text", "text\n"), ("\0\0", "\n\n"), ("{\"routes\":{}}\n\0", "{\"routes\":{}}\n\n"),
    ])
  func other(_ text: String, _ printed: String) {
    #expect(print(text, .plain) == printed)
    #expect(print(text, .plain, pieces: 1) == printed)
  }

  @Test(
    "An interface whose name ends as a heading makes none",
    arguments: [
      "(*, 225.1.2.3)                             eth0  eth_", "(10.0.0.1, 225.1.2.3)  eth0  eth=",
      "(::1, ff05::1)  eth_", "mroute  from eth0 group 225.1.1.1 to x=", "mgroup  from x_ group 225.1.1.1 y_",
    ])
  func oddNames(_ line: String) { #expect(print("\(line)\n\0", .plain) == "\(line)\n\n") }

  @Test("Control characters from a daemon do not reach the terminal")
  func controls() {
    #expect(print("a\u{1b}[2J\u{7}b\tc\u{7f}\n\0", .plain) == "a?[2J?b\tc?\n\n")
    #expect(print("\u{1b}x_\n\0", .terminal(width: 1)) == "\u{1b}[4m \u{1b}[0m\n?x\n\n")
  }

  @Test("A line of any length is printed and not kept")
  func longLine() {
    let line = String(repeating: "y", count: 100_000) + "="
    #expect(print("\(line)\n\0", .plain, pieces: 999) == "\(line)\n\n")
  }

  @Test("A refusal is the first line of a reply that has more than a NUL")
  func refusal() {
    #expect(SmcrouteRendering.refusal(in: []) == nil)
    #expect(SmcrouteRendering.refusal(in: [0]) == nil)
    #expect(SmcrouteRendering.refusal(in: Array("no\0".utf8)) == "no")
    #expect(SmcrouteRendering.refusal(in: Array("no\nmore\0".utf8)) == "no")
    #expect(SmcrouteRendering.refusal(in: Array(repeating: 0x41, count: 9999))?.utf8.count == 127)
  }
}

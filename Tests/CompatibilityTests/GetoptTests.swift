import Compatibility
import Testing

@Suite("Command lines of single letters")
struct GetoptTests {
  @Test(
    "Options, values and operands are those of getopt",
    arguments: [
      ("-a -b", "a b", ""), ("-ab", "a b", ""), ("-abc5", "a b c=5", ""), ("-c5", "c=5", ""),
      ("-c 5", "c=5", ""),
      ("-ac 5 x", "a c=5", "x"), ("x -a y", "a", "x y"), ("-a -- -b", "a", "-b"), ("-c -- x", "c=--", "x"),
      ("-c -5", "c=-5", ""), ("- -a", "a", "-"), ("-c=5", "c==5", ""), ("x -- y -a", "", "x y -a"),
    ])
  func permuting(_ line: String, _ options: String, _ operands: String) {
    let read = Getopt("abc:", words(line))
    #expect(text(read) == options)
    #expect(read.operands.joined(separator: " ") == operands)
    #expect(read.fault == nil)
  }

  @Test("With POSIXLY_CORRECT the first word that is no option ends them")
  func optionsFirst() {
    let read = Getopt("abc:", words("-a x -b"), .optionsFirst)
    #expect(text(read) == "a")
    #expect(read.operands == ["x", "-b"])
  }

  @Test(
    "A fault ends the reading, in the words of the C library",
    arguments: [
      ("-Q", "", "invalid option -- 'Q'"), ("-aQb", "a", "invalid option -- 'Q'"),
      ("-b -c", "b", "option requires an argument -- 'c'"),
      ("-ac", "a", "option requires an argument -- 'c'"), ("--help", "", "invalid option -- '-'"),
      ("-:", "", "invalid option -- ':'"), ("-é", "", "invalid option -- 'é'"),
    ])
  func faults(_ line: String, _ options: String, _ fault: String) {
    let read = Getopt("abc:", words(line))
    #expect(text(read) == options)
    #expect(read.fault?.text == fault)
    #expect(read.operands.isEmpty)
  }

  @Test(
    "Long names stand for letters; their beginnings do where only one letter is meant",
    arguments: [
      ("--alpha", "a", ""), ("--al", "a", ""), ("--gamma=5", "c=5", ""), ("--gamma 5 x", "c=5", "x"),
      ("--g=", "c=", ""), ("--delta x", "d", "x"), ("--delta=x", "d=x", ""), ("-dx -d y", "d=x d", "y"),
      ("--be", "b", ""), ("-a -- --alpha", "a", "--alpha"),
    ])
  func long(_ line: String, _ options: String, _ operands: String) {
    let read = Getopt("abc:d::", long: names, words(line))
    #expect(text(read) == options)
    #expect(read.operands.joined(separator: " ") == operands)
    #expect(read.fault == nil)
  }

  @Test(
    "A fault in a long name, in the words of the C library",
    arguments: [
      ("--omega", "unrecognized option '--omega'"), ("--gamma", "option '--gamma' requires an argument"),
      ("--alpha=1", "option '--alpha' doesn't allow an argument"),
      ("--a", "option '--a' is ambiguous; possibilities: '--alpha' '--ad'"),
    ])
  func longFaults(_ line: String, _ fault: String) {
    let read = Getopt("abc:d::", long: names + [.init("ad", "d")], words("x " + line))
    #expect(read.fault?.text == fault && read.operands.isEmpty)
  }

  private let names: [Getopt.Long] = [
    .init("alpha", "a"), .init("beta", "b"), .init("beth", "b"), .init("gamma", "c"), .init("delta", "d"),
  ]

  @Test("An empty word is an operand")
  func empty() { #expect(Getopt("a", ["", "-a"]).operands == [""]) }

  private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

  private func text(_ read: Getopt) -> String {
    read.options.map { option in option.value.map { "\(option.letter)=\($0)" } ?? "\(option.letter)" }
      .joined(separator: " ")
  }
}

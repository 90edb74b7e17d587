import Compatibility
import Testing

@Suite("The command line of smcroutectl")
struct SmcroutectlArgumentsTests {
  private func read(_ line: String) -> SmcroutectlArguments {
    SmcroutectlArguments(line.split(separator: " ").map(String.init))
  }

  /// `a eth0 225.1.2.3` for a message, `STATUS complaint` for what is printed.
  private func text(_ step: SmcroutectlArguments.Step?) -> String {
    switch step {
    case .send(let message):
      ([String(Unicode.Scalar(message.command))] + message.arguments).joined(separator: " ")
    case .say(let result): "\(result.exitCode) \(result.complaint)"
    case nil: ""
    }
  }

  @Test(
    "A word stands for the first command that it begins, or that begins it",
    arguments: [
      ("", "s"), ("show", "s"), ("s", "s"), ("sh groups", "s groups"), ("shows", "s"), ("show i", "s i"),
      ("-d show", "S"), ("show -d", "S"), ("-j show pending", "J pending"), ("-dj show", "J"), ("-jd", "J"),
      ("f", "F"), ("flush now", "F now"), ("k", "k"), ("kill", "k"), ("rel", "H"), ("reload", "H"),
      ("res", "H"), ("restart", "H"), ("rem eth0 225.1.2.3", "r eth0 225.1.2.3"),
      ("remover eth0 225.1.2.3 eth1", "r eth0 225.1.2.3 eth1"), ("d eth0 225.1.2.3", "r eth0 225.1.2.3"),
      ("del eth0 225.1.2.3", "r eth0 225.1.2.3"), ("a eth0 225.1.2.3 eth1", "a eth0 225.1.2.3 eth1"),
      ("add eth0 10.0.0.1 225.1.2.3", "a eth0 10.0.0.1 225.1.2.3"), ("j eth0 225.1.2.3", "j eth0 225.1.2.3"),
      ("join eth0 10.0.0.1 232.1.1.1", "j eth0 10.0.0.1 232.1.1.1"), ("l eth0 225.1.2.3", "l eth0 225.1.2.3"),
      ("-- add eth0 225.1.2.3 -x", "a eth0 225.1.2.3 -x"),
    ])
  func commands(_ line: String, _ message: String) {
    #expect(read(line).steps.count == 1)
    #expect(text(read(line).steps.first) == message)
  }

  @Test(
    "What cannot be done is said, with exit 1",
    arguments: [
      ("r", "1 smcroutectl: Ambiguous command: r is the beginning of reload, restart and remove\n"),
      (
        "re eth0 225.1.2.3",
        "1 smcroutectl: Ambiguous command: re is the beginning of reload, restart and remove\n"
      ),
      ("bogus", "1 smcroutectl: Unknown command: bogus, try smcroutectl help\n"),
      ("routes", "1 smcroutectl: Unknown command: routes, try smcroutectl help\n"),
      ("help bogus", "1 smcroutectl: Unknown command: bogus, try smcroutectl help\n"),
      ("add eth0 225.1.2.3", "1 smcroutectl: Not enough arguments to command add\n"),
      ("remove eth0", "1 smcroutectl: Not enough arguments to command remove\n"),
      ("del", "1 smcroutectl: Not enough arguments to command del\n"),
      ("join eth0", "1 smcroutectl: Not enough arguments to command join\n"),
      ("leave eth0", "1 smcroutectl: Not enough arguments to command leave\n"),
      ("-Q", "1 smcroutectl: invalid option -- 'Q'\n"),
      ("-u", "1 smcroutectl: option requires an argument -- 'u'\n"),
      ("show -i", "1 smcroutectl: option requires an argument -- 'i'\n"),
    ])
  func faults(_ line: String, _ said: String) { #expect(text(read(line).steps.first) == said) }

  @Test("Too few arguments bring the help of the command, a wrong option the usage")
  func faultOutput() throws {
    guard case .say(let few) = read("add eth0").steps.first, case .say(let wrong) = read("-Q").steps.first,
      case .say(let help) = read("help add").steps.first, case .say(let usage) = read("-h").steps.first,
      case .say(let plainHelp) = read("help").steps.first
    else {
      Issue.record("something was sent")
      return
    }
    #expect(few.output == help.output)
    #expect(wrong.output == usage.output)
    #expect(plainHelp == usage)
    #expect(usage.output.hasPrefix("Usage:\n  smcroutectl "))
    #expect(usage.exitCode == 0)
  }

  @Test(
    "Help has the frame that it always had",
    arguments: [
      "flush", "kill", "reload", "restart", "show", "add", "remove", "del", "join", "leave",
    ])
  func help(_ command: String) {
    guard case .say(let result) = read("help \(command)").steps.first else {
      Issue.record("help is sent")
      return
    }
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 7)
    #expect(lines[0] == "Help:" && lines[1].hasPrefix("  ") && lines[2].isEmpty && lines[3] == "Example:")
    #expect(lines[4].hasPrefix("  smcroutectl \(command) ") && lines[5].isEmpty && lines[6].isEmpty)
    #expect(result.complaint.isEmpty && result.exitCode == 0)
  }

  @Test(
    "The version has the lines that 2.5 and 2.6 print",
    arguments: ["-v", "version", "v", "-v bogus", "help version"])
  func version(_ line: String) {
    guard case .say(let result) = read(line).steps.first else {
      Issue.record("the version is sent")
      return
    }
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 5)
    #expect(lines[0].hasPrefix("SMCRoute v2.") && lines[1].isEmpty)
    #expect(lines[2].hasPrefix("Bug report address: ") && lines[3].hasPrefix("Project homepage:   "))
    #expect(result.exitCode == 0)
  }

  @Test("The socket follows the name, or is given")
  func sockets() {
    #expect(read("show").socket == "/run/smcroute.sock")
    #expect(read("-i blue show").socket == "/run/blue.sock")
    #expect(read("show -I blue").socket == "/run/blue.sock")
    #expect(read("-i blue -u /tmp/s show").socket == "/tmp/s")
    #expect(read("-i blue show").ownSocket == nil)
  }

  @Test("Headings are plain, left out, or what the terminal allows")
  func headings() {
    #expect(read("show").headings == .automatic)
    #expect(read("-p show").headings == .plain)
    #expect(read("-t show").headings == .none)
    #expect(read("-tp show").headings == .none)
    #expect(read("-pt show").headings == .none)
  }

  @Test("With POSIXLY_CORRECT options come first")
  func optionsFirst() {
    let arguments = SmcroutectlArguments(["show", "-d"], .optionsFirst)
    #expect(text(arguments.steps.first) == "s -d")
  }

  @Test("Empty words mean nothing")
  func emptyWords() {
    #expect(text(SmcroutectlArguments(["", "flush"]).steps.first) == "F")
    #expect(text(SmcroutectlArguments([""]).steps.first) == "s")
  }

  @Test("A batch has a command in each line, however its words are parted and many")
  func batch() {
    let arguments = read("-b -d")
    #expect(arguments.readsBatch && arguments.steps.isEmpty)
    #expect(arguments.step(batchLine: "") == nil)
    #expect(arguments.step(batchLine: " \t ") == nil)
    #expect(arguments.step(batchLine: "# add eth0 225.1.2.3 eth1") == nil)
    #expect(text(arguments.step(batchLine: "  add\teth0  225.1.2.3 eth1 ")) == "a eth0 225.1.2.3 eth1")
    let many = (1...30).map { "eth\($0)" }.joined(separator: " ")
    #expect(text(arguments.step(batchLine: "add eth0 225.1.2.3 \(many)")) == "a eth0 225.1.2.3 \(many)")
    #expect(text(arguments.step(batchLine: "show")) == "S")
    #expect(text(arguments.step(batchLine: "bogus")).hasPrefix("1 smcroutectl: Unknown command"))
    #expect(text(arguments.step(batchLine: "flush # now")) == "F # now")
    #expect(!read("-bh").readsBatch)
  }
}

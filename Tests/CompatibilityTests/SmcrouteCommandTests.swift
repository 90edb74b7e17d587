import Compatibility
import Configuration
import Control
import Diagnostics
import Testing

@Suite("What clients of SMCRoute ask, and the texts they get")
struct SmcrouteCommandTests {
  /// What the daemon answers to a request, without its NUL; empty for success.
  private func answer(_ stage: inout Stage, _ letter: Unicode.Scalar, _ line: String) throws -> String {
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let message = SmcrouteMessage(letter, line.isEmpty ? [] : words)
    let reply = try stage.answer(message.encoded())
    #expect(reply.last == 0)
    return String(decoding: reply.dropLast(), as: UTF8.self)
  }

  @Test(
    "Refusals have the texts of 2.5 and 2.6",
    arguments: [
      // Recorded.
      ("a", "nope 225.1.2.3 eth1", "ipc: mroute: inbound nope is not a known phyint"),
      ("a", "eth0 300.0.0.10 225.1.2.3 eth1", "mroute: invalid source/group address: 300.0.0.10"),
      ("a", "eth0 10.0.0.10 1.2.5.5 eth1", "mroute: invalid multicast group: 1.2.5.5"),
      ("a", "eth0  eth1", "mroute: invalid source/group address: "),
      ("a", " 225.1.1.1 eth1", "ipc: mroute: inbound  is not a known phyint"),
      ("r", "eth0 10.0.0.10 225.1.2.3", "mroute: deleting route from eth0 (10.0.0.10/32,225.1.2.3/32)"),
      ("r", "eth0 225.1.2.3", "mroute: deleting route from eth0 (0.0.0.0/32,225.1.2.3/32)"),
      ("r", "eth0 ff05::1", "mroute: deleting route from eth0 (::/128,ff05::1/128)"),
      ("r", "eth0 10.0.0.1/24 225.1.2.9/24", "mroute: deleting route from eth0 (10.0.0.1/24,225.1.2.9/24)"),
      ("r", "nope 225.1.2.3", "ipc: mroute: inbound nope is not a known phyint"),
      ("r", "eth0 300.1.1.1", "mroute: invalid source/group address: 300.1.1.1"),
      ("r", "eth0 10.0.0.1 1.2.3.4", "mroute: invalid multicast group: 1.2.3.4"),
      ("j", "eth0 225.7.7.7", "Already joined (*,225.7.7.7) on eth0"),
      ("j", "eth0 10.0.0.10 232.7.7.7", "Already joined (10.0.0.10,232.7.7.7) on eth0"),
      ("j", "nope 225.1.2.3", "unknown interface nope"),
      ("l", "eth0 225.1.2.3", "No group (*,225.1.2.3) on eth0 to leave"),
      ("l", "eth0 10.0.0.10 232.1.1.1", "No group (10.0.0.10,232.1.1.1) on eth0 to leave"),
      ("l", "nope 225.1.2.3", "No group (*,225.1.2.3) on nope to leave"),
      ("z", "", "Unknown or malformed IPC message 'z' from client."),
      ("a", "", "Unknown or malformed IPC message 'a' from client."),
      ("a", "eth0", "Unknown or malformed IPC message 'a' from client."),
      ("r", "eth0", "Unknown or malformed IPC message 'r' from client."),
      ("j", "eth0", "Unknown or malformed IPC message 'j' from client."),
      ("l", "eth0", "Unknown or malformed IPC message 'l' from client."),
      // Logged by stock, which then answers success.
      ("a", "eth0 225.1.1.1/33 eth1", "ipc: mroute: Invalid multicast group prefix length, 33"),
      ("a", "eth0 ff05::1/129 eth1", "ipc: mroute: Invalid multicast group prefix length, 129"),
      ("a", "eth0 225.1.1.1/x eth1", "ipc: mroute: Invalid multicast group prefix length, x"),
      ("a", "eth0 10.0.0.1/33 225.1.1.1 eth1", "ipc: mroute: invalid prefix length: 33"),
      ("r", "eth0 10.0.0.1/33 225.1.1.1 eth1", "ipc: mroute: invalid prefix length: 33"),
      ("j", "eth0 225.1.1.1/33", "ipc: join: Invalid group prefix length (0-32): 33"),
      ("j", "eth0 ff05::1/129", "ipc: join: Invalid group prefix length (0-128): 129"),
      ("j", "eth0 10.0.0.1/33 232.1.1.1", "ipc: join: Invalid source prefix length (0-32): 33"),
      ("j", "eth0 1.2.3.4", "ipc: join: Invalid multicast group: 1.2.3.4"),
      ("j", "eth0 300.0.0.1 232.1.1.1", "ipc: join: Invalid multicast source: 300.0.0.1"),
      // Crashes of stock, and what froze it.
      ("a", "eth0 10.0.0.1", "Unknown or malformed IPC message 'a' from client."),
      (
        "a", "eth0 fc00::10 225.1.2.8 eth1",
        "ipc: mroute: source fc00::10 is not IPv4, the group is"
      ),
      ("j", "eth0 fc00::1 225.1.1.1", "ipc: join: Invalid multicast source: fc00::1"),
      ("j", "eth0 225.0.0.0/8", "ipc: join: the limit of 100000 joins would be passed"),
      ("j", "eth0 ff05::/64", "ipc: join: the limit of 100000 joins would be passed"),
      ("j", "eth0 10.0.0.0/8 225.0.0.0/8", "ipc: join: the limit of 100000 joins would be passed"),
    ])
  func current(_ letter: String, _ line: String, _ text: String) throws {
    var stage = Stage()
    _ = try answer(&stage, "j", "eth0 225.7.7.7")
    _ = try answer(&stage, "j", "eth0 10.0.0.10 232.7.7.7")
    let before = try stage.run("-t show") + stage.run("-t show groups")
    #expect(try answer(&stage, Unicode.Scalar(letter) ?? "?", line) == text)
    #expect(try stage.run("-t show") + stage.run("-t show groups") == before, "a refusal changes nothing")
  }

  @Test(
    "Refusals of smcroute -d have the texts of 2.2",
    arguments: [
      ("a", "nope 10.0.0.1 225.1.2.3 eth1", "Invalid input interface"),
      ("a", "eth0 10.0.0.1 225.1.2.3 nope", "Invalid output interface"),
      ("a", "eth0 10.0.0.1 225.1.2.3 eth1 nope", "Invalid output interface"),
      ("a", "eth0 300.0.0.1 225.1.2.3 eth1", "Invalid origin IPv4 address"),
      ("a", "eth0 fc00::x ff05::1 eth1", "Invalid origin IPv6 address"),
      ("a", "eth0 10.0.0.1 ff05::1 eth1", "Invalid origin IPv6 address"),
      ("a", "eth0 fc00::1 225.1.2.3 eth1", "Invalid origin IPv4 address"),
      ("a", "eth0 10.0.0.1 1.2.3.4 eth1", "Invalid multicast group"),
      ("a", "eth0", "Unknown or malformed IPC message 'a' from client."),
      ("r", "eth0 10.0.0.1 225.1.2.3", "Failed removing IPv4 multicast route: No such file or directory"),
      ("r", "eth0 fc00::1 ff05::1", "Failed removing IPv6 multicast route: No such file or directory"),
      ("r", "nope 10.0.0.1 225.1.2.3", "Invalid input interface"),
      ("j", "eth0 1.1.1.1", "Invalid IPv4 multicast group: 1.1.1.1"),
      ("j", "eth0 fc00::1", "Invalid IPv6 multicast group: fc00::1"),
      ("j", "nope 225.1.2.3", "Join multicast group, unknown interface nope"),
      ("j", "eth0 225.7.7.7", "ADD MEMBERSHIP failed: Address already in use"),
      ("l", "eth0 225.1.2.3", "DROP MEMBERSHIP failed: Cannot assign requested address"),
      ("x", "eth0 300.0.0.1 232.1.1.1", "Invalid origin IPv4 address"),
      ("y", "eth0 10.0.0.1 232.1.1.1", "DROP MEMBERSHIP failed: Cannot assign requested address"),
    ])
  func legacy(_ letter: String, _ line: String, _ text: String) throws {
    var stage = Stage(dialect: .legacy)
    _ = try answer(&stage, "j", "eth0 225.7.7.7")
    #expect(try answer(&stage, Unicode.Scalar(letter) ?? "?", line) == text)
    // An 8-byte message to smcrouted is one of these clients.
    var other = Stage()
    _ = try answer(&other, "j", "eth0 225.7.7.7")
    var message = SmcrouteMessage(Unicode.Scalar(letter) ?? "?", line.split(separator: " ").map(String.init))
    message.form = .legacy
    #expect(try other.answer(message.encoded()) == Array(text.utf8) + [0])
  }

  @Test(
    "What stock tolerates is done",
    arguments: [
      ("a", "eth0 225.1.2.3 eth1 nope", "(*, 225.1.2.3)                             eth0  eth1\n"),
      ("a", "eth0 225.1.2.3 eth1 eth1 eth1", "(*, 225.1.2.3)                             eth0  eth1\n"),
      ("a", "eth0 225.1.2.3/0 eth1", "(*, 225.1.2.3)                             eth0  eth1\n"),
      ("a", "eth0 0.0.0.0 225.1.2.3 eth1", "(*, 225.1.2.3)                             eth0  eth1\n"),
      ("a", "eth0 0.0.0.0/8 225.1.2.3 eth1", "(*, 225.1.2.3)                             eth0  eth1\n"),
      ("a", "eth0 :: ff05::1 eth1", "(*, ff05::1)                               eth0  eth1\n"),
      ("a", "eth0 225.1.2.3", "(*, 225.1.2.3)                             eth0 \n"),
      ("a", "eth0:1 225.1.2.3 eth1:7", "(*, 225.1.2.3)                             eth0  eth1\n"),
      (
        "a", "eth0 10.0.0.3/24 225.1.9.9/16 eth2 eth1",
        "(10.0.0.3/24, 225.1.9.9/16)                eth0  eth1 eth2\n"
      ),
      ("a", "eth0 225.1.2.3 eth+", "(*, 225.1.2.3)                             eth0  eth0 eth1 eth2\n"),
      (
        "a", "eth+ 225.1.2.3 eth1",
        """
        (*, 225.1.2.3)                             eth0  eth1
        (*, 225.1.2.3)                             eth1  eth1
        (*, 225.1.2.3)                             eth2  eth1

        """
      ),
      // Stock refuses a pattern that matches nothing yet; ours waits.
      ("a", "wlan+ 225.1.2.3 eth1", "(*, 225.1.2.3)                             wlan+  eth1\n"),
    ])
  func tolerated(_ letter: String, _ line: String, _ shown: String) throws {
    var stage = Stage()
    #expect(try answer(&stage, Unicode.Scalar(letter) ?? "?", line) == "")
    #expect(try stage.run("-t show") == shown + "\n= 0\n")
  }

  @Test("Adding to a route adds interfaces in 2.5, and replaces them in 2.2")
  func addTwice() throws {
    var stage = Stage()
    _ = try answer(&stage, "a", "eth0 10.0.0.1 225.1.2.3 eth1")
    #expect(try answer(&stage, "a", "eth0 10.0.0.1 225.1.2.3 eth2") == "")
    #expect(try stage.run("-t show").contains("eth0  eth1 eth2\n"))
    var old = Stage(dialect: .legacy)
    _ = try answer(&old, "a", "eth0 10.0.0.1 225.1.2.3 eth1")
    #expect(try answer(&old, "a", "eth0 10.0.0.1 225.1.2.3 eth2") == "")
    #expect(try old.run("-t show").contains("eth0  eth2\n"))
  }

  @Test("Removing names interfaces in 2.5, and the whole route in 2.2")
  func remove() throws {
    var stage = Stage()
    _ = try answer(&stage, "a", "eth0 10.0.0.1 225.1.2.3 eth1 eth2")
    #expect(try answer(&stage, "r", "eth0 10.0.0.1 225.1.2.3 eth1 nope") == "")
    #expect(try stage.run("-t show").contains("eth0  eth2\n"))
    #expect(try answer(&stage, "r", "eth0 10.0.0.1 225.1.2.3 eth2") == "")
    #expect(try stage.run("-t show").contains("(10.0.0.1, 225.1.2.3)                      eth0 \n"))
    #expect(try answer(&stage, "r", "eth0 10.0.0.1 225.1.2.3") == "")
    #expect(try stage.run("-t show") == "= 0\n")
    var old = Stage(dialect: .legacy)
    _ = try answer(&old, "a", "eth0 10.0.0.1 225.1.2.3 eth1 eth2")
    #expect(try answer(&old, "r", "eth0 10.0.0.1 225.1.2.3 eth1") == "")
    #expect(try old.run("-t show") == "= 0\n")
  }

  @Test("Joins for one source are made and left by three words and by x and y, in every dialect")
  func sourceJoins() throws {
    for dialect in [SmcrouteDialect.current, .legacy] {
      var stage = Stage(dialect: dialect)
      #expect(try answer(&stage, "x", "eth0 10.0.0.1 232.1.1.1") == "")
      #expect(try stage.run("-t show groups") == "(10.0.0.1, 232.1.1.1)                      eth0\n\n= 0\n")
      #expect(try answer(&stage, "l", "eth0 10.0.0.1 232.1.1.1") == "")
      #expect(try answer(&stage, "j", "eth0 10.0.0.1 232.1.1.1") == "")
      #expect(try answer(&stage, "y", "eth0 10.0.0.1 232.1.1.1") == "")
      #expect(try stage.run("-t show groups") == "= 0\n")
    }
  }

  @Test("A join takes three words or two; words beyond are ignored")
  func joinWords() throws {
    var stage = Stage()
    #expect(try answer(&stage, "j", "eth0 225.1.2.3 and some more") == "")
    #expect(try stage.run("-t show groups") == "(*, 225.1.2.3)                             eth0\n\n= 0\n")
  }

  @Test("Several messages are answered in their order")
  func pipelining() throws {
    var stage = Stage()
    let words = ["eth0", "225.9.2.1"]
    let stream =
      try SmcrouteMessage("j", words).encoded() + SmcrouteMessage("l", words).encoded()
      + SmcrouteMessage("z").encoded() + SmcrouteMessage("l", words).encoded()
    let expected =
      "\0\0Unknown or malformed IPC message 'z' from client.\0No group (*,225.9.2.1) on eth0 to leave\0"
    #expect(try stage.answer(stream) == Array(expected.utf8))
  }

  @Test(
    "The first letter says what is shown",
    arguments: [
      ("s", "", SmcrouteTable.routes, SmcrouteFormat.plain), ("s", "groups", .groups, .plain),
      ("S", "gonzo", .groups, .detailed), ("J", "i", .interfaces, .json), ("s", "pending", .pending, .plain),
      ("s", "routes", .routes, .plain), ("s", "xyzzy g", .routes, .plain),
    ])
  func show(_ letter: String, _ line: String, _ table: SmcrouteTable, _ format: SmcrouteFormat) throws {
    let words = line.split(separator: " ").map(String.init)
    let command = try SmcrouteCommand(SmcrouteMessage(Unicode.Scalar(letter) ?? "?", words), .current)
    #expect(command.action == .show(table, format))
  }

  @Test("Flush, reload and kill pay no attention to their words")
  func plainCommands() throws {
    for (letter, action) in [("F", SmcrouteCommand.Action.flush), ("H", .reload), ("k", .kill)] {
      let message = SmcrouteMessage(Unicode.Scalar(letter) ?? "?", ["some", "words"])
      #expect(try SmcrouteCommand(message, .current).action == action)
      #expect(try SmcrouteCommand(message, .legacy).action == action)
    }
  }

  @Test("What else goes wrong is told in one line of at most 127 bytes")
  func otherErrors() throws {
    let command = try SmcrouteCommand(SmcrouteMessage("a", ["eth0", "225.1.2.3", "eth1"]), .current)
    let error = Diagnostic(.systemCallFailed, "the kernel\nrefuses " + String(repeating: "é", count: 100))
    let text = command.refusal([error]).text
    #expect(text.hasPrefix("ipc: mroute: the kernel refuses é"))
    #expect(text.utf8.count == 126 || text.utf8.count == 127)
    #expect(command.refusal(in: .refused([])) == SmcrouteRefusal("ipc: mroute: the request was refused"))
    #expect(command.answer(to: .changes([], Summary())) == [0])
    let old = try SmcrouteCommand(SmcrouteMessage("j", ["eth0", "225.1.2.3"]), .legacy)
    #expect(old.refusal([Diagnostic(.limitReached, "no more")]).text == "no more")
  }
}

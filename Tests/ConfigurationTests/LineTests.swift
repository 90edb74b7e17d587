import Addressing
import Configuration
import Diagnostics
import Forwarding
import Kernel
import Membership
import Testing

/// Lines given at run time.
@Suite struct LineTests {
  @Test(
    "A line in short or in full asks for the change that its canonical text asks for",
    arguments: [
      ("route from eth0 group 239.1.1.1 to eth1", "add route from eth0 group 239.1.1.1 to eth1"),
      ("add eth0 239.1.1.1 eth1", "add route from eth0 group 239.1.1.1 to eth1"),
      (
        "add eth0 10.1.0.2 239.1.1.1 eth1 eth2 ttl 8 only",
        "add route from eth0 source 10.1.0.2 group 239.1.1.1 to eth1 eth2 ttl 8 only"
      ),
      (
        "add eth+ 10.0.0.0/8 239.1.0.0/16 none",
        "add route from eth+ source 10.0.0.0/8 group 239.1.0.0/16 to none"
      ),
      ("add eth0 0.0.0.0/0 239.1.1.1 eth1", "add route from eth0 group 239.1.1.1 to eth1"),
      ("add --pending wg0 ff0e::1 eth1", "add --pending route from wg0 group ff0e::1 to eth1"),
      (
        "add --pending route from wg0 group ff0e::1 to eth1",
        "add --pending route from wg0 group ff0e::1 to eth1"
      ),
      ("add \"none\" 239.1.1.1 \"to\"", "add route from \"none\" group 239.1.1.1 to \"to\""),
      ("replace eth0 239.1.1.1 eth2", "replace route from eth0 group 239.1.1.1 to eth2"),
      (
        "replace route from eth0 eth1 group 239.1.1.1 to eth2",
        "replace route from eth0 eth1 group 239.1.1.1 to eth2"
      ),
      ("del eth0 239.1.1.1", "del route from eth0 group 239.1.1.1"),
      ("del eth0 10.1.0.2 239.1.1.1", "del route from eth0 source 10.1.0.2 group 239.1.1.1"),
      ("del route from eth0 eth3 group 239.1.1.1", "del route from eth0 eth3 group 239.1.1.1"),
      ("del route from eth0 group 239.1.1.1 to eth1 only", "del route from eth0 group 239.1.1.1"),
      ("join eth0 239.1.1.1", "join on eth0 group 239.1.1.1"),
      ("join eth0 10.1.0.2 232.1.1.1", "join on eth0 source 10.1.0.2 group 232.1.1.1"),
      ("join on eth0 source 10.1.0.2 group 232.1.1.1", "join on eth0 source 10.1.0.2 group 232.1.1.1"),
      ("join --pending wg0 ff0e::/120", "join --pending on wg0 group ff0e::/120"),
      ("leave eth0 239.1.1.1", "leave on eth0 group 239.1.1.1"),
      ("leave on eth0 group 239.1.1.1", "leave on eth0 group 239.1.1.1"),
      ("set interface eth0 threshold 5", "set interface eth0 { threshold 5 }"),
      ("add eth0 239.1.1.1 members", "add route from eth0 group 239.1.1.1 to members"),
      (
        "add --pending eth0 10.1.0.2 239.1.1.1 members of eth1 eth2 ttl 8 prefer 2",
        "add --pending route from eth0 source 10.1.0.2 group 239.1.1.1 to members of eth1 eth2 ttl 8 prefer 2"
      ),
      (
        "replace eth0 ff1e::1 members of \"members\"",
        "replace route from eth0 group ff1e::1 to members of \"members\""
      ),
      ("del route from eth0 group 239.1.1.1 to members", "del route from eth0 group 239.1.1.1"),
      ("set interface eth0 query-interval 1m", "set interface eth0 { query-interval 1m }"),
      (
        "set interface eth0 static-group 239.1.1.1 source 10.0.0.1",
        "set interface eth0 { static-group 239.1.1.1 source 10.0.0.1 }"
      ),
      ("set interface eth+ noflood", "set interface eth+ { noflood }"),
      ("set interface eth0 { metric 3; dvmrp passive }", "set interface eth0 { dvmrp passive; metric 3 }"),
      ("set interface eth0 disable", "set interface eth0 disable"),
      (
        "interface eth0 enable { threshold 5; boundary site }",
        "set interface eth0 enable { threshold 5; boundary site }"
      ),
      ("clear routes", "clear routes"), ("clear counters", "clear counters"),
      ("clear groups", "clear groups"), ("clear neighbors", "clear neighbors"),
    ])
  func line(text: String, canonical: String) throws {
    let parsed = parseStatement(text)
    #expect(parsed.diagnostics == [])
    try #require(parsed.changes.count == 1)
    #expect(parsed.changes[0].statement == canonical)
    #expect(parseStatement(canonical).changes == parsed.changes)
    #expect(parsed.locations.map(\.line) == [1])
    #expect(parsed.locations[0].file == "<command line>")
  }

  @Test("What is added at run time has no place in a file")
  func noLocation() {
    for text in ["route from a group 239.1.1.1 to b", "add a 239.1.1.1 b", "join on a group 239.1.1.1"] {
      switch parseStatement(text).changes.first {
      case .add(let route, _): #expect(route.location == nil)
      case .join(let join, _): #expect(join.location == nil)
      default: Issue.record("\(text) gave no change")
      }
    }
  }

  @Test("An empty line or a comment asks for nothing, and is no error", arguments: ["", "  # later", ";;"])
  func nothing(text: String) {
    #expect(parseStatement(text) == ParsedChanges())
  }

  @Test(
    "A refused line names its column and the form",
    arguments: [
      (
        "add", 4, "expected an inbound interface, found the end of the line",
        "add [--pending] IIF [SRC[/LEN]] GROUP[/LEN] OIF...|none|members [of OIF...]"
      ),
      (
        "add eth0", 9, "expected an address, found the end of the line",
        "add [--pending] IIF [SRC[/LEN]] GROUP[/LEN] OIF...|none|members [of OIF...]"
      ),
      (
        "add eth0 eth1 239.1.1.1", 10, "expected an address, found \"eth1\"",
        "add [--pending] IIF [SRC[/LEN]] GROUP[/LEN] OIF...|none|members [of OIF...]"
      ),
      (
        "add eth0 239.1.1.1", 19,
        "expected an outbound interface, \"none\" or \"members\", found the end of the line",
        "add [--pending] IIF [SRC[/LEN]] GROUP[/LEN] OIF...|none|members [of OIF...]"
      ),
      (
        "add eth0 10.1.0.2 eth1", 10, "\"10.1.0.2\" is not a multicast address",
        "multicast is 224.0.0.0-239.255.255.255 or ff00::/8"
      ),
      (
        "add eth0 10.1.0.2 ff0e::1 eth1", 10, "source 10.1.0.2 and group ff0e::1 are of different families",
        "write one statement for IPv4 and one for IPv6"
      ),
      (
        "add eth0 239.1.1.1 eth0", 20, "\"eth0\" is the route's inbound interface and an outbound one",
        "take eth0 out of the interfaces behind \"to\", or write \"reflect\" behind them"
      ),
      (
        "del eth0 239.1.1.1 eth1", 20, "expected the end of the line, found \"eth1\"",
        "del takes the whole route out; replace changes its outbound interfaces"
      ),
      ("join eth0", 10, "expected an address, found the end of the line", "join IF [SRC] GROUP[/LEN]"),
      ("ad eth0 239.1.1.1 eth1", 1, "there is no verb named \"ad\"", "did you mean \"add\"?"),
      ("set eth0 threshold 5", 5, "expected \"interface\", found \"eth0\"", "set interface IF threshold N"),
      (
        "clear neighbours", 7,
        "expected \"counters\", \"routes\", \"groups\" or \"neighbors\", found \"neighbours\"",
        "did you mean \"neighbors\"?"
      ),
      (
        "interface eth0 threshhold 5", 16, "there is no option of \"interface\" named \"threshhold\"",
        "did you mean \"threshold\"?"
      ),
    ])
  func refused(text: String, column: Int32, message: String, hint: String) {
    let parsed = parseStatement(text)
    #expect(parsed.hasErrors)
    #expect(parsed.changes == [])
    #expect(parsed.diagnostics.map(\.message) == [message])
    #expect(parsed.diagnostics.map(\.hint) == [hint])
    #expect(parsed.diagnostics.map { $0.location?.column } == [column])
    #expect(parsed.diagnostics.map(\.sourceLine) == [text])
  }

  @Test("A batch keeps the number of each line, and names all that is wrong at once")
  func batch() {
    let parsed = parseChanges(
      Array(
        "# two of four\nadd a 239.1.1.1 b\nadd a 1.1.1.1 b\n\njoin a 239.1.1.1; leave b 239.1.1.1\nfoo\n".utf8
      ), named: "changes.txt")
    #expect(
      parsed.changes.map(\.statement) == [
        "add route from a group 239.1.1.1 to b", "join on a group 239.1.1.1", "leave on b group 239.1.1.1",
      ])
    #expect(
      parsed.locations.map(\.description) == ["changes.txt:2:1", "changes.txt:5:1", "changes.txt:5:19"])
    #expect(parsed.diagnostics.map { $0.location?.description } == ["changes.txt:3:7", "changes.txt:6:1"])
  }

  @Test(
    "Files, settings and includes are no matter of run time",
    arguments: ["include /etc/passwd", "log { level debug }", "table 5"])
  func noFiles(text: String) {
    #expect(parseStatement(text).diagnostics.map(\.code) == [.unknownStatement])
  }

  @Test("Of more than 200,000 changes in one transaction none is made")
  func bounded() {
    let parsed = parseChanges(Array(String(repeating: "clear routes\n", count: 200_002).utf8))
    #expect(parsed.diagnostics.map(\.code) == [.messageTooLarge])
    #expect(parsed.diagnostics.map { $0.location?.line } == [200_001])
  }

  @Test("The golden text of a refused line")
  func rendered() {
    let found = parseStatement("add eth0 240.1.1.1 eth1").diagnostics
    #expect(
      found.map { $0.text(program: "mcast") } == [
        """
        <command line>:1:10: error: "240.1.1.1" is not a multicast address [MC2110]
            1 | add eth0 240.1.1.1 eth1
              |          ^~~~~~~~~
        hint: multicast is 224.0.0.0-239.255.255.255 or ff00::/8

        """
      ])
  }
}

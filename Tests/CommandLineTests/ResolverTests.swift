import Addressing
import Control
import Encoding
import Schemas
import Testing

@testable import CommandLine

@Suite("Words of the command line") struct ResolverTests {
  private func resolve(_ line: String) throws -> Command {
    try Resolver.resolve(line.split(separator: " ").map(String.init)).command
  }

  @Test(
    "Verb and object may change places and be shortened",
    arguments: [
      ("show routes", "routes"), ("route show", "routes"), ("routes", "routes"), ("sh ro", "routes"),
      ("r", "routes"), ("interface show", "interfaces"), ("int", "interfaces"), ("sho int", "interfaces"),
      ("join show", "joins"), ("joins", "joins"), ("pend", "pending"), ("kernel", "kernel"),
      ("kernel show", "kernel"), ("config", "runningConfiguration"), ("config show", "runningConfiguration"),
      ("show config", "runningConfiguration"), ("limits", "limits"), ("events", "events"), ("", "status"),
      ("stat", "status"), ("--watch status", "status"), ("plan", "config"), ("config plan", "config"),
      ("conf pl", "config"), ("--version", "version"), ("vers", "version"),
    ])
  func heads(_ line: String, _ expected: String) throws {
    let name = String(describing: try resolve(line)).prefix { $0 != "(" }
    #expect(name == expected)
  }

  @Test(
    "A change is handed to the daemon as a line of its grammar",
    arguments: [
      ("add eth0 239.1.1.1 eth1", "add eth0 239.1.1.1 eth1"),
      ("route add eth0 239.1.1.1 eth1", "add eth0 239.1.1.1 eth1"),
      ("add route eth0 239.1.1.1 eth1", "add eth0 239.1.1.1 eth1"),
      ("add eth0 239.1.1.1 eth1 --pending", "add --pending eth0 239.1.1.1 eth1"),
      ("join --pending on eth7 group 239.1.1.1", "join --pending on eth7 group 239.1.1.1"),
      (
        "route from eth0 group 239.1.1.1 to eth7 --pending",
        "add --pending route from eth0 group 239.1.1.1 to eth7"
      ),
      ("add route from eth0 group 239.1.1.1 to eth1", "add route from eth0 group 239.1.1.1 to eth1"),
      ("route from eth0 group 239.1.1.1 to eth1", "route from eth0 group 239.1.1.1 to eth1"),
      ("route del eth0 239.1.1.1", "del eth0 239.1.1.1"),
      ("rep eth0 239.1.1.1 none", "replace eth0 239.1.1.1 none"),
      ("join on eth0 group 239.1.1.1", "join on eth0 group 239.1.1.1"),
      ("join add eth0 239.1.1.1", "join eth0 239.1.1.1"), ("join del eth0 239.1.1.1", "leave eth0 239.1.1.1"),
      ("interface set eth0 threshold 9", "set interface eth0 threshold 9"),
      ("interface eth0 threshold 9", "interface eth0 threshold 9"), ("route clear", "clear routes"),
      ("clear counters", "clear counters"), ("add -- eth0 239.1.1.1 -x", "add eth0 239.1.1.1 -x"),
      ("add eth;0 239.1.1.1 a\"b", "add \"eth;0\" 239.1.1.1 \"a\\\"b\""),
    ])
  func changes(_ line: String, _ expected: String) throws {
    guard case .change(let text) = try resolve(line) else {
      Issue.record("\(line) is no change")
      return
    }
    #expect(text == expected)
  }

  @Test("A whole statement in one word is taken as it is")
  func oneWord() throws {
    let words = ["interface eth0 { threshold 16; boundary site }"]
    guard case .change(let text) = try Resolver.resolve(words).command else {
      Issue.record("no change")
      return
    }
    #expect(text == words[0])
  }

  @Test(
    "Options stand anywhere, together or apart, with = or a space",
    arguments: [
      "-j -6 -t 100 show routes", "show -j6t100 routes", "show routes --json --ipv6 --table=100",
      "show routes -jt 100 -6",
    ])
  func options(_ line: String) throws {
    let settings = try Resolver.resolve(line.split(separator: " ").map(String.init)).settings
    #expect(settings.json == .object)
    #expect(settings.family == .ipv6)
    #expect(settings.table == 100)
  }

  @Test("Filters of show routes stand in any order")
  func filters() throws {
    guard
      case .routes(let query) = try resolve(
        "show routes top 5 10.0.0.0/8 to eth1 239.1.1.1 from eth0 state idle sort rate owner static -4")
    else {
      Issue.record("no routes")
      return
    }
    var filter = RouteFilter()
    filter.family = .ipv4
    filter.source = Prefix("10.0.0.0/8")
    filter.group = Prefix("239.1.1.1")
    filter.inbound = "eth0"
    filter.outbound = "eth1"
    filter.owner = .static
    filter.state = .idle
    #expect(query.filter == filter)
    #expect(query.top == 5)
    #expect(query.order == .rate)
  }

  @Test(
    "Wrong words are refused with exit 64, a code and a way out",
    arguments: [
      ("s", "ambiguous", "MC0010"), ("re", "ambiguous-two", "MC0010"), ("doctor", "unknown-verb", "MC0011"),
      ("top", "unknown-verb-2", "MC0011"), ("shwo routes", "typo", "MC0011"), ("show", "show-what", "MC0012"),
      ("show foutes", "object", "MC0011"), ("show routes frm eth0", "filter", "MC0011"),
      ("show routes from", "filter-value", "MC0012"),
      ("show routes 239.1.1.1 239.1.1.2", "two-groups", "MC0012"),
      ("show routes state sleeping", "state", "MC0011"), ("show routes top 0", "top", "MC0012"),
      ("show kernel tables", "kernel-part", "MC0011"), ("show limits now", "extra", "MC0011"),
      ("status --pending", "foreign-option", "MC0011"),
      ("add --watch eth0 239.1.1.1 eth1", "watch", "MC0012"),
      ("show routes --jsn", "option-typo", "MC0011"), ("show routes -x", "letter", "MC0011"),
      ("show routes --table", "option-value", "MC0012"), ("show routes -t x", "table", "MC0012"),
      ("show routes --co never", "option-ambiguous", "MC0010"),
      ("show routes --json=1", "option-extra", "MC0012"),
      ("status --timeout 0", "timeout", "MC0012"), ("status --color red", "color", "MC0011"),
      ("status --identity ../x", "identity", "MC0012"), ("batch", "batch", "MC0012"),
      ("config cheque", "config", "MC0011"),
      ("config save --stdout x.conf", "save", "MC0012"), ("config check --confirm 3", "confirm", "MC0012"),
      ("config diff a b c", "diff", "MC0011"), ("monitor queues", "monitor", "MC0011"),
      ("explain", "explain", "MC0012"),
      ("explain route 10.0.0.1", "explain-route", "MC0012"), ("send", "send", "MC0012"),
      ("send 10.0.0.1", "send-unicast", "MC2110"), ("send 239.1.1.1 239.1.1.2", "send-two", "MC0011"),
      ("send 239.1.1.1 -r 0", "send-rate", "MC0012"), ("send 239.1.1.1 -s 10", "send-size", "MC0012"),
      ("send 239.1.1.1 --payload mp4", "send-payload", "MC0011"), ("receive", "receive", "MC0012"),
      ("receive eth0", "receive-word", "MC0012"),
      ("receive 239.1.1.1 -S ff02::1", "receive-source", "MC2112"),
      ("receive 239.1.1.1 -S 2001:db8::1", "receive-family", "MC2101"),
      ("receive 239.1.1.1 --loss-max 101", "receive-loss", "MC0012"),
      ("receive 239.1.1.1 -p 0", "receive-port", "MC0012"),
    ])
  func refusals(_ line: String, _ name: String, _ code: String) throws {
    let outcome = Stage(Fixtures.daemon).run(line)
    #expect(outcome.exit == .usage)
    #expect(outcome.out.isEmpty)
    #expect(outcome.error.contains("[\(code)]"))
    try Golden.check("refusal-\(name)", outcome.transcript)
    let json = Stage(Fixtures.daemon).run(line + " -j")
    #expect(json.exit == .usage)
    #expect(try Schema.findings(json.out.trimmingNewline) == [])
  }

  @Test(
    "The distance between words counts a swap as one",
    arguments: [
      ("shwo", "show", 1), ("route", "routes", 1), ("", "abc", 3), ("kitten", "sitting", 3),
    ])
  func distance(_ left: String, _ right: String, _ expected: Int) {
    #expect(editDistance(left, right) == expected)
  }
}

import Configuration
import Diagnostics
import Testing

/// What SMCRoute says of its file, to the letter, and what the file means in spite of it.
@Suite struct SmcrouteFindingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var line: String
    var text: String
    var grade: SmcrouteGrade
    var code: Code
    /// Whether the line states something in spite of it.
    var isKept: Bool
    var testDescription: String { line }

    init(_ line: String, _ text: String, _ grade: SmcrouteGrade, _ code: Code, isKept: Bool = false) {
      (self.line, self.text, self.grade, self.code, self.isKept) = (line, text, grade, code, isKept)
    }
  }

  /// The texts of SMCRoute 2.5.6 and 2.6; the last few are ours, where it says nothing, or dies.
  static let cases: [Case] = [
    Case("bogus x", "Unknown command bogus, skipping.", .soft, .unknownStatement),
    Case("mrout from eth0", "Unknown command mrout, skipping.", .soft, .unknownStatement),
    Case("phyint # eth0", "phyint missing interface pattern", .soft, .expected),
    Case("phyint eth/0", "phyint eth/0 does not exist (yet?) on this system", .soft, .unknownInterface),
    Case(
      "phyint eth0 ttl-threshold 0", "phyint eth0 ttl 0 out of range (1-255)", .soft, .thresholdRange,
      isKept: true),
    Case(
      "phyint eth0 ttl-threshold 256", "phyint eth0 ttl 256 out of range (1-255)", .soft, .thresholdRange,
      isKept: true),
    Case(
      "phyint eth0 ttl-threshold foo", "phyint eth0 ttl foo out of range (1-255)", .soft, .thresholdRange,
      isKept: true),
    Case(
      "mroute from a-name-too-long-for-linux group 225.1.1.1 to eth1",
      "mroute from a-name-too-long-for-linux matches no valid phyint, skipping ...", .soft,
      .unknownInterface),
    Case(
      "mgroup from eth* group 225.1.1.1", "mgroup from eth* matches no valid phyint, skipping ...", .soft,
      .unknownInterface),
    Case(
      "mroute from eth0 group 225.1.1.1 to eth1 eth/2",
      "mroute: outbound eth/2 is not a known phyint, skipping",
      .soft, .unknownInterface, isKept: true),
    Case(
      "mroute from eth0 group 1.2.3.4 to eth1", "mroute: Invalid multicast group: 1.2.3.4", .soft,
      .notMulticast),
    Case("mroute from eth0 group to", "mroute: Invalid multicast group: to", .soft, .notMulticast),
    Case(
      "mroute from eth0 source x group 1.2.3.4/99", "mroute: Invalid multicast group: 1.2.3.4", .soft,
      .notMulticast),
    Case(
      "mroute from eth0 group 225.1.2.3/33 to eth1", "mroute: Invalid multicast group prefix length, 33",
      .soft,
      .valueRange),
    Case(
      "mroute from eth0 group 225.1.2.3/-1 to eth1", "mroute: Invalid multicast group prefix length, -1",
      .soft,
      .valueRange),
    Case(
      "mroute from eth0 source 300.0.0.1 group 225.1.2.3 to eth1",
      "mroute: Invalid source address: 300.0.0.1",
      .soft, .expected),
    Case(
      "mroute from eth0 source 10.0.0.1/33 group 225.1.2.3 to eth1", "mroute: invalid prefix length: 33",
      .soft,
      .valueRange),
    Case(
      "mroute from eth0 source 300.0.0.1/66 group 225.1.2.3 to eth1", "mroute: invalid prefix length: 66",
      .soft,
      .valueRange),
    Case("mgroup from eth0 group 1.2.3.4", "join: Invalid multicast group: 1.2.3.4", .soft, .notMulticast),
    Case(
      "mgroup from eth0 group 225.1.2.3/33", "join: Invalid group prefix length (0-32): 33", .soft,
      .valueRange),
    Case(
      "mgroup from eth0 group ff05::1/129", "join: Invalid group prefix length (0-128): 129", .soft,
      .valueRange),
    Case(
      "mgroup from eth0 source 10.0.0.1/33 group 225.1.2.3", "join: Invalid source prefix length (0-32): 33",
      .soft,
      .valueRange),
    Case(
      "mgroup from eth0 source 300.0.0.1 group 225.1.2.3", "join: Invalid multicast source: 300.0.0.1", .soft,
      .expected),
    Case(
      "mroute from eth0 group 225.1.2.3 to eth0 eth1",
      "mroute: Same outbound interface (eth0) as inbound (eth0) may cause routing loops.", .info,
      .inboundIsOutbound, isKept: true),
    Case(
      "mroute from eth0 to eth1", "mroute: the line has no \"group\", skipping", .hard, .incompleteLine),
    Case(
      "mroute group 225.1.2.3 to eth1 from eth0", "mroute: the line has no \"from\", skipping", .hard,
      .incompleteLine),
    Case(
      "mgroup from eth0 to eth1 group 225.1.2.4", "mgroup: the line has no \"group\", skipping", .hard,
      .incompleteLine),
    Case(
      "mgroup group 225.1.2.3 from # eth0", "mgroup: the line has no \"from\", skipping", .hard,
      .incompleteLine),
    Case("include", "include: no file is named", .hard, .incompleteLine),
    Case(
      "mroute from eth0 source fc00::10 group 225.1.2.8 to eth1",
      "mroute: source fc00::10 and group 225.1.2.8 are of different families", .soft, .familyMixed),
    Case(
      "mgroup from eth0 source 10.0.0.1 group ff05::1",
      "join: source 10.0.0.1 and group ff05::1 are of different families", .soft, .familyMixed),
    Case(
      "mgroup from eth0 group 225.0.0.0/8",
      "join: 225.0.0.0/8 makes more than the limit of 100000 joins, skipping",
      .soft, .limitReached),
    Case(
      "mgroup from eth0 group ff05::/64",
      "join: ff05::/64 makes more than the limit of 100000 joins, skipping",
      .soft, .limitReached),
    Case(
      "mgroup from eth0 source 10.0.0.0/8 group 232.1.1.0/24",
      "join: 232.1.1.0/24 makes more than the limit of 100000 joins, skipping", .soft, .limitReached),
    Case(
      "mroute from eth0 grp group 225.1.2.3", "grp has no meaning here and is ignored", .notice,
      .wordIgnored, isKept: true),
    Case("phyint eth0 frob", "frob has no meaning here and is ignored", .notice, .wordIgnored, isKept: true),
    Case(
      "phyint eth0 ttl-threshold", "ttl-threshold has no meaning here and is ignored", .notice, .wordIgnored,
      isKept: true),
    Case("include /none/*.conf", "include: /none/*.conf matches no file", .info, .includeEmpty),
    Case("include /none.conf", "include: /none.conf matches no file", .info, .includeEmpty),
  ]

  @Test(
    "A line that SMCRoute does not like has its text, a place and a cure, and stops nothing", arguments: cases
  )
  func finding(expected: Case) throws {
    let parsed = smcroute("# first\n\(expected.line)\nmroute from in0 group 225.9.9.9 to out0\n")
    #expect(!parsed.hasErrors)
    #expect(parsed.diagnostics.count == 1)
    let found = try #require(parsed.diagnostics.first)
    #expect(found.message == expected.text)
    #expect(found.code == expected.code)
    #expect(found.smcrouteGrade == expected.grade)
    #expect(found.severity == (expected.grade.isWarning ? .warning : .note))
    #expect(found.smcrouteText == "/etc/smcroute.conf line 2: \(expected.text)")
    #expect(found.sourceLine == expected.line)
    #expect(found.hint != nil)
    let place = try #require(found.location)
    let word = expected.line.utf8.dropFirst(Int(place.column) - 1).prefix(Int(place.length))
    #expect(!word.isEmpty && word.first != 0x20 && word.last != 0x20, "the place is a word")
    let configuration = parsed.configuration
    let count = configuration.routes.count + configuration.joins.count + configuration.interfaces.count
    #expect(count == (expected.isKept ? 2 : 1))
    #expect(configuration.routes.last?.statement.hasPrefix("route from in0") == true)
  }

  @Test("A join stated again is told as SMCRoute tells it, and held once")
  func again() {
    let parsed = smcroute("mgroup from eth0 group 225.1.2.3\nmgroup from eth0 group 225.1.2.3\n")
    #expect(parsed.diagnostics.map(\.message) == ["Already joined (*,225.1.2.3) on eth0"])
    #expect(parsed.configuration.joins.count == 1)
  }

  @Test("A route by an interface that a phyint line disables is told, wherever the line stands")
  func disabled() {
    let parsed = smcroute(
      "mroute from eth0 group 225.1.2.3 to eth1 eth2\nphyint eth0 disable\nphyint eth1+ disable\n")
    #expect(
      parsed.diagnostics.map(\.message) == [
        "mroute: inbound eth0 is not a known phyint", "mroute: outbound eth1 is not a known phyint, skipping",
      ])
    #expect(parsed.diagnostics.map(\.smcrouteGrade) == [.hard, .hard])
    #expect(parsed.configuration.routes.count == 1)
  }

  @Test("The line at the end of a file comes with a hard finding, or, in a check, with any warning")
  func parseError() {
    let soft = smcroute("bogus\nphyint eth0 frob\n").diagnostics
    #expect(smcrouteLines(soft).map(\.text).contains { $0.hasPrefix("Parse error") } == false)
    #expect(
      smcrouteLines(soft, isVerifying: true).map(\.text) == [
        "/etc/smcroute.conf line 1: Unknown command bogus, skipping.",
        "/etc/smcroute.conf line 2: frob has no meaning here and is ignored",
        "Parse error in /etc/smcroute.conf",
      ])
    let hard = smcroute(
      "include /a\nbogus\n", files: ["/a": "mroute from eth0\nmroute from eth0\n"]
    ).diagnostics
    #expect(
      smcrouteLines(hard).map(\.text) == [
        "/etc/smcroute.conf line 2: Unknown command bogus, skipping.",
        "/a line 1: mroute: the line has no \"group\", skipping",
        "/a line 2: mroute: the line has no \"group\", skipping", "Parse error in /a",
      ])
  }

  @Test("Interfaces that are not there are told as SMCRoute 2.6 tells them")
  func absent() {
    let parsed = smcroute(
      """
      phyint eth0
      phyint nope enable
      phyint no+
      mroute from nope group 225.1.2.3/24 to eth0 gone
      mgroup from away group 225.1.2.3
      mroute from eth+ group 225.1.2.4 to eth0
      """)
    #expect(parsed.diagnostics == [])
    let absent = judge(parsed, present: ["lo", "eth0"])
    #expect(
      absent.map(\.smcrouteText) == [
        "/etc/smcroute.conf line 2: phyint nope does not exist (yet?) on this system",
        "/etc/smcroute.conf line 3: phyint no+ does not exist (yet?) on this system",
        "/etc/smcroute.conf line 4: mroute from nope group 225.1.2.3/24 pending: interface not available",
        "/etc/smcroute.conf line 4: mroute: outbound gone is not a known phyint",
        "/etc/smcroute.conf line 5: mgroup from away group 225.1.2.3 pending: interface not available",
      ])
    #expect(absent.map(\.smcrouteGrade) == [.soft, .soft, .notice, .notice, .notice])
    #expect(absent.allSatisfy { $0.code == .unknownInterface && $0.hint != nil && $0.sourceLine != nil })
  }

  @Test(
    "A check prints all that is wrong in file order and fails by a warning only",
    arguments: [
      ("mroute from eth0 group 225.1.2.3 to eth1\n", [], Int32(0)),
      (
        "mroute from nope group 225.1.2.3 to eth0\n",
        ["c line 1: mroute from nope group 225.1.2.3 pending: interface not available"], 0
      ),
      (
        "mroute from eth0 group 225.1.2.3 to eth0\n",
        ["c line 1: mroute: Same outbound interface (eth0) as inbound (eth0) may cause routing loops."], 0
      ),
      (
        "bogus\nmroute from nope group 225.1.2.3 to eth0\nmroute from eth0\n",
        [
          "c line 1: Unknown command bogus, skipping.",
          "c line 2: mroute from nope group 225.1.2.3 pending: interface not available",
          "c line 3: mroute: the line has no \"group\", skipping", "Parse error in c",
        ], 78
      ),
      (
        "phyint nope\n", ["c line 1: phyint nope does not exist (yet?) on this system", "Parse error in c"],
        78
      ),
    ])
  func check(text: String, lines: [String], status: Int32) {
    let parsed = parseSmcroute(Array(text.utf8), named: "c", source: TextSource())
    let verification = verifySmcroute(parsed, present: ["eth0", "eth1"])
    #expect(verification.lines.map(\.text) == ["Verifying configuration file c ..."] + lines)
    #expect(verification.exitStatus == status)
  }

  @Test("Where the interfaces are not known, none is called absent")
  func unknownInterfaces() {
    let parsed = parseSmcroute(Array("phyint eth0 enable\n".utf8), named: "c", source: TextSource())
    #expect(verifySmcroute(parsed, present: []).exitStatus == 78)
    let verification = verifySmcroute(parsed, present: nil)
    #expect(verification.lines.map(\.text) == ["Verifying configuration file c ..."])
    #expect(verification.exitStatus == 0)
  }

  @Test("A check keeps as many findings as it is told to")
  func all() {
    let text = Array(String(repeating: "x\n", count: 5_000).utf8)
    let parsed = parseSmcroute(
      text, named: "c", source: TextSource(), options: SmcrouteFileOptions(findings: 10_000))
    #expect(verifySmcroute(parsed, present: []).lines.count == 5_002)
    let short = parseSmcroute(text, named: "c", source: TextSource())
    #expect(verifySmcroute(short, present: []).lines.last?.text == "and 4900 findings more")
  }

  @Test("Only a file that cannot be read is an error, and it states nothing")
  func missing() {
    let parsed = parseSmcroute(file: "/etc/none.conf", source: TextSource())
    #expect(parsed.hasErrors)
    #expect(parsed.diagnostics.map(\.smcrouteText) == ["Configuration file /etc/none.conf does not exist"])
    let verification = verifySmcroute(parsed, present: [])
    #expect(
      verification.lines.map(\.text) == [
        "Verifying configuration file /etc/none.conf ...", "Configuration file /etc/none.conf does not exist",
      ])
    #expect(verification.exitStatus == 78)
  }

  @Test("What a log line says moves no cursor")
  func controls() {
    let parsed = smcroute("\u{1b}[2J\n")
    #expect(
      parsed.diagnostics.map(\.smcrouteText) == [
        "/etc/smcroute.conf line 1: Unknown command \\x1b[2J, skipping."
      ])
  }
}

import Configuration
import Diagnostics
import Testing

/// What is wrong, where exactly, and what to do: one case for each finding a file can cause.
@Suite struct DiagnosticTests {
  /// A text in which `‹` and `›` enclose the place of the finding.
  struct Case: Sendable, CustomTestStringConvertible {
    var code: Code
    var severity: Diagnostic.Severity
    var text: String
    var message: String
    var hint: String?

    var testDescription: String { "\(code) \(message)" }

    init(
      _ code: Code, _ text: String, _ message: String, hint: String?, _ severity: Diagnostic.Severity = .error
    ) {
      (self.code, self.text, self.message, self.hint, self.severity) = (code, text, message, hint, severity)
    }
  }

  static let wellFormed =
    "route from IIF... [source ADDR[/LEN]] group ADDR[/LEN] to OIF [ttl N]...|none|members [of OIF...]"

  static let lexical: [Case] = [
    Case(
      .unterminatedString, "hook ‹\"/etc/x›", "the string is not closed on its line",
      hint: "end it with \"; a quote inside is written \\\""),
    Case(
      .expected, "hook \"/etc‹\\x›\"", "\"\\x\" cannot stand here",
      hint: "put a text that has more than A-Z a-z 0-9 _ . : / + * ? @ % ~ - into double quotes"),
    Case(
      .expected, "hook ‹=›/etc", "\"=\" cannot stand here",
      hint: "put a text that has more than A-Z a-z 0-9 _ . : / + * ? @ % ~ - into double quotes"),
    Case(
      .expected, "route from ‹é›th0", "\"é\" cannot stand here",
      hint: "put a text that has more than A-Z a-z 0-9 _ . : / + * ? @ % ~ - into double quotes"),
    Case(
      .expected, "hook \"/a‹\u{1b}›[2J\"", "a control character, 0x1b, cannot stand here", hint: "take it out"
    ),
    Case(
      .expected, "version 1‹\r›version 1", "a control character, 0xd, cannot stand here",
      hint: "end lines with LF or CRLF"),
    Case(
      .notText, "version 1\nversion ‹\0›", "a NUL byte: this is not a text",
      hint: "save it as plain UTF-8 text"),
  ]

  static let syntax: [Case] = [
    Case(
      .unknownStatement, "‹rout› from eth0", "there is no statement named \"rout\"",
      hint: "did you mean \"route\"?"),
    Case(
      .unknownStatement, "‹frobnicate› on",
      "there is no statement named \"frobnicate\"",
      hint:
        "known are route, join, interface, boundary, include, import, version, log, control, limits, table, "
        + "cache, hook, lockdown, igmp, mld, dvmrp, tunnel"),
    Case(
      .unknownStatement, "log { ‹levle› info }", "there is no option of \"log\" named \"levle\"",
      hint: "did you mean \"level\"?"),
    Case(
      .unknownStatement, "interface eth0 ‹enabel›", "there is no option of \"interface\" named \"enabel\"",
      hint: "did you mean \"enable\"?"),
    Case(
      .expected, "route from eth0 ‹to› eth1", "expected \"group\", found \"to\"",
      hint: wellFormed),
    Case(
      .expected, "route from eth0 group 239.1.1.1‹›", "expected \"to\", found the end of the line",
      hint: wellFormed),
    Case(.expected, "route from ‹to› group 239.1.1.1", "expected an interface, found \"to\"", hint: nil),
    Case(
      .expected, "route from eth0 group 239.1.1.1 to ‹10.0.0.1›", "expected an interface, found \"10.0.0.1\"",
      hint: nil),
    Case(
      .expected, "route from eth0 group ‹studio› to eth1", "expected a group address, found \"studio\"",
      hint: "an address is written 10.0.0.1 or 2001:db8::1, a block 10.0.0.0/8"),
    Case(
      .expected, "route from eth0 group ‹239.1.1.0/33› to eth1", "\"33\" is not a prefix length, 0 to 32",
      hint: "write 239.1.1.0/32 for the one address"),
    Case(
      .expected, "route from eth0 group 239.1.1.1 to none ‹eth1›",
      "expected the end of the statement, found \"eth1\"", hint: nil),
    Case(
      .expected, "route from eth0 group 239.1.1.1 to eth1 only ‹only›",
      "expected one \"only\" at most, found \"only\"", hint: nil),
    Case(
      .expected, "log { level ‹loud› }",
      "expected \"error\", \"warning\", \"notice\", \"info\" or \"debug\", found \"loud\"", hint: nil),
    Case(.expected, "‹}›", "expected a statement, found \"}\"", hint: nil),
    Case(
      .expected, "interface eth0‹›",
      "expected \"enable\", \"disable\" or an option, found the end of the line",
      hint: "interface NAME|PATTERN [enable|disable] [{ threshold N; querier on; … }]"),
    Case(
      .expected, "route from eth0 \\‹›\n", "expected \"group\", found the end of the file", hint: wellFormed),
    Case(
      .unclosedBlock, "interface eth0 ‹{›\n  threshold 5\nroute from eth0 group 239.1.1.1 to eth1",
      "the block is not closed", hint: "end it with \"}\""),
    Case(
      .unclosedBlock, "version 1\nlog ‹{› level info", "the block is not closed", hint: "end it with \"}\""),
    Case(
      .includeEmpty, "include ‹\"/none/*.conf\"›", "\"/none/*.conf\" matches no file",
      hint: "the pattern may stand for files that come later", .warning),
    Case(
      .cannotRead, "include ‹/none.conf›", "cannot read \"/none.conf\": there is no such file (ENOENT)",
      hint: "ls -l /none.conf"),
  ]

  static let routes: [Case] = [
    Case(
      .familyMixed, "route from eth0 ‹source 10.0.0.1 group ff0e::1› to eth1",
      "source 10.0.0.1 and group ff0e::1 are of different families",
      hint: "write one statement for IPv4 and one for IPv6"),
    Case(
      .hostBits, "route from eth0 source ‹10.1.0.2/8› group 239.1.1.1 to eth1",
      "\"10.1.0.2/8\" has bits behind its length; it is read as 10.0.0.0/8",
      hint: "write 10.0.0.0/8, or 10.1.0.2 for the one address", .warning),
    Case(
      .inboundIsOutbound, "route from eth0 group 239.1.1.1 to ‹eth0›",
      "\"eth0\" is the route's inbound interface and an outbound one",
      hint: "take eth0 out of the interfaces behind \"to\", or write \"reflect\" behind them"),
    Case(
      .optionIgnored, "‹route from eth0 group 239.1.1.1 to eth1 reflect›",
      "\"reflect\" changes nothing here: no inbound interface stands behind \"to\"",
      hint: "take \"reflect\" out of this route", .warning),
    Case(
      .duplicateRule, "route from eth0 group 239.1.1.1 to eth1\n‹route from eth0 group 239.1.1.1 to eth1›",
      "the route is stated twice: the other is t:1:1", hint: "take one of the two out"),
    Case(
      .duplicateRule,
      "route from eth0 eth+ group 239.1.1.1 to br0\n‹route from eth* eth0 group 239.1.1.1 to br1›",
      "the route contradicts the one at t:1:1",
      hint: "keep one of the two, with all its outbound interfaces"),
    Case(
      .duplicateRule, "route from eth0 group 239.1.1.1 to ‹eth1 eth1›", "\"eth1\" stands twice in one list",
      hint: "write each interface once"),
    Case(
      .duplicateRule, "join on eth0 group 239.1.1.1\n‹join on eth0 group 239.1.1.1›",
      "the join is stated twice: the other is t:1:1", hint: "take one of the two out"),
    Case(
      .duplicateRule, "log { level info }\nlog { ‹level info› }",
      "\"log level\" is stated twice: the other is t:1:7", hint: "keep one of the two"),
    Case(
      .duplicateRule, "interface eth0 enable\n‹interface eth0 disable›",
      "the statement contradicts the one at t:1:1", hint: "state each option of \"eth0\" once"),
    Case(
      .shadowedRule, "route from eth* group 239.1.1.1 to br0\n‹route from eth1* group 239.1.1.1 to br1›",
      "this rule never decides: the one at t:1:1 is taken first",
      hint: "take one of the two out, or give this one a higher \"prefer\"", .warning),
    Case(
      .overlappingRules, "route from eth1* group 239.1.1.1 to br0\n‹route from eth* group 239.1.1.1 to br1›",
      "this rule overlaps the one at t:1:1; only their order decides",
      hint: "say which is meant with \"prefer 1\" at its end", .warning),
    Case(
      .overlappingRules,
      "route from eth0 eth1 group 239.1.1.1 to br0\n‹route from eth1 eth2 group 239.1.1.1 to br1›",
      "this rule overlaps the one at t:1:1; only their order decides",
      hint: "say which is meant with \"prefer 1\" at its end", .warning),
    Case(
      .notMulticast, "route from eth0 source 10.1.0.2 group ‹240.1.1.1› to eth1",
      "\"240.1.1.1\" is not a multicast address", hint: "multicast is 224.0.0.0-239.255.255.255 or ff00::/8"),
    Case(
      .notMulticast, "join on eth0 group ‹224.0.0.0/3›", "\"224.0.0.0/3\" is not a multicast address",
      hint: "multicast is 224.0.0.0-239.255.255.255 or ff00::/8"),
    Case(
      .linkLocalGroup, "route from eth0 group ‹224.0.0.251› to eth1",
      "\"224.0.0.251\" is link-local: no router forwards it",
      hint: "224.0.0.0/24 and ff01::/16, ff02::/16 stay on their link; use a group outside of them"),
    Case(
      .linkLocalGroup, "join on eth0 group ‹ff02::fb›", "\"ff02::fb\" is link-local: no router forwards it",
      hint: "224.0.0.0/24 and ff01::/16, ff02::/16 stay on their link; use a group outside of them"),
    Case(
      .sourceNotUnicast, "route from eth0 source ‹239.1.1.2› group 239.1.1.1 to eth1",
      "\"239.1.1.2\" is not a unicast address, so no packet comes from it",
      hint: "name the sender's own address, or leave \"source\" out for every sender"),
    Case(
      .sourceNotUnicast, "route from eth0 source ‹::1› group ff0e::1 to eth1",
      "\"::1\" is not a unicast address, so no packet comes from it",
      hint: "name the sender's own address, or leave \"source\" out for every sender"),
    Case(
      .thresholdRange, "route from eth0 group 239.1.1.1 to eth1 ttl ‹256›",
      "\"256\" is not a TTL threshold, 1 to 255",
      hint: "a packet leaves when its TTL is greater; 255 lets nothing out"),
    Case(
      .optionIgnored, "route from eth0 group ff0e::1 to eth1 ‹ttl 5›",
      "IPv6 has no TTL thresholds in the kernel; \"ttl\" changes nothing here",
      hint: "take \"ttl\" out of this route", .warning),
    Case(
      .limitReached,
      "limits { routes 1 }\nroute from a group 239.1.1.1 to b\n‹route from a group 239.1.1.2 to b›",
      "2 routes are more than the limit of 1", hint: "raise it: limits { routes 2 }"),
    Case(
      .limitReached, "limits { joins 20 }\njoin on a group 239.1.1.0/28\n‹join on b group 239.1.1.0/29›",
      "with this statement the joins are more than the limit of 20",
      hint: "join fewer groups, or raise it: limits { joins N }"),
    Case(
      .limitReached, "‹join on a group ff0e::/16›",
      "with this statement the joins are more than the limit of 100000",
      hint: "join fewer groups, or raise it: limits { joins N }"),
    Case(
      .interfaceDisabled, "interface eth+ disable\nroute from ‹eth0› group 239.1.1.1 to br0",
      "interface \"eth0\" is disabled; the route waits",
      hint: "take out its disable, or take it out of the route", .warning),
    Case(
      .valueRange, "route from ‹a-very-long-name› group 239.1.1.1 to br0",
      "\"a-very-long-name\" is not an interface name, 1 to 15 bytes",
      hint: "ip -br link lists the interfaces of this machine"),
  ]

  static let settings: [Case] = [
    Case(
      .boundaryRange, "boundary x ‹224.2.0.0/16›",
      "\"224.2.0.0/16\" is outside 239.0.0.0/8, the groups of administrative scope",
      hint: "groups elsewhere are global; the boundary blocks them all the same", .warning),
    Case(
      .unknownBoundary, "boundary site 239.255.0.0/16\ninterface eth0 { ‹boundary sute› }",
      "no boundary is named \"sute\"", hint: "did you mean \"site\"?"),
    Case(
      .unknownBoundary, "interface eth0 { ‹boundary site› }", "no boundary is named \"site\"",
      hint: "state it: boundary site 239.255.0.0/16"),
    Case(
      .tableRange, "table ‹1000000000›", "\"1000000000\" is not a table, 1 to 999999999",
      hint: "IPv4's standard table is 253, IPv6's 254; leave the number out for them"),
    Case(.tableRange, "table 5 { split-base ‹0› }", "\"0\" is not a table, 1 to 999999999", hint: nil),
    Case(
      .valueRange, "cache { idle-timeout ‹1000000000000000000000000000000d› }",
      "\"1000000000000000000000000000000d\" is not an idle timeout, 1s to 365d", hint: nil),
    Case(.valueRange, "cache { idle-timeout ‹5w› }", "\"5w\" is not an idle timeout, 1s to 365d", hint: nil),
    Case(.valueRange, "limits { memory ‹1KiB› }", "\"1KiB\" is not a size, 16MiB to 1024GiB", hint: nil),
    Case(.valueRange, "hook ‹hook.sh›", "\"hook.sh\" is not an absolute path", hint: "begin it with \"/\""),
    Case(.metricRange, "interface eth0 { metric ‹32› }", "\"32\" is not a metric, 1 to 31", hint: nil),
  ]

  static let later: [Case] = [
    ("lockdown ‹full›", "\"lockdown full\"", "write lockdown off"),
    ("version ‹2›", "version 2 of the language", "write version 1"),
  ].map { text, what, hint in
    Case(
      .notServed, text, "\(what) is not served by this version",
      hint: hint ?? "take it out; a later version serves it")
  }

  @Test(
    "A finding names its place to the byte, the rule and the cure",
    arguments: lexical + syntax + routes + settings + later + dynamic)
  func finding(expected: Case) throws {
    let open = try #require(expected.text.firstRange(of: "‹"))
    let before = expected.text[..<open.lowerBound]
    let rest = expected.text[open.upperBound...]
    let close = try #require(rest.firstRange(of: "›"))
    let line = before.utf8.count { $0 == 0x0a } + 1
    let column = before.utf8.reversed().prefix { $0 != 0x0a }.count + 1
    let text = before + rest[..<close.lowerBound] + rest[close.upperBound...]

    let parsed = read(String(text))

    #expect(parsed.diagnostics.count == 1)
    let found = try #require(parsed.diagnostics.first { $0.code == expected.code }, "\(parsed.diagnostics)")
    #expect(found.severity == expected.severity)
    #expect(found.message == expected.message)
    #expect(found.hint == expected.hint)
    let length = rest[..<close.lowerBound].utf8.count
    #expect(
      found.location == SourceLocation(file: "t", line: line, column: column, length: length),
      "length \(found.location?.length ?? 0)")
    #expect(parsed.hasErrors == (expected.severity == .error))
    #expect(found.sourceLine != nil)
  }
}

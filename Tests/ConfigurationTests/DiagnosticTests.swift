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

  static let wellFormed = "route from IIF... [source ADDR[/LEN]] group ADDR[/LEN] to OIF [ttl N]...|none|members [of OIF...]"

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

  static let timers: [Case] = [
    Case(
      .timerRelation, "igmp { ‹response-interval 125s› }",
      "response-interval 125s is not shorter than query-interval 125s",
      hint: "lower response-interval; 10s with 125s is the default"),
    Case(
      .timerRelation, "igmp { query-interval 60s }\ninterface eth0 { ‹response-interval 1m› }",
      "response-interval 1m is not shorter than query-interval 1m",
      hint: "lower response-interval; 10s with 125s is the default"),
    Case(
      .timerRelation, "interface eth+ { response-interval 20s }\ninterface eth0 { ‹query-interval 15s› }",
      "response-interval 20s is not shorter than query-interval 15s",
      hint: "lower response-interval; 10s with 125s is the default"),
    Case(
      .timerRelation, "mld { ‹query-interval 5s› }",
      "response-interval 10s is not shorter than query-interval 5s",
      hint: "lower response-interval; 10s with 125s is the default"),
    Case(
      .timerRelation, "dvmrp { ‹probe-interval 35s› }",
      "probe-interval 35s: after 35s a silent neighbor is gone",
      hint: "stay well below, so that one may be lost"),
    Case(
      .timerRelation, "dvmrp { ‹report-interval 5m› }",
      "report-interval 5m: after 140s a route that is not reported again is gone",
      hint: "stay well below, so that one may be lost"),
  ]

  static let options: [Case] = [
    Case(.metricRange, "interface eth0 { metric ‹0› }", "\"0\" is not a metric, 1 to 31", hint: nil),
    Case(
      .metricRange, "interface eth0 { advert-metric ‹32› }", "\"32\" is not a metric, 0 to 31", hint: nil),
    Case(.valueRange, "interface eth0 { robustness ‹1› }", "\"1\" is not a robustness, 2 to 10", hint: nil),
    Case(
      .valueRange, "mld { query-interval ‹31745s› }", "\"31745s\" is not a duration, 1s to 31744s", hint: nil),
    Case(.valueRange, "mld { mld-version ‹3› }", "\"3\" is not a version, 1 to 2", hint: nil),
    Case(
      .unknownStatement, "mld { ‹mld-versoin› 2 }", "there is no option of \"mld\" named \"mld-versoin\"",
      hint: "did you mean \"mld-version\"?"),
    Case(
      .unknownStatement, "interface eth0 { ‹fast-leaf› on }",
      "there is no option of \"interface\" named \"fast-leaf\"", hint: "did you mean \"fast-leave\"?"),
    Case(
      .expected, "interface eth0 { fast-leave ‹of› }",
      "expected \"off\", \"on\" or \"tracked\", found \"of\"", hint: "did you mean \"off\"?"),
    Case(
      .expected, "interface eth0 { metric 2; ‹metric› 3 }", "\"metric\" is stated twice in one statement",
      hint: "keep one of the two"),
    Case(
      .duplicateRule, "interface eth0 { altnet 10.0.0.0/8 }\n‹interface eth0 { altnet 11.0.0.0/8 }›",
      "the statement contradicts the one at t:1:1", hint: "state each option of \"eth0\" once"),
    Case(
      .duplicateRule, "interface eth0 { accept 10.0.0.0/8; ‹deny 11.0.0.0/8› }",
      "\"accept\" and \"deny\" stand in one statement",
      hint: "a filter takes only what it names, or all but that: use one of the two words"),
    Case(
      .duplicateRule, "interface eth0 { accept 10.0.0.0/8 bidir; ‹accept 11.0.0.0/8 exact› }",
      "\"bidir\" stands behind some lines of the filter only",
      hint: "write it behind each of them, or behind none"),
    Case(
      .familyMixed, "interface eth0 { accept ‹2001:db8::/32› }",
      "\"2001:db8::/32\" is of IPv6, and DVMRP routes IPv4 alone", hint: "write addresses such as 10.0.0.0/8"),
    Case(
      .familyMixed, "igmp { ‹static-group ff1e::1› }",
      "\"igmp\" speaks of IPv4, and ff1e::1 is of the other family", hint: "write it in the block of \"mld\""),
    Case(
      .familyMixed, "interface eth0 { ssm-map ‹232.0.0.0/8 2001:db8::1› }",
      "source 2001:db8::1 and group 232.0.0.0/8 are of different families",
      hint: "write one statement for IPv4 and one for IPv6"),
    Case(
      .sourceNotUnicast, "interface eth0 { altnet ‹239.0.0.0/8› }",
      "\"239.0.0.0/8\" is not a block of unicast addresses",
      hint: "name the subnet of the hosts, such as 10.1.2.0/24"),
    Case(
      .limitReached, "interface eth0 { static-group 239.1.0.0/22; ‹static-group 239.2.0.1› }",
      "with this block the static groups are more than the limit of 1024",
      hint: "forward a large block by a rule: route from IIF group 239.2.0.1 to OIF"),
    Case(
      .optionIgnored, "interface eth0 { ‹rate-limit 10mbit› }",
      "the kernel has no rate limit for multicast; \"rate-limit\" changes nothing here",
      hint: "a tunnel has one; for an interface see tc(8)", .warning),
    Case(
      .boundaryRange, "‹interface eth0 { boundary 239.192.0.0/14; boundary ff05::/16 }›",
      "\"eth0\" is a boundary of 239.192.0.0/14, and lets the local scope 239.255.0.0/16 pass",
      hint: "add: boundary 239.255.0.0/16; a boundary of any scope is one of it (RFC 2365)", .warning),
    Case(
      .duplicateRule, "dvmrp off\n‹dvmrp on›", "the statement contradicts the one at t:1:1",
      hint: "say once whether dvmrp is on"),
    Case(
      .duplicateRule, "route from a group 239.1.1.1 to b\n‹route from a group 239.1.1.1 to members of b›",
      "the route contradicts the one at t:1:1", hint: "keep one of the two, with all its outbound interfaces"),
    Case(
      .inboundIsOutbound, "route from a group 239.1.1.1 to ‹members› of a",
      "\"a\" is the route's inbound interface and an outbound one",
      hint: "take a out of the interfaces behind \"to\", or write \"reflect\" behind them"),
  ]

  static let tunnels: [Case] = [
    Case(
      .tunnelEnds, "‹tunnel lab› { local 10.0.0.1; remote 10.0.0.1 }", "both ends of the tunnel are 10.0.0.1",
      hint: "remote is the address of the other router"),
    Case(
      .expected, "‹tunnel lab› { local eth0 }", "the tunnel has no \"remote\" end",
      hint: "tunnel NAME { local ADDRESS|INTERFACE; remote ADDRESS }"),
    Case(
      .expected, "tunnel lab { local eth0; remote ‹192.0.2.0/24› }",
      "expected the address of the other router, found \"192.0.2.0/24\"", hint: "write one address"),
    Case(
      .sourceNotUnicast, "tunnel lab { local eth0; remote ‹239.1.1.1› }",
      "\"239.1.1.1\" is not a unicast address", hint: "write the address of the other router"),
    Case(
      .familyMixed, "tunnel lab { local eth0; remote ‹2001:db8::1› }",
      "\"2001:db8::1\" is of IPv6, and tunnels go over IPv4", hint: "write an address such as 192.0.2.9"),
    Case(
      .duplicateRule,
      "tunnel a { local eth0; remote 192.0.2.9 }\n‹tunnel a› { local eth1; remote 192.0.2.8 }",
      "there is a tunnel of this name at t:1:1", hint: "take one of the two out"),
    Case(
      .duplicateRule,
      "tunnel a { local eth0; remote 192.0.2.9 }\n‹tunnel b› { local eth0; remote 192.0.2.9 }",
      "there is a tunnel between these ends at t:1:1", hint: "take one of the two out"),
    Case(
      .expected, "tunnel ‹lab+› { local eth0; remote 192.0.2.9 }",
      "expected the name of a tunnel, found \"lab+\"", hint: nil),
    Case(
      .optionIgnored, "‹tunnel a› { local eth0; remote 192.0.2.9; mode kernel; rate-limit 1mbit }",
      "the kernel's tunnels have no rate limit; \"rate-limit\" changes nothing here",
      hint: "write mode user, or leave mode out", .warning),
    Case(
      .unknownStatement, "tunnel a { local eth0; remote 192.0.2.9; ‹altnet› 10.0.0.0/8 }",
      "there is no option of \"tunnel\" named \"altnet\"",
      hint:
        "known are local, remote, mode, rate-limit, threshold, boundary, metric, advert-metric, noflood, "
        + "notransit, passive, prune-lifetime, rexmit-prunes, allow-nonpruners, accept, deny, blaster"),
  ]

  static let later: [Case] = [
    ("lockdown ‹full›", "\"lockdown full\"", "write lockdown off"),
    ("version ‹2›", "version 2 of the language", "write version 1"),
    ("control { ‹hold-time 5m› }", "\"hold-time 5m\"", nil),
  ].map { text, what, hint in
    Case(
      .notServed, text, "\(what) is not served by this version",
      hint: hint ?? "take it out; a later version serves it")
  }

  @Test(
    "A finding names its place to the byte, the rule and the cure",
    arguments: lexical + syntax + routes + settings + timers + options + tunnels + later)
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

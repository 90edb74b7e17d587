import Diagnostics

/// What can be wrong with queriers, DVMRP and tunnels.
extension DiagnosticTests {
  static var dynamic: [Case] { timers + options + tunnels }

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
      .valueRange, "mld { query-interval ‹31745s› }", "\"31745s\" is not a duration, 1s to 31744s",
      hint: nil),
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
      "\"2001:db8::/32\" is of IPv6, and DVMRP routes IPv4 alone",
      hint: "write addresses such as 10.0.0.0/8"),
    Case(
      .familyMixed, "igmp { ‹static-group ff1e::1› }",
      "\"igmp\" is of IPv4, and ff1e::1 is of the other family",
      hint: "write it in the block of \"mld\""),
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
      "the route contradicts the one at t:1:1",
      hint: "keep one of the two, with all its outbound interfaces"),
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
}

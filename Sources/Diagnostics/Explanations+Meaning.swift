extension Explanations {
  static let meaning: [Code: CodeExplanation] = [
    .familyMixed: CodeExplanation(
      "IPv4 and IPv6 are mixed in one statement.",
      cause: "the source is of the one family, the group of the other",
      cure: "write two statements", example: "route from eth0 source 2001:db8::1 group ff0e::1 to eth1"),
    .hostBits: CodeExplanation(
      "A prefix has bits beyond its length; they are ignored.", cause: "10.1.0.2/16 instead of 10.1.0.0/16",
      cure: "write the network's address",
      example: "route from eth0 source 10.1.0.0/16 group 239.1.1.1 to eth1"),
    .inboundIsOutbound: CodeExplanation(
      "A route leads back to the interface it comes from.",
      cause: "the inbound interface stands after \"to\" as well",
      cure: "leave it out; with a pattern it is left out by itself",
      example: "route from eth0 group 239.1.1.1 to eth+"),
    .unknownInterface: CodeExplanation(
      "No interface has this name, or matches this pattern, now.",
      cause:
        "a typing error, or an interface that comes later; in a file this is a warning and the route waits",
      cure: "correct the name, or let it wait", example: "mcast add --pending wg0 239.1.1.1 eth1"),
    .duplicateRule: CodeExplanation(
      "There is a rule with the same inbound interface, source and group already.",
      cause: "it was added before, or the file states it twice", cure: "replace it, or delete it first",
      example: "mcast replace eth0 239.1.1.1 eth1 eth2"),
    .shadowedRule: CodeExplanation(
      "A rule never decides, because another always wins.",
      cause: "the other covers the same sources and groups and ranks higher",
      cure: "remove it, or raise it with prefer",
      example: "route from eth0 group 239.1.0.0/16 to eth1 prefer 10"),
    .overlappingRules: CodeExplanation(
      "Two rules of equal rank cover the same flows; the earlier wins.",
      cause: "prefixes of equal length, or two patterns", cure: "say which wins with prefer",
      example: "route from eth+ group 239.1.0.0/16 to br0 prefer 5"),
    .notMulticast: CodeExplanation(
      "The group is not a multicast address.", cause: "a unicast address, or a number out of place",
      cure: "multicast is 224.0.0.0-239.255.255.255 or ff00::/8", example: "mcast add eth0 239.1.1.1 eth1"),
    .linkLocalGroup: CodeExplanation(
      "The group belongs to one link and is never routed.",
      cause: "224.0.0.0/24, or an IPv6 group of scope 1 or 2",
      cure: "choose another group; 239/8 is for private use",
      example: "mcast add eth0 239.0.0.5 eth1"),
    .sourceNotUnicast: CodeExplanation(
      "The source is no address of a sender.", cause: "multicast, loopback, 0.0.0.0 or a broadcast",
      cure: "write the sender's address, or leave it out for any",
      example: "mcast add eth0 10.1.0.2 239.1.1.1 eth1"),
    .thresholdRange: CodeExplanation(
      "A TTL threshold is not 1-255.", cause: "the value", cure: "1 lets all pass, 255 nothing",
      example: "mcast set interface eth1 threshold 16"),
    .timerRelation: CodeExplanation(
      "Timers contradict each other.",
      cause: "a response interval that is not shorter than the query interval, or DVMRP's messages too rare",
      cure: "keep response-interval below query-interval (RFC 9776 8.3)",
      example: "igmp { query-interval 125s; response-interval 10s }"),
    .metricRange: CodeExplanation(
      "A metric is not 1-31.", cause: "the value", cure: "1 is usual",
      example: "interface eth0 { metric 1 }"),
    .boundaryRange: CodeExplanation(
      "A boundary lies outside 239.0.0.0/8, where scopes are administered, or leaves out 239.255.0.0/16.",
      cause: "a typing error; any boundary is one of the local scope, too (RFC 2365)",
      cure: "none is needed when it is meant",
      example: "boundary site 239.255.0.0/16"),
    .tunnelEnds: CodeExplanation(
      "Both ends of a tunnel have the same address.", cause: "local and remote are equal",
      cure: "correct one",
      example: "tunnel lab { local 192.0.2.1; remote 192.0.2.9 }"),
    .tableRange: CodeExplanation(
      "A table number is not 1-999999999.", cause: "the value",
      cure: "leave it out for the kernel's standard tables", example: "table 100"),
    .limitReached: CodeExplanation(
      "A limit would be exceeded; nothing was changed.", cause: "more routes or joins than are allowed",
      cure: "state prefixes instead of addresses, or raise the limit", example: "limits { routes 500k }"),
    .optionIgnored: CodeExplanation(
      "An option has no effect here.",
      cause: "the kernel has no such thing: TTL thresholds of IPv6, rate limits of interfaces",
      cure: "leave it out", example: "route from eth0 group ff0e::1 to eth1"),
    .interfaceDisabled: CodeExplanation(
      "A route uses an interface that is disabled; it waits.", cause: "interface NAME disable",
      cure: "enable the interface", example: "mcast set interface eth1 enable"),
    .notServed: CodeExplanation(
      "The statement is part of the language, but this version does not serve it.",
      cause: "lockdown, or another part that comes later", cure: "take it out of the file",
      example: "mcast config check mcast.conf"),
    .valueRange: CodeExplanation(
      "A value is outside its range.", cause: "the value; the message states the range",
      cure: "choose another",
      example: "cache { idle-timeout 60s }"),
    .unknownBoundary: CodeExplanation(
      "An interface names a boundary that no statement defines.",
      cause: "a typing error, or a missing statement",
      cure: "state the boundary with its groups", example: "boundary site 239.255.0.0/16"),
    .precedenceDiffers: CodeExplanation(
      "Rules of a smcroute.conf forward otherwise when the longest prefix decides.",
      cause: "SMCRoute takes the earliest rule that covers a flow, and adds up rules of the same addresses",
      cure: "let the order decide here too, or change the rules so that it does not matter",
      example: "table { precedence stated }"),
    .tableFixed: CodeExplanation(
      "The table cannot be changed while the daemon runs.",
      cause: "another table in the file than at the start",
      cure: "restart the daemon", example: "systemctl restart mcastd"),
  ]
}

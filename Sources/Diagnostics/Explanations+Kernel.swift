extension Explanations {
  static let kernel: [Code: CodeExplanation] = [
    .routingRefused: CodeExplanation(
      "The kernel does not give us the routing table.", cause: "another multicast routing daemon holds it",
      cure: "stop that daemon, or use another table", example: "mcastd --table 100"),
    .vifRefused: CodeExplanation(
      "The kernel does not make the interface a VIF.",
      cause: "it went away, is no multicast interface, or slots are used up",
      cure: "look at the interface; mcast tries again when it changes", example: "ip -d link show eth0"),
    .entryRefused: CodeExplanation(
      "The kernel did not take an entry; it is tried again.",
      cause: "memory, or an interface that is gone by now",
      cure: "none, unless it stays", example: "mcast show limits"),
    .vifSlotsUsed: CodeExplanation(
      "A table has 32 VIFs, and all are used.", cause: "more than 32 interfaces without several tables",
      cure: "let the configuration split, or name fewer interfaces", example: "table 100 { split auto }"),
    .netlinkOverflow: CodeExplanation(
      "The kernel's messages came faster than they were read; everything was read anew.",
      cause: "thousands of links or entries changed at once", cure: "none; the state is right again",
      example: "mcast status"),
    .joinRefused: CodeExplanation(
      "The kernel refused a membership; it is tried again.",
      cause: "the interface has no address, or a limit",
      cure: "give the interface an address of the family", example: "ip address add 10.0.0.1/24 dev eth0"),
    .foreignEntry: CodeExplanation(
      "Somebody else changed an entry of our table; it was repaired.",
      cause: "another program, or ip mroute flush",
      cure: "find it; one table has one owner", example: "mcast monitor all"),
    .noTables: CodeExplanation(
      "The kernel has no several multicast tables.", cause: "CONFIG_IP_MROUTE_MULTIPLE_TABLES is not set",
      cure: "use one table, at most 32 interfaces, and no equal flows by two of them",
      example: "zgrep MROUTE /proc/config.gz"),
    .noRouting: CodeExplanation(
      "The kernel has no multicast routing of this family.",
      cause: "CONFIG_IP_MROUTE or CONFIG_IPV6_MROUTE is not set",
      cure: "use a kernel that has it", example: "zgrep MROUTE /proc/config.gz"),
    .noCapability: CodeExplanation(
      "The process may not route multicast.", cause: "it lacks CAP_NET_ADMIN or CAP_NET_RAW",
      cure: "start it as root, or by the unit that grants both", example: "systemctl start mcastd"),
    .tableRuleRefused: CodeExplanation(
      "The kernel did not take the rule that leads packets to the table.",
      cause: "CONFIG_IP_MROUTE_MULTIPLE_TABLES, or rights",
      cure: "see what rules there are", example: "ip mrule show"),
    .checksum: CodeExplanation(
      "A packet was dropped for its checksum.", cause: "a faulty device, or a forged packet",
      cure: "look at the sender",
      example: "tcpdump -vi eth0 igmp"),
    .truncated: CodeExplanation(
      "A packet is shorter than it says.", cause: "a faulty sender", cure: "look at the sender",
      example: "tcpdump -vi eth0 igmp"),
    .notThisSubnet: CodeExplanation(
      "A packet came from an address that is not on its link.", cause: "a wrong address or mask somewhere",
      cure: "correct the address of the sender or of this interface", example: "ip address show eth0"),
    .version: CodeExplanation(
      "A packet is of a version that is not spoken here.", cause: "an old or a new device",
      cure: "see its manual",
      example: "tcpdump -vi eth0 igmp"),
    .rate: CodeExplanation(
      "Packets came faster than they are accepted.", cause: "a storm, or an attack", cure: "find the sender",
      example: "tcpdump -ni eth0 igmp"),
    .malformed: CodeExplanation(
      "A packet's fields contradict its format.", cause: "a faulty sender", cure: "look at the sender",
      example: "tcpdump -vi eth0 igmp"),
    .tableFull: CodeExplanation(
      "A bounded table is full; the limit acted.", cause: "more flows or joins than the limit",
      cure: "see which, and raise it", example: "mcast show limits"),
    .staleState: CodeExplanation(
      "What a former daemon left cannot be used; it was closed or passed over, and the start goes on.",
      cause: "a descriptor of another kind or network namespace, or a snapshot of another version",
      cure: "none is needed: the state is learned anew", example: "mcast show log"),
    .handOverRefused: CodeExplanation(
      "The routing cannot outlive this process, or not be handed to another.",
      cause: "no keeper process could be started, or the program's file is gone",
      cure: "see the reason; mcast stop and a start are always possible, with a gap",
      example: "mcast restart"),
  ]
}

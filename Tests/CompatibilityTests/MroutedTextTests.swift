import Addressing
import Compatibility
import Control
import Testing

@Suite("What mrouted shows")
struct MroutedTextTests {
  /// A recorded output: of which state, asked how.
  struct Sample: Hashable, Sendable, CustomTestStringConvertible {
    var state: String
    var command: String
    var text: String
    var testDescription: String { "\(state): \(command)" }

    static func all(_ file: String) throws -> [Sample] {
      var samples: [Sample] = []
      for line in try Golden.lines(file) {
        if line.hasPrefix("$ ") {
          let words = line.dropFirst(2).split(separator: "|")
          samples.append(Sample(state: String(words[0]), command: String(words[1]), text: ""))
        } else if line != "." {
          samples[samples.count - 1].text += line + "\n"
        }
      }
      // What stands behind the last full stop.
      samples[samples.count - 1].text.removeLast()
      return samples
    }
  }

  /// Titles and headings as the client prints them with `-p`, 79 columns wide; with `-t` neither.
  private func dressed(_ lines: [String], bare: Bool) -> String {
    var text = ""
    for line in lines {
      if line.hasSuffix("_") {
        let title = line.dropLast() + " "
        if !bare { text += "\n\(title)\(String(repeating: "=", count: 79 - title.count))\n" }
      } else if line.hasSuffix("=") {
        if !bare { text += "\(line.dropLast())\n\(String(repeating: "=", count: 79))\n" }
      } else {
        text += line + "\n"
      }
    }
    return text
  }

  private func report(_ sample: Sample) -> MulticastReport {
    let words = sample.state.split(separator: " ").map(String.init)
    if sample.state == "rich" { return MroutedStates.rich("4.6", "compat") }
    if sample.state == "R2 without R1" { return MroutedStates.withoutR1 }
    if words.count == 2 { return MroutedStates.pruned(words[0]) }
    if words.count > 2 { return MroutedStates.groups(version: Int(words[4]) ?? 0) }
    // The commands ran one after another: a packet more, a query's answer less.
    let packets: [String: UInt64] = ["R1": 241, "R2": 123, "R3": 126]
    let isLater = words[0] != "R1" && sample.command == "-p -d show mfc"
    var report = MroutedStates.flowing(words[0], packets: (packets[words[0]] ?? 0) + (isLater ? 1 : 0))
    if sample.command.contains("igmp"), !report.interfaces[1].groups.isEmpty {
      report.interfaces[1].groups[0].expiry = .seconds(255)
    }
    return report
  }

  private static let tables: [String: MroutedTable] = [
    "status": .status, "compat": .compat, "interfaces": .interfaces, "neighbor": .neighbors,
    "routes": .routes, "mfc": .cache, "igmp": .igmp, "igmp groups": .igmpGroups,
    "igmp interface": .igmpInterfaces, "version": .version,
  ]

  @Test("mroutectl shows each recorded state of 4.6 to the byte")
  func recordedTables() throws {
    let samples = try Sample.all("mroutectl-4.6")
    #expect(samples.count == 60)
    for sample in samples {
      let words = sample.command.split(separator: "show ")
      let table = try #require(MroutedTextTests.tables[String(words[words.count - 1])])
      let heading = MroutedHeading(version: "4.6", date: "Sat Nov 21 04:58:05 2026")
      let lines = MroutedTables(report(sample), heading)
        .lines(of: table, detailed: sample.command.contains("-d "))
      #expect(
        dressed(lines, bare: sample.command.contains("-t ")) == sample.text, "\(sample.testDescription)")
    }
  }

  @Test("The files of 3.9.8 show each recorded state to the byte")
  func recordedFiles() throws {
    let samples = try Sample.all("mrouted-3.9.8")
    #expect(samples.count == 8)
    for sample in samples {
      let report =
        sample.state == "rich"
        ? MroutedStates.rich("3.9.8", sample.command) : MroutedStates.old(sample.state, sample.command)
      let date = try #require(sample.text.split(separator: "\n").first).suffix(24)
      let dump = MroutedDump(
        report, MroutedHeading(version: "3.9.8", date: String(date)), layout: .program)
      #expect((sample.command == "dump" ? dump.dump : dump.cache) == sample.text, "\(sample.testDescription)")
    }
  }

  private static let heading = MroutedHeading(version: "3.9.8", date: "Sat Nov 21 04:54:00 2026")

  private static func prefix(_ text: String) -> Prefix { MroutedStates.prefix(text) }
  private static func address(_ text: String) -> Address { MroutedStates.address(text) }

  @Test("The manual's first example: interfaces and routes, column by column")
  func manualDump() throws {
    var report = MulticastReport()
    var subnets = [
      MroutedStates.interface(0, "le0", "36.2.0.8/16"), MroutedStates.interface(1, "le1", "36.11.0.1/16"),
    ]
    subnets[0].groups = ["224.0.2.1", "224.0.0.4"].map { MroutedStates.group($0, "36.2.0.9", 200) }
    subnets[0].traffic = .init(packetsIn: 3456, bytesIn: 1, packetsOut: 2_322_323, bytesOut: 1)
    subnets[1].groups = ["224.0.2.1", "224.0.1.0", "224.0.0.4"]
      .map { MroutedStates.group($0, "36.11.0.9", 200) }
    subnets[1].traffic = .init(packetsIn: 345, bytesIn: 1, packetsOut: 3456, bytesOut: 1)
    var tunnels = [
      MroutedStates.tunnel(2, "t0", "36.2.0.8", "36.8.0.77"),
      MroutedStates.tunnel(3, "t1", "36.2.0.8", "36.6.8.23"),
    ]
    tunnels[0].metric = 3
    tunnels[0].neighbors = [.init(Self.address("36.8.0.77"), index: 0, major: 2, minor: 2)]
    tunnels[0].boundaries = [Self.prefix("239.0.1.0/24"), Self.prefix("239.1.2.0/24")]
    tunnels[0].traffic = .init(packetsIn: 34_545_433, bytesIn: 1, packetsOut: 234_342, bytesOut: 1)
    tunnels[1].metric = 3
    tunnels[1].threshold = 16
    report.interfaces = subnets + tunnels
    report.routes = [
      MroutedStates.route(
        "36.11.0.0/16", nil, 1, age: 20, by: 1, [.init(0), .init(2, dependents: [0]), .init(3)]),
      MroutedStates.route("36.8.0.0/16", "36.8.0.77", 4, age: 15, by: 2, [.init(0), .init(1), .init(3)]),
      MroutedStates.route(
        "36.2.0.0/16", nil, 1, age: 45, by: 0, [.init(1), .init(2, dependents: [0]), .init(3)]),
    ]
    // The example stops after three of its 1136 routes.
    let other = MroutedStates.route("128.8.0.0/15", "36.8.0.77", 9, age: 15, by: 2, [])
    report.routes += Array(repeating: other, count: 1133)
    let text = MroutedDump(report, Self.heading, layout: .manual).dump
    let sample = try Sample.all("mrouted-manual")[0]
    #expect(text.hasPrefix(sample.text))
    #expect(text.split(separator: "\n").count == sample.text.split(separator: "\n").count + 1133)
  }

  @Test("The manual's second example: the forwarding cache, column by column")
  func manualCache() throws {
    var report = MulticastReport()
    func tree(
      _ origin: String, _ group: String, left: Int, age: Int, _ sources: String...
    ) -> MulticastReport.Tree {
      var tree = MulticastReport.Tree(Self.prefix(origin), Self.address(group), inbound: 0)
      tree.left = .seconds(left)
      tree.age = .seconds(age)
      tree.outbound = [.init(1, .forwards)]
      tree.sources = sources.map { .init(Self.address($0), age: .seconds(age)) }
      return tree
    }
    var pruned = tree("198.106.194.0/24", "224.2.135.190", left: 599, age: 28, "198.106.194.22")
    pruned.upstream = .pruned(.seconds(540), repeats: 0)
    pruned.outbound = []
    let group = "224.2.127.255"
    report.trees = [
      pruned, tree("128.9.160.0/20", group, left: 180, age: 179, "128.9.160.45"),
      tree("138.96.48.0/21", group, left: 300, age: 120, "138.96.48.108"),
      tree("13.2.116.0/22", group, left: 239, age: 150, "13.2.116.19", "13.2.116.196"),
    ]
    // The example stops after five of its 147 entries.
    for number in 0..<142 {
      report.trees.append(tree("10.0.0.0/8", "230.0.0.\(number)", left: 1, age: 1, "10.0.0.1"))
    }
    let text = MroutedDump(report, Self.heading, layout: .manual).cache
    let sample = try Sample.all("mrouted-manual")[1]
    #expect(text.hasPrefix(sample.text))
    #expect(text.split(separator: "\n").count == sample.text.split(separator: "\n").count + 284)
  }

  @Test("What has no route, a boundary or a graft is marked in the cache")
  func marks() {
    var report = MulticastReport()
    report.interfaces = [
      MroutedStates.interface(0, "eth0", "10.0.0.1/24"), MroutedStates.interface(1, "eth1", "10.0.1.1/24"),
      MroutedStates.tunnel(12, "to-the-lab", "10.0.0.1", "192.168.100.200"),
    ]
    report.strays = [
      .init(Self.address("10.9.9.9"), Self.address("239.9.9.9"), age: .seconds(3), left: .seconds(297))
    ]
    var tree = MulticastReport.Tree(Self.prefix("10.0.0.0/24"), Self.address("239.1.2.3"), inbound: 0)
    tree.upstream = .grafting
    tree.isBounded = true
    tree.age = .seconds(36_061)
    tree.outbound = [.init(1, .boundary), .init(12, .missing)]
    var source = MulticastReport.Tree.Source(Self.address("10.0.0.7"), age: nil)
    source.count = .init(packets: 1, bytes: 2, wrongInterface: 3)
    tree.sources = [source]
    tree.prunes = [
      .init(Self.address("10.0.1.2"), interface: 1, index: 40, left: .seconds(60)),
      .init(Self.address("192.168.100.200"), interface: 12, index: 99, left: .seconds(7)),
    ]
    report.trees = [tree]
    #expect(
      MroutedDump(report, Self.heading, layout: .program).cache == """
        mrouted version 3.9.8 (not yet initialized) Sat Nov 21 04:54:00 2026

        Multicast Routing Cache Table (0 entries)
         Origin             Mcast-group         CTmr     Age      Ptmr Rx IVif Forwvifs
        <(prunesrc:vif[idx]/tmr) prunebitmap
        >Source             Lifetime SavPkt         Pkts    Bytes RPFf
         10.9.9.9           239.9.9.9        0:04:57  0:00:03        - -1 (no route)
        >10.9.9.9
         10.0.0/24          239.1.2.3        0:00:00 10:01:01        -  -  0GB 1b 12!
        <(10.0.1.2:1[40]/60,192.168.100.200:12[99]/7) 0x0000010000000000
        >10.0.0.7           -             0            1        2    3

        """)
    #expect(
      MroutedDump(report, Self.heading, layout: .manual).cache == """
        Multicast Routing Cache Table (0 entries)
         Origin             Mcast-group     CTmr  Age Ptmr IVif Forwvifs
         10.0.0/24          239.1.2.3         0s  10h    -  0GB  1b 12!
        >10.0.0.7

        """)
    let tables = MroutedTables(report, Self.heading)
    #expect(tables.lines(of: .cache, detailed: false).isEmpty)
    #expect(
      tables.lines(of: .cache, detailed: true) == [
        "Multicast Forwarding Cache Table_",
        "Origin          Group           Inbound         <>    Uptime   Expire  Outbound=",
        "10.9.9.9        239.9.9.9       -               !!   0:00:03  0:04:57  ",
        "10.0.0/24       239.1.2.3       eth0            GB  10:01:01  0:00:00  eth1:b to-the-lab:! ", "",
        "Source          Group           Inbound               Uptime  Packets     Bytes=",
        "10.0.0.7        239.1.2.3       eth0                       -        1         2",
      ])
  }

  @Test("Flags of interfaces and neighbors come in mrouted's order, IGMPv2 only since version 4")
  func flags() {
    var report = MulticastReport()
    var tunnel = MroutedStates.tunnel(3, "tun0", "10.0.0.1", "192.168.100.200")
    tunnel.state = .down
    tunnel.igmpVersion = 2
    tunnel.flags = [
      .oneWay, .leaf, .repeatsPrunes, .passive, .acceptsNonpruners, .noFlood, .noTransit, .paced, .forcedLeaf,
      .enclosed,
    ]
    tunnel.uptime = .seconds(90)
    tunnel.neighbors = [MroutedStates.neighbor("192.168.100.200", 7, up: 5, expiry: 30)]
    tunnel.neighbors[0].flags = [
      .leaf, .hasGeneration, .waiting, .oneWay, .tooOld, .tooManyRoutes, .cannotPrune,
    ]
    report.interfaces = [tunnel]
    let words =
      "down one-way leaf rexmit_prunes passive allow_nonpruners noflood notransit blaster force_leaf"
      + " old-tunnel"
    let lines = MroutedTables(report, Self.heading).lines(of: .compat, detailed: true)
    #expect(
      lines.prefix(5) == [
        "Virtual Interface Table (This host is a leaf)",
        "Vif  Name  Local-Address                               M  Thr  Rate   Flags=",
        " 3   tun0  10.0.0.1        tunnel: 192.168.100.200     1   1      0   "
          + words.replacing("leaf rexmit", with: "leaf IGMPv2 rexmit"),
        "                            peers: 192.168.100.200 (3.255) [7] leaf have-genid waiting one-way"
          + " too old too many routes not pruning? up  0:00:05",
        "                      Nbr bitmaps: 0x0000000000000080",
      ])
    #expect(MroutedDump(report, Self.heading, layout: .program).dump.contains("   " + words + "\n"))
    #expect(
      MroutedTables(report, Self.heading).lines(of: .status, detailed: false) == [
        "Interface Table_", "Address         Interface       State Cost TTL    Uptime Flags=",
        "10.0.0.1        tun0             Down    1   1   0:01:30 1L-", "Neighbor Table_",
        "Neighbor        Interface       Version Flags    Uptime Expire=",
        "192.168.100.200 tun0            3.255   LGW1O!p   0:00:05    30s",
      ])
  }

  @Test("Static groups never end; who has no querier is not in the table of queriers")
  func staticGroups() {
    var report = MulticastReport()
    var interface = MroutedStates.interface(0, "eth0", "10.0.0.1/24")
    interface.groups = [MroutedStates.group("224.0.0.22", "10.0.0.9", 5)]
    interface.groups += [MroutedStates.group("239.1.1.1", "0.0.0.0", nil)]
    interface.groups[1].isStatic = true
    interface.groups[1].version = 2
    var other = MroutedStates.interface(1, "eth1", "10.0.1.1/24")
    other.querier = nil
    report.interfaces = [interface, other]
    #expect(
      MroutedTables(report, Self.heading).lines(of: .igmp, detailed: false) == [
        "IGMP Interface Table_", "Interface         Querier          Version  Groups  Expire=",
        "eth0              Local                  3       1   Never", "IGMP Group Table_",
        "Interface         Group            Last Reporter    Expire  Flags     =",
        "eth0              239.1.1.1        0.0.0.0           Never  v2 static ",
      ])
  }

  @Test("Nothing to show is nothing said; one route is an entry")
  func few() {
    var report = MulticastReport()
    #expect(MroutedTables(report, Self.heading).lines(of: .status, detailed: true).isEmpty)
    #expect(MroutedDump(report, Self.heading, layout: .manual).dump.contains("(0 entries)\n"))
    report.routes = [MroutedStates.route("10.0.0.0/8", nil, 1, age: 1, by: 0, [])]
    #expect(MroutedDump(report, Self.heading, layout: .manual).dump.contains("(1 entry)\n"))
    #expect(
      MroutedTables(report, Self.heading).lines(of: .version, detailed: false) == ["mrouted version 3.9.8 "])
  }

  @Test("Networks: as many octets as the mask reaches into, or as are not 0")
  func networks() {
    var report = MulticastReport()
    let origins = [
      "0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "10.10.0.0/26", "192.168.1.1/32", "128.0.0.0/3",
    ]
    report.routes = origins.map { MroutedStates.route($0, nil, 1, age: 1, by: 0, []) }
    let first = { (text: String) in
      text.split(separator: "\n").suffix(6).map { String($0.split(separator: " ")[0]) }
    }
    #expect(
      first(MroutedDump(report, Self.heading, layout: .program).dump) == [
        "192.168.1.1/32", "10.10.0.0/26", "172.16/12", "10/8", "128/3", "default",
      ])
    #expect(
      first(MroutedDump(report, Self.heading, layout: .manual).dump) == [
        "192.168.1.1", "10.10/26", "172.16/12", "10", "128/3", "default",
      ])
  }
}

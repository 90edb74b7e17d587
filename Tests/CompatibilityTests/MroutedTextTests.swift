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
    #expect(samples.count == 57)
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
}

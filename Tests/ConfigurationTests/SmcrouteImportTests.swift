import Addressing
import Configuration
import Diagnostics
import Forwarding
import Kernel
import Testing

/// The old file in the native language: `import smcroute`, and the text that `config import` prints.
@Suite struct SmcrouteImportTests {
  static let old = """
    phyint eth1 ttl-threshold 16 mrdisc
    mroute from eth0 group 225.1.2.3/24 to eth1
    mroute from eth0 source 10.0.0.1 group 225.1.2.3 to eth0 eth2
    mroute from eth+ group ff05::1 to eth+
    mgroup from eth0 source 10.0.0.1 group 232.1.1.1
    bogus
    """

  private func imported(_ old: String, behind native: String = "") -> ParsedConfiguration {
    read("import smcroute \"/etc/smcroute.conf\"\n" + native, files: ["/etc/smcroute.conf": old])
  }

  @Test("An import is the old file's routes, joins and interfaces, at their places in it")
  func statement() {
    let parsed = imported(SmcrouteImportTests.old, behind: "route from eth5 group 239.1.1.1 to eth6\n")
    let configuration = parsed.configuration
    #expect(
      configuration.routes.map(\.statement) == [
        "route from eth0 group 225.1.2.0/24 to eth1",
        "route from eth0 source 10.0.0.1 group 225.1.2.3 to eth0 eth2 reflect",
        "route from eth+ group ff05::1 to eth+ reflect", "route from eth5 group 239.1.1.1 to eth6",
      ])
    #expect(configuration.routes[1].location?.description == "/etc/smcroute.conf:3:1")
    #expect(configuration.joins.map(\.statement) == ["join on eth0 source 10.0.0.1 group 232.1.1.1"])
    #expect(
      configuration.interfaces.map(\.statement) == ["interface eth1 enable { threshold 16; mrdisc on }"])
    #expect(configuration.table == TableSettings())
    #expect(configuration.keepsChanges)
    #expect(parsed.files == ["/etc/smcroute.conf"])
    #expect(!parsed.hasErrors)
    #expect(
      parsed.diagnostics.filter { $0.severity == .warning }.map { $0.line(program: "mcast") } == [
        "/etc/smcroute.conf:6:1: warning: Unknown command bogus, skipping. [MC2005]"
      ])
    #expect(parsed.diagnostics.allSatisfy { $0.sourceLine != nil })
  }

  @Test("Interfaces that are not there are told in the native words")
  func absent() {
    let parsed = imported("phyint gone\nmroute from eth0 group 225.1.2.3 to eth9\n")
    #expect(
      judge(parsed, present: ["eth0"]).map(\.message) == [
        "no interface matches \"eth9\"; the route waits for one"
      ])
  }

  @Test(
    "What is stated natively and in the old file is a duplicate as any other",
    arguments: [
      (
        "route from eth0 group 225.1.2.3 to eth1",
        "the route is stated twice: the other is /etc/smcroute.conf:1:1"
      ),
      ("route from eth0 group 225.1.2.3 to eth2", "the route contradicts the one at /etc/smcroute.conf:1:1"),
      ("join on eth0 group 225.1.2.3", "the join is stated twice: the other is /etc/smcroute.conf:2:1"),
      ("interface eth1 { threshold 3 }", "the statement contradicts the one at /etc/smcroute.conf:3:1"),
      ("interface eth1 { mrdisc off }", "the statement contradicts the one at /etc/smcroute.conf:3:1"),
    ])
  func duplicates(native: String, message: String) {
    let parsed = imported(
      """
      mroute from eth0 group 225.1.2.3 to eth1
      mgroup from eth0 group 225.1.2.3
      phyint eth1 ttl-threshold 5 mrdisc
      """, behind: native)
    #expect(parsed.diagnostics.filter { $0.code == .duplicateRule }.map(\.message) == [message])
    #expect(parsed.hasErrors)
  }

  @Test(
    "What the native language refuses is left out, and told",
    arguments: [
      (
        "mroute from eth0 group 224.0.0.50 to eth1", Code.linkLocalGroup,
        "224.0.0.50 is link-local: no router forwards it; the rule is left out"
      ),
      (
        "mgroup from eth0 group ff02::1:3", .linkLocalGroup,
        "ff02::1:3 is link-local: no router forwards it; the join is left out"
      ),
      (
        "mroute from eth0 source 225.0.0.1 group 225.1.1.1 to eth1", .sourceNotUnicast,
        "no packet comes from 225.0.0.1; the rule is left out"
      ),
      (
        "mgroup from eth0 source 127.0.0.1 group 225.1.1.1", .sourceNotUnicast,
        "no packet comes from 127.0.0.1; the join is left out"
      ),
    ])
  func leftOut(line: String, code: Code, message: String) {
    for parsed in [imported(line), converted(line)] {
      #expect(parsed.diagnostics.map(\.message) == [message])
      #expect(parsed.diagnostics.map(\.code) == [code])
      #expect(parsed.configuration.routes.isEmpty && parsed.configuration.joins.isEmpty)
    }
  }

  @Test("A path is beside the importing file; a file that is missing, or imports itself, is an error")
  func files() {
    func read(_ files: [String: String]) -> ParsedConfiguration {
      parse(file: "/etc/mcast/mcast.conf", source: TextSource(files))
    }
    let line = "mroute from eth0 group 225.1.1.1 to eth1"
    #expect(
      read(["/etc/mcast/mcast.conf": "import smcroute old", "/etc/mcast/old": line]).configuration.routes
        .count
        == 1)
    #expect(
      read(["/etc/mcast/mcast.conf": "import smcroute /none"]).diagnostics.map(\.message) == [
        "cannot read \"/none\": there is no such file (ENOENT)"
      ])
    #expect(
      read(["/etc/mcast/mcast.conf": "import smcroute mcast.conf"]).diagnostics.map(\.code) == [.includeCycle]
    )
    let circle = read([
      "/etc/mcast/mcast.conf": "import smcroute /old\nlog { level debug }",
      "/old": "include /etc/mcast/mcast.conf",
    ])
    #expect(circle.diagnostics.map(\.code) == [.includeCycle])
    #expect(!circle.hasErrors)
    #expect(circle.configuration.log.level == "debug")
  }

  @Test(
    "Where the order of the old file decided, both places and the cure are told",
    arguments: [
      (
        "mroute from eth0 group 225.6.0.0/16 to eth1\nmroute from eth0 group 225.6.6.6 to eth2",
        "the earlier rule at /etc/smcroute.conf:1:1 covers flows of this one, and SMCRoute takes it for them"
      ),
      (
        "mroute from eth+ source 10.0.0.0/8 group 225.6.0.0/16 to b\nmroute from eth0 group 225.6.6.6 to c",
        "the earlier rule at /etc/smcroute.conf:1:1 covers flows of this one, and SMCRoute takes it for them"
      ),
      (
        "mroute from eth0 group 225.6.0.0/16 to eth1\nmroute from eth+ group 225.6.0.0/16 to eth2",
        "SMCRoute adds up the interfaces of this rule and of the one at /etc/smcroute.conf:1:1"
      ),
    ])
  func order(old: String, message: String) {
    let parsed = imported(old)
    let found = parsed.diagnostics.filter { $0.code == .precedenceDiffers }
    #expect(found.map(\.message) == [message + "; here the longest prefix decides"])
    #expect(found.map(\.severity) == [.warning])
    #expect(found.first?.location?.description == "/etc/smcroute.conf:2:1")
    #expect(found.first?.hint?.hasSuffix("or write: table { precedence stated }") == true)
    #expect(imported(old, behind: "table { precedence stated }").diagnostics == [])
    let text = converted(old)
    #expect(text.configuration.table.precedence == .stated)
    #expect(text.diagnostics.map(\.severity) == [.note])
  }

  @Test(
    "Where the order decides nothing, nothing is told",
    arguments: [
      "mroute from eth0 group 225.6.6.6 to eth2\nmroute from eth0 group 225.6.0.0/16 to eth1",
      "mroute from eth0 group 225.6.0.0/16 to eth1\nmroute from eth0 group 225.6.6.6 to eth1",
      "mroute from eth0 group 225.6.0.0/16 to eth1\nmroute from eth1 group 225.6.6.6 to eth2",
      "mroute from eth0 group 225.6.0.0/16 to eth1\nmroute from eth0 source 10.0.0.1 group 225.6.6.6 to eth2",
      "mroute from eth0 source 10.1.0.0/16 group 225.6.0.0/16 to eth1\n"
        + "mroute from eth0 source 10.2.0.0/16 group 225.6.6.6 to eth2",
    ])
  func noOrder(old: String) {
    #expect(imported(old).diagnostics.filter { $0.code == .precedenceDiffers } == [])
    #expect(converted(old).configuration.table.precedence == .longest)
  }

  @Test("A hundred thousand templates of an old file are compared by their prefixes, not each with each")
  func manyTemplates() {
    let old = (0..<100_000).map {
      "mroute from e\($0 % 40) group 225.\($0 >> 8 & 255).\($0 & 255).0/24 to x\n"
    }
    let parsed = imported("mroute from e1 group 224.0.0.0/4 to y\n" + old.joined())
    #expect(parsed.configuration.routes.count > 65_000)
    #expect(parsed.diagnostics.filter { $0.code == .precedenceDiffers }.count == 100)
  }

  private func converted(_ old: String) -> ParsedConfiguration {
    importSmcroute(Array(old.utf8), named: "/etc/smcroute.conf", source: TextSource())
  }
}

/// What generated old files mean, before and after.
@Suite struct SmcrouteConversionTests {
  /// Numbers that repeat.
  struct Dice {
    var state: UInt64
    mutating func roll(_ sides: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % sides
    }
    mutating func pick<Element>(_ list: [Element]) -> Element { list[roll(list.count)] }
  }

  static let names = ["eth0", "eth1", "eth+", "wlan0", "+", "eth0:1", "to", "1.2.3.4", "w\\", "\"q\"", "é"]
  static let groups = [
    "225.0.0.0/8", "225.1.0.0/16", "225.1.1.7/24", "225.1.1.1", "224.0.0.9", "ff05::1", "ff05::/32",
    "ff02::1",
    "1.2.3.4",
  ]
  static let sources = [
    "", "10.0.0.0/8", "10.1.0.9/16", "10.1.1.1", "0.0.0.0", "225.0.0.1", "fc00::/7", "fc00::1",
  ]

  static func file(_ dice: inout Dice, lines: Int, plain: Bool) -> String {
    let (names, groups, sources) =
      plain
      ? (Array(names.prefix(5)), Array(groups.prefix(4)), Array(sources.prefix(4)))
      : (names, groups, sources)
    return (0..<lines).map { _ in
      let source = dice.pick(sources)
      let clauses =
        "from \(dice.pick(names))\(source.isEmpty ? "" : " source \(source)") group \(dice.pick(groups))"
      let targets = (0..<dice.roll(4)).map { _ in dice.pick(names) }.joined(separator: " ")
      switch plain ? 9 : dice.roll(10) {
      case 0:
        return "phyint \(dice.pick(names)) \(dice.pick(["enable", "disable", "mrdisc", "ttl-threshold 7"]))"
      case 1, 2: return "mgroup \(clauses)"
      case 3: return dice.pick(["bogus", "mroute from eth0", "# c", "", "phyint", "mgroup \(clauses) to x"])
      default: return "mroute \(clauses) to \(targets)"
      }
    }.joined(separator: "\n")
  }

  @Test("The text of an import is read without an error, as the same rules, joins and interfaces")
  func text() {
    var dice = Dice(state: 1)
    var routes = 0
    for _ in 0..<500 {
      let old = SmcrouteConversionTests.file(&dice, lines: 1 + dice.roll(30), plain: false)
      let converted = importSmcroute(Array(old.utf8), named: "old", source: TextSource())
      let again = read(converted.configuration.text)
      #expect(!again.hasErrors, "\(old)\n\(again.diagnostics.map(\.message))")
      let comparison = Comparison(from: converted.configuration, to: again.configuration)
      #expect(comparison.isEmpty, "\(old)\n\(comparison)")
      #expect(again.configuration.table.precedence == converted.configuration.table.precedence)
      routes += again.configuration.routes.count
    }
    #expect(routes > 1_500)
  }

  @Test("A converted file forwards each flow as SMCRoute does")
  func meaning() {
    var dice = Dice(state: 2)
    var longest = 0
    for _ in 0..<1_000 {
      let old = SmcrouteConversionTests.file(&dice, lines: 1 + dice.roll(5), plain: true)
      let before = parseSmcroute(Array(old.utf8), named: "old", source: TextSource()).configuration.routes
      let after = importSmcroute(Array(old.utf8), named: "old", source: TextSource()).configuration
      if after.table.precedence == .longest { longest += 1 }
      for flow in Model.flows {
        #expect(
          Model.stated(before, flow)
            == (after.table.precedence == .stated ? Model.stated : Model.longest)(after.routes, flow),
          "\(flow)\n\(old)")
      }
    }
    #expect((300..<900).contains(longest), "both kinds are among them: \(longest)")
  }
}

/// Who decides a flow, said in the shortest way.
private enum Model {
  struct Arrival {
    var source: Address
    var group: Address
    var name: String
  }

  static let flows: [Arrival] = ["10.1.1.1", "10.1.2.2", "10.2.2.2", "11.1.1.1"].flatMap { source in
    ["225.1.1.1", "225.1.1.2", "225.1.2.2", "225.2.2.2"].flatMap { group in
      ["eth0", "eth1", "wlan0"].map {
        Arrival(
          source: Address(source) ?? .unspecified(.ipv4), group: Address(group) ?? .unspecified(.ipv4),
          name: $0)
      }
    }
  }

  private static func covers(_ route: StaticRoute, _ flow: Arrival) -> Bool {
    route.key.sources.contains(flow.source) && route.key.groups.contains(flow.group)
      && route.key.inbound.contains { $0.matches(flow.name) }
  }

  /// The names that the flow goes to; nil when no rule is for it.
  private static func targets(_ routes: [StaticRoute], _ flow: Arrival) -> Set<String>? {
    guard !routes.isEmpty else { return nil }
    let names = ["eth0", "eth1", "wlan0"].filter { name in
      routes.contains { route in
        (name != flow.name || route.reflects) && route.outbound.contains { $0.pattern.matches(name) }
      }
    }
    return Set(names)
  }

  static func stated(_ routes: [StaticRoute], _ flow: Arrival) -> Set<String>? {
    let covering = routes.filter { covers($0, flow) }
    guard let first = covering.first(where: \.isFull) ?? covering.first else { return nil }
    return targets(
      covering.filter { $0.key.sources == first.key.sources && $0.key.groups == first.key.groups }, flow)
  }

  static func longest(_ routes: [StaticRoute], _ flow: Arrival) -> Set<String>? {
    let best = routes.filter { covers($0, flow) }.enumerated().max { left, right in
      let (a, b) = (left.element.key, right.element.key)
      if a.groups.bits != b.groups.bits { return a.groups.bits < b.groups.bits }
      if a.sources.bits != b.sources.bits { return a.sources.bits < b.sources.bits }
      if a.inbound[0].isExact != b.inbound[0].isExact { return b.inbound[0].isExact }
      return left.offset > right.offset
    }
    return targets(best.map { [$0.element] } ?? [], flow)
  }
}

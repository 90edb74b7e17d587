import Foundation
import Glibc
import Testing

extension DynamicKernelTests {
  /// DVMRP between daemons of ours: numbered streams to every member.
  @Suite struct Trees {
    static let group = "239.7.7.7"
    static let source = "10.1.0.2"
    static let settings = """
      igmp { query-interval 2s; response-interval 500ms; last-member-interval 200ms }
      dvmrp on

      """

    @Test("Three routers in a line: start, prune, graft, a crash, a broken link")
    func line() throws {
      try Lab.run { lab in
        let line = try Line(lab)
        let early = try Receiver(line.d, "d0", Self.group)
        let sender = try Sender(line.s, "s0")
        sender.stream(Self.group)
        let stations = try line.start(Self.settings)
        // From the last start on; the original takes ten seconds.
        let begun = Date()
        try early.get(Self.group)
        #expect(-begun.timeIntervalSinceNow < 6)
        let first = try #require(early.numbers(of: Self.group).first)
        try early.expectAll(Self.group, from: first + 200, to: first + 1500)
        #expect(early.duplicates(of: Self.group) == 0)
        try stations[0].forwards(Self.group, from: Self.source, to: ["next"])

        // Nobody listens: the first router stops.
        early.end()
        try stations[0].forwards(Self.group, from: Self.source, to: [])
        let wire = try Receiver(watching: ["back"], in: line.routers[1])
        let later = try Receiver(line.d, "d0", Self.group)
        try later.get(Self.group)
        let again = try #require(later.numbers(of: Self.group).first)
        try later.expectAll(Self.group, from: again, to: again + 1000)
        // One wire earlier at most a few packets more: the graft went up at once.
        #expect(again - (wire.numbers(of: Self.group).first ?? 0) <= 50)

        // The middle one dies and comes back: it has forgotten all, its neighbors notice.
        let crashed = later.numbers(of: Self.group).last ?? 0
        let middle = try stations[1].crash()
        try explaining(Self.group, from: Self.source, [stations[0], middle, stations[2]]) {
          try later.get(Self.group, crashed + 500)
        }
        let back = later.numbers(of: Self.group).first { $0 > crashed + 100 } ?? crashed
        try later.expectAll(Self.group, from: back + 1000, to: back + 2000)
        try middle.forwards(Self.group, from: Self.source, to: ["next"])

        // A link breaks and heals.
        try line.routers[1].ip("link set next down")
        try eventually("the far end hears of it") {
          try line.routers[2].show("-o link show back").contains { $0.contains("NO-CARRIER") }
        }
        let broken = later.numbers(of: Self.group).last ?? 0
        try line.routers[1].ip("link set next up")
        try later.get(Self.group, broken + 200, within: 20)
        let healed = try #require(later.numbers(of: Self.group).last)
        try later.expectAll(Self.group, from: healed + 1000, to: healed + 2000)
        #expect(later.duplicates(of: Self.group) == 0)
        _ = try sender.stop()
      }
    }

    @Test("A rule and a tree on one router add up; the rule keeps the branch; a reload loses nothing")
    func rulesAndTrees() throws {
      try Lab.run { lab in
        let line = try Line(lab, 2)
        let e = try lab.namespace("e")
        try lab.link(line.routers[1], "side", ["10.60.0.1/24"], e, "e0", ["10.60.0.2/24"])
        let rule = "route from back group 239.7.0.0/16 to side\n"
        let stations = try line.start(Self.settings, last: rule)
        let sender = try Sender(line.s, "s0")
        let static0 = try Receiver(watching: ["e0"], in: e)
        sender.stream(Self.group)
        // No member anywhere: the rule alone asks for the stream from upstream.
        try static0.get(Self.group)
        try stations[0].forwards(Self.group, from: Self.source, to: ["next"])
        try stations[1].forwards(Self.group, from: Self.source, to: ["side"])
        let member = try Receiver(line.d, "d0", Self.group)
        try member.get(Self.group)
        try stations[1].forwards(Self.group, from: Self.source, to: ["side", "out"])
        let start = try #require(member.numbers(of: Self.group).first)
        try stations[1].reload(Self.settings + rule + "# changed\n").check("reload")
        try stations[0].reload(Self.settings + "# changed\n").check("reload")
        let reloaded = try #require(member.numbers(of: Self.group).last)
        try member.expectAll(Self.group, from: start, to: reloaded + 500)
        let staticStart = try #require(static0.numbers(of: Self.group).first)
        try static0.expectAll(Self.group, from: staticStart, to: reloaded + 500)
        // The member goes, the rule stays, and with it the stream.
        member.end()
        try stations[1].forwards(Self.group, from: Self.source, to: ["side"])
        let left = try #require(static0.numbers(of: Self.group).last)
        try static0.expectAll(Self.group, from: left, to: left + 500)
        // The rule goes too: the branch is pruned.
        try stations[1].reload(Self.settings).check("reload")
        try stations[0].forwards(Self.group, from: Self.source, to: [])
        _ = try sender.stop()
      }
    }

    @Test("Five routers, a link that three share, and a tunnel: every member gets each packet once")
    func five() throws {
      try Lab.run { lab in
        let mesh = try Mesh(lab)
        let sender = try Sender(mesh.s, "s0")
        sender.stream(Self.group, ttl: 32, every: 2000)
        let members = try mesh.members.map { try Receiver($0.0, $0.1, Self.group) }
        let stations = try mesh.start(Self.settings)
        for member in members { try member.get(Self.group, within: 20) }
        // Steady when routes have settled: from then on no loss and no duplicate anywhere.
        try stations[0].forwards(Self.group, from: Self.source, to: ["to2", "to3"])
        let now = members.compactMap { $0.numbers(of: Self.group).last }.max() ?? 0
        for member in members { try member.expectAll(Self.group, from: now + 500, to: now + 1500) }

        // The shared link's forwarder loses its way; the other router takes over, and gives back later.
        try mesh.routers[0].ip("link set to2 down")
        for member in members { try member.get(Self.group, (member.numbers(of: Self.group).last ?? 0) + 500) }
        let moved = members.compactMap { $0.numbers(of: Self.group).last }.max() ?? 0
        for member in members { try member.expectAll(Self.group, from: moved + 1000, to: moved + 1500) }
        try mesh.routers[0].ip("link set to2 up")
        try stations[0].forwards(Self.group, from: Self.source, to: ["to2", "to3"])
        let healed = members.compactMap { $0.numbers(of: Self.group).last }.max() ?? 0
        for member in members { try member.expectAll(Self.group, from: healed + 1000, to: healed + 1500) }
        _ = try sender.stop()
      }
    }
  }
}

/// Routers in a line, with a sender before the first and a host behind the last.
///
/// ```
///   s0 ── in [r0] next ── back [r1] next ── back [r2] out ── d0
///   10.1.0.2     10.10.0      10.11.0               10.50.0.2
/// ```
struct Line {
  let s: Namespace
  let d: Namespace
  let routers: [Namespace]

  init(_ lab: Lab, _ count: Int = 3) throws {
    s = try lab.namespace("s")
    d = try lab.namespace("d")
    routers = try (0..<count).map { try lab.namespace("r\($0)") }
    try lab.link(s, "s0", ["10.1.0.2/24"], routers[0], "in", ["10.1.0.1/24"])
    for number in 1..<count {
      try lab.link(
        routers[number - 1], "next", ["10.1\(number - 1).0.1/24"], routers[number], "back",
        ["10.1\(number - 1).0.2/24"])
    }
    try lab.link(routers[count - 1], "out", ["10.50.0.1/24"], d, "d0", ["10.50.0.2/24"])
  }

  /// - Parameter last: what the last router's configuration has beside.
  func start(_ text: String, last: String = "") throws -> [Station] {
    try routers.enumerated().map { number, router in
      try Station(router, text + (number == routers.count - 1 ? last : ""), name: router.short)
    }
  }
}

/// Five routers with every kind of link.
///
/// ```
///                ┌─ to2 ── r2 lan ─┐
///   s0 ── in r1 ─┤                 ├─ h0 (10.9.0.20)
///                └─ to3 ── r3 lan ─┤
///                          │       └─ lan r4 out ── d4
///                          wan
///                           └── m ── wan r5 out ── d5       lab: r3 ═══ r5
/// ```
struct Mesh {
  let s: Namespace
  let routers: [Namespace]
  let members: [(Namespace, String)]

  init(_ lab: Lab) throws {
    s = try lab.namespace("s")
    routers = try (1...5).map { try lab.namespace("r\($0)") }
    let (h, m, d4, d5) = (
      try lab.namespace("h"), try lab.namespace("m"), try lab.namespace("d4"), try lab.namespace("d5")
    )
    try lab.link(s, "s0", ["10.1.0.2/24"], routers[0], "in", ["10.1.0.1/24"])
    try lab.link(routers[0], "to2", ["10.12.0.1/24"], routers[1], "back", ["10.12.0.2/24"])
    try lab.link(routers[0], "to3", ["10.13.0.1/24"], routers[2], "back", ["10.13.0.3/24"])
    _ = try lab.lan(
      "lan",
      [
        (routers[1], "lan", ["10.9.0.2/24"]), (routers[2], "lan", ["10.9.0.3/24"]),
        (routers[3], "lan", ["10.9.0.4/24"]), (h, "h0", ["10.9.0.20/24"]),
      ])
    try lab.link(routers[3], "out", ["10.54.0.1/24"], d4, "d0", ["10.54.0.2/24"])
    try lab.link(routers[2], "wan", ["10.33.0.1/24"], m, "m3", ["10.33.0.9/24"])
    try lab.link(routers[4], "wan", ["10.35.0.1/24"], m, "m5", ["10.35.0.9/24"])
    try m.set("ipv4/ip_forward", 1)
    try routers[2].ip("route add default via 10.33.0.9")
    try routers[4].ip("route add default via 10.35.0.9")
    try lab.link(routers[4], "out", ["10.55.0.1/24"], d5, "d0", ["10.55.0.2/24"])
    members = [(h, "h0"), (d4, "d0"), (d5, "d0")]
  }

  func start(_ text: String) throws -> [Station] {
    let tunnels = [
      2: "tunnel lab { local wan; remote 10.35.0.1 }\ninterface wan { dvmrp off }\n",
      4: "tunnel lab { local wan; remote 10.33.0.1 }\ninterface wan { dvmrp off }\n",
    ]
    return try routers.enumerated().map { number, router in
      try Station(router, text + (tunnels[number] ?? ""), name: router.short)
    }
  }
}

import Addressing
import Foundation
import Glibc
import Testing
import Wire

extension KernelTests {
  /// What a raw packet or a change of the network did to the original, and does not do to us.
  ///
  /// Numbers are those of the list in `docs/compatibility.md`, which says where the others are tested.
  @Suite struct MroutedWeaknesses {
    /// The left router of a pair, with a correspondent at either side.
    private func router(_ lab: Lab) throws -> (MRouted, Place) {
      let place = try Place(lab, ("10.1.0.1", "10.1.0.2"), ("10.2.0.1", "10.2.0.2"))
      return (try MRouted(place.router).ready(), place)
    }

    private func probe(_ source: String, to group: String = "224.0.0.4", hops: UInt8 = 1) throws -> String {
      try Forged.packet(Forged.probe(naming: "10.2.0.1"), source, to: group, hops: hops)
    }

    @Test("1: Who asks another router for its neighbors gets no answer of ours, Router Alert or not")
    func notAddressed() throws {
      try Lab.run { lab in
        let (router, place) = try router(lab)
        let right = place.right
        for alert in ["", "94040000"] {
          for question in [3, 5] as [UInt8] {
            let bytes = Forged.message(question)
            for target in ["10.9.9.9", "10.2.0.9"] {
              try right.say(Forged.packet(bytes, "10.2.0.2", to: target, hops: 64, alert: alert))
            }
          }
        }
        let before = right.heard.count
        try right.say(Forged.packet(Forged.message(5), "10.2.0.2", to: "10.2.0.1", hops: 64))
        let answer = try right.hear(from: before, "the answer") { $0.code == 6 }
        #expect(answer.source == "10.2.0.1")
        #expect(right.heard.allSatisfy { ![4, 6].contains($0.code) || $0.source == "10.2.0.1" })
        #expect(right.heard.count { [4, 6].contains($0.code) } == 1)
        #expect(router.daemon.isRunning)
      }
    }

    @Test("2: A request whose items are longer than the packet ends nobody, however it is cut")
    func attributes() throws {
      try Lab.run { lab in
        let (router, place) = try router(lab)
        for item in [[1, 1, 0, 0], [1, 255, 0, 0], [2, 1, 0, 0], [1], [1, 0], [], [0, 0, 0, 0]] as [[UInt8]] {
          try place.right.say(Forged.packet(Forged.message(10, item), "10.2.0.2", to: "10.2.0.1", hops: 64))
          try place.right.say(Forged.packet(Forged.message(10, item), "10.99.0.2", to: "10.2.0.1", hops: 64))
        }
        // One that is right, to see that the others were heard.
        try place.right.say(
          Forged.packet(Forged.message(10, [1, 0, 0, 0]), "10.2.0.2", to: "10.2.0.1", hops: 64))
        try place.right.hear("the version") { $0.code == 11 }
        #expect(try router.ctl("show version").output == ["mrouted version 4.6 "])
      }
    }

    @Test("4: The 65th neighbor, and the 200th, end nobody; who was there before stays")
    func neighbors() throws {
      try Lab.run { lab in
        let (router, place) = try router(lab)
        try place.right.say(probe("10.2.0.2"))
        try eventually("the first is there") { try router.ctl("-t show neighbor").text.contains("10.2.0.2 ") }
        try place.right.say((3..<203).map { try probe("10.2.0.\($0)") })
        try place.right.say(probe("10.2.0.2"))
        try eventually("the table is full") { try router.ctl("-t show neighbor").output.count == 32 }
        #expect(try router.ctl("-t show neighbor").text.contains("10.2.0.2 "))
        #expect(router.daemon.isRunning)
      }
    }

    @Test("6: Of twelve interfaces each hears routers and members")
    func interfaces() throws {
      try Lab.run { lab in
        let board = try Board(lab, (0..<12).map { "e\($0)" })
        try board.r.ip(board.interfaces.enumerated().map { "addr add 10.\($0 + 1).0.1/24 dev \($1)" })
        let router = try MRouted(board.r).ready()
        let injector = try board.injector()
        for (number, name) in board.interfaces.enumerated() {
          let source = "10.\(number + 1).0.2"
          let probe = try Forged.packet(Forged.probe(naming: "10.\(number + 1).0.1"), source)
          try injector.raw(name, probe)
          let report = try Forged.record(.isExclude, "239.1.1.\(number)")
          try injector.raw(name, Forged.packet(report, source, to: "224.0.0.22", alert: "94040000"))
        }
        try eventually("all are heard") {
          try router.ctl("-t show neighbor").output.count == 12
            && router.ctl("-t show igmp groups").output.count { $0.contains(" 239.1.1.") } == 12
        }
      }
    }

    @Test(
      "10: Two routers between two LANs, started under a stream: for a moment some packets twice, then none")
    func duplicates() throws {
      try Lab.run { lab in
        let (s, d) = (try lab.namespace("s"), try lab.namespace("d"))
        let routers = [try lab.namespace("a"), try lab.namespace("b")]
        for (name, net, host) in [("west", "10.1.0", s), ("east", "10.2.0", d)] {
          _ = try lab.lan(
            "sw-" + name,
            [
              (host, "h0", ["\(net).9/24"]), (routers[0], name, ["\(net).1/24"]),
              (routers[1], name, ["\(net).2/24"]),
            ])
        }
        let group = "239.7.7.7"
        let member = try Receiver(d, "h0", group)
        let sender = try Sender(s, "h0")
        sender.stream(group)
        let daemons = try routers.map { try MRouted($0).ready() }
        try member.get(group)
        let first = try #require(member.numbers(of: group).first)
        // The original: ten seconds of two copies of each.
        try member.get(group, first + 1500)
        try eventually("five hundred have come once") {
          let last = member.numbers(of: group).suffix(500)
          return Set(last).count == last.count
        }
        let early = member.duplicates(of: group)
        #expect(early < 4000, "\(early) packets twice")
        let steady = try #require(member.numbers(of: group).last)
        try member.expectAll(group, from: steady + 1, to: steady + 2000)
        #expect(member.duplicates(of: group) == early)
        #expect(daemons.allSatisfy { $0.daemon.isRunning })
        _ = try sender.stop()
      }
    }

    @Test("12: A router of another subnet, from beyond another router, or without a probe is not heard")
    func strangers() throws {
      try Lab.run { lab in
        let (router, place) = try router(lab)
        let route = try Forged.report(["10.77.0.0/16"])
        try place.right.say(
          probe("10.3.0.2"), probe("10.2.0.3", hops: 2),
          probe("10.2.0.255"), probe("10.2.0.4", to: "224.0.0.9"),
          try Forged.packet(route, "10.2.0.5"),
          try Forged.packet(Forged.message(9, [10, 1, 0, 0]), "10.2.0.2"))
        try place.right.say(probe("10.2.0.2"))
        try eventually("one is heard") { try router.ctl("-t show neighbor").text.contains("10.2.0.2 ") }
        #expect(try router.ctl("-t show neighbor").output.count == 1)
        #expect(try !router.ctl("-t show routes").text.contains("10.77/16"))
      }
    }

    @Test("13: A deleted interface, a changed address and a new interface are noticed at once")
    func changes() throws {
      try Lab.run { lab in
        let pair = try MroutedPair(lab)
        let left = try MRouted(pair.left).ready()
        let right = try MRouted(pair.right).ready()
        func met(_ router: MRouted, _ neighbor: String, _ network: String) throws {
          do {
            try eventually("\(router.namespace.short) has \(neighbor) and \(network)", within: 15) {
              try router.ctl("-t show neighbor").text.contains(neighbor + " ")
                && router.ctl("-t show routes").output.contains {
                  $0.hasPrefix(network) && $0.contains(neighbor + " ")
                }
            }
          } catch { throw LabError(description: "\(error)\n\(try router.ctl("-p -d show status").text)") }
        }
        try met(left, "10.2.0.2", "10.3.0/24")
        try met(right, "10.2.0.1", "10.1.0/24")

        // Another address on both ends: other neighbors, by which the same networks are reached.
        for (space, old, new) in [(pair.left, "10.2.0.1", "10.7.0.1"), (pair.right, "10.2.0.2", "10.7.0.2")] {
          try space.ip("addr del \(old)/24 dev mid", "addr add \(new)/24 dev mid")
        }
        try met(left, "10.7.0.2", "10.3.0/24")
        try met(right, "10.7.0.1", "10.1.0/24")
        #expect(try left.ctl("-t show interfaces").text.contains("10.7.0.1 "))
        #expect(try !left.ctl("-t show interfaces").text.contains("10.2.0.1 "))

        // The link goes: the neighbor with it, not only after its 35 s, and its networks are reached no more.
        try pair.left.ip("link del mid")
        try eventually("the neighbor is gone") {
          try !left.ctl("-t show neighbor").text.contains("10.7.0.2")
        }
        let unreachable = { (router: MRouted, network: String) in
          try router.ctl("-d -t show routes").output.contains { $0.hasPrefix(network) && $0.contains(" NR ") }
        }
        try eventually("nothing leads there") { try unreachable(left, "10.3.0/24") }
        try eventually("the other side has noticed") { try unreachable(right, "10.1.0/24") }
        try left.logged("mid has gone down; vif #")

        // Another one of the same name.
        try lab.link(pair.left, "mid", ["10.8.0.1/24"], pair.right, "mid", ["10.8.0.2/24"])
        try met(left, "10.8.0.2", "10.3.0/24")
        try met(right, "10.8.0.1", "10.1.0/24")
        try left.logged("mid has come up; vif #")
      }
    }
  }
}

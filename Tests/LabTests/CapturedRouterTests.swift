import Addressing
import Foundation
import Glibc
import Testing
import Wire

extension DynamicKernelTests {
  /// What mrouted sent in the captures, said again by test neighbors to our daemon in the place of a router.
  ///
  /// ```
  ///   S ─── 10.77.1/24 ─── R1 ─── 10.77.12/24 ─── R2 ─── 10.77.23/24 ─── R3 ─── 10.77.3/24 ─── D
  ///  .2                 .1    .1               .2    .2               .3    .1               .2
  /// ```
  @Suite struct CapturedRouters {
    static let runs = ["mrouted-4.6", "mrouted-3.9.8", "mrouted-4.6-plain"]
    static let (source, group) = ("10.77.1.2", "239.77.1.1")
    static let (r1, r2, r3, d) = ("10.77.12.1", "10.77.12.2", "10.77.23.3", "10.77.3.2")

    @Test(
      "In R2's place: R1 and R3 get the probes, routes, prunes, grafts and answers that R2 gave",
      arguments: runs)
    func middle(_ run: String) throws {
      try Lab.run { lab in
        let place = try Place(lab, ("10.77.12.2", Self.r1), ("10.77.23.2", Self.r3))
        try place.router.ip("route add 10.77.3.0/24 via 10.77.23.3")
        let station = try Station(
          place.router, "igmp { query-interval 2s; response-interval 500ms }\ndvmrp on\n")
        let (near, far) = (try Capture(run + "-r1-r2"), try Capture(run + "-r2-r3"))
        let (up, down) = (place.left, place.right)
        try meet(up, near, Self.r1, routes: ["10.77.23.0/24 1"])
        try meet(down, far, Self.r3, routes: ["10.77.12.0/24 1"])

        // What each tells goes to the other, and back to itself as poison: we reach it through you.
        try up.say(near.first(from: Self.r1) { $0.routes.contains("10.77.1.0/24 1") })
        try down.say(far.first(from: Self.r3) { $0.routes.contains("10.77.3.0/24 1") })
        try expectRoutes(["10.77.1.0/24 34", "10.77.3.0/24 2"], at: up)
        try expectRoutes(["10.77.3.0/24 34", "10.77.1.0/24 2"], at: down)

        // Of two that ask for members the lower address goes on; the other falls silent.
        let query = { (frame: Capture.Frame) in frame.payload[0] == 0x11 && frame.destination == "224.0.0.1" }
        for neighbor in [(up, near, Self.r1), (down, far, Self.r3)] {
          try neighbor.0.say(neighbor.1.first(from: neighbor.2, where: query))
        }
        try eventually("R1 is the querier") { try querier(station, "left") == Self.r1 }
        let (lost, kept) = (up.heard.count, down.heard.count)
        let general = try down.hear(from: kept, "a query of ours", where: query)
        #expect(general.source == "10.77.23.2" && general.hops == 1 && general.hasRouterAlert)
        try down.hear(from: down.heard.count, "another", where: query)
        #expect(!up.heard.dropFirst(lost).contains(where: query))
        #expect(try querier(station, "right") == "10.77.23.2")

        try prune(station, place, near, far)
        try graft(station, place, near, far)
        if run != "mrouted-4.6-plain" { try trace(place, near, far) } else { try ask(place, far) }

        // R1 ends; R3 is told in R2's words.
        let before = down.heard.count
        try up.say(near.first(from: Self.r1) { $0.routes.contains("10.77.1.0/24 32") })
        let farewell = try far.first(from: "10.77.23.2") { $0.routes == ["10.77.1.0/24 32"] }
        let told = try down.hear(from: before, "R1's end") { $0.routes.contains("10.77.1.0/24 32") }
        #expect(told.payload == farewell.payload && told.destination == "224.0.0.4")
        let refused = try refusals(station)
        #expect(refused.isEmpty, "all of it was heard")
      }
    }

    /// R3 depends on us, then wants the stream no more: the stream stops, and R1 hears of it.
    private func prune(_ station: Station, _ place: Place, _ near: Capture, _ far: Capture) throws {
      try place.right.say(far.first(from: Self.r3) { $0.routes.contains("10.77.1.0/24 35") })
      try eventually("R3 depends on us") {
        try station.rows("show dvmrp routes").contains { "\($0["dependents"] ?? "")".contains(Self.r3) }
      }
      let first = try place.left.stream(Self.source, Self.group)
      try place.right.get(Self.group, first)
      try place.right.say(far.first(from: Self.r3, code: 7))
      let theirs = try near.first(from: Self.r2, code: 7)
      let ours = try place.left.hear("our prune") { $0.code == 7 }
      #expect(ours.source == Self.r2 && ours.destination == Self.r1 && ours.hops == 1)
      // The lifetime is drawn at random, but lasts no longer than that of R3.
      #expect(ours.payload[4..<16] == theirs.payload[4..<16])
      if case .prune(let mine) = ours.message,
        case .prune(let below) = try far.first(from: Self.r3, code: 7).message
      {
        #expect(mine.lifetime <= below.lifetime && mine.lifetime > below.lifetime / 8)
      }
      try station.forwards(Self.group, from: Self.source, to: [])
      try place.left.stream(Self.source, Self.group, 20)
    }

    /// R3 wants it again: it is answered in R2's words, R1 is asked in them, and the stream goes on.
    private func graft(_ station: Station, _ place: Place, _ near: Capture, _ far: Capture) throws {
      let grafts = far.frames.filter { $0.source == Self.r3 && $0.code == 8 }
      try place.right.say(try #require(grafts.first))
      let ack = try place.right.hear("our ack") { $0.code == 9 }
      let theirs = try far.first(from: "10.77.23.2", code: 9)
      #expect(ack.payload == theirs.payload && ack.destination == Self.r3 && ack.hops == 1)
      let graft = try place.left.hear("our graft") { $0.code == 8 }
      #expect(try graft.payload == near.first(from: Self.r2, code: 8).payload)
      #expect(graft.destination == Self.r1)
      #expect(try station.rows("show prunes").contains { $0["kind"] as? String == "graft" })
      try place.left.say(near.first(from: Self.r1, code: 9))
      try eventually("the graft is done") { try station.rows("show prunes").isEmpty }
      try station.forwards(Self.group, from: Self.source, to: ["right"])
      let last = try place.left.stream(Self.source, Self.group, 20)
      try place.right.get(Self.group, last)
      #expect(place.right.numbers(of: Self.group) == [1] + Array((last - 19)...last))
      // A graft that comes twice is answered twice.
      try place.right.say(try #require(grafts.first))
      try eventually("the second ack") { place.right.heard.count { $0.code == 9 } == 2 }
    }

    /// R3 hands a question for the path on: R1 gets it with what R2 said of itself.
    private func trace(_ place: Place, _ near: Capture, _ far: Capture) throws {
      let theirs = try near.first(from: Self.r2) { $0.payload.first == 0x1f }
      let wanted = try TraceMessage(decoding: theirs.payload.span)
      try place.right.say(
        far.first(from: Self.r3) { frame in
          (try? TraceMessage(decoding: frame.payload.span))?.tag == wanted.tag
        })
      let ours = try place.left.hear("the question") { $0.payload.first == 0x1f }
      #expect(ours.source == Self.r2 && ours.destination == Self.r1)
      let message = try TraceMessage(decoding: ours.payload.span)
      #expect(message.hops.count == 2 && message.hops[0] == wanted.hops[0])
      var (mine, other) = (message.hops[1], wanted.hops[1])
      #expect(mine.flowPackets ?? 0 > 0)
      // What depends on time and on how much came before.
      for key in [\TraceHop.packetsIn, \.packetsOut, \.flowPackets] {
        (mine[keyPath: key], other[keyPath: key]) = (0, 0)
      }
      (mine.arrival, other.arrival) = (0, 0)
      #expect(mine == other)
    }

    /// D asks who is there, of two kinds, and is answered through R3 in R2's words.
    private func ask(_ place: Place, _ far: Capture) throws {
      for (question, answer) in [(5, 6), (3, 4)] as [(UInt8, UInt8)] {
        let asked = try far.first(from: Self.d) { $0.code == question && $0.destination == "10.77.23.2" }
        try place.right.say(asked)
        let ours = try place.right.hear("the answer") { $0.code == answer }
        #expect(try ours.payload == far.first(from: "10.77.23.2", code: answer).payload)
        #expect(ours.destination == Self.d && ours.source == "10.77.23.2" && ours.hops == 255)
      }
    }

    @Test(
      "In R1's place: R2's prune stops the stream, its graft starts it, the end is told in R1's words",
      arguments: runs)
    func first(_ run: String) throws {
      try Lab.run { lab in
        let place = try Place(lab, ("10.77.1.1", Self.source), ("10.77.12.1", Self.r2))
        let station = try Station(place.router, "dvmrp on\n")
        let (near, far) = (try Capture(run + "-r1-r2"), try Capture(run + "-r2-r3"))
        let (s, r2) = (place.left, place.right)
        try meet(r2, near, Self.r2, routes: ["10.77.1.0/24 1"])
        for report in near.frames.filter({ $0.source == Self.r2 && $0.code == 2 }).prefix(3) {
          try r2.say(report)
        }
        try expectRoutes(["10.77.3.0/24 35", "10.77.23.0/24 34"], at: r2)
        try r2.get(Self.group, s.stream(Self.source, Self.group))
        try r2.say(near.first(from: Self.r2, code: 7))
        try station.forwards(Self.group, from: Self.source, to: [])
        try s.stream(Self.source, Self.group, 20)
        try r2.say(near.first(from: Self.r2, code: 8))
        let ack = try r2.hear("our ack") { $0.code == 9 }
        #expect(try ack.payload == near.first(from: Self.r1, code: 9).payload && ack.destination == Self.r2)
        try station.forwards(Self.group, from: Self.source, to: ["right"])
        let last = try s.stream(Self.source, Self.group, 20)
        try r2.get(Self.group, last)
        #expect(r2.numbers(of: Self.group) == [1] + Array((last - 19)...last))

        if run == "mrouted-4.6-plain" {
          // D asks R1, which answers through R2.
          try place.router.ip("route add 10.77.3.0/24 via 10.77.12.2")
          for (question, answer) in [(5, 6), (3, 4)] as [(UInt8, UInt8)] {
            try r2.say(far.first(from: Self.d) { $0.code == question && $0.destination == Self.r1 })
            let ours = try r2.hear("the answer") { $0.code == answer }
            let theirs = try far.first(from: Self.r1, code: answer)
            // In the capture R2 asks for members on the link; here nobody else does.
            #expect(ours.payload.count == theirs.payload.count && ours.destination == Self.d)
          }
        } else {
          try place.router.ip("route add 10.77.3.0/24 via 10.77.12.2")
          try r2.say(near.first(from: Self.r2) { $0.payload.first == 0x1f && $0.payload.count == 88 })
          let ours = try r2.hear("the path") { $0.payload.first == 0x1e }
          let message = try TraceMessage(decoding: ours.payload.span)
          #expect(ours.destination == Self.d && message.hops.count == 3)
          #expect("\(message.hops[2].incoming)" == "10.77.1.1" && "\(message.hops[2].outgoing)" == Self.r1)
          #expect(message.hops[2].previous.isUnspecified && message.hops[2].problem == .none)
        }
        let before = r2.heard.count
        station.daemon.signal(SIGTERM)
        #expect(try station.daemon.exit() == 0)
        let farewell = try near.first(from: Self.r1) { $0.routes.contains("10.77.1.0/24 32") }
        let told = try r2.hear(from: before, "our farewell") { $0.code == 2 }
        #expect(told.payload == farewell.payload)
      }
    }

    @Test(
      "In R3's place: D's joins and leaves are asked about, pruned and grafted as R3 did", arguments: runs)
    func last(_ run: String) throws {
      try Lab.run { lab in
        let place = try Place(lab, ("10.77.23.3", "10.77.23.2"), ("10.77.3.1", Self.d))
        let station = try Station(place.router, "dvmrp on\n")
        let (far, lan) = (try Capture(run + "-r2-r3"), try Capture(run + "-lan-d"))
        let (r2, d) = (place.left, place.right)
        try meet(r2, far, "10.77.23.2", routes: ["10.77.3.0/24 1"])
        try r2.say(far.first(from: "10.77.23.2") { $0.routes.contains("10.77.1.0/24 2") })
        try expectRoutes(["10.77.1.0/24 35"], at: r2)
        // Nobody is there: R2 need not send.
        let first = try r2.stream(Self.source, Self.group)
        let pruned = try r2.hear("our prune") { $0.code == 7 }
        #expect(try pruned.payload[8..<16] == far.first(from: Self.r3, code: 7).payload[8..<16])
        #expect(pruned.destination == "10.77.23.2" && pruned.hops == 1)

        // D joins, by IGMPv3 or as R3 asked in the capture by IGMPv2.
        let joins = lan.frames.filter { $0.source == Self.d && isJoin($0) }
        try d.say(try #require(joins.first))
        let graft = try r2.hear("our graft") { $0.code == 8 }
        let theirs = try far.first(from: Self.r3, code: 8)
        #expect(graft.payload == theirs.payload, "\(Correspondent.hex(graft.payload))")
        try r2.say(far.first(from: "10.77.23.2", code: 9))
        try station.forwards(Self.group, from: Self.source, to: ["right"])
        let last = try r2.stream(Self.source, Self.group, 20)
        try d.get(Self.group, last)
        #expect(!d.numbers(of: Self.group).contains(first))

        // D leaves: it is asked twice, a second apart, and then R2 hears of it.
        let (asked, told) = (d.heard.count, r2.heard.count)
        try d.say(lan.first(from: Self.d, where: isLeave))
        for _ in 0..<2 {
          let query = try d.hear(from: asked, "our question") {
            $0.payload.first == 0x11 && $0.destination == Self.group
          }
          #expect(Correspondent.hex(query.payload) == "110afc29ef4d0101027d0000")
        }
        try r2.hear(from: told, "our prune") { $0.code == 7 }
        #expect(d.heard.dropFirst(asked).count { $0.destination == Self.group } == 2)

        // R2 hears of R1's end; we are told, and tell it back.
        try r2.say(far.first(from: "10.77.23.2") { $0.routes == ["10.77.1.0/24 32"] })
        let back = try r2.hear(from: told, "the end of the route") { $0.routes.contains("10.77.1.0/24 32") }
        #expect(try back.payload == far.first(from: Self.r3) { $0.routes == ["10.77.1.0/24 32"] }.payload)
        let refused = try refusals(station)
        #expect(refused.isEmpty, "all of it was heard")
      }
    }

    /// A report of 239.77.1.1 as IGMPv2 sends it, or as IGMPv3 does.
    private func isJoin(_ frame: Capture.Frame) -> Bool {
      let text = Correspondent.hex(frame.payload)
      return text.hasPrefix("16") && text.hasSuffix("ef4d0101")
        || text.hasPrefix("22") && text.contains("04000000ef4d0101")
    }

    private func isLeave(_ frame: Capture.Frame) -> Bool {
      let text = Correspondent.hex(frame.payload)
      return text.hasPrefix("17") && text.hasSuffix("ef4d0101")
        || text.hasPrefix("22") && text.contains("03000000ef4d0101")
    }

    /// Two probes, one that names nobody and one that names us: the first is answered by ours that names the
    /// neighbor, the second by the whole table at once.
    private func meet(
      _ neighbor: Correspondent, _ capture: Capture, _ address: String, routes: Set<String>
    ) throws {
      let start = neighbor.heard.count
      try neighbor.say(capture.first(from: address) { $0.named == [] })
      let probe = try neighbor.hear(from: start, "our probe") { $0.named == [address] }
      #expect(probe.destination == "224.0.0.4" && probe.hops == 1)
      try neighbor.say(capture.first(from: address) { $0.named == [probe.source] })
      // The next report that is due anyway would come in a minute.
      let report = try neighbor.hear(from: start, "our routes") { !$0.routes.isEmpty }
      #expect(Set(report.routes).isSuperset(of: routes), "\(report.routes)")
    }

    private func expectRoutes(_ routes: Set<String>, at neighbor: Correspondent) throws {
      try eventually("\(neighbor.interface) hears \(routes)") {
        routes.isSubset(of: neighbor.heard.flatMap(\.routes))
      }
    }

    private func querier(_ station: Station, _ interface: String) throws -> String? {
      let row = try station.rows("show interfaces").first { $0["name"] as? String == interface }
      return (row?["querier"] as? [String: Any])?["address"] as? String
    }
  }
}

/// Our router with a correspondent at either side.
struct Place {
  let router: Namespace
  let left: Correspondent
  let right: Correspondent

  /// - Parameter ends: addresses of the router and of the correspondent there.
  init(_ lab: Lab, _ ends: (String, String)..., length: Int = 24) throws {
    router = try lab.namespace("router")
    var all: [Correspondent] = []
    for (name, end) in zip(["left", "right"], ends) {
      let space = try lab.namespace("of" + name)
      try lab.link(space, "x-" + name, ["\(end.1)/\(length)"], router, name, ["\(end.0)/\(length)"])
      all.append(try Correspondent(space, "x-" + name))
    }
    (left, right) = (all[0], all[1])
  }
}

/// How many packets each interface refused, by reason: `left dvmrp source`.
func refusals(_ station: Station) throws -> [String: Int] {
  var found: [String: Int] = [:]
  for row in try station.rows("show interfaces") {
    for counts in row["protocols"] as? [[String: Any]] ?? [] {
      for refusal in counts["refused"] as? [[String: Any]] ?? [] {
        // Our own queries, which the kernel shows us.
        guard let reason = refusal["reason"] as? String, reason != "own-echo" else { continue }
        found["\(row["name"] ?? "") \(counts["name"] ?? "") \(reason)"] = refusal["count"] as? Int
      }
    }
  }
  return found
}

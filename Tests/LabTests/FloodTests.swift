import Addressing
import Foundation
import Glibc
import Testing
import Wire

extension DynamicKernelTests {
  /// Ten thousand of everything that a host or router on the link can forge, beside a real neighbor, a real
  /// member and a stream between them.
  ///
  /// ```
  ///   attackers, and the sender 10.7.0.2 ── left [router] right ── the real neighbor 10.8.0.2
  /// ```
  @Suite struct Floods {
    static let group = "239.77.1.1"
    static let count = 10_000
    static let settings = """
      dvmrp on
      limits {
        dvmrp-routes 3000
        prunes 40
        entries 600
        groups 500
      }
      interface left { report-rate 100000/s }

      """

    @Test(
      "Neighbors, routes, groups, sources, prunes and flows beyond number: all is counted, nothing is lost")
    func flood() throws {
      try Lab.run { lab in
        let place = try Place(lab, ("10.7.0.1", "10.7.0.2"), ("10.8.0.1", "10.8.0.2"), length: 16)
        let station = try Station(place.router, Self.settings)
        let (left, right) = (place.left, place.right)
        try keep(place)
        try right.say(Forged.packet(Forged.report(["10.8.0.0/16", "10.7.0.0/16"], 33), "10.8.0.2"))
        let sender = try Sender(left.namespace, "x-left")
        let first = try sender.burst(Self.group)
        try right.get(Self.group, first)
        sender.stream(Self.group, every: 2000)
        let before = try memory(station)

        try forgeRouters(station, place)
        try forgeHosts(station, left)
        try forgePrunes(station, place)
        try expectBounds(station)
        let growth = try memory(station) - before
        #expect(growth < 48 << 10, "\(growth) KiB")

        let last = try sender.stop()
        try right.get(Self.group, last)
        let whole = right.numbers(of: Self.group) == Array(first...last)
        #expect(whole, "\(right.numbers(of: Self.group).count) of \(last) packets")
        #expect(station.log.count < 400, "\(station.log.count) lines in the log")
        #expect(station.daemon.isRunning)
      }
    }

    private func forgeRouters(_ station: Station, _ place: Place) throws {
      let left = place.left
      let strangers = (0..<Self.count).map { "10.7.\(1 + $0 / 250).\(1 + $0 % 250)" }
      // Each claims that it hears us; 32 may stand on a link, and one is real.
      try left.say(strangers.map { try Forged.packet(Forged.probe(naming: "10.7.0.1"), $0) })
      try counted(station, "interface-neighbor-limit", Self.count - 31)
      // Routes of those who are no neighbors, and too many of one who is.
      try left.say(strangers.suffix(9000).map { try Forged.packet(Forged.report(["10.99.0.0/16"]), $0) })
      try counted(station, "not-neighbor", 9000)
      try keep(place)
      try left.say(
        (0..<100).map { number in
          let origins = (number * 100..<number * 100 + 100).map {
            "172.\(16 + $0 / 2500).\($0 / 10 % 250).\($0 % 10 * 16)/28"
          }
          return try Forged.packet(Forged.report(origins, 2), strangers[0])
        })
      try counted(station, "route-limit", 1)
    }

    private func forgeHosts(_ station: Station, _ left: Correspondent) throws {
      // Members of groups without number, and of sources without number in one group.
      try left.say(
        (0..<Self.count).map {
          let group = "239.5.\($0 / 250).\(1 + $0 % 250)"
          return try Forged.packet(Forged.record(.isExclude, group), "10.7.0.9", to: "224.0.0.22")
        })
      try counted(station, "group-limit", Self.count - 500)
      try left.say(
        (0..<100).map { number in
          let sources = (0..<100).map { "10.66.\(number).\(1 + $0)" }
          return try Forged.packet(
            Forged.record(.allow, "239.5.0.1", sources), "10.7.0.9", to: "224.0.0.22")
        })
      try counted(station, "source-limit", 9000)
    }

    private func forgePrunes(_ station: Station, _ place: Place) throws {
      let (left, right) = (place.left, place.right)
      // Prunes of a neighbor: a hundred a second are looked at, and forty are kept.
      try keep(place)
      try right.say(
        (0..<Self.count).map {
          try Forged.packet(
            Forged.prune("10.7.0.0", "239.6.\($0 / 250).\(1 + $0 % 250)"), "10.8.0.2", to: "10.8.0.1")
        })
      try counted(station, "rate", 9000, on: "right")
      // Flows of sources without number.
      for number in 0..<1000 { try left.stream("10.7.200.\(number % 250)", "239.8.\(number / 250).1") }
      try keep(place)
    }

    /// The answers come at once, the state is within its bounds, and who was there is still there.
    private func expectBounds(_ station: Station) throws {
      let begin = Date()
      let limits = try station.rows("show limits")
      #expect(-begin.timeIntervalSinceNow < 5)
      for row in limits {
        guard let name = row["name"] as? String, let used = row["used"] as? Int,
          let limit = row["limit"] as? Int
        else { continue }
        #expect(used <= limit, "\(name): \(used) of \(limit)")
        if ["dvmrp-routes", "groups", "neighbors-per-interface"].contains(name) {
          #expect(row["hits"] as? Int ?? 0 > 0, "\(name)")
        }
      }
      let states = try station.rows("show neighbors").filter { $0["state"] as? String == "two-way" }
      let real = states.compactMap { $0["address"] as? String }
      #expect(real.contains("10.7.0.2") && real.contains("10.8.0.2"), "\(real)")
    }

    /// The real neighbors say that they are there.
    private func keep(_ place: Place) throws {
      try place.left.say(Forged.packet(Forged.probe(naming: "10.7.0.1", generation: 1), "10.7.0.2"))
      try place.right.say(Forged.packet(Forged.probe(naming: "10.8.0.1", generation: 1), "10.8.0.2"))
    }

    /// Waits until at least so many were refused for this reason.
    private func counted(
      _ station: Station, _ reason: String, _ count: Int, on interface: String = "left"
    ) throws {
      var found: [String: Int] = [:]
      do {
        try eventually("\(count) refused: \(reason)", within: 20, every: 0.2) {
          found = try refusals(station)
          return found.contains {
            $0.key.hasPrefix(interface) && $0.key.hasSuffix(" " + reason) && $0.value >= count
          }
        }
      } catch { throw LabError(description: "\(error), but \(found)") }
    }

    /// What the daemon holds in memory, KiB.
    private func memory(_ station: Station) throws -> Int {
      let status = try String(contentsOfFile: "/proc/\(station.daemon.pid)/status", encoding: .utf8)
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
      return try #require(line?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }
  }
}

import Foundation
import Glibc
import Testing

extension HitlessTests {
  /// The clocks of one life are not those of the next.
  ///
  /// A namespace has no wall clock of its own; the boot clock, by which the daemon counts, has an offset in a
  /// time namespace.
  @Suite struct Clocks {
    struct Jump: Sendable, CustomTestStringConvertible {
      var keeping: Keeping
      var isAhead: Bool

      var testDescription: String { "\(keeping), \(isAhead ? "years ahead" : "behind")" }

      static let all = Keeping.allCases.flatMap {
        [Jump(keeping: $0, isAhead: true), Jump(keeping: $0, isAhead: false)]
      }
    }

    @Test(
      "The clock of the next life is another one: the tree stands, and nothing lives for ever",
      arguments: FaultSample.of(Jump.all, 1))
    func jumped(_ jump: Jump) throws {
      try Lab.run { lab in
        let line = try Line(lab, 2)
        let group = "239.7.7.7"
        let text = """
          igmp { query-interval 2s; response-interval 500ms; last-member-interval 200ms }
          dvmrp on
          route from in source 10.1.0.2 group 239.1.1.1 to next

          """
        let routers = try line.routers.map { try Lives($0, text, jump.keeping) }
        let counter = try Counter(line.d, "d0", group)
        let sender = try Sender(line.s, "s0", source: "10.1.0.2")
        try eventually("the tree stands", within: 20) {
          try sender.burst(group)
          return try counter.count().last > 0
        }
        sender.stream(group, every: 100)
        try counter.get(2_000)
        for router in routers {
          try router.survives(counter, "\(jump)") {
            // Under a service manager a planned end, whose snapshot carries instants; else a crash.
            try router.end(by: jump.keeping == .store ? SIGTERM : SIGKILL)
            router.surroundings = ["unshare", "-T", "--boottime", try Clocks.offset(jump.isAhead)]
            try router.start()
            // Until hosts and neighbors have been asked, and what was held for them is let go.
            Thread.sleep(forTimeInterval: 4)
          }
        }
        // What was learned grows old by the clock of the life that learned it.
        try eventually("they are neighbors again", within: 20) {
          try Clocks.expiries(routers[0], "neighbors").count == 1
            && Clocks.expiries(routers[1], "neighbors").count == 1
        }
        for router in routers { #expect(try Clocks.expiries(router, "neighbors").allSatisfy { $0 <= 35 }) }
        #expect(try Clocks.expiries(routers[1], "groups").allSatisfy { $0 <= 5 })
        #expect(try counter.count().twice == 0)
      }
    }

    private static func expiries(_ router: Lives, _ table: String) throws -> [Double] {
      let text = try router.attempt("show", table, "--json").text
      let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      return (object?["data"] as? [[String: Any]] ?? []).compactMap { $0["expiresSeconds"] as? Double }
    }

    /// Seconds; behind by half of what the machine has run.
    private static func offset(_ isAhead: Bool) throws -> String {
      let text = try String(contentsOfFile: "/proc/uptime", encoding: .utf8)
      let uptime = try #require(text.split(separator: " ").first.flatMap { Double($0) })
      return isAhead ? "100000000" : "-\(Int(uptime / 2))"
    }
  }
}

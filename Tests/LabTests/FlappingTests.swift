import Foundation
import Glibc
import Testing

extension HitlessTests {
  @Suite struct Flapping {
    private static let rounds = FaultSample.isWhole ? 1_000 : 60

    /// How an interface comes and goes.
    enum Manner: CaseIterable { case switched, replaced }

    @Test("An interface comes and goes a thousand times, and nothing wears out", arguments: Manner.allCases)
    func flapping(_ manner: Manner) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let group = "239.1.1.1"
        // Few events: what is kept of them would look like a leak until there are ten thousand.
        let router = try Lives(
          star.r,
          """
          route from in0 source 10.1.0.2 group \(group) to out1
          route from in0 source 10.1.0.2 group 239.1.1.2 to out1 flap*
          route from in0 source fd00:1::2 group ff0e::2 to out1 flap*
          join on flap* group 239.1.1.3
          join on flap* group ff0e::3
          limits { events 100 }

          """, .keeper)
        let counter = try Counter(star.a, "a0", group)
        try Sender(star.s, "s0", source: "10.1.0.2").stream(group, every: 100)
        try counter.get(1_000)
        let make = [
          "link add flap0 type veth peer name other0", "link set other0 up", "link set flap0 up",
          "addr add 10.9.0.1/24 dev flap0",
        ]
        try star.r.ip(make)
        func takesPart() throws {
          try eventually("it takes part") {
            let tables = try KernelTables(star.r)
            return try tables.vifs.contains("flap0") && tables.mifs.contains("flap0")
              && ["-4", "-6"].allSatisfy { try router.entries($0).contains { $0.contains("flap0") } }
          }
        }
        try takesPart()
        let round =
          manner == .switched
          ? ["link set flap0 down", "link set flap0 up"] : ["link del flap0"] + make
        // The first rounds take what the others use again.
        for _ in 0..<10 { try star.r.ip(round) }
        try takesPart()
        try router.survives(counter, "\(manner)", growth: 2048) {
          for _ in 0..<(Self.rounds / 20) {
            try star.r.ip([[String]](repeating: round, count: 20).flatMap { $0 })
          }
        }
        let joined = try star.r.show("maddr show dev flap0")
        #expect(joined.contains { $0.contains("239.1.1.3") } && joined.contains { $0.contains("ff0e::3") })
        // And the next life takes it all over.
        try router.survives(counter, "the next life") {
          try router.end(by: SIGKILL)
          try router.start()
        }
      }
    }
  }
}

import Foundation
import Glibc
import Testing

extension HitlessTests {
  @Suite struct TableLives {
    @Test(
      "Tables come, go and change their numbers between two lives; streams of the others lose nothing",
      arguments: Family.both)
    func tables(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let t = try star.twin(family)
        let (group, other) = (family.group(1), family.group(2))
        let stays = "route from in0 source \(family.source) group \(group) to out1\n"
        let splits = "route from in1 source \(family.source) group \(group) to out2\n"
        let beside = "route from in1 source \(family.source) group \(other) to out2\n"
        let router = try Lives(star.r, stays + splits + beside, .keeper)
        let counter = try Counter(star.a, "a0", group)
        try Sender(star.s, "s0", source: family.source).stream(group, every: 100)
        let twin = try Sender(t, "t0")
        twin.stream(group, every: 1000)
        twin.stream(other, every: 1000)
        try counter.get(1_000)
        let begin = try router.footing()
        func next(_ text: String, _ what: String) throws {
          try HitlessTests.lossless(counter, what) {
            try router.end(by: SIGKILL)
            try text.write(toFile: router.configuration, atomically: true, encoding: .utf8)
            try router.start()
          }
          let difference = try router.attempt("config", "diff", "running", "kernel")
          #expect(difference.status == 0 && difference.output.isEmpty, "\(what): \(difference)")
        }
        let first = try Counter(star.b, "b0", group)
        try first.get(1)
        try next(stays, "the table is not needed any more")
        #expect(try router.entries(family.option).count == 1)
        try next(stays + splits + beside, "it is needed again")
        try router.stands(as: begin, "as at first")
        try first.get(try first.count().last + 10)
        try next("table { split-base 5000 }\n" + stays + splits + beside, "its number is another one")
        #expect(try router.entries(family.option).contains { $0.contains("Table: 500") })
        try first.get(try first.count().last + 10)
        try next(splits + beside + stays, "the statements stand in another order")
        try router.stands(as: begin, "as at first again")
        // A stream in a table of its own loses nothing when the base table's flows change.
        let second = try Counter(star.b, "b0", other)
        try second.get(1)
        try HitlessTests.lossless(second, "another base", pace: 500) {
          try next(
            stays + splits + beside + "route from in0 group \(family.group(3)) to out2\n", "another rule")
        }
        // All in another table: what was before is given back.
        try router.end(by: SIGKILL)
        try "table 100\n\(stays)".write(toFile: router.configuration, atomically: true, encoding: .utf8)
        try router.start()
        let entries = try router.entries(family.option)
        #expect(entries.count == 1 && entries.allSatisfy { $0.contains("Table: 100") }, "\(entries)")
      }
    }
  }
}

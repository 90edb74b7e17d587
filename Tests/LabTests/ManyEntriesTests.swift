import Foundation
import Glibc
import Testing

extension HitlessTests {
  @Test("Of thousands of entries those that are expected are asked for by name, and the others are found")
  func thousands() throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let group = "239.1.2.1"
      let stated = (0..<5_500).map { number in
        "route from in0 source 10.1.0.2 group 239.7.\(number / 250).\(number % 250) to out1\n"
      }
      let text = stated.joined() + "route from in0 group 239.1.2.0/24 to out1\n"
      let router = try Lives(star.r, text, .keeper)
      let counter = try Counter(star.a, "a0", group)
      let sender = try Sender(star.s, "s0", source: "10.1.0.2")
      sender.stream(group, every: 100)
      try counter.get(1_000)
      let entries = try router.entries()
      #expect(entries.count == 5_501)
      func isKnown() throws -> Bool {
        try router.attempt("show", "routes", "10.1.0.2", group).text.contains(group)
      }
      try HitlessTests.lossless(counter, "a crash") {
        try router.end(by: SIGKILL)
        try router.start()
        // Nobody but a packet had stated the last one.
        #expect(router.log.contains { $0.contains("a former daemon ended: 5500 entries") })
        #expect(try router.entries() == entries)
        try eventually("a search finds it") { try isKnown() }
      }
      #expect(!router.log.contains { $0.contains("MC3007") })
      try HitlessTests.lossless(counter, "a planned restart") { try router.restart() }
      #expect(try isKnown())
      #expect(try router.entries() == entries)
      #expect(!router.log.contains { $0.contains("MC3007") })
      // What was found late is held by its rule alone.
      try router.reload(stated.joined())
      try eventually("the rule's end is the entry's") {
        try !router.entries().contains { $0.contains(group + ")") && $0.contains("out1") }
      }
    }
  }
}

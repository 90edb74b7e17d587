import Foundation
import Glibc
import Testing

/// How much of what could go wrong is tried: a sample by a seed, or all of it with `MCAST_TEST_FAULTS=all`.
enum FaultSample {
  private static let wish = ProcessInfo.processInfo.environment["MCAST_TEST_FAULTS"]
  static let isWhole = wish == "all"
  private static let seed: UInt64 = {
    let seed = wish.flatMap { UInt64($0) } ?? UInt64.random(in: 1...99_999)
    if !isWhole { print("faults by seed \(seed); MCAST_TEST_FAULTS=\(seed) repeats them, all tries all") }
    return seed
  }()

  static func of<Case>(_ all: [Case], _ count: Int) -> [Case] {
    guard !isWhole else { return all }
    var state = seed
    let numbered = all.indices.map { place -> (UInt64, Int) in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33, place)
    }
    return numbered.sorted { $0 < $1 }.prefix(count).map { all[$0.1] }
  }
}

extension HitlessTests {
  /// The places where the daemon can be killed, by `mcastd --fault-points`.
  @Suite struct Faults {
    static let points = FaultSample.of(
      (try? Lab.command(Lab.programs + "/mcastd", "--fault-points").output) ?? [], 5)

    private static let group = "239.1.1.1"
    private static let text = """
      route from in0 source 10.1.0.2 group \(group) to out1
      route from in0 group 239.1.2.0/24 to out1
      join on in0 group \(group)

      """
    private static let more = """
      route from in0 source 10.1.0.2 group 239.1.3.1 to out2
      join on out2 group ff0e::7

      """

    @Test("Killed at a step of its life, the next one puts everything right", arguments: Faults.points)
    func killed(_ point: String) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let router = try Lives(star.r, Faults.text, .keeper)
        let counter = try Counter(star.a, "a0", Faults.group)
        let sender = try Sender(star.s, "s0", source: "10.1.0.2")
        sender.stream(Faults.group, every: 100)
        try counter.get(500)
        let entries = try router.entries()
        let descriptors = router.descriptors
        let begin = try counter.count()
        try router.end(by: SIGKILL)
        let isReached = try live(router, until: point)
        #expect(isReached, "\(point) is not reached")
        try Faults.text.write(toFile: router.configuration, atomically: true, encoding: .utf8)
        try router.start()
        // Killed in the middle of a change that nobody was told of, it has the old intent or the new one; a
        // route that stands in the kernel and in no intent cannot be deleted, and stays to be seen.
        _ = try router.attempt("del", "in0", "10.1.0.2", "239.1.1.9")
        try eventually("the kernel has what is decided") { try router.entries() == entries }
        try counter.get(try counter.count().last + 500)
        // A stop has begun to take the routes away.
        if !point.hasPrefix("stop-") {
          let end = try counter.count()
          #expect(end.lost == begin.lost, "\(point): \(end.lost - begin.lost) lost")
        }
        #expect(abs(router.descriptors - descriptors) <= 2)
        #expect(try router.keepers().count == 1)
        try router.mcast("stop")
        try eventually("nothing stays") { try router.entries().isEmpty && router.keepers().isEmpty }
      }
    }

    /// A life in which everything happens, as far as it gets; whether the point was reached.
    private func live(_ router: Lives, until point: String) throws -> Bool {
      try router.start(waits: false, ["MCAST_FAULT": point])
      if (try? router.ready()) == nil { return try router.end() == -SIGKILL }
      func write(_ text: String) throws {
        try text.write(toFile: router.configuration, atomically: true, encoding: .utf8)
      }
      let steps: [() throws -> Void] = [
        { _ = try router.attempt("add", "in0", "10.1.0.2", "239.1.1.9", "out1") },
        { Thread.sleep(forTimeInterval: 0.1) },
        { _ = try router.attempt("del", "in0", "10.1.0.2", "239.1.1.9") },
        { try write(Faults.text + Faults.more) },
        { _ = try router.attempt("reload", "--wait") },
        { try write(Faults.text) },
        { _ = try router.attempt("reload", "--wait") },
        { _ = try router.attempt("restart") },
        { _ = try router.attempt("stop") },
      ]
      for step in steps where router.isRunning { try step() }
      return try router.end() == -SIGKILL
    }
  }
}

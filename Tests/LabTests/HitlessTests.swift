import Foundation
import Glibc
import Testing

/// Forwarding outlives the daemon: 10,000 numbered packets a second, and none is lost.
@Suite(.serialized, .enabled(if: geteuid() == 0, "network namespaces need root"))
struct HitlessTests {
  /// A stream through the router while something happens; what was lost.
  ///
  /// - Parameters:
  ///   - pace: how many packets of it are waited for afterwards.
  ///   - inHand: how many the daemon itself may have had in its hands.
  static func lossless(
    _ counter: Counter, _ what: String, pace: Int = 2_000, inHand: Int = 0,
    _ location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) throws {
    let begin = try counter.count()
    try body()
    // And some of the time after it.
    try counter.get(try counter.count().last + pace)
    let end = try counter.count()
    let passed = end.last - begin.last
    #expect(
      end.lost - begin.lost <= inHand, "\(what): \(end.lost - begin.lost) of \(passed) lost",
      sourceLocation: location)
    #expect(end.twice == begin.twice, "\(what): some came twice", sourceLocation: location)
  }

  @Test(
    "Restart, upgrade, kill, crash and reload of static routes lose no packet",
    arguments: Keeping.allCases, Family.both)
  func staticRoutes(_ keeping: Keeping, _ family: Family) throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let group = family.group(1)
      let text = """
        route from in0 source \(family.source) group \(group) to out1
        route from in0 group \(family.group(2)) to out1
        join on in0 group \(group)

        """
      let router = try Lives(star.r, text, keeping)
      let counter = try Counter(star.a, "a0", group)
      let sender = try Sender(star.s, "s0", source: family.source)
      sender.stream(group, every: 100)
      try counter.get(1_000)
      let entries = try router.entries(family.option)
      let descriptors = router.descriptors
      func lossless(_ what: String, _ body: () throws -> Void) throws {
        try HitlessTests.lossless(counter, what) { try body() }
        #expect(try router.entries(family.option) == entries, "\(what)")
      }
      try lossless("reload") { try router.reload(text + "route from in0 group \(family.group(9)) to out2\n") }
      try lossless("reload back") { try router.reload(text) }
      try lossless("mcast restart") { try router.restart() }
      for signal in [SIGKILL, SIGSEGV, SIGABRT, SIGSYS] {
        try lossless("signal \(signal)") {
          try router.end(by: signal)
          try router.start()
        }
      }
      if keeping == .store {
        try lossless("TERM") {
          try router.end(by: SIGTERM)
          try router.start()
        }
      }
      try lossless("upgrade") {
        let copy = lab.folder + "/mcastd"
        try FileManager.default.copyItem(atPath: Lab.programs + "/mcastd", toPath: copy)
        router.program = copy
        try router.end(by: SIGKILL)
        try router.start()
        // Another file in the place of the one that runs.
        try FileManager.default.copyItem(atPath: Lab.programs + "/mcastd", toPath: copy + ".new")
        guard unsafe rename(copy + ".new", copy) == 0 else { throw LabError(description: "rename") }
        try router.restart()
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(router.pid)/exe")
        #expect(link == copy)
      }
      #expect(
        abs(router.descriptors - descriptors) <= 2, "\(descriptors) before, \(router.descriptors) after")

      // What is new while nobody is there waits for the next life, and not longer.
      try router.end(by: SIGKILL)
      let late = try Counter(star.a, "a0", family.group(2))
      try sender.burst(family.group(2), 3)
      try router.start()
      try late.get(3)
      #expect(try late.count().lost == 0)

      // A stop takes everything with it.
      try router.mcast("stop")
      try router.end()
      #expect(try router.entries(family.option).isEmpty)
      if keeping == .keeper { try eventually("the keeper ends") { try router.keepers().isEmpty } }
    }
  }

  @Test("Without a service manager TERM withdraws, and the keeper goes")
  func terminated() throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let router = try Lives(
        star.r, "route from in0 source 10.1.0.2 group 239.1.1.1 to out1\n", .keeper)
      #expect(try router.keepers().count == 1)
      #expect(try router.entries().count == 1)
      try router.end(by: SIGTERM)
      #expect(try router.entries().isEmpty)
      try eventually("the keeper ends") { try router.keepers().isEmpty }
    }
  }

  @Test("The keeper lets go when its time is over, and not before")
  func holdTime() throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let router = try Lives(
        star.r,
        """
        control { hold-time 1s }
        route from in0 source 10.1.0.2 group 239.1.1.1 to out1

        """, .keeper)
      let begun = Date()
      try router.end(by: SIGKILL)
      try eventually("the routes go") { try router.entries().isEmpty }
      #expect(-begun.timeIntervalSinceNow >= 1)
      try eventually("the keeper ends") { try router.keepers().isEmpty }
      try router.start()
      #expect(try router.entries().count == 1)
    }
  }

  /// A router with a keeper, and one stream through it.
  private static func underStream(_ body: (Lives, Counter) throws -> Void) throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let group = "239.1.1.1"
      let router = try Lives(star.r, "route from in0 source 10.1.0.2 group \(group) to out1\n", .keeper)
      let counter = try Counter(star.a, "a0", group)
      let sender = try Sender(star.s, "s0", source: "10.1.0.2")
      sender.stream(group, every: 100)
      try counter.get(1_000)
      try body(router, counter)
    }
  }

  @Test("A keeper that is killed is replaced; with both killed the routes go, and come back")
  func keeperKilled() throws {
    try HitlessTests.underStream { router, counter in
      try HitlessTests.lossless(counter, "keeper killed") {
        let former = try router.keepers()
        for pid in former { kill(pid, SIGKILL) }
        try eventually("another keeper") { try !router.keepers().filter { !former.contains($0) }.isEmpty }
        try eventually("it is told") { router.log.contains { $0.contains("another one has them") } }
        try router.end(by: SIGKILL)
        try router.start()
      }
      // The daemon first: it would have another keeper at once.
      for pid in [router.pid] + (try router.keepers()) { kill(pid, SIGKILL) }
      try router.end()
      try eventually("the routes go") { try router.entries().isEmpty }
      try router.start()
      #expect(try router.entries().count == 1)
      let last = try counter.count().last
      try counter.get(last + 1_000)
    }
  }

  @Test("Restarts right after the keeper was killed wait for no pause: another one is there at once")
  func restartWithoutKeeper() throws {
    try HitlessTests.underStream { router, counter in
      try HitlessTests.lossless(counter, "keepers killed") {
        for _ in 1...5 {
          for pid in try router.keepers() { kill(pid, SIGKILL) }
          try router.restart()
        }
      }
      try eventually("one keeper is left") { try router.keepers().count == 1 }
    }
  }

  @Test("While the keeper does not answer a restart is refused, and the daemon runs on")
  func keeperStopped() throws {
    try HitlessTests.underStream { router, counter in
      try HitlessTests.lossless(counter, "keeper stopped") {
        let keepers = try router.keepers()
        for pid in keepers { kill(pid, SIGSTOP) }
        let outcome = try router.attempt("restart")
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains { $0.contains("does not answer") }, "\(outcome)")
        for pid in keepers { kill(pid, SIGCONT) }
        try eventually("the restart works again") { try router.attempt("restart").status == 0 }
      }
    }
  }

  @Test("Daemons of one name in two namespaces have a keeper each")
  func twoNamespaces() throws {
    try Lab.run { lab in
      let star = try Star(lab)
      try lab.link(star.b, "in0", ["10.9.0.1/24"], star.a, "out9", ["10.9.0.2/24"])
      let first = try Lives(star.r, "route from in0 source 10.1.0.2 group 239.1.1.1 to out1\n", .keeper)
      let second = try Lives(star.b, "route from in0 source 10.9.0.2 group 239.1.1.1 to b0\n", .keeper)
      try first.end(by: SIGKILL)
      try second.end(by: SIGKILL)
      try second.start()
      try first.start()
      #expect(try first.entries().map { $0.contains("in0 Oifs: out1") } == [true])
      #expect(try second.entries().map { $0.contains("in0 Oifs: b0") } == [true])
      #expect(first.log.contains { $0.contains("goes on where a former daemon ended: 1 entries") })
    }
  }

  @Test("The configuration changed between two lives: the kernel has what it states", arguments: Family.both)
  func otherConfiguration(_ family: Family) throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let group = family.group(1)
      let kept = "route from in0 source \(family.source) group \(group) to out1\n"
      let gone = "route from in0 source \(family.source) group \(family.group(2)) to out1\n"
      let router = try Lives(star.r, kept + gone, .keeper)
      let counter = try Counter(star.a, "a0", group)
      let sender = try Sender(star.s, "s0", source: family.source)
      sender.stream(group, every: 100)
      try counter.get(1_000)
      try HitlessTests.lossless(counter, "changed between") {
        try router.end(by: SIGKILL)
        let added = "route from in0 source \(family.source) group \(family.group(3)) to out2\n"
        try (kept + added).write(toFile: router.configuration, atomically: true, encoding: .utf8)
        try router.start()
      }
      let flows = try router.entries(family.option).map { String($0.prefix { $0 != " " }) }
      #expect(flows == ["(\(family.source),\(group))", "(\(family.source),\(family.group(3)))"])
    }
  }

  @Test("An interface whose number is another's now is not believed", arguments: Family.both)
  func reusedNumber(_ family: Family) throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let (group, other) = (family.group(1), family.group(2))
      let text = """
        route from in0 source \(family.source) group \(group) to out1
        route from in0 source \(family.source) group \(other) to out2
        join on out2 group \(other)

        """
      let router = try Lives(star.r, text, .keeper)
      let counter = try Counter(star.a, "a0", group)
      let sender = try Sender(star.s, "s0", source: family.source)
      sender.stream(group, every: 100)
      try counter.get(1_000)
      try HitlessTests.lossless(counter, "number reused") {
        try router.end(by: SIGKILL)
        let number = try star.r.show("-o link show out2").first?.prefix { $0 != ":" } ?? ""
        try star.r.ip("link del out2")
        try star.r.ip("link add strange index \(number) type veth peer name stranger")
        try star.r.ip("link set strange up", "link set stranger up")
        try router.start()
      }
      let entries = try router.entries(family.option)
      #expect(entries.allSatisfy { !$0.contains("strange") }, "\(entries)")
      #expect(entries.contains { $0.contains(group) && $0.contains("out1") }, "\(entries)")
    }
  }

  @Test("What was added at run time survives a crash and a restart", arguments: Keeping.allCases)
  func additions(_ keeping: Keeping) throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let router = try Lives(star.r, "route from in0 source 10.1.0.2 group 239.1.1.1 to out1\n", keeping)
      try router.mcast("add in0 10.1.0.2 239.1.1.7 out2")
      let entries = try router.entries()
      #expect(entries.count == 2)
      // Written right after the answer.
      try eventually("it is kept") { router.keeps("additions") }
      try router.end(by: SIGKILL)
      try router.start()
      #expect(try router.entries() == entries)
      try router.restart()
      #expect(try router.entries() == entries)
      try router.mcast("del in0 10.1.0.2 239.1.1.7")
      try router.restart()
      #expect(try router.entries().count == 1)
    }
  }
}

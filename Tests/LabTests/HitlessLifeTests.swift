import Foundation
import Glibc
import Testing

/// What could end the forwarding beside the daemon's own end.
extension HitlessTests {
  @Test("A restart says in one line who took over and what changed, and warns; as JSON where that is asked")
  func toldRestart() throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let text = "route from in0 group 239.1.1.1 to out1\n"
      let router = try Lives(star.r, text, .keeper)
      let told = try router.attempt("restart").check("restart")
      #expect(told.output.count == 1)
      #expect(told.text.hasPrefix("restarted: mcastd "), "\(told.text)")
      #expect(told.text.contains("(pid \(router.pid)) took over in "))
      #expect(told.text.hasSuffix(" ms: 0 added, 0 changed, 0 removed, 1 untouched"))
      #expect(told.errors.isEmpty, "\(told.errors)")
      try (text + "route from in0 group 239.1.1.2 to missing\n").write(
        toFile: router.configuration, atomically: true, encoding: .utf8)
      let planned = try router.attempt("plan")
      #expect(planned.status == 1 && planned.errors.contains { $0.contains("\"missing\"") }, "\(planned)")
      let warned = try router.attempt("restart").check("restart")
      #expect(warned.text.hasSuffix(" ms: 1 added, 0 changed, 0 removed, 1 untouched"), "\(warned.text)")
      #expect(warned.errors.first?.contains("mcast.conf:2:") ?? false, "\(warned.errors)")
      #expect(warned.errors.contains { $0.contains("\"missing\"") }, "\(warned.errors)")
      let json = try router.attempt("restart", "--json").check("restart").text
      #expect(json.contains("mcast.version/1") && json.contains("\"pid\":\(router.pid)"), "\(json)")
      #expect(json.contains("\"untouched\":2") && json.contains("MC2104"), "\(json)")
      #expect(try router.attempt("restart", "--quiet").check("restart").text.isEmpty)
    }
  }

  @Test("A file with errors refuses the restart, and takes nothing at a start", arguments: Keeping.allCases)
  func brokenFile(_ keeping: Keeping) throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let group = "239.1.1.1"
      let text = "route from in0 source 10.1.0.2 group \(group) to out1\n"
      let router = try Lives(star.r, text, keeping)
      let counter = try Counter(star.a, "a0", group)
      let sender = try Sender(star.s, "s0", source: "10.1.0.2")
      sender.stream(group, every: 100)
      try counter.get(1_000)
      let (entries, pid) = (try router.entries(), router.pid)
      try HitlessTests.lossless(counter, "a broken file") {
        try "route from nowhere to\n".write(
          toFile: router.configuration, atomically: true, encoding: .utf8)
        let reload = try router.attempt("reload", "--wait")
        let restart = try router.attempt("restart")
        #expect(reload.status != 0)
        #expect(restart.status == reload.status)
        #expect(restart.errors.contains { $0.contains("mcast.conf:1") }, "\(restart.errors)")
        #expect(router.pid == pid && kill(pid, 0) == 0)
        // Two lives by what the first one accepted.
        for _ in 1...2 {
          try router.end(by: SIGKILL)
          try router.start()
          #expect(try router.entries() == entries)
          #expect(try router.attempt("status").text.contains("mcast.conf:1"))
        }
      }
      try router.reload(text)
      #expect(try !router.attempt("status").text.contains("mcast.conf:1"))
    }
  }

  @Test("A service manager that keeps nothing is not taken for one that does")
  func withoutStore() throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let router = try Lives(
        star.r, "route from in0 source 10.1.0.2 group 239.1.1.1 to out1\n", .keeper)
      try router.end(by: SIGTERM)
      let path = lab.folder + "/notify"
      let manager = try lab.start("listener", ["perl", "-e", HitlessTests.listener, path])
      try manager.line(within: 10, "listener") { $0 == "ready" }
      try router.start(["NOTIFY_SOCKET": path])
      #expect(try router.keepers().count == 1)
      // The program that takes the place speaks to it as well.
      try manager.line(within: 10, "readiness") { $0.contains("READY=1") }
      let seen = manager.seen().count
      try router.restart()
      try manager.line(from: seen, within: 10, "readiness again") { $0.contains("READY=1") }
      try router.end(by: SIGTERM)
      #expect(!router.log.contains { $0.contains("SIGTERM") && $0.contains("handing over") })
      #expect(try router.entries().isEmpty)
      try eventually("the keeper ends") { try router.keepers().isEmpty }
    }
  }

  private static let listener = """
    use Socket; $| = 1; socket(S, AF_UNIX, SOCK_DGRAM, 0); bind(S, pack_sockaddr_un($ARGV[0])) or die;
    print "ready\\n"; while (defined recv(S, $m, 4096, 0)) { $m =~ tr/\\n/ /; print "$m\\n" }
    """

  @Test("A socket that was stored twice is stored once afterwards")
  func storedTwice() throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let group = "239.1.1.1"
      let router = try Lives(
        star.r, "route from in0 source 10.1.0.2 group \(group) to out1\n", .store)
      let counter = try Counter(star.a, "a0", group)
      let sender = try Sender(star.s, "s0", source: "10.1.0.2")
      sender.stream(group, every: 100)
      try counter.get(1_000)
      let names = try router.names().sorted()
      let table = try #require(names.first { $0.hasPrefix("mroute4-") })
      try router.keepTwice(table)
      try HitlessTests.lossless(counter, "stored twice") {
        for _ in 1...2 {
          try router.end(by: SIGKILL)
          try router.start()
          try eventually("it is stored once") { try router.names().sorted() == names }
        }
      }
    }
  }

  @Test("Who finds the table held is told for whom")
  func tableHeld() throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let text = "route from in0 source 10.1.0.2 group 239.1.1.1 to out1\n"
      let router = try Lives(star.r, text, .keeper)
      try router.end(by: SIGKILL)
      let keeper = try #require(try router.keepers().first)
      #expect(try String(contentsOfFile: "/proc/\(keeper)/comm", encoding: .utf8) == "mcast-keeper\n")
      let other = try Station.launch(
        star.r, router.configuration, lab.folder + "/other", ["--identity", "other"])
      #expect(try other.exit(within: 20) == 69)
      let said = other.seen(.errors)
      #expect(
        said.contains { $0.contains("mcast-keeper (pid \(keeper)) holds") && $0.contains("that ended") },
        "\(said)")
    }
  }

  @Test("Where another user has the keeper's address, status says that nobody keeps the sockets")
  func foreignKeeper() throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let router = try Lives(
        star.r, "route from in0 source 10.1.0.2 group 239.1.1.1 to out1\n", .keeper)
      try router.end(by: SIGTERM)
      let foreign = try lab.start(
        "foreign", star.r.entry + ["perl", "-e", HitlessTests.foreign, "mcast-keeper/mcast"])
      try foreign.line(within: 10, "foreign listener") { $0 == "ready" }
      try router.start()
      let status = try router.attempt("status").text
      #expect(status.contains("nobody keeps the sockets"), "\(status)")
      try router.logged("nobody keeps the sockets")
      #expect(try router.attempt("restart").status != 0)
      #expect(try router.entries().count == 1)
    }
  }

  private static let foreign = """
    use Socket; $| = 1; $> = 65534; socket(S, AF_UNIX, SOCK_SEQPACKET, 0);
    bind(S, pack_sockaddr_un("\\0$ARGV[0]")) or die; listen(S, 5); print "ready\\n"; sleep 60;
    """

  // MARK: The other names, and learned routes

  @Test("A tree of DVMRP stands over a restart and over kill -9", arguments: Keeping.allCases)
  func tree(_ keeping: Keeping) throws {
    try Lab.run { lab in
      let line = try Line(lab, 2)
      let group = "239.7.7.7"
      let text = """
        igmp { query-interval 2s; response-interval 500ms; last-member-interval 200ms }
        dvmrp on

        """
      let routers = try line.routers.map { try Lives($0, text, keeping) }
      let counter = try Counter(line.d, "d0", group)
      let sender = try Sender(line.s, "s0", source: "10.1.0.2")
      try eventually("the tree stands", within: 20) {
        try sender.burst(group)
        return try counter.count().last > 0
      }
      sender.stream(group, every: 100)
      try counter.get(2_000)
      for (router, neighbor) in [(routers[0], routers[1]), (routers[1], routers[0])] {
        let generation = try HitlessTests.generations(neighbor)
        #expect(generation.count == 1)
        try HitlessTests.lossless(counter, "restart") { try router.restart() }
        try HitlessTests.lossless(counter, "after the restart") { try HitlessTests.awaitProbe(at: neighbor) }
        #expect(try HitlessTests.generations(neighbor) == generation)
        try HitlessTests.lossless(counter, "kill -9") {
          try router.end(by: SIGKILL)
          try router.start()
          try eventually("the neighbor notices", within: 20) {
            try HitlessTests.generations(neighbor) != generation
          }
        }
      }
    }
  }

  private static func neighbors(_ router: Lives) throws -> [[String: Any]] {
    let text = try router.attempt("show", "neighbors", "--json").text
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    return object?["data"] as? [[String: Any]] ?? []
  }

  /// What the neighbors of a router say of their lives.
  private static func generations(_ router: Lives) throws -> [Int] {
    try neighbors(router).compactMap { $0["generation"] as? Int }
  }

  /// Waits until a router has heard the next probe of its neighbor, which sends one every ten seconds.
  ///
  /// Then the neighbor lasts longer than a moment before.
  private static func awaitProbe(at router: Lives) throws {
    func left() throws -> Double? { try neighbors(router).first?["expiresSeconds"] as? Double }
    var before = try left() ?? 0
    try eventually("a probe", within: 20, every: 0.1) {
      let now = try left() ?? 0
      defer { before = now }
      return now > before
    }
  }

  @Test("The daemon as smcrouted forwards on over kill -9")
  func smcrouted() throws {
    try Lab.run { lab in
      let star = try Star(lab)
      let group = "239.1.1.1"
      let text = "mroute from in0 source 10.1.0.2 group \(group) to out1\nmgroup from in0 group \(group)\n"
      let counter = try Counter(star.a, "a0", group)
      let sender = try Sender(star.s, "s0", source: "10.1.0.2")
      let first = try SMCRouted(.ours, star.r, text)
      sender.stream(group, every: 100)
      try counter.get(1_000)
      try HitlessTests.lossless(counter, "smcrouted, kill -9") {
        first.daemon.signal(SIGKILL)
        _ = try first.daemon.exit()
        let second = try SMCRouted(.ours, star.r, text)
        try second.logged("goes on where a former daemon ended: 1 entries")
      }
    }
  }

  @Test("The daemon as mrouted forwards on over kill -9")
  func mrouted() throws {
    try Lab.run { lab in
      let pair = try MroutedPair(lab)
      let group = "239.7.7.7"
      let first = try MRouted(pair.left).ready()
      let counter = try Counter(pair.right, "mid", group)
      let sender = try Sender(pair.host, "h0", source: "10.1.0.2")
      try eventually("it forwards", within: 30) {
        try sender.burst(group)
        return try counter.count().last > 0
      }
      sender.stream(group, every: 100)
      try counter.get(1_000)
      try HitlessTests.lossless(counter, "mrouted, kill -9") {
        first.daemon.signal(SIGKILL)
        _ = try first.daemon.exit()
        _ = try MRouted(pair.left).ready()
        try counter.get(try counter.count().last + 30_000)
      }
    }
  }
}

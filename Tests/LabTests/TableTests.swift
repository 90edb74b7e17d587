import Glibc
import Testing

extension KernelTests {
  /// The kernel's tables: ours by id, and what others do to them.
  @Suite struct Tables {
    @Test("Another table is routed by its id while the standard one belongs to somebody else")
    func byIdentifier() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let other = try lab.peer(["hold", "0"], in: star.r)
        try other.line { $0 == "ready" }
        let station = try Station(
          star.r, "route from in0 group 239.1.0.1 to out1\nroute from in0 group ff0e::1 to out1\n",
          ["--table", "4711"])
        let a = try Receiver(star.a, "a0", "239.1.0.1", "ff0e::1")
        let sender = try Sender(star.s, "s0")
        for group in ["239.1.0.1", "ff0e::1"] {
          for number in 1...20 {
            try sender.burst(group)
            try a.get(group, number)
          }
          #expect(a.numbers(of: group) == Array(1...20))
        }
        for (family, group) in [("-4", "239.1.0.1"), ("-6", "ff0e::1")] {
          let rows = try Lab.command("ip", family, "-n", star.r.name, "mroute", "show", "table", "4711")
            .output
          #expect(rows.contains { $0.contains(group) }, "\(rows)")
          let rules = try star.r.show("\(family) mrule show")
          #expect(rules.contains { $0.contains("iif in0 lookup 4711") }, "\(rules)")
        }
        try station.mcast("stop")
        #expect(try station.daemon.exit() == 0)
        for family in ["-4", "-6"] {
          #expect(
            try !star.r.show("\(family) mrule show").contains { $0.contains("4711") }, "no rule stays behind")
        }
      }
    }

    @Test("Two daemons share a machine, each with its table", arguments: Family.both)
    func twoDaemons(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let t = try star.twin(family)
        let group = family.group(1)
        let first = try Station(star.r, "route from in0 group \(group) to out1\n", name: "first")
        let second = try Station(
          star.r, "route from in1 group \(group) to out2\n", ["--table", "100", "--identity", "red"],
          name: "second")
        let (a, b) = (try Receiver(star.a, "a0", group), try Receiver(star.b, "b0", group))
        let (here, there) = (try Sender(star.s, "s0", source: family.source), try Sender(t, "t0"))
        for number in 1...50 {
          try here.burst(group, ttl: 10)
          try there.burst(group, ttl: 20)
          try a.get(group, number)
          try b.get(group, number)
        }
        #expect(a.packets.map(\.ttl) == Array(repeating: 9, count: 50))
        #expect(b.packets.map(\.ttl) == Array(repeating: 19, count: 50))
        try second.mcast("stop")
        #expect(try second.daemon.exit() == 0)
        try here.burst(group, ttl: 10)
        try a.get(group, 51)
        #expect(first.daemon.isRunning)
      }
    }

    @Test("An entry that somebody else deletes or changes is put right", arguments: Family.both)
    func foreign(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let group = family.group(1)
        let station = try Station(
          star.r,
          "route from in0 source \(family.source) group \(group) to out1\n")
        let a = try Receiver(star.a, "a0", group)
        let sender = try Sender(star.s, "s0", source: family.source)
        func entry() throws -> String? { try station.kernel(family.option).first { $0.contains(group) } }
        func right(_ line: String?) -> Bool {
          guard let line else { return false }
          return line.contains("Iif: in0") && line.contains("out1")
        }
        /// Adding replaces: from the same VIF, to nothing.
        func meddle(_ change: String) throws {
          try star.r.peer(["mfc", change, "0", family.source, group] + (change == "add" ? ["0"] : []))
        }
        // Without packets only the kernel's notification tells of it.
        try meddle("del")
        try station.logged("MC3007")
        try eventually("the entry is back") { right(try entry()) }
        try sender.stream(group, every: 1000, through: a)
        for change in ["del", "add", "del"] {
          try meddle(change)
          try eventually("the entry is right") { right(try entry()) }
          let now = try #require(a.numbers(of: group).last)
          try a.get(group, now + 50)
        }
        try sender.stop()
        let numbers = a.numbers(of: group)
        #expect(Set(numbers).count == numbers.count, "nothing came twice")
      }
    }

    @Test("A daemon that is stopped leaves nothing in the kernel")
    func stopped() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let text =
          "route from in0 source 10.1.0.2 group 239.1.0.1 to out1\nroute from in0 group ff0e::1 to out1\n"
        for round in 1...3 {
          let station = try Station(star.r, text, name: "router\(round)")
          #expect(try station.kernel().contains { $0.contains("239.1.0.1") })
          if round == 1 {
            try station.mcast("stop")
          } else {
            station.daemon.signal(round == 2 ? SIGTERM : SIGINT)
          }
          #expect(try station.daemon.exit() == 0)
          #expect(try station.kernel().isEmpty)
          #expect(try star.r.command("cat", "/proc/net/ip_mr_vif").output.count == 1)
          #expect(try star.r.command("cat", "/proc/net/ip6_mr_vif").output.count == 1)
        }
      }
    }
  }
}

extension Namespace {
  /// A change to the kernel by another program than the daemon.
  func peer(_ words: [String]) throws {
    let child = try lab.peer(words, in: self)
    let status = try child.exit()
    guard status == 0 else { throw LabError(description: "\(words): \(child.seen(.errors))") }
  }
}

import Testing

extension KernelTests {
  /// What changes while packets flow: what the old and the new state both forward never pauses.
  @Suite struct Changes {
    @Test("A rule gains and loses an outbound interface: the other loses nothing", arguments: Family.both)
    func outbound(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let group = family.group(1)
        let station = try Station(star.r, "route from in0 group \(group) to out1\n")
        let (a, b) = (try Receiver(star.a, "a0", group), try Receiver(star.b, "b0", group))
        let sender = try Sender(star.s, "s0", source: family.source)
        try sender.stream(group, every: 200, through: a)
        try a.get(group, 100)
        for round in 1...10 {
          let before = b.packets.count
          try station.mcast("replace in0 \(group) out1 out2")
          try eventually("packets at out2, round \(round)") { b.packets.count > before }
          try station.mcast("replace in0 \(group) out1")
          // What leaves the router now reaches b no more.
          let now = a.numbers(of: group).last ?? 0
          try a.get(group, now + 200)
          let last = b.numbers(of: group).last ?? 0
          try a.get(group, now + 400)
          #expect(b.numbers(of: group).last == last)
        }
        let last = try sender.stop()
        try a.get(group, last)
        #expect(a.numbers(of: group) == Array(1...last))
      }
    }

    @Test("A source that moves to another allowed inbound interface is followed", arguments: Family.both)
    func moving(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let group = family.group(1)
        let t = try star.twin(family)
        let station = try Station(star.r, "route from in0 in1 group \(group) to out1\n")
        let a = try Receiver(star.a, "a0", group)
        let (here, there) = (
          try Sender(star.s, "s0", source: family.source), try Sender(t, "t0", source: family.source)
        )
        // The TTL tells where a packet was sent.
        try here.burst(group, ttl: 10, 4)
        try a.get(group, 4)
        try there.burst(group, ttl: 20)
        try eventually("the entry moves to in1") {
          try station.kernel(family.option).contains { $0.contains(group) && $0.contains("Iif: in1") }
        }
        try there.burst(group, ttl: 20, 100)
        try eventually("packets from in1") { a.packets.last?.ttl == 19 && a.packets.last?.number == 101 }
        #expect(a.packets.filter { $0.ttl == 9 }.map(\.number) == Array(1...4))
        #expect(a.packets.filter { $0.ttl == 19 }.suffix(100).map(\.number) == Array(2...101))
        // And back: the kernel speaks of one entry once in three seconds.
        try eventually("the entry moves back to in0") {
          try here.burst(group, ttl: 10)
          return try station.kernel(family.option).contains { $0.contains(group) && $0.contains("Iif: in0") }
        }
      }
    }

    @Test("The same (S,G) from two inbound interfaces at the same time", arguments: Family.both)
    func twice(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let group = family.group(1)
        let t = try star.twin(family)
        _ = try Station(
          star.r,
          """
          route from in0 source \(family.source) group \(group) to out1
          route from in1 source \(family.source) group \(group) to out1 out2
          """)
        let (a, b) = (try Receiver(star.a, "a0", group), try Receiver(star.b, "b0", group))
        let (here, there) = (
          try Sender(star.s, "s0", source: family.source), try Sender(t, "t0", source: family.source)
        )
        for _ in 1...50 {
          try here.burst(group, ttl: 10, 10)
          try there.burst(group, ttl: 20, 10)
        }
        try b.get(group, 500)
        try eventually("all at a") { a.packets.count >= 1000 }
        #expect(a.packets.filter { $0.ttl == 9 }.map(\.number) == Array(1...500))
        #expect(a.packets.filter { $0.ttl == 19 }.map(\.number) == Array(1...500))
        #expect(b.packets.map(\.ttl).allSatisfy { $0 == 19 })
        #expect(b.numbers(of: group) == Array(1...500))
      }
    }

    @Test("A reload under traffic touches what it changes and nothing else")
    func reload() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let many = (0..<2000).map {
          "route from in0 source 10.1.0.2 group 239.9.\($0 / 256).\($0 % 256) to out2"
        }
        .joined(separator: "\n")
        let station = try Station(star.r, "route from in0 group 239.1.0.1 to out1\n" + many + "\n")
        let a = try Receiver(star.a, "a0", "239.1.0.1")
        let sender = try Sender(star.s, "s0", source: "10.1.0.2")
        try station.mcast("add in0 10.1.0.2 239.1.0.9 out2")
        try station.mcast("join in0 239.1.0.9")
        try sender.stream("239.1.0.1", every: 200, through: a)
        try a.get("239.1.0.1", 50)
        for round in 1...5 {
          let outcome = try station.reload(
            "route from in0 group 239.1.0.1 to out1\nroute from in0 group 239.7.0.\(round) to out2\n"
              + (round % 2 == 0 ? many + "\n" : ""))
          #expect(outcome.status == 0, "\(outcome)")
        }
        let kernel = try station.kernel()
        #expect(!kernel.contains { $0.contains("239.9.0.7") }, "a rule that is gone leaves no entry")
        #expect(kernel.contains { $0.contains("239.1.0.9") }, "what was added at run time stays")
        #expect(try star.r.show("maddr show dev in0").contains { $0.contains("239.1.0.9") })
        let last = try sender.stop()
        try a.get("239.1.0.1", last)
        #expect(a.numbers(of: "239.1.0.1") == Array(1...last))
        // Saved, the addition is part of the file.
        try station.mcast("config save")
        #expect(try station.mcast("config save --stdout").contains { $0.contains("239.1.0.9") })
      }
    }

    @Test("A bad file at reload: every error with its place, and the packets flow on")
    func badReload() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let station = try Station(star.r, "route from in0 group 239.1.0.1 to out1\n")
        let a = try Receiver(star.a, "a0", "239.1.0.1")
        let sender = try Sender(star.s, "s0", source: "10.1.0.2")
        try sender.stream("239.1.0.1", every: 500, through: a)
        try a.get("239.1.0.1", 50)
        let outcome = try station.reload("route from in0 group 10.1.2.3 to out1\nroute frm in0\n")
        #expect(outcome.status == 65)
        let said = (outcome.output + outcome.errors).joined(separator: "\n")
        #expect(said.contains("router.conf:1:22: error:") && said.contains("[MC2110]"), "\(said)")
        #expect(said.contains("router.conf:2:"), "\(said)")
        #expect(said.contains("^~"), "\(said)")
        let last = try sender.stop()
        try a.get("239.1.0.1", last)
        #expect(a.numbers(of: "239.1.0.1") == Array(1...last))
        #expect(try station.mcast("show routes").contains { $0.contains("239.1.0.1") })
      }
    }
  }
}

import Testing

extension KernelTests {
  /// Each kind of rule, with the packets that it must and must not let through.
  @Suite struct Routes {
    @Test("(S,G): every packet of the flow, once, at each outbound interface", arguments: Family.both)
    func exact(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let (group, fence) = (family.group(1), family.group(2))
        let station = try Station(
          star.r,
          """
          route from in0 source \(family.source) group \(group) to out1 out2
          route from in0 group \(fence) to out1 out2
          """)
        // A full rule needs no packet to be in the kernel.
        #expect(try station.kernel(family.option).contains { $0.contains(group) })
        let (a, b) = (try Receiver(star.a, "a0", group, fence), try Receiver(star.b, "b0", group, fence))
        let (mine, other) = (
          try Sender(star.s, "s0", source: family.source), try Sender(star.s, "s0", source: family.other)
        )
        try other.burst(group, 10)
        try mine.burst(group, ttl: 9, 1000)
        try mine.burst(fence)
        for receiver in [a, b] {
          try receiver.get(fence)
          #expect(receiver.numbers(of: group, from: family.source) == Array(1...1000))
          #expect(receiver.numbers(of: group, from: family.other).isEmpty)
          #expect(receiver.packets.filter { $0.group == group }.allSatisfy { $0.ttl == 8 })
        }
      }
    }

    @Test(
      "(*,G): the first packets of each source wait in the kernel and are delivered", arguments: Family.both)
    func anySource(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let group = family.group(3)
        let station = try Station(star.r, "route from in0 group \(group) to out1 out2\n")
        let (a, b) = (try Receiver(star.a, "a0", group), try Receiver(star.b, "b0", group))
        for source in [family.source, family.other] {
          let sender = try Sender(star.s, "s0", source: source)
          // Four packets are what the kernel keeps for a flow that it does not know.
          try sender.burst(group, 4)
          try a.get(group, 4, from: source)
          try sender.burst(group, 500)
          for receiver in [a, b] {
            try receiver.get(group, 504, from: source)
            #expect(receiver.numbers(of: group, from: source) == Array(1...504))
          }
        }
        let rows = try station.rows("show routes")
        #expect(
          rows.filter { $0["state"] as? String == "active" && $0["group"] as? String == group }.count == 2)
      }
    }

    @Test("Prefixes: the longest group decides, then the longest source", arguments: Family.both)
    func prefixes(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let one = family == Family.both[0]
        let wide = one ? "239.0.0.0/8" : "ff0e::/16"
        let (inside, outside, fence) = (family.group(0x105), family.group(0x205), family.group(0x306))
        _ = try Station(
          star.r,
          """
          route from in0 group \(wide) to out1
          route from in0 source \(family.network) group \(family.block) to out2
          route from in0 source \(family.other) group \(family.block) to none
          route from in0 group \(fence) to out1 out2
          """)
        let (a, b) = (
          try Receiver(star.a, "a0", inside, outside, fence),
          try Receiver(star.b, "b0", inside, outside, fence)
        )
        let mine = try Sender(star.s, "s0", source: family.source)
        let other = try Sender(star.s, "s0", source: family.other)
        for sender in [mine, other] {
          for group in [inside, outside] { try sender.burst(group, 3) }
        }
        try mine.burst(fence)
        try a.get(fence)
        try b.get(fence)
        #expect(a.numbers(of: outside, from: family.source) == [1, 2, 3])
        #expect(a.numbers(of: outside, from: family.other) == [1, 2, 3])
        #expect(b.numbers(of: inside, from: family.source) == [1, 2, 3])
        #expect(b.numbers(of: outside).isEmpty)
        #expect(a.numbers(of: inside).isEmpty)
        #expect(b.numbers(of: inside, from: family.other).isEmpty)
      }
    }

    @Test(
      "An entry made by a packet goes when it is unused, and the next packet makes it anew",
      arguments: Family.both)
    func idle(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let (group, busy) = (family.group(1), family.group(2))
        let station = try Station(
          star.r,
          """
          cache { idle-timeout 1s }
          route from in0 group \(group) to out1
          route from in0 group \(busy) to out1
          """)
        let a = try Receiver(star.a, "a0", group, busy)
        let sender = try Sender(star.s, "s0", source: family.source)
        try sender.burst(group)
        try a.get(group)
        try sender.stream(busy, every: 10_000, through: a)
        func isThere(_ group: String) throws -> Bool {
          try station.kernel(family.option).contains { $0.contains("," + group + ")") }
        }
        #expect(try isThere(group))
        try eventually("the unused entry goes") { try !isThere(group) }
        #expect(try isThere(busy), "the used one stays")
        try sender.burst(group)
        try a.get(group, 2)
        let last = try sender.stop()
        try a.get(busy, last)
        #expect(a.numbers(of: busy) == Array(1...last))
      }
    }

    @Test("A flow without a rule is kept quiet by one blocking entry", arguments: Family.both)
    func blocked(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let (group, fence) = (family.group(7), family.group(8))
        let station = try Station(star.r, "route from in0 group \(fence) to out1\n")
        let a = try Receiver(star.a, "a0", group, fence)
        let sender = try Sender(star.s, "s0", source: family.source)
        try sender.burst(group, 100)
        try sender.burst(fence)
        try a.get(fence)
        #expect(a.numbers(of: group).isEmpty)
        let rows = try station.rows("show routes").filter { $0["group"] as? String == group }
        #expect(rows.map { $0["owner"] as? String } == ["block"])
        // A rule that comes later opens the flow at once.
        try station.mcast("add in0 \(group) out1")
        try sender.burst(group, 10)
        try a.get(group, 110)
        #expect(a.numbers(of: group) == Array(101...110))
      }
    }
  }
}

extension Family: Equatable {
  static func == (left: Family, right: Family) -> Bool { left.option == right.option }
}

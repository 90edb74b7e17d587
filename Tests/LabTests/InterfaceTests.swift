import Testing

extension KernelTests {
  /// Interfaces come, go and change their names while the router runs.
  @Suite struct Interfaces {
    @Test("A pattern takes in what appears later, inbound and outbound", arguments: Family.both)
    func patterns(_ family: Family) throws {
      try Lab.run { lab in
        let (s, r, a) = (try lab.namespace("s"), try lab.namespace("r"), try lab.namespace("a"))
        let group = family.group(1)
        let station = try Station(r, "route from in* group \(group) to out+\njoin on in* group \(group)\n")
        #expect(try station.mcast("show pending").contains { $0.contains(group) })
        try lab.link(s, "s0", ["10.1.0.2/24", "fd00:1::2/64"], r, "in0")
        try lab.link(a, "a0", ["10.2.0.2/24", "fd00:2::2/64"], r, "out1")
        let receiver = try Receiver(a, "a0", group)
        let sender = try Sender(s, "s0", source: family.source)
        try eventually("packets from in0 to out1") {
          try sender.burst(group)
          return !receiver.packets.isEmpty
        }
        // A second pair, later, while the first flows.
        try lab.link(a, "a1", ["10.3.0.2/24", "fd00:3::2/64"], r, "out2")
        let second = try Receiver(a, "a1", group)
        try eventually("packets to out2") {
          try sender.burst(group)
          return !second.packets.isEmpty
        }
        try lab.link(
          s, "s1", [family.option == "-4" ? "10.5.0.2/24" : "fd00:5::2/64"], r, "in1")
        let other = try Sender(s, "s1", source: family.option == "-4" ? "10.5.0.2" : "fd00:5::2")
        try eventually("packets from in1") {
          try other.burst(group, ttl: 30)
          return receiver.packets.contains { $0.ttl == 29 } && second.packets.contains { $0.ttl == 29 }
        }
        for name in ["in0", "in1"] {
          #expect(try r.show("maddr show dev \(name)").contains { $0.contains(group) }, "joined on \(name)")
        }
        #expect(try station.attempt("show", "pending").output.allSatisfy { !$0.contains(group) })
      }
    }

    @Test("An outbound interface is deleted and comes back under traffic", arguments: Family.both)
    func outboundBack(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let group = family.group(1)
        let station = try Station(
          star.r, "route from in0 source \(family.source) group \(group) to out1 out2\n")
        let a = try Receiver(star.a, "a0", group)
        var b = try Receiver(star.b, "b0", group)
        let sender = try Sender(star.s, "s0", source: family.source)
        try sender.stream(group, every: 500, through: a)
        try b.get(group, 100)
        for _ in 1...3 {
          try star.r.ip("link del out2")
          try eventually("the route waits for out2") {
            try station.mcast("show pending").contains { $0.contains("out2") }
          }
          try star.connectB()
          b = try Receiver(star.b, "b0", group)
          try b.get(group)
        }
        let last = try sender.stop()
        try a.get(group, last)
        try b.get(group, last)
        #expect(a.numbers(of: group) == Array(1...last), "out1 lost nothing")
        let numbers = b.numbers(of: group)
        #expect(numbers == Array((numbers.first ?? 0)...last), "out2 lost nothing once it was back")
      }
    }

    @Test("The inbound interface is deleted and comes back", arguments: Family.both)
    func inboundBack(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let group = family.group(1)
        let station = try Station(
          star.r, "route from in0 group \(group) to out1\njoin on in0 group \(group)\n")
        let a = try Receiver(star.a, "a0", group)
        for round in 1...3 {
          let sender = try Sender(star.s, "s0", source: family.source)
          try sender.burst(group, ttl: 20 + round, 4)
          try eventually("packets of round \(round)") {
            a.packets.filter { $0.ttl == 19 + round }.map(\.number) == [1, 2, 3, 4]
          }
          try star.r.ip("link del in0")
          try eventually("the route waits for in0") {
            try station.mcast("show pending").contains { $0.contains("in0") }
          }
          try lab.link(
            star.s, "s0", ["10.1.0.2/24", "fd00:1::2/64"], star.r, "in0", ["10.1.0.1/24", "fd00:1::1/64"])
          try eventually("in0 is joined again") {
            try star.r.show("maddr show dev in0").contains { $0.contains(group) }
          }
        }
      }
    }

    @Test("A renamed interface leaves its rule and takes up the one for its new name", arguments: Family.both)
    func renamed(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let group = family.group(1)
        let station = try Station(star.r, "route from in0 group \(group) to out1 wan\n")
        let (a, b) = (try Receiver(star.a, "a0", group), try Receiver(star.b, "b0", group))
        let sender = try Sender(star.s, "s0", source: family.source)
        try sender.stream(group, every: 500, through: a)
        try a.get(group, 50)
        #expect(b.packets.isEmpty)
        try star.r.ip("link set out2 name wan")
        try b.get(group)
        let first = b.numbers(of: group).first ?? 0
        let seen = try #require(a.numbers(of: group).last)
        try a.get(group, seen + 100)
        try b.get(group, seen + 50)
        try star.r.ip("link set wan name out2")
        try eventually("the route waits for wan") {
          try station.mcast("show pending").contains { $0.contains("wan") }
        }
        let last = try sender.stop()
        try a.get(group, last)
        #expect(a.numbers(of: group) == Array(1...last), "out1 lost nothing")
        let numbers = b.numbers(of: group)
        #expect(numbers == Array(first..<(first + numbers.count)), "wan lost nothing while it was there")
      }
    }

    @Test("An interface that goes down and up again forwards again")
    func downUp() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let station = try Station(star.r, "route from in0 group 239.1.0.1 to out1 out2\n")
        let (a, b) = (try Receiver(star.a, "a0", "239.1.0.1"), try Receiver(star.b, "b0", "239.1.0.1"))
        let sender = try Sender(star.s, "s0", source: "10.1.0.2")
        try sender.stream("239.1.0.1", every: 500, through: a)
        try b.get("239.1.0.1", 50)
        for _ in 1...5 {
          try star.r.ip("link set out2 down")
          try eventually("out2 is shown as down") {
            try station.rows("show interfaces").contains {
              $0["name"] as? String == "out2" && $0["state"] as? String == "down"
            }
          }
          let now = try #require(a.numbers(of: "239.1.0.1").last)
          try star.r.ip("link set out2 up")
          try b.get("239.1.0.1", now + 20)
        }
        let last = try sender.stop()
        try a.get("239.1.0.1", last)
        #expect(a.numbers(of: "239.1.0.1") == Array(1...last))
      }
    }

    @Test("40 interfaces: more than one kernel table has room for", arguments: Family.both)
    func forty(_ family: Family) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let t = try lab.namespace("t")
        try lab.link(
          t, "t0", ["10.4.0.2/24", "fd00:4::2/64"], star.r, "in1", ["10.4.0.1/24", "fd00:4::1/64"])
        let far = try lab.namespace("far")
        // The receiving host sits on 38 networks with one socket; the router keeps the kernel's default.
        try far.command("sh", "-c", "echo 100 >/proc/sys/net/ipv4/igmp_max_memberships").check("memberships")
        let names = (0..<38).map { "f\($0)" }
        for (index, name) in names.enumerated() {
          try lab.link(
            far, name, ["10.9.\(index).2/24"], star.r, index < 19 ? "left\(index)" : "right\(index)")
        }
        let (first, second) = (family.group(1), family.group(2))
        let station = try Station(
          star.r,
          """
          route from in0 group \(first) to left*
          route from in1 group \(second) to right*
          """)
        let receiver = try Receiver(far, names.joined(separator: ","), first, second)
        let (here, there) = (try Sender(star.s, "s0", source: family.source), try Sender(t, "t0"))
        // The first packets make the entries; the others must find them.
        for count in [1, 19] {
          let before = receiver.packets.count
          try here.burst(first, count)
          try there.burst(second, count)
          try eventually("\(count) packets on each of 38 interfaces") {
            receiver.packets.count >= before + 38 * count
          }
        }
        for (index, name) in names.enumerated() {
          let packets = receiver.packets.filter { $0.interface == name }
          #expect(packets.map(\.number) == Array(1...20), "\(name)")
          #expect(packets.allSatisfy { $0.group == (index < 19 ? first : second) }, "\(name)")
        }
        #expect(try station.rows("show interfaces").filter { $0["state"] as? String == "up" }.count >= 40)
      }
    }
  }
}

import Testing

extension KernelTests {
  @Suite struct Thresholds {
    @Test("A packet leaves where its TTL exceeds the threshold, and each threshold can change under way")
    func thresholds() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let (group, fence) = ("239.1.2.1", "239.1.2.2")
        let station = try Station(
          star.r,
          """
          interface out2 { threshold 16 }
          route from in0 source 10.1.0.2 group \(group) to out1 ttl 8 out2
          route from in0 group \(fence) to out1 ttl 1 out2 ttl 1
          """)
        let (a, b) = (try Receiver(star.a, "a0", group, fence), try Receiver(star.b, "b0", group, fence))
        let sender = try Sender(star.s, "s0", source: "10.1.0.2")
        var fences = 0
        /// The TTLs of 8, 9, 16 and 17 that came through since the last call, as each host saw them less one.
        func passed() throws -> [[Int]] {
          let before = [a.packets.count, b.packets.count]
          for ttl in [8, 9, 16, 17] { try sender.burst(group, ttl: ttl) }
          fences = try sender.burst(fence)
          return try zip([a, b], before).map { receiver, count in
            try receiver.get(fence, fences)
            return receiver.packets.dropFirst(count).filter { $0.group == group }.map { $0.ttl + 1 }
          }
        }
        #expect(try passed() == [[9, 16, 17], [17]])
        try station.mcast("set interface out2 threshold 8")
        #expect(try passed() == [[9, 16, 17], [9, 16, 17]])
        // What stands at the outbound interface wins over the interface's own.
        try station.mcast("set interface out1 threshold 16")
        #expect(try passed() == [[9, 16, 17], [9, 16, 17]])
        try station.mcast("replace in0 10.1.0.2 \(group) out1 out2 ttl 15")
        #expect(try passed() == [[17], [16, 17]])
        try station.mcast("set interface out1 threshold 255")
        #expect(try passed() == [[], [16, 17]])
      }
    }
  }
}

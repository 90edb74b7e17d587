import Testing

extension KernelTests {
  @Suite struct Joins {
    @Test("3,000 joins of each family, and the kernel's own limits stay as they are")
    func thousands() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let limits = [
          "/proc/sys/net/ipv4/igmp_max_memberships", "/proc/sys/net/ipv4/igmp_max_msf",
          "/proc/sys/net/core/optmem_max",
        ]
        func settings() throws -> [[String]] { try limits.map { try star.r.command("cat", $0).output } }
        let before = try settings()
        let station = try Station(
          star.r,
          """
          join on in0 group 239.8.0.0/21
          join on in0 group 239.9.0.0/22
          join on in0 source 10.1.0.2 group 232.1.0.0/25
          join on in0 group ff0e::8:0/117
          join on in0 group ff0e::9:0/118
          join on in0 source fd00:1::2 group ff3e::1:0/121
          """)
        func joined(_ marks: [String]) throws -> Int {
          try star.r.show("maddr show dev in0").filter { line in marks.contains { line.contains($0) } }.count
        }
        #expect(try joined(["inet  239.8.", "inet  239.9."]) == 3072)
        #expect(try joined(["inet  232.1.0."]) == 128)
        #expect(try joined(["inet6 ff0e::8:", "inet6 ff0e::9:", "inet6 ff0e::8 ", "inet6 ff0e::9 "]) == 3072)
        #expect(try joined(["inet6 ff3e::1:"]) == 128)
        // One leaves, one comes, while the thousands stay.
        try station.mcast("leave in0 239.9.0.0/22")
        try station.mcast("join in0 239.10.0.1")
        #expect(try joined(["inet  239.8.", "inet  239.9."]) == 2048)
        #expect(try joined(["inet  239.10.0.1"]) == 1)
        #expect(try station.rows("show joins").filter { $0["state"] as? String == "waiting" }.isEmpty)
        #expect(try settings() == before)
        try star.r.ip("link del in0")
        try eventually("every join waits") {
          try station.mcast("show pending").contains { $0.contains("239.8.0.0/21") }
        }
        try lab.link(star.s, "s0", ["10.1.0.2/24"], star.r, "in0", ["10.1.0.1/24"])
        try eventually("all are joined again") {
          let (four, six) = (try joined(["inet  239.8."]), try joined(["inet6 ff0e::8:", "inet6 ff0e::9:"]))
          return four == 2048 && six >= 3070
        }
      }
    }

    @Test("A join is told to the network, and so is its end")
    func reports() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let station = try Station(star.r, "join on in0 group 239.1.0.1\n")
        let capture = try lab.start(
          "tcpdump",
          ["ip", "netns", "exec", star.s.name, "tcpdump", "-lnvvvi", "s0", "igmp or ip6"])
        try capture.line(.errors) { $0.contains("listening on s0") }
        try station.mcast("join in0 10.1.0.2 232.1.1.1")
        try capture.line(within: 15, "report of (10.1.0.2, 232.1.1.1)") {
          $0.contains("232.1.1.1") && $0.contains("10.1.0.2")
        }
        try station.mcast("join in0 ff0e::5")
        try capture.line(within: 15, "report of ff0e::5") { $0.contains("ff0e::5") && $0.contains("to_ex") }
        try station.mcast("leave in0 239.1.0.1")
        try capture.line(within: 15, "leave of 239.1.0.1") {
          $0.contains("239.1.0.1") && $0.contains("to_in")
        }
      }
    }
  }
}

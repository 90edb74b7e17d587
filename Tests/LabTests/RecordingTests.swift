import Foundation
import Testing

extension KernelTests {
  @Suite struct Recordings {
    @Test("A recording of a run replays to the same actions, twice, in two processes")
    func replay() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let recording = lab.folder + "/run.jsonl"
        let station = try Station(
          star.r,
          """
          route from in0 group 239.1.0.0/16 to out1 out2
          route from in0 source fd00:1::/64 group ff0e::1 to out*
          join on in0 group 239.1.0.0/28
          """,
          ["--record", recording])
        let a = try Receiver(star.a, "a0", "239.1.0.1", "239.1.0.2", "ff0e::1")
        let sender = try Sender(star.s, "s0")
        for group in ["239.1.0.1", "239.1.0.2", "ff0e::1"] {
          try sender.burst(group, 3)
          try a.get(group, 3)
        }
        try station.mcast("replace in0 239.1.0.2 out1")
        try star.r.ip("link del out2")
        try eventually("out2 is waited for") {
          try station.mcast("show pending").contains { $0.contains("out2") }
        }
        try star.connectB()
        #expect(try station.reload("route from in0 group 239.1.0.1 to out2\n").status == 0)
        try station.mcast("stop")
        #expect(try station.daemon.exit() == 0)
        let steps = try String(contentsOfFile: recording, encoding: .utf8).split(separator: "\n").count
        #expect(steps > 10)
        let replays = try (1...2).map { _ in
          try Lab.command(Lab.programs + "/mcsim", "replay", recording).check("mcsim replay").text
        }
        #expect(replays[0] == replays[1])
        for word in ["addVIF", "addEntry", "removeEntry", "join", "239.1.0.2", "ff0e::1"] {
          #expect(replays[0].contains(word), "\(word)")
        }
      }
    }
  }
}

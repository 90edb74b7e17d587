import Foundation
import Glibc
import Testing

extension DynamicKernelTests {
  @Suite struct TunnelRows {
    @Test("show tunnels tells who carries a tunnel, and counts what it did not carry")
    func facts() throws {
      try Lab.run { lab in
        let place = try Place(lab, ("10.1.0.1", "10.1.0.2"), ("10.2.0.1", "10.2.0.2"))
        let station = try Station(
          place.router,
          """
          tunnel lab { local right; remote 10.2.0.2; rate-limit 50kbit }
          route from left group 239.1.1.1 to lab

          """)
        func row() throws -> [String: Any] { try station.rows("show tunnels").first ?? [:] }
        func dropped(_ reason: String) throws -> Int? {
          (try row()["dropped"] as? [[String: Any]])?.first { $0["type"] as? String == reason }?["count"]
            as? Int
        }
        try eventually("the tunnel is there") { try row()["state"] as? String == "up" }
        // The kernel's own tunnels know no rate.
        #expect(try row()["carrier"] as? String == "user")
        #expect((try row()["dropped"] as? [Any])?.isEmpty == true)
        // To a group of one link; with another tunnel inside; from ourselves.
        for (inner, reason) in [("0a090002 e00000c8", "destination"), ("0a010001 ef010101", "source")] {
          try place.right.say(TunnelPath.packet(outer: "0a020002 0a020001", inner: inner))
          try eventually("\(reason) is counted") { try dropped(reason) == 1 }
        }
        try place.left.stream("10.1.0.2", "239.1.1.1")
        try station.forwards("239.1.1.1", from: "10.1.0.2", to: ["lab"])
        try place.left.stream("10.1.0.2", "239.1.1.1", 1000)
        try eventually("the rate holds") { try dropped("rate") ?? 0 > 500 }
        let shown = try station.mcast("show tunnels")
        #expect(
          shown.first?.hasSuffix("DROPPED") == true && shown.last?.contains(" user ") == true, "\(shown)")
      }
    }
  }
}

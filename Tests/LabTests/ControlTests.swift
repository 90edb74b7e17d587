import Foundation
import Testing

extension KernelTests {
  /// Clients that are silent, slow, gone or mad: the packets and the other clients do not notice.
  @Suite struct Control {
    private static let rules = "route from in0 group 239.1.0.0/16 to out1\n"

    /// Runs the body while numbered packets flow; each must come through, and new flows too.
    private func underTraffic(_ body: (Lab, Station, () throws -> Void) throws -> Void) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let station = try Station(star.r, Control.rules)
        let group = "239.1.0.1"
        let a = try Receiver(star.a, "a0", group, "239.1.0.2")
        let (sender, fresh) = (try Sender(star.s, "s0", source: "10.1.0.2"), try Sender(star.s, "s0"))
        try sender.stream(group, every: 500, through: a)
        try a.get(group, 20)
        var flows = 0
        /// A new (S,G) is forwarded and another client answered, before the patience with any client ends.
        ///
        /// That is five seconds at least: so long all would stand still, if one stopped the others.
        func alive() throws {
          flows += 1
          let start = Date()
          try fresh.burst("239.1.0.2")
          try a.get("239.1.0.2", flows)
          try station.mcast("status")
          #expect(Date().timeIntervalSince(start) < 4)
        }
        try body(lab, station, alive)
        try alive()
        let last = try sender.stop()
        try a.get(group, last)
        #expect(a.numbers(of: group) == Array(1...last))
        #expect(station.daemon.isRunning)
      }
    }

    @Test("Clients that connect and say nothing stop nobody")
    func silent() throws {
      try underTraffic { _, station, alive in
        let clients = try (1...30).map { _ in try Client(station.socket) }
        try alive()
        clients.forEach { $0.write("{") }
        try alive()
      }
    }

    @Test("A client is killed at any moment of its request")
    func killed() throws {
      try underTraffic { lab, station, alive in
        let request = "{\"id\":1,\"verb\":\"show\",\"object\":\"routes\",\"args\":{}}\n"
        for length in 0...request.utf8.count {
          let client = try Client(station.socket)
          client.write(Array(request.utf8.prefix(length)))
          client.close()
        }
        for _ in 1...10 {
          let monitor = try lab.start(
            "mcast monitor",
            [
              "ip", "netns", "exec", station.namespace.name, Lab.programs + "/mcast", "--socket",
              station.socket, "monitor",
            ])
          try alive()
          monitor.signal(SIGKILL)
          _ = try monitor.exit()
        }
      }
    }

    @Test("Garbage is answered with a code or closed, and forgotten")
    func garbage() throws {
      try underTraffic { _, station, alive in
        let long = String(repeating: "x", count: 70_000) + "\n"
        let deep = String(repeating: "[", count: 60_000) + "\n"
        let texts = [
          "\n\n\n", "no json\n", "{}\n", "{\"id\":-1}\n", "{\"id\":1e999,\"verb\":\"show\"}\n", long, deep,
        ]
        for text in texts {
          let client = try Client(station.socket)
          client.write(text)
          client.write("{\"id\":2,\"verb\":\"show\",\"object\":\"routes\",\"args\":{}}\n")
          try alive()
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 1...50 {
          let client = try Client(station.socket)
          client.write((0..<2000).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
        try alive()
        let client = try Client(station.socket)
        client.write(long)
        #expect(client.read(within: 5).contains("MC0005"))
      }
    }

    @Test("A request that comes byte by byte is answered, and nobody waits for it")
    func slow() throws {
      try underTraffic { _, station, alive in
        let client = try Client(station.socket)
        let request = "{\"id\":7,\"verb\":\"show\",\"object\":\"routes\",\"args\":{}}\n"
        // A line may take ten seconds.
        for (place, byte) in request.utf8.enumerated() {
          client.write([byte])
          if place % 6 == 0 { try alive() }
        }
        let isAnswer = { (text: String) in text.contains("\"id\":7") }
        #expect(isAnswer(client.read(within: 10, until: isAnswer)))
      }
    }

    @Test("A client that asks for everything and reads nothing costs little")
    func deaf() throws {
      try underTraffic { lab, station, alive in
        let many = (0..<5000).map { "add in0 10.1.0.2 239.77.\($0 / 256).\($0 % 256) out1" }.joined(
          separator: "\n")
        try station.mcast("batch -", input: many + "\n")
        func resident() throws -> Int {
          let status = try String(contentsOfFile: "/proc/\(station.daemon.pid)/status", encoding: .utf8)
          let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
          return Int(line.filter(\.isNumber)) ?? 0
        }
        try alive()
        let before = try resident()
        let client = try Client(station.socket)
        for id in 1...50 {
          client.write("{\"id\":\(id),\"verb\":\"show\",\"object\":\"routes\",\"args\":{}}\n")
          if id % 10 == 0 { try alive() }
        }
        #expect(try resident() - before < 8192, "kilobytes")
      }
    }

    @Test("More connections than there is room for: the limit is told, the router routes")
    func flood() throws {
      try underTraffic { _, station, alive in
        var clients: [Client] = []
        for _ in 1...200 { if let client = try? Client(station.socket) { clients.append(client) } }
        #expect(try #require(clients.last).read(within: 5).contains("MC0006"))
        clients.removeAll()
        try alive()
        for _ in 1...1000 { (try? Client(station.socket))?.close() }
        try alive()
      }
    }
  }
}

import Foundation
import Glibc
import Testing

/// The tools that ask routers, through three routers of ours in a line.
///
/// ```
///   s0 ── in [r0] next ── back [r1] next ── back [r2] out ── d0
///   10.1.0.2     10.10.0      10.11.0               10.50.0.2
/// ```
@Suite("Tools that ask routers", .enabled(if: geteuid() == 0, "network namespaces need root"))
struct TracingTests {
  private static let group = "239.7.7.7"

  /// The programs by their names, run in a namespace.
  private struct Tools {
    let namespace: Namespace
    private let folder: String

    init(_ namespace: Namespace) throws {
      self.namespace = namespace
      folder = namespace.lab.folder + "/tools"
      if FileManager.default.fileExists(atPath: folder) { return }
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for tool in ["mrinfo", "mtrace", "map-mbone"] {
        try FileManager.default.createSymbolicLink(
          atPath: folder + "/" + tool, withDestinationPath: Lab.programs + "/mcast")
      }
    }

    func run(_ line: String) throws -> Outcome {
      let words = line.split(separator: " ").map(String.init)
      return try Lab.command(
        ["ip", "netns", "exec", namespace.name, folder + "/" + words[0]] + words.dropFirst())
    }

    /// The rows that `mcast` gives.
    func rows(_ line: String) throws -> [[String: Any]] {
      let words = line.split(separator: " ").map(String.init)
      let text = try Lab.command(
        ["ip", "netns", "exec", namespace.name, Lab.programs + "/mcast"] + words + ["--json"]
      ).check(line).text
      let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      return object?["data"] as? [[String: Any]] ?? []
    }
  }

  /// What is said, but for the times.
  private func timeless(_ outcome: Outcome) -> String {
    outcome.text.replacing(/\d+ ms/) { _ in "N ms" }
  }

  private struct Row {
    let s: Namespace
    let d: Namespace
    let routers: [Namespace]

    init(_ lab: Lab) throws {
      s = try lab.namespace("s")
      d = try lab.namespace("d")
      routers = try (0..<3).map { try lab.namespace("r\($0)") }
      try lab.link(s, "s0", ["10.1.0.2/24"], routers[0], "in", ["10.1.0.1/24"])
      for number in 1..<3 {
        try lab.link(
          routers[number - 1], "next", ["10.1\(number - 1).0.1/24"], routers[number], "back",
          ["10.1\(number - 1).0.2/24"])
      }
      try lab.link(routers[2], "out", ["10.50.0.1/24"], d, "d0", ["10.50.0.2/24"])
    }
  }

  /// Unicast routes along the line, which questions and answers take.
  private func connect(_ line: Row) throws {
    let routes = [
      ["10.11.0.0/24 via 10.10.0.2", "10.50.0.0/24 via 10.10.0.2"],
      ["10.1.0.0/24 via 10.10.0.1", "10.50.0.0/24 via 10.11.0.2"],
      ["10.1.0.0/24 via 10.11.0.1", "10.10.0.0/24 via 10.11.0.1"],
    ]
    for (router, routes) in zip(line.routers, routes) {
      try router.ip(routes.map { "route add \($0)" })
      try router.command("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward").check("forwarding")
    }
    try line.d.ip("route add default via 10.50.0.1")
  }

  private static let head =
    "Mtrace from 10.1.0.2 to 10.50.0.2 via group 239.7.7.7\nQuerying full reverse path... "
  private static let path = """
      0  10.50.0.2
     -1  10.50.0.1  DVMRP  thresh^ 1  
     -2  10.11.0.1  DVMRP  thresh^ 1  
     -3  10.10.0.1  DVMRP  thresh^ 1  
     -4  10.1.0.2
    Round trip time N ms

    """

  @Test("mtrace, mrinfo, map-mbone and mcast trace see through three routers what packets do")
  func tools() throws {
    try Lab.run { lab in
      let line = try Row(lab)
      try connect(line)
      let member = try Receiver(line.d, "d0", Self.group)
      let sender = try Sender(line.s, "s0")
      sender.stream(Self.group)
      let stations = try line.routers.map { try Station($0, "dvmrp on\n", name: $0.short) }
      try member.get(Self.group)
      let tools = try Tools(line.d)

      let (head, path) = (Self.head, Self.path)
      var outcome = try tools.run("mtrace -n -s 10.1.0.2 10.50.0.2 239.7.7.7")
      #expect(timeless(outcome) == head + "\n" + path && outcome.status == 0)
      outcome = try tools.run("mtrace -n -S 2 10.1.0.2 10.50.0.2 239.7.7.7")
      #expect(outcome.text.contains("Results after 2 seconds:"))
      #expect(
        outcome.output.filter { $0.contains("ttl") && $0.contains("pps") }.count == 3, "\(outcome.text)")

      // The far router answers for itself, through two others.
      outcome = try tools.run("mrinfo -n -t 1 10.10.0.1")
      #expect(
        outcome.text == """
          10.10.0.1 (10.10.0.1) [DVMRPv3 compliant]:
            10.1.0.1 -> 0.0.0.0 (local) [1/1/querier]
            10.10.0.1 -> 10.10.0.2 (10.10.0.2) [1/1/querier]
          """)
      #expect(outcome.errors.isEmpty)
      outcome = try Tools(line.routers[1]).run("mrinfo -n -t 1")
      #expect(outcome.output.first == "127.0.0.1 (127.0.0.1) [DVMRPv3 compliant]:" && outcome.status == 0)
      // A router that asks itself by one of its addresses, whichever.
      for own in ["10.10.0.2", "10.11.0.1"] {
        outcome = try Tools(line.routers[1]).run("mrinfo -n -t 1 \(own)")
        #expect(outcome.output.first == "\(own) (\(own)) [DVMRPv3 compliant]:" && outcome.status == 0)
      }
      outcome = try tools.run("map-mbone -n -t 1")
      for router in ["10.50.0.1", "10.11.0.1", "10.10.0.1"] {
        #expect(outcome.output.contains("\(router): <v3.255>"), "\(outcome.text)")
      }

      let rows = try tools.rows("trace 10.1.0.2 239.7.7.7")
      #expect(rows.first?["reachesSource"] as? Bool == true)
      let hops = rows.dropFirst()
      #expect(hops.compactMap { $0["outgoing"] as? String } == ["10.50.0.1", "10.11.0.1", "10.10.0.1"])
      #expect(hops.allSatisfy { $0["problem"] as? String == "none" && ($0["flowPackets"] as? Int ?? 0) > 0 })
      let info = try tools.rows("info 10.10.0.1")
      #expect(info.compactMap { $0["address"] as? String } == ["10.1.0.1", "10.10.0.1"])

      // The source's router falls silent: hop by hop the last one that answers is found.
      stations[0].daemon.signal(SIGSTOP)
      outcome = try tools.run("mtrace -n -s -q 1 -w 1 10.1.0.2 10.50.0.2 239.7.7.7")
      stations[0].daemon.signal(SIGCONT)
      #expect(
        timeless(outcome) == head + """
          * switching to hop-by-hop:
            0  10.50.0.2
           -1  10.50.0.1  DVMRP  thresh^ 1  
           -2  10.11.0.1  DVMRP  thresh^ 1  
           -3  * * 10.10.0.1 didn't respond
           -4  * 
           -5  * 
           -6  * ...giving up
          Round trip time N ms

          """)
      _ = try sender.stop()
    }
  }
}

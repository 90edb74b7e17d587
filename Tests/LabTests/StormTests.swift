import Foundation
import Glibc
import Testing

extension HitlessTests {
  /// The kernel tells more than the daemon's sockets have room for.
  @Suite struct Storms {
    private static let group = "239.1.1.1"
    private static let text = """
      route from in0 source 10.1.0.2 group \(group) to out1
      route from in0 source 10.1.0.2 group 239.1.1.2 to out2
      route from in0 source fd00:1::2 group ff0e::2 to out2
      join on out2 group 239.1.1.2
      join on in0 group \(group)

      """

    /// Links, addresses and routes that change, many thousand times.
    private static func lines(_ count: Int) -> [String] {
      (0..<count).flatMap { number in
        let address = "10.200.\(number / 250 % 250).\(number % 250 + 1)"
        return [
          "link set storm0 mtu \(1300 + number % 2)", "addr add \(address)/32 dev storm0",
          "route add 10.201.0.0/24 dev storm0", "route del 10.201.0.0/24",
          "addr del \(address)/32 dev storm0",
        ]
      }
    }

    private static func storm(_ router: Namespace, _ count: Int) throws { try router.ip(lines(count)) }

    /// The same until its input ends.
    private static func begin(_ router: Namespace) throws -> Child {
      let file = try router.lab.write(lines(200).joined(separator: "\n") + "\n", to: "storm")
      let loop = "(cat <&3 >/dev/null; touch \(file).end) & while [ ! -e \(file).end ]; do"
      return try router.lab.start(
        "storm", ["sh", "-c", "exec 3<&0; \(loop) ip -n \(router.name) -batch \(file) || exit 1; done"])
    }

    private static func prepare(_ star: Star) throws -> (router: Lives, counter: Counter) {
      try star.r.ip("link add storm0 type veth peer name storm1", "link set storm0 up", "link set storm1 up")
      let router = try Lives(star.r, text, .keeper)
      let counter = try Counter(star.a, "a0", group)
      try Sender(star.s, "s0", source: "10.1.0.2").stream(group, every: 100)
      try counter.get(1_000)
      return (router, counter)
    }

    /// What nobody tells the daemon: an interface goes and another of its name comes.
    private static func replace(_ star: Star) throws {
      try star.r.ip("link del out2")
      try star.connectB()
    }

    @Test("Lost notifications are made good beside a stream")
    func overflow() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let (router, counter) = try Self.prepare(star)
        try router.survives(counter, "overflow") {
          kill(router.pid, SIGSTOP)
          try Self.storm(star.r, 2_000)
          try Self.replace(star)
          kill(router.pid, SIGCONT)
          try router.logged("MC3005")
        }
      }
    }

    @Test("A life that begins in a storm, and one that is stopped in it while it adopts, take all there is")
    func adoption() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let (router, counter) = try Self.prepare(star)
        try router.survives(counter, "restarts in a storm") {
          let storm = try Self.begin(star.r)
          for round in 1...3 {
            if round == 2 {
              try router.restart()
            } else {
              try router.end(by: SIGKILL)
              try router.start()
            }
          }
          storm.closeInput()
          #expect(try storm.exit(within: 20) == 0)
        }
        try router.survives(counter, "stopped while it adopts") {
          try router.end(by: SIGKILL)
          try router.start(waits: false)
          try Self.awaitMonitor(router.pid)
          kill(router.pid, SIGSTOP)
          try Self.storm(star.r, 2_000)
          try Self.replace(star)
          kill(router.pid, SIGCONT)
          try router.ready()
        }
      }
    }

    /// Until the process listens to links and addresses.
    private static func awaitMonitor(_ pid: pid_t) throws {
      try eventually("it listens to links", every: 0) {
        let table = (try? String(contentsOfFile: "/proc/\(pid)/net/netlink", encoding: .utf8)) ?? ""
        return table.split(separator: "\n").contains { line in
          let words = line.split(separator: " ")
          return words.count > 3 && words[1] == "0" && words[3] == "00000111"
        }
      }
    }
  }
}

import Foundation
import Testing

extension KernelTests {
  /// A start that cannot be: one line that says why and what to do, and the exit code for programs.
  @Suite struct Refusals {
    private func launch(
      _ namespace: Namespace, _ text: String, _ options: [String] = [], before: [String] = []
    ) throws -> (status: Int32, said: String) {
      let file = try namespace.lab.write(text, to: "refused.conf")
      let socket = namespace.lab.folder + "/refused.sock"
      let child = try Station.launch(namespace, file, socket, options, before: before)
      let status = try child.exit(within: 10)
      return (status, child.seen(.errors).joined(separator: "\n"))
    }

    @Test("Another multicast daemon is named")
    func anotherDaemon() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let file = try lab.write("mgroup from in0 group 239.1.0.1\n", to: "smcroute.conf")
        let other = try lab.start(
          "smcrouted",
          [
            "ip", "netns", "exec", star.r.name, "smcrouted", "-n", "-f", file, "-P",
            lab.folder + "/smcroute.pid",
            "-u", lab.folder + "/smcroute.sock",
          ])
        try eventually("smcrouted routes") {
          try star.r.command("cat", "/proc/net/ip_mr_vif").output.count > 1
        }
        let (status, said) = try launch(star.r, "route from in0 group 239.1.0.1 to out1\n")
        #expect(status == 69, "\(said)")
        #expect(said.contains("smcrouted (pid \(other.pid))"), "\(said)")
        #expect(said.contains("EADDRINUSE"), "\(said)")
        #expect(said.contains("--table"), "what to do: \(said)")
        // With a table of our own both live.
        _ = try Station(star.r, "route from in0 group 239.1.0.1 to out1\n", ["--table", "77"])
        #expect(other.isRunning)
      }
    }

    @Test("A second daemon on the same socket names the first")
    func alreadyRunning() throws {
      try Lab.run { lab in
        let r = try lab.namespace("r")
        let first = try Station(r, "", name: "refused")
        let (status, said) = try launch(r, "", ["--table", "9"])
        #expect(status == 69, "\(said)")
        #expect(said.contains("MC0007") && said.contains("\(first.daemon.pid)"), "\(said)")
        #expect(try first.attempt("status").status == 0)
      }
    }

    @Test("Without the capability: exit 77 and how to get it")
    func noCapability() throws {
      try Lab.run { lab in
        let r = try lab.namespace("r")
        let (status, said) = try launch(
          r, "route from in0 group 239.1.0.1 to out1\n",
          before: ["setpriv", "--bounding-set=-all", "--inh-caps=-all"])
        #expect(status == 77, "\(said)")
        #expect(said.contains("CAP_NET_"), "\(said)")
        #expect(said.contains("MC3010"), "\(said)")
      }
    }

    @Test("A file with errors: exit 65, every error with its place, nothing opened")
    func badFile() throws {
      try Lab.run { lab in
        let r = try lab.namespace("r")
        let (status, said) = try launch(r, "route from in0 group 10.0.0.1 to out1\njoin in0\nroute to\n")
        #expect(status == 65, "\(said)")
        for place in ["refused.conf:1:22: error:", "refused.conf:2:", "refused.conf:3:", "^~"] {
          #expect(said.contains(place), "\(place) in \(said)")
        }
        let (missing, text) = try launch(r, "", ["--config", "/nonexistent/mcast.conf"])
        #expect(missing == 65, "\(text)")
        #expect(text.contains("MC2001"), "\(text)")
      }
    }

    @Test("The hardened process keeps two capabilities and routes with them")
    func privileges() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let station = try Station(star.r, "route from in0 group 239.1.0.1 to out*\n")
        let status = try String(contentsOfFile: "/proc/\(station.daemon.pid)/status", encoding: .utf8)
        // CAP_NET_ADMIN is bit 12, CAP_NET_RAW bit 13.
        for line in ["CapPrm:\t0000000000003000", "CapEff:\t0000000000003000", "NoNewPrivs:\t1"] {
          #expect(status.contains(line), "\(line) in \(status)")
        }
        // An interface that comes now needs them.
        let c = try lab.namespace("c")
        try lab.link(c, "c0", ["10.7.0.2/24"], star.r, "out3", ["10.7.0.1/24"])
        let receiver = try Receiver(c, "c0", "239.1.0.1")
        let sender = try Sender(star.s, "s0")
        try eventually("packets by the new interface") {
          try sender.burst("239.1.0.1")
          return !receiver.packets.isEmpty
        }
      }
    }

    @Test("Lost netlink messages: everything is listed anew and right again")
    func overflow() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let station = try Station(star.r, "route from in0 group 239.1.0.1 to out* late\n")
        let a = try Receiver(star.a, "a0", "239.1.0.1")
        let sender = try Sender(star.s, "s0")
        try sender.burst("239.1.0.1")
        try a.get("239.1.0.1")
        // The daemon stands still while its buffer fills; the last change is the one that must not be missed.
        station.daemon.signal(SIGSTOP)
        let flaps = (1...4000).map { "link set lo mtu \(60000 + $0)" }
        try star.r.ip(flaps)
        try star.r.ip("link set out2 name late")
        let seen = station.log.count
        station.daemon.signal(SIGCONT)
        try station.logged(from: seen, "MC3005")
        let b = try Receiver(star.b, "b0", "239.1.0.1")
        try eventually("packets by the renamed interface") {
          try sender.burst("239.1.0.1")
          return !b.packets.isEmpty
        }
      }
    }
  }
}

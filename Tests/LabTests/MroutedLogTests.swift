import Addressing
import Foundation
import Glibc
import Testing
import Wire

extension KernelTests {
  /// What the daemon of mrouted says, and where.
  @Suite struct MroutedLog {
    private func place(_ lab: Lab) throws -> Place {
      try Place(lab, ("10.1.0.1", "10.1.0.2"), ("10.2.0.1", "10.2.0.2"))
    }

    @Test("Neighbors met, one-way and back, interfaces that go and come: the lines that scripts look for")
    func lines() throws {
      try Lab.run { lab in
        let place = try place(lab)
        let router = try MRouted(place.router).ready()
        let deaf = try Forged.packet(.probe(DVMRPProbe(generation: 7, neighbors: [])), "10.2.0.2")
        try place.right.say(deaf, deaf)
        try router.logged("warning - Possible one-way peering with 10.2.0.2 on vif 1")
        try place.right.say(Forged.packet(Forged.probe(naming: "10.2.0.1"), "10.2.0.2"))
        try router.logged("Peering with 10.2.0.2 on vif 1 is no longer one-way")
        try place.right.say(Forged.packet(Forged.probe(naming: "10.2.0.1"), "10.2.0.3"))
        try router.logged("Sending DVMRP probe on right and route report to 10.2.0.3")
        try place.router.ip("link set right down")
        try router.logged("right has gone down; vif #1 taken out of service")
        try place.router.ip("link set right up")
        try router.logged("right has come up; vif #1 now in service")
        #expect(try router.stop() == 0)
        let form = #/^mrouted: \d\d:\d\d:\d\d\.\d\d\d (warning - )?\S.*$/#
        #expect(router.log.allSatisfy { $0.wholeMatch(of: form) != nil }, "\(router.log)")
      }
    }

    @Test("debug, given at any time, tells of the packets and changes of each subsystem, and of no other")
    func debug() throws {
      try Lab.run { lab in
        let place = try place(lab)
        let router = try MRouted(place.router).ready()
        let neighbor = "10.2.0.2"
        func say(_ message: DVMRPMessage, to destination: String = "224.0.0.4") throws {
          try place.right.say(Forged.packet(message, neighbor, to: destination))
        }
        func joins(_ number: Int) throws {
          let report = try Forged.record(.isExclude, "239.5.5.\(number)")
          try place.left.say(Forged.packet(report, "10.1.0.2", to: "224.0.0.22"))
        }
        func trace(_ id: UInt8) throws {
          let bytes: [UInt8] = [
            0x1f, 32, 0, 0, 239, 1, 1, 1, 10, 1, 0, 2, 10, 2, 0, 2, 10, 2, 0, 2, id, 1, 1, 64,
          ]
          try place.right.say(Forged.packet(Forged.summed(bytes), neighbor, to: "10.2.0.1", hops: 64))
        }
        try say(Forged.probe(naming: "10.2.0.1"))
        try say(try Forged.report(["10.77.0.0/16"]))
        let prune = try Forged.prune("10.1.0.0", "239.6.6.6")
        let steps: [(words: String, lines: [String], act: () throws -> Void)] = [
          (
            "neighbors", ["RECV probe from 10.2.0.2 to 224.0.0.4"],
            { try say(Forged.probe(naming: "10.2.0.1")) }
          ),
          (
            "pruning", ["RECV prune from 10.2.0.2 to 10.2.0.1", "10.2.0.2 pruned for "],
            { try say(prune, to: "10.2.0.1") }
          ),
          (
            "route-detail", ["RECV route report from 10.2.0.2"],
            { try say(try Forged.report(["10.78.0.0/16"])) }
          ),
          ("igmp", ["RECV v3 membership report from 10.1.0.2 to 224.0.0.22"], { try joins(1) }),
          ("membership", ["239.5.5.2: left: first member 10.1.0.2"], { try joins(2) }),
          (
            "traceroute", ["RECV mtrace question from 10.2.0.2", "SENT mtrace answer from "], { try trace(1) }
          ),
          ("packet", ["RECV mtrace question from 10.2.0.2", "SENT mtrace answer from "], { try trace(2) }),
          ("all", ["RECV v3 membership report", "239.5.5.3: left: first member"], { try joins(3) }),
        ]
        for step in steps {
          #expect(try router.ctl("debug \(step.words)").status == 0)
          let before = router.log.count
          try step.act()
          for line in step.lines { try router.logged(from: before, line) }
        }
        // Words that are known, and of which nothing is told.
        #expect(try router.ctl("debug icmp,timer").output == ["icmp"])
        /// Whatever was said before stands in the log now.
        func fence() throws {
          let before = router.log.count
          router.daemon.signal(SIGUSR2)
          try router.logged(from: before, "SIGUSR2")
        }
        try fence()
        let silent = router.log.count
        try joins(4)
        try trace(3)
        try say(Forged.probe(naming: "10.2.0.1"))
        try place.right.hear("the last answer") { $0.payload.first == 0x1e && $0.payload[20] == 3 }
        try fence()
        #expect(router.log.count == silent + 1, "\(router.log.dropFirst(silent))")
        #expect(try router.ctl("debug none").status == 0)
      }
    }

    @Test(
      "In the background, or with -s, the lines go to syslog or the journal",
      arguments: ["SYSLOG", "JOURNAL"])
    func system(_ kind: String) throws {
      try Lab.run { lab in
        let place = try place(lab)
        let socket = try Datagrams(lab.folder + "/log")
        let router = try MRouted(
          place.router, "phyint right prune_lifetime 7\n", ["-n", "-s", "-f", "FILE"],
          environment: [kind: lab.folder + "/log"]
        ).ready()
        let pid = router.daemon.pid
        router.daemon.signal(SIGHUP)
        let deaf = try Forged.packet(.probe(DVMRPProbe(generation: 7, neighbors: [])), "10.2.0.2")
        try place.right.say(deaf, deaf)
        let warning = "warning - Possible one-way peering with 10.2.0.2 on vif 1"
        let lines = [(5, "mrouted version 4.6"), (5, "mrouted version 4.6 restart"), (4, warning)]
        for (priority, text) in lines {
          try eventually("\(text) in the \(kind)") {
            socket.texts.contains { line in
              guard kind == "SYSLOG" else {
                return line.contains("PRIORITY=\(priority)\nSYSLOG_IDENTIFIER=mrouted\n")
                  && line.contains("MESSAGE=\(text)\n")
              }
              // Facility 3: a daemon.
              return line.hasPrefix("<\(24 + priority)>") && line.hasSuffix(" mrouted[\(pid)]: \(text)")
            }
          }
        }
        #expect(try router.stop() == 0)
        #expect(router.log.isEmpty, "\(router.log)")
      }
    }
  }
}

/// A socket that takes the lines of a log.
private final class Datagrams {
  private let descriptor: Int32
  private var all: [String] = []

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &name.sun_path) { place in
      unsafe place.copyBytes(from: path.utf8.prefix(place.count - 1))
    }
    let result = unsafe withUnsafePointer(to: &name) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw LabError(description: "\(path): errno \(errno)") }
  }

  deinit { close(descriptor) }

  /// What has come.
  var texts: [String] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { return all }
      all.append(String(decoding: buffer[..<count], as: UTF8.self))
    }
  }
}

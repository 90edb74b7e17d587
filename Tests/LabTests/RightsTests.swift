import Foundation
import Glibc
import Testing

extension HitlessTests {
  /// Daemons that are not root any more, or never were.
  @Suite struct Rights {
    private static let group = "239.1.1.1"
    private static let uid = 877
    private static let text = """
      route from in0 source 10.1.0.2 group \(group) to out1
      route from in0 source fd00:1::2 group ff0e::2 to out2
      join on in0 group \(group)

      """
    /// Its device is root's to open.
    private static let tunnel = """
      tunnel lab { local 10.1.0.1; remote 10.1.0.2 }
      route from in0 source 10.1.0.2 group 239.1.1.2 to lab

      """

    /// Whose daemon it is.
    enum Kind: CaseIterable {
      /// Root starts it, and it becomes the user.
      case reduced
      /// It is started as the user, with the two capabilities, as a unit does it.
      case born
    }

    /// A folder of the user's, and a machine that knows the user.
    private static func surroundings(_ lab: Lab, _ kind: Kind) throws -> (files: String, words: [String]) {
      let files = lab.folder + "/files"
      try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
      guard unsafe chown(files, uid_t(uid), gid_t(uid)) == 0 else { throw LabError(description: "chown") }
      guard kind == .reduced else {
        return (
          files,
          [
            "setpriv", "--reuid=\(uid)", "--regid=\(uid)", "--clear-groups",
            "--inh-caps=-all,+net_admin,+net_raw",
            "--ambient-caps=-all,+net_admin,+net_raw", "--bounding-set=-all,+net_admin,+net_raw",
          ]
        )
      }
      let users = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
      let passwd = try lab.write(users + "mcast:x:\(uid):\(uid)::/:/bin/false\n", to: "passwd")
      let script = "mount --bind \(passwd) /etc/passwd && exec \"$@\""
      return (files, ["unshare", "-m", "sh", "-c", script, "sh"])
    }

    @Test(
      "Without root's rights it is restarted, killed, and gets another keeper, all without a gap",
      arguments: Kind.allCases)
    func user(_ kind: Kind) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let (files, words) = try Self.surroundings(lab, kind)
        // The user may not get to where the programs under test are.
        let program = lab.folder + "/mcastd"
        try FileManager.default.copyItem(atPath: Lab.programs + "/mcastd", toPath: program)
        let router = try Lives(
          star.r, Self.text + (kind == .reduced ? Self.tunnel : ""), .keeper, files: files,
          surroundings: words, program: program)
        func isUser() throws -> Bool {
          let status = try String(contentsOfFile: "/proc/\(router.pid)/status", encoding: .utf8)
          let lines = status.split(separator: "\n").map(String.init)
          let uids = lines.first { $0.hasPrefix("Uid:") }?.split(separator: "\t").dropFirst() ?? []
          // CAP_NET_ADMIN and CAP_NET_RAW.
          return uids.allSatisfy { $0 == "\(Self.uid)" }
            && lines.contains { $0.hasPrefix("CapEff:") && $0.hasSuffix("\t0000000000003000") }
        }
        let counter = try Counter(star.a, "a0", Self.group)
        try Sender(star.s, "s0", source: "10.1.0.2").stream(Self.group, every: 100)
        try counter.get(1_000)
        #expect(try isUser())
        for _ in 1...2 {
          try router.survives(counter, "restart") { try router.restart() }
          #expect(try isUser())
        }
        try router.survives(counter, "kill -9") {
          try router.end(by: SIGKILL)
          try router.start()
        }
        #expect(try isUser())
        // The next keeper is started by one who is not root, and serves all the same.
        try router.survives(counter, "keeper killed") {
          for pid in try router.keepers() { kill(pid, SIGKILL) }
          try router.logged("another one has them")
          try router.restart()
          try router.end(by: SIGKILL)
          try router.start()
        }
        #expect(!router.log.contains { $0.contains("warning") || $0.contains("error") }, "\(router.log)")
        try router.mcast("stop")
        try eventually("nothing stays") { try router.entries().isEmpty && router.keepers().isEmpty }
      }
    }

    @Test("What the starter had open is not open in a daemon in the background, nor in its keeper")
    func descriptors() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let file = try lab.write("route from in0 group 239.1.1.1 to out1\n", to: "mcast.conf")
        let socket = lab.folder + "/control"
        let script = "exec 7</etc/passwd 251</etc/group; exec \"$@\""
        let start = try lab.start(
          "starter",
          star.r.entry + [
            "bash", "-c", script, "sh", Lab.programs + "/mcastd", "--config", file, "--socket", socket,
            "--pidfile", socket + ".pid",
          ])
        #expect(try start.exit() == 0)
        let pids = try Lab.pids(in: star.r.name)
        #expect(pids.count == 2)
        for pid in pids {
          let folder = "/proc/\(pid)/fd/"
          let open = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: folder + $0)
          }
          #expect(!open.contains { $0.hasPrefix("/etc/") }, "\(open)")
        }
      }
    }

    @Test("A number of passed descriptors that nobody can have passed ends nothing")
    func passed() throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let file = try lab.write("route from in0 group 239.1.1.1 to out1\n", to: "mcast.conf")
        let socket = lab.folder + "/control"
        let start = try lab.start(
          "starter",
          star.r.entry + [
            "bash", "-c", "export LISTEN_PID=$$ LISTEN_FDS=2147483647; exec \"$@\"", "sh",
            Lab.programs + "/mcastd", "--config", file, "--socket", socket, "--pidfile", socket + ".pid",
          ])
        #expect(try start.exit() == 0)
        #expect(try Lab.pids(in: star.r.name).count == 2)
      }
    }
  }
}

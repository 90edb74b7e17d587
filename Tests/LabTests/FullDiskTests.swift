import Foundation
import Glibc
import Testing

extension HitlessTests {
  /// Nothing can be written: the routing goes on, and says what is missing.
  @Suite struct FullDisks {
    private static let group = "239.1.1.1"
    private static let text = """
      route from in0 source 10.1.0.2 group \(group) to out1
      route from in0 source fd00:1::2 group ff0e::2 to out2
      join on in0 group \(group)
      join on in0 group ff0e::2

      """

    /// A small file system of its own.
    ///
    final class Disk {
      let path: String
      let room: MountRoom
      private let holder: Child

      init(_ lab: Lab) throws {
        path = lab.folder + "/disk"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let script = """
          mount -t tmpfs -o size=64k,nr_inodes=32 none \(path) && echo ready || exit 1
          while read mode; do mount -o "remount,$mode" \(path) && echo "$mode"; done
          """
        holder = try lab.start("disk", ["unshare", "-m", "sh", "-c", script])
        try holder.line(within: 10, "disk") { $0 == "ready" }
        room = MountRoom(holder)
      }

      /// Takes all the room there is, of one kind.
      func fill(_ room: Room) throws {
        let path = self.room.root + path
        switch room {
        case .blocks: _ = try Lab.command("dd", "if=/dev/zero", "of=\(path)/fill", "bs=512")
        case .inodes:
          for number in 0..<100 {
            _ = FileManager.default.createFile(atPath: path + "/\(number)", contents: nil)
          }
        case .everything: try remount("ro")
        }
      }

      /// Gives back the room that `fill` took.
      func empty() throws {
        let path = self.room.root + path
        for name in try FileManager.default.contentsOfDirectory(atPath: path)
        where name == "fill" || Int(name) != nil {
          try FileManager.default.removeItem(atPath: path + "/" + name)
        }
      }

      func remount(_ mode: String) throws {
        let seen = holder.seen().count
        holder.write(mode + "\n")
        try holder.line(from: seen, within: 10, "remount") { $0 == mode }
      }
    }

    enum Room: CaseIterable { case blocks, inodes, everything }

    @Test(
      "Its files cannot be written: restarted and killed it forwards on, says so, and answers",
      arguments: Room.allCases)
    func full(_ room: Room) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let disk = try Disk(lab)
        let router = try Lives(star.r, Self.text, .keeper, files: disk.path, in: disk.room)
        let counter = try Counter(star.a, "a0", Self.group)
        try Sender(star.s, "s0", source: "10.1.0.2").stream(Self.group, every: 100)
        try counter.get(1_000)
        try router.mcast("add in0 10.1.0.2 239.1.1.7 out2")
        try disk.fill(room)
        let save = try router.attempt("config", "save")
        #expect(save.status != 0)
        #expect(save.errors.contains { $0.contains(room == .everything ? "EROFS" : "ENOSPC") }, "\(save)")
        #expect(
          try String(contentsOfFile: router.outside(router.configuration), encoding: .utf8) == Self.text)
        let before = try router.footing()
        try HitlessTests.lossless(counter, "\(room)") {
          if room != .everything { try router.restart() }
          for _ in 1...2 {
            try router.end(by: SIGKILL)
            try router.start()
            try router.logged("no pid file: ")
          }
          if room == .everything {
            try router.logged("no client is answered")
            #expect(try router.attempt("status").status == 3)
            try disk.remount("rw")
            try router.logged("clients are answered again")
          } else {
            try disk.empty()
            try router.mcast("reload --wait")
          }
        }
        let pid = try String(contentsOfFile: router.outside(router.socket + ".pid"), encoding: .utf8)
        #expect(pid == "\(router.pid)\n")
        try router.stands(as: before, "\(room)")
        try router.mcast("stop")
        try eventually("nothing stays") { try router.entries().isEmpty && router.keepers().isEmpty }
      }
    }

    @Test("One socket cannot be made: the others answer, and are not made anew when it can")
    func oneSocket() throws {
      try Lab.run { lab in
        let router = try Lives(try Star(lab).r, Self.text, .keeper)
        try router.end(by: SIGKILL)
        let view = router.socket + ".view"
        try? FileManager.default.removeItem(atPath: view)
        try FileManager.default.createDirectory(atPath: view, withIntermediateDirectories: false)
        try router.start()
        try router.logged("no client is answered there")
        // The number of a file may be used again, and not the time.
        func made() throws -> Date {
          let facts = try FileManager.default.attributesOfItem(atPath: router.socket)
          return try #require(facts[.modificationDate] as? Date)
        }
        let before = try made()
        try router.mcast("status")
        try FileManager.default.removeItem(atPath: view)
        try router.logged("clients are answered again")
        #expect(try made() == before)
        #expect(try Lab.command(Lab.programs + "/mcast", "--socket", view, "status").status == 0)
        try router.mcast("status")
      }
    }

    @Test(
      "No file in memory can be made or written: the sockets outlive the daemon all the same",
      arguments: [true, false])
    func noMemory(_ isRefused: Bool) throws {
      try Lab.run { lab in
        let star = try Star(lab)
        let around = isRefused ? [try Lab.refuse.get(), "memfd", "12"] : ["prlimit", "--fsize=0:0"]
        let router = try Lives(star.r, Self.text, .keeper, surroundings: around)
        let counter = try Counter(star.a, "a0", Self.group)
        try Sender(star.s, "s0", source: "10.1.0.2").stream(Self.group, every: 100)
        try counter.get(1_000)
        try router.logged("the plan of VIFs and memberships is not kept")
        try router.logged("the text of the configuration is not kept")
        try router.survives(counter, "killed") {
          try router.end(by: SIGKILL)
          try router.start()
        }
        try router.survives(counter, "restarted") {
          try router.restart()
          try router.logged("the state is not kept")
        }
        try router.mcast("add in0 10.1.0.2 239.1.1.7 out2")
        try router.logged("what was added at run time is not kept")
      }
    }
  }
}

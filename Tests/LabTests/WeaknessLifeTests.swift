import Foundation
import Glibc
import Testing

extension KernelTests {
  /// Numbers 17, 20, 31 and 34 of the table in `WeaknessCrashTests`: start, end and surroundings.
  @Suite struct WeaknessLife {
    /// A program that writes down how it is called, in one line: its argument, the source and the group.
    static func hook(_ lab: Lab) throws -> (program: String, calls: String) {
      let calls = lab.folder + "/calls"
      let text = "#!/bin/sh\necho \"$1 ${source-unset} ${group-unset}\" >>\(calls)\n"
      let program = try lab.write(text, to: "hook")
      try Lab.command("chmod", "755", program).check("chmod")
      return (program, calls)
    }

    static func calls(_ path: String) -> [String] {
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
      return text.split(separator: "\n").map(String.init)
    }

    @Test("17: A second daemon on one table says so and ends with 69", arguments: Make.allCases)
    func second(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let first = try SMCRouted(
          .stock, board.r, "mroute from eth0 source 10.0.0.10 group 225.1.2.3 to eth1")
        if make == .stock {
          let second = try SMCRouted(make, board.r, ident: "two")
          try second.logged("already in use")
          #expect(second.daemon.isRunning)
          return
        }
        let path = try lab.write("", to: "two.conf")
        let outcome = try Lab.command(
          board.r.entry + [
            try make.program("smcrouted", in: lab), "-n", "-i", "two", "-f", path, "-u",
            lab.folder + "/two.sock",
            "-P", lab.folder + "/two.pid",
          ])
        #expect(outcome.status == 69)
        #expect(
          outcome.errors.contains { $0.contains("Another multicast routing application is already running.") }
        )
        #expect(!FileManager.default.fileExists(atPath: lab.folder + "/two.pid"))
        #expect(try first.tables().states == ["(10.0.0.10,225.1.2.3) eth0 -> eth1"])
      }
    }

    @Test("20: Routers are announced at the interval, and the end is announced", arguments: Make.allCases)
    func discovery(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let watcher = try board.watcher(["eth0"])
        let router = try SMCRouted(make, board.r, "phyint eth0 mrdisc\n", ["-m", "7"])
        func announcement(_ code: String) -> (String) -> Bool {
          { $0.hasPrefix("mrdisc") && $0.contains("30" + code) && $0.hasSuffix("00000000") }
        }
        if make == .stock {
          try router.ctl("show")
          #expect(watcher.lines.filter { $0.hasPrefix("mrdisc") } == [])
          try router.stop()
          // The other way it is sent, with another interval than asked for, and not taken back.
          let only = try SMCRouted(
            make, board.r, "phyint eth0 enable mrdisc\n", ["-N", "-m", "7"], ident: "two")
          try watcher.line("announcement", where: announcement("14"))
          try only.stop()
          #expect(!watcher.lines.contains { $0.hasPrefix("mrdisc") && $0.contains("3200") })
          return
        }
        let first = try watcher.line("announcement", where: announcement("07"))
        let bytes = String(first.split(separator: " ").last ?? "")
        // Six words of header: Don't Fragment, TTL 1, to 224.0.0.106, the option Router Alert.
        #expect(bytes.count == 64 && bytes.hasPrefix("46"), "\(bytes)")
        #expect(
          Array(bytes)[12..<16] == ["4", "0", "0", "0"] && Array(bytes)[16..<20] == ["0", "1", "0", "2"])
        #expect(bytes.contains("e000006a94040000" + "3007" + "cff8" + "00000000"), "\(bytes)")
        try router.stop()
        try watcher.line("termination") {
          $0.hasPrefix("mrdisc") && $0.hasSuffix("94040000" + "3200" + "cdff")
        }
      }
    }

    @Test("31: The hook is told of the first reading too", arguments: Make.allCases)
    func hook(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        let (program, calls) = try WeaknessLife.hook(lab)
        // A line with a hard error: no "from".
        let text = "mroute group 225.1.2.3 to eth1\nmroute from eth0 group 225.1.2.4 to eth1\n"
        let router = try SMCRouted(make, board.r, text, ["-e", program])
        if make == .ours {
          try eventually("the hook was called") { WeaknessLife.calls(calls) == ["reload unset unset"] }
        }
        try router.reload()
        let (injector, watcher) = (try board.injector(), try board.watcher())
        try injector.send("eth0", "10.0.0.10", "225.1.2.4")
        try watcher.get("225.1.2.4")
        let last = "install 10.0.0.10 225.1.2.4"
        try eventually("the hook was called") { WeaknessLife.calls(calls).contains(last) }
        let reloads = make == .stock ? [] : Array(repeating: "reload unset unset", count: 2)
        #expect(WeaknessLife.calls(calls) == reloads + [last])
      }
    }

    @Test("34: The socket is for those whom its mode lets in", arguments: Make.allCases)
    func socket(_ make: Make) throws {
      try Lab.run { lab in
        let board = try Board(lab)
        try Lab.command("chmod", "755", lab.folder).check("chmod")
        let router = try SMCRouted(make, board.r)
        let program = lab.folder + "/copy-smcroutectl"
        try FileManager.default.copyItem(
          atPath: URL(filePath: try make.program("smcroutectl", in: lab)).resolvingSymlinksInPath().path,
          toPath: program)
        let folder = lab.folder + "/copy"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: program, toPath: folder + "/smcroutectl")
        let outcome = try Lab.command(
          board.r.entry + [
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", folder + "/smcroutectl", "-u",
            router.socket, "show",
          ])
        #expect(outcome.status == 1)
        #expect(
          outcome.errors.first == "smcroutectl: Need root privileges to connect to daemon",
          "\(outcome.errors)")
      }
    }
  }
}

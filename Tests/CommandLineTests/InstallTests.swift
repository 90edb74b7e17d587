import Foundation
import Testing

@Suite("Installing the names of SMCRoute") struct InstallTests {
  /// A folder that stands for the root of the file system, and goes with the test.
  private final class Root {
    let folder = FileManager.default.temporaryDirectory.appending(path: "mcast-install-\(UUID().uuidString)")

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// What the script says; it must not fail.
    func install(_ name: String = "smcroute", expecting status: Int32 = 0) throws -> String {
      let process = Process()
      let output = Pipe()
      process.executableURL = Golden.repository.appending(path: "scripts/install-personality")
      process.arguments = [name, folder.path, "/opt", "/etc/systemd/system"]
      process.standardOutput = output
      process.standardError = output
      try process.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == status)
      return text
    }

    /// What a program in here says on both outputs, and how it ends.
    func run(_ path: String, _ words: String...) throws -> (status: Int32, text: String) {
      let process = Process()
      let output = Pipe()
      process.executableURL = folder.appending(path: path)
      process.arguments = words
      process.standardOutput = output
      process.standardError = output
      try process.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, text)
    }

    func target(_ path: String) -> String? {
      try? FileManager.default.destinationOfSymbolicLink(atPath: folder.path + path)
    }

    func text(_ path: String) -> String? {
      try? String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    func write(_ text: String, _ path: String) throws {
      let file = folder.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
  }

  @Test("Programs are links beside the daemon, and pages come along; a second time changes nothing")
  func links() throws {
    let root = Root()
    for _ in 1...2 {
      #expect(try root.install().isEmpty)
      #expect(root.target("/opt/sbin/smcrouted") == "mcastd")
      #expect(root.target("/opt/sbin/smcroutectl") == "../bin/mcast")
      #expect(root.target("/opt/sbin/smcroute") == "../bin/mcast")
    }
    for page in ["smcroutectl.8", "smcroute.8"] {
      #expect(root.text("/opt/share/man/man8/\(page)")?.hasPrefix(".Dd ") == true)
    }
    #expect(root.text("/opt/share/bash-completion/completions/smcroutectl") != nil)
    let files = FileManager.default.enumerator(atPath: root.folder.path)?.compactMap { $0 as? String } ?? []
    #expect(!files.contains { $0.contains(".orig") || $0.hasSuffix(".new") })
  }

  @Test("The names of mrouted and its tools are links too, with their pages and the unit")
  func mrouted() throws {
    let root = Root()
    #expect(try root.install("mrouted").isEmpty)
    #expect(root.target("/opt/sbin/mrouted") == "mcastd")
    for tool in ["mroutectl", "mrinfo", "mtrace", "map-mbone"] {
      #expect(root.target("/opt/sbin/\(tool)") == "../bin/mcast")
    }
    for page in ["mrouted.8", "mroutectl.8"] {
      #expect(root.text("/opt/share/man/man8/\(page)")?.hasPrefix(".Dd ") == true)
    }
    let unit = root.text("/etc/systemd/system/mrouted.service")
    #expect(unit?.contains("ExecStart=/opt/sbin/mrouted ") == true)
    #expect(root.target("/opt/sbin/smcrouted") == nil)
  }

  @Test("What was not ours is kept beside it, and that is said")
  func keepsOthers() throws {
    let root = Root()
    for text in ["first", "second"] {
      try? FileManager.default.removeItem(at: root.folder.appending(path: "/opt/sbin/smcroutectl"))
      try root.write(text, "/opt/sbin/smcroutectl")
      try root.write(text, "/opt/share/man/man8/smcroute.8")
      let said = try root.install()
      #expect(said.split(separator: "\n").count == 2)
      #expect(said.contains("/opt/sbin/smcroutectl was not ours; it is "))
    }
    #expect(root.target("/opt/sbin/smcroutectl") == "../bin/mcast")
    #expect(root.text("/opt/sbin/smcroutectl.orig") == "first")
    #expect(root.text("/opt/sbin/smcroutectl.orig2") == "second")
    #expect(root.text("/opt/share/man/man8/smcroute.8.orig") == "first")
  }

  @Test("The links are the programs, and smcroute -d is the daemon of the same tree")
  func programs() throws {
    let root = Root()
    _ = try root.install()
    let built =
      ProcessInfo.processInfo.environment["MCAST_BIN"] ?? Golden.repository.path + "/.build/debug"
    let programs = root.folder.appending(path: "/opt/bin")
    try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: true)
    // A copy, since the kernel names the file behind a link.
    try FileManager.default.copyItem(
      at: URL(filePath: built + "/mcast").resolvingSymlinksInPath(), to: programs.appending(path: "mcast"))
    try root.write("#!/bin/sh\necho $#: $*\nexit 3\n", "/opt/sbin/mcastd")
    let mode = [FileAttributeKey.posixPermissions: 0o755]
    try FileManager.default.setAttributes(mode, ofItemAtPath: root.folder.path + "/opt/sbin/mcastd")
    let version = try root.run("/opt/sbin/smcroutectl", "-v")
    #expect(version.status == 0 && version.text.hasPrefix("SMCRoute v2."))
    let missing = try root.run("/opt/sbin/smcroutectl", "-u", root.folder.path + "/no", "show")
    #expect(missing.status == 1 && missing.text.hasPrefix("smcroutectl: Cannot find IPC socket "))
    let legacy = try root.run("/opt/sbin/smcroute", "-v")
    #expect(legacy.status == 0 && legacy.text.hasPrefix("SMCRoute version 2.2"))
    #expect(try root.run("/opt/sbin/smcroute", "-d", "-n") == (3, "2: -d -n\n"))
    // A daemon that does not start is sent nothing.
    #expect(try root.run("/opt/sbin/smcroute", "-d", "-F") == (3, "2: -d -F\n"))
  }

  @Test("The tools that ask routers come with the names of mrouted")
  func tools() throws {
    let root = Root()
    #expect(try root.install("mrouted").isEmpty)
    for tool in ["mrinfo", "mtrace", "map-mbone"] {
      #expect(root.target("/opt/sbin/\(tool)") == "../bin/mcast")
      #expect(root.text("/opt/share/man/man8/\(tool).8")?.hasPrefix(".Dd ") == true)
    }
    let built =
      ProcessInfo.processInfo.environment["MCAST_BIN"] ?? Golden.repository.path + "/.build/debug"
    let programs = root.folder.appending(path: "/opt/bin")
    try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: programs.appending(path: "mcast"), withDestinationURL: URL(filePath: built + "/mcast"))
    let usage = try root.run("/opt/sbin/map-mbone", "-h")
    #expect(usage.status == 0 && usage.text.hasPrefix("Usage: map-mbone "))
  }

  @Test("A name that is none is refused")
  func unknown() throws {
    #expect(try Root().install("igmpproxy", expecting: 1).contains("there are smcroute and mrouted"))
  }
}

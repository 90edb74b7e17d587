import Diagnostics
import Testing

@testable import Daemon

@Suite("Command line of mcastd")
struct OptionsTests {
  @Test("Every option is read, with its value attached or in the next word")
  func all() throws {
    let words = [
      "--foreground", "--config", "/a", "--socket=/b", "--pidfile", "/c", "--identity", "red", "--table",
      "100",
      "--log=debug", "--record", "/d", "--check", "--privileged", "--core",
    ]
    var expected = Options()
    expected.isForeground = true
    expected.configFile = "/a"
    expected.socket = "/b"
    expected.pidFile = "/c"
    expected.identity = "red"
    expected.table = 100
    expected.logLevel = "debug"
    expected.recordFile = "/d"
    expected.checksOnly = true
    expected.isPrivileged = true
    expected.allowsCore = true
    #expect(Options.parse(words) == .run(expected))
  }

  @Test(
    "Words that mean nothing are refused with the code of usage",
    arguments: [
      ["--nope"], ["file"], ["--config"], ["--config="], ["--foreground=yes"], ["--identity", "a/b"],
      ["--identity", ""], ["--identity", String(repeating: "a", count: 33)], ["--log", "loud"],
      ["--socket", "a\u{1b}b"], ["-f"],
    ])
  func refused(words: [String]) {
    guard case .refused(let finding) = Options.parse(words) else {
      Issue.record("accepted \(words)")
      return
    }
    #expect(finding.code == .usage)
  }

  @Test(
    "A table is a number from 1 to 999999999",
    arguments: ["0", "1000000000", "-1", "x", "99999999999999999999"])
  func table(text: String) {
    guard case .refused(let finding) = Options.parse(["--table", text]) else {
      Issue.record("accepted \(text)")
      return
    }
    #expect(finding.code == .tableRange)
  }

  @Test("The identity names the files; what is given wins")
  func paths() throws {
    var options = Options()
    #expect(options.configPath == "/etc/mcast/mcast.conf")
    #expect(options.controlPath(stated: nil) == "/run/mcast/control.sock")
    #expect(options.viewPath(stated: nil) == "/run/mcast/view.sock")
    #expect(options.pidPath == "/run/mcast/mcastd.pid")
    options.identity = "red"
    #expect(options.configPath == "/etc/mcast/red.conf")
    #expect(options.controlPath(stated: nil) == "/run/mcast/red/control.sock")
    #expect(options.controlPath(stated: "/tmp/s") == "/tmp/s")
    #expect(options.viewPath(stated: "/tmp/s") == "/tmp/s.view")
    options.socket = "/x"
    #expect(options.controlPath(stated: "/tmp/s") == "/x")
    #expect(options.viewPath(stated: nil) == "/x.view")
    #expect(options.absolute(in: "/home").socket == "/x")
    options.socket = "x"
    #expect(options.absolute(in: "/home").socket == "/home/x")
  }

  @Test("The help fits a terminal and ends with examples and the manual's name")
  func help() {
    let lines = Options.help.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 24)
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(lines.count { $0.hasPrefix("example:") } == 2)
    #expect(lines.last?.contains("mcastd(8)") == true)
    #expect(Options.parse(["--help"]) == .help)
    #expect(Options.parse(["--version"]) == .version)
  }
}

import Encoding
import LinuxKernel
import Schemas
import Testing

@testable import CommandLine

/// What each verb prints, pinned; and the same as JSON, judged by the shipped schema.
@Suite("Verbs") struct VerbTests {
  /// The golden file, and the words.
  static let commands: [(name: String, line: String)] = [
    ("status", "status"), ("routes", "show routes"), ("routes-numeric", "show routes --numeric"),
    ("routes-sorted", "show routes sort rate top 2"), ("interfaces", "show interfaces"),
    ("interfaces-all", "show interfaces -v"), ("interface", "show interfaces eth0"), ("joins", "show joins"),
    ("groups", "show groups"), ("neighbors", "show neighbors"), ("dvmrp-routes", "show dvmrp routes"),
    ("prunes", "show prunes"), ("timers", "show timers"), ("tunnels", "show tunnels"),
    ("monitor-groups", "monitor groups neighbors"), ("clear-groups", "clear -v groups"),
    ("joins-ipv6", "-6 show joins"), ("pending", "show pending"), ("limits", "show limits"),
    ("events", "show events 2"), ("config", "show config"), ("kernel", "show kernel"),
    ("add", "add eth0 239.1.1.1 eth1"), ("add-verbose", "add -v eth0 239.1.1.1 eth1"),
    ("replace-unchanged", "replace eth0 239.1.1.1 eth1"), ("del", "del eth0 239.1.1.1"),
    ("join", "join -v eth0 239.1.1.1"), ("leave", "leave -v eth0 239.1.1.1"),
    ("set", "set -v interface eth1 threshold 16"), ("clear", "clear -v counters"),
    ("batch", "batch changes"), ("batch-continue", "batch --continue changes"), ("reload", "reload"),
    ("restart", "restart"), ("stop", "stop -v"), ("plan", "config plan"), ("plan-file", "plan new.conf"),
    ("apply", "config apply new.conf --confirm 60"), ("confirm", "config confirm"), ("undo", "config undo"),
    ("save", "config save -v /tmp/saved.conf"), ("save-stdout", "config save --stdout"),
    ("diff", "config diff new.conf running"), ("diff-kernel", "config diff running kernel"),
    ("check", "config check -v new.conf"), ("check-broken", "config check broken.conf"),
    ("format", "config format new.conf"), ("import", "config import smcroute old.conf"),
    ("explain-code", "explain MC2104"),
    ("explain-slug", "explain not-multicast"), ("explain-route", "explain route 10.8.1.4 239.3.0.1"),
    ("monitor", "monitor routes"), ("version", "version"),
  ]

  static var stage: Stage {
    let stage = Stage(Fixtures.daemon)
    stage.files = [
      "changes": "add eth0 239.8.8.1 eth1\nadd eth0 239.8.8.2 eth1\n",
      "new.conf": "version 1\n# studio\nroute   from eth0 group 239.1.1.1 to eth1 eth2\n",
      "broken.conf":
        "route from eth0 group 240.1.1.1 to eth1\nrout from eth0\nroute from wg0 group 239.1.1.1 to eth1\n",
      "old.conf":
        "phyint eth1 ttl-threshold 5\nmroute from eth0 group 225.1.0.0/16 to eth0 eth1\n"
        + "mroute from eth0 group 225.1.2.3 to eth2\nmroute from eth0 group 1.2.3.4 to eth1\n"
        + "mgroup from eth0 group 224.0.0.251\nmgroup from eth0 group 225.1.2.3\n",
    ]
    stage.interfaceNames = ["eth0", "eth1", "eth2", "lo"]
    stage.kernel = KernelFixtures.view
    return stage
  }

  @Test("The text of each verb is as pinned", arguments: commands)
  func text(_ name: String, _ line: String) throws {
    try Golden.check(name, VerbTests.stage.run(line).transcript)
  }

  @Test("Of more errors than are shown an import tells the number")
  func manyErrors() throws {
    let stage = VerbTests.stage
    stage.files["many.conf"] = (0..<150).map { "phyint e\($0) threshold 999\n" }.joined()
    let text = stage.run("config import mrouted many.conf").transcript
    #expect(text.contains("and 50 findings more"), "\(text.suffix(400))")
  }

  @Test("The JSON of each verb keeps its schema", arguments: commands)
  func json(_ name: String, _ line: String) throws {
    // What prints a text for a file has no JSON.
    guard !["format", "save-stdout"].contains(name) else { return }
    let outcome = VerbTests.stage.run(line + " --json")
    let lines = outcome.out.split(separator: "\n")
    #expect(!lines.isEmpty)
    for line in lines { #expect(try Schema.findings(String(line)) == []) }
  }

  @Test("Text and JSON end with the same exit code", arguments: commands)
  func exits(_ name: String, _ line: String) {
    #expect(VerbTests.stage.run(line).exit == VerbTests.stage.run(line + " -j").exit)
  }

  @Test(
    "Without a daemon each verb that needs one exits 3, with MC0001 and how to start it", arguments: commands)
  func noDaemon(_ name: String, _ line: String) throws {
    let verbs = [
      "kernel", "check", "check-broken", "format", "import", "explain-code", "explain-slug", "version",
    ]
    let stage = VerbTests.stage
    stage.daemon = nil
    let outcome = stage.run(line)
    guard !verbs.contains(name) else {
      #expect(outcome.exit != .notReachable)
      return
    }
    #expect(outcome.exit == .notReachable)
    #expect(outcome.out.isEmpty)
    #expect(outcome.error.contains("[MC0001]\nhint: start it:"))
    let json = stage.run(line + " --json")
    #expect(try Schema.findings(json.out.trimmingNewline) == [])
    #expect(json.out.contains("\"code\":\"MC0001\""))
    #expect(json.exit == .notReachable)
  }

  @Test("Without permission each verb that needs the daemon exits 4, with MC0002", arguments: commands)
  func notPermitted(_ name: String, _ line: String) {
    let stage = VerbTests.stage
    stage.daemon = nil
    stage.refusal.errno = 13
    let outcome = stage.run(line)
    guard outcome.exit != .done, name != "check-broken" else { return }
    #expect(outcome.exit == .notPermitted)
    #expect(outcome.error.contains("[MC0002]\nhint: use sudo"))
  }

  @Test(
    "A kernel that cannot be read is an error and no empty table, but for a family that it does not route",
    arguments: ["show kernel routes", "config diff running kernel"])
  func unreadableKernel(_ line: String) {
    let stage = VerbTests.stage
    // ENOBUFS, as a netlink dump gives it.
    stage.kernel.routes = { (_) throws(SystemError) in throw SystemError("dump", errno: 105) }
    let outcome = stage.run(line)
    #expect(outcome.exit == .failed)
    #expect(outcome.error.contains("error: the kernel tells nothing of ipv4 multicast"))
    // EOPNOTSUPP for IPv6 alone.
    let view = KernelFixtures.view
    stage.kernel.routes = { (family) throws(SystemError) in
      guard "\(family)" == "ipv4" else { throw SystemError("dump", errno: 95) }
      return try view.routes(family)
    }
    #expect(!stage.run(line).error.contains("error:"))
  }

  @Test("Every object of show, and every verb, is among these")
  func complete() {
    let heads = VerbTests.commands.map { $0.line.replacing("-6 ", with: "").split(separator: " ") }
    for verb in Verb.allCases where ![.help, .send, .receive, .trace, .info].contains(verb) {
      #expect(heads.contains { $0[0] == verb.rawValue }, "\(verb)")
    }
    for object in Object.allCases {
      #expect(heads.contains { $0.count > 1 && $0[1] == object.rawValue }, "\(object)")
    }
  }
}

extension String {
  var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}

import Compatibility
import Testing

@testable import CommandLine
@testable import LinuxKernel

@Suite("smcroute") struct SmcrouteTests {
  private static let success = SmcrouteStage.Outcome(error: "Sending command(s) ... OK!\n")

  @Test(
    "Each command sends its letter and words",
    arguments: [
      ("-a eth0 10.0.0.10 225.1.2.3 eth1 eth2", "a eth0 10.0.0.10 225.1.2.3 eth1 eth2"),
      ("-a eth0 0.0.0.0 225.1.2.3 eth1", "a eth0 0.0.0.0 225.1.2.3 eth1"),
      ("-a eth0 225.1.2.3 eth1", "a eth0 225.1.2.3 eth1"),
      ("-r eth0 10.0.0.10 225.1.2.3", "r eth0 10.0.0.10 225.1.2.3"),
      ("-r eth0 10.0.0.10 225.1.2.3 eth1", "r eth0 10.0.0.10 225.1.2.3 eth1"),
      ("-add eth0 2001:db8::1 ff05::1 eth1", "a eth0 2001:db8::1 ff05::1 eth1"),
      ("-j eth0 225.1.2.3", "j eth0 225.1.2.3"), ("-l eth0 225.1.2.3", "l eth0 225.1.2.3"),
      ("-x eth0 10.0.0.1 232.1.1.1", "x eth0 10.0.0.1 232.1.1.1"),
      ("-y eth0 10.0.0.1 232.1.1.1", "y eth0 10.0.0.1 232.1.1.1"), ("-F", "F"), ("-k", "k"),
    ])
  func messages(_ line: String, _ expected: String) {
    let stage = SmcrouteStage()
    #expect(stage.smcroute(line) == Self.success)
    #expect(stage.sent.map(\.message.text) == [expected])
  }

  @Test("Commands of one line are sent in their order, each by its own connection")
  func many() {
    let stage = SmcrouteStage()
    let line = (1...16).map { "-j eth0 225.1.2.\($0)" }.joined(separator: " ")
    #expect(stage.smcroute(line) == Self.success)
    #expect(stage.sent.map(\.message.arguments[1]) == (1...16).map { "225.1.2.\($0)" })
  }

  @Test("The first refusal ends the line")
  func refusal() {
    let stage = SmcrouteStage()
    stage.answer = { $0.arguments.first == "nope" ? .text("Invalid input interface") : .done }
    let outcome = stage.smcroute("-j eth0 225.1.2.3 -a nope 10.0.0.1 225.1.2.3 eth1 -j eth0 225.1.2.4")
    let error = "Sending command(s) ... Daemon error: Invalid input interface\n"
    #expect(outcome == .init(status: 1, error: error))
    #expect(stage.letters == "ja")
  }

  @Test(
    "Lines that are not understood get the usage and send nothing",
    arguments: [
      "", "eth0", "-Q", "-a eth0 10.0.0.1 225.1.2.3", "-r eth0 10.0.0.1", "-j eth0",
      "-j eth0 10.0.0.1 225.1.2.3 x",
      "-l eth0", "-x eth0 225.1.2.3", "-y eth0 225.1.2.3", "-k now", "-F now", "-f", "-L",
    ])
  func usage(_ line: String) {
    let stage = SmcrouteStage()
    let outcome = stage.smcroute(line)
    #expect(outcome.status == 1)
    #expect((outcome.out + outcome.error).contains("smcroute"))
    #expect(stage.sent.isEmpty && stage.started.isEmpty)
  }

  @Test("Seventeen commands are too many")
  func tooMany() {
    let stage = SmcrouteStage()
    let outcome = stage.smcroute(Array(repeating: "-F", count: 17).joined(separator: " "))
    #expect(outcome.status == 1)
    #expect(outcome.error == "Too many command options\n")
    #expect(stage.sent.isEmpty)
  }

  @Test("Help and version ask nobody", arguments: ["-h", "-v"])
  func alone(_ line: String) {
    let stage = SmcrouteStage()
    stage.attempts = [:]
    let outcome = stage.smcroute(line)
    #expect(outcome.status == 0 && !(outcome.out + outcome.error).isEmpty)
    #expect(stage.pauses == 0)
  }

  // MARK: Which daemon

  @Test("Commands go where a daemon answers, to the old socket first")
  func sockets() {
    let stage = SmcrouteStage()
    stage.attempts = ["/var/run/smcroute": [0], "/run/smcroute.sock": [0]]
    #expect(stage.smcroute("-F") == Self.success)
    stage.attempts = ["/var/run/smcroute": [111], "/run/smcroute.sock": [0]]
    #expect(stage.smcroute("-F") == Self.success)
    stage.attempts = ["/run/smcroute.sock": [0]]
    #expect(stage.smcroute("-F") == Self.success)
    #expect(stage.sent.map(\.path) == ["/var/run/smcroute", "/run/smcroute.sock", "/run/smcroute.sock"])
  }

  @Test(
    "Why the daemon cannot be reached",
    arguments: [
      ([:], "Daemon not running: No such file or directory\n", 29),
      (["/run/smcroute.sock": [111]], "Daemon not running: Connection refused\n", 29),
      (["/var/run/smcroute": [13]], "Need root privileges to connect to daemon: Permission denied\n", 0),
    ] as [([String: [Int32]], String, Int)])
  func unreachable(_ attempts: [String: [Int32]], _ error: String, _ pauses: Int) {
    let stage = SmcrouteStage()
    stage.attempts = attempts
    #expect(stage.smcroute("-F") == .init(status: 1, error: error))
    #expect(stage.pauses == pauses)
  }

  @Test("A daemon that gives no answer is told")
  func noAnswer() {
    let stage = SmcrouteStage()
    stage.answer = { _ in .closed }
    let error = "Sending command(s) ... Daemon error: no answer: Connection reset by peer\n"
    #expect(stage.smcroute("-F") == .init(status: 1, error: error))
  }

  // MARK: Starting the daemon

  @Test("-d becomes the daemon, with the same words")
  func becomes() {
    let stage = SmcrouteStage()
    let outcome = stage.smcroute("-d -n -f /etc/two.conf -L debug")
    #expect(
      stage.started.map(\.words) == [
        ["/usr/sbin/mcastd", "smcroute", "-d", "-n", "-f", "/etc/two.conf", "-L", "debug"]
      ])
    #expect(stage.started.map(\.isReplaced) == [true])
    #expect(
      outcome == .init(status: 1, error: "smcroute: start /usr/sbin/mcastd: permission denied (EACCES)\n"))
  }

  @Test("The daemon is beside the tool, or in the sbin of its tree, or where packages put it")
  func programs() {
    let stage = SmcrouteStage()
    stage.ownFile = "/opt/bin/mcast"
    stage.programs = ["/opt/bin/mcastd", "/opt/bin/../sbin/mcastd", "/usr/sbin/mcastd"]
    for _ in 1...4 {
      _ = stage.smcroute("-d")
      if let program = stage.started.last?.words.first { stage.programs.remove(program) }
    }
    #expect(
      stage.started.map(\.words[0]) == ["/opt/bin/mcastd", "/opt/bin/../sbin/mcastd", "/usr/sbin/mcastd"])
    #expect(stage.smcroute("-d").error.contains("no mcastd to start"))
  }

  @Test("Commands beside -d are sent when the daemon is in the background")
  func startAndSend() {
    let stage = SmcrouteStage()
    stage.attempts = ["/var/run/smcroute": [2, 111, 0]]
    #expect(stage.smcroute("-d -a eth0 10.0.0.10 225.1.2.3 eth1 -j eth0 225.1.2.3") == Self.success)
    #expect(stage.started.map(\.isReplaced) == [false])
    #expect(stage.letters == "aj")
    #expect(stage.pauses == 2)
  }

  @Test(
    "A daemon that does not start is sent nothing",
    arguments: [(Subprocess.Status.exited(69), 69), (.killed(signal: 9), 137)] as [(Subprocess.Status, Int32)]
  )
  func refusedStart(_ end: Subprocess.Status, _ status: Int32) {
    let stage = SmcrouteStage()
    stage.status = end
    #expect(stage.smcroute("-d -F") == .init(status: status))
    #expect(stage.sent.isEmpty)
  }

  @Test("Commands beside -d -n are left out, and that is said")
  func foreground() {
    let stage = SmcrouteStage()
    #expect(stage.smcroute("-d -n -F").error.hasPrefix("smcroute: commands are not sent with -n"))
    #expect(stage.started.map(\.isReplaced) == [true])
    #expect(stage.sent.isEmpty)
  }

  @Test("-d with the words of smcrouted becomes smcrouted")
  func script() {
    let stage = SmcrouteStage()
    _ = stage.smcroute("-d -i two -l debug")
    #expect(stage.started.map(\.words) == [["/usr/sbin/mcastd", "smcrouted", "-i", "two", "-l", "debug"]])
  }
}

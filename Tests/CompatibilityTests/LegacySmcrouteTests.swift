import Compatibility
import Testing

@Suite("The command line of smcroute before 2.3")
struct LegacySmcrouteTests {
  private func read(_ line: String) -> LegacySmcroute {
    LegacySmcroute(line.split(separator: " ").map(String.init))
  }

  private func text(_ messages: [SmcrouteMessage]) -> String {
    messages.map { message in
      ([String(Unicode.Scalar(message.command))] + message.arguments).joined(separator: " ")
    }.joined(separator: "; ")
  }

  private func daemon(_ line: String) -> SmcroutedSettings? {
    guard case .daemon(let settings, _) = read(line) else { return nil }
    return settings
  }

  @Test(
    "Commands are cut at words that begin with a hyphen, whose second letter counts",
    arguments: [
      ("-k", "k"), ("-F", "F"), ("-a eth0 10.0.0.1 225.1.2.3 eth1", "a eth0 10.0.0.1 225.1.2.3 eth1"),
      ("-add eth0 10.0.0.1 225.1.2.3 eth1 eth2", "a eth0 10.0.0.1 225.1.2.3 eth1 eth2"),
      ("-a eth0 0.0.0.0 225.1.2.3 eth1", "a eth0 0.0.0.0 225.1.2.3 eth1"),
      ("-r eth0 10.0.0.1 225.1.2.3", "r eth0 10.0.0.1 225.1.2.3"),
      ("-r eth0 10.0.0.1 225.1.2.3 eth1 eth2", "r eth0 10.0.0.1 225.1.2.3 eth1 eth2"),
      ("-j eth0 225.1.2.3", "j eth0 225.1.2.3"), ("-l eth0 225.1.2.3", "l eth0 225.1.2.3"),
      ("-x eth0 10.0.0.1 232.1.1.1", "x eth0 10.0.0.1 232.1.1.1"),
      ("-y eth0 10.0.0.1 232.1.1.1", "y eth0 10.0.0.1 232.1.1.1"),
      ("-a eth0 fc00::1 ff05::1 eth1 -j eth1 ff05::1 -k", "a eth0 fc00::1 ff05::1 eth1; j eth1 ff05::1; k"),
      ("-f /tmp/x -j eth0 225.1.2.3", "j eth0 225.1.2.3"),
      // The script of 2.4.2 and later.
      ("-a eth0 225.1.2.3 eth1", "a eth0 225.1.2.3 eth1"),
      ("-a eth0 225.1.0.0/16 eth1", "a eth0 225.1.0.0/16 eth1"),
      ("-r eth0 225.1.2.3", "r eth0 225.1.2.3"), ("-r eth0 ff05::1", "r eth0 ff05::1"),
      ("-j eth0 10.0.0.1 232.1.1.1", "j eth0 10.0.0.1 232.1.1.1"),
      ("-l eth0 10.0.0.1 232.1.1.1", "l eth0 10.0.0.1 232.1.1.1"),
    ])
  func commands(_ line: String, _ messages: String) {
    guard case .client(let sent) = read(line) else {
      Issue.record("\(line) is no client")
      return
    }
    #expect(text(sent) == messages)
  }

  @Test(
    "A wrong count, an unknown option, a word before the first: usage on standard output, exit 1",
    arguments: [
      "", "eth0", "eth0 -k", "-", "-Q", "-k now", "-a", "-a eth0 10.0.0.1 225.1.2.3", "-a eth0 225.1.2.3",
      "-r eth0 10.0.0.1", "-r eth0", "-j eth0", "-j eth0 10.0.0.1 232.1.1.1 x", "-l eth0",
      "-x eth0 232.1.1.1",
      "-x eth0 10.0.0.1 232.1.1.1 x", "-y eth0", "-F now", "-n now", "-f", "-f a b", "-L", "-D x", "-N x",
      "-s x", "-e", "-c", "-p", "-h x", "-v x", "-n", "-f /tmp/x", "-k -a eth0",
    ])
  func misuse(_ line: String) {
    guard case .end(let result) = read(line) else {
      Issue.record("\(line) is done")
      return
    }
    #expect(result.exitCode == 1 && result.complaint.isEmpty)
    #expect(result.output.hasPrefix("Usage:\n  smcroute "))
  }

  @Test("Sixteen commands are sent, a seventeenth is one too many")
  func sixteen() {
    let sixteen = Array(repeating: "-j eth0 225.1.2.3", count: 16).joined(separator: " ")
    guard case .client(let messages) = read(sixteen) else {
      Issue.record("sixteen are refused")
      return
    }
    #expect(messages.count == 16)
    guard case .end(let result) = read("\(sixteen) -k") else {
      Issue.record("seventeen are sent")
      return
    }
    #expect(result.exitCode == 1 && result.complaint == "Too many command options\n")
    #expect(result.output.hasPrefix("Usage:\n"))
  }

  @Test("Help goes to standard output and the version to standard error, as in 2.1 and 2.2")
  func help() {
    guard case .end(let help) = read("-h -Q"), case .end(let version) = read("-v") else {
      Issue.record("help is no end")
      return
    }
    #expect(help.exitCode == 0 && help.output.hasPrefix("Usage:\n") && help.complaint.isEmpty)
    #expect(version.exitCode == 0 && version.complaint.hasPrefix("SMCRoute version 2.2.2 "))
    #expect(version.output.isEmpty)
  }

  @Test("The daemon of -d has the files and defaults of 2.2")
  func daemonDefaults() throws {
    let settings = try #require(daemon("-d"))
    #expect(settings.dialect == .legacy)
    #expect(settings.configurationFile == "/etc/smcroute.conf")
    #expect(settings.pidFile == "/var/run/smcroute.pid")
    #expect(settings.legacySocket == "/var/run/smcroute" && settings.socket == "/run/smcroute.sock")
    #expect(settings.expirySeconds == 0 && settings.level == .notice && !settings.staysInForeground)
    #expect(daemon("-d some words") == settings)
  }

  @Test("The daemon takes the options of every version before 2.3")
  func daemonOptions() throws {
    let settings = try #require(
      daemon("-d -n -N -s -f /tmp/c -L err -e /bin/hook -c 30 -p nobody:nogroup"))
    #expect(settings.staysInForeground && settings.takesNamedOnly && settings.usesSyslog)
    #expect(
      settings.configurationFile == "/tmp/c" && settings.hook == "/bin/hook" && settings.level == .error)
    #expect(settings.expirySeconds == 30 && settings.user == "nobody:nogroup")
    #expect(try #require(daemon("-d -D")).level == .debug)
    #expect(try #require(daemon("-n -d")).staysInForeground)
    let odd = try #require(daemon("-d -L bogus"))
    #expect(odd.level == .notice && odd.warnings == ["smcroute: -L bogus is no level; it stays at notice"])
  }

  @Test("Commands of the daemon's line follow when it is ready, as in 0.9x")
  func daemonWithCommands() {
    guard case .daemon(_, let commands) = read("-d -a eth0 10.0.0.1 225.1.2.3 eth1 -j eth0 225.1.2.3") else {
      Issue.record("no daemon")
      return
    }
    #expect(text(commands) == "a eth0 10.0.0.1 225.1.2.3 eth1; j eth0 225.1.2.3")
  }

  @Test(
    "What only smcrouted understands behind -d goes to it, as the script had it",
    arguments: [
      ("-d -n -l debug", ["-n", "-l", "debug"]), ("-d -t 200 -u /tmp/s", ["-t", "200", "-u", "/tmp/s"]),
      ("-d -F /tmp/c", ["-F", "/tmp/c"]), ("-d -nsN", nil), ("-d -m 30", ["-m", "30"]),
      ("-d -I blue -P mine", ["-I", "blue", "-P", "mine"]), ("-n -d -t 200", nil), ("-d -Q", nil),
      ("-d -h", nil), ("-d -m 999", nil),
    ] as [(String, [String]?)])
  func script(_ line: String, _ words: [String]?) {
    guard case .smcrouted(let passed) = read(line) else {
      #expect(words == nil)
      return
    }
    #expect(passed == words)
  }

  @Test("The client looks where the old daemon is, then where the new one is")
  func sockets() {
    #expect(LegacySmcroute.sockets == ["/var/run/smcroute", "/run/smcroute.sock"])
  }
}

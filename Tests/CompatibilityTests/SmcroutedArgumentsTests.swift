import Compatibility
import Testing

@Suite("The command line of smcrouted")
struct SmcroutedArgumentsTests {
  private func read(_ line: String) -> SmcroutedArguments {
    SmcroutedArguments(line.split(separator: " ").map(String.init))
  }

  private func settings(_ line: String) throws -> SmcroutedSettings {
    guard case .run(let settings) = read(line) else {
      Issue.record("\(line) does not run")
      return SmcroutedSettings()
    }
    return settings
  }

  private func result(_ line: String) -> ProgramResult? {
    guard case .end(let result) = read(line) else { return nil }
    return result
  }

  @Test("Without options everything has the default of 2.5 and 2.6")
  func defaults() throws {
    var expected = SmcroutedSettings()
    expected.configurationFile = "/etc/smcroute.conf"
    expected.pidFile = "/run/smcroute.pid"
    expected.socket = "/run/smcroute.sock"
    expected.expirySeconds = 60
    expected.announceSeconds = 20
    expected.level = .notice
    expected.table = 0
    #expect(try settings("") == expected)
    #expect(try settings("some words") == expected, "words that are no options mean nothing")
  }

  @Test("Every option is read, combined and attached too")
  func all() throws {
    let read = try settings(
      "-nNs -c5 -d 3 -D 9 -e /bin/hook -f /tmp/c.conf -i blue -l debug -m 4 -p nobody:nogroup -P mine "
        + "-t 200 -u /tmp/s")
    #expect(read.staysInForeground && read.takesNamedOnly && read.usesSyslog)
    #expect(read.expirySeconds == 5 && read.startDelaySeconds == 3 && read.exitDelaySeconds == 9)
    #expect(read.hook == "/bin/hook" && read.configurationFile == "/tmp/c.conf" && read.identity == "blue")
    #expect(read.level == .debug && read.announceSeconds == 4 && read.user == "nobody:nogroup")
    #expect(read.pidFile == "/run/mine.pid" && read.table == 200 && read.socket == "/tmp/s")
    #expect(read.dialect == .current && read.legacySocket == nil && read.warnings.isEmpty)
  }

  @Test("The name gives the files their names, wherever it stands")
  func identity() throws {
    for line in ["-i blue", "-I blue", "-n -i blue"] {
      let read = try settings(line)
      #expect(read.configurationFile == "/etc/blue.conf")
      #expect(read.pidFile == "/run/blue.pid")
      #expect(read.socket == "/run/blue.sock")
    }
    #expect(try settings("-f /c -i blue").configurationFile == "/c")
    #expect(try settings("-P /var/x").pidFile == "/var/x")
  }

  @Test(
    "Numbers are read as atoi reads them; what is none is taken with a warning",
    arguments: [
      ("-c 0", 0, 0), ("-c 7", 7, 0), ("-c abc", 0, 1), ("-c 9x", 9, 1), ("-c -5", 0, 1), ("-c +8", 8, 0),
      ("-c 99999999999", UInt32(Int32.max), 1),
    ])
  func numbers(_ line: String, _ seconds: UInt32, _ warnings: Int) throws {
    let read = try settings(line)
    #expect(read.expirySeconds == seconds)
    #expect(read.warnings.count == warnings)
    #expect(read.warnings.allSatisfy { $0.hasPrefix("smcrouted: -c ") && !$0.hasSuffix("\n") })
  }

  @Test("An exit delay of 0 is none")
  func exitDelay() throws { #expect(try settings("-D 0").exitDelaySeconds == nil) }

  @Test("The announcement interval is 4 to 180 seconds", arguments: ["3", "181", "x", "-1", ""])
  func announceInterval(_ value: String) throws {
    let text = "smcrouted: Invalid mrdisc announcement interval, 4-180.\n"
    let read = SmcroutedArguments(["-m", value])
    #expect(read == .end(ProgramResult(complaint: text, exitCode: 1)))
    #expect(try settings("-m 4").announceSeconds == 4)
    #expect(try settings("-m 180").announceSeconds == 180)
  }

  @Test("A negative table and a wrong option end with the usage and 64")
  func usage() throws {
    let help = try #require(result("-h"))
    #expect(help.exitCode == 0 && help.complaint.isEmpty)
    #expect(help.output.hasPrefix("Usage:\n  smcrouted [-hnNsv] [-c SEC] [-d SEC] "))
    #expect(result("-t -1") == ProgramResult(output: help.output, exitCode: 64))
    #expect(
      result("-Q")
        == ProgramResult(output: help.output, complaint: "smcrouted: invalid option -- 'Q'\n", exitCode: 64))
    #expect(
      result("-n -c")
        == ProgramResult(
          output: help.output, complaint: "smcrouted: option requires an argument -- 'c'\n", exitCode: 64))
    #expect(result("-S")?.exitCode == 64, "there is no such option")
    for line in help.output.split(separator: "\n") where line.hasPrefix("  -") {
      let text = line.dropFirst(18)
      #expect(text.first != " " && line.dropFirst(17).first == " ", "text from column 19: \(line)")
    }
    for letter in "cdDefFhilmnNpPstuv" { #expect(help.output.contains("\n  -\(letter) ")) }
  }

  @Test("What comes first decides")
  func order() {
    #expect(result("-h -Q")?.exitCode == 0)
    #expect(result("-Q -h")?.exitCode == 64)
    #expect(result("-m 1 -h")?.exitCode == 1)
    #expect(result("-v")?.output.hasPrefix("SMCRoute v2.") == true)
    #expect(result("-v")?.exitCode == 0)
  }

  @Test("Verifying is told from running, and says more unless told otherwise")
  func verify() {
    guard case .verify("/tmp/x", let settings) = read("-F /tmp/x"),
      case .verify("/tmp/x", let quiet) = read("-l err -F /tmp/x -N")
    else {
      Issue.record("-F runs the daemon")
      return
    }
    #expect(settings.level == .info)
    #expect(quiet.level == .error && quiet.takesNamedOnly)
  }

  @Test(
    "Levels are numbers or the beginnings of names",
    arguments: [
      ("none", SmcrouteLevel.none), ("0", .emergency), ("7", .debug), ("3", .error), ("err", .error),
      ("e", .emergency), ("er", .error), ("ERROR", .error), ("crit", .critical), ("emerg", .emergency),
      ("panic", .emergency), ("warn", .warning), ("warning", .warning), ("w", .warning), ("notice", .notice),
      ("noti", .notice), ("info", .info), ("information", .info), ("debug", .debug), ("alert", .alert),
    ])
  func levels(_ text: String, _ level: SmcrouteLevel) throws {
    #expect(SmcrouteLevel(text) == level)
    #expect(try settings("-l \(text)").level == level)
  }

  @Test("A level that is none is warned of, and stays at notice", arguments: ["bogus", "8", "-1", "x1"])
  func badLevel(_ text: String) throws {
    #expect(SmcrouteLevel(text) == nil)
    let read = SmcroutedArguments(["-l", text])
    guard case .run(let settings) = read else {
      Issue.record("it does not run")
      return
    }
    #expect(settings.level == .notice)
    #expect(settings.warnings == ["smcrouted: -l \(text) is no level; it stays at notice"])
  }

  @Test("Level none shows nothing")
  func native() {
    #expect(SmcrouteLevel.none.native == nil)
    #expect(SmcrouteLevel.critical.native == nil)
    #expect(SmcrouteLevel.error.native == "error")
    #expect(SmcrouteLevel.notice.native == "notice")
    #expect(SmcrouteLevel.debug.native == "debug")
  }
}

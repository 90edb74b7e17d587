import Compatibility
import Configuration
import Testing

@Suite("The command line of mrouted")
struct MroutedArgumentsTests {
  private func read(_ line: String, compat: String? = nil) -> MroutedArguments {
    MroutedArguments(
      line.split(separator: " ").map(String.init), MroutedArguments.Wishes(vintage: compat))
  }

  private func settings(_ line: String, compat: String? = nil) throws -> MroutedSettings {
    guard case .run(let settings) = read(line, compat: compat) else {
      Issue.record("\(line) does not run")
      return MroutedSettings()
    }
    return settings
  }

  private func result(_ line: String, compat: String? = nil) -> ProgramResult? {
    guard case .end(let result) = read(line, compat: compat) else { return nil }
    return result
  }

  // MARK: 3.9.8

  @Test("Without a word 3.9.8 has its files and waits for nothing")
  func olderDefaults() throws {
    let read = try settings("", compat: "3")
    var expected = MroutedSettings()
    expected.vintage = .older
    #expect(read == expected)
    #expect(read.configurationFile == "/etc/mrouted.conf" && read.pidFile == "/var/run/mrouted.pid")
    #expect(read.dumpFile == "/var/run/mrouted/mrouted.dump")
    #expect(read.cacheFile == "/var/run/mrouted/mrouted.cache")
    #expect(read.generationFiles == ["/var/run/mrouted/mrouted.genid"])
    #expect(read.generationText(7) == "7")
    #expect(read.startupDelaySeconds == 0 && !read.staysInForeground && read.debug == nil)
  }

  @Test("Every option of 3.9.8 is read, short and long")
  func olderOptions() throws {
    for line in [
      "-c /c -f -M -N -D 9", "-fMNc/c -D9", "--config=/c --foreground --missing-ok --no-interfaces -D 9",
      "--config /c -f --missing --no-intefaces --startup-delay=9",
    ] {
      let read = try settings(line)
      #expect(read.vintage == .older, "\(line)")
      #expect(read.configurationFile == "/c" && read.staysInForeground, "\(line)")
      #expect(read.toleratesMissing && read.takesNamedOnly && read.startupDelaySeconds == 9, "\(line)")
    }
  }

  @Test("-d of 3.9.8 has words only where they are attached, and stays in the foreground")
  func olderDebug() throws {
    let usual = try settings("-c /c -d")
    #expect(usual.debug == .usual && usual.debug?.rawValue == 0x02de && usual.staysInForeground)
    #expect(
      usual.debug?.startLine
        == "debug level 0x2de (pruning,routing,peers,cache,interface,membership,igmp)")
    #expect(try settings("-c /c -digmp,route_d").debug == [.igmp, .routeDetail])
    #expect(try settings("-c /c --debug=peers").debug == [.neighbors])
    #expect(try settings("-c /c -d3").debug == .all)
    let refused = try #require(result("-c /c -dbogus"))
    #expect(refused.exitCode == 1 && refused.complaint.hasPrefix("usage: mrouted"))
    #expect(refused.output.isEmpty)
  }

  @Test(
    "What 3.9.8 refuses, and its help, is usage on standard error with status 1",
    arguments: ["-h", "--help", "word", "-x", "-c", "--bogus", "-dbogus"])
  func olderUsage(_ line: String) throws {
    let ended = try #require(result(line, compat: "3"))
    #expect(ended.exitCode == 1 && ended.output.isEmpty)
    #expect(ended.complaint.contains("usage: mrouted"))
  }

  @Test("The version of 3.9.8, -p and -r")
  func olderRest() throws {
    #expect(result("-v", compat: "3") == ProgramResult(output: "mrouted version 3.9.8\n", exitCode: 0))
    #expect(
      try settings("-p", compat: "3").warnings == ["mrouted: Disabling pruning is no longer supported."])
    for line in ["-r", "--show-routes", "-c /c -r"] {
      guard case .showDump(let settings) = read(line) else {
        Issue.record("\(line) shows nothing")
        continue
      }
      #expect(settings.vintage == .older && settings.pidFile == "/var/run/mrouted.pid")
    }
    guard case .showDump(let named) = read("-r -i blue") else {
      Issue.record("-r -i shows nothing")
      return
    }
    #expect(named.pidFile == "/var/run/blue.pid" && named.dumpFile == "/var/run/blue/blue.dump")
  }

  @Test("A terminal is shown what is wrong by 3.9.8, everything with -d; 4.x and syslog get notices")
  func levels() throws {
    #expect(try settings("-f", compat: "3").level.native == "warning")
    #expect(try settings("", compat: "3").level.native == "notice")
    #expect(try settings("-d", compat: "3").level.native == "debug")
    #expect(try settings("-n").level.native == "notice")
    #expect(try settings("-n -d all").level.native == "debug")
    #expect(try settings("-n -d all -l info").level.native == "info")
  }

  // MARK: 4.x

  @Test("Without a word 4.x has its files and waits for nothing")
  func currentDefaults() throws {
    let read = try settings("")
    #expect(read == MroutedSettings())
    #expect(read.vintage == .current && read.level == .notice && read.table == 0)
    #expect(read.socket == "/var/run/mrouted.sock")
    #expect(read.generationFiles == ["/var/lib/mrouted.genid", "/var/lib/misc/mrouted.genid"])
    #expect(read.generationText(7) == "7\n")
  }

  @Test("Every option of 4.x is read, short and long")
  func currentOptions() throws {
    for line in [
      "-d igmp -f /c -i blue -l info -n -p mine -s -t 7 -u /s -w 9",
      "-nsdigmp -f/c -iblue -linfo -pmine -t7 -u/s -w9",
      "--debug=igmp --config=/c --ident=blue --loglevel=info --foreground --pidfile=mine --syslog "
        + "--table-id=7 "
        + "--ipc=/s --startup-delay=9",
      "--debug=igmp --config /c --ident blue --loglevel INF --foreground --pidfile mine --syslog "
        + "--table-id 7 "
        + "--ipc /s --startup-delay 9",
    ] {
      let read = try settings(line)
      #expect(read.vintage == .current && read.debug == [.igmp] && read.configurationFile == "/c", "\(line)")
      #expect(read.identity == "blue" && read.level.native == "info" && read.staysInForeground, "\(line)")
      #expect(read.pidFile == "/var/run/mine.pid" && read.usesSyslog && read.table == 7, "\(line)")
      #expect(read.socket == "/s" && read.startupDelaySeconds == 9, "\(line)")
    }
  }

  @Test("The identity gives the files their names, wherever it stands")
  func identity() throws {
    for line in ["-i blue -n", "-n -i blue"] {
      let read = try settings(line)
      #expect(read.configurationFile == "/etc/blue.conf" && read.pidFile == "/var/run/blue.pid")
      #expect(read.socket == "/var/run/blue.sock" && read.dumpFile == "/var/run/blue/blue.dump")
      #expect(read.generationFiles.last == "/var/lib/misc/blue.genid")
    }
    #expect(try settings("-p /x -n -i blue").pidFile == "/x")
    #expect(try settings("-f /c -u /s -i blue").configurationFile == "/c")
  }

  @Test("-d ? and -l ? list their words")
  func lists() {
    let debug = """
        packet, pruning, routing, route-detail, neighbors, kernel, cache, interface,\u{20}
        membership, traceroute, igmp, icmp, all,

      """
    #expect(result("-d ?") == ProgramResult(output: debug, exitCode: 0))
    #expect(
      result("-l ?")
        == ProgramResult(
          output: "none, crit, alert, panic, error, warning, notice, info, debug\n", exitCode: 0))
  }

  @Test(
    "What 4.x refuses is usage on standard output with status 1",
    arguments: [
      ("-n word", ""), ("-n -x", "mrouted: invalid option -- 'x'\n"),
      ("-n -f", "mrouted: option requires an argument -- 'f'\n"),
      ("-n -d nosuch", "Unknown debug level: nosuch\n"), ("-t 1000000000", "Table ID too large!\n"),
      ("-t 99999999999", "Table ID too large!\n"), ("-t -1", "Table ID too large!\n"),
      ("-n --bogus", "mrouted: unrecognized option '--bogus'\n"),
    ])
  func currentUsage(_ line: String, _ complaint: String) throws {
    let ended = try #require(result(line))
    #expect(ended.exitCode == 1 && ended.output.hasPrefix("Usage: mrouted"))
    #expect(ended.complaint == complaint + "\nValid debug subsystems:\n")
  }

  @Test("The help and version of 4.x have status 0", arguments: ["-h", "--help", "-n -h"])
  func currentHelp(_ line: String) throws {
    #expect(try #require(result(line)).exitCode == 0)
    #expect(result("-v") == ProgramResult(output: "mrouted version 4.6\n", exitCode: 0))
  }

  @Test("--debug without a word is no crash but the usual words")
  func debugWithoutWord() throws {
    let read = try settings("-n --debug")
    #expect(read.debug == .usual && read.staysInForeground)
  }

  @Test("The highest table is taken")
  func table() throws { #expect(try settings("-t 999999999").table == 999_999_999) }

  // MARK: Which of the two

  @Test(
    "The vintage follows from letters, then from the words behind -f, -p and -d",
    arguments: [
      // Letters that one of them has.
      ("-c x", "3"), ("-D 5", "3"), ("-M", "3"), ("-N", "3"), ("-r", "3"), ("-fN", "3"), ("-f -c x", "3"),
      ("-i x", "4"), ("-l info", "4"), ("-n", "4"), ("-s", "4"), ("-t 1", "4"), ("-u x", "4"), ("-w 1", "4"),
      ("-i x -D 5", "4"), ("-D 5 -n", "4"), ("-n -N", "4"), ("-c n", "3"), ("-cn", "3"), ("-i M", "4"),
      ("--missing-ok", "3"), ("--show-routes", "3"), ("--ident=x", "4"), ("--loglevel info", "4"),
      ("--syslog", "4"), ("--no-in", "3"),
      // A word behind.
      ("-f x", "4"), ("-p x", "4"), ("-d igmp", "4"), ("-f x -p y", "4"), ("-f -p x", "4"),
      // Nothing, or more letters.
      ("-f", "3"), ("-p", "3"), ("-d", "3"), ("-f -d", "3"), ("-fp", "3"), ("-pf", "3"), ("-fh", "3"),
      ("-fv", "3"), ("-fc x", "3"), ("-fc", "4"), ("-f/etc/x", "4"), ("-fx.conf", "4"), ("-p/run/x", "4"),
      // Nothing decides.
      ("", "4"), ("-v", "4"), ("-h", "4"), ("-digmp", "4"), ("--config=x", "4"), ("--foreground", "4"),
      ("--config x", "4"), ("--startup-delay 5", "4"), ("-- -c", "4"),
    ])
  func vintages(_ line: String, _ vintage: String) {
    let words = line.split(separator: " ").map(String.init)
    // Seen by what only one of them says: the version, before anything else is read.
    let version = MroutedArguments(["-v"] + words)
    let expected = vintage == "3" ? "mrouted version 3.9.8\n" : "mrouted version 4.6\n"
    #expect(version == .end(ProgramResult(output: expected, exitCode: 0)), "mrouted \(line)")
  }

  @Test("MROUTED_COMPAT decides before everything else")
  func override() throws {
    #expect(result("-v -n", compat: "3")?.output == "mrouted version 3.9.8\n")
    #expect(result("-v -N", compat: "4")?.output == "mrouted version 4.6\n")
    #expect(result("-v -N", compat: "x")?.output == "mrouted version 3.9.8\n")
    #expect(try settings("-f", compat: "3").staysInForeground)
  }

  @Test("Letters of 3.9.8 work beside those of 4.x")
  func both() throws {
    let read = try settings("-n -c /c -D 5 -N -M")
    #expect(read.vintage == .current && read.configurationFile == "/c" && read.startupDelaySeconds == 5)
    #expect(read.takesNamedOnly && read.toleratesMissing)
  }

  @Test("MROUTED_DUMP=program chooses the program's columns")
  func dumpLayout() {
    guard case .run(let settings) = MroutedArguments([], MroutedArguments.Wishes(dump: "program")) else {
      Issue.record("it does not run")
      return
    }
    #expect(settings.dumpLayout == .program && MroutedSettings().dumpLayout == .manual)
  }

  // MARK: Words

  static let subsystems: [(String, MroutedDebug)] = [
    ("pa", MroutedDebug.packet), ("pkt", .packet), ("p", .pruning), ("prunes", .pruning), ("r", .routing),
    ("route", .routing), ("route-", .routeDetail), ("rt", .routeDetail), ("n", .neighbors),
    ("pe", .neighbors), ("ke", .kernel), ("c", .cache), ("ti", .timeout), ("in", .interface),
    ("v", .interface), ("m", .membership), ("g", .membership), ("tr", .traceroute), ("mt", .traceroute),
    ("i", .igmp), ("ic", .icmp), ("a", .all), ("3", .all), ("none", []), ("", []),
    ("igmp,,pa", [.igmp, .packet]),
  ]

  @Test("A debug word is known by its least letters, in the order of the list", arguments: subsystems)
  func debugWords(_ word: String, _ meaning: MroutedDebug) throws {
    #expect(try MroutedDebug(word, .current) == meaning)
  }

  @Test("Too few letters, and other words, are unknown", arguments: ["k", "t", "x", "igmpx", "IGMP"])
  func unknownDebugWords(_ word: String) {
    #expect(throws: MroutedDebug.Unknown(word: word)) { try MroutedDebug(word, .current) }
  }

  @Test("What is wanted is listed in the order of the list")
  func debugText() {
    #expect(([] as MroutedDebug).text == "none")
    #expect(([.igmp, .packet] as MroutedDebug).text == "packet, igmp")
    #expect(MroutedDebug.all.text == "all")
  }

  @Test(
    "A level is the beginning of its name in either case, or a number",
    arguments: [
      ("none", -1), ("crit", 2), ("alert", 1), ("panic", 0), ("err", 3), ("ERROR", 3), ("w", 4),
      ("notice", 5),
      ("Info", 6), ("debug", 7), ("6", 6), ("99", 7),
    ])
  func levelWords(_ word: String, _ number: Int) {
    #expect(MroutedLevel(word)?.number == number)
  }

  @Test("Other words are no level; -l then stays at notice and says so")
  func unknownLevel() throws {
    #expect(MroutedLevel("bogus") == nil && MroutedLevel("") == nil)
    let read = try settings("-n -l bogus")
    #expect(read.level == .notice && read.warnings == ["mrouted: -l bogus is no level; it stays at notice"])
  }
}

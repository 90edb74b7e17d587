import Compatibility
import Configuration
import Control
import Diagnostics
import Forwarding
import Foundation
import LinuxKernel
import Testing
import Timing

@testable import Daemon

@Suite("The daemon under SMCRoute's names")
struct SmcroutePersonalityTests {
  private func settings(_ line: String) throws -> SmcroutedSettings {
    let words = line.split(separator: " ").map(String.init)
    guard case .run(let settings) = SmcroutedArguments(words) else { throw Refused() }
    return settings
  }

  struct Refused: Error {}

  @Test("The options of smcrouted become ours, and what they state beside the file")
  func options() throws {
    let settings = try settings("-n -i red -f c.conf -c 5 -m 30 -t 7 -e /bin/hook -l debug -P /p -u s")
    let options = Options(settings, user: nil).absolute(in: "/home")
    #expect(options.isForeground && options.isPrivileged)
    #expect(options.identity == "red" && options.table == 7 && options.logLevel == "debug")
    #expect(options.configPath == "/home/c.conf" && options.pidPath == "/p")
    #expect(options.personality.smcrouteSockets == ["/home/s"])
    #expect(options.controlPath(stated: nil) == "/home/s.mcast")
    var configuration = Configuration()
    options.personality.complete(&configuration)
    #expect(configuration.hook == "/bin/hook" && configuration.discovery.interval == 30)
    #expect(configuration.cache.idleMilliseconds == 5000 && configuration.table.id == 7)
    #expect(configuration.table.split == .off && !configuration.table.selectsByRule)
  }

  @Test("Without options the names of the files follow the identity")
  func names() throws {
    let options = Options(try settings("-i blue"), user: nil)
    #expect(options.configPath == "/etc/blue.conf" && options.pidPath == "/run/blue.pid")
    #expect(options.personality.smcrouteSockets == ["/run/blue.sock"])
    #expect(options.controlPath(stated: nil) == "/run/mcast/blue/control.sock")
    #expect(options.personality.voice == .smcroute && options.personality.logsToSystem)
    #expect(Options().personality.voice == .native)
  }

  @Test("smcroute -d listens where its clients and the later ones look")
  func legacy() throws {
    guard case .daemon(let settings, _) = LegacySmcroute(["-d", "-n"]) else { throw Refused() }
    let options = Options(settings, user: nil)
    #expect(options.personality.smcrouteSockets == ["/run/smcroute.sock", "/var/run/smcroute"])
    #expect(options.pidPath == "/var/run/smcroute.pid")
  }

  @Test(
    "A level of SMCRoute is ours, and none is none",
    arguments: [
      ("none", nil), ("crit", nil), ("err", Notice.Level.error), ("warn", .warning), ("notice", .notice),
      ("inf", .info), ("7", .debug),
    ] as [(String, Notice.Level?)])
  func level(word: String, level: Notice.Level?) throws {
    let options = Options(try settings("-l \(word)"), user: nil)
    #expect(options.level(stated: "debug") == level)
    #expect(Log(.terminal, level: level).level == level)
    #expect(Log(.terminal, level: level).wants(.error) == (level != nil))
  }

  @Test("Our own log cannot be silenced")
  func silentLevelIsNoOption() {
    guard case .refused = Options.parse(["--log", Options.silent]) else {
      Issue.record("accepted")
      return
    }
  }
}

@Suite("SMCRoute's words in the log")
struct VoiceTests {
  private let voice = Voice.smcroute

  @Test("A life at the default level has the lines that scripts look for, in their order")
  func life() {
    let events: [LifeEvent] = [
      .begins, .fileMissing("/etc/smcroute.conf"), .waits(seconds: 3), .ready(milliseconds: 2), .reloads,
      .reloaded, .stops(reason: "SIGTERM"), .stopped,
    ]
    let said = events.flatMap { voice.lines($0) }.filter { $0.level <= .notice }.map(\.text)
    #expect(
      said == [
        SmcrouteVersion.hello, "Configuration file /etc/smcroute.conf does not exist",
        "Continuing anyway, waiting for client to connect.",
        "Ready, waiting for client request or kernel event.", "Reloading configuration, please wait ...",
        "Ready, waiting for client request or kernel event.", "Exiting.",
      ])
    #expect(
      voice.lines(.waits(seconds: 3)) == [
        LogLine(.info, "Startup delay requested, waiting 3 sec before continuing.")
      ])
    #expect(voice.lines(.lifetimeOver) == [LogLine(.notice, "Exit delay timer expired.")])
  }

  @Test("A finding is FILE line N: TEXT, and a file with a hard one ends with a line of its own")
  func findings() {
    let source = TextSource(["/c": "bogus eth0\nmroute group 225.1.2.3 to eth1\n"])
    let parsed = parseSmcroute(file: "/c", source: source)
    let lines = voice.lines(parsed.diagnostics)
    #expect(lines.first == LogLine(.warning, "/c line 1: Unknown command bogus, skipping."))
    #expect(lines.last == LogLine(.warning, "Parse error in /c"))
  }

  private func notice(
    _ kind: Notice.Kind, _ change: Notice.Change, _ cause: Notice.RouteFacts.Cause = .rule,
    group: String = "225.1.2.3"
  ) -> Notice {
    var notice = Notice(
      sequence: 1, at: .start, kind: kind, change: change, level: .debug, subject: "(S, G)")
    var facts = Notice.RouteFacts(
      source: "10.0.0.1", group: group, inbound: "eth0", outbound: [], table: 253)
    facts.cause = cause
    facts.vif = 3
    notice.route = facts
    return notice
  }

  @Test("What happens to flows is told in SMCRoute's words, at its levels")
  func flows() {
    #expect(
      voice.line(notice(.upcall, .unmatched, .noRule))
        == LogLine(.info, "Multicast from 10.0.0.1, group 225.1.2.3, on eth0 does not match any (*,G) rule"))
    #expect(
      voice.line(notice(.upcall, .wrongInterface))
        == LogLine(
          .warning, "Multicast from 10.0.0.1, group 225.1.2.3, coming in on wrong VIF 3, iface eth0"))
    #expect(
      voice.line(notice(.upcall, .wrongInterface, group: "ff05::1"))?.text.contains("wrong MIF 3") == true)
    #expect(
      voice.line(notice(.upcall, .move))
        == LogLine(.notice, "Moved (10.0.0.1,225.1.2.3) inbound to eth0 after WRONGVIF"))
    #expect(
      voice.line(notice(.route, .activated))
        == LogLine(.notice, "Activated pending mroute from eth0 group 225.1.2.3"))
    #expect(
      voice.line(notice(.join, .waiting))
        == LogLine(.notice, "mgroup from eth0 group 225.1.2.3 pending: interface not available"))
    #expect(voice.line(notice(.route, .install, .packet)) == nil)
    #expect(Voice.native.line(notice(.upcall, .move)) == nil)
  }

  @Test("What SMCRoute has no words for is told a level below, but for what is wrong")
  func levels() {
    #expect(voice.level(.notice) == .info && voice.level(.info) == .debug)
    #expect(voice.level(.warning) == .warning && Voice.native.level(.notice) == .notice)
  }

  @Test("The hook is told of reloads, and of entries that packets made; with the daemon's environment")
  func hook() throws {
    let contract = HookContract.smcroute(environment: ["HOME=/root"])
    #expect(contract.loaded == HookCall(event: "reload", environment: ["HOME=/root"]))
    for change in [Notice.Change.install, .move] {
      let call = try #require(contract.call(notice(.route, change, .packet)))
      #expect(call.event == "install")
      #expect(call.environment == ["HOME=/root", "source=10.0.0.1", "group=225.1.2.3"])
    }
    #expect(contract.call(notice(.route, .install, .rule)) == nil)
    #expect(contract.call(notice(.route, .install, .noRule)) == nil)
    #expect(contract.call(notice(.route, .remove, .packet)) == nil)
    #expect(contract.call(notice(.configuration, .reload)) == nil)
    #expect(HookContract.native.loaded == nil)
    guard case .smcroute(let environment) = HookContract.smcroute() else { return }
    #expect(environment.contains { $0.hasPrefix("PATH=") })
    #expect(!environment.contains { $0.hasPrefix("NOTIFY_SOCKET=") || $0.hasPrefix("LISTEN_") })
  }
}

@Suite("The pid file") final class SupervisionTests {
  private let directory = FileManager.default.temporaryDirectory.appending(path: "pid-\(UUID().uuidString)")
  private var path: String { directory.appending(path: "pid").path }

  init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: directory) }

  @Test("It holds the number and a newline, for all to read, is touched by a reload and goes at the end")
  func life() throws {
    let supervision = Supervision(pidPath: path, detachment: nil)
    #expect(supervision.writePID() == nil)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "\(ThisProcess.pid)\n")
    #expect(try Files.inspect(path).mode == 0o644)
    let inode = try Files.inspect(path).identity
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 0)], ofItemAtPath: path)
    #expect(supervision.reloaded("") == nil)
    let date = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    #expect(try #require(date).timeIntervalSinceNow > -60)
    #expect(try Files.inspect(path).identity == inode, "whoever watches the file sees the same one")
    try FileManager.default.removeItem(atPath: path)
    #expect(supervision.reloaded("") == nil)
    #expect(FileManager.default.fileExists(atPath: path))
    supervision.ended()
    #expect(!FileManager.default.fileExists(atPath: path))
    // Who waits for the time of the file must learn that it does not come.
    try FileManager.default.removeItem(at: directory)
    #expect(supervision.reloaded("") != nil)
  }

  @Test("A number of a process that is none of a daemon's names owns nothing")
  func owner() throws {
    try Files.replace(path, with: Array("1\n".utf8))
    #expect(Supervision.owner(of: path) == nil)
    try Files.replace(path, with: Array("\(ThisProcess.pid)\n".utf8))
    #expect(Supervision.owner(of: path) == nil)
  }
}

@Suite("The daemon's own file") final class OwnFileTests {
  private let directory = FileManager.default.temporaryDirectory.appending(path: "own-\(UUID().uuidString)")
  private var path: String { directory.appending(path: "c.conf").path }

  init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: directory) }

  private var options: Options {
    var settings = SmcroutedSettings()
    settings.configurationFile = path
    return Options(settings, user: nil)
  }

  @Test("A missing smcroute.conf is told and no error; its rules would still go by their order")
  func missing() throws {
    let file = OwnFile(options)
    #expect(file.fault == .missing && file.absence(options) == .fileMissing(path))
    #expect(!file.parsed.hasErrors && file.parsed.files.isEmpty)
    #expect(file.parsed.configuration.table.precedence == .stated && !file.parsed.configuration.keepsChanges)
  }

  @Test("A directory is no file, which is told otherwise")
  func unreadable() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let file = OwnFile(options)
    guard case .fileUnreadable(path, reason: let reason)? = file.absence(options) else {
      Issue.record("\(String(describing: file.fault))")
      return
    }
    #expect(reason.contains("directory"))
    #expect(file.fault?.finding(path).severity == .error)
  }

  @Test("A bad line stops nothing")
  func lines() throws {
    try Files.replace(
      path, with: Array("bogus\nmroute group 225.1.2.4\nmroute from eth0 group 225.1.2.3 to eth1\n".utf8))
    let file = OwnFile(options)
    #expect(file.parsed.configuration.routes.count == 1 && !file.parsed.hasErrors && file.fault == nil)
    #expect(file.parsed.diagnostics.count == 2)
  }
}

import Compatibility
import Configuration
import Control
import Testing
import Timing

@testable import Daemon

@Suite("The daemon under mrouted's name")
struct MroutedPersonalityTests {
  private func options(_ line: String) throws -> Options {
    let words = line.split(separator: " ").map(String.init)
    guard case .run(let settings) = MroutedArguments(words) else { throw Refused() }
    return Options(settings)
  }

  struct Refused: Error {}

  @Test("The options of mrouted become ours, and what they state beside the file")
  func meaning() throws {
    let options = try options("-n -i red -f c.conf -t 7 -w 9 -l debug -p /p -u s").absolute(in: "/home")
    #expect(options.isForeground && options.identity == "red" && options.table == 7)
    #expect(options.configPath == "/home/c.conf" && options.pidPath == "/p" && options.logLevel == "debug")
    #expect(options.personality.sockets == ["/home/s"] && options.controlPath(stated: nil) == "/home/s.mcast")
    var configuration = Configuration()
    options.personality.complete(&configuration)
    #expect(configuration.dvmrp.startupDelay == .seconds(9) && configuration.table.id == 7)
    #expect(configuration.table.split == .off && !configuration.table.selectsByRule)
  }

  @Test("Without options the names of the files follow the identity, and the log goes to the system")
  func names() throws {
    let options = try options("-i blue")
    #expect(options.configPath == "/etc/blue.conf" && options.pidPath == "/var/run/blue.pid")
    #expect(options.personality.sockets == ["/var/run/blue.sock"])
    #expect(options.controlPath(stated: nil) == "/run/mcast/blue/control.sock")
    #expect(options.personality.voice == .mrouted(.current) && options.personality.logsToSystem)
    #expect(!(try self.options("-n").personality.logsToSystem))
    #expect(try self.options("-n -s").personality.logsToSystem)
  }

  @Test("The life of the daemon has mrouted's lines")
  func life() {
    let voice = Voice.mrouted(.older)
    #expect(voice.lines(.ready(milliseconds: 3)).first == LogLine(.notice, "mrouted version 3.9.8"))
    #expect(voice.lines(.reloads) == [LogLine(.notice, "mrouted version 3.9.8 restart")])
    #expect(voice.lines(.stopped) == [LogLine(.notice, "mrouted version 3.9.8 exiting")])
    #expect(voice.lines(.fileMissing("/etc/mrouted.conf")).isEmpty)
  }

  private func notice(
    _ kind: Notice.Kind, _ change: Notice.Change, _ level: Notice.Level = .notice, _ subject: String = "x"
  ) -> Notice {
    Notice(sequence: 1, at: .start, kind: kind, change: change, level: level, subject: subject)
  }

  @Test("Neighbors come, stop hearing us and hear us again, in mrouted's words")
  func neighbors() {
    var notices = MroutedNotices(vif: { $0 == "eth1" ? 3 : nil })
    func line(_ change: Notice.Change, _ level: Notice.Level) -> LogLine? {
      var notice = self.notice(.neighbor, change, level)
      notice.address = "10.0.0.2"
      notice.interface = "eth1"
      return notices.line(notice)
    }
    let greeting = LogLine(.notice, "Sending DVMRP probe on eth1 and route report to 10.0.0.2")
    #expect(line(.up, .notice) == greeting)
    #expect(line(.down, .warning) == LogLine(.warning, "Possible one-way peering with 10.0.0.2 on vif 3"))
    #expect(line(.up, .notice) == LogLine(.notice, "Peering with 10.0.0.2 on vif 3 is no longer one-way"))
    #expect(line(.restart, .notice) == greeting)
    #expect(line(.down, .notice) == nil, "it is told in our words")
    #expect(line(.up, .notice) == greeting)
  }

  @Test("An interface keeps the number it had while it is down")
  func interfaces() {
    var numbers: [String: UInt8] = ["eth0": 2]
    var notices = MroutedNotices()
    func line(_ state: String) -> String? {
      let known = numbers
      notices.vif = { known[$0] }
      var notice = self.notice(.interface, .change, .info, "eth0")
      notice.after = state
      return notices.line(notice)?.text
    }
    #expect(line("up") == "eth0 has come up; vif #2 now in service")
    numbers = [:]
    #expect(line("down") == "eth0 has gone down; vif #2 taken out of service")
  }

  @Test("Debug messages are told of the subsystems that are wanted")
  func debug() {
    let notices = MroutedNotices(debug: [.pruning, .interface])
    #expect(notices.wants(.prune) && notices.wants(.interface))
    #expect(!notices.wants(.neighbor) && !notices.wants(.group) && !notices.wants(.route))
  }
}

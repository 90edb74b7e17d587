import Control
import Testing
import Timing

@testable import Daemon

@Suite("Log and hook")
struct LogTests {
  @Test("One kind writes 100 lines at once and 20 a second after, and says what it held back")
  func limiter() {
    var limiter = LogLimiter()
    var written = 0
    for _ in 0..<1_000 where limiter.admit("MC3007", at: .start) == .write { written += 1 }
    #expect(written == 100)
    #expect(limiter.admit("MC3001", at: .start) == .write)
    #expect(limiter.admit("MC3007", at: .start + .milliseconds(10)) == .suppress)
    #expect(limiter.admit("MC3007", at: .start + .seconds(1)) == .writeAfter(suppressed: 901))
    var next = 0
    for _ in 0..<100 where limiter.admit("MC3007", at: .start + .seconds(1)) == .write { next += 1 }
    #expect(next == 19)
  }

  @Test("All kinds together write 200 lines a second, and kinds are bounded")
  func total() {
    var limiter = LogLimiter()
    var written = 0
    for number in 0..<10_000 where limiter.admit("kind \(number)", at: .start) == .write { written += 1 }
    #expect(written == 200)
  }

  @Test("The hook is told of routes, reloads and interfaces, with an environment made from nothing")
  func hook() throws {
    var notice = Notice(
      sequence: 1, at: .start, kind: .route, change: .install, level: .debug, subject: "(10.0.0.1, 239.1.1.1)"
    )
    notice.route = .init(
      source: "10.0.0.1", group: "239.1.1.1", inbound: "eth0", outbound: ["eth1", "eth2"], table: 253)
    let call = try #require(HookCall(notice))
    #expect(call.event == "install")
    #expect(
      call.environment == [
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "MCAST_EVENT=install", "MCAST_SOURCE=10.0.0.1",
        "MCAST_GROUP=239.1.1.1", "MCAST_IIF=eth0", "MCAST_OIFS=eth1 eth2", "MCAST_TABLE=253",
        "source=10.0.0.1", "group=239.1.1.1",
      ])
    notice.kind = .upcall
    #expect(HookCall(notice) == nil)
    notice.kind = .interface
    notice.change = .change
    #expect(HookCall(notice)?.event == "interface")
  }
}

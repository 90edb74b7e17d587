import Configuration
import Control
import Encoding
import Foundation
import LinuxKernel
import Router
import Testing
import Timing

@testable import Daemon

/// A keeper whose end the daemon would not see.
@Suite struct KeeperWatchTests {
  @Test("A keeper that cannot be watched is told of, and the daemon comes up all the same")
  func unwatched() throws {
    // In the keeper's place: asked for what it holds, it says that this was all.
    var ends: [Int32] = [-1, -1]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
    let answer = Array("END=1".utf8)
    try #require(unsafe write(ends[1], answer, answer.count) == answer.count)
    defer { close(ends[1]) }
    unsafe setenv("MCAST_KEEPER", "\(ends[0])", 1)
    let store = try FileDescriptorStore.open("watch-test")
    let loop = try EventLoop()
    let keeper = try #require(store.keeper)
    // The loop takes it once.
    try loop.watch(keeper, as: .init(owner: 99, number: 0))
    let path = NSTemporaryDirectory() + "mcast-watch-\(getpid()).log"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var settings = LogSettings()
    settings.destination = .file(path)
    let log = Log(try LogDestination.chosen(settings, isForeground: false), level: .info)
    let options = Options()
    _ = Daemon(
      options, log, loop: loop, driver: try LinuxDriver(loop: loop),
      control: ControlSockets(
        loop: loop, server: ControlServer(version: "1", pid: 1), log: log, owner: Daemon.controlOwner),
      signals: try SignalQueue([]), supervision: Supervision(pidPath: path, detachment: nil), store: store,
      saved: SavedState(nil), router: Router(seed: 1),
      facts: DaemonFacts(version: "1", pid: 1, identity: "watch", host: "r1", started: Clock.now))
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains("the keeper of the sockets is not watched: "), "\(text)")
    #expect(text.contains("EEXIST"), "\(text)")
  }
}

import Control
import Foundation
import LinuxKernel
import Testing
import Timing

@testable import Daemon

/// Real programs, started and waited for as the daemon does it.
@Suite("The hook", .serialized) final class HookRunnerTests {
  private let loop: EventLoop
  private let runner: HookRunner
  private let directory: URL
  private var ready: [EventLoop.Ready] = []

  init() throws {
    loop = try EventLoop()
    runner = HookRunner(loop: loop, log: Log(.terminal, level: .error))
    directory = FileManager.default.temporaryDirectory.appending(path: "hook-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  private func start(_ body: String) throws {
    let file = directory.appending(path: "hook")
    try "#!/bin/sh\n\(body)\n".write(to: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    runner.path = file.path
    let notice = Notice(
      sequence: 1, at: Clock.now, kind: .configuration, change: .reload, level: .notice, subject: "file")
    // A program that another test starts at this moment holds a copy of the descriptor that wrote the file
    // until it is executed, and the kernel runs no file that is open for writing (ETXTBSY).
    for _ in 0..<100 {
      runner.tell(notice)
      if !runner.isIdle { return }
      loop.wait(until: Clock.now + .milliseconds(20), into: &ready)
    }
  }

  /// Turns the loop, `ahead` of the clock, until `isDone`; the number of turns.
  private func turns(ahead: Duration = .zero, until isDone: () -> Bool) -> Int {
    let end = Clock.now + .seconds(20)
    var count = 0
    while !isDone(), Clock.now < end {
      loop.wait(until: end, into: &ready)
      runner.receive(ready, at: Clock.now + ahead)
      count += 1
    }
    return count
  }

  @Test("One that closes its output and runs on costs no turns of the loop")
  func closedOutput() throws {
    try start("exec >&- 2>&-; sleep 0.3")
    #expect(turns { runner.isIdle } <= 4)
    #expect(runner.isIdle)
  }

  @Test("One that was killed leaves no zombie")
  func killed() throws {
    let note = directory.appending(path: "pid").path
    try start("echo $$ > \(note).new; mv \(note).new \(note); echo up; exec sleep 100")
    _ = turns { FileManager.default.fileExists(atPath: note) }
    let pid = try String(contentsOfFile: note, encoding: .utf8).trimmingCharacters(in: .newlines)
    runner.receive([], at: Clock.now + HookContract.patience + .seconds(1))
    _ = turns(ahead: HookContract.patience + .seconds(1)) { runner.isIdle }
    #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid)"))
  }
}

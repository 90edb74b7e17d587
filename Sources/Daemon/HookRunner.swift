import Control
import Diagnostics
import LinuxKernel
import Timing

/// Starts the hook program for what happens, without ever waiting for it.
///
/// Four run at a time, 64 wait; the oldest of more is dropped and counted. By our own contract each has ten
/// seconds.
final class HookRunner {
  static let owner: UInt32 = 3
  static let runningLimit = 4
  static let waitingLimit = 64
  /// What a program may say into the log.
  static let outputLimit = 4096

  private struct Run {
    let program: Subprocess
    let event: String
    /// Nil: it may take as long as it likes.
    let deadline: Instant?
    var output: [UInt8] = []
    /// Whether more output may come: at its end the pipe would be reported for ever.
    var isOutputOpen = true
    /// Its time was up; it stays listed until the kernel has ended it, so that no zombie is left.
    var isKilled = false
  }

  /// An absolute path; nil: no hook.
  var path: String?
  private let contract: HookContract
  private let loop: EventLoop
  private let log: Log
  private var running: [UInt32: Run] = [:]
  private var waiting: [HookCall] = []
  private var dropped: UInt64 = 0
  private var lastNumber: UInt32 = 0
  private var hasWarned = false

  init(_ contract: HookContract = .native, loop: EventLoop, log: Log) {
    self.contract = contract
    self.loop = loop
    self.log = log
  }

  /// Starts the hook for a notice that it is told of.
  func tell(_ notice: Notice) {
    guard path != nil, let call = contract.call(notice) else { return }
    start(call)
  }

  /// A configuration file was read, and what it states is in force.
  func tellLoaded() {
    guard path != nil, let call = contract.loaded else { return }
    start(call)
  }

  private func start(_ call: HookCall) {
    if waiting.count == HookRunner.waitingLimit {
      waiting.removeFirst()
      dropped += 1
      if dropped == 1 { log.say(.warning, nil, "the hook is slower than what happens: events are dropped") }
    }
    waiting.append(call)
    startWaiting()
  }

  /// Whether no program runs.
  var isIdle: Bool { running.isEmpty }

  var nextDeadline: Instant? { running.values.lazy.filter { !$0.isKilled }.compactMap(\.deadline).min() }

  /// Takes output and ends; kills what runs too long.
  func receive(_ ready: [EventLoop.Ready], at now: Instant) {
    guard !running.isEmpty else { return }
    for entry in ready where entry.token.owner == HookRunner.owner { readOutput(entry.token.number / 2) }
    for number in running.keys.sorted() { settle(number, now) }
    startWaiting()
  }

  /// A program ended, on a kernel that tells it by SIGCHLD.
  func childEnded(at now: Instant) {
    for number in running.keys.sorted() { settle(number, now) }
    startWaiting()
  }

  private func settle(_ number: UInt32, _ now: Instant) {
    guard let run = running[number] else { return }
    guard let status = run.program.poll() else {
      guard !run.isKilled, let deadline = run.deadline, deadline <= now else { return }
      log.say(.warning, nil, "the hook took more than 10 s for \"\(run.event)\" and was killed")
      run.program.kill()
      running[number]?.isKilled = true
      return
    }
    readOutput(number)
    switch status {
    case .exited(0): break
    case .exited(let code): log.say(.warning, nil, "the hook ended with code \(code) for \"\(run.event)\"")
    case .killed where run.isKilled: break
    case .killed(let signal):
      log.say(.warning, nil, "the hook was killed by signal \(signal) for \"\(run.event)\"")
    }
    end(number)
  }

  private func end(_ number: UInt32) {
    guard let run = running.removeValue(forKey: number) else { return }
    loop.forget(run.program.output)
    if let end = run.program.end { loop.forget(end) }
    for line in run.output.split(separator: 0x0a) {
      log.say(contract.outputLevel, nil, "hook: \(String(decoding: line, as: UTF8.self))")
    }
    if waiting.isEmpty, dropped > 0 {
      log.say(.warning, nil, "\(dropped) events were dropped before the hook")
      dropped = 0
    }
  }

  private func readOutput(_ number: UInt32) {
    guard var run = running[number], run.isOutputOpen else { return }
    // A program that floods is read in bounded pieces; what is beyond the limit is thrown away.
    for _ in 0..<16 {
      guard let bytes = run.program.readOutput() else {
        run.isOutputOpen = false
        loop.forget(run.program.output)
        break
      }
      if bytes.isEmpty { break }
      run.output += bytes.prefix(HookRunner.outputLimit - run.output.count)
    }
    running[number] = run
  }

  private func startWaiting() {
    while running.count < HookRunner.runningLimit, let path, !waiting.isEmpty {
      let call = waiting.removeFirst()
      guard mayRun(path) else { return waiting.removeAll() }
      do throws(SystemError) {
        let program = try Subprocess.start(
          path, arguments: [path, call.event], environment: call.environment)
        lastNumber &+= 1
        running[lastNumber] = Run(
          program: program, event: call.event, deadline: contract.patience.map { Clock.now + $0 })
        try loop.watch(program.output, as: .init(owner: HookRunner.owner, number: lastNumber &* 2))
        if let end = program.end {
          try loop.watch(end, as: .init(owner: HookRunner.owner, number: lastNumber &* 2 &+ 1))
        }
      } catch {
        log.say(.warning, .systemCallFailed, "the hook cannot be started: \(error)")
      }
    }
  }

  /// A program that others than root and we could have written is not run; SMCRoute's contract knows no such
  /// rule, so there it is said and no more.
  private func mayRun(_ path: String) -> Bool {
    do throws(SystemError) {
      let file = try Files.inspect(path)
      let isOurs = file.uid == 0 || file.uid == ThisProcess.uid
      if isOurs, file.mode & 0o022 == 0, file.mode & 0o111 != 0 { return true }
      guard contract == .native else {
        warnOnce(path)
        return true
      }
      log.say(
        .error, .writableByOthers, "the hook \(path) is not run",
        hint: "it must be executable, of root, and not writable by others: chmod 755, chown root")
      return false
    } catch {
      log.say(.warning, .systemCallFailed, "the hook is not run: \(error)")
      return false
    }
  }

  private func warnOnce(_ path: String) {
    guard !hasWarned else { return }
    hasWarned = true
    log.say(
      .warning, .writableByOthers, "others than root can write the hook \(path), which runs with our rights",
      hint: "chmod go-w and chown root \(path)")
  }
}

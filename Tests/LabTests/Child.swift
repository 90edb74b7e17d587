import Foundation
import Glibc

/// What a test ran into outside of its expectations; carries the outputs that explain it.
struct LabError: Error, CustomStringConvertible {
  var description: String
}

/// A process beside the test, whose lines can be waited for.
///
/// Two threads drain its outputs, so that it never waits for the test; a third waits for its end.
final class Child: @unchecked Sendable {
  enum Stream { case output, errors }

  let name: String
  let pid: pid_t
  private let input: FileHandle
  private let condition = NSCondition()
  private var lines: [Stream: [String]] = [.output: [], .errors: []]
  private var open = 2
  private var status: Int32?

  init(_ name: String, _ command: [String], environment: [String: String] = [:]) throws {
    self.name = name
    let (inside, outside) = (try Spawn.pipe(), try Spawn.pipe())
    let errors = try Spawn.pipe()
    defer { for end in [inside.read, outside.write, errors.write] { close(end) } }
    pid = try Spawn.start(
      command, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
      descriptors: [inside.read, outside.write, errors.write])
    input = FileHandle(fileDescriptor: inside.write, closeOnDealloc: true)
    for (stream, end) in [(Stream.output, outside.read), (.errors, errors.read)] {
      let handle = FileHandle(fileDescriptor: end, closeOnDealloc: true)
      Thread.detachNewThread { [self] in drain(handle, into: stream) }
    }
    Thread.detachNewThread { [self] in waitForEnd() }
  }

  var isRunning: Bool { condition.withLock { status == nil } }

  /// Every line of the stream so far.
  func seen(_ stream: Stream = .output) -> [String] { condition.withLock { lines[stream] ?? [] } }

  func write(_ text: String) { try? input.write(contentsOf: Data(text.utf8)) }

  func closeInput() { try? input.close() }

  func signal(_ number: Int32) {
    // Under the lock the process is not reaped, so the number is still its own.
    condition.withLock { if status == nil { _ = kill(pid, number) } }
  }

  /// The first line from the `index`-th on that the condition accepts, which may still have to come.
  @discardableResult
  func line(
    _ stream: Stream = .output, from index: Int = 0, within seconds: Double = 10,
    _ what: String = "a line", where accept: (String) -> Bool
  ) throws -> String {
    var next = index
    var found: String?
    try wait(seconds, what) {
      let all = lines[stream] ?? []
      while next < all.count, found == nil {
        if accept(all[next]) { found = all[next] }
        next += 1
      }
      return found != nil
    }
    return found ?? ""
  }

  /// Waits until the condition holds for what has come so far; asked again whenever more comes.
  func wait(until what: String, within seconds: Double = 10, _ holds: ([String]) -> Bool) throws {
    try wait(seconds, what) { holds(lines[.output] ?? []) }
  }

  /// The status it ends with: its exit code, or the negative number of the signal.
  func exit(within seconds: Double = 10) throws -> Int32 {
    try wait(seconds, "its end", evenWhenEnded: true) { status != nil && open == 0 }
    return condition.withLock { status ?? -1 }
  }

  /// Ends it, whatever it does.
  func end() {
    closeInput()
    signal(SIGKILL)
    _ = try? exit(within: 5)
  }

  private func wait(
    _ seconds: Double, _ what: String, evenWhenEnded: Bool = false, _ holds: () -> Bool
  ) throws {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while !holds() {
      let gone = !evenWhenEnded && status != nil && open == 0
      if gone || !condition.wait(until: deadline), !holds() {
        let last = (lines[.output] ?? []).suffix(10) + (lines[.errors] ?? []).suffix(20)
        let end = status.map { "it ended with \($0)" } ?? "waited \(seconds) s"
        throw LabError(
          description: "\(name): no \(what): \(end); last said:\n" + last.joined(separator: "\n"))
      }
    }
  }

  private func drain(_ handle: FileHandle, into stream: Stream) {
    var rest: [UInt8] = []
    while true {
      let bytes = handle.availableData
      rest += bytes
      var parts = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      rest = bytes.isEmpty ? [] : Array(parts.removeLast())
      if bytes.isEmpty, parts.last?.isEmpty == true { parts.removeLast() }
      condition.withLock {
        lines[stream, default: []] += parts.map { String(decoding: $0, as: UTF8.self) }
        if bytes.isEmpty { open -= 1 }
        condition.broadcast()
      }
      if bytes.isEmpty { return }
    }
  }

  private func waitForEnd() {
    var information = unsafe siginfo_t()
    // First only look, so that the number stays taken until the lock is held.
    while unsafe waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    condition.withLock {
      var result: Int32 = 0
      while unsafe waitpid(pid, &result, 0) < 0, errno == EINTR {}
      let signal = result & 0x7f
      status = signal == 0 ? (result >> 8) & 0xff : -signal
      condition.broadcast()
    }
  }
}

/// `posix_spawn`, with descriptors 0 to 2 and nothing else of the test's.
enum Spawn {
  static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe Glibc.pipe(&ends) == 0 else { throw LabError(description: "pipe: errno \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  static func start(_ command: [String], environment: [String: String], descriptors: [Int32]) throws -> pid_t
  {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in descriptors.enumerated() {
      unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // What the test ignores or blocks is its own matter.
    var (none, pipeSignal) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&none)
    unsafe sigemptyset(&pipeSignal)
    unsafe sigaddset(&pipeSignal, SIGPIPE)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &pipeSignal)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    Glibc.signal(SIGPIPE, SIG_IGN)

    var words = unsafe command.map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let result = unsafe posix_spawnp(&pid, command[0], &actions, &attributes, &words, &variables)
    guard result == 0 else { throw LabError(description: "\(command[0]): errno \(result)") }
    return pid
  }
}

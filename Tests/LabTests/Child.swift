import Foundation
import Glibc

/// What a test ran into outside of its expectations; carries the outputs that explain it.
struct LabError: Error, CustomStringConvertible {
  var description: String
}

/// A process beside the test, whose lines can be waited for.
///
/// Two threads drain its outputs, so that it never waits for the test.
final class Child: @unchecked Sendable {
  enum Stream { case output, errors }

  let name: String
  private let process = Process()
  private let input = Pipe()
  private let condition = NSCondition()
  private var lines: [Stream: [String]] = [.output: [], .errors: []]
  private var open = 2
  private var status: Int32?

  init(_ name: String, _ command: [String], environment: [String: String] = [:]) throws {
    self.name = name
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = input
    let pipes = [Stream.output: Pipe(), Stream.errors: Pipe()]
    process.standardOutput = pipes[.output]
    process.standardError = pipes[.errors]
    process.terminationHandler = { [weak self] in self?.ended($0) }
    try process.run()
    for (stream, pipe) in pipes {
      let handle = pipe.fileHandleForReading
      Thread.detachNewThread { [self] in drain(handle, into: stream) }
    }
  }

  var pid: Int32 { process.processIdentifier }

  var isRunning: Bool { condition.withLock { status == nil } }

  /// Every line of the stream so far.
  func seen(_ stream: Stream = .output) -> [String] { condition.withLock { lines[stream] ?? [] } }

  func write(_ text: String) {
    try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
  }

  func closeInput() { try? input.fileHandleForWriting.close() }

  func signal(_ number: Int32) { if isRunning { kill(pid, number) } }

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

  private func ended(_ process: Process) {
    condition.withLock {
      let signalled = process.terminationReason == .uncaughtSignal
      status = signalled ? -process.terminationStatus : process.terminationStatus
      condition.broadcast()
    }
  }
}

import Foundation
import Glibc
import Testing

/// Who keeps the daemon's sockets between its lives.
enum Keeping: CaseIterable, CustomTestStringConvertible {
  /// The daemon's own.
  case keeper
  /// A double of the service manager: `Tests/Lab/manager.c`.
  case store

  var testDescription: String { "\(self)" }
}

/// File systems that nobody else sees, made by a process that holds them.
struct MountRoom {
  /// Its root directory, as the test finds it.
  let root: String
  /// What a command line begins with to run there.
  let entry: [String]

  init(_ holder: Child) {
    root = "/proc/\(holder.pid)/root"
    entry = ["nsenter", "--mount=/proc/\(holder.pid)/ns/mnt"]
  }
}

/// A daemon of many lives in one namespace.
final class Lives {
  let namespace: Namespace
  let keeping: Keeping
  let socket: String
  let configuration: String
  /// The program of the next life.
  var program = Lab.programs + "/mcastd"
  /// What the command line of the next life begins with: a program that runs another in surroundings of its
  /// making.
  var surroundings: [String] = []
  private let manager: Child?
  private var daemon: Child?
  private(set) var pid: pid_t = 0
  private var seen = 0

  /// - Parameters:
  ///   - files: the folder of its files; nil: one of its own.
  ///   - surroundings: of the first life and those after it.
  ///   - program: of the first life and those after it.
  ///   - room: where its files are; nil: where the test sees them.
  init(
    _ namespace: Namespace, _ text: String, _ keeping: Keeping, _ options: [String] = [],
    files: String? = nil, surroundings: [String] = [], program: String? = nil, in room: MountRoom? = nil
  ) throws {
    self.namespace = namespace
    self.program = program ?? self.program
    self.keeping = keeping
    self.surroundings = (room?.entry ?? []) + surroundings
    self.room = room
    let folder = files ?? namespace.lab.folder + "/\(namespace.short)"
    if room == nil {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    socket = folder + "/control"
    configuration = folder + "/mcast.conf"
    let file = (room?.root ?? "") + configuration
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    self.options = options
    manager =
      keeping == .keeper
      ? nil
      : try namespace.lab.start(
        "manager",
        namespace.entry + [try Lab.manager.get(), folder + "/notify", Lab.programs + "/mcastd"]
          + Lives.words(configuration, socket) + options)
    try start()
  }

  private let options: [String]
  private let room: MountRoom?

  /// A file of the daemon's, as the test finds it.
  func outside(_ path: String) -> String { (room?.root ?? "") + path }

  private static func words(_ configuration: String, _ socket: String) -> [String] {
    [
      "--foreground", "--log", "info", "--config", configuration, "--socket", socket, "--pidfile",
      socket + ".pid",
    ]
  }

  /// Another life; returns when it is ready.
  ///
  /// - Parameter environment: of the keeper's daemon alone.
  func start(waits: Bool = true, _ environment: [String: String] = [:]) throws {
    let program = try surrounded()
    if let manager {
      seen = manager.seen().count
      manager.write("start \(program)\n")
      let line = try manager.line(from: seen, within: 10, "start") { $0.hasPrefix("started ") }
      pid = pid_t(line.dropFirst(8)) ?? 0
    } else {
      let words = [program] + Lives.words(configuration, socket) + options
      let child = try namespace.lab.start("mcastd", namespace.entry + words, environment: environment)
      daemon = child
      pid = child.pid
    }
    if waits { try ready() }
  }

  /// A script that runs the program in its surroundings: the service manager's double takes one word.
  private func surrounded() throws -> String {
    guard !surroundings.isEmpty else { return program }
    let path = namespace.lab.folder + "/\(namespace.short)-life"
    let words = (surroundings + [program]).map { "'\($0)'" }.joined(separator: " ")
    try "#!/bin/sh\nexec \(words) \"$@\"\n".write(toFile: path, atomically: true, encoding: .utf8)
    _ = unsafe chmod(path, 0o755)
    return path
  }

  /// Waits until this life is ready.
  func ready() throws {
    if let manager {
      try manager.line(from: seen, within: 20, "readiness") { $0 == "ready" }
    } else {
      try daemon?.line(.errors, within: 20, "readiness") { $0.contains(" is ready after ") }
    }
  }

  /// Waits for the end of this life: its exit status, or the negative number of the signal.
  @discardableResult
  func end() throws -> Int32 {
    guard let manager else { return try daemon?.exit(within: 20) ?? 0 }
    let line = try manager.line(from: seen, within: 20, "end") { $0.hasPrefix("ended ") }
    return Int32(line.dropFirst(6)) ?? 0
  }

  /// Ends this life by a signal.
  func end(by signal: Int32) throws {
    kill(pid, signal)
    try end()
  }

  /// Of the keeper's daemon.
  var isRunning: Bool { daemon?.isRunning ?? true }

  var log: [String] { (manager ?? daemon)?.seen(.errors) ?? [] }

  func attempt(_ words: String...) throws -> Outcome {
    try Lab.command(
      namespace.entry + (room?.entry ?? []) + [Lab.programs + "/mcast", "--socket", socket] + words)
  }

  func mcast(_ sentence: String) throws {
    let words = sentence.split(separator: " ").map(String.init)
    try Lab.command(
      namespace.entry + (room?.entry ?? []) + [Lab.programs + "/mcast", "--socket", socket] + words
    )
    .check("mcast \(sentence)")
  }

  /// Restarts it by its own verb; returns when the next life is ready.
  func restart() throws {
    guard keeping == .store else { return try mcast("restart") }
    // It ends, and its manager starts it again.
    let asking = try namespace.lab.start(
      "restart", namespace.entry + [Lab.programs + "/mcast", "--socket", socket, "restart"])
    try end()
    try start()
    guard try asking.exit(within: 20) == 0 else { throw LabError(description: "mcast restart failed") }
  }

  func reload(_ text: String) throws {
    try text.write(toFile: outside(configuration), atomically: true, encoding: .utf8)
    try mcast("reload --wait")
  }

  /// The kernel's entries in words, without counters.
  func entries(_ family: String = "-4") throws -> [String] {
    try Lab.command("ip", family, "-n", namespace.name, "mroute", "show", "table", "all").output
      .filter { $0.contains("resolved") && !$0.contains("unresolved") }
      .map { $0.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ") }.sorted()
  }

  /// What the service manager keeps.
  func names() throws -> [String] { try ask("names", "names ").split(separator: ":").map(String.init) }

  /// The service manager keeps one twice, as happens when a daemon dies in an unlucky moment.
  func keepTwice(_ name: String) throws { _ = try ask("twice \(name)", "names ") }

  private func ask(_ command: String, _ answer: String) throws -> String {
    guard let manager else { return "" }
    let before = manager.seen().count
    manager.write(command + "\n")
    return String(
      try manager.line(from: before, within: 10, command) { $0.hasPrefix(answer) }.dropFirst(answer.count))
  }

  /// Whether the daemon has written what its next life will find under a name.
  func keeps(_ name: String) -> Bool {
    let folder = "/proc/\(pid)/fd"
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let file = numbers.map { folder + "/" + $0 }.first {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: $0))?.hasPrefix("/memfd:\(name) ") ?? false
    }
    // A header, written last, says that the rest is there.
    return file.flatMap { try? FileHandle(forReadingAtPath: $0)?.read(upToCount: 1)?.first } ?? 0 != 0
  }

  var descriptors: Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []).count
  }

  /// The keepers in the namespace.
  func keepers() throws -> [pid_t] {
    try Lab.pids(in: namespace.name).filter { pid in
      (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8))?.hasPrefix("mcast-keeper")
        ?? false
    }
  }
}

/// Counts the numbered packets of one group.
final class Counter {
  struct Count {
    var first: Int
    var last: Int
    var different: Int
    var twice: Int
    var lost: Int { last - first + 1 - different }
  }

  private let child: Child

  init(_ namespace: Namespace, _ interface: String, _ group: String) throws {
    child = try namespace.lab.peer(["count", interface, group], in: namespace)
    try child.line(within: 10, "counter") { $0 == "ready" }
  }

  func count() throws -> Count {
    let before = child.seen().count
    child.write("count\n")
    let words = try child.line(from: before, "count") { $0.hasPrefix("counted") }.split(separator: " ")
    let numbers = words.dropFirst().compactMap { Int($0) }
    guard numbers.count == 4 else { throw LabError(description: "no count: \(words)") }
    return Count(first: numbers[0], last: numbers[1], different: numbers[2], twice: numbers[3])
  }

  /// Waits until this number has come.
  func get(_ number: Int) throws {
    try eventually("packet \(number)") { try count().last >= number }
  }
}

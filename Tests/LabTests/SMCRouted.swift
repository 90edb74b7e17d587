import Foundation
import Glibc
import Testing

/// Whose programs a test runs: those of the Debian package, or ours called by its names.
enum Make: String, Sendable, CaseIterable, CustomTestStringConvertible {
  case stock, ours

  var testDescription: String { rawValue }

  /// The path of `smcrouted`, `smcroutectl` or `smcroute`.
  ///
  /// Ours are links in the lab's folder: a program of ours is what it is called.
  func program(_ name: String, in lab: Lab) throws -> String {
    if self == .stock { return "/usr/sbin/" + name }
    let path = lab.folder + "/" + name
    if !FileManager.default.fileExists(atPath: path) {
      let program = Lab.programs + (name == "smcrouted" ? "/mcastd" : "/mcast")
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: program)
    }
    return path
  }
}

/// An SMCRoute daemon in a namespace, the stock one or ours, with files and a socket of its own.
final class SMCRouted {
  let make: Make
  let namespace: Namespace
  let ident: String
  let configuration: String
  let socket: String
  let pidfile: String
  let daemon: Child
  private var lab: Lab { namespace.lab }

  /// Starts the daemon and waits for its pid file, by which it says that it is ready.
  convenience init(
    _ make: Make, _ namespace: Namespace, _ text: String = "", _ options: [String] = [],
    ident: String = "smc",
    environment: [String: String] = [:], level: String = "info"
  ) throws {
    try self.init(
      starting: make, namespace, text, options, ident: ident, environment: environment, level: level)
    try ready()
  }

  /// Starts the daemon and does not wait.
  init(
    starting make: Make, _ namespace: Namespace, _ text: String, _ options: [String] = [],
    ident: String = "smc", environment: [String: String] = [:], level: String = "info"
  ) throws {
    (self.make, self.namespace, self.ident) = (make, namespace, ident)
    let lab = namespace.lab
    let place = lab.folder + "/" + namespace.short + "-" + ident
    (configuration, socket, pidfile) = (place + ".conf", place + ".sock", place + ".pid")
    try SMCRouted.lines(text).write(toFile: configuration, atomically: true, encoding: .utf8)
    // One that was killed has left its own.
    try? FileManager.default.removeItem(atPath: pidfile)
    let command = [
      try make.program("smcrouted", in: lab), "-n", "-f", configuration, "-i", ident, "-u", socket, "-P",
      pidfile, "-l", level,
    ]
    daemon = try lab.start(
      "\(make) smcrouted", namespace.entry + command + options, environment: environment)
  }

  /// The stock daemon reads on behind a last line that has no end, in what the line before left there.
  private static func lines(_ text: String) -> String { text.hasSuffix("\n") ? text : text + "\n" }

  /// Waits for the pid file with the number in it, or for an end that comes first.
  func ready() throws {
    try eventually("\(make) smcrouted is ready", within: 20, every: 0.001) {
      guard daemon.isRunning else {
        throw LabError(description: "\(make) smcrouted ended:\n" + log.suffix(20).joined(separator: "\n"))
      }
      return (try? String(contentsOfFile: pidfile, encoding: .utf8))?.hasSuffix("\n") ?? false
    }
  }

  /// What the daemon has said, without its name and number.
  var log: [String] {
    daemon.seen(.errors).map { line in
      guard let mark = line.range(of: "]: "), line.hasPrefix(ident + "[") else { return line }
      return String(line[mark.upperBound...])
    }
  }

  func logged(from index: Int = 0, _ text: String, within seconds: Double = 10) throws {
    try daemon.line(.errors, from: index, within: seconds, "\"\(text)\" in the log") { $0.contains(text) }
  }

  /// A client's command line, whatever comes of it; the words after the socket are its own.
  func ctl(by maker: Make? = nil, _ words: [String], input: String = "", within seconds: Double = 30) throws
    -> Outcome
  {
    let program = try (maker ?? make).program("smcroutectl", in: lab)
    return try Lab.command(
      namespace.entry + [program, "-u", socket] + words, input: input, within: seconds)
  }

  /// A client's command line, which must succeed; taken apart at its blanks.
  @discardableResult
  func ctl(by maker: Make? = nil, _ sentence: String, input: String = "") throws -> [String] {
    try ctl(by: maker, sentence.split(separator: " ").map(String.init), input: input)
      .check("\(maker ?? make) smcroutectl \(sentence)").output
  }

  /// Writes the file anew, has it read, and waits until that is done, which the pid file's time tells.
  func reload(_ text: String? = nil, within seconds: Double = 10) throws {
    if let text { try SMCRouted.lines(text).write(toFile: configuration, atomically: true, encoding: .utf8) }
    let before = try touched()
    try ctl("reload")
    try eventually("the pid file is touched", within: seconds) { try touched() != before }
  }

  /// When the pid file was last written, to the nanosecond.
  func touched() throws -> [Int] {
    var facts = stat()
    guard unsafe stat(pidfile, &facts) == 0 else { throw LabError(description: "no \(pidfile)") }
    return [facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec]
  }

  func tables() throws -> KernelTables { try KernelTables(namespace) }

  /// Ends it as a service manager does.
  @discardableResult
  func stop() throws -> Int32 {
    daemon.signal(SIGTERM)
    return try daemon.exit()
  }

  /// Sends bytes on the socket as they are; what comes back before the other side closes.
  func raw(_ bytes: [UInt8], within seconds: Double = 5) throws -> [UInt8] {
    let client = try Client(socket)
    client.write(bytes)
    return client.readBytes(within: seconds)
  }
}

/// A message as `smcroutectl` sends it.
enum Message {
  /// With the header of 16 bytes, which 64-bit builds have since 1.98, or that of 8 bytes, which 0.9x has.
  static func bytes(_ letter: Character, _ words: [String] = [], header: Int = 16) -> [UInt8] {
    let text: [UInt8] = words.flatMap { (word: String) -> [UInt8] in Array(word.utf8) + [0] } + [0]
    let length = UInt64(header + text.count)
    let command = [letter.asciiValue ?? 0, 0, UInt8(words.count), 0]
    if header == 8 { return little(length, 4) + command + text }
    return little(length, 8) + command + [0, 0, 0, 0] + text
  }

  private static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }
}

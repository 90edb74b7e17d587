import Foundation
import Glibc
import Testing

/// An mrouted daemon in a namespace, with a /run and a /var/lib of its own: its files are where they always
/// are.
final class MRouted {
  let namespace: Namespace
  let daemon: Child
  let identity: String
  private let files: MRouted?
  private var lab: Lab { namespace.lab }

  /// Starts the daemon and waits for its pid file, by which it says that it is ready.
  ///
  /// - Parameter options: nil: `-n`, with the file.
  /// - Parameter files: the daemon whose files it shares; nil: it has its own.
  init(
    _ namespace: Namespace, _ text: String = "", _ options: [String]? = nil, identity: String = "mrouted",
    environment: [String: String] = [:], beside files: MRouted? = nil
  ) throws {
    (self.namespace, self.identity, self.files) = (namespace, identity, files)
    let file = try namespace.lab.write(text, to: "\(namespace.short)-\(identity).conf")
    let words = (options ?? ["-n", "-f", "FILE"]).map { $0 == "FILE" ? file : $0 }
    let place = files?.daemon.pid
    let room =
      place.map { ["nsenter", "--mount=/proc/\($0)/ns/mnt"] }
      ?? ["unshare", "-m", "sh", "-c", MRouted.ownFiles, "sh"]
    daemon = try namespace.lab.start(
      identity, namespace.entry + room + [try MRouted.program("mrouted", in: namespace.lab)] + words,
      environment: environment)
  }

  /// With SYSLOG or JOURNAL in its environment, the log's socket is there.
  private static let ownFiles = """
    set -e; mount -t tmpfs none /run; mount -t tmpfs none /var/lib; mkdir /var/lib/misc
    if [ "$JOURNAL" ]; then mkdir -p /run/systemd/journal; ln -s "$JOURNAL" /run/systemd/journal/socket; fi
    if [ "$SYSLOG" ]; then
      mount -t tmpfs none /dev; mknod /dev/null c 1 3; mknod /dev/urandom c 1 9; ln -s "$SYSLOG" /dev/log
    fi
    exec "$@"
    """

  /// The path of a program of ours that is called so.
  static func program(_ name: String, in lab: Lab) throws -> String {
    let path = lab.folder + "/" + name
    if !FileManager.default.fileExists(atPath: path) {
      let target = Lab.programs + (name == "mrouted" ? "/mcastd" : "/mcast")
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }
    return path
  }

  /// A file of the daemon's /run or /var/lib, as the test sees it.
  func path(_ name: String) -> String { "/proc/\((files ?? self).daemon.pid)/root\(name)" }

  func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  @discardableResult
  func ready() throws -> Self {
    try eventually("\(identity) is ready", within: 20, every: 0.002) {
      guard daemon.isRunning else {
        throw LabError(description: "\(identity) ended:\n" + log.suffix(20).joined(separator: "\n"))
      }
      return (try? text("/run/\(identity).pid")) == "\(daemon.pid)\n"
    }
    return self
  }

  /// What the daemon has said on standard error.
  var log: [String] { daemon.seen(.errors) }

  func logged(from index: Int = 0, _ text: String, within seconds: Double = 10) throws {
    try daemon.line(.errors, from: index, within: seconds, "\"\(text)\" in the log") { $0.contains(text) }
  }

  /// A program of ours where the daemon's files are.
  func run(_ name: String, _ words: [String], environment: [String] = []) throws -> Outcome {
    let room = ["nsenter", "--mount=/proc/\((files ?? self).daemon.pid)/ns/mnt", "env"] + environment
    return try Lab.command(namespace.entry + room + [try MRouted.program(name, in: lab)] + words)
  }

  func ctl(_ sentence: String) throws -> Outcome {
    let words = sentence.split(separator: " ").map(String.init)
    return try run("mroutectl", (identity == "mrouted" ? [] : ["-i", identity]) + words)
  }

  /// Writes the configuration anew.
  func rewrite(_ text: String) throws {
    _ = try lab.write(text, to: "\(namespace.short)-\(identity).conf")
  }

  /// When the pid file was last written, to the nanosecond: a reload is done.
  func touched() throws -> [Int] {
    var facts = stat()
    guard unsafe stat(path("/run/\(identity).pid"), &facts) == 0 else {
      throw LabError(description: "no pid file")
    }
    return [facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec]
  }

  func hangUp() throws {
    let before = try touched()
    daemon.signal(SIGHUP)
    try eventually("the pid file is touched") { try touched() != before }
  }

  @discardableResult
  func stop() throws -> Int32 {
    daemon.signal(SIGTERM)
    return try daemon.exit()
  }

  /// A client with nothing said yet.
  func client() throws -> Client { try Client(path("/run/\(identity).sock")) }

  /// A request of 768 bytes, made by hand; the texts of the answers with their codes.
  func ask(_ code: UInt8, _ text: String = "", detail: UInt8 = 0) throws -> [String] {
    let client = try client()
    let head = [code, detail] + Array(text.utf8)
    client.write(head + Array(repeating: 0, count: 768 - head.count))
    let bytes = client.readBytes(within: 10)
    #expect(bytes.count % 768 == 0)
    return stride(from: 0, to: bytes.count - 767, by: 768).map { start in
      "\(bytes[start]) "
        + String(decoding: bytes[(start + 2)..<(start + 767)].prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// Two routers with a LAN between them and one at either side.
struct MroutedPair {
  let left: Namespace
  let right: Namespace
  let host: Namespace

  init(_ lab: Lab) throws {
    (left, right, host) = (try lab.namespace("left"), try lab.namespace("right"), try lab.namespace("host"))
    try lab.link(left, "west", ["10.1.0.1/24"], host, "h0", ["10.1.0.2/24"])
    try lab.link(left, "mid", ["10.2.0.1/24"], right, "mid", ["10.2.0.2/24"])
    try lab.link(right, "east", ["10.3.0.1/24"], host, "h1", ["10.3.0.2/24"])
  }
}

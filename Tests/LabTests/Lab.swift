import Foundation
import Glibc
import Synchronization
import Testing

/// A network of its own for one test: namespaces, links, hosts and routers, all gone afterwards.
final class Lab {
  /// Where the programs under test are.
  static let programs = ProcessInfo.processInfo.environment["MCAST_BIN"] ?? Lab.top + "/.build/debug"
  static let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Names tell the process, so that what an interrupted run left can be told from what is in use.
  private static let mark = "mclab"
  private static let counter = Mutex(0)
  /// The hosts' program, compiled once for all tests of this process.
  private static let peer = Result { try prepare() }
  private static let wire = Result { try compile("wire") }
  static let manager = Result { try compile("manager") }
  static let refuse = Result { try compile("refuse") }

  let id: String
  let folder: String
  private let peer: String
  private let wire: String
  private var namespaces: [String] = []
  private var links = 0
  private var children: [Child] = []

  private init() throws {
    let number = Lab.counter.withLock { count in
      count += 1
      return count
    }
    id = "\(Lab.mark)\(getpid())x\(number)"
    folder = NSTemporaryDirectory() + id
    peer = try Lab.peer.get()
    wire = try Lab.wire.get()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  /// Runs a test in a network of its own; an error comes with what the programs last said.
  static func run(_ body: (Lab) throws -> Void) throws {
    let lab = try Lab()
    defer { lab.close() }
    do {
      try body(lab)
    } catch {
      for child in lab.children where !child.seen(.errors).isEmpty {
        let said = child.seen(.errors).suffix(30).joined(separator: "\n")
        Issue.record("\(child.name) said:\n\(said)")
      }
      throw error
    }
  }

  private func close() {
    for child in children.reversed() { child.end() }
    for namespace in namespaces {
      // Keepers wait for a next daemon, and the namespace with them.
      for pid in (try? Lab.pids(in: namespace)) ?? [] { kill(pid, SIGKILL) }
      _ = try? Lab.command("ip", "netns", "del", namespace)
    }
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// The processes in a namespace.
  static func pids(in namespace: String) throws -> [pid_t] {
    try command("ip", "netns", "pids", namespace).output.compactMap { pid_t($0) }
  }

  private static func prepare() throws -> String {
    let old = try command("ip", "netns", "list").output
    for line in old where line.hasPrefix(mark) {
      let name = line.prefix { $0 != " " }
      let owner = name.dropFirst(mark.count).prefix { $0 != "x" }
      if let pid = Int32(owner), kill(pid, 0) != 0 { _ = try command("ip", "netns", "del", String(name)) }
    }
    return try compile("peer")
  }

  private static func compile(_ name: String) throws -> String {
    let program = top + "/.build/lab-\(name)"
    let compiler = FileManager.default.isExecutableFile(atPath: "/usr/bin/cc") ? "cc" : "clang"
    try command(compiler, "-O1", "-g", "-o", program, top + "/Tests/Lab/\(name).c").check("compile \(name).c")
    return program
  }
}

/// What a finished command said.
struct Outcome {
  var status: Int32
  var output: [String]
  var errors: [String]

  var text: String { output.joined(separator: "\n") }

  /// Throws where the command did not succeed.
  @discardableResult
  func check(_ what: String) throws -> Outcome {
    guard status == 0 else {
      let said = (output + errors).joined(separator: "\n")
      throw LabError(description: "\(what): exit status \(status)\n\(said)")
    }
    return self
  }
}

extension Lab {
  @discardableResult
  static func command(_ words: String..., input: String = "", within seconds: Double = 30) throws -> Outcome {
    try command(words, input: input, within: seconds)
  }

  static func command(_ words: [String], input: String = "", within seconds: Double = 30) throws -> Outcome {
    let child = try Child(words.joined(separator: " "), words)
    defer { child.end() }
    if !input.isEmpty { child.write(input) }
    child.closeInput()
    let status = try child.exit(within: seconds)
    return Outcome(status: status, output: child.seen(), errors: child.seen(.errors))
  }

  /// A new namespace: no filter by reverse path, no waiting for duplicate addresses.
  func namespace(_ name: String) throws -> Namespace {
    let full = "\(id)-\(name)"
    try Lab.command("ip", "netns", "add", full).check("namespace")
    namespaces.append(full)
    let namespace = Namespace(lab: self, name: full)
    let settings = [
      "ipv4/conf/all/rp_filter", "ipv4/conf/default/rp_filter", "ipv6/conf/all/accept_dad",
      "ipv6/conf/default/accept_dad", "ipv6/conf/default/router_solicitations",
    ]
    let script = settings.map { "echo 0 >/proc/sys/net/\($0)" }.joined(separator: "; ")
    try namespace.command("sh", "-c", script).check("settings")
    try namespace.ip("link set lo up")
    return namespace
  }

  /// A cable between two namespaces, both ends up; addresses are given without duplicate detection.
  func link(
    _ a: Namespace, _ aName: String, _ aAddresses: [String] = [], _ b: Namespace, _ bName: String,
    _ bAddresses: [String] = []
  ) throws {
    let index = number()
    try Lab.command(
      "ip", "link", "add", aName, "index", "\(index)", "netns", a.name, "type", "veth",
      "peer", "name", bName, "index", "\(index + 1)", "netns", b.name
    ).check("link \(aName) \(bName)")
    for (end, name, addresses) in [(a, aName, aAddresses), (b, bName, bAddresses)] {
      let lines = addresses.map { "addr add \($0) dev \(name)" + ($0.contains(":") ? " nodad" : "") }
      try end.ip(lines + ["link set \(name) up"])
    }
    for (end, name) in [(a, aName), (b, bName)] {
      try eventually("\(name) has its addresses") {
        try !end.show("-6 addr show dev \(name)").contains { $0.contains("tentative") }
      }
    }
  }

  func start(_ name: String, _ command: [String], environment: [String: String] = [:]) throws -> Child {
    let child = try Child(name, command, environment: environment)
    children.append(child)
    return child
  }

  func write(_ text: String, to name: String) throws -> String {
    let path = folder + "/" + name
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  /// Two interface numbers that no other link of this lab has.
  ///
  /// Two ends with one number count as one link, and the kernel then takes a second to tell that the carrier
  /// is there.
  func number() -> Int {
    links += 2
    return 100 + links
  }

  /// A program that holds the ends of the cables, in the namespace: see `Tests/Lab/wire.c`.
  func wire(_ words: [String], in namespace: Namespace) throws -> Child {
    try start("wire \(words[0])", namespace.entry + [wire] + words)
  }

  /// A program beside the router, in the namespace: see `Tests/Lab/peer.c`.
  func peer(_ words: [String], in namespace: Namespace) throws -> Child {
    let child = try start(
      words.prefix(2).joined(separator: " "), ["ip", "netns", "exec", namespace.name, peer] + words)
    return child
  }
}

/// A host or a router: a network namespace with a name.
struct Namespace {
  unowned let lab: Lab
  let name: String

  /// The name that the test gave it.
  var short: String { String(name.split(separator: "-").last ?? "") }

  /// What a command line begins with to run here, with the machine's own files.
  var entry: [String] { ["nsenter", "--net=/run/netns/" + name] }

  @discardableResult
  func command(_ words: String..., within seconds: Double = 30) throws -> Outcome {
    try Lab.command(["ip", "netns", "exec", name] + words, within: seconds)
  }

  /// Commands of `ip`, in one go.
  func ip(_ lines: String...) throws { try ip(lines) }

  func ip(_ lines: [String]) throws {
    let input = lines.joined(separator: "\n") + "\n"
    try Lab.command("ip", "-n", name, "-batch", "-", input: input).check(input)
  }

  /// Every line of an `ip` command.
  func show(_ words: String) throws -> [String] {
    let outcome = try Lab.command(["ip", "-n", name] + words.split(separator: " ").map(String.init))
    return try outcome.check("ip \(words)").output
  }
}

/// Asks until the answer is yes; for states of the kernel that nothing announces.
func eventually(
  _ what: String, within seconds: Double = 10, every pause: Double = 0.01, _ holds: () throws -> Bool
) throws {
  let deadline = Date(timeIntervalSinceNow: seconds)
  while try !holds() {
    guard Date() < deadline else { throw LabError(description: "not within \(seconds) s: \(what)") }
    Thread.sleep(forTimeInterval: pause)
  }
}

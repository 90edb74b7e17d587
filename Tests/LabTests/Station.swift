import Foundation
import Glibc
import Testing

/// The router under test: `mcastd` in a namespace, and `mcast` beside it.
final class Station {
  let namespace: Namespace
  let configuration: String
  let socket: String
  private(set) var daemon: Child
  private var lab: Lab { namespace.lab }

  /// Starts the daemon with this configuration and waits until it is ready.
  init(
    _ namespace: Namespace, _ text: String, _ options: [String] = [], name: String = "router"
  ) throws {
    self.namespace = namespace
    configuration = try namespace.lab.write(text, to: name + ".conf")
    socket = namespace.lab.folder + "/" + name + ".sock"
    daemon = try Station.launch(namespace, configuration, socket, options)
    try eventually("the router is ready", within: 15) {
      guard daemon.isRunning else {
        throw LabError(description: "mcastd ended:\n" + log.suffix(20).joined(separator: "\n"))
      }
      return try attempt("status").status == 0
    }
  }

  /// Starts the daemon and does not wait.
  static func launch(
    _ namespace: Namespace, _ configuration: String, _ socket: String, _ options: [String] = [],
    before: [String] = []
  ) throws -> Child {
    try namespace.lab.start(
      "mcastd",
      ["ip", "netns", "exec", namespace.name] + before + [
        Lab.programs + "/mcastd", "--foreground", "--log", "info", "--config", configuration, "--socket",
        socket,
        "--pidfile", socket + ".pid",
      ] + options)
  }

  /// What the daemon has logged.
  var log: [String] { daemon.seen(.errors) }

  func logged(from index: Int = 0, _ text: String, within seconds: Double = 10) throws {
    try daemon.line(.errors, from: index, within: seconds, "\"\(text)\" in the log") { $0.contains(text) }
  }

  /// `mcast`, whatever its exit status.
  func attempt(_ words: String..., input: String = "") throws -> Outcome {
    try attempt(words, input: input)
  }

  func attempt(_ words: [String], input: String = "") throws -> Outcome {
    try Lab.command(
      ["ip", "netns", "exec", namespace.name, Lab.programs + "/mcast", "--socket", socket] + words,
      input: input)
  }

  /// `mcast`, which must succeed; a sentence is taken apart at its blanks.
  @discardableResult
  func mcast(_ sentence: String, input: String = "") throws -> [String] {
    try attempt(sentence.split(separator: " ").map(String.init), input: input).check("mcast \(sentence)")
      .output
  }

  /// The rows of a `show` as JSON.
  func rows(_ sentence: String) throws -> [[String: Any]] {
    let text = try mcast(sentence + " --json").joined(separator: "\n")
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    return object?["data"] as? [[String: Any]] ?? []
  }

  /// Rewrites the file and has it read.
  @discardableResult
  func reload(_ text: String) throws -> Outcome {
    try text.write(toFile: configuration, atomically: true, encoding: .utf8)
    return try attempt("reload", "--wait")
  }

  /// The kernel's multicast entries, of every table: `(10.1.0.2,239.1.1.1) Iif: in0 Oifs: out1 …`.
  func kernel(_ family: String = "-4") throws -> [String] {
    try Lab.command("ip", family, "-n", namespace.name, "mroute", "show", "table", "all").check("ip mroute")
      .output
  }
}

/// The usual network: a sender, the router, two receivers; both families.
///
/// ```
///   host s                router r              host a
///   s0 10.1.0.2 ───── in0 10.1.0.1
///      10.1.0.3           out1 10.2.0.1 ───── a0 10.2.0.2
///      fd00:1::2          out2 10.3.0.1 ───── b0 10.3.0.2   host b
/// ```
struct Star {
  let lab: Lab
  let s: Namespace
  let r: Namespace
  let a: Namespace
  let b: Namespace

  init(_ lab: Lab) throws {
    self.lab = lab
    s = try lab.namespace("s")
    r = try lab.namespace("r")
    a = try lab.namespace("a")
    b = try lab.namespace("b")
    try lab.link(
      s, "s0", ["10.1.0.2/24", "10.1.0.3/24", "fd00:1::2/64", "fd00:1::3/64"], r, "in0",
      ["10.1.0.1/24", "fd00:1::1/64"])
    try connectA()
    try connectB()
  }

  /// A second sender `t`, behind in1, with the very address of the first.
  func twin(_ family: Family) throws -> Namespace {
    let t = try lab.namespace("t")
    let (host, router) =
      family.option == "-4" ? ("10.1.0.2/24", "10.4.0.1/24") : ("fd00:1::2/64", "fd00:4::1/64")
    try lab.link(t, "t0", [host], r, "in1", [router])
    return t
  }

  func connectA() throws {
    try lab.link(a, "a0", ["10.2.0.2/24", "fd00:2::2/64"], r, "out1", ["10.2.0.1/24", "fd00:2::1/64"])
  }

  func connectB() throws {
    try lab.link(b, "b0", ["10.3.0.2/24", "fd00:3::2/64"], r, "out2", ["10.3.0.1/24", "fd00:3::1/64"])
  }
}

/// The same test with either family.
struct Family: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let source: String
  let other: String
  /// A group by its number: 239.1.1.N or ff0e::N.
  let group: @Sendable (Int) -> String
  /// `ip`'s option.
  let option: String
  /// The prefix of the source's network, and that of the groups 256…511.
  let network: String
  let block: String

  static let both = [
    Family(
      testDescription: "IPv4", source: "10.1.0.2", other: "10.1.0.3",
      group: { "239.1.\($0 / 256).\($0 % 256)" }, option: "-4", network: "10.1.0.0/24",
      block: "239.1.1.0/24"),
    Family(
      testDescription: "IPv6", source: "fd00:1::2", other: "fd00:1::3",
      group: { "ff0e::" + String($0, radix: 16) }, option: "-6", network: "fd00:1::/64",
      block: "ff0e::100/120"),
  ]
}

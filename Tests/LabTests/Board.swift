import Foundation

/// A router with interfaces eth0, eth1, …, whose other ends are all under the hand of the test.
///
/// ```
///   router r                hosts h
///   eth0 ──────────────── r.eth0     wire inject: any source, any group
///   eth1 ──────────────── r.eth1     wire watch: all that comes
///   …
/// ```
/// No interface has an address: static multicast routing needs none.
struct Board {
  let r: Namespace
  let h: Namespace
  private(set) var interfaces: [String] = []
  private var lab: Lab { r.lab }

  init(
    _ lab: Lab, _ interfaces: [String] = ["eth0", "eth1", "eth2"], name: String = "r", h: Namespace? = nil
  )
    throws
  {
    r = try lab.namespace(name)
    self.h = try h ?? lab.namespace(name + "h")
    try add(interfaces)
  }

  /// The end of a router's interface that the test holds.
  func far(_ interface: String) -> String { "\(r.short).\(interface)" }

  /// New interfaces, all up with their link-local addresses.
  mutating func add(_ names: [String]) throws {
    var lines: [String] = []
    for name in names {
      let number = lab.number()
      lines += [
        "link add \(name) index \(number) netns \(r.name) type veth "
          + "peer name \(far(name)) index \(number + 1) netns \(h.name)"
      ]
    }
    try Lab.command("ip", "-batch", "-", input: lines.joined(separator: "\n") + "\n").check("links")
    try r.ip(names.map { "link set \($0) up" })
    try h.ip(names.map { "link set \(far($0)) up" })
    interfaces += names
    for space in [r, h] {
      // An interface whose state is UP has a queue; before that, packets are lost without a word.
      try eventually("the links are up", every: 0.002) {
        let links = try space.show("-o link show").filter { !$0.contains("LOOPBACK") }
        return try links.allSatisfy { $0.contains(" state UP ") }
          && !space.show("-6 addr show").contains { $0.contains("tentative") }
      }
    }
  }

  mutating func remove(_ name: String) throws {
    try r.ip("link del \(name)")
    interfaces.removeAll { $0 == name }
  }

  func injector() throws -> Injector { try Injector(self) }

  /// Reads what comes off these interfaces, or all.
  func watcher(_ names: [String]? = nil) throws -> Receiver {
    try Receiver(watching: (names ?? interfaces).map(far), in: h)
  }
}

/// Puts numbered packets of any source on the wire to a router's interface.
final class Injector {
  private let child: Child
  private let board: Board

  init(_ board: Board) throws {
    self.board = board
    child = try board.h.lab.wire(["inject"], in: board.h)
    try child.line(within: 10, "injector") { $0 == "ready" }
  }

  /// Sends at once; the number of the last packet of this flow.
  @discardableResult
  func send(_ interface: String, _ source: String, _ group: String, ttl: Int = 16, _ count: Int = 1) throws
    -> Int
  {
    try command("send \(board.far(interface)) \(source) \(group) \(ttl) \(count)")
  }

  /// Sends a whole IPv4 packet, given in hexadecimal.
  func raw(_ interface: String, _ bytes: String) throws {
    try command("raw \(board.far(interface)) \(bytes)")
  }

  @discardableResult
  private func command(_ text: String) throws -> Int {
    let before = child.seen().count
    child.write(text + "\n")
    let line = try child.line(from: before, "answer") { $0.hasPrefix("sent ") }
    return Int(line.dropFirst(5)) ?? 0
  }
}

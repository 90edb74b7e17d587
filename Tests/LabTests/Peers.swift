import Foundation

/// A host that sends numbered packets when told.
final class Sender {
  private let child: Child
  private var answers = 0

  init(_ namespace: Namespace, _ interface: String, source: String? = nil) throws {
    child = try namespace.lab.peer(["send", interface] + (source.map { [$0] } ?? []), in: namespace)
    try child.line(within: 10, "sender") { $0 == "ready" }
    answers = child.seen().count
  }

  /// Sends at once; the number of the last packet.
  @discardableResult
  func burst(_ group: String, ttl: Int = 16, _ count: Int = 1) throws -> Int {
    child.write("burst \(group) \(ttl) \(count)\n")
    return try answer()
  }

  /// Sends from now on, one packet in each interval.
  func stream(_ group: String, ttl: Int = 16, every microseconds: Int = 1000) {
    child.write("stream \(group) \(ttl) \(microseconds)\n")
  }

  /// Starts a stream once its first packet has arrived.
  ///
  /// The kernel keeps four packets of a flow that it does not know; a stream at once could lose more.
  func stream(_ group: String, ttl: Int = 16, every microseconds: Int = 1000, through receiver: Receiver)
    throws
  {
    let first = try burst(group, ttl: ttl)
    try receiver.get(group, first)
    stream(group, ttl: ttl, every: microseconds)
  }

  /// Ends the stream; the number of its last packet.
  @discardableResult
  func stop() throws -> Int {
    child.write("stop\n")
    return try answer()
  }

  private func answer() throws -> Int {
    let line = try child.line(from: answers, "answer") { $0.hasPrefix("sent ") }
    answers = child.seen().count
    return Int(line.dropFirst(5)) ?? 0
  }
}

/// A packet as a host got it.
struct Packet: Equatable {
  var source: String
  var group: String
  var number: Int
  var ttl: Int
  var interface: String

  init?(_ line: String) {
    let words = line.split(separator: " ").map(String.init)
    guard words.count == 5, let number = Int(words[2]), let ttl = Int(words[3]) else { return nil }
    (source, group, self.number, self.ttl, interface) = (words[0], words[1], number, ttl, words[4])
  }
}

/// A host that joined groups and writes down what comes.
final class Receiver {
  private let child: Child
  let interface: String

  /// - Parameters:
  ///   - interface: one, or several joined by commas.
  ///   - groups: `239.1.1.1`, or `232.1.1.1,10.1.0.2` for one source.
  init(_ namespace: Namespace, _ interface: String, _ groups: String...) throws {
    self.interface = interface
    child = try namespace.lab.peer(["receive", interface] + groups, in: namespace)
    try child.line(within: 10, "receiver") { $0 == "ready" }
  }

  /// Reads off the wire what comes to these interfaces, joined or not.
  init(watching interfaces: [String], in namespace: Namespace) throws {
    interface = interfaces.joined(separator: ",")
    child = try namespace.lab.wire(["watch"] + interfaces, in: namespace)
    try child.line(within: 10, "watcher") { $0 == "ready" }
  }

  /// The host goes, and with it what it joined.
  func end() { child.end() }

  /// Every line so far; those of router discovery among them.
  var lines: [String] { child.seen() }

  /// The first line from the `index`-th on that the condition accepts, which may still have to come.
  @discardableResult
  func line(
    from index: Int = 0, within seconds: Double = 10, _ what: String, where accept: (String) -> Bool
  ) throws -> String {
    try child.line(from: index, within: seconds, what, where: accept)
  }

  var packets: [Packet] { child.seen().compactMap(Packet.init) }

  /// The numbers that came, the smallest first.
  ///
  /// The first packets of a flow wait in the kernel for its entry, and one that comes in the moment in which
  /// the entry is made passes them.
  func numbers(of group: String, from source: String? = nil) -> [Int] {
    packets.filter { $0.group == group && (source == nil || $0.source == source) }.map(\.number).sorted()
  }

  /// Waits for a packet of the group with this number or a later one.
  func get(_ group: String, _ number: Int = 1, from source: String? = nil, within seconds: Double = 10) throws
  {
    var next = 0
    try child.wait(until: "packet \(number) of \(group) on \(interface)", within: seconds) { lines in
      defer { next = lines.count }
      return lines[next...].contains { line in
        guard let packet = Packet(line), packet.group == group else { return false }
        return packet.number >= number && (source == nil || packet.source == source)
      }
    }
  }
}

import Foundation
import Glibc
import Testing

/// Members, queriers and trees, with real hosts, beside the networks of the static routes.
@Suite(.serialized, .enabled(if: geteuid() == 0, "network namespaces need root"))
struct DynamicKernelTests {}

extension Lab {
  /// A link that many share: a switch that knows nothing of multicast.
  func lan(_ name: String, _ stations: [(Namespace, String, [String])]) throws -> Namespace {
    let space = try namespace(name)
    try space.ip("link add switch type bridge mcast_snooping 0", "link set switch up")
    for (number, (station, interface, addresses)) in stations.enumerated() {
      try link(station, interface, addresses, space, "p\(number)")
      try space.ip("link set p\(number) master switch")
    }
    return space
  }
}

extension Namespace {
  /// Sets a switch of `/proc/sys/net`.
  func set(_ path: String, _ value: Int) throws {
    try command("sh", "-c", "echo \(value) >/proc/sys/net/\(path)").check(path)
  }
}

extension Station {
  /// The outbound interfaces of a flow in the kernel's table; nil: it has no entry.
  func outbound(_ group: String, from source: String, _ family: String = "-4") throws -> Set<String>? {
    let line = try kernel(family).first { $0.contains("(\(source),\(group)") && !$0.contains("unresolved") }
    guard let line else { return nil }
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    guard let place = words.firstIndex(of: "Oifs:") else { return [] }
    return Set(words[(place + 1)...].prefix { $0 != "State:" }.map { String($0.prefix { $0 != "(" }) })
  }

  /// Waits until the kernel sends the flow to these interfaces.
  func forwards(
    _ group: String, from source: String, to interfaces: Set<String>, _ family: String = "-4",
    within seconds: Double = 20
  ) throws {
    var last: Set<String>?
    do {
      try eventually("\(namespace.short) forwards \(group)", within: seconds) {
        last = try outbound(group, from: source, family)
        return last == interfaces
      }
    } catch {
      throw LabError(
        description: "\(error): to \(interfaces.sorted()), not \(last.map { $0.sorted() } ?? [])")
    }
  }

  /// Kills the daemon, which has no time for a farewell, and starts it again.
  func crash() throws -> Station {
    daemon.signal(SIGKILL)
    _ = try daemon.exit()
    let text = try String(contentsOfFile: configuration, encoding: .utf8)
    let file = (configuration as NSString).lastPathComponent
    return try Station(namespace, text, name: file.replacing(".conf", with: ""))
  }
}

/// Runs a part of a test; when it fails, says what each router thought of the flow.
func explaining(
  _ group: String, from source: String, _ stations: [Station], _ body: () throws -> Void
) throws {
  do { try body() } catch {
    var lines = ["\(error)"]
    for station in stations where station.daemon.isRunning {
      lines.append("-- \(station.namespace.short)")
      lines += (try? station.kernel()) ?? []
      lines += (try? station.attempt("explain", "route", source, group).output) ?? []
    }
    throw LabError(description: lines.joined(separator: "\n"))
  }
}

extension Receiver {
  /// Numbers that came more than once.
  func duplicates(of group: String) -> Int {
    let all = numbers(of: group)
    return all.count - Set(all).count
  }

  /// Expects each packet from one number to another exactly once.
  func expectAll(
    _ group: String, from first: Int, to last: Int, _ sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try get(group, last)
    let got = numbers(of: group).filter { (first...last).contains($0) }
    // The arrays themselves would fill the report.
    let isWhole = got == Array(first...last)
    #expect(
      isWhole,
      """
      \(interface): \(got.count) packets, \(Set(first...last).subtracting(got).count) lost, \
      \(got.count - Set(got).count) twice
      """,
      sourceLocation: sourceLocation)
  }
}

import Foundation
import Glibc
import Testing

/// What must be as it was before when a fault is over.
struct Footing {
  /// The kernel's rows of both families, without counters, and its VIFs and MIFs.
  fileprivate var entries: [String]
  fileprivate var vifs: [Set<String>]
  fileprivate var descriptors: Int
  fileprivate var kept: Int
  /// Of the daemon, in KiB.
  fileprivate var memory: Int
}

extension Lives {
  /// What there is now, and what the daemon and its keeper take for it.
  func footing() throws -> Footing {
    let tables = try KernelTables(namespace)
    return Footing(
      entries: try entries() + entries("-6"), vifs: [tables.vifs, tables.mifs], descriptors: descriptors,
      kept: try keepers().reduce(0) { $0 + Lives.descriptors(of: $1) }, memory: memory)
  }

  /// The kernel has what it had before and what is decided, and nothing has grown.
  ///
  /// - Parameter growth: what the daemon may take more, in KiB.
  func stands(
    as before: Footing, _ what: String = "", growth: Int = 6144,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    var now = before
    do {
      try eventually("the kernel has what it had") {
        now = try footing()
        return now.entries == before.entries && now.vifs == before.vifs
      }
    } catch {
      Issue.record(
        """
        \(what): \(error): the kernel has \(now.entries), \(now.vifs), not \(before.entries), \(before.vifs)
        """,
        sourceLocation: location)
    }
    let difference = try attempt("config", "diff", "running", "kernel")
    #expect(
      difference.status == 0 && difference.output.isEmpty, "\(what): \(difference)", sourceLocation: location)
    // A planned restart leaves one file in memory more than the first start.
    #expect(
      abs(now.descriptors - before.descriptors) <= 2,
      "\(what): \(before.descriptors) descriptors before, now \(now.descriptors)", sourceLocation: location)
    #expect(
      abs(now.kept - before.kept) <= 2,
      "\(what): the keeper had \(before.kept) descriptors, now \(now.kept)", sourceLocation: location)
    #expect(
      now.memory - before.memory <= growth, "\(what): \(before.memory) KiB before, now \(now.memory)",
      sourceLocation: location)
  }

  /// A stream while something happens: no packet of it is lost, and all is as before.
  func survives(
    _ counter: Counter, _ what: String, growth: Int = 6144, pace: Int = 2_000, inHand: Int = 0,
    _ location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) throws {
    let before = try footing()
    try HitlessTests.lossless(counter, what, pace: pace, inHand: inHand, location, body)
    try stands(as: before, what, growth: growth, location)
  }

  /// What the daemon has in memory, in KiB.
  private var memory: Int {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
  }

  static func descriptors(of pid: pid_t) -> Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []).count
  }

  /// Waits for a word in the log of this life or an earlier one.
  func logged(_ text: String, from index: Int = 0, within seconds: Double = 10) throws {
    try eventually("\"\(text)\" in the log", within: seconds) {
      log.dropFirst(index).contains { $0.contains(text) }
    }
  }
}

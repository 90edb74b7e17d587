import Foundation
import Glibc
import Synchronization
import Testing

extension KernelTests {
  /// One generated file after the other, read by the stock daemon and by ours in two equal namespaces.
  @Suite struct Differential {
    /// The files of all lanes, and where they begin; both can be given to repeat what was found.
    private static let count = Int(ProcessInfo.processInfo.environment["MCAST_FILES"] ?? "") ?? 1000
    private static let seed =
      UInt64(ProcessInfo.processInfo.environment["MCAST_SEED"] ?? "") ?? UInt64.random(in: 1...999_999) << 20
    private static let lanes = 2

    @Test("The kernel's tables are those of the stock daemon, for generated files and the packets after")
    func files() throws {
      let (seed, count) = (Differential.seed, Differential.count)
      let next = Atomic(0)
      let found = Mutex<[String]>([])
      let done = DispatchGroup()
      for _ in 0..<Differential.lanes {
        done.enter()
        Thread.detachNewThread {
          defer { done.leave() }
          do {
            try Lab.run { lab in
              let lane = try Lane(lab)
              while found.withLock({ $0.count < 3 }) {
                let number = next.add(1, ordering: .relaxed).oldValue
                guard number < count else { return }
                let text = lane.outcome(seed: seed + UInt64(number))
                found.withLock { $0 += text.map { [$0] } ?? [] }
              }
            }
          } catch {
            found.withLock { $0.append("\(error)") }
          }
        }
      }
      done.wait()
      for text in found.withLock({ $0 }) { Issue.record("\(text)") }
      print("compared \(min(count, next.load(ordering: .relaxed))) files, seeds from \(seed)")
    }
  }
}

/// Two equal routers, and the hand at their wires.
private final class Lane {
  let lab: Lab
  let stock: Board
  let ours: Board
  let injectors: [Injector]
  static let makes: [Make] =
    ProcessInfo.processInfo.environment["MCAST_ITSELF"] == nil ? [.stock, .ours] : [.stock, .stock]

  init(_ lab: Lab) throws {
    self.lab = lab
    stock = try Board(lab, FileGenerator.interfaces, name: "a")
    ours = try Board(lab, FileGenerator.interfaces, name: "b", h: stock.h)
    injectors = [try stock.injector(), try ours.injector()]
  }

  /// Nil where both are the same, otherwise what one has to see.
  func outcome(seed: UInt64) -> String? {
    do { return try compare(seed: seed) } catch { return "seed \(seed): \(error)" }
  }

  private func compare(seed: UInt64) throws -> String? {
    var generator = FileGenerator(seed: seed)
    let path = lab.folder + "/inc"
    let (main, included) = generator.files(include: path + "*.conf")
    try included.write(toFile: path + "luded.conf", atomically: true, encoding: .utf8)
    let routers = try SMCRouted.pair(Lane.makes, [stock.r, ours.r], main)
    defer {
      for router in routers { router.daemon.signal(SIGTERM) }
      for router in routers where (try? router.daemon.exit()) == nil { router.daemon.end() }
    }
    func report(_ when: String, _ parts: [[String]]) -> String? {
      let (first, second) = (Set(parts[0]), Set(parts[1]))
      guard first != second else { return nil }
      let lost = first.subtracting(second).sorted().map { "- " + $0 }
      let more = second.subtracting(first).sorted().map { "+ " + $0 }
      let texts =
        ["seed \(seed), \(when) (- stock, + ours):"] + lost + more + ["file:", main, "included:", included]
      return texts.joined(separator: "\n")
        + routers.map { "\n\($0.make):\n" + $0.log.joined(separator: "\n") }.joined()
    }
    if let text = try report("at the start", routers.map { try $0.tables().open + joins($0) }) { return text }
    try send(&generator)
    try fence(routers)
    let tables = try routers.map { try $0.tables() }
    if let text = report("after packets", tables.map(\.open)) { return text }
    // Where both listen, both must also stop what nobody wants.
    let (vifs, mifs) = (
      tables[0].vifs.intersection(tables[1].vifs), tables[0].mifs.intersection(tables[1].mifs)
    )
    let stopped = tables.map { table in
      table.entries.values.filter { ($0.source.contains(":") ? mifs : vifs).contains($0.inbound) }.map(
        \.state)
    }
    return report("after packets, with those that stop", stopped)
  }

  private func send(_ generator: inout FileGenerator) throws {
    for six in [false, true] {
      for flow in generator.flows(six: six, 7) {
        for injector in injectors { try injector.send(flow.interface, flow.source, flow.group) }
      }
    }
  }

  /// All packets of a family are answered in their order; the last one's entry tells that the others were.
  private func fence(_ routers: [SMCRouted]) throws {
    let flows = [("10.9.9.9", "239.255.1.1"), ("fc00:9::9", "ff0f::1")]
    for injector in injectors {
      for (source, group) in flows { try injector.send(FileGenerator.fence, source, group) }
    }
    try eventually("the last packets have entries", every: 0.001) {
      try routers.allSatisfy { router in
        let tables = try router.tables()
        return flows.allSatisfy { tables[$0.0, $0.1] != nil }
      }
    }
  }

  /// The groups that each interface has joined; of the sources the kernel does not tell reliably.
  private func joins(_ router: SMCRouted) throws -> [String] {
    let text = try Namespace.read(["igmp", "igmp6"], in: router.namespace.name).map {
      $0.split(separator: "\n").map { $0.split { $0 == " " || $0 == "\t" }.map(String.init) }
    }
    var joined: [String] = []
    var device = ""
    for words in text[0].dropFirst() {
      if words.count > 4, Int(words[0]) != nil {
        device = words[1]
      } else {
        joined.append("joined \(device) \(words[0])")
      }
    }
    joined += text[1].map { "joined \($0[1]) \($0[2])" }
    // Those of the system itself and of router discovery: 224.0.0.x, ff01:: and ff02::.
    return joined.filter { line in
      let group = line.split(separator: " ")[2]
      return
        !(group.hasSuffix("0000E0") || group.hasPrefix("ff01") || group.hasPrefix("ff02"))
    }
  }
}

extension SMCRouted {
  /// Two daemons with one file, both started before either is waited for.
  static func pair(_ makes: [Make], _ namespaces: [Namespace], _ text: String) throws -> [SMCRouted] {
    let routers = try zip(makes, namespaces).map { try SMCRouted(starting: $0, $1, text) }
    for router in routers { try router.ready() }
    return routers
  }
}

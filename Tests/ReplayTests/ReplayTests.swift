import Addressing
import Configuration
import Control
import Encoding
import Foundation
import Kernel
import Recording
import Router
import Testing
import Timing

@Suite("Replay")
struct ReplayTests {
  /// Runs a Router through a life with everything in it that could depend on chance or on a hash order.
  private func recording(seed: UInt64) throws -> [UInt8] {
    let writer = RecordingWriter()
    var bytes = try writer.line(RecordingHeader(version: "test", seed: seed, table: nil))
    var router = Router(seed: seed)
    for (offset, events) in try life().enumerated() {
      let at = Instant.start + .milliseconds(Int64(offset) * 700)
      let actions = router.step(events, at: at)
      bytes += try writer.line(RecordedStep(at: at, events: events, actions: actions))
    }
    return bytes
  }

  private func life() throws -> [[Event]] {
    var text = "interface eth1 { threshold 4 }\n"
    for group in 0..<40 { text += "route from eth+ group 239.1.\(group).0/24 to eth1 eth2 eth3\n" }
    for group in 0..<40 { text += "route from eth0 source 10.0.0.9 group 239.2.0.\(group) to eth*\n" }
    for group in 0..<40 { text += "join on eth0 group 239.3.0.\(group)\n" }
    text += "route from eth0 group ff0e::1:0/112 to eth9\n"
    let parsed = parse(Array(text.utf8), named: "life.conf", source: TextSource())
    #expect(!parsed.hasErrors)
    let links = (1...4).map { number in
      Interface(index: Int32(number), name: "eth\(number - 1)", flags: [.up, .running, .multicast])
    }
    var steps: [[Event]] = [
      [.kernel(.interfacesListed(links)), .configure(parsed.configuration, isReload: false, request: nil)],
      Family.allCases.map { .kernel(.tableOpened(.standard, $0)) },
    ]
    for group in 0..<30 as Range<UInt32> {
      let flow = try #require(
        Group(Address(ipv4: 0xef01_0001 + group << 8)).flatMap {
          Flow(source: Address(ipv4: 0x0a00_0001 + group), group: $0)
        })
      let upcall = Upcall(kind: .noCache, table: .standard, vif: UInt8(group % 3), flow: flow)
      steps.append([.kernel(.upcall(upcall))])
    }
    var filter = RouteFilter()
    filter.family = .ipv4
    steps += [
      [.kernel(.interfaceRemoved(link: 3))],
      [.change(parseStatement("add eth0 239.9.9.9 eth1").changes, bestEffort: false, request: 1)],
      [.request(2, .show(.routes, filter, from: .first, limit: 50)), .request(3, .status)],
      [.kernel(.interfaceChanged(Interface(index: 9, name: "eth9", flags: [.up, .running, .multicast])))],
      [.kernel(.interfaceChanged(Interface(index: 10, name: "eth2", flags: [.up, .running, .multicast])))],
      [], [.request(4, .configuration(from: .first))], [.stop],
    ]
    return steps
  }

  /// The programs are built beside the tests.
  private func replay(_ path: String, _ arguments: [String] = []) throws -> (output: Data, status: Int32) {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tests).deletingLastPathComponent()
      .appendingPathComponent("mcsim")
    process.arguments = ["replay", path] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (output, process.terminationStatus)
  }

  private func file(_ bytes: [UInt8]) throws -> URL {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).rec")
    try Data(bytes).write(to: url)
    return url
  }

  @Test("Two processes that replay one recording do the same, byte for byte, and what was recorded")
  func twoProcesses() throws {
    let url = try file(try recording(seed: 7))
    defer { try? FileManager.default.removeItem(at: url) }
    let first = try replay(url.path)
    let second = try replay(url.path)
    #expect(first.status == 0)
    #expect(second.status == 0)
    #expect(first.output == second.output)
    #expect(first.output.count > 10_000)
  }

  /// A life with members, a neighbor and additions, what it left, and the life that takes over.
  private func takeover() throws -> [UInt8] {
    let text = "dvmrp on\nroute from eth2 group 239.1.0.0/16 to eth1\n"
    let parsed = parse(Array(text.utf8), named: "life.conf", source: TextSource())
    #expect(!parsed.hasErrors)
    let links = (1...3).map { number in
      let address = InterfaceAddress(Address(ipv4: 0x0a00_0001 + UInt32(number) << 8), length: 24)
      return Interface(
        index: Int32(number), name: "eth\(number - 1)", flags: [.up, .running, .multicast],
        addresses: [address])
    }
    var former = Router(seed: 3)
    var now = Instant.start
    var (vifs, entries, joins): ([VIF], [KernelEntry], [HostJoin]) = ([], [], [])
    func step(_ events: [Event]) {
      now = now + .milliseconds(700)
      for case .kernel(let action) in former.step(events, at: now) {
        switch action {
        case .addVIF(let vif): vifs.append(vif)
        case .addEntry(let entry):
          entries.removeAll { $0.key == entry.key }
          entries.append(entry)
        case .join(let join): joins.append(join)
        default: break
        }
      }
    }
    step([.kernel(.interfacesListed(links)), .configure(parsed.configuration, isReload: false, request: nil)])
    step(Family.allCases.map { .kernel(.tableOpened(.standard, $0)) })
    step([.change(parseStatement("add eth0 239.9.9.9 eth1").changes, bestEffort: false, request: 1)])
    for number in 0..<30 as Range<UInt32> {
      let group = try #require(Group(Address(ipv4: 0xef01_0001 + number << 8)))
      let flow = try #require(Flow(source: Address(ipv4: 0x0a00_0305 + number), group: group))
      let upcall = Upcall(kind: .noCache, table: .standard, vif: UInt8(number % 3), flow: flow)
      step([.kernel(.upcall(upcall))])
    }
    #expect(entries.count >= 30)
    let adoption = Adoption(
      tables: Family.allCases.map { .init(id: .standard, family: $0) }, vifs: vifs, entries: entries,
      joins: joins)
    let lives: [[Event]] = [
      [
        .kernel(.interfacesListed(links)), .kernel(.adopted(adoption)), .restore(former.snapshot(.whole)),
        .configure(parsed.configuration, isReload: false, request: nil),
      ],
      [], [.kernel(.interfaceRemoved(link: 2))], [.request(2, .status)], [.stop],
    ]
    let writer = RecordingWriter()
    var bytes = try writer.line(RecordingHeader(version: "test", seed: 5, table: nil))
    var router = Router(seed: 5)
    for events in lives {
      now = now + .milliseconds(700)
      let actions = router.step(events, at: now)
      bytes += try writer.line(RecordedStep(at: now, events: events, actions: actions))
    }
    return bytes
  }

  @Test("A life that takes over what a former one left replays, byte for byte")
  func takesOver() throws {
    let bytes = try takeover()
    let url = try file(bytes)
    defer { try? FileManager.default.removeItem(at: url) }
    #expect(try replay(url.path, ["--compare"]).status == 0)
    let output = try replay(url.path).output
    #expect(try output == replay(url.path).output)
    // Without what was left the Router does something else: it matters in what is replayed.
    var reader = try RecordingReader(bytes)
    let first = try #require(try reader.next())
    #expect(first.events.contains { if case .restore = $0 { true } else { false } })
    var router = Router(seed: 5)
    let bare = first.events.filter { if case .restore = $0 { false } else { true } }
    #expect(router.step(bare, at: first.at) != first.actions)
  }

  @Test("A Router that would do something else is named with the step")
  func difference() throws {
    var bytes = try recording(seed: 7)
    let text = String(decoding: bytes, as: UTF8.self)
    let changed = text.replacingOccurrences(
      of: #""threshold":{"_0":4}"#, with: #""threshold":{"_0":5}"#)
    try #require(changed != text)
    bytes = Array(changed.utf8)
    let url = try file(bytes)
    defer { try? FileManager.default.removeItem(at: url) }
    #expect(try replay(url.path, ["--compare"]).status == 1)
  }

  @Test("A file that is no recording ends with 65")
  func noRecording() throws {
    let url = try file(Array("not a recording\n".utf8))
    defer { try? FileManager.default.removeItem(at: url) }
    #expect(try replay(url.path).status == 65)
    #expect(try replay("/nonexistent").status == 65)
  }

  @Test("The recorded life makes the Router act: the replay proves something")
  func meaningful() throws {
    var reader = try RecordingReader(try recording(seed: 7))
    var kernelActions = 0
    while let step = try reader.next() {
      kernelActions += step.actions.count { if case .kernel = $0 { true } else { false } }
    }
    #expect(kernelActions > 100)
  }
}

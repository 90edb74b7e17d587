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

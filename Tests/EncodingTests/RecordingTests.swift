import Addressing
import Configuration
import Encoding
import Kernel
import Recording
import Router
import Testing
import Timing

@Suite("Recordings")
struct RecordingTests {
  private let header = RecordingHeader(version: "0.1.0", seed: .max, table: TableID(rawValue: 100))

  private func step() throws -> RecordedStep {
    let group = try #require(Group(Address(ipv4: 0xe101_0203)))
    let flow = try #require(Flow(source: Address(ipv4: 0x0a00_0001), group: group))
    var outbound = OutboundList()
    outbound[3] = 8
    return RecordedStep(
      at: .start + .seconds(1),
      events: [
        .configure(Configuration(), isReload: false, request: nil),
        .kernel(.upcall(Upcall(kind: .noCache, table: .standard, vif: 1, flow: flow))),
      ],
      actions: [
        .kernel(
          .addEntry(KernelEntry(key: .init(table: .standard, flow: flow), parent: 1, outbound: outbound)))
      ])
  }

  @Test("Steps come back as they were, and equal steps give equal bytes")
  func roundTrip() throws {
    let step = try step()
    let writer = RecordingWriter()
    let bytes = try writer.line(header) + writer.line(step) + writer.line(step)
    var reader = try RecordingReader(bytes)
    #expect(reader.header == header)
    #expect(try reader.next() == step)
    #expect(try reader.next() == step)
    #expect(try reader.next() == nil)
    #expect(try writer.line(step) == RecordingWriter().line(step))
  }

  @Test("A recording that was cut in its last line is read up to it")
  func cut() throws {
    let writer = RecordingWriter()
    let bytes = try writer.line(header) + writer.line(try step())
    var reader = try RecordingReader(Array(bytes.dropLast()))
    #expect(try reader.next() == nil)
  }

  @Test(
    "A file that is no recording is refused with the line and the reason",
    arguments: ["", "\n", "{}\n", "{\"recording\":2,\"seed\":1,\"version\":\"x\"}\n", "\u{0}\u{1}\n"])
  func foreign(text: String) {
    #expect(throws: RecordingError.self) { _ = try RecordingReader(Array(text.utf8)) }
  }

  @Test("Every cut and every changed byte of a step is read or refused")
  func total() throws {
    let writer = RecordingWriter()
    let head = try writer.line(header)
    let line = try writer.line(try step())
    for index in stride(from: 0, to: line.count - 1, by: 7) {
      for byte in [0, 0x22, 0x5b, 0xff] as [UInt8] {
        var copy = line
        copy[index] = byte
        var reader = try RecordingReader(head + copy)
        _ = try? reader.next()
      }
    }
  }
}

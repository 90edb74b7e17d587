import Addressing
import Foundation
import Testing
import Wire

/// The fuzzer's seeds, once through the decoders: under a sanitizer too, which libFuzzer here does not allow.
@Suite struct CorpusTests {
  @Test("Every seed is accepted and comes back from its encoding, or is refused with a reason")
  func packets() throws {
    try each("ipv4header") { bytes in
      let header = try IPv4Header(decoding: bytes.span)
      let packet = header.encoded() + bytes[header.payload]
      #expect(try IPv4Header(decoding: packet.span) == header)
    }
    try each("ipv6header") { bytes in
      let header = try IPv6Header(decoding: bytes.span)
      let packet = header.encoded() + bytes[header.payload]
      #expect(try IPv6Header(decoding: packet.span) == header)
    }
    try each("igmp") { bytes in
      let message = try IGMPMessage(decoding: bytes.span)
      #expect(try IGMPMessage(decoding: message.encoded().span) == message)
    }
    try each("dvmrp") { bytes in
      let packet = try DVMRPPacket(decoding: bytes.span)
      #expect(try DVMRPPacket(decoding: packet.encoded().span).encoded() == packet.encoded())
    }
    try each("trace") { bytes in
      let message = try TraceMessage(decoding: bytes.span)
      #expect(try TraceMessage(decoding: message.encoded().span) == message)
    }
    try each("mld") { bytes in
      let message = try MLDMessage(decoding: bytes.span)
      let encoded = message.encoded(from: try address("fe80::1"), to: try address("ff02::1"))
      #expect(try MLDMessage(decoding: encoded.span) == message)
    }
  }

  /// Each prefix of each seed, which ends in the middle of some field.
  @Test(
    "A seed cut anywhere is accepted or refused",
    arguments: ["ipv4header", "ipv6header", "igmp", "mld", "dvmrp", "trace", "router-discovery"])
  func cut(_ target: String) throws {
    try each(target) { bytes in
      for count in bytes.indices {
        let part = bytes.span.extracting(first: count)
        _ = try? IPv4Header(decoding: part)
        _ = try? IPv6Header(decoding: part)
        _ = try? HopByHopHeader(decoding: part)
        _ = try? IGMPMessage(decoding: part)
        _ = try? MLDMessage(decoding: part)
        _ = try? DVMRPPacket(decoding: part)
        _ = try? TraceMessage(decoding: part)
        for family in Family.allCases { _ = try? RouterDiscoveryMessage(decoding: part, family: family) }
      }
    }
  }

  private func each(_ target: String, _ body: ([UInt8]) throws -> Void) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    let folder = root.appending(path: "Fuzz/Corpus/\(target)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    var accepted = 0
    for name in names {
      do {
        try body([UInt8](try Data(contentsOf: folder.appending(path: name))))
        accepted += 1
      } catch is WireError {
        continue
      }
    }
    #expect(accepted >= 2, "\(target): \(accepted) of \(names.count)")
  }
}

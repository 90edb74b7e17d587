import Diagnostics
import Testing
import Wire

@Suite struct ReaderTests {
  @Test("Numbers and addresses are read in network order")
  func numbers() throws {
    let bytes = hex("01 0203 04050607 08090a0b0c0d0e0f 0a000001 ff0e0000000000000000000000000001")
    var reader = Reader(bytes.span)
    #expect(try reader.u8() == 1)
    #expect(try reader.u16() == 0x0203)
    #expect(try reader.u32() == 0x0405_0607)
    #expect(try reader.u64() == 0x0809_0a0b_0c0d_0e0f)
    #expect(try reader.ipv4() == address("10.0.0.1"))
    #expect(try reader.ipv6() == address("ff0e::1"))
    #expect(reader.remaining == 0)
  }

  @Test("A read beyond the end throws and takes nothing")
  func truncated() throws {
    let bytes: [UInt8] = [1, 2, 3]
    var reader = Reader(bytes.span)
    #expect(readError { _ = try reader.u32() } == .truncated)
    #expect(readError { _ = try reader.u64() } == .truncated)
    #expect(readError { _ = try reader.ipv6() } == .truncated)
    #expect(readError { try reader.skip(4) } == .truncated)
    #expect(readError { try reader.skip(-1) } == .truncated)
    #expect(readError { try reader.skip(.max) } == .truncated)
    #expect(reader.remaining == 3)
    #expect(try reader.u16() == 0x0102)
  }

  @Test("A taken part ends where it ends, whatever follows")
  func take() throws {
    let bytes: [UInt8] = [1, 2, 3, 4]
    var reader = Reader(bytes.span)
    var part = Reader(try reader.take(2))
    #expect(try part.u16() == 0x0102)
    #expect(part.remaining == 0)
    #expect(try reader.u16() == 0x0304)
  }

  @Test("An IPv6 field that holds an IPv4-mapped address is refused")
  func mapped() {
    let bytes = hex("00000000000000000000ffff 0a000001")
    var reader = Reader(bytes.span)
    #expect(readError { _ = try reader.ipv6() } == .mappedAddress)
  }

  @Test("Each error is counted under a code", arguments: WireError.allCases)
  func codes(_ error: WireError) {
    switch error {
    case .truncated: #expect(error.code.slug == "truncated")
    case .checksum: #expect(error.code.slug == "checksum")
    case .version: #expect(error.code.slug == "version")
    default: #expect(error.code.slug == "malformed")
    }
  }

  private func readError(_ read: () throws -> Void) -> WireError? {
    do { try read() } catch { return error as? WireError }
    return nil
  }
}

@Suite struct WriterTests {
  @Test("Numbers and addresses are written in network order")
  func numbers() throws {
    var writer = Writer()
    writer.u8(1)
    writer.u16(0x0203)
    writer.u32(0x0405_0607)
    writer.u64(0x0809_0a0b_0c0d_0e0f)
    writer.address(try address("10.0.0.1"))
    writer.address(try address("ff0e::1"))
    writer.append(contentsOf: [0xaa])
    writer.fill(0xbb, count: 2)
    writer.fill(0xcc, count: -1)
    #expect(
      writer.bytes
        == hex("01 0203 04050607 08090a0b0c0d0e0f 0a000001 ff0e0000000000000000000000000001 aa bbbb"))
  }

  @Test("The checksum is the one of the RFC's example, and zero over a message that holds it")
  func checksum() {
    // RFC 1071 3: 0001 f203 f4f5 f6f7 sum to ddf2.
    let example = hex("0001 f203 f4f5 f6f7")
    #expect(Checksum.of(example.span) == 0x220d)
    let odd: [UInt8] = [0x12, 0x34, 0x56]
    #expect(Checksum.of(odd.span) == 0x97cb)
    var writer = Writer()
    writer.append(contentsOf: example)
    writer.fill(0, count: 2)
    writer.setChecksum(at: 8)
    #expect(writer.bytes.suffix(2) == [0x22, 0x0d])
    #expect(Checksum.of(writer.bytes.span) == 0)
    writer.setChecksum(at: 9)
    #expect(writer.bytes.count == 10, "an offset without room for two bytes changes nothing")
  }
}

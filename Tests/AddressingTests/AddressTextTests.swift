import Addressing
import Foundation
import Testing
import Timing

/// Goal: our text forms are those of the C library; method: many addresses and many damaged texts of a
/// seeded generator, each given to both.
@Suite struct AddressTextTests {
  @Test("Addresses are written as inet_ntop writes them")
  func writing() {
    var generator = Generator(seed: 1)
    for _ in 0..<20_000 {
      let ipv4 = Address(ipv4: UInt32(truncatingIfNeeded: generator.next()))
      #expect(ipv4.description == libraryText(ipv4))
      let ipv6 = sparse(&generator)
      // The C library writes the last two groups of ::/96 as IPv4; RFC 5952 5 leaves that to known prefixes.
      guard ipv6.high != 0 || ipv6.low >> 48 != 0 else { continue }
      #expect(ipv6.description == libraryText(ipv6))
      #expect(Address(ipv6.description) == ipv6)
    }
  }

  @Test("Texts are read as inet_pton reads them, and refused where it refuses them")
  func reading() {
    var generator = Generator(seed: 2)
    let characters = Array("0123456789abcdefABCDEF:::...gx% /".utf8)
    var accepted = 0
    for round in 0..<40_000 {
      let address =
        round.isMultiple(of: 2)
        ? sparse(&generator) : Address(ipv4: UInt32(truncatingIfNeeded: generator.next()))
      var text = Array(address.description.utf8)
      for _ in 0..<generator.next() % 3 where !text.isEmpty {
        let place = Int(generator.next() % UInt64(text.count))
        let byte = characters[Int(generator.next() % UInt64(characters.count))]
        switch generator.next() % 3 {
        case 0: text[place] = byte
        case 1: text.insert(byte, at: place)
        default: text.remove(at: place)
        }
      }
      let string = String(decoding: text, as: UTF8.self)
      let expected = libraryValue(string)
      #expect(Address(string) == expected, "\(string)")
      accepted += expected == nil ? 0 : 1
    }
    #expect(accepted > 10_000 && accepted < 35_000, "both outcomes are common: \(accepted)")
  }

  @Test("Any bytes are read or refused", arguments: 0..<64 as Range<UInt64>)
  func anyBytes(_ seed: UInt64) {
    var generator = Generator(seed: seed)
    for _ in 0..<500 {
      let bytes = (0..<generator.next() % 50).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      if let address = Address(ascii: bytes.span) { #expect(Address(address.description) == address) }
      if let prefix = Prefix(ascii: bytes.span) { #expect(Prefix(prefix.description) == prefix) }
    }
  }

  /// An IPv6 address in which groups of zero are common.
  private func sparse(_ generator: inout Generator) -> Address {
    var mask: UInt64 = 0
    let pattern = generator.next()
    for group in 0..<8 as Range<UInt64> where pattern >> group & 1 == 1 {
      mask |= group < 4 ? 0xffff << (16 * group) : 0
    }
    var low: UInt64 = 0
    for group in 0..<4 as Range<UInt64> where pattern >> (group + 8) & 1 == 1 {
      low |= 0xffff << (16 * group)
    }
    return Address(high: generator.next() & mask, low: generator.next() & low)
  }

  private func libraryText(_ address: Address) -> String {
    var bytes: [UInt8] = []
    for word in [address.high, address.low] {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    var text = [CChar](repeating: 0, count: 64)
    let isIPv4 = address.family == .ipv4
    let source = isIPv4 ? Array(bytes.suffix(4)) : bytes
    guard unsafe inet_ntop(isIPv4 ? AF_INET : AF_INET6, source, &text, 64) != nil else { return "" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Nil also for an IPv4-mapped address in IPv6 text, which we refuse.
  private func libraryValue(_ text: String) -> Address? {
    guard !text.utf8.contains(0) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 16)
    if unsafe inet_pton(AF_INET, text, &bytes) == 1 {
      return Address(ipv4: bytes[0..<4].reduce(0) { $0 << 8 | UInt32($1) })
    }
    guard unsafe inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
    let address = Address(
      high: bytes[0..<8].reduce(0) { $0 << 8 | UInt64($1) },
      low: bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
    return address.family == .ipv6 ? address : nil
  }
}
